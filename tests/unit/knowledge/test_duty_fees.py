from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from knowledge.duty import compute, fees
from knowledge.duty.book import Book, BookLine, Shelf
from knowledge.duty.line import DutyQuery
from storage.values import DutyLine

FISCAL_2024, FISCAL_2025 = date(2024, 1, 15), date(2025, 1, 15)
FISCAL_2026, NOT_COVERED = date(2026, 5, 4), date(2026, 10, 1)
MUGS = BookLine("6911.10.80.10", ("doz.",), "Free", None, "75%", frozenset(), leaf=True)


def amount(layer: DutyLine) -> str | None:
    return str(layer.amount.amount) if layer.amount is not None else None


def entry(value: str, *, by_sea: bool, informal: bool = False) -> compute.EntryDuty:
    shelf = Shelf([("HTSUS 2026 revision 7", Book("HTSUS 2026 revision 7", [MUGS]))])
    line = DutyQuery(code=MUGS.code, value=Decimal(value), origin="JO")
    return compute.entry([line], on=FISCAL_2026, by_sea=by_sea, shelf=shelf, informal=informal)


@pytest.mark.parametrize(
    ("on", "least", "most"),
    [
        (FISCAL_2024, "31.67", "614.35"),
        (FISCAL_2025, "32.71", "634.62"),
        (FISCAL_2026, "33.58", "651.50"),
    ],
)
def test_the_processing_fee_stays_within_the_bounds_of_its_fiscal_year(
    on: date, least: str, most: str
) -> None:
    assert fees.mpf(Decimal("0.01"), on=on) == Decimal(least)
    assert fees.mpf(Decimal(1_000_000), on=on) == Decimal(most)
    assert fees.mpf(Decimal("34500.00"), on=on) == Decimal("119.51")


@pytest.mark.parametrize(
    ("last", "first", "before", "after"),
    [
        (date(2024, 9, 30), date(2024, 10, 1), "31.67", "32.71"),
        (date(2025, 9, 30), date(2025, 10, 1), "32.71", "33.58"),
    ],
)
def test_the_bounds_change_on_the_first_of_october(
    last: date, first: date, before: str, after: str
) -> None:
    assert fees.mpf(Decimal(100), on=last) == Decimal(before)
    assert fees.mpf(Decimal(100), on=first) == Decimal(after)


@pytest.mark.parametrize(
    ("value", "due"),
    [
        ("9694.00", "33.58"),  # 33.580016
        ("9697.00", "33.59"),
        ("10000.00", "34.64"),
        ("187937.00", "651.01"),
        ("188077.00", "651.50"),  # 651.498...
        ("188080.00", "651.50"),
    ],
)
def test_between_its_bounds_the_processing_fee_follows_the_value(value: str, due: str) -> None:
    assert amount(fees.mpf_layer(Decimal(value), on=FISCAL_2026)) == due


@pytest.mark.parametrize(
    ("value", "due"), [("34500.00", "43.13"), ("34499.99", "43.12"), ("1", "0.00"), ("4", "0.01")]
)
def test_the_harbor_fee_is_rounded_to_the_cent_half_a_cent_upwards(value: str, due: str) -> None:
    assert amount(fees.hmf_layer(Decimal(value), on=FISCAL_2026)) == due


def test_the_harbor_fee_has_no_bounds() -> None:
    assert fees.hmf(Decimal(1_000_000_000), on=FISCAL_2026) == Decimal("1250000.00")


def test_a_fee_says_its_class_rate_basis_and_source() -> None:
    made = fees.mpf_layer(Decimal("34500.00"), on=FISCAL_2026)
    assert (made.authority, made.heading, made.rate) == ("MPF", "499", "0.3464%")
    assert str(made.basis) == "USD 34,500.00"
    assert "90 FR 34665" in (made.source or "")
    assert made.edition == made.source
    harbor = fees.hmf_layer(Decimal("34500.00"), on=FISCAL_2026)
    assert (harbor.authority, harbor.heading, harbor.rate) == ("HMF", "501", "0.125%")


def test_an_informal_entry_pays_the_flat_fee() -> None:
    made = fees.mpf_layer(Decimal(800), on=FISCAL_2026, informal=True)
    assert (amount(made), made.heading, made.needs) == ("2.69", "311", None)


def test_an_informal_entry_of_a_year_without_its_figure_asks_for_it() -> None:
    made = fees.mpf_layer(Decimal(800), on=FISCAL_2025, informal=True)
    assert made.amount is None
    assert made.needs == "the MPF of an informal entry for 2025-01-15"


@pytest.mark.parametrize("informal", [False, True])
def test_an_entry_that_a_programme_exempts_altogether_pays_no_processing_fee(
    informal: bool,
) -> None:
    made = fees.mpf_layer(Decimal(0), on=FISCAL_2026, informal=informal)
    assert made.amount is not None
    assert (made.amount.amount, made.rate, made.needs) == (0, "exempt", None)


def test_a_day_past_the_last_fiscal_year_on_file_has_no_processing_fee_and_says_so() -> None:
    assert fees.mpf(Decimal(100), on=NOT_COVERED) is None
    made = fees.mpf_layer(Decimal(100), on=NOT_COVERED)
    assert (made.amount, made.rate, made.source) == (None, "unknown", None)
    assert made.needs == "the MPF figures for 2026-10-01"


def test_a_day_before_the_harbor_fee_has_none_and_says_so() -> None:
    day = date(1990, 12, 31)
    assert fees.hmf(Decimal(100), on=day) is None
    made = fees.hmf_layer(Decimal(100), on=day)
    assert (made.amount, made.rate, made.source) == (None, "unknown", None)
    assert made.needs == "the HMF figures for 1990-12-31"


@pytest.mark.parametrize("layer", [fees.mpf_layer, fees.hmf_layer])
def test_fees_over_a_value_that_is_not_known_ask_for_the_values(
    layer: Callable[..., DutyLine],
) -> None:
    made = layer(None, on=FISCAL_2026)
    assert (made.amount, made.basis) == (None, None)
    assert made.needs == "the value of every line in US dollars"


def test_goods_that_come_by_air_pay_no_harbor_fee() -> None:
    made = entry("34500.00", by_sea=False)
    assert made.hmf is None
    assert [layer.authority for layer in made.layers if layer.line is None] == ["MPF"]


def test_goods_that_come_by_sea_pay_both_fees() -> None:
    made = entry("34500.00", by_sea=True)
    assert made.mpf is not None
    assert made.hmf is not None
    assert (amount(made.mpf), amount(made.hmf)) == ("119.51", "43.13")


def test_an_informal_entry_by_sea_pays_the_flat_fee_and_the_harbor_fee() -> None:
    made = entry("800", by_sea=True, informal=True)
    assert made.mpf is not None
    assert made.hmf is not None
    assert (amount(made.mpf), amount(made.hmf)) == ("2.69", "1.00")
