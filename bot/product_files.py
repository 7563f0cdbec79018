"""The product master as a file: rows out as CSV or XLSX, rows in with each one checked.

A file may come from a client's own system, so it is bounded and every row is judged by itself: a
bad one is named with its number and its reason and never half taken. Whether good ones are taken
is a licensed broker's word, not this module's. A cell that a spreadsheet would run as a formula
is written as text (and read back without the mark).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from openpyxl import Workbook
from python_calamine import CalamineError, CalamineWorkbook

from knowledge.tariff import Confirmed, Lookup, codes
from knowledge.tariff.diff import successors, told
from knowledge.tariff.products import folded
from storage.models import Product
from storage.values import Value

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 50_000
COLUMNS = (
    *("sku", "description", "code", "edition", "confirmed_by", "licence", "confirmed_on"),
    *("reason", "confirmed_in", "remark"),
)
_NAMES = {
    "sku": {"sku", "article", "item", "itemno", "partnumber", "part", "productcode"},
    "description": {"description", "goods", "productdescription", "name"},
    "code": {"code", "hts", "htscode", "htsus", "hscode", "tariffcode", "tariff", "htsno"},
}
_LONGEST_SKU, _LONGEST_TEXT = 100, 1000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARK = "'"


class BadFile(ValueError):
    """The file as a whole is not usable. Nothing was taken."""


class Read(Value):
    """The rows of a file: good ones, and why the others are not."""

    good: tuple[Confirmed, ...]
    bad: tuple[str, ...]  #: "row 5: …"


def read(path: Path, *, lookup: Lookup, by: str, on: date) -> Read:
    """The rows of a CSV, XLSX, XLS or ODS file, each checked against the schedule in force."""
    rows = _rows(path)
    head, places = _heading(rows, path.name)
    good: dict[tuple[str, str], tuple[int, Confirmed]] = {}
    bad: list[str] = []
    clash: set[tuple[str, str]] = set()
    for number, cells in enumerate(rows[head + 1 :], start=head + 2):
        sku, description, code = (_cell(cells, places.get(name)) for name in _NAMES)
        if not (sku or description or code):
            continue
        problem, found = _judge(sku, description, code, lookup, by=by, on=on)
        if found is None:
            bad.append(f"row {number}: {problem}")
            continue
        key = (found.sku, folded(found.description))
        if key in good and good[key][1].code != found.code:
            bad.append(
                f"row {number}: the same goods as in row {good[key][0]}, there under "
                f"{good[key][1].code}, here under {found.code}: say which; neither was taken."
            )
            clash.add(key)
        good.setdefault(key, (number, found))
    kept = tuple(one for key, (_, one) in good.items() if key not in clash)
    return Read(good=kept, bad=tuple(bad))


def written(rows: Iterable[Product], *, lookup: Lookup, kind: str) -> bytes:
    """The product master as a file of that kind ("csv" or "xlsx")."""
    table = [list(COLUMNS), *([_safe(cell) for cell in _row(one, lookup)] for one in rows)]
    if kind == "xlsx":
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = "products"
        for line in table:
            sheet.append(line)
        for cells in sheet.iter_rows():
            for cell in cells:
                cell.number_format = "@"
        made = io.BytesIO()
        book.save(made)
        return made.getvalue()
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return text.getvalue().encode("utf-8-sig")


def remark(code: str, description: str, lookup: Lookup) -> str:
    """What to know about a confirmed code: nothing, or that it is gone and what stands near."""
    if lookup.find(code) is not None:
        return ""
    near = successors(code, lookup.schedule, text=description)
    return f"not a line of {lookup.edition}; nearest now: {told(near)}"


def _row(one: Product, lookup: Lookup) -> list[str]:
    return [
        one.sku,
        one.description,
        one.code,
        one.edition,
        one.confirmed_by,
        one.confirmed_licence or "",
        one.confirmed_at.date().isoformat(),
        one.reason or "",
        one.origin or "",
        remark(one.code, one.description, lookup),
    ]


def _judge(
    sku: str, description: str, code: str, lookup: Lookup, *, by: str, on: date
) -> tuple[str, Confirmed | None]:
    if not description:
        return "it has no description.", None
    if len(description) > _LONGEST_TEXT or len(sku) > _LONGEST_SKU:
        return f"its text is too long (SKU {_LONGEST_SKU}, description {_LONGEST_TEXT}).", None
    if not code:
        return "it has no code.", None
    try:
        bare = codes.digits(code)
    except codes.BadCode as exc:
        return f"{exc} (A leading zero is lost when a sheet takes a code for a number.)", None
    line = lookup.find(bare)
    if line is None:
        said = lookup.schedule.find(bare)
        if said is not None:
            return f"{said.code} is divided further: goods are entered under a line below.", None
        near = told(successors(bare, lookup.schedule, text=description))
        where = f"{codes.dotted(bare)} is not a line of {lookup.edition}"
        return f"{where}. Nearest: {near}.", None
    return "", Confirmed(
        sku=sku, description=description, code=line.code, by=by, on=on, edition=line.edition
    )


def _rows(path: Path) -> list[list[str]]:
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise BadFile(f"{path}: it cannot be read ({exc.strerror}).") from exc
    if len(raw) > MAX_BYTES:
        raise BadFile(f"{path.name}: larger than {MAX_BYTES >> 20} MB. Split the file.")
    if path.suffix.lower() in {".xlsx", ".xls", ".ods"}:
        try:
            sheet = CalamineWorkbook.from_filelike(io.BytesIO(raw)).get_sheet_by_index(0)
            rows = [[_text(cell) for cell in cells] for cells in sheet.iter_rows()]
        except (CalamineError, IndexError) as exc:
            raise BadFile(f"{path.name}: a sheet that cannot be read ({str(exc)[:80]}).") from exc
    else:
        text = _decoded(raw, path.name)
        first = text.partition("\n")[0]
        mark = max(",;\t", key=first.count)
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
        except csv.Error as exc:
            raise BadFile(f"{path.name}: not a CSV file ({exc}).") from exc
    if len(rows) > MAX_ROWS:
        raise BadFile(f"{path.name}: {len(rows)} rows; at most {MAX_ROWS}. Split the file.")
    return rows


def _decoded(raw: bytes, name: str) -> str:
    if b"\0" in raw:
        raise BadFile(f"{name}: this is no text. Save it as CSV (UTF-8) or XLSX.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _heading(rows: Sequence[Sequence[str]], name: str) -> tuple[int, dict[str, int]]:
    for at, cells in enumerate(rows[:20]):
        plain = ["".join(c for c in cell.casefold() if c.isalnum()) for cell in cells]
        places = {
            field: next(place for place, cell in enumerate(plain) if cell in names)
            for field, names in _NAMES.items()
            if any(cell in names for cell in plain)
        }
        if "description" in places and "code" in places:
            return at, places
    raise BadFile(
        f"{name}: no row of headings with “description” and “code” (and “sku”) was found."
    )


def _cell(cells: Sequence[str], place: int | None) -> str:
    if place is None or place >= len(cells):
        return ""
    text = " ".join(cells[place].split())
    return text[1:] if text.startswith(_MARK) and text[1:2] in _FORMULA else text


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _safe(text: str) -> str:
    return f"{_MARK}{text}" if text.startswith(_FORMULA) else text
