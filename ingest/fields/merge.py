"""Several documents of one shipment -> one answer, with the disagreements kept and told.

Money and goods come from the commercial invoice, transport from the arrival notice and the
bill of lading; a value of lower standing fills a gap and never overwrites.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from storage.values import (
    DocumentKind,
    Evidence,
    Flag,
    Header,
    InvoiceLine,
    Parties,
    Reading,
    Totals,
    Transport,
    Value,
)

_K = DocumentKind
_GOODS = (_K.COMMERCIAL_INVOICE, _K.PROFORMA_INVOICE, _K.PACKING_LIST, _K.OTHER, _K.EMAIL)
_TRANSPORT = (
    _K.ARRIVAL_NOTICE,
    _K.BILL_OF_LADING,
    _K.AIR_WAYBILL,
    _K.EMAIL,
    _K.BOOKING,
    _K.PACKING_LIST,
    _K.COMMERCIAL_INVOICE,
    _K.PROFORMA_INVOICE,
)
_COMPARED = ("transport.masterBill", "header.invoiceNumber", "header.purchaseOrder")
_LINES_FROM = (_K.COMMERCIAL_INVOICE, _K.PROFORMA_INVOICE)


class Merged(Value):
    """One answer for the shipment; `evidence` names the document of each value."""

    header: Header = Header()
    parties: Parties = Parties()
    transport: Transport = Transport()
    totals: Totals = Totals()
    lines: tuple[InvoiceLine, ...] = ()
    lines_from: int | None = None
    confidence: dict[str, float] = {}
    evidence: dict[str, tuple[int, Evidence]] = {}
    flags: tuple[Flag, ...] = ()


def merge(readings: Sequence[tuple[int, Reading]]) -> Merged:
    """`readings` are (document id, reading), oldest first; the newest of a kind wins."""
    newest = list(reversed(readings))
    goods = _ordered(newest, _GOODS)
    moves = _ordered(newest, _TRANSPORT)
    answer: dict[str, dict[str, Any]] = {"header": {}, "totals": {}, "transport": {}, "parties": {}}
    sure: dict[str, float] = {}
    evidence: dict[str, tuple[int, Evidence]] = {}
    for section, order in (
        ("header", goods),
        ("totals", [one for one in goods if one[1].documentType is not _K.PACKING_LIST] + goods),
        ("transport", moves),
    ):
        for document, reading in order:
            _fill(section, document, reading, answer[section], sure, evidence)
    _fill_parties([*goods, *moves], answer["parties"], sure, evidence)
    lines, lines_from, flags = _goods(goods, sure, evidence)
    flags += _conflicts(readings)
    header = Header(**answer["header"])
    return Merged(
        header=header,
        parties=Parties(**answer["parties"]),
        transport=Transport(**answer["transport"]),
        totals=Totals(**answer["totals"]),
        lines=lines,
        lines_from=lines_from,
        confidence=sure,
        evidence=evidence,
        flags=tuple(_settled(flags, answer)),
    )


def _ordered(
    newest: Sequence[tuple[int, Reading]], order: Sequence[DocumentKind]
) -> list[tuple[int, Reading]]:
    standing = {kind: place for place, kind in enumerate(order)}
    last = len(order)
    return sorted(newest, key=lambda one: standing.get(one[1].documentType, last))


def _fill(
    section: str,
    document: int,
    reading: Reading,
    answer: dict[str, Any],
    sure: dict[str, float],
    evidence: dict[str, tuple[int, Evidence]],
) -> None:
    part: Value = getattr(reading, section)
    for field in type(part).model_fields:
        value = getattr(part, field)
        if value in (None, ()) or answer.get(field) not in (None, ()):
            continue
        answer[field] = value
        for path in _paths(f"{section}.{field}", value):
            if path in reading.confidenceByField:
                sure[path] = reading.confidenceByField[path]
            if path in reading.evidence:
                evidence[path] = (document, reading.evidence[path])


def _paths(path: str, value: Any) -> list[str]:
    return [f"{path}[{at}]" for at in range(len(value))] if isinstance(value, tuple) else [path]


def _fill_parties(
    order: Sequence[tuple[int, Reading]],
    answer: dict[str, Any],
    sure: dict[str, float],
    evidence: dict[str, tuple[int, Evidence]],
) -> None:
    """A party comes whole from one document: a name with another's address would be invented."""
    for document, reading in order:
        for party in Parties.model_fields:
            block = getattr(reading.parties, party)
            if block.name is None or party in answer:
                continue
            answer[party] = block
            for field in ("name", "address", "country", "mid"):
                path = f"parties.{party}.{field}"
                if path in reading.confidenceByField:
                    sure[path] = reading.confidenceByField[path]
                    evidence[path] = (document, reading.evidence[path])


def _goods(
    goods: Sequence[tuple[int, Reading]],
    sure: dict[str, float],
    evidence: dict[str, tuple[int, Evidence]],
) -> tuple[tuple[InvoiceLine, ...], int | None, list[Flag]]:
    for document, reading in goods:
        if reading.documentType in _LINES_FROM and reading.lineItems:
            for path, how in reading.confidenceByField.items():
                if path.startswith("lineItems["):
                    sure[path] = how
                    evidence[path] = (document, reading.evidence[path])
            return reading.lineItems, document, list(reading.flags)
    return (), None, [flag for _, reading in goods for flag in reading.flags]


def _conflicts(readings: Sequence[tuple[int, Reading]]) -> list[Flag]:
    flags = []
    for path in _COMPARED:
        section, field = path.split(".")
        said: dict[str, str] = {}
        for _, reading in readings:
            value = getattr(getattr(reading, section), field)
            if value:
                said.setdefault(re.sub(r"[\W_]", "", str(value)).upper(), reading.file)
        if len(said) > 1:
            listed = "; ".join(f"{value} ({file})" for value, file in list(said.items())[:4])
            flags.append(
                Flag(
                    type="conflict",
                    field=path,
                    severity="review",
                    message=f"The documents disagree: {listed}.",
                )
            )
    return flags


def _settled(flags: Sequence[Flag], answer: dict[str, dict[str, Any]]) -> list[Flag]:
    """A value that one document lacks may stand on another: then it is not missing."""
    kept = []
    for flag in flags:
        if flag.type == "missing" and flag.field and not flag.field.startswith("lineItems"):
            section, _, rest = flag.field.partition(".")
            party, _, field = rest.partition(".")
            there = answer.get(section, {}).get(party)
            if there not in (None, ()) and (not field or getattr(there, field, None)):
                continue
        kept.append(flag)
    return kept
