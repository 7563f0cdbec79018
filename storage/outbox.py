"""Side effects as rows: written with the decision, performed later, each once.

The database is the truth; a queue only carries ids. `take_due` marks rows as being handed to
a queue, `claim` gives one attempt to one worker for the length of a lease, and `finish` and
`fail` count only while that attempt is still the latest. Rows of one lane run in order; a dead
row holds up its own lane and no other. A destination that keeps failing rests for a while.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import and_, exists, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from storage.columns import now
from storage.db import NEW_OUTBOX
from storage.models import Destination, Outbox, OutboxStatus
from storage.values import Value

HANDED_OVER = timedelta(seconds=90)
"""How long a row that was put on a queue is left alone before it is put there again."""

TRIP_AFTER = 5
"""Transient failures in a row after which a destination rests."""


class Effect(Value):
    """A side effect that a decision asked for. Subclasses say what it is once of."""

    kind: ClassVar[str]
    queue: ClassVar[str] = "work"
    destination: ClassVar[str] = "self"
    max_attempts: ClassVar[int] = 12

    def key(self) -> str:
        """The same decision gives the same key; a key happens once."""
        raise NotImplementedError

    def lane(self) -> str:
        """Effects of one lane run in order."""
        return self.key()

    def about(self) -> int | None:
        """The shipment that it belongs to."""
        return getattr(self, "shipment_id", None)


class Claimed(Value):
    """One attempt at one effect, ours until the lease ends."""

    id: int
    key: str
    kind: str
    payload: dict[str, Any]
    attempt: int
    max_attempts: int
    destination: str
    lane: str
    shipment_id: int | None
    last_outcome: str | None


def add(session: Session, effect: Effect, *, run_at: datetime | None = None) -> int | None:
    """Record that an effect shall happen; None when its key is already recorded."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    moment = now()
    row = {
        "key": effect.key(),
        "kind": effect.kind,
        "queue": effect.queue,
        "lane": effect.lane(),
        "destination": effect.destination,
        "payload": effect.model_dump(mode="json"),
        "status": OutboxStatus.PENDING,
        "attempts": 0,
        "max_attempts": effect.max_attempts,
        "run_at": run_at or moment,
        "shipment_id": effect.about(),
        "created_at": moment,
    }
    statement = insert(Outbox).values(**row).on_conflict_do_nothing(index_elements=["key"])
    new = session.execute(statement.returning(col(Outbox.id))).scalar_one_or_none()
    if new is not None:
        session.info.setdefault(NEW_OUTBOX, []).append(new)
    return new


def waits(session: Session, lane: str) -> bool:
    """Whether an effect of this lane is still to begin."""
    found = session.exec(
        select(Outbox.id)
        .where(
            Outbox.lane == lane,
            Outbox.status == OutboxStatus.PENDING,
            or_(col(Outbox.lease_until).is_(None), col(Outbox.lease_until) < now()),
        )
        .limit(1)
    ).first()
    return found is not None


def defer(session: Session, lane: str, *, until: datetime) -> None:
    """What waits in this lane waits at least until then."""
    session.execute(
        update(Outbox)
        .where(
            col(Outbox.lane) == lane,
            col(Outbox.status) == OutboxStatus.PENDING,
            col(Outbox.run_at) < until,
        )
        .values(run_at=until)
    )


def hasten(session: Session, lane: str, *, queue: str) -> bool:
    """What waits in this lane for its first turn is due now, on this queue: somebody waits for it.

    False when nothing did.
    """
    waiting = (
        session.exec(
            update(Outbox)
            .where(
                col(Outbox.lane) == lane,
                col(Outbox.status) == OutboxStatus.PENDING,
                col(Outbox.attempts) == 0,
                col(Outbox.run_at) > now(),
            )
            .values(run_at=now(), queue=queue)
            .returning(col(Outbox.id))
        )
        .scalars()
        .all()
    )
    session.info.setdefault(NEW_OUTBOX, []).extend(waiting)
    return bool(waiting)


def take_due(
    session: Session, *, ids: Sequence[int] | None = None, limit: int = 200
) -> list[tuple[int, str]]:
    """Mark due rows as handed over and give (id, queue) of each."""
    moment = now()
    earlier = aliased(Outbox)
    resting = exists().where(
        col(Destination.name) == col(Outbox.destination), col(Destination.open_until) > moment
    )
    held_up = exists().where(
        col(earlier.lane) == col(Outbox.lane),
        col(earlier.id) < col(Outbox.id),
        col(earlier.status).in_([OutboxStatus.PENDING, OutboxStatus.DEAD]),
    )
    due = and_(
        col(Outbox.status) == OutboxStatus.PENDING,
        col(Outbox.run_at) <= moment,
        or_(col(Outbox.lease_until).is_(None), col(Outbox.lease_until) < moment),
        ~held_up,
        ~resting,
    )
    wanted = select(Outbox.id, Outbox.queue).where(due).order_by(col(Outbox.id)).limit(limit)
    if ids is not None:
        wanted = wanted.where(col(Outbox.id).in_(ids))
    taken: list[tuple[int, str]] = []
    for row_id, queue in session.exec(wanted).all():
        mark = (
            update(Outbox)
            .where(
                col(Outbox.id) == row_id,
                col(Outbox.status) == OutboxStatus.PENDING,
                col(Outbox.run_at) <= moment,
            )
            .values(run_at=moment + HANDED_OVER)
        )
        if row_id is not None and session.execute(mark).rowcount:  # type: ignore[attr-defined]
            taken.append((row_id, queue))
    return taken


