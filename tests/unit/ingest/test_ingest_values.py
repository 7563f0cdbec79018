"""Typed values out of printed text."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.fields import values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("8.505,-", "8505.00"),
        ("84.000,00", "84000.00"),
        ("20,385", "20385"),
        ("3,5", "3.5"),
        ("12'000.00", "12000.00"),
        ("1.000.000", "1000000"),
        ("-15.20", "-15.20"),
        ("7", "7"),
    ],
)
def test_numbers_in_us_and_eu_form(text: str, value: str) -> None:
    assert values.number(text) == Decimal(value)


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_every_amount_that_we_print_is_read_back(amount: Decimal) -> None:
    assert values.number(f"{amount:,.2f}") == amount


@given(st.text(max_size=80))
def test_no_text_breaks_a_reader(text: str) -> None:
    for reader in (
        values.number,
        values.day,
        values.currency,
        values.incoterm,
        values.containers,
        values.hs_code,
        values.weight_kg,
        values.bill,
        values.reference,
        values.country,
        values.country_at_end,
    ):
        reader(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2025/12/25", date(2025, 12, 25)),
        ("31-12-2025", date(2025, 12, 31)),
        ("27.12.2025", date(2025, 12, 27)),
        ("18. 6. 2025", date(2025, 6, 18)),
        ("17-Jan-20", date(2020, 1, 17)),
        ("28th AUGUST, 2016", date(2016, 8, 28)),
        ("25-JAN-19", date(2019, 1, 25)),
        ("03-26-2017", date(2017, 3, 26)),
        ("Vienna, 2025 07 12", date(2025, 7, 12)),
        ("Jun 12 2023", date(2023, 6, 12)),
    ],
)
def test_dates_in_the_shapes_of_the_trade(text: str, value: date) -> None:
    read = values.day(text)
    assert read is not None
    assert read.value == value
    assert read.unsure is False


def test_a_date_whose_day_and_month_could_be_swapped_says_so() -> None:
    read = values.day("03/04/2026")
    assert read is not None
    assert read.unsure


@pytest.mark.parametrize("text", ["99/99/2026", "2026-13-40", "soon", ""])
def test_what_is_no_date_is_none(text: str) -> None:
    assert values.day(text) is None


def test_a_container_number_needs_its_check_digit() -> None:
    assert values.containers("CSQU3054383 and ZZZU 304512-7, not ZZZU3045128") == [
        "CSQU3054383",
        "ZZZU3045127",
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [("FOB Yantian", "FOB Yantian"), ("Terms: CIF Los Angeles", "CIF LOS ANGELES"), ("none", None)],
)
def test_incoterms_come_with_their_place(text: str, value: str | None) -> None:
    found = values.incoterm(text)
    assert (found or "").upper() == (value or "").upper()


@pytest.mark.parametrize(
    ("text", "code"),
    [("Viet Nam", "VN"), ("P.R. China", "CN"), ("Made in Türkiye", "TR"), ("Atlantis", None)],
)
def test_countries_become_their_codes(text: str, code: str | None) -> None:
    assert values.country(text) == code


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("6204.62", "620462"),
        ("6204.62.8011", "6204628011"),
        ("8504 40 95 10", "8504409510"),
        ("61 09 10 00", "61091000"),
        ("9903.88.03", "99038803"),
        ("3926909000", "3926909000"),
        # Amounts, counts and chapters that do not exist.
        ("250.00", None),
        ("62370.00", None),
        ("1,250.00", None),
        ("12345", None),
        ("7701.10", None),
        ("0012.00", None),
        ("USD 8504", None),
    ],
)
def test_a_tariff_code_has_the_digits_and_the_groups_of_one(text: str, digits: str | None) -> None:
    assert values.hs_code(text) == digits


@pytest.mark.parametrize(
    ("text", "kilograms"),
    [("26.160 MT", "26160"), ("26.16 M.T.", "26160"), ("100 lbs", "45.359"), ("100", "100")],
)
def test_weights_come_in_kilograms(text: str, kilograms: str) -> None:
    assert values.weight_kg(text) == Decimal(kilograms)
