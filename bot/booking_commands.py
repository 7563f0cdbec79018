"""`tidewaiter booking …`: files of bookings, what triggers would do, gaps, lanes, the source."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from sqlmodel import select

from bot import drop, logs
from bot.compose import App, build
from bot.settings import Settings
from ingest import bookings
from knowledge.lanes import BadLane, UnknownLane
from storage import migrate
from storage.models import Shipment, TmsCursor
from storage.values import Value
from workflows.booked import acting, gaps, importing, lacking, pulling, triggers
from workflows.booked.triggers import BadTriggers
from workflows.ports import Permanent, Transient
from workflows.states import Refused

app = typer.Typer(no_args_is_help=True, help="Bookings: what opens a shipment before documents.")
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@app.command("import")
def import_file(
    file: Path,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Take a CSV or XLSX file of bookings; wrong rows are told, good ones taken, each file once."""
    if not file.is_file():
        _bad_input(f"{file}: there is no such file.")
    made = _app()
    good, lines = _rehearsed(made, file) if dry_run else drop.take_file(made, file)
    if as_json:
        typer.echo(json.dumps({"ok": good, "dryRun": dry_run, "lines": lines}, indent=2))
    if not good:
        _bad_input("\n".join(lines))
    if not as_json:
        for line in lines:
            typer.echo(line)


def _rehearsed(made: App, file: Path) -> tuple[bool, list[str]]:
    data = file.read_bytes()[: bookings.LARGEST + 1]
    try:
        table = bookings.read(file.name, data)
    except bookings.NoTable as exc:
        return False, [str(exc)]
    with made.database.snapshot() as session:
        before = importing.known(session, hashlib.sha256(data).hexdigest())
        if before:
            return True, [f"{file.name} was {before}: nothing would be done."]
        lines = [
            f"row {at}: {facts.external_id} {importing.preview(session, facts, house=made.house)}"
            for at, facts in table.rows
        ]
    lines += [f"row {one.row}: would not be taken: {one.problem}" for one in table.errors]
    if table.unknown:
        lines.append(f"columns that would be left out: {', '.join(table.unknown[:20])}")
    return bool(table.rows), lines


@app.command("triggers")
def show_triggers(
    *,
    dry_run: Annotated[
        str | None, typer.Option("--dry-run", help="A shipment whose past is played again.")
    ] = None,
    table: Annotated[Path | None, typer.Option("--table", help="A table to try.")] = None,
    as_json: Json = False,
) -> None:
    """The table of milestones; with --dry-run what it would have done for a shipment."""
    made = _app()
    try:
        tried = triggers.load(table) if table else made.booking_rules.triggers
    except BadTriggers as exc:
        _bad_input(str(exc))
    if dry_run is None:
        if as_json:
            _print(tried.model_dump(mode="json"))
            return
        typer.echo(f"version {tried.version}")
        for row in tried.trigger:
            typer.echo(f"{row.when:<58} {', '.join(row.do)}")
        return
    with made.database.snapshot() as session:
        shipment = session.exec(select(Shipment).where(Shipment.ref == dry_run.upper())).first()
        if shipment is None:
            _bad_input(f"There is no shipment {dry_run}.")
        past = acting.rehearse(session, shipment, tried)
    if as_json:
        _print(
            [
                {
                    "milestone": one.milestone,
                    "at": one.at.isoformat(),
                    "did": list(one.did),
                    "by": one.by,
                    "would": list(one.would),
                }
                for one in past
            ]
        )
        return
    typer.echo(f"{dry_run.upper()} by version {tried.version}; nothing is done:")
    for one in past:
        typer.echo(f"{one.at:%Y-%m-%d %H:%M}  {one.milestone}")
        for action in dict.fromkeys((*one.did, *one.would)):
            sign = " " if action in one.did and action in one.would else "+"
            sign = "-" if action not in one.would else sign
            typer.echo(f"    {sign} {action}")
    if not past:
        typer.echo("No milestone was ever received for it.")


