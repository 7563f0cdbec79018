"""Finds what reads nearly the same: a flat inner-product index (faiss) over unit vectors.

Exact and small. It holds an importer's confirmed descriptions, which grow while we run; the
schedule itself is multiplied whole, because every group's score is wanted there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from knowledge.tariff.encoder import DIMENSIONS, Encoder, Vectors

_MOST = 20_000


class Memory:
    """Vectors of descriptions met before, made once each; forgets all when there are too many."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}

    def nearest(self, question: Vectors, texts: Sequence[str]) -> tuple[int, float] | None:
        """The place of the text that is most alike, and the cosine."""
        if not texts:
            return None
        # Imported here: faiss brings its own threads, and a process that has used them must not
        # fork.
        import faiss  # noqa: PLC0415

        faiss.omp_set_num_threads(1)
        if len(self._known) + len(texts) > _MOST:
            self._known.clear()
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        for text, vector in zip(missing, self._encoder.encode(missing), strict=True):
            self._known[text] = vector
        index: Any = faiss.IndexFlatIP(DIMENSIONS)
        index.add(np.stack([self._known[text] for text in texts]))
        scores, places = index.search(question.reshape(1, -1), 1)
        return int(places[0, 0]), float(scores[0, 0])
