"""The sandbox refuses what Slack refuses, and no shape of blocks can break it."""

from typing import Any

import pytest

from bot.sandbox import limits


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def words(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": words(text), **more}


def button(text: str = "Go", **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": "go", "text": plain(text), **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def option(at: int = 0, text: str = "One", value: str | None = None) -> dict[str, Any]:
    return {"text": plain(text), "value": str(at) if value is None else value}


def choice(kind: str, count: int) -> dict[str, Any]:
    return actions(
        {"type": kind, "action_id": "pick", "options": [option(at) for at in range(count)]}
    )


def asked(**element: Any) -> dict[str, Any]:
    return {"type": "input", "label": plain("Reason"), "element": element}


def table(rows: int, columns: int) -> dict[str, Any]:
    row = [{"type": "raw_text", "text": "x"}] * columns
    return {"type": "table", "rows": [row] * rows}


CONFIRM = {
    "title": plain("t" * 100),
    "text": words("t" * 300),
    "confirm": plain("c" * 30),
    "deny": plain("d" * 30),
}

JUST_ALLOWED = [
    [section("x" * 3000)],
    [section("x")] * 50,
    [{"type": "section", "fields": [words("x" * 900)] * 10}],
    [{"type": "header", "text": plain("x" * 150)}],
    [{"type": "context", "elements": [words("x")] * 10}],
    [actions(*[{**button(), "action_id": f"a{at}"} for at in range(25)])],
    [actions(button(), button(action_id="other")), actions(button())],
    [actions({**button(), "action_id": None}, {"type": "button", "text": plain("x")})],
    [actions(button("x" * 75, value="v" * 2000, url="u" * 3000, confirm=CONFIRM))],
    [choice("overflow", 5)],
    [choice("static_select", 100)],
    [choice("radio_buttons", 10)],
    [section("x", accessory=button())],
    [{"type": "markdown", "text": "x" * 12_000}],
    [table(100, 20)],
    [{"type": "divider"}],
]

REFUSED = [
    ([section("x" * 3001)], "less than 3001"),
    ([section("x")] * 51, "more than 50"),
    ([section("")], "more than 0"),
    ([{"type": "section"}], "text or fields"),
    ([{"type": "section", "fields": [words("x")] * 11}], "10 fields"),
    ([{"type": "section", "fields": [words("x" * 2001)]}], "less than 2001"),
    ([{"type": "header", "text": plain("x" * 151)}], "less than 151"),
    ([{"type": "header", "text": words("x")}], "plain_text"),
    ([{"type": "context", "elements": []}], "1 to 10"),
    ([{"type": "context", "elements": [words("x")] * 11}], "1 to 10"),
    ([actions()], "1 to 25"),
    ([actions(*[{**button(), "action_id": f"a{at}"} for at in range(26)])], "1 to 25"),
    ([actions(button(), button())], "unique within a block"),
    ([actions(button("x" * 76))], "less than 76"),
    ([actions(button(value="v" * 2001))], "less than 2001"),
    ([actions(button(url="u" * 3001))], "less than 3001"),
    ([actions(button(style="green"))], "style"),
    ([actions(button(action_id="a" * 256))], "action_id"),
    ([actions(button(confirm={**CONFIRM, "title": plain("t" * 101)}))], "less than 101"),
    ([actions(button(confirm={**CONFIRM, "text": words("t" * 301)}))], "less than 301"),
    ([actions(button(confirm={**CONFIRM, "deny": plain("t" * 31)}))], "less than 31"),
    ([actions({"type": "lever", "action_id": "a"})], "unsupported"),
    ([choice("overflow", 6)], "5 options"),
    ([choice("static_select", 101)], "100 options"),
    ([choice("static_select", 0)], "options"),
    ([choice("radio_buttons", 11)], "10 options"),
    ([choice("checkboxes", 11)], "10 options"),
    (
        [actions({"type": "overflow", "options": [option(text="x" * 76)]})],
        "less than 76",
    ),
    (
        [actions({"type": "overflow", "options": [option(value="x" * 151)]})],
        "less than 151",
    ),
    (
        [
            actions(
                {
                    "type": "static_select",
                    "options": [option()],
                    "placeholder": plain("x" * 151),
                }
            )
        ],
        "less than 151",
    ),
    ([section("x", block_id="b" * 256)], "block_id"),
    ([section("x", block_id="b"), section("y", block_id="b")], "already exists"),
    ([asked(type="plain_text_input")], "not for messages"),
    ([{"type": "alert", "text": words("x")}], "unsupported"),
    ([{"type": "markdown", "text": "x" * 12_001}], "less than 12001"),
    ([{"type": "image", "image_url": "https://x.example/i.png"}], "alt_text"),
    ([table(101, 1)], "100 rows"),
    ([table(1, 21)], "20 columns"),
    ([{"type": "blink"}], "unsupported"),
    ({}, "must be a list"),
    ("[]", "must be a list"),
]

MISSHAPEN = [
    [None],
    ["section"],
    [{"type": ["section"]}],
    [{"type": "context", "elements": ["x"]}],
    [{"type": "context", "elements": "x"}],
    [{"type": "context", "elements": 7}],
    [{"type": "section", "fields": 7}],
    [{"type": "section", "fields": "abc"}],
    [{"type": "section", "text": "abc"}],
    [section("x", accessory="abc")],
    [section("x", block_id={})],
    [{"type": "actions", "elements": 7}],
    [{"type": "actions", "elements": ["x"]}],
    [actions(button(action_id=["x"]))],
    [actions(button(confirm="yes"))],
    [actions(button(style=["primary"]))],
    [actions({"type": ["button"]})],
    [actions({"type": "overflow", "options": 7})],
    [actions({"type": "overflow", "options": ["x"]})],
    [{"type": "table", "rows": 7}],
    [{"type": "table", "rows": [7]}],
    [{"type": "markdown", "text": {}}],
    [asked(type="plain_text_input", max_length="many")],
    [asked(type="plain_text_input", max_length=None, initial_value=7)],
]


@pytest.mark.parametrize("blocks", JUST_ALLOWED)
def test_what_slack_just_allows_passes(blocks: list[Any]) -> None:
    assert limits.problems(blocks, surface="message") == []


@pytest.mark.parametrize(("blocks", "reason"), REFUSED)
def test_what_slack_refuses_is_refused_with_the_reason(blocks: Any, reason: str) -> None:
    assert reason in " ".join(limits.problems(blocks, surface="message"))


@pytest.mark.parametrize("blocks", MISSHAPEN)
@pytest.mark.parametrize("surface", ["message", "view"])
def test_misshapen_blocks_are_refused_and_never_a_crash(blocks: list[Any], surface: str) -> None:
    assert limits.problems(blocks, surface=surface)


def test_all_the_text_of_a_message_together_has_a_limit() -> None:
    assert not limits.too_long([section("x" * 2640)] * 5)
    assert limits.too_long([*[section("x" * 2640)] * 5, section("y")])


def modal(**more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain("Other code"), "blocks": [section("x")], **more}


VIEWS_ALLOWED = [
    modal(title=plain("x" * 24), submit=plain("x" * 24), close=plain("x" * 24)),
    modal(blocks=[section("x")] * 100),
    modal(private_metadata="x" * 3000, callback_id="x" * 255),
    modal(blocks=[{"type": "alert", "text": words("Changed meanwhile")}]),
    modal(blocks=[asked(type="plain_text_input", max_length=3000)], submit=plain("Save")),
    {"type": "home", "blocks": []},
]
VIEWS_REFUSED = [
    (modal(title=plain("x" * 25)), "title"),
    (modal(title=None), "title"),
    (modal(title="Other code"), "title"),
    (modal(submit="Save"), "submit"),
    (modal(submit=plain("x" * 25)), "submit"),
    (modal(close=plain("x" * 25)), "close"),
    (modal(blocks=[section("x")] * 101), "more than 100"),
    (modal(blocks=None), "must be a list"),
    (modal(blocks="x"), "must be a list"),
    (modal(blocks=[asked(type="plain_text_input")]), "needs submit"),
    (modal(blocks=[asked(type="plain_text_input", max_length=3001)], submit=plain("S")), "bounds"),
    (modal(private_metadata="x" * 3001), "private_metadata"),
    (modal(callback_id="x" * 256), "callback_id"),
    ({"type": "window", "blocks": []}, "modal or a home"),
    ([], "modal or a home"),
    (None, "modal or a home"),
]


@pytest.mark.parametrize("view", VIEWS_ALLOWED)
def test_a_view_that_slack_allows_passes(view: dict[str, Any]) -> None:
    assert limits.view_problems(view) == []


@pytest.mark.parametrize(("view", "reason"), VIEWS_REFUSED)
def test_a_view_that_slack_refuses_is_refused(view: Any, reason: str) -> None:
    assert reason in " ".join(limits.view_problems(view))
