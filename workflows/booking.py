"""Who a shipment is for: finding the client among the importers of record.

A shipment of an unknown importer stays open to review but cannot be filed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

from sqlmodel import Session, select

from prompts import letter
from storage import audit
from storage.models import Importer, Shipment
from storage.values import Actor, Flag, Parties
from workflows.states import Refused

_LEGAL_FORMS = re.compile(
    r"\b(inc|incorporated|llc|l l c|ltd|limited|corp|corporation|co|company|plc|gmbh|usa|us)\b"
)
_MARK = re.compile(r"^(?!shp-)[a-z][a-z0-9-]{1,31}$")


def match_name(name: str) -> str:
    """A firm's name for comparison: case, accents, punctuation and legal form away."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    words = re.sub(r"[^a-z0-9]+", " ", plain)
    return " ".join(_LEGAL_FORMS.sub(" ", words).split()) or words.strip()


def importer_of(session: Session, parties: Parties) -> Importer | None:
    """The client among the parties: the importer as printed, else the consignee, else notify."""
    for block in (parties.importer, parties.consignee, parties.notifyParty):
        if block.name:
            known = session.exec(
                select(Importer).where(Importer.match_name == match_name(block.name))
            ).first()
            if known is not None:
                return known
    return None


_NAME = "parties.importer.name"
ADDRESSED = "addressed"
"""Flag type of what follows from the importer's own address that a mail came to."""


def assign(session: Session, shipment: Shipment) -> None:
    """The client of a shipment, from its papers; the address that the mail came to is a hint."""
    importer = importer_of(session, shipment.parties)
    addressed = session.get(Importer, shipment.addressed_id) if shipment.addressed_id else None
    shipment.flags = [flag for flag in shipment.flags if flag.type != ADDRESSED]
    named = shipment.parties.importer.name or shipment.parties.consignee.name
    if any(flag.field == _NAME and flag.type == "corrected" for flag in shipment.flags):
        addressed = None  # a person has said for whom it is
    if addressed is not None and importer is None and not named:
        importer = addressed
        _flag(
            shipment,
            f"No document names the importer; the mail came to the address of {addressed.name}. "
            "If it is for them, write their name under Correct fields.",
            "must_resolve",
        )
    elif addressed is not None and (importer is None or importer.id != addressed.id):
        _flag(
            shipment,
            f"The mail came to the address of {addressed.name}, but the documents name {named}: "
            "please look for whom it is.",
            "review",
        )
    if importer is not None:
        shipment.importer_id = importer.id
        shipment.assignee = shipment.assignee or importer.broker
    elif named and shipment.importer_id == shipment.addressed_id:
        shipment.importer_id = None  # it was the hint; now the papers name somebody else


def give_mark(session: Session, *, name: str, mark: str, actor: Actor) -> Importer:
    """Give a client an address of its own: the intake address with +mark."""
    importer = named_importer(session, name)
    plain = mark.strip().casefold()
    if not _MARK.match(plain):
        raise Refused(
            "A mark has 2 to 32 small letters, digits or dashes, begins with a letter, and does "
            "not begin with shp-. Nothing was changed."
        )
    other = session.exec(select(Importer).where(Importer.mark == plain)).first()
    if other is not None and other.id != importer.id:
        raise Refused(f"+{plain} is the address of {other.name} already. Nothing was changed.")
    importer.mark = plain
    session.add(importer)
    session.flush()
    audit.record(
        session, "importer_address_given", actor=actor, importer_id=importer.id, mark=plain
    )
    return importer


def named_importer(session: Session, name: str) -> Importer:
    """A client who is on file; raises `Refused` with what to do."""
    found = session.exec(select(Importer).where(Importer.match_name == match_name(name))).first()
    if found is None:
        raise Refused(f"{name} is not on file: add it with 'tidewaiter importer add'.")
    return found


def _flag(shipment: Shipment, said: str, severity: Literal["must_resolve", "review"]) -> None:
    made = Flag(type=ADDRESSED, field=_NAME, severity=severity, message=said)
    shipment.flags = [*shipment.flags, made]


def add_importer(
    session: Session,
    *,
    name: str,
    actor: Actor,
    consignee_mail: str | None = None,
    broker: str | None = None,
    language: str | None = None,
    contacts: Sequence[str] = (),
) -> Importer:
    """Record a client, or change what is recorded."""
    if language is not None and language not in letter.LANGUAGES:
        raise Refused(f"Our mails are written in {', '.join(letter.LANGUAGES)}; not in {language}.")
    if wrong := [one for one in contacts if "@" not in one]:
        raise Refused(f"{wrong[0]} is not a mail address.")
    match = match_name(name)
    if not match:
        raise Refused("An importer needs a name with letters or digits.")
    importer = session.exec(select(Importer).where(Importer.match_name == match)).first()
    if importer is None:
        importer = Importer(name=name.strip(), match_name=match)
    if consignee_mail is not None:
        importer.consignee_mail = consignee_mail
    if broker is not None:
        importer.broker = broker
    if language is not None:
        importer.language = language
    if contacts:
        importer.contacts = list(contacts)
    session.add(importer)
    session.flush()
    audit.record(session, "importer_recorded", actor=actor, importer_id=importer.id, broker=broker)
    return importer
