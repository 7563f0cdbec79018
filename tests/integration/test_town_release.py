"""From the release to the proof of delivery, over real SMTP, HTTP and SFTP."""

from __future__ import annotations

import hashlib
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select

from bot import archive_watch
from bot.sandbox.player import DANA
from storage.columns import now
from storage.models import ConsigneeNotice, Document, Entry, Importer, Pickup, Shipment, State
from storage.notices import Route
from storage.values import Actor, Role
from tests.filers import SftpFiler
from tests.integration.test_town_story import CODES, decide_all, file
from tests.servers.partner import Partner
from tests.town import Town
from tests.unit.knowledge.test_free_time import TOML
from workflows import collecting, delivery, demurrage, release
from workflows.gateways.http import signature
from workflows.outgoing.webhook import secret_for
from workflows.states import Refused

pytestmark = pytest.mark.slow

DANA_ACTOR = Actor(id=DANA, name="Dana Whitlock", role=Role.LICENSED_BROKER, licence="99001")
VERA_ACTOR = Actor(id="U09VERA", name="Vera", role=Role.VIEWER)
SECRET = "a-secret-of-the-filer"
PDF = b"%PDF-1.7\n% signed by the dock\n"


class World:
    """A town with three consignees of one importer, and a carrier."""

    def __init__(self, folder: Path) -> None:
        self.dispatch = Partner()  # of a carrier that takes signed messages
        self.erp, self.files = Partner(busy=1), SftpFiler(folder / "sftp", user="dc")
        key = folder / "our_key"
        self.files.client_key.write_private_key(str(key))
        terms = folder / "terms.toml"
        terms.write_text(f'{TOML}\n[carrier.north]\nname = "North Haul"\nurl = "{self.dispatch.url}"\n')
        self.town = Town(
            folder, more={"release": {"ssh_key_file": key}, "delivery": {"terms": terms}},
            gateway={"webhook_secret": SECRET},
        )
        for one in (self.erp, self.dispatch):
            one.secret = secret_for(self.town.app.webhook_secret, one.url)
        with self.town.app.database.transaction() as session:
            importer = session.exec(
                select(Importer).where(Importer.name == "Kestrel Outdoor LLC")
            ).one()
            importer.language, importer.carrier = "es", "sunbelt"
            importer.notices = [
                Route(name="warehouse@kestrel.example", by="email", to="warehouse@kestrel.example"),
                Route(name="erp", by="webhook", url=self.erp.url),
                Route(
                    name="dc", by="sftp", host="127.0.0.1", port=self.files.port, user="dc",
                    host_key=self.files.host_key, folder="in",
                ),
            ]  # fmt: skip
            session.add(importer)

    def close(self) -> None:
        self.town.close()
        self.erp.close()
        self.dispatch.close()
        self.files.stop()

    def tell(self, code: str, raw: str, **more: str) -> None:
        """The filer passes a status on by its signed webhook."""
        number = self.town.rows(Entry)[0].number
        event = {"entry": number, "code": code, "rawCode": raw, "at": now().isoformat(), **more}
        body, stamp = json.dumps({"events": [event]}).encode(), str(int(time.time()))
        mark = signature(SECRET.encode(), stamp, "POST", "/statuses", body)
        answer = httpx.post(
            f"{self.town.app.settings.public_url}/statuses", content=body,
            headers={"X-Tidewaiter-Signature": f"t={stamp},v1={mark}"},
        )  # fmt: skip
        assert answer.json()["taken"] == 1, answer.text
        self.settle()

    def released(self, *, before: Callable[[], None] | None = None) -> Shipment:
        """Kestrel's shipment, filed and released; `before`: what happens between the two."""
        town = self.town
        town.send(town.story("kestrel"))
        town.send(town.story("kestrel-packing-list"))
        town.drain()
        with town.app.database.transaction() as session:
            shipment = session.get(Shipment, 1)
            shipment.transport = shipment.transport.model_copy(
                update={"portOfDischarge": "Long Beach, CA", "scac": "ZZZZ", "lastFreeDay": None}
            )
            session.add(shipment)
        decide_all(town, "Kestrel", CODES["kestrel"])
        file(town, "Kestrel")
        if before is not None:
            before()
        town.poll()
        town.poll()
        self.settle()
        return town.shipments()[0]

    def settle(self) -> None:
        """Let what waits for another try, and for the delivery order, be done."""
        self.town.drain()
        for kind in ("webhook.release", "pickup.order"):
            self.town.later(kind)

    def mails(self, words: str) -> list[dict[str, Any]]:
        return [one for one in self.town.hands.state()["mails"] if words in one["subject"]]

    def thread(self) -> str:
        card = self.town.hands.card("Kestrel")
        assert card is not None
        return "\n".join(one["text"] for one in self.town.hands.thread(card))

    def pickup(self) -> Pickup:
        return self.town.rows(Pickup)[0]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    try:
        yield made
    finally:
        made.close()


