"""What is read from a description, and the small parts that the ranker is made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.tariff import export, facts, model, query, terms
from knowledge.tariff.training import data
from knowledge.tariff.trees import Trees

EXTRACT = Path(terms.OURS).parent / "demo_hts.json"


@pytest.mark.parametrize(
    ("said", "goods"),
    [
        ("The tariff classification of a garden gnome from China", "a garden gnome"),
        ("Affirmation of NY N999999; Tariff Classification of Rope Ladders", "Rope Ladders"),
        ("classification, country of origin, and marking of a tea set", "a tea set"),
        ("<b>Brass</b> hinges &amp; screws", "Brass hinges & screws"),
        ("steel bolts, classified by length", "steel bolts, classified by length"),
    ],
)
def test_formulas_and_tags_are_taken_off_the_goods(said: str, goods: str) -> None:
    assert query.read(said).goods == goods


def test_the_attributes_of_a_shop_title_are_named() -> None:
    asked = query.read("10pcs Garden Gnome Free Shipping. Material: Resin; Item Type: Statue")
    assert (asked.goods, asked.kind) == ("Garden Gnome", "Statue")
    assert asked.attribute("material") == "Resin"


@pytest.mark.parametrize("said", ["", "   ", "<p></p>"])
def test_nothing_said_stays_nothing(said: str) -> None:
    assert query.read(said).text == ""


def test_a_long_description_is_cut() -> None:
    assert len(query.read("word " * 5000).text) <= query.LONGEST


@pytest.mark.parametrize(
    ("goods", "line", "name", "agrees"),
    [
        ("ladies' dress", "Women's or girls' dresses", "gender", 1.0),
        ("men's trousers", "Women's or girls' trousers", "gender", -1.0),
        ("trousers", "Women's or girls' trousers", "gender", 0.0),
        ("knit shirt of cotton", "Of cotton", "material", 1.0),
        ("faux leather belt of PU", "Of leather", "material", -1.0),
    ],
)
def test_facts_agree_contradict_or_are_silent(
    goods: str, line: str, name: str, agrees: float
) -> None:
    assert facts.agreement(facts.of(goods), facts.of(line), name) == agrees


def test_our_trade_terms_are_many_and_well_formed() -> None:
    ours = terms.ours()
    assert len(ours) > 9000
    assert all(one.code.isdigit() and len(one.code) in {4, 6, 8, 10} for one in ours)


def test_a_term_is_cut_to_what_the_schedule_has() -> None:
    schedule = export.load(EXTRACT)
    found = terms.fitting(
        [terms.Term("tee", "6109100099"), terms.Term("whale", "0101210000")], schedule
    )
    assert found == [terms.Term("tee", "61091000")]


@pytest.mark.parametrize(
    ("name", "text"),
    [("w.json", '{"gnome": "6810.99.0080"}'), ("w.csv", "gnome,6810990080\nx,1\n")],
)
def test_a_users_terms_are_read(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert terms.read(path) == [terms.Term("gnome", "6810990080")]


def forest(left: list[int], right: list[int]) -> Trees:
    return Trees(
        feature=np.array([[1, 0, 0]], dtype=np.int16),
        threshold=np.array([[0.5, 0, 0]], dtype=np.float32),
        left=np.array([left], dtype=np.int16),
        right=np.array([right], dtype=np.int16),
        value=np.array([[0, -2.0, 3.0]], dtype=np.float32),
    )


def test_a_tree_sends_rows_left_up_to_its_threshold() -> None:
    rows = np.array([[9, 0.5], [9, 0.6]], dtype=np.float32)
    assert forest([1, 1, 2], [2, 1, 2]).scores(rows).tolist() == [-2.0, 3.0]


def test_a_tree_that_runs_in_circles_is_refused() -> None:
    with pytest.raises(ValueError, match="do not end"):
        forest([1, 0, 2], [2, 1, 2])


def test_the_learned_weights_stay_small() -> None:
    assert model.check_size() < 3_000_000


def test_no_trade_word_teaches_both_the_map_and_the_ranker() -> None:
    for_map, for_ranker = data.halves(5000, seed=7)
    assert not set(for_map) & set(for_ranker)
    assert len(for_map) == 2500
    assert len(for_ranker) == data.TRADE
