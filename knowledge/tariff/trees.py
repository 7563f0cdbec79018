"""Evaluates boosted trees that were trained elsewhere: arrays in, scores out, numpy only.

All trees walk at once, a level at a time. It reads what `training` writes and refuses arrays
that do not fit together; it cannot learn.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int16]


class Trees:
    """A forest: node `n` of tree `t` sends a row left when its feature is at most the threshold."""

    def __init__(
        self, *, feature: Ints, threshold: Floats, left: Ints, right: Ints, value: Floats
    ) -> None:
        shapes = {part.shape for part in (feature, threshold, left, right, value)}
        if len(shapes) != 1:
            raise ValueError("The trees' arrays do not belong together.")
        self._feature, self._threshold, self._value = feature, threshold, value
        self._left, self._right = left, right
        self._trees = np.arange(feature.shape[0])
        self._depth = self._deepest()

    def scores(self, rows: Floats) -> Floats:
        """One score per row."""
        at = np.zeros((len(rows), len(self._trees)), dtype=np.intp)
        row = np.arange(len(rows))[:, None]
        for _ in range(self._depth):
            goes_left = (
                rows[row, self._feature[self._trees, at]] <= self._threshold[self._trees, at]
            )
            at = np.where(goes_left, self._left[self._trees, at], self._right[self._trees, at])
        found: Floats = self._value[self._trees, at].sum(axis=1).astype(np.float32)
        return found

    def _deepest(self) -> int:
        """How many levels until every walk rests (a leaf points at itself)."""
        nodes = self._left.shape[1]
        depth = np.zeros(self._left.shape, dtype=np.int16)
        # A child is always written after its parent, so one pass from the front is enough.
        for node in range(nodes):
            for child in (self._left[:, node], self._right[:, node]):
                deeper = child > node
                depth[self._trees[deeper], child[deeper]] = depth[deeper, node] + 1
                if (child < node).any():
                    raise ValueError("The trees do not end.")
        return int(depth.max(initial=0))
