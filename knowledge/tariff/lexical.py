"""Finds lines by their words (BM25): instant, explainable, and there before any model is.

No model is loaded here, so a process that forks may use it.
"""

from __future__ import annotations

from collections.abc import Sequence

import bm25s
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

    def scores(self, question: Sequence[str]) -> Scores:
        """One score per text for these tokens; unknown words count for nothing."""
        known = [word for word in question if word in self._vocabulary]
        if not known or not self._size:
            return np.zeros(self._size, dtype=np.float32)
        found = np.asarray(self._index.get_scores(known), dtype=np.float32)
        return found[: self._size]

    def knows(self, word: str) -> bool:
        return word in self._vocabulary
