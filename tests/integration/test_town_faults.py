"""When the others fail: Slack, customs, mail, a worker. Nothing is lost, nothing is done twice."""

import threading

import pytest
from sqlmodel import update

from bot import jobs
from bot.compose import App
from bot.sandbox.player import DANA
from bot.web import server as web
from storage import outbox
from storage.columns import now
from storage.models import AuditEvent, Entry, LineItem, LineState, Outbox, OutboxStatus
from tests.factories import invoice_csv, mail
from tests.integration.test_town_story import CODES, decide_all
from tests.town import Thread, Town

pytestmark = pytest.mark.slow


def at_once(town: Town) -> None:
    """Let the time that a retry waits pass."""
    with town.app.database.transaction() as session:
        session.exec(
            update(Outbox)
            .where(Outbox.status == OutboxStatus.PENDING)
            .values(run_at=now(), lease_until=None)
        )
    town.drain()


def cards(town: Town) -> list[dict]:
    return [
        m
        for m in town.hands.state()["messages"]
        if m["channel"] == "C01REVIEW" and not m["thread_ts"]
    ]


def ready_to_file(town: Town) -> None:
    town.send(town.story("kestrel"))
    town.send(town.story("kestrel-packing-list"))
    town.drain()
    decide_all(town, "Kestrel", CODES["kestrel"])


def press_file(town: Town) -> None:
    card = town.hands.card("Kestrel")
    assert card is not None
    town.hands.press(DANA, card, "shipment_confirm")
    town.hands.wait("the entry", lambda: town.rows(Entry))


def test_slack_answers_429_then_the_card_comes_once(town: Town) -> None:
    town.hands.faults("chat.postMessage", [429])
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    at_once(town)
    assert len(cards(town)) == 1
    assert next(one.attempts for one in town.rows(Outbox) if one.kind == "slack.card") == 2


def test_slack_answers_500_then_the_card_comes_once(town: Town) -> None:
    town.hands.faults("chat.postMessage", [500])
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    at_once(town)
    assert len(cards(town)) == 1


def test_slack_did_it_but_the_answer_was_lost_so_nothing_is_posted_twice(town: Town) -> None:
    town.hands.faults("chat.postMessage", ["lost"])
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    assert len(cards(town)) == 1
    at_once(town)
    assert len(cards(town)) == 1
    assert town.shipments()[0].card_ts == cards(town)[0]["ts"]


