"""10,000 entries polled within their intervals by one clock process, beside a bare loop.

    python -m bench.polling [ENTRIES]

A bare HTTP authority runs in a process of its own. The clock's round (`polling.schedule`) plans
all that is due; one worker performs it with the product's own job, through the real gateway, and
records the answers. The bare loop only asks the same URLs and throws the answers away. Printed
are seconds for a whole round of each, the ratio, and the shortest interval that one clock and
one worker keep. Exit status 1 when a round takes longer than the default interval.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import uvicorn
from sqlmodel import col, func, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import compose, jobs, logs
from bot.compose import App
from bot.settings import Settings
from storage import migrate
from storage.columns import now
from storage.models import Entry, Outbox, OutboxStatus, Shipment, State, StatusReport
from workflows import polling
from workflows.effects import PollStatus

PORT = 17_931
_EVENTS = [{"code": "accepted", "rawCode": "AE", "at": "2026-11-21T09:00:00.000100Z"}]
_EVENTS += [{"code": "held", "rawCode": "5H", "at": "2026-11-21T10:00:00.000100Z"}]


def authority() -> None:
    """Answers every question with two statuses."""

    async def status(_request: Request) -> Response:
        return JSONResponse({"events": _EVENTS})

    app = Starlette(routes=[Route("/v1/entries/{key}/status", status)])
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="error")


def fill(app: App, entries: int) -> None:
    """Entries that are all due now, the worst case: as after an outage."""
    with app.database.transaction() as session:
        for number in range(1, entries + 1):
            session.add(Shipment(id=number, state=State.HELD, ref=f"SHP-{number}"))
        session.flush()
        for number in range(1, entries + 1):
            session.add(
                Entry(id=number, shipment_id=number, key=f"k{number}", gateway="http",
                      confirmed_by="U", confirmed_name="D", confirmed_at=now(),
                      submitted_at=now(), next_poll_at=now() - timedelta(minutes=1))
            )  # fmt: skip
            for one in _EVENTS:
                session.add(
                    StatusReport(entry_id=number, code=one["code"], raw_code=one["rawCode"],
                                 at=datetime.fromisoformat(one["at"]))
                )  # fmt: skip


def wait() -> None:
    """Until the authority answers."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            httpx.get(f"http://127.0.0.1:{PORT}/v1/entries/k/status", trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The authority did not start.")


def planned(app: App) -> float:
    """Seconds of the clock until everything that is due is planned."""
    begun = time.perf_counter()
    while True:
        with app.database.transaction() as session:
            if not polling.schedule(session, house=app.house):
                return time.perf_counter() - begun


def performed(app: App) -> float:
    """Seconds of one worker for all of it."""
    with app.database.snapshot() as session:
        wanted = select(Outbox.id).where(
            Outbox.kind == PollStatus.kind, Outbox.status == OutboxStatus.PENDING
        )
        due = [one for one in session.exec(wanted.order_by(col(Outbox.id))) if one is not None]
    begun = time.perf_counter()
    for one in due:
        jobs.perform(one)
    return time.perf_counter() - begun


def bare(entries: int) -> float:
    """Seconds of a loop that only asks."""
    begun = time.perf_counter()
    with httpx.Client(base_url=f"http://127.0.0.1:{PORT}/v1", trust_env=False) as client:
        for number in range(1, entries + 1):
            client.get(f"/entries/k{number}/status").raise_for_status()
    return time.perf_counter() - begun


def main(entries: int) -> int:
    logs.configure("ERROR", process="bench")
    other = subprocess.Popen([sys.executable, "-m", "bench.polling", "authority"])
    try:
        with tempfile.TemporaryDirectory() as folder:
            app = App(
                Settings(
                    _env_file=None,
                    data_dir=Path(folder),
                    redis_url="redis://127.0.0.1:1",
                    gateway={"kind": "http", "url": f"http://127.0.0.1:{PORT}/v1", "token": "t"},
                )
            )
            compose.use(app)
            migrate.upgrade(app.database)
            fill(app, entries)
            wait()
            clock, worker, peer = planned(app), performed(app), bare(entries)
            with app.database.snapshot() as session:
                asked = session.exec(
                    select(func.count()).select_from(Entry).where(Entry.polls_missed == 0, Entry.polls == 1)
                ).one()
                done = session.exec(
                    select(func.count()).select_from(Outbox).where(Outbox.status == OutboxStatus.DONE)
                ).one()
            app.database.close()
    finally:
        other.kill()
        other.wait()
    interval = app.house.poll_seconds
    print(f"{entries} entries due at once; {asked} asked once, {done} answers recorded")
    print(f"clock plans them in {clock:.1f} s ({clock / entries * 1000:.2f} ms each)")
    print(f"one worker asks and records in {worker:.1f} s ({worker / entries * 1000:.2f} ms each)")
    print(f"a bare loop asks in {peer:.1f} s: ratio {worker / peer:.1f}")
    print(f"shortest interval that holds: {clock + worker:.0f} s; the default is {interval:.0f} s")
    return 0 if done == entries and clock + worker <= interval else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["authority"]:
        authority()
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
