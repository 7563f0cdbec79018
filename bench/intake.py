"""Loads the intake server: 50 senders with mails of 200 KB, beside a bare aiosmtpd, then kills it.

    python -m bench.intake [SECONDS] [SENDERS]

Ours keeps each mail on disk before its 250; the bare one is aiosmtpd's Controller with a handler
that throws the mail away. They take turns in the same run, each in a process of its own, so the
ratio is what to quote. Then our server is killed (SIGKILL) in the middle of the load and started
again: every mail that it had answered with 250 must be in the spool, byte for byte; what had no
answer is sent again, as mail servers do. Exit status 1 when one is missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from aiosmtpd.controller import Controller

from ingest import smtp
from storage.spool import Spool

TO = "intake@tidewaiter.test"
SIZE = 200_000
ROUNDS = 3
_BODY = (b"x" * 76 + b"\r\n") * (SIZE // 78)
_NAME = re.compile(rb"Stored as (\S+)")


class Bare:
    """A handler that throws the mail away."""

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: object, _session: object, _envelope: object
    ) -> str:
        return "250 OK"


def serve(kind: str, folder: str, port: int) -> None:
    """One server in this process, until it is ended."""
    if kind == "bare":
        made = Controller(Bare(), hostname="127.0.0.1", port=port)
        made.start()
        print("ready", flush=True)
        signal.pause()
        return

    async def run() -> None:
        spool = Spool(Path(folder), max_bytes=50_000_000)
        listener = smtp.intake(
            spool, host="127.0.0.1", port=port, recipients=[TO], max_bytes=50_000_000
        )
        await listener.start()
        print("ready", flush=True)
        await asyncio.Event().wait()

    asyncio.run(run())


@contextlib.contextmanager
def server(kind: str, folder: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    made = start(kind, folder, port)
    try:
        yield made
    finally:
        made.kill()
        made.wait()


def start(kind: str, folder: str, port: int) -> subprocess.Popen[bytes]:
    made = subprocess.Popen(
        [sys.executable, "-m", "bench.intake", "serve", kind, folder, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert made.stdout is not None
    assert made.stdout.readline() == b"ready\n"
    return made


class Sender(threading.Thread):
    """One mail server that sends one mail after the other, and again what had no answer."""

    def __init__(self, number: int, port: int, until: threading.Event) -> None:
        super().__init__(daemon=True)
        self.number, self.port, self.until = number, port, until
        self.waits: list[float] = []
        self.taken: dict[str, str] = {}  #: name in the spool -> sha256 of the mail
        self.sent, self.again = 0, 0
        self.trouble = ""

    def run(self) -> None:
        wire: socket.socket | None = None
        while not self.until.is_set():
            raw = self._mail()
            while not self.until.is_set():
                try:
                    wire = wire or self._connect()
                    self._send(wire, raw)
                    break
                except OSError:
                    if wire is not None:
                        wire.close()
                    wire = None
                    self.again += 1
                    time.sleep(0.05)
                except ValueError as exc:
                    self.trouble = str(exc)
                    return
        if wire is not None:
            wire.close()

    def _mail(self) -> bytes:
        name = f"<{self.number}-{self.sent}@bench.example>".encode()
        return b"From: a@b.example\r\nMessage-ID: " + name + b"\r\nSubject: x\r\n\r\n" + _BODY

    def _connect(self) -> socket.socket:
        wire = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        _answer(wire)
        wire.sendall(b"EHLO bench\r\n")
        _answer(wire)
        return wire

    def _send(self, wire: socket.socket, raw: bytes) -> None:
        for command in (b"MAIL FROM:<a@b.example>", b"RCPT TO:<" + TO.encode() + b">", b"DATA"):
            wire.sendall(command + b"\r\n")
            if _answer(wire)[:1] not in b"23":
                raise ValueError(command.decode())
        wire.sendall(raw + b".\r\n")
        ended = time.perf_counter()
        said = _answer(wire)
        if not said.startswith(b"250"):
            raise ValueError(said.decode(errors="replace"))
        self.waits.append(time.perf_counter() - ended)
        self.sent += 1
        if found := _NAME.search(said):
            self.taken[found[1].decode()] = hashlib.sha256(raw).hexdigest()


def _answer(wire: socket.socket) -> bytes:
    said = b""
    while True:
        piece = wire.recv(4096)
        if not piece:
            raise ConnectionError("the server hung up")
        said += piece
        last = said.rstrip(b"\r\n").rpartition(b"\n")[2]
        if said.endswith(b"\r\n") and last[3:4] == b" ":
            return last


def load(port: int, *, seconds: float, senders: int, middle: object = None) -> list[Sender]:
    """All senders at once for so long; `middle` happens half-way."""
    until = threading.Event()
    made = [Sender(number, port, until) for number in range(senders)]
    for one in made:
        one.start()
    time.sleep(seconds / 2)
    if callable(middle):
        middle()
    time.sleep(seconds / 2)
    until.set()
    for one in made:
        one.join(60)
    if trouble := [one.trouble for one in made if one.trouble]:
        raise SystemExit(f"a mail was refused: {trouble[0]}")
    return made


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def compare(folder: str, *, seconds: float, senders: int) -> None:
    """Ours and the bare one in turns."""
    rates: dict[str, list[float]] = {"ours": [], "bare": []}
    waits: dict[str, list[float]] = {"ours": [], "bare": []}
    for turn in range(ROUNDS):
        for kind in ("ours", "bare") if turn % 2 == 0 else ("bare", "ours"):
            port = free_port()
            with server(kind, f"{folder}/{turn}", port):
                began = time.perf_counter()
                made = load(port, seconds=seconds / ROUNDS, senders=senders)
                rates[kind].append(sum(one.sent for one in made) / (time.perf_counter() - began))
                waits[kind] += [wait for one in made for wait in one.waits]
    ratio = statistics.median(a / b for a, b in zip(rates["ours"], rates["bare"], strict=True))
    for kind in ("ours", "bare"):
        late = sorted(waits[kind])
        print(
            f"{kind}: {statistics.median(rates[kind]):.0f} mails/s over {len(late)} mails, last byte"
            f" to 250: p50 {late[len(late) // 2] * 1000:.0f} ms, "
            f"p99 {late[int(len(late) * 0.99)] * 1000:.0f} ms"
        )
    print(f"ratio to bare aiosmtpd: {ratio:.2f} ({senders} senders, {SIZE // 1000} KB)")


def killed(folder: str, *, seconds: float, senders: int) -> int:
    """Kill the server in the middle; how many mails that it had answered are not there."""
    port = free_port()
    running = [start("ours", folder, port)]

    def kill() -> None:
        running[0].kill()
        running[0].wait()
        running.append(start("ours", folder, port))

    try:
        made = load(port, seconds=seconds, senders=senders, middle=kill)
    finally:
        running[-1].kill()
        running[-1].wait()
    taken = {name: digest for one in made for name, digest in one.taken.items()}
    spool = Spool(Path(folder), max_bytes=50_000_000)
    there = set(spool.waiting())
    lost = [
        name
        for name, digest in taken.items()
        if name not in there or hashlib.sha256(spool.read(name).raw).hexdigest() != digest
    ]
    print(
        f"killed in the middle: {len(taken)} mails were answered with 250, {len(lost)} of them lost; "
        f"{sum(one.again for one in made)} attempts had no answer and were made again, "
        f"{len(there) - len(taken)} mails are there twice or were not answered in time"
    )
    return len(lost)


def main() -> int:
    """Compare, then kill."""
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        return 0
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    senders = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    with tempfile.TemporaryDirectory() as folder:
        compare(f"{folder}/load", seconds=seconds, senders=senders)
        return 1 if killed(f"{folder}/killed", seconds=seconds / ROUNDS, senders=senders) else 0


if __name__ == "__main__":
    raise SystemExit(main())
