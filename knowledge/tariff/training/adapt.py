"""Learns the map over the sentence vectors from words whose code is known (torch, minutes).

The questions are turned by one 384 x 384 map that starts at nothing; each group may move a
little from where its texts put it. Both are held back by weight decay: the frozen vectors are
good, and most groups have few words to learn from.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from knowledge.tariff.adapter import bases
from knowledge.tariff.corpus import Indexed
from knowledge.tariff.encoder import DIMENSIONS, Vectors

Places = npt.NDArray[np.intp]


def learn(
    index: Indexed,
    questions: Vectors,
    targets: Places,
    weights: npt.NDArray[np.float32],
    *,
    seed: int,
    epochs: int = 8,
    shift_decay: float = 3.0,
    turn_decay: float = 0.3,
) -> tuple[Vectors, Vectors]:
    """The turn and the groups' shifts."""
    import torch  # noqa: PLC0415 - training only
    from torch.nn import functional  # noqa: PLC0415

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    base = torch.tensor(bases(index))
    x, y = torch.tensor(questions), torch.tensor(targets.astype(np.int64))
    w = torch.tensor(weights)
    turn = torch.zeros(DIMENSIONS, DIMENSIONS, requires_grad=True)
    shift = torch.zeros_like(base, requires_grad=True)
    steps = torch.optim.Adam([{"params": [turn], "lr": 2e-3}, {"params": [shift], "lr": 8e-3}])
    batch, scale = 1024, 22.0
    for epoch in range(epochs):
        order = torch.tensor(rng.permutation(len(x)))
        for start in range(0, len(order), batch):
            part = order[start : start + batch]
            q = functional.normalize(x[part] + x[part] @ turn, dim=1)
            # A little noise: the same goods are never said twice in the same words.
            q = functional.normalize(q + 0.02 * torch.randn_like(q), dim=1)
            logits = scale * q @ functional.normalize(base + shift, dim=1).T
            loss = (functional.cross_entropy(logits, y[part], reduction="none") * w[part]).mean()
            loss = loss + 1e-4 * (
                turn_decay * turn.square().sum()
                + shift_decay * shift.square().sum() * len(part) / 1024
            )
            steps.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            steps.step()
        for group in steps.param_groups:
            group["lr"] *= 0.8
        print(f"  epoch {epoch + 1}/{epochs}: loss {loss.item():.3f}", flush=True)
    return turn.detach().numpy(), shift.detach().numpy()
