"""Sources that contradict each other are found, and small differences of scales are not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from storage.values import InvoiceLine, Totals
from workflows.papers import check
from workflows.papers.check import Source


def source(
    name: str, *, money: bool = False, lines: tuple[InvoiceLine, ...] = (), **totals: object
) -> Source:
    return Source(name=name, money=money, lines=lines, totals=Totals.model_validate(totals))


def fields(*sources: Source) -> list[str]:
    return [one.field for one in check.conflicts(sources)]


def test_ten_pallets_booked_and_twelve_on_the_packing_list_are_a_discrepancy_with_both_sources() -> (
    None
):
    (found,) = check.conflicts(
        (
            source("Booking", packages=10, packageUnit="PLT"),
            source("Packing list", packages=12, packageUnit="pallets"),
        )
    )
    assert (found.field, found.title) == ("packages.pallet", "Pallets")
    assert {(one.source, one.value) for one in found.claims} == {
        ("Booking", "10"),
        ("Packing list", "12"),
    }


def test_pallets_and_cartons_are_not_compared() -> None:
    assert (
        fields(
            source("Booking", packages=12, packageUnit="pallets"),
            source("Packing list", packages=480, packageUnit="cartons"),
        )
        == []
    )


@pytest.mark.parametrize(("other", "found"), [("1830", []), ("1835", []), ("1850", ["gross"])])
def test_weights_may_differ_by_half_a_percent(other: str, found: list[str]) -> None:
    assert (
        fields(
            source("Packing list", grossWeightKg="1830"),
            source("Bill of lading", grossWeightKg=other),
        )
        == found
    )


def test_order_and_invoice_totals_are_compared_to_the_cent() -> None:
    assert (
        fields(
            source("Order", money=True, total="62300.00"),
            source("Invoice", money=True, total="62300"),
        )
        == []
    )
    assert fields(
        source("Order", money=True, total="62300.00"),
        source("Invoice", money=True, total="51916.67"),
    ) == ["total"]


def line(number: int, quantity: str | None, **more: object) -> InvoiceLine:
    return InvoiceLine.model_validate({"lineNumber": number, "quantity": quantity, **more})


def test_lines_are_matched_by_article_then_by_words_and_stated_ones_by_number() -> None:
    invoice = source(
        "Invoice",
        money=True,
        lines=(
            line(1, "480", sku="CH-1", description="Chandeliers"),
            line(2, "5", description="Brass hooks"),
        ),
    )
    packing = source(
        "Packing list",
        lines=(
            line(1, "5", description="BRASS, hooks"),
            line(2, "400", sku="ch 1", description="Lamps"),
        ),
    )
    assert fields(invoice, packing) == ["quantity.1"]
    order = check.stated(
        {"order.quantity.2": "7", "order.packages": "12 pallets", "order.total": "1,000.00"}
    )
    assert fields(invoice, *order) == ["quantity.2"]


def test_other_figures_of_the_same_fact_are_another_discrepancy() -> None:
    first = check.conflicts((source("A", packages=10), source("B", packages=12)))[0]
    again = check.conflicts((source("C", packages=12), source("D", packages=10)))[0]
    later = check.conflicts((source("A", packages=10), source("B", packages=11)))[0]
    assert first.key == again.key
    assert first.key != later.key


def test_a_quantity_is_kept_as_it_is_said() -> None:
    (found,) = check.conflicts((source("A", packages=1000), source("B", packages=1001)))
    assert [one.value for one in found.claims] == ["1000", "1001"]
    assert Decimal(found.claims[0].value) == 1000
