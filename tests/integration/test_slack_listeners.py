"""Every listener there is gets a request that Slack signed, and answers; none can be added without."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier

from bot.sandbox.config import CHANNELS
from bot.sandbox.player import DANA
from bot.slack.answers import Desk
from bot.slack.listeners import register
from storage.models import AuditEvent
from tests.factories import invoice_csv, mail
from tests.town import Town

pytestmark = pytest.mark.slow
WHO = {"user": {"id": DANA, "team_id": "T00SANDBOX"}, "team": {"id": "T00SANDBOX"}, "api_app_id": "A1"}

CHOICES = {"tariff_search", "lines_search"}  #: in lists of a window


class Listed:
    """Takes the place of Bolt's app while the listeners are registered, and writes down which."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []

    def __getattr__(self, kind: str) -> Any:
        def attach(constraint: Any = None) -> Any:
            if kind == "error":
                return constraint
            name = constraint.get("action_id") if isinstance(constraint, dict) else constraint
            self.found.append((kind, getattr(name, "pattern", name)))
            return lambda listener: listener

        return attach


def all_listeners(town: Town) -> list[tuple[str, str]]:
    listed = Listed()
    desk = Desk(database=town.app.database, house=town.app.house, lookup=town.app.lookup)
    register(listed, desk, None)  # type: ignore[arg-type]
    return sorted(set(listed.found))


def sent(town: Town, body: str, kind: str, **headers: str) -> httpx.Response:
    signer, stamp = SignatureVerifier(town.app.signing_secret or ""), str(int(time.time()))
    signature = signer.generate_signature(timestamp=stamp, body=body) or ""
    named = {"Content-Type": kind, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
    return httpx.post(f"{town.app.settings.public_url}/slack/events", content=body, headers={**named, **headers})


def form(town: Town, **fields: str) -> httpx.Response:
    return sent(town, urlencode(fields), "application/x-www-form-urlencoded")


def interaction(town: Town, kind: str, **more: Any) -> httpx.Response:
    return form(town, payload=json.dumps({**WHO, "type": kind, "trigger_id": "9.old", **more}))


def event(town: Town, kind: str, at: str, **more: Any) -> httpx.Response:
    told = {"type": kind, "user": DANA, "channel": CHANNELS[0].id, "ts": "1.1", **more}
    body = {"type": "event_callback", "team_id": "T00SANDBOX", "api_app_id": "A1", "event_id": at, "event_time": int(time.time()), "event": told}
    return sent(town, json.dumps(body), "application/json")


def view(name: str) -> dict[str, Any]:
    return {"id": "V9", "type": "modal", "callback_id": name, "private_metadata": "{}", "hash": "1", "state": {"values": {}}}


def asked(town: Town, kind: str, name: str) -> httpx.Response:
    """The least that Slack would send for this listener; what it carries is of no version of ours."""
    exact = "zzz_unknown" if name == ".*" else name
    match kind:
        case "action":
            button = {"type": "button", "action_id": exact, "block_id": "b", "value": "{}"}
            return interaction(
                town, "block_actions", actions=[button], view=view("of_no_version"),
                channel={"id": CHANNELS[0].id}, container={"type": "message", "channel_id": CHANNELS[0].id, "message_ts": "1.0"},
                message={"ts": "1.0"},
            )  # fmt: skip
        case "view":
            return interaction(town, "view_submission", view=view(exact))
        case "view_closed":
            return interaction(town, "view_closed", view=view(exact), is_cleared=False)
        case "options":
            return interaction(town, "block_suggestion", action_id=exact, block_id="b", value="back", view=view("x"))
        case "shortcut":
            return interaction(town, "message_action", callback_id=exact, channel={"id": CHANNELS[0].id}, message={"ts": "1.0", "text": "words"}, message_ts="1.0")
        case "command":
            return form(town, command=f"/{exact}" if name == ".*" else exact, text="help", user_id=DANA, channel_id=CHANNELS[0].id, team_id="T00SANDBOX", api_app_id="A1", trigger_id="9.old")
        case "event":
            more = {"message": {"channel_type": "im", "text": "help", "channel": "D1"}, "app_mention": {"text": "<@U0> help"}, "tokens_revoked": {"tokens": {"bot": ["U0"]}}}
            return event(town, exact, f"Ev-{exact}", **more.get(exact, {}))
    raise AssertionError(f"a kind of listener without a request here: {kind}")


def test_each_listener_answers_a_signed_request_and_none_is_silent(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    found = all_listeners(town)
    assert len(found) > 55, found
    silent = []
    for kind, name in found:
        calls = len(town.sandbox.api.calls)
        answer = asked(town, kind, name)
        assert answer.status_code == 200, (kind, name, answer.text)
        # What nobody waits for: an event that we did not ask for, a word about our end, a window
        # that was closed, and the choice in a list that only counts when its window is submitted.
        quiet = kind in ("view_closed", "event") or (kind == "action" and name in CHOICES)
        if answer.text or quiet:
            continue
        until = time.monotonic() + 5
        while len(town.sandbox.api.calls) == calls and time.monotonic() < until:
            time.sleep(0.01)
        if len(town.sandbox.api.calls) == calls:
            silent.append((kind, name))
    assert silent == []
    words = {one["text"] for one in town.hands.state(DANA)["whispers"]}
    assert any("older version" in one for one in words)
    assert [one.action for one in town.rows(AuditEvent)].count("slack_left") == 2
    assert town.shipments()[0].state.value == "in_review"  # and none of it decided anything
