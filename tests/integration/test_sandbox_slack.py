"""The sandbox as Slack: the real SDK and a real Bolt app against it, over HTTP and by socket."""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.integration.sandbox_running import APP, SECRET, Running, wait

HERE = "C01REVIEW"
BLOCKS = [
    {
        "type": "actions",
        "block_id": "row",
        "elements": [
            {
                "type": "button",
                "action_id": "yes",
                "value": "7",
                "text": {"type": "plain_text", "text": "Yes"},
            },
            {
                "type": "overflow",
                "action_id": "more",
                "options": [{"text": {"type": "plain_text", "text": "Ask"}, "value": "ask"}],
            },
        ],
    }
]
MODAL = {
    "type": "modal",
    "callback_id": "why",
    "title": {"type": "plain_text", "text": "Why"},
    "submit": {"type": "plain_text", "text": "Save"},
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "value"},
        }
    ],
}
DONE = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Done"},
    "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Saved."}}],
}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """For tests after which nothing has changed."""
    made = Running(tmp_path_factory.mktemp("calm"))
    yield made
    made.close()


@pytest.fixture(params=["by_http", "by_socket"])
def way(request: pytest.FixtureRequest) -> str:
    return request.param


def refusal(call: Any, **facts: Any) -> str:
    with pytest.raises(SlackApiError) as told:
        call(**facts)
    return told.value.response["error"]


def card(running: Running) -> dict[str, Any]:
    return running.client().chat_postMessage(channel=HERE, text="card", blocks=BLOCKS).data


def press(running: Running, ts: str, action: str = "yes", **more: Any) -> dict[str, Any]:
    return running.do(
        "click", user="U01DANA", channel=HERE, ts=ts, block_id="row", action_id=action, **more
    )


# -- the Web API


def test_a_message_is_posted_threaded_changed_and_found(running: Running) -> None:
    client = running.client()
    meta = {"event_type": "tidewaiter", "event_payload": {"key": "k1"}}
    posted = client.chat_postMessage(channel="#customs-review", text="one", metadata=meta)
    reply = client.chat_postMessage(channel=HERE, text="two", thread_ts=posted["ts"])
    shout = client.chat_postMessage(
        channel=HERE, text="three", thread_ts=posted["ts"], reply_broadcast=True
    )
    client.chat_update(channel=HERE, ts=posted["ts"], text="uno", blocks=BLOCKS)
    read = client.conversations_history(channel=HERE, include_all_metadata=True)["messages"]
    assert [one["text"] for one in read] == ["three", "uno"]
    assert read[1]["metadata"] == meta
    assert "metadata" not in client.conversations_history(channel=HERE)["messages"][1]
    replies = client.conversations_replies(channel=HERE, ts=posted["ts"])["messages"]
    assert [one["ts"] for one in replies] == [posted["ts"], reply["ts"], shout["ts"]]


def test_text_without_blocks_takes_the_blocks_away(running: Running) -> None:
    ts = card(running)["ts"]
    running.client().chat_update(channel=HERE, ts=ts, text="only words")
    assert running.state()["messages"][0]["blocks"] == []


def test_reading_says_whether_there_is_more(running: Running) -> None:
    client = running.client()
    first = client.chat_postMessage(channel=HERE, text="one")["ts"]
    client.chat_postMessage(channel=HERE, text="two")
    client.chat_postMessage(channel=HERE, text="reply", thread_ts=first)
    newest = client.conversations_history(channel=HERE, limit=1)
    assert ([one["text"] for one in newest["messages"]], newest["has_more"]) == (["two"], True)
    assert client.conversations_history(channel=HERE, limit=2)["has_more"] is False
    oldest = client.conversations_replies(channel=HERE, ts=first, limit=1)
    assert ([one["text"] for one in oldest["messages"]], oldest["has_more"]) == (["one"], True)
    assert refusal(client.conversations_history, channel=HERE, limit="x") == "invalid_arguments"


