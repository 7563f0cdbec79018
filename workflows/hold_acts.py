"""What people do about a hold: take it, say its kind, note, ask, answer, clear, close.

An answer to customs is a licensed broker's act, and so is the word that a hold is over; what an
authority holds stays held until the authority lets go. Restricted goods need two: compliance
clears, a broker closes, each under their name.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, select

from knowledge import calendar
from knowledge.holds import KINDS, TITLES
from storage import audit, outbox
from storage.columns import now
from storage.models import Document, Entry, Hold, HoldNote, Shipment, State
from storage.values import AUTHORITY, Actor, Role, ValueFacts
from workflows import hold_alarms, hold_staging, holds, playbook, proposal, states
from workflows.effects import RespondEntry, TellThread
from workflows.ports import House
from workflows.review import Answer
from workflows.states import Refused

_WRITERS = (Role.LICENSED_BROKER, Role.ENTRY_WRITER)
_NOTERS = (*_WRITERS, Role.COMPLIANCE)
_LONGEST = 6000
NOTES = {"call": "A call", "cost": "A cost", "appointment": "An appointment", "note": "A note"}


def acknowledge(session: Session, *, hold_id: int, actor: Actor) -> Answer:
    """A person takes a hold on."""
    hold = _hold(session, hold_id)
    few = playbook.play(hold.kind).few
    if actor.role not in (_NOTERS if few else _WRITERS):
        raise Refused("Your role may read, not take on a hold. Nothing was changed.")
    if hold.acknowledged_by is not None:
        raise Refused(f"<@{hold.acknowledged_by}> already has this hold.")
    if hold.lifted_at is not None:
        raise Refused("This hold was already lifted.")
    hold.acknowledged_by, hold.acknowledged_at = actor.id, now()
    hold_alarms.taken(hold)
    session.add(hold)
    audit.record(session, "hold_taken", actor=actor, shipment_id=hold.shipment_id, hold_id=hold_id)
    _tell(session, hold, "hold_taken", f"hold-{hold_id}", {"who": actor.name, "code": hold.code})
    _changed(session, hold)
    return Answer(text="You have this hold now.", changed=True)


def retype(session: Session, *, hold_id: int, kind: str, actor: Actor, house: House) -> Answer:
    """A person says of which kind it is."""
    hold = _standing(session, hold_id, actor, _NOTERS)
    chosen = next((one for one in KINDS if one == kind and one != "unknown"), None)
    if chosen is None:
        raise Refused("Please choose one of the six kinds. Nothing was changed.")
    if hold.frozen and chosen != "restricted":
        raise Refused(
            "A hold for restricted goods ends when compliance and a broker let it go, not by "
            "another kind. Nothing was changed."
        )
    holds.retype(session, hold, chosen, actor=actor, house=house)
    return Answer(text=f"Recorded: {TITLES[chosen]}.", changed=True)


def note(
    session: Session,
    *,
    hold_id: int,
    kind: str,
    text: str,
    actor: Actor,
    amount: Decimal | None = None,
    currency: str | None = None,
) -> Answer:
    """Keep what was said or what it cost."""
    hold = _hold(session, hold_id)
    if actor.role not in _NOTERS:
        raise Refused("Your role may read, not note. Nothing was recorded.")
    said = _said(text)
    if kind not in NOTES:
        raise Refused(f"A note is one of: {', '.join(NOTES)}. Nothing was recorded.")
    if kind == "cost" and (amount is None or amount <= 0 or not currency):
        raise Refused("A cost has an amount and a currency. Nothing was recorded.")
    session.add(
        HoldNote(hold_id=hold_id, kind=kind, text=said, amount=amount, currency=currency,
                 by=actor.id, by_name=actor.name)
    )  # fmt: skip
    audit.record(
        session, "hold_noted", actor=actor, shipment_id=hold.shipment_id, hold_id=hold_id,
        kind=kind, text="" if playbook.play(hold.kind).few else said[:300], amount=amount,
        currency=currency,
    )  # fmt: skip
    return Answer(text="Noted.", changed=False)


def presented(session: Session, *, hold_id: int, on: date, actor: Actor) -> Answer:
    """The goods were presented for examination: from this day the authority's period runs."""
    hold = _standing(session, hold_id, actor, _WRITERS)
    if hold.kind != "examination":
        raise Refused("Only an examination has a day of presentation. Nothing was changed.")
    hold.presented_on = on
    hold.respond_by = calendar.add_working_days(on, 5)
    hold.respond_because = "5 working days from the presentation (19 CFR 151.16)"
    hold_alarms.taken(hold)
    session.add(hold)
    audit.record(
        session, "hold_presented", actor=actor, shipment_id=hold.shipment_id, hold_id=hold_id,
        on=on,
    )  # fmt: skip
    _changed(session, hold)
    return Answer(text=f"Customs decides by {hold.respond_by}.", changed=True)


