"""The only two names that the queue sees: take in a mail, perform an effect.

Retrying lives here and nowhere else. Whatever goes wrong is stored with the row and shown:
nothing fails silently.
"""

from __future__ import annotations

import random
from datetime import timedelta

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session

from bot.compose import App, current
from bot.logs import logger
from bot.relay import LEASE, MODELS, WORK
from ingest import pipeline
from storage import outbox
from storage.columns import now
from storage.models import Outbox, OutboxStatus
from storage.outbox import Claimed
from workflows.effects import (
    PollExport,
    PollStatus,
    SubmitEntry,
    SubmitExport,
    TellOps,
)
from workflows.handlers import Record
from workflows.ports import OnHold, Permanent, Transient
from workflows.sign_effects import CheckEnvelope

MOST_WAIT = 600.0
MAIL_ATTEMPTS = 5
HOLD_PAUSE = timedelta(seconds=60)
REST = timedelta(seconds=30)
_MOST_WAIT_OF = {SubmitEntry.kind: 60.0, SubmitExport.kind: 60.0}
"""A filing goes out within a minute of the authority's return, however long it was away."""
_RECORD_ATTEMPTS = 5
_QUIET = frozenset({PollStatus.kind, PollExport.kind, CheckEnvelope.kind, TellOps.kind})
"""Kinds that nobody is told about: the next poll follows by itself, and telling the operations
channel that the operations channel cannot be told would never end."""


def receive(name: str) -> None:
    """Take in a spooled mail. The spool file stays until its transaction is committed."""
    app = current()
    try:
        pipeline.receive(
            name,
            spool=app.spool,
            blobs=app.blobs,
            transaction=app.database.transaction,
            recipients=app.settings.smtp.recipients,
            door=app.door,
            house=app.house,
        )
    except FileNotFoundError:
        return  # another worker was faster
    except Exception as exc:
        attempts = app.spool.attempt(name)
        logger().exception("mail_failed", spool=name, attempts=attempts)
        if attempts < MAIL_ATTEMPTS:
            raise
        with app.database.transaction() as session:
            facts: dict[str, str | int | list[str] | None] = {
                "spool": name,
                "error": str(exc)[:300],
            }
            outbox.add(session, TellOps(note="mail_poisoned", once=name, facts=facts))
        app.spool.bad(name, str(exc)[:300])


def perform(outbox_id: int) -> None:
    """Perform one effect, if it is still to be done and nobody else is at it."""
    app = current()
    with app.database.transaction() as session:
        claimed = outbox.claim(session, outbox_id, lease=_lease(session, outbox_id))
    if claimed is None:
        return
    log = logger().bind(outbox_id=claimed.id, kind=claimed.kind, attempt=claimed.attempt)
    try:
        record = app.handlers[claimed.kind](app.ports, claimed)
        _finish(app, claimed, record)
    except OnHold as exc:
        log.info("effect_on_hold", reason=str(exc))
        with app.database.transaction() as session:
            outbox.postpone(session, claimed, reason=str(exc), until=now() + HOLD_PAUSE)
    except Transient as exc:
        log.warning("effect_delayed", error=str(exc), outcome=exc.outcome)
        _again(app, claimed, str(exc), outcome=exc.outcome, wait=exc.retry_after)
    except Permanent as exc:
        log.warning("effect_refused", error=str(exc))
        # An earlier attempt may have got through: a refusal now does not undo that.
        outcome = exc.outcome or claimed.last_outcome or "not_done"
        _give_up(app, claimed, str(exc), outcome=outcome)
    except Exception as exc:
        # Our own fault, or the database is away: keep the row, with what happened.
        log.exception("effect_failed")
        _again(app, claimed, f"{type(exc).__name__}: {exc}", outcome="unknown", wait=None)
    else:
        log.info("effect_done", key=claimed.key)


def _lease(session: Session, outbox_id: int) -> timedelta:
    row = session.get(Outbox, outbox_id)
    slow = row is not None and row.queue == MODELS
    return LEASE[MODELS] if slow else LEASE[WORK]


def _finish(app: App, claimed: Claimed, record: Record) -> None:
    """Record the result and mark the row as done, together. The port is not called again."""
    for attempt in range(_RECORD_ATTEMPTS):
        try:
            with app.database.transaction() as session:
                if outbox.finish(session, claimed):
                    record(session)
        except (StaleDataError, OperationalError):
            if attempt == _RECORD_ATTEMPTS - 1:
                raise
        else:
            return


def _again(app: App, claimed: Claimed, error: str, *, outcome: str, wait: float | None) -> None:
    if claimed.attempt >= claimed.max_attempts:
        _give_up(app, claimed, error, outcome=outcome)
        return
    most = _MOST_WAIT_OF.get(claimed.kind, MOST_WAIT)
    backoff = min(2.0 ** min(claimed.attempt, 20), most) * random.uniform(0.5, 1.0)  # noqa: S311
    retry_at = now() + timedelta(seconds=backoff if wait is None else wait)
    with app.database.transaction() as session:
        outbox.fail(session, claimed, error=error, outcome=outcome, retry_at=retry_at)
        if wait is None and outbox.trip(session, claimed.destination, rest=REST):
            _tell(
                session,
                "destination_resting",
                f"{claimed.destination}-{now():%Y%m%d%H}",
                {"destination": claimed.destination, "error": error[:300]},
            )


def _give_up(app: App, claimed: Claimed, error: str, *, outcome: str) -> None:
    quiet = claimed.kind in _QUIET
    with app.database.transaction() as session:
        counted = outbox.fail(
            session,
            claimed,
            error=error,
            outcome=outcome,
            retry_at=None,
            give_up=OutboxStatus.DROPPED if quiet else OutboxStatus.DEAD,
        )
        if counted and not quiet:
            _tell(
                session,
                "effect_dead",
                f"{claimed.key}-{claimed.attempt}-{now():%Y%m%d%H%M%S}",
                {
                    "kind": claimed.kind,
                    "key": claimed.key,
                    "attempts": claimed.attempt,
                    "error": error[:300],
                    "unknown": int(outcome == "unknown"),
                },
                outbox_id=claimed.id,
            )


def _tell(
    session: Session,
    note: str,
    once: str,
    facts: dict[str, str | int | list[str] | None],
    *,
    outbox_id: int | None = None,
) -> None:
    outbox.add(session, TellOps(note=note, once=once, facts=facts, outbox_id=outbox_id))
