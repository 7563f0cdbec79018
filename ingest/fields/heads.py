"""The single values of a document: a label, and its value in the cell, beside it or below it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ingest.fields import (
    labels,
    loose,
    route,
    ruled,
    stacked,
    taking,
    values,
    weighed,
)
from ingest.fields.found import LIKELY, SURE, WEAK, Findings
from ingest.fields.layout import Cell, Row, below, same_box
from ingest.fields.ruled import Box


def read(rows: Sequence[Row], found: Findings, forms: Mapping[ruled.Key, Box]) -> None:
    """Find every labelled value that is no party and no line; `forms` are the rows' ruled boxes."""
    texts = [cell.text for row in rows for cell in row]
    found.european = values.european(texts)
    told = values.day_first(texts)
    found.day_first = found.european if told is None else told
    _wrapped(rows, found)
    _in_one_cell(rows, found)
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            named = labels.field_of(cell.text)
            if named is None:
                continue
            field, inside = named
            if not _single(field) or _heads_column(rows, at, cell, field):
                continue
            for said, where, likely in _offers(rows, at, row, place, inside, forms):
                text = _with_rest(rows, at, cell, where, said) if field in taking.PLACES else said
                sure = _how_sure(field, labels.plain(cell.text), likely)
                if field == "header.invoiceDate" and _of_another_paper(row, place):
                    sure = _ANOTHERS
                if taking.take(field, text, where, sure, found):
                    _behind(field, rows, where, row, place, found)
                    break
    for field, text, cell, sure in stacked.read(rows):
        taking.take(field, text, cell, sure, found)
    for row in rows:
        for cell in row:
            for box in values.containers(cell.text):
                taking.container(box, cell, found)
    loose.read(rows, found)
    route.read(rows, found)
    weighed.read(rows, found)


def _how_sure(field: str, label: str, likely: float) -> float:
    """What the words of the label make of it."""
    if field == "totals.total" and _PAYABLE.search(label):
        return SURE + 0.02  # the sum of the lines, which the table tells, stands above it
    # "Destination" alone may be the port, the town or the country.
    return min(likely, WEAK) if label.startswith("destination") else likely


def _of_another_paper(row: Row, place: int) -> bool:
    """Whether a bare date stands behind the number of something else: "L/C NO: 12 DT: 1.2.26"."""
    if labels.plain(row[place].text).split(" ")[0] not in _BARE_DATES:
        return False
    for cell in reversed(row[:place]):
        named = labels.field_of(cell.text)
        if named is not None or cell.text.rstrip().endswith((":", "：")):
            said = labels.plain(cell.text.partition(":")[0])
            return _NUMBER_OF.search(said) is not None and (
                named is None or named[0] != "header.invoiceNumber"
            )
    return False


def _heads_column(rows: Sequence[Row], at: int, cell: Cell, field: str) -> bool:
    """Whether the label of a weight or of packages heads a column of a table."""
    if field == "totals.total" and stacked.in_heading(rows[at]):
        return True
    if field not in _COUNTS or cell.text.rstrip().endswith((":", "：")):
        return False
    return stacked.is_column(rows, at, cell)


def _offers(
    rows: Sequence[Row],
    at: int,
    row: Row,
    place: int,
    inside: str,
    forms: Mapping[ruled.Key, Box],
) -> list[tuple[str, Cell, float]]:
    """Where the value of a label may stand, the likeliest first."""
    cell = row[place]
    offers: list[tuple[str, Cell, float]] = []
    if inside:
        offers.append((inside, cell, SURE))
        return offers
    beside = row[place + 1] if place + 1 < len(row) else None
    under = below(rows, at, cell)
    if _lists(cell, forms):
        under = None  # a box of labels, their values in the box beside it
    elif under is not None and same_box(cell, under) and labels.field_of(under.text) is None:
        # The value stands in the label's own box: what is beside it, is in another.
        beside = beside if beside is not None and same_box(cell, beside) else None
    elif under is not None and _in_row_of_labels(row, place, under):
        beside = None
    elif cell.frame is not None and cell.frame.closed:
        beside = beside if beside is not None and _open(cell, beside, forms) else None
        under = under if under is not None and _open(cell, under, forms) else None
    if labels.field_of(cell.text) == ("totals.total", "") and (last := _last_figure(row, place)):
        # Quantities stand in the same row; the money is its last figure.
        offers.append((last.text, last, LIKELY))
    nobodys = beside is None or _labels(beside) or _over_values(rows, at, cell, beside, under)
    if beside is not None and not nobodys:
        text = beside.text.lstrip(": ：")
        offers.append((text, beside, SURE if cell.text.rstrip().endswith(":") else LIKELY))
    if under is not None and not _labels(under):
        offers.append((under.text, under, LIKELY if beside is None or offers == [] else WEAK))
    if not offers and (level := _level(rows, at, cell)) is not None:
        offers.append((level.text, level, WEAK))
    if not offers and labels.field_of(cell.text) == ("totals.total", ""):
        offers += [(one.text, one, WEAK) for one in _figure_near(rows, at, cell)]
    return offers