def a_release_reaches_everybody_in_their_form_and_the_goods_their_door(world: World) -> None:
    town = world.town
    shipment = world.released(
        before=lambda: world.tell("review", "01", record="SO70", agency="FDA", reason="UNDER REVIEW")
    )
    # Customs has let go, the FDA has not: nobody is told, nobody drives.
    assert shipment.state is State.ACCEPTED
    assert "but not yet: FDA" in world.thread()
    assert "released by customs, waiting for FDA" in str(town.hands.card("Kestrel"))
    assert not world.mails("Liberado")
    assert not world.mails("Pickup request")
    assert world.erp.tries == 0
    assert town.rows(ConsigneeNotice) == []
    world.tell("proceed", "07", record="SO70", agency="FDA", reason="MAY PROCEED")
    shipment = town.shipments()[0]
    assert shipment.state is State.CLOSED

    # Three forms, once each; the webhook's first try found nobody home.
    (mail,) = world.mails("Liberado por la aduana")
    assert mail["to"] == ["warehouse@kestrel.example"]
    assert "La aduana de los Estados Unidos ha liberado" in str(mail)
    assert world.erp.tries == 2
    (first,) = world.erp.taken.values()
    assert (first["type"], first["corrects"]) == ("release.notice", None)
    assert first["release"]["requirements"] == ["TWIC card"]
    assert "4202" not in str(first)  # neither codes nor values of goods are a consignee's business
    edi = next(one for one in world.files.inbox.iterdir() if one.suffix == ".edi")
    text = edi.read_text("ascii")
    assert text.startswith("UNA:+.? '\nUNB+UNOA:2+")
    assert f"RFF+ABO:{first['release']['entry']}'" in text
    assert "FTX+HAN+++TWIC card'" in text
    with zipfile.ZipFile(edi.with_suffix(".zip")) as papers:
        assert any("packing" in one for one in papers.namelist())
    assert {one.number for one in town.rows(ConsigneeNotice)} == {1}

    # The carrier has its request with the delivery order.
    (asked,) = world.mails("Pickup request")
    assert asked["to"] == ["dispatch@sunbelt.example"]
    assert "delivery-order" in str(asked)
    link = next(word for word in asked["text"].split() if "/pickups/" in word)

    # Nothing changed: no correction. A viewer may not correct at all.
    with town.app.database.transaction() as session:
        row = session.get(Shipment, 1)
        with pytest.raises(Refused, match="Nothing that a consignee was told has changed"):
            release.correct(session, row, reason="x", actor=DANA_ACTOR, house=town.app.house)
        with pytest.raises(Refused, match="Only a broker"):
            release.correct(session, row, reason="x", actor=VERA_ACTOR, house=town.app.house)

    _silence_then_answers(world, first, link)


def _silence_then_answers(world: World, first: dict[str, Any], link: str) -> None:
    town = world.town
    # Four hours of silence make it a task; the record of the day of availability a correction.
    assert "has not confirmed" not in world.thread()
    town.later("slack.pickup")
    assert "Sunbelt Drayage has not confirmed the pickup" in world.thread()
    today = now().date()
    with town.app.database.transaction() as session:
        said = collecting.day(
            session, pickup_id=world.pickup().id, what="available_on", on=today, actor=DANA_ACTOR,
            house=town.app.house,
        )  # fmt: skip
    assert "A correction goes to warehouse@kestrel.example, erp (webhook), dc (SFTP)." in said
    town.drain()
    (mail,) = world.mails("Corrección")
    assert "Este aviso corrige el del" in mail["text"]
    corrections = [one for one in world.erp.taken.values() if one["type"] == "release.correction"]
    assert [one["corrects"] for one in corrections] == [first["id"]]
    assert corrections[0]["changes"] == ["available_on", "last_free_day"]
    assert "RFF+ACW:" in max(world.files.inbox.glob("*.edi")).read_text("ascii")

    # The carrier answers by its link; once told, a second telling changes nothing.
    page = httpx.get(link).text
    assert "Pickup request" in page
    at = (now() + timedelta(days=1)).replace(second=0, microsecond=0)
    for _ in range(2):
        answer = httpx.post(link, json={"at": at.isoformat()})
        assert (answer.status_code, answer.json()) == (200, {"recorded": at.isoformat()})
    assert httpx.post(link, json={"at": "soon"}).status_code == 400
    assert httpx.post(link[:-2] + "xx", json={"at": at.isoformat()}).status_code == 404
    town.drain()
    assert "The task to call them is done." in world.thread()

    # The proof of delivery joins the file, which is sealed anew.
    sealed = town.shipments()[0].manifest_sha256
    assert httpx.put(f"{link}/proof", content=b"<html>").status_code == 415
    assert httpx.put(f"{link}/proof", content=PDF).status_code == 201
    town.drain()
    after = town.shipments()[0]
    assert after.manifest_sha256 != sealed
    proof = next(one for one in town.rows(Document) if "proof" in one.filename)
    assert proof.sha256 in town.app.blobs.read(after.manifest_sha256).decode()


