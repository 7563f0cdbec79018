"""A packet as records: Cargo Release (SE) and Entry Summary (AE). Pure.

The release needs no duty, so it can be written while an amount is still open; the summary
cannot, and `Incomplete` then says which facts are missing. Nothing is made up to fill a field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from storage.values import PartyBlock
from workflows.gateways.catair.layout import BadRecord, record
from workflows.gateways.packet import DutyRow, EntryPacket, PacketLine

_MOT = {("ocean", True): "11", ("ocean", False): "10", ("air", False): "40", ("truck", False): "30",
        ("rail", False): "20"}  # fmt: skip
_PARTIES = (("importer", "IM"), ("consignee", "CN"), ("exporter", "SE"))
_UNITS = {
    "no": "NO", "nos": "NO", "doz": "DOZ", "doz pcs": "DOZ", "dz pcs": "DPC", "doz prs": "DPR",
    "prs": "PRS", "pairs": "PRS", "kg": "KG", "g": "G", "t": "T", "liters": "L", "m2": "M2",
    "m3": "M3", "m": "M", "pcs": "PCS", "packs": "PK", "gross": "GR", "thousands": "K",
}  # fmt: skip
_CENT = Decimal("0.01")
_FEES = {"499", "501", "311"}


class Incomplete(BadRecord):
    """The summary cannot be written yet; `missing` says why, a sentence each."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(" ".join(missing))
        self.missing = missing


def cargo_release(packet: EntryPacket, *, on: date, action: str = "A") -> str:
    """The Cargo Release of an entry, with its envelope."""
    return _envelope(packet, "SE", list(_release(packet, action)), on)


def entry_summary(packet: EntryPacket, *, on: date, action: str = "A") -> str:
    """The Entry Summary with its envelope; raises `Incomplete` while an amount is open."""
    if missing := open_amounts(packet):
        raise Incomplete(missing)
    return _envelope(packet, "AE", list(_summary(packet, action)), on)


def open_amounts(packet: EntryPacket) -> list[str]:
    """What the summary still needs."""
    found = [line.refusal for line in packet.lines if line.refusal]
    for line in packet.lines:
        if line.entered_value is None and line.refusal is None:
            found.append(f"Line {line.number} has no value in US dollars.")
        found += [
            f"Line {line.number}, {row.heading or row.authority}: {row.needs or 'no amount'}."
            for row in line.duty
            if row.amount is None
        ]
    found += [
        f"Line {line.number}, {one.case}: the deposit rate is not available from a dated message."
        for line in packet.lines
        for one in line.cases
        if one.deposit is None
    ]
    found += [f"{row.authority}: {row.needs or 'no amount'}." for row in packet.fees
              if row.amount is None]  # fmt: skip
    return found


def _envelope(packet: EntryPacket, application: str, body: list[str], on: date) -> str:
    port = packet.port_of_entry.schedule_d if packet.port_of_entry else None
    rows = [
        record("A", site=port, id=packet.filer, date=on, application=application),
        record("B", port=port, filer=packet.filer, application=application),
        *body,
        record("Y", port=port, filer=packet.filer, application=application, count=len(body)),
        record("Z", site=port, id=packet.filer, date=on),
    ]
    return "".join(f"{row}\n" for row in rows)


