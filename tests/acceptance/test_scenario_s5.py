"""S5: toys by air are held for documents; a mail is the only source, the authority releases."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from email.policy import SMTP
from pathlib import Path

import pytest

from bot import people
from bot.sandbox.player import DANA
from storage.models import (
    Disposition,
    Document,
    Entry,
    Hold,
    Message,
    Paper,
    Pickup,
    SenderRule,
    State,
    Trusted,
)
from storage.values import DocumentKind
from tests.acceptance import scenario_goods as goods
from tests.factories import mail
from tests.integration.test_town_filing import submit_modal
from tests.nameserver import Names, publish, signed
from tests.town import Town
from workflows import hold_history, stating

IMPORTER, SELLER = "Tinker Fox LLC", "Shantou Happy Blocks Toys Ltd."
OTHER, OTHER_VALUE = "Northgate Retail Inc.", "99111.00"
FILER = "status@lotusbags.example"
CPC = b"CHILDREN'S PRODUCT CERTIFICATE\n\nProduct:,Toy blocks\nRule:,16 CFR 1250 (ASTM F963)\nImporter:,Tinker Fox LLC\n"


@pytest.fixture
def names() -> Iterator[Names]:
    made = Names()
    yield made
    made.close()


@pytest.fixture
def toy_town(tmp_path: Path, names: Names) -> Iterator[Town]:
    publish(names, spf=None, wish="none")
    made = Town(tmp_path, mail={"resolver": names.address})
    goods.client(made, IMPORTER, "dock@tinkerfox.example")
    with made.app.database.transaction() as session:
        session.add(
            SenderRule(pattern="lotusbags.example", decision=Trusted.ACCEPT, decided_by=DANA)
        )
    try:
        yield made
    finally:
        made.close()


def papers(town: Town, number: str, awb: str, *, value: str, importer: str = IMPORTER, more: tuple = ()) -> None:
    row = ("Toy building blocks for children of 3 to 12 years", "CN", "2600", "PCS", "", value)
    airway = (
        f"AIR WAYBILL\n\nAir Waybill No.:,{awb}\nShipper:,{SELLER}\nConsignee:,{importer}\n"
        "Airport of Departure:,Shenzhen\nAirport of Destination:,Los Angeles\n"
    ).encode()
    packing = f"PACKING LIST\n\nShipper:,{SELLER}\nInvoice No.:,{number}\nTotal Packages:,52 CARTONS\n".encode()
    town.send(mail(
        ("invoice.csv", goods.invoice(
            seller=SELLER, seller_at="9 Toy Road, Shantou, China", importer=importer,
            number=number, rows=[row], more=(f"Air Waybill No.:,{awb}",))),
        ("packing.csv", packing), ("awb.csv", airway), *more,
        sender="Mei <mei@happyblocks.example>", subject=f"Documents AWB {awb}",
        message_id=f"<{number}@happyblocks.example>",
    ))  # fmt: skip
    town.drain()


def filed(town: Town, words: str, shipment: int, number: str) -> Entry:
    goods.next_number(town, number)
    line = goods.line_of(town, shipment)
    goods.decide_line(town, words, line, "9503000073")
    with town.app.database.transaction() as session:
        stating.state(session, shipment_id=shipment, key="pga:line-1", text="CPC, reference message set",
                      actor=people.who(session, DANA), house=town.app.house)  # fmt: skip
    town.drain()
    count = len(town.rows(Entry))
    town.hands.press(DANA, goods.card_of(town, words), "shipment_confirm")
    town.hands.wait("the entry", lambda: len(town.rows(Entry)) > count)
    town.drain()
    return town.rows(Entry)[-1]


def from_filer(town: Town, text: str, entry: Entry, *, number: int, sender: str = FILER) -> None:
    made = mail(
        sender=f"Filer <{sender}>", subject=f"Customs status of {entry.number}", text=text,
        message_id=f"<f{number}@{sender.partition('@')[2]}>",
    )  # fmt: skip
    raw = signed(made) if sender == FILER else made.as_bytes(policy=SMTP)
    town.send_raw(raw, sender=sender)
    town.drain()


def test_s5_a_mail_holds_the_certificate_comes_and_only_the_authority_releases(
    toy_town: Town,
) -> None:
    town = toy_town
    # An earlier entry of the same importer, with its certificate; and one of another client.
    papers(town, "HB-1", "999-12004565", value="9000.00", more=(("cpc-2026-07.csv", CPC),))
    earlier = filed(town, "HB-1", 1, "QZ7-0204511-6")
    papers(town, "HB-9", "999-88120546", value=OTHER_VALUE, importer=OTHER,
           more=(("cpc-of-another-client.csv", CPC + b"Other:,client\n"),))  # fmt: skip
    papers(town, "HB-2", "999-44102376", value="18720.00")
    entry = filed(town, "HB-2", 3, "QZ7-0204550-4")
    # Customs says nothing by itself before somebody there decides.
    town.sandbox.authority.entries[entry.key]["scenario"] = "silent"
    assert entry.filing["mode"] == "air"
    assert (goods.fee(entry, "499"), goods.fee(entry, "501")) == (Decimal("64.85"), None)
    _held_by_a_mail(town, entry)
    _the_shipper_is_asked(town, earlier)
    _the_certificate_closes_its_item(town)
    _only_the_authority_releases(town, entry)


def _held_by_a_mail(town: Town, entry: Entry) -> None:
    began = time.monotonic()
    words = "5H - ENTRY PROCESSING HOLD - CBP REQUESTS INVOICE AND CPC"
    from_filer(town, words, entry, number=1)
    alert = town.told(goods.card_of(town, "HB-2"), ":rotating_light: *Entry QZ7-0204550-4 is on hold*")
    assert time.monotonic() - began < 60
    assert "says a mail of the filer" in alert["text"]
    assert "Asked for: commercial invoice, children's product certificate" in alert["text"]
    (hold,) = town.rows(Hold)
    assert (hold.kind, hold.source, hold.confirmed) == ("documents", "mail", False)
    assert hold.inner_by - hold.placed_at <= timedelta(hours=24, minutes=1)
    # Somebody who looks like the filer says that it is released: it waits, and moves nothing.
    from_filer(town, "1C - RELEASED BY CBP", entry, number=2, sender="status@1otusbags.example")
    assert town.rows(Message)[-1].disposition is Disposition.QUARANTINED
    assert town.shipments()[-1].state is State.HELD
    assert town.rows(Paper) == []  # no delivery order, and nobody was asked to collect
    assert [one for one in town.rows(Pickup) if one.requested_at or not one.early] == []


def _the_shipper_is_asked(town: Town, earlier: Entry) -> None:
    card = goods.card_of(town, "HB-2")
    note = town.told(card, "The package for the hold 5H is ready")
    assert f"example of entry {earlier.number}: children's product certificate" in note["text"]
    assert "Missing: children's product certificate" in note["text"]
    (hold,) = town.rows(Hold)
    with zipfile.ZipFile(io.BytesIO(town.app.blobs.read(hold.package_sha256))) as made:
        listed = made.namelist()
        assert any("example-cpc-2026-07.csv" in one for one in listed)
        assert not any("another-client" in one for one in listed)
    town.hands.press(DANA, card, "shipment_ask")
    prepared = town.hands.modal(DANA, "ask_shipper")
    (question,) = [one["element"]["initial_value"] for one in prepared["blocks"]
                   if one.get("block_id") == "question"]  # fmt: skip
    for words in ("- commercial invoice", "- children's product certificate",
                  f"{hold.inner_by:%Y-%m-%d %H:%M} UTC"):  # fmt: skip
        assert words in question
    submit_modal(town, DANA, "ask_shipper", to="mei@happyblocks.example", question=question)
    town.drain()
    told = [one for one in town.hands.state()["mails"] if one["to"] == ["mei@happyblocks.example"]]
    assert "children's product certificate" in told[-1]["text"]
    # What another client's goods are worth is nobody's business but its own.
    assert not any("99,111" in str(one) or "99111" in str(one) or OTHER in str(one)
                   for one in told if "HB-9" not in str(one))  # fmt: skip


def _the_certificate_closes_its_item(town: Town) -> None:
    town.send(mail(
        ("cpc.csv", CPC + b"Date:,2026-11-20\n"), sender="Mei <mei@happyblocks.example>",
        subject="AWB 999-44102376", text="Here is the certificate.",
        message_id="<cpc@happyblocks.example>", answers="<HB-2@happyblocks.example>",
    ))  # fmt: skip
    town.drain()
    came = [one for one in town.rows(Document) if one.shipment_id == 3 and one.filename == "cpc.csv"]
    assert [one.kind for one in came] == [DocumentKind.PRODUCT_CERTIFICATE]
    (hold,) = town.rows(Hold)
    assert "children's product certificate" in hold.present
    assert not any("certificate" in one for one in hold.missing)
    # A broker approves what is uploaded; until then customs has nothing.
    entry = next(one for one in town.rows(Entry) if one.id == hold.entry_id)
    assert town.sandbox.authority.entries[entry.key]["answers"] == []
    alert = town.told(goods.card_of(town, "HB-2"), "is on hold*")
    town.hands.press(DANA, alert, "hold_answer")
    submit_modal(town, DANA, "hold_answer", text="The invoice and the certificate are enclosed.")
    town.hands.wait("answered", lambda: town.rows(Hold)[0].answered_at)
    town.drain()
    (answer,) = town.sandbox.authority.entries[entry.key]["answers"]
    assert any("cpc.csv" in str(one) for one in answer["documents"])


def _only_the_authority_releases(town: Town, entry: Entry) -> None:
    from_filer(town, "1C - RELEASED BY CBP", entry, number=3)  # allowed and proved, and yet a mail
    assert town.shipments()[-1].state is State.HELD
    town.hands.authority(entry.key, "release")
    town.poll()
    assert town.shipments()[-1].state is State.CLOSED
    with town.app.database.snapshot() as session:
        made = hold_history.of(session, session.get(Hold, 1))
    said = [f"{one['what']} {one['said']}" for one in made["timeline"]]
    mails = [one for one in said if one.startswith("mail ")]
    # The hold, the question, the certificate, and the mail that released nothing. A mail's date has
    # whole seconds, so what came just before the hold may stand in its first second too.
    assert [one.split(" ")[1].rstrip(":") for one in mails[-4:]] == ["in", "out", "in", "in"], mails
    for words in ("hold placed", "hold answered", "hold lifted"):
        assert any(one.startswith(words) for one in said), "\n".join(one[:90] for one in said)
