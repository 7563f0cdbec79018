"""Finds lines by their words (BM25): instant, explainable, and there before any model is.

No model is loaded here, so a process that forks may use it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import bm25s  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt

from knowledge.tariff.texts import tokens

Scores = npt.NDArray[np.float32]


class LexicalIndex:
    """BM25 over a fixed list of texts. Read-only after it is built, so threads may share it."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._size = len(texts)
        self._index = bm25s.BM25(k1=1.2, b=0.75, backend="numpy")
        # bm25s refuses an index without a single word.
        corpus = [list(tokens(text)) or ["-"] for text in texts] or [["-"]]
        self._index.index(corpus, show_progress=False)
        self._vocabulary: dict[str, int] = self._index.vocab_dict
        places: dict[str, list[int]] = {}
        for place, words in enumerate(corpus):
            for word in set(words):
                places.setdefault(word, []).append(place)
        self._places = {word: np.array(found, dtype=np.intp) for word, found in places.items()}

    def scores(self, question: Sequence[str]) -> Scores:
        """One score per text for these tokens; unknown words count for nothing."""
        known = [word for word in question if word in self._vocabulary]
        if not known or not self._size:
            return np.zeros(self._size, dtype=np.float32)
        found = np.asarray(self._index.get_scores(known), dtype=np.float32)
        return found[: self._size]

    def coverage(self, question: Sequence[str]) -> Scores:
        """The share of the question's words, rare ones counting more, that each text has."""
        found = np.zeros(self._size, dtype=np.float32)
        weights = {word: self._rarity(word) for word in question}
        whole = sum(weights.values())
        if not self._size or whole <= 0:
            return found
        for word, weight in weights.items():
            if word in self._places:
                found[self._places[word]] += weight / whole
        return found

    def _rarity(self, word: str) -> float:
        """How much a word tells; one that no text has counts as half of the rarest."""
        most = math.log1p(self._size)
        if word not in self._places:
            return most / 2
        with_it = len(self._places[word])
        return math.log1p((self._size - with_it + 0.5) / (with_it + 0.5))

    def knows(self, word: str) -> bool:
        return word in self._vocabulary
