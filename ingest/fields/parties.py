"""Parties as blocks: a label, then a name and an address beside or below it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.fields import labels, values
from ingest.fields.found import LIKELY, SURE, WEAK, Findings
from ingest.fields.layout import Cell, Row

MOST_LINES = 7
_CONTACT = re.compile(r"(?i)^(tel|phone|fax|e-?mail|attn|contact|vat|tax|ein|usci|website|mob)\b|@")
_MID = re.compile(r"\b(?:MID|Manufacturer ID)\s*[:#]?\s*([A-Z]{2}[A-Z0-9]{6,13})\b")


def read(rows: Sequence[Row], found: Findings) -> None:
    """Find every labelled party."""
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            named = labels.field_of(cell.text)
            if named is None or not named[0].startswith("parties."):
                continue
            field, inside = named
            if labels.plain(cell.text) in ("from", "to") and not inside:
                continue  # a bare "to" is prose more often than a label
            lines, sure = _block(rows, at, row, place, inside)
            if lines:
                _store(field, lines, sure, found)


def _block(
    rows: Sequence[Row], at: int, row: Row, place: int, inside: str
) -> tuple[list[tuple[str, Cell]], float]:
    cell = row[place]
    lines: list[tuple[str, Cell]] = []
    sure = LIKELY
    left, right = cell.x0, _right_edge(row, place)
    if inside:
        lines.append((inside, cell))
        sure = SURE
    elif (
        place + 1 < len(row) and labels.field_of(row[place + 1].text) is None and _beside(cell, row)
    ):
        lines.append((row[place + 1].text, row[place + 1]))
        left = row[place + 1].x0
        right = _right_edge(row, place + 1)
    last = cell
    for lower in rows[at + 1 : at + 1 + MOST_LINES]:
        inside_block = [one for one in lower if one.x0 >= left - cell.height and one.x0 < right - 1]
        if not inside_block:
            if lower and lower[0].page != cell.page:
                break
            if lower and lower[0].y0 - last.y1 > cell.height * 2.2:
                break
            continue
        one = inside_block[0]
        too_far = one.y0 - last.y1 > cell.height * (2.2 if lines else 3.0)
        if (
            one.page != cell.page
            or too_far
            or labels.field_of(one.text)
            or labels.column_of(one.text)
        ):
            break
        lines.append((one.text, one))
        last = one
    return lines, sure


def _beside(cell: Cell, row: Row) -> bool:
    """Only "Label:" alone on the left of a row has its value beside it; boxes have it below."""
    if cell.text.rstrip().endswith((":", "：")):
        return True
    return len(row) == 2 and row[1].x0 - cell.x1 < 150


def _right_edge(row: Row, place: int) -> float:
    following = row[place + 1 :]
    return following[0].x0 if following else 1e9


def _store(field: str, lines: list[tuple[str, Cell]], sure: float, found: Findings) -> None:
    name, cell = lines[0]
    if values.number(name) is not None and not re.search(r"[^\W\d]{3}", name):
        return
    if not re.search(r"[^\W\d]{2}", name):
        return
    head, comma, tail = name.partition(",")
    if (
        comma
        and re.search(r"\d", tail)
        and not re.search(r"(?i)^\s*(ltd|inc|llc|co|jsc|gmbh)", tail)
    ):
        name, lines = head, [(head, cell), (tail, cell), *lines[1:]]
    found.add(f"{field}.name", " ".join(name.split())[:200], sure, cell, name)
    said = [(text, one) for text, one in lines[1:] if not _CONTACT.search(text)]
    mid = next((match for text, _ in lines if (match := _MID.search(text))), None)
    if mid:
        found.add(f"{field}.mid", mid[1], sure, cell)
        said = [(text, one) for text, one in said if not _MID.search(text)]
    if said:
        address = ", ".join(text.strip(" ,") for text, _ in said)
        found.add(f"{field}.address", address[:400], min(sure, LIKELY), said[-1][1], address)
        if land := values.country_at_end(address):
            found.add(f"{field}.country", land, min(sure, LIKELY), said[-1][1])
    elif land := values.country_at_end(name):
        found.add(f"{field}.country", land, WEAK, cell)
