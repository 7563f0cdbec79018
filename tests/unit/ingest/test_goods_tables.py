"""Tables of goods as companies of many countries print them, drawn here word by word."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest import fields
from ingest.fields import stated
from storage.values import Reading

Text = tuple[float, float, str]
HEIGHT = 792


def read(*texts: Text, more: tuple[Text, ...] = ()) -> Reading:
    """A page, and a second one of `more`, with each text at (x, y from the top)."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, HEIGHT))
    for page in (texts, more) if more else (texts,):
        canvas.setFont("Helvetica", 8)
        for x, y, text in page:
            canvas.drawString(x, HEIGHT - y, text)
        canvas.showPage()
    canvas.save()
    made = fields.read("drawn.pdf", out.getvalue())
    assert isinstance(made, Reading), made
    return made


def across(y: float, *texts: tuple[float, str]) -> list[Text]:
    return [(x, y, text) for x, text in texts]


HEAD = ((30, 30, "Moorland Tools Ltd."), (250, 60, "COMMERCIAL INVOICE"))
COLUMNS = across(
    200, (30, "Pos"), (60, "Description"), (320, "Quantity"), (400, "Price"), (500, "Amount")
)


def goods(y: float, pos: int, name: str, quantity: str, price: str, amount: str) -> list[Text]:
    return across(y, (30, str(pos)), (60, name), (320, quantity), (400, price), (500, amount))


def test_code_and_origin_in_a_row_under_the_goods_are_theirs_and_no_words_of_the_name() -> None:
    made = read(
        *HEAD, *COLUMNS,
        *goods(220, 1, "Torque wrench", "10 pcs", "40.00", "400.00"),
        (60, 230, "Comm. code 82041100 Origin CH"),
        *goods(245, 2, "Socket set", "5 set", "60.00", "300.00"),
        (60, 255, "HTS 8204.20.00.00"),
        *across(280, (400, "Total"), (500, "700.00")),
        (60, 300, "We certify that the goods are of Swiss origin."),
    )  # fmt: skip
    assert [
        (line.description, line.hsCodeHint, line.countryOfOrigin) for line in made.lineItems
    ] == [("Torque wrench", "82041100", "CH"), ("Socket set", "8204200000", "CH")]


def test_what_stands_between_the_goods_is_no_goods_and_the_total_is_what_it_all_makes() -> None:
    made = read(
        *HEAD, *COLUMNS,
        *goods(220, 1, "Torque wrench", "10 pcs", "40.00", "400.00"),
        *across(235, (60, "less 5 % project discount on pos. 1"), (500, "20.00-")),
        *goods(250, 2, "Socket set", "5 set", "60.00", "300.00"),
        *across(275, (400, "Summa varor"), (500, "680.00")),
        *across(290, (400, "Frakt"), (500, "55.50")),
        *across(305, (400, "Att betala"), (500, "735.50")),
    )  # fmt: skip
    assert [line.description for line in made.lineItems] == ["Torque wrench", "Socket set"]
    assert made.totals.total == Decimal("735.50")


def test_goods_go_on_after_a_sum_carried_forward_where_arithmetic_proves_them() -> None:
    made = read(
        *HEAD, *COLUMNS,
        *goods(220, 1, "Torque wrench", "10 pcs", "40.00", "400.00"),
        *across(700, (60, "Carried forward"), (500, "400.00")),
        more=(
            (30, 30, "Moorland Tools Ltd."),
            *across(60, (60, "Brought forward"), (500, "400.00")),
            *goods(80, 2, "Socket set", "5 set", "60.00", "300.00"),
            (60, 90, "in a steel case"),
            *across(120, (400, "Total"), (500, "700.00")),
        ),
    )  # fmt: skip
    assert [line.description for line in made.lineItems] == [
        "Torque wrench",
        "Socket set in a steel case",
    ]
    assert made.totals.total == Decimal("700.00")


def test_the_column_that_makes_the_amount_at_the_price_is_the_quantity() -> None:
    made = read(
        *HEAD,
        *across(200, (30, "Description"), (250, "CTNS"), (300, "SETS"), (350, "PCS"),
                (420, "Price"), (500, "Amount")),
        *across(220, (30, "Dinner plates of six"), (250, "20"), (300, "40"), (350, "240"),
                (420, "9.00"), (500, "360.00")),
        *across(235, (30, "Serving dish"), (250, "10"), (350, "60"), (420, "4.00"),
                (500, "240.00")),
        *across(260, (30, "Total"), (500, "600.00")),
    )  # fmt: skip
    assert [(line.quantity, line.unit) for line in made.lineItems] == [(40, "SET"), (60, "PCS")]


