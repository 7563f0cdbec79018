"""Letters that invoice: goods, price, total and voyage in sentences, and no table at all."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest import fields
from storage.values import Reading

HEIGHT, STEP = 792, 12
HEAD = (
    (60, 40, "Weberei Hollmann GmbH"),
    (60, 52, "Am Bleichplatz 9, 48599 Gronau, Germany"),
    (60, 100, "Thermotex Industries Ltd"),
    (60, 112, "12 Foundry Road"),
    (60, 124, "Port Louis"),
    (60, 136, "Mauritius"),
    (400, 160, "Gronau, 4 March 2026"),
)


def letter(*lines: str) -> Reading:
    """A letter with these lines under its head."""
    out = io.BytesIO()
    page = Canvas(out, pagesize=(612, HEIGHT))
    page.setFont("Helvetica", 9)
    for x, y, text in (*HEAD, *((60, 200 + STEP * at, line) for at, line in enumerate(lines))):
        page.drawString(x, HEIGHT - y, text)
    page.save()
    made = fields.read("letter.pdf", out.getvalue())
    assert isinstance(made, Reading), made
    return made


def goods(
    made: Reading,
) -> list[tuple[str | None, Decimal | None, str | None, Decimal | None, Decimal | None]]:
    return [
        (line.description, line.quantity, line.unit, line.unitPrice, line.extendedValue)
        for line in made.lineItems
    ]


def test_one_machine_at_a_price_is_a_line_of_goods() -> None:
    made = letter(
        "Commercial Invoice No. 26-0311",
        "",
        "We have delivered to you according to your order no. 4471 of 10.01.2026",
        "1 (one) circular loom type SL-62 complete with accessories at a price of EUR 84.000,-",
        "FOB Hamburg, Incoterms 2020, packing included.",
        "",
        "The total amount of the invoice is EUR 84.000,-",
        "Country of origin: Germany. H.S. code 8446 30 00",
        "Gross weight 6.420 kg, net weight 5.980 kg, packed in 3 wooden cases.",
    )
    assert goods(made) == [
        ("circular loom type SL-62", Decimal(1), None, Decimal(84000), Decimal(84000))
    ]
    assert (made.lineItems[0].hsCodeHint, made.lineItems[0].countryOfOrigin) == ("84463000", "DE")
    assert (made.totals.total, made.totals.packages) == (Decimal(84000), 3)
    assert made.totals.grossWeightKg == Decimal(6420)


def test_items_with_dashes_have_each_their_count_price_and_amount() -> None:
    made = letter(
        "INVOICE 88-1204",
        "",
        "For the supply of:",
        "- 2,500 kg of Cocoa butter, deodorised, in 100 cartons of 25 kg, at USD 9.20 per kg CIF",
        "  Port Louis, total USD 23,000.00",
        "- 400 (four hundred) kg Cocoa powder 10/12 at USD 4.15 each kg, together USD 1,660.00",
        "",
        "The invoice value is USD 24,660.00 (US Dollars twenty four thousand six hundred sixty).",
    )
    assert goods(made) == [
        ("Cocoa butter, deodorised", Decimal(2500), "KG", Decimal("9.20"), Decimal("23000.00")),
        ("Cocoa powder 10/12", Decimal(400), "KG", Decimal("4.15"), Decimal("1660.00")),
    ]
    assert (made.header.invoiceNumber, made.totals.total) == ("88-1204", Decimal("24660.00"))


def test_a_german_letter_counts_its_items_and_says_what_each_costs() -> None:
    made = letter(
        "Handelsrechnung Nr. 2026/0417",
        "",
        "Wir lieferten Ihnen:",
        "1) 12 Stück Kreiselpumpe KP 80-200 zum Preis von EUR 1.240,00 je Stück, zusammen EUR 14.880,00",
        "2) 3 Satz Dichtungen zu EUR 85,50 je Satz, zusammen EUR 256,50",
        "",
        "Der Rechnungsbetrag beträgt EUR 15.136,50",
    )
    assert goods(made) == [
        ("Kreiselpumpe KP 80-200", Decimal(12), "STÜCK", Decimal("1240.00"), Decimal("14880.00")),
        ("Dichtungen", Decimal(3), "SATZ", Decimal("85.50"), Decimal("256.50")),
    ]
    assert (made.header.invoiceNumber, made.totals.total) == ("2026/0417", Decimal("15136.50"))


def test_a_french_letter_groups_its_thousands_with_blanks() -> None:
    made = letter(
        "FACTURE COMMERCIALE N° 2026-0147",
        "",
        "Nous vous facturons la fourniture de 2 400 kg de savon en copeaux, emballés en 96 sacs,",
        "au prix de 1,85 EUR le kg, soit 4 440,00 EUR.",
        "Le montant total de la présente facture s'élève à 4 440,00 EUR.",
    )
    assert goods(made) == [
        ("savon en copeaux", Decimal(2400), "KG", Decimal("1.85"), Decimal("4440.00"))
    ]
    assert made.totals.total == Decimal("4440.00")


def test_rows_that_multiply_are_goods_without_a_heading() -> None:
    made = letter(
        "Commercial invoice no. 2026-118",
        "",
        "We invoice:",
        "- 3 pcs Gear pump GP-40, HS 8413 60   EUR 820,00   EUR 2.460,00",
        "- 10 m Hydraulic hose DN20, HS 4009 22   EUR 14,50   EUR 145,00",
        "",
        "Total EUR 2.605,00",
    )
    assert goods(made) == [
        ("Gear pump GP-40", Decimal(3), "PCS", Decimal("820.00"), Decimal("2460.00")),
        ("Hydraulic hose DN20", Decimal(10), "M", Decimal("14.50"), Decimal("145.00")),
    ]
    assert [line.hsCodeHint for line in made.lineItems] == ["841360", "400922"]
    assert made.totals.total == Decimal("2605.00")


def test_a_price_that_may_be_of_one_or_of_all_is_what_the_total_tells() -> None:
    made = letter(
        "COMMERCIAL INVOICE N. 15/2026",
        "",
        "- n. 2 ROTARY VALVES type RV200 at the price of Euro 4.700,00",
        "",
        "Total amount of the invoice is EUR 4.700,00",
    )
    assert goods(made) == [("ROTARY VALVES type RV200", Decimal(2), None, None, Decimal("4700.00"))]
    assert made.header.invoiceNumber == "15/2026"


def test_an_advance_payment_is_neither_goods_nor_the_total() -> None:
    made = letter(
        "COMMERCIAL INVOICE 15/2026",
        "",
        "We invoice the agreed advance payment for 2 sets of moulds, 30% of the order value of",
        "EUR 20.000,00",
        "",
        "The total advance payment is EUR 6.000,00",
    )
    assert made.lineItems == ()
    assert made.totals.total is None


def test_a_form_with_labels_is_not_taken_for_a_sentence() -> None:
    made = letter(
        "COMMERCIAL INVOICE 15/2026",
        "",
        "Description of goods: Polyester yarn DTY 150/48",
        "Quantity: 20 MT",
        "Unit price: USD 1,250.00",
        "Amount: USD 25,000.00",
    )
    assert goods(made) == [
        ("Polyester yarn DTY 150/48", Decimal(20), "MT", Decimal("1250.00"), Decimal("25000.00"))
    ]


def test_the_row_of_the_shipment_tells_ship_voyage_port_bill_and_arrival() -> None:
    made = letter(
        "Commercial Invoice 4711/26",
        'Shipment:  per MV "WESER PIONEER", voy. 618S, from Bremerhaven, B/L no. WSPBRV2600417',
        "expected arrival in Port Louis 02.05.2026",
    )
    ship = made.transport
    assert (ship.vessel, ship.voyage, ship.masterBill) == ("WESER PIONEER", "618S", "WSPBRV2600417")
    assert (ship.portOfLoading, ship.portOfDischarge) == ("Bremerhaven", "Port Louis")
    assert str(ship.eta) == "2026-05-02"


@pytest.mark.parametrize("words", ["SHIP DATE TERMS", "Vessel name and voyage from Hamburg", "M/V"])
def test_labels_around_a_ship_are_no_ship(words: str) -> None:
    assert letter("Commercial Invoice 4711/26", words).transport.vessel is None


def test_a_firm_over_two_rows_of_its_letterhead_is_one_name() -> None:
    out = io.BytesIO()
    page = Canvas(out, pagesize=(612, HEIGHT))
    for x, y, size, text in (
        (370, 50, 14, "Harms & Tolkien"), (370, 66, 11, "Oleochemie GmbH"),
        (60, 120, 6, "Harms & Tolkien Oleochemie GmbH · Postfach 10 14 62 · 41414 Neuss"),
        (60, 230, 12, "Commercial Invoice"),
        (60, 400, 9, "Kind regards"), (60, 412, 9, "Harms & Tolkien Oleochemie GmbH"),
    ):  # fmt: skip
        page.setFont("Helvetica", size)
        page.drawString(x, HEIGHT - y, text)
    page.save()
    made = fields.read("letter.pdf", out.getvalue())
    assert isinstance(made, Reading)
    assert made.parties.exporter.name == "Harms & Tolkien Oleochemie GmbH"


def test_as_above_in_two_languages_is_no_way_of_the_goods() -> None:
    made = letter("Commercial Invoice 4711/26", "Versand per Seefracht", "WIE OBEN / AS ABOVE")
    assert (made.transport.portOfLoading, made.transport.portOfDischarge) == (None, None)
