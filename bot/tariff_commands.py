"""`tidewaiter tariff …`: the editions, their differences, lines, rulings, records, memos."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress

from bot import tariff_office
from knowledge.tariff.cross import Collection, NoAnswer
from knowledge.tariff.sync import Busy
from workflows.memo import CannotWrite
from workflows.states import Refused

if TYPE_CHECKING:
    from bot.office import Office

Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
_MOST_TOLD = 40
_COLLECTIONS: dict[str, Collection] = {"ALL": "ALL", "HQ": "HQ", "NY": "NY"}
_WORDS = {
    "renumbered": "Renumbered",
    "redescribed": "Re-described",
    "rerated": "Re-rated",
    "units": "Other units",
    "footnotes": "Other footnotes",
}


def add(tariff: typer.Typer, office: Callable[[], Office]) -> None:
    """Put the commands into the group `tariff`."""
    _editions(tariff, office)
    _lines(tariff, office)
    _records(tariff, office)
    _rulings(tariff, office)


def _editions(tariff: typer.Typer, office: Callable[[], Office]) -> None:
    @tariff.command("status")
    def status(*, as_json: Json = False) -> None:
        """Which edition is in force, and which others are kept."""
        found = tariff_office.status(office().app)
        if as_json:
            _print(found)
            return
        since = f", in force since {found['effective']}" if found["effective"] else ""
        typer.echo(f"{found['edition']}{since}: {found['lines']} lines.")
        for one in found["kept"]:
            mark = "*" if one["inForce"] else " "
            day = f" of {one['effective']}" if one["effective"] else ""
            typer.echo(f"{mark} {one['edition']}{day}  ({one['file']})")
        if found["lastChecked"]:
            typer.echo(f"Last asked: {found['lastChecked'][:16]} UTC.")
        for table, edition in found["flags"].items():
            typer.echo(f"  {table}: {edition}")

    @tariff.command("diff")
    def diff(
        old: str,
        new: str,
        *,
        products: Annotated[
            bool, typer.Option("--products", help="With the confirmed codes that are concerned.")
        ] = False,
        as_json: Json = False,
    ) -> None:
        """What changed between two editions: "2025 basic", "2026 revision 10", current, a file."""
        found = _told(lambda: tariff_office.compare(office().ready, old, new, products=products))
        if as_json:
            _print(found)
            return
        typer.echo(found["summary"])
        _list("Added", [f"{one['code']:<14} {_end(one['description'])}" for one in found["added"]])
        gone = [f"{one['code']:<14} {_end(one['description'])}" for one in found["removed"]]
        _list("Removed", gone)
        for what, title in _WORDS.items():
            rows = [one for one in found["changes"] if one["what"] == what]
            _list(title, [_change(one) for one in rows])
        if products:
            _list("Confirmed products concerned", [one["words"] for one in found["products"]])
            if not found["products"]:
                typer.echo("\nNo confirmed product is concerned.")

    @tariff.command("use")
    def use(
        edition: str,
        *,
        by: Annotated[str, typer.Option(help="Slack user of a licensed broker.")],
    ) -> None:
        """Put a kept edition in force again."""
        typer.echo(_told(lambda: tariff_office.use(office().ready, edition, by=by)))


def _lines(tariff: typer.Typer, office: Callable[[], Office]) -> None:
    @tariff.command("show")
    def show(
        code: str,
        *,
        schedule: Annotated[Path | None, typer.Option(help="An export file.")] = None,
        as_json: Json = False,
    ) -> None:
        """One tariff line: its words, units, rates, footnotes, flags, and what stands beside it."""
        if schedule is not None and not schedule.is_file():
            _bad(f"{schedule}: there is no such file.")
        found = _told(lambda: tariff_office.show(office().app, code, schedule=schedule))
        if as_json:
            _print(found)
        elif found.get("gone"):
            _show_gone(found)
        else:
            _show(found)
        if found.get("gone"):
            raise typer.Exit(2)


def _records(tariff: typer.Typer, office: Callable[[], Office]) -> None:
    @tariff.command("decisions")
    def decisions(
        *,
        shipment: Annotated[str | None, typer.Option(help="Its number, or its entry's.")] = None,
        sku: Annotated[str | None, typer.Option()] = None,
        code: Annotated[str | None, typer.Option(help="First digits, with dots.")] = None,
        as_json: Json = False,
    ) -> None:
        """The records of confirmed lines: who chose what, when, from what, and why."""
        if shipment is None and sku is None and code is None:
            _bad("Name a --shipment, a --sku or a --code.")
        found = tariff_office.records(office().ready, shipment=shipment, sku=sku, code=code)
        if as_json:
            _print(found)
            return
        for one in found:
            person, made = one["person"], one["decision"]
            typer.echo(
                f"{one['shipment']} line {one['line']}  {made['code']}  {one['at'][:16]}  "
                f"{person['name']} (licence {person['licence'] or '-'})  "
                f"{'hash fits' if one['hashFits'] else 'CHANGED AFTER IT WAS WRITTEN'}"
            )
            for rank, shown in enumerate(one["shown"]["candidates"], start=1):
                typer.echo(f"    {rank}. {shown['code']:<14} {shown['confidence']:.0%}")
        if any(not one["hashFits"] for one in found):
            raise typer.Exit(1)

    @tariff.command("notes")
    def notes(
        *,
        chapter: Annotated[list[str], typer.Option(help="1 to 99; may be repeated.")],
        source: Annotated[
            Path | None, typer.Option("--from", help="The chapter's PDF or text.")
        ] = None,
    ) -> None:
        """Keep the notes of a chapter, for memos: from the publisher or from a file."""
        if source is not None and len(chapter) > 1:
            _bad("A file is of one chapter: name one --chapter.")
        for one in chapter:
            typer.echo(_told(partial(tariff_office.take_notes, office().app, one, source)))

    @tariff.command("memo")
    def memo(
        ref: str,
        line: int,
        *,
        out: Annotated[Path, typer.Option("-o", "--out", help="The PDF to write.")],
    ) -> None:
        """A draft classification memo (PDF) for a line, for a licensed broker to sign."""
        made = _told(lambda: tariff_office.write_memo(office().ready, ref, line))
        try:
            out.write_bytes(made)
        except OSError as exc:
            _bad(f"{out}: cannot be written ({exc.strerror}).")
        typer.echo(f"{out} is written: a draft, unsigned until a licensed broker signs.")


def _rulings(tariff: typer.Typer, office: Callable[[], Office]) -> None:
    group = typer.Typer(no_args_is_help=True, help="Rulings of CBP (CROSS).")
    tariff.add_typer(group, name="rulings")

    @group.command("sync")
    def sync(
        *,
        term: Annotated[list[str] | None, typer.Option(help="Words; may be repeated.")] = None,
        heading: Annotated[
            list[str] | None, typer.Option(help="A heading or subheading; may be repeated.")
        ] = None,
        collection: Annotated[str, typer.Option(help="ALL, HQ or NY.")] = "ALL",
        pages: Annotated[int, typer.Option(min=1, max=200, help="At most, for each.")] = 20,
        again: Annotated[bool, typer.Option("--again", help="Even what is finished.")] = False,
    ) -> None:
        """Pull rulings from CBP's public search: slowly, and on from where it stopped."""
        wanted = [*(term or []), *(heading or [])]
        if not wanted:
            _bad("Name what to search for: --term WORDS or --heading 6109.")
        if collection not in _COLLECTIONS:
            _bad("--collection is ALL, HQ or NY.")
        where = _COLLECTIONS[collection]
        app = office().ready
        with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
            for one in wanted:
                task = bar.add_task(f"Rulings for {one}", total=None)

                def told(done: int, total: int | None, task: Any = task) -> None:
                    bar.update(task, completed=done, total=total)

                made = _told(
                    partial(
                        tariff_office.fetch_rulings,
                        app,
                        one,
                        collection=where,
                        pages=pages,
                        again=again,
                        told=told,
                    )
                )
                if made.rested:
                    typer.echo(f"{one}: finished less than a week ago; --again asks all the same.")
                    continue
                more = "all of them" if made.finished else "more next time"
                typer.echo(
                    f"{one}: {made.pages} pages, {made.new} new, {made.changed} changed, "
                    f"{made.known} known; {more}."
                )
                for odd in made.odd:
                    typer.echo(f"  not understood: {odd}", err=True)

    @group.command("status")
    def status(*, as_json: Json = False) -> None:
        """How many rulings there are, and from which searches."""
        found = tariff_office.rulings_status(office().ready)
        if as_json:
            _print(found)
            return
        typer.echo(f"{found['rulings']} rulings, {found['revoked']} of them revoked.")
        for one in found["searches"]:
            done = one["finishedAt"][:10] if one["finishedAt"] else f"next page {one['nextPage']}"
            typer.echo(
                f"  {one['term']} ({one['collection']}): {one['total'] or '?'} in all, {done}"
            )

    @group.command("find")
    def find(
        words: str,
        *,
        top: Annotated[int, typer.Option(min=1, max=100)] = 10,
        as_json: Json = False,
    ) -> None:
        """Rulings that resemble some words, or that gave a code."""
        found = tariff_office.rulings_about(office().ready, words, most=top)
        if as_json:
            _print(found)
            return
        for one in found:
            state = f"  [{one['standing']}]" if one["standing"] else ""
            dead = f"  (dead: {', '.join(one['deadCodes'])})" if one["deadCodes"] else ""
            typer.echo(f"{one['number']}  {one['on'] or '-'}  {', '.join(one['tariffs'])}{dead}")
            typer.echo(f"    {one['subject'][:100]}{state}  {one['url']}")


