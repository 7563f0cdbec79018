"""Rates of exchange for duty, and the rule that picks one (19 CFR 159.31-.35, 152.1(c)).

The date of exportation decides, and the caller knows it. For the currencies of 159.34(a) it is
the certified quarterly rate, unless the certified daily rate of that date varies from it by 5%
or more: the difference divided by the certified quarterly rate. (159.33 says "the certified
rate"; 159.34 does not say which of its two. Where the other divisor would decide otherwise,
`Converted.note` says so.) Other currencies take the certified daily rate. On a day when banks in
New York are closed, the last business day before counts (31 USC 5151(a)(2)).

A table is a CSV file in UTF-8: either the H.10 download, or this one. ND is a day without a rate.

    kind,currency,on,usd_per_unit,source
    quarterly,EUR,2026-Q2,1.0812,Customs Bulletin vol. 60 no. 15
    daily,EUR,2026-05-04,1.1506,Customs Bulletin vol. 60 no. 20

The Federal Reserve's H.10 noon rates stand in for the certified daily ones, and the first of a
quarter for a quarterly rate that no file gives; `source` says so each time. Proclaimed rates
(159.33) and several rates for one currency (159.36) are not known here. A rate that is not in
the table is Unknown: none is taken from a neighbouring day, carried on, or crossed.

Longer than most modules: the rule, the two files that it reads and the way that one is fetched.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Self

import httpx
import pycountry

from knowledge.calendar import is_working_day
from storage.values import CurrencyCode, Money, Value

H10_URL = (  # the package of daily rates, the last six years of them
    "https://www.federalreserve.gov/datadownload/Output.aspx?rel=H10"
    "&series=60f32914ab61dfab590e0e470153e3ae&lastobs=1500&from=&to="
    "&filetype=csv&label=include&layout=seriescolumn&type=package"
)
LISTED = frozenset(  # 19 CFR 159.34(a); its euro countries are one currency now
    {"AUD", "BRL", "CAD", "CHF", "CNY", "DKK", "EUR", "GBP", "HKD", "INR", "IRR", "JPY"}
    | {"LKR", "MXN", "MYR", "NOK", "NZD", "PHP", "SEK", "SGD", "THB", "VES", "ZAR"}
)
MAX_BYTES = 32 * 2**20
MAX_ROWS = 400_000

_COLUMNS = ["kind", "currency", "on", "usd_per_unit", "source"]
_CURRENCIES = frozenset(one.alpha_3 for one in pycountry.currencies) - {"USD", "XTS", "XXX"}
_H10 = "Federal Reserve H.10 noon buying rate, standing in for the certified daily rate"
_NO_RATE = frozenset({"ND", "NC", "NA"})
_RATE = re.compile(r"[0-9]{1,7}(\.[0-9]{1,12})?")
_DAY = timedelta(days=1)
_YEARS = range(1971, 2100)  # H.10 begins in 1971
_LONGEST_CLOSURE = 10  # days; a rate from further back is no longer "the last business day"
_VARIES = Decimal(5)  # per cent
_CENT = Decimal("0.01")
_CURRENT = "current"


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
        daily = self._near(currency, exported, -_DAY) if exported.year in _YEARS else None
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


def load(path: Path) -> Rates:
    """The table in a local file, ours or the H.10 download; raises `BadRates`."""
    try:
        with path.open("rb") as file:
            return Rates.of(parse(file.read(MAX_BYTES + 1)))
    except OSError as exc:
        raise BadRates(f"{path.name} cannot be read ({exc.strerror}). Name another file.") from exc


def parse(data: bytes) -> list[Quote]:
    """The quotes of either kind of file; raises `BadRates` and nothing else."""
    rows = _rows(data)
    (_, head) = next(rows, (0, [""]))
    if head[0] != _COLUMNS[0]:
        return parse_h10(data)
    if head != _COLUMNS:
        raise BadRates(f"Row 1 is not “{','.join(_COLUMNS)}”. Name the columns so.")
    return [_quote(row, number) for number, row in rows]


def parse_h10(data: bytes) -> list[Quote]:
    """The quotes of an H.10 download: CSV with labels, one series a column.

    Which way a series runs stands in its Unit: "Currency:_Per_EUR" with the currency USD is
    dollars for a euro, "Currency:_Per_USD" with JPY is yen for a dollar. Where the unit is only
    "Currency", the name of the series tells ("RXI$US_" is dollars for one). Indexes, and
    currencies that no longer exist, are left out.
    """
    rows = _rows(data)
    head: dict[str, list[str]] = {}
    for _, row in rows:
        name = row[0].rstrip(":").lower()
        head[name] = row[1:]
        if name == "time period":
            break
    try:
        units, times, codes, names = (
            head[name] for name in ("unit", "multiplier", "currency", "time period")
        )
        labels = list(zip(units, times, codes, names, strict=True))
    except (KeyError, ValueError) as exc:
        raise BadRates(
            "The head of this file is not that of an H.10 download. "
            "Download it as CSV, labels included, series in columns."
        ) from exc
    series = [(at, one) for at, label in enumerate(labels, 1) if (one := _series(*label))]
    if not series:
        raise BadRates("No series of this file is a rate against the US dollar. Choose H.10 rates.")
    found: list[Quote] = []
    for number, row in rows:
        if len(row) != len(labels) + 1:
            raise BadRates(f"Row {number} has {len(row)} cells. Download the file again.")
        on = _day(row[0], number)
        for at, (currency, factor, inverse) in series:
            rate = _rate(row[at], number)
            if rate is not None:
                rate = 1 / (rate * factor) if inverse else rate * factor
            found.append(
                Quote(kind="daily", currency=currency, on=on, usd_per_unit=rate, source=_H10)
            )
    return found


def current(store: Path) -> Path | None:
    """The table that is in force, or None when none was ever synced."""
    try:
        named = store / (store / _CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return named if named.is_file() else None


def sync(url: str, store: Path) -> Rates:
    """Fetch the H.10 download and take it into force; raises `BadRates` and changes nothing."""
    data = bytearray()
    try:
        with httpx.stream("GET", url, timeout=60, follow_redirects=True) as answer:
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                data += piece
                if len(data) > MAX_BYTES:
                    raise BadRates("The download is larger than the rates can be.")
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise BadRates(
            f"The rates could not be fetched ({exc}). Download them yourself and name the file."
        ) from exc
    quotes = parse_h10(bytes(data))
    rates = Rates.of(quotes)
    last = max((one.on for one in quotes if one.usd_per_unit is not None), default=None)
    if last is None:
        raise BadRates("The download has no rate at all; the table in force stays.")
    held, target = current(store), store / f"h10_{last}.csv"
    if held is not None and held.name.startswith("h10_") and held.name > target.name:
        raise BadRates(f"The download ends on {last}, before the table in force ({held.name}).")
    store.mkdir(parents=True, exist_ok=True)
    _replace(target, bytes(data))
    _replace(store / _CURRENT, target.name.encode())
    return rates


def take(source: Path, store: Path) -> Rates:
    """Take a local table into force, ours or H.10's; raises `BadRates` and changes nothing."""
    rates = load(source)
    target = store / f"local_{re.sub(r'[^A-Za-z0-9_-]+', '_', source.stem)[:60]}.csv"
    store.mkdir(parents=True, exist_ok=True)
    _replace(target, source.read_bytes())
    _replace(store / _CURRENT, target.name.encode())
    return rates


