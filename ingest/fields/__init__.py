"""Documents -> readings: every field with its place on the page and an honest confidence.

`read` runs in the calling process; untrusted files go through `ingest.reader`, which calls it
in a process of its own with limits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from xml.etree.ElementTree import Element

from ingest import kinds, parting
from ingest.fields import (
    assembled,
    boxed,
    boxes,
    carrier,
    certified,
    charges,
    coins,
    column_lessons,
    confidence,
    crosschecks,
    edi,
    einvoice,
    gridded,
    heads,
    labelled,
    labels,
    legs,
    lessons,
    letters,
    official,
    parties,
    ruled,
    settled,
    shipped,
    spoken,
    stated,
    sums,
    tables,
    unsaid,
    values,
    wording,
)
from ingest.fields.accounts import accounts
from ingest.fields.found import LIKELY, SURE, Findings
from ingest.fields.layout import Row, Sheet, rows_of, sheets
from ingest.fields.lineread import LineRead
from ingest.fields.tables import Table
from ingest.pages import CannotRead, Page, open_pages
from ingest.pages import text as text_pages
from ingest.pages.page import Tell, silent
from storage.values import (
    DocumentKind,
    Lesson,
    Printed,
    Reading,
    TaughtLine,
    Unreadable,
)

_TABLE_KINDS = frozenset(
    {DocumentKind.COMMERCIAL_INVOICE, DocumentKind.PROFORMA_INVOICE, DocumentKind.PACKING_LIST}
)
_CARRIED = frozenset(
    {DocumentKind.ARRIVAL_NOTICE, DocumentKind.AIR_WAYBILL, DocumentKind.BILL_OF_LADING}
    | {DocumentKind.BOOKING}
)
_INVOICES = frozenset({DocumentKind.COMMERCIAL_INVOICE, DocumentKind.PROFORMA_INVOICE})
_WRITTEN_BY_THE_SELLER = _TABLE_KINDS | {DocumentKind.CERTIFICATE_OF_ORIGIN}


Invoice = Element | edi.Invoice
"""An invoice that says its fields: XML, or the segments of an EDI message."""


def read(name: str, data: bytes, tell: Tell = silent) -> Reading | Unreadable:
    """Read the first document of a file; for most files it is the only one."""
    made = read_all(name, data, tell)
    return made if isinstance(made, Unreadable) else made[0]


def read_all(name: str, data: bytes, tell: Tell = silent) -> tuple[Reading, ...] | Unreadable:
    """Read every document of a file. One that cannot be read gives the reason, never an error."""
    made = read_each(name, data, (), tell)
    return made if isinstance(made, Unreadable) else tuple(plain for plain, *_ in made)


def read_each(
    name: str, data: bytes, groups: Sequence[Sequence[Lesson]], tell: Tell = silent
) -> list[list[Reading]] | Unreadable:
    """Read each document of a file by itself, and once more with the lessons of each group.

    Whose document it is, and with it the group that counts, is known only when it is read.
    """
    invoice = einvoice.inside(data) or edi.inside(data)
    try:
        pages = _pages(name, data, invoice, tell)
    except CannotRead as exc:
        return Unreadable(file=name, reason=exc.reason, message=str(exc))
    if invoice is not None:
        paper = sheets(pages)
        return [[_reading(name, paper, invoice=invoice, taught=group) for group in ((), *groups)]]
    return [_each(name, part, groups) for part in parting.parts(pages)]


def learn(
    name: str,
    data: bytes,
    wanted: Mapping[str, str],
    tell: Tell = silent,
    *,
    lines: Sequence[TaughtLine] = (),
    first: int = 1,
    last: int | None = None,
) -> tuple[Lesson, ...] | Unreadable:
    """Where on a document the values stand that a person has set right.

    `wanted` by path (`lessons.learn`), `lines` for their columns (`column_lessons.learn`);
    `first`, `last`: its pages, where the file has other documents as well.
    """
    try:
        pages = _pages(name, data, None, tell)
    except CannotRead as exc:  # a file of data has no page either
        return Unreadable(file=name, reason=exc.reason, message=str(exc))
    own = [one for one in pages if first <= one.number <= (last or len(pages))]
    paper = sheets(_by_itself(own))
    rows = _parted(paper)
    plain = _reading(name, paper)
    return (
        *lessons.learn(rows, plain, wanted),
        *_columns(name, paper, rows, lines, plain),
    )


def _columns(
    name: str,
    paper: Sequence[Sheet],
    rows: Sequence[Row],
    lines: Sequence[TaughtLine],
    plain: Reading,
) -> tuple[Lesson, ...]:
    """What lines set right teach of their columns, where the document is read right by it."""
    found: list[Lesson] = []
    for line in lines:
        for tried in column_lessons.learn(rows, line, plain, grid=paper[0].page.grid):
            again = _reading(name, paper, taught=tried)
            if column_lessons.said_right(again.lineItems, line):
                found += tried
                break
    return tuple(found)


def printed(
    name: str, data: bytes, tell: Tell = silent, *, first: int = 1, last: int | None = None
) -> tuple[Printed, ...] | Unreadable:
    """The cells of the pages `first` to `last` in reading order."""
    try:
        pages = _pages(name, data, None, tell)
    except CannotRead as exc:
        return Unreadable(file=name, reason=exc.reason, message=str(exc))
    return tuple(
        Printed(page=page.number, row=at, box=cell.evidence().box, text=cell.text)
        for page in pages
        if first <= page.number <= (last or len(pages))
        for at, row in enumerate(rows_of(page))
        for cell in row
    )


def _each(name: str, part: Sequence[Page], groups: Sequence[Sequence[Lesson]]) -> list[Reading]:
    """One document of a file, plain and with each group of lessons."""
    paper = sheets(_by_itself(part))
    first = part[0].number if part else 1
    form = official.read(name, len(paper), [row for sheet in paper for row in sheet.rows])
    return [
        _on_pages_from(first, form or _reading(name, paper, taught=group))
        for group in ((), *groups)
    ]


def _on_pages_from(first: int, made: Reading) -> Reading:
    """The evidence on the pages of the file, where the document is not its first."""
    if first == 1:
        return made
    return made.model_copy(
        update={
            "firstPage": first,
            "evidence": {
                path: seen.model_copy(update={"page": seen.page + first - 1})
                for path, seen in made.evidence.items()
            },
        }
    )


def _parted(paper: Sequence[Sheet]) -> list[Row]:
    """All rows, with what stands in one cell under two labels apart."""
    return [labels.apart(row) for sheet in paper for row in sheet.rows]


def _by_itself(part: Sequence[Page]) -> list[Page]:
    """The pages counted from 1, as those of a document that came alone."""
    return [one.model_copy(update={"number": at}) for at, one in enumerate(part, 1)]


def _pages(name: str, data: bytes, invoice: Invoice | None, tell: Tell) -> Sequence[Page]:
    alone = invoice is not None and b"%PDF-" not in data[:1024]
    return text_pages.read("") if alone else _opened(name, data, tell)


@lru_cache(maxsize=1)
def _opened(name: str, data: bytes, tell: Tell) -> Sequence[Page]:
    """The pages of the file that is worked on: reading scans is slow and is not done twice."""
    return open_pages(name, data, tell)


def read_mail_text(subject: str, text: str) -> Reading:
    """What the mail's own words say: references and transport facts."""
    pages = text_pages.read(f"{subject}\n\n{text}"[:200_000])
    return _reading("e-mail", sheets(pages), kind=DocumentKind.EMAIL)


