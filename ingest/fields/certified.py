"""The goods of a certificate of origin, which stands in boxes and has no table of prices.

One wide box has "item number; marks; number and kind of packages; description of goods", boxes
beside it the quantity, the tariff code, the invoice. What begins an item is its number, the
packages that it names first, or its quantity. No figure of money is looked for.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from ingest.fields import letters, stated, values, weighed, whereabouts
from ingest.fields.found import LIKELY, WEAK, Findings, read_off
from ingest.fields.layout import Cell, Row, below, same_box
from ingest.fields.lineread import LineRead
from storage.values import Evidence

_HEADS = {
    "goods": re.compile(
        r"(?i)descri\w+ of (?:the )?(?:goods?|products?|merchandise)"
        r"|d[ée]signation d\w+ (?:march|prod)"
        r"|description d\w+ march|(?:descripci[oó]n|designaci[oó]n) de \w* ?(?:mercanc|produc"
        r"|bienes)"
        r"|descripci[oó]n de la\(s\) merc|warenbezeichnung|bezeichnung der (?:ware|güter)"
        r"|designazione delle merci|descrizione delle merci|designa[çc][ãa]o das mercadorias"
    ),
    "hsCode": re.compile(r"(?i)\bh\.?\s?s\.?\b|\btariff|\bharmoni[sz]ed|\bpartida|\bnomencl"),
    "criterion": re.compile(r"(?i)criteri|preference|crit[èe]re|kriterium"),
    "origin": re.compile(r"(?i)country of origin|pa[íi]s de origen|pays d.origine|ursprungsland"),
    "invoice": re.compile(r"(?i)\binvoice|factur|rechnung|fattura|fatura"),
    "quantity": re.compile(
        r"(?i)\bquantit|\bcantidad|\bmenge\b|gross (?:weight|mass)|peso bruto|poids brut"
        r"|masse brute|massa bruta|rohgewicht|rohmasse|\bqty\b|\bweight\b"
    ),
    "value": re.compile(r"(?i)\bvalue\b|\bfob\b|\bvalor\b|\bvaleur\b"),
    "marks": re.compile(r"(?i)\bmarks?\b|\bmarcas\b|\bmarques\b|\bzeichen\b"),
    "item": re.compile(r"(?i)\bitem|\blfd|\blaufende|^\W*no\W*$|n.{0,2} de orden|n.{0,2} d.ordre"),
}
"""What the heading of a box says, tried in this order."""
_HEADS_QUANTITY = re.compile(r"(?i)quantit|cantidad|menge|qty|measure|units")
"""A heading that is not of weights alone."""
_COUNTED_IN = re.compile(
    r"(?i)[\s,;(]+(?:qty|quantity|menge|cantidad|quantit[eéà])\W{1,3}"
    r"(?P<figure>\d[\d.,]*)\s*(?P<unit>[a-z]{1,8}[²³23]?)?\b"
)
"""How many, among the words of the goods: "VALVES DN80, QTY 240 PCS"."""
_ENDS = re.compile(
    r"(?i)\bcertif(?:y|ies|ied|ica|ie|ication)\b|\bdeclar\w+ (?:by|that)|\bundersigned"
    r"|\bhereby\b|soussign"
    r"|suscribe|unterzeich|sottoscritt|place and date|lugar y fecha|lieu et date|ort und datum"
)
_NOT_GOODS = re.compile(
    r"(?i)^\W*(?:g(?:rand)?\W*total|total(?!ly)|say\b|marcas?\b|marks?\b|marques?\b|zeichen\b|peso\b|poids\b|gewicht\b|gross\b"
    r"|net\s?(?:weight|wt)|g\.?w\b|n\.?w\b|brutto|netto|l/c\b|letter of credit|invoice|factur"
    r"|freight"
    r"|container|cont\.|seal|customs tariff|packed in|issued retro|duplicate|x{3,}|as per)|^[\W_]*$"
)
_KIND = (
    r"(?:(?:wooden|cardboard|plastic|steel|paper|pp|woven|jumbo|big|poly)\s+)*(?:palets?|pal[eé]s|palettes?|paletas"
    r"|sacos?|sacs?|säcke|fardos?|tambores|tamb|rollos|cartones|caisses?|casse|coffrets|tubs?|cans?|tins?|pails?|ibcs?"
    r"|reels?|coils?|bottles?|units?|pieces?|pcs|sets?|stück|palett?en?"
    rf"|{weighed.KIND.replace('(?P<kind>', '(?:')})"
)
_PACKED = re.compile(
    r"(?i)^(?:[a-z][a-z ,-]{2,70}\(\s*(?P<a>\d[\d,.]*)\s*\)"
    r"|(?P<b>\d[\d.,]*)\s*(?:\([a-z ,-]{3,60}\))?)"
    rf"\s*(?P<unit>{_KIND})\b\.?\s*(?:(?:of|de|di|con|with|containing|contenant)\b|d'|[-–:,])?\s*"
)
"""The packages that a description begins with: "TWO HUNDRED (200) CARTONS OF", "32 PALETS"."""
_NO_PACKAGE = re.compile(r"(?i)pieces?|pcs|sets?|units?|stück")
_NUMBERED = re.compile(r"^\(?(\d{1,3})[./)]{0,2}(?:\s+|(?<=[/)])|$)(.*)$")
_COUNTED = re.compile(
    r"^\W*(?P<figure>\d{1,3}(?: \d{3})+(?:[.,]\d+)?"
    r"|\d[\d.,']*)\s*(?P<unit>[A-Za-zÀ-ÿ]{1,9}[²³23]?)?\b"
)
_GROSS = re.compile(r"(?i)\bg\.?\s?w\b|gross|brut")
_NET = re.compile(r"(?i)\bn\.?\s?w\b|\bnet")
_MARKED_WEIGHT = re.compile(
    r"(?i)^\W*(?:g\.?\s?w\.?(?:t\.?)?|gross(?: weight)?|peso bruto|poids brut)[\s:.]*"
)
_FRENCH_CODE = re.compile(r"\bS\.?H\.?(?=\W{0,3}\d{4})")
_AS_CERTIFIER = re.compile(r"(?i)\bsame\b.{0,24}\b(?:certifier|certificador|field 2|box 2)\b")
_CERTIFIER = re.compile(r"(?i)^\W*\d{0,2}\W*certifier\b")
_PRODUCED = re.compile(
    r"(?i)\b(?:produced|manufactured|originat\w+|grown)\s+in\s*[:\"']?\s*(?:the\s+)?(?P<land>[^\W\d][^\d,;.:]{2,50})?"
)
_OWN_DATE = re.compile(
    r"(?i)^\W*(?:(?:issue|issued|issuing)\s+)?(?:date|fecha|datum|data)(?:\s+of\s+issue)?\s*(?:[:.]|$)"
)
_DATED = re.compile(
    r"(?i)^\W*(?:de\s+fecha|dated?|fecha|du|del|vom|of|datum|date)?[\W]*(?P<date>\d{1,2}\W+[a-z]{3,10}\W+\d{2,4}"
    r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}-\d{2}-\d{2}|[a-z]{3,9}\W+\d{1,2}\W+\d{4})\W*$"
)
_COMMA = frozenset(
    {"DE", "AT", "ES", "IT", "PT", "NL", "BE", "DK", "SI", "HR", "GR", "RO", "TR", "BR"}
)
"""Where a dot parts thousands: "2.450 kg" of a machine."""
_NEAR = 2.5  # times the height of letters, from a heading to what it heads
_ABOVE = 4.5  # times the height of letters, between headings of one band
_STEP = 1.5  # times the usual step: a new paragraph
_LONGEST, _LONGEST_LABEL = 400, 70
_MOST = 60


class _Head(NamedTuple):
    what: str
    cell: Cell
    left: float
    right: float


class _Line(NamedTuple):
    """One row below the headings, by what stands under each."""

    said: dict[str, str]
    cells: dict[str, Cell]
    top: float


def read(rows: Sequence[Row], found: Findings) -> list[LineRead]:
    """The goods of the certificate; its packages are added to what was found."""
    at, heads = _headings(rows)
    if not heads:
        return []
    lines = list(_under(rows, at, heads))
    items = _items(lines)[:_MOST]
    head = next((_whole(rows, at, one.cell) for one in heads if one.what == "quantity"), "")
    weighs = not _HEADS_QUANTITY.search(head)
    european = found.european or found.get("parties.exporter.country") in _COMMA
    made = [line for item in items if (line := _line(item, european=european, weighs=weighs))]
    if made and (origin := _origin(rows)):
        land, seen = origin
        made = [stated.put(one, {"countryOfOrigin": land}, seen, LIKELY) for one in made]
    _count(items, lines, found)
    return made


def told(rows: Sequence[Row], found: Findings) -> None:
    """What every certificate says beside its goods: of which invoice they are, and who sends."""
    letters.named_number(rows, found)
    _without_own_date(rows, found)
    _invoice_date(rows, found)
    same = any(_AS_CERTIFIER.search(cell.text) for row in rows for cell in row)
    if found.get("parties.exporter.country") or not same:
        return
    for at, row in enumerate(rows):
        for cell in row:
            if _CERTIFIER.match(cell.text) and (lines := _box(rows, at, cell)):
                land = whereabouts.country(", ".join(one.text for one in lines))
                found.add("parties.exporter.country", land, WEAK, lines[-1])


def _without_own_date(rows: Sequence[Row], found: Findings) -> None:
    """Forget the date of the certificate itself: "Date: 3 March 2026" in a row of its own."""
    dated = found.by_path.get("header.invoiceDate")
    if dated is None:
        return
    x0, y0, _, _ = dated.evidence.box
    for row in rows:
        own = [cell for cell in row if cell.page == dated.evidence.page and abs(cell.y0 - y0) < 1]
        before = [cell for cell in own if cell.x0 <= x0 + 1][-2:]
        if (
            before
            and any(_OWN_DATE.match(cell.text) for cell in before)
            and not any(_HEADS["invoice"].search(cell.text) for cell in row)
        ):
            found.by_path.pop("header.invoiceDate")
            return


def _box(rows: Sequence[Row], at: int, head: Cell) -> list[Cell]:
    """What stands under a heading, in its box or as near as rows of one block."""
    lines: list[Cell] = []
    for lower in rows[at + 1 : at + 7]:
        for one in lower:
            last = lines[-1] if lines else head
            under = one.page == head.page and one.x0 < head.x1 and one.x1 > head.x0
            near = one.y0 - last.y1 < max(head.height, one.height) * _NEAR
            if under and near and not _parted(head, one):
                lines.append(one)
    return lines


def _headings(rows: Sequence[Row]) -> tuple[int, list[_Head]]:
    """The row of the heading over the goods, and the headings beside it from the left."""
    for at, row in enumerate(rows):
        for cell in row:
            if not _HEADS["goods"].search(_whole(rows, at, cell)):
                continue
            beside = [
                (what, other)
                for near in range(max(at - 3, 0), min(at + 4, len(rows)))
                for other in rows[near]
                if other is not cell
                and other.page == cell.page
                and abs(other.y0 - cell.y0) < _ABOVE * cell.height
                and len(other.text) > 1
                and not (other.x0 < cell.x1 and other.x1 > cell.x0)
                and (what := _what(_whole(rows, near, other))) not in (None, "goods")
            ]
            if {what for what, _ in beside} & {"quantity", "hsCode", "invoice"}:
                return at, _columns(cell, beside)
    return -1, []


def _whole(rows: Sequence[Row], at: int, cell: Cell) -> str:
    """A heading with the rows that go on with it: "7. Number and kind of packages;" / "..."."""
    text, last = cell.text, cell
    for lower in rows[at + 1 : at + 4]:
        for one in lower:
            under = one.page == cell.page and one.x0 < cell.x1 and one.x1 > cell.x0
            if under and 0 <= one.y0 - last.y0 < last.height * 1.6 and not _parted(cell, one):
                text, last = f"{text} {one.text}", one
    return text


def _parted(one: Cell, other: Cell) -> bool:
    """Whether lines are drawn between two cells."""
    return one.frame is not None and one.frame.closed and not same_box(one, other)


def _what(text: str) -> str | None:
    if len(text) > 160:
        return None
    return next((what for what, pattern in _HEADS.items() if pattern.search(text)), None)


def _columns(goods: Cell, beside: Sequence[tuple[str, Cell]]) -> list[_Head]:
    taken: dict[str, Cell] = {"goods": goods}
    for what, cell in beside:
        taken.setdefault(what, cell)
    cells = sorted(taken.items(), key=lambda one: one[1].x0)
    made = []
    for place, (what, cell) in enumerate(cells):
        left = cell.x0 - 2 * cell.height if place else 0.0
        right = cells[place + 1][1].x0 - 2 if place + 1 < len(cells) else 1e9
        if (frame := cell.frame) is not None:
            left = frame.left if frame.left is not None else left
            right = frame.right if frame.right is not None else right
        made.append(_Head(what, cell, left, right))
    return made


def _under(rows: Sequence[Row], at: int, heads: Sequence[_Head]) -> Iterator[_Line]:
    """The rows below the headings up to the certifier's own words."""
    page, foot = heads[0].cell.page, max(_foot(rows, head) for head in heads)
    edge = _edge_of_goods(rows[at + 1 :], next(one for one in heads if one.what == "goods"), foot)
    for row in rows[at + 1 :]:
        own = [cell for cell in row if cell.y0 >= foot - 1]
        if row[0].page != page:
            return
        if any(_ENDS.search(cell.text) for cell in own):
            return
        said: dict[str, str] = {}
        cells: dict[str, Cell] = {}
        for head in heads:
            words = tuple(
                word
                for cell in own
                for word in cell.words
                if not (head.what == "goods" and _is_mark(cell, edge))
                and head.left - 1 <= (word.x0 + word.x1) / 2 < head.right
            )
            if words:
                cells[head.what] = Cell(page=page, words=words)
                said[head.what] = cells[head.what].text
        if said:
            yield _Line(said, cells, own[0].y0)


