"""What a carrier's document says that it carries: packages, weights, goods under their headings.

These boxes have no lines of a table: a column is what stands under its heading, down the page,
and a continuation page repeats the headings. Boilerplate ("said to contain") is no goods.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from itertools import takewhile
from typing import Any

from ingest.fields import goods, headings, values
from ingest.fields.found import LIKELY, WEAK, Findings, Found, read_off
from ingest.fields.goods import PACKAGE
from ingest.fields.layout import Cell, Row, below
from ingest.fields.lineread import LineRead

_GOODS = re.compile(
    r"(?i)\bdescription of (?:the )?(?:goods|packages|cargo|articles|merchandise|contents)"
    r"|\bnature and quantity|\bgoods description|\bdescripci[óo]n de (?:la )?(?:mercanc|carga)"
    r"|\bdesignation des marchandises|\bmal[ıi]n cinsi|\be[sş]yan[ıi]n (?:cinsi|tan[ıi]m)"
    r"|货名|货物描述|品名"
)
_COLUMNS = {
    "packages": re.compile(
        r"(?i)\bpackages?\b|\bpkgs\b|\bno\.? of pieces\b|^pieces$|\bRCP\b"
        r"|^(?:pkgs|quantity|qty|no\.? of units|bultos|件数|colis|kap adedi|koli)\b"
    ),
    "net": re.compile(r"(?i)\bnet{1,2}[oa]?\b|净重|순중량"),
    "volumetric": re.compile(r"(?i)\bvolume weight|\bchargeable"),
    "weight": re.compile(
        r"(?i)\bgross\b|\bweight\b|\b(?:peso|poids|waga)\b|\bbr[uü]t{1,2}o?|\bgewicht|毛重|총중량"
    ),
    "goods": re.compile(r"(?i)\bdescription\b|\bgoods\b"),
    "measure": re.compile(r"(?i)\bmeas\w*ment\b|\bcbm\b|\bvolumen?\b|\bcubage\b"),
    "marks": re.compile(r"(?i)\bmarks\b"),
    "code": re.compile(r"(?i)^(?:h\.?s\.?|hts|tariff|ncm|commodity)\.?\s*(?:code|no|number)?\W*$"),
}
_COUNTED = re.compile(rf"(?i)^\W*(\d[\d,]*)\s*({PACKAGE})\b")
_CONTAINED = re.compile(
    rf"(?i)\b(?:said to contain|\bs\.?t\.?c\b\.?|containing)\W*(\d[\d,]*)\s*({PACKAGE})(?!\w)"
)
_ALONE = re.compile(r"(\d[\d,]{0,6})()")
_UNIT = re.compile(rf"(?i)\(?{PACKAGE}\)?")
_TOTAL_ROW = re.compile(
    r"(?i)^\W*(?:grand\s+)?(?:total|gesamt|toplam|totale|合计|总计)\b"
    r"|^\W*\d+\s*(?:x\s*)?container(?:s|\(s\))?\W*$"
)
_NET = r"(?i)\bnet{1,2}\b|\bn\.?\s?wt"
_NET_SAID = re.compile(
    r"(?i)\b(?:net{1,2}|n\.)\s*w(?:eigh)?t\.?\W{0,3}(\d[\d.,]*)\s*(?:kgs?|kilo)\b"
)
_POUNDS, _KILOGRAMS = r"(?i)\blbs?\b", r"(?i)kgs?\b"
_PIECES = ("pieces", "pcs")
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
_CHARGES = re.compile(
    r"(?i)^\W*(?:charges?(?: (?:description|code|item))?|rate|basis|unit|prepaid|collect|amount"
    r"|revenue tons?|currency|cur|ppd|coll)\b"
)
"""The headings of the carrier's charges."""
_LONGEST_HEADING = 110
_SLACK = 12.0  # points by which a value may stand beside its heading
_DEEPEST = 330.0  # points below the headings


