"""Facts in short words: read, written again the same, and never half understood."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.duty import facts
from storage.values import DutyFacts, ValueFacts


@pytest.mark.parametrize(
    ("written", "again"),
    [
        ("preference kr", "preference KR"),
        ("Preference: USMCA; claims auto_part, 9903.88.69", None),
        ("steel 40%; aluminum 10.5; copper 0", "steel 40; aluminum 10.5; copper 0"),
        ("melt cn; smelt RU", "melt CN; smelt RU"),
        ("non-us 4,000.00;", "non-us 4000.00"),
        ("claim civil_aircraft; claim not_truck_part", "claim civil_aircraft, not_truck_part"),
    ],
)
def test_what_was_written_is_kept_and_written_again(written: str, again: str | None) -> None:
    read = facts.line_facts(written)
    text = facts.written_line(read)
    assert text == (again or "preference USMCA; claim auto_part, 9903.88.69")
    assert facts.line_facts(text) == read


@pytest.mark.parametrize(
    ("written", "again"),
    [
        ("assists 0; royalties 1,200.50", "assists 0; royalties 1200.50"),
        ("commission 5; related NO", "selling_commission 5; related no"),
        ("related yes; freight actual", "related yes; freight actual"),
        ("freight estimated", ""),
        ("proceeds 1; packing 2", "proceeds 1; packing 2"),
    ],
)
def test_answers_about_the_price_are_kept(written: str, again: str) -> None:
    assert facts.written_value(facts.value_facts(written)) == again


def test_nothing_written_is_nothing_stated() -> None:
    assert facts.line_facts(" ; ") is None
    assert facts.value_facts("") is None
    assert (facts.written_line(None), facts.written_value(None)) == ("", "")
    assert facts.written_value(ValueFacts(related_parties=False)) == "related no"
    assert facts.line_facts("steel 5") == DutyFacts(steel=Decimal(5))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("claim civil_aircrft", "no claim that changes a duty. Known: "),
        ("claim 9903.99.99", "no claim that changes a duty"),
        ("stel 40", "“stel” is not understood. Known: preference KR"),
        ("steel lots", "steel: “lots” is no number from 0 to 100."),
        ("steel 101", "no number from 0 to 100"),
        ("steel -1", "no number"),
        ("non-us NaN", "non-us: “NaN” is no number."),
        ("melt China", "melt: “China” is no country of two letters."),
        ("preference <!channel>", "no programme such as"),
        ("x" * 501, "Longer than 500 characters"),
    ],
)
def test_what_is_not_understood_is_refused_with_what_is_known(written: str, said: str) -> None:
    with pytest.raises(facts.BadFacts, match=r".") as caught:
        facts.line_facts(written)
    assert said in str(caught.value)


@pytest.mark.parametrize("written", ["asists 0", "related maybe", "freight free", "assists"])
def test_an_answer_that_is_not_understood_is_refused(written: str) -> None:
    with pytest.raises(facts.BadFacts):
        facts.value_facts(written)


@given(st.text(max_size=600))
def test_any_text_is_read_or_refused(written: str) -> None:
    for read in (facts.line_facts, facts.value_facts):
        try:
            read(written)
        except facts.BadFacts as exc:
            assert str(exc)
