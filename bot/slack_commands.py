"""`tidewaiter slack-install` and `slack-workspace`: who adds the app, and whose the clients are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer
from sqlmodel import Session, col, select

from bot.command import bad_input
from bot.compose import App
from storage import audit
from storage.models import Importer, Shipment, SlackInstallation
from storage.values import SYSTEM
from workflows import booking, proposal
from workflows.states import Refused

Ready = Callable[[], App]


def register(app: typer.Typer, ready: Ready) -> None:
    """Attach the commands."""

    @app.command("slack-install")
    def slack_install(
        *,
        further: Annotated[
            bool, typer.Option(help="Let in one workspace beside the brokerage's own.")
        ] = False,
    ) -> None:
        """Print the link by which the app is added to a Slack workspace; it is good for an hour."""
        made = ready()
        if made.installations is None:
            bad_input(
                "TIDEWAITER_SLACK__CLIENT_ID and __CLIENT_SECRET are not set (docs/slack.md)."
            )
        typer.echo(made.install_link(further=further))

    @app.command("slack-workspace")
    def slack_workspace(
        team: Annotated[str | None, typer.Argument(help="T…; without it all are listed.")] = None,
        *,
        review: Annotated[str | None, typer.Option(help="The channel of its cards: C…")] = None,
        importer: Annotated[
            list[str] | None, typer.Option(help="It serves this importer, and nobody else does.")
        ] = None,
        back: Annotated[
            list[str] | None, typer.Option(help="The brokerage's own serves this importer again.")
        ] = None,
    ) -> None:
        """Say what a further workspace serves, and where its cards stand; or list all."""
        try:
            with ready().database.transaction() as session:
                if team is not None:
                    serve(session, team, review=review, importers=importer or (), back=back or ())
                for line in listed(session):
                    typer.echo(line)
        except Refused as exc:
            bad_input(str(exc))


def serve(
    session: Session,
    team: str,
    *,
    review: str | None,
    importers: list[str] | tuple[str, ...],
    back: list[str] | tuple[str, ...] = (),
) -> None:
    """Give importers to a workspace, and their cards a channel there."""
    row = session.exec(select(SlackInstallation).where(SlackInstallation.team_id == team)).first()
    if row is None or row.house:
        raise Refused(
            f"{team} is no further workspace that has added the app. Nothing was changed."
        )
    if review is not None:
        row.review_channel = review
        session.add(row)
    if importers and row.review_channel is None:
        raise Refused("Say where its cards stand first: --review CHANNEL. Nothing was changed.")
    for name, office in [*((one, team) for one in importers), *((one, None) for one in back)]:
        client = booking.named_importer(session, name)
        client.office = office
        session.add(client)
        session.flush()
        audit.record(session, "importer_served", actor=SYSTEM, importer=client.name, office=office)
        for shipment in session.exec(select(Shipment).where(Shipment.importer_id == client.id)):
            proposal.changed(session, shipment)  # its card goes where it is served


def listed(session: Session) -> list[str]:
    """Each workspace with what it serves."""
    lines = []
    for row in session.exec(select(SlackInstallation).order_by(col(SlackInstallation.id))):
        served = session.exec(
            select(Importer.name).where(Importer.office == row.team_id).order_by(Importer.name)
        ).all()
        what = "all other importers" if row.house else ", ".join(served) or "nobody yet"
        gone = "" if row.sealed else " (the app was taken out)"
        channel = "" if row.house else f", cards in {row.review_channel or 'no channel yet'}"
        lines.append(f"{row.team_id}  {row.team_name}{gone}: {what}{channel}")
    return lines
