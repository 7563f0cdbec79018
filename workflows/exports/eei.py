"""The EEI as a value, and what is wrong with it (15 CFR 30.6(a) mandatory, (b) conditional).

Everything may be missing in a draft; `problems` then says so, element by element. Nothing is
concluded about licences: the code is what a person answered, and one that does not go with the
ECCN is refused. Codes: FTR appendix B (exemptions) and F (licence codes), the common ones only;
one that is not on the list is asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import pycountry
from pydantic import Field

from storage.values import CountryCode
from workflows.gateways.packet import Part

THRESHOLD = Decimal(2500)
"""15 CFR 30.37(a): up to this value per Schedule B number no EEI is due, unless a licence is."""

LICENCE_CODES = {
    "C30": "BIS licence",
    "C32": "no licence required, ECCN on the CCL with reason for control AT only",
    "C33": "no licence required (NLR): EAR99 or reason for control AT only",
    "C35": "licence exception LVS",
    "C43": "licence exception GFT",
    "C60": "licence exception TSR",
    "S94": "foreign military sales",
    "T10": "OFAC licence",
}
_WITH_NUMBER = frozenset({"C30", "S94", "T10"})
_ECCN = re.compile(r"^(EAR99|[0-9][A-E][0-9]{3})$")
_ITN = re.compile(r"^X(\d{8})\d{6}$")
_SCHEDULE_B = re.compile(r"^\d{4}\.\d{2}\.\d{4}$")
_EIN = re.compile(r"^\d{2}-\d{7}([A-Z0-9]{2})?$")
_ONLY_ANTI_TERRORISM = re.compile(r"^[0-9][A-E]99\d$")
_STATES = frozenset(
    one.code.removeprefix("US-")
    for one in pycountry.subdivisions.get(country_code="US")  # type: ignore[no-untyped-call]
)

Mot = Literal["vessel", "vessel_containerized", "rail", "truck", "air", "mail", "other"]
ConsigneeType = Literal["direct_consumer", "government", "reseller", "other"]


class BadItn(ValueError):
    """A text that is no ITN; the message says why."""


class ExportParty(Part):
    """A party of the export."""

    name: str
    address: str | None = None
    city: str | None = None
    state: str | None = None
    postal: str | None = None
    country: CountryCode | None = None
    identifier: str | None = None  #: of the USPPI and the agent: EIN or DUNS
    contact: str | None = None
    phone: str | None = None


class ExportLine(Part):
    """One commodity line."""

    number: int = Field(ge=1)
    schedule_b: str  #: NNNN.NN.NNNN, of Schedule B or the HTSUS
    description: str
    domestic: bool | None = None  #: D/F: of US origin or foreign
    quantity: Decimal | None = None
    unit: str | None = None
    second_quantity: Decimal | None = None
    second_unit: str | None = None
    gross_weight_kg: Decimal | None = None
    value: Decimal | None = None  #: US dollars at the port of export
    export_code: str = "OS"  #: export information code: OS, all other
    licence_code: str | None = None
    licence_number: str | None = None
    licence_value: Decimal | None = None
    eccn: str | None = None
    end_use: str | None = None


class Eei(Part):
    """The Electronic Export Information of one shipment."""

    usppi: ExportParty | None = None
    agent: ExportParty | None = None
    consignee: ExportParty | None = None
    consignee_type: ConsigneeType | None = None
    intermediate: ExportParty | None = None
    end_user: ExportParty | None = None
    forwarder: ExportParty | None = None
    export_date: date | None = None
    state_of_origin: str | None = None
    ftz: str | None = None
    destination: CountryCode | None = None
    mot: Mot | None = None
    carrier: str | None = None  #: SCAC or IATA code
    conveyance: str | None = None
    transport_reference: str | None = None  #: booking or air waybill number
    port_of_export: str | None = None  #: Schedule D, four digits
    port_of_unlading: str | None = None  #: Schedule K, five digits; of ocean shipments
    related: bool | None = None
    hazardous: bool | None = None
    routed: bool | None = None
    authorisation: str | None = None  #: of a routed export: the FPPI's authorisation of the agent
    inbond: str = "70"  #: 70: not in-bond
    filing_option: Literal["2", "4"] = "2"  #: predeparture, postdeparture
    entry_number: str | None = None  #: of foreign goods that left a bonded warehouse or FTZ
    lines: tuple[ExportLine, ...] = ()

    def parties(self) -> list[tuple[str, ExportParty]]:
        """Everybody in it, with the role: all of them are screened."""
        named = ("usppi", "agent", "consignee", "intermediate", "end_user", "forwarder")
        found = [(role, getattr(self, role)) for role in named]
        return [(role, one) for role, one in found if one is not None]


def problems(made: Eei, *, today: date) -> list[str]:
    """What is missing or wrong, a sentence each; nothing when it may be approved."""
    return [*_shipment(made, today), *(one for line in made.lines for one in _line(line, made))]


def exemption(made: Eei) -> str | None:
    """The citation under which no EEI is due, where the values say so (15 CFR 30.37(a))."""
    sums: dict[str, Decimal] = {}
    for line in made.lines:
        if line.value is None or line.licence_code in (None, *_WITH_NUMBER):
            return None
        sums[line.schedule_b] = sums.get(line.schedule_b, Decimal(0)) + line.value
    return "NOEEI 30.37(a)" if sums and max(sums.values()) <= THRESHOLD else None


def itn(text: str) -> str:
    """An ITN whose form and date are right (15 CFR 30.7): X, the day, six digits."""
    written = text.strip().upper().removeprefix("AES").strip()
    match = _ITN.match(written)
    if match is None:
        raise BadItn(f"{text[:30]}: an ITN is X, the day as YYYYMMDD, and six digits.")
    try:
        day = datetime.strptime(match[1], "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise BadItn(f"{text[:30]}: {match[1]} is no day of the calendar.") from None
    if day.year < 2000:
        raise BadItn(f"{text[:30]}: no ITN is of {day.year}.")
    return written


def citation(number: str) -> str:
    """The proof of filing as it stands on bill and invoice (15 CFR 30.7(b))."""
    return f"AES {number}"


def _shipment(made: Eei, today: date) -> Iterator[str]:
    yield from _party("USPPI", "30.6(a)(1)", made.usppi, identified=True)
    if made.usppi is not None and not (made.usppi.contact and made.usppi.phone):
        yield "The USPPI's contact and phone are missing (30.6(a)(1)(iv))."
    yield from _party("ultimate consignee", "30.6(a)(3)", made.consignee)
    needed: tuple[tuple[object, str], ...] = (
        (made.export_date, "The date of export is missing (30.6(a)(2))."),
        (made.state_of_origin or made.ftz, "The US state of origin is missing (30.6(a)(4))."),
        (made.destination, "The country of ultimate destination is missing (30.6(a)(5))."),
        (made.mot, "The method of transportation is missing (30.6(a)(6))."),
        (made.conveyance, "The conveyance or carrier name is missing (30.6(a)(7))."),
        (made.carrier, "The carrier's code is missing (30.6(a)(8))."),
        (made.port_of_export, "The port of export is missing (30.6(a)(9))."),
        (made.consignee_type, "The type of the ultimate consignee is missing (30.6(a)(28))."),
        (made.lines, "There is no commodity line (30.6(a)(12))."),
    )
    yield from (said for value, said in needed if not value)
    answers = (
        (made.related, "Whether the parties are related is not answered (30.6(a)(10))."),
        (made.hazardous, "Whether goods are hazardous is not answered (30.6(a)(21))."),
        (made.routed, "Whether the export is routed is not answered (30.6(a)(24))."),
    )
    yield from (said for value, said in answers if value is None)
    yield from _forms(made, today)


def _forms(made: Eei, today: date) -> Iterator[str]:
    if made.state_of_origin and made.state_of_origin not in _STATES:
        yield f"{made.state_of_origin} is no US state."
    if made.port_of_export and not re.fullmatch(r"\d{4}", made.port_of_export):
        yield f"The port of export {made.port_of_export} is not four digits of Schedule D."
    if made.mot in ("vessel", "vessel_containerized") and not made.port_of_unlading:
        yield "The foreign port of unlading is missing: it goes by vessel (30.6(b)(4))."
    if made.mot in ("vessel", "vessel_containerized", "air") and not made.transport_reference:
        yield "The booking or air waybill number is missing (30.6(b)(14))."
    if made.destination == "US":
        yield "The country of ultimate destination cannot be the United States."
    if made.routed and made.agent is None:
        yield "A routed export names the agent who files (30.6(b)(1))."
    if made.routed and not made.authorisation:
        yield "A routed export needs the authorisation of the agent on file (30.3(e))."
    if made.export_date and made.filing_option == "2" and (today - made.export_date).days > 5:
        yield f"The date of export {made.export_date} has passed: predeparture filing is too late."
    if made.inbond != "70" and not made.entry_number:
        yield "In-bond goods need their entry number (30.6(b))."
    if len({line.number for line in made.lines}) != len(made.lines):
        yield "Two lines have the same number."


def _party(
    what: str, cite: str, party: ExportParty | None, *, identified: bool = False
) -> Iterator[str]:
    if party is None or not party.name.strip():
        yield f"The {what} is missing ({cite})."
        return
    if not (party.address and party.city and (party.country or identified)):
        yield f"The address of the {what} is not whole ({cite})."
    if party.address and re.search(r"\bP\.?\s*O\.?\s*BOX\b", party.address, re.IGNORECASE):
        yield f"The address of the {what} is a post office box ({cite})."
    if identified and not _EIN.match(party.identifier or ""):
        yield f"The identification number of the {what} is missing or no EIN ({cite})."


def _line(line: ExportLine, made: Eei) -> Iterator[str]:
    where = f"Line {line.number}"
    if not _SCHEDULE_B.match(line.schedule_b):
        yield f"{where}: {line.schedule_b} is no ten-digit Schedule B or HTSUS number."
    needed: tuple[tuple[object, str], ...] = (
        (line.description.strip(), "the description is missing (30.6(a)(13))"),
        (line.unit, "the unit is missing (30.6(a)(14))"),
        (line.quantity, "the quantity is missing (30.6(a)(15))"),
        (line.value, "the value in US dollars is missing (30.6(a)(17))"),
        (line.end_use, "the end use is not answered: it decides about licences"),
    )
    yield from (f"{where}: {said}." for value, said in needed if not value)
    if line.domestic is None:
        yield f"{where}: domestic or foreign is not answered (30.6(a)(11))."
    weighed = made.mot in ("vessel", "vessel_containerized", "air", "rail", "truck")
    if weighed and not line.gross_weight_kg:
        yield f"{where}: the shipping weight is missing (30.6(a)(16))."
    for name, amount in (("quantity", line.quantity), ("value", line.value),
                         ("shipping weight", line.gross_weight_kg)):  # fmt: skip
        if amount is not None and (not amount.is_finite() or amount < 0):
            yield f"{where}: the {name} {amount} is not possible."
    if (line.second_quantity is None) != (line.second_unit is None):
        yield f"{where}: a second quantity goes with its unit (30.6(b)(7), (8))."
    yield from (f"{where}: {said}" for said in _licence(line))


def _licence(line: ExportLine) -> Iterator[str]:
    """ECCN and licence code, as far as they speak for themselves; a person decides the rest."""
    code, eccn = line.licence_code, line.eccn
    if eccn is None:
        yield "the ECCN is not answered (EAR99 where none applies)."
    elif not _ECCN.match(eccn):
        yield f"{eccn} is no ECCN: NANNN or EAR99 (AES response 515)."
    if code is None:
        yield "the licence code is not answered (30.6(a)(23))."
        return
    if code not in LICENCE_CODES:
        yield f"{code} is not among the licence codes that are known here: look in appendix F."
    if code in _WITH_NUMBER and not line.licence_number:
        yield f"{code} ({LICENCE_CODES[code]}) needs the licence number (30.6(b)(5))."
    at_only = eccn == "EAR99" or bool(eccn and _ONLY_ANTI_TERRORISM.match(eccn))
    if code == "C33" and eccn and _ECCN.match(eccn) and not at_only:
        yield (
            f"C33 (no licence required) does not go with {eccn}: compliance decides whether a "
            "licence or an exception is needed."
        )
