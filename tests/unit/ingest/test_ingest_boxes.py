"""Carriers' forms, drawn here box by box: labels stand over their values, not beside them."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import Workbook

from ingest import fields
from ingest.fields import boxes, goods
from storage.values import DocumentKind, Reading
from tests.unit.ingest.test_ingest_layouts import Text, column, read

NOTICE: tuple[Text, ...] = (
    (330, 30, "ARRIVAL NOTICE / FREIGHT"),
    (330, 40, "INVOICE"),
    (330, 60, "INVOICE NO. 55-10233"),
    *column(30, 80, "SHIPPER", "LOTUS BASKETS CO., LTD", "DA NANG, VIETNAM"),
    *column(30, 120, "CONSIGNEE", "NORTHGATE HOME INC", "SEATTLE, WA 98101 USA"),
    *column(320, 80, "HOUSE B/L NO", "NGHDAD260441"),
    *column(450, 80, "AMS HBL / SCAC", "QXLN DAD260441"),
    *column(30, 160, "VESSEL/VOYAGE", "LOTUS STREAM 118E"),
    *column(200, 160, "PORT OF LOADING / ETD", "DA NANG, VIETNAM", "07-17-26"),
    *column(380, 160, "PORT OF DISCHARGE / ETA", "TACOMA, WA", "08-19-26"),
    *column(30, 200, "PLACE OF", "DELIVERY", "KENT, WA (DOOR)"),
    *column(200, 200, "PLACE OF RECEIPT", "HUE, VIETNAM"),
    *column(380, 200, "LAST FREE DAY / G.O. DATE", "08-25-26 / 09-03-26"),
    *column(200, 120, "NOTIFY PARTY", "SAME AS CONSIGNEE"),
    (30, 250, "CONTAINER NO."),
    (140, 250, "PKGS"),
    (220, 250, "DESCRIPTION OF GOODS"),
    (420, 250, "GROSS WEIGHT KGS"),
    (30, 260, "MSCU1234566"),
    (140, 260, "120 CARTONS"),
    *column(220, 260, "RATTAN BASKETS", "HTS 4602.12", "BAMBOO TRAYS WITH", "HANDLES", "HTS 4602.11"),
    (420, 260, "1,200.50"),
    (30, 310, "TOTAL"),
    (140, 310, "300 CARTONS"),
    (420, 310, "3,100.00"),
    (30, 340, "CHARGES"),
    (200, 340, "PREPAID"),
    (420, 340, "COLLECT"),
    (30, 350, "TOTAL DUE"),
    (420, 350, "4,015.00"),
    *column(30, 400, "NOT CLEARED IN 15 DAYS: GENERAL ORDER. FREE TIME AT", "THE RAMP IS 2 WORKING DAYS."),
)  # fmt: skip


def test_a_value_stands_under_its_label_and_not_in_the_next_box() -> None:
    made = read(*NOTICE)
    move = made.transport
    assert made.documentType is DocumentKind.ARRIVAL_NOTICE
    assert (move.vessel, move.voyage) == ("LOTUS STREAM", "118E")
    assert (move.portOfLoading, move.etd) == ("DA NANG, VIETNAM", date(2026, 7, 17))
    assert (move.portOfDischarge, move.eta) == ("TACOMA, WA", date(2026, 8, 19))
    assert move.placeOfDelivery == "KENT, WA (DOOR)"
    assert (move.lastFreeDay, move.freeTimeDays) == (date(2026, 8, 25), 2)
    assert (move.houseBill, move.scac) == ("NGHDAD260441", "QXLN")


def test_each_goods_has_its_tariff_code_and_the_printed_total_counts() -> None:
    made = read(*NOTICE)
    assert [(one.description, one.hsCodeHint) for one in made.lineItems] == [
        ("RATTAN BASKETS", "460212"),
        ("BAMBOO TRAYS WITH HANDLES", "460211"),
    ]
    assert (made.totals.packages, made.totals.grossWeightKg) == (300, Decimal("3100.00"))


def test_the_number_of_the_carriers_own_bill_is_no_sellers_invoice() -> None:
    made = read(*NOTICE)
    assert (made.header.invoiceNumber, made.totals.total) == (None, None)


def test_who_is_told_may_be_the_consignee() -> None:
    assert read(*NOTICE).parties.notifyParty.name == "NORTHGATE HOME INC"


def test_the_sellers_invoice_is_read_where_the_shipper_wrote_it() -> None:
    made = read(
        (30, 30, "MULTIMODAL TRANSPORT DOCUMENT"),
        *column(30, 60, "Consignor / Shipper", "LOTUS YARN PVT LTD", "KARUR, INDIA"),
        *column(330, 60, "MTD No.", "LYN/MIA/00771/26"),
        *column(30, 110, "Ocean vessel", "EVER LOTUS V.018E"),
        *column(200, 110, "Port of loading", "TUTICORIN"),
        *column(380, 110, "Feeder vessel", "QUAY KING / 12"),
        (30, 160, "Marks"),
        (150, 160, "Description of goods"),
        (420, 160, "Gross weight"),
        *column(30, 170, "LYN 1-90", "MADE IN INDIA"),
        *column(150, 170, "90 BALES", "COTTON YARN", "INVOICE(S) NO. LY/77/26 DTD 19.08.2026"),
        *column(150, 200, "14 DAYS FREE DETENTION AT DESTINATION", "CFR MIAMI, INCOTERMS 2020"),
        (420, 170, "2,000.00 KGS"),
    )
    assert made.documentType is DocumentKind.BILL_OF_LADING
    assert made.transport.masterBill == "LYN/MIA/00771/26"
    assert (made.transport.vessel, made.transport.voyage) == ("EVER LOTUS", "018E")
    assert (made.header.invoiceNumber, made.header.invoiceDate) == ("LY/77/26", date(2026, 8, 19))
    assert (made.header.incoterms, made.transport.freeTimeDays) == ("CFR MIAMI", 14)
    assert [(one.description, one.countryOfOrigin) for one in made.lineItems] == [
        ("COTTON YARN", "IN")
    ]


def test_a_delivery_order_on_a_sheet_tells_where_the_goods_are() -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in (
        ["HARBOUR BROKERS INC", None, None, "DELIVERY ORDER"],
        ["IMPORTING CARRIER", "LOCATION", "FROM PORT OF / ORIGIN AIRPORT", "OUR REF. NO."],
        ["LOTUS STREAM V.041E", "PIER 5 / FIRMS Z978", "NINGBO", "618-4077"],
        ["B/L OR AWB NO.", "ARRIVAL DATE", "FREE TIME EXP.", "ENTRY NO."],
        ["QXLN2770316640", date(2026, 11, 2), date(2026, 11, 6), "H8T-6184077-2"],
        ["NO. OF PKGS.", "DESCRIPTION OF ARTICLES, SPECIAL MARKS & EXCEPTIONS", "WEIGHT", None],
        ["918 CTNS", "PAPER LAMPS", 7252, None],
    ):
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    made = fields.read("order.xlsx", out.getvalue())
    assert isinstance(made, Reading)
    move = made.transport
    assert made.documentType is DocumentKind.OTHER
    assert (move.vessel, move.voyage, move.portOfLoading) == ("LOTUS STREAM", "041E", "NINGBO")
    assert (move.eta, move.lastFreeDay) == (date(2026, 11, 2), date(2026, 11, 6))
    assert move.masterBill == "QXLN2770316640"
    assert [one.description for one in made.lineItems] == ["PAPER LAMPS"]


@pytest.mark.parametrize(
    ("label", "named"),
    [
        ("PLACE OF DELIVERY / ETA", ("transport.placeOfDelivery",)),
        ("LAST FREE DAY / G.O. DATE", ("transport.lastFreeDay", "ignore")),
        ("Place of Delivery. Applicable only for combined transport", ("transport.placeOfDelivery",)),
        ("9. Combined Transport* Place of Delivery", ("transport.placeOfDelivery",)),
        ("Puerto de carga / Port of Loading", ("transport.portOfLoading",)),
        ("1. Shipper Insert Name Address and Phone/Fax", ("parties.exporter",)),
        ("HOCHIMINH CITY CFS", ()),
    ],
)  # fmt: skip
def test_the_words_of_a_box(label: str, named: tuple[str, ...]) -> None:
    assert boxes.names(label) == named


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("HTS 7318.15 7318.16", ["731815", "731816"]),
        ("H.S. CODE: 8446 2900", ["84462900"]),
        ("HS CODE 6109.10 00", ["61091000"]),
        ("PO 4500 8821", []),
    ],
)
def test_tariff_codes_behind_their_label(said: str, codes: list[str]) -> None:
    assert goods.codes_in(said) == codes


def test_the_carriers_code_and_the_number_may_stand_in_one_box() -> None:
    made = read(
        (330, 30, "ARRIVAL NOTICE"),
        *column(30, 60, "VESSEL", "LOTUS STREAM"),
        *column(200, 60, "SCAC B/L #", "QXLN DAD0260441"),
        *column(30, 100, "OPERATIONAL LOAD PORT", "SINGAPORE"),
        *column(200, 100, "PORT OF LOADING", "DA NANG, VIETNAM"),
        (30, 140, "Manifest Destination:"),
        (150, 140, "KENT, WA"),
    )
    move = made.transport
    assert (move.scac, move.masterBill) == ("QXLN", "DAD0260441")
    assert (move.portOfLoading, move.placeOfDelivery) == ("DA NANG, VIETNAM", "KENT, WA")


def test_goods_behind_a_count_in_brackets_have_their_code() -> None:
    made = read(
        (330, 30, "BILL OF LADING"),
        (140, 60, "NO. OF PACKAGES"),
        (260, 60, "DESCRIPTION OF GOODS"),
        (460, 60, "GROSS WEIGHT KGS"),
        (140, 75, "(736 CARTONS) CHAIN SAWS"),
        (360, 75, "HS:846781"),
        (460, 75, "1,200.50"),
        (260, 85, "CORDLESS DRILLS"),
        (360, 85, "INCISO ARANCELARIO 8467.21"),
    )
    said = [(line.description, line.hsCodeHint) for line in made.lineItems]
    assert said == [("CHAIN SAWS", "846781"), ("CORDLESS DRILLS", "846721")]
