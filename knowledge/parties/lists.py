"""A denied-party list in force: loaded, dated, and asked. It fails closed.

Read are CSV files in the columns of the US Consolidated Screening List (`name`, `alt_names`,
`source`, `entity_number` or `_id`, `programs`). A list that is missing, empty or damaged is an
error, never an empty list: nobody is clean because nobody looked.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rapidfuzz import fuzz, process

from knowledge.parties.names import fold
from storage.values import ScreeningHit, Value

DEMO_LIST = Path(__file__).parent.parent / "data" / "demo_denied_parties.csv"
ALIKE = 88.0
_MOST_BYTES = 200_000_000
_MOST_HITS = 5
_MOST_ROWS = 500_000
_TELLING = 2  # words that must stand in both names before extra words are forgiven
_FORGIVEN = 0.95


class BadList(Exception):
    """The list cannot be used; the message says why and what to do."""


class Listed(Value):
    """One name on the list; an alias is a row of its own."""

    name: str
    folded: str
    entry_id: str
    source: str


class DeniedParties(Value):
    """One edition of the list."""

    edition: str
    entries: tuple[Listed, ...]


def load(path: Path) -> DeniedParties:
    """Read an edition; its name is the file's date and digest."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadList(f"{path.name} is too large to be a denied-party list.")
        raw = path.read_bytes()
        table = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
        rows = list(itertools.islice(table, _MOST_ROWS + 1))
    except FileNotFoundError:
        raise BadList(f"There is no denied-party list at {path}: nothing can be filed.") from None
    except (UnicodeDecodeError, csv.Error) as exc:
        raise BadList(f"{path.name} is no CSV in UTF-8: fetch the list again.") from exc
    except OSError as exc:
        raise BadList(
            f"{path.name} cannot be read ({exc.strerror}): nothing can be filed."
        ) from exc
    if "name" not in (table.fieldnames or ()):
        raise BadList(f"{path.name} has no column “name”: it is not a denied-party list.")
    if len(rows) > _MOST_ROWS:
        raise BadList(f"{path.name} has more than {_MOST_ROWS} rows: fetch the list again.")
    entries = []
    for row in rows:
        name = (row.get("name") or "").strip()
        if not name:
            continue
        names = [name, *(alias.strip() for alias in (row.get("alt_names") or "").split(";"))]
        entries += [
            Listed(
                name=one[:300],
                folded=fold(one)[:300],
                entry_id=(row.get("entity_number") or row.get("_id") or name)[:80],
                source=(row.get("source") or "unnamed list")[:120],
            )
            for one in names
            if one and fold(one)
        ]
    if not entries:
        raise BadList(f"{path.name} has no names: it is not a denied-party list.")
    digest = hashlib.sha256(raw).hexdigest()[:12]
    taken = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    label = "demonstration list" if path == DEMO_LIST else f"{path.name} of {taken:%Y-%m-%d}"
    return DeniedParties(edition=f"{label} ({digest})", entries=tuple(entries))


class ListScreener:
    """Asks one edition."""

    def __init__(self, listed: DeniedParties, *, official: bool) -> None:
        self._listed = listed
        self._folded = [entry.folded for entry in listed.entries]
        self.edition = listed.edition
        self.official = official

    def hits(self, name: str, country: str | None) -> Sequence[ScreeningHit]:
        """Entries that resemble the name, the most alike first. The country only explains."""
        wanted = fold(name)
        if not wanted:
            # A name that cannot be compared has not been screened: a person must look.
            return [
                ScreeningHit(
                    party=name,
                    listed="(not comparable)",
                    list_name=self.edition,
                    entry_id="not-comparable",
                    score=0.0,
                    because="This name has no letters to compare; a person must look.",
                )
            ]
        found = process.extract(
            wanted, self._folded, scorer=likeness, score_cutoff=ALIKE, limit=_MOST_HITS * 4
        )
        hits: dict[str, ScreeningHit] = {}
        for folded, score, place in found:
            entry = self._listed.entries[place]
            # An entry is told once, by the name or alias that is most alike.
            hits.setdefault(
                entry.entry_id,
                ScreeningHit(
                    party=name,
                    listed=entry.name,
                    list_name=entry.source,
                    entry_id=entry.entry_id,
                    score=round(score / 100, 3),
                    because=f"“{wanted}” and “{folded}” agree to {score:.0f}%"
                    + (f"; the party is in {country}" if country else ""),
                ),
            )
        return list(hits.values())[:_MOST_HITS]


def likeness(one: str, other: str, *, score_cutoff: float | None = None) -> float:
    """How alike two folded names are, 0 to 100: order of words forgiven, extra words nearly."""
    alike = fuzz.token_sort_ratio(one, other, score_cutoff=score_cutoff)
    if len(set(one.split()) & set(other.split())) >= _TELLING:
        alike = max(alike, _FORGIVEN * fuzz.token_set_ratio(one, other))
    return alike if score_cutoff is None or alike >= score_cutoff else 0.0
