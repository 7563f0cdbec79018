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
        whole = sum(self.rarity(word) for word in set(question))
        return self.matched(question) / whole if whole > 0 else self.matched(question)

    def matched(self, question: Sequence[str]) -> Scores:
        """How much the words tell that each text shares with the question."""
        found = np.zeros(self._size, dtype=np.float32)
        for word in set(question):
            if word in self._places:
                found[self._places[word]] += self.rarity(word)
        return found

    def rarity(self, word: str) -> float:
        """How much a word tells; one that no text has counts as half of the rarest."""
        most = math.log1p(self._size)
        if word not in self._places:
            return most / 2
        with_it = len(self._places[word])
        return math.log1p((self._size - with_it + 0.5) / (with_it + 0.5))

    def knows(self, word: str) -> bool:
        return word in self._vocabulary
