"""What every way to the brokers' chat must do, asked of each adapter against a real server."""

from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox import files
from bot.slack import chat as slack_chat
from bot.slack.chat import SlackChat
from tests.integration.sandbox_running import BOT, Running
from tests.town import Thread, free_port
from tests.unit.slack.test_slack_cards import view
from workflows.ports import Permanent, Posted, Transient
from workflows.views import NoteView, Picture

HERE = "C01REVIEW"
NOTE = NoteView(text="Something happened.")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
PAGE = "<!DOCTYPE html><title>Sign in to the guest network</title>"


class TestSlackChat:
    @pytest.fixture
    def running(self, tmp_path) -> Iterator[Running]:
        made = Running(tmp_path)
        yield made
        made.close()

    @pytest.fixture
    def chat(self, running) -> SlackChat:
        return SlackChat(token=BOT, api_url=f"{running.url}/api/", timeout=1)

    def test_a_card_is_posted_changed_in_its_place_and_found_by_its_key(self, chat, running):
        at = chat.post("#customs-review", view(fallback="first"), key="card-1")
        chat.update(at, view(fallback="second"))
        assert [one["text"] for one in running.state()["messages"]] == ["second"]
        assert chat.find(HERE, "card-1") == at
        assert chat.find(HERE, "card-2") is None

    def test_a_picture_is_handed_over_and_shown_by_a_later_note(self, chat, running):
        file = chat.upload("page.png", PNG, title="First page")
        note = NOTE.model_copy(update={"picture": Picture(file=file, alt="First page")})
        chat.post(HERE, note, key="note-1")
        (shown,) = running.state()["messages"]
        assert [one["slack_file"] for one in shown["blocks"] if one["type"] == "image"] == [
            {"id": file}
        ]
        assert running.http.get(f"/files/{file}").content == PNG
        running.again()
        assert running.http.get(f"/files/{file}").content == PNG

    @pytest.mark.parametrize("answer", ["missing_scope", "file_uploads_disabled"])
    def test_a_picture_that_is_refused_for_good_is_told_so(self, chat, running, answer):
        running.do("faults", method="files.getUploadURLExternal", answers=[answer])
        with pytest.raises(Permanent, match=answer):
            chat.upload("page.png", PNG, title="First page")

    def test_a_picture_that_is_too_large_or_was_not_handed_over_does_not_exist(self, chat, running):
        with pytest.raises(Permanent, match="file_upload_size_restricted"):
            chat.upload("page.png", b"x" * (files.MOST_BYTES + 1), title="Large")
        client = running.client()
        place = client.files_getUploadURLExternal(filename="a.png", length=4)
        with pytest.raises(SlackApiError, match="file_not_found"):
            client.files_completeUploadExternal(files=[{"id": place["file_id"]}])
        url = place["upload_url"].removeprefix(running.url)
        assert running.http.post(url, content=b"12345").status_code == 400
        assert running.http.post(url, content=b"1234").status_code == 404
        assert running.http.get(f"/files/{place['file_id']}").status_code == 404
        unknown = NOTE.model_copy(update={"picture": Picture(file="F0000000000", alt="x")})
        with pytest.raises(Permanent, match="invalid slack file"):
            chat.post(HERE, unknown, key="note-1")

    def test_slacks_own_library_hands_a_file_over(self, running):
        answer = running.client().files_upload_v2(content=PNG, filename="a.png", title="A")
        assert running.http.get(f"/files/{answer['files'][0]['id']}").content == PNG

    def test_a_note_is_found_in_its_thread_only(self, chat):
        card = chat.post(HERE, view(), key="card-1")
        note = chat.post(HERE, NOTE, key="note-1", thread=card.ts)
        assert chat.find(HERE, "note-1", thread=card.ts) == note
        assert chat.find(HERE, "note-1") is None

    def test_the_last_of_many_replies_is_found(self, chat, running):
        card = chat.post(HERE, view(), key="card-1")
        replies(running, card, 230)
        note = chat.post(HERE, NOTE, key="note-1", thread=card.ts)
        assert chat.find(HERE, "note-1", thread=card.ts) == note

    def test_a_card_above_which_much_was_written_is_found(self, chat, running):
        card = chat.post(HERE, view(), key="card-1")
        for _ in range(230):
            running.sandbox.workspace.post({"channel": HERE, "text": "talk"})
        assert chat.find(HERE, "card-1") == card

    def test_in_a_thread_without_end_it_stays_unknown_and_a_person_is_asked(
        self, chat, running, monkeypatch
    ):
        monkeypatch.setattr(slack_chat, "MOST_PAGES", 1)
        card = chat.post(HERE, view(), key="card-1")
        replies(running, card, 210)
        with pytest.raises(Permanent, match="Please look"):
            chat.find(HERE, "note-1", thread=card.ts)

    def test_when_asked_to_wait_it_says_how_long_and_that_nothing_was_done(self, chat, running):
        running.do("faults", method="chat.postMessage", answers=[429])
        told = refused(chat)
        assert (told.retry_after, told.outcome) == (1.0, "not_done")

    def test_asked_to_wait_while_looking_it_is_still_unknown_what_was_posted(self, chat, running):
        running.do("faults", method="conversations.history", answers=[429])
        with pytest.raises(Transient) as told:
            chat.find(HERE, "card-1")
        assert (told.value.retry_after, told.value.outcome) == (1.0, "unknown")

    @pytest.mark.parametrize("fault", [500, 503, "lost", "timeout"])
    def test_a_fault_of_the_other_side_may_have_been_after_the_deed(self, chat, running, fault):
        running.do("faults", method="chat.postMessage", answers=[fault])
        assert refused(chat).outcome == "unknown"

    @pytest.mark.parametrize(
        "word", ["channel_not_found", "is_archived", "invalid_auth", "missing_scope"]
    )
    def test_what_slack_refuses_for_good_a_person_must_look_at(self, chat, running, word):
        running.do("faults", method="chat.postMessage", answers=[word])
        with pytest.raises(Permanent, match=word):
            chat.post(HERE, NOTE, key="note-1")

    def test_the_reason_of_a_refusal_is_told(self, chat):
        with pytest.raises(Permanent, match="message_not_found"):
            chat.update(Posted(channel=HERE, ts="1.1"), view())

    @pytest.mark.parametrize("word", ["team_added_to_org", "fatal_error", "never_heard_of"])
    def test_a_refusal_that_may_pass_is_tried_again(self, chat, running, word):
        running.do("faults", method="chat.postMessage", answers=[word])
        assert word in str(refused(chat))

    @pytest.mark.parametrize(
        ("status", "kind", "body", "headers"),
        [
            (200, "text/html", PAGE, {}),
            (200, "text/html; charset=unheard-of", PAGE, {}),
            (200, "application/json", "[1]", {}),
            (200, "application/json", "null", {}),
            (200, "application/json", '{"ok": tr', {}),
            (403, "text/html", PAGE, {}),
            (407, "application/json", '{"error": "invalid_auth"}', {}),
            (429, "text/html", PAGE, {"Retry-After": "Sat, 21 Nov 2026 08:00:00 GMT"}),
            (502, "application/json", '{"ok": false, "error": "invalid_auth"}', {}),
            (504, "text/html", PAGE, {}),
        ],
    )
    def test_what_a_proxy_says_is_no_refusal_of_slacks(self, status, kind, body, headers):
        async def page(_request: Request) -> Response:
            return Response(body, status, headers={"Content-Type": kind, **headers})

        port = free_port()
        proxy = Thread(Starlette(routes=[Route("/{any:path}", page, methods=["POST"])]), port)
        chat = SlackChat(token=BOT, api_url=f"http://127.0.0.1:{port}/api/", timeout=2)
        try:
            told = refused(chat)
        finally:
            proxy.close()
        assert "guest network" not in str(told)

    def test_nobody_there_is_a_reason_to_wait(self):
        assert refused(SlackChat(token=BOT, api_url="http://127.0.0.1:9/api/", timeout=1))


def refused(chat: SlackChat) -> Transient:
    with pytest.raises(Transient) as told:
        chat.post(HERE, NOTE, key="note-1")
    return told.value


def replies(running: Running, card: Posted, many: int) -> None:
    said: dict[str, Any] = {"channel": HERE, "thread_ts": card.ts, "text": "talk"}
    for _ in range(many):
        running.sandbox.workspace.post(said)
