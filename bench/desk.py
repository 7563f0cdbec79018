"""Fifty brokers on twenty cards for a minute: how fast clicks are acknowledged, and that none is lost.

    python -m bench.desk [SECONDS] [BROKERS] [CARDS] [LINES]

The sandbox's workspace, the web process (signed HTTP), Redis, the clock, `face` and one `worker` run in
processes of their own, on SQLite. Each broker picks one of the five lines that their card shows, waits a second or two as
a person does, and picks again; several are on each card, so they meet on lines. Counted: the time to the
acknowledgement (Slack waits 3 s), one decision and one audit row for each line that was decided, an answer
to every click, and the time between two chat.update calls for one card (Slack: about one in three
seconds). Exit status 1 when a click got no answer, a line two decisions, or a card its updates too fast.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from slack_sdk.signature import SignatureVerifier
from sqlmodel import Session, col, func, select

from bot import compose, logs, people, processes
from bot.compose import App
from bot.sandbox.config import SandboxUser
from bot.sandbox.server import Sandbox
from bot.settings import Settings
from bot.slack.cards import card as draw
from bot.slack.payloads import Payload
from bot.web import server as web
from storage import migrate
from storage.models import (
    AuditEvent,
    Classification,
    LineItem,
    LineState,
    Outbox,
    OutboxStatus,
    Shipment,
    State,
)
from storage.values import Candidate, Role
from tests.town import Thread, free_port
from workflows import proposal
from workflows.card import card

PAUSE = 3.0  #: between two updates of a card
THINK = (1.0, 3.0)  #: seconds between two clicks of one broker
CODES = ("8504409510", "8471300100", "9405216010")


def settings(folder: str, ports: tuple[int, int, int, int]) -> Settings:
    return Settings(
        _env_file=None, data_dir=Path(folder),
        web={"port": ports[0]}, sandbox={"port": ports[1], "sink_port": ports[2]},
    )  # fmt: skip


def brokers(count: int) -> tuple[SandboxUser, ...]:
    return tuple(
        SandboxUser(id=f"U9{n:03}", name=f"Broker {n}", email=f"b{n}@x.test", role="licensed_broker") for n in range(count)
    )


def slack(folder: str, ports: tuple[int, int, int, int], count: int) -> None:
    """The workspace; it writes down what it was asked to do."""
    app = App(settings(folder, ports))
    sandbox = Sandbox(app.sandbox.model_copy(update={"users": brokers(count)}))
    kept = (Path(folder) / "calls.jsonl").open("a")
    for name in ("chat.update", "chat.postEphemeral", "chat.postMessage"):
        plain = sandbox.api._methods[name]

        def logged(facts: dict[str, Any], *, name: str = name, plain: Any = plain) -> dict[str, Any]:
            kept.write(json.dumps([time.time(), name, facts.get("ts"), facts.get("user")]) + "\n")
            kept.flush()
            return plain(facts)

        sandbox.api._methods[name] = logged
    sandbox.workspace._save = lambda: None  # its disk is not what is measured
    Thread(sandbox.app, ports[1])
    threading.Event().wait()


def desk(folder: str, ports: tuple[int, int, int, int]) -> None:
    """The web process."""
    app = App(settings(folder, ports))
    compose.use(app)
    app.lookup.search("goods", 1)  # as the process does before it listens
    Thread(web.build(app), ports[0])
    threading.Event().wait()


def process(name: str, folder: str, ports: tuple[int, int, int, int]) -> None:
    """One of the product's own processes: redis, clock, face or worker."""
    logs.configure("WARNING", process=name)
    app = App(settings(folder, ports))
    compose.use(app)
    getattr(processes, name)(app)


def prepare(app: App, *, count: int, cards: int, lines: int, first: int = 1) -> dict[int, list[int]]:
    """The people, the shipments, and the ids of their lines."""
    made: dict[int, list[int]] = {}
    with app.database.transaction() as session:
        for one in brokers(count):
            people.add(session, slack_user=one.id, name=one.name, role=Role.LICENSED_BROKER, licence="1")
        for card in range(cards):
            shipment = Shipment(ref=f"SHP-2026-{card + first:06}", state=State.IN_REVIEW)
            session.add(shipment)
            session.flush()
            rows = [
                LineItem(shipment_id=shipment.id, number=n + 1, state=LineState.OPEN, description=f"Charger type {n}")
                for n in range(lines)
            ]  # fmt: skip
            session.add_all(rows)
            session.flush()
            offered = [
                Candidate(code=app.lookup.find(code).code, digits=10, description="d", confidence=0.5, because="b", edition="e")
                for code in CODES
                if app.lookup.find(code)
            ]  # fmt: skip
            session.add_all(Classification(line_id=row.id, line_rev=1, candidates=offered) for row in rows)
            proposal.changed(session, shipment)
            assert shipment.id is not None
            made[shipment.id] = [row.id or 0 for row in rows]
    return made


