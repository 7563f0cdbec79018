"""The entry summary in the layout of CBP Form 7501: block numbers 1 to 43, as many pages as needed.

The rows come from the duty as it was computed, layer by layer in reporting order; nothing is
computed anew here, so the totals are the duty's. The declaration (36, 41) is left to the
broker's signature. Refused while a line has no confirmed code or a layer has no amount.
(CBP Form 7501 and its instructions, https://www.cbp.gov/trade/programs-administration/entry-summary.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from knowledge import reference
from storage.values import DutyLine, PartyBlock
from workflows.papers import words
from workflows.papers.dossier import Dossier, Goods
from workflows.papers.sheet import TITLES, Kind, Sheet, head, lane_of, template

DRAFT = (
    "DRAFT — not filed and not signed. Blocks 36 and 41 are for the licensed broker or the "
    "importer to complete."
)
_TEN = 10
_CONTAINERS, _VESSEL = "11", "10"  # modes of transport, instructions to block 9


def sheet(dossier: Dossier) -> Sheet:
    """The draft with what it lacks."""
    transport, told = dossier.transport, dossier.told
    layers = {line.number: _layers(dossier, line) for line in dossier.lines}
    fees = [layer for layer in dossier.duty if layer.line is None]
    duty = _sum([layer for own in layers.values() for layer in own])
    paid = _deposits(dossier)
    other = None if None in paid.values() else _with(_sum(fees), paid)
    rows = [_row(dossier, line, layers[line.number]) for line in dossier.lines]
    value = sum((_value(layers[line.number]) or Decimal(0) for line in dossier.lines), Decimal(0))
    mids = {one for one in (line.mid for line in dossier.lines) if one}
    if dossier.parties.manufacturer.mid:
        mids.add(dossier.parties.manufacturer.mid)
    facts = head(dossier, Kind.ENTRY_SUMMARY, draft=DRAFT) | {
        "title": "Entry summary (layout of CBP Form 7501)",
        "b1": dossier.entry_number,
        "b2": dossier.entry_type,
        "b3": told("summary.date"),
        "b4": told("surety.number"),
        "b5": told("bond.type"),
        "b6": told("port.code"),
        "b7": told("entry.date"),
        "b8": " / ".join(one for one in (transport.vessel, transport.scac) if one) or None,
        "b9": told("mode")
        or (_CONTAINERS if transport.containers else None)
        or (_VESSEL if transport.vessel else None),
        "b10": _one({line.origin for line in dossier.lines if line.origin}),
        "b11": words.form_day(transport.eta),
        "b12": " / ".join(one for one in (transport.masterBill, transport.houseBill) if one)
        or None,
        "b13": _one(mids),
        "b14": told("export.country") or _country_of(transport.portOfLoading),
        "b15": words.form_day(dossier.header.exportDate or transport.etd),
        "b16": told("it.number") or "none stated",
        "b17": told("it.date") or "none stated",
        "b18": told("missing.documents") or "none stated",
        "b19": transport.portOfLoading,
        "b20": _port(transport.portOfDischarge),
        "b21": told("location.firms"),
        "b22": told("consignee.number"),
        "b23": told("importer.number"),
        "b24": told("reference.number") or "none stated",
        "b25": words.party(
            dossier.party(
                dossier.parties.consignee
                if dossier.parties.consignee.name
                else dossier.parties.importer,
                "buyer",
            )
        ),
        "b26": words.party(
            PartyBlock(
                name=dossier.importer,
                address=told("buyer.address") or dossier.parties.importer.address,
                country=dossier.parties.importer.country,
            )
        ),
        "lines": rows,
        "fees": [_fee(fee) for fee in fees] + [_deposit(*one) for one in paid.items()],
        "b35": words.dollars(value),
        "b37": words.amount(duty),
        "b38": told("ir.tax") or "none computed",
        "b39": words.amount(other),
        "b40": words.amount(None if duty is None or other is None else duty + other),
        "b42": f"{dossier.firm}, filer {dossier.filer}",
        "b43": dossier.ref,
        "confirmed": dossier.confirmed,
        "notes": list(dossier.advisories),
    }
    blank = ("b1", "b2", "b3", "b4", "b5", "b6", "b7", "b13", "b21", "b22", "b23")
    return Sheet(
        kind=Kind.ENTRY_SUMMARY,
        title=TITLES[Kind.ENTRY_SUMMARY],
        template=template(Kind.ENTRY_SUMMARY, lane_of(dossier)),
        facts=facts,
        lacks=tuple(_lacks(dossier, layers, fees)),
        open=tuple(f"block {one[1:]}" for one in blank if facts[one] is None),
    )


def _lacks(
    dossier: Dossier, layers: dict[int, list[DutyLine]], fees: Sequence[DutyLine]
) -> Iterator[str]:
    if dossier.importer is None:
        yield "the importer of record, block 26"
    if dossier.entry_type is None:
        yield "the entry type, block 2: a licensed broker decides 03 or 01"
    if not dossier.lines:
        yield "the goods"
    for line in dossier.lines:
        if not line.decided or len(re.sub(r"\D", "", line.code or "")) < _TEN:
            yield f"line {line.number}: a code of ten digits that a broker has confirmed"
            continue
        if not layers[line.number]:
            yield f"line {line.number}: its duty could not be computed"
        yield from (
            layer.needs or f"line {line.number}: the amount under {layer.heading}"
            for layer in layers[line.number]
            if layer.amount is None
        )
    for line in dossier.lines:
        for case, _, paid in line.cases:
            if paid is None:
                yield f"line {line.number}: a deposit rate of {case} from a dated message"
    if dossier.lines and not fees:
        yield "the processing fee"
    yield from (fee.needs or f"the {fee.authority}" for fee in fees if fee.amount is None)


def _row(dossier: Dossier, line: Goods, layers: Sequence[DutyLine]) -> dict[str, Any]:
    """One line of the entry: block 27 to 34, a row for each heading, the goods' own last."""
    gross = dossier.figure(f"line.{line.number}.gross_kg")
    if gross is None and len(dossier.lines) == 1:
        gross = dossier.gross
    related = dossier.value_facts.related_parties if dossier.value_facts is not None else None
    freight = dossier.figure(f"line.{line.number}.charges")
    return {
        "number": f"{line.number:03d}",
        "description": line.description,
        "origin": line.origin,
        "gross": words.quantity(gross, "KG"),
        "manifest": words.number(dossier.figure(f"line.{line.number}.cartons")),
        "net": _net(dossier, line),
        "value": words.dollars(_value(layers)),
        "charges": words.dollars(freight),
        "related": None if related is None else "RELATED" if related else "NOT RELATED",
        "headings": [
            [
                layer.heading,
                layer.rate,
                words.amount(layer.amount.amount) if layer.amount is not None else None,
            ]
            for layer in layers
        ],
        "cases": [[case, rate, words.amount(paid)] for case, rate, paid in line.cases],
    }


