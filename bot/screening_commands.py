"""`tidewaiter screen` and `tidewaiter screening`: ask the list, keep it fresh, decide matches."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError

from bot import logs, screening_desk
from bot.compose import App, build
from bot.settings import Settings
from knowledge.parties.csl import BadList
from storage import migrate
from workflows.states import Refused

screening = typer.Typer(no_args_is_help=True, help="Denied parties: the list and its matches.")
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def attach(app: typer.Typer) -> None:
    """Put the commands where people look for them."""
    app.command("screen")(screen)
    app.add_typer(screening, name="screening")


def screen(
    name: str,
    *,
    country: Annotated[str | None, typer.Option(help="ISO code, e.g. AE.")] = None,
    address: Annotated[str | None, typer.Option()] = None,
    vessel: Annotated[bool, typer.Option("--vessel", help="It is a ship's name or IMO.")] = False,
    as_json: Json = False,
) -> None:
    """Ask the denied-party list for a name, and say why."""
    found = _asked(
        lambda app: screening_desk.screen(
            app,
            name,
            country=country.upper() if country else None,
            address=address,
            kind="vessel" if vessel else "party",
        )
    )
    if as_json:
        _print(found)
        return
    for hit in found["hits"]:
        typer.echo(f"{hit['score']:.2f}  {hit['listed']} ({hit['list_name']}, {hit['entry_id']})")
        typer.echo(f"      {hit['because']}")
        parts = ", ".join(f"{key} {value:+.3f}" for key, value in hit["parts"].items())
        typer.echo(f"      {parts}; threshold {found['threshold']}")
    if not found["hits"]:
        typer.echo(f"Nothing like {name} in the {found['edition']}.")
    typer.echo(found["ask"])


@screening.command("sync")
def sync(
    *,
    source: Annotated[Path | None, typer.Option("--from", help="A local CSV or JSON.")] = None,
    accept_smaller: Annotated[
        bool, typer.Option("--accept-smaller", help="Compliance knows why entries are gone.")
    ] = False,
    by: Annotated[str | None, typer.Option(help="Slack user of the compliance officer.")] = None,
) -> None:
    """Put the newest list into force, from its publisher or from a file."""
    typer.echo(
        _asked(
            lambda app: screening_desk.sync(app, source, accept_smaller=accept_smaller, by=by),
            migrated=True,
        )
    )


@screening.command("status")
def status(*, as_json: Json = False) -> None:
    """Which list is in force and how old it is; status 1 when nobody can be screened."""
    found = _asked(screening_desk.status)
    if as_json:
        _print(found)
    else:
        typer.echo(found["problem"] or f"{found['edition']} is in force.")
        if found["workingHoursOld"] is not None:
            old, limit = found["workingHoursOld"], found["staleAfter"]
            typer.echo(f"{old} working hours old; stale after {limit:g}.")
        if not found["official"] and found["problem"] is None:
            typer.echo("It is a demonstration: run 'tidewaiter screening sync' before you file.")
        for label in found["kept"]:
            typer.echo(f"  kept: {label}")
    raise typer.Exit(1 if found["problem"] else 0)


@screening.command("hits")
def hits(
    *,
    every: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    as_json: Json = False,
) -> None:
    """Matches that wait for compliance."""
    rows = _asked(lambda app: screening_desk.hits(app, every=every), migrated=True)
    if as_json:
        _print(rows)
        return
    for row in rows:
        best = row["hits"][0]
        typer.echo(
            f"{row['id']:>6} {row['standing']:<10} {row['shipment']}  {row['party']} ~ "
            f"{best['listed']} ({best['entry_id']}, {best['score']:.2f})"
        )
        if row["reason"]:
            typer.echo(f"       {row['clearedBy'] or ''}: {row['reason']}")
    if not rows:
        typer.echo("No match waits.")


@screening.command("clear")
def clear(
    row: int,
    *,
    by: Annotated[str, typer.Option(help="Slack user of the compliance officer.")],
    reason: Annotated[str, typer.Option(help="Why it is not the listed party.")],
    evidence: Annotated[str, typer.Option(help="What shows it.")],
) -> None:
    """Decide, as compliance, that a match is not the listed party."""
    _decide(row, by=by, reason=reason, evidence=evidence, confirm=False)


@screening.command("confirm")
def confirm(
    row: int,
    *,
    by: Annotated[str, typer.Option(help="Slack user of the compliance officer.")],
    reason: Annotated[str, typer.Option(help="Why it is the listed party.")],
) -> None:
    """Decide, as compliance, that a match is the listed party: freezes the shipment."""
    _decide(row, by=by, reason=reason, evidence="", confirm=True)


def _decide(row: int, *, by: str, reason: str, evidence: str, confirm: bool) -> None:
    said = _asked(
        lambda app: screening_desk.decide(
            app, row, by=by, reason=reason, evidence=evidence, confirm=confirm
        ),
        migrated=True,
    )
    typer.echo(said)


def _asked(what: Callable[[App], Any], *, migrated: bool = False) -> Any:
    try:
        app = build(Settings())
    except ValidationError as exc:
        _bad_input(f"The settings cannot be read: {exc.errors()[0]['msg']}. See tidewaiter doctor.")
    logs.configure("WARNING", process="cli")
    try:
        if migrated:
            migrate.upgrade(app.database)
        return what(app)
    except (BadList, Refused, ValueError) as exc:
        _bad_input(str(exc))


def _bad_input(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _print(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
