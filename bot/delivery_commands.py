"""`tidewaiter release` and `delivery`: who hears of releases, who collects, what waiting costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlmodel import Session, select

from bot import people
from bot.command import bad_input, ready
from storage import audit
from storage.columns import now
from storage.models import Importer, Pickup, Shipment
from storage.notices import Route
from storage.values import SYSTEM, Actor
from workflows import (
    booking,
    carrier_mail,
    collecting,
    delivery,
    demurrage,
    filing,
    notices,
    release,
)
from workflows.outgoing.webhook import secret_for
from workflows.states import Refused

releases = typer.Typer(no_args_is_help=True, help="Who hears of releases, and corrections.")
deliveries = typer.Typer(no_args_is_help=True, help="Carriers, appointments, free time.")
By = Annotated[str, typer.Option("--by", help="The Slack user on the people list.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
_MOST_PROOF = 10_000_000


@releases.command("route")
def route(
    importer: str,
    name: Annotated[str, typer.Argument(help="A name of your own, or the mail address.")],
    *,
    webhook: Annotated[str | None, typer.Option(help="https://…")] = None,
    sftp: Annotated[str | None, typer.Option(help="USER@HOST[:PORT][/FOLDER]")] = None,
    host_key: Annotated[str | None, typer.Option(help="As ssh-keyscan prints it.")] = None,
    remove: Annotated[bool, typer.Option("--remove")] = False,
) -> None:
    """Add, change or remove one way by which an importer's consignees hear of releases."""
    product = ready()
    try:
        made = None if remove else _route(name, webhook, sftp, host_key)
        with product.database.transaction() as session:
            row = _importer(session, importer)
            standing = notices.standing(row)
            kept = [one for one in standing if one.name != name]
            if remove and len(kept) == len(standing):
                raise Refused(f"{importer} has no route {name}.")
            row.notices = [*kept, made] if made else kept
            session.add(row)
            audit.record(
                session, "notice_route_recorded", actor=SYSTEM, importer_id=row.id, route=name,
                by=made.by if made else None,
            )  # fmt: skip
    except (Refused, ValidationError) as exc:
        bad_input(_words(exc))
    typer.echo(f"{name} is {'removed' if remove else 'recorded'}.")
    if made is not None and made.url is not None:
        typer.echo(f"Secret of its signatures: {secret_for(product.webhook_secret, made.url)}")


@releases.command("routes")
def routes(importer: str) -> None:
    """How an importer's consignees hear of releases, with the secrets of webhooks."""
    product = ready()
    try:
        with product.database.snapshot() as session:
            found = notices.standing(_importer(session, importer))
    except Refused as exc:
        bad_input(str(exc))
    for one in found:
        where = {"email": one.to, "webhook": one.url, "sftp": f"{one.user}@{one.host}:{one.port}"}
        typer.echo(f"{one.name}: {one.by} {where[one.by]}")
        if one.url is not None:
            typer.echo(f"    secret {secret_for(product.webhook_secret, one.url)}")


@releases.command("correct")
def correct(ref: str, *, by: By, reason: Annotated[str, typer.Option()]) -> None:
    """Tell consignees what of the notice has changed."""
    product = ready()

    def act(session: Session, actor: Actor, shipment: Shipment) -> str:
        told = release.correct(session, shipment, reason=reason, actor=actor, house=product.house)
        return f"A correction goes to {', '.join(told)}."

    _decide(ref, by, act)


@deliveries.command("carrier")
def carrier(importer: str, name: Annotated[str, typer.Argument(help="Of the terms.")]) -> None:
    """Record who collects an importer's goods: released goods are sent for without a click."""
    product = ready()
    try:
        with product.database.transaction() as session:
            row = _importer(session, importer)
            if name not in product.house.delivery.carrier:
                known = ", ".join(sorted(product.house.delivery.carrier)) or "none"
                raise Refused(f"{name} is not in the terms of delivery (there: {known}).")
            row.carrier = name
            session.add(row)
            audit.record(
                session, "carrier_recorded", actor=SYSTEM, importer_id=row.id, carrier=name
            )
    except Refused as exc:
        bad_input(str(exc))
    typer.echo(f"{importer}: {product.house.delivery.carrier[name].name} collects.")


