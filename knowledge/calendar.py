"""Working days of US customs, and the dates that the regulations count.

Federal holidays are computed (5 USC 6103), with the weekday on which one that falls on a
weekend is observed. A holiday proclaimed for one day only is not known here.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6
_MONDAY, _THURSDAY = 0, 3
_JUNETEENTH_SINCE = 2021

ENTRY_DAYS = 15  # 19 CFR 142.2: calendar days after arrival
SUMMARY_WORKING_DAYS = 10  # 19 CFR 142.12(b): working days after entry


@cache
def holidays(year: int) -> frozenset[date]:
    """The days of this year on which federal offices are closed."""
    fixed = [
        date(year, 1, 1),
        date(year + 1, 1, 1),  # its observance may fall on 31 December
        date(year, 7, 4),
        date(year, 11, 11),
        date(year, 12, 25),
    ]
    if year >= _JUNETEENTH_SINCE:
        fixed.append(date(year, 6, 19))
    moving = [
        _nth(year, 1, _MONDAY, 3),
        _nth(year, 2, _MONDAY, 3),
        _last_monday_of_may(year),
        _nth(year, 9, _MONDAY, 1),
        _nth(year, 10, _MONDAY, 2),
        _nth(year, 11, _THURSDAY, 4),
    ]
    observed = [*map(_observed, fixed), *moving]
    return frozenset(day for day in observed if day.year == year)


def is_working_day(day: date) -> bool:
    return day.weekday() < _SATURDAY and day not in holidays(day.year)


def add_working_days(start: date, days: int) -> date:
    """The working day that is `days` working days after `start`, which does not count."""
    if days < 0:
        raise ValueError("working days are counted forward")
    day = start
    for _ in range(days):
        day = next_working_day(day)
    return day


def next_working_day(after: date) -> date:
    day = after + _DAY
    while not is_working_day(day):
        day += _DAY
    return day


def entry_due(arrival: date) -> date:
    """The last day to make entry for goods that arrived on this day (19 CFR 142.2)."""
    return arrival + timedelta(days=ENTRY_DAYS)


def summary_due(entry: date) -> date:
    """The last day to file the summary and deposit duties (19 CFR 142.12(b))."""
    return add_working_days(entry, SUMMARY_WORKING_DAYS)


def _observed(day: date) -> date:
    if day.weekday() == _SATURDAY:
        return day - _DAY
    return day + _DAY if day.weekday() == _SUNDAY else day


def _nth(year: int, month: int, weekday: int, which: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())
