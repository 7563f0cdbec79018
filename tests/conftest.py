"""What all tests share: which real services are there, databases, and a whole small town.

A test that needs PostgreSQL, Redis, a browser, Dovecot or the Flexport sandbox is left out, and
counted aloud, where there is none; with TIDEWAITER_TEST_REQUIRE=postgres,redis,browser,dovecot,flexport
its absence is a failure instead.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

from storage.db import Database
from tests import databases
from tests.servers import flexport_npm
from tests.town import Town

# How long an example takes is bench/'s to say: a busy machine must not fail a property.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

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


BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[Database]:
    with ExitStack() as own:
        if kind == "sqlite":
            url = f"sqlite:///{folder / 'test.db'}"
            databases.sqlite_at(folder / "test.db")
        else:
            url = own.enter_context(databases.postgres())
        made = Database(url)
        own.callback(made.close)
        yield made


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database of each kind."""
    with _database(request.param, tmp_path) as made:
        yield made


@pytest.fixture(scope="module", params=BOTH)
def shared_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """One of each kind for all tests of a file: they only read what the file wrote once."""
    with _database(request.param, tmp_path_factory.mktemp("shared")) as made:
        yield made


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Database]:
    """A migrated SQLite, where the kind of database does not matter."""
    with _database("sqlite", tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def tariff_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Vectors of the demonstration's schedule, made once for all workers of this run."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "tariff-cache"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """The whole product in this process, over real HTTP and SMTP, on SQLite, without Redis."""
    made = Town(tmp_path)
    try:
        yield made
    finally:
        made.close()
