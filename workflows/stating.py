"""What people state so that the gate opens, each under a name: ISF, agency data, waivers.

A waiver is a licensed broker's, with a reason, for what the law lets wait, and only with a bond
in force: the bond is what secures that the document comes (19 CFR 141.66, 113.42).
"""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, select

from storage import audit, outbox
from storage.columns import now
from storage.models import Shipment, State, Statement
from storage.values import Actor, Role, Value
from workflows import bonds, gate, proposal, states
from workflows.blockers import WAIT, Blocker
from workflows.effects import AskAll, TellThread
from workflows.ports import House
from workflows.review import Answer
from workflows.states import Refused

_LONGEST = 1000
_ASKERS = frozenset({Role.LICENSED_BROKER, Role.ENTRY_WRITER, Role.COMPLIANCE})


class Choice(Value):
    """Something that can be stated or waived now."""

    key: str  #: "isf_reference", "isf_statement", "pga:line-2", "waive:document.packing_list"
    label: str


def choices(session: Session, *, shipment_id: int, house: House) -> list[Choice]:
    """What may be stated for this shipment as it stands."""
    shipment = in_review(session, shipment_id)
    found: list[Choice] = []
    for one in gate.for_house(session, shipment, house=house):
        if one.code == "isf":
            found.append(Choice(key="isf_reference", label="The ISF's reference"))
            found.append(Choice(key="isf_statement", label="Who filed the ISF (broker)"))
        elif one.code.startswith("pga:"):
            line = one.code.removeprefix("pga:")
            found.append(Choice(key=f"pga:line-{line}", label=f"Agency data of line {line}"))
        elif one.waivable:
            found.append(Choice(key=f"waive:{one.code}", label=f"Let wait: {one.words}"[:75]))
    return found


def state(
    session: Session, *, shipment_id: int, key: str, text: str, actor: Actor, house: House
) -> Answer:
    """Record a statement or a waiver; the gate is asked anew."""
    shipment = in_review(session, shipment_id)
    said = text.strip()
    if not 0 < len(said) <= _LONGEST:
        raise Refused(f"Please write between 1 and {_LONGEST} characters. Nothing was recorded.")
    if key not in [one.key for one in choices(session, shipment_id=shipment_id, house=house)]:
        raise Refused("That is not open any more. Nothing was recorded; please look at the card.")
    if key.startswith("waive:"):
        return _waive(session, shipment, key.removeprefix("waive:"), said, actor, house)
    kind, _, about = key.partition(":")
    writers = (Role.LICENSED_BROKER, Role.ENTRY_WRITER)
    if actor.role not in ((Role.LICENSED_BROKER,) if kind != "isf_reference" else writers):
        raise Refused("Only a licensed broker can state that. Nothing was recorded.")
    _keep(session, shipment, kind=kind, about=about, text=said, actor=actor)
    audit.record(
        session, "statement_recorded", actor=actor, shipment_id=shipment_id,
        kind=kind, about=about, text=said[:300],
    )  # fmt: skip
    proposal.changed(session, shipment)
    return Answer(text="Recorded.", changed=True)


def ask_all(session: Session, *, shipment_id: int, actor: Actor) -> Answer:
    """One letter to the shipper with everything that is missing; at most one a day."""
    shipment = in_review(session, shipment_id)
    if actor.role not in _ASKERS:
        raise Refused("Your role may read, not write to clients. Nothing was sent.")
    effect = AskAll(shipment_id=shipment_id, day=now().date(), asked_by=actor.name)
    if outbox.add(session, effect) is None:
        return Answer(text="The shipper was asked for all of it today already.", changed=False)
    audit.record(session, "asked_for_all", actor=actor, shipment_id=shipment.id)
    return Answer(text="One letter with all that is missing goes to the shipper.", changed=True)


def _waive(
    session: Session, shipment: Shipment, code: str, reason: str, actor: Actor, house: House
) -> Answer:
    if actor.role is not Role.LICENSED_BROKER or not actor.licence:
        raise Refused(
            "Only a licensed broker with a licence on record can let it wait. Nothing was changed."
        )
    item: Blocker | None = next(
        (one for one in gate.for_house(session, shipment, house=house) if one.code == code), None
    )
    if item is None or not item.waivable:
        raise Refused("The law does not let that wait. Nothing was changed.")
    bond = bonds.of(session, shipment)
    if bond is None:
        raise Refused(
            "Nothing can wait without a bond in force: it secures that the document comes "
            "(19 CFR 141.66). Nothing was changed."
        )
    due = (now() + WAIT).date()
    _keep(
        session, shipment, kind="waiver", about=code, text=reason, actor=actor,
        words=item.words, due=due,
    )  # fmt: skip
    audit.record(
        session, "blocker_waived", actor=actor, shipment_id=shipment.id, code=code,
        words=item.words, reason=reason[:300], law=item.law, due=due, bond=bond.id,
    )  # fmt: skip
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment.id or 0, note="waived", once=f"{code}-{now():%Y%m%d%H%M%S%f}",
            facts={
                "who": actor.name, "licence": actor.licence, "words": item.words,
                "reason": reason, "due": str(due),
            },
        ),
    )  # fmt: skip
    proposal.changed(session, shipment)
    return Answer(text=f"It may wait until {due}: {item.words}", changed=True)


def _keep(
    session: Session,
    shipment: Shipment,
    *,
    kind: str,
    about: str,
    text: str,
    actor: Actor,
    words: str = "",
    due: date | None = None,
) -> None:
    assert shipment.id is not None
    session.add(
        Statement(
            shipment_id=shipment.id,
            kind=kind,
            about=about,
            text=text,
            words=words,
            due=due,
            by=actor.id,
            by_name=actor.name,
            licence=actor.licence,
        )
    )
    session.flush()


def in_review(session: Session, shipment_id: int) -> Shipment:
    """The shipment, kept for this transaction; refused once it is past its review."""
    shipment = session.exec(
        select(Shipment).where(Shipment.id == shipment_id).with_for_update()
    ).first()
    if shipment is None:
        raise Refused("This shipment is not known.")
    if shipment.state is not State.IN_REVIEW:
        raise Refused(f"Nothing was changed: {shipment.ref} is {states.words(shipment.state)}.")
    return shipment
