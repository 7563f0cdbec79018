"""Forms drawn with lines: what stands in one box belongs together, what stands in another does not."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from ingest import fields
from ingest.fields import labels
from ingest.fields.layout import rows_of
from ingest.pages import open_pages, pdf, rules
from storage.values import Reading

BOXES = (  # left, top, right, bottom and the words of each box
    (40, 60, 300, 140, ("Shipper (complete name and address)", "Fjordvik Seafood AS", "Kaiveien 9", "6413 Molde, Norway")),
    (300, 60, 560, 100, ("Bill of Lading No.", "FJVK26011734")),
    (300, 100, 560, 140, ("Export references", "PO 88-1190")),
    (40, 140, 300, 220, ("Consignee (not negotiable unless consigned to order)", "Tidal Foods Inc.", "44 Pier Road", "Portland, ME 04101, USA")),
    (300, 140, 560, 220, ("Forwarding agent", "Nordfrakt Spedisjon AS", "Oslo, Norway")),
    (40, 220, 170, 250, ("Vessel (see clause 4)", "NORDIC HERON")),
    (170, 220, 300, 250, ("Voyage No.", "114W")),
    (300, 220, 430, 250, ("City/Port of Loading", "MOLDE")),
    (430, 220, 560, 250, ("PORT OF DISCHARGE / ETA", "PORTLAND, ME", "2026-11-30")),
    (40, 250, 300, 290, ("Notify party / Delivery address (if not consignee)", "Harbor Cold Store LLC", "Portland, ME 04101, USA")),
)  # fmt: skip


def form(*, lines: bool = True) -> bytes:
    out = io.BytesIO()
    page = Canvas(out, pagesize=(600, 800), invariant=1)
    page.setFont("Helvetica-Bold", 22)
    page.drawString(40, 760, "BILL OF LADING")
    for left, top, right, bottom, words in BOXES:
        if lines:
            page.rect(left, 800 - bottom, right - left, bottom - top)
        for at, text in enumerate(words):
            page.setFont("Helvetica", 6 if at == 0 else 8)
            page.drawString(left + 4, 800 - top - 9 - 9 * at, text)
    page.save()
    return out.getvalue()


def scanned(data: bytes) -> bytes:
    picture = next(pdf.pictures(data))
    noisy = np.asarray(picture, dtype=np.int16) + np.random.default_rng(3).integers(-12, 12, (picture.height, picture.width))
    made = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).rotate(0.6, fillcolor=250)
    out = io.BytesIO()
    made.save(out, "PNG")
    return out.getvalue()


def test_the_boxes_of_a_form_say_what_they_are() -> None:
    read = fields.read("bl.pdf", form())
    assert isinstance(read, Reading)
    assert (read.parties.exporter.name, read.parties.exporter.country) == ("Fjordvik Seafood AS", "NO")
    assert read.parties.consignee.name == "Tidal Foods Inc."
    assert read.parties.notifyParty.name == "Harbor Cold Store LLC"
    assert (read.transport.vessel, read.transport.voyage) == ("NORDIC HERON", "114W")
    assert (read.transport.portOfLoading, read.transport.portOfDischarge) == ("MOLDE", "PORTLAND, ME")
    assert str(read.transport.eta) == "2026-11-30"
    assert read.transport.masterBill == "FJVK26011734"
    assert read.confidenceByField["transport.portOfLoading"] >= 0.9


@pytest.mark.slow
def test_a_scanned_form_is_read_by_its_lines_as_well() -> None:
    read = fields.read("bl.png", scanned(form()))
    assert isinstance(read, Reading)
    assert read.parties.exporter.name == "Fjordvik Seafood AS"
    assert read.transport.vessel == "NORDIC HERON"
    assert read.transport.portOfLoading == "MOLDE"


def test_words_of_two_boxes_are_two_cells_however_near_they_stand() -> None:
    out = io.BytesIO()
    page = Canvas(out, pagesize=(400, 200), invariant=1)
    page.setFont("Helvetica", 9)
    for x in (20, 60, 100, 140):
        page.line(x, 60, x, 140)
    for y in (60, 140):
        page.line(20, y, 140, y)
    page.drawString(25, 100, "2,400")
    page.drawString(62, 100, "5.80")
    page.save()
    (one,) = open_pages("two.pdf", out.getvalue())
    assert len(one.rules.down) == 4
    (row,) = rows_of(one)
    assert [cell.text for cell in row] == ["2,400", "5.80"]
    assert row[0].frame is not None
    assert row[0].frame.closed


def test_the_strokes_of_large_letters_and_underlines_are_no_boxes() -> None:
    out = io.BytesIO()
    page = Canvas(out, pagesize=(400, 200), invariant=1)
    page.setFont("Courier", 40)
    page.drawString(20, 120, "ILLINI HILL")
    page.setFont("Helvetica", 9)
    page.drawString(20, 80, "Consignee")
    page.line(20, 78, 64, 78)
    page.save()
    (one,) = open_pages("big.pdf", out.getvalue())
    assert not one.rules.down
    cell = next(cell for row in rows_of(one) for cell in row if cell.text == "Consignee")
    assert cell.frame is None or not cell.frame.closed


@given(
    st.lists(st.tuples(st.integers(5, 280), st.integers(5, 180), st.integers(40, 200)), max_size=4),
    st.integers(0, 255),
)
def test_any_picture_has_lines_within_it(strokes: list[tuple[int, int, int]], ground: int) -> None:
    picture = np.full((200, 300), ground, dtype=np.uint8)
    for x, y, long in strokes:
        picture[y : y + 1, x : x + long] = 0
    found = rules.find(picture, 1.5, [])
    for rule in (*found.down, *found.across):
        assert 0 <= rule.start < rule.end <= 200
        assert 0 <= rule.at <= 200


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Vessel (see clause 1 + 19)", ("transport.vessel",)),
        ("City/Port of Loading", ("transport.portOfLoading",)),
        ("PORT OF DISCHARGE / ETA", ("transport.portOfDischarge", "transport.eta")),
        ("Routing and Destination /", ()),
        ("FOB, CHITTAGONG. INCOTERMS 2010", ()),
        ("We thank you for your order", ()),
    ],
)
def test_a_label_is_known_by_its_parts(text: str, wanted: tuple[str, ...]) -> None:
    assert labels.about(text) == wanted


def test_a_box_of_labels_has_its_values_in_the_box_beside_it() -> None:
    out = io.BytesIO()
    page = Canvas(out, pagesize=(600, 800), invariant=1)
    page.setFont("Helvetica", 8)
    page.drawString(250, 760, "PACKING LIST")
    page.rect(40, 600, 150, 60)
    page.rect(190, 600, 150, 60)
    for at, (label, value) in enumerate(
        (("TOTAL CTN QTY", "84 CTNS"), ("TOTAL N.WT", "512.40 KGS"), ("TOTAL G.WT", "588.10 KGS"), ("TOTAL CBM", "9.2"))
    ):
        page.drawString(44, 648 - at * 12, label)
        page.drawString(200, 648 - at * 12, value)
    page.save()
    made = fields.read("list.pdf", out.getvalue())
    assert isinstance(made, Reading)
    assert (float(made.totals.netWeightKg or 0), float(made.totals.grossWeightKg or 0)) == (512.4, 588.1)


def test_a_tall_box_names_the_goods_of_all_the_lines_beside_it() -> None:
    out = io.BytesIO()
    page = Canvas(out, pagesize=(600, 800), invariant=1)
    page.setFont("Helvetica", 8)
    page.drawString(250, 760, "PACKING LIST")
    edges = (40, 240, 340, 420, 520)
    boxes = [
        *((left, right, 0, 1, words) for left, right, words in zip(edges, edges[1:], ("DESCRIPTION", "COLOUR", "QTY (PCS)", "G.W. (KGS)"), strict=False)),
        (40, 240, 1, 4, "VACUUM FLASK"), (240, 340, 1, 2, "BLACK"), (340, 420, 1, 2, "960"), (420, 520, 1, 3, "448.00"),
        (240, 340, 2, 3, "BLUE"), (340, 420, 2, 3, "720"), (240, 340, 3, 4, "WHITE"), (340, 420, 3, 4, "5"), (420, 520, 3, 4, "3.50"),
        (40, 240, 4, 5, "TEA POT"), (240, 340, 4, 5, "SILVER"), (340, 420, 4, 5, "500"), (420, 520, 4, 5, "335.00"),
    ]  # fmt: skip
    for left, right, first, last, words in boxes:
        top, bottom = 700 - 20 * first, 700 - 20 * last
        page.rect(left, bottom, right - left, top - bottom)
        page.drawString(left + 8, (top + bottom) / 2 - 3, words)
    page.save()
    made = fields.read("list.pdf", out.getvalue())
    assert isinstance(made, Reading)
    assert [(line.description, int(line.quantity or 0)) for line in made.lineItems] == [
        ("VACUUM FLASK", 960), ("VACUUM FLASK", 720), ("VACUUM FLASK", 5), ("TEA POT", 500),
    ]  # fmt: skip


def test_words_beside_a_box_are_not_taken_for_what_stands_in_it() -> None:
    out = io.BytesIO()
    page = Canvas(out, pagesize=(600, 800), invariant=1)
    page.rect(40, 680, 260, 80)
    for size, x, y, text in (
        (6, 44, 752, "Shipper's Name and Address"),
        (6, 320, 748, "Not Negotiable"),
        (16, 320, 725, "Air Waybill"),
        (8, 48, 740, "LARK CERAMICS CO., LTD."),
        (8, 48, 728, "NAGOYA, JAPAN"),
    ):
        page.setFont("Helvetica", size)
        page.drawString(x, y, text)
    page.save()
    read = fields.read("awb.pdf", out.getvalue())
    assert isinstance(read, Reading)
    assert read.parties.exporter.name == "LARK CERAMICS CO., LTD."
