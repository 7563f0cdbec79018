"""The list from its publisher: a real HTTP server that pages, limits, breaks and refuses."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlmodel import col, select

from bot import people, screening_desk
from bot.compose import App
from bot.settings import Settings
from knowledge.parties import csl, csl_api
from knowledge.parties.csl import BadList
from knowledge.parties.csl_api import Api
from storage import migrate
from storage.models import AuditEvent
from storage.values import Role
from workflows.states import Refused

KEY = "k-123"


class Publisher(ThreadingHTTPServer):
    """Records by list, in pages; what goes wrong is set by the test."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.rows = {"EL": [_row("EL", n) for n in range(120)], "SDN": [_row("SDN", n) for n in range(30)]}
        self.faults: list[int] = []
        self.hidden = 0  # records that are counted and never given
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


def _row(source: str, number: int) -> dict[str, Any]:
    return {"id": f"{source}-{number}", "source": f"A List ({source}) - Somewhere", "entity_number": str(number),
            "type": "Entity", "programs": [], "name": f"Made Up Firm{number} {source}", "addresses": [],
            "alt_names": [], "ids": []}  # fmt: skip


class _Answers(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.server.faults:
            self._say(self.server.faults.pop(0), b"busy")
            return
        asked = {key: value[0] for key, value in parse_qs(urlsplit(self.path).query).items()}
        if self.headers.get("subscription-key") != KEY:
            self._say(401, b"who are you")
            return
        rows = self.server.rows.get(asked["sources"], [])
        start, size = int(asked["offset"]), int(asked["size"])
        total = len(rows) + (self.server.hidden if rows else 0)
        self._say(200, json.dumps({"total": total, "results": rows[start : start + size]}).encode())

    def _say(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher()
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join(5)


def api(publisher: Publisher, key: str = KEY) -> Api:
    return Api(url=f"{publisher.url}/v1/search", key=key, a_second=10_000)


def app(tmp_path: Path, **screening: Any) -> App:
    made = App(Settings(_env_file=None, data_dir=tmp_path / "data", screening=screening))
    migrate.upgrade(made.database)
    with made.database.transaction() as session:
        people.add(session, slack_user="U1", name="Priya", role=Role.COMPLIANCE, licence=None)
        people.add(session, slack_user="U2", name="Dana", role=Role.LICENSED_BROKER, licence="9")
    return made


def test_every_page_of_every_list_is_taken(publisher: Publisher) -> None:
    publisher.faults = [429, 503]
    entries = csl.read("api", csl_api.fetch_api(api(publisher)), official=True)
    assert len(entries) == 150
    assert sum("size=50" in one for one in publisher.asked) > 4


def test_a_wrong_key_and_a_number_that_does_not_add_up_change_nothing(publisher: Publisher) -> None:
    with pytest.raises(BadList, match="refuses the subscription key"):
        csl_api.fetch_api(api(publisher, "wrong"))
    publisher.hidden = 3
    with pytest.raises(BadList, match=r"counts \d+"):
        csl_api.fetch_api(api(publisher))


def test_an_api_that_stays_broken_is_given_up(publisher: Publisher) -> None:
    publisher.faults = [500] * 20
    with pytest.raises(BadList, match="HTTP 500"):
        csl_api.fetch_api(api(publisher))


def test_the_clock_fetches_what_is_configured_once_a_day_and_notes_it(
    tmp_path: Path, publisher: Publisher
) -> None:
    made = app(tmp_path, api_url=f"{publisher.url}/v1/search", api_key=KEY)
    screening_desk.refresh(made)
    assert made.screener.official
    asked = len(publisher.asked)
    screening_desk.refresh(made)
    assert len(publisher.asked) == asked
    with made.database.snapshot() as session:
        newest = session.exec(select(AuditEvent).order_by(col(AuditEvent.id).desc())).first()
        assert newest.action == "list_in_force"
    made.database.close()


def test_without_configuration_the_clock_asks_nobody(tmp_path: Path) -> None:
    made = app(tmp_path, url="http://127.0.0.1:9/never")
    screening_desk.refresh(made)
    assert not made.screening_store.exists()
    made.database.close()


def test_a_publisher_that_is_away_leaves_the_list_in_force(tmp_path: Path, publisher: Publisher) -> None:
    made = app(tmp_path, url="http://127.0.0.1:9/never")
    source = tmp_path / "csl.json"
    source.write_bytes(csl_api.fetch_api(api(publisher)))
    screening_desk.sync(made, source)
    with pytest.raises(BadList, match="could not be fetched"):
        screening_desk.sync(made, None)
    assert made.screener.problem is None
    made.database.close()


def test_only_compliance_accepts_a_smaller_list(tmp_path: Path, publisher: Publisher) -> None:
    made = app(tmp_path)
    source = tmp_path / "csl.json"
    source.write_bytes(csl_api.fetch_api(api(publisher)))
    screening_desk.sync(made, source)
    del publisher.rows["SDN"]
    source.write_bytes(csl_api.fetch_api(api(publisher)))
    with pytest.raises(BadList, match="nothing of SDN"):
        screening_desk.sync(made, source)
    for by in (None, "U2"):
        with pytest.raises(Refused, match="compliance officer"):
            screening_desk.sync(made, source, accept_smaller=True, by=by)
    assert "is in force" in screening_desk.sync(made, source, accept_smaller=True, by="U1")
    made.database.close()