def _edge_of_goods(rows: Sequence[Row], head: _Head, foot: float) -> float:
    """Where the names of the goods begin, where marks stand beside them in one box."""
    edges: dict[int, int] = {}
    beside: set[int] = set()
    for row in rows:
        own = [
            cell
            for cell in row
            if cell.page == head.cell.page
            and cell.y0 >= foot - 1
            and head.left - 1 <= cell.x0 < head.right
        ]
        if any(_ENDS.search(cell.text) for cell in own):
            break
        for place, cell in enumerate(own):
            edges[round(cell.x0)] = edges.get(round(cell.x0), 0) + 1
            if place and not _NUMBERED.fullmatch(own[0].text):
                beside.add(round(cell.x0))
    rightly = [edge for edge in beside if edges[edge] > 1 and edges[edge] * 2 > sum(edges.values())]
    return float(min(rightly)) if rightly else 0.0


def _is_mark(cell: Cell, edge: float) -> bool:
    return cell.x1 < edge and not _NUMBERED.fullmatch(cell.text)


def _foot(rows: Sequence[Row], head: _Head) -> float:
    """Where a heading ends, with the rows that go on with it."""
    if head.cell.frame is not None and head.cell.frame.bottom is not None:
        bottom = head.cell.frame.bottom
        if bottom - head.cell.y1 < head.cell.height * _ABOVE:
            return bottom
    last = head.cell
    for row in rows:
        for one in row:
            under = one.page == last.page and one.x0 < head.cell.x1 and one.x1 > head.cell.x0
            if (
                under
                and 0 < one.y0 - last.y0 < last.height * 1.4
                and not any(char.isdigit() for char in one.text)
            ):
                last = one
    return last.y1


