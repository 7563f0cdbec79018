"""Labels as strangers print them: two languages, a number of the box, a row of boxes, a sentence."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ingest.fields import labels, values, weighed, whereabouts
from storage.values import DocumentKind
from tests.unit.ingest.test_ingest_layouts import column, read

GOODS = (
    *((30, 300, "Description of goods"), (250, 300, "Quantity"), (350, 300, "Unit price")),
    *((450, 300, "Amount"), (30, 320, "Steel hooks"), (250, 320, "100"), (350, 320, "2.00")),
    (450, 320, "200.00"),
)
TITLE = (250, 30, "COMMERCIAL INVOICE")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Vendu à / Sold to", "parties.importer"),
        ("③ Notify Party 통지처", "parties.notifyParty"),
        ("8 Consignee", "parties.consignee"),
        ("RECHN.-NR/INV.NO.", "header.invoiceNumber"),
        ("BRUTTO/GROSS KG", "totals.grossWeightKg"),
        ("Peso líquido / Net weight", "totals.netWeightKg"),
        ("Laadhaven / Port of loading", "transport.portOfLoading"),
        ("装运港 Port of Loading", "transport.portOfLoading"),
    ],
)
def test_a_label_in_two_languages_or_with_a_box_number_is_that_label(text: str, field: str) -> None:
    assert labels.field_of(text) == (field, "")


@pytest.mark.parametrize("text", ["Steel/Iron", "12 PCS/CARTON", "to / per", "Color/Ref"])
def test_other_words_with_a_slash_are_no_label(text: str) -> None:
    assert labels.field_of(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("1/2", None), ("Page 3 of 4", None), ("FA 26/0041", "FA 26/0041"), ("INV 7731", "7731")],
)
def test_a_page_is_no_number_and_a_series_belongs_to_it(text: str, number: str | None) -> None:
    assert values.reference(text) == number


@pytest.mark.parametrize(
    ("address", "land"),
    [
        ("Havnegade 4, DK-8000 Aarhus C", "DK"),
        ("Hauptplatz 1, A-4020 Linz", "AT"),
        ("Office 7, Tel. +84 28 3822", "VN"),
        ("9 Dock Rd, Houston, Texas-77008", "US"),
        ("UID: ATU12345678", "AT"),
        ("12 Long Road", None),
    ],
)
def test_postal_codes_and_numbers_tell_the_country(address: str, land: str | None) -> None:
    assert whereabouts.country(address) == land


def test_values_stand_under_a_row_of_boxes_and_under_labels_of_two_rows() -> None:
    made = read(
        TITLE, *GOODS,
        *((30, 60, "Port of loading"), (200, 60, "Port of discharge"), (400, 60, "Vessel/Voy.")),
        *((30, 70, "Gdansk"), (200, 70, "Newark, NJ"), (400, 70, "MAERSK OHIO / 412W")),
        *((30, 400, "Peso bruto /"), (150, 400, "Peso neto /"), (30, 410, "Gross weight")),
        *((150, 410, "Net weight"), (30, 420, "1.250,5 kg"), (150, 420, "1.100,0 kg")),
        *((30, 440, "Descarga /"), (30, 450, "Discharge"), (30, 460, "ignored")),
    )  # fmt: skip
    assert made.transport.portOfLoading == "Gdansk"
    assert made.transport.portOfDischarge == "Newark, NJ"
    assert made.totals.grossWeightKg == Decimal("1250.5")
    assert made.totals.netWeightKg == Decimal("1100.0")


def test_number_and_date_share_a_box_in_either_order() -> None:
    made = read(
        TITLE, *GOODS, (300, 60, "Invoice date and No."), (450, 60, "Seller's reference"),
        (300, 70, "14.03.2025"), (370, 70, "2025-1044"), (450, 70, "SO 88213"),
    )  # fmt: skip
    assert made.header.invoiceNumber == "2025-1044"
    assert str(made.header.invoiceDate) == "2025-03-14"


def test_the_way_stands_under_from_and_to_and_is_no_party() -> None:
    made = read(
        TITLE, *GOODS, (30, 60, "From:"), (90, 60, "SIALKOT"), (30, 70, "To:"), (90, 70, "NEW YORK"),
    )  # fmt: skip
    assert (made.transport.portOfLoading, made.transport.portOfDischarge) == ("SIALKOT", "NEW YORK")
    assert made.parties.exporter.name is None


def test_the_way_stands_behind_from_and_to_in_one_row_of_a_packing_list() -> None:
    made = read(
        TITLE, *GOODS, (30, 60, "FROM"), (90, 60, ": DA NANG, VIETNAM TO: VALENCIA, SPAIN BY SEA"),
    )  # fmt: skip
    assert made.transport.portOfLoading == "DA NANG, VIETNAM"
    assert made.transport.portOfDischarge == "VALENCIA, SPAIN"


def test_a_term_with_dots_behind_another_label_is_the_term() -> None:
    made = read(
        TITLE, *GOODS, (30, 60, "Terms of Delivery and Payment"), (30, 70, "F.O.B. KOLKATA"),
    )  # fmt: skip
    assert made.header.incoterms == "FOB KOLKATA"


def test_a_sentence_says_the_way_the_ship_the_weights_and_the_packages() -> None:
    made = read(
        TITLE, *GOODS,
        (30, 200, "SHIPPED FROM XIAMEN, CHINA TO HOUSTON, TX BY EVER LOTUS V.038E"),
        (30, 400, "PACKED IN 175CTNS G.W.:2534KGS N.W.:2391.5KGS"),
        (30, 420, "SAY TOTAL US DOLLARS TWO HUNDRED ONLY"),
    )  # fmt: skip
    assert made.transport.portOfLoading == "XIAMEN, CHINA"
    assert made.transport.portOfDischarge == "HOUSTON, TX"
    assert (made.transport.vessel, made.transport.voyage) == ("EVER LOTUS", "038E")
    assert (made.totals.grossWeightKg, made.totals.netWeightKg) == (2534, Decimal("2391.5"))
    assert (made.totals.packages, made.header.currency) == (175, "USD")


def test_weights_of_parts_without_a_total_are_not_taken_for_the_whole() -> None:
    made = read(
        TITLE,
        *GOODS,
        (30, 400, "Case 1 brutto/gross 400 kg"),
        (30, 420, "Case 2 brutto/gross 300 kg"),
    )
    assert made.totals.grossWeightKg is None


def test_the_row_of_totals_gives_weights_and_packages_under_their_headings() -> None:
    made = read(
        (250, 30, "PACKING LIST"), (30, 60, "Invoice No: PX-1"),
        *((30, 100, "DESCRIPTION"), (200, 100, "CTNS"), (300, 100, "N.W."), (400, 100, "G.W.")),
        *((30, 120, "Chairs"), (200, 120, "24"), (300, 120, "120.00"), (400, 120, "140.00")),
        *((30, 140, "Tables"), (200, 140, "10"), (300, 140, "90.50"), (400, 140, "99.00")),
        *((30, 170, "G. TOTAL"), (200, 170, "34"), (300, 170, "210.50"), (400, 170, "239.00")),
    )  # fmt: skip
    assert made.documentType is DocumentKind.PACKING_LIST
    assert made.totals.packages == 34
    assert (made.totals.netWeightKg, made.totals.grossWeightKg) == (Decimal("210.50"), 239)


def test_what_is_to_be_paid_goes_before_the_sum_of_the_lines() -> None:
    made = read(
        TITLE, *GOODS, (350, 340, "Total"), (450, 340, "200.00"), (300, 360, "Freight"),
        (450, 360, "50.00"), (300, 380, "TOTAL DUE"), (400, 380, "EUR"), (450, 380, "250.00"),
    )  # fmt: skip
    assert (made.totals.total, made.header.currency) == (250, "EUR")


def test_the_ticked_term_counts_and_c_and_f_is_cfr() -> None:
    ticked = read(
        TITLE, *GOODS, *column(450, 400, "[ ] C&F", "[x] F.O.B.", "[ ] C.I.F."),
    )  # fmt: skip
    named = read(TITLE, *GOODS, (30, 60, "Terms of Delivery:"), (130, 60, "C&F HOUSTON"))
    assert ticked.header.incoterms == "FOB"
    assert named.header.incoterms == "CFR HOUSTON"


def test_the_firm_that_signs_is_the_seller_when_no_head_names_one() -> None:
    made = read(TITLE, *GOODS, (400, 500, "For Royal Harbour Tools Pvt. Ltd."))
    assert made.parties.exporter.name == "Royal Harbour Tools Pvt. Ltd."


def test_lines_whose_cells_are_centred_in_height_are_read_to_the_last() -> None:
    heads = (
        (30, "No"),
        (60, "Description"),
        (200, "Quantity"),
        (300, "Unit price"),
        (400, "Amount"),
    )
    made = read(
        TITLE, *((x, 100, text) for x, text in heads),
        *column(60, 130, "Marble slab", "polished white", "2 cm thick"), (30, 140, "1"),
        *((200, 140, "10"), (300, 140, "5.00"), (400, 140, "50.00")),
        *column(60, 190, "Sandstone tile", "honed", "3 cm thick"), (30, 200, "2"),
        *((200, 200, "20"), (300, 200, "2.00"), (400, 200, "40.00")),
    )  # fmt: skip
    assert [one.extendedValue for one in made.lineItems] == [50, 40]


@pytest.mark.parametrize("said", ["2025年6月3日", "2025년 6월 3일", "2025-06-03"])
def test_a_date_with_the_characters_of_east_asia_is_read(said: str) -> None:
    read_ = values.day(said)
    assert read_ is not None
    assert read_.value.isoformat() == "2025-06-03"


def test_a_container_number_grouped_by_dots_is_proved_by_its_check_digit() -> None:
    assert values.containers("CSQU 305.438-3") == ["CSQU3054383"]
    assert values.containers("CSQU 305.438-4") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Fatura / Invoice EX-19/26", ("header.invoiceNumber", "EX-19/26")),
        ("Data da fatura / Invoice date 05/03/2026", ("header.invoiceDate", "05/03/2026")),
        ("Fatura / Fattoria EX-19/26", None),
    ],
)
def test_a_label_in_two_languages_has_its_value_behind_it(
    text: str, said: tuple[str, str] | None
) -> None:
    assert labels.in_two_languages_before(text) == said


def test_the_net_weight_beside_a_common_label_is_not_the_gross_one() -> None:
    assert weighed.of_the_other(weighed.GROSS, "NET 1,018.600 KGS")
    assert not weighed.of_the_other(weighed.GROSS, "GROSS 1,151 KGS")


def test_the_date_behind_another_papers_number_is_not_the_invoices() -> None:
    made = read(
        TITLE, *GOODS,
        (30, 60, "INVOICE NO :"), (110, 60, "LM/0764/2025"), (220, 60, "DT: 08-12-2025"),
        (30, 72, "L/C NO :"), (110, 72, "ILC01420"), (220, 72, "DT: 27-08-2025"),
    )  # fmt: skip
    assert str(made.header.invoiceDate) == "2025-12-08"
