"""Lines of the schedule for the duty tests: codes, rates and footnotes as the HTSUS 2026 prints
them, on a shelf of one edition."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache

from knowledge.duty import compute
from knowledge.duty.book import Book, BookLine, Shelf
from knowledge.duty.compute import EntryDuty, LineDuty
from knowledge.duty.line import DutyQuery

EDITION = "HTSUS 2026 revision 10"
SPRING = date(2026, 5, 1)
LIVE = "Free (AU,BH,CL,CO,IL,JO,KR,MA,OM,P,PA,PE,S,SG)"


def goods(
    code: str,
    general: str | None = "Free",
    *headings: str,
    special: str | None = None,
    other: str | None = "45%",
    leaf: bool = True,
) -> BookLine:
    return BookLine(code, ("No.",), general, special, other, frozenset(headings), leaf)


LINES = (
    goods("8471.30.01.00", "Free"),
    goods("8504.40.95.50", "Free", "9903.88.03", other="35%"),
    goods("8517.13.00.00", "Free"),
    goods("6109.10.00.40", "16.5%", "9903.88.15", special=LIVE, other="90%"),
    goods("6109.10.00", "16.5%", "9903.88.15", special=LIVE, other="90%", leaf=False),
    goods("6109.10.00.12", "16.5%", "9903.88.15", special=LIVE, other="90%"),
    goods("9404.90.10.30", "5.3%", "9903.88.15"),
    goods("3924.10.40.00", "3.4%"),
    goods("8536.69.40.10", "Free", "9903.88.01"),
    goods("9403.20.00.50", "Free", "9903.88.03"),
    goods("8443.32.10.50", "Free", "9903.88.15"),
    goods("6402.99.31.65", "6%"),
    goods("7326.90.86.88", "2.9%", "9903.88.03", "9903.88.69", special=LIVE),
    goods("8302.20.00.00", "5.7%"),
    goods("8207.20.00.70", "3.9%", special="Free (AU, JP)"),
    goods("8474.90.00.10", "20%"),
    goods("7604.10.50.00", "3%", other="20%"),
    goods("7219.13.00.02", "Free", other="29%"),
    goods("8703.23.01.40", "2.5%", special="Free (KR,S)", other="10%"),
    goods("8703.24.01.40", "2.5%"),
    goods("8708.50.65.00", "2.5%", special="Free (S)"),
    goods("8708.10.30.50", "2.5%"),
    goods("8306.30.00.00", "2.7%"),
    goods("9401.61.40.11", "Free"),
    goods("9403.40.90.60", "Free"),
    goods("4407.11.00.01", "Free"),
    goods("8701.21.00.80", "4%"),
    goods("8702.10.31.00", "2%"),
    goods("8473.30.51.00", "Free"),
    goods("8426.19.00.00", "Free"),
    goods("9401.71.00.01", "Free", "9903.88.04", "9903.88.15"),
    goods("9401.71.00.11", "Free", "9903.88.04", "9903.88.15"),
    goods("8507.60.00.20", "3.4%", "9903.88.15", "9903.91.06"),
    goods("6307.90.98.84", "7%", "9903.88.15", "9903.91.01"),
    goods("0901.21.00.10", "Free"),
    goods("2203.00.00.30", "Free", other="13.2¢/liter"),
    goods("2204.21.50.40", "6.3¢/liter", other="33¢/liter"),
    goods("0201.30.50.85", "26.4%"),
    goods("0603.11.00.30", "6.8%", special="Free (A,AU,D,E)"),
    goods("7210.41.00.00", "Free", "9903.90.08", other="21.5%"),
    goods("9108.11.40.00", "36¢ each + 5.3% on the battery"),
    goods("9801.00.10", "Free"),
    goods("9820.61.25", "Free"),
    goods("9802.00.60", None),
    goods("9802.00.80", None),
    goods("7318.15.20.30", "Free"),
    goods("8541.43.00.10", "Free"),
    goods("7411.22.00.00", "3%"),
    goods("4911.91.40.40", "Free"),
    goods("9305.91.10.00", "Odd words"),
)


@cache
def shelf(*more: BookLine, edition: str = EDITION) -> Shelf:
    return Shelf([(edition, Book(edition, (*LINES, *more)))])


def duty(
    code: str | None,
    value: str | None = "10000",
    origin: str | None = "CN",
    *,
    on: date = SPRING,
    **facts: object,
) -> LineDuty:
    stated = {"code": code, "value": value, "origin": origin, **facts}
    return compute.line(DutyQuery.model_validate(stated), on=on, shelf=shelf())


def entry(
    *lines: tuple[str, str, str], on: date = SPRING, by_sea: bool = True, **more: bool
) -> EntryDuty:
    queries = [
        DutyQuery(number=number, code=code, value=Decimal(value), origin=origin)
        for number, (code, value, origin) in enumerate(lines, start=1)
    ]
    return compute.entry(queries, on=on, by_sea=by_sea, shelf=shelf(), **more)


def layers(made: LineDuty) -> list[tuple[str | None, str]]:
    """Heading and amount of each layer, in reporting order."""
    return [(one.heading, f"{one.amount.amount}" if one.amount else "open") for one in made.layers]
