"""Invoices on couriers' forms: small labels for each part of a party, values beside them."""

from __future__ import annotations

import io
from decimal import Decimal

from reportlab.pdfgen.canvas import Canvas

from ingest import fields
from storage.values import Reading

Text = tuple[float, float, str]
HEIGHT = 792


def read(*texts: Text) -> Reading:
    """A page with each text at (x, y from the top)."""
    out = io.BytesIO()
    page = Canvas(out, pagesize=(612, HEIGHT))
    page.setFont("Helvetica", 7.5)
    for x, y, text in texts:
        page.drawString(x, HEIGHT - y, text)
    page.save()
    made = fields.read("courier.pdf", out.getvalue())
    assert isinstance(made, Reading), made
    return made


def column(x: float, y: float, *lines: str, step: float = 10) -> list[Text]:
    return [(x, y + step * at, line) for at, line in enumerate(lines) if line]


PLACES = (40, 80, 120, 330, 400, 440, 510)
HEADING = (
    "Units",
    "U/M",
    "Description of Goods/Part No.",
    "Harm. Code",
    "C/O",
    "Unit Value",
    "Total Value",
)
PEPPER = ("50", "KG", "Black pepper whole", "0904.11.0020", "IN", "7.80", "390.00")
CARDAMOM = ("20", "KG", "Green cardamom 7-8 mm", "0908.31.0000", "LK", "31.00", "620.00")
TABLE = [
    (x, y, text)
    for y, row in ((260, HEADING), (275, PEPPER), (290, CARDAMOM))
    for x, text in zip(PLACES, row, strict=True)
]


def test_a_grid_of_small_labels_names_the_firms_and_not_their_clerks() -> None:
    made = read(
        (40, 40, "COMMERCIAL INVOICE"),
        *column(40, 60, "FROM", "Tax ID / VAT No.:", "Contact Name:", "Company Name:", "Company Address:",
                "City:", "Postal Code / Country:", "Phone / e-mail:"),
        *column(130, 70, "RUC 20448817999", "Rosa Mamani", "TEJIDOS CHASKA E.I.R.L.", "Jr. Lima 99",
                "Puno", "21104 PERU", "+51 951 555 274"),
        *column(310, 60, "Waybill Number:", "Date:", "Invoice No.:"),
        *column(420, 60, "", "23/09/2026", "E001-147"),
        *column(40, 160, "SHIP TO", "Tax ID / VAT No.:", "Contact Name:", "Company Name:", "Company Address:",
                "City, State:", "Postal Code / Country:", "Phone:"),
        *column(130, 170, "", "Ann Lee", "The Wool Nook", "118 Elm Street", "Brattleboro, VT",
                "05301 U.S.A.", "802-555-0117"),
        *column(310, 160, "SOLD TO INFORMATION", "Tax ID / VAT No.:", "Contact Name:", "Company Name:"),
        (420, 190, "same as ship to"),
        *TABLE,
    )  # fmt: skip
    who = made.parties
    assert (who.exporter.name, who.exporter.country) == ("TEJIDOS CHASKA E.I.R.L.", "PE")
    assert (who.consignee.name, who.consignee.country) == ("The Wool Nook", "US")
    assert who.consignee.address == "118 Elm Street, Brattleboro, VT, 05301 U.S.A."
    assert who.importer.name is None
    assert made.header.invoiceNumber == "E001-147"


def test_small_labels_over_bare_lines_are_no_names() -> None:
    made = read(
        (40, 40, "Invoice"),
        *column(40, 60, "FROM", "Tax ID/VAT No.: 0455-118-201", "Contact Name: Ravi Menon",
                "Malabar Spice Exports Pvt Ltd", "14 Jew Town Road", "Kochi 682002", "INDIA",
                "Phone: +91 484 555 0177"),
        *column(310, 60, "Date: 03/15/2026", "Invoice No: MSE/EX/0417"),
        *column(40, 160, "SHIP TO", "Tax ID/VAT No.:", "Contact Name: Helen Ortiz", "Blue Cove Tea Merchants",
                "902 Harbor Blvd", "PORTLAND OR 97205", "United States", "Phone: 503 555 0199"),
        *column(310, 160, "SOLD TO INFORMATION", "Tax ID/VAT No.:", "Contact Name:", "Same as Ship To"),
        *TABLE,
    )  # fmt: skip
    who = made.parties
    assert (who.exporter.name, who.exporter.country) == ("Malabar Spice Exports Pvt Ltd", "IN")
    assert (who.consignee.name, who.consignee.country) == ("Blue Cove Tea Merchants", "US")


def test_harmonized_codes_and_c_o_are_columns_of_the_goods() -> None:
    made = read((40, 40, "COMMERCIAL INVOICE"), *TABLE)
    assert [
        (line.description, line.hsCodeHint, line.countryOfOrigin, line.quantity, line.unit)
        for line in made.lineItems
    ] == [
        ("Black pepper whole", "0904110020", "IN", Decimal(50), "KG"),
        ("Green cardamom 7-8 mm", "0908310000", "LK", Decimal(20), "KG"),
    ]


def test_the_weight_of_one_unit_is_neither_its_unit_nor_the_weight_of_all() -> None:
    heads = ("Item", "Full Description of Goods", "Qty", "Units", "Unit Value", "Sub-total Value",
             "Unit Net Wt")  # fmt: skip
    first = ("1", "Linen table runner 40x140", "24", "PCS", "18.50", "444.00", "0.25 kg")
    second = ("2", "Wool throw 130x180", "8", "PCS", "62.00", "496.00", "1.10 kg")
    made = read(
        (230, 40, "Commercial Invoice"),
        *column(40, 180, "Invoice number:", "Terms of trade:", "Reason for export:"),
        *column(150, 180, "SD-2026-0093", "DAP", "Permanent"),
        *(
            (x, y, text)
            for y, row in ((260, heads), (275, first), (287, second))
            for x, text in zip((40, 70, 312, 345, 390, 450, 520), row, strict=True)
        ),
        (40, 340, "Total Net Weight:"), (150, 340, "14.80 kg"),
    )  # fmt: skip
    assert [(line.quantity, line.unit) for line in made.lineItems] == [
        (Decimal(24), "PCS"),
        (Decimal(8), "PCS"),
    ]
    assert made.totals.netWeightKg == Decimal("14.80")
    assert made.header.incoterms == "DAP"


def test_a_number_that_begins_with_what_it_is_stands_among_references() -> None:
    made = read(
        (230, 40, "COMMERCIAL INVOICE"),
        *column(
            303,
            99,
            "EXPORT REFERENCES (i.e., order no., invoice no., etc.)",
            "INV-26-0331 / PO 4471",
        ),
    )
    assert made.header.invoiceNumber == "INV-26-0331"


def test_the_country_of_origin_under_a_consignee_is_not_where_the_consignee_is() -> None:
    made = read(
        (230, 40, "COMMERCIAL INVOICE"),
        *column(40, 60, "Exporter", "Ferro Castings AB", "Hamngatan 4", "Goteborg, Sweden"),
        *column(40, 120, "Consignee", "Great Lakes Hydraulics Corp.", "12 Pier Road", "Duluth, MN 55802, USA"),
        *column(40, 164, "Country of origin: Sweden", "Country of destination: USA"),
        *TABLE,
    )  # fmt: skip
    assert made.parties.consignee.name == "Great Lakes Hydraulics Corp."
    assert made.parties.consignee.country == "US"
