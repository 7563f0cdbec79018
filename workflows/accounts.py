"""Bank details that a sender named before, and what follows when they change.

A change is the usual mark of a fraud, and sometimes true: it is flagged on the shipment and told
in the thread until a person says that they called the firm. Nothing here pays anybody, and a
number is never shown whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, true
from sqlmodel import Session, col, select

from knowledge.domains import firm_of
from storage import audit, outbox
from storage.models import Document, Message, SenderAccount, Shipment, State
from storage.seal import KEYED, Seal
from storage.values import SYSTEM, Account, Actor, Flag, Role, Value
from workflows import proposal
from workflows.effects import TellThread
from workflows.review import Answer
from workflows.states import Refused

CHANGED = "account_changed"
_DECIDERS = frozenset({Role.LICENSED_BROKER, Role.ENTRY_WRITER})
_NAMES = {"iban": "IBAN", "account": "account", "routing": "routing number", "swift": "SWIFT code"}


class Named(Value):
    """One account, and the mail that it came with."""

    message_id: int
    sender: str
    account: Account


class Change(Value):
    """What a sender names now is not what it named before."""

    account_id: int
    sender: str
    kind: str
    before: str
    now: str

    @property
    def flag(self) -> Flag:
        return Flag(
            type=CHANGED,
            field=None,
            severity="review",
            message=(
                f"{self.sender} names other bank details than before ({self.kind} {self.before} "
                f"before, {self.now} now): call a number that you know before anybody pays."
            ),
        )


def take(session: Session, named: Sequence[Named], *, seal: Seal) -> list[Change]:
    """Remember what was named; gives everything that is not what the sender named before."""
    changes: list[Change] = []
    for firm in {firm_of(one.sender) for one in named}:
        _key(session, col(SenderAccount.sender) == firm, seal)
    for given in sorted(named, key=lambda each: each.message_id):
        one = given.model_copy(update={"account": seal.account(given.account)})
        firm = firm_of(one.sender)
        if not firm:
            continue
        known = session.exec(
            select(SenderAccount)
            .where(SenderAccount.sender == firm, SenderAccount.kind == one.account.kind)
            .order_by(col(SenderAccount.id))
        ).all()
        row = next((each for each in known if each.mark == one.account.mark), None)
        earlier = [each for each in known if each.confirmed and each.message_id != one.message_id]
        if row is None:
            row = _remember(session, one, firm, confirmed=not earlier)
        if not row.confirmed and earlier:
            assert row.id is not None
            changes.append(
                Change(
                    account_id=row.id,
                    sender=firm,
                    kind=_NAMES[row.kind],
                    before=_shown(earlier[-1]),
                    now=_shown(row),
                )
            )
    return list(dict.fromkeys(changes))


def key_older(session: Session, seal: Seal, *, after: int, at_once: int = 500) -> int | None:
    """Key what an older version stored with a plain mark, some documents at a time.

    Gives the document to go on after; None when nothing is left. It may run beside the work.
    """
    if after == 0:
        _key(session, true(), seal)
    rows = session.exec(
        select(Document).where(col(Document.id) > after).order_by(col(Document.id)).limit(at_once)
    ).all()
    for row in rows:
        if row.reading is not None and (keyed := seal.reading(row.reading)) != row.reading:
            row.reading = keyed
            session.add(row)
    return rows[-1].id if len(rows) == at_once else None


def _key(session: Session, which: ColumnElement[bool], seal: Seal) -> None:
    plain = session.exec(
        select(SenderAccount)
        .where(which, col(SenderAccount.mark).not_like(f"{KEYED}%"))
        .order_by(col(SenderAccount.id))
    ).all()
    for row in plain:
        mark = seal.mark(row.mark)
        twin = session.exec(
            select(SenderAccount).where(
                SenderAccount.sender == row.sender, SenderAccount.mark == mark
            )
        ).first()
        if twin is None:
            row.mark = mark
            session.add(row)
            continue
        # A process of the version before wrote it once more: one row, right if one of them was.
        twin.confirmed = twin.confirmed or row.confirmed
        twin.confirmed_by = twin.confirmed_by or row.confirmed_by
        session.add(twin)
        session.delete(row)
    session.flush()


def tell(session: Session, shipment_id: int, changes: Sequence[Change]) -> None:
    """Tell the thread, once each; a shipment that became part of another tells nothing."""
    shipment = session.get(Shipment, shipment_id)
    if shipment is None or shipment.state is State.CANCELLED:
        return
    for change in changes:
        facts = change.model_dump(exclude={"account_id"})
        told = outbox.add(
            session,
            TellThread(
                shipment_id=shipment_id,
                note=CHANGED,
                once=f"account-{change.account_id}",
                facts=facts,
                broadcast=True,
                mention=shipment.assignee,
                account_id=change.account_id,
            ),
        )
        if told is not None:
            audit.record(session, CHANGED, actor=SYSTEM, shipment_id=shipment_id, **facts)


def confirm(session: Session, *, account_id: int, actor: Actor) -> Answer:
    """A person says that a change is right."""
    if actor.role not in _DECIDERS:
        raise Refused("Only a licensed broker or an entry writer can say so. Nothing was changed.")
    row = session.get(SenderAccount, account_id, with_for_update=True)
    if row is None:
        raise Refused("These bank details are no longer there.")
    if row.confirmed:
        raise Refused("Somebody has said so already.")
    row.confirmed, row.confirmed_by = True, actor.id
    session.add(row)
    message = session.get(Message, row.message_id)
    shipment = (
        session.get(Shipment, message.shipment_id, with_for_update=True)
        if message is not None and message.shipment_id
        else None
    )
    if shipment is not None:
        ended = f"{_shown(row)} now"
        shipment.flags = [
            flag for flag in shipment.flags if flag.type != CHANGED or ended not in flag.message
        ]
        session.add(shipment)
        proposal.changed(session, shipment)
    audit.record(
        session,
        "account_confirmed",
        actor=actor,
        shipment_id=shipment.id if shipment else None,
        sender=row.sender,
        kind=row.kind,
        last_four=row.last_four,
    )
    return Answer(
        text=f"The {_NAMES[row.kind]} {_shown(row)} of {row.sender} counts as right from now on.",
        changed=True,
    )


def _remember(session: Session, one: Named, firm: str, *, confirmed: bool) -> SenderAccount:
    row = SenderAccount(
        sender=firm,
        kind=one.account.kind,
        mark=one.account.mark,
        last_four=one.account.lastFour,
        message_id=one.message_id,
        confirmed=confirmed,
    )
    session.add(row)
    session.flush()
    return row


def _shown(row: SenderAccount) -> str:
    return f"…{row.last_four}"
