"""A small town: the product's parts in one process, with a real workspace, authority and mail.

Jobs run when the test says so (`drain`), with the very functions that the workers run. Only the
sentence model is replaced, by the product's own word search: nothing here is about its quality.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import html
import itertools
import os
import re
import smtplib
import socket
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from sqlmodel import col, select

from bot import compose, jobs, screening_desk
from bot.compose import App
from bot.sandbox import demo, samples
from bot.sandbox.player import DANA, Player
from bot.sandbox.server import Sandbox
from bot.settings import Settings
from bot.web import server as web
from ingest import smtp
from ingest.reader import SafeReader
from knowledge.parties import DEMO_LIST
from knowledge.tariff import LineQuery, Lookup
from storage import migrate
from storage.columns import now
from storage.models import Outbox, OutboxStatus, Shipment
from storage.values import Candidate, Suggestion
from tests import databases


class WordDesk:
    """Candidates by words alone, in place of the sentence model."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self.schedule = lookup.schedule
        self.find = lookup.find

    def suggest(
        self, lines: Sequence[LineQuery], *, confirmed: Any = None, top: int = 3
    ) -> list[Suggestion]:
        history = {
            one.description.casefold(): one for many in (confirmed or {}).values() for one in many
        }
        return [self._one(line, history, top) for line in lines]

    def _one(self, line: LineQuery, history: dict[str, Any], top: int) -> Suggestion:
        before = history.get(line.description.casefold())
        codes = [before.code] if before else []
        found = [self._lookup.find(code) for code in codes] or self._lookup.search(
            line.description, top
        )
        return Suggestion(
            id=line.id,
            candidates=tuple(
                Candidate(
                    code=one.code,
                    digits=one.digits,
                    description=one.description,
                    confidence=0.97 if before else 0.4,
                    because="confirmed before" if before else "shares words",
                    units=one.units,
                    generalRate=one.general,
                    edition=one.edition,
                )
                for one in found
                if one is not None
            ),
            band="high" if before else "low",
            source="product" if before else "suggested",
            confirmedBy=before.by if before else None,
        )


class Thread:
    """A web application in a thread of its own."""

    def __init__(self, app: Any, port: int) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(
                app, host="127.0.0.1", port=port, log_level="error", timeout_graceful_shutdown=1
            )
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until = time.monotonic() + 10
        while not self._server.started and time.monotonic() < until:
            time.sleep(0.01)

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(5)


