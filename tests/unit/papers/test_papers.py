"""Each paper says what the shipment says, lacks what nobody said, and adds up."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge import origin, tariff
from knowledge.duty.desk import open_desk
from knowledge.duty.line import DutyQuery
from storage.models import State
from storage.values import Header, NamedAmount, Parties, PartyBlock, ValueFacts
from tests.unit.papers import dossiers
from tests.unit.papers.dossiers import CERTIFIER, STATED, dossier, goods, layers
from tests.unit.papers.reading import pages, words
from workflows.papers import catalogue, certificate, render, sheet
from workflows.papers.dossier import Dossier
from workflows.papers.sheet import Kind, Sheet


def only(made: Dossier, kind: Kind) -> Sheet:
    (found,) = catalogue.sheets(made, kind)
    return found


def printed(made: Sheet) -> str:
    assert not made.lacks, made.lacks
    return words(render.render(made.template, made.facts | {"version": 1}))


def without(facts: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in facts.items() if key != name}


# -- the commercial invoice


def test_the_invoice_draft_has_every_element_and_says_whose_it_is() -> None:
    said = printed(only(dossier(), Kind.COMMERCIAL_INVOICE))
    for part in (
        "DRAFT — for the seller to issue and sign", "BP-2026-1107", "2026-04-02", "Shenzhen Brightpath", "深圳市光明电子有限公司",
        "Northgate Retail Inc.", "FOB Yantian", "Long Beach, CA", "Coaxial connectors, brass", "8,000", "1.65", "13,200.00",
        "USD 34,500.00", "NR-4471", "Chen Amy, export manager", "CN",
    ):  # fmt: skip
        assert part in said


@pytest.mark.parametrize("name", ["sale.place", "charges", "rebates", "responsible"])
def test_without_a_stated_element_there_is_no_invoice_and_its_name_is_told(name: str) -> None:
    lacks = only(dossier(stated=without(STATED, name)), Kind.COMMERCIAL_INVOICE).lacks
    assert any(name in one for one in lacks)


@pytest.mark.parametrize(
    ("field", "said"),
    [("description", "a description"), ("quantity", "a quantity"), ("unit", "a unit"), ("unit_price", "a price"),
     ("value", "a value"), ("origin", "a country of origin")],
)  # fmt: skip
def test_a_line_without_an_element_stops_the_invoice(field: str, said: str) -> None:
    line = goods(2).model_copy(update={field: None})
    made = dossier(lines=(goods(1), line), duty=())
    assert any(
        one.startswith(f"line 2: {said}") for one in only(made, Kind.COMMERCIAL_INVOICE).lacks
    )


@pytest.mark.parametrize("field", ["invoiceNumber", "invoiceDate", "incoterms"])
def test_an_invoice_head_with_a_gap_stops_the_invoice(field: str) -> None:
    header = dossier().header.model_copy(update={field: None})
    assert only(dossier(header=header), Kind.COMMERCIAL_INVOICE).lacks


def test_assists_that_nobody_answered_for_stop_the_invoice_and_none_is_an_answer() -> None:
    asked = dossier(value_facts=ValueFacts(), stated=without(STATED, "assists"))
    assert any("assists" in one for one in only(asked, Kind.COMMERCIAL_INVOICE).lacks)
    assert not only(dossier(), Kind.COMMERCIAL_INVOICE).lacks


def test_figures_that_do_not_add_up_are_never_made_to_fit() -> None:
    wrong = goods(1).model_copy(update={"value": Decimal("9301.50")})
    lacks = only(dossier(lines=(wrong,), duty=()), Kind.COMMERCIAL_INVOICE).lacks
    assert any("1,500 at 6.20 is 9,300.00, the invoice says 9,301.50" in one for one in lacks)
    totals = dossier().totals.model_copy(update={"total": Decimal(35000)})
    assert any(
        "do not come to the total" in one
        for one in only(dossier(totals=totals), Kind.COMMERCIAL_INVOICE).lacks
    )


def test_charges_and_discounts_are_listed_by_name() -> None:
    totals = dossier().totals.model_copy(
        update={"freight": Decimal(900), "insurance": Decimal(100), "discounts": (NamedAmount(label="Loyalty", amount=Decimal(500)),), "total": Decimal(35000)}
    )  # fmt: skip
    said = printed(
        only(
            dossier(totals=totals, stated=without(without(STATED, "charges"), "rebates")),
            Kind.COMMERCIAL_INVOICE,
        )
    )
    assert "Freight 900.00" in said
    assert "Loyalty 500.00" in said


@pytest.mark.parametrize(("country", "lane"), [("CN", "cn"), ("DE", "eu"), ("CA", "ca"), ("MX", "mx"), ("GB", "uk"), ("VN", "asean"), ("KR", "kr")])  # fmt: skip
def test_each_trade_lane_has_its_own_sentences(country: str, lane: str) -> None:
    parties = dossier().parties.model_copy(
        update={"exporter": dossiers.SELLER.model_copy(update={"country": country})}
    )
    made = dossier(parties=parties)
    assert sheet.lane_of(made) == lane
    (first, *_) = sheet.lanes()[lane]["commercial_invoice"]
    assert first in printed(only(made, Kind.COMMERCIAL_INVOICE))


def test_a_lane_without_a_template_of_its_own_takes_the_general_one() -> None:
    assert sheet.template(Kind.ISF, "mx") == "isf"
    assert sheet.template(Kind.ISF, None) == "isf"


# -- the packing list


def test_the_packing_list_sums_cartons_and_weights() -> None:
    by_line = {f"line.{n}.{what}": value for n, values in ((1, ("50", "800", "850.5")), (2, ("40", "500", "550")), (3, ("30", "400", "430")))
               for what, value in zip(("cartons", "net_kg", "gross_kg"), values, strict=True)}  # fmt: skip
    said = printed(only(dossier(stated=STATED | by_line), Kind.PACKING_LIST))
    assert "120 CTNS" in said
    assert "1,830.5 kg" in said
    assert "9,600 PCS" in said
    wrong = only(dossier(stated=STATED | by_line | {"line.3.cartons": "31"}), Kind.PACKING_LIST)
    assert any("packages of the lines come to 121, the total is 120" in one for one in wrong.lacks)


def test_a_net_weight_above_the_gross_weight_stops_the_packing_list() -> None:
    totals = dossier().totals.model_copy(update={"netWeightKg": Decimal(2000)})
    assert any(
        "more than the gross" in one
        for one in only(dossier(totals=totals), Kind.PACKING_LIST).lacks
    )


def test_what_nobody_said_is_left_to_complete() -> None:
    made = only(dossier(stated=without(STATED, "marks")), Kind.PACKING_LIST)
    assert "marks" in made.open
    assert "to be completed" in printed(made)


# -- the certificate of origin


def yes(line: int, *questions: str, doc: int = 12) -> dict[str, str]:
    return {f"origin.{line}.{one}": f"yes {doc}" for one in questions}


def no(line: int, *questions: str) -> dict[str, str]:
    return {f"origin.{line}.{one}": "no" for one in questions}


MONTEBELLO = Parties(
    exporter=PartyBlock(name="Montebello Hogar SA de CV", address="Av. Industria 40, Monterrey", country="MX"),
    importer=dossiers.BUYER,
)  # fmt: skip


@pytest.mark.parametrize(
    ("country", "answers", "form", "criterion"),
    [
        ("MX", yes(1, "claim", "direct", "wholly"), "usmca", "A"),
        ("MX", yes(1, "claim", "direct", "exclusively") | no(1, "wholly"), "usmca", "C"),
        ("CA", yes(1, "claim", "direct", "rule") | no(1, "wholly", "exclusively"), "usmca", "B"),
        ("MX", yes(1, "claim", "direct", "minimis") | no(1, "wholly", "exclusively", "rule"), "usmca", "B"),
        ("MX", yes(1, "claim", "direct", "assembled") | no(1, "wholly", "exclusively", "rule", "minimis"), "usmca", "D"),
        ("KR", yes(1, "claim", "direct", "rule") | no(1, "wholly", "exclusively"), "korus", "product-specific rule"),
        ("AU", yes(1, "claim", "direct", "wholly"), "fta", "wholly obtained or produced"),
        ("MX", no(1, "claim") | yes(1, "made"), "declaration", "country of manufacture, production or growth"),
        ("CN", yes(1, "made"), "declaration", "country of manufacture, production or growth"),
    ],
)  # fmt: skip
def test_each_branch_of_the_tree_leads_to_its_form(
    country: str, answers: dict[str, str], form: str, criterion: str
) -> None:
    made = dossier(
        lines=(goods(1, origin=country),), parties=MONTEBELLO, stated=STATED | CERTIFIER | answers
    )
    (found,) = certificate.sheets(made)
    assert found.part == f"{form}-{country}"
    said = printed(found)
    assert criterion in said
    assert "DRAFT — for the certifier's signature" in said


def test_the_nine_elements_of_the_usmca_stand_under_their_numbers() -> None:
    stated = STATED | CERTIFIER | yes(1, "claim", "direct", "wholly")
    said = printed(
        only(
            dossier(lines=(goods(1, origin="MX"),), parties=MONTEBELLO, stated=stated),
            Kind.CERTIFICATE_OF_ORIGIN,
        )
    )
    for number, part in (
        ("1 Certification by", "exporter"), ("2 Certifier", "Rosa Meléndez"), ("3 Exporter", "Montebello Hogar"),
        ("4 Producer", "Montebello Hogar"), ("5 Importer", "Northgate Retail"), ("6 Description", "8504.40"),
        ("7 Origin criterion", "A"), ("8 Blanket period", "This shipment only"), ("9 Certification, authorized signature", "Date"),
    ):  # fmt: skip
        assert number in said
        assert part in said.split(number, 1)[1]


@pytest.mark.parametrize("missing", sorted(CERTIFIER))
def test_a_certificate_without_one_of_its_elements_is_not_made(missing: str) -> None:
    stated = STATED | without(CERTIFIER, missing) | yes(1, "claim", "direct", "wholly")
    assert only(
        dossier(lines=(goods(1, origin="MX"),), parties=MONTEBELLO, stated=stated),
        Kind.CERTIFICATE_OF_ORIGIN,
    ).lacks


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({}, "nobody has answered 'claim'"),
        ({"origin.1.claim": "yes"}, "without a document that proves it"),
        ({"origin.1.claim": "yes 999"}, "without a document that proves it"),
        (yes(1, "claim") | {"origin.1.direct": "unsure"}, "a specialist must look"),
        (yes(1, "claim", "direct") | no(1, "wholly"), "nobody has answered 'exclusively'"),
    ],
)
def test_what_is_uncertain_goes_to_a_person_with_the_questions_that_decide(
    answers: dict[str, str], why: str
) -> None:
    (made,) = certificate.sheets(
        dossier(lines=(goods(1, origin="MX"),), stated=STATED | CERTIFIER | answers)
    )
    assert "a person must say" in made.title
    assert why in made.lacks[0]
    assert any("?" in one and "origin.LINE." in one for one in made.lacks[1:])


@pytest.mark.parametrize(
    ("country", "answers"),
    [
        ("MX", yes(1, "claim") | no(1, "direct")),
        (
            "MX",
            yes(1, "claim", "direct")
            | no(1, "wholly", "exclusively", "rule", "minimis", "assembled"),
        ),
        ("KR", yes(1, "claim", "direct") | no(1, "wholly", "exclusively", "rule", "minimis")),
        ("CN", no(1, "made")),
    ],
)
def test_goods_that_do_not_qualify_get_a_clear_refusal(
    country: str, answers: dict[str, str]
) -> None:
    (made,) = certificate.sheets(
        dossier(lines=(goods(1, origin=country),), stated=STATED | CERTIFIER | answers)
    )
    assert "does not qualify" in made.title
    assert made.lacks[0].startswith("line 1: ")


def test_three_origins_give_three_certificates_and_each_line_is_in_exactly_one() -> None:
    lines = tuple(
        goods(at, origin=country) for at, country in enumerate(("MX", "CN", "KR", "MX", "CN"), 1)
    )
    stated = STATED | CERTIFIER
    for at in (1, 3, 4):
        stated = stated | yes(at, "claim", "direct", "wholly")
    stated = stated | yes(2, "made") | yes(5, "made")
    made = certificate.sheets(dossier(lines=lines, stated=stated, parties=MONTEBELLO))
    assert {one.part for one in made} == {"usmca-MX", "declaration-CN", "korus-KR"}
    numbers = [row[0] for one in made for row in one.facts["lines"]]
    assert sorted(numbers) == ["1", "2", "3", "4", "5"]
    assert all(printed(one) for one in made)


ANSWER = st.sampled_from(["yes 12", "yes", "no", "unsure", ""])
COUNTRY = st.sampled_from(["MX", "CA", "KR", "CN", "AU", None])


@given(st.lists(st.tuples(COUNTRY, st.fixed_dictionaries(dict.fromkeys(origin.data().questions, ANSWER))), min_size=1, max_size=8))  # fmt: skip
def test_whatever_is_answered_no_line_is_in_two_certificates_and_none_is_lost(drawn: list) -> None:
    lines = tuple(goods(at, origin=country) for at, (country, _) in enumerate(drawn, 1))
    stated = {
        f"origin.{at}.{name}": said
        for at, (_, answers) in enumerate(drawn, 1)
        for name, said in answers.items()
        if said
    }
    made = dossier(lines=lines, stated=stated)
    granted = [
        row[0] for one in certificate.sheets(made) if one.facts for row in one.facts["lines"]
    ]
    outcomes = [certificate.decided(made, line) for line in lines]
    assert sorted(granted) == sorted(
        str(at) for at, one in enumerate(outcomes, 1) if one.kind == "granted"
    )
    assert all(one.evidence for one in outcomes if isinstance(one, origin.Granted))


# -- the security filing


def test_the_security_filing_lists_ten_elements_when_it_is_due_and_what_is_missing() -> None:
    made = only(dossier(), Kind.ISF)
    said = printed(made)
    assert [one for one in range(1, 11) if not re.search(rf"\b{one} [A-Z]", said)] == []
    assert "before the end of 2026-04-05, 24 hours before lading" in said
    assert "Missing, 6 of 10" in said
    assert "9. Container stuffing location" in made.open
    assert "8443.32, 8504.40, 8536.69" in said


def test_a_security_filing_with_everything_known_says_so() -> None:
    stated = STATED | {
        "importer.number": "12-3456789AB", "consignee.number": "12-3456789AB", "manufacturer": "Shenzhen Brightpath", "manufacturer.address": "88 Keji Road",
        "ship_to": "Riverside DC", "ship_to.address": "1 Dock Road", "stuffing.location": "Yantian CFS 4", "consolidator": "Yantian Box Ltd",
    }  # fmt: skip
    made = only(dossier(stated=stated), Kind.ISF)
    assert made.open == ()
    assert "All ten elements of the importer are known" in printed(made)


def test_air_cargo_has_no_security_filing_of_this_kind() -> None:
    air = dossier().transport.model_copy(update={"containers": (), "vessel": None})
    assert only(dossier(transport=air), Kind.ISF).lacks


# -- the entry summary


def test_the_entry_summary_has_its_blocks_rows_and_totals() -> None:
    said = printed(only(dossier(), Kind.ENTRY_SUMMARY))
    for number in chain(range(1, 28), range(30, 44)):
        assert re.search(rf"(?<!\d){number}\. ?", said), number
    for part in (
        "1. Filer Code/Entry Number QZ7-0204518-1", "2. Entry Type 01", "9. Mode of Transport 11", "10. Country of Origin CN",
        "11. Import Date 04/24/2026", "12. B/L or AWB Number ZZZQ26051877", "13. Manufacturer ID CNSHEBRI88SHE",
        "20. U.S. Port of Unlading 2709 Long Beach", "35. Total Entered Value $ 34,500", "37. Duty 8,625.00", "39. Other 162.64", "40. Total 8,787.64",
        "499 Merchandise Processing Fee", "501 Harbor Maintenance Fee", "119.51", "43.13", "NOT RELATED", "1,500 NO.",
    ):  # fmt: skip
        assert part in said, part
    assert "29. A. HTSUS No." in said
    assert "DRAFT — not filed and not signed" in said
    assert "to be signed by the licensed broker or the importer" in said


def test_the_totals_are_those_of_the_duty_desk_to_the_cent() -> None:
    lines = dossier().lines
    desk = open_desk(store=Path("nowhere"), extract=tariff.DEMO_EXTRACT, rates=None)
    codes = ("4202.92.31.20", "6109.10.00.12", "6911.10.45.00")
    asked = [
        DutyQuery(number=line.number, code=code, value=line.value, origin="CN", quantity=Decimal(1200), unit="doz")
        for line, code in zip(lines, codes, strict=True)
    ]  # fmt: skip
    made = desk.entry(asked, on=date(2026, 3, 20), by_sea=True)
    assert made.duty is not None
    assert made.total is not None
    coded = tuple(
        line.model_copy(update={"code": code}) for line, code in zip(lines, codes, strict=True)
    )
    found = only(dossier(lines=coded, duty=made.layers), Kind.ENTRY_SUMMARY)
    said = printed(found)
    assert f"37. Duty {made.duty.amount:,.2f}" in said
    assert f"40. Total {made.total.amount:,.2f}" in said
    for line, row in zip(made.lines, found.facts["lines"], strict=True):
        assert [one[0] for one in row["headings"]] == [layer.heading for layer in line.layers]
        assert row["headings"][-1][0].startswith(codes[line.number - 1][:10])


def test_chapter_99_rows_come_first_and_the_value_stands_on_the_last() -> None:
    rows = only(dossier(), Kind.ENTRY_SUMMARY).facts["lines"]
    assert [[one[0] for one in row["headings"]] for row in rows] == [
        ["9903.88.01", "8504.40.9550"], ["9903.88.01", "8536.69.4010"], ["9903.88.01", "8443.32.1050"],
    ]  # fmt: skip
    assert [row["value"] for row in rows] == ["9,300", "13,200", "12,000"]


def test_pieces_are_reported_in_the_dozens_of_the_tariff() -> None:
    line = goods(1, quantity=4560, price="6", unit="PCS", units=("Dz Pcs",), code="6911.10.8010")
    (row,) = only(dossier(lines=(line,)), Kind.ENTRY_SUMMARY).facts["lines"]
    assert row["net"] == "380 DZ PCS"


def test_a_unit_that_cannot_be_converted_is_left_open() -> None:
    (row,) = only(dossier(lines=(goods(1, unit="CTNS", units=("kg",)),)), Kind.ENTRY_SUMMARY).facts[
        "lines"
    ]
    assert row["net"] is None


def test_an_entry_summary_needs_confirmed_codes_and_known_amounts() -> None:
    open_code = only(dossier(lines=(goods(1, decided=False),)), Kind.ENTRY_SUMMARY)
    assert any("a code of ten digits that a broker has confirmed" in one for one in open_code.lacks)
    made = dossier()
    unsaid = made.duty[0].model_copy(
        update={"amount": None, "needs": "line 1: whether it is excluded"}
    )
    assert (
        "line 1: whether it is excluded"
        in only(dossier(duty=(unsaid, *made.duty[1:])), Kind.ENTRY_SUMMARY).lacks
    )
    assert any(
        "its duty could not be computed" in one
        for one in only(dossier(duty=made.duty[6:]), Kind.ENTRY_SUMMARY).lacks
    )


@settings(max_examples=4, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 40), st.integers(1, 10**7), st.sampled_from(["9903.88.01", None]))
def test_of_any_size_every_line_is_there_once_and_the_totals_are_the_duty_s(
    count: int, cents: int, extra: str | None
) -> None:
    price = Decimal(cents) / 100
    lines = tuple(goods(at, quantity=1, price=price) for at in range(1, count + 1))
    made = dossier(lines=lines, duty=layers(lines, extra=extra))
    found = only(made, Kind.ENTRY_SUMMARY)
    said = printed(found)
    assert [row["number"] for row in found.facts["lines"]] == [
        f"{at:03d}" for at in range(1, count + 1)
    ]
    assert all(
        len(re.findall(rf"(?<!\d){at:03d} Power adapters", said)) == 1 for at in range(1, count + 1)
    )
    duty = sum(
        (layer.amount.amount for layer in made.duty if layer.line and layer.amount), Decimal(0)
    )
    assert f"37. Duty {duty:,.2f}" in said
    assert f"40. Total {duty + Decimal('162.64'):,.2f}" in said


def test_two_hundred_lines_fill_pages_that_each_bear_the_heads() -> None:
    lines = tuple(goods(at) for at in range(1, 201))
    made = only(dossier(lines=lines, duty=layers(lines)), Kind.ENTRY_SUMMARY)
    shown = pages(render.render(made.template, made.facts))
    assert len(shown) > 10
    assert all("34. Duty and I.R. Tax" in one for one in shown[:-1])
    assert "200 Power adapters" in " ".join(shown)


# -- the delivery order


def test_there_is_no_delivery_order_before_the_release() -> None:
    assert any("release by customs" in one for one in only(dossier(), Kind.DELIVERY_ORDER).lacks)
    assert any(
        "release by customs" in one
        for one in only(dossier(state=State.HELD), Kind.DELIVERY_ORDER).lacks
    )


def test_the_delivery_order_prints_what_is_known_and_leaves_the_rest() -> None:
    stated = STATED | {"issued_to": "Sunbelt Drayage LLC", "pickup.number": "PU-99812"}
    made = only(dossier(state=State.RELEASED, stated=stated), Kind.DELIVERY_ORDER)
    said = printed(made)
    for part in (
        "Sunbelt Drayage LLC",
        "PU-99812",
        "ZZZU3045127",
        "SL-771",
        "2026-04-30",
        "120 CTNS",
        "to be completed",
    ):
        assert part in said
    assert "empty_return" in made.open


# -- all of them


@pytest.mark.parametrize("kind", list(Kind))
def test_no_paper_of_a_shipment_that_nobody_knows_anything_of_is_made_or_guessed(
    kind: Kind,
) -> None:
    empty = Dossier(
        ref="SHP-1", firm="F", filer="QZ7", today=dossier().today, state=State.IN_REVIEW
    )
    assert all(one.lacks for one in catalogue.sheets(empty, kind))


@pytest.mark.parametrize("kind", list(Kind))
def test_text_from_outside_is_only_text_in_every_paper(kind: Kind) -> None:
    nasty = '#panic("x") $ \\ @ref `c` *b* <l> // /* ] } ) 🚢 ' + "ẅ" * 300
    line = goods(1, origin="MX", description=nasty, sku="#{1+1}")
    parties = Parties(
        exporter=PartyBlock(name=nasty, address=nasty, country="MX"),
        importer=dossiers.BUYER,
        consignee=PartyBlock(name=nasty, address="x"),
    )
    transport = dossier().transport.model_copy(
        update={"vessel": nasty, "houseBill": "#B", "containers": (nasty,)}
    )
    stated = (
        dict.fromkeys(STATED, nasty)
        | {"charges": "none", **CERTIFIER, "certifier.name": nasty}
        | yes(1, "claim", "direct", "wholly")
    )
    made = dossier(
        lines=(line,),
        parties=parties,
        transport=transport,
        stated=stated,
        state=State.RELEASED,
        header=Header(**{**dossier().header.model_dump(), "invoiceNumber": "#n"}),
    )
    found = only(made, kind)
    assert '#panic("x") $' in printed(found)


def test_the_same_facts_have_the_same_fingerprint_on_another_day() -> None:
    first, later = dossier(), dossier(today=dossier().today.replace(day=9))
    assert only(first, Kind.PACKING_LIST).fingerprint == only(later, Kind.PACKING_LIST).fingerprint
    other = dossier(totals=dossier().totals.model_copy(update={"packages": 121}))
    assert only(first, Kind.PACKING_LIST).fingerprint != only(other, Kind.PACKING_LIST).fingerprint
