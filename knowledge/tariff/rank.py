"""Which six-digit groups fit some goods best: four views of the words, one weighted sum.

Dense similarity to the leaf's path, dense similarity to the group's own text, BM25, and the
share of the words that the leaf has. The constants were chosen on 450 labelled development
lines; `pytest tests/evals/test_tariff_shared.py` measures them again. Nothing here knows an
importer, and a shipper only through his code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from knowledge.tariff import codes, measures

Scores = npt.NDArray[np.float32]

WEIGHT_LEAF = 1.0
WEIGHT_GROUP = 0.55
WEIGHT_WORDS = 0.2
WEIGHT_COVER = 0.4
HINT_SIX = 0.08  # a shipper's six digits narrow the field, they do not decide
HINT_FOUR = 0.03

# The share of development lines whose six digits were right, by the leader's score and its
# distance to the second group: a logistic curve through both (calibration error 0.02).
_BIAS, _SLOPE_TOP, _SLOPE_GAP = -3.67, 1.64, 4.93
_SECOND, _THIRD = 0.10, 0.075
"""Of what is left, the share of the second and the third group: 8% and 6% of those lines."""

# Where the description leads to the shipper's own six digits. Measured with hints of which we
# made three quarters right and one quarter near misses; that mix is an assumption.
_AGREED = 0.86

LIMIT_KEPT, LIMIT_BROKEN = 0.03, -0.2  # "not exceeding 50 W", for goods of 45 W and of 60 W

_LEAF_POWER = 0.7
"""One of n lines in the right group is right about n^-0.7 of the time (two: 0.6, eight: 0.2)."""

MOST = 0.84
"""A cold suggestion is never sure: above 0.85 stands only what the importer's history says."""


def fused(dense_leaf: Scores, dense_group: Scores, words: Scores, cover: Scores) -> Scores:
    """One score per leaf. BM25 is scaled by its own best, so that a long text has no edge."""
    best = float(words.max()) if words.size else 0.0
    lexical = words / best if best > 0 else words
    total: Scores = (
        WEIGHT_LEAF * dense_leaf
        + WEIGHT_GROUP * dense_group
        + WEIGHT_WORDS * lexical
        + WEIGHT_COVER * cover
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


def with_limits(
    scores: Scores, limits: Mapping[int, Sequence[measures.Limit]], text: str
) -> Scores:
    """Lift the leaves whose stated limits the goods keep, and lower those that they break."""
    said = measures.amounts(text)
    if not said:
        return scores
    moved = scores.copy()
    for place, stated in limits.items():
        kept = measures.agree(said, stated)
        if kept is not None:
            moved[place] += LIMIT_KEPT if kept else LIMIT_BROKEN
    return moved


def best_of_groups(
    scores: Scores, leaves: Sequence[str], *, top: int, always: str | None = None
) -> list[int]:
    """The places of the best leaf of each of the `top` best six-digit groups, best first.

    The group `always` takes the last place when it is not among them.
    """
    found: list[int] = []
    seen: set[str] = set()
    for place in np.argsort(-scores, kind="stable"):
        group = leaves[place][:6]
        if group in seen:
            continue
        seen.add(group)
        if len(found) < top:
            found.append(int(place))
        elif always is None or always in {leaves[one][:6] for one in found}:
            break
        elif group == always:
            found[-1] = int(place)
            break
    return found


def confidences(
    scores: Sequence[float], sizes: Sequence[int], *, agreed: bool = False
) -> list[float]:
    """How likely each shown code is right to its last digit, leader first.

    `sizes` are the numbers of leaves in the groups; `agreed` says that the leader has the
    shipper's six digits.
    """
    if not scores:
        return []
    top = scores[0]
    gap = top - scores[1] if len(scores) > 1 else top
    cold = 1.0 / (1.0 + float(np.exp(-(_BIAS + _SLOPE_TOP * top + _SLOPE_GAP * gap))))
    sure = max(_AGREED, cold) if agreed else cold
    rest = [_SECOND, _THIRD, *[_THIRD / 2] * len(scores)]
    groups = [sure, *((1.0 - sure) * share for share in rest)]
    likely = [
        min(MOST, group * float(size) ** -_LEAF_POWER)
        for group, size in zip(groups, sizes, strict=False)
    ]
    # The order is by what the words resemble: nobody should see a surer code below the first.
    return [round(min(one, likely[0]), 2) for one in likely]
