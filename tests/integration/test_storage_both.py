"""The outbox, the audit chain and the schema, on SQLite and on PostgreSQL alike."""

import threading
from datetime import timedelta
from typing import ClassVar

import pytest
from alembic import command
from sqlmodel import select, update

from storage import audit, migrate, outbox
from storage.columns import now
from storage.db import Database
from storage.models import AuditEvent, Document, Outbox, OutboxStatus, ReadState, Shipment, State
from storage.outbox import Effect
from storage.values import SYSTEM, DocumentKind

LEASE = timedelta(seconds=60)


class Knock(Effect):
    kind: ClassVar[str] = "test.knock"
    destination: ClassVar[str] = "door"
    name: str
    door: str = "front"

    def key(self) -> str:
        return f"knock-{self.name}"

    def lane(self) -> str:
        return self.door


def record(database: Database, *names: str, door: str = "front") -> list[int]:
    with database.transaction() as session:
        return [outbox.add(session, Knock(name=name, door=door)) or 0 for name in names]


def claim(database: Database, row: int):
    with database.transaction() as session:
        return outbox.claim(session, row, lease=LEASE)


def test_the_migrations_make_exactly_the_schema_of_the_models(database: Database) -> None:
    assert migrate.pending(database) is None
    assert migrate.drift(database) == []


def test_migrating_twice_changes_nothing(database: Database) -> None:
    migrate.upgrade(database)
    assert migrate.drift(database) == []


def test_every_kind_of_document_is_kept_and_an_older_schema_has_no_isf_sheets(
    database: Database,
) -> None:
    with database.transaction() as session:
        shipment = Shipment(state=State.BOOKED)
        session.add(shipment)
        session.flush()
        for kind in DocumentKind:
            session.add(
                Document(
                    shipment_id=shipment.id, filename=kind, content_type="x/y", size=1, sha256=kind,
                    kind=kind, state=ReadState.READ,
                )
            )  # fmt: skip
    with database.engine.connect() as connection:
        migrate._refer(connection, on=False)
        with connection.begin():
            command.downgrade(migrate._config(connection), "a3d95c1e7b42")
            kept = connection.exec_driver_sql("SELECT filename, kind FROM document").all()
            assert {name: kind for name, kind in kept if name != kind} == {"isf_sheet": "other"}
            assert len(kept) == len(DocumentKind)
    migrate.upgrade(database)
    with database.transaction() as session:
        row = session.exec(select(Document).where(Document.filename == "isf_sheet")).one()
        row.kind = DocumentKind.ISF_SHEET
        session.add(row)
    assert migrate.drift(database) == []


def test_the_same_decision_is_recorded_once(database: Database) -> None:
    assert record(database, "a") != [0]
    assert record(database, "a") == [0]


