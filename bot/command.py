"""What the groups of commands share: the settings, the parts, and one line for bad input."""

from __future__ import annotations

from typing import NoReturn

import typer
from pydantic import ValidationError

from bot import logs
from bot.compose import App, build
from bot.settings import Settings
from storage import migrate
from storage.db import Database


def bad_input(message: str) -> NoReturn:
    """One line that says what to do, and status 2."""
    typer.echo(message, err=True)
    raise typer.Exit(2)


def ready() -> App:
    """The parts of this installation, its database migrated."""
    try:
        settings = Settings()
    except ValidationError as exc:
        first = exc.errors()[0]
        name = "__".join(str(part).upper() for part in first["loc"])
        bad_input(f"TIDEWAITER_{name}: {first['msg']}")
    logs.configure("WARNING", process="cli")
    app = build(settings)
    migrate.upgrade(app.database)
    return app


def database() -> Database:
    """The database of this installation, migrated."""
    return ready().database
