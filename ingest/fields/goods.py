"""The goods of a carrier's document: their names and tariff codes in the box of the goods.

A name goes on over the rows under it; a tariff code ends it, and the next goods begin there.
What the form, the carrier and the bank say ("said to contain", a credit's number) is no goods.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ingest.fields import boxes, labels, values
from ingest.fields.found import LIKELY, WEAK, read_off
from ingest.fields.layout import Cell, Row, below
from ingest.fields.lineread import LineRead
from storage.values import Evidence

PACKAGE = (
    r"(?:cartons?|ctns?|packages?|pkgs?|bales?|pallets?|plts?|bags?|box(?:es)?|cases?|crates?"
    r"|drums?|rolls?|bundles?|pieces|pcs|skids?)"
)
_FILLER = re.compile(
    r"(?i)said to contain|\bdice contener|\bs\.?t\.?c\b|as per attach|shipper'?s? (?:seal|load)"
    r"|load,? (?:stow|count)|\bcontainers?\b|\bfreight (?:to )?(?:prepaid|collect|be)|^\W*total\b"
    r"|to be continued|\bas per (?:the )?(?:annexure|attached|rider)"
    r"|^goods$|^description$|\bseal\b|shipped on board|\*\*\*|\boriginal\b"
    r"|\bnet w|\bgross w|carrier'?s? receipt|on board|^\W*(?:inv(?:oice)?|l/c|p\.?o|s/b|b/l)\b"
    r"|\b(?:telex|express) release|\bsurrendered\b|\b(?:ispm|slac|dthc|ddc|thc)\b"
    r"|^\W*(?:dims?|vol)\b"
    r"|wood(?:en)? packag|solid wood|\bmade in\b|\bincoterms\b|fcl/fcl|cy/(?:cy|door)|lcl/lcl"
    r"|\bonly\b\W*[\d.,]*\W*$"
    r"|days free|free time|\bparticulars\b"
    r"|\battached\b|\bdo not\b|\bas arranged\b|\bon carrier|^\W*mark"
)
_STC = re.compile(r"(?i)^\s*(?:stc|s\.t\.c\.?|said to contain)\b[\s:.]*")
_REFERENCE = re.compile(
    r"(?i)\b(?:no|code|date|dt|number|ref)\b\s*\.?\s*:|^[^:]{1,25}:|^\W*\d?\d? ?x ?\d\d'?"
    r"|\b\d{2}\s?(?:hc|hq|dry|dv|gp|rf|ft)\b"
)
_SET_BEFORE = re.compile(
    rf"(?i)^\s*(?:\(\s*\d[\d,]*\s*{PACKAGE}\s*\)|\d[\d,]*\s*{PACKAGE}\s+of\b)\s*(?=[^\W\d_]{{3}})"
)
"""A count before the name: "(5,736 CARTONS) CHAINSAWS", "40 BALES OF RAW COTTON"."""
_COUNTED = re.compile(rf"(?i)^\W*(\d[\d,]*)\s*({PACKAGE})\b")
_SPELLED = re.compile(
    rf"(?i)^\W*(?:say\b)?[a-z \-]+\({{0,1}}[\d,]*\){{0,1}}\s*{PACKAGE}\b.{{0,6}}\bonly\b"
)
_CODE_LABEL = (
    r"(?:H\.?\s?T?\.?\s?S\.?\s?(?:US)?N?(?:\s?/\s?HTS)?|tariff|ncm|taric|g\.?t\.?[iı]\.?p|海关编码"
    r"|customs tariff|commodity|(?:inciso|fracci[oó]n|partida|posici[oó]n)\s+arancelari[ao]"
    r"|nomenclature(?: douani[eè]re)?|code douanier|zolltarif(?:nummer)?|warennummer|voce doganale)"
)
_CODED = re.compile(
    rf"(?i)\b{_CODE_LABEL}[.-]?\s*(?:#|code|codes|number|no)?\s*(?:no)?\s?[.:#]*"
    r"\s*(\d{4}[\d. ,/;&]*\d)"
)
_OF_CODE = re.compile(r"\d[\d.]*")
_MADE_IN = re.compile(
    r"(?i)\b(?:made in|product of|produce of|(?:country of )?origin|hecho en|pa[ií]s de or[ií]gen"
    r"|fabriqu[eé] en|pays d'origine|hergestellt in|ursprungsland|prodotto in|paese d'origine"
    r"|origem|mense[iı])\s*[:\-]?\s*([A-Z][A-Z .']{2,30})"
)
_BOXED = re.compile(
    r"(?i)(?:goods description|description of (?:goods|cargo)|cargo description|commodity"
    r"|commodity description|descripci[óo]n de la (?:mercanc[íi]a|carga)|warenbezeichnung)\W*"
)
_MOST_ROWS = 3  # of goods in a box
_MADE_IN_OPEN = re.compile(r"(?i)made in|product of|produce of|fabriqu[eé] en|hergestellt in")
_MOST_WORDS, _LONGEST = 60, 400
_GAP = 1.25  # heights of a row: a wider gap is the end of a name


def lines(column: Sequence[Cell], begins: frozenset[int] = frozenset()) -> list[LineRead]:
    """The goods that a column names, each with its tariff code where it is said.

    `begins`: by id, the cells in whose row a count and a weight or a container begin new goods.
    """
    made: list[tuple[list[Cell], list[str], Cell | None]] = []
    named: list[Cell] = []
    ended = False
    for cell in column:
        codes = codes_in(cell.text)
        begun = any(id(one) in begins for one in named)  # or its first row stands over the count
        if begun and id(cell) in begins and not codes and _is_goods(cell):
            made.append((named, [], None))
            named, ended = [], False
        if codes:
            if named or not made:
                made.append((named, codes, cell))
            else:
                made[-1][1].extend(codes)
            named, ended = [], False
        elif _is_goods(cell) and not (ended and named):
            near = not named or cell.y0 - named[-1].y1 < named[-1].height * _GAP
            if near and sum(len(one.text) for one in named) < _LONGEST:
                named.append(cell)
            else:
                ended = True
        elif named and not _inside(cell.text):
            ended = True
    if named and (not made or id(named[0]) in begins):
        made.append((named, [], None))
    found = _each_once([one for one in made if one[0]])
    if not found:
        return []
    if len(found) == 1:
        return _paired(*found[0])
    return [_line(cells, codes, at) for cells, codes, at in found]


def _each_once(
    made: Sequence[tuple[list[Cell], list[str], Cell | None]],
) -> list[tuple[list[Cell], list[str], Cell | None]]:
    """The goods, those without a code only once: each container may name the same."""
    once: dict[tuple[str, tuple[str, ...]], tuple[list[Cell], list[str], Cell | None]] = {}
    for one in made:
        name = " ".join(_name_in(cell.text) for cell in one[0]).casefold()
        once.setdefault((name, tuple(one[1])), one)
    return list(once.values())


def _paired(cells: list[Cell], codes: list[str], at: Cell | None) -> list[LineRead]:
    """One name with its code; as many codes as rows are one for each row."""
    several = len(codes) > 1 and len(codes) == len(cells) and not _one_name(cells)
    if several:
        return [_line([cell], [code], at) for cell, code in zip(cells, codes, strict=True)]
    return [_line(cells, codes, at)]


def _one_name(cells: Sequence[Cell]) -> bool:
    """Whether the rows of a name go on, one in the other: brackets, commas, "AND"."""
    return any(cell.text.lstrip().startswith("(") for cell in cells[1:]) or any(
        re.search(r"(?i)(?:[,&/\-]|\b(?:and|of|with|for|y|et|und))\s*$", cell.text)
        for cell in cells[:-1]
    )


def codes_in(text: str) -> list[str]:
    """The tariff codes behind their label: "HTS 7318.15 7318.16", "H.S. CODE: 0304.62.00"."""
    codes: list[str] = []
    for match in _CODED.finditer(text):
        end = 0
        for piece in _OF_CODE.finditer(match[1]):
            bare = piece[0].replace(".", "")
            goes_on = match[1][end : piece.start()] == " " and end > 0
            end = piece.end()
            if goes_on and codes and (len(bare) == 2 or (len(codes[-1]), len(bare)) == (4, 4)):
                codes[-1] += bare  # "6109.10 00", "8446 2900"
                continue
            if code := values.hs_code(bare):
                codes.append(code)
    return list(dict.fromkeys(codes))


def _is_goods(cell: Cell) -> bool:
    text = _name_in(cell.text)
    return (
        bool(re.search(r"[^\W\d_]{4}", text))
        and len(text) <= 200
        and not _FILLER.search(text)
        and not _REFERENCE.search(text)
        and not _COUNTED.match(text)
        and not _SPELLED.match(text)
        and not values.containers(text)
        and not re.fullmatch(rf"(?i)\W*{PACKAGE}\W*", text)
        and not re.fullmatch(r"(?i)\W*(?:kgs?|cbm|lbs?)\W*", text)
    )


def _name_in(text: str) -> str:
    """The words of a name, without what says that something is contained or how many."""
    return _SET_BEFORE.sub("", _STC.sub("", text)).strip()


def _inside(text: str) -> bool:
    """What may stand in a name without ending it: "(1,104 CTNS)" under the last of its rows."""
    return bool(re.fullmatch(r"\(.*\)", text.strip()))


def _line(cells: Sequence[Cell], codes: Sequence[str], at: Cell | None) -> LineRead:
    """One line; of several codes the first, which a person has to look at."""
    said: dict[str, Any] = {"lineNumber": 1}
    evidence: dict[str, Evidence] = {}
    sure: dict[str, float] = {}
    text = " ".join(_name_in(cell.text) for cell in cells)
    text = re.sub(r"(?<=\w)- (?=[A-Z])", " - ", text).strip(" ,.;")
    if re.search(r"[^\W\d_]{3}", text):
        said["description"], sure["description"] = text[:1000], read_off(cells[0], WEAK)
        evidence["description"] = cells[0].evidence()
    if codes and at is not None:
        said["hsCodeHint"], evidence["hsCodeHint"] = codes[0], at.evidence()
        sure["hsCodeHint"] = LIKELY if len(codes) == 1 else WEAK
    return LineRead(values=said, evidence=evidence, confidence=sure)


def in_a_box(rows: Sequence[Row]) -> list[LineRead]:
    """The goods in a box of their own, without columns: "GOODS DESCRIPTION" over their name."""
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            if not _BOXED.fullmatch(cell.text.strip()):
                continue
            named: list[Cell] = []
            if cell.text.rstrip().endswith(":") and place + 1 < len(row):
                named.append(row[place + 1])
            last = named[0] if named else cell
            for _ in range(_MOST_ROWS - len(named)):
                lower = _close_below(rows, at, last, cell if not named else last)
                if lower is None:
                    break
                named.append(lower)
                last = lower
            if made := lines(named):
                return made
    return []


def _close_below(rows: Sequence[Row], at: int, last: Cell, edge: Cell) -> Cell | None:
    """What goes on close under a cell on the same left edge, if it is no label."""
    for row in rows[at + 1 : at + 2 + _MOST_ROWS]:
        for one in row:
            near = one.page == last.page and 0 < one.y0 - last.y0 < last.height * 2.4
            if near and abs(one.x0 - edge.x0) < edge.height * 1.5:
                label = labels.field_of(one.text) or boxes.names(one.text)
                return None if label or one.text.endswith(":") else one
    return None


def of_code(rows: Sequence[Row]) -> list[LineRead]:
    """A line that has only the tariff code, where no goods are named."""
    there = _only_code(rows)
    return [_line([], [there[0]], there[1])] if there else []


def with_code(made: Sequence[LineRead], rows: Sequence[Row]) -> list[LineRead]:
    """The one line with the only code that the paper names, wherever it stands."""
    there = _only_code(rows)
    if there is None:
        return list(made)
    return [_coded(line, *there) for line in made]


def _coded(line: LineRead, code: str, cell: Cell) -> LineRead:
    only = _line([], [code], cell)
    return line.model_copy(
        update={
            "values": {**line.values, "hsCodeHint": only.values["hsCodeHint"]},
            "evidence": {**line.evidence, **only.evidence},
            "confidence": {**line.confidence, **only.confidence},
        }
    )


def with_codes_beside(made: Sequence[LineRead], column: Sequence[Cell]) -> list[LineRead]:
    """The lines with the codes of a column of their own, each on the row where its name begins."""
    codes = [(code, cell) for cell in column if (code := values.hs_code(cell.text))]
    lines: list[LineRead] = []
    for line in made:
        named = line.evidence.get("description")
        own = [
            one
            for one in codes
            if named is not None
            and named.box is not None
            and one[1].page == named.page
            and named.box[1] <= (one[1].y0 + one[1].y1) / 2 <= named.box[3]
        ]
        bare = own and "hsCodeHint" not in line.values
        lines.append(_coded(line, *own[0]) if bare else line)
    return lines


def _only_code(rows: Sequence[Row]) -> tuple[str, Cell] | None:
    codes = {code: cell for row in rows for cell in row for code in codes_in(cell.text)}
    return next(iter(codes.items())) if len(codes) == 1 else None


def _made_below(rows: Sequence[Row], at: int, cell: Cell) -> re.Match[str] | None:
    """An origin broken over two rows of the marks: "PRODUCE OF" / "SRI LANKA"."""
    if not _MADE_IN_OPEN.fullmatch(cell.text.strip()):
        return None
    lower = below(rows, at, cell, most_rows=2)
    near = lower is not None and lower.y0 - cell.y1 < cell.height
    return _MADE_IN.search(f"{cell.text} {lower.text}") if lower is not None and near else None


def with_origin(made: Sequence[LineRead], rows: Sequence[Row]) -> list[LineRead]:
    """The lines with the one country that the marks or the goods name: "MADE IN INDIA"."""
    lands: dict[str, Cell] = {}
    for at, row in enumerate(rows):
        for cell in row:
            match = _MADE_IN.search(cell.text) or _made_below(rows, at, cell)
            if match and len(cell.text) < 80 and (land := values.country_in(match[1])):
                lands.setdefault(land, cell)
    if len(lands) != 1:
        return list(made)
    land, cell = next(iter(lands.items()))
    return [
        line
        if line.values.get("countryOfOrigin")
        else line.model_copy(
            update={
                "values": {**line.values, "countryOfOrigin": land},
                "evidence": {**line.evidence, "countryOfOrigin": cell.evidence()},
                "confidence": {**line.confidence, "countryOfOrigin": WEAK},
            }
        )
        for line in made
    ]
