"""The forms of mail from the wire to the card."""

import pytest

from storage.models import Document, LineItem, Message
from tests import mail_forms as forms
from tests.factories import invoice_csv, mail
from tests.town import Town

pytestmark = pytest.mark.slow


def test_an_invoice_in_winmail_dat_becomes_a_card(town: Town) -> None:
    town.send(mail(("winmail.dat", forms.winmail("w", ("invoice.csv", invoice_csv())))))
    town.drain()
    assert [one.filename for one in town.rows(Document)] == ["invoice.csv"]
    assert len(town.rows(LineItem)) == 1


def test_a_forwarded_mail_joins_the_shipment_that_its_words_name(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    inner = mail(
        ("note.txt", b"packing"), text="B/L No.: ZZZQ11110001", message_id="<in@x.example>"
    )
    town.send_raw(
        forms.forwarding(inner, subject="FW: docs", words="see below").replace(b"\n", b"\r\n")
    )
    town.drain()
    assert len(town.shipments()) == 1
    assert {one.filename for one in town.rows(Document)} == {"i.csv", "note.txt"}


def test_a_number_in_the_quoted_history_pulls_nothing_in(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    text = "New goods, other client.\n\nOn Mon, 2 Nov 2026, Desk <d@x.example> wrote:\n> B/L No.: ZZZQ11110001"
    town.send(
        mail(text=text, subject="Re: docs", message_id="<q@y.example>", sender="b@other.example")
    )
    town.drain()
    assert len(town.shipments()) == 2


def test_a_link_to_a_portal_is_told_to_the_broker_and_to_the_shipper(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv()), text="Photos: https://we.tl/t-abc"))
    town.drain()
    card = town.hands.card("documents behind it were not fetched")
    assert card is not None
    assert "were not fetched" in town.hands.state()["mails"][0]["text"]


def test_a_mail_about_two_bills_joins_neither_and_the_card_names_both(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    text = "B/L: ZZZQ11110001 of yesterday and B/L: ZZZQ22220002"
    town.send(mail(text=text, message_id="<two@z.example>", sender="z@agent.example"))
    town.drain()
    assert len(town.shipments()) == 2
    assert "ZZZQ11110001, ZZZQ22220002" in str(town.rows(Message)[1].problems)
    assert town.hands.card("names several bills of lading") is not None
