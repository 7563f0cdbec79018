"""Pictures of pages: read, put upright, bounded. One tiny page is fast; whole pages are slow."""

import io
from decimal import Decimal

import pi_heif
import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

from bot.sandbox.samples import FILES
from ingest import fields
from ingest.pages import CannotRead, ocr, open_pages, picture
from ingest.pages.upright import straightened
from storage.values import DocumentKind, Reading, Unreadable

SAID = [
    "COMMERCIAL INVOICE",
    "Invoice No.: TW-5521        Date: 2026-10-30",
    "Seller: Harbour Lamps Ltd",
    "Buyer: Northgate Retail Inc.",
    "Total: USD 1,250.00",
]


def sheet(lines: list[str] = SAID, *, size: tuple[int, int] = (900, 420)) -> Image.Image:
    made = Image.new("L", size, 255)
    pen = ImageDraw.Draw(made)
    letters = ImageFont.load_default(size=26)
    for at, line in enumerate(lines):
        pen.text((40, 30 + at * 60), line, fill=0, font=letters)
    return made


def packed(made: Image.Image, kind: str, **how: object) -> bytes:
    out = io.BytesIO()
    made.save(out, kind, **how)
    return out.getvalue()


def words(name: str, data: bytes) -> str:
    return " ".join(word.text for page in open_pages(name, data) for word in page.words)


def test_a_small_picture_is_read_with_the_place_of_each_word() -> None:
    pages = open_pages("note.png", packed(sheet(["Invoice TW-5521"], size=(420, 110)), "PNG"))
    found = {word.text: word for word in pages[0].words}
    assert {"Invoice", "TW-5521"} <= set(found)
    assert found["Invoice"].x1 < found["TW-5521"].x0
    assert 0.5 < found["TW-5521"].sure < 1


def test_a_slanted_page_is_put_level() -> None:
    slanted = sheet().rotate(3, fillcolor=255, expand=True)
    level = straightened(slanted)
    assert level.size == slanted.size
    assert max(sum(row) for row in _rows(level)) > 1.5 * max(sum(row) for row in _rows(slanted))


def _rows(made: Image.Image) -> list[list[int]]:
    data = list(made.convert("L").tobytes())
    return [
        [255 - one for one in data[at : at + made.width]] for at in range(0, len(data), made.width)
    ]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("cut.jpg", packed(sheet(), "JPEG")[:200], "broken"),
        ("photo.jpg", b"\xff\xd8\xff\xe0" + b"0" * 500, "broken"),
        ("vast.png", packed(Image.new("1", (20_000, 20_000), 1), "PNG"), "too_big"),
    ],
)
def test_a_bad_picture_says_what_is_wrong(name: str, data: bytes, reason: str) -> None:
    made = fields.read(name, data)
    assert isinstance(made, Unreadable)
    assert made.reason == reason
    assert name in made.message


def test_a_tiff_of_too_many_pages_is_refused_before_it_is_read() -> None:
    one = Image.new("1", (10, 10), 1)
    many = packed(one, "TIFF", save_all=True, append_images=[one] * picture.MOST_PAGES)
    with pytest.raises(CannotRead, match="too many pages"):
        list(picture.frames("many.tif", many))


@pytest.mark.slow
@pytest.mark.parametrize("turn", [0, 90, 180, 270, 3])
def test_a_turned_page_is_read_as_well(turn: int) -> None:
    turned = sheet(size=(900, 700)).rotate(turn, expand=True, fillcolor=255)
    made = fields.read("turned.png", packed(turned, "PNG"))
    assert isinstance(made, Reading)
    assert made.documentType is DocumentKind.COMMERCIAL_INVOICE
    assert made.header.invoiceNumber == "TW-5521"
    assert made.totals.total == Decimal("1250.00")


@pytest.mark.slow
def test_each_kind_of_picture_is_read() -> None:
    pi_heif.register_heif_opener()
    assert "TW-5521" in words("a.jpg", packed(sheet(), "JPEG"))
    second = sheet(["Continuation TW-5522"])
    both = words("a.tif", packed(sheet(), "TIFF", save_all=True, append_images=[second]))
    assert "TW-5521" in both
    assert "TW-5522" in both


@pytest.mark.slow
def test_the_demos_crooked_scan_is_read_like_its_text_twin() -> None:
    made = fields.read("scan.pdf", (FILES / "scan_YH-88021.pdf").read_bytes())
    assert isinstance(made, Reading)
    line = made.lineItems[0]
    assert (line.quantity, line.unitPrice) == (Decimal(480), Decimal("129.79"))
    assert line.extendedValue == made.totals.total == Decimal("62299.20")


@pytest.mark.slow
def test_a_scanners_hidden_text_is_not_believed() -> None:
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(450, 210))
    page.drawImage(ImageReader(sheet()), 0, 0, 450, 210)
    hidden = page.beginText(20, 150)
    hidden.setTextRenderMode(3)
    hidden.textLine("lnvo1ce N0.: TVV-5S2I and other junk that a scanner made of it")
    page.drawText(hidden)
    page.save()
    assert "TVV" in pdfium.PdfDocument(out.getvalue())[0].get_textpage().get_text_range()
    read = words("scan.pdf", out.getvalue())
    assert "TW-5521" in read
    assert "TVV" not in read


@pytest.mark.slow
def test_an_empty_picture_is_no_document() -> None:
    made = fields.read("blank.png", packed(Image.new("L", (600, 800), 255), "PNG"))
    assert isinstance(made, Unreadable)
    assert "no words could be read" in made.message


@pytest.mark.parametrize(
    ("read_here", "printed"),
    [
        ("HS C0DE: 9401.53", "HS CODE: 9401.53"),
        ("GREY HER0N V.018E", "GREY HERON V.018E"),
        ("0LR3KS", "0LR3KS"),
        ("RC0-101", "RC0-101"),
        ("AB0C1", "AB0C1"),
        ("205 NG0 4471", "205 NG0 4471"),
    ],
)
def test_a_nought_among_capitals_is_an_o_and_codes_stay_as_they_are(
    read_here: str, printed: str
) -> None:
    assert ocr.as_printed(read_here) == printed
