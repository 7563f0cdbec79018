"""Two shipments in one mail, and mails that belong to a shipment that does not name them."""

from __future__ import annotations

import smtplib
from email.policy import SMTP

import pytest

from bot.sandbox.player import DANA, LUIS
from storage.models import AuditEvent, Document, Message, Reference, Shipment, State
from storage.values import SYSTEM, Actor, Role
from tests import mail_forms as forms
from tests.factories import invoice_csv, mail
from tests.town import Town
from workflows import attaching, booking, nearby
from workflows.states import Refused

pytestmark = pytest.mark.slow

BROKER = Actor(id=DANA, name="Dana Whitlock", role=Role.LICENSED_BROKER, licence="99001")
VIEWER = Actor(id="U9", name="Vera", role=Role.VIEWER)


def packing(number: str, bill: str = "") -> bytes:
    return (
        f"PACKING LIST\n\nExporter:,Hanoi Lotus Bags JSC,,Invoice No.:,{number}\n"
        f"Importer:,Kestrel Outdoor LLC,,B/L No.:,{bill}\n\nNo.,Description,Packages,Gross Weight\n"
        "1,Backpacks,10,100\n"
    ).encode()


ONE = ("invoice A.csv", invoice_csv(number="T-1001", bill="ZZZQ11110001"))
TWO = ("invoice B.csv", invoice_csv(number="T-2002", bill="ZZZQ22220002"))


def names(town: Town) -> dict[str, set[str]]:
    refs = {one.id: one.ref or "" for one in town.shipments()}
    found: dict[str, set[str]] = {ref: set() for ref in refs.values()}
    for document in town.rows(Document):
        found[refs[document.shipment_id]].add(document.filename)
    return found


def said(town: Town, shipment: Shipment) -> str:
    card = town.hands.card(shipment.ref or "")
    assert card is not None
    return "\n".join(one["text"] for one in town.hands.thread(card))


def test_one_mail_with_two_sets_becomes_two_shipments_and_both_threads_know(town: Town) -> None:
    text = "B/L: ZZZQ11110001 and B/L: ZZZQ22220002"
    town.send(mail(ONE, TWO, ("packing.csv", packing("T-2002")), text=text))
    town.drain()
    first, second = town.shipments()
    assert names(town) == {
        first.ref: {"invoice A.csv"},
        second.ref: {"invoice B.csv", "packing.csv"},
    }
    assert (first.transport.masterBill, second.transport.masterBill) == (
        "ZZZQ11110001",
        "ZZZQ22220002",
    )
    assert f"The others went to {second.ref}" in said(town, first)
    assert f"The others went to {first.ref}" in said(town, second)
    assert town.hands.card("names several bills of lading") is None
    whole, part = town.rows(Message)
    assert part.part_of == whole.id
    assert [one.name for one in whole.files] == ["invoice A.csv"]
    assert {one.name for one in part.files} == {"invoice B.csv", "packing.csv"}
    # Each shipment has its acknowledgement, with its own numbers.
    out = [one for one in town.hands.state()["mails"] if one["way"] == "out"]
    assert len(out) == 2
    assert "T-2002" not in next(one["text"] for one in out if "T-1001" in one["text"])


def test_the_same_mail_again_splits_nothing_again(town: Town) -> None:
    for _ in range(2):
        town.send(mail(ONE, TWO))
        town.drain()
    assert len(town.shipments()) == 2
    assert len(town.rows(Document)) == 2
    assert len(town.rows(Message)) == 2


def test_a_part_goes_to_the_shipment_that_is_there_already(town: Town) -> None:
    town.send(mail(("packing.csv", packing("T-2002", "ZZZQ22220002")), message_id="<p@x.example>"))
    town.drain()
    town.send(mail(ONE, TWO, message_id="<both@x.example>"))
    town.drain()
    older, younger = town.shipments()
    assert names(town) == {
        older.ref: {"packing.csv", "invoice B.csv"},
        younger.ref: {"invoice A.csv"},
    }


def test_later_mail_about_a_part_finds_it_and_not_the_mail_it_came_with(town: Town) -> None:
    town.send(mail(ONE, TWO))
    town.drain()
    later = ("packing.csv", packing("T-2002", "ZZZQ22220002"))
    town.send(mail(later, text="B/L: ZZZQ22220002", message_id="<l@x.example>"))
    town.drain()
    _, second = town.shipments()
    assert names(town)[second.ref or ""] == {"invoice B.csv", "packing.csv"}


