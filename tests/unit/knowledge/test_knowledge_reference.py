from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from knowledge import calendar, reference


@pytest.mark.parametrize(
    ("quantity", "unit", "to", "expected"),
    [
        ("4560", "pcs", "Dz Pcs", "380"),
        ("10", "doz.", "No.", "120"),
        ("2500", "g", "kg", "2.5"),
        ("1", "t", "kg", "1000"),
        ("3", "prs.", "pairs", "3"),
        ("7", "GBq", "gbq", "7"),
    ],
)
def test_quantities_convert_exactly(quantity: str, unit: str, to: str, expected: str) -> None:
    assert reference.convert(Decimal(quantity), unit, to=to) == Decimal(expected)


@pytest.mark.parametrize(
    ("unit", "to"), [("pcs", "kg"), ("doz.", "prs."), (None, "kg"), ("kg", "kg on drained weight")]
)
def test_what_does_not_convert_is_not_guessed(unit: str | None, to: str) -> None:
    assert reference.convert(Decimal(1), unit, to=to) is None


@pytest.mark.parametrize(("one", "other"), [("No.", "pcs"), ("KGS", "kg"), ("m²", "m2")])
def test_spellings_of_one_unit_are_the_same(one: str, other: str) -> None:
    assert reference.same_unit(one, other)


@pytest.mark.parametrize(
    ("number", "valid"),
    [("ZZZU3045127", True), ("ZZZU3045128", False), ("ZZZU7712043", True), ("", False)],
)
def test_a_container_number_carries_its_check_digit(*, number: str, valid: bool) -> None:
    assert reference.container_is_valid(number) is valid


@pytest.mark.parametrize("named", ["USLGB", "Long Beach", "2709", "long beach, CA"])
def test_a_port_is_found_by_each_of_its_names(named: str) -> None:
    found = reference.port(named)
    assert found is not None
    assert (found.locode, found.schedule_d, found.country) == ("USLGB", "2709", "US")


@pytest.mark.parametrize(
    ("named", "locode"),
    [
        ("Yantian, China", "CNYTN"),
        ("Yantian (China)", "CNYTN"),
        ("PORT OF YANTIAN", "CNYTN"),
        ("SHANGHAI, CN", "CNSHA"),
        ("Shanghai P.R. China", "CNSHA"),
        ("Qingdao, Shandong, China", "CNTAO"),
        ("NINGBO PORT", "CNNGB"),
        ("Haiphong, Vietnam", "VNHPH"),
        ("Hong Kong, China", "HKHKG"),
        ("Long Beach, California, USA", "USLGB"),
        ("Port Everglades, FL", "USPEF"),
        ("Los Angeles (USLAX)", "USLAX"),
        ("PORT KLANG, MALAYSIA", "MYPKG"),
    ],
)
def test_a_port_is_found_with_its_country_or_state_behind_it(named: str, locode: str) -> None:
    found = reference.port(named)
    assert found is not None
    assert found.locode == locode


@pytest.mark.parametrize(
    "named",
    ["Atlantis", "", ", China", "Port of Discharge", "Yantian, Korea", "Valencia, Venezuela",
     "Charleston, West Virginia", "Newark, Delaware", "Portland, ME"],
)  # fmt: skip
def test_an_unknown_port_is_unknown(named: str) -> None:
    assert reference.port(named) is None


@pytest.mark.parametrize(("code", "name"), [("VN", "Vietnam"), ("CN", "China"), ("XX", None)])
def test_countries_have_names_for_people(code: str, name: str | None) -> None:
    assert reference.country_name(code) == name


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),
        date(2026, 1, 19),
        date(2026, 5, 25),
        date(2026, 6, 19),
        date(2026, 7, 3),  # the Fourth is a Saturday
        date(2026, 11, 26),
        date(2021, 7, 5),  # the Fourth was a Sunday
        date(2021, 12, 31),  # New Year's Day of 2022 was a Saturday
    ],
)
def test_federal_holidays_are_no_working_days(day: date) -> None:
    assert not calendar.is_working_day(day)


def test_working_days_skip_weekends_and_holidays() -> None:
    assert calendar.add_working_days(date(2026, 11, 25), 1) == date(2026, 11, 27)
    assert calendar.add_working_days(date(2026, 11, 27), 1) == date(2026, 11, 30)


def test_entry_is_due_fifteen_calendar_days_after_arrival() -> None:
    assert calendar.entry_due(date(2026, 11, 21)) == date(2026, 12, 6)


def test_the_summary_is_due_ten_working_days_after_entry() -> None:
    assert calendar.summary_due(date(2026, 5, 1)) == date(2026, 5, 15)
