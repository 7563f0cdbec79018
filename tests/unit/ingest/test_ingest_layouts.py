"""Layouts that trade documents really have, drawn here word by word; no template is known."""

from __future__ import annotations

import io
from decimal import Decimal

from reportlab.pdfgen.canvas import Canvas

from ingest import fields
from storage.values import Reading

Text = tuple[float, float, str]
HEIGHT = 792


def read(*texts: Text, size: float = 8) -> Reading:
    """A page with each text at (x, y from the top)."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, HEIGHT))
    canvas.setFont("Helvetica", size)
    for x, y, text in texts:
        canvas.drawString(x, HEIGHT - y, text)
    canvas.save()
    made = fields.read("drawn.pdf", out.getvalue())
    assert isinstance(made, Reading), made
    return made


def column(x: float, y: float, *lines: str, step: float = 10) -> list[Text]:
    return [(x, y + step * at, line) for at, line in enumerate(lines)]


HEADED = (
    *column(30, 30, "Lotus Yarn Mills Ltd.", "12 Canal Road", "Gazipur, Bangladesh"),
    (250, 80, "COMMERCIAL INVOICE"),
    (30, 110, "Invoice No: LY-2026/77"),
    (300, 110, "DT: 30-10-2026"),
)
TABLE = (
    (30, 300, "Article"),
    (100, 300, "Description of goods"),
    (290, 300, "Q'ty/Unit"),
    (350, 300, "QNTY IN"),
    (430, 300, "Unit price"),
    (510, 300, "TOTAL VALUE"),
    (30, 309, "No."),
    (290, 309, "(Carton)"),
    (350, 309, "PCS"),
    (430, 309, "per pcs"),
    (510, 309, "IN USD"),
)


def test_who_writes_stands_at_the_top_when_no_seller_is_named() -> None:
    made = read(*HEADED, *TABLE, (30, 330, "A-1"), (100, 330, "Dress"), (350, 330, "10"),
                (510, 330, "20.00"))  # fmt: skip
    assert made.parties.exporter.name == "Lotus Yarn Mills Ltd."
    assert made.parties.exporter.country == "BD"
    assert made.confidenceByField["parties.exporter.name"] < 0.85


def test_a_heading_over_two_rows_tells_cartons_pieces_and_prices_apart() -> None:
    made = read(
        *HEADED,
        *TABLE,
        (30, 330, "A-1"), (100, 330, "Ladies dress"), (290, 330, "1,855"), (350, 330, "22,260"),
        (430, 330, "$ 2.9600"), (510, 330, "65,889.60"),
        (30, 345, "A-2"), (100, 345, "Ladies skirt"), (290, 345, "70"), (350, 345, "840"),
        (430, 345, "$ 2.9600"), (510, 345, "2,486.40"),
        (290, 365, "1,925"), (350, 365, "23,100"), (510, 365, "$68,376.00"),
        (30, 385, "TOTAL AMOUNT:"), (510, 385, "$68,376.00"),
        (30, 410, "HS Code"), (100, 410, "62044400"),
        (30, 425, "Country of origin: Bangladesh"),
    )  # fmt: skip
    assert [
        (line.description, line.quantity, line.unit, line.unitPrice, line.extendedValue)
        for line in made.lineItems
    ] == [
        ("Ladies dress", Decimal(22260), "PCS", Decimal("2.9600"), Decimal("65889.60")),
        ("Ladies skirt", Decimal(840), "PCS", Decimal("2.9600"), Decimal("2486.40")),
    ]
    assert {(line.hsCodeHint, line.countryOfOrigin) for line in made.lineItems} == {
        ("62044400", "BD")
    }
    assert (made.totals.total, made.totals.packages) == (Decimal("68376.00"), 1925)
    assert made.header.currency == "USD"
    assert str(made.header.invoiceDate) == "2026-10-30"


def test_goods_named_above_their_figures_are_found() -> None:
    made = read(
        *HEADED,
        *TABLE,
        (100, 330, "Polyethylene LL6201"),
        (100, 341, "5050938"), (350, 341, "49.500 MT"), (430, 341, "1260.00"),
        (510, 341, "62,370.00"),
    )  # fmt: skip
    (line,) = made.lineItems
    assert (line.description, line.sku) == ("Polyethylene LL6201", "5050938")
    assert (line.quantity, line.unit) == (Decimal("49.500"), "MT")


def test_a_total_row_with_quantities_gives_the_money_at_its_end() -> None:
    made = read(
        *HEADED,
        *TABLE,
        (100, 330, "Dress"), (350, 330, "7308"), (510, 330, "11,436.00"),
        (30, 380, "TOTAL"), (290, 380, "1,218"), (350, 380, "7,308"), (510, 380, "$ 11,436.00"),
    )  # fmt: skip
    assert made.totals.total == Decimal("11436.00")


def test_a_label_from_top_to_bottom_names_the_block_beside_it() -> None:
    letters = [(33.0, 160.0 + 7 * at, letter) for at, letter in enumerate("BILL-TO")]
    made = read(
        *HEADED, *letters,
        *column(68, 162, "Deep Plast Industries", "Block 1674", "Kalol", "India", step=9),
        *TABLE, (100, 330, "Dress"), (350, 330, "10"), (510, 330, "20.00"),
    )  # fmt: skip
    assert (made.parties.importer.name, made.parties.importer.country) == (
        "Deep Plast Industries",
        "IN",
    )


def test_a_label_that_heads_a_box_takes_what_stands_under_it() -> None:
    made = read(
        (200, 30, "BILL OF LADING"),
        (20, 60, "Consignee (if 'To Order' so indicate)"),
        (273, 55, "Softline Global Services"),
        *column(20, 71, "Asian Consolidation Inc.", "Unit 1209", "Manila, Philippines"),
        (20, 120, "Vessel"), (300, 120, "Port of Loading"), (443, 120, "Excess Value Declaration"),
        (20, 130, "MAERSK DELMONT"), (157, 130, "1234"), (300, 130, "ABU AL BUKHOOSH, AE"),
    )  # fmt: skip
    assert made.parties.consignee.name == "Asian Consolidation Inc."
    assert made.parties.consignee.country == "PH"
    assert (made.transport.vessel, made.transport.voyage) == ("MAERSK DELMONT", "1234")
    assert made.transport.portOfLoading == "ABU AL BUKHOOSH, AE"


def test_labels_and_places_broken_over_two_rows_are_put_together() -> None:
    made = read(
        (200, 30, "ARRIVAL NOTICE"),
        (336, 60, "Port of  JEBEL ALI, UNITED ARAB EMIRATES"),
        (327, 70, "Loading:"),
        (42, 100, "Port of Discharge: Chennai"),
        (42, 109, "Port, India"),
        (42, 140, "ETD / ETA: 16-JAN-26/ 25-JAN-26"),
        (42, 160, "Vessel / Voyage MSC MELINA / 987"),
        (42, 180, "Container No."),
        (42, 190, "TENU9876666"),
    )
    move = made.transport
    assert move.portOfLoading == "JEBEL ALI, UNITED ARAB EMIRATES"
    assert move.portOfDischarge == "Chennai Port, India"
    assert (str(move.etd), str(move.eta)) == ("2026-01-16", "2026-01-25")
    assert (move.vessel, move.voyage) == ("MSC MELINA", "987")
    assert move.containers == ("TENU9876666",)
    assert any(flag.type == "check_digit" for flag in made.flags)


def test_an_address_block_without_a_label_may_be_the_receiver() -> None:
    made = read(
        *column(32, 30, "Lotus Chemicals Asia", "1 Harbour Place", "Singapore 098633"),
        (32, 90, "PACKING LIST"),
        *column(32, 130, "Deep Plast Industries", "Block 1674", "382721 Kalol", "India"),
    )
    assert made.parties.exporter.country == "SG"
    assert (made.parties.consignee.name, made.parties.consignee.country) == (
        "Deep Plast Industries",
        "IN",
    )
    assert made.confidenceByField["parties.consignee.name"] < 0.85


def test_from_and_to_on_one_row_are_the_ports() -> None:
    made = read(
        *HEADED,
        (30, 150, "from:"), (96, 150, "CHATTOGRAM"), (390, 150, "to:"), (426, 150, "ROTTERDAM"),
        (30, 165, "GRAND TOTAL NET: WEIGHT:"), (200, 165, "1,035.30"),
        (30, 180, "TOTAL G.WT"), (200, 180, "1,766.100 KGS"),
    )  # fmt: skip
    assert made.transport.portOfLoading == "CHATTOGRAM"
    assert made.transport.portOfDischarge == "ROTTERDAM"
    assert made.totals.netWeightKg == Decimal("1035.30")
    assert made.totals.grossWeightKg == Decimal("1766.100")
    assert made.header.currency is None


def test_goods_go_on_over_pages_with_their_heads_and_sums_carried_forward() -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, HEIGHT))
    for page in range(3):
        texts = [
            (30, 30, "Lotus Yarn Mills Ltd."),
            (250, 50, "COMMERCIAL INVOICE"),
            (30, 70, "Invoice No: LY-2026/77"),
            (400, 70, f"Page {page + 1} of 3"),
            *(
                (x, 100, head)
                for x, head in (
                    (30, "Style No."),
                    (120, "Description"),
                    (330, "Qty"),
                    (400, "Unit Price"),
                    (500, "Amount"),
                )
            ),
            *(
                (x, 120 + 14 * at, text)
                for at in range(4)
                for x, text in (
                    (30, f"A-{page}{at}"),
                    (120, "Cotton dress"),
                    (330, "10"),
                    (400, "2.00"),
                    (500, "20.00"),
                )
            ),
            (330, 200, "Carried forward"),
            (500, 200, f"{80 * (page + 1)}.00"),
        ]
        if page == 2:
            texts[-2:] = [(330, 200, "Total"), (500, 200, "240.00")]
        canvas.setFont("Helvetica", 8)
        for x, y, text in texts:
            canvas.drawString(x, HEIGHT - y, text)
        canvas.showPage()
    canvas.save()
    made = fields.read_all("three.pdf", out.getvalue())
    assert isinstance(made, tuple)
    (only,) = made
    assert [one.sku for one in only.lineItems] == [
        f"A-{page}{at}" for page in range(3) for at in range(4)
    ]
    assert {one.description for one in only.lineItems} == {"Cotton dress"}
    assert only.totals.total == Decimal("240.00")
    assert only.confidenceByField["totals.total"] > 0.95
