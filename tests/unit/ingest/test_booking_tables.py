"""Files of bookings: good rows, wrong rows by number, and files that are none."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import bookings
from ingest.bookings import NoTable

HEAD = "Booking No.,Importer,Shipper,Origin,Destination,Mode,ETA,Pallets,Gross Weight,Container,Shipper email\n"
GOOD = 'B-1,Kestrel Outdoor LLC,Hanoi Lotus Bags JSC,Viet Nam,us,FCL,2026-12-05,10,"4,200.5 kg",ZZZU3045127,ha@lotusbags.example\n'


def problems(text: str) -> list[tuple[int, str]]:
    return [(one.row, one.problem) for one in bookings.read("b.csv", text.encode()).errors]


def test_a_row_becomes_a_booking_with_the_spellings_of_the_trade() -> None:
    ((row, read),) = bookings.read("b.csv", (HEAD + GOOD).encode()).rows
    assert row == 2
    assert (read.external_id, read.mode, read.origin, read.destination) == (
        "B-1",
        "ocean",
        "VN",
        "US",
    )
    assert (read.transport.eta, read.transport.containers) == (date(2026, 12, 5), ("ZZZU3045127",))
    assert (read.totals.packages, read.totals.grossWeightKg) == (10, Decimal("4200.5"))
    assert read.contact == "ha@lotusbags.example"
    assert read.transport.vessel is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("2026-12-05", "05/12/2026", "eta '05/12/2026' is no date that can be only one day"),
        ("2026-12-05", "2026-02-30", "eta '2026-02-30' is no date"),
        ("Viet Nam", "Atlantis", "origin 'Atlantis' is no country"),
        ("FCL", "mule", "mode 'mule' is no mode"),
        (",10,", ',"10,5",', "packages '10,5' is no count"),
        (",10,", ",-3,", "packages '-3' is no count"),
        ("4,200.5 kg", "4.200,5", "is no weight in kg"),
        ("ZZZU3045127", "ZZZU3045128", "ZZZU3045128, whose check digit is wrong"),
        ("ha@lotusbags.example", "ha at lotusbags", "contact: this is no mail address"),
        ("B-1", "", "the booking's number is missing"),
        ("Kestrel Outdoor LLC", "K" * 600, "parties.importer.name is longer than 500 characters"),
        ("2026-12-05", "1026-12-05", "transport.eta is no date of our time"),
        ("example\n", "example,extra\n", "it has more cells than the first row has columns"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_told_by_its_number_and_the_others_are_taken(
    old: str, new: str, words: str
) -> None:
    text = HEAD + GOOD.replace("B-1", "B-0") + GOOD.replace(old, new, 1)
    table = bookings.read("b.csv", text.encode())
    assert [one.external_id for _, one in table.rows] == ["B-0"]
    ((row, problem),) = [(one.row, one.problem) for one in table.errors]
    assert row == 3
    assert words in problem


def test_one_number_twice_in_a_file_is_told_with_its_first_row() -> None:
    assert problems(HEAD + GOOD + GOOD) == [(3, "booking B-1 stands in row 2 already")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"  \n\n", "is empty"),
        (b",,,\n", "no filled cells"),
        (b"name,colour\nx,red\n", "one called 'booking'.*Found: name, colour"),
        (b"booking,booking no\n1,2\n", "two columns for booking"),
        (b'booking,importer\n"B-1,Kestrel\n', "broken at line .*quotation mark"),
        (b"booking\n" + b"\x00" * 20, "is no text"),
        (b"PK\x03\x04 not a workbook", "damaged or no workbook"),
        (b"\xd0\xcf\x11\xe0 not a workbook", "damaged or no workbook"),
        (b"booking\n" + b"B\n" * 6000, "more than 5000 rows"),
        (b"x" * 11_000_000, "larger than 10 MB"),
    ],
    ids=range(11),
)  # fmt: skip
def test_a_file_that_is_no_table_of_bookings_is_refused_with_the_reason(
    data: bytes, words: str
) -> None:
    with pytest.raises(NoTable, match=words):
        bookings.read("b.csv", data)


def test_a_workbook_reads_like_a_csv_file() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["booking", "eta", "packages", "importer"])
    sheet.append([4711, datetime(2026, 12, 5), 10, "Kestrel Outdoor LLC"])  # noqa: DTZ001 - Excel knows no zone
    sheet.append([4712, "next week", 10, "Kestrel Outdoor LLC"])
    data = io.BytesIO()
    book.save(data)
    table = bookings.read("b.xlsx", data.getvalue())
    ((_, read),) = table.rows
    assert (read.external_id, read.transport.eta, read.totals.packages) == (
        "4711",
        date(2026, 12, 5),
        10,
    )
    assert [one.row for one in table.errors] == [3]


def test_a_column_that_nothing_is_made_of_is_named() -> None:
    assert bookings.read("b.csv", b"booking,colour\nB-1,red\n").unknown == ["colour"]


def test_other_separators_and_encodings_are_read() -> None:
    text = "booking;importer\nB-1;Müller & Söhne\n"
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        ((_, read),) = bookings.read("b.csv", text.encode(encoding)).rows
        assert read.parties.importer.name == "Müller & Söhne"


@given(st.binary(max_size=400))
@settings(max_examples=60)
def test_whatever_the_bytes_it_is_a_table_or_refused(data: bytes) -> None:
    try:
        table = bookings.read("b.csv", b"booking,eta\n" + data)
    except NoTable as exc:
        assert "b.csv" in str(exc)
    else:
        assert len(table.rows) + len(table.errors) <= data.count(b"\n") + data.count(b"\r") + 1
