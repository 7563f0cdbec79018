"""`tidewaiter products …`: the importers' confirmed goods, out, in, and side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from sqlmodel import select

from bot import product_files
from storage.columns import now
from storage.models import Person
from storage.values import Actor, Role
from workflows import products
from workflows.states import Refused

if TYPE_CHECKING:
    from sqlmodel import Session

    from bot.office import Office

Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Importer = Annotated[str, typer.Option("--importer", help="The client's name.")]
By = Annotated[str | None, typer.Option(help="A licensed broker: Slack user, or name.")]


def add(app: typer.Typer, office: Callable[[], Office]) -> None:
    """Put the group `products` into the command line."""
    group = typer.Typer(no_args_is_help=True, help="Importers' confirmed goods.")
    app.add_typer(group, name="products")
    _out(group, office)
    _in(group, office)


def _out(group: typer.Typer, office: Callable[[], Office]) -> None:
    @group.command("list")
    def listed(
        *,
        importer: Importer,
        retired: Annotated[bool, typer.Option("--retired", help="Also those.")] = False,
        as_json: Json = False,
    ) -> None:
        """The confirmed goods of a client, with conflicts and dead codes."""
        there = office()
        lookup = there.app.lookup

        def ask(session: Session) -> tuple[list[dict[str, Any]], list[products.Conflict]]:
            client = products.client(session, importer)
            rows = products.rows_of(session, client, retired=retired)
            told = [
                {
                    **one.model_dump(exclude={"id", "importer_id", "match_description"}),
                    "remark": product_files.remark(one.code, one.description, lookup),
                }
                for one in rows
            ]
            return told, products.conflicts(session, client)

        rows, clashes = _asked(there, ask)
        if as_json:
            told = [one.model_dump(mode="json") for one in clashes]
            typer.echo(json.dumps({"products": rows, "conflicts": told}, indent=2, default=str))
            return
        for one in rows:
            gone = f"  retired by {one['retired_by']}" if one["retired_at"] else ""
            typer.echo(
                f"{one['sku'] or '-':<14} {one['code']:<14} {one['description'][:60]}  "
                f"({one['confirmed_by']}, {one['confirmed_at']:%Y-%m-%d}){gone}"
            )
            if one["remark"] and not one["retired_at"]:
                typer.echo(f"  ! {one['remark']}")
        _conflicts(clashes)

    @group.command("export")
    def export(file: Path, *, importer: Importer) -> None:
        """Write the confirmed goods of a client to FILE (.csv or .xlsx)."""
        kind = file.suffix.lower().lstrip(".")
        if kind not in {"csv", "xlsx"}:
            _bad(f"{file.name}: name a .csv or an .xlsx file.")
        there = office()
        lookup = there.app.lookup

        def ask(session: Session) -> tuple[bytes, int]:
            client = products.client(session, importer)
            rows = products.rows_of(session, client)
            return product_files.written(rows, lookup=lookup, kind=kind), len(rows)

        made, count = _asked(there, ask)
        try:
            file.write_bytes(made)
        except OSError as exc:
            _bad(f"{file}: cannot be written ({exc.strerror}).")
        typer.echo(f"{count} products of {importer} are in {file}.")

    @group.command("conflicts")
    def conflicts(*, importer: Importer, as_json: Json = False) -> None:
        """Goods of a client that are confirmed under two codes."""
        clashes = _asked(
            office(),
            lambda session: products.conflicts(session, products.client(session, importer)),
        )
        if as_json:
            typer.echo(json.dumps([one.model_dump(mode="json") for one in clashes], indent=2))
        elif clashes:
            _conflicts(clashes)
        else:
            typer.echo("None.")


def _in(group: typer.Typer, office: Callable[[], Office]) -> None:
    @group.command("import")
    def take(file: Path, *, importer: Importer, by: By = None) -> None:
        """Check FILE (.csv, .xlsx) row by row; with --by, take the good rows in that name."""
        there = office()
        lookup = there.app.lookup
        _asked(there, lambda session: products.client(session, importer))
        actor = _asked(there, lambda session: _person(session, by)) if by else None
        try:
            found = product_files.read(
                file, lookup=lookup, by=actor.name if actor else "", on=now().date()
            )
        except product_files.BadFile as exc:
            _bad(str(exc))
        for one in found.bad:
            typer.echo(one, err=True)
        if actor is None:
            _bad(
                f"Nothing was taken: {len(found.good)} rows are good, {len(found.bad)} are not. "
                "A licensed broker confirms codes: name one with --by."
            )
        if not found.good:
            _bad("Nothing was taken: no row is good.")

        def put(session: Session) -> tuple[int, list[products.Conflict]]:
            client = products.client(session, importer)
            count = products.take(session, client, found.good, actor=actor, source=file.name)
            return count, products.conflicts(session, client)

        try:
            with there.ready.database.transaction() as session:
                count, clashes = put(session)
        except Refused as exc:
            _bad(str(exc))
        typer.echo(
            f"{count} products taken for {importer} in the name of {actor.name}; "
            f"{len(found.bad)} rows refused."
        )
        _conflicts(clashes)

    @group.command("retire")
    def retire(
        code: str,
        *,
        importer: Importer,
        sku: Annotated[str, typer.Option()] = "",
        by: Annotated[str, typer.Option(help="A licensed broker: Slack user, or name.")],
        reason: Annotated[str, typer.Option()],
    ) -> None:
        """Settle a conflict: CODE no longer answers for that article number."""
        there = office()
        try:
            with there.ready.database.transaction() as session:
                client = products.client(session, importer)
                count = products.retire(
                    session,
                    client,
                    sku=sku,
                    code=code,
                    actor=_person(session, by),
                    reason=reason,
                )
        except Refused as exc:
            _bad(str(exc))
        typer.echo(f"{count} retired.")


def _person(session: Session, named: str) -> Actor:
    """A licensed broker of the list, by Slack user or by name."""
    rows = session.exec(select(Person)).all()
    found = [
        one
        for one in rows
        if one.slack_user == named or one.name.casefold() == named.strip().casefold()
    ]
    if len(found) != 1:
        raise Refused(
            f"{named} is not one person of the list ('tidewaiter people list'). Nothing was taken."
        )
    person = found[0]
    if person.role is not Role.LICENSED_BROKER:
        raise Refused(
            f"{person.name} is {person.role.value}: only a licensed broker confirms tariff codes. "
            "Nothing was taken."
        )
    return Actor(id=person.slack_user, name=person.name, role=person.role, licence=person.licence)


def _conflicts(clashes: list[products.Conflict]) -> None:
    if clashes:
        typer.echo("Confirmed under two codes; a broker settles it (products retire):")
    for one in clashes:
        typer.echo(f"  {one.about}")
        for row in one.products:
            typer.echo(f"    {row.code:<14} SKU {row.sku or '-'}  by {row.by} on {row.on}")


def _asked(there: Office, what: Callable[[Session], Any]) -> Any:
    try:
        with there.ready.database.snapshot() as session:
            return what(session)
    except Refused as exc:
        _bad(str(exc))


def _bad(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
