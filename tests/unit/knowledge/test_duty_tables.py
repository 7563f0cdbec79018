from __future__ import annotations

import csv
import itertools
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pycountry
import pytest

from knowledge.duty import fees, measures, stack
from knowledge.duty.chapter99 import NAMES
from knowledge.duty.measures import (
    COLUMN_TWO,
    EUROPEAN_UNION,
    FOLDER,
    CountryRate,
    Displacement,
    Measure,
    Override,
    Scopes,
)
from knowledge.duty.programmes import programmes
from knowledge.duty.special import groups as special_groups

HAND = measures.hand_rows()
SHIPPED = measures.tables()
LAST_DAY = date.max
IEEPA = {"fentanyl", "reciprocal", "brazil"}
PRESIDENTS_DAY = date(2026, 2, 23)
COUNTRIES = {one.alpha_2 for one in pycountry.countries}
MPF_EXEMPT_AGREEMENTS = ["AU", "BH", "CL", "CO", "IL", "KR", "OM", "P", "PA", "PE", "S", "SG"]


def in_force(group: str, on: date) -> list[str]:
    return [row.heading for row in SHIPPED.on(on).groups.get(group, [])]


def listed() -> set[str]:
    return {name for name, _, _ in measures.scope_rows()}


def overlapping(rows: tuple[Measure, ...]) -> Iterator[tuple[Measure, Measure]]:
    """Rows of one heading that would both speak of the same goods on the same day."""
    same = defaultdict(list)
    for row in rows:
        same[row.group, row.heading, row.scope, row.claims, row.ask].append(row)
    for one, other in itertools.chain.from_iterable(
        itertools.combinations(found, 2) for found in same.values()
    ):
        in_time = one.first <= (other.last or LAST_DAY) and other.first <= (one.last or LAST_DAY)
        if in_time and any(one.concerns(code) and other.concerns(code) for code in COUNTRIES):
            yield one, other


def test_every_row_says_where_it_comes_from() -> None:
    assert [row.heading for row in SHIPPED.measures if not row.source.strip()] == []
    assert [row.heading for row in SHIPPED.overrides if not row.citation.strip()] == []
    assert [row for row in SHIPPED.displacements if not row.source.strip()] == []
    assert [row for row in SHIPPED.revisions.values() if not row.source.strip()] == []
    assert [row for row in fees.table() if not row.source.strip()] == []
    assert [row.spi for row in programmes().values() if not row.source.strip()] == []


def test_every_list_that_a_measure_names_is_on_file() -> None:
    named = set[str]().union(*(row.lists for row in HAND))
    assert named - listed() == set()


def test_every_list_on_file_is_used_by_a_measure() -> None:
    named = set[str]().union(*(row.lists for row in HAND))
    assert {name for name in listed() - named if not name.startswith("not_")} == set()


def test_a_list_of_what_a_heading_spares_names_a_heading() -> None:
    spared = {name.removeprefix("not_") for name in listed() if name.startswith("not_")}
    assert spared == {"9903.88.04", "9903.88.15"}
    assert spared <= {row.heading for row in HAND}


def test_the_lists_on_file_are_those_that_the_chapter_is_read_for() -> None:
    assert listed() == set(NAMES)


def test_every_number_on_a_list_is_a_tariff_number_and_stands_there_once() -> None:
    rows = measures.scope_rows()
    assert {len(code) for _, code, _ in rows} == {4, 6, 8, 10}
    assert all(code.isdigit() and "01" <= code[:2] <= "97" for _, code, _ in rows)
    assert len({(name, code) for name, code, _ in rows}) == len(rows)


def test_the_scope_of_a_row_is_of_a_kind_that_is_understood() -> None:
    assert [
        row.heading
        for row in HAND
        if row.scope not in {"all", "footnote"} and not row.lists and not row.codes
    ] == []


def test_a_row_covers_either_lists_or_digits() -> None:
    crane = next(row for row in HAND if row.heading == "9903.91.09")
    assert (crane.codes, crane.lists) == (("84261900",), frozenset())
    lumber = next(row for row in HAND if row.heading == "9903.76.01")
    assert (lumber.codes, lumber.lists) == ((), frozenset({"lumber"}))


def test_no_two_periods_of_a_heading_overlap_for_the_same_goods() -> None:
    assert list(overlapping(SHIPPED.measures)) == []


def test_no_period_ends_before_it_begins() -> None:
    dated = [*SHIPPED.measures, *SHIPPED.displacements]
    assert [row for row in dated if row.last is not None and row.last < row.first] == []


