"""S4: porcelain in dozens; customs at 10:02, the FDA at 13:40; a silent carrier."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from bot import people
from bot.sandbox.player import DANA
from storage.columns import now
from storage.models import (
    AuditEvent,
    ConsigneeNotice,
    Entry,
    Importer,
    Outbox,
    Paper,
    Pickup,
    State,
    StatusReport,
)
from storage.notices import Route
from tests.acceptance import scenario_goods as goods
from tests.factories import mail
from tests.servers.partner import Partner
from tests.town import Town
from tests.unit.knowledge.test_free_time import TOML
from workflows.gateways.catair import write
from workflows.gateways.http import signature
from workflows.gateways.packet import read as packet_of
from workflows.outgoing.webhook import secret_for
from workflows.papers import stating

SECRET = "a-secret-of-the-filer"
IMPORTER, SELLER = "Juniper Table Inc.", "Jingdezhen Cloud Kiln Co. Ltd."
BILL, BOX = "ZZZQ26052244", "ZZZU1188601"


class Table:
    """A town in which Juniper's goods are sold to a distribution centre and an ERP."""

    def __init__(self, folder: Path) -> None:
        self.erp = Partner(busy=1)  # its first answer is 503
        terms = folder / "terms.toml"
        terms.write_text(TOML)
        self.town = Town(
            folder, more={"delivery": {"terms": terms}}, gateway={"webhook_secret": SECRET}
        )
        self.erp.secret = secret_for(self.town.app.webhook_secret, self.erp.url)
        with self.town.app.database.transaction() as session:
            importer = session.exec(select(Importer).where(Importer.name == IMPORTER)).one()
            importer.carrier = "sunbelt"
            importer.notices = [
                Route(name="riverside-dc", by="email", to="dock@riverside.example"),
                Route(name="juniper-erp", by="webhook", url=self.erp.url),
            ]
            session.add(importer)
        goods.next_number(self.town, "QZ7-0204546-2")

    def close(self) -> None:
        self.town.close()
        self.erp.close()

    def tell(self, code: str, raw: str, at: datetime, **more: str) -> None:
        """The filer passes a status on by its signed webhook."""
        number = self.town.rows(Entry)[0].number
        event = {"entry": number, "code": code, "rawCode": raw, "at": at.isoformat(), **more}
        body, stamp = json.dumps({"events": [event]}).encode(), str(int(time.time()))
        mark = signature(SECRET.encode(), stamp, "POST", "/statuses", body)
        answer = httpx.post(
            f"{self.town.app.settings.public_url}/statuses", content=body,
            headers={"X-Tidewaiter-Signature": f"t={stamp},v1={mark}"},
        )  # fmt: skip
        assert answer.json()["taken"] == 1, answer.text
        self.town.drain()
        for kind in ("webhook.release", "pickup.order"):
            self.town.later(kind)

    def mails(self, words: str) -> list[dict]:
        return [one for one in self.town.hands.state()["mails"] if words in one["subject"]]


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    made = Table(tmp_path)
    try:
        yield made
    finally:
        made.close()


def test_s4_dozens_two_releases_one_order_and_a_task_after_four_hours(table: Table) -> None:
    town = table.town
    row = ("Porcelain dinner plates, household, for food", "CN", "4560", "PCS", "", "28450.00")
    town.send(mail(
        ("invoice.csv", goods.invoice(
            seller=SELLER, seller_at="5 Kiln Road, Jingdezhen, China", importer=IMPORTER,
            number="CK-2026-31", rows=[row], more=(f"B/L No.:,{BILL}",))),
        ("packing.csv", goods.packing(seller=SELLER, number="CK-2026-31", packages="190 CARTONS",
                                      container=BOX, bill=BILL)),
        ("arrival.csv", goods.arrival(bill=BILL, container=BOX, loading="Yantian",
                                      more="Last Free Day:,2026-12-04\n")),
        sender="Wen <wen@cloudkiln.example>", subject=f"Documents {BILL}",
        message_id="<s4@cloudkiln.example>",
    ))  # fmt: skip
    town.drain()
    # The tariff counts dozens; the broker sees what the pieces are in them.
    assert "Reported in Dz Pcs: 4,560 PCS = 380 Dz Pcs." in str(goods.card_of(town, IMPORTER)["blocks"])
    goods.decide(town, IMPORTER, {1: "6911108010"})
    with town.app.database.transaction() as session:
        stating.state(session, shipment_id=1, actor=people.who(session, DANA),
                      written="pickup.number = PN-77810\nempty.return = Pier T, gate 3")  # fmt: skip
    town.drain()
    entry = goods.file(town, IMPORTER)
    assert entry.number == "QZ7-0204546-2"
    assert goods.base_duty(entry) == Decimal("5917.60")
    assert (goods.fee(entry, "499"), goods.fee(entry, "501")) == (Decimal("98.55"), Decimal("35.56"))
    assert [(Decimal(one["quantity"]), one["unit"]) for one in entry.filing["lines"][0]["reported"]] == [
        (Decimal(380), "Dz Pcs")
    ]
    made = packet_of(entry.filing)
    assert made is not None
    assert "000000038000DPC" in write._goods_row(made.lines[0])  # 380.00 dozen pieces
    _customs_then_the_fda(table)
    _four_hours_and_twelve_minutes(table)