def case(
    session: Session, *, hold_id: int, number: str, rate: Decimal, source: str, actor: Actor
) -> Answer:
    """The AD/CVD case and its deposit rate, with the message it stands in: none without."""
    hold = _standing(session, hold_id, actor, (Role.LICENSED_BROKER, Role.COMPLIANCE))
    if hold.kind != "adcvd":
        raise Refused("Only an AD/CVD hold has a case. Nothing was changed.")
    if not source.strip():
        raise Refused("A rate needs its message number and date. Nothing was recorded.")
    if not 0 <= rate <= 1000:
        raise Refused("A deposit rate is between 0 and 1000 per cent. Nothing was recorded.")
    hold.case_number, hold.case_rate = number.strip().upper()[:20], rate
    hold.case_source = source.strip()[:200]
    session.add(hold)
    audit.record(
        session, "hold_case_recorded", actor=actor, shipment_id=hold.shipment_id,
        hold_id=hold_id, case=hold.case_number, rate=rate, source=hold.case_source,
    )  # fmt: skip
    hold_staging.stage(session, hold)
    return Answer(text="Recorded; the estimate is being made anew.", changed=True)


def assists(
    session: Session, *, hold_id: int, amount: Decimal, source: str, actor: Actor
) -> Answer:
    """A broker states what the buyer gave to the maker, in the invoice's currency; zero: nothing.

    The entry stays as it was filed; the statement of the value is made anew.
    """
    hold = _standing(session, hold_id, actor, (Role.LICENSED_BROKER,))
    if hold.kind != "value":
        raise Refused("Only a value query has assists. Nothing was changed.")
    said = _said(source)
    if amount < 0:
        raise Refused("An amount is zero or more. Nothing was recorded.")
    shipment = session.get(Shipment, hold.shipment_id, with_for_update=True)
    assert shipment is not None
    before = shipment.value_facts or ValueFacts()
    shipment.value_facts = before.model_copy(update={"assists": amount})
    session.add(shipment)
    audit.record(
        session, "assists_stated", actor=actor, shipment_id=hold.shipment_id, hold_id=hold_id,
        amount=amount, before=before.assists, source=said[:300],
    )  # fmt: skip
    hold_staging.stage(session, hold)
    return Answer(text="Recorded; the statement of the value is being made anew.", changed=True)


def answer(
    session: Session, *, hold_id: int, text: str, actor: Actor, with_documents: bool = True
) -> Answer:
    """A licensed broker answers customs: the words and the shipment's documents go out, once."""
    hold = _standing(session, hold_id, actor, (Role.LICENSED_BROKER,))
    if hold.frozen and hold.cleared_at is None:
        raise Refused(
            "Restricted goods: nothing is sent before compliance has cleared it. Nothing was sent."
        )
    if hold.ask_first and hold.cleared_at is None:
        raise Refused(
            "Prior disclosure? Compliance and counsel are asked before anything is answered "
            "(19 CFR 162.74). Nothing was sent; compliance says in the thread when it may go."
        )
    said = _said(text)
    entry = session.get(Entry, hold.entry_id)
    assert entry is not None
    documents = session.exec(
        select(Document.id)
        .where(Document.shipment_id == hold.shipment_id)
        .order_by(col(Document.id))
    ).all()
    hold.answers += 1
    hold.answered_at, hold.answered_by, hold.draft = now(), actor.id, said
    hold_alarms.answered(hold)
    session.add(hold)
    outbox.add(
        session,
        RespondEntry(
            shipment_id=hold.shipment_id,
            entry_id=hold.entry_id,
            text=said,
            documents=[one for one in documents if one is not None] if with_documents else [],
            once=f"hold-{hold_id}-{hold.answers}",
        ),
    )
    audit.record(
        session, "hold_answered", actor=actor, shipment_id=hold.shipment_id, hold_id=hold_id,
        text=said[:1000], package=hold.package_sha256,
    )  # fmt: skip
    facts: dict[str, str | int | list[str] | None] = {
        "who": actor.name, "licence": actor.licence, "entry": entry.number, "code": hold.code,
    }  # fmt: skip
    _tell(session, hold, "hold_answered", f"hold-{hold_id}-{hold.answers}", facts)
    _changed(session, hold)
    return Answer(text="Your answer goes to customs with the documents.", changed=True)