def test_every_duty_has_its_rate_and_every_exemption_has_none() -> None:
    duties = [row for row in SHIPPED.measures if row.kind in {"add", "total", "replace"}]
    assert [row.heading for row in duties if row.rate is None or row.rate <= 0] == []
    spared = [row for row in SHIPPED.measures if row.kind in {"exempt", "skip"}]
    assert [row.heading for row in spared if row.rate is not None] == []


def test_a_duty_up_to_a_total_names_the_heading_for_a_base_as_high() -> None:
    assert [row.heading for row in HAND if (row.kind == "total") != bool(row.heading_above)] == []


def test_what_depends_on_a_fact_says_which_in_words() -> None:
    depends = [row for row in HAND if row.claims or row.ask or row.kind == "unknown"]
    assert [row.heading for row in depends if not row.when] == []


def test_a_person_is_asked_only_about_what_the_goods_are_for() -> None:
    asking = [row for row in HAND if row.ask]
    assert {row.ask for row in asking} == {
        "auto_part",
        "kitchen_cabinet",
        "ship_to_shore_crane",
        "truck_part",
    }
    assert [row.heading for row in asking if row.claims] == []


def test_groups_that_give_way_exist_and_so_do_those_that_they_give_way_to() -> None:
    groups = {row.group for row in SHIPPED.measures}
    assert {row.group for row in SHIPPED.displacements} <= groups
    assert {row.by for row in SHIPPED.displacements} <= groups


def test_every_group_has_its_place_on_the_entry_summary() -> None:
    assert {row.group for row in SHIPPED.measures} - {"column2"} == set(stack.ORDER)


def test_the_origins_are_countries() -> None:
    named = set[str]().union(*(row.origins | row.not_origins for row in SHIPPED.measures))
    assert named - COUNTRIES == set()
    assert set[str]().union(*(row.origins for row in SHIPPED.displacements)) - COUNTRIES == set()


def test_rows_for_each_country_are_spread_over_the_countries_on_file() -> None:
    assert not any(row.heading.startswith("country:") for row in SHIPPED.measures)
    (vietnam,) = [row for row in SHIPPED.measures if row.heading == "9903.02.69"]
    assert (vietnam.origins, vietnam.rate) == (frozenset({"VN"}), Decimal(20))
    assert (vietnam.first, vietnam.last) == (date(2025, 8, 7), PRESIDENTS_DAY)


def test_a_heading_that_names_several_countries_has_a_row_for_each() -> None:
    rows = [row for row in SHIPPED.measures if row.heading == "9903.01.43"]
    assert {next(iter(row.origins)) for row in rows} == {"CM", "CD"}
    assert {row.rate for row in rows} == {Decimal(11)}


def test_every_country_row_carries_a_rate_and_a_country() -> None:
    rows = measures.country_rates()
    assert [row for row in rows if row.rate <= 0 or row.origin not in COUNTRIES | {"EU"}] == []
    assert len({(row.heading, row.origin) for row in rows}) == len(rows)


def test_the_countries_that_an_edition_prints_stand_instead_of_those_on_file() -> None:
    printed = [
        CountryRate(heading="9903.02.26", origin="IN", rate=Decimal(18)),
        CountryRate(heading="9903.05.21", origin="EU", rate=Decimal("12.5")),
        CountryRate(heading="9903.09.99", origin="IN", rate=Decimal(99)),
    ]
    made = measures.with_edition(countries_printed=printed)
    india = [row for row in made.measures if row.heading == "9903.02.26"]
    assert [row.rate for row in india] == [Decimal(18)]
    (union,) = [row for row in made.measures if row.heading == "9903.05.21"]
    assert (union.group, union.rate) == ("s301_labor", Decimal("12.5"))
    assert union.origins == EUROPEAN_UNION
    assert [row for row in made.measures if row.heading == "9903.09.99"] == []


def test_the_lists_that_an_edition_prints_stand_instead_of_those_on_file() -> None:
    printed = {"lumber": ("44031100",), "ieepa_annex2": ("09011100", "27090010")}
    made = measures.with_edition(lists=printed).scopes
    assert made.of("4403110020", date(2026, 5, 4)) == {"lumber"}
    assert made.of("4407110001", date(2026, 5, 4)) == frozenset()
    assert made.of("0901110015", date(2025, 11, 12)) == frozenset()
    assert made.of("0901110015", date(2025, 11, 13)) == {"ieepa_annex2"}


@pytest.mark.parametrize(
    ("bare", "names"),
    [
        ("7206100000", {"four"}),
        ("7301100000", {"six", "eight"}),
        ("7301100001", {"six", "eight", "ten"}),
        ("7301200000", set()),
    ],
)
def test_a_number_stands_on_the_lists_of_the_numbers_above_it(bare: str, names: set[str]) -> None:
    rows = [
        ("four", "7206", None),
        ("six", "730110", None),
        ("eight", "73011000", None),
        ("ten", "7301100001", None),
    ]
    assert Scopes(rows).of(bare, date(2026, 5, 4)) == names


