"""Whose name and address a block is: boxes of unequal length, sheets, rows of label and value."""

from __future__ import annotations

import io

import openpyxl
import pytest

from ingest import fields
from storage.values import PartyBlock, Reading
from tests.unit.ingest.test_ingest_layouts import TABLE, Text, column
from tests.unit.ingest.test_ingest_layouts import read as drawn

TITLE = (250, 80, "COMMERCIAL INVOICE")
GOODS: tuple[Text, ...] = (*TABLE, (100, 330, "Dress"), (350, 330, "10"), (510, 330, "20.00"))
SELLER = ("Lotus Mills", "Gazipur, Bangladesh")
BUYER = ("Bar Inc", "12 Main St", "Seattle WA 98101", "USA")


def on_sheet(*rows: tuple[str | None, ...]) -> Reading:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in (("COMMERCIAL INVOICE",), *rows, (),
                ("Description", "Qty", "Unit Price", "Amount"), ("Lamp", 10, 2, 20)):  # fmt: skip
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    made = fields.read("made.xlsx", out.getvalue())
    assert isinstance(made, Reading)
    return made


def both(made: Reading) -> tuple[str | None, ...]:
    seller, buyer = made.parties.exporter, made.parties.importer
    return seller.name, seller.address, seller.country, buyer.name, buyer.address, buyer.country


EXPECTED = (
    "Lotus Mills", "Gazipur, Bangladesh", "BD", "Bar Inc", "12 Main St, Seattle WA 98101, USA", "US"
)  # fmt: skip


@pytest.mark.parametrize(
    "page",
    [
        [(30, 110, "Seller"), (300, 110, "Buyer"), *column(30, 122, *SELLER),
         *column(300, 122, *BUYER)],
        # The boxes do not begin on one row.
        [(30, 108, "Seller"), (300, 114, "Buyer"), *column(30, 120, *SELLER, step=12),
         *column(300, 126, *BUYER, step=12)],
    ],
)  # fmt: skip
def test_a_short_block_takes_no_row_of_the_longer_one_beside_it(page: list[Text]) -> None:
    assert both(drawn(TITLE, *page, *GOODS)) == EXPECTED


@pytest.mark.parametrize(
    "rows",
    [
        [("Seller", "Buyer"), ("Lotus Mills", "Bar Inc"), ("Gazipur, Bangladesh", "12 Main St"),
         (None, "Seattle WA 98101"), (None, "USA")],
        [("Seller:", "Lotus Mills", "Buyer:", "Bar Inc"),
         (None, "Gazipur, Bangladesh", None, "12 Main St"),
         (None, None, None, "Seattle WA 98101"), (None, None, None, "USA")],
    ],
)  # fmt: skip
def test_on_a_sheet_the_block_beside_stands_in_the_next_column(
    rows: list[tuple[str | None, ...]],
) -> None:
    assert both(on_sheet(*rows)) == EXPECTED


@pytest.mark.parametrize(
    "rows",
    [
        [("Exporter:", "Lotus Mills"), ("Exporter Address:", "Gazipur, Bangladesh"),
         ("Importer:", "Bar Inc"), ("Importer Address:", "12 Main St, Seattle WA 98101, USA")],
        [("Exporter", "Lotus Mills", "Importer", "Bar Inc"),
         ("Exporter Address", "Gazipur, Bangladesh", "Importer Address",
          "12 Main St, Seattle WA 98101, USA")],
        # Away from the name.
        [("Exporter", "Lotus Mills"), ("Invoice No", "A-1"), ("Importer", "Bar Inc"),
         ("Exporter Address", "Gazipur, Bangladesh"),
         ("Importer Address", "12 Main St, Seattle WA 98101, USA")],
        [("Exporter: Lotus Mills",), ("Address: Gazipur, Bangladesh",),
         ("Importer: Bar Inc",), ("Address: 12 Main St, Seattle WA 98101, USA",)],
    ],
)  # fmt: skip
def test_an_address_with_a_label_of_its_own_is_the_address(
    rows: list[tuple[str | None, ...]],
) -> None:
    assert both(on_sheet(*rows)) == EXPECTED


def test_the_words_of_a_form_within_the_block_are_no_part_of_it() -> None:
    made = drawn(
        TITLE,
        (30, 110, "Seller:"),
        *column(30, 122, "Name:", "Address:", "City:", "Country:"),
        *column(120, 122, "Lotus Mills", "12 Canal Road", "Gazipur", "Bangladesh"),
        *GOODS,
    )
    assert made.parties.exporter == PartyBlock(
        name="Lotus Mills", address="12 Canal Road, Gazipur, Bangladesh", country="BD"
    )


@pytest.mark.parametrize(
    ("address", "land"),
    [
        (("Ruta 8 Km 40", "Pilar - Buenos Aires"), "AR"),
        (("No. 6 Lake Road", "Foshan, Guangdong Province"), "CN"),
        (("12 Temple Street", "Chennai Tamil Nadu 600001, INDIA EMAIL: buy@bar.example"), "IN"),
        (("44 Dock Street", "Portland"), None),  # a parish of Jamaica has that name
        (("9 Mill Lane", "Birmingham"), None),
    ],
)
def test_a_province_tells_the_country_but_no_name_that_towns_have_as_well(
    address: tuple[str, ...], land: str | None
) -> None:
    made = drawn(*GOODS, TITLE, *column(30, 130, "Consignee:", "Bar Trading", *address))
    assert made.parties.consignee.name == "Bar Trading"
    assert made.parties.consignee.country == land
    if land in ("AR", "CN"):
        assert made.confidenceByField["parties.consignee.country"] < 0.85


def test_the_country_in_the_shipping_mark_is_that_of_the_firm_that_it_names() -> None:
    made = drawn(
        *GOODS, TITLE, *column(30, 130, "Consignee:", "BAR TRADING GMBH", "HAFENSTR. 9, 48599 GRONAU"),
        *column(30, 350, "BAR TRADING GMBH", "HAFENSTR. 9, 48599 GRONAU", "GERMANY"),
    )  # fmt: skip
    assert made.parties.consignee.country == "DE"