def _over_values(
    rows: Sequence[Row], at: int, label: Cell, beside: Cell, under: Cell | None
) -> bool:
    """Whether two cells of a row stand each on the left edge of what is under it."""
    if under is None or label.height <= 1 or label.text.rstrip().endswith((":", "：")):
        return False
    if label.frame is not None and not same_box(label, beside):
        return False  # a line parts them: a label and its value
    if (named := labels.field_of(label.text)) and named[0].startswith("totals."):
        return False  # a column of figures
    second = below(rows, at, beside, most_rows=2)
    edge = label.height * 0.3
    return (
        second is not None
        and second is not under
        and abs(second.y0 - under.y0) < label.height * 0.5
        and abs(under.x0 - label.x0) < edge
        and abs(second.x0 - beside.x0) < edge
        and under.y0 - label.y1 < label.height
        and not _labels(under)
        and beside.height < label.height * 1.1
        and not any(sign.isdigit() for sign in beside.text)
    )


def _open(label: Cell, cell: Cell, forms: Mapping[ruled.Key, Box]) -> bool:
    """Whether it may be the label's value: it stands in no other box with a label of its own."""
    if same_box(label, cell):
        return True
    box = forms.get((cell.page, cell.frame)) if cell.frame is not None else None
    return box is None or not box.labels


def _in_row_of_labels(row: Row, place: int, under: Cell) -> bool:
    """Whether boxes of labels stand side by side, and their values in the boxes under them."""
    cell = row[place]
    if cell.frame is None or under.frame is None or not cell.frame.closed or _labels(under):
        return False
    column = (cell.frame.left, cell.frame.right) == (under.frame.left, under.frame.right)
    if not column or cell.frame == under.frame:
        return False
    beside = [row[at] for at in (place - 1, place + 1) if 0 <= at < len(row)]
    return any(labels.field_of(one.text) and not same_box(cell, one) for one in beside)


def _lists(label: Cell, forms: Mapping[ruled.Key, Box]) -> bool:
    """Whether the box of a label has other labels below it and nothing else."""
    box = forms.get((label.page, label.frame)) if label.frame is not None else None
    if box is None or len(box.lines) < _LISTED:
        return False
    known = sum(1 for one in box.lines if (named := labels.field_of(one.text)) and not named[1])
    figures = sum(1 for one in box.lines if any(sign.isdigit() for sign in one.text))
    return known >= _LISTED and not figures


def _level(rows: Sequence[Row], at: int, label: Cell) -> Cell | None:
    """What stands to the right of a label, a little higher or lower: filled in by hand."""
    near = [
        one
        for row in (*rows[max(at - 1, 0) : at], *rows[at + 1 : at + 2])
        for one in row
        if one.page == label.page
        and one.y0 < label.y1 - label.height * 0.3
        and one.y1 > label.y0 + label.height * 0.3
        and 0 <= one.x0 - label.x1 < label.height * 8
        and not _labels(one)
    ]
    return min(near, key=lambda one: one.x0, default=None)


def _labels(cell: Cell) -> bool:
    """Whether a cell is a label, of whatever it be: then it is nobody's value."""
    said = cell.text.rstrip()
    return labels.field_of(said) is not None or (
        said.endswith((":", "：")) and bool(re.search(r"[^\W\d_]", said))
    )


def _figure_near(rows: Sequence[Row], at: int, label: Cell) -> list[Cell]:
    """A figure set to the right of its column, a row below its label."""
    return [
        one
        for row in rows[at + 1 : at + 2]
        for one in row
        if one.page == label.page
        and one.y0 - label.y1 < label.height
        and label.x0 < one.x0 < label.x1 + label.height * 6
        and taking.amount(one.text) is not None
    ]


def _with_rest(rows: Sequence[Row], at: int, label: Cell, where: Cell, text: str) -> str:
    """A place with what follows of it on the next row: "Port of" / "Los Angeles, USA"."""
    if where is not label:
        return text
    for lower in rows[at + 1 : at + 2]:
        for one in lower:
            under = one.page == label.page and abs(one.x0 - label.x0) < 3
            near = one.y0 - label.y1 < label.height * 0.7
            place = not any(sign.isdigit() or sign == ":" for sign in one.text)
            if under and near and place and not labels.field_of(one.text):
                whole = f"{text} {one.text}".strip()
                if len(whole) <= 60 and (values.country_in(text) is None or text.endswith(",")):
                    return whole
    return text


def _voyage_beside(
    rows: Sequence[Row], vessel: Cell, labelled: Row, place: int, found: Findings
) -> None:
    """A voyage in a cell of its own behind the ship, before the next label begins."""
    edge = labelled[place + 1].x0 if place + 1 < len(labelled) else 1e9
    row = next((row for row in rows if vessel in row), [])
    for one in row[row.index(vessel) + 1 :] if row else []:
        if one.x0 < edge - 1 and re.fullmatch(r"[A-Z]{0,3}\d[A-Z0-9]{1,8}", one.text):
            found.add("transport.voyage", one.text, WEAK, one)
            return


