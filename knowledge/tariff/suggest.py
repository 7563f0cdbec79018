"""Candidates for goods: the importer's confirmed products first, then what the words resemble.

Candidates, never answers: a broker confirms. Every candidate carries its reason and the edition
that it comes from. The shipper's own code narrows, and a disagreement is said out loud.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Literal

import numpy as np

from knowledge.tariff import codes, query, reasons
from knowledge.tariff.corpus import Indexed
from knowledge.tariff.encoder import DIMENSIONS, Encoder
from knowledge.tariff.features import STRETCH, Seen, look
from knowledge.tariff.index import Memory
from knowledge.tariff.lexical import LexicalIndex
from knowledge.tariff.model import Model, Ranked
from knowledge.tariff.query import LONGEST
from knowledge.tariff.schedule import Schedule, ScheduleLine
from knowledge.tariff.texts import tokens
from storage.values import Candidate, Suggestion, Value

_HIGH, _MEDIUM = 0.7, 0.3
MOST = 0.84
"""A cold suggestion is never sure: above 0.85 stands only what the importer's history says."""
ALIKE = 0.92
"""The cosine from which other words are taken for the same goods."""
AGREED = 0.8
"""Where the description leads to the shipper's own six digits, the group is right this often."""


LED = 0.5
"""Where the shipper's code leads to one group and the words to another, it is never surer."""


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

    @cached_property
    def _words(self) -> LexicalIndex:
        """Counted at the first search: most processes never search."""
        return LexicalIndex([line.words for line in self._leaves])

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

    def __init__(self, index: Indexed, *, encoder: Encoder, model: Model) -> None:
        super().__init__(index.corpus.schedule)
        self.digits = self.schedule.digits
        self._encoder, self._index, self._model = encoder, index, model
        self._memory = Memory(encoder)

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
            made[line.id] = self._alike(line, known.get(line.importer or "", ()), suggestion)
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
                candidate(
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
            else reasons.hint_conflict(self.schedule, line.hint, picked[0][1]),
        )

    def _from_words(self, lines: Sequence[LineQuery], top: int) -> list[Suggestion]:
        asked = [query.read(line.description) for line in lines]
        refused = [self._unanswerable(line, one) for line, one in zip(lines, asked, strict=True)]
        plain = [one for one, no in zip(asked, refused, strict=True) if no is None]
        seen = self._look(plain)
        return [
            no or self._answer(line, next(seen), top)
            for line, no in zip(lines, refused, strict=True)
        ]

    def _alike(self, line: LineQuery, history: Sequence[Confirmed], cold: Suggestion) -> Suggestion:
        """A cold answer with the importer's nearest confirmed goods put first."""
        alive = [(one, self.find(one.code)) for one in history if one.description.strip()]
        usable = [(one, there) for one, there in alive if there is not None]
        text = query.read(line.description).text
        if not usable or not cold.candidates:
            return cold
        vector = self._encoder.encode([text])[0]
        found = self._memory.nearest(
            vector, [query.read(one.description).text for one, _ in usable]
        )
        if found is None or found[1] < ALIKE:
            return cold
        one, there = usable[found[0]]
        first = candidate(
            there,
            confidence=MOST,
            because=(
                f"reads nearly like “{one.description[:80]}”, which {one.by} confirmed on {one.on}"
            ),
        )
        rest = [other for other in cold.candidates if other.code[:7] != there.code[:7]]
        return cold.model_copy(
            update={
                "candidates": (first, *rest[: max(0, len(cold.candidates) - 1)]),
                "band": _band(MOST),
                "source": "product",
                "confirmedBy": f"{one.by} on {one.on}",
                "hintConflict": reasons.hint_conflict(self.schedule, line.hint, there),
            }
        )

    def _unanswerable(self, line: LineQuery, asked: query.Asked) -> Suggestion | None:
        if meant := self._as_code(line.description):
            return _nothing(
                line,
                f"The description is a tariff code ({meant}), not goods: what are the goods?",
            )
        if not tokens(asked.text):
            return _nothing(line, "What are the goods? The description is empty.")
        return None

    def _answer(self, line: LineQuery, seen: Seen, top: int) -> Suggestion:
        hint = codes.lenient(line.hint)
        shown = self._shown(self._model.rank(seen, hint=hint), hint, top)
        picked = [self._model.leaf(seen, one.group) for one in shown]
        leaves = [self._leaves[place] for place, _ in picked]
        led = bool(hint) and leaves[0].bare[:6] == (hint or "")[:6]
        read = self._alone(seen) if led else leaves[0]
        agreed = led and read.bare[:6] == leaves[0].bare[:6]
        chances = [one.chance * within for one, (_, within) in zip(shown, picked, strict=True)]
        sure = self._sure(
            chances,
            least=AGREED * picked[0][1] if agreed else 0.0,
            most=LED if led and not agreed else MOST,
        )
        return Suggestion(
            id=line.id,
            candidates=tuple(
                candidate(
                    leaf,
                    confidence=likely,
                    because=reasons.because(self._index, seen, leaf, hint=hint or ""),
                )
                for leaf, likely in zip(leaves, sure, strict=True)
            ),
            band=_band(sure[0]),
            missingFacts=tuple(reasons.questions(self.schedule, seen, leaves[0])),
            source="suggested",
            # A shipper's code that comes first only because it was given is a disagreement too.
            hintConflict=reasons.hint_conflict(self.schedule, line.hint, read),
        )

    def _alone(self, seen: Seen) -> ScheduleLine:
        """Where the description leads when no code is given."""
        first = self._model.rank(seen, hint=None)[0]
        return self._leaves[self._model.leaf(seen, first.group)[0]]

    def _look(self, asked: Sequence[query.Asked]) -> Iterator[Seen]:
        parts = [asked[at : at + STRETCH] for at in range(0, len(asked), STRETCH)]
        texts = [[text for one in part for text in (one.text, one.goods)] for part in parts]
        for part, vectors in zip(parts, self._encoder.stream(texts), strict=True):
            both = vectors.reshape(len(part), 2, DIMENSIONS)
            yield from look(self._index, part, both, self._model.adapter)

    def _shown(self, ranked: Sequence[Ranked], hint: str | None, top: int) -> list[Ranked]:
        """The likeliest groups; the shipper's own takes the last place when it is not there."""
        shown = list(ranked[:top])
        at = self._index.corpus.place_of_group.get((hint or "")[:6], -1)
        if at < 0 or any(one.group == at for one in shown):
            return shown
        own = next((one for one in ranked if one.group == at), None)
        return [*shown[:-1], own] if own is not None else shown

    def _sure(self, chances: Sequence[float], *, least: float, most: float) -> list[float]:
        """How likely each shown code is right to its last digit; none is surer than the first."""
        found = [min(MOST, self._model.confidence(one)) for one in chances]
        found[0] = min(most, max(found[0], least))
        return [round(min(one, found[0]), 2) for one in found]

    def _as_code(self, text: str) -> str | None:
        """The dotted code when the whole description is one."""
        plain = text.strip()
        if not plain or not any(c.isdigit() for c in plain):
            return None
        found = codes.lenient(plain)
        return codes.dotted(found) if found else None


def candidate(line: ScheduleLine, *, confidence: float, because: str) -> Candidate:
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


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())


def _alike(one: str, other: str) -> bool:
    """The same article number for quite different words is not the same goods."""
    first, second = set(tokens(one)), set(tokens(other))
    return bool(first & second) and len(first & second) >= 0.5 * min(len(first), len(second))