def test_two_mails_in_one_forward_are_two_shipments_each_with_its_own_words(town: Town) -> None:
    one = mail(("a.csv", invoice_csv(number="T-1001", bill="")), text="ETA 2026-12-01, for you", message_id="<i1@x.example>")  # fmt: skip
    two = mail(("b.csv", invoice_csv(number="T-2002", bill="")), text="Order PO 99-7781", message_id="<i2@x.example>")  # fmt: skip
    town.send_raw(forms.forwarding_all(one, two, subject="FW: docs", words="see both"))
    town.drain()
    first, second = town.shipments()
    assert names(town) == {first.ref: {"a.csv"}, second.ref: {"b.csv"}}
    whole, part = town.rows(Message)
    assert "ETA 2026-12-01" in whole.text
    assert "99-7781" not in whole.text
    assert "99-7781" in part.text
    assert "see both" in part.text


def test_what_is_not_clear_stays_one_shipment_with_the_flag(town: Town) -> None:
    text = "B/L: ZZZQ11110001 and B/L: ZZZQ22220002"
    town.send(mail(ONE, TWO, ("photo.csv", b"a,b\n1,2\n"), text=text))
    town.drain()
    assert len(town.shipments()) == 1
    assert len(town.rows(Document)) == 3
    assert town.hands.card("names several bills of lading") is not None


def test_an_entry_number_in_a_mail_finds_its_shipment(town: Town) -> None:
    from storage.models import Entry

    town.send(mail(ONE))
    town.drain()
    (shipment,) = town.shipments()
    with town.app.database.transaction() as session:
        session.add(
            Entry(
                shipment_id=shipment.id or 0,
                number="QZ7-1000001-2",
                key="k",
                gateway="sandbox",
                confirmed_by=DANA,
                confirmed_name="Dana",
                confirmed_at=shipment.created_at,
            )
        )
    for number, words in enumerate(("Entry QZ7-1000001-2 please", "about entry no. QZ710000012", "re QZ7-1000001-2")):  # fmt: skip
        town.send(mail((f"{number}.txt", b"word"), text=words, message_id=f"<e{number}@y.example>", sender="c@agent.example"))  # fmt: skip
    town.drain()
    assert len(town.shipments()) == 1
    town.send(mail(("n.txt", b"w"), text="Entry QZ7-1000001-3", message_id="<n@y.example>"))
    town.drain()
    assert len(town.shipments()) == 2


def test_a_number_that_differs_by_one_sign_is_offered_and_one_click_attaches(town: Town) -> None:
    town.send(mail(ONE))
    town.drain()
    town.send(mail(("pl.csv", packing("T-1001", "ZZZQ11110007")), message_id="<t@y.example>", sender="z@agent.example"))  # fmt: skip
    town.drain()
    older, younger = town.shipments()
    assert "bill of lading ZZZQ11110001 differs from ZZZQ11110007 by one sign" in said(town, younger)
    card = town.hands.card(younger.ref or "")
    note = next(one for one in town.hands.thread(card) if "may belong" in one["text"])
    for _ in range(2):  # a double click
        town.hands.press(DANA, note, "shipment_attach_0")
    town.hands.wait("both answers", lambda: len(town.whispers(DANA)) == 2)
    town.drain()
    assert names(town) == {older.ref: {"invoice A.csv", "pl.csv"}, younger.ref: set()}
    assert [one.state for one in town.shipments()] == [State.IN_REVIEW, State.CANCELLED]
    done = [one for one in town.rows(AuditEvent) if one.action == "documents_attached"]
    assert [(one.actor_name, one.details["documents"]) for one in done] == [
        ("Dana Whitlock", ["pl.csv"])
    ]
    assert set(town.whispers(DANA)) == {
        f"The documents of {younger.ref} are part of {older.ref} now.",
        f"{younger.ref} is part of {older.ref} already.",
    }
    assert f"attached {younger.ref} to {older.ref}" in said(town, older)
    # Mail to the address of the younger one goes on to the older.
    town.send_raw(mail(("more.txt", b"x"), message_id="<m@y.example>").as_bytes(policy=SMTP), to=town.app.house.address_for(younger.ref or ""))  # fmt: skip
    town.drain()
    assert "more.txt" in names(town)[older.ref or ""]


def attach(town: Town, actor: Actor = BROKER) -> str:
    older, younger = town.shipments()
    with town.app.database.transaction() as session:
        return attaching.attach(
            session, shipment_id=younger.id or 0, to=older.id or 0, actor=actor
        ).text


def two(town: Town, **more) -> None:
    town.send(mail(ONE))
    town.send(mail(TWO, message_id="<two@y.example>", **more))
    town.drain()


def test_a_viewer_attaches_nothing(town: Town) -> None:
    two(town)
    with pytest.raises(Refused, match="Only a licensed broker or an entry writer"):
        attach(town, VIEWER)
    assert len({one.shipment_id for one in town.rows(Document)}) == 2