def test_a_missed_appointment_and_days_that_cost(world: World) -> None:
    town = world.town
    world.released()
    pickup = world.pickup()

    # The carrier confirms by mail, in the port's own time; strangers confirm nothing.
    _taken_back_and_released_again(world)
    _a_carrier_by_http_is_asked_stopped_and_asked_again(world)
    asked = world.mails("Pickup request")[-1]
    tomorrow = now() + timedelta(days=1)
    for sender in ("mallory@sunbelt.example.evil.example", "joe@sunbelt.example"):
        town.send(_reply(town, asked, sender, f"confirmed {tomorrow:%m/%d/%Y} 09:00"))
        town.drain()
        stands = world.pickup().appointment_at
        assert (stands is not None) == (sender == "joe@sunbelt.example")
    assert stands == datetime(
        tomorrow.year, tomorrow.month, tomorrow.day, 17, tzinfo=UTC
    ) or stands == datetime(tomorrow.year, tomorrow.month, tomorrow.day, 16, tzinfo=UTC)

    # A person records what the terminal said in the window under the note.
    card = town.hands.card("Kestrel")
    note = town.told(card, "was asked to collect")
    town.hands.press(DANA, note, "pickup_record")
    day = f"{tomorrow + timedelta(days=3):%Y-%m-%d}"
    town.hands.submit(
        DANA, town.hands.modal(DANA, "pickup_record"),
        {
            "what": {"value": {"selected_option": {"value": "last_free_day"}}},
            "on": {"value": {"selected_date": day}},
            "at": {"value": {"selected_time": None}},
        },
    )  # fmt: skip
    town.hands.wait("the day", lambda: str(world.pickup().last_free_day) == day)

    # It passes, and nobody has collected: a person's task, once.
    with town.app.database.transaction() as session:
        row = session.get(Pickup, pickup.id)
        row.appointment_at = now() - timedelta(hours=5)
        row.available_on, row.last_free_day = date(2026, 5, 4), None
        session.add(row)
    for _ in range(2):
        _watch(town, date(2026, 5, 5))
    assert world.thread().count("The appointment has passed") == 1
    assert "Demurrage" not in world.thread()

    # Two days before the last free day it is said, then on the day, then when it runs.
    for day, words in (
        (6, "Demurrage begins in 2 days"),
        (7, "Demurrage begins in 2 days"),
        (8, "Today is the last free day"),
        (11, "Demurrage is running"),
    ):
        _watch(town, date(2026, 5, day))
        assert world.thread().count(words) == 1
    assert "555.00 USD so far" in world.thread()
    assert "185.00 USD" in world.thread()

    with town.app.database.transaction() as session:
        row = session.get(Pickup, pickup.id)
        row.gate_out_on = date(2026, 5, 13)
        session.add(row)
        shipment = session.get(Shipment, 1)
        session.flush()
        counts = demurrage.counts(session, shipment, on=date(2026, 5, 20), house=town.app.house)
        assert [(one.name, str(one.amount)) for one in counts] == [
            ("demurrage", "1110.00"),
            ("detention", "125.00"),
            ("chassis", "308.00"),  # 13 to 20 May, of the carrier's pool
        ]
        assert counts[1].begins == date(2026, 5, 19)  # 14, 15, 18, 19 May are free
        # What nobody recorded is not computed.
        bare = house_without_terms(town)
        unknown = demurrage.counts(session, shipment, on=date(2026, 5, 20), house=bare)
        assert [one.amount for one in unknown] == [None, None]
    _each_container_has_days_of_its_own(world)
    _the_proof_by_mail_and_the_end_of_the_years(world, asked)


