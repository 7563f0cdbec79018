"""One schedule made ready for questions: its texts, their vectors, their words, who is whose.

Leaves stand in the order of their codes, so a six-digit group is a stretch of leaves and a
heading a stretch of groups. Built once, read by many; it knows no goods and decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from knowledge.tariff import facts, measures
from knowledge.tariff.encoder import Vectors
from knowledge.tariff.lexical import LexicalIndex
from knowledge.tariff.schedule import Schedule
from knowledge.tariff.terms import Term
from knowledge.tariff.texts import leaf_text, tokens

Places = npt.NDArray[np.intp]
SIX, FOUR = 6, 4


class Corpus:
    """The schedule's three levels and the trade terms, aligned."""

    def __init__(self, schedule: Schedule, names: Schedule, terms: Sequence[Term]) -> None:
        self.schedule = schedule
        self.leaves = list(schedule.leaves)
        self.bare = [line.bare for line in self.leaves]
        self.groups = sorted({bare[:SIX] for bare in self.bare})
        self.heads = sorted({group[:FOUR] for group in self.groups})
        self.terms = list(terms)
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
        self.leaf_facts = [facts.of(" ".join(line.path[-3:])) for line in self.leaves]
        self.group_facts = [
            facts.of(f"{self.head_texts[self.head_of[place]]} {text}")
            for place, text in enumerate(self.group_texts)
        ]
        self.limits = [measures.limits(line.words) for line in self.leaves]
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

    def leaves_of(self, group: int) -> range:
        """The places of a group's leaves."""
        start = int(self.first_leaf[group])
        return range(start, start + int(self.sizes[group]))


class Indexed:
    """A corpus with its vectors and word indexes."""

    def __init__(self, corpus: Corpus, vectors: Vectors) -> None:
        self.corpus = corpus
        ends = np.cumsum([len(corpus.leaf_texts), len(corpus.groups), len(corpus.heads)])
        self.vectors = vectors
        self.leaf, self.group, self.head, self.term = np.split(vectors, ends)
        self.leaf_words = LexicalIndex(corpus.leaf_texts)
        self.group_words = LexicalIndex(
            [
                f"{text} {corpus.head_texts[corpus.head_of[place]]}"
                for place, text in enumerate(corpus.group_texts)
            ]
        )
        self.term_words = LexicalIndex([term.text for term in corpus.terms])
        self.term_weight = np.array(
            [
                sum(self.term_words.rarity(word) for word in set(tokens(term.text))) or 1.0
                for term in corpus.terms
            ],
            dtype=np.float32,
        )
