"""A learned map over the frozen sentence vectors: questions turned, groups moved a little.

The sentence model knows what words mean, not how customs sorts goods. The map was trained on
words whose code is known (`knowledge/tariff/training`); the frozen similarity stays beside it,
because the map is only as good as what it has seen. numpy only.
"""

from __future__ import annotations

from typing import cast

import numpy as np

from knowledge.tariff.corpus import Corpus, Indexed
from knowledge.tariff.encoder import Vectors


def unit(vectors: Vectors) -> Vectors:
    """The same directions, of length one."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return cast("Vectors", (vectors / np.maximum(length, 1e-9)).astype(np.float32))


def bases(index: Indexed) -> Vectors:
    """Where each group stands before learning: its own text and its heading's."""
    return unit(index.group + 0.5 * index.head[index.corpus.head_of])


class Adapter:
    """The learned map and the groups' shifts, for one corpus."""

    def __init__(self, turn: Vectors, six: Vectors, head: Vectors) -> None:
        self._turn, self.six, self.head = turn, six, head

    def turned(self, questions: Vectors) -> Vectors:
        """The questions as the learned map sees them."""
        return unit(questions + questions @ self._turn)


def adapter(index: Indexed, *, turn: Vectors, codes: list[str], shifts: Vectors) -> Adapter:
    """The map for this corpus; a group that was not there in training stays where it stands."""
    six = bases(index)
    at = {code: place for place, code in enumerate(codes)}
    for place, group in enumerate(index.corpus.groups):
        if group in at:
            six[place] += shifts[at[group]]
    six = unit(six)
    return Adapter(turn, six, heads(index.corpus, six))


def heads(corpus: Corpus, six: Vectors) -> Vectors:
    """A heading stands in the middle of its groups."""
    sums = np.add.reduceat(six, corpus.first_group, axis=0)
    return unit(cast("Vectors", sums))
