"""What shippers hear from us: one answer a day, one thread, their language, and no flood."""

from __future__ import annotations

from datetime import date, timedelta
from email.policy import SMTP

import pytest
from sqlmodel import select, update

from bot.office import Office
from bot.sandbox.player import DANA
from storage.columns import now
from storage.models import (
    ConsigneeNotice,
    Entry,
    Importer,
    Message,
    Outbox,
    OutboxStatus,
    OutgoingMessage,
    Shipment,
    State,
)
from storage.values import Actor, Role
from tests.factories import invoice_csv, mail
from tests.integration.test_town_faults import at_once
from tests.town import Town
from workflows import answering, booking, notice_forms, notices
from workflows.effects import AskQuestion
from workflows.states import Refused

pytestmark = pytest.mark.slow

BROKER = Actor(id=DANA, name="Dana Whitlock", role=Role.LICENSED_BROKER, licence="99001")
PACKING = b"PACKING LIST\n\nExporter:,Hanoi Lotus Bags JSC,,Invoice No.:,T-1001\nImporter:,Kestrel Outdoor LLC,,B/L No.:,ZZZQ11110001\n\nNo.,Description,Packages,Gross Weight\n1,Backpacks,10,100\n"


def out(town: Town) -> list[dict]:
    return [one for one in town.hands.state()["mails"] if one["way"] == "out"]


def first(town: Town, **more) -> None:
    town.send(mail(("invoice T-1001.csv", invoice_csv()), **more))
    town.drain()


def reply(town: Town, number: int, **more) -> None:
    """A later mail of the same shipper to the shipment's own address."""
    facts = {"text": f"B/L No.: ZZZQ11110001\nA word more, number {number}.", **more}
    town.send(mail(message_id=f"<more-{number}@lotusbags.example>", **facts))
    town.drain()


def importer(town: Town, **facts) -> None:
    with town.app.database.transaction() as session:
        booking.add_importer(session, name="Kestrel Outdoor LLC", actor=BROKER, **facts)


def thread(town: Town) -> str:
    card = town.hands.card("T-1001")
    assert card is not None
    return "\n".join(one["text"] for one in town.hands.thread(card))


def wait_over(town: Town) -> None:
    """Let the days pass until the next mail is due."""
    at_once(town)


def ask(town: Town, **facts) -> str:
    with town.app.database.transaction() as session:
        shipment = session.get(Shipment, 1)
        return answering.ask(session, shipment, **{"to": None, "actor": BROKER, **facts})


def test_the_shipper_hears_what_came_what_was_read_and_what_is_missing(town: Town) -> None:
    first(town)
    (answer,) = out(town)
    assert answer["to"] == ["ha@lotusbags.example"]
    assert answer["subject"] == "[SHP-2026-000001] Invoice T-1001, B/L ZZZQ11110001"
    for said in (
        "- invoice T-1001.csv",
        "T-1001",
        "ZZZQ11110001",
        "USD 25.00",
        "by machine",
        "The packing list",
    ):
        assert said in answer["text"]
    for ours in ("no confirmed code", "denied", "power of attorney", "flag"):
        assert ours not in answer["text"]


def test_nothing_is_said_before_the_documents_are_read(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.receive()
    assert [one.kind for one in town.rows(Outbox)] == ["documents.read"]


def test_a_second_mail_the_same_day_waits_for_tomorrow_and_then_names_what_still_lacks(
    town: Town,
) -> None:
    first(town)
    reply(town, 1)
    reply(town, 2)
    assert len(out(town)) == 1
    waiting = [one for one in town.rows(Outbox) if one.kind == "mail.acknowledge"][1:]
    assert [one.run_at.date() for one in waiting] == [now().date() + timedelta(days=1)]
    wait_over(town)
    later = [one for one in town.rows(OutgoingMessage) if one.kind == "acknowledgement"]
    assert len(later) == 2
    assert "The packing list" in later[1].text


def test_tomorrow_nothing_is_said_when_nothing_is_missing_any_more(town: Town) -> None:
    first(town)
    reply(town, 1)
    town.send(mail(("packing.csv", PACKING), message_id="<pl@lotusbags.example>"))
    town.drain()
    wait_over(town)
    assert len(out(town)) == 1


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("List-Id", "<shippers.list.example>"),
        ("Precedence", "bulk"),
        ("Precedence", "list"),
        ("Auto-Submitted", "auto-replied"),
        ("Return-Path", "<>"),
    ],
)
def test_lists_machines_and_bounces_get_no_answer(town: Town, header: str, value: str) -> None:
    made = mail(("i.csv", invoice_csv()))
    made[header] = value
    town.send(made)
    town.drain()
    assert out(town) == []


def test_a_mail_without_a_sender_on_its_envelope_gets_no_answer(town: Town) -> None:
    town.send_raw(mail(("i.csv", invoice_csv())).as_bytes(policy=SMTP), sender="")
    town.drain()
    assert out(town) == []


