"""A running sandbox, and a small Bolt app as its other side."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from slack_bolt import App
from slack_sdk import WebClient
from starlette.applications import Starlette

from bot.sandbox.config import SandboxConfig
from bot.sandbox.server import Sandbox
from bot.slack.serve import events_route, run_socket
from tests.town import Thread, free_port

BOT, APP, SECRET = "xoxb-test", "xapp-test", "sandbox-signing-secret"


class Running:
    """The sandbox on ports of its own; `again` is a restart with the same memory."""

    def __init__(self, folder: Path, **more: Any) -> None:
        port, self.sink, app = free_port(), free_port(), free_port()
        self.config = SandboxConfig(
            host="127.0.0.1",
            port=port,
            state_dir=folder,
            bot_token=BOT,
            app_token=APP,
            signing_secret=SECRET,
            events_url=f"http://127.0.0.1:{app}/slack/events",
            intake_host="127.0.0.1",
            intake_port=free_port(),
            sink_host="127.0.0.1",
            sink_port=self.sink,
            **{"accept_after": 0.0, "release_after": 0.0, **more},
        )
        self.url, self.app_port = f"http://127.0.0.1:{port}", app
        self.http = httpx.Client(base_url=self.url, timeout=10, trust_env=False)
        self._parts: list[Callable[[], None]] = []
        self._start()

    def _start(self) -> None:
        self.sandbox = Sandbox(self.config)
        self._thread = Thread(self.sandbox.app, self.config.port)

    def again(self) -> None:
        self._thread.close()
        self._start()

    def client(self, token: str = BOT) -> WebClient:
        return WebClient(token=token, base_url=f"{self.url}/api/", retry_handlers=[], timeout=5)

    def bolt(self) -> App:
        return App(client=self.client(), signing_secret=SECRET)

    def by_http(self, app: App) -> None:
        """The app answers signed requests from here on."""
        served = Thread(Starlette(routes=[events_route(app)]), self.app_port)
        self._parts.append(served.close)

    def by_socket(self, app: App) -> None:
        """The app is connected by Socket Mode from here on."""
        stop = threading.Event()
        kept = threading.Thread(
            target=run_socket,
            args=(app,),
            kwargs={"app_token": APP, "api_url": f"{self.url}/api/", "stop": stop},
            daemon=True,
        )
        kept.start()
        # It ends by itself; the SDK takes three seconds for that, which nobody has to wait for.
        self._parts.append(stop.set)
        wait(lambda: self.sandbox.delivery._sockets)

    def do(self, what: str, **asked: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.http.post(f"/sandbox/{what}", json=asked).json()
        return answer

    def state(self, user: str = "U01DANA") -> dict[str, Any]:
        state: dict[str, Any] = self.http.get("/sandbox/state", params={"user": user}).json()
        return state

    def close(self) -> None:
        for stop in reversed(self._parts):
            stop()
        self._thread.close()
        self.http.close()


def wait(look: Callable[[], Any], seconds: float = 5.0) -> Any:
    """The first true answer."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if found := look():
            return found
        pause.wait(0.02)
    raise AssertionError("it did not come")
