"""`tidewaiter export new|change|show|clear|approve|file|itn`: exports at the command line.

Who acts is named by their Slack user (`--as`), and what they may do follows from their role.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from sqlmodel import Session, select

from bot import people
from bot.command import bad_input, ready
from bot.compose import App
from storage.models import Export
from storage.values import Actor
from workflows import journal
from workflows.exports import desk, eei
from workflows.states import Refused

app = typer.Typer(no_args_is_help=True, help="Exports: the EEI, from its draft to its ITN.")

As = Annotated[str, typer.Option("--as", help="Slack user of who acts.")]
Source = Annotated[Path, typer.Option("--input", help="The EEI as JSON; see docs/filing.md.")]
_Made = TypeVar("_Made")
_MOST_BYTES = 1_000_000


@app.command("new")
def new(*, source: Source, user: As) -> None:
    """Draft an export and screen its parties."""

    def do(session: Session, actor: Actor, parts: App) -> list[str]:
        row = desk.new(session, told=_json(source), actor=actor, screener=parts.screener)
        return [f"{row.ref} is drafted.", *_open(row, parts)]

    _say(_act(user, do))


@app.command("change")
def change(ref: str, *, source: Source, user: As) -> None:
    """Replace the EEI of a draft; an approval is withdrawn."""

    def do(session: Session, actor: Actor, parts: App) -> list[str]:
        row = desk.change(
            session, ref=ref, told=_json(source), actor=actor, screener=parts.screener
        )
        return [f"{row.ref} is changed (revision {row.rev}).", *_open(row, parts)]

    _say(_act(user, do))


@app.command("show")
def show(
    ref: str,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """How an export stands, and what is missing."""
    parts = ready()
    with parts.database.snapshot() as session:
        row = session.exec(select(Export).where(Export.ref == ref.upper())).first()
        if row is None:
            bad_input(f"There is no export {ref}.")
        missing = desk.blockers(row, house=parts.house) if row.state in desk.OPEN else []
        tried = journal.attempts(session, row.key) if row.key else []
        told = {
            "ref": row.ref,
            "state": row.state,
            "revision": row.rev,
            "eei": row.eei,
            "missing": missing,
            "exemption": eei.exemption(desk.read(row)),
            "screened": [one.model_dump(mode="json") for one in row.screened],
            "approvedBy": row.approved_by,
            "reference": row.reference,
            "itn": row.itn,
            "citation": eei.citation(row.itn) if row.itn else None,
            "attempts": [
                {"number": one.number, "outcome": one.outcome, "answer": one.answer,
                 "sha256": one.sha256}
                for one in tried
            ],
        }  # fmt: skip
    if as_json:
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    typer.echo(f"{told['ref']}  {told['state']}  revision {told['revision']}")
    if told["citation"]:
        typer.echo(f"  {told['citation']}")
    if told["exemption"]:
        typer.echo(f"  No EEI may be due: {told['exemption']}. A person decides.")
    for one in missing:
        typer.echo(f"  ! {one}")


@app.command("clear")
def clear(
    ref: str,
    *,
    party: Annotated[str, typer.Option()],
    reason: Annotated[str, typer.Option()],
    user: As,
) -> None:
    """Compliance clears a denied-party match, with the reason."""

    def do(session: Session, actor: Actor, _parts: App) -> list[str]:
        desk.clear(session, ref=ref, party=party, reason=reason, actor=actor)
        return [f"The match of {party} is cleared."]

    _say(_act(user, do))


@app.command("approve")
def approve(ref: str, *, reason: Annotated[str, typer.Option()], user: As) -> None:
    """Compliance approves licence determination and parties."""

    def do(session: Session, actor: Actor, parts: App) -> list[str]:
        row = desk.approve(session, ref=ref, reason=reason, actor=actor, house=parts.house)
        return [f"{row.ref} is approved (revision {row.rev})."]

    _say(_act(user, do))


@app.command("file")
def file(ref: str, *, user: As) -> None:
    """A licensed broker files an approved export through the gateway."""

    def do(session: Session, actor: Actor, parts: App) -> list[str]:
        row = desk.file(session, ref=ref, actor=actor, house=parts.house)
        return [f"{row.ref} is on its way ({row.key})."]

    _say(_act(user, do))


@app.command("itn")
def itn(ref: str, number: str, *, user: As) -> None:
    """Record the ITN that AES gave."""

    def do(session: Session, actor: Actor, _parts: App) -> list[str]:
        return [desk.record_itn(session, ref=ref, number=number, actor=actor)]

    _say(_act(user, do))


def _act(user: str, do: Callable[[Session, Actor, App], _Made]) -> _Made:
    parts = ready()
    try:
        with parts.database.transaction() as session:
            return do(session, people.who(session, user), parts)
    except Refused as exc:
        bad_input(str(exc))


def _json(source: Path) -> dict[str, Any]:
    if not source.is_file() or source.stat().st_size > _MOST_BYTES:
        raise Refused(f"{source}: there is no such file, or it is too large.")
    try:
        told = json.loads(source.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise Refused(f"{source} is not JSON.") from None
    if not isinstance(told, dict):
        raise Refused(f"{source} is not an object.")
    return told


def _open(row: Export, parts: App) -> list[str]:
    return [f"  ! {one}" for one in desk.blockers(row, house=parts.house)]


def _say(lines: list[str]) -> None:
    for one in lines:
        typer.echo(one)
