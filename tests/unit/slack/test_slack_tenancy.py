"""Ids of a further workspace: put before on the way in, taken off on the way out, never mixed."""

from bot.slack.tenancy import ELSEWHERE, addressed, office_in, qualify, who
from workflows import offices


def test_ids_carry_their_workspace_inside_and_never_outside() -> None:
    body = {
        "type": "block_actions", "user": {"id": "U1"}, "channel": {"id": "C1"},
        "container": {"channel_id": "C1"}, "message": {"files": [{"id": "F1"}]},
        "event": {"user": "U1", "channel": "C1", "text": "ask <@U2|luis> and <@W3>", "files": [{"id": "F2"}]},
        "view": {"private_metadata": "{}"},
    }  # fmt: skip
    qualify(body, "T2", person="T2")
    again = dict(body)
    qualify(again, "T2", person="T2")  # twice is once
    assert (body["user"], body["channel"], body["container"]) == ({"id": "T2:U1"}, {"id": "T2:C1"}, {"channel_id": "T2:C1"})
    assert body["message"] == {"files": [{"id": "T2:F1"}]}
    assert body["event"] == {"user": "T2:U1", "channel": "T2:C1", "text": "ask <@T2:U2> and <@T2:W3>", "files": [{"id": "T2:F2"}]}
    assert who({"event": body["event"]}) == who(body) == "T2:U1"

    sent = addressed({"channel": "T2:C1", "user": "T2:U1", "text": "by <@T2:U1>", "blocks": [{"text": {"text": "<@T2:U1> <@U1> <@T3:U1>"}}]}, "T2")
    assert sent == {"channel": "C1", "user": "U1", "text": "by <@U1>", "blocks": [{"text": {"text": f"<@U1> {ELSEWHERE} {ELSEWHERE}"}}]}
    assert addressed({"channel": "C1", "text": "<@U1> <@T2:U1>"}, "") == {"channel": "C1", "text": f"<@U1> {ELSEWHERE}"}
    assert (office_in({"channel": "C1"}), office_in({"file": "T2:F1"}), office_in({"user_id": "T3:U1"})) == ("", "T2", "T3")


def test_the_houses_own_ids_stand_as_they_are() -> None:
    body = {"user_id": "U1", "channel_id": "C1", "text": "assign 1 <@U2|luis>"}
    qualify(body, "", person="")
    assert body == {"user_id": "U1", "channel_id": "C1", "text": "assign 1 <@U2>"}
    assert (offices.office_of("U1"), offices.office_of(None), offices.bare("T2:U1"), offices.qualified("T2", "")) == ("", "", "U1", "")
    assert offices.office_of("mail:a@b.example") == ""