def test_a_price_for_a_hundred_pieces_is_kept_as_printed_and_known_as_right() -> None:
    made = read(
        *HEAD,
        *across(200, (30, "Pos"), (60, "Bezeichnung"), (300, "Menge"), (340, "ME"),
                (380, "Einzelpreis"), (440, "P/E"), (500, "Gesamtpreis")),
        *across(220, (30, "1"), (60, "Scheibe M8"), (300, "2.000"), (340, "STK"), (380, "4,50"),
                (440, "100"), (500, "90,00")),
        *across(240, (380, "Gesamtbetrag"), (500, "90,00")),
    )  # fmt: skip
    line = made.lineItems[0]
    assert (line.quantity, line.unit, line.unitPrice) == (2000, "STK", Decimal("4.50"))
    assert made.confidenceByField["lineItems[0].unitPrice"] > 0.9


def test_the_totals_row_of_a_packing_list_gives_weights_and_packages() -> None:
    made = read(
        (250, 60, "PACKING LIST"),
        *across(200, (10, "No."), (30, "Description"), (200, "Cartons"), (300, "Net weight"),
                (400, "Gross weight")),
        *across(220, (10, "1"), (30, "Tinned peas"), (200, "40"), (300, "320.00"), (400, "350.00")),
        *across(235, (10, "2"), (30, "Tinned beans"), (200, "60"), (300, "480.00"), (400, "525.00")),
        *across(260, (30, "TOTAL"), (200, "100"), (300, "800.00"), (400, "875.00")),
        (30, 300, "PRODUCT OF SPAIN"),
    )  # fmt: skip
    assert (made.totals.packages, made.totals.netWeightKg, made.totals.grossWeightKg) == (
        100, Decimal("800.00"), Decimal("875.00"),
    )  # fmt: skip
    assert [(one.quantity, one.unit, one.countryOfOrigin) for one in made.lineItems] == [
        (40, "CTN", "ES"), (60, "CTN", "ES"),
    ]  # fmt: skip


def test_a_row_above_colours_and_sizes_names_the_goods() -> None:
    made = read(
        (250, 60, "PACKING LIST"),
        *across(200, (30, "Carton no."), (120, "Colour"), (200, "No. of ctns"), (300, "Total pcs"),
                (400, "Gross weight")),
        (30, 215, "STYLE NO. RT-9 LADIES KNITTED CARDIGAN"),
        *across(230, (30, "1-10"), (120, "RED"), (200, "10"), (300, "240"), (400, "80.00")),
        *across(245, (30, "11-15"), (120, "BLUE"), (200, "5"), (300, "120"), (400, "40.00")),
        *across(270, (120, "TOTAL"), (200, "15"), (300, "360"), (400, "120.00")),
    )  # fmt: skip
    assert [(one.description, one.quantity) for one in made.lineItems] == [
        ("LADIES KNITTED CARDIGAN", 240),
        ("LADIES KNITTED CARDIGAN", 120),
    ]
    assert made.totals.grossWeightKg == Decimal("120.00")


@pytest.mark.parametrize(
    ("text", "left", "said"),
    [
        ("Oak desk HS 9403.30.00", "Oak desk", {"hsCodeHint": "94033000"}),
        ("Felt hats, samples 6505.00.4090", "Felt hats, samples", {"hsCodeHint": "6505004090"}),
        ("Pump, made in Italy", "Pump", {"countryOfOrigin": "IT"}),
        ("Quality of origin and colour as agreed", None, {}),
        ("Steel 1234.56 kg", None, {}),
    ],
)
def test_a_code_or_an_origin_among_the_words_is_told_from_them(
    text: str, left: str | None, said: dict[str, str]
) -> None:
    assert stated.apart(text, coded=False) == (left or text, said)


def test_a_total_of_weights_or_of_a_table_further_down_does_not_unsay_the_total() -> None:
    made = read(
        *HEAD, *COLUMNS,
        *goods(220, 1, "Torque wrench", "10 pcs", "40.00", "400.00"),
        *across(245, (400, "Total"), (500, "400.00")),
        *across(260, (60, "LESS : 5 % delay"), (500, "(20.00)")),
        *across(275, (400, "Net payable"), (500, "380.00")),
        *across(300, (60, "TOTAL GROSS WEIGHT"), (320, "1,216.40 KGS")),
    )  # fmt: skip
    assert made.totals.total == Decimal("380.00")


PRICED = across(
    200,
    (30, "No"),
    (60, "Item Number"),
    (150, "Description"),
    (320, "Quantity"),
    (400, "Unit Price"),
    (500, "Amount"),
)


