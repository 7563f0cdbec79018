"""`tidewaiter stats` and `tidewaiter shadow`: the figures, and shadow mode."""

from __future__ import annotations

import csv as sheets
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import col, select

from bot import people
from bot.command import bad_input, ready
from storage.models import Importer, ShadowCase, Shipment
from workflows import booking, comparing, measuring, shadow
from workflows import stats as asking
from workflows.states import Refused

app = typer.Typer(no_args_is_help=True, help="Prepare, and compare with what people file.")
By = Annotated[str, typer.Option("--by", help="The Slack user on the people list.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]
_MOST_BYTES = 1_000_000


def stats(
    *,
    importer: Annotated[str | None, typer.Option()] = None,
    lane: Annotated[str | None, typer.Option(help='E.g. "CN ocean".')] = None,
    since: Day = None,
    until: Day = None,
    before: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Compare before and after.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="All figures as CSV.")] = False,
) -> None:
    """The figures of the operation, each with of how many it was made, and a link to their page."""
    product = ready()
    asked = asking.Asked(
        importer=importer,
        lane=lane,
        since=since.date() if since else None,
        until=until.date() if until else None,
        split=before.date() if before else None,
    )
    with product.database.snapshot() as session:
        cases = asking.gather(session, asked, house=product.house)
    if csv:
        typer.echo(asking.table(cases, asked), nl=False)
        return
    for line in asking.lines(cases, asked):
        typer.echo(line)
    if len(cases) == measuring.MOST:
        typer.echo(f"These are the newest {measuring.MOST} shipments; name a period for others.")
    typer.echo(f"Page: {product.figure_link(asked.model_dump(mode='json'))}")


@app.command("start")
def start(
    *,
    by: By,
    importer: Annotated[str | None, typer.Option()] = None,
    lane: Annotated[str | None, typer.Option(help='E.g. "CN ocean".')] = None,
) -> None:
    """Prepare and never file, for an importer, a lane, or an importer's lane."""
    try:
        with ready().database.transaction() as session:
            row = None
            if importer is not None:
                match = booking.match_name(importer)
                row = session.exec(select(Importer).where(Importer.match_name == match)).first()
                if row is None:
                    raise Refused(f"There is no importer {importer}.")
            made = shadow.start(session, importer=row, way=lane, actor=people.who(session, by))
            said = f"Shadow mode {made.id} stands. Nothing of it is filed or sent."
    except Refused as exc:
        bad_input(str(exc))
    typer.echo(said)


@app.command("status")
def status() -> None:
    """How far each shadow mode is from its end."""
    with ready().database.snapshot() as session:
        found = shadow.standings(session)
    for one in found:
        typer.echo(
            f"{one.rule_id}: {one.about}: prepared {one.prepared}, compared {one.compared}, of the "
            f"newest {one.window} agree {one.agreed}, critical {one.critical}. "
            f"{one.why_not or 'It may end.'}"
        )
    if not found:
        typer.echo("No shadow mode stands.")


@app.command("record")
def record(
    ref: str,
    *,
    by: By,
    entry: Annotated[str, typer.Option(help="The number under which people filed it.")],
    file: Annotated[Path, typer.Option(help=f"CSV: {', '.join(comparing.COLUMNS)}.")],
) -> None:
    """Record what people filed, and see what differs."""
    try:
        lines = comparing.read(_text(file))
        with ready().database.transaction() as session:
            actor = people.who(session, by)
            shipment = session.exec(
                select(Shipment).where(Shipment.ref == ref.upper()).with_for_update()
            ).first()
            if shipment is None:
                raise Refused(f"There is no shipment {ref}.")
            case = shadow.record(session, shipment, number=entry, lines=lines, actor=actor)
            told = [shadow.told(one) for one in case.differences]
    except Refused as exc:
        bad_input(str(exc))
    typer.echo("\n".join(told) or "It agrees in every compared field, code and duty.")


@app.command("differences")
def differences() -> None:
    """All differences of compared entries, as CSV."""
    out = sheets.writer(sys.stdout, lineterminator="\n")
    out.writerow(["shipment", "entry", "line", "field", "ours", "theirs", "cause", "critical"])
    with ready().database.snapshot() as session:
        rows = session.exec(
            select(ShadowCase, Shipment.ref)
            .join(Shipment, col(Shipment.id) == col(ShadowCase.shipment_id))
            .where(col(ShadowCase.compared_at).is_not(None))
            .order_by(col(ShadowCase.compared_at))
        ).all()
    for case, ref in rows:
        for one in case.differences:
            out.writerow(
                [ref, case.entry_number, one.line, one.field, one.ours, one.theirs, one.cause,
                 "yes" if one.critical else "no"]
            )  # fmt: skip


@app.command("end")
def end(rule: int, *, by: By) -> None:
    """Let the machine file from now on; refused until enough entries agree."""
    try:
        with ready().database.transaction() as session:
            found = shadow.end(session, rule_id=rule, actor=people.who(session, by))
    except Refused as exc:
        bad_input(str(exc))
    typer.echo(f"Shadow mode {rule} has ended: {found.agreed} of the newest {found.window} agreed.")


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()[: _MOST_BYTES + 1]
        if len(data) > _MOST_BYTES:
            raise Refused(f"{path} is larger than 1 MB. Nothing was recorded.")
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise Refused(f"{path} cannot be read as UTF-8 text. Nothing was recorded.") from exc
