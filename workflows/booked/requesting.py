"""The first mail about a booked shipment: which documents it needs, why, and where to send them.

One mail for each shipment, to whom the booking names, else to the importer's contacts. What is
not answered is asked for again by the chase that follows any missing document.
"""

from __future__ import annotations

from sqlmodel import Session

from knowledge.lanes import Need
from prompts import letter
from storage import outbox
from storage.mail import OutgoingMail
from storage.models import Shipment
from storage.outbox import Claimed
from storage.values import Value
from workflows import answering, correspondents, post
from workflows.booked import lacking, opening
from workflows.booked.effects import RequestDocuments
from workflows.effects import Chase, TellThread
from workflows.mailing import nothing
from workflows.ports import House, Ports
from workflows.post import Record


class Wanted(Value):
    """One document for the letter: its kinds, of which one is enough, and the rule."""

    kinds: tuple[str, ...]
    because: str


def request(ports: Ports, claimed: Claimed) -> Record:
    """The handler of `RequestDocuments`."""
    effect = RequestDocuments.model_validate(claimed.payload)
    with ports.snapshot() as session:
        shipment = session.get(Shipment, effect.shipment_id)
        if shipment is None or shipment.state not in opening.OPEN:
            return nothing
        found = lacking.of(session, shipment, ports.house.bookings.lanes)
        if not found.documents:
            return nothing  # nothing lacks, or the lane is unknown: a person was told of that
        whom = correspondents.reachable(session, shipment)
        mail = (
            _letter(session, shipment, found.documents, whom[0], effect.key(), ports.house)
            if whom
            else None
        )
    if mail is None:
        return lambda session: _nobody(session, effect.shipment_id, found)
    written, language = mail
    note = post.deliver(
        ports,
        written,
        kind="documents_wanted",
        shipment_id=effect.shipment_id,
        language=language,
        refusal_is_an_outcome=True,
    )

    def record(session: Session) -> None:
        note(session)
        if ports.house.chasing.most > 0:
            again = Chase(shipment_id=effect.shipment_id, after=0, number=1)
            due = answering.in_working_days(ports.house.chasing.first)
            outbox.add(session, again, run_at=due)

    return record


def _letter(
    session: Session,
    shipment: Shipment,
    documents: tuple[Need, ...],
    to: str,
    key: str,
    house: House,
) -> tuple[OutgoingMail, str]:
    language = correspondents.language_of(session, shipment)
    told = correspondents.belongs(session, shipment, to)
    booked = lacking.bookings_of(session, shipment.id or 0)
    made = letter.write(
        "documents_wanted",
        language=language,
        ref=shipment.ref or "",
        booking=booked[0].facts.carrier_booking or booked[0].external_id if booked else None,
        order=shipment.header.purchaseOrder if told else None,
        vessel=shipment.transport.vessel,
        eta=shipment.transport.eta,
        wanted=[Wanted(kinds=need.names, because=need.because) for need in documents],
        firm=house.firm,
    )
    thread = correspondents.thread(session, shipment, to, language=made.language)
    mail = OutgoingMail(
        key=key,
        to=(to,),
        subject=thread.subject,
        text=made.text,
        html=made.html,
        reply_to=house.address_for(shipment.ref or ""),
        in_reply_to=thread.in_reply_to,
        references=thread.references,
    )
    return mail, made.language


def _nobody(session: Session, shipment_id: int, found: lacking.Lacking) -> None:
    shipment = session.get(Shipment, shipment_id)
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment_id,
            note="nobody_to_ask",
            once="documents",
            facts={"missing": [lacking.words(need.name) for need in found.documents]},
            mention=shipment.assignee if shipment else None,
        ),
    )
