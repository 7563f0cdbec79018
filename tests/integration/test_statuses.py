"""The history of an entry, on both kinds of database: order, repeats, opposites, strays."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from bot.compose import App
from bot.settings import Settings
from storage import audit
from storage.columns import now
from storage.db import Database
from storage.models import Entry, Hold, Outbox, Shipment, State, StatusReceipt, StatusReport
from storage.values import AUTHORITY, Reported, Transport
from workflows import hold_alarms, holds, polling, receipts, states, tracking
from workflows.gateways.http import Told, reported
from workflows.ports import House
from workflows.receipts import Brought

pytestmark = pytest.mark.slow

T0 = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = App(Settings(_env_file=None, data_dir=tmp_path / "data"))
    return made.house


class Undone(Exception):
    """The transaction is not to be kept."""


def report(code: str, raw: str, minute: int, reason: str = "") -> Reported:
    at = T0 + timedelta(minutes=minute)
    return Reported(code=code, raw_code=raw, reason=reason, at=at)


STORY = (
    report("accepted", "AE", 0),
    report("held", "5H", 10, "documents required"),
    report("lifted", "5I", 20),
    report("released", "1C", 30),
)


def filed(database: Database, *, state: State = State.SUBMITTED) -> int:
    with database.transaction() as session:
        shipment = Shipment(state=state, ref="SHP-1", card_ts="1", card_channel="C")
        session.add(shipment)
        session.flush()
        entry = Entry(
            shipment_id=shipment.id or 0, key="k", number="QZ7-1000001-2", gateway="sandbox",
            confirmed_by="U1", confirmed_name="Dana", confirmed_at=now(), submitted_at=now(),
        )  # fmt: skip
        session.add(entry)
        session.flush()
        assert entry.id is not None
        return entry.id


def tell(database: Database, house: House, *reports: Reported, source: str = "poll") -> None:
    with database.transaction() as session:
        tracking.record(session, entry_id=1, reports=reports, house=house, source=source)  # type: ignore[arg-type]


def state(database: Database) -> State:
    with database.snapshot() as session:
        return session.exec(select(Shipment)).one().state


def rows(database: Database) -> Sequence[StatusReport]:
    with database.snapshot() as session:
        return session.exec(select(StatusReport).order_by(StatusReport.id)).all()


def notes(database: Database) -> list[str]:
    with database.snapshot() as session:
        return [
            str(one.payload.get("note"))
            for one in session.exec(select(Outbox).order_by(Outbox.id))
            if one.kind in ("slack.note", "slack.ops")
        ]


def test_any_order_of_the_same_reports_ends_in_the_same_state(
    database: Database, house: House
) -> None:
    filed(database)
    whole = [(order, State.RELEASED) for order in itertools.permutations(STORY)]
    lifted = [(order, State.ACCEPTED) for order in itertools.permutations(STORY[:3])]
    for order, ends in [*whole, *lifted]:
        with contextlib.suppress(Undone), database.transaction() as session:
            for one in order:
                tracking.record(session, entry_id=1, reports=[one], house=house)
            shipment = session.exec(select(Shipment)).one()
            assert shipment.state is ends, [one.raw_code for one in order]
            assert not holds.open_holds(session, 1)
            assert len(session.exec(select(StatusReport)).all()) == len(order)
            raise Undone


def test_a_repeat_is_one_report_and_the_late_are_kept_and_said(
    database: Database, house: House
) -> None:
    filed(database)
    tell(database, house, *STORY)
    tell(database, house, *STORY)
    assert len(rows(database)) == 4
    tell(database, house, report("held", "7H", 15, "X-ray"))
    assert state(database) is State.RELEASED
    assert rows(database)[-1].late
    assert notes(database)[-1] == "status_late"
    with database.snapshot() as session:
        assert list(audit.verify(session)) == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_opposites_in_one_second_the_hold_stands(
    database: Database, house: House, order: tuple[int, int]
) -> None:
    filed(database)
    tell(database, house, STORY[0])
    pair = (
        report("released", "1C", 10),
        report("held", "1A", 10, "intensive"),
    )
    for index in order:
        tell(database, house, pair[index])
    assert state(database) is State.HELD
    assert len(rows(database)) == 3
    if order == (1, 0):
        assert "status_contested" in notes(database)


def test_a_release_before_we_knew_of_the_filing_counts_once_it_is_known(
    database: Database, house: House
) -> None:
    filed(database, state=State.CONFIRMED)
    tell(database, house, report("released", "1C", 30))
    assert state(database) is State.CONFIRMED
    assert notes(database) == ["status_unexpected"]
    with database.transaction() as session:
        entry = session.exec(select(Entry)).one()
        shipment = session.exec(select(Shipment)).one()
        shipment.state = State.SUBMITTED
        assert tracking.catch_up(session, entry, house=house) == 1
    assert state(database) is State.RELEASED
    tell(database, house, report("accepted", "AE", 0))
    assert state(database) is State.RELEASED
    assert rows(database)[-1].late


def test_an_unknown_code_is_told_and_a_false_friend_releases_nothing(
    database: Database, house: House
) -> None:
    filed(database)
    tell(database, house, STORY[0], report("unknown", "9Q", 5, "something new"))
    assert state(database) is State.ACCEPTED
    assert notes(database)[-1] == "status_unexpected"
    with database.snapshot() as session:
        assert "9Q" in (session.exec(select(Shipment)).one().attention or "")


def test_a_mail_opens_a_hold_and_never_releases_and_hides_no_real_report(
    database: Database, house: House
) -> None:
    filed(database)
    tell(database, house, STORY[0])
    tell(database, house, report("released", "1C", 5), source="mail")
    assert state(database) is State.ACCEPTED
    with database.transaction() as session:
        entry = session.exec(select(Entry)).one()
        assert entry.next_poll_at is not None
        assert entry.next_poll_at <= now()
    tell(database, house, report("held", "5H", 10, "documents required"), source="mail")
    assert state(database) is State.HELD
    with database.snapshot() as session:
        assert not session.exec(select(Hold)).one().confirmed
    tell(database, house, report("held", "5H", 10, "documents required"))
    with database.snapshot() as session:
        assert session.exec(select(Hold)).one().confirmed
    # The very code and time that the mail had named: the authority's own report still counts.
    tell(database, house, report("released", "1C", 12), source="mail")
    tell(database, house, report("released", "1C", 12))
    assert state(database) is State.RELEASED
    with database.snapshot() as session:
        effects = [one["effect"] for one in receipts.history(session, 1)]
    assert effects.count("recorded") == 2
    assert "opened a hold" in effects


def test_a_status_of_an_unknown_entry_is_kept_and_told_once(
    database: Database, house: House
) -> None:
    filed(database)
    brought = [
        Brought(entry="QZ7-0204518-1", report=STORY[3]),
        Brought(entry="qz710000012", report=STORY[0]),
        Brought(entry="k", report=STORY[0]),
    ]
    for _ in range(2):
        with database.transaction() as session:
            counts = receipts.take(session, brought, sha256="00", house=house)
    assert counts == {"taken": 0, "repeated": 2, "unknownEntry": 1}
    assert state(database) is State.ACCEPTED
    with database.snapshot() as session:
        kept = session.exec(select(StatusReceipt)).all()
    assert [one.outcome for one in kept].count("unknown_entry") == 2
    assert notes(database).count("status_stray") == 1


def test_only_the_last_of_several_holds_lets_the_entry_go_on(
    database: Database, house: House
) -> None:
    filed(database)
    tell(database, house, *STORY[:2], report("exam", "7H", 12, "X-ray"))
    tell(database, house, STORY[2])
    assert state(database) is State.HELD
    tell(database, house, report("lifted", "7I", 40))
    assert state(database) is State.ACCEPTED
    tell(database, house, report("lifted", "6I", 41))
    assert state(database) is State.ACCEPTED
    assert notes(database)[-1] == "status_unexpected"


@pytest.mark.parametrize(
    ("eta", "at", "missed", "seconds"),
    [
        (None, State.ACCEPTED, 0, 7200),
        (timedelta(days=1), State.ACCEPTED, 0, 1800),
        (timedelta(days=9), State.ACCEPTED, 0, 7200),
        (None, State.HELD, 0, 1800),
        (None, State.RELEASED, 0, 43200),
        (None, State.ACCEPTED, 1, 14400),
        (None, State.ACCEPTED, 3, 57600),
        (None, State.ACCEPTED, 9, 57600),
    ],
)
def test_the_interval_follows_arrival_hold_and_outage(
    house: House, eta: timedelta | None, at: State, missed: int, seconds: int
) -> None:
    day: date | None = (now() + eta).date() if eta else None
    shipment = Shipment(state=at, transport=Transport(eta=day))
    entry = Entry(
        shipment_id=1, key="k", gateway="g", confirmed_by="U", confirmed_name="D",
        confirmed_at=now(), polls_missed=missed,
    )  # fmt: skip
    assert polling.interval(entry, shipment, house=house) == timedelta(seconds=seconds)


def test_a_hold_that_nobody_takes_goes_up_step_by_step(database: Database, house: House) -> None:
    filed(database)
    tell(database, house, *STORY[:2])
    placed = now()
    heard = []
    for minutes in (14, 16, 61, 250, 250):
        with database.transaction() as session:
            hold_alarms.watch(session, house=house, at=placed + timedelta(minutes=minutes))
            heard.append(session.exec(select(Hold)).one().alarms)
    assert heard == [0, 1, 2, 3, 3]
    with database.snapshot() as session:
        told = [
            one.payload["facts"]["to"]
            for one in session.exec(select(Outbox).order_by(Outbox.id))
            if one.payload.get("note") == "hold_unanswered"
        ]
    assert told == ["broker", "backup", "principal"]


def test_authority_alone_lifts(database: Database) -> None:
    filed(database, state=State.HELD)
    with database.transaction() as session:
        shipment = session.exec(select(Shipment)).one()
        assert states.fire(session, shipment, states.Lifted(), actor=AUTHORITY)
        assert shipment.state is State.ACCEPTED


def agency(code: str, raw: str, minute: int, who: str = "FDA") -> Reported:
    """What another agency said, as the filer passes it on."""
    at = T0 + timedelta(minutes=minute)
    return reported(Told(code=code, rawCode=raw, record="SO70", agency=who, at=at))


def test_customs_release_waits_for_every_agency_and_ends_no_agencys_hold(
    database: Database, house: House
) -> None:
    filed(database)
    tell(database, house, agency("held", "02", 5), agency("review", "01", 5, "EPA"))
    tell(database, house, report("released", "1C", 10))
    assert state(database) is State.HELD  # the FDA holds it, whatever customs says
    tell(database, house, agency("proceed", "07", 20))
    assert state(database) is State.ACCEPTED  # the EPA still looks
    # What an agency said before its last word comes late, and a filer's "released" is no release.
    tell(database, house, agency("held", "02", 15))
    assert rows(database)[-1].late
    tell(database, house, agency("released", "01", 25, "EPA"))
    assert state(database) is State.ACCEPTED
    tell(database, house, agency("proceed", "07", 30, "EPA"))
    assert state(database) is State.RELEASED


def test_a_hold_of_customs_between_its_release_and_the_agencys_word_wants_a_new_release(
    database: Database, house: House
) -> None:
    filed(database)
    tell(database, house, agency("review", "01", 5), report("released", "1C", 10))
    tell(database, house, report("held", "5H", 15), report("lifted", "5I", 16))
    tell(database, house, agency("proceed", "07", 20))
    assert state(database) is State.ACCEPTED
    tell(database, house, report("released", "1C", 30))
    assert state(database) is State.RELEASED


def test_what_an_agencys_number_says_counts_and_not_what_it_is_called() -> None:
    said = [("held", "07"), ("released", "02"), ("released", "07"), ("review", "02"), ("x", "99")]
    assert [agency(code, raw, 0).code for code, raw in said] == [
        "unknown", "unknown", "proceed", "held", "unknown",
    ]  # fmt: skip
