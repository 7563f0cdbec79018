"""S3: ten pallets are booked, twelve are on paper; two follow next week."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from bot import drop, people
from bot.sandbox.player import DANA
from storage.models import Document, LineItem, LineState, Paper, Shipment, State
from tests.acceptance import scenario_goods as goods
from tests.factories import mail
from tests.integration.test_town_filing import submit_modal
from tests.town import Town
from workflows.papers import asking
from workflows.papers.sheet import Kind
from workflows.states import Refused

IMPORTER, SELLER = "Cascade Lighting Co.", "Ningbo Yinhe Lamps"
BILL, BOX = "ZZZQ26053131", "ZZZU7712043"
BOOKING = (
    "booking,importer,exporter,exporter country,destination,mode,port of loading,port of discharge,"
    "eta,packages,package unit,po,contact\n"
    f"B-31,{IMPORTER},{SELLER},CN,US,ocean,Ningbo,Long Beach,2026-12-05,10,PALLETS,PO-8812,"
    "sales@yinhe.example\n"
)


@pytest.fixture
def lamp_town(tmp_path: Path) -> Iterator[Town]:
    folder = tmp_path / "drop"
    folder.mkdir()
    made = Town(tmp_path, more={"bookings": {"drop_folder": folder}})
    goods.next_number(made, "QZ7-0204531-4")
    try:
        yield made
    finally:
        made.close()


def send(town: Town, *files: tuple[str, bytes], text: str, number: int) -> None:
    town.send(mail(
        *files, sender="Lin <sales@yinhe.example>", subject="PO-8812", text=text,
        message_id=f"<s3-{number}@yinhe.example>",
        answers=f"<s3-{number - 1}@yinhe.example>" if number > 1 else None,
    ))  # fmt: skip
    town.drain()


def papers(pieces: str, value: str, pallets: int, name: str) -> list[tuple[str, bytes]]:
    row = ("Brass chandeliers, household", "CN", pieces, "PCS", "", value)
    more = (f"P.O. No.:,PO-8812,,B/L No.:,{BILL}",)
    return [
        (f"invoice{name}.csv", goods.invoice(
            seller=SELLER, seller_at="7 Lamp Road, Ningbo, China", importer=IMPORTER,
            number="YH-9001", rows=[row], more=more)),
        (f"packing{name}.csv", goods.packing(
            seller=SELLER, number="YH-9001", packages=f"{pallets} PALLETS", container=BOX, bill=BILL)),
    ]  # fmt: skip


def refused_paper(town: Town) -> str:
    """Why no packing list is made."""
    with town.app.database.transaction() as session:
        row = session.get(Shipment, 1)
        assert row is not None
        try:
            answer = asking.ask(session, shipment_id=1, kind=Kind.PACKING_LIST,
                                actor=people.who(session, DANA), house=town.app.house)  # fmt: skip
        except Refused as exc:
            return str(exc)
    return f"made: {answer}"


def test_s3_a_short_shipment_is_never_pro_rated_and_waits_for_a_revised_invoice(
    lamp_town: Town,
) -> None:
    town = lamp_town
    (town.app.settings.bookings.drop_folder / "bookings.csv").write_text(BOOKING)
    drop.sweep(town.app, settled=0)
    town.drain()
    send(town, *papers("480", "62300.00", 12, ""), text="Documents for 12 pallets, 480 cartons.", number=1)
    # The exception comes before any paper is made, and shows both sources.
    assert "10 pallets in the booking (file B-31), but 12 pallets in packing.csv" in refused_paper(town)
    card = goods.card_of(town, IMPORTER)
    assert "10 pallets in the booking" in str(card["blocks"])
    assert "12 pallets in packing.csv" in str(card["blocks"])
    goods.decide(town, IMPORTER, {1: "9405114010"})
    _the_duty_and_a_correction(town)
    _one_question(town)
    _the_answer_is_not_arithmetic(town)
    _the_revised_invoice(town)


def _the_duty_and_a_correction(town: Town) -> None:
    card = goods.card_of(town, IMPORTER)
    town.hands.press(DANA, card, "shipment_duty")
    shown = str(town.hands.modal(DANA, "duty")["blocks"])
    for amount in ("2,429.70", "215.81", "77.88"):
        assert amount in shown
    town.hands.press(DANA, card, "shipment_edit")
    window = town.hands.modal(DANA, "correct")
    values = {one["block_id"]: one["element"].get("initial_value", "") for one in window["blocks"]
              if one["type"] == "input"} | {"transport.vessel": "LOTUS STREAM"}  # fmt: skip
    assert town.hands.submit(DANA, window, goods.filled(window, values))["ok"]
    town.hands.wait("the vessel", lambda: town.shipments()[0].transport.vessel == "LOTUS STREAM")
    town.drain()


def _one_question(town: Town) -> None:
    card = goods.card_of(town, IMPORTER)
    town.hands.press(DANA, card, "shipment_ask")
    prepared = town.hands.modal(DANA, "ask_shipper")
    (question,) = [one["element"]["initial_value"] for one in prepared["blocks"]
                   if one.get("block_id") == "question"]  # fmt: skip
    asked = [one for one in question.splitlines() if "Which is right?" in one]
    assert len(asked) == 1
    assert "10 pallets" in asked[0]
    assert "12 pallets" in asked[0]
    submit_modal(town, DANA, "ask_shipper", to="sales@yinhe.example",
                 question="10 or 12 pallets? " + asked[0].lstrip("- "))  # fmt: skip
    town.drain()
    sent = [one for one in town.hands.state()["mails"] if "10 or 12 pallets?" in one["text"]]
    assert [one["to"] for one in sent] == [["sales@yinhe.example"]]


def _the_answer_is_not_arithmetic(town: Town) -> None:
    send(town, text="We ship 10 now, 2 next week.", number=2)
    note = town.told(goods.card_of(town, IMPORTER), "Part of the goods follows later")
    assert "We ship 10 now, 2 next week" in note["text"]
    assert "Nothing is taken off by proportion" in note["text"]
    (line,) = town.rows(LineItem)
    assert (line.quantity, line.value) == (Decimal(480), Decimal("62300.00"))
    shown = str(goods.card_of(town, IMPORTER)["blocks"])
    assert "A revised invoice is needed" in shown
    assert "shipment_confirm" not in goods.actions(town, IMPORTER)
    assert "A revised invoice is needed" in refused_paper(town)
    # It asks for one, when Dana says so; nowhere is there a figure of its own making.
    town.hands.press(DANA, goods.card_of(town, IMPORTER), "shipment_ask_all")
    town.hands.wait("the letter", lambda: _letter(town))
    (letter,) = _letter(town)
    assert "you wrote “We ship 10 now, 2 next week" in letter["text"]
    everything = str(town.hands.state()) + str([one.model_dump() for one in town.shipments()])
    assert "51,916" not in everything
    assert "51916" not in everything
    assert town.rows(Paper) == []


def _letter(town: Town) -> list[dict]:
    town.drain()
    return [one for one in town.hands.state()["mails"]
            if "revised commercial invoice and packing list" in one["text"]]  # fmt: skip


def _the_revised_invoice(town: Town) -> None:
    send(town, *papers("400", "52100.00", 10, "-rev"), text="Revised, as you asked.", number=3)
    shown = str(goods.card_of(town, IMPORTER)["blocks"])
    assert "A revised invoice is needed" not in shown
    assert "in the booking" not in shown
    assert "Commercial invoice · invoice.csv (superseded)" in shown
    assert "invoice-rev.csv (superseded)" not in shown
    # What Dana confirmed of the goods stands; only the figures are the new ones.
    (line,) = town.rows(LineItem)
    assert (line.state, line.code, line.decided_name) == (
        LineState.CONFIRMED, "9405.11.40.10", "Dana Whitlock",
    )  # fmt: skip
    assert (line.quantity, line.value) == (Decimal(400), Decimal("52100.00"))
    assert town.shipments()[0].transport.vessel == "LOTUS STREAM"
    assert "Vessel was set by Dana Whitlock." in [one.message for one in town.shipments()[0].flags]
    send(town, ("arrival.csv", goods.arrival(bill=BILL, container=BOX, loading="Ningbo")),
         text="Arrival notice.", number=4)  # fmt: skip
    entry = goods.file(town, IMPORTER)
    assert entry.number == "QZ7-0204531-4"
    assert town.shipments()[0].state is State.SUBMITTED
    assert Decimal(entry.filing["lines"][0]["enteredValue"]) == Decimal("52100.00")
    assert entry.filing["packages"] == 10
    assert not [one for one in town.rows(Document) if one.made_by_us]
