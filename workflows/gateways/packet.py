"""The filing as a value: one entry, its parties, its lines with their duty, and who confirmed it.

Our own neutral shape, filed as canonical JSON; `catair` writes the same as 80-column records.
A program is no ABI connection without CBP's certification, and this does not claim to be one.
Amounts and quantities are exact and travel as strings. What is not known is None, never zero.
"""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from storage.canonical import canonical
from storage.values import CountryCode, CurrencyCode, Parties, Transport

VERSION = 2
CONSUMPTION = "01"
CERTIFICATION = (
    "I certify, as licensed customs broker with a power of attorney of the importer of record, "
    "that the data of this entry are true and correct to the best of my knowledge."
)
"""What a broker states by pressing "Confirm and file" (19 CFR 143.35, electronic certification)."""

Mode = Literal["ocean", "air", "truck", "rail"]


class Part(BaseModel):
    """Base of the packet's values: frozen, strict, camelCase on the wire."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )


class Bill(Part):
    """A bill of lading or air waybill."""

    kind: Literal["M", "H", "R"]  #: master, house, regular
    issuer: str | None = None  #: the SCAC, where the number begins with one
    number: str
    quantity: int | None = None
    unit: str | None = None


class Port(Part):
    """A port by its printed name, and by its code where that is known."""

    name: str
    locode: str | None = None
    schedule_d: str | None = None  #: CBP's four digits, of a US port


class BondUsed(Part):
    """The bond that secures the entry (19 CFR 113)."""

    kind: Literal["single", "continuous"]
    surety: str  #: the surety company's three digits
    amount: Decimal
    number: str | None = None


class Exchange(Part):
    """The rate by which a value became US dollars (19 CFR 159.32: of the day of exportation)."""

    currency: CurrencyCode
    rate: Decimal
    rule: str
    source: str
    exported: date | None


class DutyRow(Part):
    """One row of the entry summary: a heading, what it is laid on, what is due."""

    authority: str
    heading: str | None
    rate: str
    basis: Decimal | None  #: US dollars
    amount: Decimal | None  #: US dollars; None while a fact is missing, which `needs` names
    edition: str
    needs: str | None = None


class Reported(Part):
    """A quantity in a unit that the schedule asks for; None when it cannot be converted."""

    quantity: Decimal | None
    unit: str


class CasePaid(Part):
    """An antidumping or countervailing case of a line, and its cash deposit.

    The rate is in per cent of the entered value and has its source; None is not available. A rate
    of zero is a rate: the entry is of type 03 all the same.
    """

    case: str  #: "A-570-979"
    rate: Decimal | None = None
    source: str | None = None
    deposit: Decimal | None = None  #: US dollars


class PacketLine(Part):
    """One line: as invoiced, as entered, and its rows in ACE reporting order."""

    number: int
    hts: str | None
    edition: str | None
    description: str
    origin: CountryCode | None
    quantity: Decimal | None
    unit: str | None
    reported: tuple[Reported, ...] = ()
    value: Decimal | None  #: as invoiced
    currency: CurrencyCode | None
    exchange: Exchange | None = None
    entered_value: Decimal | None = None  #: US dollars, to the cent
    manufacturer_mid: str | None = None
    melt_and_pour: CountryCode | None = None
    smelt_and_cast: CountryCode | None = None
    preference: str | None = None
    duty: tuple[DutyRow, ...] = ()
    cases: tuple[CasePaid, ...] = ()  #: of an entry of type 03
    producer: str | None = None  #: as the broker stated for those cases
    exporter: str | None = None
    refusal: str | None = None  #: why no duty could be computed
    confirmed_by: str | None = None

    @property
    def whole_dollars(self) -> int | None:
        """The entered value as CBP prints it: whole dollars, half a dollar upwards."""
        if self.entered_value is None:
            return None
        return int(self.entered_value.quantize(Decimal(1), ROUND_HALF_UP))


class PacketDocument(Part):
    """A document of the shipment, by its hash."""

    kind: str
    file: str
    sha256: str


class Waived(Part):
    """Something the law lets wait, and who took that on."""

    code: str
    words: str
    reason: str
    by: str
    licence: str | None
    due: date | None = None


class Confirmation(Part):
    """The licensed broker's confirmation, without which there is no packet."""

    name: str
    licence: str | None
    at: AwareDatetime
    words: str = CERTIFICATION


class EntryPacket(Part):
    """One entry as it is filed."""

    version: Literal[2] = 2
    kind: Literal["entry"] = "entry"
    entry_number: str
    entry_type: str = CONSUMPTION
    filer: str
    model: Literal["broker", "direct"] = "broker"  #: whose filer code it goes under
    shipment: str
    importer_of_record: str
    ior_number: str | None = None
    mode: Mode | None = None
    port_of_entry: Port | None = None
    port_of_lading: Port | None = None
    bills: tuple[Bill, ...] = ()
    transport: Transport
    parties: Parties
    related_parties: bool | None = None
    invoice: dict[str, Any]
    charges: Decimal | None = None  #: international freight and insurance, US dollars
    gross_weight_kg: Decimal | None = None
    packages: int | None = None
    package_unit: str | None = None
    bond: BondUsed | None = None
    isf: str | None = None  #: the reference of the ISF, or the statement on record
    lines: tuple[PacketLine, ...] = Field(min_length=1)
    fees: tuple[DutyRow, ...] = ()  #: MPF (499) and HMF (501)
    duty: Decimal | None = None  #: US dollars; None while a row has no amount
    total: Decimal | None = None  #: without cash deposits of antidumping cases
    deposits: Decimal | None = None  #: of all cases; None while a rate is not available
    advisories: tuple[str, ...] = ()
    documents: tuple[PacketDocument, ...] = ()
    waivers: tuple[Waived, ...] = ()
    confirmation: Confirmation

    @property
    def entered_value(self) -> int | None:
        """Whole dollars of all lines; None while a line has none."""
        values = [line.whole_dollars for line in self.lines]
        return None if None in values else sum(one for one in values if one is not None)

    def as_json(self) -> dict[str, Any]:
        """The packet as plain data."""
        return self.model_dump(mode="json", by_alias=True)


def written(packet: dict[str, Any]) -> bytes:
    """The canonical bytes of a packet."""
    return canonical(packet)


def digest(packet: dict[str, Any]) -> str:
    """sha256 of the canonical bytes: what every attempt names as the thing it sent."""
    return hashlib.sha256(canonical(packet)).hexdigest()


def read(packet: dict[str, Any]) -> EntryPacket | None:
    """The typed packet; None for one that an older version (1) wrote."""
    if packet.get("version") != VERSION or packet.get("kind") != "entry":
        return None
    return EntryPacket.model_validate(packet)
