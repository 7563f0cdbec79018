"""Files of the sandbox's workspace: the two calls of an upload with the handing over between them.

As Slack: an address for an upload serves once, a file that was not completed does not exist, and
what is too large is refused. On disk, so that a picture is there after a restart.
(Slack: "Working with files", https://docs.slack.dev/messaging/working-with-files.)
"""

from __future__ import annotations

import mimetypes
import re
import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.sandbox.workspace import SlackError, Workspace, load_json, save_json

MOST_BYTES = 8 * 1024 * 1024
_MOST_WAITING = 100
_ID = re.compile(r"^F[0-9A-F]{10}$")
_PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class Files:
    """What the app handed over."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._folder = workspace.config.state_dir / "files"
        self._waiting: dict[str, tuple[str, int]] = {}
        self._handed: set[str] = set()
        self._known: dict[str, Any] = load_json(self._folder / "files.json")

    def routes(self) -> list[Route]:
        return [
            Route("/files/upload/{ticket}", self._take, methods=["POST"]),
            Route("/files/{file}", self._give),
            Route("/files-pri/{file}", self._private),
        ]

    def place(self, facts: dict[str, Any]) -> dict[str, Any]:
        """files.getUploadURLExternal."""
        try:
            length = int(str(facts.get("length")))
        except ValueError:
            raise SlackError("invalid_arguments") from None
        if not facts.get("filename") or length < 1:
            raise SlackError("invalid_arguments")
        if length > MOST_BYTES:
            raise SlackError("file_upload_size_restricted")
        config, ticket = self._workspace.config, secrets.token_hex(16)
        with self._workspace.lock:
            file = f"F{secrets.token_hex(5).upper()}"
            self._waiting[ticket] = (file, length)
            while len(self._waiting) > _MOST_WAITING:
                self._waiting.pop(next(iter(self._waiting)))
        url = f"http://{config.host}:{config.port}/files/upload/{ticket}"
        return {"upload_url": url, "file_id": file}

    def complete(self, facts: dict[str, Any]) -> dict[str, Any]:
        """files.completeUploadExternal, for files that nobody is told of."""
        files = facts.get("files")
        if not isinstance(files, list) or not files:
            raise SlackError("invalid_arguments")
        names = [str(one.get("id")) for one in files if isinstance(one, dict)]
        with self._workspace.lock:
            if len(names) != len(files) or not set(names) <= self._handed:
                raise SlackError("file_not_found")
            for one in files:
                self._handed.discard(one["id"])
                self._known[one["id"]] = {"title": str(one.get("title") or "")}
            save_json(self._folder / "files.json", self._known)
        shown = [{"id": name, "name": self._known[name]["title"]} for name in names]
        if facts.get("channel_id"):
            self._workspace.post(
                {
                    "channel": facts["channel_id"],
                    "thread_ts": facts.get("thread_ts"),
                    "text": facts.get("initial_comment") or "",
                    "shared": shown,
                }
            )
        return {"files": [{"id": name, **self._known[name]} for name in names]}

    def share(self, name: str, data: bytes) -> dict[str, Any]:
        """A person's own file, as it stands in their message (Slack: the file object)."""
        if not data or len(data) > MOST_BYTES:
            raise SlackError("file_upload_size_restricted")
        config = self._workspace.config
        with self._workspace.lock:
            file = f"F{secrets.token_hex(5).upper()}"
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / file).write_bytes(data)
            url = f"http://{config.host}:{config.port}/files-pri/{file}"
            self._known[file] = {
                "title": name,
                "name": name,
                "size": len(data),
                "mimetype": mimetypes.guess_type(name)[0] or "application/octet-stream",
                "url_private_download": url,
            }
            save_json(self._folder / "files.json", self._known)
        return {"id": file, **self._known[file]}

    def info(self, facts: dict[str, Any]) -> dict[str, Any]:
        """files.info."""
        name = str(facts.get("file"))
        if name not in self._known:
            raise SlackError("file_not_found")
        return {"file": {"id": name, **self._known[name]}}

    def delete(self, facts: dict[str, Any]) -> dict[str, Any]:
        """files.delete."""
        name = str(facts.get("file"))
        with self._workspace.lock:
            if self._known.pop(name, None) is None:
                raise SlackError("file_not_found")
            save_json(self._folder / "files.json", self._known)
            (self._folder / name).unlink(missing_ok=True)
        return {}

    def has(self, file: Any) -> bool:
        return str(file) in self._known

    async def _take(self, request: Request) -> Response:
        with self._workspace.lock:
            file, length = self._waiting.pop(request.path_params["ticket"], ("", 0))
        if not file:
            return PlainTextResponse("no such upload", 404)
        data = bytearray()
        async for part in request.stream():
            data += part
            if len(data) > length:
                return PlainTextResponse("more than was announced", 400)
        if len(data) != length:
            return PlainTextResponse("less than was announced", 400)
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / file).write_bytes(data)
        with self._workspace.lock:
            self._handed.add(file)
        return PlainTextResponse(f"OK - {length}")

    async def _private(self, request: Request) -> Response:
        """As Slack: a file is for who shows the app's token."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(token, self._workspace.config.bot_token):
            return PlainTextResponse("<html>Sign in</html>", 200, media_type="text/html")
        return await self._give(request)

    async def _give(self, request: Request) -> Response:
        file = request.path_params["file"]
        if not _ID.match(file) or not self.has(file):
            return Response(status_code=404)
        data = (self._folder / file).read_bytes()
        kind = next((kind for mark, kind in _PICTURES.items() if data.startswith(mark)), None)
        return Response(
            data,
            media_type=kind or "application/octet-stream",
            headers={"X-Content-Type-Options": "nosniff"},
        )