def _each_container_has_days_of_its_own(world: World) -> None:
    """One left and is back, one is still out: two counts each, told of the one that it is about."""
    town, house = world.town, world.town.app.house
    first, second = "ZZZU6620174", "ZZZU3045127"
    with town.app.database.transaction() as session:
        shipment, row = session.get(Shipment, 1), session.get(Pickup, 1)
        shipment.transport = shipment.transport.model_copy(update={"containers": (first, second)})
        row.available_on = row.last_free_day = row.gate_out_on = None
        session.add_all((shipment, row))

    def say(what: str, day: date, container: str | None) -> str:
        with town.app.database.transaction() as session:
            return collecting.day(
                session, pickup_id=1, what=what, on=day, actor=DANA_ACTOR, house=house,
                container=container,
            )  # fmt: skip

    say("available_on", date(2026, 5, 4), None)
    town.drain()
    said = say("last_free_day", date(2026, 5, 11), "zzzu 304512-7")
    assert f"{second}, last free day 2026-05-11. A correction goes to" in said
    say("gate_out_on", date(2026, 5, 11), first)
    say("empty_on", date(2026, 5, 14), first)
    say("chassis_on", date(2026, 5, 15), first)
    for wrong, what in (("ZZZU1188601", "gate_out_on"), (second, "empty_on")):
        with pytest.raises(Refused, match="no container of|after it left"):
            say(what, date(2026, 5, 14), wrong)
    town.drain()
    with town.app.database.snapshot() as session:
        shipment = session.get(Shipment, 1)
        counts = demurrage.counts(session, shipment, on=date(2026, 5, 13), house=house)
        assert [(one.name, one.numbers, str(one.amount)) for one in counts] == [
            ("demurrage", (first,), "555.00"),
            ("demurrage", (second,), "370.00"),
            ("detention", (first,), "0"),
            ("chassis", (first,), "192.50"),
        ]
        assert demurrage.total(counts, "demurrage") == 925
    _watch(town, date(2026, 5, 10))
    assert f"Demurrage begins in 1 day* for {second}" in world.thread()
    assert first not in world.thread().rpartition("Demurrage begins in 1 day")[2]
    (mail,) = world.mails("Corrección")[-1:]
    assert f"{second}: " in mail["text"]
    assert "11 de mayo de 2026" in mail["text"]
    edi = max(world.files.inbox.glob("*.edi"), key=lambda one: one.stat().st_mtime).read_text("ascii")
    assert f"EQD+CN+{second}'\nDTM+218:20260511:102'" in edi


def _taken_back_and_released_again(world: World) -> None:
    """A hold after the file was sealed: all who were told hear it, once; then the new release."""
    town = world.town
    told = next(iter(world.erp.taken.values()))
    world.tell("held", "5H", record="AMS", reason="DOCUMENTS REQUIRED")
    assert town.shipments()[0].state is State.HELD
    assert "does not stand any more" in world.thread()
    assert "Its release does not stand: do not collect." in str(town.hands.card("Kestrel")["blocks"])
    assert "erp (webhook) was told that the release does not stand" in world.thread()
    (mail,) = world.mails("No recoger")
    assert mail["to"] == ["warehouse@kestrel.example"]
    withdrawn = [one for one in world.erp.taken.values() if one["type"] == "release.withdrawn"]
    assert [(one["corrects"], one["changes"]) for one in withdrawn] == [(told["id"], ["recalled"])]
    edi = sorted(world.files.inbox.glob("*.edi"))
    assert len(edi) == 2
    assert "STS+1+HLD" in edi[-1].read_text("ascii")
    (stop,) = world.mails("Do not collect")
    assert stop["to"] == ["dispatch@sunbelt.example"]
    assert "was told not to collect" in world.thread()
    # Another hold, and the same again, tell nobody twice.
    world.tell("exam", "1A", record="AMS", reason="INTENSIVE EXAM")
    assert len(world.mails("No recoger")) == len(world.mails("Do not collect")) == 1
    # A carrier that says it comes all the same is not believed.
    link = next(word for word in world.mails("Pickup request")[0]["text"].split() if "/pickups/" in word)
    at = (now() + timedelta(days=1)).replace(microsecond=0)
    assert httpx.post(link, json={"at": at.isoformat()}).status_code != 200
    assert world.pickup().appointment_at is None

    world.tell("released", "1C", record="AMS", reason="RELEASED")
    assert town.shipments()[0].state is State.CLOSED
    assert len(world.mails("liberado por la aduana")) == 1
    assert len(world.mails("Pickup request")) == 2
    assert [one["type"] for one in world.erp.taken.values()][-1] == "release.correction"
    assert {one.number for one in town.rows(ConsigneeNotice)} == {1, 2, 3}
    assert world.pickup().recalled_at is None


