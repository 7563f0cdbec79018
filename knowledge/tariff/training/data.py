"""What the ranker learns from: a user's labelled lines and trade words, and how they are seen.

The lines were known to the author of our trade terms, so a term that leads such a line to its own
code proves little. Seven lines in ten are therefore shown with those terms hidden, so that the
ranker learns to trust the table about as far as on goods that its author has not read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from knowledge.tariff import features, query, terms
from knowledge.tariff.adapter import Adapter
from knowledge.tariff.corpus import Corpus, Indexed, Places
from knowledge.tariff.encoder import Vectors
from knowledge.tariff.features import Seen

HIDDEN = 0.7
_NEAR = 0.4
_UK = ("uk_search_references.json", "uk_extra_references.csv")


class Line(NamedTuple):
    """One labelled line."""

    source: str
    asked: query.Asked
    code: str
    group: int  #: its place, or -1 when the schedule does not have it any more


def lines(folder: Path, corpus: Corpus) -> list[Line]:
    """The labelled lines of `folder/hs/dev_*.jsonl`."""
    found = []
    for path in sorted((folder / "hs").glob("dev_*.jsonl")):
        for raw in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(raw)
            code = str(row["hts"])
            place = corpus.place_of_group.get(code[:6], -1)
            found.append(Line(path.stem, query.read(str(row["description"])), code, place))
    return found


def words(folder: Path, corpus: Corpus) -> tuple[list[str], Places]:
    """Trade words of `folder/hs` and the groups that they belong to."""
    read = [
        one for name in _UK if (path := folder / "hs" / name).exists() for one in terms.read(path)
    ]
    kept = [
        (one.text, corpus.place_of_group[one.code[:6]])
        for one in terms.fitting(read, corpus.schedule)
        if one.code[:6] in corpus.place_of_group
    ]
    return [text for text, _ in kept], np.array([place for _, place in kept], dtype=np.intp)


def look(
    index: Indexed,
    learned: Adapter,
    labelled: Sequence[Line],
    vectors: tuple[Vectors, Vectors],
    *,
    seed: int,
    hidden: float = HIDDEN,
) -> list[Seen]:
    """Every line held against the corpus, most of them without the terms that name it."""
    hides = shy(len(labelled), seed=seed, hidden=hidden)
    both = np.stack(vectors, axis=1)
    without = [
        _telling(index, line, both[place]) if hides[place] else None
        for place, line in enumerate(labelled)
    ]
    asked = [line.asked for line in labelled]
    return list(features.look(index, asked, both, learned, hidden=without))


def shy(count: int, *, seed: int, hidden: float = HIDDEN) -> npt.NDArray[np.bool_]:
    """Which of so many lines are shown without the terms that name them."""
    found: npt.NDArray[np.bool_] = np.random.default_rng(seed).permutation(count) < hidden * count
    return found


def _telling(index: Indexed, line: Line, both: Vectors) -> Places:
    if line.group < 0:
        return np.zeros(0, dtype=np.intp)
    mine = np.flatnonzero(index.corpus.term_group == line.group)
    near = (index.term[mine] @ both.T).max(axis=1, initial=0.0)
    kept: Places = mine[near > _NEAR]
    return kept


def folds(labelled: Sequence[Line], count: int, *, seed: int) -> npt.NDArray[np.intp]:
    """The fold of every line, spread evenly over each source."""
    rng = np.random.default_rng(seed)
    found = np.zeros(len(labelled), dtype=np.intp)
    for source in sorted({line.source for line in labelled}):
        there = np.array([i for i, line in enumerate(labelled) if line.source == source])
        found[rng.permutation(there)] = np.arange(len(there)) % count
    return found
