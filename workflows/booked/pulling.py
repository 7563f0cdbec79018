"""Asking the source: one page of its list an effect, one shipment an effect.

A shipment that has not changed since we read it is passed over. A walk that is under way is not
begun again; a page that fails is asked for again by the outbox, with its patience.
"""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session, select

from storage import outbox
from storage.columns import now
from storage.models import Booked, BookingReceipt, Outbox, OutboxStatus, TmsCursor
from storage.outbox import Claimed
from workflows.booked import acting
from workflows.booked.acting import Milestone
from workflows.booked.effects import FetchBooking, PullBookings
from workflows.effects import TellOps
from workflows.mailing import nothing
from workflows.ports import House, Ports
from workflows.post import Record
from workflows.tms import TmsPage

_MOST_PAGES = 2000


def schedule(session: Session, *, house: House) -> bool:
    """Begin a walk over the source's list if its time has come; gives whether."""
    source = house.bookings.tms
    if source is None:
        return False
    row = session.get(TmsCursor, source, with_for_update=True) or TmsCursor(source=source)
    if row.next_at is not None and row.next_at > now():
        return False
    row.next_at = now() + timedelta(seconds=house.bookings.poll_seconds)
    under_way = session.exec(
        select(Outbox.id).where(
            Outbox.kind == PullBookings.kind, Outbox.status == OutboxStatus.PENDING
        )
    ).first()
    if under_way is None:
        row.run, row.page = row.run + 1, 0
        outbox.add(session, PullBookings(source=source, run=row.run, page=0))
    session.add(row)
    return under_way is None


def pull(ports: Ports, claimed: Claimed) -> Record:
    """The handler of `PullBookings`."""
    effect = PullBookings.model_validate(claimed.payload)
    if ports.tms is None or ports.tms.name != effect.source:
        return nothing
    page = ports.tms.pull(effect.cursor)
    return lambda session: _taken(session, effect, page)


def _taken(session: Session, effect: PullBookings, page: TmsPage) -> None:
    wanted = [one for one in page.listed if one.live]
    ours = {
        row.external_id
        for row in session.exec(select(Booked).where(Booked.source == effect.source))
    }
    # What was archived or delivered is followed up only where it is ours already.
    wanted += [one for one in page.listed if not one.live and one.external_id in ours]
    asked = sum(
        outbox.add(
            session,
            FetchBooking(
                source=effect.source,
                external_id=one.external_id,
                version=one.version,
                milestone=f"{effect.source}:listed",
            ),
        )
        is not None
        for one in wanted
    )
    row = session.get(TmsCursor, effect.source) or TmsCursor(source=effect.source, run=effect.run)
    row.page, row.cursor = effect.page + 1, page.cursor
    row.said = f"{len(page.listed)} listed, {asked} new or changed"
    session.add(row)
    if page.problems:
        _tell(session, effect, list(page.problems))
    if page.cursor and effect.page + 1 < _MOST_PAGES:
        following = PullBookings(
            source=effect.source, run=effect.run, page=effect.page + 1, cursor=page.cursor
        )
        outbox.add(session, following)


def _tell(session: Session, effect: PullBookings, problems: list[str]) -> None:
    outbox.add(
        session,
        TellOps(
            note="tms_problems",
            once=f"{effect.source}-{problems[0][:100]}",
            facts={"source": effect.source, "problems": problems[:5]},
        ),
    )


def fetch(ports: Ports, claimed: Claimed) -> Record:
    """The handler of `FetchBooking`."""
    effect = FetchBooking.model_validate(claimed.payload)
    if ports.tms is None or ports.tms.name != effect.source:
        return nothing
    facts = ports.tms.fetch(effect.external_id)

    def record(session: Session) -> None:
        told = Milestone(
            source=effect.source,
            event_id=f"fetch-{effect.external_id}-{effect.version}",
            name=effect.milestone,
            external_id=effect.external_id,
            facts=facts,
            occurred_at=facts.version,
        )
        acting.receive(session, told, house=ports.house)

    return record


def refused(session: Session, *, source: str, sha256: str, why: str) -> BookingReceipt:
    """A delivery that is signed and no event: kept, and told once."""
    receipt = BookingReceipt(
        source=source,
        event_id=f"sha256-{sha256[:32]}",
        milestone=f"{source}:refused",
        outcome="refused",
        detail=why[:300],
        sha256=sha256,
    )
    session.add(receipt)
    outbox.add(
        session,
        TellOps(
            note="tms_problems",
            once=f"{source}-{sha256[:32]}",
            facts={"source": source, "problems": [why[:300]]},
        ),
    )
    return receipt
