"""How Slack's requests reach the app: signed HTTP with its limits, and Socket Mode."""

import json
import threading
import time
from urllib.parse import urlencode

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier

from bot.sandbox.player import DANA
from bot.slack.answers import OLD, Desk
from bot.slack.app import build_app
from bot.slack.serve import run_socket
from storage.models import LineItem, LineState
from tests.factories import invoice_csv, mail
from tests.town import Town

pytestmark = pytest.mark.slow


def post(town: Town, payload: dict, *, secret: str | None = None, age: int = 0) -> httpx.Response:
    signer = SignatureVerifier(secret or town.app.signing_secret)
    body = urlencode({"payload": json.dumps(payload)})
    return signed(town, body, str(int(time.time()) - age), signer)


def signed(town: Town, body: str, stamp: str, signer: SignatureVerifier) -> httpx.Response:
    return httpx.post(
        f"{town.app.settings.public_url}/slack/events",
        content=body,
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signer.generate_signature(timestamp=stamp, body=body),
        },
    )


def click(
    value: str, *, user: str = DANA, action: str = "line_pick_0", trigger: str = "1.abc"
) -> dict:
    return {
        "type": "block_actions",
        "user": {"id": user},
        "team": {"id": "T00SANDBOX"},
        "api_app_id": "A1",
        "token": "x",
        "container": {"type": "message", "message_ts": "1.0", "channel_id": "C01REVIEW"},
        "channel": {"id": "C01REVIEW"},
        "message": {"ts": "1.0"},
        "trigger_id": trigger,
        "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value}],
    }


def said(town: Town, words: str, user: str = DANA) -> bool:
    return bool(town.hands.wait(words, lambda: any(words in one for one in town.whispers(user))))


def test_a_wrong_signature_is_refused(town: Town) -> None:
    assert post(town, click('{"v":1}'), secret="wrong").status_code == 401


def test_a_request_of_five_minutes_ago_is_refused(town: Town) -> None:
    assert post(town, click('{"v":1}'), age=301).status_code == 401


@pytest.mark.parametrize("stamp", ["", "yesterday", "-1", "1e9", "99999999999"])
def test_a_request_of_no_known_time_is_refused(town: Town, stamp: str) -> None:
    body = urlencode({"payload": json.dumps(click('{"v":1}'))})
    signer = SignatureVerifier(town.app.signing_secret)
    assert signed(town, body, stamp, signer).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        *(
            "",
            "a=b",
            "payload=",
            "payload=%7B",
            "payload=[]",
            "payload=7",
            "payload=null",
            "{",
            "[]",
        ),
        *('{"user":7}', '{"type":"event_callback","event":7}', '{"type":"view_submission"}'),
        *('{"type":"block_actions"}', '{"type":"block_actions","user":{"id":"U"},"actions":[]}'),
        '{"type":"block_actions","user":{"id":"U"},"actions":[{"action_id":"a"}],"channel":7}',
        '{"type":"view_submission","user":{"id":"U"},"view":{"callback_id":"reject"}}',
    ],
)
def test_a_body_that_slack_never_sends_is_said_to_be_none_of_slacks(town: Town, body: str) -> None:
    signer = SignatureVerifier(town.app.signing_secret)
    answer = signed(town, body, str(int(time.time())), signer)
    assert (answer.status_code, answer.text) == (400, "this is not a request of Slack's")


def test_bytes_that_are_no_text_are_said_to_be_none_of_slacks(town: Town) -> None:
    url = f"{town.app.settings.public_url}/slack/events"
    assert httpx.post(url, content=b"payload=\xff\xfe").status_code == 400


def test_a_request_that_is_too_large_is_refused(town: Town) -> None:
    answer = httpx.post(f"{town.app.settings.public_url}/slack/events", content=b"x" * 1_100_000)
    assert answer.status_code == 413


@pytest.mark.parametrize("value", ["", "{}x", '{"v":9,"s":1}', '{"shipment":7}', '{"v":1}'])
def test_a_click_on_a_card_of_another_version_is_answered(town: Town, value: str) -> None:
    assert post(town, click(value)).status_code == 200
    assert said(town, OLD)


def test_somebody_unknown_is_told_what_to_do(town: Town) -> None:
    with town.app.database.transaction() as session:
        from sqlmodel import delete

        from storage.models import Person

        session.exec(delete(Person).where(Person.slack_user == "U04VERA"))
    post(town, click('{"v":1,"s":1,"l":1,"r":1,"c":"6109100012"}', user="U04VERA"))
    assert said(town, "tidewaiter people add --slack U04VERA", user="U04VERA")


