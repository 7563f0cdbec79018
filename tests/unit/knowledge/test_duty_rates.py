from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.duty import rates
from knowledge.duty.rates import Percent, PerUnit, Rate, Uncharged

SUGAR = (
    "4.3817¢/kg less 0.0622005¢ /kg for each degree under 100 degrees "
    "(and fractions of a degree in proportion) but not less 2.831562¢ /kg"
)
MOVEMENT = (
    "6% + 2.3¢/jewel + 0.2¢ for each other piece or part, but if consisting in part of a plate "
    "or a set of plates the total duty shall not exceed the duty for the complete movement"
)
OTHERS = "The rate applicable to each garment in the ensemble if separately entered"


def read(text: str) -> Rate:
    rate = rates.parse(text)
    assert rate is not None
    return rate


def due(
    text: str,
    value: str = "1000",
    *,
    of: tuple[str, str] | None = None,
    parts: dict[str, str] | None = None,
) -> Decimal | Uncharged:
    quantity, unit = of or (None, None)
    return rates.charge(
        read(text),
        value=Decimal(value),
        quantity=None if quantity is None else Decimal(quantity),
        unit=unit,
        parts={name: Decimal(one) for name, one in (parts or {}).items()},
    )


@pytest.mark.parametrize(
    ("text", "kind", "percents", "per_unit"),
    [
        ("Free", "free", [], []),
        ("<u>Free</u>", "free", [], []),
        ("2.5%", "ad_valorem", [("2.5", None)], []),
        ("5% on the full value of the imported article", "ad_valorem", [("5", None)], []),
        ("6.5% on the entire set", "ad_valorem", [("6.5", None)], []),
        ("2.5% on the value of the lead content", "ad_valorem", [("2.5", "lead content")], []),
        ("1.5 percent of the fair retail value", "ad_valorem", [("1.5", "fair retail value")], []),
        (
            "3.8% on the value of the rifle + 10% on the value of the telescopic sight, if any",
            "ad_valorem",
            [("3.8", "rifle"), ("10", "telescopic sight")],
            [],
        ),
        ("17.6¢/kg", "specific", [], [("0.176", "kg", None)]),
        ("2.8¢/doz.", "specific", [], [("0.028", "doz.", None)]),
        ("$1.13/m<sup>3</sup>", "specific", [], [("1.13", "m3", None)]),
        ("3.3¢/lin. m", "specific", [], [("0.033", "m", None)]),
        ("5¢/clean kg", "specific", [], [("0.05", "kg", "clean kg")]),
        ("86.1¢/m2of recording surface", "specific", [], [("0.861", "m2", "recording surface")]),
        (
            "$1.32/t, including weight of container",
            "specific",
            [],
            [("1.32", "t", "including weight of container")],
        ),
        (
            "18.5¢/ liter + $1.32/pf. liter on ethyl alcohol content",
            "specific",
            [],
            [("0.185", "liter", None), ("1.32", "pf.liter", None)],
        ),
        ("$2.50/thou- sand + 40%", "compound", [("40", None)], [("2.50", "1000", None)]),
        ("10¢/1,000 pins + 3.5%", "compound", [("3.5", None)], [("0.10", "1000", None)]),
        ("0.3¢/line/ gross + 4.5%", "compound", [("4.5", None)], [("0.003", "gr.lines", None)]),
        (
            "22¢/kg on drained weght + 45%",
            "compound",
            [("45", None)],
            [("0.22", "kg", "drained weight")],
        ),
        (
            "$2.70 each + 45% on the case + 35% on thebattery",
            "compound",
            [("45", "case"), ("35", "battery")],
            [("2.70", "no.", None)],
        ),
        (
            "43¢ each + 2.8¢/jewel over 7 + 3.7% on the case",
            "compound",
            [("3.7", "case")],
            [("0.43", "no.", None), ("0.028", "jewel", "jewels over 7")],
        ),
    ],
)
def test_a_printed_rate_becomes_its_terms(
    text: str,
    kind: str,
    percents: list[tuple[str, str | None]],
    per_unit: list[tuple[str, str, str | None]],
) -> None:
    rate = read(text)
    assert rate.kind == kind
    assert rate.free is (kind == "free")
    assert [(str(one.percent), one.on) for one in rate.percents] == percents
    assert [(str(one.amount.normalize()), one.unit, one.of) for one in rate.per_unit] == [
        (str(Decimal(amount).normalize()), unit, of) for amount, unit, of in per_unit
    ]


