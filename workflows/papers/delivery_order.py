"""The delivery order: to the carrier that collects the goods, with what it needs at the gate.

Only for goods that customs has released; before, there is nothing to deliver. What nobody has
said is printed as to be completed.
"""

from __future__ import annotations

from storage.models import State
from workflows.papers import words
from workflows.papers.dossier import Dossier
from workflows.papers.sheet import TITLES, Kind, Sheet, head, lane_of, template


def sheet(dossier: Dossier) -> Sheet:
    """The order, refused while the goods are not released."""
    transport = dossier.transport
    packages = dossier.packages
    told = dossier.told
    facts = head(dossier, Kind.DELIVERY_ORDER, draft=None) | {
        "title": TITLES[Kind.DELIVERY_ORDER],
        "issued": words.day(dossier.today),
        "vessel": " / ".join(one for one in (transport.vessel, transport.voyage) if one) or None,
        "carrier": transport.scac or told("carrier"),
        "location": told("location.firms"),
        "origin_port": transport.portOfLoading,
        "discharge": transport.portOfDischarge,
        "bill": " / ".join(one for one in (transport.masterBill, transport.houseBill) if one)
        or None,
        "arrival": words.day(transport.eta),
        "last_free_day": words.day(transport.lastFreeDay),
        "issued_to": told("issued_to"),
        "deliver_to": words.party(dossier.party(dossier.parties.shipTo, "ship_to")),
        "instructions": told("instructions"),
        "packages": f"{packages:,} {dossier.totals.packageUnit or 'packages'}"
        if packages is not None
        else None,
        "weight": words.quantity(dossier.gross, "kg"),
        "freight": told("freight.terms"),
        "pickup": told("pickup.number"),
        "appointment": told("appointment"),
        "empty_return": told("empty.return"),
        "empty_by": told("empty.return_by"),
        "release_customs": dossier.entry_number,
        "release_carrier": told("release.carrier"),
        "release_terminal": told("release.terminal"),
        "containers": [
            [number, transport.seals[at] if at < len(transport.seals) else None]
            for at, number in enumerate(transport.containers)
        ],
        "goods": _goods(dossier),
    }
    released = dossier.state in (State.RELEASED, State.CLOSED)
    lacks = [] if released else ["the release by customs: goods on the way or on hold stay there"]
    if released and not (transport.masterBill or transport.houseBill):
        lacks.append("a bill of lading")
    named = ("issued_to", "pickup", "last_free_day", "location", "empty_return")
    return Sheet(
        kind=Kind.DELIVERY_ORDER,
        title=TITLES[Kind.DELIVERY_ORDER],
        template=template(Kind.DELIVERY_ORDER, lane_of(dossier)),
        facts=facts,
        lacks=tuple(lacks),
        open=tuple(one for one in named if facts[one] is None),
    )


def _goods(dossier: Dossier) -> str | None:
    shown = [line.description for line in dossier.lines if line.description]
    if not shown:
        return None
    more = f" and {len(shown) - 8} more lines" if len(shown) > 8 else ""
    return "; ".join(shown[:8]) + more
