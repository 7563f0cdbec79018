"""A broker asks the shipper from the card, and the answer comes back to where they asked."""

from __future__ import annotations

import pytest

from bot.sandbox.player import DANA, VERA
from storage.models import OutgoingMessage
from tests.factories import invoice_csv, mail
from tests.town import Town

pytestmark = pytest.mark.slow


def opened(town: Town, user: str = DANA):
    town.send(mail(("invoice.csv", invoice_csv())))
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    town.hands.press(user, card, "shipment_ask")
    return card


def typed(view, **changes):
    blocks = {one["block_id"]: one["element"] for one in view["blocks"] if one["type"] == "input"}
    return {
        block: {"value": {"type": "plain_text_input", "value": changes.get(block, element.get("initial_value"))}}
        for block, element in blocks.items()
    }  # fmt: skip


def test_the_question_is_prepared_from_what_is_missing_and_its_answer_comes_to_the_thread(
    town: Town,
) -> None:
    card = opened(town)
    view = town.hands.modal(DANA, "ask_shipper")
    filled = typed(view)
    assert filled["to"]["value"]["value"] == "ha@lotusbags.example"
    question = filled["question"]["value"]["value"]
    assert "The packing list" in question
    said = town.hands.submit(DANA, view, typed(view, question=question + "\n\nWhich material?"))
    assert not (said.get("body") or {}).get("response_action")
    town.drain()
    sent = [one for one in town.rows(OutgoingMessage) if one.kind == "question"]
    assert len(sent) == 1
    assert "Which material?" in sent[0].text
    assert "The packing list" in sent[0].text
    assert "Dana Whitlock" in sent[0].text
    town.send(mail(text="Polyester, all of it.", message_id="<a@lotusbags.example>", answers=sent[0].message_id))  # fmt: skip
    town.drain()
    thread = "\n".join(one["text"] for one in town.hands.thread(card))
    assert "asks ha@lotusbags.example by mail" in thread
    assert "Polyester, all of it." in thread
    assert len(town.shipments()) == 1


def test_who_may_only_read_opens_no_question(town: Town) -> None:
    opened(town, VERA)
    view = town.hands.modal(VERA, "message")
    assert "Your role may read" in str(view["blocks"])


def test_an_address_that_is_none_is_refused_at_its_window(town: Town) -> None:
    opened(town)
    view = town.hands.modal(DANA, "ask_shipper")
    said = town.hands.submit(DANA, view, typed(view, to="nobody at all"))
    assert "name the address" in str(said)
    town.drain()
    assert not [one for one in town.rows(OutgoingMessage) if one.kind == "question"]