def test_the_rate_on_the_whole_value_leaves_out_the_parts() -> None:
    assert read("5% + 45% on the case").percent == 5


def test_thirty_three_and_a_third_percent_of_300_is_100_dollars() -> None:
    found = due("33 1/3%", "300")
    assert isinstance(found, Decimal)
    assert found.quantize(Decimal("0.01")) == Decimal("100.00")


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("Free, under bond, as prescribed in U.S. note 1 to this subchapter", "under bond"),
        ("Free (See U.S. note 4 of this subchapter)", "See U.S. note 4"),
        ("The duty provided in subheadings 8716.39.00, 8716.90.30 or 8716.90.50 + 100%", "8716.39"),
        (MOVEMENT, "if consisting in part of a plate"),
    ],
)
def test_the_words_that_limit_a_rate_are_kept_for_a_person(text: str, condition: str) -> None:
    found = read(text).condition
    assert found is not None
    assert condition in found


@pytest.mark.parametrize(
    ("text", "sign", "percents"),
    [
        ("The duty provided in the applicable subheading", 1, ()),
        ("The duty provided inthe applicable subheading+ 25%.", 1, (Percent(percent=25),)),
        (
            "The duty provided in the applicable subheading plus 7.5%",
            1,
            (Percent(percent=Decimal("7.5")),),
        ),
        (
            "The duty provided in the applicable subheading + a duty of 50% upon the value of the aluminum content.",
            1,
            (Percent(percent=50, on="aluminum content"),),
        ),
        (
            "The duty rate provided in such subheading minus 2.0%",
            -1,
            (Percent(percent=Decimal("2.0")),),
        ),
    ],
)
def test_chapter_99_adds_to_or_takes_off_the_applicable_duty(
    text: str, sign: int, percents: tuple[Percent, ...]
) -> None:
    rate = read(text)
    assert (rate.kind, rate.sign, rate.percents) == ("applicable", sign, percents)


@pytest.mark.parametrize(
    "text",
    [
        OTHERS,
        "The rate of duty appli- cable to that article in the set subject to the high- est rate of duty",
        "The duty rate provided for origin- ating goods of Colombia in such subheading",
        "A duty upon the value of the repairs oralterations (see U.S. note 3 of this subchapter)",
        "See additional U.S. note 3",
        "See 9822.04.10",
        "No change.",
    ],
)
def test_words_that_point_elsewhere_are_asked_and_never_charged(text: str) -> None:
    rate = read(text)
    asked = rates.question(rate)
    assert rate.kind == "reference"
    assert asked is not None
    assert text in asked
    assert due(text) == Uncharged(needs=asked)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "  ",
        ".",
        ":",
        "37% /",
        "five percent",
        "5",
        "-5%",
        "٥%",
        "5²%",
        "5¢/bushel",
        "5¢/kg over 7",
        "Free, plus 5%",
        "Free, and so on",
        "Free (A,AU)",
        "5% on the case, but not less than 3¢/kg",
        "5%, but if wet the duty is higher",
        "The duty provided in the applicable subheading + whatever",
        "The duty provided in the applicable subheading minus 5% + 1%",
        "1% + " * 2000,
        "(" * 10_000,
        "5% on " + "x" * 10_000,
    ],
)
def test_words_that_cannot_be_read_are_no_rate(text: str | None) -> None:
    assert rates.parse(text) is None


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Free", None),
        ("$1.50 each + 6%", None),
        ("13.5¢/kg + 6.3% + 1.9¢/article", None),
        ("10.1¢/kg on drained weight", "the drained weight in kg"),
        ("18.7¢/clean kg", "the clean weight in kg"),
        ("16.9¢/kg of total sugars + 5.1%", "the total sugars in kg"),
        (
            "0.2¢/kg, including weight of container",
            "the weight in kg, including weight of container",
        ),
        ("50 percent of the cost of such parts", "the cost of such parts"),
        ("2% + 1¢/jewel", "the number of jewels"),
        (
            "8.8¢/kg on copper content + 3.3¢/kg on lead content",
            "the copper content in kg and the lead content in kg",
        ),
        (
            "41¢ each + 5% on case and strap, band or bracelet + 4% on the battery + 2¢/jewel",
            "the value of the case and strap, band or bracelet, the value of the battery, and the number of jewels",
        ),
        (SUGAR, "the polarity in sugar degrees"),
        (
            MOVEMENT,
            "the number of jewels, the number of other pieces and parts, and the duty for the complete movement (if consisting in part of a plate or a set of plates)",
        ),
        (
            "The duty provided in the applicable subheading + 25%",
            "the duty of the applicable subheading",
        ),
    ],
)
def test_the_question_names_what_value_and_quantity_do_not_say(
    text: str, asked: str | None
) -> None:
    assert rates.question(read(text)) == asked