def _customs_then_the_fda(table: Table) -> None:
    town = table.town
    with town.app.database.transaction() as session:
        filed = session.get(Entry, 1)
        filed.submitted_at -= timedelta(days=2)
        filed.confirmed_at -= timedelta(days=2)
        session.add(filed)
    day = (now() - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    at = {clock: day + timedelta(hours=int(clock[:2]), minutes=int(clock[3:]))
          for clock in ("08:00", "09:30", "10:02", "13:40")}  # fmt: skip
    table.tell("accepted", "AE", at["08:00"])
    table.tell("review", "01", at["09:30"], record="SO70", agency="FDA", reason="UNDER REVIEW")
    table.tell("released", "1C", at["10:02"], record="SO60", reason="RELEASED")
    # 10:02: customs alone; no notice, no delivery order, no request.
    assert town.shipments()[0].state is State.ACCEPTED
    assert town.rows(ConsigneeNotice) == []
    assert [one for one in town.rows(Pickup) if not one.early] == []
    assert town.rows(Paper) == []
    assert table.erp.tries == 0
    assert not table.mails("Pickup request")
    # 13:40: One USG.
    table.tell("proceed", "07", at["13:40"], record="SO70", agency="FDA", reason="MAY PROCEED")
    assert town.shipments()[0].state is State.CLOSED
    reports = {one.at.astimezone(UTC): one.raw_code for one in town.rows(StatusReport)}
    assert [reports[at[clock]] for clock in ("10:02", "13:40")] == ["1C", "FDA 07"]
    (told,) = table.mails("Released by customs")
    assert told["to"] == ["dock@riverside.example"]
    assert table.erp.tries == 2  # 503, then taken
    (call,) = table.erp.taken.values()
    assert (call["type"], call["release"]["entry"]) == ("release.notice", "QZ7-0204546-2")
    # One delivery order, and what a driver needs stands on it.
    (paper,) = town.rows(Paper)
    assert paper.kind == "delivery_order"
    assert (paper.facts["issued_to"], paper.facts["pickup"], paper.facts["empty_return"]) == (
        "Sunbelt Drayage", "PN-77810", "Pier T, gate 3",
    )  # fmt: skip
    assert "4 Dec 2026" in paper.facts["last_free_day"] or "2026-12-04" in paper.facts["last_free_day"]
    (asked,) = table.mails("Pickup request")
    assert asked["to"] == ["dispatch@sunbelt.example"]
    assert "delivery-order" in str(asked)
    # Nobody was told, and nothing was ordered, before the FDA had agreed.
    heard = {one.action: one.id for one in town.rows(AuditEvent)}
    proceeded = max(one.id for one in town.rows(AuditEvent) if one.action == "status_reported")
    assert min(heard["paper_made"], heard["consignee_notified"], heard["pickup_requested"]) > proceeded


def _four_hours_and_twelve_minutes(table: Table) -> None:
    town = table.town
    (pickup,) = town.rows(Pickup)
    (alarm,) = [one for one in town.rows(Outbox) if one.kind == "slack.pickup"]
    waits = alarm.run_at - pickup.requested_at
    assert abs(waits - timedelta(hours=4)) < timedelta(seconds=2)
    assert pickup.escalated_at is None
    town.later("slack.pickup")  # 17:40
    task = town.told(goods.card_of(town, "QZ7-0204546-2"), "Sunbelt Drayage has not confirmed the pickup")
    assert "<@U01DANA>" in task["text"]
    # 17:52: the dispatcher answers by the link of the request; the task is closed, and says why.
    (asked,) = table.mails("Pickup request")
    link = next(word for word in asked["text"].split() if "/pickups/" in word)
    comes = (now() + timedelta(days=1)).replace(second=0, microsecond=0)
    assert httpx.post(link, json={"at": comes.isoformat()}).status_code == 200
    closed = town.told(goods.card_of(town, "QZ7-0204546-2"), "The task to call them is done.")
    assert "Appointment" in closed["text"]
    assert "Sunbelt Drayage" in closed["text"]
    acts = [one.action for one in town.rows(AuditEvent)]
    assert acts.count("pickup_escalated") == 1
    assert len(table.mails("Pickup request")) == 1
