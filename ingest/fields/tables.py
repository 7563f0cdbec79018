"""The table of goods, by what its columns mean: header row, column edges, rows, totals.

A row with a figure begins a line; a row with words alone continues the description above it.
Subtotals, freight and discounts are no goods.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from ingest.fields import (
    bodies,
    charges,
    edges,
    headings,
    labels,
    lineread,
    merged,
    payable,
    priced,
    stated,
    sums,
    values,
    weighed,
)
from ingest.fields.found import LIKELY, WEAK, read_off
from ingest.fields.layout import Cell, Row
from ingest.fields.lineread import FIGURES, LineRead
from ingest.pages.page import Page
from storage.values import Value

MOST_LINES = 2000
_WRAPPED = 5  # rows below a line in which its words go on
_FOOT = 30  # rows below the last line in which its total stands
_HEADED = 3  # columns that a row names which is a heading again
_ALIKE = 2  # lines from which the way of a table shows
_SUM_WITHIN = 8  # rows below the goods
_ASIDE = re.compile(
    r"(?i)^\W*(?:as per|dated?\b|country of origin|we hereby|buyer|p\.?o\.? ?(?:no|number)|l/c\b|"
    r"in \d+ ?(?:x|containers?\b)|proforma|contract no|true and|hs code|batch no|lot no|"
    r"customer product|[^:]{0,30}\b(?:number|no|ref|reference|code|date|item)\b\.?\s*:)"
)
"""Words between the goods that tell of papers and not of goods."""
_ORDER = re.compile(
    r"(?i)^\W*(?:v(?:ostro|s)\.? (?:rif\.? )?ord(?:ine|\.)|rif\.? ord|your (?:order|ref|p\.?o)|"
    r"(?:ihre? )?bestell(?:ung|[- ]?n(?:umme)?r)|v(?:otre|\.) (?:commande|cde|r[eé]f)|"
    r"(?:su|vuestro|s/) ?pedido|encomenda n)\b"
)
"""The order that a row of figures names before them."""
_ORDERED = 2  # figures beside it
_NO_GOODS = re.compile(
    r"(?i)\b(?:sub\s*-?total|zwischensumme|sous-total|"
    r"round(?:ed|ing)? ?off|rounding|rundung|"
    r"(?:ocean|sea|air|inland)? ?freight (?:recovered|charges?|cost))\b"
)
"""Words of figures between the goods that add up or take off."""
_MONEY_LIKE = re.compile(r"[\d.,' ]*\d[.,]\d{2}")
_LABELLED = re.compile(r"(?i)\s*(grand |invoice )?total|合计|总计|gesamt")
_FOOTED = re.compile(
    r"(?i)^\W*(?:sub\s*-?total|totale?s?|totaal|summe|zwischensumme|小計|小计|合計)"
)


_UNDER: dict[str, tuple[str, Callable[[str], str | None] | None]] = {
    "lines.hsCode": ("hsCodeHint", values.hs_code),
    "lines.origin": ("countryOfOrigin", values.country_in),
}
"""What a label under a line of goods says of it."""


_UNDERNEATH = {field for field, _ in _UNDER.values()}


class Table(Value):
    """The lines of a document and what its header told about all of them."""

    lines: tuple[LineRead, ...]
    total: Decimal | None = None  #: what the table's own total row says
    total_at: Cell | None = None
    currency: str | None = None
    columns: tuple[str, ...] = ()
    taught: tuple[str, ...] = ()  #: those of the columns that a lesson named
    places: tuple[Cell, ...] = ()  #: where each line stands
    summed: dict[str, sums.Sum] = {}  #: what the columns of packages and weights add up to


class _Sheet:
    """A table while it is read: its columns, where they end, and the lines so far."""

    def __init__(
        self, header: Row, body: Sequence[Row], *, grid: bool, taught: headings.Taught
    ) -> None:
        self.columns = headings.columns(header, taught)
        fields = {field for field, _ in self.columns}
        self.fields = fields
        # A packing list that counts packages and nothing else; one of containers has no goods.
        itemised = bool(fields & {"lineNumber", "sku"})
        self.counted = not fields & {*FIGURES} and any(
            field == "packages" and (itemised or headings.counts_goods(cell.text))
            for field, cell in self.columns
        )
        if self.counted:
            self.columns = [("quantity" if f == "packages" else f, c) for f, c in self.columns]
        self.grid = grid
        self.edges = edges.edges(self.columns, body, grid=grid)
        self.lines: list[LineRead] = []
        # A packing list may count packages and weigh them, and count nothing else.
        self.figures = FIGURES if fields & {*FIGURES} or self.counted else tuple(sums.PATHS)
        self.cells: list[sums.Cells] = []  #: of each line
        self.sum: Row | None = None  #: a row that adds up what stands above it
        self.european = False  #: a dot parts thousands on this page
        self.open = False  #: the row above is a line's, whose words may go on
        self.amounts: list[payable.Figure] = []
        self.named_below = False  #: the goods' names stand under their article numbers
        self.under: edges.Columns = ()  #: a heading's second row, for that of each line
        self.band: Cell | None = None  #: words over several lines: the goods of these sizes
        self.last: Row | None = None  #: the row that was taken last

    def split(self, row: Row) -> dict[str, tuple[str, Cell]]:
        """What of a row stands in each column."""
        return edges.split(row, self.columns, self.edges, grid=self.grid)

    def take(self, row: Row, above: Row | None) -> bool:
        """Read one row; False when the goods end with it."""
        self.last = row
        if not any(char.isalnum() for cell in row for char in cell.text):
            return True  # a rule of dashes
        cells = self.split(row)
        figures = [f for f in self.figures if f in cells and lineread.is_figure(cells[f][0], f)]
        if figures and self.lines and bodies.group_sum(row):
            self.open = False
            return True
        if figures and _is_sum(cells, self.lines, named="description" in self.fields):
            self.sum = row
            return False
        if self.lines and figures == ["extendedValue"] and _of_the_foot(row):
            return False
        unnamed = figures == ["extendedValue"] and not {"description", "sku"} & set(cells)
        if figures and (unnamed or _between(row, figures)):
            self.add_up(row)
            self.open = False
        elif figures and self._unlike(cells):
            self.open = False
        elif figures:
            self._begin(cells, above)
            self.open = True
        else:
            return self._say(row, cells)
        return len(self.lines) < MOST_LINES

    def without_count(self, row: Row) -> Row:
        """The row without a count of packages where the goods are named: it is of those below."""
        cells = self.split(row)
        said = cells.get("description")
        if said is None or {*FIGURES} & set(cells) or not weighed.is_count(said[0]):
            return row
        return [cell for cell in row if cell.text not in said[0]]

    def _say(self, row: Row, cells: sums.Cells) -> bool:
        """Read a row without figures; False when the goods end with it."""
        cells = self._origin_under_code(cells)
        if not cells or self._underneath(row) or self._besides(row):
            pass
        elif self._is_band(row):
            self.band = row[0]
        elif any(labels.field_of(cell.text) for cell in row):
            self._labelled(row)  # a labelled value below the goods, not more of their words
        elif "description" in cells and _ASIDE.match(cells["description"][0]):
            pass
        elif self.lines and "description" in cells and not _own(cells) - {"description", "sku"}:
            if self.open:
                self.lines[-1] = lineread.continued(self.lines[-1], *cells["description"])
        elif self.lines and not _own(cells):
            pass  # marks stand beside the goods, over as many rows as they need
        elif self.lines and cells and "description" not in cells:
            # Words alone under the figures ("FOB", a place) belong to them; the goods go on.
            return not any(char.isdigit() for text, _ in cells.values() for char in text)
        return True

    def _origin_under_code(self, cells: sums.Cells) -> sums.Cells:
        """The cells without a country under the code of the line: one column has both."""
        said = cells.get("hsCodeHint")
        land = values.country(said[0]) if said else None
        if said is None or land is None or not self.lines or not self.open:
            return cells
        sure = read_off(said[1], LIKELY)
        new = {"countryOfOrigin": land}
        self.lines[-1] = stated.put(self.lines[-1], new, said[1].evidence(), sure)
        return {field: one for field, one in cells.items() if field != "hsCodeHint"}

    def _unlike(self, cells: sums.Cells) -> bool:
        """A count without number, price and amount, where every line before has all of them.

        So returnable containers and pallets are listed below the goods that they carry.
        """
        if len(self.cells) < _ALIKE or {"lineNumber", "unitPrice", "extendedValue"} & set(cells):
            return False
        return all(
            {"lineNumber", "unitPrice", "extendedValue"} <= set(before) for before in self.cells
        )

    def _is_band(self, row: Row) -> bool:
        """Words alone, where no column names the goods: those of the lines below."""
        if self.fields & {"description"} or len(row) > 1 or "quantity" not in self.fields:
            return False
        words = re.findall(r"[^\W\d_]{3,}", row[0].text)
        return len(words) >= 2 and labels.field_of(row[0].text) is None

    def _underneath(self, row: Row) -> bool:
        """The second row of a line, under a heading of its own."""
        if not self.lines or not self.open:
            return False
        found = False
        for field, head in self.under:
            cell = next((one for one in row if one.x0 < head.x1 and head.x0 < one.x1), None)
            value = (
                lineread.said_in(field, cell.text, cell, european=self.european) if cell else None
            )
            if cell is not None and value:
                sure = read_off(cell, LIKELY)
                self.lines[-1] = stated.put(self.lines[-1], {field: value}, cell.evidence(), sure)
                found = True
        return found

    def _besides(self, row: Row) -> bool:
        """A row that says nothing but the code or the origin of the goods above it."""
        if not self.open:
            return False
        last, said = self.lines[-1], dict[str, str]()
        left = ""
        for cell in row:
            rest, found = stated.apart(cell.text, coded="hsCodeHint" in self.fields)
            said |= found
            left += "" if found and not rest else rest
        if not said or left.strip():
            return False
        self.lines[-1] = stated.put(last, said, row[0].evidence(), read_off(row[0], LIKELY))
        return True

    def figured(self, row: Row) -> bool:
        """Whether a row has figures where those of the goods stand."""
        cells = self.split(row)
        return any(
            field in cells and lineread.amount_in(cells[field][0]) is not None for field in FIGURES
        )

    def proves(self, row: Row) -> bool:
        """Whether a row is goods by its arithmetic."""
        cells = self.split(row)
        if not ({"description", "sku"} & set(cells)) or not {*FIGURES} <= set(cells):
            return False
        line = lineread.line_of(cells, 1, european=self.european)
        return priced.makes(priced.counted(line, cells, self.columns), cells)

    def add_up(self, row: Row) -> None:
        """Keep the amount of a row that is no goods, for what it comes to with the others."""
        cells = self.split(row)
        for text, cell in (cells.get("extendedValue", ("", row[-1])), (row[-1].text, row[-1])):
            amount = payable.signed(text)
            if amount is not None:
                words = " ".join(one.text for one in row)
                labelled = bool(_LABELLED.match(words)) or any(
                    (named := labels.field_of(one.text)) and named[0] == "totals.total"
                    for one in row
                )
                self.amounts.append(
                    payable.Figure(
                        amount=amount, cell=cell, goods=False, words=words, labelled=labelled
                    )
                )
                return

    def _without_amount_as_code(self, cells: dict[str, tuple[str, Cell]]) -> sums.Cells:
        """A figure with two decimals under the codes is the money that the row has nowhere else."""
        said = cells["hsCodeHint"][0] if "hsCodeHint" in cells else ""
        priced = any(field == "extendedValue" for field, _ in self.columns)
        if not priced or "extendedValue" in cells or not _MONEY_LIKE.fullmatch(said.strip()):
            return cells
        return {field: one for field, one in cells.items() if field != "hsCodeHint"}

    def total_cells(self, row: Row | None) -> dict[str, tuple[str, Cell]]:
        """What stands under each column in a row that adds up."""
        return self.as_packages(self.split(row) if row else {})

    def as_packages(self, cells: sums.Cells) -> dict[str, tuple[str, Cell]]:
        """The cells of a row; packages under their own name where nothing else is counted."""
        counted = self.counted and "quantity" in cells
        return {**cells, "packages": cells["quantity"]} if counted else {**cells}

    def _labelled(self, row: Row) -> None:
        """A code or an origin under the goods that it is said of."""
        for cell in row:
            named = labels.field_of(cell.text)
            field, read = _UNDER.get(named[0] if named else "", ("", None))
            if named is None or read is None or not named[1] or not self.lines:
                continue
            value = read(named[1])
            last = self.lines[-1]
            if value and field not in last.values:
                self.lines[-1] = last.model_copy(
                    update={
                        "values": {**last.values, field: value},
                        "evidence": {**last.evidence, field: cell.evidence()},
                        "confidence": {**last.confidence, field: read_off(cell, LIKELY)},
                    }
                )

    def find_sum(self, rows: Sequence[Row], body: Sequence[Row]) -> None:
        """Figures alone some rows below the goods, which add them up: a total without a label."""
        if self.sum is not None or not body or self.grid:
            return
        start = next((at for at, row in enumerate(rows) if row is body[-1]), len(rows))
        for row in rows[start : start + _SUM_WITHIN]:
            if all(lineread.amount_in(cell.text) is not None for cell in row):
                cells = self.split(row)
                if "extendedValue" in cells and _is_sum(cells, self.lines, named=True):
                    self.sum = row
                    return

    def _begin(self, cells: dict[str, tuple[str, Cell]], above: Row | None) -> None:
        line = lineread.line_of(
            self._without_amount_as_code(cells), len(self.lines) + 1, european=self.european
        )
        if not self.lines:
            self.named_below = above is None and not lineread.has_words(line)
        if (
            above is not None
            and not self.grid
            and not lineread.has_words(line)
            and not self.named_below
        ):
            line = lineread.with_name_above(line, self.split(above))
        line = lineread.banded(line, self.band)
        line = priced.counted(line, cells, self.columns)
        self.lines.append(lineread.with_unit(line, self.columns))
        self.cells.append(self.as_packages(cells))
        if (amount := line.values.get("extendedValue")) is not None:
            cell = cells["extendedValue"][1]
            self.amounts.append(payable.Figure(amount=amount, cell=cell, goods=True))


def read(
    pages: Sequence[Page], rows: Sequence[Row], taught: headings.Taught = headings.NOTHING
) -> Table | None:
    """The table of goods, over all pages, or None when there is none."""
    header_at, header = headings.find(rows, taught)
    if header is None:
        return None
    tiers = headings.tiers(rows, header_at, taught)
    header, under = tiers or (header, ())
    body: Sequence[Row]
    body, foot = bodies.rows_of_goods(rows[header_at + 1 :], header, taught)
    sheet = _Sheet(header, body, grid=pages[0].grid, taught=taught)
    sheet.under = [(f, cell) for f, cell in headings.columns(list(under)) if f in _UNDERNEATH]
    sheet.european = values.european(cell.text for row in rows for cell in row)
    printed = body
    body = [rest for row in body if (rest := sheet.without_count(row))]
    body = _arranged(sheet, body)
    goes_on = {row[0].page for row in rows if bodies.header_again(row, header, taught)}
    stopped = 0  # the page on which the goods ended, until a later one begins them again
    for at, row in enumerate(body):
        if row[0].page == stopped:
            continue
        if not sheet.take(row, body[at - 1] if at else None):
            if not any(page > row[0].page for page in goes_on):
                break
            stopped, sheet.sum = row[0].page, None
    _proved(sheet, rows, header_at)
    sheet.find_sum(rows, body)
    kept = [_cleaned(one) for one in sheet.lines]
    kept = [one for one in kept if one.values.get("description") or one.values.get("sku")]
    by_weight = sheet.figures is not FIGURES
    if by_weight and not all({"description", "sku"} & set(row) for row in sheet.cells):
        kept = []  # it weighs what it does not name row by row
    if not kept and not (by_weight and sheet.cells):
        return None
    labelled = foot is not None and _LABELLED.match(foot[0].text)
    adds_up = foot is not None and (labelled or bodies.adds_up(foot))
    total, total_at = _total(sheet, foot if labelled else sheet.sum)
    summed = _summed(sheet, printed, foot if adds_up else None)
    if "extendedValue" in sheet.fields:
        _below(sheet, rows)
        if (sure := payable.proven(sheet.amounts)) is not None:
            total, total_at = sure.amount, sure.cell
    return Table(
        places=tuple(cell for row in sheet.cells for _, cell in row.values()),
        summed=summed,
        lines=tuple(kept),
        total=total,
        total_at=total_at,
        currency=next(
            (c for cell in (*header, *under) if (c := labels.currency_in(cell.text))), None
        ),
        columns=tuple(field for field, _ in sheet.columns),
        taught=tuple(
            f for f, cell in sheet.columns if taught and labels.plain(cell.text) in taught
        ),
    )


def _arranged(sheet: _Sheet, body: Sequence[Row]) -> Sequence[Row]:
    """The rows, those of one line put together where its cells do not stand on one row."""
    if sheet.grid:
        return body
    if len(whole := merged.rows(body, sheet.columns)) < len(body):
        return whole
    if "lineNumber" in sheet.fields:
        return edges.whole(body, sheet.columns, sheet.edges)
    if not {*FIGURES} <= sheet.fields:
        return body
    gathered = edges.gathered([_without_papers(row) for row in body], sheet.figured)
    if len(gathered) < len(body):
        sheet.edges = edges.edges(sheet.columns, gathered, grid=False)
        return gathered
    return edges.centred(body, sheet.columns, sheet.edges, sheet.figured)


def _summed(sheet: _Sheet, body: Sequence[Row], foot: Row | None) -> dict[str, sums.Sum]:
    """What packages and weights come to; `foot` is the row of the total, if there is one."""
    counted = "quantity" if sheet.counted else "packages"
    columns = [("packages" if field == counted else field, cell) for field, cell in sheet.columns]
    total = sheet.total_cells(sheet.sum) | sheet.total_cells(foot)
    return sums.beside(columns, body) | sums.of_columns(columns, sheet.cells, total)


def _proved(sheet: _Sheet, rows: Sequence[Row], header_at: int) -> None:
    """The goods that follow a discount, a sum carried forward or a page without a heading.

    Each begins with a row that proves itself: its quantity at its price makes its amount.
    """
    if not sheet.lines or not {*FIGURES} <= sheet.fields or sheet.last is None:
        return
    foot = (sheet.last[0].page, max(cell.y1 for cell in sheet.last))
    last = max(at for at, row in enumerate(rows) if (row[0].page, row[0].y0) < foot)
    behind = [at for at in range(last + 1, len(rows)) if sheet.proves(rows[at])]
    if not behind:
        return
    head = {_shape(row) for row in rows[:header_at] if row[0].page == rows[0][0].page}
    ended = True
    for at in range(last + 1, behind[-1] + _WRAPPED):
        if at >= len(rows):
            break
        row = rows[at]
        if at in behind:
            ended = False
        elif (
            ended
            or _shape(row) in head
            or bodies.ends(row)
            or bodies.named(row) >= _HEADED
            or sheet.figured(row)
        ):
            sheet.open, ended = False, True
            sheet.add_up(row)
            continue
        sheet.take(row, rows[at - 1])


def _without_papers(row: Row) -> Row:
    """A row of goods' figures without the order that it names beside them."""
    kept = [cell for cell in row if not _ORDER.match(cell.text)]
    return kept if len(kept) > _ORDERED and len(kept) < len(row) else row