@pytest.mark.parametrize(
    ("text", "of", "parts", "dollars"),
    [
        ("Free", None, {}, "0"),
        ("2.5%", None, {}, "25"),
        ("17.6¢/kg", ("500", "G"), {}, "0.088"),
        ("25¢ each + 5%", ("2", "DOZ"), {}, "56"),
        ("76¢/pr. + 32%", ("1", "doz prs"), {}, "329.12"),
        ("$1.15/1,000 + 40%", ("4000", "PCS"), {}, "404.60"),
        ("10¢/pack + 20%", ("3", "packs"), {}, "200.30"),
        ("$1/pf. liter", ("3", "proof liters"), {}, "3"),
        ("13.5¢/kg + 6.3% + 1.9¢/article", ("10", "KGS"), {"no.": "100"}, "66.25"),
        ("10¢/kg on drained weight", ("9", "kg"), {"drained weight": "4"}, "0.4"),
        ("6% on the case + 5% on the battery", None, {"case": "100", "battery": "0"}, "6"),
        (SUGAR, ("1000", "kg"), {"degrees": "96"}, "41.32898"),
        (SUGAR, ("1", "t"), {"degrees": "10"}, "28.31562"),
        (SUGAR, ("1000", "kg"), {"degrees": "100.5"}, "43.817"),
        (
            MOVEMENT,
            None,
            {
                "jewels": "10",
                "other pieces and parts": "5",
                "duty for the complete movement": "50",
            },
            "50",
        ),
        (
            MOVEMENT,
            None,
            {
                "jewels": "10",
                "other pieces and parts": "5",
                "duty for the complete movement": "90",
            },
            "60.24",
        ),
        (
            "The duty provided in the applicable subheading + 25%",
            None,
            {"applicable duty": "60"},
            "310",
        ),
        (
            "The duty rate provided in such subheading minus 0.5%",
            None,
            {"applicable duty": "60"},
            "55",
        ),
        (
            "The duty rate provided in such subheading minus 0.5%",
            None,
            {"applicable duty": "0"},
            "0",
        ),
    ],
)
def test_a_charge_is_exact(
    text: str, of: tuple[str, str] | None, parts: dict[str, str], dollars: str
) -> None:
    assert due(text, of=of, parts=parts) == Decimal(dollars)