def _reading(
    name: str,
    paper: Sequence[Sheet],
    *,
    kind: DocumentKind | None = None,
    invoice: Invoice | None = None,
    taught: Sequence[Lesson] = (),
) -> Reading:
    rows = _parted(paper)
    pages = [sheet.page for sheet in paper]
    sure_of_kind = 1.0
    if kind is None:
        kind, sure_of_kind = kinds.kind_of(rows)
    found = Findings()
    forms = ruled.of(rows)
    heads.read(rows, found, forms)
    parties.read(rows, found)
    boxed.read(forms, found)
    carried = kind in _CARRIED or (kind is DocumentKind.OTHER and kinds.is_delivery_order(rows))
    if carried:
        boxes.read(rows, found, by_air=kind is DocumentKind.AIR_WAYBILL)
    told = column_lessons.known(rows, taught)
    columns = column_lessons.taught(told)
    table = tables.read(pages, rows, columns) if kind in _WRITTEN_BY_THE_SELLER else None
    if kind is DocumentKind.OTHER and not carried and not kinds.is_freight_bill(rows):
        table = tables.read(pages, rows, columns)
        if table is not None and "extendedValue" in table.columns:
            kind, sure_of_kind = DocumentKind.COMMERCIAL_INVOICE, 0.6
        elif table is not None and {"packages", "grossWeight"} <= set(table.columns):
            kind, sure_of_kind = DocumentKind.PACKING_LIST, 0.6
        else:
            table = None
    if table is not None:
        table = column_lessons.told(table, told)
    _without_labels(kind, rows, found)
    lines = _goods(kind, table, rows, found, carried=carried)
    if table is not None:
        _of_the_table(table, rows, found)
    if invoice is not None:
        # What the page shows beside it (packages, ports) stays.
        kind, sure_of_kind = DocumentKind.COMMERCIAL_INVOICE, einvoice.SURE
        put = edi.put(invoice, found) if isinstance(invoice, edi.Invoice) else None
        lines = (einvoice.put(invoice, found) if isinstance(invoice, Element) else put) or lines
    if kind in _TABLE_KINDS:
        carrier.counted_once(rows, found)
    if invoice is None:
        _of_an_invoice(kind, rows, lines, found)
        lessons.apply(rows, taught, found)
    settled.settle(kind, found)
    signed = assembled.signature(rows)
    confidence.check(kind, found, lines)
    crosschecks.look(found, rows, lines)
    confidence.low(found)
    confidence.orders_to_us(" ".join(cell.text for row in rows for cell in row)[:100_000], found)
    made = assembled.reading(name, len(paper), kind, sure_of_kind, found, lines, signed)
    words = "\n".join(" ".join(cell.text for cell in row) for row in rows)
    return made.model_copy(
        update={"accounts": accounts(words), "mentions": assembled.mentions(paper)}
    )


