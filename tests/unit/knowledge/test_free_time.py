"""Free days, last free day and charges, against dates counted by hand."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from knowledge import free_time
from knowledge.free_time import BadTerms, Clock, Terminal, Tier

TIERS = (Tier(day=1, rate=Decimal("185.00")), Tier(day=5, rate=Decimal("370.00")))
CLOCK = Clock(
    starts="next_working_day", free_days=4, counts="working", charges="calendar", currency="USD", tiers=TIERS,
    valid_from=date(2026, 1, 1), source="terminal tariff 7",
)  # fmt: skip
PIER = Terminal(name="Pier T", ports=("Long Beach, CA",), firms="Z952", demurrage=(CLOCK,))


def test_the_worked_example_costs_1110_dollars() -> None:
    last = free_time.last_free_day(CLOCK, date(2026, 5, 4), PIER)  # a Monday
    assert last == date(2026, 5, 8)
    days = free_time.charges(CLOCK, last, date(2026, 5, 13), PIER)
    assert [(one.on.day, one.rate) for one in days] == [(9, 185), (10, 185), (11, 185), (12, 185), (13, 370)]
    assert free_time.total(days, 1) == Decimal("1110.00")
    assert free_time.total(days, 2) == Decimal("2220.00")
    assert free_time.charges(CLOCK, last, last, PIER) == []


@pytest.mark.parametrize(
    ("begin", "last"),
    [
        (date(2026, 7, 1), date(2026, 7, 8)),  # Friday 3 July is observed, then a weekend
        (date(2026, 11, 25), date(2026, 12, 2)),  # Thanksgiving
        (date(2026, 12, 31), date(2027, 1, 7)),  # over New Year
    ],
)
def test_holidays_and_weekends_use_up_no_free_time(begin: date, last: date) -> None:
    assert free_time.last_free_day(CLOCK, begin, PIER) == last


def test_the_ports_own_days_count() -> None:
    closed = PIER.model_copy(update={"closed": frozenset({date(2026, 5, 6)})})
    assert free_time.last_free_day(CLOCK, date(2026, 5, 4), closed) == date(2026, 5, 11)
    works = PIER.model_copy(update={"works": frozenset({date(2026, 5, 9)})})
    assert free_time.last_free_day(CLOCK, date(2026, 5, 5), works) == date(2026, 5, 9)
    only_sundays = PIER.model_copy(update={"weekend": ("sunday",)})
    assert free_time.last_free_day(CLOCK, date(2026, 5, 5), only_sundays) == date(2026, 5, 9)


@pytest.mark.parametrize(
    ("starts", "free", "counts", "last"),
    [
        ("same_day", 4, "calendar", date(2026, 5, 7)),
        ("next_day", 4, "calendar", date(2026, 5, 8)),
        ("next_day", 0, "calendar", date(2026, 5, 4)),
        ("same_day", 4, "working", date(2026, 5, 7)),
    ],
)
def test_each_way_to_count(starts: str, free: int, counts: str, last: date) -> None:
    clock = CLOCK.model_copy(update={"starts": starts, "free_days": free, "counts": counts})
    assert free_time.last_free_day(clock, date(2026, 5, 4), PIER) == last


def test_charges_may_leave_out_the_weekend() -> None:
    clock = CLOCK.model_copy(update={"charges": "working"})
    days = free_time.charges(clock, date(2026, 5, 8), date(2026, 5, 13), PIER)
    assert [one.on.day for one in days] == [11, 12, 13]


def test_a_file_is_read_and_what_is_wrong_in_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "terms.toml"
    file.write_text(TOML)
    terms = free_time.load(file)
    assert terms.at("long beach, ca") is not None
    assert terms.at("Oakland, CA") is None
    assert terms.at("Oakland, CA", "z952") == terms.terminal["pier-t"]
    assert terms.line["ZZZZ"].detention[0].tiers[0].rate == Decimal("125.00")
    for wrong, told in (
        (TOML.replace("day = 1,", "day = 2,"), "tiers begin with day 1"),
        (TOML.replace('mail = "dispatch', 'url = "http://x.example/'), "carrier.sunbelt"),
        (TOML.replace("free_days = 4", "free_days = -1"), "free_days"),
        (TOML.replace("rate = ", "price = "), "rate: Field required"),
        ("[terminal", "cannot be read"),
    ):
        file.write_text(wrong)
        with pytest.raises(BadTerms, match=told):
            free_time.load(file)
    assert free_time.load(None).terminal == {}


def test_two_terminals_of_a_port_are_not_guessed_between(tmp_path: Path) -> None:
    file = tmp_path / "terms.toml"
    file.write_text(TOML + '[terminal.pier-e]\nname = "Pier E"\nports = ["Long Beach, CA"]\n')
    assert free_time.load(file).at("Long Beach, CA") is None


def test_terms_that_are_over_are_not_used() -> None:
    old = CLOCK.model_copy(update={"valid_until": date(2026, 3, 31)})
    assert free_time.clock_at((old,), date(2026, 5, 4)) is None
    assert free_time.clock_at((old, CLOCK), date(2026, 5, 4)) == CLOCK
    assert free_time.clock_at((CLOCK, CLOCK), date(2026, 5, 4)) is None


TOML = """
[terminal.pier-t]
name = "Pier T"
ports = ["Long Beach, CA", "USLGB"]
firms = "Z952"
requirements = ["TWIC card"]
closed = [2026-07-05]
[[terminal.pier-t.demurrage]]
starts = "next_working_day"
free_days = 4
counts = "working"
charges = "calendar"
currency = "USD"
valid_from = 2026-01-01
source = "terminal tariff 7"
tiers = [{ day = 1, rate = "185.00" }, { day = 5, rate = "370.00" }]

[line.ZZZZ]
name = "Invented Line"
[[line.ZZZZ.detention]]
starts = "next_day"
free_days = 4
counts = "working"
charges = "calendar"
currency = "USD"
valid_from = 2026-01-01
source = "line tariff"
tiers = [{ day = 1, rate = "125.00" }]

[carrier.sunbelt]
name = "Sunbelt Drayage"
mail = "dispatch@sunbelt.example"
[[carrier.sunbelt.chassis]]
starts = "same_day"
free_days = 0
counts = "calendar"
charges = "calendar"
currency = "USD"
valid_from = 2026-01-01
source = "chassis pool, contract 12"
tiers = [{ day = 1, rate = "38.50" }]
"""
