"""What happens at the edges: a restart between card and click, a crowd, a stranger of a shared channel."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier
from sqlmodel import select

from bot.compose import App
from bot.sandbox.player import DANA, LUIS, VERA
from bot.web import server as web
from storage.models import LineItem, LineState
from tests.factories import invoice_csv, mail
from tests.town import Thread, Town

pytestmark = pytest.mark.slow


def arrived(town: Town, *, lines: int = 1) -> dict[str, Any]:
    town.send(mail(("i.csv", invoice_csv(lines=lines))))
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    return card


def sent(town: Town, payload: dict[str, Any]) -> httpx.Response:
    body, stamp = urlencode({"payload": json.dumps(payload)}), str(int(time.time()))
    signature = SignatureVerifier(town.app.signing_secret or "").generate_signature(timestamp=stamp, body=body) or ""
    head = {"Content-Type": "application/x-www-form-urlencoded", "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
    return httpx.post(f"{town.app.settings.public_url}/slack/events", content=body, headers=head, timeout=20)


def click(card: dict[str, Any], line: LineItem, *, user: str, rev: int | None = None, team: str = "T00SANDBOX") -> dict[str, Any]:
    value = {"v": 1, "s": line.shipment_id, "l": line.id, "r": line.rev if rev is None else rev, "c": "4202923120"}
    return {
        "type": "block_actions", "user": {"id": user, "team_id": team}, "team": {"id": team}, "api_app_id": "A1",
        "channel": {"id": card["channel"]}, "container": {"type": "message", "channel_id": card["channel"], "message_ts": card["ts"]},
        "message": {"ts": card["ts"]}, "trigger_id": "1.x",
        "actions": [{"type": "button", "action_id": "line_pick_0", "block_id": "b", "value": json.dumps(value)}],
    }  # fmt: skip


def told(town: Town, user: str, words: str) -> None:
    town.hands.wait(words, lambda: any(words in one for one in town.whispers(user)))


def test_a_click_after_a_restart_on_a_card_of_before_decides(town: Town) -> None:
    card = arrived(town)
    town._parts[1].close()  # the web process goes, with all that it knew
    again = App(town.app.settings)
    town._parts[1] = Thread(web.build(again), town.app.settings.web.port)
    assert town.hands.press(DANA, card, "line_pick_0")["ok"]
    town.hands.wait("the decision", lambda: town.rows(LineItem)[0].state is LineState.CONFIRMED)
    again.database.close()


def test_a_decision_about_a_proposal_of_before_is_refused_and_said(town: Town) -> None:
    card = arrived(town)
    line = town.rows(LineItem)[0]
    with town.app.database.transaction() as session:
        row = session.exec(select(LineItem)).one()
        row.rev += 1  # its candidates were made anew
        session.add(row)
    assert sent(town, click(card, line, user=DANA)).status_code == 200
    told(town, DANA, "Not saved: what is proposed for line 1 has changed")
    assert town.rows(LineItem)[0].state is LineState.OPEN


def test_who_may_not_and_who_is_of_another_firm_are_told_so(town: Town) -> None:
    card = arrived(town)
    line = town.rows(LineItem)[0]
    sent(town, click(card, line, user=VERA))
    told(town, VERA, "Please ask")
    # In a channel that is shared with another firm: their person, our signature, no place on our list.
    sent(town, click(card, line, user="W9STRANGER", team="T9OTHER"))
    with town.app.database.snapshot() as session:
        assert session.exec(select(LineItem)).one().state is LineState.OPEN
    refused = town.sandbox.api.calls[-5:]
    assert any(name in ("chat.postEphemeral", "conversations.open") for _, name in refused)


def test_a_crowd_of_clicks_is_acknowledged_while_the_database_is_busy(town: Town) -> None:
    """More slow listeners than Bolt has threads by default: each is taken at once and answered later."""
    card = arrived(town, lines=12)
    lines = town.rows(LineItem)
    with ThreadPoolExecutor(12) as pool, town.app.database.transaction() as session:
        session.connection()  # somebody writes, and takes their time
        began = time.monotonic()
        answers = [one.result() for one in [pool.submit(sent, town, click(card, line, user=DANA)) for line in lines]]
        assert {one.status_code for one in answers} == {200}
        assert time.monotonic() - began < 3.0  # Slack's patience, for all twelve together
        if town.app.database.engine.dialect.name == "sqlite":
            assert {one.state for one in town.rows(LineItem)} == {LineState.OPEN}
    town.hands.wait("all", lambda: all(one.state is LineState.CONFIRMED for one in town.rows(LineItem)))
    town.hands.wait("an answer to each", lambda: len([one for one in town.whispers(DANA) if "confirmed" in one]) == 12)


def test_the_search_of_a_window_answers_in_time_and_an_odd_one_not_at_all(town: Town) -> None:
    asked = {"type": "block_suggestion", "user": {"id": LUIS}, "team": {"id": "T1"}, "api_app_id": "A1", "block_id": "code", "container": {"type": "view", "view_id": "V1"}, "view": {"id": "V1", "type": "modal"}}
    began = time.monotonic()
    found = sent(town, {**asked, "action_id": "tariff_search", "value": "backpack"})
    assert time.monotonic() - began < 3
    options = found.json()["options"]
    assert 0 < len(options) <= 100
    assert all(len(one["text"]["text"]) <= 75 and len(one["value"]) <= 75 for one in options)
    assert sent(town, {**asked, "action_id": "of_nobody", "value": "x"}).json() == {"options": []}