@pytest.mark.parametrize(
    ("day", "charged"),
    [
        (date(2026, 2, 23), False),
        (date(2026, 2, 24), True),
        (date(2026, 7, 23), True),
        (date(2026, 7, 24), False),
    ],
)
def test_section_122_runs_from_24_february_to_23_july_2026(day: date, charged: bool) -> None:
    assert ("9903.03.01" in in_force("s122", day)) is charged


@pytest.mark.parametrize("group", sorted(IEEPA))
def test_the_ieepa_duties_end_on_23_february_2026(group: str) -> None:
    assert in_force(group, PRESIDENTS_DAY) != []
    assert in_force(group, date(2026, 2, 24)) == []


def test_the_ieepa_duty_on_india_ended_earlier() -> None:
    assert "9903.01.84" in in_force("india", date(2026, 2, 6))
    assert in_force("india", date(2026, 2, 7)) == []


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (date(2025, 2, 3), []),
        (date(2025, 2, 4), ["10"]),
        (date(2025, 3, 4), ["20"]),
        (date(2025, 11, 10), ["10"]),
        (date(2026, 2, 24), []),
    ],
)
def test_the_fentanyl_duty_on_china_follows_its_changes(day: date, rate: list[str]) -> None:
    rows = SHIPPED.on(day).groups.get("fentanyl", [])
    assert [str(row.rate) for row in rows if row.concerns("CN") and row.kind == "add"] == rate


def test_the_metal_duties_change_over_on_6_april_2026() -> None:
    before, after = SHIPPED.on(date(2026, 4, 5)), SHIPPED.on(date(2026, 4, 6))
    old = {"old_steel", "old_aluminum", "old_copper"}
    assert old <= set(before.groups)
    assert old.isdisjoint(after.groups)
    assert "9903.82.02" not in in_force("s232", before.on)
    assert "9903.82.02" in in_force("s232", after.on)


def test_a_day_is_put_together_once() -> None:
    assert SHIPPED.on(date(2026, 5, 4)) is SHIPPED.on(date(2026, 5, 4))


def test_what_gives_way_is_in_force_only_in_its_time() -> None:
    during, after = SHIPPED.on(date(2026, 7, 23)), SHIPPED.on(date(2026, 7, 24))
    assert [row.by for row in during.displacements["s122"]] == ["s232"]
    assert "s122" not in after.displacements
    assert "s301_labor" in after.displacements


def test_a_displacement_without_an_end_stays_in_force() -> None:
    rule = Displacement(group="a", by="b", first=date(2026, 1, 1), source="a note")
    assert not rule.in_force(date(2025, 12, 31))
    assert rule.in_force(date(2099, 1, 1))


def test_the_union_has_27_members_and_the_united_kingdom_is_none() -> None:
    assert len(EUROPEAN_UNION) == 27
    assert EUROPEAN_UNION <= COUNTRIES
    assert "GB" not in EUROPEAN_UNION
    (autos,) = [row for row in HAND if row.heading == "9903.94.51"]
    assert autos.origins == EUROPEAN_UNION


def test_column_two_stands_for_four_countries() -> None:
    assert {"BY", "CU", "KP", "RU"} == COLUMN_TWO
    (reciprocal,) = [row for row in HAND if row.heading == "9903.01.25"]
    assert reciprocal.not_origins == COLUMN_TWO | {"CA", "MX"}
    assert not reciprocal.concerns("RU")
    assert reciprocal.concerns("VN")


@pytest.mark.parametrize(
    ("name", "code", "since"),
    [
        ("ieepa_annex2", "09011100", date(2025, 11, 13)),
        ("ieepa_annex2", "27090010", None),
        ("ieepa_br_spared", "02011005", date(2025, 11, 13)),
        ("ieepa_br_spared", "08012100", None),
        ("ieepa_br_spared", "20091100", None),
        ("s122_spared", "09011100", None),
    ],
)
def test_goods_of_the_farm_joined_the_reciprocal_lists_on_13_november_2025(
    name: str, code: str, since: date | None
) -> None:
    assert measures.since(name, code) == since


def test_the_dates_of_the_lists_on_file_follow_the_same_rule() -> None:
    assert all(first == measures.since(name, code) for name, code, first in measures.scope_rows())


def test_a_line_is_barred_from_a_heading_whose_footnote_reaches_too_far() -> None:
    assert SHIPPED.on(date(2026, 5, 4)).barred == {("9903.91.01", "63079098")}


