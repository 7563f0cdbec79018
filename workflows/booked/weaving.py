"""A booking beside the documents: it fills what they leave open and never overwrites them.

A document that differs raises a flag that names both sources. The documents' newest reading of
each kind counts, so a revised packing list settles what the old one raised; a field that a
person has corrected is settled too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from knowledge import reference
from storage.booking import Booking
from storage.models import Booked, Document, Shipment
from storage.values import DocumentKind, Flag, PartyBlock, Reading
from workflows.booked.lacking import words
from workflows.booking import match_name

CONFLICT = "booking_conflict"
ASK = "Nothing was overwritten: ask which is right."
SURE = 0.9  # a booking is somebody's typing: above the line below which a person looks
_CORRECTED = "corrected"  # the flag type of `workflows.proposal`, which imports this module
_TOLERANCE = Decimal("0.02")  # weights are rounded and weighed again

MUST = "must_resolve"
_COMPARED: dict[str, str] = {
    "totals.packages": MUST,
    "parties.importer.name": MUST,
    "transport.houseBill": MUST,
    "transport.masterBill": MUST,
    "transport.eta": "review",
    "transport.vessel": "review",
    "transport.portOfLoading": "review",
    "transport.portOfDischarge": "review",
    "transport.containers": "review",
    "parties.exporter.name": "review",
    "parties.consignee.name": "review",
    "header.incoterms": "review",
    "totals.grossWeightKg": "review",
}
_SECTIONS = ("header", "parties", "transport", "totals")


def weave(session: Session, shipment: Shipment, *, just_read: bool = False) -> list[Flag]:
    """Fill the shipment from its bookings and flag what differs; gives the conflicts.

    After `just_read` the shipment has the documents' fields and nothing of a booking's; else
    what an earlier version of a booking filled gives way to the present one.
    """
    rows = session.exec(
        select(Booked).where(Booked.shipment_id == shipment.id).order_by(col(Booked.id).desc())
    ).all()
    if not rows:
        return []
    settled = {flag.field for flag in shipment.flags if flag.type == _CORRECTED}
    for path in set() if just_read else {path for row in rows for path in row.filled} - settled:
        _set(shipment, path, PartyBlock() if path.startswith("parties.") else _empty(path))
    filled: set[str] = set()
    for row in rows:  # the newest booking first
        row.filled = sorted(_fill(shipment, row.facts, settled))
        filled |= set(row.filled)
        session.add(row)
    found = [
        flag
        for row in rows
        for flag in _conflicts(session, shipment, row)
        if flag.field not in settled
    ]
    lacking_no_more = {f"{path}.name" if path.startswith("parties.") else path for path in filled}
    shipment.flags = [
        *[
            flag
            for flag in shipment.flags
            if flag.type != CONFLICT
            and not (flag.type == "missing" and flag.field in lacking_no_more | filled)
        ],
        *found,
    ]
    session.add(shipment)
    return found


def _fill(shipment: Shipment, facts: Booking, settled: set[str | None]) -> Iterator[str]:
    sure = dict(shipment.confidence)
    for section in _SECTIONS:
        for name in type(getattr(facts, section)).model_fields:
            told = getattr(getattr(facts, section), name)
            path = f"{section}.{name}"
            stands = getattr(getattr(shipment, section), name)
            if isinstance(told, PartyBlock):
                if told.name is None or stands.name is not None or f"{path}.name" in settled:
                    continue
                sure[f"{path}.name"] = SURE
            elif told in (None, ()) or stands not in (None, ()) or path in settled:
                continue
            else:
                sure[path] = SURE
            _set(shipment, path, told)
            yield path
    shipment.confidence = sure


def _set(shipment: Shipment, path: str, value: object) -> None:
    section, name = path.split(".")
    setattr(shipment, section, getattr(shipment, section).model_copy(update={name: value}))


def _empty(path: str) -> Any:
    return () if path in ("transport.containers", "transport.seals") else None


def _conflicts(session: Session, shipment: Shipment, row: Booked) -> list[Flag]:
    readings = _newest(session, shipment)
    found = []
    for path, severity in _COMPARED.items():
        booked = _get(row.facts, path)
        if booked in (None, ()):
            continue
        others: dict[str, str] = {}
        units: set[str | None] = set()
        for reading in readings:
            said = _get(reading, path)
            if said not in (None, ()) and not _agree(path, booked, said, row.facts, reading):
                others.setdefault(reading.file, _shown(path, said, reading))
                units.add(_unit(reading))
        mailed = _mailed(shipment, path)
        if mailed is not None and not _agree(path, booked, mailed, row.facts, None):
            others.setdefault("an e-mail", str(mailed))
        if others:
            listed = "; ".join(f"{said} in {where}" for where, said in list(others.items())[:4])
            # Without its unit a count is no proof of a disagreement: a person looks.
            vague = path == "totals.packages" and _unit(row.facts) not in units
            found.append(
                Flag(
                    type=CONFLICT,
                    field=path,
                    severity="must_resolve" if severity == MUST and not vague else "review",
                    message=(
                        f"{words(path).capitalize()}: {_shown(path, booked, row.facts)} in the "
                        f"booking ({row.facts.named}), but {listed}. {ASK}"
                    ),
                )
            )
    return found


def _newest(session: Session, shipment: Shipment) -> list[Reading]:
    """The newest reading of each kind; a booking's own paper is no second opinion."""
    rows = session.exec(
        select(Document).where(Document.shipment_id == shipment.id).order_by(col(Document.id))
    ).all()
    newest: dict[DocumentKind, Reading] = {}
    for row in rows:
        if row.reading is not None and row.kind is not DocumentKind.BOOKING:
            newest[row.kind] = row.reading
    return list(newest.values())


