"""What filing asks of a database, on both kinds."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from storage import audit
from storage.columns import now
from storage.db import Database
from storage.models import Bond, Entry, Export, FilingAttempt, Importer, Outbox, Shipment, State
from storage.values import SYSTEM
from tests.town import Town
from workflows import bonds, entry_numbers, journal, outage
from workflows.exports import desk

pytestmark = pytest.mark.slow


def stuck(database: Database) -> None:
    with database.transaction() as session:
        client = Importer(name="N", match_name="n")
        shipment = Shipment(state=State.CONFIRMED, ref="SHP-1")
        session.add_all([client, shipment])
        session.flush()
        bonds.record(
            session, importer=client, kind="continuous", surety="036", amount=Decimal("50000.00"),
            starts_on=now().date(), actor=SYSTEM,
        )  # fmt: skip
        session.add(
            Entry(shipment_id=shipment.id, key="k", gateway="sandbox", confirmed_by="U1",
                  confirmed_name="Dana", confirmed_at=now() - timedelta(hours=1))
        )  # fmt: skip


def test_an_outage_is_found_once(database: Database, town: Town) -> None:
    stuck(database)
    for found in (1, 0):
        with database.transaction() as session:
            assert outage.watch(session, house=town.app.house) == found
    with database.snapshot() as session:
        kinds = [one.kind for one in session.exec(select(Outbox).order_by(Outbox.id))]
        assert kinds == ["slack.note", "slack.ops"]
        assert list(audit.verify(session)) == []
        assert session.exec(select(Bond)).one().amount == Decimal("50000.00")


def test_attempts_and_numbers_are_kept_in_order(database: Database, town: Town) -> None:
    stuck(database)
    with database.transaction() as session:
        entry_numbers.add(session, filer="QZ7", first=1, last=3, actor=SYSTEM)
        begun: list[Any] = []
        for outcome in ("unknown", "not_done"):
            made = journal.begin(session, key="k", gateway="g", sha256="0", shipment_id=1)
            journal.end(session, made.id, outcome=outcome, answer="x")
            begun.append(made)
        assert [one.unsure for one in begun] == [False, True]
        numbers = [
            entry_numbers.take(session, filer="QZ7", house=town.app.house) for _ in range(3)
        ]
        assert [one[:11] for one in numbers] == ["QZ7-0000001", "QZ7-0000002", "QZ7-0000003"]
    with database.transaction() as session:
        session.add(Export(ref="EXP-1", state="filed", key="e", next_poll_at=now(), created_by="x"))
        session.flush()
        assert [one.ref for one in desk.schedule_polls(session)] == ["EXP-1"]
        assert len(session.exec(select(FilingAttempt)).all()) == 2
