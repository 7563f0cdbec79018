"""The command line. Each command reads its arguments, calls one function, prints the answer.

With `--json` standard output carries machine-readable output and nothing else. Exit status:
0 done, 2 bad input (one line on standard error says what to do), 1 our fault.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from bot import (
    archive_commands,
    booking_commands,
    delivery_commands,
    duty_input,
    entry_numbers_commands,
    export_commands,
    figure_commands,
    filing_commands,
    holds_commands,
    logs,
    mail_commands,
    office,
    papers_commands,
    poa_commands,
    products_commands,
    screening_commands,
    slack_commands,
    tariff_commands,
)
from bot import duty as duties
from bot.settings import Settings
from knowledge.tariff.sync import Busy
from workflows.states import Refused

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
people = typer.Typer(no_args_is_help=True, help="Who may do what.")
importer = typer.Typer(no_args_is_help=True, help="Clients of this brokerage.")
outbox = typer.Typer(no_args_is_help=True, help="Side effects that wait or gave up.")
audit = typer.Typer(no_args_is_help=True, help="The audit chain.")
mail = typer.Typer(no_args_is_help=True, help="Mail: the spool, clients' addresses, the digest.")
tariff = typer.Typer(no_args_is_help=True, help="The tariff schedule in force.")
rates = typer.Typer(no_args_is_help=True, help="Rates of exchange for customs values.")
for name, group in (
    ("people", people),
    ("importer", importer),
    ("outbox", outbox),
    ("audit", audit),
    ("mail", mail),
    ("tariff", tariff),
    ("rates", rates),
    ("booking", booking_commands.app),
    ("papers", papers_commands.app),
    ("poa", poa_commands.app),
):
    app.add_typer(group, name=name)
app.add_typer(entry_numbers_commands.app, name="entry-numbers")
app.add_typer(export_commands.app, name="export")
app.add_typer(filing_commands.app, name="filing")
app.add_typer(archive_commands.app, name="archive")
app.add_typer(delivery_commands.releases, name="release")
app.add_typer(figure_commands.app, name="shadow")
app.command("stats")(figure_commands.stats)
app.add_typer(delivery_commands.deliveries, name="delivery")

Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def bad_input(message: str) -> NoReturn:
    """One line that says what to do, and status 2."""
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as exc:
        first = exc.errors()[0]
        name = "__".join(str(part).upper() for part in first["loc"])
        misspelt = first["type"] == "extra_forbidden"
        said = " is no setting: is it misspelt?" if misspelt else f": {first['msg']}"
        bad_input(f"TIDEWAITER_{name}{said}")
    except SettingsError as exc:
        bad_input(f"A TIDEWAITER_ variable could not be understood: {exc}")


def _office() -> office.Office:
    settings = _settings()
    logs.configure("WARNING", process="cli")
    return office.Office(settings)


open_office = _office  #: for the groups of commands that have a module of their own


def _print(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def _process(name: str) -> None:
    from bot import processes  # noqa: PLC0415 - a command that only asks need not load it
    from bot.compose import build  # noqa: PLC0415

    settings = _settings()
    logs.configure(settings.log_level, process=name)
    getattr(processes, name.replace("redis", "redis_server"))(build(settings))


@app.command()
def smtp() -> None:
    """Run the intake mail server."""
    _process("smtp")


@app.command()
def imap() -> None:
    """Watch the configured mailboxes (nothing to run when there are none)."""
    _process("imap")


@app.command()
def web() -> None:
    """Run health, document links and Slack's signed requests."""
    _process("web")


@app.command()
def slack() -> None:
    """Run Socket Mode (nothing to run when Slack comes over HTTP)."""
    _process("slack")


@app.command()
def worker() -> None:
    """Run a worker for mail and effects."""
    _process("worker")


@app.command()
def face() -> None:
    """Run the worker that keeps Slack's cards, notes and Homes up to date."""
    _process("face")


@app.command()
def models() -> None:
    """Run the worker that keeps the sentence model warm."""
    _process("models")


@app.command()
def clock() -> None:
    """Run the clock: sweeps, polls, retention."""
    _process("clock")


@app.command()
def sandbox() -> None:
    """Run the stand-ins for Slack, customs and mail."""
    _process("sandbox")


@app.command()
def redis() -> None:
    """Run the Redis that is started when none is configured."""
    _process("redis")


@app.command()
def up() -> None:
    """Run all processes of this configuration, restarting any that dies."""
    from bot import up as supervise  # noqa: PLC0415
    from bot.compose import build  # noqa: PLC0415

    settings = _settings()
    logs.configure(settings.log_level, process="up")
    running = supervise.start(build(settings))
    try:
        raise typer.Exit(running.wait())
    except KeyboardInterrupt:
        supervise.stop(running)


