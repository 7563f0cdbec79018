"""Fuzzes what strangers can send: MIME bytes through `mime.parse`, commands through the server.

    python -m bench.fuzz_mail [MINUTES] [mime|smtp] [SEED]

Each kind runs in a process of its own with 512 MB above what an idle one uses. Reported with the
seed of the case: an exception, more than 5 s, more than 512 MB, a server that no longer answers.
"""

from __future__ import annotations

import logging
import multiprocessing
import random
import resource
import signal
import socket
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import FrameType

from ingest import mime, smtp
from storage.spool import Spool
from tests import corpus_mails
from tests.town import Intake

SECONDS, BYTES = 5, 512 * 1024 * 1024
TO = "intake@tidewaiter.test"
_PIECES = (
    b"\r\n", b"\n\n", b"\r", b"\0", b"--", b"=?utf-8?B?", b"?=", b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
    b"Content-Type: message/rfc822\r\n\r\n", b"Content-Transfer-Encoding: base64\r\n", b'filename*0*="', b"; charset=utf-7",
    b"Content-Type: text/html\r\n\r\n", b"<blockquote type=cite>", b"<!--", b"\xff\xfe", b"=" * 70, b"(" * 500, b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x78\x9f\x3e\x22\x01\0", b"On 1 x wrote:\r\n", b"> " * 50, b"A" * 3000,
)  # fmt: skip
_COMMANDS = (
    b"EHLO x", b"HELO x", b"MAIL FROM:<a@b.example>", b"MAIL FROM:<>", b"RCPT TO:<" + TO.encode() + b">", b"RCPT TO:<x@y>",
    b"DATA", b"RSET", b"NOOP", b"VRFY x", b"QUIT", b"STARTTLS", b"AUTH PLAIN AAAA", b"MAIL FROM:<a@b> SIZE=99999999999",
    b"MAIL FROM:<\xc3\xa9@b> SMTPUTF8", b"BDAT 10 LAST", b"HELP", b"EXPN", b"\xff\xff", b"X" * 2000, b"", b".", b"..",
    b"Subject: x\r\n\r\nbody\r\n.", b"MAIL FROM:" + b"<" * 200, b"RCPT TO:<@a,@b:" + TO.encode() + b">",
)  # fmt: skip


class Slow(Exception):
    """It took longer than it may."""


def _too_slow(_number: int, _frame: FrameType | None) -> None:
    raise Slow


def mutated(seed: int) -> bytes:
    """A mail of the corpus, damaged."""
    dice = random.Random(seed)
    raw = bytearray(corpus_mails.make(dice.randrange(5000)).raw)
    for _ in range(dice.choice([1, 2, 5, 20, 100])):
        at = dice.randrange(len(raw) + 1)
        match dice.randrange(6):
            case 0:
                raw[at : at + dice.randrange(200)] = b""
            case 1:
                raw[at:at] = dice.choice(_PIECES) * dice.choice([1, 1, 1, 5, 200])
            case 2:
                raw[at:at] = raw[dice.randrange(len(raw) + 1) :][: dice.randrange(3000)]
            case 3:
                raw[at : at + 4] = dice.randbytes(4)
            case 4:
                raw[at : at + 1] = bytes([dice.randrange(256)])
            case _:
                raw[at:at] = b"\r\n" + dice.choice(_PIECES)
        del raw[3_000_000:]
    return bytes(raw)


def fuzz_mime(seconds: float, seed: int, report: multiprocessing.Queue[str]) -> None:
    """Damaged mails until the time is over."""
    signal.signal(signal.SIGALRM, _too_slow)
    mime.parse(b"x")
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    until, count, slowest = time.monotonic() + seconds, 0, (0.0, 0)
    while time.monotonic() < until:
        raw = mutated(seed + count)
        began = time.monotonic()
        signal.alarm(SECONDS)
        try:
            made = mime.parse(raw)
            assert len(made.digest) == 64
            made.model_dump_json(exclude={"files"})
        except BaseException:  # noqa: BLE001 - whatever it is, it is a find
            report.put(f"mime {seed + count}: {traceback.format_exc(limit=-4)}")
        finally:
            signal.alarm(0)
        slowest = max(slowest, (time.monotonic() - began, seed + count))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - idle
        if grown > BYTES:
            report.put(f"mime {seed + count}: grew by {grown >> 20} MB")
            break
        count += 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - idle
    print(
        f"mime: {count} mails, slowest {slowest[0]:.2f} s (seed {slowest[1]}), grew {grown >> 20} MB"
    )


def fuzz_smtp(seconds: float, seed: int, report: multiprocessing.Queue[str]) -> None:
    """Conversations in any order, cut anywhere; after each hundred the server must take a mail."""
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder), max_bytes=1_000_000)
        server = Intake(
            smtp.intake(spool, host="127.0.0.1", port=0, recipients=[TO], max_bytes=1_000_000)
        )
        idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        until, count = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            _converse(server.port, random.Random(seed + count))
            if count % 100 == 0 and (trouble := _answers(server.port)):
                report.put(f"smtp {seed + count}: {trouble}")
            for name in spool.waiting():
                spool.done(name)
            count += 1
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - idle
        if grown > BYTES:
            report.put(f"smtp: grew by {grown >> 20} MB")
        print(f"smtp: {count} conversations, grew {grown >> 20} MB")
        server.close()


def _converse(port: int, dice: random.Random) -> None:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as wire:
            for _ in range(dice.randrange(1, 25)):
                wire.sendall(
                    dice.choice(_COMMANDS) + dice.choice([b"\r\n", b"\r\n", b"\n", b"\r", b""])
                )
                if dice.random() < 0.3:
                    wire.settimeout(0.02)
                    wire.recv(4096)
            if dice.random() < 0.3:
                wire.sendall(mutated(dice.randrange(10**6))[:50_000])
    except OSError:
        return  # the server may hang up on such a guest


def _answers(port: int) -> str:
    began = time.monotonic()
    said = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as wire:
            wire.sendall(
                b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<" + TO.encode() + b">\r\nDATA\r\n"
            )
            time.sleep(0.05)
            wire.sendall(b"Subject: x\r\n\r\nbody\r\n.\r\nQUIT\r\n")
            while piece := wire.recv(4096):
                said += piece
    except OSError as exc:
        return f"no answer ({exc}): {said[-200:]!r}"
    slow = time.monotonic() - began > SECONDS
    return (
        "" if b"250 2.0.0 Stored" in said and not slow else f"a mail was not taken: {said[-300:]!r}"
    )


def main() -> int:
    """Run both kinds for the time that was asked; 1 when something was found."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    kinds = [sys.argv[2]] if len(sys.argv) > 2 else ["mime", "smtp"]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(10**6)
    report: multiprocessing.Queue[str] = multiprocessing.Queue()
    work = {"mime": fuzz_mime, "smtp": fuzz_smtp}
    running = [
        multiprocessing.Process(target=work[kind], args=(minutes * 60, seed, report))
        for kind in kinds
    ]
    for one in running:
        one.start()
    found = []
    while any(one.is_alive() for one in running) or not report.empty():
        if report.empty():
            time.sleep(0.2)
        else:
            found.append(report.get())
            print("FOUND", found[-1])
    crashed = [one.exitcode for one in running if one.exitcode]
    print(f"{len(found)} finds, {len(crashed)} crashes, seed {seed}")
    return 1 if found or crashed else 0


if __name__ == "__main__":
    raise SystemExit(main())
