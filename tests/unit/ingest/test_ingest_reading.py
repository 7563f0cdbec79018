"""Reading the demo's documents: every field, its place, and an honest confidence."""

from datetime import date
from decimal import Decimal

import pytest

from bot.sandbox.samples import FILES
from ingest import fields
from ingest.fields.merge import merge
from ingest.reader import SafeReader
from storage.values import DocumentKind, Reading, Unreadable
from tests.factories import invoice_csv
from workflows import numbers


def read(name: str) -> Reading:
    made = fields.read(name, (FILES / name).read_bytes())
    assert isinstance(made, Reading)
    return made


@pytest.fixture(scope="module")
def invoice() -> Reading:
    return read("invoice_BP-2026-1107.pdf")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("invoice_BP-2026-1107.pdf", DocumentKind.COMMERCIAL_INVOICE),
        ("packing_list_BP-2026-1107.pdf", DocumentKind.PACKING_LIST),
        ("arrival_notice_ZZZQ26051877.pdf", DocumentKind.ARRIVAL_NOTICE),
        ("HLB-2026-0419.xlsx", DocumentKind.COMMERCIAL_INVOICE),
    ],
)
def test_each_document_is_known_for_what_it_is(name: str, kind: DocumentKind) -> None:
    assert read(name).documentType is kind


def test_the_head_of_an_invoice(invoice: Reading) -> None:
    head = invoice.header
    assert (head.invoiceNumber, head.invoiceDate) == ("BP-2026-1107", date(2026, 10, 30))
    assert (head.currency, head.incoterms, head.purchaseOrder) == ("USD", "FOB Yantian", "NR-4471")
    assert invoice.totals.total == Decimal("74290.00")
    assert invoice.signed is True


def test_the_parties_of_an_invoice(invoice: Reading) -> None:
    assert invoice.parties.exporter.name == "Shenzhen Brightpath Electronics Co., Ltd."
    assert invoice.parties.exporter.country == "CN"
    assert invoice.parties.importer.name == "Northgate Retail Inc."
    assert invoice.parties.importer.country == "US"


def test_all_ten_lines_with_their_wrapped_descriptions(invoice: Reading) -> None:
    assert len(invoice.lineItems) == 10
    first = invoice.lineItems[0]
    assert first.description == "Power adapter, USB-C, 45 W output, for household appliances"
    assert (first.quantity, first.unit, first.unitPrice) == (Decimal(1500), "PCS", Decimal("6.20"))
    assert (first.extendedValue, first.countryOfOrigin) == (Decimal("9300.00"), "CN")
    assert first.hsCodeHint == "8504409510"
    total = sum(line.extendedValue or 0 for line in invoice.lineItems)
    assert total == invoice.totals.total


def test_every_value_has_its_place_and_what_adds_up_is_surer(invoice: Reading) -> None:
    assert set(invoice.confidenceByField) == set(invoice.evidence)
    place = invoice.evidence["lineItems[0].quantity"]
    assert place.page == 1
    assert place.text == "1,500"
    assert invoice.confidenceByField["lineItems[0].quantity"] >= 0.95


def test_an_arrival_notice_gives_the_transport() -> None:
    moved = read("arrival_notice_ZZZQ26051877.pdf").transport
    assert (moved.masterBill, moved.houseBill) == ("ZZZQ26051877", "PGFL2610552")
    assert (moved.vessel, moved.voyage) == ("EVER HARBOR", "118E")
    assert (moved.eta, moved.lastFreeDay) == (date(2026, 11, 24), date(2026, 11, 30))
    assert (moved.containers, moved.seals) == (("ZZZU3045127",), ("HL778201",))
    assert moved.portOfDischarge == "Long Beach, CA"


def test_a_spreadsheet_is_read_like_a_page() -> None:
    sheet = read("HLB-2026-0419.xlsx")
    assert sheet.header.invoiceNumber == "HLB-2026-0419"
    assert [line.extendedValue for line in sheet.lineItems] == [Decimal(25560), Decimal(15720)]
    assert sheet.totals.total == Decimal(41280)


def test_the_mails_own_words_are_read_too() -> None:
    said = fields.read_mail_text(
        "Arrival", "B/L No.: ZZZQ26104411\nETA: 2026-11-25\nContainer No.: ZZZU3045132"
    )
    assert ("bill", "ZZZQ26104411") in numbers.of(said)
    assert ("container", "ZZZU3045132") in numbers.of(said)


def test_arithmetic_that_does_not_hold_is_flagged_and_the_page_still_wins() -> None:
    wrong = invoice_csv().replace(b"2.50,25.00", b"2.50,99.00")
    made = fields.read("i.csv", wrong)
    assert isinstance(made, Reading)
    assert made.lineItems[0].extendedValue == Decimal("99.00")
    assert {flag.type for flag in made.flags} >= {"arithmetic"}
    assert made.confidenceByField["lineItems[0].extendedValue"] < 0.85


def test_a_missing_currency_must_be_resolved() -> None:
    made = fields.read("i.csv", invoice_csv().replace(b"Currency:,USD", b"Currency:,"))
    assert isinstance(made, Reading)
    assert "The currency is not stated." in {flag.message for flag in made.flags}


def test_documents_of_one_shipment_become_one_answer() -> None:
    merged = merge(
        [
            (1, read("invoice_BP-2026-1107.pdf")),
            (2, read("arrival_notice_ZZZQ26051877.pdf")),
            (3, read("packing_list_BP-2026-1107.pdf")),
        ]
    )
    assert merged.header.invoiceNumber == "BP-2026-1107"
    assert merged.transport.houseBill == "PGFL2610552"
    assert merged.lines_from == 1
    assert merged.evidence["transport.vessel"][0] == 2


def test_documents_that_disagree_are_told_to_a_person() -> None:
    one = fields.read("a.csv", invoice_csv(number="A-100"))
    two = fields.read("b.csv", invoice_csv(number="B-200"))
    assert isinstance(one, Reading)
    assert isinstance(two, Reading)
    flags = merge([(1, one), (2, two)]).flags
    assert "The documents disagree: A100 (a.csv); B200 (b.csv)." in {flag.message for flag in flags}


def test_a_file_that_hangs_the_reader_is_put_aside_in_time() -> None:
    reader = SafeReader(seconds=0.0)
    try:
        made = reader.read("slow.csv", invoice_csv())
        assert isinstance(made, Unreadable)
        assert made.reason == "timeout"
    finally:
        reader.close()


def test_a_sheets_value_stands_in_its_own_column() -> None:
    sheet = b"Packing list PL-1\nPackages,Gross Weight kg\n10,900\n"
    made = fields.read("p.csv", sheet)
    assert isinstance(made, Reading)
    assert made.totals.packages == 10
    assert made.totals.grossWeightKg == 900
