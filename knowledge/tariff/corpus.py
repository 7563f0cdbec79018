"""One schedule made ready for questions: its texts, their vectors, their words, who is whose.

Leaves stand in the order of their codes, so a six-digit group is a stretch of leaves and a
heading a stretch of groups. Built once, read by many; it knows no goods and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from knowledge.tariff import facts
from knowledge.tariff.encoder import Vectors
from knowledge.tariff.lexical import Arrays, LexicalIndex
from knowledge.tariff.schedule import Schedule
from knowledge.tariff.terms import Term
from knowledge.tariff.texts import leaf_text, tokens

Places = npt.NDArray[np.intp]
SIX, FOUR = 6, 4


class Stretches(NamedTuple):
    """Terms that stand together because they have one owner."""

    terms: Places  #: those that have an owner
    starts: Places  #: where in `terms` each owner's stretch begins
    owners: Places


def _stretches(owner_of: Places) -> Stretches:
    """Terms by owner; they stand in the order of their codes, and -1 is no owner."""
    terms = np.flatnonzero(owner_of >= 0)
    terms = terms[np.argsort(owner_of[terms], kind="stable")]
    owners, starts = np.unique(owner_of[terms], return_index=True)
    return Stretches(terms, starts, owners)


class Corpus:
    """The schedule's three levels and the trade terms, aligned."""

    def __init__(self, schedule: Schedule, names: Schedule, terms: Sequence[Term]) -> None:
        self.schedule = schedule
        self.leaves = list(schedule.leaves)
        self.bare = [line.bare for line in self.leaves]
        self.groups = sorted({bare[:SIX] for bare in self.bare})
        self.heads = sorted({group[:FOUR] for group in self.groups})
        self.terms = sorted(terms, key=lambda term: term.code)
        at = {group: place for place, group in enumerate(self.groups)}
        top = {head: place for place, head in enumerate(self.heads)}
        self.group_of: Places = np.array([at[bare[:SIX]] for bare in self.bare], dtype=np.intp)
        self.head_of: Places = np.array([top[group[:FOUR]] for group in self.groups], dtype=np.intp)
        self.first_leaf: Places = np.searchsorted(self.group_of, np.arange(len(self.groups)))
        self.first_group: Places = np.searchsorted(self.head_of, np.arange(len(self.heads)))
        self.place_of_group, self.place_of_head = at, top
        told = {line.bare: line.description for line in names.leaves}
        self.leaf_texts = [
            line.description if line.bare in told else leaf_text(line) for line in self.leaves
        ]
        firsts = [self.leaves[place] for place in self.first_leaf]
        self.group_texts = [
            told.get(group) or leaf_text(leaf)
            for group, leaf in zip(self.groups, firsts, strict=True)
        ]
        headings = {line.bare: line.description for line in schedule.lines if line.digits == FOUR}
        self.head_texts = [
            headings.get(head) or self.leaves[self.first_leaf[self.first_group[place]]].path[0]
            for place, head in enumerate(self.heads)
        ]
        # A term's code points to one group, or with four digits to a heading only.
        self.term_group: Places = np.array(
            [at.get(term.code[:SIX], -1) if len(term.code) >= SIX else -1 for term in self.terms],
            dtype=np.intp,
        )
        self.term_head: Places = np.array(
            [top[term.code[:FOUR]] for term in self.terms], dtype=np.intp
        )
        self.terms_by_group = _stretches(self.term_group)
        self.terms_by_head = _stretches(self.term_head)
        self.sizes = np.diff(np.append(self.first_leaf, len(self.leaves)))

    @property
    def texts(self) -> list[str]:
        """Everything that needs a vector, in the order that `vectors` is split by."""
        return [
            *self.leaf_texts,
            *self.group_texts,
            *self.head_texts,
            *(term.text for term in self.terms),
        ]

    @property
    def worded(self) -> dict[str, list[str]]:
        """The three lists of texts that are found by their words."""
        groups = [
            f"{text} {self.head_texts[self.head_of[place]]}"
            for place, text in enumerate(self.group_texts)
        ]
        return {
            "leaf": self.leaf_texts,
            "group": groups,
            "term": [term.text for term in self.terms],
        }

    def facts_of_leaf(self, place: int) -> facts.Facts:
        """What a leaf's own words state."""
        return facts.of(" ".join(self.leaves[place].path[-3:]))

    def facts_of_group(self, place: int) -> facts.Facts:
        """What the words of a group and its heading state."""
        return facts.of(f"{self.head_texts[self.head_of[place]]} {self.group_texts[place]}")

    def leaves_of(self, group: int) -> range:
        """The places of a group's leaves."""
        start = int(self.first_leaf[group])
        return range(start, start + int(self.sizes[group]))


class Indexed:
    """A corpus with its vectors and word indexes."""

    def __init__(
        self, corpus: Corpus, vectors: Vectors, *, counts: Mapping[str, Arrays] | None = None
    ) -> None:
        self.corpus = corpus
        self.ends = np.cumsum([len(corpus.leaf_texts), len(corpus.groups), len(corpus.heads)])
        self.vectors = vectors
        self.leaf, self.group, self.head, self.term = np.split(vectors, self.ends)
        known = counts or {}
        self.leaf_words, self.group_words, self.term_words = (
            LexicalIndex(texts, counted=known.get(name)) for name, texts in corpus.worded.items()
        )
        self.term_weight = np.array(
            [
                sum(self.term_words.rarity(word) for word in set(tokens(term.text))) or 1.0
                for term in corpus.terms
            ],
            dtype=np.float32,
        )
