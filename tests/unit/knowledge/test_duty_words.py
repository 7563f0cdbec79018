"""The duty in words, as the entry summary wants it, and under other facts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from knowledge.duty import explain, whatif
from knowledge.duty.line import DutyQuery
from knowledge.duty.whatif import Change
from tests.unit.knowledge.duty_goods import SPRING, duty, entry, shelf

LAMP = DutyQuery(code="6109.10.00.40", value=Decimal(3500), origin="CN")


def test_a_paragraph_says_every_layer_and_what_would_change_it() -> None:
    said = explain.paragraph(duty("8504.40.95.50", "1500"), origin="CN")
    assert said.startswith("Line 1, 8504.40.95.50, product of CN: MFN 8504.40.95.50: free on")
    assert "9903.88.03: 25% of USD 1,500.00 is USD 375.00" in said
    assert "Duty in all: USD 525.00." in said
    assert said.endswith("9903.03.01: if entered as civil aircraft under 9903.03.05: 0.00.")


def test_a_paragraph_tells_what_gives_way_what_is_spared_and_what_is_open() -> None:
    metal = explain.paragraph(duty("7326.90.86.88"))
    assert "Section 122 9903.03.06: not charged on USD 10,000.00" in metal
    spared = explain.paragraph(duty("8471.30.01.00"))
    assert "Section 122 9903.03.03: no additional duty" in spared
    later = explain.paragraph(duty("6402.99.31.65", on=date(2026, 8, 1)))
    assert "9903.05.20-.84 is open" in later
    assert "No total can be said yet." in later


def test_a_refused_line_says_only_why() -> None:
    assert explain.paragraph(duty("6109.10.00")).startswith("line 1: 6109.10.00 has 8 digits")


def test_the_entry_summary_reports_the_ordinary_number_last_with_the_value() -> None:
    made = entry(("8504.40.95.50", "1500", "CN"), ("6402.99.31.65", "2800", "VN"))
    rows = [(row.line, row.heading, row.entered_value, row.duty) for row in explain.summary(made)]
    assert rows == [
        ("001", "9903.88.03", None, Decimal("375.00")),
        (None, "9903.03.01", None, Decimal("150.00")),
        (None, "8504.40.95.50", Decimal("1500.00"), Decimal("0.00")),
        ("002", "9903.03.01", None, Decimal("280.00")),
        (None, "6402.99.31.65", Decimal("2800.00"), Decimal("168.00")),
        (None, "499", None, Decimal("33.58")),
        (None, "501", None, Decimal("5.38")),
    ]


def test_the_table_lines_up_and_leaves_what_is_open_open() -> None:
    made = entry(("6402.99.31.65", "2800", "VN"), on=date(2026, 8, 1), by_sea=False)
    text = explain.table(explain.summary(made)).splitlines()
    assert text[0].split() == ["Line", "HTSUS", "no.", "Entered", "value", "Rate", "Duty"]
    assert text[1].startswith("001")
    assert text[1].endswith("open")
    assert len({line.index("9903") for line in text[1:2]} | {text[2].index("6402")}) == 1


def test_a_total_that_cannot_be_said_leaves_the_summary_open() -> None:
    made = entry(("6402.99.31.65", "2800", "ZZ"), by_sea=True)
    assert [row.heading for row in explain.summary(made)] == ["499", "501"]
    assert made.total is None


def test_other_facts_give_other_duties_side_by_side() -> None:
    changes = [
        Change(origin="VN"),
        Change(code="6109.10.00.12"),
        Change(on=date(2026, 2, 1)),
        Change(origin="KR", preference="KR"),
        Change(claims=frozenset({"donation"})),
        Change(code="6109.10.00"),
    ]
    found = whatif.alternatives(LAMP, changes, on=SPRING, shelf=shelf())
    told = [(str(one.change), str(one.duty.total), str(one.difference)) for one in found]
    assert told == [
        ("origin VN", "USD 927.50", "USD -262.50"),
        ("code 6109.10.00.12", "USD 1,190.00", "USD 0.00"),
        ("entered 2026-02-01", "USD 1,540.00", "USD 350.00"),
        ("origin KR; preference KR", "USD 350.00", "USD -840.00"),
        ("claimed donation", "USD 840.00", "USD -350.00"),
        ("code 6109.10.00", "None", "None"),
    ]
