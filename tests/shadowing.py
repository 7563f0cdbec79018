"""Shadow mode: prepared, never filed, compared, and ended only when enough agree."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from bot.sandbox.player import DANA
from storage.columns import now
from storage.models import (
    AuditEvent,
    Entry,
    Importer,
    OutgoingMessage,
    ShadowCase,
    ShadowRule,
    Shipment,
    State,
)
from storage.values import Actor, Role
from tests.integration.test_town_story import CODES, decide_all
from tests.town import Town
from workflows import comparing, filing, shadow
from workflows.states import Refused

DANA_ACTOR = Actor(id=DANA, name="Dana Whitlock", role=Role.LICENSED_BROKER, licence="99001")
LUIS_ACTOR = Actor(id="U02LUIS", name="Luis Ortega", role=Role.ENTRY_WRITER)


def people_file_the_machine_compares(town: Town) -> None:
    house = town.app.house
    with town.app.database.transaction() as session:
        importer = session.exec(select(Importer).where(Importer.name == "Kestrel Outdoor LLC")).one()
        with pytest.raises(Refused, match="Only a licensed broker"):
            shadow.start(session, importer=importer, way=None, actor=LUIS_ACTOR)
        with pytest.raises(Refused, match="no shadow mode for everything"):
            shadow.start(session, importer=None, way=None, actor=DANA_ACTOR)
        rule = shadow.start(session, importer=importer, way=None, actor=DANA_ACTOR).id
    town.send(town.story("kestrel"))
    town.send(town.story("kestrel-packing-list"))
    town.drain()
    decide_all(town, "Kestrel", CODES["kestrel"])
    card = town.hands.card("Kestrel")
    assert card is not None
    town.hands.press(DANA, card, "shipment_confirm")
    town.hands.wait("the packet", lambda: town.rows(ShadowCase))
    town.drain()
    town.poll()

    # Nothing was filed and nothing went out, and it cannot be filed by another way either.
    assert town.rows(Entry) == []
    assert town.rows(OutgoingMessage) == []
    held_back = [one for one in town.rows(AuditEvent) if one.action == "not_sent_in_shadow"]
    assert {one.details["kind"] for one in held_back} >= {"mail.acknowledge"}
    with town.app.database.transaction() as session:
        shipment = session.get(Shipment, 1)
        assert shipment.state is State.IN_REVIEW
        with pytest.raises(Refused, match="nothing of this shipment is filed"):
            filing.prepare(session, shipment, actor=DANA_ACTOR, house=house)

    # What people filed differs in a code; the thread says so, a broker recorded it.
    (case,) = town.rows(ShadowCase)
    ours = comparing.ours(case.packet)
    assert ours[0].hts == "4202923120"
    wrong = [ours[0].model_copy(update={"hts": "4202923131"}), *ours[1:]]
    with town.app.database.transaction() as session:
        shipment = session.get(Shipment, 1)
        with pytest.raises(Refused, match="check digit"):
            shadow.record(session, shipment, number="QZ7-0204518-2", lines=wrong, actor=DANA_ACTOR)
    note = town.told(card, "prepared, nothing filed")
    town.hands.press(DANA, note, "shadow_record")
    rows = "\n".join(f"{one.line},{one.hts},{one.unit},{one.value}" for one in wrong)
    told = {"entry": "QZ7-0204518-1", "lines": f"line,hts,unit,value\n{rows}\n"}
    town.hands.submit(
        DANA, town.hands.modal(DANA, "shadow_record"),
        {block: {"value": {"value": text}} for block, text in told.items()},
    )  # fmt: skip
    town.hands.wait("the comparison", lambda: town.rows(ShadowCase)[0].compared_at)
    assert [one.cause for one in town.rows(ShadowCase)[0].differences] == ["statistical_suffix"]
    town.told(card, "statistical suffix")
    said = "\n".join(one["text"] for one in town.hands.thread(card))
    assert "Shadow mode: prepared, nothing filed." in said
    assert "line 1, hts: ours 4202923120, filed 4202923131: statistical suffix" in said
    assert town.shipments()[0].state is State.CANCELLED

    _ends_when_they_agree(town, rule)


def _ends_when_they_agree(town: Town, rule: int) -> None:
    _others(town, rule, agreeing=34, differing=5)
    with (
        town.app.database.transaction() as session,
        pytest.raises(Refused, match="34 of the newest 40 agree; 95 % are needed"),
    ):
        shadow.end(session, rule_id=rule, actor=DANA_ACTOR)
    _others(town, rule, agreeing=40, differing=0)
    _page_of(town)
    with town.app.database.transaction() as session:
        with pytest.raises(Refused, match="Only a licensed broker"):
            shadow.end(session, rule_id=rule, actor=LUIS_ACTOR)
        ended = shadow.end(session, rule_id=rule, actor=DANA_ACTOR)
        assert (ended.agreed, ended.window, ended.critical) == (40, 40, 0)
    assert town.rows(ShadowRule)[0].ended_by == "Dana Whitlock"


def _others(town: Town, rule: int, *, agreeing: int, differing: int) -> None:
    """Compared entries of other shipments, recorded as `shadow.record` does."""
    with town.app.database.transaction() as session:
        packet = session.exec(select(ShadowCase)).first().packet
        lines = comparing.ours(packet)
        importer = session.exec(select(Importer).where(Importer.name == "Kestrel Outdoor LLC")).one()
        for at in range(agreeing + differing):
            row = Shipment(state=State.CANCELLED, importer_id=importer.id)
            row.created_at = now() - timedelta(days=3 * at)
            session.add(row)
            session.flush()
            row.ref = f"SHP-2026-{row.id:06d}"
            session.add(ShadowCase(shipment_id=row.id, rule_id=rule, packet=packet, prepared_by="Dana"))
            session.flush()
            odd = [lines[0].model_copy(update={"unit": "xx"}), *lines[1:]]
            theirs = odd if at < differing else lines
            shadow.record(session, row, number="QZ7-0204518-1", lines=theirs, actor=DANA_ACTOR)


def _page_of(town: Town) -> None:
    """The figures in Slack, on their page, and as CSV, by a signed link."""
    said = str(town.hands.command(DANA, "stats"))
    assert "Shadow mode: agreement: 92.5 % (of 80 compared entries)" in said
    link = said.rpartition("<")[2].partition("|")[0]
    page = town.open(link)
    assert page.status_code == 200
    assert "Kestrel Outdoor LLC" in page.text
    assert "may end" in page.text
    assert town.open(f"{link}.csv").text.startswith("scope,figure,value,unit,of,what,too_few,")
    assert town.open(link[:-3] + "abc").status_code == 404
