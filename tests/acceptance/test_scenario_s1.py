"""S1: a phone photo of the invoice of a booked shipment, from the mail to the entry."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
from sqlmodel import delete, select

from bot import drop, people
from bot.sandbox.player import DANA, LUIS
from bot.sandbox.samples.make import invoice
from knowledge.tariff import DEMO_EXTRACT
from storage.columns import now
from storage.models import AuditEvent, Entry, Importer, LineItem, PowerOfAttorney, State
from tests.acceptance import scenario_goods as goods
from tests.factories import export_row, mail
from tests.heic import heic
from tests.town import Town
from workflows import poa
from workflows.gateways.catair import read

SELLER = [
    "Shenzhen Brightpath Electronics Co., Ltd.", "88 Keji Road", "Nanshan, Shenzhen", "China",
]  # fmt: skip
BUYER = ["Northgate Retail Inc.", "1200 Terminal Way", "Reno, NV 89502", "USA"]
BILL, BOX, MID = "ZZZQ26051877", "ZZZU3045127", "CNSHEBRI88SHE"
BOOKING = (
    "booking,importer,exporter,exporter country,destination,mode,port of loading,"
    "port of discharge,eta,container,po,contact\n"
    "B-4471,Northgate Retail Inc.,Shenzhen Brightpath Electronics Co. Ltd.,CN,US,ocean,Yantian,"
    "Long Beach,2026-12-05,,NR-4471,amy@brightpath.example\n"
)
CODES = {1: "8504409550", 2: "8536694010", 3: "8443321050"}


def photo() -> bytes:
    """The invoice as a phone sees it: slightly turned."""
    page = io.BytesIO()
    invoice(
        page, seller=SELLER, buyer=BUYER, number="BP-2026-0518", dated="2026-11-10",
        order="NR-4471", terms="FOB Yantian", bill="to follow", signed="Amy Chen",
        lines=[
            ("PA-65", "Power adapters for notebooks, 65 W", "8504.40", "CN", 1500, "PCS", "6.20"),
            ("CX-11", "Coaxial connectors, SMA plug", "8544.42", "CN", 8000, "PCS", "1.65"),
            ("TP-80", "Thermal printers for receipts, 80 mm", "8443.32", "CN", 100, "PCS", "120.00"),
        ],
    )  # fmt: skip
    drawn = pdfium.PdfDocument(page.getvalue())[0].render(scale=2.2).to_pil().convert("L")
    return heic(drawn.rotate(1.3, fillcolor=255, expand=True))


@pytest.fixture
def photo_town(tmp_path: Path) -> Iterator[Town]:
    """The real tariff desk; Northgate's power of attorney is not on file yet."""
    folder = tmp_path / "drop"
    folder.mkdir()
    edition = tmp_path / "hts_2026_rev_16.json"
    china = export_row("9903.05.40", 0, "Articles the product of China",
                       general="The duty provided in the applicable subheading + 10%")  # fmt: skip
    edition.write_text(json.dumps([*json.loads(DEMO_EXTRACT.read_text()), china]))
    made = Town(
        tmp_path, more={"bookings": {"drop_folder": folder}, "tariff": {"export": edition}}
    )
    made.app.reader._desk = None
    with made.app.database.transaction() as session:
        northgate = session.exec(
            select(Importer).where(Importer.name == "Northgate Retail Inc.")
        ).one()
        session.exec(delete(PowerOfAttorney).where(PowerOfAttorney.importer_id == northgate.id))
    goods.next_number(made, "QZ7-0204518-1")
    try:
        yield made
    finally:
        made.close()


def send(town: Town, name: str, data: bytes, *, number: int) -> None:
    town.send(mail(
        (name, data), sender="Amy Chen <amy@brightpath.example>",
        subject="Documents for PO NR-4471", message_id=f"<s1-{number}@brightpath.example>",
    ))  # fmt: skip
    town.drain()


def test_s1_a_photo_of_the_invoice_becomes_the_entry(photo_town: Town) -> None:
    town = photo_town
    (town.app.settings.bookings.drop_folder / "bookings.csv").write_text(BOOKING)
    drop.sweep(town.app, settled=0)
    town.drain()
    assert town.shipments()[0].state is State.BOOKED
    began = time.monotonic()
    send(town, "IMG_4471.HEIC", photo(), number=1)
    took = time.monotonic() - began
    (shipment,) = town.shipments()  # found by its order number
    assert shipment.state is State.IN_REVIEW
    assert took < 60
    _three_lines_with_their_places(town)
    _luis_may_not_and_dana_confirms(town)
    _the_gate_opens_when_all_is_there(town)
    _filed(town)


