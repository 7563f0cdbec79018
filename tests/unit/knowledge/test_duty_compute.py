"""What a broker would check by hand: the worked example, a filed line, and the law by date."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.duty import compute
from knowledge.duty.book import Book, Shelf
from knowledge.duty.desk import DutyDesk
from knowledge.duty.line import DutyQuery
from tests.unit.knowledge.duty_goods import LINES, SPRING, duty, entry, goods, layers, shelf

WORKED = (
    ("8471.30.01.00", "5000", "0.00"),
    ("8504.40.95.50", "1500", "525.00"),
    ("8517.13.00.00", "12000", "0.00"),
    ("6109.10.00.40", "3500", "1190.00"),
    ("9404.90.10.30", "1800", "410.40"),
    ("3924.10.40.00", "600", "80.40"),
    ("8536.69.40.10", "900", "315.00"),
    ("9403.20.00.50", "4200", "1470.00"),
    ("8443.32.10.50", "2200", "385.00"),
    ("6402.99.31.65", "2800", "448.00"),
)


def test_the_worked_example_comes_out_to_the_cent() -> None:
    made = entry(*((code, value, "CN") for code, value, _ in WORKED))
    totals = [str(line.total.amount) if line.total else None for line in made.lines]
    assert totals == [total for _, _, total in WORKED]
    assert str(made.duty) == "USD 4,823.80"
    assert made.mpf is not None
    assert made.hmf is not None
    assert (str(made.mpf.amount), str(made.hmf.amount)) == ("USD 119.51", "USD 43.13")
    assert str(made.total) == "USD 4,986.44"


def test_a_filed_entry_summary_line_agrees_in_order_and_amount() -> None:
    made = duty("7326.90.86.88", "14172", on=date(2026, 8, 15))
    assert layers(made) == [
        ("9903.88.03", "3543.00"),
        ("9903.05.90", "0.00"),
        ("9903.82.02", "7086.00"),
        ("7326.90.86.88", "410.99"),
    ]
    assert str(made.total) == "USD 11,039.99"


def test_a_civil_aircraft_exemption_counts_only_when_it_is_claimed() -> None:
    plain = duty("8504.40.95.50", "1500")
    assert plain.layers[1].condition == "if entered as civil aircraft under 9903.03.05: 0.00"
    claimed = duty("8504.40.95.50", "1500", claims={"civil_aircraft"})
    assert layers(claimed)[1] == ("9903.03.05", "0.00")
    assert str(claimed.total) == "USD 375.00"


def test_an_exclusion_is_told_where_the_footnote_marks_it_and_taken_when_claimed() -> None:
    plain = duty("7326.90.86.88", on=SPRING)
    assert "9903.88.69: 0.00" in (plain.layers[0].condition or "")
    excluded = duty("7326.90.86.88", claims={"9903.88.69"})
    assert layers(excluded)[0] == ("9903.88.69", "0.00")
    assert duty("8536.69.40.10").layers[0].condition is None


@pytest.mark.parametrize(
    ("code", "heading"),
    [("9401.71.00.01", None), ("9401.71.00.11", "9903.88.04")],
)
def test_ten_digits_decide_where_a_note_takes_goods_out_again(
    code: str, heading: str | None
) -> None:
    found = [one.heading for one in duty(code).layers if one.authority.startswith("Section 301")]
    assert found == ([heading] if heading else [])


def test_the_four_year_review_replaces_the_older_list_from_its_day_on() -> None:
    stated = {"claims": {"not_auto_part", "not_truck_part"}}
    before = duty("8507.60.00.20", on=date(2025, 12, 31), **stated)
    assert layers(before)[0] == ("9903.88.15", "750.00")
    after = duty("8507.60.00.20", on=date(2026, 1, 1), **stated)
    assert layers(after)[0] == ("9903.91.06", "2500.00")


def test_towels_are_not_charged_as_the_face_masks_of_their_subheading() -> None:
    assert layers(duty("6307.90.98.84"))[0][0] == "9903.88.15"


@pytest.mark.parametrize(
    ("day", "origin", "headings", "total"),
    [
        (date(2025, 1, 1), "CN", [], "600.00"),
        (date(2025, 2, 4), "CN", ["9903.01.20"], "1600.00"),
        (date(2025, 3, 4), "CN", ["9903.01.24"], "2600.00"),
        (date(2025, 4, 9), "CN", ["9903.01.24", "9903.01.63"], "11000.00"),
        (date(2025, 4, 10), "HK", ["9903.01.24", "9903.01.63"], "15100.00"),
        (date(2025, 5, 14), "CN", ["9903.01.24", "9903.01.25"], "3600.00"),
        (date(2025, 11, 10), "CN", ["9903.01.24", "9903.01.25"], "2600.00"),
        (date(2025, 4, 9), "VN", ["9903.01.72"], "5200.00"),
        (date(2025, 4, 10), "VN", ["9903.01.25"], "1600.00"),
        (date(2025, 8, 7), "VN", ["9903.02.69"], "2600.00"),
        (date(2025, 8, 7), "DE", ["9903.02.20"], "1500.00"),
        (date(2025, 8, 27), "BR", ["9903.01.77", "9903.02.09"], "5600.00"),
        (date(2025, 8, 27), "IN", ["9903.01.84", "9903.02.26"], "5600.00"),
        (date(2026, 2, 7), "IN", ["9903.02.26"], "3100.00"),
        (date(2025, 8, 1), "CA", ["9903.01.10"], "4100.00"),
        (date(2025, 3, 4), "MX", ["9903.01.01"], "3100.00"),
        (date(2026, 2, 23), "CH", ["9903.02.83"], "1500.00"),
        (date(2026, 2, 24), "CH", ["9903.03.01"], "1600.00"),
        (date(2026, 7, 23), "CH", ["9903.03.01"], "1600.00"),
    ],
)
def test_each_day_has_its_measures(day: date, origin: str, headings: list[str], total: str) -> None:
    made = duty("6402.99.31.65", origin=origin, on=day)
    assert [one.heading for one in made.layers[:-1]] == headings
    assert made.total is not None
    assert str(made.total.amount) == total


def test_a_duty_that_was_struck_down_hints_at_a_refund() -> None:
    assert compute.IEEPA_REFUND in duty("6402.99.31.65", on=date(2025, 6, 1)).advisories
    assert duty("6402.99.31.65").advisories == ()


def test_a_base_of_fifteen_per_cent_leaves_nothing_to_a_fifteen_per_cent_total() -> None:
    made = duty("8474.90.00.10", origin="DE", on=date(2026, 4, 6))
    assert layers(made) == [
        ("9903.03.06", "0.00"),
        ("9903.82.11", "0.00"),
        ("8474.90.00.10", "2000.00"),
    ]


@pytest.mark.parametrize(
    ("facts", "heading", "amount"),
    [
        ({}, "9903.82.09", "2500.00"),
        ({"aluminum": "60"}, "9903.82.09", "2500.00"),
        ({"aluminum": "10"}, "9903.82.03", "0.00"),
        ({"aluminum": "0"}, "9903.82.01", "0.00"),
        ({"smelt_and_cast": "US"}, "9903.82.06", "1000.00"),
        ({"smelt_and_cast": "RU"}, "9903.85.68", "20000.00"),
        ({"origin": "GB", "smelt_and_cast": "GB"}, "9903.82.05", "1500.00"),
        ({"origin": "GB"}, "9903.82.09", "2500.00"),
    ],
)
def test_the_metal_and_its_making_decide_the_heading(
    facts: dict[str, object], heading: str, amount: str
) -> None:
    made = duty("8302.20.00.00", **{"origin": "TW", **facts})  # type: ignore[arg-type]
    assert (heading, amount) in layers(made)


def test_motorcycle_parts_are_spared_when_claimed() -> None:
    stated = {"not_auto_part", "not_truck_part", "9903.82.13"}
    assert ("9903.82.13", "0.00") in layers(duty("8708.10.30.50", origin="TW", claims=stated))


def test_goods_spared_for_little_metal_pay_section_122_again() -> None:
    made = duty("8302.20.00.00", origin="TW", aluminum="10")
    assert layers(made)[:2] == [("9903.03.01", "1000.00"), ("9903.82.03", "0.00")]


def test_the_weight_rule_is_not_for_the_metal_chapters() -> None:
    made = duty("7326.90.86.88", origin="TW", steel="5")
    assert ("9903.82.02", "5000.00") in layers(made)


def test_unstated_metal_is_charged_and_the_way_out_is_told() -> None:
    told = duty("8302.20.00.00", origin="TW").layers[1].condition or ""
    assert "under 9903.82.03: 0.00" in told
    assert "under 9903.85.68: 200%" in told
    known = duty("8306.30.00.00", origin="TW", aluminum="60", smelt_and_cast="TW")
    assert known.layers[1].condition is None


def test_russian_goods_pay_column_two_or_what_replaces_it() -> None:
    made = duty("7210.41.00.00", origin="RU")
    assert layers(made)[-1] == ("7210.41.00.00", "3500.00")
    assert "9903.90.08" in made.layers[-1].authority
    assert ("9903.82.14", "5000.00") in layers(made)
    assert layers(duty("6402.99.31.65", origin="KP", on=date(2026, 3, 1)))[-1][1] == "4500.00"
    assert ("9903.82.12", "2500.00") in layers(duty("8207.20.00.70", origin="BY"))


def test_before_the_metal_annexes_duty_fell_on_the_metal_and_the_rest_paid_the_other() -> None:
    whole = duty("8302.20.00.00", origin="TW", on=date(2026, 3, 1))
    assert ("9903.85.08", "5000.00") in layers(whole)
    assert "the whole value is charged" in (whole.layers[1].condition or "")
    part = duty("8302.20.00.00", origin="TW", aluminum="40", on=date(2026, 3, 1))
    assert layers(part) == [
        ("9903.03.06", "0.00"),
        ("9903.03.01", "600.00"),
        ("9903.85.08", "2000.00"),
        ("8302.20.00.00", "570.00"),
    ]


def test_what_old_lists_do_not_tell_is_a_question_and_no_total() -> None:
    made = duty("7318.15.20.30", on=date(2025, 9, 16))
    assert made.total is None
    assert any("old note 16" in (one.needs or "") for one in made.layers)
    solar = duty("8541.43.00.10", on=date(2025, 6, 1))
    assert "safeguard on solar" in (solar.layers[-2].needs or "")
    copper = duty("7411.22.00.00", origin="CL", on=date(2025, 9, 1))
    assert copper.total is None


def test_quota_countries_before_march_2025_are_asked_about() -> None:
    assert duty("7219.13.00.02", origin="KR", on=date(2025, 1, 15)).total is None
    made = duty("7219.13.00.02", origin="IN", on=date(2025, 1, 15))
    assert ("9903.80.01", "2500.00") in layers(made)


def test_canada_and_mexico_pay_one_of_two_metal_duties_by_date() -> None:
    april = duty("7604.10.50.00", origin="MX", on=date(2025, 4, 9))
    assert [one.heading for one in april.layers] == ["9903.01.01", "7604.10.50.00"]
    june = duty("7604.10.50.00", origin="MX", on=date(2025, 6, 4))
    assert [one.heading for one in june.layers] == ["9903.85.02", "7604.10.50.00"]


def test_a_car_pays_by_its_country() -> None:
    assert ("9903.94.01", "2500.00") in layers(duty("8703.23.01.40", origin="CN"))
    assert ("9903.94.51", "1250.00") in layers(duty("8703.23.01.40", origin="DE"))
    assert ("9903.94.04", "0.00") in layers(
        duty("8703.23.01.40", origin="DE", claims={"over_25_years"})
    )
    assert ("9903.94.31", "750.00") in layers(
        duty("8703.24.01.40", origin="GB", claims={"9903.94.31"})
    )
    told = duty("8703.24.01.40", origin="GB").layers[1].condition or ""
    assert "the UK quota for passenger vehicles is open under 9903.94.31: 7.5%" in told


def test_the_us_content_of_a_usmca_car_must_be_stated() -> None:
    facts = {"origin": "CA", "preference": "USMCA", "claims": {"9903.94.03"}}
    asked = duty("8703.23.01.40", **facts)  # type: ignore[arg-type]
    assert asked.total is None
    assert any("non-US content" in (one.needs or "") for one in asked.layers)
    made = duty("8703.23.01.40", non_us_content="4000", **facts)  # type: ignore[arg-type]
    assert ("9903.94.03", "1000.00") in layers(made)


def test_whether_a_part_is_for_cars_is_asked_with_both_answers() -> None:
    made = duty("8708.50.65.00", origin="CH")
    assert made.total is None
    needs = made.layers[0].needs or ""
    assert "parts of passenger vehicles or light trucks" in needs
    assert "claim auto_part or not_auto_part" in needs
    yes = duty("8708.50.65.00", origin="CH", claims={"auto_part"})
    assert ("9903.94.05", "2500.00") in layers(yes)
    neither = duty("8708.50.65.00", origin="CH", claims={"not_auto_part", "not_truck_part"})
    assert ("9903.03.01", "1000.00") in layers(neither)
    spared = duty("8708.50.65.00", origin="MX", preference="S", claims={"auto_part"})
    assert [one.heading for one in spared.layers] == ["9903.03.08", "9903.94.06", "8708.50.65.00"]


def test_a_question_whose_answers_cost_the_same_is_not_asked() -> None:
    made = duty("8708.10.30.50", origin="CH")
    assert made.total is not None
    assert any("The same duty is due whether or not" in one for one in made.advisories)


@pytest.mark.parametrize(
    ("code", "origin", "claims", "heading", "amount"),
    [
        ("9401.61.40.11", "VN", set(), "9903.76.02", "2500.00"),
        ("9401.61.40.11", "GB", set(), "9903.76.20", "1000.00"),
        ("9401.61.40.11", "JP", set(), "9903.76.21", "1500.00"),
        ("9403.40.90.60", "VN", {"kitchen_cabinet"}, "9903.76.03", "2500.00"),
        ("9403.40.90.60", "VN", {"not_kitchen_cabinet"}, "9903.03.01", "1000.00"),
        ("4407.11.00.01", "CA", set(), "9903.76.01", "1000.00"),
        ("8701.21.00.80", "CN", set(), "9903.74.01", "2500.00"),
        ("8702.10.31.00", "CN", set(), "9903.74.02", "1000.00"),
        ("8473.30.51.00", "TW", {"semiconductor"}, "9903.79.01", "2500.00"),
        ("8426.19.00.00", "CN", {"ship_to_shore_crane"}, "9903.92.10", "2500.00"),
    ],
)
def test_wood_trucks_chips_and_cranes_have_their_headings(
    code: str, origin: str, claims: set[str], heading: str, amount: str
) -> None:
    assert (heading, amount) in layers(duty(code, origin=origin, claims=claims))


def test_a_preference_zeroes_the_base_and_says_so_when_it_could_be_claimed() -> None:
    plain = duty("6109.10.00.40", origin="KR")
    assert plain.layers[-1].condition == "if claimed, United States-Korea FTA (KR): Free"
    claimed = duty("6109.10.00.40", origin="KR", preference="KORUS")
    assert layers(claimed) == [("9903.03.01", "1000.00"), ("6109.10.00.40", "0.00")]
    usmca = duty("6109.10.00.40", origin="MX", preference="USMCA")
    assert layers(usmca) == [("9903.03.08", "0.00"), ("6109.10.00.40", "0.00")]


def test_a_programme_on_a_free_line_still_spares_the_measures() -> None:
    made = duty("8471.30.01.00", origin="CA", preference="S")
    assert made.mpf_exempt


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"code": None}, "a tariff number is needed"),
        ({"code": "T-shirts"}, "is not a tariff code"),
        ({"code": "6109.10.00"}, "divided further; choose one of 6109.10.00.12"),
        ({"code": "6109.10"}, "divided further"),
        ({"code": "0000.00.00.00"}, "is not a line of the HTSUS 2026 revision 10"),
        ({"origin": None}, "country of origin is needed"),
        ({"origin": "China"}, "is not an ISO 3166 code"),
        ({"origin": "ZZ"}, "is not an ISO 3166 code"),
        ({"melt_and_pour": "??"}, "country of melt and pour"),
        ({"smelt_and_cast": "QQ"}, "country of smelt and cast"),
        ({"value": None}, "customs value in US dollars is needed"),
        ({"value": "0"}, "must be more than zero"),
        ({"value": "-5"}, "must be more than zero"),
        ({"quantity": "-1"}, "is not possible"),
        ({"steel": "101"}, "101% steel is not possible"),
        ({"steel": "70", "aluminum": "40"}, "add up to 110%"),
        ({"non_us_content": "10001"}, "the non-US content must be between"),
        ({"exempt_value": "-1"}, "chapter 98 takes out must be between"),
        ({"on": date(2024, 12, 31)}, "before the tables begin (2025-01-01)"),
        ({"on": date(2026, 10, 1)}, "the tables were kept up to 2026-09-30"),
        ({"preference": "XX"}, "is no programme"),
        ({"preference": "GSP"}, "was not in force on 2026-05-01"),
        ({"preference": "KORUS"}, "goods of CN cannot claim"),
        ({"preference": "KORUS", "origin": "RU"}, "no preference can be claimed"),
        ({"preference": "JP", "origin": "JP"}, "prints no rate for"),
        ({"chapter98": "6109"}, "is no heading of chapter 98"),
        ({"chapter98": "9899.00.00"}, "is no heading of chapter 98 in the HTSUS 2026 revision 10"),
        ({"chapter98": "9802.00.80"}, "needs the value that it takes out"),
        ({"chapter98": "9820.61.25"}, "goods of CN cannot claim Haiti HOPE/HELP"),
        ({"code": "2204.21.50.40", "quantity": "5", "unit": "DOZ"}, "not in DOZ"),
        ({"code": "2204.21.50.40", "quantity": "5"}, "not in an unnamed unit"),
    ],
)
def test_what_cannot_be_computed_is_refused_with_what_is_needed(
    facts: dict[str, object], said: str
) -> None:
    stated: dict[str, object] = {"code": "6109.10.00.40", **facts}
    made = duty(**stated)  # type: ignore[arg-type]
    assert made.refusal is not None
    assert said in made.refusal
    assert (made.layers, made.total) == ((), None)


def test_an_unreadable_special_column_needs_a_person() -> None:
    odd = shelf(goods("6109.10.00.40", "16.5%", "9903.88.15", special="Free as agreed"))
    query = DutyQuery(code="6109.10.00.40", value=Decimal(10), origin="KR", preference="KR")
    made = compute.line(query, on=SPRING, shelf=odd)
    assert "needs a person" in (made.refusal or "")


def test_a_rate_asks_for_the_quantity_it_needs_and_takes_answers() -> None:
    wine = duty("2204.21.50.40", origin="FR")
    assert wine.total is None
    assert "the quantity in liter" in (wine.layers[-1].needs or "")
    made = duty("2204.21.50.40", origin="FR", quantity="9000", unit="L")
    assert layers(made)[-1][1] == "567.00"
    watch = duty("9108.11.40.00", origin="CH", quantity="100", unit="PCS")
    assert "battery" in (watch.layers[-1].needs or "")
    answered = duty(
        "9108.11.40.00", origin="CH", quantity="100", unit="PCS", parts={"battery": "200"}
    )
    assert layers(answered)[-1][1] == "46.60"


def test_a_total_over_an_open_base_is_open() -> None:
    made = duty("2204.21.50.40", origin="FR", on=date(2025, 9, 1))
    assert layers(made) == [("9903.02.20", "open"), ("2204.21.50.40", "open")]
    odd = duty("9305.91.10.00", origin="FR")
    assert "a person must read the rate “Odd words”" in (odd.layers[-1].needs or "")


def test_us_goods_returned_pay_nothing_and_american_parts_take_their_value_out() -> None:
    home = duty("6402.99.31.65", chapter98="9801.00.10")
    assert layers(home) == [("9801.00.10", "0.00"), ("6402.99.31.65", "0.00")]
    parts = duty("6402.99.31.65", origin="VN", chapter98="9802.00.80", exempt_value="4000")
    assert layers(parts) == [
        ("9802.00.80", "0.00"),
        ("9903.03.01", "600.00"),
        ("6402.99.31.65", "360.00"),
    ]
    metal = duty("8302.20.00.00", origin="TW", chapter98="9802.00.60", exempt_value="4000")
    assert ("9903.82.09", "2500.00") in layers(metal)


def test_a_known_order_gives_a_deposit_beside_the_total() -> None:
    made = duty("6402.99.31.65", orders=(("A-570-967", "86.01"),))
    assert str(made.total) == "USD 1,600.00"
    assert made.advisories[0].startswith("A-570-967 at 86.01%: a cash deposit of USD 8,601.00")


def test_a_claim_of_chapter_98_is_taken_on_an_extract_too() -> None:
    extract = Shelf([("a demonstration", Book("a demonstration", LINES, partial=True))])
    query = DutyQuery(code="6402.99.31.65", value=Decimal(10), origin="CN", chapter98="9817.00.96")
    made = compute.line(query, on=SPRING, shelf=extract)
    assert str(made.total) == "USD 0.00"


def test_haiti_is_claimed_by_a_heading_of_chapter_98_while_its_act_lasts() -> None:
    made = duty("6109.10.00.40", origin="HT", chapter98="9820.61.25")
    assert layers(made) == [("9820.61.25", "0.00"), ("6109.10.00.40", "0.00")]


def test_later_measures_whose_terms_are_not_on_file_are_open() -> None:
    brazil = duty("6402.99.31.65", origin="BR", on=date(2026, 7, 22))
    assert layers(brazil)[0] == ("9903.05.02-.09", "open")
    labor = duty("6402.99.31.65", origin="VN", on=date(2026, 7, 24))
    assert layers(labor)[0] == ("9903.05.20-.84", "open")
    assert "run tariff sync" in (labor.layers[0].needs or "")


def test_a_second_hand_period_and_a_missing_list_are_said() -> None:
    made = entry(("6402.99.31.65", "100", "VN"), on=date(2026, 8, 1))
    assert compute.SECOND_HAND in made.advisories
    assert compute.METALS_II in duty("9403.20.00.50", origin="VN", on=date(2026, 6, 8)).advisories
    assert compute.OLD_METALS in duty("6402.99.31.65", on=date(2025, 9, 1)).advisories


def test_without_a_schedule_there_is_no_number() -> None:
    query = DutyQuery(code="6109.10.00.40", value=Decimal(10), origin="CN")
    made = compute.entry([query], on=SPRING, by_sea=True, shelf=Shelf([]))
    assert made.refusals == ("line 1: duty needs the HTSUS: run tariff sync.",)
    assert (made.duty, made.total) == (None, None)


def test_an_extract_that_lacks_the_line_asks_for_the_schedule() -> None:
    extract = Shelf([("a demonstration", Book("a demonstration", LINES, partial=True))])
    query = DutyQuery(code="0101.21.00.10", value=Decimal(10), origin="CN")
    made = compute.line(query, on=SPRING, shelf=extract)
    assert "not in the a demonstration: duty needs the HTSUS" in (made.refusal or "")


def test_fees_are_for_the_entry_and_spare_what_a_programme_exempts() -> None:
    queries = [
        DutyQuery(number=1, code="6109.10.00.40", value=Decimal(20000), origin="KR",
                  preference="KR"),
        DutyQuery(number=2, code="6402.99.31.65", value=Decimal(14500), origin="VN"),
    ]  # fmt: skip
    made = compute.entry(queries, on=SPRING, by_sea=True, shelf=shelf())
    assert made.mpf is not None
    assert made.hmf is not None
    assert (str(made.mpf.amount), str(made.hmf.amount)) == ("USD 50.23", "USD 43.13")
    alone = compute.entry(queries[:1], on=SPRING, by_sea=False, shelf=shelf())
    assert alone.mpf is not None
    assert (alone.mpf.rate, str(alone.mpf.amount)) == ("exempt", "USD 0.00")
    assert alone.hmf is None


def test_an_empty_entry_has_no_fees_and_no_total() -> None:
    made = compute.entry([], on=SPRING, by_sea=True, shelf=shelf())
    assert (made.mpf, made.hmf, made.total, made.layers) == (None, None, None, ())


def test_a_line_without_a_value_leaves_the_fees_open() -> None:
    query = DutyQuery(code="6402.99.31.65", value=None, origin="VN")
    made = compute.entry([query], on=SPRING, by_sea=True, shelf=shelf())
    assert made.mpf is not None
    assert made.mpf.needs == "the value of every line in US dollars"
    assert made.total is None


@given(
    value=st.decimals(min_value="0.01", max_value="1e9", places=2),
    origin=st.sampled_from(["CN", "DE", "JP", "MX", "RU", "VN", "GB", "BR"]),
    day=st.dates(min_value=date(2025, 1, 1), max_value=date(2026, 9, 30)),
    code=st.sampled_from(["6402.99.31.65", "8302.20.00.00", "7326.90.86.88", "8703.23.01.40"]),
)
def test_a_total_is_the_sum_of_its_layers_and_never_a_silent_zero(
    value: Decimal, origin: str, day: date, code: str
) -> None:
    made = duty(code, str(value), origin, on=day)
    assert made.refusal is None
    amounts = [one.amount.amount for one in made.layers if one.amount is not None]
    assert all(amount >= 0 for amount in amounts)
    assert all(one.needs for one in made.layers if one.amount is None)
    if made.total is None:
        assert len(amounts) < len(made.layers)
    else:
        assert made.total.amount == sum(amounts)


@pytest.mark.parametrize(
    ("code", "origin", "metals"),
    [
        ("7210.41.00.00", "CN", {"steel"}),
        ("8471.30.01.00", "CN", set()),
        ("7210.41", "CN", set()),
        ("7210.41.00.00", None, set()),
    ],
)
def test_the_metals_are_those_of_the_lists_and_none_of_what_cannot_be_priced(
    code: str, origin: str | None, metals: set[str]
) -> None:
    asked = DutyQuery(code=code, origin=origin, value=Decimal(100))
    assert set(DutyDesk(shelf()).metals(asked, on=SPRING)) == metals


def test_the_units_of_a_line_are_the_schedules_and_none_of_a_code_that_is_not_there() -> None:
    desk = DutyDesk(shelf())
    known = desk.shelf.at(SPRING)[0][0].find("7210410000")
    assert known is not None
    assert desk.units("7210.41.00.00") == known.units
    assert desk.units("9999.99.99.99") == ()