def _rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, cells stripped, each with the line on which it ends."""
    if len(data) > MAX_BYTES:
        raise BadRates("The file is larger than a table of rates can be.")
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        for row in reader:
            if reader.line_num > MAX_ROWS:
                raise BadRates(f"The file has more than {MAX_ROWS} rows. Cut the oldest years.")
            if row:
                yield reader.line_num, [cell.strip() for cell in row]
    except (UnicodeDecodeError, csv.Error) as exc:
        raise BadRates(f"The file is not CSV in UTF-8 ({exc}). Save it as that.") from exc


def _quote(row: list[str], number: int) -> Quote:
    if len(row) != len(_COLUMNS):
        raise BadRates(f"Row {number} has {len(row)} cells, not {len(_COLUMNS)}. Correct it.")
    kind, currency, on, rate, source = row
    if kind not in {"daily", "quarterly"}:
        raise BadRates(f"Row {number}: the kind “{kind}” is neither daily nor quarterly.")
    if currency not in _CURRENCIES:
        raise BadRates(f"Row {number}: “{currency}” is no foreign ISO 4217 code. Correct it.")
    if kind == "quarterly" and currency not in LISTED:
        raise BadRates(
            f"Row {number}: {currency} has no quarterly rate (19 CFR 159.34(a)). Give daily ones."
        )
    if not source:
        raise BadRates(f"Row {number} does not say where its rate comes from. Fill in the source.")
    return Quote(
        kind="daily" if kind == "daily" else "quarterly",
        currency=currency,
        on=_day(on, number) if kind == "daily" else _quarter(on, number),
        usd_per_unit=_rate(rate, number),
        source=source,
    )


def _series(unit: str, times: str, currency: str, name: str) -> tuple[str, Decimal, bool] | None:
    """The foreign currency, the multiplier, and whether it is foreign money for a dollar.

    None for a column that is no rate against the dollar.
    """
    per = unit.removeprefix("Currency:_Per_")
    if unit == "Currency":
        per, currency = (currency, "USD") if name.startswith("RXI$US_") else ("USD", currency)
    inverse = per == "USD"
    foreign, other = (currency, per) if inverse else (per, currency)
    if other != "USD" or foreign not in _CURRENCIES or not unit.startswith("Currency"):
        return None
    factor = _rate(times, 3)
    if factor is None or (name.startswith("RXI") and inverse == name.startswith("RXI$US_")):
        raise BadRates(f"The unit or multiplier of {name} is not its own. Download the file again.")
    return foreign, factor, inverse


def _rate(text: str, number: int) -> Decimal | None:
    if text in _NO_RATE:
        return None
    if not _RATE.fullmatch(text) or not (rate := Decimal(text)):
        raise BadRates(
            f"Row {number}: “{text[:40]}” is no rate above zero (nor ND, for a day without one). "
            "Correct it, or download the file again."
        )
    return rate


def _day(text: str, number: int) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if found.isoformat() != text or found.year not in _YEARS:
        raise BadRates(f"Row {number}: “{text[:40]}” is no date like 2026-05-04. Correct it.")
    return found


def _quarter(text: str, number: int) -> date:
    found = re.fullmatch(r"([0-9]{4})-Q([1-4])", text)
    if found is None or int(found[1]) not in _YEARS:
        raise BadRates(f"Row {number}: “{text[:40]}” is no quarter like 2026-Q2. Correct it.")
    return date(int(found[1]), 3 * int(found[2]) - 2, 1)


def _converted(
    money: Money, rate: Decimal, rule: str, source: str, note: str | None = None
) -> Converted:
    amount = money.amount * rate
    usd = Money(amount=amount.quantize(_CENT, ROUND_HALF_UP), currency="USD")
    return Converted(amount=amount, usd=usd, rate=rate, rule=rule, source=source, note=note)


def _unknown(what: str) -> Unknown:
    return Unknown(needs=f"{what}: run `tidewaiter rates sync` or give a file")


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