def _items(lines: Sequence[_Line]) -> list[list[_Line]]:
    """The rows of each item: by its number, its packages, its paragraph or its quantity."""
    texts = [line.said.get("goods", "") for line in lines]
    starts = _by_number(lines)
    counted = [at for at, line in enumerate(lines) if _has_quantity(line)]
    packed = [at for at, text in enumerate(texts) if _packages(_bare(text)) is not None]
    if len(starts) == 1 and len(packed) == len(counted) > 1:
        starts = packed  # the first is numbered, the others are not
    if not starts and packed and (len(packed) >= len(counted) or len(packed) > 1):
        starts = packed
    if not starts:
        starts = _by_paragraph(lines, counted)
    worded = [at for at, text in enumerate(texts) if re.search(r"[^\W\d_]{3}", text)]
    if not starts and worded:
        starts = [next((at for at in worded if not _NOT_GOODS.match(texts[at])), 0)]
    ends = [*starts[1:], len(lines)]
    items = [list(lines[a:b]) for a, b in zip(starts, ends, strict=True)]
    if len(items) == 1 and starts[0] and counted and counted[0] < starts[0]:
        items[0] = list(lines[counted[0] :])
    return items


def _by_number(lines: Sequence[_Line]) -> list[int]:
    """Where the items begin whose numbers count on from one."""
    starts: list[int] = []
    for at, line in enumerate(lines):
        alone = re.fullmatch(r"(\d{1,3})\W*", line.said.get("item", ""))
        text = line.said.get("goods", "")
        match = None if _PACKED.match(text) else _NUMBERED.match(text)
        number = alone or match
        if number is not None and int(number[1]) == len(starts) + 1:
            starts.append(at)
    return starts


