"""Fits the ranker, the choice of the leaf and the confidence; guesses lines that it held out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from knowledge.tariff import features, model
from knowledge.tariff.corpus import Indexed
from knowledge.tariff.features import Floats, Seen
from knowledge.tariff.training import forest
from knowledge.tariff.training.data import Line
from knowledge.tariff.trees import Trees


class Fitted(NamedTuple):
    """What is learned from labelled lines."""

    forest: dict[str, npt.NDArray[Any]]
    leaf: Floats
    counts: dict[str, float]


class Guess(NamedTuple):
    """The three shown codes of one line and the first one's raw chance."""

    codes: tuple[str, ...]
    margin: Floats  #: the groups' scores, best first
    leaf: float  #: the first leaf's chance within its group


class Table:
    """One line's measures, made once; only the priors change with what is held out."""

    def __init__(self, index: Indexed, seen: Seen) -> None:
        self._index, self._seen = index, seen
        corpus = index.corpus
        self.chosen = model.candidates(seen, corpus)
        empty = model.priors(corpus, {})
        self._rows = features.of_groups(index, seen, self.chosen, empty[:2])
        self._leaves: dict[int, Floats] = {}

    def groups(self, prior: model.Priors) -> Floats:
        """The rows of the candidates."""
        rows = self._rows.copy()
        rows[:, _SIX] = prior[0][self.chosen]
        rows[:, _FOUR] = prior[1][self._index.corpus.head_of[self.chosen]]
        return rows

    def leaves(self, group: int, prior: model.Priors) -> Floats:
        """The rows of a group's leaves."""
        if group not in self._leaves:
            none = np.zeros_like(prior[2])
            self._leaves[group] = features.of_leaves(self._index, self._seen, group, none)
        rows = self._leaves[group].copy()
        rows[:, _LEAF] = prior[2][list(self._index.corpus.leaves_of(group))]
        return rows


_TRADE_WEIGHT = 0.3
_SIX, _FOUR = features.NAMES.index("prior_six"), features.NAMES.index("prior_head")
_LEAF = features.LEAF_NAMES.index("prior")


def fit(
    index: Indexed,
    lines: Sequence[Line],
    tables: Sequence[Table],
    *,
    trade: Sequence[tuple[Line, Table]] = (),
    seed: int,
) -> Fitted:
    """Learn from these lines; trade words teach the groups only, and count for less."""
    counts = Counter(line.code for line in lines)
    rows, right, leaves, golds = [], [], [], []
    at = {bare: place for place, bare in enumerate(index.corpus.bare)}
    for line, table in zip(lines, tables, strict=True):
        if line.group < 0:
            continue
        # A line's own mark in the priors would tell its answer.
        prior = model.priors(index.corpus, {**counts, line.code: counts[line.code] - 1})
        if (label := _label(index, line, table)) is not None:
            rows.append(table.groups(prior))
            right.append(label)
        if line.code in at and index.corpus.sizes[line.group] > 1:
            leaves.append(table.leaves(line.group, prior))
            golds.append(at[line.code] - int(index.corpus.first_leaf[line.group]))
    weights = [1.0] * len(rows)
    prior = model.priors(index.corpus, counts)
    for line, table in trade:
        if (label := _label(index, line, table)) is not None:
            rows.append(table.groups(prior))
            right.append(label)
            weights.append(_TRADE_WEIGHT)
    made = forest.grow(rows, right, weights, seed=seed)
    return Fitted(made, _choice(leaves, golds), {code: float(n) for code, n in counts.items()})


def _label(index: Indexed, line: Line, table: Table) -> npt.NDArray[np.int32] | None:
    """2 for the line's group, 1 for its heading; None when there is nothing to put first."""
    heads = index.corpus.head_of
    label = (heads[table.chosen] == heads[line.group]).astype(np.int32)
    label[table.chosen == line.group] = 2
    return label if label.max() == 2 else None


