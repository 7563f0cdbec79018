"""Bank details in words: found where they are sure, and nothing else taken for them."""

import pytest

from ingest import fields
from ingest.fields.accounts import accounts
from storage.values import Reading


@pytest.mark.parametrize(
    ("text", "kind", "last"),
    [
        ("IBAN: DE89 3704 0044 0532 0130 00 BIC follows", "iban", "3000"),
        ("IBAN DE89370400440532013000", "iban", "3000"),
        ("pay to GB29 NWBK 6016 1331 9268 19, London", "iban", "6819"),
        ("SWIFT/BIC code: DEUTDEFF500", "swift", "F500"),
        ("ABA routing no. 021000021", "routing", "0021"),
        ("Account No.: 000-123-456789", "account", "6789"),
        ("A/C number 0012 3456 7890", "account", "7890"),
    ],
)
def test_bank_details_are_found_and_masked(text: str, kind: str, last: str) -> None:
    assert [(one.kind, one.lastFour) for one in accounts(text)] == [(kind, last)]


@pytest.mark.parametrize(
    "text",
    [
        "IBAN: DE00 3704 0044 0532 0130 00",  # its check digits are wrong
        "Container MSCU1234567, seal 445566, B/L ZZZQ11110001",
        "Invoice No. 123456789, PO 4471",
        "on account of the delay of 12 days",
        "routing no. 123456789",  # its check digit is wrong
    ],
)
def test_other_numbers_are_not_taken_for_accounts(text: str) -> None:
    assert accounts(text) == ()


def test_the_same_account_in_another_spelling_is_the_same() -> None:
    assert accounts("Account No. 12-345-678") == accounts("a/c: 12345678")


def test_bank_details_of_a_document_are_read_without_the_number_itself() -> None:
    made = fields.read("i.csv", b"COMMERCIAL INVOICE\nAccount No.:,12345678\n")
    assert isinstance(made, Reading)
    assert [one.lastFour for one in made.accounts] == ["5678"]
    assert "12345678" not in made.model_dump_json(include={"accounts"})
