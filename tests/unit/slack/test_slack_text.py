"""Text for Slack: what comes from outside stays text, and nothing is cut through a mark."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox import limits
from bot.slack import cards
from bot.slack.mrkdwn import cut, esc_keep_mentions
from prompts import slack_escape
from tests.unit.slack.test_slack_cards import view
from workflows.views import DocumentView, NoteView

MARKS = (
    "<https://desk.example/documents/abc|Commercial invoice · invoice.pdf>",
    "<@U01DANA>",
    "<!date^1795225000^{date_short_pretty} {time}|2026-11-21 07:00 UTC>",
    "&amp;",
    "&lt;",
    "&gt;",
)
PIECES = st.sampled_from(MARKS) | st.text(max_size=12).map(slack_escape)


def broken(text: str) -> list[str]:
    """What is left of a mark once every whole one is taken away."""
    return re.findall(r"[<>&]", re.sub(r"<[^<>]*>|&(amp|lt|gt);", "", text))


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=12), st.integers(1, 200))
def test_a_text_cut_anywhere_has_only_whole_links_and_whole_signs(
    pieces: list[str], most: int
) -> None:
    text = "".join(pieces)
    kept = cut(text, most)
    assert len(kept) <= most
    assert broken(kept) == []
    assert text.startswith(kept.removesuffix("…"))


@pytest.mark.parametrize("before", [2831, 2832, 2850, 2880, 2898, 2899])
def test_a_long_note_never_ends_in_half_a_link(before: int) -> None:
    text = cards.note(NoteView(text="x" * before + MARKS[0])).text
    assert broken(text) == []


@pytest.mark.parametrize("size", [200, 300, 330, 400, 700])
def test_a_card_with_long_links_shows_whole_links_only(size: int) -> None:
    documents = tuple(
        DocumentView(
            document_id=n,
            label="Invoice & <packing list>" * 3,
            url="https://desk.example/" + "t" * size,
            problem="could not be read",
        )
        for n in range(10)
    )
    made = cards.card(view(documents=documents, unread=documents[:2]))
    texts = [
        one["text"] for block in made.blocks for one in block.get("elements", []) if "text" in one
    ]
    assert broken("".join(str(one) for one in texts if isinstance(one, str))) == []
    assert limits.problems(made.blocks, surface="message") == []


@pytest.mark.parametrize(
    "outside",
    ["<!channel> A & B", "Hold <@U02LUIS> responsible", "<https://evil.example|click>", "<@U1>"],
)
def test_a_reason_from_outside_cannot_call_anybody(outside: str) -> None:
    shown = esc_keep_mentions(f"ON HOLD (1A): {outside}. <@U01DANA> has it.", 600)
    assert shown == f"ON HOLD (1A): {slack_escape(outside)}. <@U01DANA> has it."
    assert "<" not in esc_keep_mentions(outside, 600)


def test_a_long_reason_leaves_room_for_who_has_it() -> None:
    shown = esc_keep_mentions("&" * 900 + " <@U01DANA> has it.", 600)
    assert shown.endswith("…<@U01DANA> has it.")
    assert len(shown) <= 600