def read(rows: Sequence[Row], found: Findings) -> list[LineRead]:
    """Put packages and weights into `found`; the goods with their tariff codes are the lines."""
    lines: list[LineRead] = []
    counted = False  # the first box with a count says all; what is attached divides it
    rows = [_joined(row) for row in rows]
    for columns, under in _boxes(rows):
        if "weight" in columns:
            _weights(columns["weight"], under, found)
        if "net" in columns and columns["net"] != columns.get("weight"):
            _weights(columns["net"], under, found, path="totals.netWeightKg")
        if "goods" in columns:
            _contained(columns["goods"], under, found)
        if "packages" in columns and not counted:
            counted = _packages(columns["packages"], under, found, bare="volumetric" in columns)
        if not any("hsCodeHint" in line.values for line in lines) and "goods" in columns:
            marks = columns.get("marks", (-2.0, -1.0))
            column = [
                one
                for one in _column(columns["goods"], under)
                if not marks[0] - 5 <= one.x0 <= marks[1]
            ]
            named = goods.lines(column, _beginning(columns, under))
            if "code" in columns:
                named = goods.with_codes_beside(named, list(_column(columns["code"], under)))
            # "As per annexure": there they stand with their codes.
            if not lines or any("hsCodeHint" in line.values for line in named):
                lines = named
    _spelled(rows, found)
    _net(rows, found)
    if not lines:
        lines = goods.in_a_box(rows) or goods.of_code(rows)
    elif not any("hsCodeHint" in line.values for line in lines) and len(lines) == 1:
        lines = goods.with_code(lines, rows)
    return goods.with_origin(lines, rows)


def _joined(row: Row) -> Row:
    """A row whose labels have their values, set apart by a colon: "HS CODE" | ": 6109 1000"."""
    made: Row = []
    for cell in row:
        if made and cell.text.startswith(":") and not made[-1].text.endswith(":"):
            words = (*made[-1].words, *cell.words)
            made[-1] = made[-1].model_copy(update={"words": words})
        else:
            made.append(cell)
    return made


def _beginning(columns: Mapping[str, tuple[float, float]], under: Sequence[Row]) -> frozenset[int]:
    """The cells, by id, whose row has a count and a weight, or a container: goods begin there."""
    found: set[int] = set()
    for row in under:
        counted = "packages" in columns and any(
            _COUNTED.match(cell.text) or _ALONE.fullmatch(cell.text)
            for cell in _column(columns["packages"], [row])
        )
        weighed = "weight" in columns and any(
            _kilograms(cell.text) for cell in _column(columns["weight"], [row])
        )
        boxed = any(values.containers(cell.text) for cell in row)
        if counted and (weighed or boxed):
            found.update(id(cell) for cell in row)
    return frozenset(found)


def _boxes(rows: Sequence[Row]) -> Iterator[tuple[dict[str, tuple[float, float]], list[Row]]]:
    """Each set of headings with the place of its columns, and the rows under it."""
    for at, row in enumerate(rows):
        anchor = next((cell for cell in row if _GOODS.search(cell.text)), None)
        if anchor is None and len(row) >= 3:
            named = [headings.heading_of(cell.text) for cell in row]
            anchor = row[named.index("description")] if "description" in named else None
        if anchor is None or len(anchor.text) > _LONGEST_HEADING:
            continue
        page, tall = anchor.page, anchor.height
        near = range(max(at - 2, 0), min(at + 3, len(rows)))
        band = [
            index
            for index in near
            if rows[index][0].page == page and abs(rows[index][0].y0 - anchor.y0) < tall * 2.6
        ]
        end = next((one for one in band if one > at and _has_figures(rows[one])), len(rows))
        band = [index for index in band if index < end]
        heads: list[tuple[str, Cell]] = [("goods", anchor)]
        for index in band:
            for cell in rows[index]:
                name = next((n for n, look in _COLUMNS.items() if look.search(cell.text)), None)
                if (
                    name
                    and (len(cell.text) < 60 or cell is anchor)
                    and not re.search(r"\d{3}", cell.text)
                ):
                    heads.append((name, cell))
        if len({name for name, _ in heads}) < 2:
            continue
        last = max(index for index in band if any(cell in rows[index] for _, cell in heads))
        yield (
            _places(heads),
            list(takewhile(partial(_inside, anchor), rows[last + 1 :])),
        )


def _has_figures(row: Row) -> bool:
    """Whether a row tells of goods already: units under its figures are no headings."""
    return any(re.search(r"\d{3}", cell.text) for cell in row)


def _inside(anchor: Cell, row: Row) -> bool:
    """Whether a row still stands in the box of the goods."""
    return (
        row[0].page == anchor.page
        and row[0].y0 - anchor.y0 < _DEEPEST
        and not any(_FOOT.match(cell.text) for cell in row)
        and len({m[0].casefold() for c in row if (m := _CHARGES.match(c.text))}) < 2
    )


def _places(heads: Sequence[tuple[str, Cell]]) -> dict[str, tuple[float, float]]:
    """Where each column stands; a column reaches to the left edge of the next."""
    edges: dict[str, tuple[float, float]] = {}
    for name, cell in heads:
        left, right = _ruled(cell, heads)
        known = edges.get(name, (left, right))
        edges[name] = (min(known[0], left), max(known[1], right))
    return edges


