"""Finds lines by their words (BM25): instant, explainable, and there before any model is.

No model is loaded here, so a process that forks may use it. The index is a few plain arrays, made
by bm25s and kept beside the vectors: nothing is counted twice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge.tariff.texts import tokens

Scores = npt.NDArray[np.float32]
Arrays = Mapping[str, npt.NDArray[Any]]


def count(texts: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """The arrays of an index: words, and for each a stretch of places and of scores."""
    import bm25s  # type: ignore[import-untyped] # noqa: PLC0415 - only who counts needs scipy

    # bm25s refuses an index without a single word.
    corpus = [list(tokens(text)) or ["-"] for text in texts] or [["-"]]
    made = bm25s.BM25(k1=1.2, b=0.75, backend="numpy")
    made.index(corpus, show_progress=False)
    words = sorted(made.vocab_dict, key=made.vocab_dict.__getitem__)
    return {
        "size": np.array(len(texts)),
        "words": np.frombuffer("\n".join(words).encode(), dtype=np.uint8),
        "starts": np.asarray(made.scores["indptr"], dtype=np.int32),
        "places": np.asarray(made.scores["indices"], dtype=np.int32),
        "scores": np.asarray(made.scores["data"], dtype=np.float32),
    }


class LexicalIndex:
    """BM25 over a fixed list of texts. Read-only after it is built, so threads may share it."""

    def __init__(self, texts: Sequence[str], *, counted: Arrays | None = None) -> None:
        arrays = count(texts) if counted is None else counted
        if int(arrays["size"]) != len(texts):
            raise ValueError("These counts are of other texts.")
        self._size = len(texts)
        words = arrays["words"].tobytes().decode().split("\n")
        self._vocabulary = {word: place for place, word in enumerate(words)}
        self._starts: list[int] = arrays["starts"].tolist()
        self._places, self._scores = arrays["places"], arrays["scores"]

    def scores(self, question: Sequence[str]) -> Scores:
        """One score per text for these tokens; unknown words count for nothing."""
        found = np.zeros(self._size, dtype=np.float32)
        for word in question if self._size else ():
            part = self._part(word)
            found[self._places[part]] += self._scores[part]
        return found

    def coverage(self, question: Sequence[str]) -> Scores:
        """The share of the question's words, rare ones counting more, that each text has."""
        whole = sum(self.rarity(word) for word in set(question))
        return self.matched(question) / whole if whole > 0 else self.matched(question)

    def matched(self, question: Sequence[str]) -> Scores:
        """How much the words tell that each text shares with the question."""
        found = np.zeros(self._size, dtype=np.float32)
        for word in sorted(set(question)) if self._size else ():
            found[self._places[self._part(word)]] += self.rarity(word)
        return found

    def rarity(self, word: str) -> float:
        """How much a word tells; one that no text has counts as half of the rarest."""
        most = math.log1p(self._size)
        part = self._part(word)
        with_it = part.stop - part.start
        if not with_it:
            return most / 2
        return math.log1p((self._size - with_it + 0.5) / (with_it + 0.5))

    def _part(self, word: str) -> slice:
        at = self._vocabulary.get(word)
        return slice(0, 0) if at is None else slice(self._starts[at], self._starts[at + 1])
