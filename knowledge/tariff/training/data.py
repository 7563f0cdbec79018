"""What the ranker learns from: a user's labelled lines and trade words, and how they are seen.

The author of our first trade terms had read the labelled lines, so such a term near a line proves
nothing. Every line is therefore shown without *all* of them that are near it, whatever they lead
to: to hide only those that lead to its own code would tell the code by what is missing. Terms
written apart from the lines stay. How far trade terms may be trusted is learned from a user's trade
words, too, which no author of ours has read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from knowledge.tariff import features, query, terms
from knowledge.tariff.adapter import Adapter
from knowledge.tariff.corpus import Corpus, Indexed, Places
from knowledge.tariff.encoder import Vectors
from knowledge.tariff.features import Seen

NEAR = 0.4
"""The cosine from which a term is near a line; of the first 9,911, 110 are near the usual line."""
TRADE = 1100  # trade words that the ranker learns from; they are many and short
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


def halves(count: int, *, seed: int) -> tuple[Places, Places]:
    """Which trade words teach the map, and which the ranker: never the same ones both."""
    mixed = np.random.default_rng(seed).permutation(count)
    return mixed[: count // 2], mixed[count // 2 :][:TRADE]


def aside(count: int, *, seed: int) -> Places:
    """The trade words that teach neither: what they lead to may be asked."""
    return np.random.default_rng(seed).permutation(count)[count // 2 :][TRADE:]


def look(
    index: Indexed,
    learned: Adapter,
    labelled: Sequence[Line],
    vectors: tuple[Vectors, Vectors],
    *,
    without: Literal["none", "near", "all"] = "near",
) -> list[Seen]:
    """Every line held against the corpus, without the trade terms that are near it."""
    both = np.stack(vectors, axis=1)
    asked = [line.asked for line in labelled]
    hidden: list[Places | None] = [None] * len(labelled)
    if without == "near":
        read = ~np.array([term.apart for term in index.corpus.terms])
        hidden = [np.flatnonzero(read & ((index.term @ one.T).max(axis=1) > NEAR)) for one in both]
    elif without == "all":
        hidden = [np.arange(len(index.corpus.terms))] * len(labelled)
    return list(features.look(index, asked, both, learned, hidden=hidden))


def folds(labelled: Sequence[Line], count: int, *, seed: int) -> npt.NDArray[np.intp]:
    """The fold of every line, spread evenly over each source."""
    rng = np.random.default_rng(seed)
    found = np.zeros(len(labelled), dtype=np.intp)
    for source in sorted({line.source for line in labelled}):
        there = np.array([i for i, line in enumerate(labelled) if line.source == source])
        found[rng.permutation(there)] = np.arange(len(there)) % count
    return found