def test_a_second_row_of_headings_is_for_the_second_row_of_each_line() -> None:
    invoice = read(
        *HEAD,
        *PRICED,
        *across(212, (60, "HTS Code"), (150, "Origin")),
        *across(230, (30, "1"), (60, "MT-11"), (150, "Steel chisel"), (320, "20"), (400, "4.00")),
        *across(230, (500, "80.00")),
        *across(242, (60, "8205.30.3000"), (150, "TW")),
        *across(260, (30, "2"), (60, "MT-12"), (150, "Claw hammer"), (320, "10"), (400, "6.00")),
        *across(260, (500, "60.00")),
        *across(272, (60, "8205.20.3000"), (150, "CN")),
        *across(300, (150, "Returnable box, no charge"), (320, "3")),
    )
    assert [
        (one.description, one.hsCodeHint, one.countryOfOrigin) for one in invoice.lineItems
    ] == [
        ("Steel chisel", "8205303000", "TW"),
        ("Claw hammer", "8205203000", "CN"),
    ]


def test_goods_may_be_named_above_the_row_of_their_figures() -> None:
    head = across(200, (30, "Articolo"), (90, "Descrizione"), (320, "Quantita"), (400, "Prezzo"))
    first = ((30, 220, "AB/1"), (90, 220, "Linen cloth, white"), (90, 229, "width 140 cm"))
    second = ((30, 256, "AB/2"), (90, 256, "Cotton cloth, blue"), (90, 265, "width 150 cm"))
    invoice = read(
        *HEAD,
        *head,
        (500, 200, "Importo"),
        *first,
        *across(238, (90, "Vs. ordine 77/1"), (320, "10"), (400, "4,00"), (500, "40,00")),
        *second,
        *across(274, (90, "Vs. ordine 77/2"), (320, "20"), (400, "3,00"), (500, "60,00")),
        *across(320, (30, "Colli 2 su bancali"), (320, "Totale merce"), (500, "100,00")),
    )
    assert [one.description for one in invoice.lineItems] == [
        "Linen cloth, white width 140 cm",
        "Cotton cloth, blue width 150 cm",
    ]


def test_a_packing_list_goes_on_behind_the_sum_of_a_container() -> None:
    head = across(200, (30, "Ref."), (90, "Description"), (320, "Pallets"), (400, "Net kg"))
    packed = read(
        (30, 30, "Moorland Tools Ltd."),
        (250, 60, "PACKING LIST"),
        *head,
        (500, 200, "Gross kg"),
        *across(220, (30, "A-1"), (90, "Grey tiles"), (320, "4"), (400, "90"), (500, "100")),
        *across(235, (30, "A-2"), (90, "Blue tiles"), (320, "2"), (400, "40"), (500, "50")),
        *across(250, (30, "Subtotal"), (320, "6"), (400, "130"), (500, "150")),
        *across(265, (30, "A-3"), (90, "Red tiles"), (320, "3"), (400, "60"), (500, "70")),
        *across(280, (30, "Subtotal"), (320, "3"), (400, "60"), (500, "70")),
        *across(295, (30, "TOTAL"), (320, "9"), (400, "190"), (500, "220")),
    )
    assert len(packed.lineItems) == 3
    assert (packed.totals.packages, packed.totals.grossWeightKg) == (9, Decimal(220))


def test_one_tariff_code_in_the_remarks_is_that_of_all_goods() -> None:
    invoice = read(
        *HEAD,
        *COLUMNS,
        *across(220, (30, "1"), (60, "Steel chisel"), (320, "20"), (400, "4.00"), (500, "80.00")),
        (30, 300, "NCM 8205.30.00 - wooden pallets treated"),
    )
    assert [one.hsCodeHint for one in invoice.lineItems] == ["82053000"]


def test_a_heading_of_its_own_fashion_names_the_goods_beside_a_count_a_price_and_an_amount() -> None:
    made = read(
        *HEAD,
        *across(200, (30, "MARKS"), (90, "ACTIVITY"), (400, "QTY"), (450, "RATE"), (520, "AMOUNT")),
        *across(220, (30, "N/M"), (90, "TW-10"), (400, "10"), (450, "40.00"), (520, "400.00")),
        (90, 230, "Torque wrench 10 Nm. HTS 8204.20.4000 COO: TAIWAN"),
        *across(250, (90, "SS-05"), (400, "5"), (450, "60.00"), (520, "300.00")),
        (90, 260, "Socket set"),
        *across(285, (400, "TOTAL"), (520, "700.00")),
    )  # fmt: skip
    assert [(line.sku, line.description) for line in made.lineItems] == [
        ("TW-10", "Torque wrench 10 Nm."),
        ("SS-05", "Socket set"),
    ]
    assert (made.lineItems[0].countryOfOrigin, made.lineItems[0].hsCodeHint) == ("TW", "8204204000")


