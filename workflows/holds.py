"""A hold: who placed it, of which kind it is, what follows from it, and how it ends.

The authority's words are kept as they came; a kind may change while it stands (a customs hold
becomes an examination), and the audit has each. An authority ends a hold, or a broker's word
closes our work on it; what only a mail said, a broker may set aside. A hold for restricted goods
freezes the shipment until compliance and a broker have both let go.
"""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session, col, select

from knowledge import dispositions
from knowledge import holds as known
from storage import audit, outbox
from storage.columns import now
from storage.models import Entry, Hold, LegalHold, Shipment, State, StatusReport
from storage.values import AUTHORITY, SYSTEM, Actor, Reported
from workflows import agencies, hold_alarms, hold_staging, notices, playbook, proposal, states
from workflows.effects import TellThread
from workflows.ports import House

FROZEN = "On hold for restricted goods: nothing goes out until compliance and a broker let it go."
FEW = "On hold. Please see the broker."
_REDUCED = (State.SUBMITTED, State.ACCEPTED, State.HELD)


def place(
    session: Session,
    entry: Entry,
    shipment: Shipment,
    report: Reported,
    *,
    house: House,
    by_mail: bool = False,
) -> Hold:
    """Record a hold, alert whom its kind concerns, stage its package.

    The same code again while it stands is the same hold, perhaps with more to say.
    """
    standing = next(
        (one for one in of_entry(session, entry) if one.code == report.raw_code), None
    ) or next((one for one in of_entry(session, entry) if not one.confirmed and not by_mail), None)
    if standing is not None:
        return _again(session, shipment, standing, report, by_mail=by_mail, house=house)
    assert entry.id is not None
    assert shipment.id is not None
    hold = Hold(
        entry_id=entry.id,
        shipment_id=shipment.id,
        code=report.raw_code,
        reason=report.reason,
        placed_at=report.at,
        confirmed=not by_mail,
        source="mail" if by_mail else "authority",
    )
    found = known.recognise(report.raw_code, report.reason, record=report.record)
    session.add(hold)
    session.flush()
    _typed(hold, found)
    audit.record(
        session,
        "hold_placed",
        actor=SYSTEM if by_mail else AUTHORITY,
        shipment_id=shipment.id,
        hold_id=hold.id,
        code=hold.code,
        kind=hold.kind,
        known_by=found.by,
        by_mail=by_mail,
    )
    _freeze_if_restricted(session, hold)
    notices.count_early(session, entry, shipment)
    hold_alarms.alert(session, entry, shipment, hold, house=house)
    hold_staging.stage(session, hold)
    return hold


def suspect(
    session: Session, entry: Entry, shipment: Shipment, row: StatusReport, *, house: House
) -> bool:
    """An allowed and proved mail says that it is held: open the hold, unconfirmed.

    Not after a release: then the authority is asked, and decides.
    """
    if shipment.state not in _REDUCED:
        return False
    report = Reported(code="held", raw_code=row.raw_code, reason=row.reason, at=row.at,
                      record=row.record)  # fmt: skip
    released = select(StatusReport.id).where(
        StatusReport.entry_id == entry.id,
        StatusReport.code == "released",
        col(StatusReport.by_mail).is_(False),
        col(StatusReport.at) >= row.at,
    )
    if session.exec(released).first() is not None:
        return False
    states.fire(session, shipment, states.Held(reason=row.reason), actor=AUTHORITY)
    place(session, entry, shipment, report, house=house, by_mail=True)
    return True


def remove(session: Session, entry: Entry, shipment: Shipment, report: Reported) -> bool:
    """The authority removed a hold: the one of its family. False when none of it stands."""
    ended = dispositions.lifted_by(report.raw_code)
    every, theirs = of_entry(session, entry), agencies.codes_of(session, entry)
    standing = [one for one in every if one.code not in theirs]
    mine = [one for one in standing if one.code in ended and one.placed_at <= report.at]
    if not mine and not ended:
        # A filer that names no code of the tables lifts the only hold there is, or none.
        mine = standing if len(standing) == 1 else []
    if not mine:
        shipment.attention = (
            f"Customs lifted a hold ({report.raw_code}) that does not stand here. Please look at "
            "the entry at the authority."
        )
        session.add(shipment)
        return False
    for hold in mine:
        _end(session, hold, report)
    if len(mine) == len(every) and shipment.state is State.HELD:
        return states.fire(session, shipment, states.Lifted(), actor=AUTHORITY)
    return True


def lift(session: Session, entry: Entry, report: Reported) -> int:
    """Customs released: its own open holds of the entry end; gives how many."""
    theirs = agencies.codes_of(session, entry)
    standing = [one for one in of_entry(session, entry) if one.code not in theirs]
    for hold in standing:
        _end(session, hold, report)
    return len(standing)


def proceed(session: Session, entry: Entry, shipment: Shipment, report: Reported) -> None:
    """An agency lets the entry go: its own holds end, and nobody else's."""
    others = agencies.codes_of(session, entry, but=agencies.named(report.raw_code))
    own = agencies.codes_of(session, entry) - others
    standing = of_entry(session, entry)
    for hold in standing:
        if hold.code in own and hold.placed_at <= report.at:
            _end(session, hold, report)
    session.flush()
    thaw(session, entry, shipment)


def thaw(session: Session, entry: Entry, shipment: Shipment) -> None:
    """When nothing holds the entry any more it is accepted again; no release follows from it."""
    if shipment.state is State.HELD and not of_entry(session, entry):
        states.fire(session, shipment, states.Lifted(), actor=AUTHORITY)