@app.command("gaps")
def show_gaps(
    *,
    importer: Annotated[str | None, typer.Option(help="Only this client's.")] = None,
    as_json: Json = False,
) -> None:
    """Which customs fields the bookings fill, from which of their fields, and how often."""
    made = _app()
    try:
        with made.database.snapshot() as session:
            found = gaps.report(session, importer=importer)
    except Refused as exc:
        _bad_input(str(exc))
    if as_json:
        _print({"overall": gaps.overall(found), "fields": [_told(one) for one in found]})
        return
    count = found[0].of
    typer.echo(f"{count} booked shipments; {gaps.overall(found)}% of the fields are filled.")
    for one in found:
        come_from = "; ".join(f"{source}: {field}" for source, field in one.sources if field)
        typer.echo(f"{one.share:>4}%  {one.filled:>5}  {one.field:<42} {come_from or 'documents'}")


@app.command("lane")
def show_lane(origin: str, destination: str, mode: str, *, as_json: Json = False) -> None:
    """What a trade lane asks for, e.g. CN US ocean."""
    made = _app()
    try:
        profile = made.booking_rules.lanes.profile(origin.upper(), destination.upper(), mode)
    except UnknownLane as exc:
        _bad_input(str(exc))
    if as_json:
        _print(_told(profile.model_copy(update={"origins": frozenset({origin.upper()})})))
        return
    typer.echo(f"{profile.name} ({profile.edition})")
    for title, needs in (
        ("Documents", profile.documents),
        ("Facts", profile.fields),
        ("Signatures", profile.signatures),
    ):
        typer.echo(title)
        for need in needs:
            claimed = " [where a preference is claimed]" if need.when == "preference" else ""
            typer.echo(f"  {lacking.words(need.name)}: {need.because}{claimed}")


@app.command("pull")
def pull_now() -> None:
    """Ask the source for its shipments now, beside the regular rounds."""
    made = _app()
    if made.booking_rules.tms is None:
        _bad_input("No source is configured: set TIDEWAITER_TMS__URL and TIDEWAITER_TMS__TOKEN.")
    with made.database.transaction() as session:
        row = session.get(TmsCursor, made.booking_rules.tms)
        if row is not None:
            row.next_at = None
            session.add(row)
            session.flush()
        begun = pulling.schedule(session, house=made.house)
        said = row.said if row else ""
    typer.echo("The source is asked." if begun else "It is being asked already.")
    if said:
        typer.echo(f"Last page: {said}.")


def check(made: App) -> tuple[bool, str]:
    """For the doctor: lanes, triggers, the drop folder, and whether the source lets us in."""
    try:
        rules = made.booking_rules
        folder = made.settings.bookings.drop_folder
        if folder is not None and not folder.expanduser().is_dir():
            return False, f"{folder}: there is no such folder to drop bookings in"
        listed = made.tms.pull(None) if made.tms is not None else None
    except (BadLane, BadTriggers, Transient, Permanent) as exc:
        return False, str(exc)
    source = f"the source lists {len(listed.listed)} on its first page" if listed else "no source"
    return True, f"{len(rules.lanes.profiles)} lanes, triggers {rules.triggers.version}, {source}"


def _told(value: Value) -> Any:
    return {
        name: sorted(part) if isinstance(part, set | frozenset) else part
        for name, part in value.model_dump().items()
    }


def _app() -> App:
    try:
        settings = Settings()
    except ValidationError as exc:
        first = exc.errors()[0]
        name = "__".join(str(part).upper() for part in first["loc"])
        _bad_input(f"TIDEWAITER_{name}: {first['msg']}")
    logs.configure("WARNING", process="cli")
    made = build(settings)
    migrate.upgrade(made.database)
    try:
        _ = made.booking_rules
    except (BadLane, BadTriggers) as exc:
        _bad_input(str(exc))
    return made


def _print(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def _bad_input(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
