"""Bring a database to the schema of this version, and tell whether it is there.

Two processes may start at once: PostgreSQL's advisory lock and SQLite's write lock let one
of them migrate while the other waits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

import storage.models  # noqa: F401 - registers the tables
from storage import search
from storage.db import Database

_LOCK = 7_446_002


def upgrade(database: Database) -> None:
    """Apply what is missing; nothing when the schema is current."""
    with database.engine.connect() as connection:
        # A changed CHECK makes SQLite build its table anew, and dropping the old one would
        # delete what refers to it. The switch works only outside a transaction.
        _refer(connection, on=False)
        try:
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                command.upgrade(_config(connection), "head")
                if connection.dialect.name == "sqlite":
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                    assert broken is None, broken
        finally:
            _refer(connection, on=True)


def pending(database: Database) -> str | None:
    """A sentence when the schema is older or newer than this version, else None."""
    head = ScriptDirectory.from_config(_config(None)).get_current_head()
    with database.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == head:
        return None
    return f"The database is at migration {current}, this version needs {head}: run tidewaiter up."


def drift(database: Database) -> list[Any]:
    """Differences between the migrated schema and the models: must be empty."""
    with database.engine.connect() as connection:
        options = {"compare_type": False, "include_name": ours}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, SQLModel.metadata))


def revise(database: Database, message: str) -> None:
    """Write a new migration from the difference to the models (for developers)."""
    with database.engine.begin() as connection:
        command.revision(_config(connection), message=message, autogenerate=True)


def ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Not the tables of the full-text search, which each database makes in its own way."""
    return not (kind == "table" and name is not None and name.startswith(search.TABLE))


def _refer(connection: Connection, *, on: bool) -> None:
    """Switch SQLite's check of references; the driver's own connection begins no transaction."""
    driver = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite" and driver is not None:
        driver.cursor().execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    return config