def _release(packet: EntryPacket, action: str) -> Iterator[str]:
    moved = packet.transport
    port = packet.port_of_entry.schedule_d if packet.port_of_entry else None
    yield record(
        "SE10", action=action, filer=packet.filer, entry=_number(packet),
        type=packet.entry_type, qualifier="EI" if packet.ior_number else None,
        ior=packet.ior_number, mot=_mot(packet), bond=_bond(packet), value=packet.entered_value,
        port=port, unlading=port,
    )  # fmt: skip
    yield record("SE11", vessel=moved.vessel, voyage=_short(moved.voyage, 5))
    yield record("SE13", name=packet.confirmation.name)
    for bill in packet.bills:
        yield record("SE15", type=bill.kind, issuer=bill.issuer, bill=bill.number,
                     quantity=bill.quantity)  # fmt: skip
    yield record("SE16", carrier=_short(moved.scac, 4), voyage=_short(moved.voyage, 5),
                 arrival=moved.eta, vessel=moved.vessel)  # fmt: skip
    for container in moved.containers:
        yield record("SE17", equipment=container)
    yield record("SE20", qualifier="CR", value=packet.shipment)
    if packet.bond is not None and packet.bond.kind == "single":
        yield record("SE20", qualifier="V1", value=packet.bond.surety)
        yield record("SE20", qualifier="AMT", value=str(_whole(packet.bond.amount)))
    for role, code in _PARTIES:
        block: PartyBlock = getattr(packet.parties, role)
        if block.name:
            identity = packet.ior_number if role == "importer" else None
            yield record("SE30", party=code, name=block.name,
                         qualifier="EI" if identity else None, id=identity)  # fmt: skip
            yield from _address("SE35", "SE36", block)
    for line in packet.lines:
        yield from _release_line(packet, line)


def _release_line(packet: EntryPacket, line: PacketLine) -> Iterator[str]:
    yield record("SE40", line=line.number, origin=line.origin, description=line.description)
    maker = packet.parties.manufacturer
    mid = line.manufacturer_mid or maker.mid
    if maker.name or mid:
        yield record("SE50", party="MF", name=maker.name, qualifier="MID" if mid else None, id=mid)
        yield from _address("SE55", "SE56", maker)
    headings = [
        row.heading for row in line.duty if row.heading and _digits(row.heading)[:2] == "99"
    ]
    for heading in headings:
        yield record("SE60", hts=_digits(heading), value=0)
    yield record("SE60", hts=_digits(line.hts or ""), value=line.whole_dollars)


def _address(street: str, place: str, block: PartyBlock) -> Iterator[str]:
    """The printed address as free text (component 15), 35 characters a piece, none lost."""
    pieces = _pieces(block.address or "", 35)
    for at in range(0, len(pieces), 2):
        second = pieces[at + 1] if at + 1 < len(pieces) else None
        yield record(street, component="15", text=pieces[at], more="15" if second else None,
                     text2=second)  # fmt: skip
    if block.country:
        yield record(place, country=block.country)


def _summary(packet: EntryPacket, action: str) -> Iterator[str]:
    moved = packet.transport
    port = packet.port_of_entry.schedule_d if packet.port_of_entry else None
    yield record(
        "10", action=action, filer=packet.filer, entry=_number(packet), port=port,
        reference=_digits(packet.shipment)[-9:], type=packet.entry_type, mot=_mot(packet),
        signature="X",
    )  # fmt: skip
    yield record("11", ior=packet.ior_number, consignee=packet.ior_number)
    yield record("20", carrier=_short(moved.scac, 4), unlading=port, arrival=moved.eta,
                 vessel=moved.vessel)  # fmt: skip
    yield record("21", voyage=_short(moved.voyage, 5))
    if packet.packages is not None:
        yield record("22", quantity=packet.packages, unit=_short(packet.package_unit, 5))
    for bill in packet.bills:
        yield record("23", type=bill.kind, issuer=bill.issuer, bill=bill.number)
    if packet.bond is not None:
        yield record("31", type=_bond(packet), designation="B", surety=packet.bond.surety)
    for line in packet.lines:
        yield from _summary_line(packet, line)
    if any(line.cases for line in packet.lines):
        yield record("88", ad_bonded=0, ad_cash=_paid(packet, "A"), cv_bonded=0,
                     cv_cash=_paid(packet, "C"))  # fmt: skip
    fees = [(row.heading, _cents(row.amount)) for row in packet.fees if row.heading in _FEES]
    pairs: dict[str, str | int | date | None] = {}
    for at, (heading, amount) in enumerate(fees[:2], start=1):
        pairs |= {f"class{at}": heading, f"amount{at}": amount}
    if pairs:
        yield record("89", **pairs)
    yield record("90", duty=_cents(packet.duty), fees=sum(amount for _, amount in fees), tax=0)


