"""The commands about mail: who has which address, and who wants the day's digest.

Each reads its arguments, calls one function of the workflows and prints the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer
from sqlmodel import Session, col, select

from bot.compose import App
from storage.models import Importer
from storage.values import SYSTEM
from workflows import booking, digest
from workflows.states import Refused

Opened = Callable[[], App]


def register(mail: typer.Typer, opened: Opened) -> None:
    """Add the commands to the group `mail`; `opened` gives the product with its database ready."""

    @mail.command("address")
    def _address(
        importer: Annotated[str | None, typer.Argument(help="The client's name.")] = None,
        *,
        mark: Annotated[
            str | None, typer.Option(help="What stands behind the + of their address.")
        ] = None,
    ) -> None:
        """Give a client an address of its own, or list which there are."""
        app = opened()
        if importer is None or mark is None:
            with app.database.snapshot() as session:
                for line in _listed(session, app, importer):
                    typer.echo(line)
            return

        def give(session: Session) -> str:
            client = booking.give_mark(session, name=importer, mark=mark, actor=SYSTEM)
            return f"{client.name}: {app.house.address_for(client.mark or '')}"

        typer.echo(_done(app, give))

    @mail.command("digest")
    def _digest(
        *,
        to: Annotated[
            list[str] | None, typer.Option(help="Where it goes; may be repeated. None: nowhere.")
        ] = None,
        importer: Annotated[str | None, typer.Option(help="A client: its shipments.")] = None,
        person: Annotated[
            str | None, typer.Option(help="A Slack user: the shipments assigned to them.")
        ] = None,
    ) -> None:
        """Send a mail at the end of each day on which something happened."""
        app = opened()
        typer.echo(
            _done(
                app,
                lambda session: digest.subscribe(
                    session, addresses=to or [], actor=SYSTEM, importer=importer, person=person
                ),
            )
        )


def _listed(session: Session, app: App, name: str | None) -> list[str]:
    wanted = select(Importer).order_by(col(Importer.name))
    if name is not None:
        wanted = wanted.where(Importer.match_name == booking.match_name(name))
    rows = [
        f"{one.name}: {app.house.address_for(one.mark) if one.mark else '(none of its own)'}"
        for one in session.exec(wanted)
    ]
    return rows or ["No such client is on file." if name else "No client is on file."]


def _done(app: App, what: Callable[[Session], str]) -> str:
    try:
        with app.database.transaction() as session:
            return what(session)
    except Refused as exc:
        typer.echo(str(exc), err=True)
        raise typer.Exit(2) from None
