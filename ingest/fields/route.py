"""The way of the goods where no box says it: "From" over "To", or a sentence.

"BY SEA FROM XIAMEN, CHINA TO HOUSTON, TX", "FROM NINGBO TO CHARLESTON BY COSCO SPAIN V.038E".
"From" and "To" of a letter or of two parties are no way: there addresses stand below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.fields import labels, letterhead
from ingest.fields.found import LIKELY, WEAK, Findings
from ingest.fields.layout import Cell, Row

LOADING, DISCHARGE = "transport.portOfLoading", "transport.portOfDischarge"
_FROM = frozenset({"from", "von", "自", "desde", "shipment from", "shipped from", "despatch from"})
_TO = frozenset({"to", "nach", "至", "hasta", "shipment to", "shipped to", "despatch to"})
_FOREIGN = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_PLACE = r"[A-Z\u00c0-\u00de\u0130][^\d:;]{1,44}?"
_END = (
    r"(?=\s*(?:$|[;|\n]|\.\s|,?\s+(?:BY|PER|VIA|ON|IN|AS|WITH|UNDER|PACKED|VESSEL|FREIGHT|SHIPMENT)\b"
    r"|,?\s+(?:by|per|via|on|in|as|with|under|packed|vessel)\b))"
)
_WAY = re.compile(
    rf"\b(?:FROM|From|from)\s*:?\s+(?P<a>{_PLACE})\s+(?:TO|To|to)\s*:?\s+(?P<b>{_PLACE}){_END}"
)
_MOVED = re.compile(
    r"(?i)^\W*(?:shipped\s+|shipment\s+|goods\s+)?from\b|\b(?:by|per)\s+(?:sea|air|vessel|truck|rail|road|ocean|ship)"
    r"|\b(?:air|sea|ocean)\s?-?\s?freight|\bvessel\b|\bvia sea\b|\bshipped\b|\bshipment\b"
)
_NO_PLACE = re.compile(
    r"(?i)^(?:the|our|your|door|port(?=\s+of\b|\s*$)|factory|works|date|buyer|seller|customer|warehouse|time|jan\w*|feb\w*"
    r"|mar|march|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*|be|any|end|all)\b"
)
_ONWARD = re.compile(rf"(?i:\bon-?\s?carriage\b[^.:]{{0,30}}?\bto)\s+(?P<b>{_PLACE}){_END}")
_SHIP = re.compile(
    r"\b(?:BY|PER|By|by|per|Per|VESSEL|Vessel|M\.?/?V\.?|S\.?/?S\.?)\s*[:.]?\s+"
    r"(?P<name>[A-Z][A-Z .'-]{2,30}?)\s*[,/]?\s+(?i:v|voy|voyage)(?:\.?\s?[Nn][Oo])?\.?\s?"
    r"(?P<voyage>[A-Z]{0,2}\d[A-Z0-9-]{1,9})\b"
)
_NO_SHIP = re.compile(r"(?i)\b(?:sea|air|road|truck|rail|freight|courier|lcl|fcl)\b")
_LONGEST = 62


def read(rows: Sequence[Row], found: Findings) -> None:
    """Put the ports and the ship that are said in these ways, where no label names them better."""
    for start, end in _pairs(rows):
        for (text, cell), path in ((start, LOADING), (end, DISCHARGE)):
            found.add(path, _kept(text), LIKELY, cell)
    for text, cell in _blocks(rows):
        if not _MOVED.search(text):
            continue
        plain = " ".join(_FOREIGN.sub(" ", text).split(" "))
        if match := _WAY.search(" ".join(plain.split())) or _WAY.search(plain):
            first, last = _kept(match["a"]), _kept(match["b"])
            if first and last:
                found.add(LOADING, first, WEAK, cell, text)
                found.add(DISCHARGE, last, WEAK, cell, text)
        if match := _ONWARD.search(plain):
            found.add("transport.placeOfDelivery", _kept(match["b"]), WEAK, cell, text)
        if (match := _SHIP.search(" ".join(plain.split()))) and not _NO_SHIP.search(match["name"]):
            found.add("transport.vessel", match["name"].strip(" ."), WEAK, cell, text)
            found.add("transport.voyage", match["voyage"], WEAK, cell, text)


def labels_of(rows: Sequence[Row]) -> frozenset[int]:
    """The ids of the cells that say "From" or "To" of a way, not of a party."""
    return frozenset(id(one) for start, end in _labelled(rows) for one in (start[1], end[1]))


_Said = tuple[str, Cell]


def _pairs(rows: Sequence[Row]) -> Iterator[tuple[_Said, _Said]]:
    for start, end in _labelled(rows):
        yield (start[0], start[2]), (end[0], end[2])


def _labelled(
    rows: Sequence[Row],
) -> Iterator[tuple[tuple[str, Cell, Cell], tuple[str, Cell, Cell]]]:
    """(value, label, cell of the value) of each "From" and of the "To" beside or under it."""
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            start = _value(row, place, _FROM)
            if start is None:
                continue
            nexts = [(row, other) for other in range(place + 1, len(row))]
            for lower in rows[at + 1 : at + 3]:
                nexts += [
                    (lower, other)
                    for other, one in enumerate(lower)
                    if one.page == cell.page
                    and abs(one.x0 - cell.x0) < max(4.0 if cell.height > 1 else 0.5, 0.5)
                    and one.y0 - cell.y1 < cell.height * 1.6
                ]
            for line, other in nexts:
                end = _value(line, other, _TO)
                if end is not None:
                    beside = line is row
                    if not beside or not _goes_on(rows, at, start[1], end[1]):
                        yield (start[0], cell, start[1]), (end[0], line[other], end[1])
                    break


def _value(row: Row, place: int, words: frozenset[str]) -> _Said | None:
    """The place behind a "From:" or "To:", in its cell or in the one beside it."""
    cell = row[place]
    head, colon, tail = cell.text.replace("：", ":").partition(":")
    plain = labels.plain(head)
    if plain not in words and labels.plain(_FOREIGN.sub(" ", head)) not in words:
        return None
    text, where = tail.strip(), cell
    if not text:
        if place + 1 >= len(row):
            return None
        where = row[place + 1]
        text = where.text.lstrip(": ")
    if not colon and where is cell:
        return None
    return (text, where) if _kept(text) and not labels.field_of(text) else None


def _goes_on(rows: Sequence[Row], at: int, *values: Cell) -> bool:
    """Whether an address stands under one of the values."""
    return any(
        one.page == cell.page
        and abs(one.x0 - cell.x0) < 3
        and one.y0 - cell.y1 < cell.height
        and not labels.field_of(one.text)
        and not _labelled_before(row, one)
        for cell in values
        for row in rows[at + 1 : at + 2]
        for one in row
    )


def _labelled_before(row: Row, cell: Cell) -> bool:
    """Whether a label of its own stands before a cell."""
    before = [one for one in row if one.x1 <= cell.x0]
    said = before[-1].text.rstrip() if before else ""
    return said.endswith((":", "：")) or labels.field_of(said) is not None


def _kept(text: str) -> str | None:
    kept = " ".join(text.split()).strip(" ,;:-.")
    if not 3 <= len(kept) <= _LONGEST or re.search(r"\d{2}|@", kept) or letterhead.is_firm(kept):
        return None
    # "U.S.A." keeps its last dot.
    kept = f"{kept}." if re.search(r"\b[A-Z]\.[A-Z]$|\b[A-Z]\.[A-Z]\.[A-Z]$", kept) else kept
    return None if _NO_PLACE.match(kept) or not re.search(r"[^\W\d_]{3}", kept) else kept


def _blocks(rows: Sequence[Row]) -> Iterator[tuple[str, Cell]]:
    """Each cell with what goes on under it, as one text of lines; and each row as one text."""
    for at, row in enumerate(rows):
        if len(row) > 1:
            yield " ".join(cell.text for cell in row), row[0]
        for cell in row:
            if not re.search(r"(?i)\bfrom\b|自|\bvessel\b|\bcarriage\b|\b(?:by|per)\b", cell.text):
                continue
            lines, last = [cell.text], cell
            for lower in rows[at + 1 : at + 3]:
                under = next(
                    (
                        one
                        for one in lower
                        if one.page == cell.page
                        and abs(one.x0 - cell.x0) < cell.height
                        and one.y0 - last.y1 < cell.height * 0.9
                    ),
                    None,
                )
                if under is None:
                    break
                lines.append(under.text)
                last = under
            yield "\n".join(lines), cell
