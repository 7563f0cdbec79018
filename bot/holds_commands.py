"""`tidewaiter holds …`: what stands, everything about one, its package, notes and figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from sqlmodel import Session, col, select

from bot import people
from storage.models import Hold
from workflows import hold_acts, hold_history, receipts
from workflows.review import Answer
from workflows.states import Refused

if TYPE_CHECKING:
    from bot.office import Office
    from storage.values import Actor

app = typer.Typer(no_args_is_help=True, help="Holds and the statuses of entries (docs/holds.md).")
By = Annotated[str, typer.Option("--by", help="Slack user id of the person who decides.")]
Told = Annotated[str, typer.Option()]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def add(office: Callable[[], Office]) -> typer.Typer:
    """The group `holds`."""

    @app.command("list")
    def listed(*, everything: Annotated[bool, typer.Option("--all")] = False) -> None:
        """Holds that stand, the oldest first."""
        with office().ready.database.snapshot() as session:
            wanted = select(Hold).order_by(col(Hold.id))
            rows = session.exec(wanted).all()
            told = [
                hold_history.line(session, one)
                for one in rows
                if everything or one.lifted_at is None or one.frozen
            ]
        typer.echo("\n".join(told) if told else "No hold stands.")

    @app.command("show")
    def show(hold_id: int, *, as_json: Json = False) -> None:
        """Everything that was said and done about a hold."""
        with office().ready.database.snapshot() as session:
            hold = session.get(Hold, hold_id)
            if hold is None:
                _bad(f"There is no hold {hold_id}.")
            made = hold_history.of(session, hold)
        _print(made) if as_json else typer.echo(hold_history.words(made))

    @app.command("statuses")
    def statuses(entry: str, *, as_json: Json = False) -> None:
        """What was reported of an entry, from all sources, in its order."""
        with office().ready.database.snapshot() as session:
            row = receipts.entry_of(session, entry)
            if row is None or row.id is None:
                _bad(f"There is no entry {entry}.")
            made = receipts.history(session, row.id)
        if as_json:
            _print(made)
            return
        for one in made:
            typer.echo(
                f"{one['at']}  {one['source']:<8} {one['code']:<9} {one['rawCode']:<6} "
                f"{one['effect']}: {one['reason']}"
            )

    @app.command("package")
    def package(hold_id: int, *, out: Annotated[Path, typer.Option("-o", "--out")]) -> None:
        """Write the package of a hold to a file."""
        ready = office().ready
        with ready.database.snapshot() as session:
            hold = session.get(Hold, hold_id)
        if hold is None or hold.package_sha256 is None:
            _bad("There is no package of this hold yet.")
        out.write_bytes(ready.blobs.read(hold.package_sha256))
        typer.echo(f"{out} is written: version {hold.package_version}.")

    @app.command("note")
    def note(
        hold_id: int,
        text: str,
        *,
        by: By,
        kind: str = "note",
        amount: str | None = None,
        currency: str | None = None,
    ) -> None:
        """Keep a call, a cost, an appointment or anything that was said."""
        paid = _number(amount) if amount else None
        _act(
            office(), by,
            lambda session, actor: hold_acts.note(
                session, hold_id=hold_id, kind=kind, text=text, actor=actor, amount=paid,
                currency=currency.upper() if currency else None,
            ),
        )  # fmt: skip

    @app.command("presented")
    def presented(
        hold_id: int, *, by: By, on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"])]
    ) -> None:
        """The goods were presented for examination: customs' five working days begin."""
        _act(
            office(), by,
            lambda session, actor: hold_acts.presented(
                session, hold_id=hold_id, on=on.date(), actor=actor
            ),
        )  # fmt: skip

    @app.command("case")
    def case(hold_id: int, *, by: By, number: Told, rate: Told, source: Told) -> None:
        """The AD/CVD case and its deposit rate, with the message it stands in."""
        percent = _number(rate)
        _act(
            office(), by,
            lambda session, actor: hold_acts.case(
                session, hold_id=hold_id, number=number, rate=percent, source=source, actor=actor
            ),
        )  # fmt: skip

    @app.command("assists")
    def assists(hold_id: int, *, by: By, amount: Told, source: Told) -> None:
        """What the buyer gave to the maker (tools, design work…), by a broker's word."""
        stated = _number(amount)
        _act(
            office(), by,
            lambda session, actor: hold_acts.assists(
                session, hold_id=hold_id, amount=stated, source=source, actor=actor
            ),
        )  # fmt: skip

    return app


def _act(office: Office, by: str, do: Callable[[Session, Actor], Answer]) -> None:
    with _refusals(), office.ready.database.transaction() as session:
        said = do(session, people.who(session, by)).text
    typer.echo(said)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except Refused as exc:
        _bad(str(exc))


def _number(text: str) -> Decimal:
    try:
        made = Decimal(text)
    except InvalidOperation:
        made = Decimal("NaN")
    if not made.is_finite():
        _bad(f"{text} is no amount.")
    return made


def _bad(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(2)


def _print(made: Any) -> None:
    typer.echo(json.dumps(made, indent=1, ensure_ascii=False, default=str))