def _shape(row: Row) -> str:
    """A row without its figures: the head of a page comes again on the next."""
    return re.sub(r"\d+", "0", " ".join(cell.text for cell in row))


def _below(sheet: _Sheet, rows: Sequence[Row]) -> None:
    """The figures under the last line, with which the document comes to its total."""
    ends = sheet.amounts[-1].cell if sheet.amounts else None
    if ends is None:
        return
    start = next(
        (at for at, row in enumerate(rows) if row[0].page == ends.page and row[0].y0 > ends.y1),
        None,
    )
    for row in rows[start : start + _FOOT] if start is not None else ():
        sheet.add_up(row)


def _cleaned(line: LineRead) -> LineRead:
    """The line, what its words say of code and origin kept by itself."""
    words = line.values.get("description", "")
    rest, said = stated.apart(words, coded="hsCodeHint" in line.values)
    if not said:
        return line
    seen = line.evidence["description"]
    made = stated.put(line, said, seen, line.confidence.get("description", WEAK))
    return made.model_copy(update={"values": {**made.values, "description": rest or words}})


def texts_under(
    header: Row, body: Sequence[Row], row: Row, *, grid: bool
) -> dict[int, tuple[str, Cell]]:
    """What of a row stands under each cell of a heading, by the cell's place in it."""
    columns = [(str(at), cell) for at, cell in enumerate(header)]
    found = edges.split(row, columns, edges.edges(columns, body, grid=grid), grid=grid)
    return {int(at): said for at, said in found.items()}


