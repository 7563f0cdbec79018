"""Runs the product's processes under supervisord (BSD-like licence): restarted when they die.

Redis and the sandbox are among them only when nothing outside was configured for their part.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bot.compose import App
from storage import migrate

STARTED = 1.0  # seconds after which a process counts as started


def wanted(app: App) -> list[str]:
    """The processes of this configuration, in the order in which they start."""
    settings = app.settings
    names = []
    if settings.own_redis:
        names.append("redis")
    if settings.needs_sandbox:
        names.append("sandbox")
    names += ["web", "smtp", "clock", "face", "worker", "models"]
    if settings.imap.url is not None:
        names.append("imap")
    if settings.slack.app_token is not None:
        names.append("slack")
    return names


def configuration(app: App, *, logs_to: Path | None) -> str:
    """The supervisord configuration for these processes."""
    folder = app.settings.data
    parts = [
        "[supervisord]",
        "nodaemon=true",
        f"pidfile={folder / 'supervisord.pid'}",
        f"logfile={folder / 'supervisord.log'}",
        "logfile_maxbytes=5MB",
        "loglevel=warn",
        "",
    ]
    for priority, name in enumerate(wanted(app), start=1):
        log = str(logs_to / f"{name}.log") if logs_to else "/dev/fd/1"
        parts += [
            f"[program:{name}]",
            f"command={sys.executable} -m bot {name}",
            f"priority={priority}",
            "autorestart=true",
            "startsecs=1",
            "startretries=1000000",
            "stopasgroup=true",
            "killasgroup=true",
            "stopwaitsecs=10",
            "redirect_stderr=true",
            f"stdout_logfile={log}",
            f"stdout_logfile_maxbytes={'5MB' if logs_to else '0'}",
            "stdout_logfile_backups=1" if logs_to else "stdout_logfile_backups=0",
            "",
        ]
    return "\n".join(parts).replace("%", "%%")


def start(app: App, *, logs_to: Path | None = None) -> subprocess.Popen[bytes]:
    """Bring the database up to date and start everything."""
    folder = app.settings.data
    folder.mkdir(parents=True, exist_ok=True)
    if logs_to is not None:
        logs_to.mkdir(parents=True, exist_ok=True)
    migrate.upgrade(app.database)
    app.database.close()
    place = folder / "supervisord.conf"
    place.write_text(configuration(app, logs_to=logs_to))
    return subprocess.Popen(  # noqa: S603 - our own configuration
        [sys.executable, "-W", "ignore", "-m", "supervisor.supervisord", "-c", str(place)],
        stdout=subprocess.DEVNULL if logs_to else None,
    )


def stop(running: subprocess.Popen[bytes], *, patience: float = 20.0) -> None:
    """End everything, kindly first."""
    running.terminate()
    deadline = time.monotonic() + patience
    while running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    if running.poll() is None:
        running.kill()
        running.wait()
