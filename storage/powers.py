"""Values of powers of attorney and of signatures. They judge nothing: see `workflows/poa.py`.

The law: 19 CFR 141.31 to 141.46 (powers of attorney), 111.36(c)(3) (from the importer itself).
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import AwareDatetime

from storage.values import Value


class GrantorKind(StrEnum):
    """Who gives the power; the law asks different things of each."""

    INDIVIDUAL = "individual"
    PARTNERSHIP = "partnership"  #: for at most two years (19 CFR 141.34)
    CORPORATION = "corporation"
    LLC = "llc"


class Scope(Value):
    """What a power covers. Nothing named means all customs business at all ports."""

    ports: tuple[str, ...] = ()  #: as a person writes them: "Long Beach, CA", USLGB, 2709
    entry_types: tuple[str, ...] = ()  #: CBP's two digits, "01"


class Signatory(Value):
    """The person who signs for the importer."""

    name: str
    title: str
    mail: str


class Signing(Value):
    """What the brokerage has recorded of an importer for its power of attorney."""

    signatory: Signatory | None = None
    kind: GrantorKind | None = None
    address: str | None = None
    number: str | None = None  #: importer number: IRS, social security or CBP-assigned
    state: str | None = None  #: of registration
    partners: tuple[str, ...] = ()  #: every partner of a partnership (19 CFR 141.39)
    nonresident: bool = False
    resident_agent: str | None = None  #: who takes service of process (19 CFR 141.36)
    own_domains: tuple[str, ...] = ()  #: domains, or whole addresses, that are the importer's own


class Check(Value):
    """One thing that a licensed broker has looked at before a power counts."""

    name: str
    by: str
    by_name: str
    at: AwareDatetime


CHECKS: tuple[tuple[str, str], ...] = (
    ("registration", "State registration: the importer exists and is active"),
    ("address", "Address: it is the importer's own, not a forwarder's"),
    ("authority", "Authority: the signer may bind the importer"),
)
"""(name, what the broker says by ticking it): how an importer's identity is validated."""


class Form(Value):
    """What is printed on the form that is sent for signature."""

    grantor: str
    kind: GrantorKind | None
    address: str
    number: str | None
    state: str | None
    partners: tuple[str, ...] = ()
    nonresident: bool = False
    resident_agent: str | None = None
    signer: str
    title: str
    scope: Scope = Scope()
    expires: str | None = None  #: ISO date
    broker: str  #: our firm
    filer_code: str
    made_on: str  #: ISO date
    reference: str  #: what the form is filed under


class EnvelopeState(StrEnum):
    """How far a request for a signature has come. It only moves forward."""

    ASKED = "asked"  #: decided; not yet with the service
    SENT = "sent"
    DELIVERED = "delivered"  #: the signer has opened it
    COMPLETED = "completed"  #: signed; the documents are being fetched
    SIGNED = "signed"  #: signed and stored
    DECLINED = "declined"
    VOIDED = "voided"
    BOUNCED = "bounced"
    EXPIRED = "expired"


OPEN = (
    EnvelopeState.ASKED,
    EnvelopeState.SENT,
    EnvelopeState.DELIVERED,
    EnvelopeState.COMPLETED,
)
FAILED = (
    EnvelopeState.DECLINED,
    EnvelopeState.VOIDED,
    EnvelopeState.BOUNCED,
    EnvelopeState.EXPIRED,
)
