"""Reads the US Consolidated Screening List: the CSV and the JSON that data.trade.gov publishes.

Columns and fields as published by the International Trade Administration
(https://developer.trade.gov/api-details#api=consolidated-screening-list): `source`,
`entity_number`, `type`, `programs`, `name`, `addresses`, `alt_names`, `ids` and others. CSV joins
many values with "; ", JSON has lists. A file that is missing columns, is cut off, or has a record
without a name is an error and never a shorter list: nobody is clean because nobody looked.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import itertools
import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pycountry

from knowledge.parties.entries import Entry, Kind, ListedName, code_of, imo_of

MAX_BYTES = 250_000_000
MAX_ROWS = 500_000
NEEDED = ("name",)
OFFICIAL = ("source", "entity_number", "type", "programs", "name", "addresses", "alt_names", "ids")
"""Columns that the official file must have; a list of your own needs only names."""

_LONGEST = 400
_MOST_NAMES = 500
_KINDS: dict[str, Kind] = {
    "individual": "individual",
    "entity": "entity",
    "vessel": "vessel",
    "aircraft": "aircraft",
}
_QUOTED = re.compile(r'^["\u201c\u2018\'](.+)["\u201d\u2019\']$')
_CODES = frozenset(one.alpha_2 for one in pycountry.countries)
_TERMS = (
    *("title", "start_date", "end_date", "standard_order", "license_requirement"),
    *("license_policy", "call_sign", "vessel_type", "vessel_flag", "vessel_owner", "remarks"),
    *("gross_tonnage", "gross_registered_tonnage", "places_of_birth", "citizenships"),
)


class BadList(Exception):
    """The list cannot be used; the message says why and what to do."""


def read(name: str, raw: bytes, *, official: bool = False) -> list[Entry]:
    """The entries of a file, CSV or JSON, packed or not; raises `BadList` and nothing else."""
    if len(raw) > MAX_BYTES:
        raise BadList(f"{name} is too large to be a denied-party list.")
    data = unpacked(name, raw)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise BadList(f"{name} is no CSV in UTF-8: fetch the list again.") from exc
    if text.lstrip()[:1] in ("{", "["):
        rows = _json_rows(name, text)
        columns: Sequence[str] = tuple(rows[0]) if rows else ()
    else:
        rows, columns = _csv_rows(name, text)
    for wanted in OFFICIAL if official else NEEDED:
        if wanted not in columns:
            raise BadList(f"{name} has no column “{wanted}”: it is not a denied-party list.")
    return entries(name, rows, whole=official)


def entries(name: str, rows: Iterable[Mapping[str, Any]], *, whole: bool = False) -> list[Entry]:
    """Entries of records; with `whole` a record without a name is an error."""
    made: list[Entry] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        entry = _entry(row)
        if entry is None:
            if whole:
                raise BadList(f"{name}: record {number} has no name. Fetch the list again.")
            continue
        # Two records of one number (a list without numbers names a person twice) stay apart.
        again = seen.setdefault(entry.entry_id, 0)
        seen[entry.entry_id] += 1
        made.append(
            entry.model_copy(update={"entry_id": f"{entry.entry_id}/{entry.mark[:8]}"})
            if again
            else entry
        )
    if not made:
        raise BadList(f"{name} has no names: it is not a denied-party list.")
    return made


def unpacked(name: str, raw: bytes) -> bytes:
    """The bytes of a list, of a packed one too; raises `BadList`."""
    if raw[:2] != b"\x1f\x8b":
        return raw
    try:
        with gzip.open(io.BytesIO(raw)) as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as exc:
        raise BadList(f"{name} is cut off or damaged: fetch the list again.") from exc
    if len(data) > MAX_BYTES:
        raise BadList(f"{name} is too large to be a denied-party list.")
    return data


def _csv_rows(name: str, text: str) -> tuple[list[Mapping[str, Any]], Sequence[str]]:
    table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        rows: list[Mapping[str, Any]] = list(itertools.islice(table, MAX_ROWS + 1))
    except csv.Error as exc:
        raise BadList(f"{name} is no CSV in UTF-8: fetch the list again.") from exc
    if len(rows) > MAX_ROWS:
        raise BadList(f"{name} has more than {MAX_ROWS} rows: fetch the list again.")
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise BadList(f"{name}: row {number} has not as many cells as the head of the table.")
    return rows, tuple(table.fieldnames or ())


def _json_rows(name: str, text: str) -> list[Mapping[str, Any]]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise BadList(f"{name} is no whole JSON: fetch the list again.") from exc
    rows = whole.get("results") if isinstance(whole, dict) else whole
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        raise BadList(f"{name} has no list of “results”: it is not a denied-party list.")
    if len(rows) > MAX_ROWS:
        raise BadList(f"{name} has more than {MAX_ROWS} records: fetch the list again.")
    total = whole.get("total") if isinstance(whole, dict) else None
    if isinstance(total, int) and total > len(rows):
        raise BadList(f"{name} has {len(rows)} of {total} records: fetch the whole list.")
    return rows


def _entry(row: Mapping[str, Any]) -> Entry | None:
    name = _one(row.get("name"))
    if not name:
        return None
    source = _one(row.get("source")) or "unnamed list"
    places, lands = _addresses(row.get("addresses"))
    lands |= {one for one in _many(row.get("nationalities")) if one in _CODES}
    lands |= {one for one in _many(row.get("citizenships")) if one in _CODES}
    lands |= {one for one in _many(row.get("country")) if one in _CODES}
    ids = _ids(row.get("ids"))
    remarks = _one(row.get("remarks"))
    kind = _KINDS.get(_one(row.get("type")).casefold(), "unknown")
    return Entry(
        entry_id=_identity(row, source, name, places),
        source=source[:160],
        kind=kind,
        programs=", ".join(_many(row.get("programs")))[:200],
        names=_names(name, row.get("alt_names")),
        addresses=places,
        countries=tuple(sorted(lands)),
        born=_many(row.get("dates_of_birth"))[:20],
        ids=ids,
        imo=next(filter(None, (imo_of(one) for one in (*ids, remarks))), None)
        if kind == "vessel"
        else None,
        notice=_one(row.get("federal_register_notice"))[:300],
        terms=" · ".join(filter(None, (", ".join(_many(row.get(one))) for one in _TERMS)))[:2000],
        url=(_one(row.get("source_list_url")) or _one(row.get("source_information_url")))[:400],
    )


def _identity(row: Mapping[str, Any], source: str, name: str, places: Sequence[str]) -> str:
    code = code_of(source)
    number = _one(row.get("entity_number")).removesuffix(".0")
    if number:
        return (f"{code}-{number}" if code else number)[:80]
    if code:
        # Lists without numbers (Denied Persons, Entity List): by the name and the first place.
        said = f"{name}|{places[0] if places else ''}".casefold()
        return f"{code}-{hashlib.sha256(said.encode()).hexdigest()[:12]}"
    return (_one(row.get("_id")) or _one(row.get("id")) or name)[:80]


def _names(name: str, aliases: object) -> tuple[ListedName, ...]:
    made = {name.casefold(): ListedName(text=name[:_LONGEST])}
    for alias in _many(aliases):
        quoted = _QUOTED.match(alias)
        text = (quoted[1] if quoted else alias).strip()[:_LONGEST]
        if text:
            weak = quoted is not None or "(weak)" in text.casefold()
            made.setdefault(
                text.casefold(), ListedName(text=text, kind="weak alias" if weak else "alias")
            )
    return tuple(itertools.islice(made.values(), _MOST_NAMES))


def _addresses(value: object) -> tuple[tuple[str, ...], set[str]]:
    """Addresses as lines, and their countries. CSV: "street, city, postcode, CC; …"."""
    lines: list[str] = []
    lands: set[str] = set()
    for one in _list(value):
        if isinstance(one, dict):
            parts = [
                _one(one.get(key)) for key in ("address", "city", "state", "postal_code", "country")
            ]
        else:
            parts = str(one).split(",")
        kept = [part.strip() for part in parts if part and part.strip()]
        if not kept:
            continue
        if kept[-1].upper() in _CODES:
            lands.add(kept[-1].upper())
        lines.append(", ".join(kept)[:_LONGEST])
    return tuple(lines[:100]), lands


def _ids(value: object) -> tuple[str, ...]:
    made = []
    for one in _list(value):
        if isinstance(one, dict):
            said = " ".join(_one(one.get(key)) for key in ("type", "number", "country"))
        else:
            said = str(one).strip()
        if said.strip():
            made.append(" ".join(said.split())[:160])
    return tuple(made[:60])


def _list(value: object) -> list[object]:
    if value is None:
        return []
    if isinstance(value, list):
        return list(value)
    return [*str(value).split(";")]


def _many(value: object) -> tuple[str, ...]:
    return tuple(text for one in _list(value) if (text := _one(one)))


def _one(value: object) -> str:
    if value is None or isinstance(value, (dict, list)):
        return ""
    return " ".join(str(value).split())
