"""`tidewaiter papers`: what can be made of a shipment, and the papers themselves as files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from sqlmodel import Session, col, select

from bot import logs, people
from bot.compose import App, build
from bot.settings import Settings
from storage import migrate
from storage.models import Paper, Shipment
from storage.values import Actor
from workflows.papers import asking, conflicts, making, stating
from workflows.papers.sheet import Kind
from workflows.ports import Permanent
from workflows.review import Answer
from workflows.states import Refused

app = typer.Typer(no_args_is_help=True, help="Papers of a shipment: invoice draft to 7501.")
By = Annotated[str, typer.Option("--by", help="Who asks: the Slack user on the people list.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@app.command("list")
def list_papers(ref: str, *, as_json: Json = False) -> None:
    """What can be made, and what each paper lacks."""
    product = _product()
    with product.database.transaction() as session:
        shipment = _shipment(session, ref)
        conflicts.look(session, shipment)
        assert shipment.id is not None
        menu = asking.menu(session, shipment_id=shipment.id, house=product.house)
    if as_json:
        typer.echo(json.dumps(menu.model_dump(mode="json"), ensure_ascii=False, indent=2))
        return
    for why in menu.stopped:
        typer.echo(f"No paper can be made: {why}")
    for one in menu.conflicts:
        typer.echo(f"Discrepancy {one.id}: {one.title}: {'; '.join(one.claims)}")
    for offer in menu.offers:
        version = f"version {offer.version}" if offer.version else "not made yet"
        changed = ", its facts have changed since" if offer.outdated else ""
        part = f" {offer.part}" if offer.part else ""
        typer.echo(f"{offer.kind}{part}: {offer.title} ({version}{changed})")
        for lack in offer.lacks:
            typer.echo(f"    lacks {lack}")
        if offer.open:
            typer.echo(f"    to be completed: {', '.join(offer.open)}")


@app.command("make")
def make(
    ref: str,
    kind: Kind,
    *,
    by: By,
    part: Annotated[str | None, typer.Option(help="One of several certificates.")] = None,
    output: Annotated[Path | None, typer.Option("-o", help="Write the PDF here as well.")] = None,
) -> None:
    """Order a paper; with -o also write it to a file."""
    product = _product()

    def ask(session: Session, actor: Actor, shipment_id: int) -> Answer:
        return asking.ask(
            session, shipment_id=shipment_id, kind=kind, part=part, actor=actor, house=product.house
        )

    answer = _decide(product, ref, by, ask)
    if not answer.changed:
        _bad(answer.text)
    typer.echo(answer.text)
    if output is None:
        return
    with product.database.snapshot() as session:
        shipment = _shipment(session, ref)
        rows = session.exec(
            select(Paper)
            .where(
                Paper.shipment_id == shipment.id,
                Paper.kind == kind.value,
                col(Paper.superseded_by).is_(None),
            )
            .order_by(col(Paper.version))
        ).all()
    newest = {row.part: row for row in rows if part is None or row.part == part}
    for name, row in newest.items():
        place = output if len(newest) == 1 else output.with_stem(f"{output.stem}-{name}")
        try:
            place.write_bytes(making.pressed(row.template, row.facts)[0])
        except (OSError, Permanent) as exc:
            _bad(f"{place} was not written: {exc}")
        typer.echo(f"{place}: version {row.version}")


@app.command("state")
def state(
    ref: str,
    facts: Annotated[list[str], typer.Argument(help="name=value, one or more.")],
    *,
    by: By,
) -> None:
    """State facts that no document brought (an empty value takes one back)."""
    written = "\n".join(facts)
    answer = _decide(
        _product(),
        ref,
        by,
        lambda session, actor, shipment_id: stating.state(
            session, shipment_id=shipment_id, written=written, actor=actor
        ),
    )
    typer.echo(answer.text)


@app.command("decide")
def decide(
    ref: str,
    discrepancy: int,
    value: str,
    *,
    by: By,
    reason: Annotated[str, typer.Option(help="How you know.")],
) -> None:
    """Say which of two figures holds."""

    def say(session: Session, actor: Actor, shipment_id: int) -> Answer:
        if discrepancy not in {one.id for one in conflicts.open_ones(session, shipment_id)}:
            raise Refused(f"{ref} has no open discrepancy {discrepancy}.")
        return asking.decide(
            session, discrepancy_id=discrepancy, value=value, reason=reason, actor=actor
        )

    typer.echo(_decide(_product(), ref, by, say).text)


def _decide(
    product: App, ref: str, by: str, what: Callable[[Session, Actor, int], Answer]
) -> Answer:
    try:
        with product.database.transaction() as session:
            shipment = _shipment(session, ref)
            assert shipment.id is not None
            return what(session, people.who(session, by), shipment.id)
    except Refused as exc:
        _bad(str(exc))


def _shipment(session: Session, ref: str) -> Shipment:
    row = session.exec(select(Shipment).where(Shipment.ref == ref.upper())).first()
    if row is None:
        _bad(f"There is no shipment {ref}.")
    return row


def _product() -> App:
    try:
        settings = Settings()
    except ValidationError as exc:
        _bad(f"The settings are not right ({exc.errors()[0]['msg']}): run 'tidewaiter doctor'.")
    logs.configure("WARNING", process="cli")
    product = build(settings)
    migrate.upgrade(product.database)
    return product


def _bad(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