def _mailed(shipment: Shipment, path: str) -> object:
    """What a mail's own words say, where no document says it (its place has no document)."""
    place = shipment.evidence.get(path)
    return _get(shipment, path) if place is not None and place[0] < 0 else None


def _get(of: object, path: str) -> Any:
    for step in path.split("."):
        of = getattr(of, step)
    return of


def _agree(path: str, booked: Any, said: Any, facts: Booking, reading: Reading | None) -> bool:
    if path == "totals.packages":
        units = _unit(facts), _unit(reading) if reading else None
        # Ten pallets are no contradiction to 480 cartons.
        return booked == said or (None not in units and units[0] != units[1])
    if path == "totals.grossWeightKg":
        return bool(abs(booked - said) <= max(booked, said) * _TOLERANCE)
    if path == "transport.containers":
        return set(said) <= set(booked)
    if path.startswith("parties."):
        return match_name(booked) == match_name(said)
    if path.startswith("transport.portOf"):
        one, other = reference.port(booked), reference.port(said)
        if one is not None and other is not None:
            return one.locode == other.locode
    return _plain(str(booked)) == _plain(str(said))


def _plain(text: str | None) -> str:
    folded = unicodedata.normalize("NFKD", text or "").casefold()
    return re.sub(r"[\W_]", "", folded).removesuffix("s")


_UNITS = {
    spelling: unit
    for unit, spellings in (
        ("pallets", "pallet|plt|pll|skid"),
        ("cartons", "carton|ctn|case|box|boxe"),
        ("crates", "crate|wooden crate"),
        ("drums", "drum|barrel"),
        ("bags", "bag|sack"),
        ("rolls", "roll|reel"),
        ("bales", "bale"),
    )
    for spelling in spellings.split("|")
}


def _unit(of: Booking | Reading) -> str | None:
    """In what the packages are counted; None where it is not said, or only "packages"."""
    said = of.totals.packageUnit
    if said is None and isinstance(of, Reading) and "totals.packages" in of.evidence:
        match = re.search(r"\d\s*([A-Za-z]+(?: crates?)?)", of.evidence["totals.packages"].text)
        said = match[1] if match else None
    return _UNITS.get((said or "").casefold().removesuffix("s"))


def _shown(path: str, value: Any, of: Booking | Reading) -> str:
    if path == "totals.packages":
        return f"{value} {_unit(of) or 'packages'}"
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value[:3])
    return str(value)