def _ruled(cell: Cell, heads: Sequence[tuple[str, Cell]]) -> tuple[float, float]:
    """How far a column reaches: to the lines beside it, where no other heading is between them."""
    frame = cell.frame
    if frame is None or frame.left is None or frame.right is None:
        return cell.x0, cell.x1
    alone = all(
        one.x0 < cell.x1 and one.x1 > cell.x0
        for _, one in heads
        if one is not cell and frame.left < (one.x0 + one.x1) / 2 < frame.right
    )
    # Nothing is set over the lines: what `_column` allows on both sides is taken off here.
    left, right = frame.left + _SLACK, frame.right - _SLACK
    return (left, right) if alone and left < right else (cell.x0, cell.x1)


def _column(place: tuple[float, float], under: Sequence[Row]) -> Iterator[Cell]:
    left, right = place
    for row in under:
        for cell in row:
            slack = _SLACK if cell.height > 1 else 0.0  # a sheet's columns are one wide
            if cell.x0 < right + slack and cell.x1 > left - slack:
                yield cell


def _weights(
    place: tuple[float, float],
    under: Sequence[Row],
    found: Findings,
    *,
    path: str = "totals.grossWeightKg",
) -> None:
    """A weight: the printed total, or the sum of what stands with each container."""
    gross = path == "totals.grossWeightKg"
    if gross and any(re.search(_NET, one.text) for one in _column(place, under)):
        _gross_and_net(place, under, found)
        return
    if _stated(found, path):
        return
    weights = list(_weighed(place, under))
    if not weights:
        return
    for row, cell, kilograms in reversed(weights):
        if _TOTAL_ROW.match(row[0].text):
            _put(found, path, kilograms, LIKELY, cell)
            return
    _, first, one = weights[0]
    rest = [kilograms for _, _, kilograms in weights[1:]]
    apart = {box for row, _, _ in weights for cell in row for box in values.containers(cell.text)}
    if rest and _alike(sum(rest, Decimal(0)), one):
        _put(found, path, one, LIKELY, first)
    elif len(rest) > 1 and _alike(sum(rest[:-1], one), rest[-1]):
        _put(found, path, rest[-1], LIKELY, weights[-1][1])
    elif rest and len(apart) == len(weights):
        _put(found, path, sum(rest, one), WEAK, weights[-1][1])
    else:
        if first.height <= 1:
            found.by_path.pop(path, None)  # a sheet's column is sure
        found.add(path, one, LIKELY, first)


def _weighed(
    place: tuple[float, float], under: Sequence[Row]
) -> Iterator[tuple[Row, Cell, Decimal]]:
    """The first weight of each row in a column."""
    for row in under:
        for cell in _column(place, [row]):
            if kilograms := _kilograms(cell.text):
                yield row, cell, kilograms
                break


def _stated(found: Findings, path: str) -> bool:
    """Whether the weight stands behind a label of its own with a colon."""
    return found.get(path) is not None and found.by_path[path].confidence > LIKELY