def _by_paragraph(lines: Sequence[_Line], counted: Sequence[int]) -> list[int]:
    """Where the paragraphs begin that have a quantity each; or else the quantities themselves."""
    if len(counted) < 2:
        return []
    steps = sorted(b.top - a.top for a, b in itertools.pairwise(lines))
    usual = steps[0] if steps else 0.0
    starts: list[int] = []
    for at in range(len(lines)):
        if at == 0 or lines[at].top - lines[at - 1].top > _STEP * usual:
            starts.append(at)
    ends = [*starts[1:], len(lines)]
    holds = [sum(a <= at < b for at in counted) for a, b in zip(starts, ends, strict=True)]
    if max(holds) == 1:
        return [start for start, held in zip(starts, holds, strict=True) if held]
    return list(counted)


def _has_quantity(line: _Line) -> bool:
    text = line.said.get("quantity", "")
    return bool(_COUNTED.match(text)) and not _GROSS.search(text) and not _NET.search(text)


def _packages(text: str) -> tuple[int, str] | None:
    match = _PACKED.match(text)
    if match is None or _NO_PACKAGE.fullmatch(match["unit"].strip()):
        return None
    return int(re.sub(r"\D", "", match["a"] or match["b"])), match["unit"].strip()


def _line(item: Sequence[_Line], *, european: bool, weighs: bool) -> LineRead | None:
    said: dict[str, Any] = {}
    evidence: dict[str, Evidence] = {}
    words, packed = _words(item)
    rest, told = stated.apart(_FRENCH_CODE.sub("HS", words), coded=False)
    if not re.search(r"[^\W\d_]{3}", rest):
        return None
    cell = next(line.cells["goods"] for line in item if "goods" in line.cells)
    said |= {"description": rest[:_LONGEST], **told}
    evidence |= dict.fromkeys(said, cell.evidence(words))
    for line in item:
        for what, field, reader in (
            ("hsCode", "hsCodeHint", values.hs_code),
            ("origin", "countryOfOrigin", values.country),
        ):
            text = line.said.get(what, "")
            if field not in said and (value := reader(text)):
                said[field], evidence[field] = value, line.cells[what].evidence()
    counted = _COUNTED_IN.search(rest)
    if counted is not None and (shorter := rest[: counted.start()].strip(" ,;-")):
        said["description"] = shorter[:_LONGEST]
        figure = values.figure(counted["figure"], european=european)
        packed = packed or (figure, counted["unit"], None) if figure else packed
    quantity = _quantity(item, european=european, weighs=weighs)
    if packed is not None and (quantity is None or weighs):
        quantity = packed
    if quantity is not None:
        count, unit, where = quantity
        said["quantity"], evidence["quantity"] = count, (where or cell).evidence()
        if unit:
            said["unit"], evidence["unit"] = unit.upper(), (where or cell).evidence()
    sure = {field: read_off(cell, WEAK if field == "description" else LIKELY) for field in said}
    return LineRead(values={**said, "lineNumber": 1}, evidence=evidence, confidence=sure)


