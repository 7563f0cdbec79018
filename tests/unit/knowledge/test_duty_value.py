from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.duty.spread import allocate, over_lines
from knowledge.duty.value import (
    CustomsValue,
    Discount,
    Price,
    Step,
    carriage_inside,
    customs_value,
    term_of,
)
from storage.values import Money

INSIDE = ["CFR", "CIF", "CPT", "CIP", "DAP", "DPU", "DDP"]
INSURED = ["CIF", "CIP", "DAP", "DPU", "DDP"]
OUTSIDE = ["EXW", "FCA", "FAS", "FOB"]
ANSWERED = {
    name: Money(amount=Decimal(0), currency="USD")
    for name in ("packing", "selling_commission", "assists", "royalties", "proceeds")
}


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def valued(
    incoterm: str | None = "FOB Shanghai", amount: str = "10000", **more: object
) -> CustomsValue:
    facts = {"amount": usd(amount), "incoterm": incoterm, "related_parties": False}
    return customs_value(Price.model_validate(facts | ANSWERED | more))


def figure(made: CustomsValue) -> str | None:
    return str(made.value.amount) if made.value else None


def step(made: CustomsValue, what: str) -> Step:
    (found,) = [one for one in made.steps if one.what == what]
    return found


def flags(made: CustomsValue) -> dict[str, str]:
    return {flag.type: flag.severity for flag in made.flags}


@pytest.mark.parametrize("term", INSIDE)
def test_freight_inside_the_price_with_its_bill_is_deducted(term: str) -> None:
    made = valued(term, freight=usd("900.50"), actual=True, insurance=None)
    assert figure(made) == "9099.50"
    assert step(made, "international freight").effect == "deducted"
    assert "1401a(b)(4)(A)" in step(made, "international freight").because


@pytest.mark.parametrize("term", INSIDE)
def test_an_estimate_of_freight_is_not_deducted(term: str) -> None:
    made = valued(term, freight=usd("900.50"), us_duties=usd("0"))
    assert figure(made) == "10000"
    assert step(made, "international freight").effect == "none"
    assert flags(made)["freight_not_proven"] == "review"
    assert (
        "What did the international freight cost? The bill that shows it, please." in made.questions
    )


@pytest.mark.parametrize("term", INSIDE)
def test_freight_that_is_not_shown_leaves_the_price_and_is_asked_about(term: str) -> None:
    made = valued(term)
    assert figure(made) == "10000"
    assert flags(made)["freight_not_shown"] == "review"
    assert (
        "What did the international freight cost? The bill that shows it, please." in made.questions
    )


@pytest.mark.parametrize("term", OUTSIDE)
def test_freight_on_top_of_the_price_is_never_dutiable(term: str) -> None:
    made = valued(term, freight=usd("900"), insurance=usd("50"), actual=True)
    assert figure(made) == "10000"
    assert {one.effect for one in made.steps if one.what.startswith("international")} == {"none"}
    assert made.flags == ()


@pytest.mark.parametrize("term", OUTSIDE)
def test_a_price_without_freight_is_the_value(term: str) -> None:
    made = valued(term)
    assert figure(made) == "10000"
    assert made.flags == ()
    assert made.questions == ()


@pytest.mark.parametrize("term", INSURED)
def test_insurance_inside_the_price_with_its_bill_is_deducted(term: str) -> None:
    made = valued(term, freight=usd("900"), insurance=usd("50"), us_duties=usd("0"), actual=True)
    assert figure(made) == "9050"
    assert made.flags == ()


@pytest.mark.parametrize("term", ["CFR", "CPT"])
def test_insurance_is_not_in_a_price_that_holds_only_carriage(term: str) -> None:
    made = valued(term, freight=usd("900"), insurance=usd("50"), actual=True)
    assert figure(made) == "9100"
    assert step(made, "international insurance").effect == "none"


@pytest.mark.parametrize(
    ("term", "asked"), [("CIF", True), ("CIP", True), ("DAP", False), ("DPU", False)]
)
def test_insurance_is_asked_about_only_where_the_seller_must_insure(term: str, asked: bool) -> None:
    made = valued(term, freight=usd("900"), actual=True)
    assert ("insurance_not_shown" in flags(made)) is asked