@deliveries.command("request")
def request(
    ref: str, *, by: By, carrier: Annotated[str, typer.Option(help="Of the terms.")]
) -> None:
    """Ask a carrier to collect a released shipment, in place of an earlier request."""
    product = ready()
    _decide(
        ref, by,
        lambda session, actor, shipment: delivery.ask_again(
            session, shipment, carrier=carrier, actor=actor, house=product.house
        ),
    )  # fmt: skip


@deliveries.command("record")
def record(
    ref: str,
    *,
    by: By,
    appointment: Annotated[
        str | None, typer.Option(help="2026-12-03T09:00, the port's time")
    ] = None,
    available: Annotated[str | None, typer.Option(help="YYYY-MM-DD")] = None,
    last_free_day: Annotated[
        str | None, typer.Option(help="YYYY-MM-DD, as the terminal says")
    ] = None,
    gate_out: Annotated[str | None, typer.Option(help="YYYY-MM-DD")] = None,
    empty: Annotated[str | None, typer.Option(help="YYYY-MM-DD")] = None,
    chassis: Annotated[
        str | None, typer.Option(help="YYYY-MM-DD, where not with the empty")
    ] = None,
    container: Annotated[
        str | None, typer.Option(help="The days are of this container only.")
    ] = None,
    proof: Annotated[Path | None, typer.Option(help="The proof of delivery, a PDF.")] = None,
) -> None:
    """Record what is known of a pickup: appointment, days of the container, proof of delivery."""
    product = ready()
    days = {"available_on": available, "last_free_day": last_free_day, "gate_out_on": gate_out,
            "empty_on": empty, "chassis_on": chassis}  # fmt: skip
    data = _file(proof) if proof else None
    sha256 = product.blobs.put(data) if data else ""

    def act(session: Session, actor: Actor, shipment: Shipment) -> str:
        row = _pickup(session, shipment)
        told: list[str] = []
        for what, on in days.items():
            if on is not None:
                told.append(
                    collecting.day(
                        session, pickup_id=row.id or 0, what=what, on=_day(on), actor=actor,
                        house=product.house, container=container,
                    )
                )  # fmt: skip
        if appointment is not None:
            at = _moment(appointment, shipment)
            told.append(
                collecting.appoint(
                    session, pickup_id=row.id or 0, at=at, by=actor.name, way="cli", actor=actor,
                    house=product.house,
                )
            )  # fmt: skip
        if data is not None and proof is not None:
            document = collecting.proof_file(
                row.shipment_id, name=proof.name, sha256=sha256, size=len(data)
            )
            told.append(
                collecting.proof(
                    session, pickup_id=row.id or 0, document=document, at=None, by=actor.name,
                    actor=actor,
                )
            )  # fmt: skip
        if not told:
            raise Refused("Nothing was given to record.")
        return "\n".join(told)

    _decide(ref, by, act)


