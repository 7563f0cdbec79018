"""When a power of attorney is due: asked for by itself where so configured, else told in time.

A missing one is a blocker on the card, with its button. One that ends soon is told in the thread
once, because nothing on the card would say so until it is too late.
"""

from __future__ import annotations

from sqlmodel import Session, col, select

from storage import outbox
from storage.models import Importer, Shipment
from storage.values import SYSTEM
from workflows import poa, scans, sign_thread, signing
from workflows.ports import House
from workflows.sign_effects import TellPower
from workflows.states import Refused

_MOST = 500


def after_reading(session: Session, shipment_id: int, message_id: int, *, house: House) -> None:
    """A mail was read: look whether it brings a signed scan, and whether a power is due."""
    shipment = session.get(Shipment, shipment_id)
    if shipment is None:
        return
    scans.scans_arrived(session, shipment, message_id, house=house)
    look(session, shipment, house=house)


def look_at_all(session: Session, *, house: House) -> None:
    """All open shipments: time alone makes a power end soon."""
    rows = session.exec(
        select(Shipment)
        .where(col(Shipment.state).in_(sign_thread.ACTIVE), col(Shipment.importer_id).is_not(None))
        .limit(_MOST)
    ).all()
    for shipment in rows:
        look(session, shipment, house=house)


def look(session: Session, shipment: Shipment, *, house: House) -> None:
    """Ask for what is due, or tell that it will be."""
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    if (
        importer is None
        or importer.id is None
        or shipment.state not in sign_thread.ACTIVE
        or not signing.can_ask(session, shipment, house=house)
    ):
        return
    why = signing.needed(session, importer, shipment, house=house) or ""
    power = poa.on_file(session, importer)
    once = f"importer-{importer.id}-power-{power.id if power else 0}"
    signatory = importer.signing.signatory if importer.signing else None
    if house.signing.automatic and signatory is not None:
        try:
            signing.ask(
                session,
                importer_id=importer.id,
                signatory=signatory,
                kind=None,
                shipment_id=shipment.id,
                actor=SYSTEM,
                house=house,
            )
        except Refused as exc:
            why = f"{why} It was not sent by itself: {exc}"
        else:
            return
    elif power is None or poa.why_not(power, importer, shipment=shipment) is not None:
        return  # the card says it
    assert shipment.id is not None
    outbox.add(
        session,
        TellPower(
            note="poa_due",
            once=once,
            shipment_id=shipment.id,
            facts={"importer": importer.name, "why": why},
            buttons=[("poa_send", shipment.id)],
            mention=shipment.assignee,
        ),
    )
