"""An independent reader of the records: positions written down anew, no table of `layout`.

It is what tells that a file says what the packet says. Strict: a line of another width, a count
that does not agree, an entry number whose check digit is wrong are refused with the line number.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from storage.entry_number import BadEntryNumber, parse

_WIDTH = 80
_MOST_LINES = 20_000
_MOT = {"10": "ocean", "11": "ocean", "20": "rail", "30": "truck", "40": "air"}


class Unread(ValueError):
    """The text is no such file; the message names the line."""


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReadQuantity(_Told):
    quantity: Decimal
    unit: str


class ReadRow(_Told):
    """A tariff number with what is due under it."""

    hts: str
    value: int | None
    duty: Decimal | None = None
    quantities: tuple[ReadQuantity, ...] = ()


class ReadCase(_Told):
    """An antidumping or countervailing case of a line: per cent, and dollars deposited."""

    case: str
    rate: Decimal
    deposit: Decimal


class ReadLine(_Told):
    number: int
    origin: str | None
    description: str
    mid: str | None = None
    rows: tuple[ReadRow, ...] = ()
    cases: tuple[ReadCase, ...] = ()
    fees: tuple[tuple[str, Decimal], ...] = ()
    exported: date | None = None
    related: str | None = None


class ReadEntry(_Told):
    """What a file of either application says."""

    application: str
    filer: str
    action: str
    entry_number: str
    entry_type: str
    ior: str | None = None
    mode: str | None = None
    bond: str | None = None
    value: int | None = None
    port: str | None = None
    vessel: str | None = None
    arrival: date | None = None
    bills: tuple[tuple[str, str | None, str], ...] = ()
    containers: tuple[str, ...] = ()
    parties: tuple[tuple[str, str], ...] = ()
    addresses: tuple[str, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    lines: tuple[ReadLine, ...] = ()
    signature: str | None = None
    fees: tuple[tuple[str, Decimal], ...] = ()
    duty: Decimal | None = None
    total_fees: Decimal | None = None
    surety: str | None = None
    ad_cash: Decimal | None = None
    cv_cash: Decimal | None = None


def read(text: str) -> ReadEntry:
    """One batch with one entry; raises `Unread`."""
    lines = text.splitlines()
    if len(lines) > _MOST_LINES:
        raise Unread(f"The file has {len(lines)} lines; at most {_MOST_LINES} are read.")
    for number, line in enumerate(lines, start=1):
        if len(line) != _WIDTH:
            raise Unread(f"Line {number} has {len(line)} columns, not 80.")
        if line != line.upper() or not line.isascii():
            raise Unread(f"Line {number} has characters that are not allowed.")
    if len(lines) < 5 or [lines[0][0], lines[1][0], lines[-2][0], lines[-1][0]] != list("ABYZ"):
        raise Unread("The envelope (A, B, Y, Z) is not whole.")
    body = lines[2:-2]
    counted = lines[-2][12:17]
    if not counted.isdigit() or int(counted) != len(body):
        raise Unread(f"Record Y counts {counted.strip() or 'nothing'}, there are {len(body)}.")
    application = lines[1][10:12]
    if lines[0][25:27] != application or lines[-2][10:12] != application:
        raise Unread("The envelope names two applications.")
    if application == "SE":
        return _release(body, lines[1][7:10])
    if application == "AE":
        return _summary(body, lines[1][7:10])
    raise Unread(f"The application {application} is not read here.")


def _release(body: list[str], filer: str) -> ReadEntry:
    facts: dict[str, object] = {"application": "SE"}
    found: dict[str, list[object]] = {
        "bills": [], "containers": [], "parties": [], "addresses": [], "references": [],
    }  # fmt: skip
    lines: list[ReadLine] = []
    for row in body:
        match row[:4]:
            case "SE10":
                facts |= {
                    "filer": row[5:8], "action": row[4],
                    "entry_number": _entry(row[5:8], row[10:18]),
                    "entry_type": row[19:21], "ior": _text(row[24:36]),
                    "mode": _MOT.get(row[36:38]), "bond": _text(row[38]),
                    "value": _whole(row[39:49]), "port": _text(row[49:54]),
                }  # fmt: skip
            case "SE11":
                facts["vessel"] = _text(row[19:39])
            case "SE15":
                found["bills"].append((row[4], _text(row[5:9]), row[9:59].rstrip()))
            case "SE16":
                facts["arrival"] = _day(row[13:19])
            case "SE17":
                found["containers"].append(row[4:24].rstrip())
            case "SE20":
                found["references"].append((row[4:7].rstrip(), row[7:57].rstrip()))
            case "SE30":
                found["parties"].append((row[4:7].rstrip(), row[7:42].rstrip()))
            case "SE35" | "SE55":
                found["addresses"].append(f"{row[6:41].rstrip()} {row[43:78].rstrip()}".strip())
            case "SE40":
                lines.append(
                    ReadLine(number=int(row[4:7]), origin=_text(row[7:9]),
                             description=row[10:80].rstrip())
                )  # fmt: skip
            case "SE50":
                lines[-1] = lines[-1].model_copy(update={"mid": _text(row[45:65])})
            case "SE60":
                one = ReadRow(hts=row[4:14].rstrip(), value=_whole(row[14:24]))
                lines[-1] = lines[-1].model_copy(update={"rows": (*lines[-1].rows, one)})
            case "SE13" | "SE36" | "SE56":
                pass
            case other:
                raise Unread(f"Record {other} is not one of a Cargo Release.")
    return _made(facts, found, lines, filer)


def _summary(body: list[str], filer: str) -> ReadEntry:
    facts: dict[str, object] = {"application": "AE"}
    found: dict[str, list[object]] = {"bills": [], "fees": []}
    lines: list[ReadLine] = []
    for row in body:
        match row[:2]:
            case "10":
                facts |= {
                    "action": row[2], "filer": row[3:6],
                    "entry_number": _entry(row[3:6], row[8:16]), "port": _text(row[17:21]),
                    "entry_type": row[33:35], "mode": _MOT.get(row[35:37]),
                    "signature": _text(row[38]),
                }  # fmt: skip
            case "11":
                facts["ior"] = _text(row[2:14])
            case "20":
                facts |= {"arrival": _day(row[10:16]), "vessel": _text(row[20:40])}
            case "23":
                found["bills"].append((row[2], _text(row[3:7]), row[7:57].rstrip()))
            case "31":
                facts |= {"bond": _text(row[2]), "surety": _text(row[5:8])}
            case "40":
                lines.append(
                    ReadLine(number=int(row[4:7]), origin=_text(row[8:10]), description="",
                             exported=_day(row[12:18]), related=_text(row[55]))
                )  # fmt: skip
            case "44":
                lines[-1] = lines[-1].model_copy(update={"description": row[2:72].rstrip()})
            case "47":
                lines[-1] = lines[-1].model_copy(update={"mid": _text(row[3:18])})
            case "50":
                one = ReadRow(
                    hts=row[2:12].rstrip(), duty=_cents(row[13:23]), value=_whole(row[24:34]),
                    quantities=_quantities(row),
                )  # fmt: skip
                lines[-1] = lines[-1].model_copy(update={"rows": (*lines[-1].rows, one)})
            case "53":
                one_case = ReadCase(
                    case=row[2:12].rstrip(), rate=_some_cents(row[13:21]),
                    deposit=_some_cents(row[46:56]),
                )  # fmt: skip
                lines[-1] = lines[-1].model_copy(update={"cases": (*lines[-1].cases, one_case)})
            case "88":
                facts |= {"ad_cash": _cents(row[14:25]), "cv_cash": _cents(row[38:49])}
            case "62":
                fee = (row[2:5], _some_cents(row[5:13]))
                lines[-1] = lines[-1].model_copy(update={"fees": (*lines[-1].fees, fee)})
            case "89":
                for first in (2, 16):
                    if row[first : first + 3].strip():
                        found["fees"].append(
                            (row[first : first + 3], _some_cents(row[first + 3 : first + 14]))
                        )
            case "90":
                facts |= {"duty": _cents(row[2:13]), "total_fees": _cents(row[14:25])}
            case "21" | "22":
                pass
            case other:
                raise Unread(f"Record {other} is not one of an Entry Summary.")
    return _made(facts, found, lines, filer)


def _made(
    facts: dict[str, object], found: dict[str, list[object]], lines: list[ReadLine], filer: str
) -> ReadEntry:
    if "entry_number" not in facts:
        raise Unread("There is no header record with an entry number.")
    if facts["filer"] != filer:
        raise Unread("The header and the envelope name two filers.")
    kept = {name: tuple(values) for name, values in found.items()}
    return ReadEntry.model_validate({**facts, **kept, "lines": tuple(lines)})


def _entry(filer: str, digits: str) -> str:
    number = f"{filer}-{digits[:7]}-{digits[7:]}"
    try:
        parse(number)
    except BadEntryNumber as exc:
        raise Unread(str(exc)) from exc
    return number


def _text(part: str) -> str | None:
    return part.strip() or None


def _whole(part: str) -> int | None:
    if not part.strip():
        return None
    if not part.isdigit():
        raise Unread(f"“{part}” is no number.")
    return int(part)


def _cents(part: str) -> Decimal | None:
    whole = _whole(part)
    return None if whole is None else Decimal(whole) / 100


def _some_cents(part: str) -> Decimal:
    found = _cents(part)
    if found is None:
        raise Unread("A fee has no amount.")
    return found


def _day(part: str) -> date | None:
    if not part.strip():
        return None
    try:
        return datetime.strptime(part, "%m%d%y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError as exc:
        raise Unread(f"“{part}” is no day (MMDDYY).") from exc


def _quantities(row: str) -> tuple[ReadQuantity, ...]:
    spans = ((35, 47, 50), (50, 62, 65), (65, 77, 80))
    return tuple(
        ReadQuantity(quantity=Decimal(int(row[a:b])) / 100, unit=row[b:c].rstrip())
        for a, b, c in spans
        if row[a:c].strip()
    )