class Broker(threading.Thread):
    """One person."""

    def __init__(self, user: str, line_ids: list[int], *, url: str, secret: str, code: str, until: float) -> None:
        super().__init__()
        self.user, self.code, self.until = user, code, until
        self.open, self.url = list(line_ids), url
        self.signer = SignatureVerifier(secret)
        self.acks: list[float] = []
        self.lost = 0

    def run(self) -> None:
        chance = random.Random(self.user)
        with httpx.Client(timeout=3.0, trust_env=False) as client:
            time.sleep(chance.uniform(0, THINK[1]))
            while time.time() < self.until and self.open:
                line = chance.choice(self.open[:5])
                self.open.remove(line)
                self.click(client, line)
                time.sleep(chance.uniform(*THINK))

    def click(self, client: httpx.Client, line: int) -> None:
        value = Payload(l=line, r=1, c=self.code).written()
        body = urlencode({"payload": json.dumps({
            "type": "block_actions", "user": {"id": self.user}, "team": {"id": "T00SANDBOX"}, "token": "x",
            "container": {"type": "message", "message_ts": "1.0", "channel_id": "C01REVIEW"},
            "channel": {"id": "C01REVIEW"}, "message": {"ts": "1.0"}, "trigger_id": "1.a", "api_app_id": "A1",
            "actions": [{"type": "button", "action_id": "line_pick_0", "block_id": "b", "value": value}],
        })})  # fmt: skip
        stamp = str(int(time.time()))
        head = {
            "Content-Type": "application/x-www-form-urlencoded", "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": self.signer.generate_signature(timestamp=stamp, body=body) or "",
        }  # fmt: skip
        begun = time.perf_counter()
        try:
            answer = client.post(self.url, content=body, headers=head)
            self.lost += answer.status_code != 200
        except httpx.HTTPError:
            self.lost += 1
        self.acks.append(time.perf_counter() - begun)


def main(seconds: float, count: int, cards: int, lines: int) -> int:
    with tempfile.TemporaryDirectory(prefix="bench-desk-") as folder:
        ports = (free_port(), free_port(), free_port(), free_port())
        app = App(settings(folder, ports))
        compose.use(app)
        migrate.upgrade(app.database)
        made = prepare(app, count=count, cards=cards, lines=lines)
        context = multiprocessing.get_context("spawn")
        parts = [
            context.Process(target=slack, args=(folder, ports, count), daemon=True),
            context.Process(target=desk, args=(folder, ports), daemon=True),
            *(
                context.Process(target=process, args=(name, folder, ports))
                for name in ("redis_server", "clock", "face", "worker")
            ),
        ]
        for part in parts:
            part.start()
        url = f"http://127.0.0.1:{ports[0]}"
        _up(url)
        _up(f"http://127.0.0.1:{ports[1]}")
        code = app.lookup.find(CODES[0])
        assert code is not None
        until = time.time() + seconds
        ids = list(made)
        people_ = [
            Broker(
                one.id, made[ids[n % cards]], url=f"{url}/slack/events", secret=app.signing_secret or "",
                code=code.code.replace(".", ""), until=until,
            )
            for n, one in enumerate(brokers(count))
        ]  # fmt: skip
        for one in people_:
            one.start()
        for one in people_:
            one.join()
        clicks = sum(len(one.acks) for one in people_)
        _settled(app, Path(folder), clicks)
        for part in parts:
            part.kill()  # the worker would finish what waits
        return _told(app, Path(folder), people_, clicks)


