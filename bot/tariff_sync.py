"""Takes a schedule into force, for an operator or by itself, and tells what that changes.

The order keeps what is in force safe: fetch and check, lay aside, encode the changed texts, read
chapter 99, stand it beside the others, swap, and only then compare and tell. Whatever dies on the
way leaves the previous edition in force; the next run begins anew.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from sqlmodel import Session

from knowledge import tariff
from knowledge.duty import chapter99 as chapters
from knowledge.duty import desk as duty_desk
from knowledge.tariff import export, sync
from knowledge.tariff.diff import Diff, What, diff, told
from knowledge.tariff.schedule import Schedule
from storage import outbox
from storage.columns import now
from storage.outbox import Claimed, Effect
from workflows import products
from workflows.effects import TellOps
from workflows.handlers import Handler, Record
from workflows.ports import Permanent, Ports, Transient
from workflows.products import Dead

if TYPE_CHECKING:
    from bot.compose import App

Told = Callable[[str, int, int | None], None]
_COUNTED: tuple[What, ...] = ("renumbered", "redescribed", "rerated", "units")
_SAID: dict[What, str] = {
    "renumbered": "renumbered",
    "redescribed": "re-described",
    "rerated": "re-rated",
    "units": "with other units",
    "footnotes": "with other footnotes",
}
_TOLD_PRODUCTS = 10
_WAIT = 1800.0


class SyncTariff(Effect):
    """Ask the publisher for the current release: at most once a day."""

    kind: ClassVar[str] = "tariff.sync"
    queue: ClassVar[str] = "models"
    max_attempts: ClassVar[int] = 5
    day: str

    def key(self) -> str:
        return f"tariff-sync-{self.day}"


def run(
    app: App,
    *,
    source: Path | None = None,
    chapter99: Path | None = None,
    index: bool = True,
    progress: Told = lambda _what, _done, _total: None,
) -> list[str]:
    """Take a schedule into force, and what the duty needs of it; what was done, in lines.

    Raises `export.BadExport`, `chapters.BadChapter` or `sync.Busy`, and then changed nothing.
    """
    settings = app.settings
    store = settings.data / "tariff"
    with sync.alone(store):
        before = sync.current(store)
        if source is not None:
            progress("Reading the tariff", 0, None)
            incoming = sync.take(source)
        else:
            incoming = sync.fetch(
                settings.tariff.source_url,
                on=now().date(),
                progress=lambda done, total: progress("Fetching the tariff", done, total),
            )
        same = sync.same_as_current(incoming, store)
        progress("Reading chapter 99", 0, None)
        lists, about_lists = _lists(app, source, chapter99)
        schedule = incoming.schedule
        if same:
            assert before is not None
            sync.checked(store)
            duty_desk.kept(before, store / "duty", lists)
            return [f"{schedule.edition} is in force already: nothing new.", about_lists]
        aside = sync.put(incoming, store)
        if index:
            tariff.open_desk(
                cache=settings.cache, named=aside, extra=tariff.DEMO_EXTRACT, progress=progress
            )
        path = sync.admit(aside, incoming, store)
        progress("Preparing the duty", 0, None)
        duty_desk.kept(path, store / "duty", lists)
        sync.enforce(path)
        said = [f"{schedule.edition} is in force: {len(schedule.leaves)} lines.", about_lists]
        if before is not None:
            progress("Comparing the editions", 0, None)
            said += _tell(app, export.load(before), schedule, once=incoming.sha256[:16])
    if not index:
        said.append("Its texts are not encoded yet: run `tidewaiter tariff index`.")
    return [*said, "Processes that run take it into use by themselves."]


def fallen(app: App, old: Schedule, new: Schedule, changes: Diff) -> list[Dead]:
    """Confirmed goods of all importers that the change concerns."""
    with app.database.snapshot() as session:
        return products.fallen(session, new, old=old, changes=changes)


def words(one: Dead) -> str:
    """A fallen product in a sentence."""
    goods = one.product
    named = f"{one.importer}: {goods.sku + ' ' if goods.sku else ''}“{goods.description[:60]}”"
    if one.says is not None:
        return f"{named}: {goods.code} said “{(one.said or '')[:60]}”, now “{one.says[:60]}”"
    return f"{named}: {goods.code} is gone; nearest now {told(one.successors)}"


def due(app: App) -> bool:
    """Whether it is time to ask the publisher again (`TIDEWAITER_TARIFF__SYNC_DAYS`)."""
    days = app.settings.tariff.sync_days
    if not days or app.settings.tariff.export is not None:
        return False
    last = sync.last_checked(app.settings.data / "tariff")
    return last is None or now() - last >= timedelta(days=days)


def schedule(app: App) -> None:
    """Let it be done, once a day at most."""
    if due(app):
        with app.database.transaction() as session:
            outbox.add(session, SyncTariff(day=now().date().isoformat()))


def table(app: App) -> dict[str, Handler]:
    """The effect that is performed here."""

    def perform(_ports: Ports, _claimed: Claimed) -> Record:
        try:
            run(app)
        except (sync.NotReached, sync.Busy) as exc:
            raise Transient(str(exc), retry_after=_WAIT) from exc
        except (export.BadExport, chapters.BadChapter) as exc:
            raise Permanent(f"{exc} The edition that was in force stays so.") from exc
        return _nothing

    return {SyncTariff.kind: perform}


def _nothing(_session: Session) -> None:
    pass


def _tell(app: App, old: Schedule, new: Schedule, *, once: str) -> list[str]:
    """The difference, in lines here and as a note in the operations channel."""
    changes = diff(old, new)
    dead = fallen(app, old, new, changes)
    facts: dict[str, str | int | list[str] | None] = {
        "edition": new.edition,
        "before": old.edition,
        "added": len(changes.added),
        "removed": len(changes.removed),
        **{what: len(changes.of(what)) for what in _COUNTED},
        "products": [words(one)[:400] for one in dead[:_TOLD_PRODUCTS]],
        "more": max(0, len(dead) - _TOLD_PRODUCTS),
    }
    with app.database.transaction() as session:
        outbox.add(session, TellOps(note="tariff_synced", once=once, facts=facts))
    return [summary(changes), *(words(one) for one in dead[:_TOLD_PRODUCTS])]


def summary(changes: Diff) -> str:
    """A difference in one line."""
    counts = [f"{len(changes.added)} added", f"{len(changes.removed)} removed"]
    counts += [f"{len(changes.of(what))} {word}" for what, word in _SAID.items()]
    return f"From {changes.old} to {changes.new}: {', '.join(counts)}."


def _lists(
    app: App, source: Path | None, chapter99: Path | None
) -> tuple[dict[str, tuple[str, ...]] | None, str]:
    """The lists of chapter 99; without its text those that came with this version serve."""
    own = "Duty uses the lists of chapter 99 as printed in 2026 revision 6"
    if chapter99 is not None:
        return chapters.load(chapter99), f"Its chapter 99 was read: {chapter99.name}."
    if source is not None:
        return None, f"{own}; --chapter99 FILE brings newer ones."
    try:
        return (
            chapters.fetch(app.settings.tariff.chapter99_url),
            "Its chapter 99 was fetched and read.",
        )
    except chapters.BadChapter as exc:
        return None, f"{own}: {exc}"
