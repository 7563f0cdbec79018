from __future__ import annotations

import numpy as np
import pytest

from knowledge.tariff import measures, rank
from knowledge.tariff.lexical import LexicalIndex
from knowledge.tariff.texts import tokens

LEAVES = ["6109100012", "6109100014", "6110200020", "8504409510"]


def scores(*values: float) -> rank.Scores:
    return np.array(values, dtype=np.float32)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Men's T-shirts, of cotton", ("men", "t", "shirt", "cotton")),
        ("girls\u2019 dresses", ("girl", "dress")),
        ("Batteries & boxes", ("battery", "box")),
        ("Crème brûlée", ("creme", "brulee")),
        ("", ()),
    ],
)
def test_tokens_are_plain_singular_words(text: str, words: tuple[str, ...]) -> None:
    assert tokens(text) == words


def test_each_six_digit_group_is_shown_once() -> None:
    places = rank.best_of_groups(scores(0.9, 0.8, 0.7, 0.1), LEAVES, top=3)
    assert [LEAVES[place] for place in places] == ["6109100012", "6110200020", "8504409510"]


def test_the_shippers_group_is_shown_even_when_it_fits_badly() -> None:
    places = rank.best_of_groups(scores(0.9, 0.8, 0.7, 0.1), LEAVES, top=2, always="850440")
    assert [LEAVES[place] for place in places] == ["6109100012", "8504409510"]


def test_a_hint_for_an_unknown_group_shows_nothing_more() -> None:
    assert rank.best_of_groups(scores(0.9, 0.8, 0.7, 0.1), LEAVES, top=2, always="999999") == [0, 2]


def test_a_hint_lifts_its_group_and_less_its_heading() -> None:
    lifted = rank.with_hint(scores(0, 0, 0, 0), LEAVES, "6109.10.9999")
    assert lifted[0] == lifted[1] > lifted[2] == lifted[3] == 0


def test_a_hint_cannot_turn_round_a_clear_description() -> None:
    lifted = rank.with_hint(scores(1.0, 0.9, 0.2, 0.1), LEAVES, "8504.40.9510")
    assert int(lifted.argmax()) == 0


@pytest.mark.parametrize("hint", [None, "", "n/a", "12", "gibberish 6109"])
def test_a_hint_that_is_no_code_changes_nothing(hint: str | None) -> None:
    assert rank.with_hint(scores(1, 2, 3, 4), LEAVES, hint).tolist() == [1, 2, 3, 4]


def test_a_cold_suggestion_is_never_as_sure_as_history() -> None:
    assert max(rank.confidences([9.0, 0.1, 0.1], [1, 1, 1])) <= 0.84


def test_confidence_falls_with_the_number_of_lines_that_could_be_meant() -> None:
    one, many = rank.confidences([1.5, 1.0], [1, 1]), rank.confidences([1.5, 1.0], [14, 1])
    assert one[0] > 3 * many[0]


def test_no_candidate_is_surer_than_the_one_above_it() -> None:
    sure = rank.confidences([1.2, 1.19, 1.18], [20, 1, 1])
    assert sure == sorted(sure, reverse=True)


def test_without_candidates_there_is_no_confidence() -> None:
    assert rank.confidences([], []) == []


@pytest.mark.parametrize(
    ("words", "goods", "kept"),
    [
        ("With an output not exceeding 50 W", "adapter 45 W", True),
        ("With an output not exceeding 50 W", "adapter 60W", False),
        ("exceeding 50 W but not exceeding 150 W", "adapter 60 W", True),
        ("exceeding 50 W but not exceeding 150 W", "adapter 0.2 kW", False),
        ("Having a capacity not exceeding 1 liter", "bottle 750 ml", True),
        ("For a voltage not exceeding 1,000 V", "plug 250 V", True),
        ("Weighing not more than 150 g/m2", "fabric 200 g", None),
        ("With an output not exceeding 50 W", "adapter 12 V", None),
        ("Backpacks", "backpack 22 liters", None),
    ],
)
def test_stated_limits_are_compared_where_both_sides_speak(
    *, words: str, goods: str, kept: bool | None
) -> None:
    assert measures.agree(measures.amounts(goods), measures.limits(words)) is kept


def test_words_are_scored_by_how_many_rare_ones_a_text_has() -> None:
    index = LexicalIndex(["coaxial connectors", "optical connectors", "roses"])
    question = tokens("coaxial connector")
    assert index.coverage(question)[0] == pytest.approx(1.0)
    assert index.coverage(question)[0] > index.coverage(question)[1] > 0
    assert index.coverage(question)[2] == 0
    assert int(index.scores(question).argmax()) == 0


def test_unknown_words_find_nothing() -> None:
    index = LexicalIndex(["roses"])
    assert not index.scores(("zzz",)).any()
    assert not index.coverage(("zzz",)).any()


def test_an_empty_index_answers_with_nothing() -> None:
    assert LexicalIndex([]).scores(("rose",)).shape == (0,)