def test_how_many_cartons_stand_above_the_goods_is_no_part_of_the_words_before() -> None:
    made = read(
        *HEAD, *COLUMNS,
        *goods(220, 1, "Torque wrench", "10 pcs", "40.00", "400.00"),
        (60, 230, "with handle"),
        (60, 245, "12 CARTONS"),
        *goods(256, 2, "Socket set", "5 set", "60.00", "300.00"),
        *across(280, (400, "Total"), (500, "700.00")),
    )  # fmt: skip
    assert [line.description for line in made.lineItems] == [
        "Torque wrench with handle",
        "Socket set",
    ]


def test_a_packing_list_counts_bags_container_by_container_up_to_the_grand_total() -> None:
    page: list[Text] = [(30, 30, "Moorland Salts Ltd."), (250, 60, "PACKING LIST")]
    heads = ((40, "DESCRIPTION OF GOODS"), (200, "LOT NO."), (300, "BAGS"))
    weights = ((380, "N/WEIGHT (KG)"), (480, "G/WEIGHT (KG)"))
    for at, (lot, bags, net, gross) in enumerate(
        (("L1", "800", "20,000.0", "20,080.0"), ("L1", "800", "20,000.0", "20,080.0"),
         ("L2", "400", "10,000.0", "10,040.0"))
    ):  # fmt: skip
        y = 120 + at * 70
        figures = (300, bags), (380, net), (480, gross)
        page += [(40, y, f"CONTAINER {at + 1} OF 3"), *across(y + 15, *heads, *weights)]
        page += across(y + 28, (40, "Sodium sulphate"), (200, lot), *figures)
        page += across(y + 40, (200, "SUB TOTAL"), *figures)
    page += across(350, (40, "GRAND TOTAL"), (300, "2,000"), (380, "50,000.0"), (480, "50,200.0"))
    made = read(*page)
    assert [(line.description, line.quantity, line.unit) for line in made.lineItems] == [
        ("Sodium sulphate", Decimal(800), "BAGS"),
        ("Sodium sulphate", Decimal(800), "BAGS"),
        ("Sodium sulphate", Decimal(400), "BAGS"),
    ]
    assert (made.totals.netWeightKg, made.totals.grossWeightKg) == (50000, 50200)


def test_the_packages_beside_all_the_goods_are_counted_though_their_kind_stands_below() -> None:
    made = read(
        (30, 30, "Moorland Tools Ltd."), (250, 60, "INVOICE"),
        *across(190, (30, "Marks & Nos."), (100, "No. & Kind")),
        *across(190, (220, "Description of Goods"), (370, "Quantity"), (420, "Unit")),
        *across(190, (460, "Rate"), (520, "Amount")),
        *across(199, (100, "of Pkgs."), (460, "US$"), (520, "US$")),
        *across(220, (30, "MTL"), (105, "36"), (160, "HAND TOOLS")),
        *across(230, (30, "BOSTON"), (100, "CARTONS")),
        *across(240, (30, "1-36"), (160, "Torque wrench"), (372, "10"), (420, "PCS")),
        *across(240, (460, "40.00"), (520, "400.00")),
        *across(270, (160, "Socket set"), (372, "5"), (420, "SETS"), (460, "60.00")),
        (520, 270, "300.00"),
        *across(300, (420, "TOTAL"), (520, "700.00")),
    )  # fmt: skip
    assert [line.quantity for line in made.lineItems] == [10, 5]
    assert made.totals.packages == 36


def test_the_words_of_a_line_may_stand_above_and_below_its_figures() -> None:
    made = read(
        *HEAD, *across(200, (60, "Description"), (320, "Quantity"), (400, "Price"), (500, "Amount")),
        (60, 220, "LADIES' LEGGINGS"),
        *across(230, (60, "92% COTTON"), (320, "10 PCS"), (400, "40.00"), (500, "400.00")),
        (60, 240, "KNITTED"),
        (60, 262, "BOYS' T-SHIRT"),
        *across(272, (60, "100% COTTON"), (320, "5 PCS"), (400, "60.00"), (500, "300.00")),
        (60, 282, "H.S. CODE : 6109 1000"),
        *across(310, (400, "Total"), (500, "700.00")),
    )  # fmt: skip
    assert [line.description for line in made.lineItems] == [
        "LADIES' LEGGINGS 92% COTTON KNITTED",
        "BOYS' T-SHIRT 100% COTTON",
    ]
    assert made.lineItems[1].hsCodeHint == "61091000"