def _up(url: str) -> None:
    for _ in range(300):
        try:
            if httpx.get(f"{url}/healthz", trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise SystemExit(f"{url} did not come up")


def _calls(folder: Path) -> list[list[Any]]:
    return [json.loads(one) for one in (folder / "calls.jsonl").read_text().splitlines()]


def _settled(app: App, folder: Path, clicks: int) -> None:
    """Until every click was answered and nothing waits, at most a minute."""
    end = time.time() + 60
    while time.time() < end:
        answered = sum(one[1] == "chat.postEphemeral" for one in _calls(folder))
        with app.database.snapshot() as session:
            waiting = session.exec(select(func.count()).where(Outbox.status == OutboxStatus.PENDING)).one()
        if answered >= clicks and not waiting:
            return
        time.sleep(0.5)


def _told(app: App, folder: Path, people_: list[Broker], clicks: int) -> int:
    acks = sorted(one for each in people_ for one in each.acks)
    calls = _calls(folder)
    updates: dict[str, list[float]] = defaultdict(list)
    for at, name, ts, _ in calls:
        if name == "chat.update":
            updates[ts].append(at)
    answered = sum(one[1] == "chat.postEphemeral" for one in calls)
    with app.database.snapshot() as session:
        decided = session.exec(select(func.count()).where(LineItem.state == LineState.CONFIRMED)).one()
        audited = Counter(
            (one.shipment_id, one.details["line"])
            for one in session.exec(select(AuditEvent).where(AuditEvent.action == "code_confirmed"))
        )
        dead = session.exec(select(func.count()).where(Outbox.status == OutboxStatus.DEAD)).one()
        shipments = session.exec(select(Shipment).order_by(col(Shipment.id))).all()
        stale = [one.ref for one in shipments if one.card_shown_rev < one.card_rev]
        cards = {one.card_ts: one.id for one in shipments}
        lags = sorted(_lags(session, {number: updates.get(ts or "", []) for ts, number in cards.items()}))
    drawn = [one for ts, one in updates.items() if ts in cards]
    gaps = [b - a for times in drawn for a, b in pairwise(times)]
    lost = sum(one.lost for one in people_)
    print(f"clicks                 {clicks} by {len(people_)} brokers, {lost} not acknowledged")
    print(f"acknowledged           p50 {statistics.median(acks) * 1000:.0f} ms, p95 {acks[int(len(acks) * 0.95)] * 1000:.0f} ms, most {acks[-1] * 1000:.0f} ms")
    print(f"answered to the person {answered} of {clicks}")
    print(f"lines decided          {decided}, decisions on record {sum(audited.values())}, twice {sum(n > 1 for n in audited.values())}")
    print(f"chat.update of a card  {sum(map(len, drawn))} on {len(drawn)} cards, shortest pause {min(gaps, default=0):.2f} s")
    print(f"decision to card       p50 {statistics.median(lags):.1f} s, p95 {lags[int(len(lags) * 0.95)]:.1f} s, most {lags[-1]:.1f} s")
    print(f"effects given up       {dead}; cards that do not show the last state {len(stale)}")
    bad = lost or answered != clicks or decided != sum(audited.values()) or max(audited.values(), default=0) > 1
    return int(bool(bad or dead or stale or min(gaps, default=PAUSE) < PAUSE - 0.1))


def cards_of(sizes: Sequence[int] = (1, 200, 1000)) -> None:
    """How long a card takes: computed from the database, and drawn. The second time, as of a warm process."""
    with tempfile.TemporaryDirectory(prefix="bench-cards-") as folder:
        app = App(settings(folder, (free_port(), free_port(), free_port(), free_port())))
        compose.use(app)
        migrate.upgrade(app.database)
        for size in sizes:
            made = prepare(app, count=0, cards=1, lines=size, first=size)
            (shipment_id,) = made
            with app.database.transaction() as session:
                for line in session.exec(select(LineItem).where(LineItem.shipment_id == shipment_id)):
                    line.quantity, line.unit, line.origin = Decimal(10), "PCS", "CN"
                    line.value, line.currency = Decimal("99.50"), "USD"
                    session.add(line)
            computed, drawn = [], []
            for _ in range(6):
                begun = time.perf_counter()
                with app.database.snapshot() as session:
                    view = card(session, shipment_id=shipment_id, house=app.house)
                between = time.perf_counter()
                draw(view)
                computed.append(between - begun)
                drawn.append(time.perf_counter() - between)
            print(
                f"card of {size:>5} lines    computed {statistics.median(computed[1:]) * 1000:.0f} ms, "
                f"drawn {statistics.median(drawn[1:]) * 1000:.1f} ms"
            )


def _lags(session: Session, updates: dict[int | None, list[float]]) -> Iterator[float]:
    """Seconds from each decision to the next drawing of its card."""
    for one in session.exec(select(AuditEvent).where(AuditEvent.action == "code_confirmed")):
        decided = one.at.timestamp()
        later = [at for at in updates[one.shipment_id] if at >= decided]
        yield (min(later) if later else time.time()) - decided


if __name__ == "__main__":
    numbers = [float(one) for one in sys.argv[1:]]
    seconds, count, cards, lines = [*numbers, 60, 50, 20, 100][: len(numbers)] + [60, 50, 20, 100][len(numbers) :]
    cards_of()
    sys.exit(main(seconds, int(count), int(cards), int(lines)))
