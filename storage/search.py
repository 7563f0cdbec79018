"""Full-text search over the files of shipments: FTS5 on SQLite, tsvector with GIN on PostgreSQL.

Words are taken apart here, not by the database, so that both find the same. A number is kept
whole and in its parts: "QZ7-0204518-1" is found by itself, by "0204518" and by "qz70204518".
Chinese, Japanese and Korean text has no blanks and is kept as pairs of characters. Every word
of a query must be there, as the beginning of an indexed word. Nothing here knows what a
shipment is: it keeps words under an id.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import sqlalchemy
from sqlmodel import Session

FIELDS = (
    "ref", "entry", "importer", "supplier", "party", "goods", "hts", "sku", "container", "bill",
    "invoice", "po", "vessel", "port", "file", "mail",
)  # fmt: skip
"""What can be said before a colon: `importer:acme hts:8504 lamp`."""

TABLE = "archive_fts"
table = sqlalchemy.table(
    TABLE, sqlalchemy.column("rowid", sqlalchemy.Integer), sqlalchemy.column("words")
)
_MOST_WORDS = 20_000  # of one id
_LONGEST_WORD = 40
_MOST_TERMS = 12
_CHUNK = re.compile(r"\S+")
_WORD = re.compile(r"[^\W_]+")
_RUNS = re.compile(r"[^\W\d_]+|\d+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
_TERM = re.compile(r'(?:(?P<field>[A-Za-z]+):)?(?:"(?P<quoted>[^"]*)"|(?P<plain>\S+))')


@dataclass(frozen=True)
class Query:
    """A question taken apart. `groups`: in each, one alternative must match wholly."""

    groups: tuple[tuple[tuple[str, ...], ...], ...]
    since: date | None = None
    until: date | None = None


def parse(question: str) -> Query:
    """What a person asks for; ValueError says what is wrong with it.

    Words, "quoted words", `field:word`, and `from:2026-01-31`, `to:2026-03`, `to:2026`.
    """
    groups: list[tuple[tuple[str, ...], ...]] = []
    since = until = None
    for found in _TERM.finditer(question[:500]):
        field, said = found["field"], found["quoted"] or found["plain"] or ""
        name = field.casefold() if field else None
        if name == "from":
            since = _day(said, last=False)
        elif name == "to":
            until = _day(said, last=True)
        elif name is None or name in FIELDS:
            mark = f"{name}_" if name else ""
            for chunk in _CHUNK.findall(fold(said)):
                ways = {
                    tuple(mark + word for word in way) for way in _ways(chunk) if all(way) and way
                }
                if ways:
                    groups.append(tuple(sorted(ways)))
        else:
            listed = ", ".join(FIELDS)
            raise ValueError(f"{field}: cannot be searched for; use from, to, {listed}.")
    return Query(groups=tuple(groups[:_MOST_TERMS]), since=since, until=until)


def put(session: Session, key: int, fields: Mapping[str, Iterable[str | None]]) -> None:
    """Keep these words under `key`, in place of what was kept. Fields are of `FIELDS`."""
    kept: dict[str, None] = {}
    for field, texts in fields.items():
        assert field in FIELDS, field
        for said in texts:
            for word in words(said or ""):
                kept[word] = kept[f"{field}_{word}"] = None
                if len(kept) > _MOST_WORDS:
                    break
    remove(session, key)
    postgres = session.get_bind().dialect.name == "postgresql"
    stored = sqlalchemy.func.array_to_tsvector(list(kept)) if postgres else " ".join(kept)
    session.execute(sqlalchemy.insert(table).values(rowid=key, words=stored))


def remove(session: Session, key: int) -> None:
    session.execute(sqlalchemy.delete(table).where(table.c.rowid == key))


def matching(session: Session, query: Query) -> tuple[str, dict[str, str]]:
    """A condition on `rowid` of the table, with its parameters; of no word at all, always true."""
    if not query.groups:
        return "1 = 1", {}
    if session.get_bind().dialect.name == "postgresql":
        said = " & ".join(
            "(" + " | ".join("(" + " & ".join(f"'{w}':*" for w in way) + ")" for way in group) + ")"
            for group in query.groups
        )
        return "words @@ CAST(:words AS tsquery)", {"words": said}
    said = " AND ".join(
        "(" + " OR ".join("(" + " AND ".join(f'"{w}"*' for w in way) + ")" for way in group) + ")"
        for group in query.groups
    )
    return f"{TABLE} MATCH :words", {"words": said}


def words(said: str) -> Iterator[str]:
    """Every word under which a text is found, folded."""
    for chunk in _CHUNK.findall(fold(said)):
        for way in _ways(chunk):
            yield from way


def fold(said: str) -> str:
    """Text for comparison: no case, no accents, single blanks."""
    plain = unicodedata.normalize("NFKD", said)
    bare = "".join(one for one in plain if not unicodedata.combining(one))
    return " ".join(unicodedata.normalize("NFC", bare).casefold().split())


def _ways(chunk: str) -> list[tuple[str, ...]]:
    """The ways to match what stood between two blanks: as a whole, and in its parts."""
    parts = [part for found in _WORD.findall(chunk) for part in _pairs(found)]
    ways = [tuple(part[:_LONGEST_WORD] for part in parts)]
    whole = "".join(_WORD.findall(chunk))
    if len(parts) > 1 and not _WIDE.search(whole) and any(one.isdigit() for one in whole):
        ways.append((whole[:_LONGEST_WORD],))
    runs = _RUNS.findall(whole)
    if len(runs) > 1 and len(whole) <= _LONGEST_WORD and not _WIDE.search(whole):
        ways.append(tuple(runs))
    return [way for way in ways if way]


def _pairs(word: str) -> list[str]:
    """A word of our scripts as it is; a run of wide characters as its pairs."""
    if not _WIDE.search(word):
        return [word]
    made: list[str] = []
    at = 0
    for run in _WIDE.finditer(word):
        if word[at : run.start()]:
            made.append(word[at : run.start()])
        wide = run[0]
        made += [wide] if len(wide) == 1 else [a + b for a, b in pairwise(wide)]
        at = run.end()
    if word[at:]:
        made.append(word[at:])
    return made


def _day(said: str, *, last: bool) -> date:
    """A day, a month or a year; of the longer ones the first or the last day."""
    try:
        numbers = [int(part) for part in said.split("-")]
        year = numbers[0]
        if len(numbers) == 3:
            return date(year, numbers[1], numbers[2])
        month = numbers[1] if len(numbers) == 2 else (12 if last else 1)
        first = date(year, month, 1)
        if not last:
            return first
        following = date(year + month // 12, month % 12 + 1, 1)
        return date.fromordinal(following.toordinal() - 1)
    except (ValueError, IndexError, OverflowError):
        raise ValueError(f"{said} is no date: write 2026-05-04, 2026-05 or 2026.") from None
