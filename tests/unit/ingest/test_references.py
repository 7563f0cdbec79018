"""The numbers that a mail names, and the words they stood in."""

import pytest

from ingest import references


@pytest.mark.parametrize(
    ("words", "kind", "value"),
    [
        ("Please see B/L No.: ZZZQ11110001.", "bill", "ZZZQ11110001"),
        ("HBL# ZZZQ 11110001".replace(" 1", "1"), "bill", "ZZZQ11110001"),
        ("MBL: ZZZQ22220002", "master_bill", "ZZZQ22220002"),
        ("提单号：ZZZQ11110001", "bill", "ZZZQ11110001"),
        ("AWB 176-12345675 arrives", "bill", "17612345675"),
        ("Container ZZZU 304512-7", "container", "ZZZU3045127"),
        ("Invoice no. BP-2026-1107", "invoice", "BP20261107"),
        ("Rechnung Nr. 4711", "invoice", "4711"),
        ("PO #4471 and more", "purchase_order", "4471"),
        ("PO NR-4471", "purchase_order", "NR4471"),
        ("Order no. 4471", "purchase_order", "4471"),
        ("PO-NO-4471", "purchase_order", "4471"),
        ("PO Nr.: 4471", "purchase_order", "4471"),
        ("Booking: 26104477", "booking", "26104477"),
        ("Entry QZ7-1234567-8 was filed", "entry", "QZ712345678"),
        ("about shp-2026-000007", "shipment", "SHP-2026-000007"),
    ],
)
def test_a_number_with_its_label_or_its_check_digit_is_found(
    words: str, kind: str, value: str
) -> None:
    found = references.find("", words)
    assert (kind, value) in [(one.kind, one.value) for one in found]
    assert found[0].said == words


@pytest.mark.parametrize(
    "words",
    [
        "P.O. Box 4471",
        "AWB 176-12345674",
        "Container ZZZU3045128",
        "call +1 555 123 4567",
        "Invoice attached",
        "the bill of lading follows tomorrow",
    ],
)
def test_what_is_no_such_number_is_not_found(words: str) -> None:
    assert references.find("", words) == []


def test_numbers_in_the_names_of_files_are_found_and_say_where() -> None:
    found = references.find("", "", ["INV_BP-1107.pdf", "B_L HBL ZZZQ11110001.pdf"])
    assert [(one.kind, one.place) for one in found] == [
        ("invoice", "INV_BP-1107.pdf"),
        ("bill", "B_L HBL ZZZQ11110001.pdf"),
    ]


def test_of_two_bills_in_one_mail_none_decides_and_both_are_told() -> None:
    seen = references.find("Docs", "B/L: ZZZQ11110001\nB/L: ZZZQ22220002\nInvoice 77-1")
    assert references.pairs(seen) == [("invoice", "771")]
    assert "ZZZQ11110001, ZZZQ22220002" in references.several(seen).sentence


def test_a_house_and_a_master_bill_are_one_shipment() -> None:
    seen = references.find("", "HBL: ZZZQ11110001\nMBL: ZZZQ22220002")
    assert references.several(seen) is None
