"""Which documents of one mail belong to which shipment: decided where it is clear, and only there."""

from __future__ import annotations

from ingest import apart
from ingest.apart import Part, Sheet
from storage.values import DocumentKind, Header, Reading, Transport


def sheet(
    number: int,
    *,
    kind: DocumentKind = DocumentKind.COMMERCIAL_INVOICE,
    name: str = "",
    invoice: str | None = None,
    house: str | None = None,
    master: str | None = None,
    boxes: tuple[str, ...] = (),
    order: str | None = None,
    inner: int = 0,
    read: bool = True,
) -> Sheet:
    made = Reading(
        documentType=kind,
        kindConfidence=1,
        file=name,
        pages=1,
        header=Header(invoiceNumber=invoice, purchaseOrder=order),
        transport=Transport(houseBill=house, masterBill=master, containers=boxes),
    )
    return Sheet(
        document_id=number,
        name=name or f"{number}.pdf",
        readings=(made,) if read else (),
        inner=inner,
    )


ONE = sheet(1, invoice="A-1", house="PGFA0000001", boxes=("ZZZU3045127",))
TWO = sheet(2, invoice="B-2", house="PGFB0000002", boxes=("ZZZU3045132",))
PACKING = DocumentKind.PACKING_LIST
NOTICE = DocumentKind.ARRIVAL_NOTICE


def parts(*sheets: Sheet) -> list[tuple[int, ...]]:
    return [one.documents for one in apart.plan(sheets)]


def test_two_sets_of_invoice_and_bill_are_two_shipments() -> None:
    assert parts(ONE, TWO) == [(1,), (2,)]
    assert apart.plan([ONE, TWO])[1] == Part(
        documents=(2,),
        inner=(),
        pairs=(("bill", "PGFB0000002"), ("container", "ZZZU3045132"), ("invoice", "B2")),
    )


def test_each_document_goes_with_the_numbers_that_it_has() -> None:
    packing = sheet(3, kind=PACKING, invoice="B-2")
    notice = sheet(4, kind=NOTICE, boxes=("ZZZU3045127",))
    certificate = sheet(5, kind=DocumentKind.OTHER, name="origin PGFB0000002.pdf")
    assert parts(ONE, TWO, packing, notice, certificate) == [(1, 4), (2, 3, 5)]


def test_two_house_bills_under_one_master_are_two_shipments() -> None:
    one = sheet(1, invoice="A-1", house="PGFA0000001", master="MBLX0000009")
    two = sheet(2, invoice="B-2", house="PGFB0000002", master="MBLX0000009")
    assert parts(one, two) == [(1,), (2,)]


def test_a_master_bill_beside_a_house_bill_is_no_second_shipment() -> None:
    notice = sheet(2, kind=NOTICE, master="MBLX0000009", invoice="B-2")
    assert parts(sheet(1, invoice="A-1", house="PGFA0000001"), notice) == []


def test_two_invoices_of_one_bill_are_one_shipment() -> None:
    assert parts(ONE, sheet(2, invoice="B-2", house="PGFA0000001")) == []


def test_two_invoices_without_a_bill_are_not_taken_apart() -> None:
    assert parts(sheet(1, invoice="A-1"), sheet(2, invoice="B-2")) == []


def test_a_shared_container_is_not_clear() -> None:
    two = sheet(2, invoice="B-2", house="PGFB0000002", boxes=("ZZZU3045127",))
    assert parts(ONE, two) == []


def test_a_document_without_a_place_keeps_all_together() -> None:
    assert parts(ONE, TWO, sheet(3, kind=DocumentKind.OTHER, name="photo.pdf")) == []
    assert parts(ONE, TWO, sheet(3, name="scan.pdf", read=False)) == []


def test_an_unreadable_document_goes_where_its_name_says() -> None:
    assert parts(ONE, TWO, sheet(3, name="BL_PGFB0000002_scan.pdf", read=False)) == [(1,), (2, 3)]


def test_an_invoice_that_names_two_bills_is_not_clear() -> None:
    notice = sheet(3, kind=NOTICE, invoice="A-1", house="PGFB0000002")
    assert parts(ONE, TWO, notice) == []


def test_two_mails_inside_the_mail_are_two_shipments_when_a_number_tells_them_apart() -> None:
    one = sheet(1, invoice="A-1", inner=1)
    two = sheet(2, invoice="B-2", inner=2)
    packing = sheet(3, kind=PACKING, name="photo.pdf", inner=2)
    assert parts(one, two, packing) == [(1,), (2, 3)]
    assert [one.inner for one in apart.plan([one, two, packing])] == [(1,), (2,)]


def test_two_mails_about_one_invoice_are_one_shipment() -> None:
    assert (
        parts(sheet(1, invoice="A-1", inner=1), sheet(2, kind=PACKING, invoice="A-1", inner=2))
        == []
    )


def test_two_mails_whose_numbers_cannot_be_compared_are_not_taken_apart() -> None:
    notice = sheet(2, kind=NOTICE, house="PGFB0000002", inner=2)
    assert parts(sheet(1, invoice="A-1", inner=1), notice) == []


def test_a_file_that_lay_in_both_mails_keeps_all_together() -> None:
    one, two = sheet(1, invoice="A-1", inner=1), sheet(2, invoice="B-2", inner=2)
    assert parts(one, two, sheet(3, inner=1), sheet(3, inner=2)) == []
