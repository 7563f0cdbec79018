"""The tariff desk with the real model, over the demo's extract (120 texts)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from knowledge import tariff
from knowledge.tariff import Confirmed, Desk, LineQuery
from storage.values import Suggestion


@pytest.fixture(scope="module")
def cache(tariff_cache: Path) -> Path:
    return tariff_cache


@pytest.fixture(scope="module")
def desk(cache: Path) -> Desk:
    return tariff.open_desk(cache=cache, named=tariff.DEMO_EXTRACT, extra=None)


def ask(desk: Desk, description: str, **more: str) -> Suggestion:
    return desk.suggest([LineQuery(id="1", description=description, **more)])[0]


def confirmed(code: str, *, description: str = "Evening lamp", sku: str = "SK-1") -> Confirmed:
    return Confirmed(
        sku=sku,
        description=description,
        code=code,
        by="Dana Whitlock",
        on=date(2026, 10, 1),
        edition="HTSUS 2026 revision 10",
    )


@pytest.mark.parametrize(
    ("description", "code"),
    [
        ("Power adapter, USB-C, 45 W output", "8504.40.95.10"),
        ("Coaxial connectors, BNC, 50 ohm", "8536.69.40.10"),
        ("Thermal transfer label printers", "8443.32.10.50"),
        ("Men's T-shirts, knitted, 100% cotton", "6109.10.00.12"),
        ("Porcelain mugs, 11 oz, household", "6911.10.45.00"),
        ("Brass chandeliers, LED, household", "9405.11.40.10"),
        ("Backpacks of polyester textile, 22 liters", "4202.92.31.20"),
        ("Food storage containers of plastic", "3924.10.40.00"),
        ("Bath towels of cotton terry fabric", "6302.60.00.20"),
        ("Vacuum bottles of stainless steel, 0.75 liter", "9617.00.10.00"),
        ("Plastic toy cars for children 3 to 12 years", "9503.00.00.73"),
    ],
)
def test_the_demo_goods_lead_with_their_line(desk: Desk, description: str, code: str) -> None:
    answer = ask(desk, description)
    assert answer.candidates[0].code == code
    assert answer.source == "suggested"


def test_candidates_are_three_distinct_groups_with_reason_and_edition(desk: Desk) -> None:
    found = ask(desk, "Men's T-shirts, knitted, of cotton").candidates
    assert len({one.code[:7] for one in found}) == len(found) == 3
    assert all(one.because for one in found)
    assert {one.edition for one in found} == {"demonstration extract of the HTSUS 2026"}


def test_a_shippers_code_that_does_not_fit_is_said_and_still_offered(desk: Desk) -> None:
    answer = ask(desk, "Coaxial connectors, BNC", hint="9405.11.4010")
    assert answer.candidates[0].code == "8536.69.40.10"
    assert any(one.code.startswith("9405.11") for one in answer.candidates)
    assert answer.hintConflict is not None
    assert "9405.11.40.10" in answer.hintConflict


def test_a_shippers_code_that_fits_makes_surer(desk: Desk) -> None:
    words = "Backpacks of polyester"
    cold, told = ask(desk, words), ask(desk, words, hint="4202.92")
    assert told.candidates[0].code == cold.candidates[0].code
    assert told.candidates[0].confidence >= cold.candidates[0].confidence
    assert told.hintConflict is None


def test_a_shippers_code_that_leads_against_the_words_is_no_surer_than_even(desk: Desk) -> None:
    led = 0
    for words in ("Cups and bags", "Printer lamps", "Household articles of steel and glass"):
        alone = ask(desk, words).candidates[0].code
        for code in ("9405.11.4010", "4202.92", "8443.32", "6911.10", "7323.93"):
            answer = ask(desk, words, hint=code)
            if answer.candidates[0].code[:7] != alone[:7]:
                led += 1
                assert answer.candidates[0].confidence <= 0.5
                assert answer.hintConflict is not None
    assert led > 0


def test_a_shippers_code_from_nowhere_is_named(desk: Desk) -> None:
    assert "9999.99" in (ask(desk, "Porcelain mugs", hint="999999").hintConflict or "")


def test_confirmed_goods_answer_first_and_name_who_confirmed(desk: Desk) -> None:
    (answer,) = desk.suggest(
        [LineQuery(id="1", description="Evening lamp", importer="Cascade", sku="SK-1")],
        confirmed={"Cascade": [confirmed("9405.21.60.10")]},
    )
    assert (answer.source, answer.band) == ("product", "high")
    assert answer.candidates[0].code == "9405.21.60.10"
    assert answer.confirmedBy == "Dana Whitlock on 2026-10-01"


@pytest.mark.parametrize(
    "history",
    [
        {"Other importer": [confirmed("9405.21.60.10")]},
        {"Cascade": [confirmed("9405.21.60.99")]},  # no longer in the schedule
        {"Cascade": [confirmed("9405.21.60.10", description="Bath towels")]},  # number used again
        {},
    ],
)
def test_history_that_does_not_apply_is_not_used(
    desk: Desk, history: dict[str, Sequence[Confirmed]]
) -> None:
    (answer,) = desk.suggest(
        [LineQuery(id="1", description="Evening lamp of iron", importer="Cascade", sku="SK-1")],
        confirmed=history,
    )
    assert answer.source == "suggested"


@pytest.mark.parametrize("description", ["", "   ", "<b></b>", "!!!"])
def test_goods_without_words_are_asked_about(desk: Desk, description: str) -> None:
    answer = ask(desk, description)
    assert (answer.band, answer.candidates) == ("none", ())
    assert answer.missingFacts


@pytest.mark.parametrize("description", ["6109.10.0012", " 8504 40 95 ", "61091000"])
def test_a_code_instead_of_goods_is_asked_about(desk: Desk, description: str) -> None:
    answer = ask(desk, description)
    assert answer.candidates == ()
    assert "tariff code" in answer.missingFacts[0]


@pytest.mark.parametrize(
    "description",
    ["mugs", "Tasses en porcelaine", "\U0001f9e6\U0001f9e6 socks", "<p>Mugs &amp; cups</p>"],
)
def test_odd_descriptions_get_candidates_that_are_not_sure(desk: Desk, description: str) -> None:
    answer = ask(desk, description)
    assert answer.candidates
    assert max(one.confidence for one in answer.candidates) <= 0.84


def test_a_description_of_signs_only_is_asked_about(desk: Desk) -> None:
    assert ask(desk, "\U0001f9e6\U0001f9e6").missingFacts


def test_a_code_dead_in_its_last_digits_is_said(desk: Desk) -> None:
    told = ask(desk, "Men's T-shirts, knitted, of cotton", hint="6109.10.0099").hintConflict
    assert told is not None
    assert "6109.10.00.99" in told


def test_goods_that_read_nearly_like_confirmed_ones_come_first(desk: Desk) -> None:
    (answer,) = desk.suggest(
        [LineQuery(id="1", description="Evening lamps of iron", importer="Cascade")],
        confirmed={"Cascade": [confirmed("9405.21.60.10", description="Evening lamp of iron")]},
    )
    assert (answer.source, answer.candidates[0].code) == ("product", "9405.21.60.10")
    assert "Dana Whitlock" in answer.candidates[0].because


def test_the_answer_to_a_line_does_not_depend_on_the_lines_beside_it(desk: Desk) -> None:
    lines = [LineQuery(id=str(n), description=text) for n, text in enumerate(["mugs", "towels"])]
    assert desk.suggest(lines)[1] == desk.suggest(lines[1:])[0]


def test_a_huge_description_is_cut_and_answered(desk: Desk) -> None:
    assert ask(desk, "cotton towels " * 100_000).candidates


def test_a_second_opening_encodes_nothing(cache: Path, desk: Desk) -> None:
    told: list[tuple[str, int, int]] = []
    again = tariff.open_desk(
        cache=cache,
        named=tariff.DEMO_EXTRACT,
        extra=None,
        progress=lambda what, done, of: told.append((what, done, of)),
    )
    assert told == []
    assert ask(again, "Porcelain mugs") == ask(desk, "Porcelain mugs")


def test_a_lookup_leaves_the_model_out_so_that_its_process_may_fork() -> None:
    script = (
        "import sys; from knowledge import tariff;"
        "tariff.open_lookup(named=None, extra=tariff.DEMO_EXTRACT).search('coaxial connectors');"
        "print([name for name in ('torch', 'faiss', 'transformers') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.strip() == "[]"
