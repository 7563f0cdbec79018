"""The rows of the goods of a table: where they end, and where a later page goes on with them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.fields import headings, labels, values
from ingest.fields.layout import Row

_END = re.compile(
    r"(?i)^\s*(sub\s*-?total|grand total|total|say\b|amount in words|we (hereby )?certify|"
    r"payment|bank|freight(?! order)|insurance|discount|declaration|signed|signature|packing|"
    r"remarks?|"
    r"合计|总计|gesamt)\b"
)
_TO_THE_SUM = 4  # rows from the last group's sum to that of all
_FEWEST = 3  # columns that a heading is known by
SUMS = frozenset({"totals.total", "totals.subtotal", "totals.freight", "totals.insurance"})
CARRIED = re.compile(
    r"(?i)\b(?:(?:carried|brought) (?:forward|over)|carry(?:ing)? (?:forward|over)|b/f|c/f|"
    r"(?:ü|ue)bertrag|à reporter|report (?:de )?page|suma y sigue|suma anterior|riporto|"
    r"a transportar|transporte anterior|nakli yekun)\b"
)
"""A sum that goes on to the next page."""


def rows_of_goods(
    rows: Sequence[Row], header: Row, taught: headings.Taught
) -> tuple[list[Row], Row | None]:
    """The rows of the goods, and the row that ends them.

    Where a later page has the header again, the goods go on below it: what stands between (sums
    carried forward, the foot of the page, the next page's head) is no part of them.
    """
    body: list[Row] = []
    again = [at for at, row in enumerate(rows) if header_again(row, header, taught)]
    following: int | None = None  # the header that the goods go on with
    for at, row in enumerate(rows):
        if at in again:
            following = None
            continue
        if following is not None and at < following:
            continue
        coming = next((one for one in again if one > at), None)
        if coming is not None and rows[coming][0].page == row[0].page and _new_page(rows, at):
            following = coming  # this page's own head
            continue
        label = labels.field_of(row[0].text)
        if coming is not None and (ends(row) or (label is not None and label[0] in SUMS)):
            following = coming
            continue
        if body and _of_a_group(rows, at):
            body.append(row)
            continue
        if label is not None and label[0] in SUMS and body:
            return body, _grand(rows, at)
        if body and _PAYMENT.match(row[0].text):
            return body, None
        if at - 1 in again and CARRIED.search(" ".join(cell.text for cell in row)):
            continue  # what the page before came to
        if ends(row):
            if body or any(values.number(cell.text) is not None for cell in row):
                return body, _grand(rows, at)
            continue
        body.append(row)
    return body, None


def group_sum(row: Row) -> bool:
    """Whether a row adds up a group of goods: a container's, an order's."""
    return len(row) > 1 and bool(_GROUP.match(row[0].text))


def _of_a_group(rows: Sequence[Row], at: int) -> bool:
    """A subtotal that is not the last one: goods follow it."""
    if not group_sum(rows[at]):
        return False
    shape = len(rows[at])
    later = (one for one in rows[at + 2 :] if group_sum(one))
    return any(len(one) == shape for one in later)


def _grand(rows: Sequence[Row], at: int) -> Row:
    """The row that adds up all the goods: below the last group's own sum, if there are groups."""
    if not group_sum(rows[at]):
        return rows[at]
    near = rows[at + 1 : at + 1 + _TO_THE_SUM]
    grand = next((row for row in near if _GRAND.match(row[0].text) and len(row) > 1), None)
    groups = any(group_sum(row) for row in rows[:at])
    below = rows[at + 1] if groups and near and ends(rows[at + 1]) else None
    return grand or below or rows[at]


def header_again(row: Row, header: Row, taught: headings.Taught) -> bool:
    """Whether a row is the heading once more: in its own words, or in others for most columns."""
    said = {labels.plain(cell.text) for cell in header}
    if len(row) >= _FEWEST and all(labels.plain(cell.text) in said for cell in row):
        return True
    return named(row, taught) >= max(_FEWEST, len(header) - 1)


def named(row: Row, taught: headings.Taught = headings.NOTHING) -> int:
    """How many columns the cells of a row name."""
    found = [
        taught.get(labels.plain(piece.text)) or labels.column_of(piece.text)
        for cell in row
        for piece in headings.parts(cell, taught)
    ]
    return len([one for one in found if one])


def _new_page(rows: Sequence[Row], at: int) -> bool:
    """Whether a page begins with this row."""
    return at > 0 and rows[at - 1][0].page != rows[at][0].page


_GROUP = re.compile(r"(?i)^\W*(?:sub\s*-?total(?:e|en)?|zwischensumme|sous-total|小計|小计)\W*$")
_PAYMENT = re.compile(
    r"(?i)^\W*(?:(?:modalit[àa]|condizioni|termini) (?:di )?pagamento|(?:forma|condiciones) de pago"
    r"|condi[çc][õo]es de pagamento|zahlungsbedingungen|conditions? de (?:paiement|r[èe]glement))"
)
_GRAND = re.compile(r"(?i)^\W*grand totals?\b")
_TOTAL = re.compile(
    r"(?i)^\W*(?:(?:toplam|totale|totaal|gesamt|summe|suma|razem|celkem)\s*/\s*)?"
    r"(?:grand |invoice |g\.? ?)?totals?\W*$|^\W*合计\W*(?:total)?\W*$"
    r"|^\W*(?:genel )?toplam\W*$"
)


def ends(row: Row) -> bool:
    if CARRIED.search(" ".join(cell.text for cell in row)):
        return True
    if any(_TOTAL.match(cell.text) for cell in row) and len(row) > 1:
        return True
    return bool(_END.match(row[0].text) or _END.match(" ".join(cell.text for cell in row)))


def adds_up(row: Row) -> bool:
    """Whether a row says that it is the total."""
    return any(_TOTAL.match(cell.text) or _END.match(cell.text) for cell in row)