@pytest.mark.parametrize(
    ("first", "last", "excused"),
    [
        (None, None, True),
        (date(2026, 3, 1), None, True),
        (date(2026, 3, 2), None, False),
        (None, date(2026, 3, 1), True),
        (None, date(2026, 2, 28), False),
    ],
)
def test_an_override_excuses_the_rows_that_begin_in_its_time(
    first: date | None, last: date | None, excused: bool
) -> None:
    row = HAND[0].model_copy(update={"heading": "9903.50.01", "first": date(2026, 3, 1)})
    rule = Override(
        heading="9903.50.01", what="headings_later", first=first, last=last, citation="a notice"
    )
    assert rule.excuses(row) is excused
    assert not rule.excuses(row.model_copy(update={"heading": "9903.50.02"}))


def test_every_override_speaks_of_a_heading_that_is_on_file() -> None:
    on_file = {row.heading for row in HAND}
    assert {row.heading for row in SHIPPED.overrides if row.what != "never"} <= on_file
    assert "9903.88.16" not in on_file


def test_the_editions_follow_each_other() -> None:
    rows = list(SHIPPED.revisions.values())
    assert [row.published for row in rows] == sorted(row.published for row in rows)
    assert rows[0].edition == "HTSUS 2025 basic edition"
    assert rows[0].effective == measures.COVERED_FROM
    assert rows[-1].effective <= measures.COVERED_TO


def test_no_day_that_is_covered_lacks_its_processing_fee() -> None:
    rows = sorted((row for row in fees.table() if row.fee == "MPF"), key=lambda row: row.first)
    assert rows[0].first <= measures.COVERED_FROM
    assert rows[-1].last == measures.COVERED_TO
    ends = [(one.last, other.first) for one, other in itertools.pairwise(rows)]
    assert [(first - last).days for last, first in ends if last is not None] == [1, 1]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.csv")), ids=lambda path: path.stem)
def test_the_rows_of_a_table_are_as_wide_as_its_head(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        assert len({len(row) for row in csv.reader(file)}) == 1


@pytest.mark.parametrize("spi", ["A", "A*", "A+"])
def test_gsp_has_lapsed_whatever_the_schedule_still_prints(spi: str) -> None:
    gsp = programmes()[spi]
    assert gsp.live(date(2020, 12, 31))
    assert not gsp.live(date(2021, 1, 1))
    assert gsp.serves("KH")


def test_agoa_is_good_through_31_december_2026_for_its_countries() -> None:
    agoa = programmes()["D"]
    assert agoa.live(date(2025, 11, 1))
    assert agoa.live(date(2026, 12, 31))
    assert not agoa.live(date(2027, 1, 1))
    assert agoa.serves("KE")
    assert not agoa.serves("IN")


@pytest.mark.parametrize(
    ("spi", "origins"),
    [
        ("AU", {"AU"}),
        ("CL", {"CL"}),
        ("JO", {"JO"}),
        ("KR", {"KR"}),
        ("P", {"CR", "DO", "GT", "HN", "NI", "SV"}),
        ("S", {"CA", "MX"}),
        ("S+", {"CA", "MX"}),
    ],
)
def test_the_letters_of_an_agreement_serve_its_countries_and_no_others(
    spi: str, origins: set[str]
) -> None:
    agreement = programmes()[spi]
    assert {code for code in COUNTRIES if agreement.serves(code)} == origins
    assert agreement.live(date(2026, 5, 4))
    assert not agreement.live(date(1980, 1, 1))


@pytest.mark.parametrize("spi", MPF_EXEMPT_AGREEMENTS)
def test_these_agreements_spare_the_processing_fee(spi: str) -> None:
    assert programmes()[spi].mpf_exempt


@pytest.mark.parametrize("spi", ["JO", "MA", "JP", "D", "NP", "B", "C"])
def test_these_programmes_do_not_spare_the_processing_fee(spi: str) -> None:
    assert not programmes()[spi].mpf_exempt


@pytest.mark.parametrize(("spi", "origin"), [("CA", "CA"), ("MX", "MX"), ("J", "PE")])
def test_the_letters_of_programmes_that_are_gone_are_dead(spi: str, origin: str) -> None:
    assert programmes()[spi].serves(origin)
    assert not programmes()[spi].live(measures.COVERED_FROM)


def test_every_letter_of_a_usual_special_column_is_known() -> None:
    printed = "Free (A*,AU,BH,CL,CO,D,E,IL,JO,JP,KR,MA,NP,OM,P,PA,PE,R,S,SG)"
    ((_, letters),) = special_groups(printed) or ()
    assert set(letters) <= set(programmes())
