"""What differs between a prepared entry and a filed one, and why."""

from decimal import Decimal

import pytest

from workflows import comparing
from workflows.comparing import Filed
from workflows.states import Refused

OURS = (
    Filed(line=1, hts="8504409510", origin="CN", quantity=Decimal(1500), unit="no",
          value=Decimal("9300.00"), mid="CNSHEBRI88SHE", duty=Decimal("0.00")),
    Filed(line=2, hts="6911108010", origin="CN", quantity=Decimal(380), unit="doz",
          value=Decimal("28450.00"), mid="CNSHEBRI88SHE", duty=Decimal("5917.60")),
)  # fmt: skip


def filed(**changes: object) -> list[Filed]:
    """The same entry, the second line otherwise."""
    return [OURS[0], OURS[1].model_copy(update=changes)]


@pytest.mark.parametrize(
    ("theirs", "causes", "critical"),
    [
        (filed(), [], False),
        (filed(unit="pcs"), ["unit"], False),
        (filed(mid="CNSHEBRI89SHE"), ["manufacturer"], False),
        (filed(hts="6911108090"), ["statistical_suffix"], False),
        (filed(hts="6912008090", duty=Decimal("100.00")), ["code"], True),
        (filed(value=Decimal("28450.40")), [], False),
        (filed(value=Decimal("28451.00")), ["value"], True),
        (filed(duty=Decimal("5917.61")), ["duty"], True),
        (filed(origin="VN"), ["origin"], True),
        (filed(quantity=Decimal(381)), ["quantity"], False),
        ([OURS[0]], ["line_missing"], True),
        ([*OURS, Filed(line=3, hts="1")], ["line_added"], True),
        ([OURS[1].model_copy(update={"line": 1}), OURS[0].model_copy(update={"line": 2})],
         ["lines_swapped"], False),
        ([one.model_copy(update={"value": one.value * Decimal("1.1")}) for one in OURS],
         ["exchange_rate"], True),
        (filed(value=Decimal("29650.00"), duty=Decimal("6167.20")), ["freight"], True),
        (filed(mid=None, unit=None, quantity=None, origin=None, value=None, duty=None), [], False),
    ],
)  # fmt: skip
def test_each_difference_has_its_cause(
    theirs: list[Filed], causes: list[str], critical: bool
) -> None:
    found = comparing.differences(OURS, theirs, freight=[Decimal(1200)])
    assert [one.cause for one in comparing.counted(found)] == causes
    assert any(one.critical for one in found) == critical


def test_a_duty_that_follows_from_another_difference_is_told_and_not_counted_twice() -> None:
    found = comparing.differences(OURS, filed(value=Decimal(20000), duty=Decimal("4160.00")))
    assert [one.cause for one in found] == ["value", "follows"]


def test_a_file_is_read_as_people_write_it() -> None:
    text = '\ufeffLine,HTS,Value,Duty,Unit\n1,8504.40.9510,"9,300.00",$0,NO\n2,6911.10.80.10,,,\n'
    first, second = comparing.read(text)
    assert (first.hts, first.value, first.duty, first.unit) == ("8504409510", 9300, 0, "no")
    assert (second.hts, second.value) == ("6911108010", None)


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "line,hts\n", "line,hts\nx,1\n", "line,hts\n1,1\n1,2\n",
             "line,hts,value\n1,1,NaN\n", "line,hts,value\n1,1,1e\n"],
)  # fmt: skip
def test_a_file_that_is_no_entry_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        comparing.read(text)