@pytest.mark.parametrize(
    ("text", "value", "of", "parts", "needs"),
    [
        ("5¢/kg", "100", None, {}, "the quantity in kg"),
        ("5¢/kg", "100", ("3", "doz."), {}, "the quantity in kg"),
        ("5¢/kg", "100", ("0", "kg"), {}, "the quantity in kg"),
        ("5¢/kg", "100", ("NaN", "kg"), {}, "the quantity in kg"),
        ("$1/pf. liter", "100", ("3", "liters"), {}, "the quantity in pf.liter"),
        ("5%", "0", None, {}, "the value"),
        ("5%", "-1", None, {}, "the value"),
        ("5%", "NaN", None, {}, "the value"),
        ("5¢/kg on drained weight", "100", ("3", "kg"), {}, "the drained weight in kg"),
        ("5% on the case", "100", None, {"case": "-1"}, "the value of the case"),
        ("5% on the case", "100", None, {"case": "Infinity"}, "the value of the case"),
        (SUGAR, "100", None, {}, "the polarity in sugar degrees, the quantity in kg"),
        (
            "The duty provided in the applicable subheading + 25%",
            "100",
            None,
            {},
            "the duty of the applicable subheading",
        ),
        (
            MOVEMENT,
            "100",
            None,
            {"jewels": "1", "other pieces and parts": "0"},
            "the duty for the complete movement",
        ),
    ],
)
def test_what_is_missing_is_named_instead_of_an_amount(
    text: str, value: str, of: tuple[str, str] | None, parts: dict[str, str], needs: str
) -> None:
    assert due(text, value, of=of, parts=parts) == Uncharged(needs=needs)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, []),
        (" \n", []),
        ("Free (A*,AU, S+)", [("Free", ("A*", "AU", "S+"))]),
        ("Free\n(D,E IL,.OM,P )", [("Free", ("D", "E", "IL", "OM", "P"))]),
        ("Free (A)2.8% (JP)", [("Free", ("A",)), ("2.8%", ("JP",))]),
        (
            "Free (BH,CL) 2.4¢/kg + 0.2% (CO) See 9822.04.25 (AU)",
            [("Free", ("BH", "CL")), ("2.4¢/kg + 0.2%", ("CO",)), ("See 9822.04.25", ("AU",))],
        ),
        (
            "Free (KR) See 9919.04.50, 9919.04.67 (PA (PA)",
            [("Free", ("KR",)), ("See 9919.04.50, 9919.04.67", ("PA",))],
        ),
        (
            "Free (AU) A duty upon the value of the repairs or alterations (see U.S. note 3 of this subchapter) (B,C,)",
            [
                ("Free", ("AU",)),
                (
                    "A duty upon the value of the repairs or alterations (see U.S. note 3 of this subchapter)",
                    ("B", "C"),
                ),
            ],
        ),
        ("No change", [("No change", ())]),
    ],
)
def test_the_special_column_gives_each_rate_with_its_programmes(
    text: str | None, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    found = rates.preferences(text)
    assert found is not None
    assert [(one.rate.text, one.programmes) for one in found] == expected


@pytest.mark.parametrize(
    "text", ["(A,AU)", "Free (A) and more", "Gratis (A)", "Free (A) " * 500, "(" * 10_000, "Free ("]
)
def test_a_special_column_that_cannot_be_read_is_unknown(text: str) -> None:
    assert rates.preferences(text) is None


@given(
    st.decimals(min_value=0, max_value=999_999_999, places=4, allow_nan=False, allow_infinity=False)
)
def test_any_percentage_is_read_as_written(percent: Decimal) -> None:
    assert read(f"{percent}%").percents == (Percent(percent=percent),)


@given(st.decimals(min_value=0, max_value=9999, places=3), st.sampled_from(["kg", "liter", "m2"]))
def test_any_amount_in_cents_is_read_as_dollars(cents: Decimal, unit: str) -> None:
    assert read(f"{cents}¢/{unit}").per_unit == (PerUnit(amount=cents / 100, unit=unit),)


SCRAPS = st.sampled_from(
    [
        "5%",
        " on ",
        "the ",
        "value of ",
        "3¢/kg",
        "$1 each",
        "+",
        "(",
        ")",
        "A,",
        "Free",
        " less ",
        "/",
        "jewel",
        ", but if ",
        "1/3",
        "See 98",
        "no change",
        "．",
        "１",
        "<u>",
        "the duty provided in",
    ]
)


@given(st.one_of(st.text(), st.lists(SCRAPS, max_size=60).map("".join)))
def test_any_text_is_a_rate_or_none(text: str) -> None:
    found = rates.parse(text)
    assert found is None or isinstance(found, Rate)
    rates.preferences(text)


@pytest.mark.parametrize(
    "scrap",
    ["(A ", "(A,", "( ", "5% on ", "subheadings 1,1 or ", ", but if ", "((", "1/3 ", "<<u>"],
)
def test_a_hostile_text_is_answered_at_once(scrap: str) -> None:
    started = time.perf_counter()
    for text in (scrap * 3000, (scrap * 999)[:999], ("5%" + scrap * 999)[:999]):
        rates.parse(text)
        rates.preferences(text)
    assert time.perf_counter() - started < 0.5