def of_entry(session: Session, entry: Entry) -> list[Hold]:
    """The holds of an entry that stand now; what customs only asks is none (`queries`)."""
    wanted = select(Hold).where(
        Hold.entry_id == entry.id, col(Hold.lifted_at).is_(None), col(Hold.stops).is_(True)
    )
    return list(session.exec(wanted.order_by(col(Hold.id))))


def open_holds(session: Session, shipment_id: int) -> list[Hold]:
    """The holds of a shipment that stand now; what customs only asks is none (`queries`)."""
    return list(
        session.exec(
            select(Hold)
            .where(
                Hold.shipment_id == shipment_id,
                col(Hold.lifted_at).is_(None),
                col(Hold.stops).is_(True),
            )
            .order_by(col(Hold.id))
        )
    )


def frozen(session: Session, shipment_id: int) -> bool:
    """Whether a hold for restricted goods stops everything that would go out."""
    wanted = select(Hold.id).where(Hold.shipment_id == shipment_id, col(Hold.frozen).is_(True))
    return session.exec(wanted.limit(1)).first() is not None


def headline(hold: Hold) -> str:
    """The card's first line for a hold; of one for few eyes no more than that it stands."""
    taken = f" <@{hold.acknowledged_by}> has it." if hold.acknowledged_by else ""
    if playbook.play(hold.kind).few:
        return FEW + taken
    unsure = "" if hold.confirmed else " Only a mail says so."
    by = f" Answer by {hold.respond_by}." if hold.respond_by else ""
    title = known.TITLES.get(hold.kind, hold.kind)  # type: ignore[call-overload]
    return f"ON HOLD ({hold.code}, {title}): {hold.reason or 'no reason given'}.{by}{unsure}{taken}"


def standing(hold: Hold) -> str:
    """Where a hold is on its way, in a few words."""
    if hold.lifted_at is not None:
        return "frozen until both let go" if hold.frozen else "lifted"
    if hold.closed_at is not None:
        return "closed by the broker, not released yet"
    if hold.answered_at is not None:
        return "answered, waiting for customs"
    return "taken on" if hold.acknowledged_at else "nobody has it"


def retype(session: Session, hold: Hold, kind: known.Kind, *, actor: Actor, house: House) -> None:
    """A person says of which kind it is: who is concerned now hears of it."""
    before, hold.kind, hold.known_by = hold.kind, kind, "person"
    play = playbook.play(kind)
    hold.inner_by = now() + play.within
    hold.respond_by, hold.respond_because = None, f"please ask: {play.period}"
    session.add(hold)
    audit.record(
        session, "hold_retyped", actor=actor, shipment_id=hold.shipment_id, hold_id=hold.id,
        before=before, after=kind,
    )  # fmt: skip
    _freeze_if_restricted(session, hold)
    entry, shipment = session.get(Entry, hold.entry_id), session.get(Shipment, hold.shipment_id)
    assert entry is not None
    assert shipment is not None
    hold_alarms.alert(session, entry, shipment, hold, house=house)
    hold_staging.stage(session, hold)
    proposal.changed(session, shipment)


def _again(
    session: Session,
    shipment: Shipment,
    hold: Hold,
    report: Reported,
    *,
    by_mail: bool,
    house: House,
) -> Hold:
    audit.record(
        session, "hold_repeated", actor=SYSTEM if by_mail else AUTHORITY, shipment_id=shipment.id,
        hold_id=hold.id, code=report.raw_code, reason=report.reason[:300],
    )  # fmt: skip
    if by_mail:
        return hold
    newly = not hold.confirmed
    hold.confirmed, hold.code = True, report.raw_code
    if report.reason and report.reason != hold.reason:
        hold.reason = report.reason
        found = known.recognise(report.raw_code, report.reason, record=report.record)
        converted = found.kind not in ("unknown", hold.kind) and hold.known_by != "person"
        if converted:
            _typed(hold, found)
            _freeze_if_restricted(session, hold)
            entry = session.get(Entry, hold.entry_id)
            assert entry is not None
            hold_alarms.alert(session, entry, shipment, hold, house=house)
        hold_staging.stage(session, hold)
    if newly:
        outbox.add(
            session,
            TellThread(
                shipment_id=hold.shipment_id, note="hold_confirmed", once=f"hold-{hold.id}",
                facts={"code": hold.code},
            ),
        )  # fmt: skip
    session.add(hold)
    return hold


def _typed(hold: Hold, found: known.Recognised) -> None:
    hold.kind, hold.known_by, hold.exam = found.kind, found.by, found.exam
    hold.respond_by, hold.respond_because = playbook.due(found)
    hold.inner_by = now() + playbook.play(found.kind).within
    hold.case_number = hold.case_number or (found.cases[0] if found.cases else None)


def _freeze_if_restricted(session: Session, hold: Hold) -> None:
    if not playbook.play(hold.kind).few or hold.frozen:
        return
    hold.frozen = True
    session.add(hold)
    session.add(
        LegalHold(
            shipment_id=hold.shipment_id,
            reason=f"Hold {hold.code} for restricted goods: nothing may be deleted.",
            placed_by=SYSTEM.id,
        )
    )
    audit.record(
        session, "legal_hold_placed", actor=SYSTEM, shipment_id=hold.shipment_id,
        reason="hold for restricted goods", hold_id=hold.id,
    )  # fmt: skip


def _end(session: Session, hold: Hold, report: Reported) -> None:
    hold.lifted_at, hold.next_alarm_at = report.at, None
    session.add(hold)
    audit.record(
        session, "hold_lifted", actor=AUTHORITY, shipment_id=hold.shipment_id, hold_id=hold.id,
        code=report.raw_code, hours=_hours(hold.lifted_at - hold.placed_at),
    )  # fmt: skip


def _hours(span: timedelta) -> int:
    return int(span.total_seconds() // 3600)
