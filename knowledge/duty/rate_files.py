"""The files that rates of exchange come from: a table of ours, or the Federal Reserve's H.10.

A table is a CSV file in UTF-8: either the H.10 download, or this one. ND is a day without a rate.

    kind,currency,on,usd_per_unit,source
    quarterly,EUR,2026-Q2,1.0812,Customs Bulletin vol. 60 no. 15
    daily,EUR,2026-05-04,1.1506,Customs Bulletin vol. 60 no. 20

The Federal Reserve's H.10 noon rates stand in for the certified daily ones; `source` says so each
time. A file that is not right is refused with the row; a table in force is replaced as a whole.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pycountry

from knowledge import official
from knowledge.duty.exchange import LISTED, YEARS, BadRates, Quote, Rates

H10_URL = (  # the package of daily rates, the last six years of them
    "https://www.federalreserve.gov/datadownload/Output.aspx?rel=H10"
    "&series=60f32914ab61dfab590e0e470153e3ae&lastobs=1500&from=&to="
    "&filetype=csv&label=include&layout=seriescolumn&type=package"
)
MAX_BYTES = 32 * 2**20
MAX_ROWS = 400_000

_COLUMNS = ["kind", "currency", "on", "usd_per_unit", "source"]
_CURRENCIES = frozenset(one.alpha_3 for one in pycountry.currencies) - {"USD", "XTS", "XXX"}
_H10 = "Federal Reserve H.10 noon buying rate, standing in for the certified daily rate"
_NO_RATE = frozenset({"ND", "NC", "NA"})
_RATE = re.compile(r"[0-9]{1,7}(\.[0-9]{1,12})?")


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


current = official.current
"""The table that is in force, or None when none was ever synced."""


def sync(url: str, store: Path) -> Rates:
    """Fetch the H.10 download and take it into force; raises `BadRates` and changes nothing."""
    try:
        data = official.fetch(url, most=MAX_BYTES)
    except official.NotFetched as exc:
        raise BadRates(
            f"The rates could not be fetched ({exc}). Download them yourself and name the file."
        ) from exc
    quotes = parse_h10(data)
    rates = Rates.of(quotes)
    last = max((one.on for one in quotes if one.usd_per_unit is not None), default=None)
    if last is None:
        raise BadRates("The download has no rate at all; the table in force stays.")
    held, name = current(store), f"h10_{last}.csv"
    if held is not None and held.name.startswith("h10_") and held.name > name:
        raise BadRates(f"The download ends on {last}, before the table in force ({held.name}).")
    official.enforce(store, name, data)
    return rates


def take(source: Path, store: Path) -> Rates:
    """Take a local table into force, ours or H.10's; raises `BadRates` and changes nothing."""
    rates = load(source)
    name = f"local_{re.sub(r'[^A-Za-z0-9_-]+', '_', source.stem)[:60]}.csv"
    official.enforce(store, name, source.read_bytes())
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
    if found.isoformat() != text or found.year not in YEARS:
        raise BadRates(f"Row {number}: “{text[:40]}” is no date like 2026-05-04. Correct it.")
    return found


def _quarter(text: str, number: int) -> date:
    found = re.fullmatch(r"([0-9]{4})-Q([1-4])", text)
    if found is None or int(found[1]) not in YEARS:
        raise BadRates(f"Row {number}: “{text[:40]}” is no quarter like 2026-Q2. Correct it.")
    return date(int(found[1]), 3 * int(found[2]) - 2, 1)