def test_duties_in_a_ddp_price_are_deducted_when_identified() -> None:
    made = valued("DDP Chicago", us_duties=usd("412.10"), freight=usd("900"), actual=True)
    assert figure(made) == "8687.90"
    assert "1401a(b)(3)(B)" in step(made, "US duties and taxes").because


def test_duties_in_a_ddp_price_that_are_not_identified_stay_in_it() -> None:
    made = valued("DDP Chicago", freight=usd("900"), actual=True)
    assert figure(made) == "9100"
    assert flags(made)["duties_not_shown"] == "review"
    assert "How much of the DDP price is US duty and tax?" in made.questions


def test_duties_on_an_invoice_whose_term_holds_none_are_not_deducted() -> None:
    made = valued("FOB Shanghai", us_duties=usd("412.10"))
    assert figure(made) == "10000"
    assert flags(made) == {"duties_against_term": "review"}


def test_assembly_after_importation_is_deducted_when_identified() -> None:
    made = valued("FOB Shanghai", post_import=usd("1500"))
    assert figure(made) == "8500"
    assert "152.103(i)" in step(made, "work or carriage after importation").because


@pytest.mark.parametrize(
    "term", [None, "", "C&F New York", "FOB Shanghai / CIF Los Angeles", "delivered"]
)
def test_without_a_clear_term_nothing_is_deducted_and_the_term_is_asked(term: str | None) -> None:
    shown = {
        "freight": usd("900"),
        "insurance": usd("50"),
        "us_duties": usd("400"),
        "post_import": usd("70"),
    }
    made = valued(term, actual=True, **shown)
    assert figure(made) == "10000"
    assert {one.effect for one in made.steps} == {"none"}
    assert flags(made) == {"term_unknown": "must_resolve"}
    assert made.questions[0] == "On which Incoterms 2020 term and named place were the goods sold?"


def test_a_missing_term_without_any_charge_still_asks_for_the_term() -> None:
    assert flags(valued(None)) == {"term_unknown": "must_resolve"}


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("CIF", "CIF"),
        ("cif Los Angeles", "CIF"),
        ("Incoterms 2020: FOB, Shanghai", "FOB"),
        ("DDP (Incoterms® 2020) Chicago, IL", "DDP"),
        ("CIF CPT", None),
        ("Shanghai FOB", None),
        ("DAT Chicago", None),
        (None, None),
    ],
)
def test_a_term_is_read_with_or_without_its_place(printed: str | None, code: str | None) -> None:
    assert term_of(printed) == code


def test_a_document_that_says_that_the_fob_total_holds_freight_is_believed_and_flagged() -> None:
    made = valued("FOB Shanghai", freight=usd("900"), freight_included=True, actual=True)
    assert figure(made) == "9100"
    assert flags(made) == {"freight_against_term": "review"}


def test_a_document_that_puts_freight_on_top_of_cif_deducts_nothing_and_is_flagged() -> None:
    made = valued(
        "CIF", freight=usd("900"), freight_included=False, insurance=usd("0"), actual=True
    )
    assert figure(made) == "10000"
    assert flags(made) == {"freight_against_term": "review"}


def test_a_document_that_agrees_with_its_term_is_not_flagged() -> None:
    made = valued("CFR", freight=usd("900"), freight_included=True, actual=True)
    assert made.flags == ()


def test_a_document_can_say_that_freight_is_included_when_no_term_is_known() -> None:
    made = valued(None, freight=usd("900"), freight_included=True, actual=True)
    assert figure(made) == "9100"


def test_insurance_that_a_document_includes_but_does_not_show_is_asked_about() -> None:
    made = valued("CPT", freight=usd("900"), insurance_included=True, actual=True)
    assert "insurance_not_shown" in flags(made)


@pytest.mark.parametrize("term", ["EXW", "FCA"])
def test_inland_freight_beyond_the_factory_price_is_not_added(term: str) -> None:
    made = valued(term, inland_freight=usd("300"))
    assert figure(made) == "10000"
    assert "152.103(a)(5)(i)" in step(made, "foreign inland freight").because
    assert made.flags == ()


