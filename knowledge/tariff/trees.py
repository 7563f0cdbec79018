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
        self._left, self._right = left, right
        self._depth = self._deepest()
        # All trees in one row of nodes: a flat look-up costs half of one in two dimensions.
        self._roots = np.arange(len(feature)) * feature.shape[1]
        self._children = np.stack(
            [(right + self._roots[:, None]).ravel(), (left + self._roots[:, None]).ravel()]
        )
        self._feature, self._threshold = feature.ravel().astype(np.intp), threshold.ravel()
        self._value = value.ravel()

    def scores(self, rows: Floats) -> Floats:
        """One score per row."""
        flat, width = rows.ravel(), rows.shape[1]
        at = np.tile(self._roots, (len(rows), 1))
        start = np.arange(len(rows))[:, None] * width
        for _ in range(self._depth):
            goes_left = flat.take(start + self._feature.take(at)) <= self._threshold.take(at)
            at = np.where(goes_left, self._children[1].take(at), self._children[0].take(at))
        found: Floats = self._value.take(at).sum(axis=1).astype(np.float32)
        return found

    def _deepest(self) -> int:
        """How many levels until every walk rests (a leaf points at itself)."""
        nodes = self._left.shape[1]
        depth = np.zeros(self._left.shape, dtype=np.int16)
        # A child is always written after its parent, so one pass from the front is enough.
        for node in range(nodes):
            for child in (self._left[:, node], self._right[:, node]):
                deeper = child > node
                depth[np.flatnonzero(deeper), child[deeper]] = depth[deeper, node] + 1
                if (child < node).any():
                    raise ValueError("The trees do not end.")
        return int(depth.max(initial=0))
