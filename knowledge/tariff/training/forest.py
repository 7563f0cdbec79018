"""Trains the ranker (LightGBM, LambdaMART) and writes it as plain arrays.

Small trees, many held back: there are a few hundred labelled lines and sixty candidates each.
What is written is read by `knowledge/tariff/trees.py`, without LightGBM.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
ROUNDS = 120


def grow(
    rows: Sequence[Floats],
    right: Sequence[npt.NDArray[np.int32]],
    weights: Sequence[float],
    *,
    seed: int,
    rounds: int = ROUNDS,
) -> dict[str, npt.NDArray[Any]]:
    """The forest's arrays, from one table of candidates per line."""
    import lightgbm  # noqa: PLC0415 - training only

    data = lightgbm.Dataset(
        np.concatenate(rows),
        label=np.concatenate(right),
        group=[len(one) for one in rows],
        weight=np.concatenate(
            [np.full(len(one), weight) for one, weight in zip(rows, weights, strict=True)]
        ),
        free_raw_data=False,
    )
    settings = {
        "objective": "lambdarank",
        "lambdarank_truncation_level": 8,
        "learning_rate": 0.05,
        "num_leaves": 8,
        "min_data_in_leaf": 40,
        "feature_fraction": 0.4,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 10.0,
        "max_bin": 127,
        "label_gain": [0, 1, 8],
        "num_threads": 2,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
    }
    model = lightgbm.train(settings, data, num_boost_round=rounds)
    return arrays([tree["tree_structure"] for tree in model.dump_model()["tree_info"]])


def arrays(trees: Sequence[dict[str, Any]]) -> dict[str, npt.NDArray[Any]]:
    """Each tree as a row of nodes; a leaf points at itself."""
    flat = [_flat(tree) for tree in trees]
    width = max(len(nodes) for nodes in flat)
    shape = (len(flat), width)
    feature = np.zeros(shape, dtype=np.int16)
    threshold, value = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    left = np.tile(np.arange(width, dtype=np.int16), (len(flat), 1))
    right = left.copy()
    for row, nodes in enumerate(flat):
        for at, (one, limit, low, high, score) in enumerate(nodes):
            feature[row, at], threshold[row, at], value[row, at] = one, limit, score
            left[row, at], right[row, at] = low, high
    return {
        "feature": feature,
        "threshold": threshold,
        "left": left,
        "right": right,
        "value": value,
    }


def _flat(tree: dict[str, Any]) -> list[tuple[int, float, int, int, float]]:
    nodes: list[tuple[int, float, int, int, float]] = []

    def add(node: dict[str, Any]) -> int:
        at = len(nodes)
        if "leaf_value" in node:
            nodes.append((0, 0.0, at, at, float(node["leaf_value"])))
            return at
        nodes.append((0, 0.0, at, at, 0.0))
        # float32 rows are compared with a float32 limit; the next lower one keeps "at most" true.
        limit = np.float32(node["threshold"])
        low, high = add(node["left_child"]), add(node["right_child"])
        nodes[at] = (int(node["split_feature"]), float(limit), low, high, 0.0)
        return at

    add(tree)
    return nodes
