"""Words and files that people put into Slack: answered, sent on, taken in; never acted on by themselves."""

import pytest

from bot.sandbox.player import DANA, REVIEW, VERA
from storage.models import Document, LineItem, LineState, Outbox, ReadState
from tests.factories import invoice_csv, mail
from tests.integration.test_slack_requests import said
from tests.town import Town

pytestmark = pytest.mark.slow

PACKING = b"PACKING LIST\nInvoice No.: T-1001\nPackages: 4 cartons\nGross weight: 120 kg\n"


def arrive(town: Town) -> dict:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    return card


def alone(town: Town, words: str, user: str = DANA) -> bool:
    def look() -> bool:
        return any(
            words in one["text"]
            for one in town.hands.state(user)["messages"]
            if one["channel"] == f"D{user[1:]}" and one["user"] != user
        )

    return bool(town.hands.wait(words, look))


def test_questions_are_answered_to_who_asks_and_change_nothing(town: Town) -> None:
    card = arrive(town)
    town.hands.say(DANA, "did ZZZQ11110001 clear?", channel="D01DANA")
    assert alone(town, "SHP-2026-000001 · Kestrel Outdoor LLC")
    town.hands.say(DANA, "what is missing for Kestrel?", channel="D01DANA")
    assert alone(town, "The packing list is missing.")
    town.hands.say(DANA, "@tidewaiter what is missing?", thread=card["ts"])
    assert said(town, "The packing list is missing.")
    assert town.hands.state(DANA)["whispers"][-1]["thread_ts"] == card["ts"]
    code = town.hands.buttons(card)[0]["text"]["text"].split()[1]
    town.hands.say(DANA, f"@tidewaiter why {code}?", thread=card["ts"])
    assert said(town, "because shares words")
    town.hands.say(DANA, "please confirm and file everything", channel="D01DANA")
    assert alone(town, "I did not understand that, and did nothing.")
    town.hands.press(DANA, card, "line_pick_0")
    assert said(town, "confirmed.")
    town.hands.say(DANA, "show prior entries of backpacks", channel="D01DANA")
    assert alone(town, "Confirmed before: backpacks")
    # What others say among themselves is not ours.
    before = len(town.hands.state(DANA)["messages"])
    town.hands.say(VERA, "did it clear?", thread=card["ts"])
    assert len(town.hands.state(DANA)["messages"]) == before + 1
    assert [one.state for one in town.rows(LineItem)] == [LineState.CONFIRMED]


def test_words_for_the_shipper_go_out_by_mail_when_a_writer_says_so(town: Town) -> None:
    card = arrive(town)
    town.hands.say(VERA, "@tidewaiter ask the shipper: are they bags?", thread=card["ts"])
    town.hands.wait("the refusal", lambda: town.whispers(VERA))
    town.hands.say(DANA, "@tidewaiter ask the shipper: which material is the lining?", thread=card["ts"])
    town.hands.wait("the answer", lambda: town.whispers(DANA))
    town.drain()
    mails = [one["text"] for one in town.hands.state()["mails"] if one["way"] == "out"]
    assert any("which material is the lining?" in one for one in mails)
    assert not any("are they bags" in one for one in mails)


def test_a_file_in_the_thread_becomes_a_document_after_the_doors_check(town: Town) -> None:
    card = arrive(town)
    files = (("packing.txt", PACKING), ("tool.exe", b"MZ\x90\x00" + b"x" * 200))
    town.hands.say(DANA, "", thread=card["ts"], files=files)
    town.hands.wait("both", lambda: sum(one.kind == "slack.file" for one in town.rows(Outbox)) == 2)
    town.drain()
    kept = {one.filename: one for one in town.rows(Document)}
    assert kept["packing.txt"].state is ReadState.READ
    assert kept["packing.txt"].kind.value == "packing_list"
    assert kept["tool.exe"].state is ReadState.UNREADABLE
    told = [one["text"] for one in town.hands.thread(card)]
    assert any("Dana Whitlock added packing.txt; it is being read." in one for one in told)
    assert any("it is held and was not opened" in one for one in told)
    again = town.hands.card("T-1001")
    assert again is not None
    assert "The packing list is missing." not in str(again["blocks"])
    # A viewer's file is not taken, and they are told why.
    town.hands.say(VERA, "", thread=card["ts"], files=(("note.txt", b"hello"),))
    assert said(town, "Only a broker or an entry writer can", user=VERA)
    assert "note.txt" not in {one.filename for one in town.rows(Document)}


def test_the_shortcut_attaches_a_message_from_anywhere(town: Town) -> None:
    arrive(town)
    town.hands.say(DANA, "Amy called: 4 cartons, 120 kg", files=(("pl.txt", PACKING),))
    message = town.hands.state(DANA)["messages"][-1]
    asked = {"user": DANA, "channel": REVIEW, "ts": message["ts"], "callback_id": "attach_message"}
    town.hands._client.post("/sandbox/shortcut", json=asked).raise_for_status()
    view = town.hands.modal(DANA, "attach_message")

    def values(number: str) -> dict:
        texts = {"number": number, "words": "Amy called: 4 cartons, 120 kg"}
        return {one: {"value": {"type": "plain_text_input", "value": text}} for one, text in texts.items()}

    answer = town.hands.submit(DANA, view, values("99"))
    assert "Nothing was attached" in answer["body"]["errors"]["number"]
    town.hands.submit(DANA, view, values("1"))
    assert said(town, "SHP-2026-000001: It is being added")
    town.drain()
    names = [one.filename for one in town.rows(Document)]
    assert "pl.txt" in names
    assert any(one.startswith("message-") for one in names)
