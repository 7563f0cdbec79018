"""The product as its processes, started one by one, so that a test can kill any of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from bot.compose import App
from bot.sandbox import demo, samples
from bot.sandbox.player import Player
from bot.settings import Settings
from storage import migrate
from tests.town import free_port

ALL = ("redis", "sandbox", "web", "smtp", "clock", "face", "worker", "models")


class Installation:
    """One installation in a folder of its own, with nothing from outside."""

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str | None = None,
        redis_url: str | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        ports = [free_port() for _ in range(4)]
        self.facts: dict[str, Any] = {
            "DATA_DIR": str(folder / "data"),
            "SMTP__PORT": ports[0],
            "WEB__PORT": ports[1],
            "SANDBOX__PORT": ports[2],
            "SANDBOX__SINK_PORT": ports[3],
            "GATEWAY__POLL_SECONDS": 1,
            **(more or {}),
        }
        if database_url:
            self.facts["DATABASE_URL"] = database_url
        if redis_url:
            self.facts["REDIS_URL"] = redis_url
        self.names = [one for one in ALL if not (one == "redis" and redis_url)]
        folder.joinpath("data").mkdir(parents=True)
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("TIDEWAITER_")},
            **{f"TIDEWAITER_{k}": str(v) for k, v in self.facts.items()},
        }
        self.app = App(
            Settings(
                _env_file=None,
                data_dir=folder / "data",
                database_url=database_url,
                redis_url=redis_url,
                smtp={"port": ports[0]},
                web={"port": ports[1]},
                sandbox={"port": ports[2], "sink_port": ports[3]},
            )
        )
        migrate.upgrade(self.app.database)
        demo.seed(self.app)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.hands = Player(
            self.app.settings.sandbox_url, smtp=("127.0.0.1", ports[0]), patience=90
        )

    def start(self, *names: str) -> None:
        for name in names or self.names:
            log = (self.folder / f"{name}.log").open("ab")
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "bot", name],
                env=self.environment,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            log.close()
        self.await_answer()

    def await_answer(self) -> None:
        urls = {
            "sandbox": f"{self.app.settings.sandbox_url}/healthz",
            "web": f"{self.app.settings.public_url}/healthz",
        }
        for name, url in urls.items():
            if name in self.running:
                until = time.monotonic() + 60
                while time.monotonic() < until:
                    try:
                        httpx.get(url, timeout=2).raise_for_status()
                        break
                    except httpx.HTTPError:
                        time.sleep(0.1)

    def kill(self, name: str) -> None:
        """kill -9, with the work-horse of a worker."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def send(self, name: str, *, run: str = "a") -> None:
        mail = next(one for one in samples.STORY if one.name == name)
        self.hands.wait("the mail server", self._smtp_answers)
        self.hands.mail(samples.build(mail, to=self.app.settings.smtp.recipients[0], run=run))

    def _smtp_answers(self) -> bool:
        import socket

        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.app.settings.smtp.port)) == 0

    def command(self, *words: str) -> Any:
        return subprocess.run(
            [sys.executable, "-m", "bot", *words],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            check=False,
        )

    def shipment(self, ref: str = "SHP-2026-000001") -> Any:
        return json.loads(self.command("shipment", ref, "--json").stdout)

    def close(self) -> None:
        for name in list(self.running):
            self.kill(name)
        self.hands.close()
        self.app.database.close()