_Quantity = tuple[Decimal, str | None, Cell | None]


def _words(item: Sequence[_Line]) -> tuple[str, _Quantity | None]:
    """What names the goods, without number and packages; pieces that are counted there."""
    texts: list[str] = []
    for line in item:
        text = line.said.get("goods", "").strip(" *-_")
        if not texts and (match := _NUMBERED.match(text)) and not _PACKED.match(text):
            text = match[2]
        if text and _NOT_GOODS.match(text):
            if texts and not re.match(r"(?i)\W*(?:h\.?s|customs)", text):
                break
            continue
        if text:
            texts.append(text)
    words = " ".join(texts)
    counted = None
    if match := _PACKED.match(words):
        if _NO_PACKAGE.fullmatch(match["unit"].strip()):
            figure = Decimal(re.sub(r"\D", "", match["a"] or match["b"]))
            counted = (figure, match["unit"].strip(), None)
        words = words[match.end() :]
    return words.strip(" *-–,;"), counted


def _quantity(item: Sequence[_Line], *, european: bool, weighs: bool) -> _Quantity | None:
    """How much of the goods; a gross weight only where the box asks for quantities."""
    gross: _Quantity | None = None
    for line in item:
        text = line.said.get("quantity", "")
        match = _COUNTED.match(_MARKED_WEIGHT.sub("", text))
        figure = values.figure(match["figure"], european=european) if match else None
        if match is None or figure is None:
            continue
        one = (figure, match["unit"], line.cells["quantity"])
        if not _GROSS.search(text) and not _NET.search(text):
            return one
        gross = gross or one
    return None if weighs else gross


