"""A denied-party list in force: asked for names, answering with an explained score.

What the parts of a score are and why the threshold stands where it stands: docs/screening.md. The
threshold is a constant on purpose: a setting could switch screening off. Evidence beside the name
(country, address, kind) explains and moves a score by a little; a country that differs lowers a
strong match and never removes it. Who owns a party is not on any list and is not guessed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

from rapidfuzz import fuzz

from knowledge.parties import csl, names
from knowledge.parties.csl import BadList
from knowledge.parties.entries import LISTS, Entry, ListedName, code_of, imo_of
from knowledge.parties.index import Index
from knowledge.parties.likeness import ALGORITHM, Likeness, Name, compare, taken_apart
from storage.values import ScreeningHit, Value

DEMO_LIST = Path(__file__).parent.parent / "data" / "demo_denied_parties.csv"
THRESHOLD = 0.86
STRONG = 0.92  #: a name as alike as this stays a hit whatever the country is
_MOST_HITS = 10
_COUNTRY = 0.02
_OTHER_COUNTRY = -0.03
_ADDRESS = 0.04
_WEAK = -0.03
_KIND = -0.02
_FLOOR = THRESHOLD - _ADDRESS - _COUNTRY  #: below this no evidence makes a hit
_SHIP = 0.92  #: ships of different owners have names like each other

Asked = Literal["party", "vessel"]


class DeniedParties(Value):
    """One edition of the list."""

    edition: str
    entries: tuple[Entry, ...]


def load(path: Path) -> DeniedParties:
    """Read an edition from a file of its own; its name is the file's date and digest."""
    try:
        if path.stat().st_size > csl.MAX_BYTES:
            raise BadList(f"{path.name} is too large to be a denied-party list.")
        raw = path.read_bytes()
        taken = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        raise BadList(f"There is no denied-party list at {path}: nothing can be filed.") from None
    except OSError as exc:
        raise BadList(
            f"{path.name} cannot be read ({exc.strerror}): nothing can be filed."
        ) from exc
    entries = csl.read(path.name, raw)
    digest = hashlib.sha256(raw).hexdigest()[:12]
    label = "demonstration list" if path == DEMO_LIST else f"{path.name} of {taken:%Y-%m-%d}"
    return DeniedParties(edition=f"{label} ({digest})", entries=tuple(entries))


