"""How words are taken apart for the search: nothing that is asked can become an operator."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import search

_SAFE = re.compile(r"[^\W]+", re.UNICODE)


@given(st.text(max_size=300))
def test_whatever_is_typed_becomes_words_or_a_refusal(asked: str) -> None:
    try:
        query = search.parse(asked)
    except ValueError as refused:
        assert "is no date" in str(refused) or "cannot be searched" in str(refused)
        return
    words = [word for group in query.groups for way in group for word in way]
    assert all(_SAFE.fullmatch(word) for word in words)


@given(st.text(min_size=1, max_size=80))
def test_what_is_kept_is_found_by_itself(said: str) -> None:
    kept = set(search.words(said))
    query = search.parse(f'"{said.replace(chr(34), " ")}"')
    for group in query.groups:
        assert any(
            all(any(word.startswith(asked) for word in kept) for asked in way) for way in group
        )


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("QZ7-0204518-1", {"qz7", "0204518", "1", "qz702045181", "qz", "702045181"}),
        ("Müller & Söhne", {"muller", "sohne"}),
        ("背包涤纶", {"背包", "包涤", "涤纶"}),
        ("9405.11.4010", {"9405", "11", "4010", "9405114010"}),
    ],
)
def test_a_number_is_kept_whole_and_in_parts(said: str, kept: set[str]) -> None:
    assert set(search.words(said)) == kept