def _origin(rows: Sequence[Row]) -> tuple[str, Evidence] | None:
    """The country in the box of the origin, or the one of the exporter's declaration."""
    for at, row in enumerate(rows):
        for cell in row:
            if not _HEADS["origin"].search(cell.text) or len(cell.text) > _LONGEST_LABEL:
                continue
            inside = cell.text.partition(":")[2]
            if inside and (land := values.country_in(inside)):
                return land, cell.evidence()
            lands: dict[str, Cell] = {}
            for one in _box(rows, at, cell):
                if land := values.country(one.text) or values.country_in(one.text):
                    lands.setdefault(land, one)
            if len(lands) == 1:
                land, where = next(iter(lands.items()))
                return land, where.evidence()
    return _produced(rows)


def _produced(rows: Sequence[Row]) -> tuple[str, Evidence] | None:
    lands: dict[str, Cell] = {}
    for at, row in enumerate(rows):
        for cell in row:
            match = _PRODUCED.search(cell.text)
            if match is None:
                continue
            land = values.country_in(match["land"]) if match["land"] else None
            under = below(rows, at, cell)
            if not land and not match["land"] and under is not None:
                land = values.country(under.text)
            if land:
                lands.setdefault(land, cell)
    if len(lands) != 1:
        return None
    land, where = next(iter(lands.items()))
    return land, where.evidence()


def _invoice_date(rows: Sequence[Row], found: Findings) -> None:
    """The date under the number of the invoice: "FACTURA N. 25/001873" / "DE FECHA 12/05/2025"."""
    number = found.by_path.get("header.invoiceNumber")
    if number is None or found.get("header.invoiceDate") is not None:
        return
    x0, y0, x1, y1 = number.evidence.box
    frames = [
        cell.frame
        for row in rows
        for cell in row
        if (cell.x0, cell.y0) == (x0, y0) and cell.frame is not None and cell.frame.closed
    ]
    for row in rows:
        for cell in row:
            own = cell.frame is not None and cell.frame in frames
            if cell.page != number.evidence.page or not (own or (cell.x0 < x1 and cell.x1 > x0)):
                continue
            near = -1 <= cell.y0 - y1 < cell.height * 1.5
            match = _DATED.match(cell.text) if near else None
            if match and (dated := values.day(match["date"])):
                day = values.turned(dated) if dated.unsure and found.day_first else dated
                found.add("header.invoiceDate", day.value, WEAK, cell)
                return


def _count(items: Sequence[Sequence[_Line]], lines: Sequence[_Line], found: Findings) -> None:
    """The packages: those that a row calls the total, or else those of all the items."""
    if found.get("totals.packages") is not None:
        return
    for line in lines:
        text = line.said.get("goods", "")
        total = re.match(r"(?i)^\W*(?:grand\s+)?total\w*\W*", text)
        if total and (said := _packages(text[total.end() :])):
            found.add("totals.packages", said[0], LIKELY, line.cells["goods"])
            found.add("totals.packageUnit", said[1].casefold(), LIKELY, line.cells["goods"])
            return
    counts = [
        said
        for item in items
        for line in item[:1]
        if (said := _packages(_bare(line.said.get("goods", ""))))
    ]
    if counts and len(counts) == len(items) and len({kind.casefold() for _, kind in counts}) == 1:
        where = items[0][0].cells["goods"]
        found.add("totals.packages", sum(count for count, _ in counts), WEAK, where)
        found.add("totals.packageUnit", counts[0][1].casefold(), WEAK, where)


def _bare(text: str) -> str:
    match = None if _PACKED.match(text) else _NUMBERED.match(text)
    return match[2] if match else text
