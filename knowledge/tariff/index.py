"""Finds texts by meaning: a flat inner-product index (faiss) over unit vectors.

Exact and small: 26,000 x 384 answer in a few milliseconds. It knows positions, not codes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge.tariff.encoder import DIMENSIONS, Vectors


class DenseIndex:
    """Similarity of a question to every text."""

    def __init__(self, vectors: Vectors) -> None:
        # Imported here: faiss brings its own threads, and a process that has used them must not
        # fork.
        import faiss  # noqa: PLC0415

        faiss.omp_set_num_threads(1)
        self._index: Any = faiss.IndexFlatIP(DIMENSIONS)
        self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        self._size = len(vectors)

    def scores(self, questions: Vectors) -> npt.NDArray[np.float32]:
        """The cosine of every question with every text, in the order of the texts."""
        found = np.zeros((len(questions), self._size), dtype=np.float32)
        if not self._size or not len(questions):
            return found
        values, places = self._index.search(questions, self._size)
        np.put_along_axis(found, places, values, axis=1)
        return found