def test_an_expired_trigger_is_answered_and_nothing_is_silent(town: Town) -> None:
    post(town, click('{"v":1,"s":1,"l":1,"r":1}', action="line_change", trigger="9.old"))
    assert said(town, "could not be opened in time")


def test_other_code_needs_a_reason_and_a_line_that_exists(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    town.hands.press(DANA, card, "line_change")
    view = town.hands.modal(DANA, "other_code")
    chosen = {
        "code": {
            "tariff_search": {"type": "external_select", "selected_option": {"value": "9999999999"}}
        },
        "reason": {"value": {"type": "plain_text_input", "value": "I know"}},
    }
    answer = town.hands.submit(DANA, view, chosen)
    assert "is not a line of" in answer["body"]["errors"]["code"]
    chosen["code"]["tariff_search"]["selected_option"]["value"] = "8504409510"
    town.hands.submit(DANA, view, chosen)
    town.hands.wait("the code", lambda: town.rows(LineItem)[0].code == "8504.40.95.10")
    assert town.rows(LineItem)[0].decided_reason == "I know"


def test_a_shipment_is_rejected_with_a_reason_and_opened_again(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    town.hands.press(DANA, card, "shipment_reject")
    view = town.hands.modal(DANA, "reject")
    town.hands.submit(
        DANA, view, {"reason": {"value": {"type": "plain_text_input", "value": "wrong goods"}}}
    )
    town.hands.wait("the rejection", lambda: town.shipments()[0].state.value == "rejected")
    town.drain()
    again = town.hands.card("wrong goods")
    assert again is not None
    town.hands.press(DANA, again, "shipment_reopen")
    town.hands.wait("the review", lambda: town.shipments()[0].state.value == "in_review")


def test_a_corrected_field_stays_when_more_documents_come(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv(importer="Kestrl Outdor"))))
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    assert "is not among our importers" in str(card["blocks"])
    town.hands.press(DANA, card, "shipment_edit")
    view = town.hands.modal(DANA, "correct")
    values = {
        "parties.importer.name": {
            "value": {"type": "plain_text_input", "value": "Kestrel Outdoor LLC"}
        }
    }
    town.hands.submit(DANA, view, values)
    town.hands.wait("the importer", lambda: town.shipments()[0].importer_id is not None)
    town.send(
        mail(text="ETA: 2026-11-25", answers="<m1@lotusbags.example>", message_id="<m2@x.example>")
    )
    town.drain()
    assert town.shipments()[0].parties.importer.name == "Kestrel Outdoor LLC"
    assert str(town.shipments()[0].transport.eta) == "2026-11-25"


def test_a_slash_command_answers_only_the_one_who_asked(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    httpx.post(
        f"{town.app.settings.sandbox_url}/sandbox/command",
        json={"user": DANA, "channel": "C01REVIEW", "command": "/tidewaiter", "text": "kestrel"},
    )
    assert said(town, "SHP-2026-000001")
    assert town.whispers("U02LUIS") == []


def test_socket_mode_works_like_http(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    app = build_app(
        token=town.app.slack_token,
        api_url=town.app.slack_api,
        signing_secret=None,
        desk=Desk(database=town.app.database, house=town.app.house, lookup=town.app.lookup),
    )
    stop = threading.Event()
    runner = threading.Thread(
        target=run_socket,
        kwargs={
            "app": app,
            "app_token": town.app.sandbox.app_token,
            "api_url": town.app.slack_api,
            "stop": stop,
        },
        daemon=True,
    )
    runner.start()
    try:
        town.hands.wait("the connection", lambda: town.sandbox.delivery._sockets)
        card = town.hands.card("T-1001")
        assert card is not None
        assert town.hands.press(DANA, card, "line_pick_0")["ok"]
        town.hands.wait("the decision", lambda: town.rows(LineItem)[0].state is LineState.CONFIRMED)
    finally:
        stop.set()
        runner.join(5)


def test_a_link_to_a_document_opens_it_and_a_forged_one_does_not(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    answer = town.open(town.app.document_link(1))
    assert answer.content == invoice_csv()
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert town.open(town.app.document_link(1)[:-3] + "abc").status_code == 404


def test_health_and_readiness_are_told(town: Town) -> None:
    assert httpx.get(f"{town.app.settings.public_url}/healthz").json() == {"ok": True}
    assert httpx.get(f"{town.app.settings.public_url}/readyz").json()["redis"] is False