def _behind(
    field: str, rows: Sequence[Row], where: Cell, row: Row, place: int, found: Findings
) -> None:
    """What stands in a cell of its own behind the value that was found."""
    if field == "transport.vessel":
        _voyage_beside(rows, where, row, place, found)
    if field == "header.invoiceNumber" and "date" in labels.plain(row[place].text):
        _date_beside(rows, where, found)


def _date_beside(rows: Sequence[Row], number: Cell, found: Findings) -> None:
    """The date behind the number: "Invoice No. and Date" stands over two cells."""
    row = next((row for row in rows if number in row), [])
    behind = row[row.index(number) + 1 : row.index(number) + 2] if row else []
    for one in behind:
        if dated := values.day(one.text):
            found.add("header.invoiceDate", dated.value, WEAK if dated.unsure else LIKELY, one)


def _single(field: str) -> bool:
    return field != "ignore" and not field.startswith(("parties.", "lines."))


def _wrapped(rows: Sequence[Row], found: Findings) -> None:
    """Labels broken over two rows, values beside both: "Port of JEBEL ALI" / "Loading: DUBAI"."""
    for at, row in enumerate(rows):
        for cell in row:
            tail, colon, more = cell.text.partition(":")
            if not colon or len(tail.split()) > 2:
                continue
            for upper in _just_above(rows, at, cell):
                words = upper.text.split()
                for count in (1, 2, 3):
                    named = labels.field_of(f"{' '.join(words[:count])} {tail}:")
                    value = " ".join([*words[count:], more]).strip(": ")
                    if named and value and not named[1] and _single(named[0]):
                        taking.take(named[0], value, upper, LIKELY, found)
                        break


def _just_above(rows: Sequence[Row], at: int, cell: Cell) -> list[Cell]:
    """Cells of the rows before that stand close above this one; other columns may lie between."""
    return [
        upper
        for row in rows[max(at - 3, 0) : at]
        for upper in row
        if upper.page == cell.page
        and cell.y0 - upper.y1 < cell.height
        and upper.x0 < cell.x0 + cell.height * 4
        and upper.x1 > cell.x0
    ]


_PAYABLE = re.compile(
    r"\b(?:invoice total|total invoice|grand total|net invoice|invoice value|rechnungsbetrag"
    r"|endbetrag|gesamtrechnungsbetrag|total da fatura|total factura|total facture|totale fattura"
    r"|genel toplam|payable|to pay|to be paid|total due|amount due|balance due|net due|a pagar"
    r"|a payer"
    r"|da pagare|zahl\w*|odenecek|te betalen|att betala|do zaplaty|please pay|总付|应付)"
)
_BARE_DATES = ("dt", "date", "dated")
_NUMBER_OF = re.compile(r"(?:\bno|\bnumber|\bnr|#)$")
_ANOTHERS = 0.5  # how sure such a date is the invoice's
_LISTED = 2  # labels of a box that has nothing else
_TRANSPORT = "transport."
_COUNTS = frozenset({"totals.grossWeightKg", "totals.netWeightKg", "totals.packages"})
_ONE_NUMBER = re.compile(r"(?=\S*\d)[A-Za-z0-9][\w./-]{2,}")
_SHOUTED = re.compile(r"^[A-Z0-9][A-Z0-9 .,'/()\-]{2,}$")


def _in_one_cell(rows: Sequence[Row], found: Findings) -> None:
    """A transport label and its value in one cell without a colon: "Loading Port AD DAMMAM"."""
    for row in rows:
        for cell in row:
            text = cell.text
            if ":" in text or len(text) > 90:
                continue
            first, _, rest = text.partition(" ")
            dated = labels.field_of(first) == ("header.invoiceDate", "")
            if dated and taking.DATED.fullmatch(rest):
                taking.take("header.invoiceDate", rest, cell, LIKELY, found)
                continue
            if _in_two_languages(cell, found):
                continue
            named = labels.leading(text)
            if named is None or not named[0].startswith(_TRANSPORT):
                continue
            if _SHOUTED.match(named[1]) and not labels.field_of(named[1]):
                taking.take(named[0], named[1], cell, WEAK, found)


def _in_two_languages(cell: Cell, found: Findings) -> bool:
    """Take the number or the date behind a label in two languages, in its cell."""
    field, rest = labels.in_two_languages_before(cell.text) or ("", "")
    dated = field == "header.invoiceDate" and taking.DATED.fullmatch(rest)
    number = field == "header.invoiceNumber" and _ONE_NUMBER.fullmatch(rest)
    return bool(dated or number) and taking.take(field, rest, cell, LIKELY, found)


def _last_figure(row: Row, place: int) -> Cell | None:
    rest = row[place + 1 :]
    figures = [cell for cell in rest if taking.amount(cell.text) is not None]
    # A currency may stand between the label and its figure.
    apart = len(figures) > 1 or (len(figures) == 1 and figures[0] is not rest[0])
    return figures[-1] if apart else None
