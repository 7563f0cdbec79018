"""What `tidewaiter tariff …` can ask: plain functions over the editions, rulings and records.

Answers are plain data, ready for JSON. Nothing here prints, and nothing changes a code.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import people, tariff_sync
from knowledge import flags
from knowledge.duty import measures
from knowledge.tariff import codes, export, notes, schedule_of, sync
from knowledge.tariff.cross import Collection, Cross
from knowledge.tariff.diff import diff, successors
from knowledge.tariff.schedule import Schedule, ScheduleLine
from storage import audit
from storage.columns import now
from storage.values import SYSTEM, Role
from workflows import decisions, memo, rulings
from workflows.rulings import Fetched
from workflows.states import Refused

if TYPE_CHECKING:
    from bot.compose import App

_SIBLINGS = 40


def status(app: App) -> dict[str, Any]:
    """Which edition is in force, and which others are kept."""
    store = app.settings.data / "tariff"
    there = sync.current(store)
    abouts = sync.about(store)
    checked = sync.last_checked(store)
    named = app.settings.tariff.export
    lookup = app.lookup
    return {
        "edition": lookup.edition,
        "lines": len(lookup.schedule.leaves),
        "digits": lookup.schedule.digits,
        "effective": _effective(lookup.edition),
        "configured": str(named) if named else None,
        "lastChecked": checked.isoformat() if checked else None,
        "syncDays": app.settings.tariff.sync_days,
        "kept": [
            {
                "file": name,
                "edition": export.edition_of(store / name),
                "effective": _effective(export.edition_of(store / name)),
                "inForce": there is not None and there.name == name and named is None,
                "lines": abouts[name].lines if name in abouts else None,
                "sha256": abouts[name].sha256 if name in abouts else None,
                "source": abouts[name].source if name in abouts else None,
                "takenAt": abouts[name].taken_at.isoformat() if name in abouts else None,
            }
            for name in sync.editions(store)
        ],
        "flags": {name: flags.edition(name) for name in ("pga.csv", "adcvd.csv", "metals")},
    }


def compare(app: App, old: str, new: str, *, products: bool) -> dict[str, Any]:
    """The difference between two editions, and what it means for confirmed goods."""
    store = app.settings.data / "tariff"
    before, after = (export.load(sync.find(store, one)) for one in (old, new))
    changes = diff(before, after)
    made: dict[str, Any] = changes.model_dump(mode="json")
    made["summary"] = tariff_sync.summary(changes)
    if products:
        dead = tariff_sync.fallen(app, before, after, changes)
        made["products"] = [
            {**one.model_dump(mode="json"), "words": tariff_sync.words(one)} for one in dead
        ]
    return made


def use(app: App, named: str, *, by: str) -> str:
    """Put a kept edition in force again, in the name of a person."""
    store = app.settings.data / "tariff"
    path = sync.find(store, named)
    if path.parent.resolve() != store.resolve():
        raise export.BadExport(f"{path.name} is not kept: run `tidewaiter tariff sync --from`.")
    export.load(path, whole=True)
    with app.database.transaction() as session:
        actor = people.who(session, by)
        if actor.role not in (Role.LICENSED_BROKER, Role.COMPLIANCE):
            raise Refused("Only a licensed broker can change the edition. Nothing was changed.")
        audit.record(session, "tariff_edition_chosen", actor=actor, file=path.name)
    with sync.alone(store):
        sync.enforce(path)
    return f"{export.edition_of(path)} is in force."


def show(app: App, code: str, *, schedule: Path | None) -> dict[str, Any]:
    """Everything about one tariff line; of a dead code, what became of it."""
    bare = codes.digits(code)
    found_in: Schedule = schedule_of(schedule, None) if schedule else app.lookup.schedule
    line = found_in.find(bare)
    if line is None:
        return _missing(app, bare, found_in)
    on = now().date()
    parent = found_in.find(bare[:8]) if len(bare) > 8 else None
    return {
        "code": line.code,
        "edition": found_in.edition,
        "effective": _effective(found_in.edition),
        "leaf": line.leaf,
        "path": list(line.path),
        "units": list(line.units),
        "general": line.general,
        "special": line.special,
        "other": line.other,
        "footnotes": list(dict.fromkeys([*line.footnotes, *(parent.footnotes if parent else ())])),
        "flags": [one.model_dump(mode="json") for one in flags.flags_for(line.code, on)],
        "beside": [_brief(one) for one in _beside(found_in, line)],
        "below": [_brief(one) for one in found_in.under(bare)[1 : _SIBLINGS + 1] if not line.leaf],
    }


def _missing(app: App, bare: str, schedule: Schedule) -> dict[str, Any]:
    store = app.settings.data / "tariff"
    for name in reversed(sync.editions(store)):
        older = export.load(store / name)
        if (line := older.find(bare)) is not None:
            return {
                "code": line.code,
                "edition": schedule.edition,
                "gone": True,
                "was": {"edition": older.edition, **_brief(line), "path": list(line.path)},
                "successors": [
                    one.model_dump(mode="json") for one in successors(bare, schedule, old=older)
                ],
            }
    near = [_brief(one) for one in schedule.under(bare[:6])[:_SIBLINGS]]
    return {
        "code": codes.dotted(bare),
        "edition": schedule.edition,
        "gone": True,
        "was": None,
        "successors": [],
        "beside": near,
    }


def _beside(schedule: Schedule, line: ScheduleLine) -> list[ScheduleLine]:
    group = schedule.groups.get(line.bare[:6], [])
    return [one for one in group if one.bare != line.bare][:_SIBLINGS]


def _brief(line: ScheduleLine) -> dict[str, Any]:
    return {"code": line.code, "description": line.description, "general": line.general}


def records(
    app: App, *, shipment: str | None, sku: str | None, code: str | None
) -> list[dict[str, Any]]:
    """The records of decisions, each with whether its hash still fits."""
    with app.database.snapshot() as session:
        found = decisions.find(session, shipment=shipment, sku=sku, code=code)
    return [{**one.record, "sha256": one.sha256, "hashFits": one.whole} for one in found]


def fetch_rulings(
    app: App,
    term: str,
    *,
    collection: Collection,
    pages: int,
    again: bool,
    told: rulings.Told | None = None,
) -> Fetched:
    """Pull rulings from the public search; NoAnswer and Refused say what to do."""
    settings = app.settings.tariff
    with Cross(settings.rulings_url, pause=settings.rulings_pause) as cross:
        made = rulings.sync(
            app.database.transaction,
            cross,
            term=term,
            collection=collection,
            most_pages=pages,
            again=again,
            told=told,
        )
    with app.database.transaction() as session:
        audit.record(
            session,
            "rulings_fetched",
            actor=SYSTEM,
            term=made.term,
            pages=made.pages,
            new=made.new,
            changed=made.changed,
        )
    return made


def rulings_status(app: App) -> dict[str, Any]:
    """The rulings on hand and the searches that brought them."""
    with app.database.snapshot() as session:
        count, revoked, searches = rulings.status(session)
        return {
            "rulings": count,
            "revoked": revoked,
            "searches": [
                {
                    "term": one.term,
                    "collection": one.collection,
                    "nextPage": one.next_page,
                    "total": one.total,
                    "finishedAt": one.finished_at.isoformat() if one.finished_at else None,
                }
                for one in searches
            ],
        }


def rulings_about(app: App, words: str, *, most: int) -> list[dict[str, Any]]:
    """Rulings that resemble some words, or that gave a code with these digits."""
    with app.database.snapshot() as session:
        there = rulings.Library().of(session)
    try:
        found = [(one, None) for one in there.under(codes.digits(words))]
    except codes.BadCode:
        found = [(one.ruling, one.alike) for one in there.like(words, least=0.1, most=most)]  # type: ignore[misc]
    known = app.lookup
    return [
        {
            **one.model_dump(mode="json"),
            "standing": one.standing,
            "alike": alike,
            "deadCodes": [
                code for code in one.ordinary if not known.schedule.under(code.replace(".", ""), 1)
            ],
        }
        for one, alike in found[:most]
    ]


def write_memo(app: App, ref: str, number: int) -> bytes:
    """The draft classification memo of a line, as a PDF."""
    with app.database.snapshot() as session:
        there = rulings.Library().of(session)
        facts = memo.facts(
            session,
            ref=ref,
            number=number,
            schedule=app.lookup.schedule,
            precedents=there,
            firm=app.settings.firm,
            notes=app.settings.data / "tariff" / "notes",
        )
    return memo.pdf(facts)


def take_notes(app: App, chapter: str, source: Path | None) -> str:
    """Keep the notes of a chapter, from the publisher or from a file."""
    folder = app.settings.data / "tariff" / "notes"
    if source is not None:
        try:
            raw = source.read_bytes()
        except OSError as exc:
            raise notes.BadNotes(f"{source}: it cannot be read ({exc.strerror}).") from exc
        text = notes.take(folder, chapter, raw, name=source.name)
    else:
        url = app.settings.tariff.notes_url.replace(
            "{chapter}", str(int(notes.two_digits(chapter)))
        )
        text = notes.fetch(folder, chapter, url)
    return f"The notes of chapter {chapter} are on file: {len(text)} characters."


def _effective(edition: str) -> str | None:
    row = measures.tables().revisions.get(edition)
    return row.effective.isoformat() if row else None