def _show(found: dict[str, Any]) -> None:
    since = f", in force since {found['effective']}" if found["effective"] else ""
    typer.echo(f"{found['code']}  ({found['edition']}{since})")
    for depth, words in enumerate(found["path"]):
        typer.echo(f"{'  ' * (depth + 1)}{words}")
    typer.echo(f"units {', '.join(found['units']) or '-'}")
    for name, title in (("general", "column 1"), ("special", "special"), ("other", "column 2")):
        typer.echo(f"{title:<9} {found[name] or '-'}")
    for note in found["footnotes"]:
        typer.echo(f"note: {note}")
    for one in found["flags"]:
        named = " ".join(part for part in (one["agency"], one["programme"]) if part)
        typer.echo(f"{one['level']:<4} {named}: {one['what']}  [{one['source']}; {one['edition']}]")
    if found["below"]:
        _list("Divided into", [f"{one['code']:<14} {one['description']}" for one in found["below"]])
    if found["beside"]:
        _list("Beside it", [f"{one['code']:<14} {one['description']}" for one in found["beside"]])


def _show_gone(found: dict[str, Any]) -> None:
    typer.echo(f"{found['code']} is not a line of {found['edition']}.", err=True)
    if found["was"]:
        typer.echo(f"In {found['was']['edition']} it was: {': '.join(found['was']['path'])}")
    for one in found["successors"]:
        typer.echo(f"  perhaps {one['code']:<14} {_end(one['description'])} ({one['because']})")
    for one in found.get("beside", []):
        typer.echo(f"  there is {one['code']:<14} {one['description']}")


def _list(title: str, rows: list[str]) -> None:
    if not rows:
        return
    typer.echo(f"\n{title}")
    for row in rows[:_MOST_TOLD]:
        typer.echo(f"  {row}")
    if len(rows) > _MOST_TOLD:
        typer.echo(f"  … and {len(rows) - _MOST_TOLD} more (--json has all)")


def _change(one: dict[str, Any]) -> str:
    if one["what"] == "renumbered":
        return f"{one['code']} -> {one['new_code']}  {_end(one['after'])}"
    return f"{one['code']:<14} {_end(one['before'])}  ->  {_end(one['after'])}"


def _end(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"…{text[-most:]}"


def _told(what: Callable[[], Any]) -> Any:
    try:
        return what()
    except (ValueError, Refused, Busy, NoAnswer, CannotWrite) as exc:
        _bad(str(exc))


def _bad(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _print(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
