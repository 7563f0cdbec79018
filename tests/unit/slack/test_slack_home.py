"""The Home: within Slack's limits for any content, and the urgent first."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.sandbox import limits
from bot.slack import commands, home
from storage.people import Wishes
from workflows.views import Counts, HomeView, QueueRow

NOON = datetime(2026, 11, 21, 17, tzinfo=UTC)  # noon in New York
WORDS = st.text(min_size=1, max_size=400) | st.sampled_from(["<&>" * 900, "🚢" * 300, "*b* _i_ `c`", "x" * 3000])


def row(number: int, *, words: str = "Northgate", urgency: str = "rest", **more: object) -> QueueRow:
    facts: dict[str, object] = {
        "shipment_id": number, "ref": f"SHP-2026-{number:06}", "importer": words, "urgency": urgency, "said": words,
        "due": date(2026, 12, 1), "late": False, "assignee": None, "channel": "C1", "ts": "1795225000.000100",
    }  # fmt: skip
    return QueueRow(**(facts | more))


def shown(rows: tuple[QueueRow, ...], **more: object) -> HomeView:
    facts: dict[str, object] = {
        "name": "Dana", "role": "licensed_broker", "shows": "mine", "rows": rows, "page": 0, "pages": 1,
        "counts": Counts(open=len(rows), holds=1, due=1, filed=2, released=3, mails=4), "total": len(rows),
        "away_until": None, "wishes": Wishes(), "made_at": NOON,
    }  # fmt: skip
    return HomeView(**(facts | more))


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(WORDS, st.integers(0, 20), st.integers(0, 2), st.sampled_from([None, "http://x/" + "y" * 90]))
def test_a_home_of_any_content_is_taken_by_slack(words: str, count: int, page: int, url: str | None) -> None:
    kinds = ("hold", "due", "rest")
    rows = tuple(row(n, words=words, urgency=kinds[min(n // 7, 2)]) for n in range(count))
    view = home.view(shown(rows, name=words, page=page, pages=3, total=60), lambda _: url)
    assert limits.view_problems(view) == []
    assert not limits.too_long(view["blocks"])


def test_what_is_on_hold_stands_under_its_head_before_the_rest() -> None:
    view = home.view(shown((row(1, urgency="hold"), row(2, urgency="rest"))), lambda _: "http://x/1")
    texts = [one["text"]["text"] for one in view["blocks"] if one["type"] == "section" and "text" in one]
    assert [one.split("*")[1] for one in texts] == [
        ":rotating_light: On hold", "<http://x/1|SHP-2026-000001>", "The rest", "<http://x/1|SHP-2026-000002>",
    ]  # fmt: skip


def test_what_has_somebody_cannot_be_taken_by_accident() -> None:
    view = home.view(shown((row(1, assignee="U1"),)), lambda _: None)
    assert "shipment_take" not in str(view)


def test_a_strangers_home_says_what_to_do_and_speaks_no_mention() -> None:
    view = home.stranger("Ask <!channel> to run 'tidewaiter people add'")
    assert "&lt;!channel&gt;" in str(view)
    assert limits.view_problems(view) == []


@pytest.mark.parametrize(
    ("start", "end", "quiet"),
    [(time(11), time(13), True), (time(13), time(18), False), (time(22), time(7), False), (time(9), time(8), True)],
)
def test_quiet_hours_are_those_of_the_persons_clock(start: time, end: time, quiet: bool) -> None:
    assert Wishes(quiet_from=start, quiet_until=end).quiet(NOON) is quiet


@pytest.mark.parametrize("wrong", [{"zone": "Mars/Base"}, {"zone": "../etc"}, {"quiet_from": time(9)}])
def test_wishes_that_make_no_sense_are_refused(wrong: dict) -> None:
    with pytest.raises(ValidationError):
        Wishes(**wrong)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("assign 7 <@U01DANA|dana>", "assign 7 <@U01DANA>"),
        ("search A &amp; B &lt;b&gt;", "search A & B <b>"),
        ("  mine ", "mine"),
    ],
)
def test_what_was_typed_is_read_without_slacks_escapes(typed: str, read: str) -> None:
    assert commands.plain(typed) == read