def _summary_line(packet: EntryPacket, line: PacketLine) -> Iterator[str]:
    exported = line.exchange.exported if line.exchange else None
    related = {True: "Y", False: "N", None: None}[packet.related_parties]
    lading = packet.port_of_lading.schedule_d if packet.port_of_lading else None
    first = line.number == packet.lines[0].number
    yield record(
        "40", line=line.number, origin=line.origin,
        exported=packet.port_of_lading.locode[:2]
        if packet.port_of_lading and packet.port_of_lading.locode else None,
        export_date=exported or packet.transport.etd, spi=_short(line.preference, 2),
        charges=_whole(packet.charges) if first and packet.charges is not None else None,
        lading=lading, gross=_whole(packet.gross_weight_kg)
        if first and packet.gross_weight_kg is not None else None,
        related=related,
    )  # fmt: skip
    yield record("44", description=line.description)
    if mid := line.manufacturer_mid or packet.parties.manufacturer.mid:
        yield record("47", party="M", id=mid)
    for row in line.duty[:-1]:
        yield record("50", hts=_digits(row.heading or ""), duty=_cents(row.amount), value=0)
    yield _goods_row(line)
    for one in line.cases:
        yield record("53", case=_case(one.case), claim="C", rate=_cents(one.rate), qualifier="A",
                     amount=_cents(one.deposit))  # fmt: skip
    for fee in packet.fees if first else ():
        if fee.heading in _FEES:
            fields: dict[str, str | int | date | None] = {
                "class": fee.heading,
                "amount": _cents(fee.amount),
            }
            yield record("62", **fields)


def _goods_row(line: PacketLine) -> str:
    """The row of chapters 1 to 97, which carries the value and the quantities."""
    base: DutyRow | None = line.duty[-1] if line.duty else None
    values: dict[str, str | int | date | None] = {
        "hts": _digits(line.hts or ""),
        "duty": _cents(base.amount if base else None),
        "value": line.whole_dollars,
    }
    for at, one in enumerate(line.reported[:3], start=1):
        unit = _UNITS.get(one.unit.casefold().rstrip("."))
        if one.quantity is not None and unit is not None:
            values[f"quantity{at}"] = int(
                (one.quantity * 100).quantize(Decimal(1), ROUND_HALF_UP)
            )  # two implied decimals
            values[f"unit{at}"] = unit
    return record("50", **values)


def _case(written: str) -> str:
    """Ten characters; `000` where no company is named."""
    return written.replace("-", "").ljust(len("A570979000"), "0")


def _paid(packet: EntryPacket, kind: str) -> int:
    return sum(
        _cents(one.deposit) for line in packet.lines for one in line.cases if one.case[0] == kind
    )


def _number(packet: EntryPacket) -> str:
    """The seven digits and the check digit; the filer's code stands in its own field."""
    return packet.entry_number.partition("-")[2].replace("-", "")


def _mot(packet: EntryPacket) -> str | None:
    contained = bool(packet.mode == "ocean" and packet.transport.containers)
    return _MOT.get((packet.mode, contained)) if packet.mode else None


def _bond(packet: EntryPacket) -> str | None:
    """8 continuous, 9 single transaction, as in block 7 of CBP Form 7501."""
    return {"continuous": "8", "single": "9"}[packet.bond.kind] if packet.bond else None


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _short(text: str | None, room: int) -> str | None:
    """A code that is longer than its field is left out, not cut to another code."""
    return text if text is not None and len(text) <= room else None


def _cents(amount: Decimal | None) -> int:
    if amount is None:
        raise Incomplete(["An amount is not known."])
    return int((amount.quantize(_CENT, ROUND_HALF_UP) * 100).to_integral_value())


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def _pieces(text: str, room: int) -> list[str]:
    found: list[str] = []
    for word in text.split():
        piece = word
        if found and len(found[-1]) + 1 + len(piece) <= room:
            found[-1] += f" {piece}"
            continue
        while len(piece) > room:
            found.append(piece[:room])
            piece = piece[room:]
        found.append(piece)
    return found