def _a_carrier_by_http_is_asked_stopped_and_asked_again(world: World) -> None:
    town = world.town
    # Another carrier: the one that was asked hears once that it does not come.
    stops = len(world.mails("Do not collect"))
    link = next(word for word in world.mails("Pickup request")[-1]["text"].split() if "/pickups/" in word)
    said = _ask(world, "north")
    assert "North Haul is being asked" in said
    assert "Sunbelt Drayage is told not to collect." in said
    (stop,) = world.mails("Do not collect")[stops:]
    assert "another carrier does" in stop["text"]
    assert stop["to"] == ["dispatch@sunbelt.example"]
    assert "Another carrier was asked instead." in world.thread()
    assert httpx.get(link).status_code == 410  # nor does its link speak for the other
    (first,) = world.dispatch.taken.values()
    assert (first["type"], first["carrier"]) == ("pickup.request", "North Haul")
    order = httpx.get(first["deliveryOrder"]["url"]).content
    assert hashlib.sha256(order).hexdigest() == first["deliveryOrder"]["sha256"]
    at = (now() + timedelta(days=2)).replace(second=0, microsecond=0)
    assert httpx.post(first["link"], json={"at": at.isoformat()}).status_code == 200
    world.tell("held", "7H", record="AMS", reason="X-RAY EXAM")
    stop = list(world.dispatch.taken.values())[-1]
    assert (stop["type"], stop["withdraws"]) == ("pickup.withdrawn", first["id"])
    # The correction about the appointment had not gone out yet: what goes out is the recall.
    last = [one for one in town.rows(ConsigneeNotice) if one.number == 4]
    assert [one.changes for one in last] == [["deliver_by", "recalled"]] * 3
    assert all(one.sent_at and one.facts["recalled"] for one in last)
    assert world.pickup().appointment_at is None
    world.tell("released", "1C", record="AMS", reason="RELEASED")
    types = [one["type"] for one in world.dispatch.taken.values()]
    assert types == ["pickup.request", "pickup.withdrawn", "pickup.request"]
    assert town.shipments()[0].state is State.CLOSED
    _ask(world, "sunbelt")
    last = list(world.dispatch.taken.values())[-1]
    assert (last["type"], last["instead"]) == ("pickup.withdrawn", True)
    _ask(world, "sunbelt")  # asked once more, it is not told to stay away
    assert len(world.mails("Do not collect")) == stops + 1


def _ask(world: World, carrier: str) -> str:
    with world.town.app.database.transaction() as session:
        said = delivery.ask_again(
            session, session.get(Shipment, 1), carrier=carrier, actor=DANA_ACTOR,
            house=world.town.app.house,
        )  # fmt: skip
    world.settle()
    return said


def _the_proof_by_mail_and_the_end_of_the_years(world: World, asked: dict[str, Any]) -> None:
    """The carrier mails what the dock signed; when the file's years are over, that is told once."""
    town = world.town
    sealed = town.shipments()[0].manifest_sha256
    answer = _reply(town, asked, "driver@sunbelt.example", "Delivered. Proof of delivery attached.")
    answer.add_attachment(PDF, maintype="application", subtype="pdf", filename="POD-4471.pdf")
    town.send(answer)
    town.drain()
    proof = town.app.database
    with proof.snapshot() as session:
        document = session.get(Document, world.pickup().proof_document_id or 0)
    assert document.filename == "POD-4471.pdf"
    assert town.shipments()[0].manifest_sha256 != sealed
    with town.app.database.transaction() as session:
        row = session.get(Shipment, 1)
        row.keep_until = now() - timedelta(days=1)
        session.add(row)
    for _ in range(2):
        assert archive_watch.tell_due(town.app) == 1
        town.drain()
    ref = town.shipments()[0].ref
    told = [one["text"] for one in town.hands.state()["messages"] if "reached the end of the time" in one["text"]]
    assert len(told) == 1
    assert ref in told[0]


def house_without_terms(town: Town) -> Any:
    from dataclasses import replace

    from knowledge.free_time import Terms

    return replace(town.app.house, delivery=Terms())


def _watch(town: Town, on: date) -> None:
    with town.app.database.transaction() as session:
        demurrage.watch(session, house=town.app.house, on=on)
    town.drain()


def _reply(town: Town, asked: dict[str, Any], sender: str, text: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, town.address, f"Re: {asked['subject']}"
    made["Message-ID"] = f"<{abs(hash(sender))}@sunbelt.example>"
    made["In-Reply-To"] = asked["messageId"]
    made.set_content(text)
    return made
