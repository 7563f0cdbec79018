"""`tidewaiter entry-numbers add|status`: the numbers that entries get."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from sqlmodel import select

from bot.command import bad_input, database
from storage.models import Importer
from storage.values import SYSTEM
from workflows import booking, entry_numbers
from workflows.states import Refused

app = typer.Typer(no_args_is_help=True, help="Entry numbers: ranges, what is left, gaps.")


@app.command("add")
def add(
    *,
    first: Annotated[int, typer.Option(help="The first number, without check digit.")],
    last: Annotated[int, typer.Option(help="The last number, without check digit.")],
    filer: Annotated[str, typer.Option(help="The filer's code, three characters.")],
    warn: Annotated[int, typer.Option(min=0, help="Tell operations below so many.")] = 100,
    importer: Annotated[
        str | None, typer.Option(help="Of an importer that files under its own code.")
    ] = None,
) -> None:
    """Record a range of numbers that this installation may give out."""
    try:
        with database().transaction() as session:
            owner = None
            if importer is not None:
                owner = session.exec(
                    select(Importer).where(Importer.match_name == booking.match_name(importer))
                ).first()
                if owner is None:
                    raise Refused(f"{importer} is not among our importers.")
            made = entry_numbers.add(
                session,
                filer=filer,
                first=first,
                last=last,
                actor=SYSTEM,
                warn_left=warn,
                importer=owner,
            )
            told = f"{made.last - made.first + 1} numbers of {made.filer} are recorded."
    except Refused as exc:
        bad_input(str(exc))
    typer.echo(told)


@app.command("status")
def status(
    *, as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False
) -> None:
    """Every range: what was given, what is left, and whether there are gaps."""
    with database().snapshot() as session:
        rows = entry_numbers.status(session)
    if as_json:
        typer.echo(json.dumps([row.model_dump() for row in rows], indent=2))
    elif not rows:
        typer.echo("No range is recorded: the sandbox opens one with its first entry.")
    for row in rows if not as_json else []:
        whose = f"  ({row.importer})" if row.importer else ""
        low = "  LOW" if row.low else ""
        typer.echo(
            f"{row.filer}  {row.first} to {row.last}  next {row.next or '-'}  "
            f"given {row.given}  left {row.left}{low}{whose}"
        )
        for gap in row.gaps:
            typer.echo(f"  GAP  {gap} was passed over without an entry.")
    if any(row.gaps for row in rows):
        raise typer.Exit(1)
