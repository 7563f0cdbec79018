"""Whom we trust: mails that come in, mails that wait, and what people decide in Slack."""

from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from bot import people
from bot.sandbox.player import DANA, LUIS, PRIYA, VERA
from storage.models import (
    AuditEvent,
    Disposition,
    Document,
    Message,
    Quarantine,
    Quarantined,
    ReadState,
    SenderRule,
    Shipment,
    State,
    Trusted,
)
from tests.factories import invoice_csv, mail
from tests.nameserver import Names, publish, signed
from tests.town import Town
from workflows import senders
from workflows.states import Refused

pytestmark = pytest.mark.slow

HA = "ha@lotusbags.example"


@pytest.fixture
def names() -> Iterator[Names]:
    made = Names()
    yield made
    made.close()


@pytest.fixture
def strict(tmp_path: Path, names: Names) -> Iterator[Town]:
    """A town that lets no stranger in, and asks a DNS server of the test."""
    made = Town(tmp_path, new_senders="quarantine", mail={"resolver": names.address})
    try:
        yield made
    finally:
        made.close()


def invoice(message_id: str = "<m1@lotusbags.example>", **more: Any) -> EmailMessage:
    return mail(("invoice.csv", invoice_csv()), message_id=message_id, **more)


def send(town: Town, raw: bytes, *, sender: str = HA) -> None:
    town.send_raw(raw, sender=sender)
    town.drain()


def waiting(town: Town) -> dict[str, Any]:
    card = town.hands.card("waits for your word")
    assert card is not None
    return card


def decide(town: Town, user: str, action: str) -> None:
    town.hands.press(user, waiting(town), action)
    town.hands.wait(
        "the decision",
        lambda: all(one.standing is not Quarantined.WAITING for one in town.rows(Quarantine)),
    )
    town.drain()


def dispositions(town: Town) -> list[Disposition]:
    return [one.disposition for one in town.rows(Message)]


def test_a_stranger_waits_with_a_card_and_nobody_is_answered(strict: Town, names: Names) -> None:
    publish(names, spf=None)
    send(strict, signed(invoice()))
    text = str(waiting(strict)["blocks"])
    for words in (
        HA,
        "Documents",
        "invoice.csv",
        "This sender has not written before.",
        "Signed by lotusbags.example, and unchanged since (DKIM).",
        "So lotusbags.example did send it (DMARC).",
    ):
        assert words in text
    assert dispositions(strict) == [Disposition.QUARANTINED]
    assert strict.shipments() == []
    assert strict.rows(Document) == []
    assert strict.hands.state()["mails"] == []
    assert strict.rows(Message)[0].verdict.authenticated


def test_an_accepted_stranger_takes_the_usual_way_and_is_known_from_then_on(
    strict: Town, names: Names
) -> None:
    publish(names, spf=None)
    send(strict, signed(mail(("Kestrel Outdoor LLC.csv", invoice_csv()))))
    labels = [one["text"]["text"] for one in strict.hands.buttons(waiting(strict))]
    assert labels == ["Accept for Kestrel Outdoor LLC", "Once", "Block"]
    decide(strict, DANA, "sender_accept")
    assert dispositions(strict) == [Disposition.ACCEPTED]
    assert strict.hands.card("T-1001") is not None
    assert len(strict.hands.state()["mails"]) == 1
    rule = strict.rows(SenderRule)[0]
    assert (rule.pattern, rule.decision, rule.decided_by) == (
        "lotusbags.example",
        Trusted.ACCEPT,
        DANA,
    )
    assert rule.importer_id is not None
    card = strict.hands.card("accepted this mail and its sender")
    assert card is not None
    assert strict.hands.buttons(card) == []
    send(strict, signed(invoice("<m2@lotusbags.example>", sender="Minh <minh@lotusbags.example>")))
    assert dispositions(strict) == [Disposition.ACCEPTED, Disposition.ACCEPTED]
    assert "sender_accepted" in {one.action for one in strict.rows(AuditEvent)}