def hand_back(session: Session, ids: Sequence[int]) -> None:
    """The queue could not take them: they are due again."""
    session.execute(
        update(Outbox)
        .where(col(Outbox.id).in_(ids), col(Outbox.status) == OutboxStatus.PENDING)
        .values(run_at=now())
    )


def claim(session: Session, row_id: int, *, lease: timedelta) -> Claimed | None:
    """Take one attempt, or None when the row is done, leased, or not yet its turn."""
    moment = now()
    earlier = aliased(Outbox)
    held_up = exists().where(
        col(earlier.lane) == col(Outbox.lane),
        col(earlier.id) < col(Outbox.id),
        col(earlier.status).in_([OutboxStatus.PENDING, OutboxStatus.DEAD]),
    )
    taken = session.execute(
        update(Outbox)
        .where(
            col(Outbox.id) == row_id,
            col(Outbox.status) == OutboxStatus.PENDING,
            or_(col(Outbox.lease_until).is_(None), col(Outbox.lease_until) < moment),
            ~held_up,
        )
        .values(attempts=Outbox.attempts + 1, lease_until=moment + lease)
        .execution_options(synchronize_session=False)
    )
    if not taken.rowcount:  # type: ignore[attr-defined]
        return None
    row = session.get(Outbox, row_id, populate_existing=True)
    assert row is not None
    assert row.id is not None
    return Claimed(
        id=row.id,
        key=row.key,
        kind=row.kind,
        payload=row.payload,
        attempt=row.attempts,
        max_attempts=row.max_attempts,
        destination=row.destination,
        lane=row.lane,
        shipment_id=row.shipment_id,
        last_outcome=row.last_outcome,
    )


def finish(session: Session, claimed: Claimed) -> bool:
    """Mark it done in the transaction that records its result.

    False when a later attempt has taken over: then the caller must record nothing.
    """
    done = session.execute(
        _still_ours(claimed).values(
            status=OutboxStatus.DONE, done_at=now(), lease_until=None, last_error=None
        )
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        return False
    _heal(session, claimed.destination)
    follower = session.exec(
        select(Outbox.id)
        .where(Outbox.lane == claimed.lane, Outbox.status == OutboxStatus.PENDING)
        .order_by(col(Outbox.id))
        .limit(1)
    ).first()
    if follower is not None:
        session.info.setdefault(NEW_OUTBOX, []).append(follower)
    return True


def fail(
    session: Session,
    claimed: Claimed,
    *,
    error: str,
    outcome: str,
    retry_at: datetime | None,
    give_up: OutboxStatus = OutboxStatus.DEAD,
) -> bool:
    """Note a failed attempt; without `retry_at` the row gives up, dead until a person decides."""
    values: dict[str, Any] = {
        "last_error": error[:1000],
        "last_outcome": outcome,
        "lease_until": None,
    }
    if retry_at is None:
        values["status"] = give_up
    else:
        values["run_at"] = retry_at
    return bool(session.execute(_still_ours(claimed).values(**values)).rowcount)  # type: ignore[attr-defined]


def postpone(session: Session, claimed: Claimed, *, reason: str, until: datetime) -> bool:
    """It may not be done yet: it waits, and the attempt does not count."""
    waits = _still_ours(claimed).values(
        attempts=Outbox.attempts - 1, last_error=reason[:1000], lease_until=None, run_at=until
    )
    return bool(session.execute(waits).rowcount)  # type: ignore[attr-defined]


def wake(session: Session, *, shipment_id: int, reason: str) -> int:
    """What waits for this reason may be tried now; gives how many."""
    rows = session.exec(
        select(Outbox.id).where(
            Outbox.shipment_id == shipment_id,
            Outbox.status == OutboxStatus.PENDING,
            col(Outbox.last_error).startswith(reason, autoescape=True),
        )
    ).all()
    ids = [row for row in rows if row is not None]
    session.execute(update(Outbox).where(col(Outbox.id).in_(ids)).values(run_at=now()))
    session.info.setdefault(NEW_OUTBOX, []).extend(ids)
    return len(ids)


def revive(session: Session, row_id: int) -> bool:
    """A person wants it tried again."""
    changed = session.execute(
        update(Outbox)
        .where(col(Outbox.id) == row_id, col(Outbox.status) == OutboxStatus.DEAD)
        .values(status=OutboxStatus.PENDING, attempts=0, run_at=now(), lease_until=None)
    )
    if changed.rowcount:  # type: ignore[attr-defined]
        session.info.setdefault(NEW_OUTBOX, []).append(row_id)
        return True
    return False


def drop(session: Session, row_id: int) -> bool:
    """A person decided that it shall not happen; what waits behind it may go on."""
    changed = session.execute(
        update(Outbox)
        .where(col(Outbox.id) == row_id, col(Outbox.status) == OutboxStatus.DEAD)
        .values(status=OutboxStatus.DROPPED, done_at=now(), lease_until=None)
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def trip(session: Session, destination: str, *, rest: timedelta) -> bool:
    """Count a transient failure; True when the destination has just been put to rest."""
    row = session.get(Destination, destination, with_for_update=True)
    if row is None:
        row = Destination(name=destination)
    row.failures += 1
    resting = row.failures >= TRIP_AFTER
    newly = resting and row.open_until is None
    if resting:
        row.open_until = now() + rest
    session.add(row)
    return newly


def _heal(session: Session, destination: str) -> None:
    row = session.get(Destination, destination)
    if row is not None and row.failures:
        row.failures, row.open_until = 0, None
        session.add(row)


def _still_ours(claimed: Claimed) -> Any:
    return update(Outbox).where(
        col(Outbox.id) == claimed.id,
        col(Outbox.status) == OutboxStatus.PENDING,
        col(Outbox.attempts) == claimed.attempt,
    )
