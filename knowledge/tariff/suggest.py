"""Candidates for goods: the importer's confirmed products first, then what the words resemble.

Candidates, never answers: a broker confirms. Every candidate carries its reason and the edition
that it comes from. The shipper's own code narrows, and a disagreement is said out loud.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

import numpy as np

from knowledge.tariff import codes, measures, rank
from knowledge.tariff.encoder import Encoder, Vectors
from knowledge.tariff.index import DenseIndex
from knowledge.tariff.lexical import LexicalIndex
from knowledge.tariff.schedule import Schedule, ScheduleLine
from knowledge.tariff.texts import tokens
from storage.values import Candidate, Suggestion, Value

LONGEST = 1000  # characters of a description that are looked at
SIBLINGS_TOLD = 4
_TAGS = re.compile(r"<[^>]{0,200}>")
_HIGH, _MEDIUM = 0.7, 0.3

_DECIDES: tuple[tuple[str, frozenset[str]], ...] = (
    ("Is it for men, women, boys or girls?", frozenset({"men", "women", "boy", "girl"})),
    ("Is it knitted or woven?", frozenset({"knitted", "crocheted", "woven"})),
    (
        "What is it made of?",
        frozenset({"cotton", "wool", "silk", "brass", "steel", "plastic", "polyester", "wood"}),
    ),
    ("Is it for household use?", frozenset({"household", "hotel", "restaurant"})),
    ("How old are the children that it is for?", frozenset({"years", "year", "age"})),
    ("How much does it hold or give out (liters, watts)?", frozenset({"liter", "w", "output"})),
)


class LineQuery(Value):
    """Goods to classify."""

    id: str
    description: str
    origin: str | None = None
    hint: str | None = None  #: the shipper's code
    importer: str | None = None
    sku: str | None = None


class Confirmed(Value):
    """Goods of the importer that a broker confirmed before."""

    sku: str
    description: str
    code: str
    by: str
    on: date
    edition: str


class Lookup:
    """A schedule to search and to check codes in; needs no model, so a process may fork."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.edition = schedule.edition
        self._leaves = list(schedule.leaves)
        self._words = LexicalIndex([line.words for line in self._leaves])

    def find(self, code: str) -> ScheduleLine | None:
        """The line of a code that goods can be entered under, or None."""
        found = self.schedule.find(code)
        return found if found is not None and found.leaf else None

    def search(self, text: str, limit: int = 30) -> list[ScheduleLine]:
        """Lines by the beginning of their digits, or by words, best first."""
        bare = re.sub(r"[\s.]", "", text)
        if bare.isascii() and bare.isdigit():
            return [line for line in self.schedule.under(bare) if line.leaf][:limit]
        scores = self._words.scores(tokens(text[:LONGEST]))
        order = np.argsort(-scores, kind="stable")[:limit]
        return [self._leaves[place] for place in order if scores[place] > 0]


