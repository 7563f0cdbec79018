"""What changed between two editions, and what stands in place of a dead code."""

from __future__ import annotations

import pytest

from knowledge.tariff import Schedule, export
from knowledge.tariff.diff import diff, successors, told
from tests import schedules


def made(rows: list[dict[str, object]], edition: str) -> Schedule:
    return export.parse(schedules.export(rows), name="few.json", edition=edition)


OLD = made(schedules.SHIRTS, "old")
NEW = made(schedules.SHIRTS_LATER, "new")


def test_an_edition_beside_itself_has_no_differences() -> None:
    assert diff(OLD, OLD).empty


def test_lines_that_came_and_went_are_told_with_their_words() -> None:
    found = diff(OLD, NEW)
    assert [one.code for one in found.removed] == ["6109.10.00.40"]
    assert [one.code for one in found.added] == ["6109.10.00.42", "6109.10.00.44"]
    assert "Women's, other" in found.added[1].description


def test_a_line_with_a_new_number_and_the_same_words_was_renumbered() -> None:
    (change,) = diff(OLD, NEW).of("renumbered")
    assert (change.code, change.new_code) == ("6109.10.00.12", "6109.10.00.15")


def test_a_number_that_means_something_else_now_was_redescribed() -> None:
    (change,) = diff(OLD, NEW).of("redescribed")
    assert (change.code, change.before, change.after) == (
        "6109.90.80.10",
        "Of wool, for men",
        "Of cashmere, for men",
    )


def test_a_new_rate_is_told_once_and_not_for_each_line_below() -> None:
    (change,) = diff(OLD, NEW).of("rerated")
    assert (change.code, change.before, change.after) == (
        "6109.10.00",
        "general 16.5%",
        "general 15%",
    )


def test_other_units_are_told() -> None:
    (change,) = diff(OLD, NEW).of("units")
    assert (change.code, change.before, change.after) == (
        "6109.10.00.14",
        "doz., kg",
        "No., kg",
    )


def test_words_above_without_a_number_are_told_once_for_all_lines_below() -> None:
    later = [
        row | {"description": "For gentlemen or boys:"}
        if row["description"] == "Men's or boys':"
        else row
        for row in schedules.SHIRTS
    ]
    found = diff(OLD, made(later, "later")).of("redescribed")
    assert [one.code for one in found] == ["6109.10.00.12"]
    assert "For gentlemen or boys" in found[0].after


def test_a_dead_code_is_followed_by_the_lines_that_divide_it_most_alike_first() -> None:
    found = successors("6109.10.00.40", NEW, old=OLD)
    assert {one.code for one in found[:2]} == {"6109.10.00.42", "6109.10.00.44"}
    assert all(one.because == "divides the same eight-digit line" for one in found)
    assert found[0].score >= found[1].score


def test_the_line_with_the_same_words_is_the_first_successor() -> None:
    first = successors("6109.10.00.12", NEW, old=OLD)[0]
    assert (first.code, first.because) == ("6109.10.00.15", "has the same words")


def test_without_the_older_edition_the_goods_own_words_are_compared() -> None:
    found = successors("6109.90.80.99", NEW, text="other garments of other textile materials")
    assert found[0].code == "6109.90.80.30"


def test_a_dead_code_that_nothing_resembles_is_to_be_classified_anew() -> None:
    assert successors("9999.99.99.99", NEW, text="boats") == []
    assert "classify it anew" in told([])


@pytest.mark.parametrize("code", ["", "abc", "61"])
def test_what_is_no_code_has_no_successor(code: str) -> None:
    assert successors(code, NEW) == []
