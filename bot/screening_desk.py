"""Screening for an operator and for the clock: the list fetched and kept, parties asked, decided.

Every edition that comes into force, and who accepted one with entries missing, is in the audit.
Nothing here can switch screening off.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from bot import people
from bot.compose import App
from bot.logs import logger
from knowledge.parties import csl_api, editions
from knowledge.parties.csl import BadList
from knowledge.parties.csl_api import Api
from knowledge.parties.lists import THRESHOLD, Asked
from storage import audit
from storage.columns import now
from storage.models import Screening, Shipment
from storage.values import SYSTEM, Actor, Role
from workflows import compliance
from workflows import rescreen as rescreening
from workflows.states import Refused

_MOST_SHOWN = 500


def screen(
    app: App, name: str, *, country: str | None, address: str | None, kind: Asked
) -> dict[str, Any]:
    """What the list in force says of a name, with every part of the score; raises `BadList`."""
    listed = app.screener.frozen()
    hits = listed.hits(name, country, address=address, kind=kind)
    return {
        "name": name,
        "country": country,
        "address": address,
        "edition": listed.edition,
        "official": listed.official,
        "algorithm": listed.algorithm,
        "threshold": THRESHOLD,
        "hits": [hit.model_dump(mode="json") for hit in hits],
        "ask": "Ownership is on no list: do listed parties own 50% or more of it, together?",
    }


def sync(
    app: App, source: Path | None, *, accept_smaller: bool = False, by: str | None = None
) -> str:
    """Put a list into force, from a file or from its publisher; raises `BadList`, `Refused`."""
    actor = _accepting(app, by) if accept_smaller else SYSTEM
    before = editions.latest(app.screening_store)
    raw, origin, as_of = _fetched(app, source)
    made, is_new = editions.keep(
        app.screening_store, raw, origin=origin, as_of=as_of, accept_smaller=accept_smaller
    )
    with app.database.transaction() as session:
        audit.record(
            session,
            "list_in_force" if is_new else "list_seen_again",
            actor=actor,
            edition=made.label,
            sha256=made.sha256,
            entries=made.entries,
            before=before.label if before else None,
            origin=made.origin,
            smaller=accept_smaller,
        )
    if not is_new:
        return f"{made.label} is still the newest; it was seen again today."
    return f"{made.label} is in force: {made.entries} entries, {made.names} names."


def status(app: App) -> dict[str, Any]:
    """Which list is in force, since when, and which came before."""
    screener = app.screener
    try:
        found = editions.current(app.screening_store)
    except BadList:
        found = None
    named = app.settings.screening.list_file
    return {
        "problem": screener.problem,
        "edition": screener.edition,
        "official": screener.official,
        "file": str(named) if named else None,
        "inForce": found.model_dump(mode="json") if found and named is None else None,
        "workingHoursOld": round(editions.working_hours(found.as_of, now()), 1) if found else None,
        "staleAfter": app.settings.screening.stale_hours,
        "algorithm": screener.algorithm,
        "threshold": THRESHOLD,
        "kept": [one.label for one in editions.kept(app.screening_store)],
    }


def hits(app: App, *, every: bool = False) -> list[dict[str, Any]]:
    """Matches that wait for compliance; with `every` the decided ones too, newest first."""
    with app.database.snapshot() as session:
        wanted = select(Screening).order_by(col(Screening.id).desc())
        if not every:
            wanted = wanted.where(
                col(Screening.cleared_at).is_(None), col(Screening.superseded_by).is_(None)
            )
        found = [row for row in session.exec(wanted) if row.hits][:_MOST_SHOWN]
        refs = {one: session.get(Shipment, one) for one in {row.shipment_id for row in found}}
        return [_told(row, refs[row.shipment_id]) for row in found]


def decide(
    app: App, screening_id: int, *, by: str, reason: str, evidence: str, confirm: bool
) -> str:
    """A compliance officer's decision at the command line."""
    with app.database.transaction() as session:
        actor = people.who(session, by)
        if confirm:
            answer = compliance.confirm_match(
                session, screening_id=screening_id, reason=reason, actor=actor
            )
        else:
            answer = compliance.clear(
                session, screening_id=screening_id, reason=reason, evidence=evidence, actor=actor
            )
    return answer.text


def rescreen(app: App) -> int:
    """Open shipments against the list in force, a batch; gives how many were looked at."""
    with app.database.snapshot() as session:
        due = rescreening.due(session, app.house)
    problem = app.screener.problem
    if problem is not None:
        if due:
            with app.database.transaction() as session:
                rescreening.tell_of_list(session, app.house, at=now())
        return 0
    if due:
        app.screener.warm()
    for shipment_id in due:
        with app.database.transaction() as session:
            rescreening.one(session, shipment_id, app.house)
    return len(due)


def refresh(app: App) -> None:
    """The clock's sync: for a list that was fetched before, or an API with a key."""
    try:
        if _is_time(app):
            logger().info("list_synced", said=sync(app, None))
    except (BadList, OSError) as exc:
        logger().warning("list_not_synced", error=str(exc)[:300])


def _is_time(app: App) -> bool:
    settings = app.settings.screening
    if settings.list_file is not None:
        return False
    found = editions.latest(app.screening_store)
    configured = settings.api_key is not None or (found is not None and "://" in found.origin)
    if not configured:
        return False
    return found is None or now() - found.as_of >= timedelta(hours=settings.refresh_hours)


def _fetched(app: App, source: Path | None) -> tuple[bytes, str, datetime]:
    settings = app.settings.screening
    if source is not None:
        try:
            return (
                source.read_bytes(),
                source.name,
                datetime.fromtimestamp(source.stat().st_mtime, UTC),
            )
        except OSError as exc:
            raise BadList(f"{source} cannot be read ({exc.strerror}): name another file.") from exc
    if settings.api_key is not None:
        api = Api(url=settings.api_url, key=settings.api_key.get_secret_value())
        return csl_api.fetch_api(api), settings.api_url, now()
    return csl_api.fetch_bulk(settings.url), settings.url, now()


def _accepting(app: App, by: str | None) -> Actor:
    if by is None:
        raise Refused("A smaller list is accepted by a compliance officer: --by SLACK-USER.")
    with app.database.snapshot() as session:
        actor = people.who(session, by)
    if actor.role is not Role.COMPLIANCE:
        raise Refused("Only a compliance officer can accept a smaller list. Nothing was changed.")
    return actor


def _told(row: Screening, shipment: Shipment | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "shipment": shipment.ref if shipment else None,
        "standing": compliance.standing_of(row),
        "party": row.party,
        "country": row.country,
        "address": row.address,
        "roles": row.roles,
        "edition": row.list_edition,
        "algorithm": row.algorithm,
        "hits": [hit.model_dump(mode="json") for hit in row.hits],
        "clearedBy": row.cleared_name,
        "reason": row.confirmed_reason or row.cleared_reason,
        "evidence": row.evidence,
    }