def test_form_bodies_are_understood_as_slack_understands_them(running: Running) -> None:
    first = card(running)["ts"]
    facts = {
        "token": "xoxb-test",
        "channel": HERE,
        "text": "form",
        "thread_ts": first,
        "reply_broadcast": "false",
        "blocks": json.dumps(BLOCKS),
    }
    assert running.http.post("/api/chat.postMessage", data=facts).json()["ok"] is True
    posted = running.state()["messages"][1]
    assert (posted["broadcast"], posted["blocks"][0]["block_id"]) == (False, "row")


@pytest.mark.parametrize(
    ("method", "facts", "error"),
    [
        ("chat.postMessage", {"channel": "C404", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": HERE}, "no_text"),
        ("chat.postMessage", {"channel": HERE, "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": HERE, "text": "x", "blocks": "{"}, "invalid_blocks"),
        (
            "chat.postMessage",
            {"channel": HERE, "text": "x", "thread_ts": "1.1"},
            "thread_not_found",
        ),
        (
            "chat.postMessage",
            {"channel": HERE, "text": "x", "metadata": {"event_type": "x"}},
            "invalid_metadata_format",
        ),
        ("chat.update", {"channel": HERE, "ts": "1.1", "text": "x"}, "message_not_found"),
        ("chat.postEphemeral", {"channel": HERE, "user": "U9", "text": "x"}, "user_not_in_channel"),
        ("views.open", {"trigger_id": "1.1", "view": MODAL}, "invalid_trigger_id"),
        ("views.open", {"trigger_id": "1.1", "view": {"type": "home"}}, "invalid_arguments"),
        ("views.publish", {"user_id": "U01DANA", "view": MODAL}, "invalid_arguments"),
        ("views.update", {"view_id": "V1", "view": MODAL}, "not_found"),
        ("users.info", {"user": "U9"}, "user_not_found"),
        ("conversations.replies", {"channel": HERE, "ts": "1.1"}, "thread_not_found"),
        ("pins.add", {"channel": HERE}, "unknown_method"),
    ],
)
def test_a_wrong_call_is_refused_with_slacks_own_word(
    calm: Running, method: str, facts: dict[str, Any], error: str
) -> None:
    assert refusal(calm.client().api_call, api_method=method, json=facts) == error


def test_invalid_blocks_come_back_with_the_reason(calm: Running) -> None:
    with pytest.raises(SlackApiError) as told:
        calm.client().chat_postMessage(channel=HERE, text="x", blocks=[{"type": "header"}])
    assert "text is missing" in told.value.response["response_metadata"]["messages"][0]


def test_a_message_with_too_much_text_in_all_is_refused(calm: Running) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}
    call = calm.client().chat_postMessage
    assert refusal(call, channel=HERE, text="x", blocks=[section] * 5) == "msg_blocks_too_long"


@pytest.mark.parametrize(("token", "error"), [("", "not_authed"), ("xoxb-other", "invalid_auth")])
def test_no_call_without_the_token(calm: Running, token: str, error: str) -> None:
    assert refusal(calm.client(token).auth_test) == error


def test_the_bot_token_opens_no_socket(calm: Running) -> None:
    assert refusal(calm.client().apps_connections_open, app_token="xoxb-test") == "invalid_auth"


def test_scripted_faults_come_once_each_and_in_order(running: Running) -> None:
    running.do("faults", method="chat.postMessage", answers=[429, 500, "internal_error", "lost"])
    post = running.client().chat_postMessage
    with pytest.raises(SlackApiError) as told:
        post(channel=HERE, text="a")
    assert told.value.response.headers["Retry-After"] == "1"
    with pytest.raises(SlackApiError) as told:
        post(channel=HERE, text="b")
    assert told.value.response.status_code == 500
    assert refusal(post, channel=HERE, text="c") == "internal_error"
    with pytest.raises(SlackApiError):
        post(channel=HERE, text="lost on the way back")
    post(channel=HERE, text="e")
    assert [one["text"] for one in running.state()["messages"]] == ["lost on the way back", "e"]


def test_what_was_posted_outlives_a_restart(running: Running) -> None:
    ts = card(running)["ts"]
    running.again()
    running.client().chat_update(channel=HERE, ts=ts, text="still there", blocks=BLOCKS)
    assert [one["text"] for one in running.state()["messages"]] == ["still there"]


# -- people, to the app


def test_a_click_reaches_the_app_with_all_that_slack_tells(running: Running, way: str) -> None:
    seen: list[dict[str, Any]] = []
    app = running.bolt()
    app.action("yes")(lambda ack, body: (ack(), seen.append(body)))
    getattr(running, way)(app)
    posted = card(running)
    assert press(running, posted["ts"])["ok"] is True
    body = wait(lambda: seen)[0]
    assert body["actions"][0]["value"] == "7"
    assert (body["user"]["id"], body["channel"]["id"]) == ("U01DANA", HERE)
    assert (body["channel"]["name"], body["message"]["ts"]) == ("customs-review", posted["ts"])
    assert body["container"]["message_ts"] == posted["ts"]


def test_an_option_that_is_picked_reaches_the_app(running: Running, way: str) -> None:
    seen: list[Any] = []
    app = running.bolt()
    app.action("more")(lambda ack, action: (ack(), seen.append(action["selected_option"]["value"])))
    getattr(running, way)(app)
    offered = BLOCKS[0]["elements"][1]["options"][0]
    assert press(running, card(running)["ts"], "more", selected=offered)["ok"] is True
    assert wait(lambda: seen) == ["ask"]


def test_only_an_option_that_is_offered_can_be_picked(running: Running) -> None:
    other = {"text": {"type": "plain_text", "text": "Other"}, "value": "other"}
    assert press(running, card(running)["ts"], "more", selected=other)["ok"] is False


def test_a_window_opens_shows_errors_and_closes(running: Running, way: str) -> None:
    app = running.bolt()

    @app.action("yes")
    def opened(ack, body, client):
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("why")
    def saved(ack, view):
        reason = view["state"]["values"]["reason"]["value"]["value"]
        ack(**{"": {"response_action": "errors", "errors": {"reason": "Say why."}}}.get(reason, {}))

    getattr(running, way)(app)
    press(running, card(running)["ts"])
    view = wait(lambda: running.state()["views"])[0]
    assert running.state("U02LUIS")["views"] == []

    def submit(reason: str, user: str = "U01DANA") -> dict[str, Any]:
        values = {"reason": {"value": {"type": "plain_text_input", "value": reason}}}
        return running.do("submit", user=user, view_id=view["id"], values=values)

    assert submit("")["body"]["errors"] == {"reason": "Say why."}
    assert submit("because", user="U02LUIS")["ok"] is False
    assert len(running.state()["views"]) == 1
    assert submit("because")["ok"] is True
    assert running.state()["views"] == []


def open_window(running: Running) -> str:
    trigger = running.sandbox.workspace.trigger("U01DANA")
    return str(running.client().views_open(trigger_id=trigger, view=MODAL)["view"]["id"])


def test_a_window_turns_into_what_the_app_answers(running: Running, way: str) -> None:
    app = running.bolt()
    app.view("why")(lambda ack: ack(response_action="update", view=DONE))
    getattr(running, way)(app)
    running.do("submit", user="U01DANA", view_id=open_window(running), values={})
    assert running.state()["views"][0]["title"]["text"] == "Done"


def test_a_window_that_slack_would_refuse_is_no_answer(running: Running) -> None:
    app = running.bolt()
    app.view("why")(lambda ack: ack(response_action="update", view={**DONE, "blocks": [{}]}))
    running.by_http(app)
    answer = running.do("submit", user="U01DANA", view_id=open_window(running), values={})
    assert answer["ok"] is False
    assert running.state()["views"][0]["title"]["text"] == "Why"


def test_all_windows_close_when_the_app_says_so(running: Running) -> None:
    app = running.bolt()
    app.view("why")(lambda ack: ack(response_action="clear"))
    running.by_http(app)
    open_window(running)
    running.do("submit", user="U01DANA", view_id=open_window(running), values={})
    assert running.state()["views"] == []


def test_an_external_select_asks_the_app(running: Running, way: str) -> None:
    app = running.bolt()
    found = [{"text": {"type": "plain_text", "text": "6109.10"}, "value": "610910"}]
    app.options("code")(lambda ack, payload: ack(options=found * len(payload["value"])))
    getattr(running, way)(app)
    answer = running.do(
        "suggest",
        user="U01DANA",
        view_id=open_window(running),
        block_id="b",
        action_id="code",
        value="shi",
    )
    assert len(answer["body"]["options"]) == 3


def test_a_command_is_answered_to_that_person_only(running: Running, way: str) -> None:
    app = running.bolt()
    app.command("/tidewaiter")(lambda ack, command: ack(f"You said {command['text']}"))
    getattr(running, way)(app)
    running.do("command", user="U02LUIS", channel=HERE, command="/tidewaiter", text="mine & all")
    assert [one["text"] for one in running.state("U02LUIS")["whispers"]] == ["You said mine & all"]
    assert running.state("U01DANA")["whispers"] == []


def test_an_app_that_is_not_there_is_said_to_the_person(running: Running) -> None:
    assert "did not respond" in press(running, card(running)["ts"])["said"]


def test_an_app_that_takes_longer_than_three_seconds_did_not_respond(running: Running) -> None:
    app = running.bolt()
    app.action("yes")(lambda ack: (time.sleep(3.6), ack()))
    running.by_http(app)
    started = time.monotonic()
    assert "did not respond" in press(running, card(running)["ts"])["said"]
    assert time.monotonic() - started < 3.5


@pytest.mark.parametrize("body", ["[]", "7", "null", '"x"', "{", '{"response_action": "update"}'])
def test_an_answer_of_any_shape_is_endured(running: Running, body: str, monkeypatch) -> None:
    async def answered(*_args: Any, **_more: Any) -> httpx.Response:
        return httpx.Response(200, text=body)

    monkeypatch.setattr(running.sandbox.delivery._client, "post", answered)
    asked = {"user": "U01DANA", "view_id": open_window(running), "values": {}}
    assert running.http.post("/sandbox/submit", json=asked).status_code == 200
    command = {"user": "U01DANA", "channel": HERE, "command": "/x"}
    assert running.http.post("/sandbox/command", json=command).status_code == 200


# -- who may listen


def test_a_stranger_cannot_listen_to_what_people_do(calm: Running) -> None:
    with pytest.raises(InvalidStatus):
        connect(f"ws://127.0.0.1:{calm.config.port}/socket").__enter__()


def test_an_address_of_the_socket_is_good_once(running: Running) -> None:
    url = running.client(APP).apps_connections_open(app_token=APP)["url"]
    with connect(url) as first:
        assert json.loads(first.recv())["type"] == "hello"
    with pytest.raises(InvalidStatus):
        connect(url).__enter__()


def test_garbage_on_the_socket_is_endured(running: Running) -> None:
    url = running.client(APP).apps_connections_open(app_token=APP)["url"]
    # The server may hang up at the first of them: that too is an answer.
    with contextlib.suppress(ConnectionClosed), connect(url) as socket:
        socket.send("[]")
        socket.send("{")
        socket.send(json.dumps({"envelope_id": ["x"]}))
    wait(lambda: not running.sandbox.delivery._sockets)
    assert running.client().auth_test()["ok"] is True


def test_many_open_pages_do_not_hold_up_the_app(running: Running) -> None:
    async def watch() -> float:
        async with contextlib.AsyncExitStack() as stack:
            client = httpx.AsyncClient(base_url=running.url, trust_env=False, timeout=10)
            http = await stack.enter_async_context(client)
            streams = [http.stream("GET", "/sandbox/changes") for _ in range(40)]
            opened = [await stack.enter_async_context(stream) for stream in streams]
            assert {one.status_code for one in opened} == {200}
            started = time.monotonic()
            await asyncio.to_thread(running.client().auth_test)
            return time.monotonic() - started

    assert asyncio.run(watch()) < 1.0


def test_a_page_hears_of_a_change(running: Running) -> None:
    with running.http.stream("GET", "/sandbox/changes") as stream:
        lines = stream.iter_lines()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(card, running)
        assert any(line.startswith("data: ") for line in lines)


def test_posts_from_many_threads_all_get_their_own_time(running: Running) -> None:
    with ThreadPoolExecutor(8) as pool:
        posted = list(pool.map(lambda _: card(running)["ts"], range(24)))
    assert len(set(posted)) == 24
    assert SECRET not in running.http.get("/sandbox/state").text
