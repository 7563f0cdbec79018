"""Measures the line: intake, time to the card, and the answer to a click.

    python -m bench.line intake     messages a second with our durability, against a bare handler
    python -m bench.line card       end of DATA to the card, warm, for the ten-line text invoice
    python -m bench.line clicks     time to the acknowledgement with 20 brokers clicking at once

Real processes on loopback, SQLite and the built-in Redis. Ratios and percentiles are what to quote.
"""

from __future__ import annotations

import io
import smtplib
import statistics
import sys
import tempfile
import threading
import time
from email.policy import SMTP
from pathlib import Path
from typing import Any

from bot.sandbox.samples import make
from ingest import smtp
from storage.spool import Spool
from tests.acceptance.processes import Installation
from tests.factories import invoice_csv, mail
from tests.town import Intake

TO = "intake@tidewaiter.test"


def rate(port: int, raw: bytes, *, count: int, senders: int = 4) -> float:
    """Messages a second, each sender over one connection of its own."""

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            for _ in range(count // senders):
                server.sendmail("a@b.example", [TO], raw)

    threads = [threading.Thread(target=send) for _ in range(senders)]
    started = time.perf_counter()
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return count / (time.perf_counter() - started)


def intake() -> None:
    """Our durable intake against a handler that throws the mail away."""
    for label, size, count in (("5 KB", 3_000, 400), ("1 MB", 700_000, 24)):
        raw = mail(("a.bin", b"x" * size)).as_bytes(policy=SMTP)
        with tempfile.TemporaryDirectory() as folder:
            spool = Spool(Path(folder), max_bytes=50_000_000)
            ours = Intake(
                smtp.intake(spool, host="127.0.0.1", port=0, recipients=[TO], max_bytes=50_000_000)
            )
            bare = Intake(
                smtp.Listener(
                    host="127.0.0.1", port=0, take=lambda _e, _r: "x", accepts=lambda _: True
                )
            )
            pairs = []
            for _ in range(3):
                pairs.append((rate(ours.port, raw, count=count), rate(bare.port, raw, count=count)))
            kept, thrown = (statistics.median(one) for one in zip(*pairs, strict=True))
            print(
                f"intake {label}: {kept:.0f}/s kept on disk, {thrown:.0f}/s thrown away, "
                f"ratio {statistics.median(a / b for a, b in pairs):.2f}"
            )
            ours.close()
            bare.close()


def card(house: Installation, *, count: int = 20) -> None:
    """From the end of DATA to the card in the workspace."""
    times = []
    for number in range(count + 2):
        raw = _another_invoice(number)
        started = time.perf_counter()
        house.hands.mail(raw)
        house.hands.wait("the card", lambda n=number: _cards(house) > n)
        times.append(time.perf_counter() - started)
    warm = sorted(times[2:])
    print(
        f"mail to card, ten lines, warm, n={len(warm)}: p50 {statistics.median(warm):.2f} s, "
        f"p95 {warm[int(len(warm) * 0.95) - 1]:.2f} s"
    )


def clicks(house: Installation, *, people: int = 20, each: int = 5) -> None:
    """Twenty brokers click at once, five times each, on a card of a hundred lines."""
    house.hands.mail(mail(("i.csv", invoice_csv(number="B-100", bill="ZZZQBENCH1", lines=100))))
    house.hands.wait("the card", lambda: house.hands.card("B-100"))
    found: Any = house.hands.card("B-100")
    buttons = [b for b in house.hands.buttons(found) if b["action_id"].startswith("line_pick")]
    times: list[float] = []

    def click(number: int) -> None:
        for at in range(each):
            started = time.perf_counter()
            said = house.hands.click("U01DANA", found, buttons[(number + at) % len(buttons)])
            times.append(time.perf_counter() - started)
            assert said["ok"], said

    threads = [threading.Thread(target=click, args=(number,)) for number in range(people)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    times.sort()
    middle, late = statistics.median(times), times[int(len(times) * 0.95) - 1]
    print(
        f"clicks, {people} people at once, n={len(times)}: ack p50 {middle * 1000:.0f} ms, "
        f"p95 {late * 1000:.0f} ms, max {times[-1] * 1000:.0f} ms (Slack's limit: 3000 ms)"
    )


def _another_invoice(number: int) -> Any:
    """The demo's ten-line text invoice, each time of another shipment."""
    out = io.BytesIO()
    make.invoice(
        out,
        seller=["Shenzhen Brightpath Electronics Co., Ltd.", "88 Keji Road", "Shenzhen, China"],
        buyer=["Northgate Retail Inc.", "2200 Truckee Street", "Reno, NV 89502, USA"],
        number=f"BP-{number:05d}",
        dated="2026-10-30",
        order=f"NR-{number}",
        terms="FOB Yantian",
        bill=f"ZZZQ9{number:07d}",
        lines=make.BRIGHTPATH,
        signed="Amy Chen",
    )
    name = f"<bench{number}@brightpath.example>"
    return mail(("invoice.pdf", out.getvalue()), subject=f"Documents {number}", message_id=name)


def _cards(house: Installation) -> int:
    return len([one for one in house.hands.state()["messages"] if not one["thread_ts"]])


def main() -> None:
    """Run what was named, or everything."""
    wanted = sys.argv[1:] or ["intake", "card", "clicks"]
    if "intake" in wanted:
        intake()
    if "card" in wanted or "clicks" in wanted:
        with tempfile.TemporaryDirectory() as folder:
            house = Installation(Path(folder) / "house")
            try:
                house.start()
                if "card" in wanted:
                    card(house)
                if "clicks" in wanted:
                    clicks(house)
            finally:
                house.close()


if __name__ == "__main__":
    main()