class ListScreener:
    """Asks one edition."""

    algorithm = ALGORITHM
    threshold = THRESHOLD
    problem: str | None = None

    def __init__(self, listed: DeniedParties, *, official: bool) -> None:
        self._listed = listed
        self.edition = listed.edition
        self.official = official
        self._places = [
            (entry, name) for entry in listed.entries for name in entry.names if name.text.strip()
        ]

    def frozen(self) -> ListScreener:
        """This very edition, whatever comes into force meanwhile."""
        return self

    def prepare(self) -> None:
        """Make the index now, and not at the first question."""
        _ = self._index

    def warm(self) -> None:
        """Nothing to fetch: it is here."""

    @cached_property
    def _index(self) -> Index:
        return Index([name.text for _, name in self._places])

    def hits(
        self,
        name: str,
        country: str | None,
        *,
        address: str | None = None,
        kind: Asked = "party",
    ) -> Sequence[ScreeningHit]:
        """Entries that resemble the name, the most alike first, each told once."""
        if kind == "vessel":
            return self._ships(name)
        wanted = taken_apart(name, self._index.weigh)
        if not wanted.words:
            return [self._not_comparable(name)]
        consonants = names.without_vowels(name)
        best: dict[str, ScreeningHit] = {}
        for place in self._index.near(wanted):
            entry, listed = self._places[place]
            if entry.kind in ("vessel", "aircraft"):
                continue
            alike = compare(
                wanted,
                self._index.names[place],
                consonants=consonants or names.without_vowels(listed.text),
            )
            if alike.score < _FLOOR:
                continue
            hit = self._scored(name, country, address, entry, listed, alike)
            if hit is not None and hit.score > getattr(best.get(entry.entry_id), "score", 0):
                best[entry.entry_id] = hit
        return sorted(best.values(), key=lambda hit: -hit.score)[:_MOST_HITS]

    def _scored(
        self,
        name: str,
        country: str | None,
        address: str | None,
        entry: Entry,
        listed: ListedName,
        alike: Likeness,
    ) -> ScreeningHit | None:
        parts = {"name": round(alike.score, 3)}
        told = [f"{alike.by}: " + ", ".join(_pair(one) for one in alike.pairs[:6])]
        if country and entry.countries:
            same = country in entry.countries
            parts["country"] = _COUNTRY if same else _OTHER_COUNTRY
            lands = ", ".join(entry.countries[:4])
            told.append(f"{'both in' if same else f'party in {country}, listed in'} {lands}")
        elif country:
            told.append(f"the party is in {country}, the entry names no country")
        if address and (near := _same_place(address, entry.addresses)):
            parts["address"] = _ADDRESS
            told.append(f"address like “{near}”")
        if listed.kind == "weak alias":
            parts["weak alias"] = _WEAK
            told.append("a weak alias by the list's own mark")
        if entry.kind == "individual" and names.is_firm(name):
            parts["kind"] = _KIND
            told.append("the party looks like a firm, the entry is a person")
        score = min(1.0, max(0.0, sum(parts.values())))
        if alike.score >= STRONG and listed.kind != "weak alias":
            score = max(score, THRESHOLD)
        if score < THRESHOLD:
            return None
        return self._hit(name, entry, listed, score, parts, "; ".join(told))

    def _ships(self, name: str) -> list[ScreeningHit]:
        """Vessels: by IMO number where one is named, else by a name that is nearly the same."""
        number = imo_of(name)
        wanted = taken_apart(names.ship(name), self._index.weigh)
        found: dict[str, ScreeningHit] = {}
        for entry, listed in self._places:
            if entry.kind == "vessel" and number and entry.imo == number:
                said = f"the IMO number {number} is the same"
                found.setdefault(
                    entry.entry_id, self._hit(name, entry, listed, 1.0, {"imo": 1.0}, said)
                )
        for place in self._index.near(wanted) if wanted.words else ():
            entry, listed = self._places[place]
            if entry.kind not in ("vessel", "unknown") or entry.entry_id in found:
                continue
            score = compare(wanted, self._index.names[place]).score
            if score >= _SHIP:
                said = "the vessel's name is the same or nearly"
                if number and entry.imo:
                    said += f"; the IMO numbers differ ({number}, listed {entry.imo})"
                    score += _OTHER_COUNTRY
                found[entry.entry_id] = self._hit(
                    name, entry, listed, score, {"name": round(score, 3)}, said
                )
        return sorted(found.values(), key=lambda hit: -hit.score)[:_MOST_HITS]

    def _hit(
        self,
        name: str,
        entry: Entry,
        listed: ListedName,
        score: float,
        parts: dict[str, float],
        because: str,
    ) -> ScreeningHit:
        code = code_of(entry.source)
        return ScreeningHit(
            party=name,
            listed=entry.name,
            matched=listed.text,
            alias=listed.kind,
            list_name=LISTS.get(code or "", entry.source),
            programs=entry.programs,
            entry_id=entry.entry_id,
            entry_mark=entry.mark,
            kind=entry.kind,
            score=round(score, 3),
            parts=parts,
            threshold=THRESHOLD,
            algorithm=ALGORITHM,
            edition=self.edition,
            because=f"“{name[:120]}” and “{listed.text[:120]}” ({listed.kind}): {because}",
            addresses=entry.addresses[:3],
            countries=entry.countries[:8],
            born=entry.born[:3],
            ids=entry.ids[:5],
            notice=entry.notice[:200],
            url=entry.url,
        )

    def _not_comparable(self, name: str) -> ScreeningHit:
        # A name that cannot be compared has not been screened: a person must look.
        return ScreeningHit(
            party=name,
            listed="(not comparable)",
            list_name=self.edition,
            entry_id="not-comparable",
            entry_mark="not-comparable",
            score=0.0,
            because="This name has no letters to compare; a person must look.",
            algorithm=ALGORITHM,
            threshold=THRESHOLD,
            edition=self.edition,
        )


def likeness(one: str, other: str) -> float:
    """How alike two names are without a list, 0 to 1."""
    mine: Name = taken_apart(one)
    return compare(mine, taken_apart(other)).score


def _pair(pair: tuple[str, str, float]) -> str:
    mine, theirs, alike = pair
    return f"“{mine}”" if alike == 1 else f"“{mine}” ~ “{theirs}” {alike:.2f}"


def _same_place(address: str, listed: Sequence[str]) -> str | None:
    mine = names.fold(address)
    for one in listed:
        theirs = names.fold(one)
        if len(theirs.split()) >= 3 and fuzz.token_set_ratio(mine, theirs) >= 85:
            return one
    return None
