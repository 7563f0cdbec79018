"""Free time, demurrage and detention: the last free day, and what each later day costs.

The terms are the brokerage's own file (docs/release.md): tariffs differ by terminal, line and
contract, and change without notice. What the file does not say is not computed; there is no
default tariff. Federal holidays come from `knowledge.calendar`, the days on which a terminal is
closed or works besides from the file. Rates are Decimal, days are the port's own dates.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from knowledge import calendar
from storage.values import Value

_LARGEST = 1_000_000  # bytes of the file
_MOST_DAYS = 400  # of charges: after that somebody has sold the goods
_SAFE = ("https://", "http://127.0.0.1", "http://localhost")


class BadTerms(Exception):
    """The file is not right; the text says what."""


class Tier(Value):
    """From this charged day on (counted from 1), so much a day and container."""

    day: int = Field(ge=1)
    rate: Decimal = Field(ge=0, max_digits=12, decimal_places=2)


class Clock(Value):
    """One count of days: free ones, then charged ones."""

    starts: Literal["same_day", "next_day", "next_working_day"]
    free_days: int = Field(ge=0, le=60)
    counts: Literal["working", "calendar"]  #: which days use up free time
    charges: Literal["working", "calendar"]  #: which days cost
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    tiers: tuple[Tier, ...] = Field(min_length=1, max_length=12)
    valid_from: date
    valid_until: date | None = None
    source: str = Field(min_length=1, max_length=300)  #: tariff or contract, for a dispute

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = [tier.day for tier in self.tiers]
        if days[0] != 1 or days != sorted(set(days)):
            msg = "tiers begin with day 1 and rise"
            raise ValueError(msg)
        return self

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)


class Terminal(Value):
    """Where goods wait: its days, its terms, what it asks of who collects."""

    name: str = Field(min_length=1, max_length=100)
    ports: tuple[str, ...] = Field(min_length=1, max_length=20)
    firms: str | None = Field(default=None, max_length=10)
    requirements: tuple[str, ...] = Field(default=(), max_length=20)
    closed: frozenset[date] = frozenset()
    works: frozenset[date] = frozenset()  #: weekend days and holidays on which it works
    weekend: tuple[Literal["saturday", "sunday"], ...] = ("saturday", "sunday")
    demurrage: tuple[Clock, ...] = ()

    def working(self, day: date) -> bool:
        """Whether free time of working days runs on this day."""
        if day in self.works:
            return True
        resting = (("saturday", "sunday")[one - 5] for one in (5, 6) if day.weekday() == one)
        rests = any(name in self.weekend for name in resting)
        return not (rests or day in self.closed or day in calendar.holidays(day.year))


class Line(Value):
    """A shipping line: what it takes for its container after it left the terminal."""

    name: str = Field(min_length=1, max_length=100)
    detention: tuple[Clock, ...] = ()


class Carrier(Value):
    """A drayage carrier, and how it takes a pickup request."""

    name: str = Field(min_length=1, max_length=100)
    mail: str | None = Field(default=None, max_length=254)
    url: str | None = Field(default=None, max_length=500)
    chassis: tuple[Clock, ...] = ()  #: per diem of the chassis that it brings, from the out-gate

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.mail is None) == (self.url is None):
            msg = "a carrier has mail or url, one of the two"
            raise ValueError(msg)
        if self.url is not None and not self.url.startswith(_SAFE):
            msg = "url begins with https://"
            raise ValueError(msg)
        if self.mail is not None and "@" not in self.mail:
            msg = "mail is an address"
            raise ValueError(msg)
        return self


class Terms(Value):
    """All that the brokerage has recorded about ports, lines and carriers."""

    terminal: Mapping[str, Terminal] = {}
    line: Mapping[str, Line] = {}  #: by SCAC
    carrier: Mapping[str, Carrier] = {}

    def at(self, port: str | None, firms: str | None = None) -> Terminal | None:
        """The terminal with this FIRMS code, or the port's only one; None when it is not sure."""
        if firms:
            code = firms.strip().casefold()
            return next(
                (t for t in self.terminal.values() if (t.firms or "").casefold() == code), None
            )
        place = (port or "").strip().casefold()
        found = [
            one
            for one in self.terminal.values()
            if place and place in {p.casefold() for p in one.ports}
        ]
        return found[0] if len(found) == 1 else None


class Charge(Value):
    """One charged day of one container."""

    on: date
    number: int
    rate: Decimal


def load(path: Path | None) -> Terms:
    """The terms of this file; none without one. Raises `BadTerms`."""
    if path is None:
        return Terms()
    try:
        data = path.read_bytes()
        if len(data) > _LARGEST:
            raise BadTerms(f"{path.name} is larger than {_LARGEST} bytes.")
        return Terms.model_validate(tomllib.loads(data.decode()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise BadTerms(f"{path.name} cannot be read: {exc}") from exc
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadTerms(f"{path.name}: {where}: {first['msg']}") from exc


def clock_at(clocks: tuple[Clock, ...], on: date) -> Clock | None:
    """The terms in force on this day; None when there are none, or two that contradict."""
    found = [one for one in clocks if one.in_force(on)]
    return found[0] if len(found) == 1 else None


def last_free_day(clock: Clock, begin: date, terminal: Terminal | None = None) -> date:
    """The last day that costs nothing; `begin` is the day of availability, or of the out-gate."""
    day = begin
    if clock.starts == "next_day":
        day += timedelta(days=1)
    elif clock.starts == "next_working_day":
        day += timedelta(days=1)
        while not _working(day, terminal):
            day += timedelta(days=1)
    if clock.free_days == 0:
        return day - timedelta(days=1)
    left = clock.free_days
    while True:
        if clock.counts == "calendar" or _working(day, terminal):
            left -= 1
        if left == 0:
            return day
        day += timedelta(days=1)


def charges(
    clock: Clock, last_free: date, until: date, terminal: Terminal | None = None
) -> list[Charge]:
    """The charged days after the last free one, up to and with `until`, for one container."""
    found: list[Charge] = []
    day = last_free + timedelta(days=1)
    while day <= until and len(found) < _MOST_DAYS:
        if clock.charges == "calendar" or _working(day, terminal):
            number = len(found) + 1
            rate = next(t.rate for t in reversed(clock.tiers) if t.day <= number)
            found.append(Charge(on=day, number=number, rate=rate))
        day += timedelta(days=1)
    return found


def total(found: list[Charge], containers: int) -> Decimal:
    """What these days cost for so many containers."""
    return sum((one.rate for one in found), Decimal(0)) * containers


def _working(day: date, terminal: Terminal | None) -> bool:
    return terminal.working(day) if terminal is not None else calendar.is_working_day(day)