def _without_labels(kind: DocumentKind, rows: Sequence[Row], found: Findings) -> None:
    """What no label says: who writes to whom, and on a seller's paper the voyage."""
    seller = kind in _WRITTEN_BY_THE_SELLER
    if seller:
        gridded.read(rows, found)
    unsaid.read(rows, found, written_by_seller=seller)
    if seller:
        shipped.read(rows, found)


def _goods(
    kind: DocumentKind,
    table: Table | None,
    rows: Sequence[Row],
    found: Findings,
    *,
    carried: bool,
) -> list[LineRead]:
    """The goods, in the way that this kind of document names them."""
    if carried:
        legs.read(rows, found)
        # A notice's number of an invoice is of the carrier's own bill.
        notice = kind not in (DocumentKind.AIR_WAYBILL, DocumentKind.BILL_OF_LADING)
        wording.read(rows, found, notice=notice)
        return carrier.read(rows, found)
    if kind is DocumentKind.ISF_SHEET:
        return _of_a_filing(rows)
    if kind is DocumentKind.CERTIFICATE_OF_ORIGIN:
        certified.told(rows, found)
        # The numbered boxes of a form look like the headings of a table; which of the two it is,
        # shows in how much each says.
        certain = certified.read(rows, found)
        if _said(certain) > (_said(table.lines) if table is not None else 0):
            return _lines(None, rows, certain)
    unnamed = kind in _WRITTEN_BY_THE_SELLER and (table is None or not table.lines)
    return _lines(table, rows, _without_a_table(kind, rows, found) if unnamed else ())


def _said(lines: Sequence[LineRead]) -> int:
    return sum(len(line.values) for line in lines)


def _without_a_table(kind: DocumentKind, rows: Sequence[Row], found: Findings) -> list[LineRead]:
    """The goods of a seller's paper that has no table of them."""
    if kind in _INVOICES:
        letters.said_total(rows, found)
        total = found.get("totals.total")
        if lines := spoken.read(rows, total=total, european=found.european):
            return lines
    return labelled.read(rows, priced=kind in _INVOICES)


def _of_the_table(table: Table, rows: Sequence[Row], found: Findings) -> None:
    """What the table of goods says of the whole document."""
    if table.total is not None and table.total_at is not None:
        found.add("totals.total", table.total, SURE + 0.01, table.total_at)
    if table.currency and found.get("header.currency") is None:
        found.add("header.currency", table.currency, LIKELY, rows[0][0], table.currency)
    coins = {
        coin
        for line in table.lines
        for field in ("unitPrice", "extendedValue")
        if (seen := line.evidence.get(field)) and (coin := values.currency(seen.text))
    }
    if len(coins) == 1 and found.get("header.currency") is None:
        found.add("header.currency", coins.pop(), LIKELY, rows[0][0])
    sums.put(table.summed, table.places, found)
    if len(table.lines) >= tables.MOST_LINES:
        found.flag(
            "too_many_lines",
            "lineItems",
            "must_resolve",
            f"Only the first {tables.MOST_LINES:,} lines were read; please see the document.",
        )


def _of_an_invoice(
    kind: DocumentKind, rows: Sequence[Row], lines: Sequence[LineRead], found: Findings
) -> None:
    """What only an invoice has; on other papers such words mean something else."""
    if kind in _INVOICES:
        letters.bare_number(rows, found)
        letters.named_number(rows, found)
        letters.said_total(rows, found)
        letters.letter_date(rows, found)
        coins.read(rows, found)
        charges.read(rows, lines, found)


def _lines(
    table: Table | None, rows: Sequence[Row], otherwise: Sequence[LineRead]
) -> list[LineRead]:
    """The lines of the table, or else what is said of the goods without one."""
    lines = list(table.lines if table is not None and table.lines else otherwise)
    if not lines:
        return []
    return stated.of_all(lines, rows, table.columns if table is not None else ())


def _of_a_filing(rows: Sequence[Row]) -> list[LineRead]:
    """The origin and the tariff number that an ISF sheet states (19 CFR 149.3(a)(7) and (8))."""
    named = labelled.read(rows, priced=False)
    bare = LineRead(values={"lineNumber": 1}, evidence={}, confidence={})
    return [line for line in _lines(None, rows, named or [bare]) if line.evidence]
