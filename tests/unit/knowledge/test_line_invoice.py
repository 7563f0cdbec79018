"""A carrier's invoice against the list of 46 CFR 541.6, item by item."""

from datetime import date

import pytest

from knowledge import line_invoice

WHOLE = [
    ["DEMURRAGE INVOICE"],
    ["B/L No.: ZZZQ26050077", "Container:", "ZZZU6620174"],
    ["Port of Discharge:", "Long Beach, CA"],
    ["You are billed as the consignee under the bill of lading"],
    ["Invoice date", "Due date", "Free time (days)"],
    ["05/20/2026", "06/19/2026", "4"],
    ["Free time start: 2026-05-05", "Free time end: 2026-05-08"],
    ["Available:", "2026-05-04", "Demurrage dates:", "2026-05-09 to 2026-05-13"],
    ["Tariff ZZZZ-7, rule 21", "Rate per day:", "USD 185.00"],
    ["Total due", "1,110.00"],
    ["Questions: billing@zzzz.example, https://zzzz.example/dd"],
    ["A request for a refund or waiver must reach us within 30"],
    ["calendar days; we decide in 30 days."],
    ["These charges are consistent with 46 CFR part 541 and 545.5, and our performance"],
    ["did not cause or contribute to them."],
]


def test_a_whole_invoice_lacks_nothing() -> None:
    assert line_invoice.missing(WHOLE) == ()


@pytest.mark.parametrize(
    ("gone", "paragraphs"),
    [
        ("Free time end: 2026-05-08", ("(b)(5)",)),
        ("Free time start: 2026-05-05", ("(b)(4)",)),
        ("2026-05-04", ("(b)(6)",)),  # the label alone says nothing
        ("06/19/2026", ("(b)(2)",)),
        ("did not cause or contribute to them.", ("(e)(2)",)),
        ("Total due", ("(c)(1)",)),
        ("ZZZU6620174", ("(a)(2)",)),
    ],
)
def test_what_is_not_there_is_named(gone: str, paragraphs: tuple[str, ...]) -> None:
    left = [["" if cell == gone else cell for cell in line] for line in WHOLE]
    assert line_invoice.missing(left) == paragraphs


def test_only_such_an_invoice_is_taken_for_one() -> None:
    assert line_invoice.is_one(["INVOICE FOR DEMURRAGE AND DETENTION"])
    assert line_invoice.is_one(["Per diem invoice 7711"])
    for other in ("COMMERCIAL INVOICE", ("Demurrage may be charged after the free time of the invoice "
                  "period as the tariff of the line says."), "ARRIVAL NOTICE"):  # fmt: skip
        assert not line_invoice.is_one([other])


def test_its_two_periods() -> None:
    assert line_invoice.dispute_by(date(2026, 5, 20)) == date(2026, 6, 19)
    assert line_invoice.dispute_by(None) is None
    assert line_invoice.issued_late(date(2026, 6, 13), date(2026, 5, 13))
    assert not line_invoice.issued_late(date(2026, 6, 12), date(2026, 5, 13))
    assert not line_invoice.issued_late(None, date(2026, 5, 13))
