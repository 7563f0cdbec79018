from __future__ import annotations

from pathlib import Path

import bm25s
import numpy as np
import pytest

from knowledge.tariff import counted, lexical, measures
from knowledge.tariff.lexical import LexicalIndex
from knowledge.tariff.texts import tokens


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


TEXTS = ["coaxial connectors of copper", "optical connectors", "copper wire", "roses, fresh"]


def test_the_scores_are_those_of_the_library_that_counted() -> None:
    index = LexicalIndex(TEXTS)
    library = bm25s.BM25(k1=1.2, b=0.75, backend="numpy")
    library.index([list(tokens(text)) for text in TEXTS], show_progress=False)
    question = list(tokens("copper connectors of copper"))
    assert index.scores(question) == pytest.approx(library.get_scores(question))


def test_counts_are_kept_and_made_again_when_damaged(tmp_path: Path) -> None:
    first = counted.counts_for({"leaf": TEXTS}, tmp_path)["leaf"]
    (file,) = tmp_path.glob("words-*.npz")
    written = file.stat().st_mtime_ns
    again = counted.counts_for({"leaf": TEXTS}, tmp_path)["leaf"]
    assert file.stat().st_mtime_ns == written
    assert all(np.array_equal(first[name], again[name]) for name in first)
    file.write_bytes(file.read_bytes()[:200])
    mended = counted.counts_for({"leaf": TEXTS}, tmp_path)["leaf"]
    question = tokens("optical connector")
    assert LexicalIndex(TEXTS, counted=mended).scores(question).argmax() == 1


def test_counts_of_other_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="other texts"):
        LexicalIndex(TEXTS[:2], counted=lexical.count(TEXTS))
