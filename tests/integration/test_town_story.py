"""The line, step by step, in one process over real HTTP and SMTP."""

import pytest

from bot.sandbox import samples
from bot.sandbox.player import DANA, LUIS, PRIYA, VERA
from storage.models import AuditEvent, Entry, LineItem, LineState, Product, State
from tests.factories import invoice_csv, mail
from tests.town import Town

pytestmark = pytest.mark.slow

CODES = {one.name: one.codes for one in samples.STORY}


def decide_all(town: Town, words: str, codes: dict[int, str]) -> None:
    for number, code in codes.items():
        card = town.hands.card(words)
        line = next(one for one in town.rows(LineItem) if one.number == number)
        assert card is not None
        buttons = [
            b for b in town.hands.buttons(card) if b["block_id"].startswith(f"la:{line.id}:")
        ]
        block = buttons[0]["block_id"]
        right = [b for b in buttons if f'"{code}"' in b.get("value", "")]
        if right:
            town.hands.click(DANA, card, right[0])
        else:
            assert town.hands._other_code(DANA, card, block, code)
        town.hands.wait("the decision", lambda n=number: decided(town, n))
        town.drain()


def decided(town: Town, number: int) -> bool:
    return any(
        one.number == number and one.state is LineState.CONFIRMED for one in town.rows(LineItem)
    )


def file(town: Town, words: str) -> None:
    card = town.hands.card(words)
    assert card is not None
    town.hands.press(DANA, card, "shipment_confirm")
    town.hands.wait("the entry", lambda: town.rows(Entry))
    town.drain()


def test_a_mail_becomes_a_card_with_its_facts(town: Town) -> None:
    town.send(town.story("northgate"))
    town.drain()
    card = town.hands.card("Northgate Retail Inc.")
    assert card is not None
    text = str(card["blocks"])
    for fact in (
        "BP-2026-1107",
        "ZZZU3045127",
        "PGFL2610552",
        "Long Beach, CA",
        "74,290.00",
        "NR-4471",
    ):
        assert fact in text


def test_the_whole_line_from_mail_to_sealed_file(town: Town) -> None:
    town.send(town.story("kestrel"))
    town.send(town.story("kestrel-packing-list"))
    town.drain()
    decide_all(town, "Kestrel", CODES["kestrel"])
    file(town, "Kestrel")
    town.poll()
    town.poll()
    shipment = town.shipments()[0]
    assert shipment.state is State.CLOSED
    assert shipment.manifest_sha256 is not None
    assert town.app.blobs.has(shipment.manifest_sha256)
    mails = [one for one in town.hands.state()["mails"] if "Released by customs" in one["subject"]]
    assert [one["to"] for one in mails] == [["warehouse@kestrel.example"]]
    assert {one.code for one in town.rows(Product)} == {"4202.92.31.20"}


def test_a_confirmed_product_answers_the_next_shipment(town: Town) -> None:
    town.send(town.story("kestrel"))
    town.drain()
    decide_all(town, "Kestrel", CODES["kestrel"])
    repeat = (
        invoice_csv(
            number="HLB-2",
            bill="ZZZQ26999999",
            goods="Backpacks of nylon textile, daypack, 18 liters",
        )
        .replace(b"18 liters 1", b"18 liters")
        .replace(
            b"Backpacks of nylon textile, daypack, 18 liters",
            b'"Backpacks of nylon textile, daypack, 18 liters"',
        )
    )
    town.send(mail(("second.csv", repeat), message_id="<second@lotusbags.example>"))
    town.drain()
    card = town.hands.card("confirmed before")
    assert card is not None
    assert "97%" in str(card["blocks"])


def test_a_hold_alerts_the_broker_and_its_release_closes_the_file(town: Town) -> None:
    town.send(town.story("juniper"))
    town.drain()
    decide_all(town, "Juniper", CODES["juniper"])
    file(town, "Juniper")
    town.poll()
    town.poll()
    card = town.hands.card("Juniper")
    assert card is not None
    assert "ON HOLD" in str(card["blocks"])
    alert = next(one for one in town.hands.thread(card) if "is on hold" in one["text"])
    assert alert["broadcast"]
    assert "<@U01DANA>" in alert["text"]
    assert "arrival_notice_ZZZQHOLD26052209.pdf" in str(alert["blocks"])
    town.hands.press(DANA, alert, "hold_ack")
    town.hands.wait("the answer", lambda: "You have this hold now." in town.whispers(DANA))
    town.hands.authority(town.rows(Entry)[0].key, "release")
    town.poll()
    town.drain()
    assert town.shipments()[0].state is State.CLOSED


def test_a_scan_is_read_off_its_picture_and_shows_its_goods(town: Town) -> None:
    town.send(town.story("cascade"))
    town.drain()
    card = town.hands.card("Cascade")
    assert card is not None
    assert "/documents/" in str(card["blocks"])
    assert "Brass chandeliers" in str(card["blocks"])


ONLY_A_BROKER = (
    "Only a licensed broker can confirm a tariff code. Nothing was changed. Please ask "
    "Dana Whitlock."
)


@pytest.mark.parametrize(
    ("user", "answer"),
    [
        (LUIS, ONLY_A_BROKER),
        (PRIYA, ONLY_A_BROKER),
        (VERA, ONLY_A_BROKER),
    ],
)
def test_who_is_no_broker_is_told_so_and_nothing_changes(
    town: Town, user: str, answer: str
) -> None:
    town.send(town.story("kestrel"))
    town.drain()
    card = town.hands.card("Kestrel")
    assert card is not None
    town.hands.press(user, card, "line_pick_0")
    town.hands.wait("the answer", lambda: answer in town.whispers(user))
    assert not any(one.state is LineState.CONFIRMED for one in town.rows(LineItem))


def test_an_entry_with_something_missing_has_no_button_to_file(town: Town) -> None:
    town.send(town.story("kestrel"))
    town.drain()
    decide_all(town, "Kestrel", CODES["kestrel"])
    card = town.hands.card("Kestrel")
    assert card is not None
    assert "The packing list is missing." in str(card["blocks"])
    assert not [b for b in town.hands.buttons(card) if b["action_id"] == "shipment_confirm"]


def test_a_click_on_an_old_card_is_refused_and_the_card_is_drawn_anew(town: Town) -> None:
    town.send(town.story("kestrel"))
    town.drain()
    old = town.hands.card("Kestrel")
    assert old is not None
    first = next(b for b in town.hands.buttons(old) if b["action_id"] == "line_pick_0")
    town.hands.click(DANA, old, first)
    town.hands.wait("the decision", lambda: decided(town, 1))
    town.hands.click(DANA, old, first)
    town.hands.wait(
        "the answer",
        lambda: any("was already decided by Dana Whitlock" in one for one in town.whispers(DANA)),
    )


def test_every_decision_stands_in_the_audit_under_name_and_licence(town: Town) -> None:
    town.send(town.story("kestrel"))
    town.drain()
    decide_all(town, "Kestrel", CODES["kestrel"])
    said = [one for one in town.rows(AuditEvent) if one.action == "code_confirmed"]
    assert [(one.actor_name, one.actor_licence, one.details["code"]) for one in said] == [
        ("Dana Whitlock", "99001", "4202.92.31.20"),
        ("Dana Whitlock", "99001", "4202.92.31.20"),
    ]