def test_a_price_with_three_decimals_is_told_by_its_amount() -> None:
    made = read(
        *HEAD, *COLUMNS,
        *goods(220, 1, "Torque wrench", "3.720", "1,385", "5.152,20"),
        *goods(235, 2, "Socket set", "2.000", "2,118", "4.236,00"),
        *across(260, (400, "Total"), (500, "9.388,20")),
    )  # fmt: skip
    assert [line.unitPrice for line in made.lineItems] == [Decimal("1.385"), Decimal("2.118")]


def test_one_column_has_the_code_and_below_it_the_origin_of_each_article() -> None:
    made = read(
        *HEAD,
        *across(200, (30, "Ln"), (60, "Item / Description"), (300, "HTS / COO"), (380, "Qty")),
        *across(200, (430, "Unit Price"), (510, "Amount")),
        *across(220, (30, "1"), (60, "TW-LAMP-D2"), (300, "8539.49.0040"), (380, "10")),
        *across(220, (430, "40.00"), (510, "400.00")),
        *across(230, (60, "Deuterium lamp, pre-aligned"), (310, "JP")),
        *across(250, (30, "2"), (60, "TW-CUV-10"), (300, "7017.10.6000"), (380, "5")),
        *across(250, (430, "60.00"), (510, "300.00")),
        *across(260, (60, "Quartz cuvette, matched pair"), (310, "DE")),
        *across(290, (430, "Total"), (510, "700.00")),
    )  # fmt: skip
    assert [
        (line.sku, line.description, line.hsCodeHint, line.countryOfOrigin)
        for line in made.lineItems
    ] == [
        ("TW-LAMP-D2", "Deuterium lamp, pre-aligned", "8539490040", "JP"),
        ("TW-CUV-10", "Quartz cuvette, matched pair", "7017106000", "DE"),
    ]


def test_a_heading_in_two_languages_is_one_and_its_total_no_goods() -> None:
    made = read(
        (30, 30, "Kaynak Dokuma Ltd."), (250, 60, "PACKING LIST"),
        *across(200, (30, "Palet"), (80, "Koli No"), (140, "Tanım / Description"), (300, "Koli")),
        *across(200, (350, "Koli içi"), (420, "Miktar"), (480, "Net Kg"), (540, "Brüt Kg")),
        *across(209, (30, "Pallet"), (80, "Carton No"), (300, "Ctns"), (350, "Pcs/Ctn")),
        *across(209, (420, "Quantity"), (540, "Gross Kg")),
        *across(230, (30, "1-4"), (80, "1-96"), (140, "Terry hand towel"), (300, "96"), (350, "40")),
        *across(230, (420, "3.840"), (480, "672,00"), (540, "772,80")),
        *across(250, (30, "5-9"), (80, "97-226"), (140, "Terry bath towel"), (300, "130"), (350, "20")),
        *across(250, (420, "2.600"), (475, "1.274,00"), (535, "1.410,50")),
        *across(270, (140, "TOPLAM / TOTAL"), (300, "226"), (420, "6.440"), (475, "1.946,00")),
        (535, 270, "2.183,30"),
    )  # fmt: skip
    assert [(line.description, line.quantity) for line in made.lineItems] == [
        ("Terry hand towel", 3840),
        ("Terry bath towel", 2600),
    ]


def test_the_numbers_of_a_forms_boxes_and_the_year_of_the_terms_are_no_figures() -> None:
    made = read(
        *HEAD,
        *across(200, (40, "18. Marks and"), (200, "20. Description of goods"), (360, "21. Quantity")),
        *across(200, (430, "22. Unit price"), (510, "23. Amount")),
        *across(209, (40, "numbers"), (362, "(BOXES)"), (432, "US$ / BOX"), (512, "US$")),
        *across(225, (160, "MEDICAL GLOVES"), (500, "(INCOTERMS 2020)")),
        *across(245, (160, "Latex gloves, size S"), (365, "4,200"), (440, "2.380"), (510, "9,996.00")),
        *across(265, (160, "Latex gloves, size M"), (365, "8,600"), (440, "2.380"), (505, "20,468.00")),
        *across(290, (300, "TOTAL"), (360, "12,800"), (505, "30,464.00")),
    )  # fmt: skip
    assert [(line.description, line.quantity, line.unit) for line in made.lineItems] == [
        ("Latex gloves, size S", 4200, "BOXES"),
        ("Latex gloves, size M", 8600, "BOXES"),
    ]
