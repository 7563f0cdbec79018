"""All lines as one table within Slack's numbers, else as a file."""

import csv
import io
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.sandbox import limits
from bot.slack import cards, lines_table
from bot.slack.payloads import Payload
from tests.unit.slack.test_slack_cards import line, view
from workflows import all_lines
from workflows.views import Bulk, LinesView

HEAD = ("Line", "Description", "Qty", "Value", "Origin", "Code", "How sure", "State", "Flags")
WORDS = st.text(max_size=300) | st.sampled_from(["<&>" * 900, "🚢" * 300, "\n\n", "x" * 3000])


def shown(count: int, words: str = "Lamp, LED") -> LinesView:
    rows = tuple((str(n), words, "10 PCS", "USD 25.00", "VN", "9405.21.60.10", "61%", "open", words) for n in range(count))
    return LinesView(ref="SHP-1", title=f"All {count} lines", head=HEAD, rows=rows)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.sampled_from([1, 5, 99, 100, 200]), WORDS)
def test_up_to_two_hundred_lines_of_any_words_are_one_table(count: int, words: str) -> None:
    made = dict(lines_table.forms(shown(count, words)))
    assert made[0][1]["type"] == "data_table"
    assert len(made[0][1]["rows"]) == count + 1
    for form, blocks in made.items():
        table = blocks[1]
        signs = sum(len(cell["text"]) for row in table["rows"] for cell in row)
        assert limits.problems(blocks, surface="message") == []
        assert signs <= lines_table.FORMS[form].chars
        assert all(cell["text"] for row in table["rows"] for cell in row)


@pytest.mark.parametrize("count", [200, 201, 250, 1000])
@pytest.mark.parametrize("form", [0, 1, 2])
def test_turning_the_pages_shows_each_line_once_in_either_direction(count: int, form: int) -> None:
    seen, back, first = [], [], 0
    while True:
        number, blocks = next(lines_table.forms(shown(count).model_copy(update={"form": form, "first": first})))
        assert number == form
        assert limits.problems(blocks, surface="message") == []
        seen += [row[0]["text"] for row in blocks[1]["rows"][1:]]
        ways = {one["action_id"]: Payload.read(one["value"]).i for one in blocks[-1].get("elements", [])}
        assert (first > 0) == (lines_table.BACK in ways)
        if first:
            back.append(ways[lines_table.BACK])
        if lines_table.ON not in ways:
            break
        first = ways[lines_table.ON] or 0
    assert seen == [str(n) for n in range(count)]
    assert back == list(range(0, first, lines_table.FORMS[form].rows))


def test_a_page_that_is_no_longer_there_is_the_first_one() -> None:
    _, blocks = next(lines_table.forms(shown(250).model_copy(update={"first": 900})))
    assert "Lines 1 to 200 of 250" in blocks[0]["text"]["text"]


def test_in_the_file_a_formula_of_a_shipper_is_words() -> None:
    read = list(csv.reader(io.StringIO(all_lines.as_csv(shown(1, "=HYPERLINK(1)")).decode("utf-8-sig"))))
    assert read[0] == list(HEAD)
    assert read[1][1] == "'=HYPERLINK(1)"


def test_the_card_of_a_thousand_lines_is_drawn_in_less_than_fifty_milliseconds() -> None:
    many = view(
        total_lines=1000, open_lines=1000, confirmed_lines=0, bulk=Bulk(count=900, fingerprint="f" * 16),
        lines=tuple(line(n, words="Fastener assembly, zinc-plated steel") for n in range(5)),
    )  # fmt: skip
    cards.card(many)
    begun = time.perf_counter()
    for _ in range(5):
        cards.card(many)
    assert (time.perf_counter() - begun) / 5 < 0.05
