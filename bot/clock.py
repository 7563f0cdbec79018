"""The clock: sweeps what nobody else picked up. One of them runs, however many are started.

Its rounds are: hand due effects to the queues, hand spooled mails over, ask for due polls,
clear away what is long done. A round that fails is logged and the next one comes.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import delete, text
from sqlmodel import col

from bot import archive_watch, drop, screening_desk, tariff_sync
from bot.compose import App
from bot.logs import logger
from storage.columns import now
from storage.models import Outbox, OutboxStatus, SeenEvent
from workflows import (
    accounts,
    demurrage,
    digest,
    hold_alarms,
    home,
    outage,
    polling,
    sign_hints,
    signing,
    status_files,
)
from workflows.booked import pulling
from workflows.effects import PollExport, PollStatus, ReadStrays
from workflows.exports import sending
from workflows.sign_effects import CheckEnvelope

TICK = 0.5
MAIL_PATIENCE = 90.0  # seconds until a spooled mail is handed over again
_LOCK = 7_446_004


class Clock:
    """The rounds, and when each was last made."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._handed: dict[str, float] = {}
        self._made: dict[str, float] = {}
        self._fetching: threading.Thread | None = None
        self._checking: threading.Thread | None = None
        self._unkeyed_after: int | None = 0

    def run(self, stop: threading.Event) -> None:
        """Tick until told to stop."""
        with _only_one(self._app):
            logger().info("clock_started")
            while not stop.is_set():
                self._every(TICK, self._effects)
                self._every(2.0, self._mails)
                self._every(1.0, self._polls)
                self._every(1.0, self._key_older)
                self._every(60.0, self._digests)
                self._every(2.0, self._bookings)
                self._every(5.0, self._drops)
                self._every(1.0, self._signatures)
                self._every(3600.0, self._powers)
                self._every(5.0, self._outages)
                self._every(5.0, self._holds)
                self._every(600.0, self._free_time)
                self._every(3600.0, self._tidy)
                self._every(5.0, self._screenings)
                self._every(300.0, self._denied_parties)
                self._every(600.0, self._tariff)
                self._every(3600.0, self._archive)
                self._every(3600.0, self._archive_ends)
                stop.wait(TICK)

    def _every(self, seconds: float, what: Callable[[], None]) -> None:
        name = what.__name__
        if time.monotonic() - self._made.get(name, float("-inf")) < seconds:
            return
        self._made[name] = time.monotonic()
        try:
            what()
        except Exception:
            logger().exception("clock_round_failed", round=name)

    def _effects(self) -> None:
        self._app.relay.effects(self._app.database)

    def _mails(self) -> None:
        waiting = self._app.spool.waiting()
        self._handed = {name: at for name, at in self._handed.items() if name in set(waiting)}
        for name in waiting:
            late = time.monotonic() - self._handed.get(name, float("-inf")) > MAIL_PATIENCE
            if late and self._app.relay.mail(name):
                self._handed[name] = time.monotonic()

    def _polls(self) -> None:
        with self._app.database.transaction() as session:
            polling.schedule(session, house=self._app.house)
            status_files.schedule(session, gateway=self._app.house.gateway)
            sending.schedule_polls(session, house=self._app.house)

    def _outages(self) -> None:
        with self._app.database.transaction() as session:
            outage.watch(session, house=self._app.house)

    def _holds(self) -> None:
        """Holds that nobody has, or whose time runs out."""
        with self._app.database.transaction() as session:
            hold_alarms.watch(session, house=self._app.house)

    def _archive(self) -> None:
        """Read the whole archive when it is time, beside the other rounds: it takes a while."""
        if self._checking is None or not self._checking.is_alive():
            self._checking = threading.Thread(
                target=self._check_archive, name="archive-check", daemon=True
            )
            self._checking.start()

    def _check_archive(self) -> None:
        try:
            archive_watch.check(self._app)
        except Exception:
            logger().exception("archive_check_failed")

    def _archive_ends(self) -> None:
        archive_watch.tell_due(self._app)

    def _free_time(self) -> None:
        with self._app.database.transaction() as session:
            demurrage.watch(session, house=self._app.house)

    def _screenings(self) -> None:
        """A few open shipments against the list in force, each in a transaction of its own."""
        screening_desk.rescreen(self._app)

    def _denied_parties(self) -> None:
        """Fetch the list when it is time, beside the other rounds: it takes a while."""
        if self._fetching is None or not self._fetching.is_alive():
            self._fetching = threading.Thread(
                target=screening_desk.refresh, args=(self._app,), name="denied-parties", daemon=True
            )
            self._fetching.start()

    def _key_older(self) -> None:
        """Once after each start: what an older version stored of bank details is keyed."""
        if self._unkeyed_after is not None:
            with self._app.database.transaction() as session:
                self._unkeyed_after = accounts.key_older(
                    session, self._app.seal, after=self._unkeyed_after
                )

    def _digests(self) -> None:
        with self._app.database.transaction() as session:
            digest.schedule(session, hour=self._app.settings.mail.digest_hour, at=now())
            home.schedule(session, at=now())

    def _bookings(self) -> None:
        with self._app.database.transaction() as session:
            pulling.schedule(session, house=self._app.house)

    def _drops(self) -> None:
        drop.sweep(self._app)

    def _tariff(self) -> None:
        tariff_sync.schedule(self._app)

    def _signatures(self) -> None:
        with self._app.database.transaction() as session:
            signing.poll(session, house=self._app.house)

    def _powers(self) -> None:
        with self._app.database.transaction() as session:
            sign_hints.look_at_all(session, house=self._app.house)

    def _tidy(self) -> None:
        old = now() - timedelta(days=1)
        with self._app.database.transaction() as session:
            session.execute(
                delete(Outbox).where(
                    col(Outbox.kind).in_(
                        [PollStatus.kind, PollExport.kind, CheckEnvelope.kind, ReadStrays.kind]
                    ),
                    col(Outbox.status).in_([OutboxStatus.DONE, OutboxStatus.DROPPED]),
                    col(Outbox.created_at) < old,
                )
            )
            session.execute(delete(SeenEvent).where(col(SeenEvent.seen_at) < old))


@contextmanager
def _only_one(app: App) -> Iterator[None]:
    """Wait until no other clock runs on this database."""
    if app.database.engine.dialect.name == "postgresql":
        # A session lock on a connection of its own: it ends with the process, however it ends.
        with app.database.engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            connection.commit()
            yield
        return
    app.settings.data.mkdir(parents=True, exist_ok=True)
    with (app.settings.data / "clock.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
