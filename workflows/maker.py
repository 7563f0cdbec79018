"""The manufacturer's identification (MID): constructed where the papers print none, then confirmed.

A constructed code is only shown. It is filed when a licensed broker has confirmed it, as it stood;
a code that a document prints is the document's.
"""

from __future__ import annotations

from sqlmodel import Session

from knowledge import mid
from knowledge.mid import Constructed
from storage import audit
from storage.models import Shipment, State
from storage.values import Actor, Flag, Role
from workflows import proposal, states
from workflows.review import Answer
from workflows.states import Refused, WrongRole

PATH = "parties.manufacturer.mid"


def proposed(shipment: Shipment) -> Constructed | None:
    """The code to be confirmed; None where there is one, or nothing to make it of."""
    maker, seller = shipment.parties.manufacturer, shipment.parties.exporter
    if maker.mid or any(one.field == PATH for one in shipment.flags):
        return None  # printed, or a person has spoken: also that there is none
    block = maker if maker.name and maker.address else seller
    if not (block.name and block.address and block.country):
        return None
    return mid.construct(
        name=block.name, address=block.address, country=block.country, assumed=block is not maker
    )


def confirm(session: Session, *, shipment_id: int, shown: str, actor: Actor) -> Answer:
    """A licensed broker confirms exactly the code that the card showed."""
    shipment = session.get(Shipment, shipment_id, with_for_update=True)
    if shipment is None:
        raise Refused("This shipment is not known.")
    if actor.role is not Role.LICENSED_BROKER:
        raise WrongRole(
            "Only a licensed broker can confirm the maker's identification. Nothing was changed.",
            Role.LICENSED_BROKER,
        )
    if shipment.state is not State.IN_REVIEW:
        raise Refused(f"Nothing was changed: {shipment.ref} is {states.words(shipment.state)}.")
    made = proposed(shipment)
    if made is None or made.mid != shown:
        raise Refused("The maker's identification has changed since. Please look at the card.")
    proposal.put(shipment, PATH, made.mid)
    shipment.confidence = {**shipment.confidence, PATH: 1.0}
    note = Flag(
        type=proposal.CORRECTED, field=PATH, severity="info",
        message=f"The maker's identification was confirmed by {actor.name}.",
    )  # fmt: skip
    shipment.flags = [*shipment.flags, note]
    session.add(shipment)
    audit.record(
        session, "mid_confirmed", actor=actor, shipment_id=shipment_id, mid=made.mid,
        confidence=made.confidence, because=made.because,
    )  # fmt: skip
    proposal.changed(session, shipment)
    return Answer(text=f"{made.mid} is confirmed as the maker's identification.", changed=True)
