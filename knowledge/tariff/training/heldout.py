"""Guesses every labelled line with a ranker that did not see it, and says how often that was right.

What is printed here is what may be told: a line is never guessed by what it taught.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from knowledge.tariff.corpus import Indexed
from knowledge.tariff.training import data, fit

_FOLDS = 5
_EDGES = np.array([0.05, 0.1, 0.2, 0.3, 0.45])


class HeldOut(NamedTuple):
    """Raw chances of the first codes, whether they were right, and a report."""

    raw: npt.NDArray[np.float64]
    right: npt.NDArray[np.bool_]
    sharp: float
    report: str
    guesses: list[fit.Guess]


def guessed(
    index: Indexed,
    lines: Sequence[data.Line],
    tables: Sequence[fit.Table],
    *,
    trade: Sequence[tuple[data.Line, fit.Table]] = (),
    seed: int,
) -> HeldOut:
    """Five folds; every line is guessed once."""
    part = data.folds(lines, _FOLDS, seed=seed)
    guesses: dict[int, fit.Guess] = {}
    for fold in range(_FOLDS):
        train = [i for i in range(len(lines)) if part[i] != fold]
        test = [i for i in range(len(lines)) if part[i] == fold]
        fitted = fit.fit(
            index, [lines[i] for i in train], [tables[i] for i in train], trade=trade, seed=seed
        )
        made = fit.guess(index, fitted, [tables[i] for i in test])
        guesses.update(zip(test, made, strict=True))
    flat = [guesses[i] for i in range(len(lines))]
    sharp = fit.sharpness(flat, lines)
    right = np.array([g.codes[0] == one.code for g, one in zip(flat, lines, strict=True)])
    return HeldOut(fit.chances(flat, sharp), right, sharp, report(flat, lines), flat)


def calibration_error(shown: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> float:
    """The mean distance of what was said from what was so, over six bands."""
    band = np.digitize(shown, _EDGES)
    off = [abs(float(shown[band == b].sum() - right[band == b].sum())) for b in np.unique(band)]
    return sum(off) / len(shown)


def report(guesses: Sequence[fit.Guess], lines: Sequence[data.Line]) -> str:
    told = []
    for source in sorted({line.source for line in lines}):
        pairs = [(g, one) for g, one in zip(guesses, lines, strict=True) if one.source == source]
        shares = [
            _share([one.code == g.codes[0] for g, one in pairs]),
            _share([one.code in g.codes for g, one in pairs]),
            _share([one.code[:6] == g.codes[0][:6] for g, one in pairs]),
            _share([one.code[:6] in {code[:6] for code in g.codes} for g, one in pairs]),
        ]
        told.append(f"  {source:24} {' '.join(shares)}")
    return "\n".join(told)


def _share(right: Sequence[bool]) -> str:
    return f"{100 * sum(right) / len(right):5.1f}"
