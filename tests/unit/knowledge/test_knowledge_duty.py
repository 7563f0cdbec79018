from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from knowledge.duty import compute, fees, rates
from knowledge.duty.compute import DutyQuery

DAY = date(2026, 5, 1)


def query(amount: str, rate: str | None, **more: object) -> DutyQuery:
    facts: dict[str, object] = {
        "number": 1,
        "code": "6109.10.00.12",
        "general_rate": rate,
        "value": Decimal(amount),
        "currency": "USD",
        "quantity": None,
        "unit": None,
    }
    return DutyQuery.model_validate(facts | more)


def amounts(*lines: DutyQuery, on: date = DAY, by_sea: bool = True) -> dict[str, str | None]:
    made = compute.estimate(lines, entry_date=on, by_sea=by_sea)
    return {
        layer.authority: str(layer.amount.amount) if layer.amount else None for layer in made.layers
    }


@pytest.mark.parametrize(
    ("text", "percent", "per_unit"),
    [
        ("Free", "0", []),
        ("3.9%", "3.9", []),
        ("16.5%", "16.5", []),
        ("6.3¢/liter", "0", [("0.063", "liter")]),
        ("$1.53/kg + 5.2%", "5.2", [("1.53", "kg")]),
        ("$1.035/kg +13.6%", "13.6", [("1.035", "kg")]),
        ("0.4¢ each + 6.1%", "6.1", [("0.004", "each")]),
        ("$1.13/m3", "0", [("1.13", "m3")]),
    ],
)
def test_a_rate_is_read(text: str, percent: str, per_unit: list[tuple[str, str]]) -> None:
    rate = rates.parse(text)
    assert rate is not None
    assert rate.percent == Decimal(percent)
    assert [(str(one.amount), one.unit) for one in rate.per_unit] == per_unit


@pytest.mark.parametrize(
    "text",
    [
        "The rate applicable to each garment in the ensemble if separately entered",
        "3.6606¢/kg less 0.020668¢/kg for each degree under 100 degrees",
        "3.1% on the value of the rifle + 13% on the value of the telescopic sight",
        "See additional U.S. note 3",
        "",
        "1%" * 200,
    ],
)
def test_a_rate_that_needs_a_person_is_no_rate_of_nothing(text: str) -> None:
    assert rates.parse(text) is None


@pytest.mark.parametrize(
    ("value", "rate", "mfn", "mpf", "hmf"),
    [
        ("34500.00", "Free", "0.00", "119.51", "43.13"),
        ("41280.00", "17.6%", "7265.28", "142.99", "51.60"),
        ("62300.00", "3.9%", "2429.70", "215.81", "77.88"),
        ("28450.00", "20.8%", "5917.60", "98.55", "35.56"),
        ("96400.00", "5.7%", "5494.80", "333.93", "120.50"),
        ("151200.00", "2.5%", "3780.00", "523.76", "189.00"),
        ("233750.00", "Free", "0.00", "651.50", "292.19"),
        ("100.00", "Free", "0.00", "33.58", "0.13"),
    ],
)
def test_duty_and_fees_are_exact(value: str, rate: str, mfn: str, mpf: str, hmf: str) -> None:
    assert amounts(query(value, rate)) == {"MFN": mfn, "MPF": mpf, "HMF": hmf}


def test_air_cargo_pays_no_harbor_fee() -> None:
    assert amounts(query("18720.00", "Free"), by_sea=False) == {"MFN": "0.00", "MPF": "64.85"}


def test_six_digits_give_no_number_and_say_what_to_do() -> None:
    layer = compute.estimate([query("100", None)], entry_date=DAY, by_sea=False).layers[0]
    assert layer.amount is None
    assert layer.needs == "duty needs the HTSUS: run tariff sync"


def test_a_day_without_fee_figures_gives_no_fee() -> None:
    made = compute.estimate([query("100", "Free")], entry_date=date(2026, 10, 1), by_sea=False)
    fee = made.layers[1]
    assert (fee.authority, fee.amount) == ("MPF", None)
    assert fee.needs is not None
    assert any("2026-10-01" in one for one in made.advisories)


@pytest.mark.parametrize(
    ("day", "minimum"),
    [(date(2024, 9, 30), "31.67"), (date(2024, 10, 1), "32.71"), (date(2025, 10, 1), "33.58")],
)
def test_the_fee_has_the_bounds_of_its_fiscal_year(day: date, minimum: str) -> None:
    assert fees.mpf(Decimal(1), on=day) == Decimal(minimum)


def test_every_estimate_says_what_it_leaves_out() -> None:
    made = compute.estimate([query("100", "Free")], entry_date=DAY, by_sea=True)
    assert any("chapter 99" in one for one in made.advisories)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"currency": "EUR"}, "the rate of exchange for EUR"),
        ({"value": None}, "the value"),
        ({"origin": "RU"}, "column 2"),
        ({"general_rate": "See additional U.S. note 3"}, "a person must read"),
        ({"general_rate": "6.3¢/liter"}, "the quantity in liter"),
        ({"general_rate": "5¢/kg", "quantity": "3", "unit": "doz."}, "the quantity in kg"),
        ({"general_rate": "5¢/kg on drained weight", "quantity": "3", "unit": "kg"}, "drained"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_guessed(
    facts: dict[str, object], said: str
) -> None:
    layer = compute.estimate([query("100", "5%", **facts)], entry_date=DAY, by_sea=False).layers[0]
    assert layer.amount is None
    assert layer.needs is not None
    assert said in layer.needs


def test_a_specific_rate_takes_the_quantity_in_another_unit() -> None:
    found = amounts(query("100", "6.3¢/liter", quantity="2500", unit="ml"))
    assert found["MFN"] == "0.16"
