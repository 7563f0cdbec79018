"""What a hold is, by words and by code; and what a code may never be taken for."""

from datetime import date

import pytest

from knowledge import dispositions
from knowledge.holds import recognise
from workflows import playbook


@pytest.mark.parametrize(
    ("code", "words", "kind", "by"),
    [
        ("5H", "ENTRY PROCESSING HOLD", "documents", "words"),
        ("5H", "", "documents", "code"),
        ("1H", "CBP HOLD PLACED AT PORT OF DISCHARGE", "unknown", "nothing"),
        ("1H", "Form CBP 28: proof of payment and assists", "value", "words"),
        ("1H", "CF-29 tariff classification of line 3", "classification", "words"),
        ("4A", "OVERRIDE TO INTENSIVE", "examination", "words"),
        ("7H", "", "examination", "code"),
        ("1G", "case number required A-570-979", "adcvd", "words"),
        ("3G", "", "restricted", "code"),
        # The gravest of what is said: a detention that also wants documents is a detention.
        ("5H", "DETAINED, documents required", "restricted", "words"),
        ("ZZ", "something new", "unknown", "nothing"),
    ],
)
def test_words_decide_before_codes_and_what_neither_explains_is_unknown(
    code: str, words: str, kind: str, by: str
) -> None:
    found = recognise(code, words)
    assert (found.kind, found.by) == (kind, by)


def test_the_same_characters_mean_other_things_in_another_record() -> None:
    assert recognise("03", "", record="SO60").kind == "examination"
    assert recognise("03", "").kind == "unknown"
    assert dispositions.bearing("SO70", "02") == "hold"
    assert dispositions.bearing("AMS", "02") is None


@pytest.mark.parametrize("code", ["1A", "1H", "5H", "4A", "3G"])
def test_a_holds_code_is_never_a_release_whatever_a_filer_calls_it(code: str) -> None:
    assert dispositions.contradicts("released", "AMS", code)
    assert not dispositions.contradicts("held", "AMS", code)


def test_a_removal_ends_the_holds_of_its_family_alone() -> None:
    assert dispositions.lifted_by("7I") == ("7H",)
    assert "1A" not in dispositions.lifted_by("5I")
    assert dispositions.lifted_by("1C") == ()


@pytest.mark.parametrize(
    ("words", "due", "because"),
    [
        ("Form CBP 28 dated 2026-05-05: price paid", date(2026, 6, 4), "form CBP 28"),
        ("CBP 28: price paid", None, "start date unknown, please ask"),
        ("documents required by 05/20/2026", date(2026, 5, 20), "named in the notice"),
        ("documents required by 13/45/2026", None, "start date unknown, please ask"),
        ("Notice of detention, issued May 5, 2026", date(2026, 6, 4), "date of the notice"),
        ("Intensive exam", None, "19 CFR 151.16"),
    ],
)
def test_a_date_is_shown_only_when_its_start_is_known(
    words: str, due: date | None, because: str
) -> None:
    found, why = playbook.due(recognise("1H", words))
    assert found == due
    assert because in why