class Intake:
    """The intake server in a thread of its own."""

    def __init__(self, listener: smtp.Listener) -> None:
        self._loop = asyncio.new_event_loop()
        self._listener = listener
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._thread.start()
        self._ready.wait(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self.port = self._loop.run_until_complete(self._listener.start())
        self.ports = getattr(self._listener, "ports", (self.port,))
        self._ready.set()
        self._loop.run_forever()

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._listener.stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


_A_MOMENT = timedelta(seconds=0.2)  # the clock of a virtual machine may step back a little

# Below the ports that the system gives to outgoing connections, and a range for each worker:
# a port that the system picked may be taken again before its server is up.
# TIDEWAITER_TEST_LANE (0-7) keeps two runs on one machine apart.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_WORKER += 2 * int(os.environ.get("TIDEWAITER_TEST_LANE", "0"))
_PORTS = itertools.cycle(range(12000 + 1200 * (_WORKER % 16), 12000 + 1200 * (_WORKER % 16 + 1)))


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    for port in itertools.islice(_PORTS, 1200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise RuntimeError("no port is free")


@functools.cache
def _reader() -> SafeReader:
    """The reader's process, started once for all towns of a test process: it keeps nothing."""
    made = SafeReader()
    atexit.register(made.close)
    return made


def _due(row: Outbox) -> bool:
    """Whether the clock would put it into the queue now, or a moment later."""
    if row.kind == "slack.card" or row.run_at <= now() + _A_MOMENT:
        return True
    # A note that came up before its card: the card is up by the next round.
    return row.attempts == 1 and row.last_error == "The card is not posted yet."


class Town:
    """Everything, and hands to use it."""

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str | None = None,
        new_senders: str | None = None,
        mail: dict[str, Any] | None = None,
        more: dict[str, Any] | None = None,
        esign: dict[str, Any] | None = None,
        gateway: dict[str, Any] | None = None,
    ) -> None:
        ports = [free_port() for _ in range(4)]
        self._own = contextlib.ExitStack()
        if database_url is None and os.environ.get("TIDEWAITER_TEST_TOWNS") == "postgres":
            database_url = self._own.enter_context(databases.postgres())
        self.app = App(
            Settings(
                _env_file=None,
                data_dir=folder / "data",
                database_url=database_url,
                redis_url=f"redis://127.0.0.1:{free_port()}",  # nobody listens: Redis is down
                smtp={"port": ports[0], "new_senders": new_senders},
                mail=mail or {},
                web={"port": ports[1]},
                sandbox={"port": ports[2], "sink_port": ports[3]},
                esign={"poll_seconds": 0.0, **(esign or {})},
                gateway={"poll_seconds": 0.0, **(gateway or {})},
                **{"screening": {"list_file": DEMO_LIST} if gateway else {}, **(more or {})},
            )
        )
        compose.use(self.app)
        if database_url is None:
            databases.sqlite_at(folder / "data" / "tidewaiter.db")
        else:
            migrate.upgrade(self.app.database)
        self.app.reader._safe = _reader()
        self.app.reader._desk = WordDesk(self.app.lookup)
        quick = self.app.sandbox.model_copy(update={"accept_after": 0.0, "release_after": 0.0})
        self.sandbox = Sandbox(quick)
        self._parts: list[Any] = [
            Thread(self.sandbox.app, ports[2]),
            Thread(web.build(self.app), ports[1]),
            Intake(
                smtp.intake(
                    self.app.spool,
                    host="127.0.0.1",
                    port=ports[0],
                    recipients=self.app.settings.smtp.recipients,
                    max_bytes=self.app.settings.smtp.max_bytes,
                )
            ),
        ]
        demo.seed(self.app)
        self.hands = Player(
            self.app.settings.sandbox_url, smtp=("127.0.0.1", ports[0]), patience=10
        )
        self.port = ports[0]

    def close(self) -> None:
        for part in reversed(self._parts):
            part.close()
        self.hands.close()
        self.app.ports.gateway.close()
        self.app.ports.mailer.close()
        self.app.webhook.close()
        if self.app.tms is not None:
            self.app.tms.close()
        getattr(self.app.ports.signer, "close", bool)()
        getattr(self.app.ports.texter, "close", bool)()
        self.app.database.close()
        self._own.close()

    @property
    def address(self) -> str:
        return self.app.settings.smtp.recipients[0]

    def send(self, mail: EmailMessage) -> str:
        return self.hands.mail(mail)

    def send_raw(self, raw: bytes, *, sender: str = "amy@brightpath.example", to: str = "") -> None:
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as server:
            server.sendmail(sender, [to or self.address], raw)

    def story(self, name: str, *, run: str = "t") -> EmailMessage:
        mail = next(one for one in samples.STORY if one.name == name)
        return samples.build(mail, to=self.address, run=run)

    def receive(self) -> None:
        """Take in every mail that waits."""
        for name in self.app.spool.waiting():
            jobs.receive(name)

    def drain(self, *, rounds: int = 30) -> None:
        """Do all that is due, as the workers and the clock would; do not wait for the rest."""
        self.receive()
        for _ in range(rounds):
            screening_desk.rescreen(self.app)
            due = self.pending()
            if not due:
                return
            for row in due:
                jobs.perform(row)

    def pending(self, *, all_of_them: bool = False) -> list[int]:
        with self.app.database.snapshot() as session:
            wanted = select(Outbox).where(Outbox.status == OutboxStatus.PENDING)
            rows = session.exec(wanted.order_by(col(Outbox.id))).all()
            return [row.id or 0 for row in rows if all_of_them or _due(row)]

    def told(self, card: dict[str, Any], words: str) -> dict[str, Any]:
        """The newest message of a card's thread with these words.

        A note that came up before its card was posted is tried again a moment later.
        """

        def look() -> dict[str, Any] | None:
            self.drain()
            thread = reversed(self.hands.thread(card))
            return next((one for one in thread if words in one["text"]), None)

        found: dict[str, Any] = self.hands.wait(words, look)
        return found

    def poll(self) -> None:
        """Ask the authority now."""
        from workflows import polling

        with self.app.database.transaction() as session:
            polling.schedule(session, house=self.app.house)
        self.drain()

    def look_at_signatures(self) -> None:
        """Ask the signing service now."""
        from workflows import signing

        with self.app.database.transaction() as session:
            signing.poll(session, house=self.app.house)
        self.drain()

    def later(self, kind: str) -> None:
        """Let the time come for what waits for another day."""
        from storage.columns import now

        with self.app.database.transaction() as session:
            for row in session.exec(
                select(Outbox).where(Outbox.kind == kind, Outbox.status == OutboxStatus.PENDING)
            ):
                row.run_at = now()
                session.add(row)
        self.drain()

    def shipments(self) -> list[Shipment]:
        with self.app.database.snapshot() as session:
            return list(session.exec(select(Shipment).order_by(col(Shipment.id))))

    def rows(self, table: Any) -> list[Any]:
        with self.app.database.snapshot() as session:
            return list(session.exec(select(table).order_by(col(table.id))))

    def browser(self, user: str) -> httpx.Client:
        """A browser in which this person has signed in, over the workspace's own page."""
        made = httpx.Client(follow_redirects=True, trust_env=False, timeout=30)
        asked = made.get(f"{self.app.settings.public_url}/signin?to=/healthz")
        chosen = re.search(rf'href="([^"]*as={user})"', asked.text)
        assert chosen is not None, asked.text
        done = made.get(asked.url.join(html.unescape(chosen.group(1))))
        assert done.json() == {"ok": True}, done.text
        return made

    def open(self, link: str, user: str = DANA) -> httpx.Response:
        """What somebody of the desk sees behind a link."""
        with contextlib.closing(self.browser(user)) as browser:
            return browser.get(link)

    def whispers(self, user: str) -> list[str]:
        return self.hands.whispers(user)
