"""Rulings as labelled documents: which of them speak of the goods at hand, and how.

A ruling binds for its own goods and its own party (19 CFR 177.9); for others it is a reason, no
answer. Revoked ones are found too, and marked: whoever relies on one must know. Words alone are
compared, rare ones counting more, so that a near-identical subject is told from a similar one.
"""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Sequence
from datetime import date
from functools import cached_property

from knowledge.tariff import codes
from knowledge.tariff.texts import tokens
from storage.values import Value

NEAR = 0.75  # two subjects that say the same of the goods
SIMILAR = 0.45
_MOST = 60  # rulings whose words are compared in full
_LEAD = re.compile(
    r"^(?:re:\s*)?(?:request for .{0,60}?; )?(?:the )?(?:tariff )?classification"
    r"(?:,? (?:and|country of origin|marking|status|under the \w+)[\w ,]{0,60}?)? of ",
    re.IGNORECASE,
)
_FROM = re.compile(r"[,;]? (?:imported )?from (?:the )?[A-Z][\w .,&'-]{1,80}$")
_SPECIAL = ("98", "99")


class Precedent(Value):
    """One ruling: what it is about, what it says, and whether it still stands."""

    number: str
    on: date | None
    collection: str
    subject: str
    categories: str = ""
    tariffs: tuple[str, ...]  #: as the ruling gave them, with dots; some are dead by now
    url: str
    revoked_by: tuple[str, ...] = ()
    modified_by: tuple[str, ...] = ()
    revoked: bool = False

    @property
    def goods(self) -> str:
        """The subject without what stands in all of them."""
        plain = _FROM.sub("", _LEAD.sub("", self.subject.strip(" .")))
        return re.sub(r"^(?:an?|the|certain)\s+", "", plain, flags=re.IGNORECASE).strip()

    @property
    def named(self) -> str:
        """Its name, such as NY N302241 of 2019-02-14, with what became of it."""
        where = f"{self.collection} " if self.collection in {"HQ", "NY"} else ""
        said = f"{where}{self.number}" + (f" of {self.on}" if self.on else "")
        return said + (f" ({self.standing})" if self.standing else "")

    @property
    def standing(self) -> str | None:
        """What became of it, or None while no change is on record."""
        if self.revoked:
            by = f" by {', '.join(self.revoked_by)}" if self.revoked_by else ""
            return f"revoked{by}"
        return f"modified by {', '.join(self.modified_by)}" if self.modified_by else None

    @property
    def ordinary(self) -> tuple[str, ...]:
        """Its tariff numbers of chapters 1 to 97."""
        return tuple(one for one in self.tariffs if one[:2] not in _SPECIAL)


class Match(Value):
    """A ruling beside some goods, and how alike their words are."""

    ruling: Precedent
    alike: float


class Precedents:
    """The rulings on hand, to be asked about goods."""

    def __init__(self, rulings: Sequence[Precedent]) -> None:
        self._rulings = list(rulings)
        self._words = [frozenset(tokens(one.goods)) for one in self._rulings]
        self._places: dict[str, list[int]] = {}
        for place, words in enumerate(self._words):
            for word in words:
                self._places.setdefault(word, []).append(place)

    def __len__(self) -> int:
        return len(self._rulings)

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(one.number for one in self._rulings)

    def find(self, number: str) -> Precedent | None:
        """The ruling with this number, or None: what is not here is not cited."""
        return next((one for one in self._rulings if one.number == number.upper()), None)

    def like(self, description: str, *, least: float = SIMILAR, most: int = 5) -> list[Match]:
        """Rulings whose subject resembles the goods, most alike first, newest before older."""
        words = frozenset(tokens(description[:1000]))
        if not words or not self._rulings:
            return []
        weight = {word: self._rarity(word) for word in words}
        shared: dict[int, float] = {}
        for word in words:
            for place in self._places.get(word, ()):
                shared[place] = shared.get(place, 0.0) + weight[word]
        whole = sum(weight.values())
        found = []
        for place, common in heapq.nlargest(_MOST, shared.items(), key=lambda one: one[1]):
            theirs = sum(self._rarity(word) for word in self._words[place] - words)
            alike = common / (whole + theirs)
            if alike >= least:
                found.append(Match(ruling=self._rulings[place], alike=round(alike, 3)))
        found.sort(
            key=lambda one: (one.alike, one.ruling.on or date.min, one.ruling.number), reverse=True
        )
        return found[:most]

    def under(self, prefix: str) -> list[Precedent]:
        """The rulings that gave a code with these first digits."""
        bare = codes.lenient(prefix) or prefix
        return [
            one
            for one in self._rulings
            if any(code.replace(".", "").startswith(bare) for code in one.ordinary)
        ]

    def _rarity(self, word: str) -> float:
        count, there = len(self._rulings), len(self._places.get(word, ()))
        # A word that no ruling has says little against one: half of what the rarest says.
        return math.log1p(count) / 2 if not there else math.log1p(count / there)
