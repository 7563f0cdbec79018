"""`tidewaiter archive`: audit packages, the check of the archive, legal holds, and disposal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress
from sqlmodel import Session, col, select

from bot import logs, people
from bot.compose import App, build
from bot.settings import Settings
from storage import audit, migrate
from storage.columns import now
from storage.models import Entry, Shipment
from storage.values import SYSTEM
from workflows import archive, audit_package, integrity, retention
from workflows.states import Refused

app = typer.Typer(no_args_is_help=True, help="Files of shipments: packages, checks, holds, ends.")

By = Annotated[str, typer.Option("--by", help="Slack id of the person who decides.")]
Reason = Annotated[str, typer.Option("--reason")]


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (Refused, ValueError) as exc:
        typer.echo(str(exc), err=True)
        raise typer.Exit(2) from None


def _app() -> App:
    logs.configure("WARNING", process="cli")
    made = build(Settings())
    migrate.upgrade(made.database)
    return made


def _shipment(session: Session, ref: str) -> Shipment:
    """By its own number or an entry's."""
    found = session.exec(select(Shipment).where(Shipment.ref == ref.upper())).first()
    if found is None:
        entry = session.exec(select(Entry).where(Entry.number == ref.upper())).first()
        found = session.get(Shipment, entry.shipment_id) if entry else None
    if found is None:
        raise Refused(f"There is no shipment or entry {ref}.")
    return found


@app.command()
def package(
    *,
    entry: Annotated[list[str] | None, typer.Option(help="Entry number; may be repeated.")] = None,
    importer: Annotated[str | None, typer.Option(help="All entries of this importer.")] = None,
    since: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"])] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"])] = None,
    out: Annotated[Path, typer.Option("-o", "--out")] = Path("audit-package.zip"),
) -> None:
    """One ZIP with everything on file about entries: originals, filing, decisions, index, sums."""
    made_app = _app()
    with _refusals():
        with made_app.database.snapshot() as session:
            entries = audit_package.chosen(
                session,
                numbers=entry or (),
                importer=importer,
                since=_day(since),
                until=_day(until),
            )
        made = _write(made_app, entries, out)
    with made_app.database.transaction() as session:
        audit.record(
            session,
            "audit_package_made",
            actor=SYSTEM,
            entries=[one.entry for one in made.folders],
            sha256=made.sha256,
        )
    for said in made.problems:
        typer.echo(f"! {said}", err=True)
    files = sum(len(one.files) for one in made.folders)
    typer.echo(f"{out}: {len(made.folders)} entries, {files} files, sha256 {made.sha256}")
    if made.problems:
        raise typer.Exit(1)


def _write(made_app: App, entries: list[int], out: Path) -> audit_package.Made:
    part = out.with_name(f".{out.name}.part")
    with Progress(transient=True) as bar, part.open("w+b") as file:
        task = bar.add_task("Entries", total=len(entries))
        made = audit_package.write(
            file,
            entries,
            snapshot=made_app.database.snapshot,
            blobs=made_app.blobs,
            firm=made_app.settings.firm,
            progress=lambda done, _total: bar.update(task, completed=done),
        )
    part.rename(out)
    return made


@app.command()
def verify() -> None:
    """Check the audit chain, every original and every seal. Status 1 when something is wrong."""
    made_app = _app()
    found = 0
    with Progress(transient=True) as bar:
        task = bar.add_task("Files", total=None)
        for said in integrity.check(
            made_app.database.snapshot,
            made_app.blobs,
            progress=lambda done: bar.update(task, completed=done),
        ):
            found += 1
            typer.echo(said)
    with made_app.database.transaction() as session:
        audit.record(session, "archive_verified", actor=SYSTEM, findings=found)
    if found:
        typer.echo(f"{found} findings. Restore what is named from a backup; change nothing else.")
        raise typer.Exit(1)
    typer.echo("The audit chain, every original and every seal are as they were.")


@app.command()
def hold(ref: str, *, by: By, reason: Reason) -> None:
    """Keep a file whatever its date, until the hold is lifted."""
    with _refusals(), _app().database.transaction() as session:
        retention.place_hold(
            session, _shipment(session, ref), reason=reason, actor=people.who(session, by)
        )
    typer.echo(f"{ref} is under a legal hold.")


@app.command()
def lift(ref: str, *, by: By, reason: Reason) -> None:
    """Lift the legal holds of a file."""
    with _refusals(), _app().database.transaction() as session:
        count = retention.lift_hold(
            session, _shipment(session, ref), reason=reason, actor=people.who(session, by)
        )
    typer.echo(f"{ref}: {count} holds lifted.")


@app.command()
def due(*, on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None) -> None:
    """Files whose time is over and that nothing holds."""
    with _app().database.snapshot() as session:
        day = on.replace(tzinfo=now().tzinfo) if on else None
        rows = retention.told(retention.due(session, on=day))
    typer.echo("\n".join(rows) if rows else "Nothing is due.")


@app.command()
def dispose(refs: list[str], *, by: By) -> None:
    """Delete files whose time is over: a licensed broker's decision, recorded."""
    made_app = _app()
    for ref in refs:
        with _refusals(), made_app.database.transaction() as session:
            gone = retention.dispose(
                session, _shipment(session, ref), actor=people.who(session, by)
            )
        typer.echo(f"{ref}: deleted {_counted(gone)}. Its numbers and the audit chain stay.")


@app.command()
def reindex() -> None:
    """Make the words of the search anew, after an update that changed them."""
    made_app = _app()
    last, done = 0, 0
    with Progress(transient=True) as bar:
        task = bar.add_task("Files", total=None)
        while True:
            with made_app.database.transaction() as session:
                rows = session.exec(
                    select(Shipment)
                    .where(col(Shipment.id) > last, col(Shipment.disposed_at).is_(None))
                    .order_by(col(Shipment.id))
                    .limit(200)
                ).all()
                for row in rows:
                    archive.index(session, row)
            if not rows:
                break
            last, done = rows[-1].id or 0, done + len(rows)
            bar.update(task, completed=done)
    typer.echo(f"{done} files can be found by their words.")


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _counted(gone: dict[str, Any]) -> str:
    return (
        ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in gone.items()) or "nothing"
    )
