"""Several documents in one file are told apart; what belongs together stays together."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from ingest import fields
from storage.values import Reading
from tests.packets import INVOICE, NOTICE, OTHER_INVOICE, PACKING, packet, sheet

TERMS = sheet("GENERAL TERMS AND CONDITIONS OF SALE", "1. The invoice is payable at once.",
              "2. The packing list is for the carrier.")  # fmt: skip
ANALYSIS = sheet("CERTIFICATE OF ANALYSIS", "Melt index 50", "Density 0.926", foot="Page 1 of 1")


def documents(data: bytes, name: str = "packet.pdf") -> list[tuple[str, int, int]]:
    made = fields.read_all(name, data)
    assert isinstance(made, tuple), made
    return [(one.documentType.value, one.firstPage, one.pages) for one in made]


def test_a_packet_of_four_documents_is_four_documents() -> None:
    made = fields.read_all("packet.pdf", packet(INVOICE, TERMS, PACKING, NOTICE, OTHER_INVOICE))
    assert isinstance(made, tuple)
    assert [(one.documentType.value, one.firstPage, one.pages) for one in made] == [
        ("commercial_invoice", 1, 2),
        ("packing_list", 3, 1),
        ("arrival_notice", 4, 1),
        ("commercial_invoice", 5, 1),
    ]
    alone = fields.read("alone.pdf", INVOICE.read_bytes())
    assert isinstance(alone, Reading)
    invoice, packing, notice, other = made
    assert (invoice.lineItems, invoice.totals.total) == (alone.lineItems, alone.totals.total)
    assert other.header.invoiceNumber == "CK-30912"
    assert notice.transport.houseBill == "PGFL2610552"
    # Its places are those of the file, which is what a person opens.
    assert {seen.page for seen in packing.evidence.values()} == {3}
    assert {seen.page for seen in other.evidence.values()} == {5}
    assert invoice.totals.grossWeightKg is None or packing.totals.grossWeightKg is not None


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        # The same title on each page, counted on by itself or with one number: one document.
        (
            [sheet("PACKING LIST", "Invoice No.: A-100", "Gross weight: 10 KG", foot="Page 1 of 2"),
             sheet("PACKING LIST", "Invoice No.: A-100", "Net weight: 9 KG", foot="Page 2 of 2")],
            [("packing_list", 1, 2)],
        ),
        (
            [sheet("COMMERCIAL INVOICE", "Invoice No.: A-100"),
             sheet("COMMERCIAL INVOICE", "Invoice No.: A-100", "Total: USD 5.00")],
            [("commercial_invoice", 1, 2)],
        ),
        (
            [sheet("COMMERCIAL INVOICE", "Invoice No.: A-100"),
             sheet("COMMERCIAL INVOICE", "Invoice No.: A-101")],
            [("commercial_invoice", 1, 1), ("commercial_invoice", 2, 1)],
        ),
        (
            [sheet("COMMERCIAL INVOICE", "Invoice No.: A-100"),
             sheet("Continuation", "COMMERCIAL INVOICE", "Invoice No.: A-101")],
            [("commercial_invoice", 1, 2)],
        ),
        # An archive's count over the whole file does not hold its documents together.
        (
            [sheet("COMMERCIAL INVOICE", "Invoice No.: A-100", foot="Page 1 of 2"),
             sheet("PACKING LIST", "Invoice No.: A-100", foot="Page 2 of 2")],
            [("commercial_invoice", 1, 1), ("packing_list", 2, 1)],
        ),
        # A page without a known title belongs to what stands before it, unless it counts itself.
        ([INVOICE, sheet("Shipping marks", "AS ADDR")], [("commercial_invoice", 1, 2)]),
        ([ANALYSIS, ANALYSIS, INVOICE],
         [("other", 1, 1), ("other", 2, 1), ("commercial_invoice", 3, 1)]),
        # Its title is a picture: another invoice's number, date and party begin a document.
        (
            [sheet("COMMERCIAL INVOICE", "Invoice No.: A-100"),
             sheet("Invoice No.: B-7", "Date: 2026-10-30", "Seller: Lotus Mills")],
            [("commercial_invoice", 1, 1), ("commercial_invoice", 2, 1)],
        ),
        (
            [sheet("COMMERCIAL INVOICE", "Invoice No.: A-100"),
             sheet("Invoice No.: A-100", "Date: 2026-10-30", "Seller: Lotus Mills")],
            [("commercial_invoice", 1, 2)],
        ),
        (
            [sheet("COMMERCIAL INVOICE", "Invoice No.: A-100"),
             sheet("With reference to", "Invoice No.: B-7")],
            [("commercial_invoice", 1, 2)],
        ),
        # What a carrier asks for freight stands with its notice.
        (
            [sheet("ARRIVAL NOTICE", "MBL No.: ZZZQ26051877"),
             sheet("INVOICE", "MBL No.: ZZZQ26051877", "Ocean freight 900.00")],
            [("arrival_notice", 1, 2)],
        ),
    ],
)  # fmt: skip
def test_where_one_document_ends(parts: list[bytes], expected: list[tuple[str, int, int]]) -> None:
    assert documents(packet(*parts)) == expected


def test_the_sheets_of_a_workbook_are_documents_too(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    for row in (["COMMERCIAL INVOICE"], ["Invoice No.:", "A-100"], [],
                ["Description", "Quantity", "Unit Price", "Amount"], ["Lamps", 10, 2.5, 25]):  # fmt: skip
        first.append(row)
    second = book.create_sheet("PL")
    for row in (["PACKING LIST"], ["Invoice No.:", "A-100"], [],
                ["Description", "Packages", "Gross Weight"], ["Lamps", 2, 40]):  # fmt: skip
        second.append(row)
    book.save(tmp_path / "set.xlsx")
    made = fields.read_all("set.xlsx", (tmp_path / "set.xlsx").read_bytes())
    assert isinstance(made, tuple)
    assert [one.documentType.value for one in made] == ["commercial_invoice", "packing_list"]
    assert made[0].lineItems[0].extendedValue == Decimal(25)