@deliveries.command("costs")
def costs(
    ref: str,
    *,
    on: Annotated[str | None, typer.Option(help="YYYY-MM-DD; default: today")] = None,
    as_json: Json = False,
) -> None:
    """Demurrage, detention and chassis days of a shipment, day by day, as of a day."""
    product = ready()
    try:
        day = _day(on) if on else now().date()
        with product.database.snapshot() as session:
            shipment = _shipment(session, ref)
            every = shipment.transport.containers
            counts = demurrage.counts(session, shipment, on=day, house=product.house)
            free = notices.free_time_of(session, shipment, product.house)
    except Refused as exc:
        bad_input(str(exc))
    if as_json:
        made = [{**one.model_dump(mode="json"), "amount": _amount(one)} for one in counts]
        typer.echo(json.dumps(made, indent=2))
        return
    if free.warning:
        typer.echo(free.warning)
    for one in counts:
        some = f" of {', '.join(one.numbers)}" if len(one.numbers) < len(every) else ""
        begins = one.begins or "not known"
        typer.echo(f"{one.name}{some}: last free day {begins}, up to {one.until}")
        if one.unknown:
            typer.echo(f"    {one.unknown}")
        for charge in one.days:
            typer.echo(f"    {charge.on} day {charge.number}: {charge.rate} {one.currency}")
        if one.unknown is None:
            typer.echo(
                f"    {_amount(one)} {one.currency}, containers: {one.containers} ({one.source})"
            )
    for name in ("demurrage", "detention", "chassis"):
        of = [one for one in counts if one.name == name]
        together = demurrage.total(of, of[0].name) if len(of) > 1 else None
        if together is not None:
            typer.echo(f"{name}, all containers: {together:.2f} USD")


def _amount(one: demurrage.Count) -> str | None:
    return None if one.amount is None else format(one.amount, ".2f")


def _decide(ref: str, by: str, act: Callable[[Session, Actor, Shipment], str]) -> None:
    try:
        with ready().database.transaction() as session:
            actor = people.who(session, by)
            said = act(session, actor, _shipment(session, ref))
    except Refused as exc:
        bad_input(str(exc))
    typer.echo(said)


def _route(name: str, webhook: str | None, sftp: str | None, host_key: str | None) -> Route:
    if webhook and sftp:
        raise Refused("A route is a webhook or an SFTP server, not both.")
    if webhook:
        return Route(name=name, by="webhook", url=webhook)
    if sftp is None:
        return Route(name=name, by="email", to=name)
    user, _, place = sftp.partition("@")
    server, slash, folder = place.partition("/")
    host, _, port = server.partition(":")
    if not port.isdecimal() and port:
        raise Refused("The port of the server is a number.")
    return Route(
        name=name, by="sftp", host=host, user=user, host_key=host_key, port=int(port or 22),
        folder=f"/{folder}" if slash else ".",
    )  # fmt: skip


def _importer(session: Session, name: str) -> Importer:
    match = booking.match_name(name)
    found = session.exec(select(Importer).where(Importer.match_name == match)).first()
    if found is None:
        raise Refused(f"There is no importer {name}: record it with `tidewaiter importer add`.")
    return found


def _shipment(session: Session, ref: str) -> Shipment:
    found = session.exec(select(Shipment).where(Shipment.ref == ref.upper())).first()
    if found is None:
        raise Refused(f"There is no shipment {ref}.")
    return found


def _pickup(session: Session, shipment: Shipment) -> Pickup:
    entry = filing.latest_entry(session, shipment.id or 0)
    if entry is None:
        raise Refused(f"{shipment.ref} is not filed yet: there is nothing to collect.")
    return notices.count_early(session, entry, shipment)


def _file(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as exc:
        bad_input(f"{path} cannot be read: {exc.strerror}")
    if not data.startswith(b"%PDF-") or len(data) > _MOST_PROOF:
        bad_input(f"{path} is no PDF of at most 10 MB. Nothing was recorded.")
    return data


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text} is no day: write YYYY-MM-DD.") from None


def _moment(text: str, shipment: Shipment) -> datetime:
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text} is no time: write 2026-12-03T09:00.") from None
    zone = carrier_mail.zone_of(shipment.transport.portOfDischarge)
    return (told if told.tzinfo else told.replace(tzinfo=zone)).astimezone(UTC)


def _words(exc: Refused | ValidationError) -> str:
    if isinstance(exc, Refused):
        return str(exc)
    return str(exc.errors()[0]["msg"]).removeprefix("Value error, ")