def test_a_card_that_was_deleted_in_slack_is_posted_again_once_and_its_thread_says_so(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    (lost,) = cards(town)
    messages = town.sandbox.workspace.messages
    messages[:] = [one for one in messages if one["ts"] != lost["ts"]]  # an admin deletes it

    # It is asked for, and just then the answer of the post is lost: still one card.
    town.hands.faults("chat.postMessage", ["lost"])
    town.hands.command(DANA, "card 1")
    town.hands.wait("the answer", lambda: any("drawn anew" in one for one in town.whispers(DANA)))
    at_once(town)
    at_once(town)
    (again,) = cards(town)
    assert again["ts"] != lost["ts"]
    (shipment,) = town.shipments()
    assert shipment.card_ts == again["ts"]
    assert [one for one in town.hands.thread(again) if "posted again" in one["text"]]
    assert [one.action for one in town.rows(AuditEvent)].count("card_posted_again") == 1

    # A click on it counts, also after the programs were started anew.
    town._parts[1].close()
    fresh = App(town.app.settings)
    town._parts[1] = Thread(web.build(fresh), town.app.settings.web.port)
    assert town.hands.press(DANA, again, "line_pick_0")["ok"]
    town.hands.wait("the decision", lambda: town.rows(LineItem)[0].state is LineState.CONFIRMED)
    town.hands.command(DANA, "card 999")
    town.hands.wait("the refusal", lambda: any("no shipments" in one for one in town.whispers(DANA)))
    fresh.database.close()


def test_what_slack_refuses_for_good_is_told_in_the_operations_channel(town: Town) -> None:
    town.hands.faults("chat.postMessage", ["channel_not_found"])
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    ops = [m for m in town.hands.state()["messages"] if m["channel"] == "C02OPS"]
    assert "gave up" in ops[0]["text"]
    town.hands.press(DANA, ops[0], "outbox_retry")
    town.hands.wait("the answer", lambda: any("tried again" in w for w in town.whispers(DANA)))
    at_once(town)
    assert len(cards(town)) == 1


def test_six_clicks_at_once_are_one_decision_and_five_answers(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    button = next(b for b in town.hands.buttons(card) if b["action_id"] == "line_pick_0")
    clicks = [
        threading.Thread(target=town.hands.click, args=(DANA, card, button)) for _ in range(6)
    ]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    town.hands.wait("six answers", lambda: len(town.whispers(DANA)) >= 6)
    said = town.whispers(DANA)
    assert len([one for one in said if "confirmed." in one]) == 1
    assert len([one for one in said if "already decided by Dana Whitlock" in one]) == 5


def test_two_clicks_on_file_are_one_entry(town: Town) -> None:
    ready_to_file(town)
    card = town.hands.card("Kestrel")
    assert card is not None
    button = next(b for b in town.hands.buttons(card) if b["action_id"] == "shipment_confirm")
    clicks = [
        threading.Thread(target=town.hands.click, args=(DANA, card, button)) for _ in range(4)
    ]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    town.hands.wait("the entry", lambda: town.rows(Entry))
    town.drain()
    assert len(town.rows(Entry)) == 1
    assert town.sandbox.authority.submissions == 1


def test_customs_is_away_the_filing_waits_and_goes_once(town: Town) -> None:
    ready_to_file(town)
    town.hands.outage(away=True)
    press_file(town)
    town.drain()
    assert town.rows(Entry)[0].submitted_at is None
    town.hands.outage(away=False)
    at_once(town)
    assert town.rows(Entry)[0].submitted_at is not None
    assert town.sandbox.authority.submissions == 1


def test_a_worker_killed_after_filing_does_not_file_again(town: Town) -> None:
    ready_to_file(town)
    press_file(town)
    entry = town.rows(Entry)[0]
    # The worker filed and was killed before it could record that: the lease runs out.
    row = next(one for one in town.rows(Outbox) if one.kind == "gateway.submit")
    with town.app.database.transaction() as session:
        claimed = outbox.claim(session, row.id, lease=jobs.LEASE[jobs.WORK])
    assert claimed is not None
    town.app.handlers[claimed.kind](town.app.ports, claimed)
    assert town.sandbox.authority.submissions == 1
    at_once(town)
    assert town.sandbox.authority.submissions == 1
    assert next(one for one in town.rows(Entry) if one.id == entry.id).reference == "SBX-000001"


def test_a_mail_server_that_refuses_is_told_and_the_release_is_not_lost(town: Town) -> None:
    ready_to_file(town)
    press_file(town)
    town.drain()
    with town.app.database.transaction() as session:
        session.exec(
            update(Outbox).where(Outbox.kind == "mail.acknowledge").values(status=OutboxStatus.DONE)
        )
    sink = town.app.ports.mailer._port
    town.app.ports.mailer.close()
    town.app.ports.mailer._port = 9  # nobody listens there
    town.poll()
    town.poll()
    assert town.shipments()[0].state.value == "released"
    town.app.ports.mailer._port = sink
    at_once(town)
    assert town.shipments()[0].state.value == "closed"


def test_redis_is_down_and_yet_every_mail_and_effect_is_kept(town: Town) -> None:
    assert town.app.relay.ping() is False
    town.send(mail(("i.csv", invoice_csv())))
    assert len(town.app.spool.waiting()) == 1
    assert town.app.relay.effects(town.app.database) == 0
    town.drain()
    assert len(cards(town)) == 1