def test_a_stranger_who_writes_for_nobody_we_know_gets_no_answer(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv(importer="Nobody We Know Ltd"))))
    town.drain()
    assert len(town.shipments()) == 1
    assert out(town) == []


def test_who_only_knows_the_shipments_address_learns_nothing_of_it(town: Town) -> None:
    first(town)
    with town.app.database.transaction() as session:
        session.exec(update(OutgoingMessage).values(answers=None))
        session.exec(
            update(Outbox).where(Outbox.kind == "mail.acknowledge").values(key="yesterday")
        )
    name, _, domain = town.address.partition("@")
    curious = mail(
        ("note.txt", b"hello"), text="What is in it?", sender="x@curious.example",
        message_id="<q@curious.example>", to=f"{name}+SHP-2026-000001@{domain}",
    )  # fmt: skip
    town.send(curious)
    town.drain()
    told = " ".join(
        one["text"] + one["subject"] for one in out(town) if "x@curious.example" in one["to"]
    )
    assert "note.txt" in told
    for other in ("T-1001", "ZZZQ11110001", "25.00", "packing list", "Kestrel"):
        assert other not in told


def test_two_mails_of_one_conversation_have_one_subject_and_answer_what_was_written_last(
    town: Town,
) -> None:
    first(town)
    reply(town, 1)
    assert "goes to ha@lotusbags.example" in ask(town, question="Which material is the lining?")
    effect = AskQuestion.model_validate(town.rows(Outbox)[-2].payload)
    with town.app.database.snapshot() as session:
        mail_out, _ = answering.question(session, effect, house=town.app.house)
    town.drain()
    acknowledged, asked = (
        one for one in town.rows(OutgoingMessage) if one.kind in ("acknowledgement", "question")
    )
    assert acknowledged.subject == asked.subject == mail_out.subject
    assert mail_out.in_reply_to == "<more-1@lotusbags.example>"
    assert mail_out.references == (
        "<m1@lotusbags.example>",
        acknowledged.message_id,
        "<more-1@lotusbags.example>",
    )
    assert mail_out.reply_to == "intake+SHP-2026-000001@tidewaiter.test"
    assert "Which material is the lining?" in asked.text
    assert "Dana Whitlock" in asked.text


def test_the_answer_to_a_question_finds_its_shipment_and_the_thread_tells_both(town: Town) -> None:
    first(town)
    ask(town, question="Which material?")
    town.drain()
    town.send(
        mail(
            text="Polyester.",
            message_id="<a@l.example>",
            to="intake+SHP-2026-000001@tidewaiter.test",
        )
    )
    town.drain()
    assert len(town.shipments()) == 1
    assert "*Dana Whitlock* asks ha@lotusbags.example" in thread(town)
    assert "Polyester." in thread(town)


def test_two_clicks_on_ask_are_one_question(town: Town) -> None:
    first(town)
    ask(town, question="Which material?")
    assert "today already" in ask(town, question="Which material? ")
    town.drain()
    assert len([one for one in town.rows(OutgoingMessage) if one.kind == "question"]) == 1


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"question": "  "}, "between 1 and"),
        ({"question": "x", "to": "nobody"}, "name the address"),
        ({"question": "x", "to": "a@b.example\nBcc: c@d.example"}, "name the address"),
        ({"question": "x", "actor": BROKER.model_copy(update={"role": Role.VIEWER})}, "may read"),
    ],
)
def test_a_question_that_cannot_go_says_why(town: Town, facts: dict, said: str) -> None:
    first(town)
    with pytest.raises(Refused, match=said):
        ask(town, **facts)


def test_what_is_missing_is_asked_for_three_times_in_one_thread_then_a_person_is_told(
    town: Town,
) -> None:
    first(town)
    chase = next(one for one in town.rows(Outbox) if one.kind == "mail.chase")
    assert chase.run_at > now() + timedelta(hours=10)
    for _ in range(6):
        wait_over(town)
    sent = [one for one in town.rows(OutgoingMessage) if one.kind == "chase"]
    assert [one.text.partition("This is reminder ")[2][:6] for one in sent] == [
        "1 of 3",
        "2 of 3",
        "3 of 3",
    ]
    assert {one.subject for one in sent} == {"[SHP-2026-000001] Invoice T-1001, B/L ZZZQ11110001"}
    assert "The packing list: it goes with the entry documents" in sent[0].text
    assert thread(town).count("3 reminders had no answer. Please call.") == 1
    assert town.pending(all_of_them=True) == []


def test_the_chase_stops_when_the_document_comes(town: Town) -> None:
    first(town)
    town.send(mail(("packing.csv", PACKING), message_id="<pl@lotusbags.example>"))
    town.drain()
    for _ in range(4):
        wait_over(town)
    assert not [one for one in town.rows(OutgoingMessage) if one.kind == "chase"]


