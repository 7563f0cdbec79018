"""A table of bookings (CSV, XLSX, XLS, ODS) -> bookings, row by row.

A row that is wrong is told by its number and what is wrong with it; the good rows are taken. A
file that is no such table is refused as a whole. Nothing is guessed: a date that could be two
days, or a number that could be two numbers, is asked for again.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pycountry
from pydantic import ValidationError
from python_calamine import CalamineError, CalamineWorkbook

from knowledge import reference
from storage.booking import Booking
from storage.values import Header, Parties, PartyBlock, Totals, Transport

SOURCE = "file"
LARGEST = 10_000_000  # bytes of a file
_UNPACKED = 100_000_000  # bytes of a workbook when it is unpacked
MOST_ROWS = 5000
_MOST_COLUMNS = 100
_LONGEST_CELL = 2000
_BOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


Reader = Callable[[Any, str], Any]


class NoTable(Exception):
    """The file as a whole is no table of bookings; the text says why and what to do."""


class BadCell(ValueError):
    """A cell that cannot be taken."""


@dataclass(frozen=True)
class RowError:
    """What is wrong with one row; rows count as the spreadsheet shows them."""

    row: int
    problem: str


@dataclass
class Table:
    """What a file says."""

    rows: list[tuple[int, Booking]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  #: columns that nothing is made of


def read(name: str, data: bytes) -> Table:
    """The bookings of a file."""
    if not data.strip():
        raise NoTable(f"{name} is empty.")
    if len(data) > LARGEST:
        raise NoTable(f"{name} is larger than {LARGEST // 1_000_000} MB: please split it.")
    grid = _book(name, data) if data.startswith(_BOOK) else _csv(name, data)
    return _table(name, grid)


def _table(name: str, grid: Sequence[Sequence[Any]]) -> Table:
    rows = [(at, list(row)) for at, row in enumerate(grid, start=1) if any(map(_said, row))]
    if not rows:
        raise NoTable(f"{name} has no filled cells.")
    head = [_said(cell) for cell in rows[0][1]]
    columns = [_COLUMNS.get(_key(title)) for title in head]
    named = [one for one in columns if one]
    if "booking" not in named:
        found = ", ".join(title for title in head[:12] if title) or "none"
        raise NoTable(
            f"{name}: the first row must name the columns, with one called 'booking' for the "
            f"booking's number. Found: {found[:300]}."
        )
    if twice := {one for one in named if named.count(one) > 1}:
        raise NoTable(f"{name} has two columns for {min(twice)}: leave one.")
    if len(rows) - 1 > MOST_ROWS:
        raise NoTable(f"{name} has more than {MOST_ROWS} rows: please split it.")
    made = Table(
        unknown=[title for title, known in zip(head, columns, strict=True) if title and not known]
    )
    seen: dict[str, int] = {}
    for at, cells in rows[1:]:
        try:
            booking = _booking(columns, cells)
            if (first := seen.setdefault(booking.external_id, at)) != at:
                raise BadCell(f"booking {booking.external_id} stands in row {first} already")
        except BadCell as exc:
            made.errors.append(RowError(row=at, problem=str(exc)))
            continue
        made.rows.append((at, booking))
    return made


def _booking(columns: Sequence[str | None], cells: Sequence[Any]) -> Booking:
    if any(_said(cell) for cell in cells[len(columns) :]):
        raise BadCell("it has more cells than the first row has columns")
    facts: dict[str, Any] = {}
    wrong: list[str] = []
    for column, cell in zip(columns, cells, strict=False):
        said = _said(cell)
        reader: Reader = _READ.get(column or "", _words)
        if column is None or not said:
            continue
        try:
            facts[column] = reader(cell, said)
        except BadCell as exc:
            wrong.append(f"{column} '{said[:40]}' {exc}")
    if "booking" not in facts and not wrong:
        wrong.append("the booking's number is missing")
    if wrong:
        raise BadCell("; ".join(wrong))
    try:
        return _made(facts)
    except ValidationError as exc:
        raise BadCell("; ".join(_plainly(error) for error in exc.errors()[:3])) from None


def _made(facts: dict[str, Any]) -> Booking:
    def party(role: str) -> PartyBlock:
        return PartyBlock(
            name=facts.get(role),
            address=facts.get(f"{role} address"),
            country=facts.get(f"{role} country"),
        )

    loading, discharge = facts.get("port of loading"), facts.get("port of discharge")
    return Booking(
        source=SOURCE,
        external_id=facts["booking"],
        mode=facts.get("mode"),
        origin=facts.get("origin") or _of_port(loading) or facts.get("exporter country"),
        destination=facts.get("destination")
        or _of_port(discharge)
        or facts.get("consignee country")
        or facts.get("importer country"),
        header=Header(
            incoterms=facts.get("incoterm"),
            purchaseOrder=facts.get("purchase order"),
            invoiceNumber=facts.get("invoice"),
        ),
        parties=Parties(
            exporter=party("exporter"),
            importer=party("importer"),
            consignee=party("consignee"),
            manufacturer=party("manufacturer"),
            notifyParty=party("notify"),
        ),
        transport=Transport(
            masterBill=facts.get("master bill"),
            houseBill=facts.get("house bill"),
            scac=facts.get("scac"),
            vessel=facts.get("vessel"),
            voyage=facts.get("voyage"),
            portOfLoading=loading,
            portOfDischarge=discharge,
            etd=facts.get("etd"),
            eta=facts.get("eta"),
            containers=facts.get("containers", ()),
        ),
        totals=Totals(
            packages=facts.get("packages"),
            packageUnit=facts.get("package unit"),
            grossWeightKg=facts.get("gross weight kg"),
        ),
        carrier_booking=facts.get("carrier booking"),
        goods=facts.get("goods"),
        contact=facts.get("contact"),
    )


def _plainly(error: Any) -> str:
    place = ".".join(str(step) for step in error["loc"])
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"{place}: {said}" if place else said


def _of_port(named: str | None) -> str | None:
    found = reference.port(named) if named else None
    return found.country if found else None


def _csv(name: str, data: bytes) -> list[list[str]]:
    text = _decoded(name, data)
    sample = text[:5000]
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(sample, delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    rows: list[list[str]] = []
    try:
        reader = csv.reader(io.StringIO(text, newline=""), dialect, strict=True)
        for row in reader:
            if len(row) > _MOST_COLUMNS:
                raise NoTable(f"{name}, line {reader.line_num}: more than {_MOST_COLUMNS} cells.")
            rows.append(row)
            if len(rows) > MOST_ROWS + 100:
                raise NoTable(f"{name} has more than {MOST_ROWS} rows: please split it.")
    except csv.Error as exc:
        raise NoTable(
            f"{name} is broken at line {reader.line_num} ({exc}): most often a quotation mark is "
            "opened and not closed. Nothing of it was taken."
        ) from exc
    return rows


def _decoded(name: str, data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as exc:
            raise NoTable(f"{name} is no readable text: save it as CSV in UTF-8.") from exc
    if b"\x00" in data:
        raise NoTable(f"{name} is no text: save it as CSV in UTF-8, or as XLSX.")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _book(name: str, data: bytes) -> list[list[Any]]:
    try:
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                if sum(one.file_size for one in packed.infolist()) > _UNPACKED:
                    raise NoTable(f"{name} unpacks to more than {_UNPACKED // 1_000_000} MB.")
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        shown = [one.name for one in book.sheets_metadata if "Visible" in str(one.visible)]
        for sheet in shown[:5]:
            rows: list[list[Any]] = book.get_sheet_by_name(sheet).to_python(
                skip_empty_area=False, nrows=MOST_ROWS + 102
            )
            if any(any(map(_said, row)) for row in rows):
                return [row[:_MOST_COLUMNS] for row in rows]
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError) as exc:
        if "password" in str(exc).casefold() or "encrypt" in str(exc).casefold():
            raise NoTable(f"{name} is protected by a password: save it without.") from exc
        raise NoTable(f"{name} is damaged or no workbook: please save it again.") from exc
    raise NoTable(f"{name} has no filled cells.")


def _said(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return " ".join(str(cell).split())


def _key(title: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", title.casefold()).split())


def _words(_cell: Any, said: str) -> str:
    if len(said) > _LONGEST_CELL:
        raise BadCell("is too long")
    return said


def _day(cell: Any, said: str) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    for form in ("%Y-%m-%d", "%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%Y%m%d"):
        try:
            return datetime.strptime(said, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise BadCell("is no date that can be only one day: write 2026-05-28")


def _count(_cell: Any, said: str) -> int:
    if not re.fullmatch(r"\d{1,3}(?:,\d{3})+|\d{1,9}", said):
        raise BadCell("is no count: write 1200")
    return int(said.replace(",", ""))


def _weight(_cell: Any, said: str) -> Decimal:
    plain = re.sub(r"(?i)\s*kgs?\.?$", "", said)
    if not re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,9}(?:\.\d+)?", plain):
        raise BadCell("is no weight in kg: write 1200.5")
    return Decimal(plain.replace(",", ""))


def _country(_cell: Any, said: str) -> str:
    try:
        return str(pycountry.countries.lookup(said).alpha_2)
    except LookupError:
        raise BadCell("is no country: write its two letters (ISO 3166)") from None


_MODES = {
    **dict.fromkeys(("ocean", "sea", "vessel", "fcl", "lcl"), "ocean"),
    **dict.fromkeys(("air", "airfreight", "flight"), "air"),
    **dict.fromkeys(("truck", "road", "ftl", "ltl"), "truck"),
    **dict.fromkeys(("rail", "train"), "rail"),
}


def _mode(_cell: Any, said: str) -> str:
    found = _MODES.get(said.casefold().removesuffix(" freight"))
    if found is None:
        raise BadCell("is no mode: write ocean, air, truck or rail")
    return found


def _boxes(_cell: Any, said: str) -> tuple[str, ...]:
    found = [
        re.sub(r"[\s-]", "", one).upper() for one in re.split(r"[;,/\s]+(?=[A-Za-z]{4})", said)
    ]
    for one in found:
        if not reference.container_is_valid(one):
            raise BadCell(f"holds {one[:20]}, whose check digit is wrong (ISO 6346)")
    return tuple(dict.fromkeys(found))


def _incoterm(_cell: Any, said: str) -> str:
    term = said.upper().split()[0]
    if term not in reference.INCOTERMS_2020:
        raise BadCell("is no Incoterm of 2020")
    return term


_READ: dict[str, Reader] = {
    "mode": _mode,
    "origin": _country,
    "destination": _country,
    "exporter country": _country,
    "importer country": _country,
    "consignee country": _country,
    "manufacturer country": _country,
    "notify country": _country,
    "etd": _day,
    "eta": _day,
    "packages": _count,
    "gross weight kg": _weight,
    "containers": _boxes,
    "incoterm": _incoterm,
}


def _spellings() -> Iterable[tuple[str, str]]:
    for column, others in {
        "booking": "booking number|booking no|booking ref|booking reference|booking id|shipment id",
        "carrier booking": "carrier booking number|carrier booking no",
        "importer": "importer of record|ior|client|customer",
        "exporter": "shipper|seller|supplier|vendor",
        "consignee": "ship to|receiver",
        "manufacturer": "factory|maker",
        "notify": "notify party",
        "origin": "origin country|country of origin|from country",
        "destination": "destination country|to country",
        "mode": "mode of transport|transport mode|transportation mode",
        "incoterm": "incoterms|terms of sale",
        "port of loading": "pol|loading port",
        "port of discharge": "pod|discharge port|port of entry",
        "etd": "departure|estimated departure",
        "eta": "arrival|estimated arrival|arrival date",
        "master bill": "mbl|master bl|mawb|master bill of lading",
        "house bill": "hbl|house bl|hawb|bill of lading|house bill of lading",
        "scac": "carrier code",
        "vessel": "vessel name",
        "voyage": "voyage number|flight",
        "containers": "container|container number|container numbers",
        "packages": "package count|pieces|pallets|no of packages",
        "package unit": "packaging|package type",
        "gross weight kg": "gross weight|weight kg|weight",
        "purchase order": "po|po number|purchase order number|order",
        "invoice": "invoice number|invoice no",
        "goods": "description|goods description|commodity",
        "contact": "shipper email|shipper mail|contact email|email",
    }.items():
        for spelling in (column, *others.split("|")):
            yield spelling, column
    for role, others in {
        "exporter": "exporter|shipper|seller|supplier",
        "importer": "importer",
        "consignee": "consignee|ship to",
        "manufacturer": "manufacturer",
        "notify": "notify|notify party",
    }.items():
        for spelling in others.split("|"):
            for part in ("address", "country"):
                yield f"{spelling} {part}", f"{role} {part}"
            yield f"{spelling} name", role


_COLUMNS = dict(_spellings())