def guess(index: Indexed, fitted: Fitted, tables: Sequence[Table]) -> list[Guess]:
    """Three codes for every line, from three groups."""
    trees = Trees(**fitted.forest)
    prior = model.priors(index.corpus, fitted.counts)
    found = []
    for table in tables:
        scores = trees.scores(table.groups(prior))
        order = np.argsort(-scores, kind="stable")
        shown, chance = [], 0.0
        for rank, place in enumerate(order[:3]):
            group = int(table.chosen[place])
            picked = table.leaves(group, prior) @ fitted.leaf
            shown.append(index.corpus.bare[index.corpus.leaves_of(group)[int(picked.argmax())]])
            if rank == 0:
                chance = float(1.0 / np.exp(picked - picked.max()).sum())
        found.append(Guess(tuple(shown), scores[order], chance))
    return found


_START: dict[str, float] = {
    "leaf_gap": 6.0,
    "leaf_goods_gap": 4.0,
    "words_gap": 1.0,
    "cover_gap": 0.6,
    "named": 1.0,
    "term_leaf": 1.2,
    "contain_leaf": 1.0,
    "term_vote": 1.0,
    "fact_gender": 1.0,
    "fact_made": 0.6,
    "fact_material": 0.4,
    "fact_power": 0.4,
    "limits": 1.5,
    "other": 0.3,
    "prior": 0.6,
}
"""What is believed before any line was seen; the lines may move it, a little for each."""


def _choice(tables: Sequence[Floats], golds: Sequence[int], *, decay: float = 0.02) -> Floats:
    """Weights of a softmax over the leaves of one group (conditional logit)."""
    from scipy.optimize import minimize  # noqa: PLC0415

    start = np.array([_START.get(name, 0.0) for name in features.LEAF_NAMES])

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        total, slope = 0.0, np.zeros_like(start)
        for table, gold in zip(tables, golds, strict=True):
            scores = table @ weights
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            total -= float(np.log(max(chances[gold], 1e-12)))
            slope -= table[gold] - chances @ table
        count = max(1, len(tables))
        return (
            total / count + decay * float((weights - start) @ (weights - start)),
            slope / count + 2 * decay * (weights - start),
        )

    found = minimize(loss, start, jac=True, method="L-BFGS-B")
    return np.asarray(found.x, dtype=np.float32)


def sharpness(guesses: Sequence[Guess], lines: Sequence[Line]) -> float:
    """The factor that makes log chances of the scores: the likeliest one for these lines."""
    tried = np.linspace(0.2, 3.0, 57)

    def worth(sharp: float) -> float:
        total = 0.0
        for one, line in zip(guesses, lines, strict=True):
            scores = one.margin * sharp
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            right = one.codes[0][:6] == line.code[:6]
            total += float(np.log(chances[0] if right else max(1.0 - chances[0], 1e-6)))
        return total

    return float(max(tried, key=worth))


def chances(guesses: Sequence[Guess], sharp: float) -> npt.NDArray[np.float64]:
    """The raw chance of each first code."""
    found = []
    for one in guesses:
        scores = one.margin * sharp
        spread = np.exp(scores - scores.max())
        found.append(float(spread[0] / spread.sum()) * one.leaf)
    return np.array(found)


def curve(
    raw: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """A rising curve from raw chance to how often it was right (isotonic, in even steps)."""
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415

    knots = np.quantile(raw, np.linspace(0.05, 0.95, 10))
    smooth = IsotonicRegression(out_of_bounds="clip").fit(raw, right)
    near = np.abs(raw[:, None] - knots[None, :]).argsort(axis=0)[: max(20, len(raw) // 8)]
    risen = np.maximum.accumulate(
        [
            0.5 * right[near[:, k]].mean() + 0.5 * float(smooth.predict([knot])[0])
            for k, knot in enumerate(knots)
        ]
    )
    return knots, np.asarray(risen, dtype=np.float64)
