"""Rulings as documents, and what is said beside the candidates."""

from __future__ import annotations

import json
from datetime import date

import pytest

from knowledge import tariff
from knowledge.tariff import Confirmed, LineQuery, Lookup
from knowledge.tariff.answers import complete
from knowledge.tariff.precedents import Precedent, Precedents
from storage.values import Candidate, Suggestion

TODAY = date(2026, 11, 21)


def ruling(number: str, subject: str, *codes: str, **more: object) -> Precedent:
    return Precedent(
        number=number,
        on=date(2019, 2, 14),
        collection="NY",
        subject=subject,
        tariffs=codes,
        url=f"https://rulings.example/ruling/{number}",
        **more,
    )


ADAPTER = ruling(
    "N302241",
    "The tariff classification of a USB-C power adapter from China",
    "8504.40.95.10",
    "9903.88.03",
)
OTHERS = [
    ruling(
        "N301111", "The tariff classification of cotton bath towels from India", "6302.60.00.20"
    ),
    ruling("N301112", "The tariff classification of porcelain mugs from China", "6911.10.45.00"),
    ruling("N301113", "The tariff classification of a brass chandelier", "9405.11.40.10"),
]


@pytest.fixture(scope="module")
def lookup() -> Lookup:
    return tariff.open_lookup(named=None, extra=tariff.DEMO_EXTRACT)


def suggestion(*codes: str, source: str = "suggested", **more: object) -> Suggestion:
    return Suggestion(
        id="1",
        candidates=tuple(
            Candidate(
                code=code,
                digits=10,
                description="x",
                confidence=0.5,
                because="shares words",
                edition="e",
            )
            for code in codes
        ),
        band="medium",
        source=source,
        **more,
    )


def finished(
    lookup: Lookup,
    answer: Suggestion,
    description: str,
    *,
    rulings: list[Precedent] | None = None,
    history: list[Confirmed] | None = None,
    **more: object,
) -> Suggestion:
    (made,) = complete(
        [answer],
        [LineQuery(id="1", description=description, importer="Cascade", **more)],
        known=lookup,
        on=TODAY,
        history={"Cascade": history or []},
        precedents=Precedents(rulings if rulings is not None else [ADAPTER, *OTHERS]),
    )
    return made


@pytest.mark.parametrize(
    ("subject", "goods"),
    [
        ("The tariff classification of a USB-C power adapter from China", "USB-C power adapter"),
        ("Tariff classification of bath towels from India and Pakistan", "bath towels"),
        ("The tariff classification and marking of mugs, from China", "mugs"),
        ("Re: Classification of the Acme lamp", "Acme lamp"),
        ("Cotton towels", "Cotton towels"),
    ],
)
def test_a_subject_is_cut_down_to_its_goods(subject: str, goods: str) -> None:
    assert ruling("N300000", subject).goods == goods


def test_near_words_are_told_from_similar_ones() -> None:
    there = Precedents([ADAPTER, *OTHERS])
    near, far = there.like("USB-C power adapter", least=0.1), there.like("power drill", least=0.1)
    assert near[0].ruling.number == "N302241"
    assert near[0].alike > 0.9
    assert all(one.alike < 0.45 for one in far)
    assert there.like("") == []


def test_a_standing_ruling_on_the_same_words_comes_first_with_number_date_and_link(
    lookup: Lookup,
) -> None:
    made = finished(lookup, suggestion("9405.11.40.10"), "USB-C power adapter")
    first = made.candidates[0]
    assert (made.source, first.code) == ("precedent", "8504.40.95.10")
    assert "NY N302241 of 2019-02-14" in first.because
    assert "https://rulings.example/ruling/N302241" in first.because
    assert made.candidates[1].code == "9405.11.40.10"
    assert made.candidates[1].confidence < first.confidence


