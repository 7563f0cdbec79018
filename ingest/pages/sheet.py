"""Spreadsheets and CSV: every cell is a word, its box its column and row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from ingest.pages.page import CannotRead, Page, Word

MOST_SHEETS = 20
MOST_ROWS = 20_000
MOST_COLUMNS = 100


def read(name: str, data: bytes) -> list[Page]:
    """Each visible sheet that has cells is a page."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        pages: list[Page] = []
        for meta in book.sheets_metadata[:MOST_SHEETS]:
            if meta.visible is not SheetVisibleEnum.Visible:
                continue
            rows = book.get_sheet_by_name(meta.name).to_python(
                skip_empty_area=True, nrows=MOST_ROWS
            )
            page = _grid(rows, len(pages) + 1)
            if page.words:
                pages.append(page)
    except (CalamineError, OSError, ValueError) as exc:
        reason = str(exc).casefold()
        if "password" in reason or "encrypt" in reason:
            raise CannotRead(
                "encrypted", f"{name} is protected by a password: please send it without."
            ) from exc
        raise CannotRead("broken", f"{name} is damaged: please send it again.") from exc
    if not pages:
        raise CannotRead("empty", f"{name} has no filled cells.")
    return pages


def read_csv(name: str, data: bytes) -> list[Page]:
    """One page; the separator is found, not assumed."""
    text = _decoded(data)
    sample = text[:5000]
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(sample, delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    try:
        rows = [row for _, row in zip(range(MOST_ROWS), csv.reader(io.StringIO(text), dialect))]  # noqa: B905
    except csv.Error as exc:
        raise CannotRead("broken", f"{name} is no readable CSV file.") from exc
    page = _grid(rows, 1)
    if not page.words:
        raise CannotRead("empty", f"{name} has no filled cells.")
    return [page]


def _grid(rows: Iterable[Sequence[object]], number: int) -> Page:
    words = []
    deepest = widest = 0
    for y, row in enumerate(rows):
        for x, cell in enumerate(row[:MOST_COLUMNS]):
            said = _said(cell)
            if said:
                words.append(Word(text=said[:2000], x0=x, y0=y, x1=x + 1, y1=y + 1))
                deepest, widest = max(deepest, y + 1), max(widest, x + 1)
    return Page(number=number, width=widest, height=deepest, words=tuple(words), grid=True)


def _said(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return " ".join(str(cell).split())


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")