def test_a_stranger_let_in_once_is_a_stranger_again_next_time(strict: Town) -> None:
    send(strict, invoice().as_bytes(policy=SMTP))
    decide(strict, LUIS, "sender_once")
    assert len(strict.shipments()) == 1
    send(strict, invoice("<m2@lotusbags.example>").as_bytes(policy=SMTP))
    assert dispositions(strict) == [Disposition.ACCEPTED, Disposition.QUARANTINED]
    assert strict.rows(SenderRule) == []


def test_a_blocked_sender_stays_aside_and_asks_nobody_again(strict: Town) -> None:
    send(strict, invoice().as_bytes(policy=SMTP))
    send(strict, invoice("<m2@lotusbags.example>", subject="Again").as_bytes(policy=SMTP))
    decide(strict, DANA, "sender_block")
    send(strict, invoice("<m3@lotusbags.example>").as_bytes(policy=SMTP))
    assert dispositions(strict) == [Disposition.BLOCKED] * 3
    assert strict.shipments() == []
    assert strict.hands.state()["mails"] == []
    assert len(strict.rows(Quarantine)) == 2


def test_who_may_not_decide_about_senders_is_told_so(strict: Town) -> None:
    send(strict, invoice().as_bytes(policy=SMTP))
    strict.hands.press(VERA, waiting(strict), "sender_accept")
    told = (
        "Only a licensed broker or an entry writer can decide about a sender. Nothing was changed."
    )
    strict.hands.wait("the answer", lambda: told in strict.whispers(VERA))
    assert [one.standing for one in strict.rows(Quarantine)] == [Quarantined.WAITING]


def test_a_second_decision_is_refused_with_the_first_ones_name(strict: Town) -> None:
    send(strict, invoice().as_bytes(policy=SMTP))
    decide(strict, DANA, "sender_once")
    with (
        pytest.raises(Refused, match="Dana .* has decided already: once"),
        strict.app.database.transaction() as session,
    ):
        luis = people.who(session, LUIS)
        senders.decide(session, quarantine_id=1, decision="block", actor=luis)


def test_a_known_sender_forged_against_its_own_wish_waits_even_where_strangers_may_come(
    tmp_path: Path, names: Names
) -> None:
    publish(names)
    open_town = Town(tmp_path, mail={"resolver": names.address})
    try:
        send(open_town, signed(invoice()))
        send(open_town, invoice("<m2@lotusbags.example>", subject="New bank").as_bytes(policy=SMTP))
        assert dispositions(open_town) == [Disposition.ACCEPTED, Disposition.QUARANTINED]
        assert "asks everybody to refuse such mail" in str(waiting(open_town)["blocks"])
        decide(open_town, DANA, "sender_block")
        assert open_town.rows(SenderRule) == []
        send(open_town, signed(invoice("<m3@lotusbags.example>", subject="Genuine")))
        assert dispositions(open_town)[-1] is Disposition.ACCEPTED
    finally:
        open_town.close()


def test_a_look_alike_waits_even_where_strangers_may_come(town: Town) -> None:
    town.send(invoice())
    town.drain()
    twin = invoice("<m2@x.example>", sender="Ha Nguyen <ha@1otusbags.example>", text="Pay here.")
    send(town, twin.as_bytes(policy=SMTP))
    assert dispositions(town) == [Disposition.ACCEPTED, Disposition.QUARANTINED]
    assert "resembles lotusbags.example, whom we know" in str(waiting(town)["blocks"])


def test_the_same_mail_twice_is_one_card(strict: Town) -> None:
    send(strict, invoice().as_bytes(policy=SMTP))
    send(strict, invoice().as_bytes(policy=SMTP))
    assert len(strict.rows(Quarantine)) == 1


def test_an_empty_mail_of_a_stranger_is_not_answered(strict: Town) -> None:
    send(strict, mail(text="", subject="").as_bytes(policy=SMTP))
    assert dispositions(strict) == [Disposition.EMPTY]
    assert strict.hands.state()["mails"] == []