@pytest.mark.parametrize(
    "change",
    [
        {"revoked": True, "revoked_by": ("H289765",)},
        {"tariffs": ("8504.40.95.99",)},  # dead
        {"tariffs": ("8504.40.95.10", "9405.11.40.10")},  # two articles in one ruling
        {"tariffs": ()},
    ],
)
def test_a_ruling_that_cannot_lead_does_not(lookup: Lookup, change: dict[str, object]) -> None:
    one = ADAPTER.model_copy(update=change)
    made = finished(
        lookup, suggestion("9405.11.40.10"), "USB-C power adapter", rulings=[one, *OTHERS]
    )
    assert (made.source, made.candidates[0].code) == ("suggested", "9405.11.40.10")
    assert any("N302241" in note for note in made.notes)


def test_a_revoked_ruling_is_named_as_such(lookup: Lookup) -> None:
    gone = ADAPTER.model_copy(update={"revoked": True, "revoked_by": ("H289765",)})
    made = finished(
        lookup, suggestion("9405.11.40.10"), "USB-C power adapter", rulings=[gone, *OTHERS]
    )
    assert any("revoked by H289765" in note for note in made.notes)


def test_a_rulings_dead_code_is_marked_with_its_successor(lookup: Lookup) -> None:
    old = ADAPTER.model_copy(update={"tariffs": ("8504.40.95.99",)})
    made = finished(
        lookup, suggestion("9405.11.40.10"), "USB-C power adapter", rulings=[old, *OTHERS]
    )
    (note,) = [one for one in made.notes if "N302241" in one]
    assert "8504.40.95.99 is not a line of" in note
    assert "nearest now: 8504.40.95" in note


def test_the_importers_own_history_stands_before_any_ruling(lookup: Lookup) -> None:
    own = suggestion("9405.11.40.10", source="product")
    made = finished(lookup, own, "USB-C power adapter")
    assert (made.source, made.candidates) == ("product", own.candidates)


def confirmed(code: str, *, sku: str = "S-1", on: date = date(2026, 3, 1)) -> Confirmed:
    return Confirmed(
        sku=sku, description="Evening lamp", code=code, by="Dana", on=on, edition="2026 rev 1"
    )


def test_two_codes_for_the_same_goods_are_a_conflict_that_names_both(lookup: Lookup) -> None:
    made = finished(
        lookup,
        suggestion("9405.21.60.10", source="product"),
        "evening  LAMP",
        history=[confirmed("9405.21.60.10"), confirmed("9405.11.40.10", on=date(2026, 5, 2))],
    )
    assert made.hintConflict == (
        "These goods are confirmed under 2 codes: 9405.11.40.10 by Dana on 2026-05-02 (SKU S-1) "
        "and 9405.21.60.10 by Dana on 2026-03-01 (SKU S-1)."
    )


def test_an_article_number_of_its_own_is_answered_and_the_other_code_only_noted(
    lookup: Lookup,
) -> None:
    made = finished(
        lookup,
        suggestion("9405.21.60.10", source="product"),
        "Evening lamp",
        history=[confirmed("9405.21.60.10"), confirmed("9405.11.40.10", sku="S-2")],
        sku="S-1",
    )
    assert made.hintConflict is None
    assert "under 2 codes" in made.notes[0]


def test_a_dead_confirmed_code_is_named_with_its_successor_and_not_offered(lookup: Lookup) -> None:
    made = finished(
        lookup, suggestion("6911.10.45.00"), "Evening lamp", history=[confirmed("9405.21.60.99")]
    )
    (note,) = made.notes
    assert note.startswith("9405.21.60.99, confirmed by Dana on 2026-03-01 for these goods")
    assert "Nearest now: 9405.21.60" in note
    assert "9405.21.60.99" not in {one.code for one in made.candidates}


def test_the_leading_lines_flags_stand_beside_it(lookup: Lookup) -> None:
    made = finished(lookup, suggestion("9503.00.00.73"), "toy cars")
    assert any(one.startswith("CPSC CP must") for one in made.pga)
    assert json.loads(made.model_dump_json())["pga"]