def _three_lines_with_their_places(town: Town) -> None:
    lines = town.rows(LineItem)
    assert [(one.quantity, one.unit_price, one.value) for one in lines] == [
        (Decimal(1500), Decimal("6.20"), Decimal("9300.00")),
        (Decimal(8000), Decimal("1.65"), Decimal("13200.00")),
        (Decimal(100), Decimal("120.00"), Decimal("12000.00")),
    ]
    assert town.shipments()[0].totals.total == Decimal("34500.00")
    card = goods.card_of(town, "Northgate")
    assert "IMG_4471.HEIC" in str(card["blocks"])
    # A picture of the place for each figure of each line.
    town.hands.press(DANA, card, "shipment_edit")
    window = town.hands.modal(DANA, "correct")
    rows = [one["elements"][0]["text"] for one in window["blocks"] if one["type"] == "context"
            and one["elements"][0]["text"].startswith("Line ")]  # fmt: skip
    assert [row.count("|quantity ") + row.count("|price ") + row.count("|value ") for row in rows] == [3, 3, 3]
    links = [part.partition("|")[0] for row in rows for part in row.split("<")[1:]]
    assert len(links) == 9
    pictures = [town.open(link) for link in links]
    assert {one.headers["content-type"] for one in pictures} == {"image/png"}
    assert len({one.content for one in pictures}) == 9
    # The maker's code is constructed, so a person must look.
    assert f"MID `{MID}`" in str(card["blocks"])
    assert "50% sure" in str(card["blocks"])
    # The exporter's hint for the connectors is a cable.
    second = _line_text(card, 2)
    assert "shipper's code 854442" in second
    disagrees = second.partition(":information_source:")[2]
    assert "shipper's code 8544.42" in disagrees
    assert "does not fit the description, which reads like 8536.69.40" in disagrees
    assert "A  `" in second
    assert "B  `" in second


def _line_text(card: dict[str, Any], number: int) -> str:
    return next(
        one["text"]["text"] for one in card["blocks"]
        if one.get("block_id", "").startswith("ln:") and one["text"]["text"].startswith(f"*{number}.*")
    )  # fmt: skip


def _luis_may_not_and_dana_confirms(town: Town) -> None:
    card = goods.card_of(town, "Northgate")
    for action in ("line_pick_0", "mid_confirm"):
        before = len(town.whispers(LUIS))
        town.hands.press(LUIS, card, action)
        said = town.hands.wait("the answer", lambda n=before: town.whispers(LUIS)[n:])
        assert "Only a licensed broker can confirm" in said[0]
        assert "Please ask Dana Whitlock" in said[0]
    refused = [one for one in town.rows(AuditEvent) if one.action == "role_refused"]
    assert [(one.actor_name, one.shipment_id) for one in refused] == [("Luis Ortega", 1)] * 2
    assert town.shipments()[0].parties.manufacturer.mid is None
    goods.decide(town, "Northgate", CODES)
    town.hands.press(DANA, goods.card_of(town, "Northgate"), "mid_confirm")
    town.hands.wait("the code", lambda: town.shipments()[0].parties.manufacturer.mid == MID)
    town.drain()
    assert "mid_confirm" not in goods.actions(town, "Northgate")


def _the_gate_opens_when_all_is_there(town: Town) -> None:
    def missing() -> str:
        card = goods.card_of(town, "Northgate")
        assert ("shipment_confirm" in goods.actions(town, "Northgate")) is (
            "Before it can be filed" not in str(card["blocks"])
        )
        return str(card["blocks"])

    assert "no power of attorney" in missing()
    assert "packing list is missing" in missing()
    assert "no bill of lading" in missing()
    with town.app.database.transaction() as session:
        northgate = session.get(Importer, town.shipments()[0].importer_id)
        poa.record(session, importer=northgate, signed_by="Renee Park", expires_on=None,
                   signed_on=now().date(), actor=people.who(session, DANA))  # fmt: skip
    send(town, "bl.csv", goods.arrival(bill=BILL, container=BOX, loading="Yantian"), number=2)
    assert "no power of attorney" not in missing()
    assert "no bill of lading" not in missing()
    assert "packing list is missing" in missing()
    send(town, "pl.csv", goods.packing(seller=SELLER[0], number="BP-2026-0518",
                                       packages="40 CARTONS", container=BOX, bill=BILL), number=3)  # fmt: skip
    assert "Before it can be filed" not in missing()


def _filed(town: Town) -> None:
    entry = goods.file(town, "Northgate")
    assert entry.number == "QZ7-0204518-1"
    assert entry.filing["entryType"] == "01"
    assert (goods.fee(entry, "499"), goods.fee(entry, "501")) == (Decimal("119.51"), Decimal("43.13"))
    assert goods.base_duty(entry) == Decimal("0.00")
    release, summary = (
        read.read(town.open(town.app.filing_link(entry.key, form)).text)
        for form in ("cargo_release", "entry_summary")
    )
    assert (release.entry_number, release.containers) == ("QZ7-0204518-1", (BOX,))
    assert {one.mid for one in (*release.lines, *summary.lines)} == {MID}
    assert dict(summary.fees) == {"499": Decimal("119.51"), "501": Decimal("43.13")}
    # A row for each button that was pressed, under its name.
    acts = [(one.action, one.actor_name) for one in town.rows(AuditEvent)]
    assert acts.count(("code_confirmed", "Dana Whitlock")) == 3
    assert acts.count(("mid_confirmed", "Dana Whitlock")) == 1
    assert acts.count(("role_refused", "Luis Ortega")) == 2
    confirmed = [one for one in town.rows(AuditEvent) if one.action == "shipment_confirm"]
    assert [(one.actor_name, one.actor_licence) for one in confirmed] == [("Dana Whitlock", "99001")]
    assert len(town.rows(Entry)) == 1