def test_a_dangerous_file_is_held_named_and_kept_and_the_others_are_read(town: Town) -> None:
    program = b"MZ\x90\0" + b"\0" * 200
    town.send(mail(("invoice.csv", invoice_csv()), ("invoice.pdf", program)))
    town.drain()
    held = next(one for one in town.rows(Document) if one.filename == "invoice.pdf")
    assert held.state is ReadState.UNREADABLE
    assert held.reading is None
    assert town.app.blobs.read(held.sha256) == program
    said = "invoice.pdf is a program: it is held and was not opened."
    assert town.rows(Message)[0].problems == [said]
    card = town.hands.card(said)
    assert card is not None
    assert "T-1001" in str(card["blocks"])


def test_a_quarantine_card_names_the_dangerous_file(strict: Town) -> None:
    send(strict, mail(("pay.js", b"x")).as_bytes(policy=SMTP))
    assert "pay.js is a script or a shortcut" in str(waiting(strict)["blocks"])


def test_a_mail_that_says_released_changes_nothing_even_of_an_accepted_sender(
    strict: Town, names: Names
) -> None:
    publish(names, spf=None)
    send(strict, signed(invoice()))
    decide(strict, DANA, "sender_accept")
    send(
        strict,
        signed(
            mail(
                text="ENTRY RELEASED BY CBP 1C. B/L No.: ZZZQ11110001",
                message_id="<r@lotusbags.example>",
            )
        ),
    )
    assert {one.state for one in strict.rows(Shipment)} == {State.IN_REVIEW}


BANK = "Commercial invoice attached. Please pay to account no. {}."


def paid_to(
    town: Town, number: str, *, bill: str, sender: str = "Ha <ha@lotusbags.example>"
) -> None:
    town.send(
        mail(
            ("invoice.csv", invoice_csv(number=f"T-{bill}", bill=f"ZZZQ1111{bill}")),
            text=BANK.format(number),
            message_id=f"<{bill}@lotusbags.example>",
            sender=sender,
        )
    )
    town.drain()


def test_other_bank_details_than_before_are_flagged_with_both_ends_until_somebody_called(
    town: Town,
) -> None:
    paid_to(town, "1111 2222 3333", bill="0001")
    paid_to(town, "1111 2222 3333", bill="0002")
    assert town.hands.card("names other bank details") is None
    paid_to(town, "9999 8888 7777", bill="0003", sender="Minh <minh@lotusbags.example>")
    card = town.hands.card("names other bank details than before (account …3333 before, …7777 now)")
    assert card is not None
    assert "T-0003" in str(card["blocks"])
    assert "99998888" not in str(town.hands.state()["messages"])
    alert = next(one for one in town.hands.thread(card) if "other bank details" in one["text"])
    assert alert["broadcast"]
    town.hands.press(PRIYA, alert, "account_right")
    refused = "Only a licensed broker or an entry writer can say so. Nothing was changed."
    town.hands.wait("the answer", lambda: refused in town.whispers(PRIYA))
    town.hands.press(DANA, alert, "account_right")
    town.hands.wait(
        "the answer", lambda: any("counts as right" in one for one in town.whispers(DANA))
    )
    town.drain()
    assert [one.type for one in town.shipments()[2].flags if one.type == "account_changed"] == []
    paid_to(town, "9999 8888 7777", bill="0004")
    assert [one.type for one in town.shipments()[3].flags if one.type == "account_changed"] == []


def test_a_changed_account_stays_suspect_on_the_next_shipment_too(town: Town) -> None:
    paid_to(town, "1111 2222 3333", bill="0001")
    paid_to(town, "9999 8888 7777", bill="0002")
    paid_to(town, "9999 8888 7777", bill="0003")
    flagged = [
        one.id for one in town.shipments() if "account_changed" in {flag.type for flag in one.flags}
    ]
    assert flagged == [2, 3]


def test_another_firm_may_have_another_account(town: Town) -> None:
    paid_to(town, "1111 2222 3333", bill="0001")
    paid_to(town, "9999 8888 7777", bill="0002", sender="Bo <bo@yinhe.example>")
    assert [flag.type for one in town.shipments() for flag in one.flags] == []