def clear(session: Session, *, hold_id: int, reason: str, actor: Actor) -> Answer:
    """Compliance lets go of restricted goods: one of the two words that are needed."""
    hold = _hold(session, hold_id)
    if actor.role is not Role.COMPLIANCE:
        raise Refused("Only compliance can clear it. Nothing was changed.")
    if not hold.frozen and not hold.ask_first:
        raise Refused("This hold freezes nothing. Nothing was changed.")
    said = _said(reason)
    considered = hold.ask_first and not hold.frozen
    hold.cleared_by, hold.cleared_name, hold.cleared_at = actor.id, actor.name, now()
    session.add(hold)
    audit.record(
        session, "hold_cleared", actor=actor, shipment_id=hold.shipment_id, hold_id=hold_id,
        reason=said[:1000],
    )  # fmt: skip
    if considered:
        facts: dict[str, str | int | list[str] | None] = {
            "who": actor.name, "code": hold.code, "reason": said,
        }  # fmt: skip
        _tell(session, hold, "disclosure_considered", f"hold-{hold_id}", facts)
        return Answer(text="Recorded: the answer may go.", changed=True)
    _thaw(session, hold)
    text = "Cleared. A broker closes it." if hold.frozen else "Cleared; the shipment goes on."
    return Answer(text=text, changed=True)


def close(session: Session, *, hold_id: int, reason: str, actor: Actor) -> Answer:
    """A broker's word that our work on it is done; what customs holds stays held until released."""
    hold = _hold(session, hold_id)
    if actor.role is not Role.LICENSED_BROKER:
        raise Refused("Only a licensed broker can close a hold. Nothing was changed.")
    if hold.closed_at is not None:
        raise Refused(f"{hold.closed_name} has closed this hold already.")
    said = _said(reason)
    if hold.frozen and hold.cleared_at is None:
        raise Refused("Compliance has to clear it first. Nothing was changed.")
    hold.closed_by, hold.closed_name, hold.closed_at = actor.id, actor.name, now()
    hold.closed_reason, hold.next_alarm_at = said, None
    _thaw(session, hold)
    shipment = session.get(Shipment, hold.shipment_id, with_for_update=True)
    assert shipment is not None
    if not hold.confirmed and hold.lifted_at is None:
        # Only a mail said so: no authority will ever lift it.
        hold.lifted_at = now()
        session.flush()
        if shipment.state is State.HELD and not holds.open_holds(session, hold.shipment_id):
            states.fire(session, shipment, states.Lifted(), actor=AUTHORITY)
    session.add(hold)
    audit.record(
        session, "hold_closed", actor=actor, shipment_id=hold.shipment_id, hold_id=hold_id,
        reason=said[:1000], lifted=hold.lifted_at is not None,
    )  # fmt: skip
    facts: dict[str, str | int | list[str] | None] = {
        "who": actor.name, "code": hold.code, "reason": said,
        "lifted": int(hold.lifted_at is not None),
    }  # fmt: skip
    _tell(session, hold, "hold_closed", f"hold-{hold_id}", facts)
    proposal.changed(session, shipment)
    waits = "" if hold.lifted_at else " It stays on hold until customs lifts it."
    return Answer(text=f"Closed.{waits}", changed=True)


def _thaw(session: Session, hold: Hold) -> None:
    """Both have let go: what waited goes out."""
    if hold.frozen and hold.cleared_at is not None and hold.closed_at is not None:
        hold.frozen = False
        session.add(hold)
        session.flush()
        if not holds.frozen(session, hold.shipment_id):
            outbox.wake(session, shipment_id=hold.shipment_id, reason=holds.FROZEN)


def _hold(session: Session, hold_id: int) -> Hold:
    hold = session.get(Hold, hold_id, with_for_update=True)
    if hold is None:
        raise Refused("This hold is not known.")
    return hold


def _standing(session: Session, hold_id: int, actor: Actor, roles: tuple[Role, ...]) -> Hold:
    hold = _hold(session, hold_id)
    if actor.role not in roles:
        who = " or ".join(role.value.replace("_", " ") for role in roles)
        raise Refused(f"Only a {who} can do that. Nothing was changed.")
    if hold.lifted_at is not None:
        raise Refused("This hold was already lifted. Nothing was changed.")
    return hold


def _said(text: str) -> str:
    said = text.strip()
    if not 0 < len(said) <= _LONGEST:
        raise Refused(f"Please write between 1 and {_LONGEST} characters. Nothing was recorded.")
    return said


def _tell(
    session: Session,
    hold: Hold,
    name: str,
    once: str,
    facts: dict[str, str | int | list[str] | None],
) -> None:
    if playbook.play(hold.kind).few:
        return  # the thread hears nothing of it; the audit has it
    outbox.add(session, TellThread(shipment_id=hold.shipment_id, note=name, once=once, facts=facts))


def _changed(session: Session, hold: Hold) -> None:
    shipment = session.get(Shipment, hold.shipment_id, with_for_update=True)
    assert shipment is not None
    proposal.changed(session, shipment)