def test_papers_of_two_importers_stay_apart(town: Town) -> None:
    with town.app.database.transaction() as session:
        for name in ("Kestrel Outdoor LLC", "Puffin Sails Inc"):
            booking.add_importer(session, name=name, actor=SYSTEM)
    other = ("c.csv", invoice_csv(number="T-2002", bill="ZZZQ22220002", importer="Puffin Sails"))
    town.send(mail(ONE))
    town.send(mail(other, message_id="<two@y.example>"))
    town.drain()
    with pytest.raises(Refused, match="different importers"):
        attach(town)


def test_a_sealed_file_takes_no_more(town: Town) -> None:
    two(town)
    with town.app.database.transaction() as session:
        row = session.get(Shipment, 1)
        assert row is not None
        row.state = State.CLOSED
    with pytest.raises(Refused, match="takes no more"):
        attach(town)


def test_a_mail_without_a_number_is_offered_what_its_sender_has_open(town: Town) -> None:
    two(town)
    town.send(mail(("photo.txt", b"a picture of the goods"), text="as promised", message_id="<n@y.example>"))  # fmt: skip
    town.drain()
    first, second, third = town.shipments()
    with town.app.database.snapshot() as session:
        found = nearby.near(session, third, "ha@lotusbags.example")
    assert [one.ref for one in found] == [second.ref, first.ref]
    assert "Attach to" in str(town.hands.thread(town.hands.card(third.ref or "")))


def test_the_next_shipment_of_a_shipper_gets_no_suggestions(town: Town) -> None:
    two(town)
    assert "may belong" not in said(town, town.shipments()[1])


def test_a_mail_to_an_importers_own_address_has_the_importer_as_a_hint(town: Town) -> None:
    with town.app.database.transaction() as session:
        booking.add_importer(session, name="Kestrel Outdoor LLC", actor=SYSTEM, broker=LUIS)
        booking.give_mark(session, name="Kestrel Outdoor LLC", mark="Kestrel", actor=SYSTEM)
    with smtplib.SMTP("127.0.0.1", town.port, timeout=10) as server:
        server.sendmail(
            "a@b.example",
            ["intake+kestrel@tidewaiter.test"],
            mail(("photo.txt", b"goods"), text="for the next one").as_bytes(policy=SMTP),
        )
    town.drain()
    (shipment,) = town.shipments()
    assert (shipment.addressed_id, shipment.importer_id, shipment.assignee) == (
        shipment.importer_id,
        shipment.addressed_id,
        LUIS,
    )
    assert town.hands.card("No document names the importer") is not None


def test_documents_of_another_importer_win_over_the_address(town: Town) -> None:
    with town.app.database.transaction() as session:
        for name, mark in (("Kestrel Outdoor LLC", "kestrel"), ("Puffin Sails Inc", "puffin")):
            booking.add_importer(session, name=name, actor=SYSTEM)
            booking.give_mark(session, name=name, mark=mark, actor=SYSTEM)
    town.send_raw(mail(ONE).as_bytes(policy=SMTP), to="intake+puffin@tidewaiter.test")
    town.drain()
    assert town.hands.card("came to the address of Puffin Sails Inc, but the documents name") is not None
    (shipment,) = town.shipments()
    assert shipment.importer_id != shipment.addressed_id


@pytest.mark.parametrize("mark", ["a", "SHP-1", "shp-2026", "ä b", "x" * 33, "1abc"])
def test_a_mark_that_could_be_mistaken_is_refused(town: Town, mark: str) -> None:
    with town.app.database.transaction() as session:
        booking.add_importer(session, name="Kestrel Outdoor LLC", actor=SYSTEM)
        with pytest.raises(Refused, match="A mark has"):
            booking.give_mark(session, name="Kestrel Outdoor LLC", mark=mark, actor=SYSTEM)


def test_numbers_that_left_no_longer_lead_to_the_first_shipment(town: Town) -> None:
    town.send(mail(ONE, TWO))
    town.drain()
    first = town.shipments()[0]
    mine = {(one.kind, one.value) for one in town.rows(Reference) if one.shipment_id == first.id}
    assert ("bill", "ZZZQ11110001") in mine
    assert ("bill", "ZZZQ22220002") not in mine


def test_papers_that_name_somebody_unknown_undo_the_hint(town: Town) -> None:
    with town.app.database.transaction() as session:
        booking.add_importer(session, name="Puffin Sails Inc", actor=SYSTEM)
        booking.give_mark(session, name="Puffin Sails Inc", mark="puffin", actor=SYSTEM)
    to = "intake+puffin@tidewaiter.test"
    town.send_raw(mail(("photo.txt", b"goods")).as_bytes(policy=SMTP), to=to)
    town.drain()
    assert town.shipments()[0].importer_id is not None
    unknown = ("i.csv", invoice_csv(importer="Somebody Else Ltd"))
    town.send_raw(mail(unknown, message_id="<2@x.example>").as_bytes(policy=SMTP), to=town.app.house.address_for(town.shipments()[0].ref or ""))  # fmt: skip
    town.drain()
    assert [one.importer_id for one in town.shipments()] == [None]