def _alike(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= max(one, other) / 1000


def _kilograms(text: str) -> Decimal | None:
    """A weight that is alone in its cell; a measure in cubic metres is none, pounds are another."""
    if re.search(_POUNDS, text) and not re.search(_KILOGRAMS, text):
        return None
    kept = re.split(r"(?<=\d)\s*(?:kgs?\b\.?|k\b)", text, flags=re.IGNORECASE)[0]
    bare = re.sub(r"(?i)gross|weight|wt\.?|\bg\.?w\.?|\bkgs?\b\.?|[:/]", " ", kept)
    return values.weight_kg(bare) if re.fullmatch(r"[\s\d.,]*\d[\s\d.,]*", bare) else None


def _put(found: Findings, path: str, value: Any, sure: float, cell: Cell) -> None:
    """What the box of the goods says goes before what a label nearby seemed to say."""
    found.by_path.pop(path, None)
    found.add(path, value, sure, cell)


def _gross_and_net(place: tuple[float, float], under: Sequence[Row], found: Findings) -> None:
    path, told = "totals.grossWeightKg", set[str]()
    # What begins behind the heading is the next column's: a measure is no net weight.
    column = [cell for cell in _column(place, under) if cell.x0 < place[1] + 2]
    for cell in column:
        text = cell.text
        if re.search(_NET, text):
            path = "totals.netWeightKg"
        elif re.search(r"(?i)\bgross\b", text):
            path = "totals.grossWeightKg"
        bare = re.sub(r"(?i)[/\\]?\s*(?:net{1,2}|gross)\s*w\w*|\bkgs?\b\.?|(?<=\d)kgs?\b", "", text)
        kilograms = (
            values.weight_kg(bare.replace("/", " ")) if re.fullmatch(r"[\s\d.,/]+", bare) else None
        )
        if kilograms is None or not path or path in told:
            continue
        if path.endswith("netWeightKg") or not _stated(found, path):
            _put(found, path, kilograms, LIKELY, cell)
        if told or not any("net" in one.text.casefold() for one in column):
            return
        told.add(path)
        path = ""  # the other one says which it is


def _packages(
    place: tuple[float, float], under: Sequence[Row], found: Findings, *, bare: bool
) -> bool:
    """How many packages, True when it is said. `bare`: by air pieces, counted without a unit."""
    counts: list[tuple[Row, Cell, re.Match[str]]] = []
    for at, row in enumerate(under):
        grid = row[0].height <= 1  # a sheet's columns are one wide
        # Before what is set to the left of its heading comes what stands under it.
        for reach in (0,) if grid else (0, 25):
            own = [cell for cell in row if cell.x1 > place[0] - reach]
            if not own or own[0].x0 >= place[1] + (0 if grid else 12):
                continue
            first, text = own[0], " ".join(cell.text for cell in own)
            match = _COUNTED.match(text) or _CONTAINED.search(first.text)
            match = match or _unit_below(under, at, first)
            if match := match or (_ALONE.fullmatch(first.text) if bare else None):
                counts.append((row, first, match))
                break
    for row, first, match in reversed(counts):
        if _TOTAL_ROW.match(row[0].text):
            _count(match, first, LIKELY, found)
            return True
    if counts:
        _, first, match = counts[0]
        of = [int(one[1].replace(",", "")) for _, _, one in counts]
        kinds = {one[2].casefold()[:2] for _, _, one in counts}
        if len(of) > 2 and len(kinds) == 1 and sum(of[:-1]) == of[-1]:
            _count(counts[-1][2], counts[-1][1], LIKELY, found)
            return True
        boxes = {
            box for row, _, _ in counts for cell in row for box in values.containers(cell.text)
        }
        apart = len(counts) > 1 and len(kinds) == 1 and len(boxes) == len(counts)
        _count(match, first, WEAK if apart else LIKELY, found, sum(of) if apart else None)
    return bool(counts)


def _contained(place: tuple[float, float], under: Sequence[Row], found: Findings) -> None:
    """Packages said among the goods only: "STC 900 CARTONS"."""
    said = [
        (match, cell) for cell in _column(place, under) if (match := _CONTAINED.search(cell.text))
    ]
    if len(said) == 1 and found.get("totals.packages") is None:
        _count(said[0][0], said[0][1], WEAK, found)


def _unit_below(under: Sequence[Row], at: int, cell: Cell) -> re.Match[str] | None:
    """A count whose unit stands under it: "640" over "CARTONS"."""
    lower = below(under, at, cell, most_rows=1) if _ALONE.fullmatch(cell.text) else None
    near = lower is not None and lower.y0 - cell.y1 < cell.height
    if lower is None or not near or not _UNIT.fullmatch(lower.text.strip()):
        return None
    return _COUNTED.match(f"{cell.text} {lower.text.strip(' ()')}")


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


def _net(rows: Sequence[Row], found: Findings) -> None:
    """The net weight in the body, without a colon: "NET WEIGHT 37,800.000 KGS"."""
    if found.get("totals.netWeightKg") is not None:
        return
    said = {
        kilograms: cell
        for row in rows
        for cell in row
        if (match := _NET_SAID.search(cell.text)) and (kilograms := values.weight_kg(match[1]))
    }
    if len(said) == 1:
        kilograms, cell = next(iter(said.items()))
        found.add("totals.netWeightKg", kilograms, LIKELY, cell)


def _count(
    match: re.Match[str], cell: Cell, sure: float, found: Findings, whole: int | None = None
) -> None:
    """What stands in the box goes before what a label nearby seemed to say.

    Pieces are what lies in the packages: they are counted where nothing else is.
    """
    unit = found.get("totals.packageUnit")
    if match[2].casefold() in _PIECES and unit is not None and unit not in _PIECES:
        return
    for path, value in (
        ("totals.packages", whole or int(match[1].replace(",", ""))),
        ("totals.packageUnit", match[2].casefold() or None),
    ):
        if value is None:
            continue
        found.by_path[path] = Found(
            path=path,
            value=value,
            confidence=read_off(cell, sure),
            evidence=cell.evidence(match[0].strip()),
        )
