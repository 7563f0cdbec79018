"""Reads the schedule as the USITC exports it: JSON rows whose indents make the hierarchy.

The file may come from anywhere, so it is bounded, checked row by row and refused with a
sentence that names the row: cut off, doubled, out of place. Nothing here guesses a missing
parent or repairs a file.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from pathlib import Path
from typing import IO, Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from knowledge.tariff.schedule import Schedule, ScheduleLine

MAX_BYTES = 96 * 1024 * 1024  # the whole schedule is 14 MB
MAX_ROWS = 150_000
MAX_DEPTH = 16
_LONGEST_STEP = 2  # the official files skip one level in eleven places, never more
_WHOLE_CHAPTERS = 95
_SPECIAL = {"98", "99"}
_TAGS = re.compile(r"<[^>]{0,40}>")
_HTSNO = re.compile(r"^\d{4}(\.\d{2}){0,3}$")
_PLAIN = Annotated[str, Field(max_length=6000)]


class BadExport(ValueError):
    """The file is not a usable export. The message says where and what to do."""


class _Note(BaseModel):
    model_config = ConfigDict(extra="ignore")
    columns: list[str] = Field(default=[], max_length=20)
    value: _PLAIN | None = None


class _Row(BaseModel):
    """One row as exported. Other keys (quota, additional duties) are not read here."""

    model_config = ConfigDict(extra="ignore")
    htsno: str = Field(max_length=16)
    indent: str | int
    description: _PLAIN
    superior: str | None = None
    units: list[str] | None = Field(default=None, max_length=12)
    general: _PLAIN | None = None
    special: _PLAIN | None = None
    other: _PLAIN | None = None
    footnotes: list[_Note] | None = Field(default=None, max_length=60)


_ROWS = TypeAdapter(list[_Row])


def load(path: Path, *, edition: str | None = None, whole: bool = False) -> Schedule:
    """The schedule in the file `path`; `whole` also refuses what covers only some chapters."""
    try:
        raw = _read(path)
    except FileNotFoundError:
        raise BadExport(f"{path.name}: there is no such file.") from None
    return parse(raw, name=path.name, edition=edition or edition_of(path), whole=whole)


def parse(raw: bytes, *, name: str, edition: str, whole: bool = False) -> Schedule:
    """The schedule in these bytes of JSON."""
    rows = _rows(raw, name)
    lines = _lines(rows, name, edition)
    if not lines:
        raise BadExport(f"{name}: it has no tariff lines.")
    if whole:
        chapters = {line.code[:2] for line in lines}
        if len(chapters) < _WHOLE_CHAPTERS:
            last = max(chapters)
            raise BadExport(
                f"{name}: it covers {len(chapters)} chapters and ends in chapter {last}; "
                "the export looks cut off. Download it again."
            )
    return Schedule(edition, lines)


def edition_of(path: Path) -> str:
    """The edition that the file's name tells: "hts_2026_rev_10.json.gz" is revision 10 of 2026."""
    stem = path.name.split(".")[0].lower()
    if "demo" in stem:
        return "demonstration extract of the HTSUS 2026"
    year = re.search(r"(20\d\d)", stem)
    if year is None:
        return f"HTSUS, edition not named ({path.name[:60]})"
    if fetched := re.search(r"(20\d\d)_fetched_(\d{4})_(\d\d)_(\d\d)$", stem):  # as sync names it
        return f"HTSUS {fetched[1]} fetched {'-'.join(fetched.groups()[1:])}"
    if revision := re.search(r"rev(?:ision)?[_\- ]?(\d{1,2})(?!\d)", stem):
        return f"HTSUS {year[1]} revision {int(revision[1])}"
    return f"HTSUS {year[1]} basic edition" if "basic" in stem else f"HTSUS {year[1]} ({stem[:40]})"


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            source: IO[bytes] = (
                cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if path.suffix == ".gz" else file
            )
            raw = source.read(MAX_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
        raise BadExport(
            f"{path.name}: the compressed file is cut off or damaged. Download it again."
        ) from exc
    if len(raw) > MAX_BYTES:
        raise BadExport(f"{path.name}: larger than {MAX_BYTES >> 20} MB unpacked; not an export.")
    return raw


def _rows(raw: bytes, name: str) -> list[_Row]:
    try:
        rows = _ROWS.validate_json(raw.removeprefix(codecs.BOM_UTF8))
    except ValidationError as exc:
        first = exc.errors()[0]
        if first["type"] == "json_invalid":
            raise BadExport(
                f"{name}: not complete JSON ({first['msg'][:80]}). The download may have been "
                "cut off."
            ) from exc
        where = "".join(f"[{part}]" for part in first["loc"])[:60]
        raise BadExport(f"{name}: row {where}: {first['msg']}.") from exc
    if len(rows) > MAX_ROWS:
        raise BadExport(f"{name}: {len(rows)} rows; an export has about 36,000.")
    return rows


class _Open:
    """A row whose children are being read."""

    __slots__ = ("bare", "depth", "line", "text")

    def __init__(self, depth: int, bare: str, text: str, line: dict[str, Any] | None) -> None:
        self.depth, self.bare, self.text, self.line = depth, bare, text, line


def _lines(rows: list[_Row], name: str, edition: str) -> list[ScheduleLine]:
    stack: list[_Open] = []
    found: dict[str, dict[str, Any]] = {}
    before = -1
    for number, row in enumerate(rows, start=1):
        depth = _depth(row, before, f"{name}: row {number}")
        before = depth
        while stack and stack[-1].depth >= depth:
            stack.pop()
        text = _clean(row.description)
        if not row.htsno.strip():
            stack.append(_Open(depth, "", text, None))
            continue
        line = _line(row, [*(up.text for up in stack), text], f"{name}: row {number}")
        bare = line["code"].replace(".", "")
        if bare in found:
            raise BadExport(f"{name}: row {number}: {line['code']} stands there twice.")
        coded = next((up for up in reversed(stack) if up.bare), None)
        # Chapters 98 and 99 indent by meaning, not by number: one heading under another.
        if coded is not None and (bare.startswith(coded.bare) or bare[:2] not in _SPECIAL):
            if not bare.startswith(coded.bare):
                raise BadExport(
                    f"{name}: row {number}: {line['code']} is indented under {coded.bare}, "
                    "where it does not belong."
                )
            assert coded.line is not None
            coded.line["leaf"] = False
            for key in ("units", "general", "special", "other"):
                line[key] = line[key] or coded.line[key]
        found[bare] = line
        stack.append(_Open(depth, bare, text, line))
    # The rows were checked one by one above; to check 30,000 lines again costs half a second.
    return [
        ScheduleLine.model_construct(edition=edition, **_spread(line, found))
        for line in found.values()
    ]


def _spread(line: dict[str, Any], found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Fill what the printed schedule leaves to the line above, when the file's order hid it."""
    if line["digits"] == 10 and line["general"] is None:
        above = found.get(line["code"][:10].replace(".", ""))
        if above is not None:
            line = {**line, **{key: above[key] for key in ("general", "special", "other")}}
    return line


def _depth(row: _Row, before: int, where: str) -> int:
    try:
        depth = int(row.indent)
    except ValueError:
        raise BadExport(f"{where}: the indent “{str(row.indent)[:10]}” is not a number.") from None
    if not 0 <= depth <= MAX_DEPTH or depth > before + _LONGEST_STEP:
        raise BadExport(f"{where}: indent {depth} after {max(before, 0)}: a level is missing.")
    return depth


def _line(row: _Row, path: list[str], where: str) -> dict[str, Any]:
    code = row.htsno.strip()
    if not _HTSNO.match(code):
        raise BadExport(f"{where}: “{code[:16]}” is not a tariff number.")
    return {
        "code": code,
        "digits": len(code.replace(".", "")),
        "description": path[-1],
        "path": tuple(part for part in path if part),
        "units": tuple(unit for unit in map(_clean, row.units or ()) if unit),
        "general": _clean(row.general or "") or None,
        "special": _clean(row.special or "") or None,
        "other": _clean(row.other or "") or None,
        "footnotes": tuple(_clean(note.value or "") for note in row.footnotes or () if note.value),
        "leaf": True,
    }


def _clean(text: str) -> str:
    plain = _TAGS.sub("", text) if "<" in text else text
    return " ".join(plain.split()).rstrip(":").strip()
