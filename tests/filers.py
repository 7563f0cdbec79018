"""A customs broker's filer as the other side: an HTTP interface and an SFTP server, on loopback.

The SFTP server is asyncssh's, the HTTP one Starlette's: neither shares code with the adapters.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.town import Thread, free_port


class HttpFiler:
    """Takes entries by PUT; checks a bearer token or the signature of each request."""

    def __init__(self, *, token: str | None = None, secret: str | None = None) -> None:
        self.token, self.secret = token, secret
        self.entries: dict[str, dict[str, Any]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.answers: list[tuple[str, dict[str, Any]]] = []
        self.puts = 0
        self.fault: Callable[[Request], Response | None] | None = None
        self.lose_answer = False  #: do it, then let the connection hang
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._start()

    def _start(self) -> None:
        paths = "/v1/entries/{key}"
        self._thread = Thread(
            Starlette(
                routes=[
                    Route(paths, self._put, methods=["PUT"]),
                    Route(paths, self._get, methods=["GET"]),
                    Route(f"{paths}/status", self._status, methods=["GET"]),
                    Route(f"{paths}/respond", self._respond, methods=["POST"]),
                ]
            ),
            self.port,
        )

    def stop(self) -> None:
        self._thread.close()

    def again(self) -> None:
        self._start()

    async def _entered(self, request: Request) -> Response | None:
        body = await request.body()
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return JSONResponse({"error": "who are you"}, 401)
        if self.secret:
            told = dict(
                part.split("=", 1)
                for part in request.headers.get("x-tidewaiter-signature", "t=0,v1=x").split(",")
            )
            raw = f"{told['t']}.{request.method}.{request.scope['raw_path'].decode()}.".encode() + body
            right = hmac.new(self.secret.encode(), raw, hashlib.sha256).hexdigest()
            fresh = abs(time.time() - int(told["t"])) < 300
            if not fresh or not hmac.compare_digest(right, told["v1"]):
                return JSONResponse({"error": "bad signature"}, 401)
        return self.fault(request) if self.fault else None

    async def _put(self, request: Request) -> Response:
        if refused := await self._entered(request):
            return refused
        key = request.path_params["key"]
        if request.headers.get("idempotency-key") != key:
            return JSONResponse({"error": "no key"}, 400)
        self.puts += 1
        asked = json.loads(await request.body())
        known = self.entries.get(key)
        if known is not None and known["asked"] != asked:
            return JSONResponse({"error": "Another filing was made under this key."}, 409)
        self.entries.setdefault(key, {"asked": asked, "reference": f"F-{len(self.entries) + 1}"})
        if self.lose_answer:
            self.lose_answer = False
            await asyncio.sleep(5)
        return JSONResponse({"reference": self.entries[key]["reference"]}, 201)

    async def _get(self, request: Request) -> Response:
        if refused := await self._entered(request):
            return refused
        known = self.entries.get(request.path_params["key"])
        if known is None:
            return JSONResponse({"error": "unknown"}, 404)
        return JSONResponse({"reference": known["reference"]})

    async def _status(self, request: Request) -> Response:
        if refused := await self._entered(request):
            return refused
        key = request.path_params["key"]
        if key not in self.entries:
            return JSONResponse({"error": "unknown"}, 404)
        return JSONResponse({"events": self.events.get(key, [])})

    async def _respond(self, request: Request) -> Response:
        if refused := await self._entered(request):
            return refused
        told = json.loads(await request.body())
        mark = request.headers["idempotency-key"]
        if mark not in [one for one, _ in self.answers]:
            self.answers.append((mark, told))
        return JSONResponse({"ok": True})


class SftpFiler:
    """A real SSH server with one user's folder; it notes every name that was ever whole there."""

    def __init__(self, folder: Path, *, user: str = "qz7", password: str = "secret") -> None:
        self.folder, self.user, self.password = folder, user, password
        self.inbox = folder / "in"
        self.inbox.mkdir(parents=True, exist_ok=True)
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.client_key = asyncssh.generate_private_key("ssh-ed25519")
        self.port = free_port()
        self.break_after: int | None = None  #: bytes of the next file, then the line goes dead
        self.seen: set[str] = set()
        self.start()

    @property
    def host_key(self) -> str:
        return " ".join(self.key.export_public_key().decode().split()[:2])

    def start(self) -> None:
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)

    def stop(self) -> None:
        async def close() -> None:
            self._server.close()
            for one in list(self._open):
                one.abort()
            await self._server.wait_closed()
            await asyncio.sleep(0.05)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def names(self) -> list[str]:
        return sorted(one.name for one in self.inbox.iterdir())

    def whole(self) -> list[str]:
        return [one for one in self.names() if one.endswith(".zip")]

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._open: set[asyncssh.SSHServerConnection] = set()
        self._server = self._loop.run_until_complete(self._listen())
        ready.set()
        self._loop.run_forever()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        filer = self

        class Door(asyncssh.SSHServer):
            def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
                filer._open.add(conn)
                self._conn = conn

            def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
                filer._open.discard(self._conn)

            def begin_auth(self, username: str) -> bool:  # noqa: ARG002
                return True

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                return (username, password) == (filer.user, filer.password)

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                return (username, key.public_data) == (filer.user, filer.client_key.public_data)

        class Files(asyncssh.SFTPServer):
            def __init__(self, chan: asyncssh.SSHServerChannel) -> None:
                super().__init__(chan, chroot=str(filer.folder).encode())
                self._conn = chan.get_connection()

            def write(self, file_obj: object, offset: int, data: bytes) -> int:
                if filer.break_after is not None and offset + len(data) > filer.break_after:
                    filer.break_after = None
                    self._conn.abort()
                    raise asyncssh.SFTPError(asyncssh.FX_CONNECTION_LOST, "gone")
                return super().write(file_obj, offset, data)  # type: ignore[no-any-return]

            def rename(self, oldpath: bytes, newpath: bytes) -> None:
                super().rename(oldpath, newpath)
                filer.seen.add(newpath.rsplit(b"/", 1)[-1].decode())

        return await asyncssh.create_server(
            Door, "127.0.0.1", self.port, server_host_keys=[self.key], sftp_factory=Files
        )
