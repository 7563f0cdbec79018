"""New databases for tests: migrated once in a process, copied for each test.

Migrations are tested for themselves (`test_storage_both.py`, `test_storage_trust.py`).
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine, text

from storage import migrate
from storage.db import Database

POSTGRES = "postgresql+psycopg://root@127.0.0.1:5432/test"


def sqlite_at(path: Path) -> None:
    """A migrated SQLite file where none is."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_sqlite_template(), path)


@cache
def _sqlite_template() -> Path:
    folder = tempfile.mkdtemp(prefix="tidewaiter-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Database(f"sqlite:///{folder}/template.db")
    migrate.upgrade(made)
    made.close()  # what waits in the write-ahead log comes into the file
    return Path(folder) / "template.db"


@contextmanager
def postgres() -> Iterator[str]:
    """The address of a migrated PostgreSQL database of its own."""
    template = _postgres_template()
    name = f"t_{uuid.uuid4().hex[:12]}"
    _admin(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield _url(name)
    finally:
        _admin(f"DROP DATABASE {name} WITH (FORCE)")


@cache
def _postgres_template() -> str:
    name = f"template_{os.getpid()}_{uuid.uuid4().hex[:6]}"
    _admin(f"CREATE DATABASE {name}")
    atexit.register(_admin, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    made = Database(_url(name))
    migrate.upgrade(made)
    made.close()
    return name


def _url(name: str) -> str:
    return POSTGRES.rsplit("/", 1)[0] + f"/{name}"


def _admin(statement: str) -> None:
    engine = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
