"""Entry numbers: the check digit, and what is no entry number."""

import pytest

from storage.entry_number import BadEntryNumber, check_digit, format_entry_number, parse

KNOWN = ["ABC-1234567-6", "999-9999999-0", "QZ7-0204518-1", "QZ7-0204522-3", "QZ7-0204531-4"]


@pytest.mark.parametrize("written", KNOWN)
def test_known_numbers_have_their_check_digit(written: str) -> None:
    filer, number = parse(written)
    assert check_digit(filer, number) == int(written[-1])
    assert format_entry_number(filer, number) == written


def test_exactly_one_digit_is_right() -> None:
    right = [digit for digit in range(10) if _is_number(f"QZ7-0204518-{digit}")]
    assert right == [1]


@pytest.mark.parametrize("written", [" qz7-0204518-1 ", "QZ702045181"])
def test_the_way_of_writing_does_not_matter(written: str) -> None:
    assert parse(written) == ("QZ7", 204518)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "QZ7",
        "QZ7-0204518-2",
        "QZ7-204518-1",
        "QZ-0204518-1",
        "QZ7-0204518-1x",
        "QZ7-０２０４５１８-１",
    ],
)
def test_what_is_no_entry_number_is_refused_in_words(written: str) -> None:
    with pytest.raises(BadEntryNumber, match="check digit|looks like"):
        parse(written)


@pytest.mark.parametrize(("filer", "number"), [("QZ", 1), ("qz7", 1), ("QZ7", -1), ("QZ7", 10**7)])
def test_a_number_is_not_made_from_what_cannot_be_one(filer: str, number: int) -> None:
    with pytest.raises(BadEntryNumber):
        format_entry_number(filer, number)


def _is_number(written: str) -> bool:
    try:
        parse(written)
    except BadEntryNumber:
        return False
    return True
