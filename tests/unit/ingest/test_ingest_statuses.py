"""What filers' status mails say, in the wording in which they come."""

from datetime import UTC, datetime

import pytest

from ingest import statuses

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
ENTRY = "QZ7-0204550-4"


def told(subject: str, words: str) -> list[tuple[str, str, str]]:
    return [
        (one.number, one.report.code, one.report.raw_code)
        for one in statuses.read(subject, words, received=NOW)
    ]


@pytest.mark.parametrize(
    ("line", "code", "raw"),
    [
        ("1H - CBP HOLD PLACED AT PORT OF DISCHARGE", "held", "1H"),
        ("2H - CBPA MISC HOLD PLACED", "held", "2H"),
        ("4A - OVERRIDE TO INTENSIVE", "held", "4A"),
        ("5H - ENTRY PROCESSING HOLD, CBP REQUESTS INVOICE AND CPC", "held", "5H"),
        ("7H - NON-INTRUSIVE INSPECTION HOLD", "held", "7H"),
        ("5I - ENTRY PROCESSING HOLD REMOVED", "lifted", "5I"),
        ("electronic invoice required", "held", "MAIL"),
        ("accepted - submit records", "held", "MAIL"),
        ("RELEASE SUSPENDED", "held", "MAIL"),
        ("FDA EXAM, NOTIFY USCS Ln 003", "exam", "MAIL"),
        ("paperless - retain records", "released", "MAIL"),
        ("FDA MAY PROCEED USCS Ln 001 THRU 002", "released", "MAIL"),
        ("Your entry was rejected by CBP", "rejected", "MAIL"),
        ("9Q - SOMETHING NEW", "unknown", "9Q"),
    ],
)
def test_each_wording_is_what_it_says(line: str, code: str, raw: str) -> None:
    assert told(f"Status of entry {ENTRY}", line) == [(ENTRY, code, raw)]


def test_a_mail_about_two_entries_says_each_its_own() -> None:
    words = f"{ENTRY}\n5H - ENTRY PROCESSING HOLD\nQZ7-0204518-1\n1C - RELEASED BY CBP"
    assert told("Status report", words) == [
        (ENTRY, "held", "5H"),
        ("QZ7-0204518-1", "released", "1C"),
    ]


def test_a_number_with_a_wrong_check_digit_is_no_entry() -> None:
    assert told("Status of QZ7-0204518-2", "5H - ENTRY PROCESSING HOLD") == []
    assert not statuses.looks_like_one("Entry QZ7-0204518-2", "released")


def test_what_is_not_understood_is_unknown_and_not_nothing() -> None:
    assert told(f"CBP disposition for {ENTRY}", "see the portal") == [(ENTRY, "unknown", "MAIL")]


def test_a_time_counts_with_its_zone_and_never_lies_ahead() -> None:
    def at(line: str) -> datetime:
        (one,) = statuses.read(f"Entry {ENTRY}", line, received=NOW)
        return one.report.at

    assert at("05/06/2026 09:30 PDT 5H - ENTRY PROCESSING HOLD ON HOLD") == datetime(
        2026, 5, 6, 16, 30, tzinfo=UTC
    )
    assert at("05/06/2026 09:30 on hold") == NOW
    assert at("2031-01-01 00:00 UTC on hold") <= datetime(2026, 11, 21, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("subject", "words", "looks"),
    [
        (f"Entry {ENTRY}", "5H - ENTRY PROCESSING HOLD", True),
        (f"Customs status {ENTRY}", "released", True),
        ("Documents", "Please find the invoice attached.", False),
        (f"Invoice for {ENTRY}", "Please find it attached.", False),
    ],
)
def test_only_what_may_be_a_status_is_looked_at(subject: str, words: str, looks: bool) -> None:
    assert statuses.looks_like_one(subject, words) is looks