@app.command()
def demo(
    *,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    once: Annotated[bool, typer.Option("--once", help="Play the story and exit.")] = False,
) -> None:
    """Start everything on embedded defaults, with a story to look at."""
    from bot.sandbox import demo as story  # noqa: PLC0415

    raise typer.Exit(story.run(browser=browser, once=once))


@app.command()
def doctor() -> None:
    """Show the settings (masked) and check every part."""
    rows, healthy = _office().doctor()
    for row in rows:
        typer.echo(row)
    raise typer.Exit(0 if healthy else 1)


@app.command()
def extract(
    files: list[Path],
    *,
    as_json: Json = False,
    show: Annotated[
        Path | None, typer.Option(help="A folder for pictures of the pages, each value boxed.")
    ] = None,
) -> None:
    """Read documents and print what they say."""
    read = []
    for path in files:
        if not path.is_file():
            bad_input(f"{path}: there is no such file.")
        read += office.extract(path)
        if show is not None:
            for line in office.draw(path, show):
                typer.echo(line, err=True)
    if as_json:
        _print({"documents": read})
        return
    for one in read:
        typer.echo(office.told(one))


@app.command()
def classify(
    *,
    description: Annotated[str | None, typer.Option()] = None,
    lines: Annotated[Path | None, typer.Option("--input", help="JSON lines.")] = None,
    origin: Annotated[str | None, typer.Option()] = None,
    hint: Annotated[str | None, typer.Option(help="The shipper's code.")] = None,
    importer_name: Annotated[str | None, typer.Option("--importer")] = None,
    top: Annotated[int, typer.Option(min=1, max=20)] = 3,
    schedule: Annotated[Path | None, typer.Option(help="An export file.")] = None,
    as_json: Json = False,
) -> None:
    """Suggest tariff codes for goods."""
    try:
        queries = office.queries(
            description=description, lines=lines, origin=origin, hint=hint, importer=importer_name
        )
        answers = _office().classify(queries, top=top, schedule=schedule)
    except ValueError as exc:
        bad_input(str(exc))
    if as_json:
        for answer in answers if lines else answers[:1]:
            typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    for answer in answers:
        for one in answer["candidates"]:
            typer.echo(f"{one['code']:<14} {one['confidence']:.0%}  {one['description']}")
            typer.echo(f"{'':<14} {one['because']}")
        for said in (answer["hintConflict"], *answer["notes"], *answer["missingFacts"]):
            if said:
                typer.echo(f"! {said}")
        for flag in answer["pga"]:
            typer.echo(f"flag {flag}")


@app.command()
def duty(
    source: Annotated[Path, typer.Option("--input", help="The entry as JSON.")],
    *,
    schedule: Annotated[list[Path] | None, typer.Option(help="Export files to use.")] = None,
    as_json: Json = False,
) -> None:
    """Compute the duty and the fees of an entry, with the source of every layer."""
    try:
        found, made = _office().duty(duty_input.read(source), schedules=schedule or [])
    except ValueError as exc:
        bad_input(str(exc))
    if as_json:
        _print(found)
    else:
        for line in duties.report(made):
            typer.echo(line)
    if made.refusals:
        more = f" ({len(made.refusals) - 1} more)" if len(made.refusals) > 1 else ""
        bad_input(f"{made.refusals[0]}{more}")


screening_commands.attach(app)


@app.command()
def search(query: str, *, as_json: Json = False) -> None:
    """Find shipments by any word: numbers, firms, goods, mails; `importer:acme from:2026-05`."""
    try:
        found = _office().search(query)
    except ValueError as exc:
        bad_input(str(exc))
    if as_json:
        _print(found)
        return
    for one in found:
        typer.echo(f"{one['ref']}  {one['state']:<10} {one['entry'] or '-':<16} {one['importer']}")


@app.command()
def shipment(ref: str, *, as_json: Json = False) -> None:
    """Everything about one shipment."""
    found = _office().shipment(ref)
    if found is None:
        bad_input(f"There is no shipment {ref}.")
    if as_json:
        _print(found)
        return
    typer.echo(f"{found['ref']}  {found['state']}  {found['importer'] or ''}")
    for line in found["lines"]:
        typer.echo(f"  {line['number']:>3}  {line['code'] or '-':<14} {line['description'][:70]}")
    for event in found["audit"]:
        typer.echo(f"  {event['at'][:19]}  {event['by']:<16} {event['action']}")


@people.command("add")
def people_add(
    *,
    slack_user: Annotated[str | None, typer.Option("--slack")] = None,
    name: Annotated[str, typer.Option()],
    role: Annotated[str, typer.Option()],
    licence: Annotated[str | None, typer.Option()] = None,
    mail: Annotated[
        str | None, typer.Option(help="As in their Slack profile: they are met by it.")
    ] = None,
    workspace: Annotated[str, typer.Option(help="Of a further workspace: its id, T….")] = "",
) -> None:
    """Put a person on the list, or change their entry."""
    _allowed(lambda: _office().add_person(slack_user, name, role, licence, mail, workspace))
    typer.echo(f"{name} is on the list as {role}.")


