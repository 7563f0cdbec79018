"""Entry numbers: FFF-NNNNNNN-C, the filer's code, seven digits, and a check digit.

The check digit follows CATAIR Appendix E: letters become digits (A, J = 1; B, K, S = 2; …),
every second digit from the right is doubled with its digits added, and the sum is completed to
the next ten.
"""

from __future__ import annotations

import re

_LETTERS = {
    letter: at % 9 + 1
    for letters in ("ABCDEFGHI", "JKLMNOPQR")
    for at, letter in enumerate(letters)
} | {letter: at + 2 for at, letter in enumerate("STUVWXYZ")}
_WRITTEN = re.compile(r"^([A-Z0-9]{3})-?([0-9]{7})-?([0-9])$")
_MOST = 9_999_999


class BadEntryNumber(ValueError):
    """A text that is no entry number; the message says why."""


def check_digit(filer: str, number: int) -> int:
    """The check digit for a filer code and a number of up to seven digits."""
    plain = [_LETTERS[c] if c.isalpha() else int(c) for c in f"{filer.upper()}{number:07d}"]
    total = 0
    for place, digit in enumerate(reversed(plain)):
        doubled = digit * 2 if place % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10


def format_entry_number(filer: str, number: int) -> str:
    """The whole number, e.g. "QZ7-0204518-1"."""
    if not re.fullmatch(r"[A-Z0-9]{3}", filer) or not 0 <= number <= _MOST:
        raise BadEntryNumber(f"{filer} {number}: a filer code of three and up to seven digits.")
    return f"{filer}-{number:07d}-{check_digit(filer, number)}"


def parse(text: str) -> tuple[str, int]:
    """(filer, number) of an entry number whose check digit is right."""
    match = _WRITTEN.match(text.strip().upper())
    if match is None:
        raise BadEntryNumber(f"{text[:20]}: an entry number looks like FFF-NNNNNNN-C.")
    filer, number = match[1], int(match[2])
    if check_digit(filer, number) != int(match[3]):
        raise BadEntryNumber(f"{text[:20]}: the check digit is wrong.")
    return filer, number