def test_an_answer_without_the_document_begins_the_count_anew(town: Town) -> None:
    first(town)
    wait_over(town)
    reply(town, 1, text="It comes on Friday.", to="intake+SHP-2026-000001@tidewaiter.test")
    wait_over(town)
    sent = [one for one in town.rows(OutgoingMessage) if one.kind == "chase"]
    assert ["reminder 1 of 3" in one.text for one in sent] == [True, True]


@pytest.mark.parametrize(("language", "words"), [("es", "La lista de empaque"), ("zh", "装箱单")])
def test_an_importer_who_reads_another_language_is_written_to_in_it(
    town: Town, language: str, words: str
) -> None:
    importer(town, language=language)
    first(town)
    assert words in out(town)[0]["text"]


def test_a_language_that_we_do_not_write_is_refused(town: Town) -> None:
    with pytest.raises(Refused, match="en, es, zh"):
        importer(town, language="tlh")


def test_every_mail_in_and_out_stands_in_the_shipments_history(town: Town) -> None:
    first(town)
    ask(town, question="Which material?")
    office = Office(town.app.settings)
    mails = office.shipment("SHP-2026-000001")["mails"]
    assert [(one["direction"], one.get("kind"), one.get("outcome")) for one in mails[:3]] == [
        ("in", None, None),
        ("out", "acknowledgement", "sent"),
        ("out", "question", "waiting"),
    ]
    assert "by machine" in mails[1]["text"]
    office.app.database.close()


def test_a_mail_of_unknown_outcome_is_called_unknown(town: Town) -> None:
    first(town)
    ask(town, question="Which material?")
    with town.app.database.transaction() as session:
        session.exec(
            update(Outbox)
            .where(Outbox.kind == "mail.question")
            .values(status=OutboxStatus.DEAD, last_outcome="unknown")
        )
    office = Office(town.app.settings)
    mails = office.shipment("SHP-2026-000001")["mails"]
    assert [one["outcome"] for one in mails if one.get("kind") == "question"] == ["unknown"]
    office.app.database.close()


def test_each_mail_is_told_in_the_thread_in_one_line_once(town: Town) -> None:
    first(town)
    assert thread(town).count("Mail sent to ha@lotusbags.example (acknowledgement)") == 1


def test_a_worker_killed_after_sending_sends_the_same_mail_and_records_it_once(town: Town) -> None:
    first(town)
    with town.app.database.transaction() as session:
        session.exec(
            update(Outbox)
            .where(Outbox.kind == "mail.acknowledge")
            .values(status=OutboxStatus.PENDING, last_outcome="unknown")
        )
        for row in session.exec(select(OutgoingMessage)):
            session.delete(row)
    at_once(town)
    ids = [one["messageId"] for one in out(town) if "by machine" in one["text"]]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert len([one for one in town.rows(OutgoingMessage) if one.kind == "acknowledgement"]) == 1


def test_an_importers_contacts_and_language_are_kept(town: Town) -> None:
    importer(town, language="es", contacts=["a@kestrel.example", "b@kestrel.example"])
    kept = next(one for one in town.rows(Importer) if one.name == "Kestrel Outdoor LLC")
    assert (kept.language, kept.contacts) == ("es", ["a@kestrel.example", "b@kestrel.example"])
    assert town.rows(Message) == []


def test_the_release_notice_has_its_facts_first_and_its_days_for_the_calendar(town: Town) -> None:
    importer(town, language="es", consignee_mail="dc@kestrel.example")
    first(town)
    with town.app.database.transaction() as session:
        shipment = session.get(Shipment, 1)
        shipment.transport = shipment.transport.model_copy(
            update={"lastFreeDay": date(2031, 12, 1), "eta": date(2031, 11, 25)}
        )
        shipment.state = State.RELEASED
        entry = Entry(
            shipment_id=1, number="QZ7-1000001-5", key="e", gateway="g", confirmed_by="d",
            confirmed_name="D", confirmed_at=now(),
        )  # fmt: skip
        session.add(entry)
        session.flush()
        (route,) = notices.routes_of(session, shipment)
        told = ConsigneeNotice(
            shipment_id=1, entry_id=entry.id, route_name=route.name, route=route,
            facts=notices.facts(session, shipment, entry, town.app.house),
        )  # fmt: skip
        notice, language = notice_forms.mail(told, None, language="es", reply_to="a@b", key="k")
    assert language == "es"
    assert notice.text.splitlines()[2].startswith("Declaración:")
    assert "1 de diciembre de 2031" in notice.text
    assert "DTSTART;VALUE=DATE:20311201" in notice.calendar
    assert "DTSTART;VALUE=DATE:20311125" in notice.calendar
    assert "METHOD:PUBLISH" in notice.calendar