@pytest.mark.parametrize("term", ["FOB", "CIF", None])
def test_inland_freight_in_any_other_price_is_shown_and_not_applied(term: str | None) -> None:
    made = valued(term, inland_freight=usd("300"))
    assert figure(made) == "10000"
    assert flags(made)["inland_freight"] == "review"


def test_a_discount_before_importation_counts() -> None:
    made = valued(discounts=(Discount(amount=usd("250"), when="before_import"),))
    assert figure(made) == "9750"
    assert made.flags == ()


def test_a_rebate_after_importation_does_not_count() -> None:
    made = valued(discounts=(Discount(amount=usd("250"), when="after_import"),))
    assert figure(made) == "10000"
    assert "1401a(b)(4)(B)" in step(made, "discount after importation").because
    assert flags(made) == {"late_discount": "review"}


@pytest.mark.parametrize("name", list(ANSWERED))
def test_what_the_buyer_bears_beside_the_price_is_added(name: str) -> None:
    made = valued(**{name: usd("120")})
    assert figure(made) == "10120"
    assert made.questions == ()


@pytest.mark.parametrize(
    ("name", "paragraph"),
    [
        ("packing", "(b)(1)(A)"),
        ("selling_commission", "(b)(1)(B)"),
        ("assists", "(b)(1)(C)"),
        ("royalties", "(b)(1)(D)"),
        ("proceeds", "(b)(1)(E)"),
    ],
)
def test_only_the_addition_that_is_not_answered_is_asked_about(name: str, paragraph: str) -> None:
    made = valued(**{name: None})
    (question,) = made.questions
    assert paragraph in question
    assert figure(made) == "10000"


def test_an_addition_that_is_answered_with_none_is_on_record() -> None:
    assert "answered: none" in step(valued(), "royalties").because


def test_a_buying_commission_is_not_added_but_its_agreement_is_wanted() -> None:
    made = valued(buying_commission=usd("500"))
    assert figure(made) == "10000"
    assert step(made, "buying commission").effect == "none"
    assert flags(made) == {"buying_commission": "review"}


def test_related_parties_keep_the_price_with_a_flag() -> None:
    made = valued(related_parties=True)
    assert figure(made) == "10000"
    assert flags(made) == {"related_parties": "review"}
    assert "test values" in made.flags[0].message


def test_whether_the_parties_are_related_is_asked_and_not_assumed() -> None:
    assert valued(related_parties=None).questions == (
        "Are buyer and seller related (19 USC 1401a(g))?",
    )


@pytest.mark.parametrize("facts", [{"assists": True}, {"freight": True}, {"us_duties": True}])
def test_an_amount_in_another_currency_leaves_the_value_unknown(facts: dict[str, bool]) -> None:
    euros = Money(amount=Decimal(100), currency="EUR")
    made = valued("DDP", actual=True, **dict.fromkeys(facts, euros))
    assert made.value is None
    assert flags(made)["value_unknown"] == "must_resolve"
    assert "convert first" in next(one.message for one in made.flags if one.type == "value_unknown")


def test_an_amount_in_another_currency_that_changes_nothing_is_no_obstacle() -> None:
    made = valued("FOB", freight=Money(amount=Decimal(100), currency="EUR"))
    assert figure(made) == "10000"


def test_an_amount_below_zero_leaves_the_value_unknown() -> None:
    made = valued(royalties=usd("-5"))
    assert made.value is None
    assert "below zero" in made.flags[0].message
    assert step(made, "royalties").effect == "none"


@pytest.mark.parametrize(
    ("amount", "freight"), [("0", "0"), ("-10", "0"), ("100", "100"), ("100", "250")]
)
def test_a_price_that_leaves_nothing_has_no_value(amount: str, freight: str) -> None:
    made = valued("CFR", amount, freight=usd(freight), actual=True)
    assert made.value is None
    assert flags(made) == {"value_unknown": "must_resolve"}