def test_an_effect_of_a_transaction_that_failed_does_not_exist(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        outbox.add(session, Knock(name="a"))
        raise ZeroDivisionError
    assert record(database, "a") != [0]


def test_an_effect_is_claimed_by_one_worker_only(database: Database) -> None:
    row = record(database, "a")[0]
    got: list[object] = []
    workers = [threading.Thread(target=lambda: got.append(claim(database, row))) for _ in range(8)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert len([one for one in got if one is not None]) == 1


def test_effects_of_one_lane_run_in_order_and_lanes_do_not_wait_for_each_other(
    database: Database,
) -> None:
    first, second = record(database, "a", "b")
    (other,) = record(database, "c", door="back")
    assert claim(database, second) is None
    assert claim(database, other) is not None
    held = claim(database, first)
    with database.transaction() as session:
        assert outbox.finish(session, held)
    assert claim(database, second) is not None


def test_a_dead_effect_holds_up_its_own_lane_until_somebody_decides(database: Database) -> None:
    first, second = record(database, "a", "b")
    held = claim(database, first)
    with database.transaction() as session:
        outbox.fail(session, held, error="no", outcome="not_done", retry_at=None)
    assert claim(database, second) is None
    with database.transaction() as session:
        assert outbox.drop(session, first)
    assert claim(database, second) is not None


def test_a_worker_that_lost_its_lease_cannot_finish_what_another_took_over(
    database: Database,
) -> None:
    row = record(database, "a")[0]
    slow = claim(database, row)
    with database.transaction() as session:
        session.exec(update(Outbox).values(lease_until=now() - timedelta(seconds=1)))
    quick = claim(database, row)
    with database.transaction() as session:
        assert outbox.finish(session, slow) is False
        assert outbox.finish(session, quick) is True


def test_what_was_handed_over_is_handed_over_again_only_later(database: Database) -> None:
    record(database, "a")
    with database.transaction() as session:
        assert len(outbox.take_due(session)) == 1
    with database.transaction() as session:
        assert outbox.take_due(session) == []
        session.exec(update(Outbox).values(run_at=now()))
    with database.transaction() as session:
        assert len(outbox.take_due(session)) == 1


def test_a_destination_that_keeps_failing_rests_and_comes_back(database: Database) -> None:
    row = record(database, "a")[0]
    with database.transaction() as session:
        told = [outbox.trip(session, "door", rest=LEASE) for _ in range(6)]
    assert told == [False, False, False, False, True, False]
    with database.transaction() as session:
        assert outbox.take_due(session) == []
    held = claim(database, row)  # the one probe that somebody asks for by hand
    with database.transaction() as session:
        outbox.finish(session, held)
    record(database, "b")
    with database.transaction() as session:
        assert len(outbox.take_due(session)) == 1


def test_a_dead_effect_is_tried_again_only_when_a_person_says_so(database: Database) -> None:
    row = record(database, "a")[0]
    held = claim(database, row)
    with database.transaction() as session:
        outbox.fail(session, held, error="no", outcome="unknown", retry_at=None)
    with database.transaction() as session:
        assert outbox.take_due(session) == []
        assert outbox.revive(session, row)
    assert claim(database, row).last_outcome == "unknown"


def test_the_audit_chain_is_whole_after_many_writers(database: Database) -> None:
    def write(name: int) -> None:
        for at in range(5):
            with database.transaction() as session:
                audit.record(session, "test", actor=SYSTEM, writer=name, at=at)

    writers = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    with database.snapshot() as session:
        assert list(audit.verify(session)) == []


@pytest.mark.parametrize("column", ["action", "actor_name", "details"])
def test_whoever_changes_the_audit_is_found_out(database: Database, column: str) -> None:
    with database.transaction() as session:
        for at in range(3):
            audit.record(session, "test", actor=SYSTEM, at=at)
    with database.transaction() as session:
        changed = {"x": 1} if column == "details" else "forged"
        session.exec(update(AuditEvent).where(AuditEvent.id == 2).values({column: changed}))
    with database.snapshot() as session:
        assert any("event 2" in sentence for sentence in audit.verify(session))


def test_whoever_removes_an_audit_event_is_found_out(database: Database) -> None:
    with database.transaction() as session:
        for at in range(3):
            audit.record(session, "test", actor=SYSTEM, at=at)
    with database.transaction() as session:
        session.delete(session.get(AuditEvent, 2))
    with database.snapshot() as session:
        assert any("removed or changed" in sentence for sentence in audit.verify(session))


def test_the_database_itself_refuses_a_state_that_does_not_exist(database: Database) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import IntegrityError

    with database.transaction() as session:
        session.add(Shipment(state=State.RECEIVED, ref="SHP-1"))
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.execute(text("UPDATE shipment SET state = 'filed'"))


def test_done_effects_stay_done(database: Database) -> None:
    row = record(database, "a")[0]
    with database.transaction() as session:
        outbox.finish(session, outbox.claim(session, row, lease=LEASE))
    assert claim(database, row) is None
    with database.snapshot() as session:
        assert session.get(Outbox, row).status is OutboxStatus.DONE
