"""Which six-digit groups fit some goods best: three views of the words, one weighted sum.

Dense similarity to the leaf's path, dense similarity to the group's own text, and BM25. The
weights and the confidence curve were chosen on labelled development sets (see
`bench/tariff_quality.py`); nothing here knows a shipper or an importer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from knowledge.tariff import codes

Scores = npt.NDArray[np.float32]

WEIGHT_LEAF = 1.0
WEIGHT_GROUP = 0.55
WEIGHT_WORDS = 0.45
HINT_SIX = 0.12  # a shipper's six digits narrow the field, they do not decide
HINT_FOUR = 0.05

# Share of development lines whose six digits were right, by the fused score of the leader and
# its distance to the second group: a logistic curve through both.
_BIAS, _SLOPE_TOP, _SLOPE_GAP = -6.03, 3.26, 5.91
_MOST = 0.84
"""A cold suggestion is never sure: above 0.85 stands only what the importer's history says."""


def fused(dense_leaf: Scores, dense_group: Scores, words: Scores) -> Scores:
    """One score per leaf. BM25 is scaled by its own best, so that a long text has no edge."""
    best = float(words.max()) if words.size else 0.0
    lexical = words / best if best > 0 else words
    total: Scores = (
        WEIGHT_LEAF * dense_leaf + WEIGHT_GROUP * dense_group + WEIGHT_WORDS * lexical
    ).astype(np.float32)
    return total


def with_hint(scores: Scores, leaves: Sequence[str], hint: str | None) -> Scores:
    """Lift the leaves that share the shipper's first six or four digits."""
    plain = codes.lenient(hint)
    if plain is None:
        return scores
    lifted = scores.copy()
    for place, bare in enumerate(leaves):
        if bare[:6] == plain[:6]:
            lifted[place] += HINT_SIX
        elif bare[:4] == plain[:4]:
            lifted[place] += HINT_FOUR
    return lifted


def best_of_groups(scores: Scores, leaves: Sequence[str], *, top: int) -> list[int]:
    """The places of the best leaf of each of the `top` best six-digit groups, best first."""
    found: list[int] = []
    seen: set[str] = set()
    for place in np.argsort(-scores, kind="stable"):
        group = leaves[place][:6]
        if group not in seen:
            seen.add(group)
            found.append(int(place))
            if len(found) == top:
                break
    return found


def confidences(scores: Sequence[float]) -> list[float]:
    """How sure each of the shown groups is to be right, leader first; together under one."""
    if not scores:
        return []
    top = scores[0]
    gap = top - scores[1] if len(scores) > 1 else top
    curve = 1.0 / (1.0 + float(np.exp(-(_BIAS + _SLOPE_TOP * top + _SLOPE_GAP * gap))))
    sure = min(_MOST, curve)
    rest = np.exp([4.0 * (score - top) for score in scores[1:]])
    share = 0.5 * (1.0 - sure)
    spread = share * rest / max(float(rest.sum()), 1e-9) if len(rest) else []
    return [round(sure, 2), *(round(min(float(one), sure), 2) for one in spread)]