def test_the_steps_explain_the_difference_to_the_cent() -> None:
    made = valued(
        "CIF Los Angeles",
        "34500.00",
        freight=usd("1021.37"),
        insurance=usd("34.50"),
        actual=True,
        assists=usd("600.00"),
        discounts=(Discount(amount=usd("100.03"), when="before_import"),),
    )
    assert figure(made) == "33944.10"
    assert [(one.what, one.effect) for one in made.steps if one.effect != "none"] == [
        ("discount", "deducted"),
        ("international freight", "deducted"),
        ("international insurance", "deducted"),
        ("assists", "added"),
    ]


@pytest.mark.parametrize(
    ("total", "over", "shares"),
    [
        ("100", ["1", "1", "1"], ["33.34", "33.33", "33.33"]),
        ("0.05", ["10", "20", "30"], ["0.01", "0.02", "0.02"]),
        ("-100", ["1", "1", "1"], ["-33.34", "-33.33", "-33.33"]),
        ("-0.01", ["1", "0", "3"], ["0.00", "0.00", "-0.01"]),
        ("0", ["5", "7"], ["0.00", "0.00"]),
        ("900.50", ["250"], ["900.50"]),
    ],
)
def test_freight_is_spread_over_the_lines_to_the_cent(
    total: str, over: list[str], shares: list[str]
) -> None:
    made = allocate(Decimal(total), [Decimal(one) for one in over])
    assert [str(one) for one in made] == shares


@pytest.mark.parametrize(
    ("total", "over", "reason"),
    [
        ("1.005", ["1"], "parts of a cent"),
        ("1", [], "need values"),
        ("1", ["0", "0"], "need values"),
        ("1", ["2", "-1"], "need values"),
        ("NaN", ["1"], "no number"),
        ("1", ["Infinity"], "no number"),
        ("1e30", ["1"], "too large"),
    ],
)
def test_what_cannot_be_spread_is_refused(total: str, over: list[str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        allocate(Decimal(total), [Decimal(one) for one in over])


@given(
    total=st.decimals(-(10**9), 10**9, places=2),
    over=st.lists(st.decimals(0, 10**9, places=4), min_size=1, max_size=60).filter(any),
)
def test_spread_shares_add_up_exactly_and_follow_the_values(
    total: Decimal, over: list[Decimal]
) -> None:
    shares = allocate(total, over)
    assert sum(shares) == total
    assert len(shares) == len(over)
    assert all(
        abs(share - total * value / sum(over)) < Decimal("0.010001")
        for share, value in zip(shares, over, strict=True)
    )
    by_value = [
        abs(share) for _, share in sorted(zip(over, shares, strict=True), key=lambda one: one[0])
    ]
    assert all(
        later - earlier >= Decimal("-0.01") for earlier, later in itertools.pairwise(by_value)
    )


@pytest.mark.parametrize(
    ("printed", "inside"), [("CIF Los Angeles", True), ("DDP", True), ("FOB", False), (None, False)]
)
def test_a_term_tells_whether_the_price_holds_the_carriage(
    printed: str | None, inside: bool
) -> None:
    assert carriage_inside(printed) is inside


def dollars_of(goods: str, *dollars: str | None, **price: object) -> list[str | None]:
    made = customs_value(Price.model_validate({"amount": usd(goods), "incoterm": "FOB", **price}))
    over = [Decimal(one) if one is not None else None for one in dollars]
    found = over_lines(made, goods=Decimal(goods), dollars=over)
    return [str(one) if one is not None else None for one in found]


def test_what_is_added_is_spread_over_the_lines_at_their_rate_of_exchange() -> None:
    assert dollars_of("1000", "1100.00", "0", assists=usd("100")) == ["1210.00", "0.00"]
    assert dollars_of("900", "300", "600", royalties=usd("90")) == ["330.00", "660.00"]


def test_lines_stay_as_they_are_while_the_value_cannot_be_spread() -> None:
    assert dollars_of("900", "300", "600") == ["300", "600"]
    assert dollars_of("900", "300", None, assists=usd("9")) == ["300", None]
    assert dollars_of("900", "-300", "1200", assists=usd("9")) == ["-300", "1200"]
    assert dollars_of("900", "0.001", assists=usd("9")) == ["0.001"]
    assert over_lines(None, goods=Decimal(1), dollars=[Decimal(1)]) == (Decimal(1),)
