"""The importer security filing as a sheet: ten elements of the importer, two of the carrier.

19 CFR 149.3(a) and 4.7c, 4.7d. Due 24 hours before the goods are laden on the vessel (149.2(b));
stuffing location and consolidator as early as possible, and no later than 24 hours before
arrival. Vessel cargo only. What is missing is listed, never filled in.
"""

from __future__ import annotations

import re
from datetime import timedelta

from storage.values import PartyBlock
from workflows.papers import words
from workflows.papers.dossier import Dossier
from workflows.papers.sheet import TITLES, Kind, Sheet, head, lane_of, template


def sheet(dossier: Dossier) -> Sheet:
    """The sheet; refused for goods that do not come by vessel."""
    transport, parties = dossier.transport, dossier.parties
    maker = dossier.party(parties.manufacturer, "manufacturer")
    elements: list[tuple[str, str, str | None]] = [
        ("1", "Seller", _party(dossier.party(parties.exporter, "seller"))),
        ("2", "Buyer", _party(dossier.party(parties.importer, "buyer"))),
        ("3", "Importer of record number", dossier.told("importer.number")),
        ("4", "Consignee number", dossier.told("consignee.number")),
        ("5", "Manufacturer (or supplier)", _party(maker)),
        ("6", "Ship to party", _party(dossier.party(parties.shipTo, "ship_to"))),
        ("7", "Country of origin", _origins(dossier)),
        ("8", "Commodity HTSUS number", _codes(dossier)),
        ("9", "Container stuffing location", dossier.told("stuffing.location")),
        ("10", "Consolidator (stuffer)", dossier.told("consolidator")),
    ]
    carrier = [
        ("A", "Vessel stow plan (carrier, 19 CFR 4.7c)", "the carrier's filing"),
        ("B", "Container status messages (carrier, 19 CFR 4.7d)", "the carrier's filing"),
    ]
    missing = [f"{number}. {name}" for number, name, value in elements if value is None]
    facts = head(dossier, Kind.ISF, draft=None) | {
        "title": TITLES[Kind.ISF],
        "bill": transport.houseBill or transport.masterBill,
        "scac": transport.scac,
        "vessel": " / ".join(one for one in (transport.vessel, transport.voyage) if one) or None,
        "loading": transport.portOfLoading,
        "discharge": transport.portOfDischarge,
        "etd": words.day(transport.etd),
        "eta": words.day(transport.eta),
        "due": _due(dossier),
        "containers": ", ".join(transport.containers) or None,
        "elements": [list(one) for one in elements],
        "carrier": [list(one) for one in carrier],
        "lines": [
            [
                str(line.number),
                line.description,
                line.origin,
                _six(line.code),
                _maker(dossier, maker),
            ]
            for line in dossier.lines
        ],
        "missing": missing,
    }
    lacks = () if dossier.by_sea else ("a vessel: the filing is for ocean cargo (19 CFR 149.1)",)
    return Sheet(
        kind=Kind.ISF,
        title=TITLES[Kind.ISF],
        template=template(Kind.ISF, lane_of(dossier)),
        facts=facts,
        lacks=lacks,
        open=tuple(missing),
    )


def _due(dossier: Dossier) -> str | None:
    """The hour of lading is not in the documents: the day before is the safe bound."""
    etd = dossier.transport.etd
    if etd is None:
        return None
    last = etd - timedelta(days=1)
    return (
        f"before the end of {words.day(last)}, 24 hours before lading: counted from the start of "
        f"{words.day(etd)}, because the hour of lading is not known"
    )


def _party(block: PartyBlock) -> str | None:
    """Name and address, or nothing: half a party is not an element."""
    if not block.name or not block.address:
        return None
    return ", ".join(one for one in (block.name, block.address, block.country) if one)


def _maker(dossier: Dossier, maker: PartyBlock) -> str | None:
    return maker.name or dossier.told("manufacturer")


def _origins(dossier: Dossier) -> str | None:
    if not dossier.lines or any(line.origin is None for line in dossier.lines):
        return None
    return ", ".join(sorted({line.origin for line in dossier.lines if line.origin}))


def _codes(dossier: Dossier) -> str | None:
    codes = [_six(line.code) for line in dossier.lines]
    if not codes or None in codes:
        return None
    shown = sorted({one for one in codes if one})
    more = f" and {len(shown) - 12} more, listed below" if len(shown) > 12 else ""
    return ", ".join(shown[:12]) + more


def _six(code: str | None) -> str | None:
    digits = re.sub(r"\D", "", code or "")
    return f"{digits[:4]}.{digits[4:6]}" if len(digits) >= len("123456") else None
