"""What a compliance officer decides about a denied-party match: cleared, or truly the listed one.

Nobody else decides. A clearance is for one party and one entry of a list, each as it stood; it is
recorded with its reason and its evidence. A confirmed match freezes the shipment and puts it under
legal hold; OFAC wants a report of blocked or rejected dealings within ten business days
(31 CFR 501.603, 501.604), which is for counsel and not for this program.
"""

from __future__ import annotations

from sqlmodel import Session, col, select

from storage import audit, outbox
from storage.columns import now
from storage.models import Clearance, Person, Screening, Shipment, State
from storage.values import Actor, Role
from workflows import proposal, retention, screening
from workflows.compliance_effects import MailCompliance, ShowMatch
from workflows.effects import TellThread
from workflows.review import Answer
from workflows.screening import HOLD
from workflows.states import Refused

_SHORTEST = 10  #: letters of evidence: "other address" says something, "ok" does not
_OVER = (State.CLOSED, State.CANCELLED)


def may_decide(actor: Actor) -> None:
    """Raise `Refused` for whoever may not decide about a match; asked before a modal opens."""
    if actor.role is not Role.COMPLIANCE:
        raise Refused("Only a compliance officer can decide about a match. Nothing was changed.")


def clear(
    session: Session, *, screening_id: int, reason: str, evidence: str, actor: Actor
) -> Answer:
    """This party is not the listed one: the reason, and how it is known."""
    may_decide(actor)
    reason, evidence = reason.strip(), evidence.strip()
    if not reason:
        raise Refused("Please say why this is not the listed party.")
    if len(evidence) < _SHORTEST:
        raise Refused("Please say what shows it: a register, a date of birth, an address, a file.")
    row = _row(session, screening_id)
    if row.cleared_at is not None:
        raise Refused(f"This match was already cleared: {row.cleared_reason}")
    shipment = _shipment(session, row)
    row.cleared_by, row.cleared_name, row.cleared_at = actor.id, actor.name, now()
    row.cleared_reason, row.evidence = reason, evidence
    lifted = row.confirmed_at is not None
    row.confirmed_at = row.confirmed_by = row.confirmed_name = row.confirmed_reason = None
    session.add(row)
    for hit in row.hits:
        session.add(
            Clearance(
                screening_id=screening_id,
                shipment_id=row.shipment_id,
                importer_id=shipment.importer_id,
                party=row.party,
                party_key=row.party_key,
                entry_id=hit.entry_id,
                entry_mark=hit.entry_mark,
                listed=hit.listed,
                list_edition=row.list_edition,
                cleared_by=actor.id,
                cleared_name=actor.name,
                reason=reason,
                evidence=evidence,
            )
        )
    audit.record(
        session,
        "match_cleared",
        actor=actor,
        shipment_id=row.shipment_id,
        screening_id=screening_id,
        reason=reason,
        evidence=evidence,
        hits=[[hit.entry_id, hit.entry_mark] for hit in row.hits],
        confirmation_lifted=lifted,
    )
    outbox.add(
        session,
        ShowMatch(screening_id=screening_id, standing="cleared", once=f"-{now():%Y%m%d%H%M%S%f}"),
    )
    session.flush()
    if not screening.open_hit(session, row.shipment_id):
        _go_on(session, row, actor)
    proposal.changed(session, shipment)
    stays = " The legal hold stays until it is lifted ('tidewaiter archive')." if lifted else ""
    return Answer(text=f"The match of {row.party} is cleared.{stays}", changed=True)


