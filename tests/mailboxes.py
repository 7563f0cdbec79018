"""Hands for tests of mailboxes: a watch in a thread, a bad line to a server, an OAuth provider."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

from sqlmodel import select

from ingest import pipeline
from ingest.imap import Rules, Watcher
from ingest.mailbox.address import read_addresses
from ingest.mailbox.cursor import CursorFile
from ingest.mailbox.login import Login
from ingest.mailbox.session import Patience
from storage import migrate
from storage.blobs import Blobs
from storage.db import Database
from storage.models import Message
from storage.spool import Spool

OURS = "intake@tidewaiter.test"
QUICK = {"retry": (0.05, 0.2), "attention": (0.1, 0.4)}


def eventually(what: Callable[[], Any], *, within: float = 12.0) -> Any:
    until = time.monotonic() + within
    while not (found := what()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
    return found


class Watching:
    """An installation's watch over mailboxes; what it took, and what it says."""

    def __init__(
        self,
        folder: Path,
        *urls: str,
        patience: dict[str, float] | None = None,
        login: dict[str, Any] | None = None,
        **rules: Any,
    ) -> None:
        self.folder = folder
        max_bytes = rules.get("max_bytes", 1_000_000)
        self.spool = Spool(folder / "spool", max_bytes=max_bytes)
        made = Rules(
            recipients=(OURS,),
            **{**QUICK, "max_bytes": max_bytes, "patience": Patience(**(patience or {})), **rules},
        )
        self.watchers = [
            Watcher(
                box,
                login=Login(box, **(login or {})),
                cursor=CursorFile(folder / "imap", box.key),
                spool=self.spool,
                rules=made,
            )
            for box in read_addresses(",".join(urls))
        ]
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=one.run, args=(self._stop,), daemon=True)
            for one in self.watchers
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(15)
            assert not thread.is_alive()

    def subjects(self) -> list[str]:
        """What was taken, in the order in which intake will see it."""
        return [
            str(message_from_bytes(self.spool.read(name).raw)["Subject"])
            for name in self.spool.waiting()
        ]

    def has(self, count: int, *, within: float = 12.0) -> None:
        eventually(lambda: len(self.spool.waiting()) >= count, within=within)

    def cursors(self) -> list[dict[str, Any]]:
        return [json.loads(one.read_bytes()) for one in sorted(self.folder.glob("imap/*.json"))]

    def take_in(self) -> list[Message]:
        """Intake, over all that waits in the spool; gives every mail that is on record."""
        database = Database(f"sqlite:///{self.folder / 'intake.db'}")
        migrate.upgrade(database)
        blobs = Blobs((self.folder / "blobs").as_uri())
        try:
            for name in self.spool.waiting():
                pipeline.receive(
                    name,
                    spool=self.spool,
                    blobs=blobs,
                    transaction=database.transaction,
                    recipients=[OURS],
                )
            with database.snapshot() as session:
                return list(session.exec(select(Message)).all())
        finally:
            database.close()


def told(caplog: Any, event: str) -> list[dict[str, Any]]:
    """The log lines with this name."""
    return [
        {**one.__dict__, "level": logging.getLevelName(one.levelno)}
        for one in list(caplog.records)
        if one.getMessage() == event
    ]


class BadLine:
    """A line to a real server that spoils the first conversations as it is told, then is good.

    `spoil(from_server)` gives what reaches the client instead; None cuts the line.
    """

    def __init__(
        self, port: int, spoil: Callable[[bytes, dict[str, Any]], bytes | None], *, times: int = 1
    ) -> None:
        self._target, self._spoil, self._times = port, spoil, times
        self.conversations = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.conversations += 1
            bad = self.conversations <= self._times
            server = socket.create_connection(("127.0.0.1", self._target))
            for source, sink, spoilt in ((client, server, False), (server, client, bad)):
                threading.Thread(
                    target=self._pump, args=(source, sink, spoilt), daemon=True
                ).start()

    def _pump(self, source: socket.socket, sink: socket.socket, spoilt: bool) -> None:
        memory: dict[str, Any] = {"seen": b""}
        try:
            while data := source.recv(65536):
                if spoilt:
                    memory["seen"] += data
                    changed = self._spoil(data, memory)
                    if changed is None:
                        break
                    data = changed
                sink.sendall(data)
        except OSError:
            pass
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


class Provider:
    """An OAuth provider: a token endpoint that rotates refresh tokens, and introspection."""

    def __init__(self) -> None:
        self.refresh = "refresh-1"
        self.valid: set[str] = set()
        self.asked: list[dict[str, str]] = []
        self.made = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("content-length", 0))
                form = {k: v[0] for k, v in parse_qs(self.rfile.read(size).decode()).items()}
                status, answer = (
                    provider.token(form) if self.path == "/token" else provider.introspect(form)
                )
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(form)
        if form.get("refresh_token") != self.refresh:
            return 400, {"error": "invalid_grant", "error_description": form["refresh_token"]}
        self.made += 1
        access = f"access-{self.made}"
        self.valid = {access}
        self.refresh = f"refresh-{self.made + 1}"
        return 200, {"access_token": access, "expires_in": 3600, "refresh_token": self.refresh}

    def introspect(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        good = form.get("token") in self.valid
        return 200, {"active": good, "user": "docs"} if good else {"active": False}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of one's own for 127.0.0.1, and its key."""
    folder.mkdir(parents=True, exist_ok=True)
    pem, key = folder / "c.pem", folder / "k.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=mail.test", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(pem)),
        ],
        check=True,
        capture_output=True,
    )
    return pem, key
