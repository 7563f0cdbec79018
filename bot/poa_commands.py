"""`tidewaiter poa`: powers of attorney on file, and sending them for signature.

Whatever decides names who decides (`--by`, a Slack user): a licensed broker.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from pydantic import ValidationError

from storage.powers import CHECKS
from workflows.states import Refused

if TYPE_CHECKING:
    from bot.poa_desk import PoaDesk

app = typer.Typer(no_args_is_help=True, help="Powers of attorney of importers.")

By = Annotated[str, typer.Option("--by", help="Slack user of the licensed broker who decides.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Kind = Annotated[str | None, typer.Option(help="individual, partnership, corporation or llc.")]
Ports = Annotated[list[str] | None, typer.Option("--port", help="Covers this port only.")]
Types = Annotated[list[str] | None, typer.Option("--entry-type", help="Covers this type only.")]


@app.command("list")
def list_all(*, as_json: Json = False) -> None:
    """Every importer, and whether we may act for it today."""
    rows = _do(lambda desk: desk.standing())
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        on_file = f"on file, signed by {row['signedBy']} on {row['signedOn']}"
        if row["expiresOn"]:
            on_file += f", ends on {row['expiresOn']}"
        typer.echo(f"{row['importer']:<32} {row['problem'] or on_file}")


@app.command()
def show(importer: str, *, as_json: Json = False) -> None:
    """Everything about one importer's powers of attorney."""
    found = _do(lambda desk: desk.show(importer))
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    typer.echo(f"{found['importer']}: {found['problem'] or 'a power of attorney is on file.'}")
    for one in found["powers"]:
        state = "waits for its check" if one["awaitsCheck"] else "on file"
        state = f"revoked {one['revokedOn']}" if one["revokedOn"] else state
        until = f" until {one['expiresOn']}" if one["expiresOn"] else ""
        typer.echo(
            f"  power {one['id']}: {state}, signed by {one['signedBy']} on {one['signedOn']}"
            f"{until}, {one['scope']}"
        )
    for one in found["requests"]:
        why = f": {one['reason']}" if one["reason"] else ""
        typer.echo(
            f"  request of {one['askedAt'][:10]} to {one['signer']} <{one['mail']}> by "
            f"{one['via']}: {one['state']}{why}, {one['reminders']} reminders"
        )


@app.command()
def record(
    importer: str,
    *,
    by: By,
    signed_by: Annotated[str, typer.Option()],
    signed_on: Annotated[str, typer.Option(help="YYYY-MM-DD")],
    expires_on: Annotated[str | None, typer.Option(help="YYYY-MM-DD")] = None,
    document: Annotated[Path | None, typer.Option(help="The signed document.")] = None,
    kind: Kind = None,
    port: Ports = None,
    entry_type: Types = None,
    grantor: Annotated[
        str | None, typer.Option(help="The name on it, where it is not the importer's.")
    ] = None,
    number: Annotated[str | None, typer.Option(help="Importer number on it.")] = None,
    title: Annotated[str | None, typer.Option(help="Capacity of the signer.")] = None,
    nonresident: Annotated[bool, typer.Option("--nonresident")] = False,
    resident_agent: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Put a power of attorney on file that was signed on paper."""
    given = _do(
        lambda desk: desk.record(
            importer,
            by=by,
            signed_by=signed_by,
            signed_on=signed_on,
            expires_on=expires_on,
            document=document,
            kind=kind,
            ports=port or [],
            entry_types=entry_type or [],
            grantor=grantor,
            number=number,
            title=title,
            nonresident=nonresident,
            resident_agent=resident_agent,
        )
    )
    typer.echo(f"Power of attorney {given} of {importer} is on file.")


@app.command()
def revoke(
    power: Annotated[int, typer.Argument(help="Its number, from 'poa show'.")],
    *,
    by: By,
    reason: Annotated[str, typer.Option()],
    on: Annotated[str | None, typer.Option(help="YYYY-MM-DD; default today.")] = None,
) -> None:
    """Record that a power of attorney was revoked, or is not accepted."""
    _do(lambda desk: desk.revoke(power, by=by, reason=reason, on=on))
    typer.echo(f"Power of attorney {power} is revoked.")


@app.command()
def signer(
    importer: str,
    *,
    by: By,
    name: Annotated[str | None, typer.Option("--signer")] = None,
    title: Annotated[str | None, typer.Option()] = None,
    mail: Annotated[str | None, typer.Option()] = None,
    kind: Kind = None,
    address: Annotated[str | None, typer.Option()] = None,
    number: Annotated[str | None, typer.Option(help="Importer number.")] = None,
    state: Annotated[str | None, typer.Option(help="State of registration.")] = None,
    partner: Annotated[list[str] | None, typer.Option()] = None,
    nonresident: Annotated[bool | None, typer.Option("--nonresident/--resident")] = None,
    resident_agent: Annotated[str | None, typer.Option()] = None,
    own_domain: Annotated[
        list[str] | None, typer.Option(help="A domain or address that is the importer's own.")
    ] = None,
) -> None:
    """Record who signs for an importer, and what its form says."""
    _do(
        lambda desk: desk.signer(
            importer,
            by=by,
            who=(name, title, mail),
            kind=kind,
            address=address,
            number=number,
            state=state,
            partners=tuple(partner) if partner else None,
            nonresident=nonresident,
            resident_agent=resident_agent,
            own_domains=tuple(one.casefold() for one in own_domain) if own_domain else None,
        )
    )
    typer.echo(f"Recorded for {importer}.")


@app.command()
def request(
    importer: str,
    *,
    by: By,
    name: Annotated[str | None, typer.Option("--signer")] = None,
    title: Annotated[str | None, typer.Option()] = None,
    mail: Annotated[str | None, typer.Option()] = None,
    kind: Kind = None,
    shipment: Annotated[str | None, typer.Option(help="Told in this shipment's thread.")] = None,
    port: Ports = None,
    entry_type: Types = None,
) -> None:
    """Send the form for signature to a person at the importer of record itself."""
    typer.echo(
        _do(
            lambda desk: desk.request(
                importer,
                by=by,
                who=(name, title, mail),
                kind=kind,
                ref=shipment,
                ports=port or [],
                entry_types=entry_type or [],
            )
        )
    )


@app.command()
def check(
    power: Annotated[int, typer.Argument(help="Its number, from 'poa show'.")],
    *,
    by: By,
    note: Annotated[str, typer.Option(help="What you looked at.")],
    ticked: Annotated[
        list[str] | None,
        typer.Option("--checked", help=f"One of {', '.join(name for name, _ in CHECKS)}."),
    ] = None,
) -> None:
    """Say that you have checked who signed: from then on it counts."""
    typer.echo(_do(lambda desk: desk.check(power, by=by, ticked=ticked or [], note=note)))


@app.command()
def withdraw(importer: str, *, by: By, reason: Annotated[str, typer.Option()]) -> None:
    """Take an open request for a signature back."""
    _do(lambda desk: desk.withdraw(importer, by=by, reason=reason))
    typer.echo(f"The request to {importer} is taken back.")


def _do(what: Callable[[PoaDesk], Any]) -> Any:
    from bot import cli  # noqa: PLC0415 - it mounts these commands, so it is loaded by now

    try:
        return what(cli.open_office().powers)
    except ValidationError as exc:
        _refuse(str(exc.errors()[0]["msg"]))
    except (Refused, ValueError) as exc:
        _refuse(str(exc))


def _refuse(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
