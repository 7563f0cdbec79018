"""What a carrier's document says that it carries: packages, weights, goods under their headings.

These boxes have no lines of a table: a column is what stands under its heading, down the page,
and a continuation page repeats the headings. Boilerplate ("said to contain") is no goods.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import takewhile
from typing import Any

from ingest.fields import headings, values
from ingest.fields.found import LIKELY, WEAK, Findings, Found, read_off
from ingest.fields.layout import Cell, Row
from ingest.fields.tables import LineRead
from storage.values import Evidence

PACKAGE = (
    r"(?:cartons?|ctns?|packages?|pkgs?|bales?|pallets?|plts?|bags?|box(?:es)?|cases?|crates?"
    r"|drums?|rolls?|bundles?|pieces|pcs|skids?)"
)
_GOODS = re.compile(r"(?i)\bdescription of (?:the )?(?:goods|packages|cargo)|\bnature and quantity")
_COLUMNS = {
    "packages": re.compile(r"(?i)\bpackages?\b|\bpkgs\b|\bno\.? of pieces\b|^pieces$|\bRCP\b"),
    "net": re.compile(r"(?i)\bnet{1,2}\b"),
    "volumetric": re.compile(r"(?i)\bvolume weight|\bchargeable"),
    "weight": re.compile(r"(?i)\bgross\b|\bweight\b"),
    "goods": re.compile(r"(?i)\bdescription\b|\bgoods\b"),
    "measure": re.compile(r"(?i)\bmeas\w*ment\b|\bcbm\b|\bvolume\b"),
    "marks": re.compile(r"(?i)\bmarks\b"),
}
_FILLER = re.compile(
    r"(?i)said to contain|\bs\.?t\.?c\b|as per attach|shipper'?s? (?:seal|load)"
    r"|load,? (?:stow|count)|\bcontainers?\b|\bfreight (?:prepaid|collect)|^\W*total\b"
    r"|to be continued|^goods$|^description$|\bseal\b|shipped on board|\*\*\*|\boriginal\b"
    r"|\bnet w|\bgross w|carrier'?s? receipt|on board"
)
_STC = re.compile(r"(?i)^\s*(?:stc|s\.t\.c\.?|said to contain)\b[\s:.]*")
_REFERENCE = re.compile(r"(?i)\b(?:no|code|date|dt|number|ref)\b\s*\.?\s*:|^[^:]{1,25}:")
_HS = re.compile(r"(?i)\bH\.?\s?S\.?\s*(?:CODE)?\s*(?:NO)?\.?\s*[:#]?\s*(\d{4}[\d. ]{0,9}\d)\b")
_COUNTED = re.compile(rf"(?i)^\W*(\d[\d,]*)\s*({PACKAGE})\b")
_TOTALLED = re.compile(rf"(?i)\btotal\W+(\d[\d,]*)\s*({PACKAGE})\b")
_PASSING = re.compile(
    r"(?i)(?<![\d.,])(\d[\d,]{0,6})\s*(cartons?|ctns?|packages?|pkgs?|bales?|pallets?|plts?|bags?|crates?"
    r"|drums?|cases?|bundles?)\b(?!\s*(?:of|per|x))"
)
_IN_WORDS = re.compile(
    rf"(?i)^\W*(?:say\W+)?(?:total\W+)?([a-z \-]+?)\s+({PACKAGE})\b(?: only)?\W*$"
)
_FOOT = re.compile(
    r"(?i)^\W*(?:freight (?:details|payable|& charges)|delivery agent|place and date|in witness"
    r"|bill of lading must|terms and cond|charge description|shipped on ?board|certified"
    r"|for delivery|particulars (?:above|declared)|received (?:by|the|in)|total freight)\b"
)
"""Where the box of the goods has ended."""
_DEEPEST = 330.0  # points below the headings


def read(rows: Sequence[Row], found: Findings) -> list[LineRead]:
    """Put packages and weights into `found`; the goods and their tariff code are one line."""
    goods: Cell | None = None
    for columns, under in _boxes(rows):
        if "weight" in columns:
            _weights(columns["weight"], under, found)
        if "packages" in columns:
            _packages(columns["packages"], under, found)
        if goods is None and "goods" in columns:
            marks = columns.get("marks", (-2.0, -1.0))
            goods = next(
                (
                    one
                    for one in _column(columns["goods"], under)
                    if _is_goods(one) and not marks[0] - 5 <= one.x0 <= marks[1]
                ),
                None,
            )
    _spelled(rows, found)
    return _line(goods, _tariff_code(rows))


def _boxes(rows: Sequence[Row]) -> Iterator[tuple[dict[str, tuple[float, float]], list[Row]]]:
    """Each set of headings with the place of its columns, and the rows under it."""
    for at, row in enumerate(rows):
        anchor = next((cell for cell in row if _GOODS.search(cell.text)), None)
        if anchor is None and len(row) >= 3:
            named = [headings.heading_of(cell.text) for cell in row]
            anchor = row[named.index("description")] if "description" in named else None
        if anchor is None or len(anchor.text) > 70:
            continue
        page, tall = anchor.page, anchor.height
        near = range(max(at - 2, 0), min(at + 3, len(rows)))
        band = [
            index
            for index in near
            if rows[index][0].page == page and abs(rows[index][0].y0 - anchor.y0) < tall * 2.6
        ]
        heads: list[tuple[str, Cell]] = [("goods", anchor)]
        for index in band:
            for cell in rows[index]:
                name = next((n for n, look in _COLUMNS.items() if look.search(cell.text)), None)
                if name and len(cell.text) < 60 and not re.search(r"\d{3}", cell.text):
                    heads.append((name, cell))
        if len({name for name, _ in heads}) < 2:
            continue
        last = max(index for index in band if any(cell in rows[index] for _, cell in heads))
        yield (
            _places(heads),
            list(takewhile(partial(_inside, anchor), rows[last + 1 :])),
        )


def _inside(anchor: Cell, row: Row) -> bool:
    """Whether a row still stands in the box of the goods."""
    return (
        row[0].page == anchor.page
        and row[0].y0 - anchor.y0 < _DEEPEST
        and not any(_FOOT.match(cell.text) for cell in row)
    )


def _places(heads: Sequence[tuple[str, Cell]]) -> dict[str, tuple[float, float]]:
    """Where each column stands; a column reaches to the left edge of the next."""
    edges: dict[str, tuple[float, float]] = {}
    for name, cell in heads:
        left, right = edges.get(name, (cell.x0, cell.x1))
        edges[name] = (min(left, cell.x0), max(right, cell.x1))
    return edges


def _column(place: tuple[float, float], under: Sequence[Row]) -> Iterator[Cell]:
    left, right = place
    for row in under:
        for cell in row:
            if cell.x0 < right + 12 and cell.x1 > left - 12:
                yield cell


def _is_goods(cell: Cell) -> bool:
    text = _STC.sub("", cell.text)
    return (
        bool(re.search(r"[^\W\d_]{4}", text))
        and len(text) <= 200
        and not _FILLER.search(text)
        and not _REFERENCE.search(text)
        and not _COUNTED.match(text)
        and not re.fullmatch(rf"(?i)\W*{PACKAGE}\W*", text)
    )


def _weights(place: tuple[float, float], under: Sequence[Row], found: Findings) -> None:
    path = "totals.grossWeightKg"
    for cell in _column(place, under):
        text = cell.text
        if re.search(r"(?i)\bnet{1,2}\b|\bn\.?\s?wt", text):
            path = "totals.netWeightKg"
        bare = re.sub(r"(?i)[/\\]?\s*(?:net{1,2}|gross)\s*w\w*|\bkgs?\b\.?|(?<=\d)kgs?\b", "", text)
        if found.get(path) is None and re.fullmatch(r"[\s\d.,/]+", bare):
            kilograms = values.weight_kg(bare.replace("/", " "))
            if kilograms:
                found.add(path, kilograms, LIKELY, cell)
                path = "totals.netWeightKg" if path.endswith("netWeightKg") else ""
        if not path:
            path = "totals.netWeightKg"
            if not any("net" in one.text.casefold() for one in _column(place, under)):
                return


def _packages(place: tuple[float, float], under: Sequence[Row], found: Findings) -> None:
    for row in under:
        text = " ".join(cell.text for cell in row if cell.x1 > place[0] - 25)
        first = next((cell for cell in row if cell.x1 > place[0] - 25), None)
        if first is None or first.x0 > place[1] + 12:
            continue
        if match := _COUNTED.match(text):
            _count(match, first, LIKELY, found)
            return


def _spelled(rows: Sequence[Row], found: Findings) -> None:
    """The packages in a sentence ("TOTAL 1925 CARTONS") or in words ("ONE THOUSAND TWENTY BOX")."""
    for row in rows:
        for cell in row:
            if match := _TOTALLED.search(cell.text):
                _count(match, cell, LIKELY, found)
            elif match := _IN_WORDS.match(cell.text):
                number = values.in_words(match[1])
                if number and found.get("totals.packages") is None:
                    found.add("totals.packages", number, WEAK, cell)
                    found.add("totals.packageUnit", match[2].casefold(), WEAK, cell)


def counted_once(rows: Sequence[Row], found: Findings) -> None:
    """Packages that a paper of the seller names in passing, when it names one number only."""
    if found.get("totals.packages") is not None:
        return
    counts = {
        (match[1].replace(",", ""), match[2].casefold()): cell
        for row in rows
        for cell in row
        for match in _PASSING.finditer(cell.text)
    }
    if len({number for number, _ in counts}) == 1:
        (number, kind), cell = next(iter(counts.items()))
        found.add("totals.packages", int(number), WEAK, cell)
        found.add("totals.packageUnit", kind, WEAK, cell)


def _count(match: re.Match[str], cell: Cell, sure: float, found: Findings) -> None:
    """What stands in the box goes before what a label nearby seemed to say."""
    for path, value in (
        ("totals.packages", int(match[1].replace(",", ""))),
        ("totals.packageUnit", match[2].casefold()),
    ):
        found.by_path[path] = Found(
            path=path,
            value=value,
            confidence=read_off(cell, sure),
            evidence=cell.evidence(match[0].strip()),
        )


def _tariff_code(rows: Sequence[Row]) -> tuple[str, Evidence] | None:
    codes = {
        code: cell.evidence(match[0])
        for row in rows
        for cell in row
        for match in _HS.finditer(cell.text)
        if (code := values.hs_code(match[1]))
    }
    return next(iter(codes.items())) if len(codes) == 1 else None


def _line(goods: Cell | None, code: tuple[str, Evidence] | None) -> list[LineRead]:
    if goods is None and code is None:
        return []
    said: dict[str, Any] = {"lineNumber": 1}
    evidence: dict[str, Evidence] = {}
    sure: dict[str, float] = {}
    if goods is not None:
        text = _STC.sub("", goods.text).strip(" ,.;")
        if not re.search(r"[^\W\d_]{3}", _HS.sub("", text)):
            text = ""  # the tariff code is no name of goods
        if text:
            said["description"], evidence["description"] = text[:1000], goods.evidence()
            sure["description"] = read_off(goods, WEAK)
    if code is not None:
        said["hsCodeHint"], evidence["hsCodeHint"] = code
        sure["hsCodeHint"] = LIKELY
    return [LineRead(values=said, evidence=evidence, confidence=sure)]
