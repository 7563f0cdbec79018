"""The packing list: what lies in which package, with weights that add up.

Cartons, net and gross weight of each line are printed where somebody said them. Sums are
checked against the totals of the documents; a sum that differs stops the paper.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from workflows.papers import words
from workflows.papers.dossier import Dossier
from workflows.papers.sheet import TITLES, Kind, Sheet, head, lane_notes, lane_of, template

DRAFT = "DRAFT — for the shipper to check and sign. Not the shipper's packing list until then."
_COLUMNS = (("cartons", "packages"), ("net_kg", "net weight"), ("gross_kg", "gross weight"))


def sheet(dossier: Dossier) -> Sheet:
    """The list with what it lacks."""
    header, transport = dossier.header, dossier.transport
    packages = dossier.packages
    unit = dossier.totals.packageUnit or "packages"
    facts = head(dossier, Kind.PACKING_LIST, draft=DRAFT) | {
        "title": TITLES[Kind.PACKING_LIST],
        "number": header.invoiceNumber,
        "date": words.day(header.invoiceDate),
        "order": header.purchaseOrder,
        "seller": words.party(dossier.party(dossier.parties.exporter, "seller")),
        "consignee": words.party(
            dossier.party(
                dossier.parties.consignee
                if dossier.parties.consignee.name
                else dossier.parties.importer,
                "buyer",
            )
        ),
        "bill": transport.houseBill or transport.masterBill,
        "containers": ", ".join(transport.containers) or None,
        "seals": ", ".join(transport.seals) or None,
        "marks": dossier.told("marks"),
        "measure": words.quantity(dossier.figure("measure.cbm"), "m³"),
        "lines": [
            [
                str(line.number),
                "\n".join(one for one in (line.description, line.sku and f"SKU {line.sku}") if one),
                words.number(dossier.quantity_of(line)),
                line.unit,
                *(
                    words.number(dossier.figure(f"line.{line.number}.{name}"))
                    for name, _ in _COLUMNS
                ),
            ]
            for line in dossier.lines
        ],
        "packages": f"{packages:,} {unit}" if packages is not None else None,
        "pallets": dossier.decided.get("packages.pallet") or dossier.told("pallets"),
        "net": words.quantity(dossier.net, "kg"),
        "gross": words.quantity(dossier.gross, "kg"),
        "quantity": _quantities(dossier),
        "notes": lane_notes(dossier, Kind.PACKING_LIST),
    }
    return Sheet(
        kind=Kind.PACKING_LIST,
        title=TITLES[Kind.PACKING_LIST],
        template=template(Kind.PACKING_LIST, lane_of(dossier)),
        facts=facts,
        lacks=tuple(_lacks(dossier, facts)),
        open=tuple(name for name in ("marks", "measure", "net") if facts[name] is None),
    )


def _lacks(dossier: Dossier, facts: dict[str, object]) -> Iterator[str]:
    required = (
        ("packages", "the count of packages"),
        ("gross", "the gross weight"),
        ("number", "the invoice number"),
    )
    yield from (said for name, said in required if not facts[name])
    if not dossier.lines:
        yield "the goods"
    for line in dossier.lines:
        if dossier.quantity_of(line) is None or not line.unit:
            yield f"line {line.number}: a quantity with its unit"
    if dossier.net is not None and dossier.gross is not None and dossier.net > dossier.gross:
        yield (
            f"the net weight {words.number(dossier.net)} kg is more than the gross weight "
            f"{words.number(dossier.gross)} kg"
        )
    packages = dossier.packages
    totals = {
        "cartons": Decimal(packages) if packages is not None else None,
        "net_kg": dossier.net,
        "gross_kg": dossier.gross,
    }
    for name, said in _COLUMNS:
        given = [dossier.figure(f"line.{line.number}.{name}") for line in dossier.lines]
        known = [one for one in given if one is not None]
        total = totals[name]
        if total is not None and known and len(known) == len(given) and sum(known) != total:
            yield (
                f"the {said} of the lines come to {words.number(sum(known, Decimal(0)))}, the "
                f"total is {words.number(total)}"
            )


def _quantities(dossier: Dossier) -> str | None:
    """The sum of the lines, for each unit."""
    found: dict[str, Decimal] = {}
    for line in dossier.lines:
        count = dossier.quantity_of(line)
        if count is None or not line.unit:
            return None
        found[line.unit] = found.get(line.unit, Decimal(0)) + count
    return ", ".join(f"{words.number(count)} {unit}" for unit, count in found.items()) or None