def _deposits(dossier: Dossier) -> dict[str, Decimal | None]:
    """Cash deposits by kind of case, A or C, which block 39 adds to the fees; None is open."""
    found: dict[str, Decimal | None] = {}
    for line in dossier.lines:
        for case, _, paid in line.cases:
            before = found.get(case[0], Decimal(0))
            found[case[0]] = None if before is None or paid is None else before + paid
    return found


def _with(fees: Decimal | None, paid: dict[str, Decimal | None]) -> Decimal | None:
    return fees if fees is None else sum((one for one in paid.values() if one), fees)


def _deposit(kind: str, amount: Decimal | None) -> list[str | None]:
    named = {"A": ["012", "Antidumping duty"], "C": ["013", "Countervailing duty"]}[kind]
    return [*named, "cash deposit", words.amount(amount)]


def _fee(fee: DutyLine) -> list[str | None]:
    return [
        fee.heading,
        {"MPF": "Merchandise Processing Fee", "HMF": "Harbor Maintenance Fee"}.get(
            fee.authority, fee.authority
        ),
        fee.rate,
        words.amount(fee.amount.amount) if fee.amount is not None else None,
    ]


def _layers(dossier: Dossier, line: Goods) -> list[DutyLine]:
    return [layer for layer in dossier.duty if layer.line == line.number]


def _value(layers: Sequence[DutyLine]) -> Decimal | None:
    """The entered value stands on the row of the chapter 1 to 97 number, the last."""
    basis = layers[-1].basis if layers else None
    return words.whole(basis.amount) if basis is not None else None


def _net(dossier: Dossier, line: Goods) -> str | None:
    """The quantity in the units of the tariff, exactly converted or not at all."""
    count, found = dossier.quantity_of(line), []
    for unit in line.units:
        if unit.casefold() in {"x", "no units", ""}:
            return "X"
        made = reference.convert(count, line.unit, to=unit)
        if made is None and reference.same_unit(unit, "kg"):
            made = dossier.figure(f"line.{line.number}.net_kg")
        found.append(f"{words.number(made)} {unit.upper()}" if made is not None else None)
    known = [one for one in found if one is not None]
    return ", ".join(known) if known and len(known) == len(found) else None


def _sum(layers: Sequence[DutyLine]) -> Decimal | None:
    amounts = [layer.amount.amount for layer in layers if layer.amount is not None]
    return sum(amounts, Decimal(0)) if len(amounts) == len(layers) else None


def _one(found: set[str]) -> str | None:
    """The only one there is, or the form's word for several."""
    return next(iter(found)) if len(found) == 1 else ("MULTI" if found else None)


def _country_of(place: str | None) -> str | None:
    port = reference.port(place) if place else None
    return port.country if port is not None else None


def _port(place: str | None) -> str | None:
    port = reference.port(place) if place else None
    return f"{port.schedule_d} {port.name}" if port is not None and port.schedule_d else place
