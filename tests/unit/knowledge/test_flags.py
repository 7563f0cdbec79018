"""The table of other agencies and special rules: what it says, and what it refuses."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from knowledge import flags

TODAY = date(2026, 11, 21)
HEAD = "codes,except,agency,programme,level,what,source,source_kind,first,last\n"
GOOD = "6109-6110 7308.20,6109.90,FDA,FOO,must,a thing to do,21 CFR 1,regulation,2020-01-01,\n"


def said(code: str, on: date = TODAY) -> list[tuple[str, str | None, str]]:
    return [(one.agency, one.programme, one.level) for one in flags.flags_for(code, on)]


@pytest.mark.parametrize(
    ("code", "flag"),
    [
        ("0306.17.00.03", ("FDA", "FOO", "must")),
        ("0306.17.00.03", ("NMFS", "SIM", "may")),
        ("0201.10.05.10", ("FSIS", "FSI", "must")),
        ("0407.21.00.00", ("AMS", "EGG", "may")),
        ("3004.90.92.90", ("FDA", "DRU", "must")),
        ("9018.90.80.00", ("FDA", "DEV", "must")),
        ("3808.91.50.01", ("EPA", "PS1", "must")),
        ("2905.11.20.00", ("EPA", "TS1", "must")),
        ("8703.23.01.90", ("NHTSA", "MVS", "must")),
        ("8703.23.01.90", ("EPA", "VNE", "must")),
        ("9503.00.00.73", ("CPSC", "CP", "must")),
        ("9302.00.00.20", ("ATF", "AFE", "must")),
        ("8504.40.95.10", ("FCC", None, "may")),
        ("4412.33.06.00", ("APHIS", "LAC", "must")),
        ("9404.21.00.00", ("Commerce", "AD/CVD", "may")),
        ("7210.49.00.30", ("CBP", "Section 232 steel", "must")),
        ("7604.10.10.00", ("CBP", "Section 232 aluminum", "must")),
    ],
)
def test_a_line_meets_its_agencies(code: str, flag: tuple[str, str | None, str]) -> None:
    assert flag in said(code)


def test_must_and_may_are_kept_apart_and_must_comes_first() -> None:
    levels = [level for _, _, level in said("0306.17.00.03")]
    assert levels == sorted(levels, reverse=True)
    assert set(levels) == {"must", "may"}


def test_an_agency_that_says_must_does_not_say_may_of_the_same_programme() -> None:
    found = said("4412.33.06.00")
    assert found.count(("APHIS", "LAC", "must")) == 1
    assert ("APHIS", "LAC", "may") not in found


def test_the_melt_of_steel_is_asked_from_the_day_that_it_is_due() -> None:
    assert ("CBP", "Section 232 steel", "must") not in said("7210.49.00.30", date(2024, 6, 1))


def test_every_flag_names_its_source_its_kind_and_its_edition() -> None:
    found = flags.flags_for("7210.49.00.30", TODAY)
    assert all(one.source and one.edition for one in found)
    assert {one.source_kind for one in found} == {"regulation", "general"}


def test_a_heading_alone_is_enough_and_a_chapter_is_not() -> None:
    assert said("0306")
    assert said("03") == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("FDA", "FBI"), "“FBI” is no agency that we know"),
        (("must", "should"), "level"),
        (("6109-6110", "6110-6109"), "is no range"),
        (("6109-6110", "6109-61.10"), "is no tariff number"),
        (("6109-6110", "610"), "is no tariff number"),
        (("2020-01-01,", "2020-01-01,2019-01-01"), "before it begins"),
        (("2020-01-01", "soon"), "first"),
        (("21 CFR 1", ""), "source"),
        (("regulation", "hearsay"), "source_kind"),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(
    tmp_path: Path, change: tuple[str, str], reason: str
) -> None:
    path = tmp_path / "pga.csv"
    path.write_text(HEAD + GOOD + GOOD.replace(*change), "utf-8")
    with pytest.raises(flags.BadTable, match=r"pga.csv, line 3") as refused:
        flags.read(path, named="test")
    assert reason in str(refused.value)


def test_a_range_a_single_number_and_an_exception_are_read(tmp_path: Path) -> None:
    path = tmp_path / "pga.csv"
    path.write_text(HEAD + GOOD, "utf-8")
    (rule,) = flags.read(path, named="test")
    meets = {
        code: rule.meets(code, TODAY)
        for code in ("6109100012", "6110200010", "6109908010", "7308200020", "7308900000")
    }
    assert meets == {
        "6109100012": True,
        "6110200010": True,
        "6109908010": False,
        "7308200020": True,
        "7308900000": False,
    }
    assert not rule.meets("6109100012", date(2019, 12, 31))


@pytest.mark.parametrize(
    ("unit", "wanted", "missing"),
    [
        ("PCS", ("No.",), None),
        ("PCS", ("doz.", "kg"), "the quantity in kg is needed"),
        ("KGS", ("t",), None),
        ("CTNS", ("kg",), "the invoice says CTNS"),
        ("PCS", ("X",), None),
        (None, ("kg",), None),
        ("PCS", (), None),
    ],
)
def test_the_invoices_unit_is_held_against_the_tariffs(
    unit: str | None, wanted: tuple[str, ...], missing: str | None
) -> None:
    found = flags.unit_problem(unit, wanted)
    assert (found is None) == (missing is None)
    assert (missing or "") in (found or "")
