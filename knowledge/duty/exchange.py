"""Rates of exchange for duty, and the rule that picks one (19 CFR 159.31-.35, 152.1(c)).

The date of exportation decides, and the caller knows it. For the currencies of 159.34(a) it is
the certified quarterly rate, unless the certified daily rate of that date varies from it by 5%
or more: the difference divided by the certified quarterly rate. (159.33 says "the certified
rate"; 159.34 does not say which of its two. Where the other divisor would decide otherwise,
`Converted.note` says so.) Other currencies take the certified daily rate. On a day when banks in
New York are closed, the last business day before counts (31 USC 5151(a)(2)).

The first daily rate of a quarter stands in for a quarterly rate that no file gives; `source` says
so. Proclaimed rates (159.33) and several rates for one currency (159.36) are not known here. A
rate that is not in the table is Unknown: none is taken from a neighbouring day, carried on, or
crossed. Where the rates come from is `rate_files`' work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Literal, Self

from knowledge.calendar import is_working_day
from storage.values import CurrencyCode, Money, Value

LISTED = frozenset(  # 19 CFR 159.34(a); its euro countries are one currency now
    {"AUD", "BRL", "CAD", "CHF", "CNY", "DKK", "EUR", "GBP", "HKD", "INR", "IRR", "JPY"}
    | {"LKR", "MXN", "MYR", "NOK", "NZD", "PHP", "SEK", "SGD", "THB", "VES", "ZAR"}
)

_DAY = timedelta(days=1)
YEARS = range(1971, 2100)  # H.10 begins in 1971
_LONGEST_CLOSURE = 10  # days; a rate from further back is no longer "the last business day"
_VARIES = Decimal(5)  # per cent
_CENT = Decimal("0.01")


class BadRates(ValueError):
    """The table cannot be used; says which row is wrong and what to do."""


class Quote(Value):
    """One rate, or the word of the source that there was none that day."""

    kind: Literal["quarterly", "daily"]
    currency: CurrencyCode
    on: date  #: for a quarterly rate the first day of the quarter
    usd_per_unit: Decimal | None
    source: str


class Converted(Value):
    """An amount in US dollars and the rate that made it."""

    amount: Decimal  #: not rounded
    usd: Money  #: to the cent, half up
    rate: Decimal
    rule: str
    source: str
    note: str | None = None  #: what a broker should look at


class Unknown(Value):
    """No rate: what is missing, and how to get it."""

    needs: str


@dataclass(frozen=True)
class Rates:
    """The quotes of one table, by kind, currency and day."""

    quotes: Mapping[tuple[str, str, date], Quote]

    @classmethod
    def of(cls, quotes: Iterable[Quote]) -> Self:
        """A table of these; raises `BadRates` when two of them contradict each other."""
        known: dict[tuple[str, str, date], Quote] = {}
        for one in quotes:
            first = known.setdefault((one.kind, one.currency, one.on), one)
            if first.usd_per_unit != one.usd_per_unit:
                raise BadRates(
                    f"The {one.kind} rate of {one.currency} on {one.on} stands twice, as "
                    f"{first.usd_per_unit or 'ND'} and as {one.usd_per_unit or 'ND'}. "
                    "Keep the row that was certified."
                )
        return cls(MappingProxyType(known))

    def over(self, base: Rates) -> Rates:
        """Both tables; where both have a rate, this one counts (a bulletin's over H.10)."""
        return Rates(MappingProxyType({**base.quotes, **self.quotes}))

    def convert(self, money: Money, *, exported: date) -> Converted | Unknown:
        """This money in US dollars at the rate of the day on which the goods were exported."""
        currency = money.currency
        if currency == "USD":
            return _converted(money, Decimal(1), "US dollars, nothing to convert", "the invoice")
        daily = self._near(currency, exported, -_DAY) if exported.year in YEARS else None
        if daily is None:
            return _unknown(f"the certified rate of {currency} for {exported}")
        (on, day_rate) = daily
        source = self.quotes["daily", currency, on].source
        rule = f"daily certified {on}"
        if currency not in LISTED:
            return _converted(money, day_rate, rule, source)
        name = f"Q{(exported.month + 2) // 3} {exported.year}"
        quarterly = self._quarterly(currency, exported, name)
        if quarterly is None:
            return _unknown(f"the certified quarterly rate of {currency} for {name}")
        (rate, quarterly_source) = quarterly
        apart = abs(day_rate - rate) * 100
        note = None
        if (apart / rate >= _VARIES) != (apart / day_rate >= _VARIES):
            note = (
                f"At the 5% line: the daily rate {day_rate:.6f} differs by {apart / rate:.2f}% of "
                f"the quarterly rate {rate:.6f} and by {apart / day_rate:.2f}% of itself."
            )
        if apart / rate < _VARIES:
            return _converted(money, rate, f"quarterly certified, {name}", quarterly_source, note)
        rule += f", differs {apart / rate:.1f}% from quarterly"
        return _converted(money, day_rate, rule, source, note)

    def _quarterly(self, currency: str, exported: date, name: str) -> tuple[Decimal, str] | None:
        first = date(exported.year, (exported.month - 1) // 3 * 3 + 1, 1)
        given = self.quotes.get(("quarterly", currency, first))
        if given is not None and given.usd_per_unit is not None:
            return given.usd_per_unit, given.source
        derived = self._near(currency, first, _DAY)
        if derived is None:
            return None
        (on, rate) = derived
        source = self.quotes["daily", currency, on].source
        return rate, f"derived as the first daily rate of {name} ({on}; 19 CFR 159.34): {source}"

    def _near(self, currency: str, day: date, step: timedelta) -> tuple[date, Decimal] | None:
        """The rate of the day, or of the nearest one beyond days that are known to have none."""
        for _ in range(_LONGEST_CLOSURE):
            quote = self.quotes.get(("daily", currency, day))
            if quote is not None and quote.usd_per_unit is not None:
                return day, quote.usd_per_unit
            if quote is None and is_working_day(day):
                return None  # a hole in the table, not a day without a rate
            day += step
        return None


def _converted(
    money: Money, rate: Decimal, rule: str, source: str, note: str | None = None
) -> Converted:
    amount = money.amount * rate
    usd = Money(amount=amount.quantize(_CENT, ROUND_HALF_UP), currency="USD")
    return Converted(amount=amount, usd=usd, rate=rate, rule=rule, source=source, note=note)


def _unknown(what: str) -> Unknown:
    return Unknown(needs=f"{what}: run `tidewaiter rates sync` or give a file")
