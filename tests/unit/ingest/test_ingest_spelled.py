"""Amounts in words beside figures, and goods that leave from another country than their own."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import fields
from ingest.fields.spelled import amount_of
from storage.values import Flag, Reading

ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spoken(number: int) -> str:
    """The words of a number, written here for the test."""
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + (f"-{ONES[number % 10]}" if number % 10 else "")
    for size, word in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = f" and {spoken(number % size)}" if number % size else ""
            return f"{spoken(number // size)} {word}{rest}"
    raise AssertionError


@given(st.integers(0, 999_999_999), st.integers(0, 99))
def test_every_amount_is_understood_in_each_of_its_forms(whole: int, cents: int) -> None:
    wanted = Decimal(whole) + Decimal(cents) / 100
    said = f"US DOLLARS {spoken(whole).upper()}"
    assert amount_of(f"{said} AND {cents:02}/100 ONLY") == wanted
    assert amount_of(f"{said} AND CENTS {spoken(cents).upper()} ONLY.") == wanted
    assert amount_of(f"{spoken(whole)} dollars and {spoken(cents)} cents only") == wanted


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("USD FIVE LAKH TWENTY THOUSAND ONLY", "520000"),
        ("Euro one hundred five", "105"),
        ("US DOLLARS ONLY", None),
        ("hundred thousand", None),
        ("", None),
    ],
)
def test_what_is_no_amount_says_none(text: str, amount: str | None) -> None:
    assert amount_of(text) == (Decimal(amount) if amount else None)


@given(st.text(max_size=200))
def test_no_text_makes_it_fail(text: str) -> None:
    said = amount_of(text)
    assert said is None or said >= 0


def invoice(words: str, origin: str = "VN", port: str = "Haiphong, Vietnam") -> Reading:
    rows = (
        "COMMERCIAL INVOICE\n\nExporter:,Hanoi Lotus Bags JSC,,Invoice No.:,T-1\n"
        f'Currency:,USD,,Port of Loading:,"{port}"\n\n'
        "No.,SKU,Description,Origin,Quantity,Unit,Unit Price,Amount\n"
        f"1,S-1,Backpacks of polyester,{origin},10,PCS,2.50,25.00\nTotal,,,,,,,25.00\n\n{words}\n"
    )
    made = fields.read("i.csv", rows.encode())
    assert isinstance(made, Reading)
    return made


def of(made: Reading, kind: str) -> list[Flag]:
    return [flag for flag in made.flags if flag.type == kind]


def test_words_that_contradict_the_figures_are_told_and_change_no_value() -> None:
    made = invoice("SAY US DOLLARS FIFTY-TWO ONLY")
    assert made.totals.total == Decimal("25.00")
    assert made.confidenceByField["totals.total"] < 0.85
    (flag,) = of(made, "amount_in_words")
    assert (flag.severity, flag.message) == (
        "review",
        "In words the total is 52.00, in figures 25.00.",
    )


def test_words_that_agree_or_count_packages_raise_nothing() -> None:
    for words in (
        "SAY US DOLLARS TWENTY-FIVE ONLY",
        "SAY TOTAL TWO PALLETS ONLY",
        "Amount in words: two cartons",
    ):
        made = invoice(words)
        assert not of(made, "amount_in_words")
        assert made.confidenceByField["totals.total"] > 0.9


def test_goods_that_leave_from_another_country_are_a_question_about_their_origin() -> None:
    assert not of(invoice(""), "origin")
    (flag,) = of(invoice("", origin="CN"), "origin")
    assert (flag.severity, flag.field) == ("info", None)
    assert "leave from VN" in flag.message
    assert "line 1: CN" in flag.message
