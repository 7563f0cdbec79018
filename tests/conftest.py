"""What all tests share: which real services are there, databases, and a whole small town.

A test that needs PostgreSQL, Redis, a browser, Dovecot or the Flexport sandbox is left out, and
counted aloud, where there is none; with TIDEWAITER_TEST_REQUIRE=postgres,redis,browser,dovecot,flexport
its absence is a failure instead.
"""

from __future__ import annotations

import os
import shutil
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from storage import migrate
from storage.db import Database
from tests.servers import flexport_npm
from tests.town import Town

POSTGRES = "postgresql+psycopg://root@127.0.0.1:5432/test"
_LEFT_OUT: dict[str, int] = {}


def _reachable(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _browser() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    there = {
        "postgres": _reachable(5432),
        "redis": _reachable(6379),
        "browser": _browser() is not None,
        "dovecot": shutil.which("dovecot") is not None,
        "flexport": flexport_npm.package() is not None,
    }
    required = {one for one in os.environ.get("TIDEWAITER_TEST_REQUIRE", "").split(",") if one}
    if missing := sorted(one for one in required if not there[one]):
        pytest.exit(f"required for these tests, but not there: {', '.join(missing)}", returncode=1)
    kept, gone = [], []
    for item in items:
        absent = [
            name for name, is_there in there.items() if not is_there and name in item.keywords
        ]
        for name in absent:
            _LEFT_OUT[name] = _LEFT_OUT.get(name, 0) + 1
        (gone if absent else kept).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=gone)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, count in _LEFT_OUT.items():
        terminalreporter.write_line(f"left out: {count} tests that need {name}, which is not here")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database of each kind."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'test.db'}")
        migrate.upgrade(made)
        yield made
        made.close()
        return
    schema = f"t_{uuid.uuid4().hex[:12]}"
    admin = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    made = Database(f"{POSTGRES}?options=-csearch_path%3D{schema}")
    try:
        migrate.upgrade(made)
        yield made
    finally:
        made.close()
        with admin.connect() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        admin.dispose()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """The whole product in this process, over real HTTP and SMTP, on SQLite, without Redis."""
    made = Town(tmp_path)
    try:
        yield made
    finally:
        made.close()
