"""Who a shipment is for: finding the client among the importers of record.

A shipment of an unknown importer stays open to review but cannot be filed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from sqlmodel import Session, select

from prompts import letter
from storage import audit
from storage.models import Importer
from storage.values import Actor, Parties
from workflows.states import Refused

_LEGAL_FORMS = re.compile(
    r"\b(inc|incorporated|llc|l l c|ltd|limited|corp|corporation|co|company|plc|gmbh|usa|us)\b"
)


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