@people.command("port")
def people_port(
    port: str, slack_user: Annotated[str | None, typer.Option("--slack")] = None
) -> None:
    """Give the shipments of a port to somebody; without --slack to nobody."""
    typer.echo(_allowed(lambda: _office().give_port(port, slack_user)))


@people.command("list")
def people_list() -> None:
    """Who is on the list."""
    for row in _office().people():
        typer.echo(
            f"{row['slack']:<14} {row['role']:<16} {row['licence'] or '-':<10} {row['name']}"
        )


@importer.command("add")
def importer_add(
    name: str,
    *,
    consignee_mail: Annotated[str | None, typer.Option()] = None,
    broker: Annotated[str | None, typer.Option(help="Slack user.")] = None,
    poa_signed_by: Annotated[
        str | None, typer.Option(help="Who signed the power of attorney.")
    ] = None,
    poa_signed_on: Annotated[str | None, typer.Option(help="YYYY-MM-DD")] = None,
    poa_expires_on: Annotated[str | None, typer.Option(help="YYYY-MM-DD")] = None,
    language: Annotated[str | None, typer.Option(help="Of our mails: en, es, zh.")] = None,
    contact: Annotated[
        list[str] | None, typer.Option(help="Whom to ask for documents; may be repeated.")
    ] = None,
) -> None:
    """Record a client, its consignee's address, its broker, its power of attorney."""
    _allowed(
        lambda: _office().add_importer(
            name,
            consignee_mail=consignee_mail,
            broker=broker,
            poa=(poa_signed_by, poa_signed_on, poa_expires_on),
            language=language,
            contacts=contact or [],
        )
    )
    typer.echo(f"{name} is recorded.")


@outbox.command("list")
def outbox_list(*, as_json: Json = False) -> None:
    """Effects that wait or gave up."""
    rows = _office().outbox()
    if as_json:
        _print(rows)
        return
    for row in rows:
        typer.echo(
            f"{row['id']:>6} {row['status']:<8} {row['kind']:<16} {row['attempts']:>2} "
            f"{row['key']}  {row['error'] or ''}"
        )


@outbox.command("retry")
def outbox_retry(row: int) -> None:
    """Try an effect again that gave up."""
    typer.echo(_allowed(lambda: _office().retry(row)))


@outbox.command("drop")
def outbox_drop(row: int) -> None:
    """Decide that an effect shall not happen."""
    typer.echo(_allowed(lambda: _office().drop(row)))


@audit.command("verify")
def audit_verify() -> None:
    """Check that nothing in the audit chain was changed or removed."""
    count, broken = _office().verify()
    for sentence in broken:
        typer.echo(sentence)
    if broken:
        raise typer.Exit(1)
    typer.echo(f"{count} events, the chain is whole.")


@mail.command("replay")
def mail_replay(names: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    """Take mails in again; without names, all that were put aside."""
    for name in _office().replay(names or []):
        typer.echo(name)


@tariff.command("sync")
def tariff_sync(
    *,
    source: Annotated[Path | None, typer.Option("--from", help="A local export.")] = None,
    chapter99: Annotated[
        Path | None, typer.Option(help="The text or PDF of its chapter 99, for the duty.")
    ] = None,
    index: Annotated[bool, typer.Option(help="Encode the changed texts before the swap.")] = True,
) -> None:
    """Fetch the current schedule with its chapter 99, or take local files (gz too)."""
    try:
        for said in _office().sync_tariff(source, chapter99, index=index):
            typer.echo(said)
    except (ValueError, Busy) as exc:
        bad_input(str(exc))


@tariff.command("index")
def tariff_index() -> None:
    """Prepare the sentence index of the schedule in force (done once; then it is cached)."""
    typer.echo(_office().index_tariff())


tariff_commands.add(tariff, _office)
products_commands.add(app, _office)
app.add_typer(holds_commands.add(_office), name="holds")


@rates.command("sync")
def rates_sync(
    *, source: Annotated[Path | None, typer.Option("--from", help="A local table.")] = None
) -> None:
    """Fetch the daily rates of exchange, or take a local file (our CSV, or H.10's)."""
    try:
        typer.echo(_office().sync_rates(source))
    except ValueError as exc:
        bad_input(str(exc))


def _allowed(what: Any) -> Any:
    try:
        return what()
    except (Refused, ValueError) as exc:
        bad_input(str(exc))


mail_commands.register(mail, lambda: _office().ready)
slack_commands.register(app, lambda: _office().ready)