class Desk(Lookup):
    """The tariff desk: suggests candidates. Loads the model; its process must not fork."""

    def __init__(
        self,
        schedule: Schedule,
        *,
        encoder: Encoder,
        leaf_vectors: Vectors,
        group_vectors: Vectors,
        groups: Sequence[str],
    ) -> None:
        super().__init__(schedule)
        self.digits = schedule.digits
        self._encoder = encoder
        self._dense = DenseIndex(np.concatenate([leaf_vectors, group_vectors]))
        place = {group: at for at, group in enumerate(groups)}
        self._group_of = np.array([place[line.bare[:6]] for line in self._leaves], dtype=np.intp)
        self._bare = [line.bare for line in self._leaves]
        stated = ((place, measures.limits(line.words)) for place, line in enumerate(self._leaves))
        self._limits = {place: found for place, found in stated if found}
        self._lock = threading.Lock()

    def suggest(
        self,
        lines: Sequence[LineQuery],
        *,
        confirmed: Mapping[str, Sequence[Confirmed]] | None = None,
        top: int = 3,
    ) -> list[Suggestion]:
        """Up to `top` candidates for each line; `confirmed` is by importer name."""
        known = confirmed or {}
        made: dict[str, Suggestion] = {}
        cold = []
        for line in lines:
            answer = self._from_history(line, known.get(line.importer or "", ()), top)
            if answer is None:
                cold.append(line)
            else:
                made[line.id] = answer
        for line, suggestion in zip(cold, self._from_words(cold, top), strict=True):
            made[line.id] = suggestion
        return [made[line.id] for line in lines]

    def _from_history(
        self, line: LineQuery, history: Sequence[Confirmed], top: int
    ) -> Suggestion | None:
        wanted = _fold(line.description)
        same = [one for one in history if line.sku and one.sku == line.sku and line.description]
        same = [one for one in same if _alike(one.description, line.description)] or [
            one for one in history if wanted and _fold(one.description) == wanted
        ]
        alive = [
            (one, self.find(one.code)) for one in sorted(same, key=lambda x: x.on, reverse=True)
        ]
        found = [(one, there) for one, there in alive if there is not None]
        if not found:
            return None
        distinct: dict[str, tuple[Confirmed, ScheduleLine]] = {}
        for one, there in found:
            distinct.setdefault(there.code, (one, there))
        picked = list(distinct.values())[:top]
        conflict = len(picked) > 1
        return Suggestion(
            id=line.id,
            candidates=tuple(
                _candidate(
                    there,
                    confidence=0.6 if conflict else 0.97,
                    because=f"confirmed by {one.by} on {one.on} for the same goods",
                )
                for one, there in picked
            ),
            band="medium" if conflict else "high",
            source="product",
            confirmedBy=f"{picked[0][0].by} on {picked[0][0].on}",
            hintConflict="The same goods were confirmed under two codes before."
            if conflict
            else self._hint_conflict(line.hint, [picked[0][1]]),
        )

    def _from_words(self, lines: Sequence[LineQuery], top: int) -> list[Suggestion]:
        if not lines:
            return []
        texts = [_clean(line.description) for line in lines]
        with self._lock:
            dense = self._dense.scores(self._encoder.encode([text or "-" for text in texts]))
        found = []
        for line, text, similar in zip(lines, texts, dense, strict=True):
            words = tokens(text)
            if not words:
                found.append(_nothing(line, "What are the goods? The description is empty."))
                continue
            count = len(self._leaves)
            scores = rank.fused(
                similar[:count],
                similar[count:][self._group_of],
                self._words.scores(words),
                self._words.coverage(words),
            )
            scores = rank.with_limits(scores, self._limits, text)
            scores = rank.with_hint(scores, self._bare, line.hint)
            hinted = (codes.lenient(line.hint) or "")[:6]
            places = rank.best_of_groups(scores, self._bare, top=top, always=hinted or None)
            leaves = [self._leaves[place] for place in places]
            groups = [leaf.bare[:6] for leaf in leaves]
            sure = rank.confidences(
                [float(scores[place]) for place in places],
                [len(self.schedule.groups[group]) for group in groups],
                agreed=groups[:1] == [hinted],
            )
            found.append(
                Suggestion(
                    id=line.id,
                    candidates=tuple(
                        _candidate(leaf, confidence=one, because=self._because(leaf, words, hinted))
                        for leaf, one in zip(leaves, sure, strict=True)
                    ),
                    band=_band(sure[0]) if sure else "none",
                    missingFacts=tuple(self._missing(leaves[0], words)) if leaves else (),
                    source="suggested",
                    hintConflict=self._hint_conflict(line.hint, leaves),
                )
            )
        return found

    def _because(self, leaf: ScheduleLine, words: Sequence[str], hinted: str) -> str:
        there = set(tokens(leaf.words))
        shared = [word for word in dict.fromkeys(words) if word in there]
        said = f"shares “{' '.join(shared[:6])}”" if shared else "reads alike"
        if leaf.bare[:6] == hinted:
            said += f"; the shipper gives {codes.dotted(hinted)} too"
        siblings = [one for one in self.schedule.groups.get(leaf.bare[:6], ()) if one != leaf]
        if not siblings:
            return said
        others = "; ".join(f"{one.code} {one.description[:40]}" for one in siblings[:SIBLINGS_TOLD])
        return f"{said}; beside it {others}"[:400]

    def _missing(self, leaf: ScheduleLine, words: Sequence[str]) -> list[str]:
        """Questions that tell the leaf's siblings apart and that the description leaves open."""
        siblings = self.schedule.groups.get(leaf.bare[:6], [])
        if len(siblings) < 2:
            return []
        said = set(words)
        telling = [set(tokens(one.words)) for one in siblings]
        shared = set.intersection(*telling)
        differing = set.union(*telling) - shared
        return [question for question, facts in _DECIDES if facts & differing and not facts & said][
            :2
        ]

    def _hint_conflict(self, hint: str | None, leaves: Sequence[ScheduleLine]) -> str | None:
        plain = codes.lenient(hint)
        if plain is None or not leaves:
            return None
        there = self.schedule.find(plain) or self.schedule.find(plain[:6])
        if there is None and not self.schedule.under(plain[:6], 1):
            return f"The shipper's code {codes.dotted(plain)} is not in {self.edition}."
        if leaves[0].bare[:6] == plain[:6]:
            return None
        said = there.description if there else codes.dotted(plain[:6])
        return (
            f"The shipper's code {codes.dotted(plain)} ({said[:60]}) does not fit the description, "
            f"which reads like {leaves[0].code} ({leaves[0].description[:60]})."
        )


def _candidate(line: ScheduleLine, *, confidence: float, because: str) -> Candidate:
    digits: Literal[6, 8, 10] = 10 if line.digits == 10 else 8 if line.digits == 8 else 6
    described = line.path[-1] if len(line.path) < 3 else f"{line.path[-2]}: {line.path[-1]}"
    return Candidate(
        code=line.code,
        digits=digits,
        description=described[:300],
        confidence=confidence,
        because=because,
        units=line.units,
        generalRate=line.general,
        edition=line.edition,
    )


def _nothing(line: LineQuery, question: str) -> Suggestion:
    return Suggestion(
        id=line.id, candidates=(), band="none", missingFacts=(question,), source="suggested"
    )


def _band(sure: float) -> Literal["high", "medium", "low", "none"]:
    if sure >= _HIGH:
        return "high"
    return "medium" if sure >= _MEDIUM else "low"


def _clean(text: str) -> str:
    return " ".join(_TAGS.sub(" ", text[:LONGEST]).split())


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())


def _alike(one: str, other: str) -> bool:
    """The same article number for quite different words is not the same goods."""
    first, second = set(tokens(one)), set(tokens(other))
    return bool(first & second) and len(first & second) >= 0.5 * min(len(first), len(second))
