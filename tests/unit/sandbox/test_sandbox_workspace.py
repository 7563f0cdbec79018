"""The workspace's memory: what it refuses, and what it has after a kill."""

from pathlib import Path
from typing import Any

import pytest

from bot.sandbox import workspace as module
from bot.sandbox.config import SandboxConfig
from bot.sandbox.mailbox import Mailbox
from bot.sandbox.workspace import SlackError, Workspace
from storage.columns import now
from storage.spool import Envelope

VIEW = {"type": "modal", "blocks": [{"type": "divider"}]}


@pytest.fixture
def config(tmp_path: Path) -> SandboxConfig:
    return SandboxConfig(
        host="127.0.0.1",
        port=1,
        state_dir=tmp_path,
        bot_token="xoxb-t",
        app_token="xapp-t",
        signing_secret="s",
        events_url="http://127.0.0.1:1/slack/events",
        intake_host="127.0.0.1",
        intake_port=1,
        sink_host="127.0.0.1",
        sink_port=1,
    )


@pytest.fixture
def workspace(config: SandboxConfig) -> Workspace:
    return Workspace(config)


def said(error: str, act: Any, *args: Any, **more: Any) -> bool:
    with pytest.raises(SlackError) as told:
        act(*args, **more)
    return told.value.error == error


def test_what_was_posted_is_there_after_a_kill(config, workspace) -> None:
    posted = workspace.post({"channel": "C01REVIEW", "text": "one"})
    workspace.post({"channel": "C01REVIEW", "text": "two", "thread_ts": posted["ts"]})
    again = Workspace(config)
    assert [one["text"] for one in again.thread("C01REVIEW", posted["ts"])] == ["one", "two"]


def test_times_go_on_after_a_restart_though_the_clock_went_back(
    config, workspace, monkeypatch
) -> None:
    before = workspace.post({"channel": "C01REVIEW", "text": "one"})
    monkeypatch.setattr(module.time, "time", lambda: 1.0)
    after = Workspace(config).post({"channel": "C01REVIEW", "text": "two"})
    assert float(after["ts"]) > float(before["ts"])


@pytest.mark.parametrize(
    "kept", ["", "{", "[]", "7", '{"messages": 7}', '{"messages": [7]}', "\udcff"]
)
def test_a_damaged_file_is_an_empty_workspace(config, kept: str) -> None:
    (config.state_dir / "workspace.json").write_bytes(kept.encode("utf-8", "surrogateescape"))
    assert Workspace(config).post({"channel": "C01REVIEW", "text": "x"})["text"] == "x"


def test_a_trigger_opens_one_window(workspace) -> None:
    trigger = workspace.trigger("U01DANA")
    assert workspace.open_view(trigger, VIEW)["user"] == "U01DANA"
    assert said("exchanged_trigger_id", workspace.open_view, trigger, VIEW)


def test_a_trigger_lasts_three_seconds(workspace, monkeypatch) -> None:
    trigger = workspace.trigger("U01DANA")
    later = module.time.monotonic() + 3.1
    monkeypatch.setattr(module.time, "monotonic", lambda: later)
    assert said("expired_trigger_id", workspace.open_view, trigger, VIEW)


def test_an_unknown_trigger_is_refused(workspace) -> None:
    assert said("invalid_trigger_id", workspace.open_view, "1.2", VIEW)


def test_a_view_changed_meanwhile_is_a_conflict(workspace) -> None:
    opened = workspace.open_view(workspace.trigger("U01DANA"), VIEW)
    workspace.update_view(VIEW, view_id=opened["id"], expected=opened["hash"])
    assert said(
        "hash_conflict", workspace.update_view, VIEW, view_id=opened["id"], expected=opened["hash"]
    )


def test_only_the_bots_own_messages_are_changed(workspace) -> None:
    theirs = workspace.post({"channel": "C01REVIEW", "text": "hello"}, user="U01DANA")
    facts = {"channel": "C01REVIEW", "ts": theirs["ts"], "text": "x"}
    assert said("cant_update_message", workspace.update, facts)


def test_a_window_of_which_slack_names_the_blocks_leaves_the_apps_view_alone(workspace) -> None:
    view = {"type": "modal", "blocks": [{"type": "divider"}]}
    workspace.open_view(workspace.trigger("U01DANA"), view)
    assert view == {"type": "modal", "blocks": [{"type": "divider"}]}


HOSTILE = [
    b"",
    b"\x00\xff\xfe",
    b"Subject: =?x-unknown?B?AAAA?=\n\nx",
    b"Content-Type: text/plain; charset=x-none\n\n\xff\xfe",
    b'Content-Type: text/plain; charset="utf-8\nContent-Transfer-Encoding: base64\n\n!!!',
    b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n--b",
    b"Content-Type: multipart/alternative\n\nno boundary",
    b"Content-Type: message/rfc822\n\nFrom: x",
    b'From: "<@[:;,\nTo: undisclosed-recipients:;\nMessage-ID: <\nDate: no\n\nx',
    (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\n"
        b"Content-Disposition: attachment; filename*=utf-9''%ff%00\n\nx\n--b--"
    ),
]


@pytest.mark.parametrize("raw", HOSTILE)
def test_no_mail_can_break_the_mailbox(config, workspace, raw: bytes) -> None:
    mailbox = Mailbox(config, workspace)
    letter = Envelope(
        peer="p", helo="h", mail_from="a@b.test", rcpt_to=("c@d.test",), received_at=now()
    )
    name = mailbox.take(letter, raw)
    assert [one["id"] for one in mailbox.mails] == [name]
    assert Mailbox(config, workspace).mails == mailbox.mails
