"""The learned parts as one file: map, ranker, choice of the leaf, priors, confidence.

`tariff_model.npz` is written by `python -m knowledge.tariff.training` and read here. It holds
numbers only, is under 3 MB, and is refused when its features are not the ones that this code
measures. What it was learned from stands in knowledge/data/SOURCES.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from knowledge.tariff import features
from knowledge.tariff.adapter import Adapter, adapter
from knowledge.tariff.corpus import Corpus, Indexed, Places
from knowledge.tariff.features import Floats, Seen
from knowledge.tariff.texts import tokens
from knowledge.tariff.trees import Trees

WEIGHTS = Path(__file__).parent.parent / "data" / "tariff_model.npz"
_FOREST = ("feature", "threshold", "left", "right", "value")


class WrongModel(RuntimeError):
    """The learned weights do not fit this code. The message says what to do."""


class Ranked(NamedTuple):
    """A group and its chance."""

    group: int
    chance: float


class Model:
    """The learned ranker over one corpus."""

    def __init__(self, index: Indexed, path: Path = WEIGHTS) -> None:
        with np.load(path, allow_pickle=False) as file:
            parts = {name: file[name] for name in file.files}
        names = (*features.NAMES, "|", *features.LEAF_NAMES)
        if tuple(parts["names"].tolist()) != names:
            raise WrongModel(
                f"{path.name} was trained on other features: train it again with "
                "python -m knowledge.tariff.training."
            )
        corpus = index.corpus
        self._index = index
        shifts = parts["shifts"].astype(np.float32) * parts["shift_scale"].astype(np.float32)
        self.adapter: Adapter = adapter(
            index,
            turn=parts["turn"].astype(np.float32),
            codes=parts["codes"].tolist(),
            shifts=shifts,
        )
        self._trees = Trees(**{name: parts[name] for name in _FOREST})
        self._leaf_weights = parts["leaf_weights"].astype(np.float32)
        self._sharp = float(parts["sharp"])
        self._curve = (parts["curve_x"].astype(np.float64), parts["curve_y"].astype(np.float64))
        counts = dict(
            zip(parts["prior_codes"].tolist(), parts["prior_counts"].tolist(), strict=True)
        )
        self._prior = priors(corpus, counts)

    def rank(self, seen: Seen, *, hint: str | None = None) -> list[Ranked]:
        """The likeliest groups; a shipper's six digits make their group likelier, no more."""
        corpus = self._index.corpus
        chosen = candidates(seen, corpus, hint)
        rows = features.of_groups(self._index, seen, chosen, self._prior[:2])
        scores = self._trees.scores(rows) * self._sharp
        if hint:
            same = np.array([_shared(corpus.groups[group], hint) for group in chosen])
            scores = scores + same
        chances = np.exp(scores - scores.max())
        chances /= chances.sum()
        order = np.argsort(-chances, kind="stable")
        return [Ranked(int(chosen[at]), float(chances[at])) for at in order]

    def confidence(self, chance: float) -> float:
        """How often a code with this raw chance was right, on lines that were held out."""
        return float(np.interp(chance, *self._curve))

    def leaf(self, seen: Seen, group: int) -> tuple[int, float]:
        """The place of the group's likeliest leaf, and its chance within the group."""
        rows = features.of_leaves(self._index, seen, group, self._prior[2])
        scores = rows @ self._leaf_weights + self._named(seen, group)
        chances = np.exp(scores - scores.max())
        chances /= chances.sum()
        best = int(chances.argmax())
        return self._index.corpus.leaves_of(group)[best], float(chances[best])

    def _named(self, seen: Seen, group: int) -> Floats:
        corpus, said = self._index.corpus, set(seen.words)
        own = [set(tokens(corpus.leaves[at].description)) for at in corpus.leaves_of(group)]
        return np.array(
            [_SAID_OUTRIGHT * bool(one and one <= said) for one in own], dtype=np.float32
        )


_SAID_OUTRIGHT = 2.0
"""For a line whose own words are all said ("Backpacks"): few lines could teach its weight."""


def candidates(seen: Seen, corpus: Corpus, hint: str | None = None) -> Places:
    """The groups that are worth ranking, and the shipper's own."""
    chosen = seen.top
    at = corpus.place_of_group.get(hint[:6], -1) if hint else -1
    return chosen if at < 0 or at in chosen else np.append(chosen, at)


Priors = tuple[Floats, Floats, Floats]


def priors(corpus: Corpus, counts: Mapping[str, float]) -> Priors:
    """How often groups, headings and leaves were met, as logarithms, in the corpus's order."""
    six = np.zeros(len(corpus.groups), dtype=np.float32)
    four = np.zeros(len(corpus.heads), dtype=np.float32)
    leaf = np.zeros(len(corpus.leaves), dtype=np.float32)
    at = {bare: place for place, bare in enumerate(corpus.bare)}
    for code, count in counts.items():
        group = corpus.place_of_group.get(code[:6])
        if group is None:
            continue
        six[group] += count
        four[corpus.head_of[group]] += count
        if code in at:
            leaf[at[code]] += count
    return np.log1p(six), np.log1p(four), np.log1p(leaf)


HINT_SIX, HINT_FOUR, HINT_TWO = 3.0, 1.5, 0.4
"""What a shipper's code adds to a group's log chance: three in four of such codes are right in
their first six digits, which is an assumption that no data here can test."""


def _shared(group: str, hint: str) -> float:
    if group == hint[:6]:
        return HINT_SIX
    if group[:4] == hint[:4]:
        return HINT_FOUR
    return HINT_TWO if group[:2] == hint[:2] else 0.0


def check_size(path: Path = WEIGHTS) -> int:
    """The size of the weights in bytes."""
    return path.stat().st_size


def names() -> Sequence[str]:
    return (*features.NAMES, "|", *features.LEAF_NAMES)