def _between(row: Row, figures: Sequence[str]) -> bool:
    """A discount, a charge or a sum carried forward between the goods, which is no goods itself."""
    if {"quantity", "unitPrice"} <= set(figures):
        return False
    said = " ".join(cell.text for cell in row)
    return bool(_NO_GOODS.search(said) or bodies.CARRIED.search(said) or charges.named(said))


def _of_the_foot(row: Row) -> bool:
    """Whether the figures of the foot stand beside its remarks: "Packages: 45 | Total goods"."""
    named = [labels.field_of(cell.text) for cell in row[1:]]
    return any(_FOOTED.match(cell.text) for cell in row[1:-1]) or any(
        one is not None and one[0] in bodies.SUMS for one in named
    )


def _own(cells: sums.Cells) -> set[str]:
    """The columns that are about the goods: marks and the like stand beside them."""
    return {field for field in cells if not field.startswith("other")}


def _is_sum(cells: dict[str, tuple[str, Cell]], lines: Sequence[LineRead], *, named: bool) -> bool:
    """Whether a row without goods adds up what stands above it, with or without a label.

    `named`: a column names the goods; without one a second line may be as much as the first.
    """
    if not lines or (len(lines) == 1 and not named) or "description" in cells or "sku" in cells:
        return False
    for field in ("extendedValue", "quantity"):
        amounts = [line.values.get(field) for line in lines]
        said = lineread.amount_in(cells[field][0]) if field in cells else None
        if said is not None and None not in amounts:
            return bool(said == sum(amount for amount in amounts if amount is not None))
    return False


def _total(sheet: _Sheet, foot: Row | None) -> tuple[Decimal | None, Cell | None]:
    """The figure of the total row under the amounts."""
    if foot is None:
        return None, None
    cells = sheet.split(foot)
    text, cell = cells.get("extendedValue", ("", None))
    amount = lineread.amount_in(text)
    return (amount, cell) if amount is not None and cell is not None else (None, None)
