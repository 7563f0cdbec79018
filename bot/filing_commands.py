"""`tidewaiter filing importer|bond|gate|show|attempts`: what filing needs, and how it stands."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from sqlmodel import Session, select

from bot.command import bad_input, ready
from storage.models import Entry, Importer, Shipment
from storage.values import SYSTEM
from workflows import bonds, booking, filing_facts, gate, journal, submitting
from workflows.gateways import packet as packets
from workflows.gateways.catair import write
from workflows.states import Refused

app = typer.Typer(no_args_is_help=True, help="What filing needs, and how it stands.")
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@app.command("importer")
def importer(
    name: str,
    *,
    ior_number: Annotated[str | None, typer.Option(help="NN-NNNNNNNXX and its like.")] = None,
    filer_code: Annotated[
        str | None, typer.Option(help="Its own code: it files itself, and only itself.")
    ] = None,
    isf_statement: Annotated[
        str | None, typer.Option(help="Who files its ISFs, as a standing statement.")
    ] = None,
) -> None:
    """Record an importer's number, its own filer code, who files its ISFs."""
    try:
        with ready().database.transaction() as session:
            filing_facts.record(
                session,
                _importer(session, name),
                actor=SYSTEM,
                ior_number=ior_number,
                filer_code=filer_code,
                isf_statement=isf_statement,
            )
    except Refused as exc:
        bad_input(str(exc))
    typer.echo(f"{name} is recorded.")


@app.command("bond")
def bond(
    name: str,
    *,
    kind: Annotated[str, typer.Option(help="continuous or single")],
    surety: Annotated[str, typer.Option(help="Three digits.")],
    amount: Annotated[str, typer.Option(help="US dollars.")],
    starts: Annotated[str, typer.Option(help="YYYY-MM-DD")],
    ends: Annotated[str | None, typer.Option(help="YYYY-MM-DD")] = None,
    number: Annotated[str | None, typer.Option()] = None,
    shipment: Annotated[str | None, typer.Option(help="Of a single bond: SHP-…")] = None,
) -> None:
    """Put a customs bond on file."""
    try:
        with ready().database.transaction() as session:
            row = None
            if shipment is not None:
                row = session.exec(select(Shipment).where(Shipment.ref == shipment.upper())).first()
                if row is None:
                    raise Refused(f"There is no shipment {shipment}.")
            bonds.record(
                session,
                importer=_importer(session, name),
                kind=kind,
                surety=surety,
                amount=_amount(amount),
                starts_on=_day(starts),
                ends_on=_day(ends) if ends else None,
                number=number,
                shipment=row,
                actor=SYSTEM,
            )
    except Refused as exc:
        bad_input(str(exc))
    typer.echo(f"The bond of {name} is recorded.")


@app.command("gate")
def gate_of(ref: str, *, as_json: Json = False) -> None:
    """What stands between a shipment and filing: what, who, by when."""
    parts = ready()
    with parts.database.snapshot() as session:
        row = session.exec(select(Shipment).where(Shipment.ref == ref.upper())).first()
        if row is None:
            bad_input(f"There is no shipment {ref}.")
        found = gate.for_house(session, row, house=parts.house)
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], indent=2))
        return
    for one in found:
        typer.echo(f"  ! {one.told()}")
    if not found:
        typer.echo("Nothing: it may be filed.")


@app.command("show")
def show(
    number: str,
    *,
    form: Annotated[str, typer.Option(help="packet, cargo_release or entry_summary")] = "packet",
) -> None:
    """The packet of an entry, as JSON or as CATAIR-shaped records (not CBP-certified)."""
    with ready().database.snapshot() as session:
        entry = _entry(session, number)
        if form == "packet":
            typer.echo(json.dumps(entry.filing, indent=1, sort_keys=True, ensure_ascii=False))
            return
        found = next((one for one in submitting.texts(entry) if one.kind == form), None)
        if found is not None:
            typer.echo(found.data.decode("ascii"), nl=False)
            return
        made = packets.read(entry.filing)
    why = " ".join(write.open_amounts(made)) if made is not None else ""
    bad_input(f"These records cannot be written. {why}".strip())


@app.command("attempts")
def attempts(number: str, *, as_json: Json = False) -> None:
    """Every attempt to hand an entry over, with its answer."""
    with ready().database.snapshot() as session:
        rows = journal.attempts(session, _entry(session, number).key)
    told = [
        {
            "number": one.number,
            "gateway": one.gateway,
            "at": one.started_at.isoformat(),
            "outcome": one.outcome,
            "answer": one.answer,
            "sha256": one.sha256,
        }
        for one in rows
    ]
    if as_json:
        typer.echo(json.dumps(told, indent=2))
        return
    for row in told:
        typer.echo(f"{row['number']:>4}  {row['at'][:19]}  {row['outcome']:<10} {row['answer']}")  # type: ignore[index]


def _importer(session: Session, name: str) -> Importer:
    row = session.exec(
        select(Importer).where(Importer.match_name == booking.match_name(name))
    ).first()
    if row is None:
        raise Refused(f"{name} is not among our importers: add it with 'tidewaiter importer add'.")
    return row


def _entry(session: Session, number: str) -> Entry:
    row = session.exec(select(Entry).where(Entry.number == number.upper())).first()
    if row is None:
        bad_input(f"There is no entry {number}.")
    return row


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("A date is written YYYY-MM-DD. Nothing was recorded.") from None


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise Refused(f"{text[:20]} is no amount. Nothing was recorded.") from None