def confirm_match(session: Session, *, screening_id: int, reason: str, actor: Actor) -> Answer:
    """This party is the listed one: everything stays frozen, principal and counsel are told."""
    may_decide(actor)
    if not reason.strip():
        raise Refused("Please say why this is the listed party.")
    row = _row(session, screening_id)
    if row.confirmed_at is not None:
        raise Refused(f"This match was already confirmed by {row.confirmed_name}.")
    shipment = _shipment(session, row)
    row.confirmed_by, row.confirmed_name, row.confirmed_at = actor.id, actor.name, now()
    row.confirmed_reason = reason.strip()
    row.cleared_at = row.cleared_by = row.cleared_name = row.cleared_reason = row.evidence = None
    row.carried = False
    session.add(row)
    session.flush()
    _revoke(session, row, actor)
    retention.place_hold(session, shipment, reason="By compliance.", actor=actor)
    audit.record(
        session,
        "match_confirmed",
        actor=actor,
        shipment_id=row.shipment_id,
        screening_id=screening_id,
        reason=row.confirmed_reason,
        hits=[[hit.entry_id, hit.entry_mark] for hit in row.hits],
    )
    outbox.add(
        session,
        ShowMatch(screening_id=screening_id, standing="confirmed", once=f"-{now():%Y%m%d%H%M%S%f}"),
    )
    outbox.add(session, MailCompliance(screening_id=screening_id, letter="compliance_confirmed"))
    proposal.changed(session, shipment)
    return Answer(
        text=f"{row.party} is confirmed as a listed party. {shipment.ref} is frozen and under "
        "legal hold; principal and counsel are told.",
        changed=True,
    )


def officers(session: Session) -> list[str]:
    """The Slack users of compliance."""
    found = session.exec(
        select(Person.slack_user).where(Person.role == Role.COMPLIANCE).order_by(col(Person.id))
    )
    return list(found)


def standing_of(row: Screening) -> str:
    """How a screening stands, in one word."""
    if row.confirmed_at is not None:
        return "confirmed"
    if row.cleared_at is not None:
        return "carried" if row.carried else "cleared"
    if row.superseded_by is not None:
        return "superseded"
    return "open" if row.hits else "clean"


def _go_on(session: Session, row: Screening, actor: Actor) -> None:
    """Nothing holds the shipment any more: what waited is done."""
    outbox.wake(session, shipment_id=row.shipment_id, reason=HOLD)
    outbox.add(
        session,
        TellThread(
            shipment_id=row.shipment_id,
            note="match_cleared",
            once=f"screening-{row.id}-{now():%Y%m%d%H%M%S%f}",
            facts={"who": actor.name},
        ),
    )


def _revoke(session: Session, row: Screening, actor: Actor) -> None:
    """What was cleared of this party counts no longer, on other open shipments too."""
    entries = [hit.entry_id for hit in row.hits]
    for given in session.exec(
        select(Clearance).where(
            Clearance.party_key == row.party_key,
            col(Clearance.entry_id).in_(entries),
            col(Clearance.revoked_at).is_(None),
        )
    ):
        given.revoked_by, given.revoked_at = actor.id, now()
        session.add(given)
    others = session.exec(
        select(Screening).where(
            Screening.party_key == row.party_key,
            Screening.id != row.id,
            col(Screening.cleared_at).is_not(None),
        )
    ).all()
    for other in others:
        shipment = session.get(Shipment, other.shipment_id)
        same = {hit.entry_id for hit in other.hits} & set(entries)
        if shipment is None or shipment.state in _OVER or not same:
            continue
        other.cleared_at = other.cleared_by = other.cleared_name = other.cleared_reason = None
        other.carried = False
        session.add(other)
        audit.record(
            session,
            "match_reopened",
            actor=actor,
            shipment_id=other.shipment_id,
            screening_id=other.id,
            because=row.id,
        )
        once = f"-{now():%Y%m%d%H%M%S%f}"
        outbox.add(session, ShowMatch(screening_id=other.id or 0, standing="reopened", once=once))
        proposal.changed(session, shipment)


def _row(session: Session, screening_id: int) -> Screening:
    row = session.get(Screening, screening_id, with_for_update=True)
    if row is None or not row.hits:
        raise Refused("This match is no longer there.")
    if row.superseded_by is not None:
        raise Refused("A newer screening has taken this match over: please look at its card.")
    return row


def _shipment(session: Session, row: Screening) -> Shipment:
    shipment = session.get(Shipment, row.shipment_id, with_for_update=True)
    assert shipment is not None
    return shipment
