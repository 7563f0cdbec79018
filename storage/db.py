"""The one way to a database transaction, on SQLite and on PostgreSQL alike.

`transaction()` writes, `snapshot()` reads. A transaction is short and holds no network call.
After its commit the outbox rows that it wrote are handed to `nudge`, so that they run at once;
if that fails nothing is lost, because the clock sweeps the outbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, make_url
from sqlmodel import Session, create_engine

from storage import apart, audit

NEW_OUTBOX = "new_outbox_rows"
"""Where `outbox.add` leaves the ids that this transaction wrote."""

Nudge = Callable[[Sequence[int]], None]


class Database:
    """An engine and the manner of its transactions."""

    def __init__(self, url: str, *, nudge: Nudge | None = None) -> None:
        self.url = url
        self.engine = _engine(url)
        self.nudge = nudge

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commit at the end or change nothing."""
        with Session(self.engine, expire_on_commit=False) as session:
            apart.bind(session)
            with session.begin():
                yield session
                audit.seal(session)
            written: list[int] = session.info.get(NEW_OUTBOX, [])
        if written and self.nudge is not None:
            self.nudge(written)

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Read without taking the write lock; whatever is changed is thrown away."""
        with Session(self.engine, expire_on_commit=False) as session:
            apart.bind(session)
            session.connection(execution_options={"read_only": True})
            yield session
            # What was read stays readable after the session; a rollback would expire it.
            session.expunge_all()
            session.rollback()

    def close(self) -> None:
        self.engine.dispose()


def _engine(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        if address.database and address.database != ":memory:":
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    return create_engine(address, pool_pre_ping=True, pool_size=10, max_overflow=50)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN is too late and too weak: we say BEGIN ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL: a commit that we have told somebody about survives the loss of power.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once: a deferred transaction that reads first and
    # writes later fails at once instead of waiting when another process wrote in between.
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN DEFERRED" if read_only else "BEGIN IMMEDIATE")
