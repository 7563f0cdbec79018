"""Figures against numbers counted by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from bot.web.figures import page
from workflows import figures, stats
from workflows.figures import Case, HoldTaken
from workflows.states import Refused

BEGAN = datetime(2026, 5, 4, 8, tzinfo=UTC)


def case(number: int, **more: object) -> Case:
    facts: dict[str, object] = {
        "ref": f"SHP-{number}", "importer": "Kestrel", "lane": "VN ocean", "began_at": BEGAN,
        "ready_at": BEGAN + timedelta(hours=number), "filed_at": BEGAN + timedelta(hours=number + 1),
        "arrives_on": date(2026, 5, 8), "documents": 2, "codes": 2, "first_choice": 1,
    }  # fmt: skip
    return Case.model_validate(facts | more)


CASES = [
    case(1, holds=(HoldTaken(kind="document", hours=10.0), HoldTaken(kind="document", hours=20.0))),
    case(3, corrected=1, holds=(HoldTaken(kind="document"),), demurrage=Decimal("1110.00")),
    case(8, arrives_on=date(2026, 5, 5), corrected=2, demurrage=Decimal(0)),
    case(90, arrives_on=None, importer="Juniper", lane="CN ocean"),
    case(5, ready_at=None, filed_at=None),
]


def test_each_figure_is_what_a_hand_counts() -> None:
    found = {one.name: one for one in figures.figures(CASES)}
    assert (found["booking_to_ready"].value, found["booking_to_ready"].of) == (Decimal("5.5"), 4)
    assert found["ready_to_filed"].value == Decimal("1.0")
    assert (found["filed_calmly"].value, found["filed_calmly"].of) == (Decimal("66.7"), 3)
    assert (found["hold_rate"].value, found["hold_rate"].of) == (Decimal("50.0"), 4)
    assert (found["hold_hours_document"].value, found["hold_hours_document"].of) == (15, 2)
    assert "1 of this kind still stand" in found["hold_hours_document"].definition
    assert (found["corrected_per_document"].value, found["corrected_per_document"].of) == (
        Decimal("0.30"), 10,
    )  # fmt: skip
    assert (found["first_candidate"].value, found["first_candidate"].of) == (Decimal("50.0"), 10)
    assert (found["demurrage"].value, found["demurrage"].of) == (Decimal("555.00"), 2)
    assert all(one.too_few for one in found.values())
    assert not figures.figures(CASES * 5)[0].too_few


def test_nothing_is_made_of_nothing() -> None:
    assert all(one.value is None and one.of == 0 for one in figures.figures([]))


def test_demurrage_avoided_is_against_the_mean_before() -> None:
    before = [case(n, demurrage=Decimal(300)) for n in range(2)]
    after = [case(n, demurrage=Decimal(100)) for n in range(3)]
    assert figures.avoided(before, after).value == Decimal("600.00")
    assert figures.avoided([], after).value is None


def test_a_table_holds_every_scope_and_no_formula() -> None:
    asked = stats.Asked(split=date(2026, 5, 5))
    bad = [*CASES, case(2, importer="=cmd()")]
    text = stats.table(bad, asked)
    assert "importer =cmd()" in text
    assert "\n=cmd" not in text
    for scope in ("all", "before 2026-05-05", "importer Juniper", "lane CN ocean"):
        assert f"\n{scope},booking_to_ready," in text
    assert "demurrage_avoided" in text


def test_what_is_asked_is_understood_or_said() -> None:
    asked = stats.parsed('importer="Kestrel Outdoor LLC" lane="CN ocean" before=2026-06-01')
    assert (asked.importer, asked.lane, asked.split) == (
        "Kestrel Outdoor LLC", "CN ocean", date(2026, 6, 1),
    )  # fmt: skip
    assert stats.parsed("") == stats.Asked()
    for wrong in ("since=May", "colour=red", "everything"):
        with pytest.raises(Refused):
            stats.parsed(wrong)


def test_the_page_says_that_they_are_too_few_and_escapes_names() -> None:
    text = page([*CASES, case(2, importer="<script>x")], stats.Asked(), [], "t")
    assert "too few to conclude" in text
    assert "&lt;script&gt;x" in text
    assert "<script" not in text
    assert "http" not in text  # nothing is loaded from elsewhere
    for one in figures.figures(CASES):
        assert one.definition.split(".")[0] in text
