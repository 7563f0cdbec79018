"""Cards and notes: within Slack's limits for any content, and saying what they must."""

import json
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.sandbox import limits
from bot.slack import cards, modals
from bot.slack.payloads import OldCard, Payload
from storage.values import Candidate
from workflows.review import EditableField
from workflows.views import (
    Bulk,
    CardView,
    DocumentView,
    LineView,
    NoteButton,
    NoteView,
)

WORDS = st.text(min_size=1, max_size=400) | st.sampled_from(
    ["<&>" * 900, "🚢" * 300, "*bold* _it_ `c`", "x" * 3000]
)


def candidate(code: str = "6109.10.00.12", sure: float = 0.9) -> Candidate:
    return Candidate(
        code=code,
        digits=10,
        description="T-shirts",
        confidence=sure,
        because="shares words",
        edition="test",
    )


def line(
    number: int = 1,
    *,
    sure: float = 0.9,
    flags: tuple[str, ...] = (),
    words: str = "T-shirts",
    conflict: bool = False,
) -> LineView:
    return LineView(
        line_id=number,
        rev=1,
        number=number,
        description=words,
        quantity="10 PCS",
        value="USD 25.00",
        origin="VN",
        hint=None,
        candidates=(candidate(sure=sure),),
        source="suggested",
        note=None,
        note_is_conflict=conflict,
        missing=(),
        flags=flags,
    )


def view(**more: object) -> CardView:
    facts: dict[str, object] = {
        "shipment_id": 7,
        "ref": "SHP-2026-000007",
        "title": "Northgate",
        "state": "in_review",
        "rev": 3,
        "headline": None,
        "facts": (("Invoice", "T-1"),),
        "total_lines": 1,
        "confirmed_lines": 0,
        "flags": (),
        "blockers": (),
        "lines": (line(),),
        "open_lines": 1,
        "bulk": None,
        "documents": (),
        "can_confirm": False,
        "can_reject": True,
        "can_reopen": False,
        "can_edit": True,
        "unread": (),
        "assignee": "U1",
        "decided_by": None,
        "updated_at": datetime(2026, 11, 21, tzinfo=UTC),
        "fallback": "A card.",
    }
    return CardView(**(facts | more))


def buttons(made: cards.Message) -> list[dict]:
    return [
        one
        for block in made.blocks
        for one in block.get("elements", [])
        if one.get("type") == "button"
    ]


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(WORDS, st.integers(0, 12), st.integers(0, 40), st.integers(0, 15))
def test_a_card_of_any_content_is_taken_by_slack(
    words: str, lines: int, documents: int, told: int
) -> None:
    made = cards.card(
        view(
            title=words,
            headline=words,
            fallback=words,
            facts=tuple((words[:50], words) for _ in range(10)),
            flags=(words,) * told,
            blockers=(words,) * told,
            lines=tuple(line(n, words=words) for n in range(lines)),
            open_lines=lines,
            bulk=Bulk(count=3, fingerprint="f" * 16),
            can_confirm=True,
            documents=tuple(
                DocumentView(document_id=n, label=words, url="http://x/" + "t" * 90, problem=words)
                for n in range(documents)
            ),
            unread=tuple(
                DocumentView(document_id=n, label=words, url="http://x/t", problem=words)
                for n in range(min(documents, 5))
            ),
        )
    )
    assert limits.problems(made.blocks, surface="message") == []
    assert not limits.too_long(made.blocks)
    assert made.text


@settings(max_examples=40)
@given(WORDS)
def test_a_note_of_any_content_is_taken_by_slack(words: str) -> None:
    made = cards.note(
        NoteView(
            text=words,
            mention="U1",
            buttons=(NoteButton(action="hold_ack", label="I have it", target=3),),
        )
    )
    assert limits.problems(made.blocks, surface="message") == []


@settings(max_examples=40)
@given(WORDS)
def test_a_modal_of_any_content_is_taken_by_slack(words: str) -> None:
    fields = [
        EditableField(
            path="header.invoiceNumber", label="Invoice number", value=words, confidence=0.5
        )
    ]
    for made in (
        modals.other_code(Payload(s=1, l=2, r=3), number=1, description=cards.cut(words, 300)),
        modals.correct(Payload(s=1), fields),
        modals.message("Not saved", words),
        modals.loading("Other code"),
    ):
        assert limits.view_problems(made) == []


def test_a_value_of_a_button_carries_ids_only_and_is_small() -> None:
    values = [one["value"] for one in buttons(cards.card(view()))]
    assert all(len(one) <= 150 for one in values)
    assert json.loads(values[0]) == {"v": 1, "s": 7, "l": 1, "r": 1, "c": "6109100012"}


def test_green_is_only_for_what_is_sure_and_without_a_flag() -> None:
    sure = buttons(cards.card(view(lines=(line(sure=0.97),))))[0]
    unsure = buttons(cards.card(view(lines=(line(sure=0.61),))))[0]
    flagged = buttons(cards.card(view(lines=(line(sure=0.97, flags=("odd",)),))))[0]
    conflict = buttons(cards.card(view(lines=(line(sure=0.97, conflict=True),))))[0]
    assert [one.get("style") for one in (sure, unsure, flagged, conflict)] == [
        "primary",
        None,
        None,
        None,
    ]


def test_what_comes_from_outside_cannot_mention_or_link() -> None:
    made = cards.card(view(title="x", lines=(line(words="<!channel> <http://evil|click> <@U9>"),)))
    text = json.dumps(made.blocks)
    assert "<!channel>" not in text
    assert "<http://evil" not in text
    assert "<@U9>" not in text


def test_the_bulk_button_asks_and_names_the_number() -> None:
    made = cards.card(view(bulk=Bulk(count=176, fingerprint="abc")))
    bulk = next(one for one in buttons(made) if one["action_id"] == "bulk_confirm")
    assert "176" in bulk["text"]["text"]
    assert "Lines with flags are not included" in bulk["confirm"]["text"]["text"]


def test_the_card_says_what_stands_before_filing() -> None:
    made = cards.card(view(blockers=("The packing list is missing.",)))
    assert "The packing list is missing." in json.dumps(made.blocks)
    assert "shipment_confirm" not in {one["action_id"] for one in buttons(made)}


def test_a_payload_of_another_version_is_known_as_old() -> None:
    for text in ('{"v":2,"s":1}', '{"shipment":"7"}', "", "null", "x" * 50):
        try:
            Payload.read(text)
        except OldCard:
            continue
        raise AssertionError(text)
