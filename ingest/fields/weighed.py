"""Weights and packages that no label alone gives: said in a sentence, or in the row of totals.

"PACKED IN 1175CTNS G.W.:25340KGS", "net weight 1.024,5 kg", "TOTAL  6,775  36,921.24  45,429.50"
under headings. Several weights without a total among them are the weights of parts: none is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from ingest.fields import labels, values
from ingest.fields.found import LIKELY, SURE, WEAK, Findings
from ingest.fields.layout import Cell, Row
from ingest.pages.page import Word

GROSS, NET, PACKAGES = "totals.grossWeightKg", "totals.netWeightKg", "totals.packages"
_UNIT = r"(?P<unit>kgs?|kilos?|kilogram\w*|lbs?|公斤|千克)(?![a-z])"
_FIGURE = r"(?P<figure>\d{1,3}(?: \d{3})+(?:[.,]\d{1,3})?(?!\d)|\d(?:[\d.,'\u2019\u00a0]*\d)?)"
_NO_BOX = r"(?!\d)(?!\.\s+[A-Za-z])"
"""What stands behind is not the number of the next box: "Gross mass (kg)" | "10. Invoices"."""
_GROSS_WORDS = (
    r"(?:gross(?:\s*(?:weight|wt|mass))?|(?<![a-z])g\s?[./]?\s?w(?![a-z])(?:\.?t)?|(?<![a-z])gr\.?\s?wt|brutto(?:gewicht)?|peso\s+(?:bruto|lordo)"
    r"|poids\s+brut|br[uü]t(?![a-z])|waga\s+brutto|毛重|총중량|総重量)"
)
_NET_WORDS = (
    r"(?:nett?o?(?:\s*(?:weight|wt|mass))?(?![a-z])|(?<![a-z])n\s?[./]?\s?w(?![a-z])(?:\.?t)?|(?<![a-z])nt\.?\s?wt|nettogewicht"
    r"|peso\s+(?:neto|netto|l[ií]quido)|poids\s+net|net\s+a[gğ][ıi]rl[ıi]k|净重|순중량|正味重量)"
)
_SAID = {
    GROSS: re.compile(rf"(?i){_GROSS_WORDS}[^\d\n]{{0,12}}?{_FIGURE}\s*{_UNIT}"),
    NET: re.compile(rf"(?i){_NET_WORDS}[^\d\n]{{0,12}}?{_FIGURE}\s*{_UNIT}"),
}
_UNIT_FIRST = {
    GROSS: re.compile(rf"(?i){_GROSS_WORDS}[\s:.(]{{0,3}}{_UNIT}[\s:.)]{{0,3}}{_FIGURE}{_NO_BOX}"),
    NET: re.compile(rf"(?i){_NET_WORDS}[\s:.(]{{0,3}}{_UNIT}[\s:.)]{{0,3}}{_FIGURE}{_NO_BOX}"),
}
"""As Italy writes it: "Peso lordo kg 1.284,00"."""
_HEADED = {
    GROSS: re.compile(rf"(?i){_GROSS_WORDS}"),
    NET: re.compile(rf"(?i)(?<!drained ){_NET_WORDS}"),
    PACKAGES: re.compile(
        r"(?i)(?<![/a-z])(?:c/?tns?|cartons?|packages|pkgs?|pallets|bales|cases|crates|colli|kolli|colis|bultos"
        r"|cajas|volumes|koli|cx)\b(?!\.?\s*(?:no|nos|number|mark|#))"
    ),
}
_EACH = re.compile(r"(?i)\bper\b|\beach\b|\bje\b|/\s?(?:ctn|carton|pc|unit|pkg)")
KIND = (
    r"(?:wooden\s+|cardboard\s+|export\s+|eur-?\s?|euro\s?)?(?P<kind>c/?tns?|cartons?|packages?|pkgs?|pallets?|plts?|skids?|boxes"
    r"|box(?:es)?|c/t|rotoli|bobine|cases?|casse|caisses|crates?|bales?|bags?|drums?|rolls?|bundles?|kolli|colli|kap|koli|colis|bultos|cajas"
    r"|caixas|volumes|paletten|paletes|kartons?|kisten|parcels?|cases|件|箱)(?![a-z])"
)
_TOTAL = re.compile(
    r"(?i)^\W*(?:g(?:rand)?\W*)?(?:totals?|totais|totales|totaux|totale|gesamt\w*|summe|suma|toplam|ukupno|razem"
    r"|合计|合計|总计|합계|tong cong)\b"
)
_TOTALLED = re.compile(
    rf"(?i)(?:\btotals?|\btoplam|\bgesamt\w*|\b(?:packed|packaged|contained|imballat\w*|verpackt)\s+in(?:to)?|\bemball\w+\s+(?:en|dans)|\bembalad\w+\s+en|\bsay|\bin\s+all|合计)\W*(?:\w+\s*[/:]\s*)?(?:total\W*|of\s+|packed\s+in\s+)?(?:n[.°ºr]\s*|n[or]\.\s*)?"
    rf"(?P<figure>\d[\d,.]*)\s*(?:\([^()\d]{{2,30}}\)\s*)?{KIND}"
)
_LABELLED = re.compile(
    r"(?i)\b(?:packing|packages|colli|bultos|colis|imballo|embalagem|verpackung|packst[üu]cke)"
    rf"\s*[:：]\s*(?P<figure>\d[\d,.]*)\s*{KIND}|カートン数\s*(?P<count>\d+)\s*(?P<cartons>c/t)?"
)
"""The count behind its label, with what it counts: "PACKING : 37 CARTONS ON 2 PALLETS"."""
_SAYS_PACKED = re.compile(
    r"(?i)\btotal|\bsay\b|pack(?:ed|aged)|contained|imballat|verpackt|emball|embalad"
)
_SPELLED = re.compile(rf"(?i)\b(?:totals?|say)\b[^\d]{{0,140}}?\((?P<figure>\d[\d,]*)\)\s*{KIND}")
_IN_ALL = re.compile(
    r"(?i)\d\s*[a-z]+\W+(?:\d+\s*[a-z]+\W+)*?"
    r"\(\s*(?P<figure>\d+)\s*(?P<kind>packages?|pkgs?|colli|kolli)\s*\)"
)
"""Packages of several kinds and how many they are: "3 pallets, 1 carton (4 packages)"."""
_IN_WORDS = re.compile(
    rf"(?i)\b(?:totals?|say)\b(?:\s+packed)?(?:\s+in)?\W*"
    rf"(?P<words>[a-z][a-z \u00ad\ufffe-]+?)\s+{KIND}\s+only"
)


_COUNTS_FIRST = re.compile(rf"(?i)(?P<figure>\d[\d,.]*)\s*{KIND}\.?")


class _Weight(NamedTuple):
    value: Decimal
    cell: Cell
    text: str
    total: bool


class _Sum(NamedTuple):
    proven: bool  #: its column adds up to it
    value: Decimal
    cell: Cell
    parts: tuple[Decimal, ...]


class _Column(NamedTuple):
    left: float
    right: float


def read(rows: Sequence[Row], found: Findings) -> None:
    """Add what such sentences and rows say; a row of totals goes before the weight of a part."""
    for path in (GROSS, NET):
        _sentence(rows, path, found)
    _under_gross(rows, found)
    _packages(rows, found)
    _totals_row(rows, found)


def _sentence(rows: Sequence[Row], path: str, found: Findings) -> None:
    said: dict[Decimal, _Weight] = {}
    for text, cell in _texts(rows):
        if _EACH.search(text):
            continue
        for match in (*_SAID[path].finditer(text), *_UNIT_FIRST[path].finditer(text)):
            value = values.weight_kg(f"{match['figure']} {match['unit']}", european=found.european)
            total = bool(
                re.search(r"(?i)\btotal|gesamt|summe|toplam|合计", text[: match.start() + 6])
            )
            if value and (value not in said or total):
                said[value] = _Weight(value, cell, match[0], total)
    whole = [one for one in said.values() if one.total]
    chosen = next(iter(said.values())) if len(said) == 1 else None
    if chosen is None and len(whole) == 1:
        chosen = whole[0]
        found.by_path.pop(path, None)  # a label found the weight of a part
    if chosen is None and len(said) > 2 and 2 * max(said) == sum(said):
        chosen = said[max(said)]
        found.by_path.pop(path, None)
    if chosen is not None:
        found.add(path, chosen.value, LIKELY if chosen.total else WEAK, chosen.cell, chosen.text)


def _under_gross(rows: Sequence[Row], found: Findings) -> None:
    """The net weight without a unit under the gross weight: "1.486,5 kg" / "net 1.322,0"."""
    if found.get(NET) is not None:
        return
    for at, row in enumerate(rows):
        for cell in row:
            if not (match := _BARE_NET.fullmatch(cell.text)):
                continue
            above = any(
                one.page == cell.page and one.x0 < cell.x1 and one.x1 > cell.x0
                and cell.y0 - one.y1 < cell.height
                and re.search(r"(?i)\d\s*kgs?\b", one.text)
                for upper in rows[max(at - 2, 0) : at]
                for one in upper
            )  # fmt: skip
            if above:
                found.add(
                    NET, values.weight_kg(match["figure"], european=found.european), WEAK, cell
                )
                return


_BARE_NET = re.compile(rf"(?i)(?:net{{1,2}}o?|n\.?w\.?)\W{{0,3}}{_FIGURE}(?:\s*kgs?)?")


def _texts(rows: Sequence[Row]) -> Iterator[tuple[str, Cell]]:
    """Each row as one text, and with the row under it where a sentence goes on."""
    for at, row in enumerate(rows):
        line = " ".join(cell.text for cell in row)
        yield line, row[0]
        if at + 1 < len(rows) and len(row) == len(rows[at + 1]) == 1 and len(line) > 40:
            below = rows[at + 1][0]
            if below.page == row[0].page and below.y0 - row[0].y1 < row[0].height:
                yield f"{line} {below.text}", row[0]


def _packages(rows: Sequence[Row], found: Findings) -> None:
    counts: dict[int, tuple[str, Cell]] = {}
    for at, row in enumerate(rows):
        lines = [" ".join(cell.text for cell in row)]
        cells = [row[0]]
        for cell in row:  # a column of a form: what goes on under it
            text = cell.text
            if re.search(
                r"(?i)\btotal|\bsay\b|pack(?:ed|aged)|contained|imballat|verpackt|emball|embalad",
                text,
            ):
                for lower in rows[at + 1 : at + 2]:
                    text += "".join(
                        f" {one.text}"
                        for one in lower
                        if abs(one.x0 - cell.x0) < cell.height and one.page == cell.page
                    )
                lines.append(text)
                cells.append(cell)
        for text, cell in zip(lines, cells, strict=True):
            for count, kind in _counted(text):
                counts.setdefault(count, (kind, cell))
    if len(counts) == 1:
        count, (kind, cell) = counts.popitem()
        found.add(PACKAGES, count, LIKELY, cell)
        if found.get(PACKAGES) == count:
            found.add("totals.packageUnit", kind.casefold(), LIKELY, cell)


def _counted(text: str) -> Iterator[tuple[int, str]]:
    for pattern in (_IN_ALL, _SPELLED, _TOTALLED):
        if match := pattern.search(text):
            yield int(re.sub(r"\D", "", match["figure"])), match["kind"]
            return
    if match := _LABELLED.search(text):
        count = match["figure"] or match["count"]
        yield int(re.sub(r"\D", "", count)), match["kind"] or match["cartons"] or "cartons"
        return
    if match := _IN_WORDS.search(text):
        words = re.sub(r"[\u00ad\ufffe-]+\s*", " ", match["words"])
        if number := values.in_words(words):
            yield number, match["kind"]


def _totals_row(rows: Sequence[Row], found: Findings) -> None:
    """What a row of totals has under the headings of weights and packages."""
    totals = [
        at
        for at in range(len(rows) - 1, 0, -1)
        if any(_TOTAL.match(cell.text) and len(cell.text) < 40 for cell in rows[at])
        and _figures(rows[at])
    ]
    silent = [
        at
        for at in range(1, len(rows))
        if at not in totals and _COUNTS_FIRST.fullmatch(rows[at][0].text) and _figures(rows[at])
    ]
    for path, pattern in _HEADED.items():
        hits = [hit for at in totals for hit in _hits(rows, at, pattern, found)]
        if path != PACKAGES:
            # A row that says no "total", but begins with the packages and adds up: "151 CTNS".
            added = [hit for at in silent for hit in _hits(rows, at, pattern, found) if hit.proven]
            hits += added
            _count_of(rows, silent if added else (), found)
        if not hits:
            continue
        # Subtotals add up as well: the whole is the largest.
        value = max(one.value for one in hits)
        best = max((one for one in hits if one.value == value), key=lambda one: one.proven)
        if path == PACKAGES and (value != int(value) or not best.proven):
            continue
        if best.proven and found.get(path) in best.parts:
            found.by_path.pop(path)  # a label found the figure of a part
        said = int(value) if path == PACKAGES else value
        found.add(path, said, SURE if best.proven else WEAK, best.cell)


def _count_of(rows: Sequence[Row], silent: Sequence[int], found: Findings) -> None:
    """The packages with which the one row of sums begins."""
    if len(silent) == 1 and (match := _COUNTS_FIRST.fullmatch(rows[silent[0]][0].text)):
        found.add(PACKAGES, int(re.sub(r"\D", "", match["figure"])), LIKELY, rows[silent[0]][0])
        found.add("totals.packageUnit", match["kind"].casefold(), LIKELY, rows[silent[0]][0])


def _hits(
    rows: Sequence[Row], at: int, pattern: re.Pattern[str], found: Findings
) -> Iterator[_Sum]:
    """The figure of a row of totals under each heading that fits."""
    total = rows[at]
    for row_at in range(at - 1, -1, -1):
        row = rows[row_at]
        if row[0].page != total[0].page:
            return
        if _figures(row):
            continue
        for column in _columns(row, pattern):
            word = _under(column, total)
            value = _number(word, found) if word else None
            if word is None or value is None:
                continue
            parts = [
                number
                for line in rows[row_at + 1 : at]
                if (part := _under(column, line)) and (number := _number(part, found)) is not None
            ]
            cell = next(one for one in total if word in one.words)
            # Subtotals among the rows count each of them twice.
            adds_up = len(parts) > 1 and (
                sum(parts) == value or (len(parts) > 3 and sum(parts) == 2 * value)
            )
            yield _Sum(adds_up, value, cell, tuple(parts))


def _figures(row: Row) -> bool:
    return any(
        re.fullmatch(r"[\d.,']*\d[\d.,']*", word.text) for cell in row for word in cell.words
    )


def _columns(row: Row, pattern: re.Pattern[str]) -> Iterator[_Column]:
    """Where the words of a heading stand that the pattern finds."""
    for cell in row:
        text, starts = "", []
        for word in cell.words:
            starts.append((len(text), word))
            text += f"{word.text} "
        for match in pattern.finditer(text):
            own = [
                word
                for start, word in starts
                if start < match.end() and start + len(word.text) > match.start()
            ]
            if own and not re.search(r"(?i)(?:drained|abtropf\w*)\s*$", text[: match.start()]):
                yield _Column(min(one.x0 for one in own), max(one.x1 for one in own))


def _under(column: _Column, row: Row) -> Word | None:
    """The figure of a row that stands under a heading, the nearest to its middle."""
    middle = (column.left + column.right) / 2
    # The cells of a sheet are one high and touch each other.
    near = [
        word
        for cell in row
        for word in cell.words
        for slack in [cell.height if cell.height > 1 else 0.0]
        if re.fullmatch(r"[\d.,']*\d[\d.,']*", word.text)
        and word.x0 < column.right + slack
        and word.x1 > column.left - slack
    ]
    return min(near, key=lambda word: abs((word.x0 + word.x1) / 2 - middle), default=None)


def _number(word: Word, found: Findings) -> Decimal | None:
    return values.figure(word.text, european=found.european)


def of_the_other(path: str, text: str) -> bool:
    """Whether the words name the other of the two weights: "NET 1,018.6 KGS" is no gross one."""
    other = NET if path == GROSS else GROSS
    return bool(_HEADED[other].match(text.strip())) and not _HEADED[path].search(text)


def is_count(text: str) -> bool:
    """Whether words are a count of packages and nothing else: "360 CARTONS"."""
    return _COUNTS_FIRST.fullmatch(text.strip()) is not None


def is_total(text: str) -> bool:
    """Whether a cell begins a row of totals."""
    return bool(_TOTAL.match(text)) and labels.column_of(text) is None
