"""Bad input, item by item: what each does to the reader, and what a person is told."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pypdfium2 as pdfium
import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from ingest import fields, hazards
from ingest.pages import CannotRead, picture
from ingest.reader import SafeReader
from storage.values import Reading, Unreadable

DATA = Path(__file__).parents[2] / "data" / "reading"
LEFTOVER = ("Invoice No.: OLD-999", "Container No.: MSCU5285725")


def drawn(how: str = "", *, encrypt: StandardEncryption | None = None, turn: int = 0) -> bytes:
    """An invoice without a number; the number of another shipment lies on it in some way."""
    out = io.BytesIO()
    page = Canvas(out, pagesize=(612, 792), encrypt=encrypt)
    if turn == 90:
        page.translate(612, 0)
    page.rotate(turn)
    for at, line in enumerate(("COMMERCIAL INVOICE", "Seller: Peru Pots SAC", "Currency: USD")):
        page.drawString(60, 580 - 20 * at, line)
    mode = page.beginText(60, 500)
    if how == "invisible":
        mode.setTextRenderMode(3)
    elif how == "white":
        page.setFillColorRGB(1, 1, 1)
    elif how == "transparent":
        page.setFillAlpha(0)
    elif how == "outside":
        mode.setTextOrigin(60, -200)
    elif how == "tiny":
        mode.setFont("Helvetica", 0.5)
    elif how == "cut off":
        page.setCropBox((0, 520, 612, 792))
    if how:
        for line in LEFTOVER:
            mode.textLine(line)
        page.drawText(mode)
    if how == "covered":
        page.setFillColorRGB(1, 1, 1)
        page.rect(40, 460, 400, 55, fill=1, stroke=0)
    page.save()
    return out.getvalue()


@pytest.mark.parametrize(
    "how", ["invisible", "white", "transparent", "covered", "outside", "tiny", "cut off"]
)
def test_what_nobody_sees_on_the_page_is_no_value(how: str) -> None:
    made = fields.read("a.pdf", drawn(how))
    assert isinstance(made, Reading)
    assert made.parties.exporter.name == "Peru Pots SAC"
    assert made.header.invoiceNumber is None
    assert made.transport.containers == ()


def test_what_is_seen_is_read_also_on_a_page_that_is_shown_turned() -> None:
    seen = fields.read("a.pdf", drawn("seen"))
    assert isinstance(seen, Reading)
    assert (seen.header.invoiceNumber, seen.transport.containers) == ("OLD-999", ("MSCU5285725",))
    document = pdfium.PdfDocument(drawn("seen", turn=90))
    document[0].set_rotation(90)
    out = io.BytesIO()
    document.save(out)
    turned = fields.read("a.pdf", out.getvalue())
    assert isinstance(turned, Reading)
    assert turned.header.invoiceNumber == "OLD-999"


def test_a_page_that_claims_a_huge_paper_costs_no_more() -> None:
    out = io.BytesIO()
    page = Canvas(out, pagesize=(14_400, 14_400))
    page.setFont("Helvetica", 240)
    page.drawString(800, 13_000, "COMMERCIAL INVOICE")
    page.drawString(800, 12_000, "Invoice No.: TW-77")
    page.save()
    reader = SafeReader(seconds=30)
    try:
        made = reader.read("wide.pdf", out.getvalue())
    finally:
        reader.close()
    assert isinstance(made, tuple), made
    assert made[0].header.invoiceNumber == "TW-77"


@pytest.mark.parametrize(
    ("name", "data", "reason", "says"),
    [
        ("locked.pdf", drawn(encrypt=StandardEncryption("secret")), "encrypted", "protected by a password"),
        ("cut.pdf", drawn()[:300], "broken", "is damaged"),
        ("empty.pdf", b"", "empty", "has no content"),
        ("empty.xlsx", b"", "empty", "has no content"),
        ("noise.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 40, "broken", "is damaged"),
        ("program.dat", b"\x00\x01\x02" * 100, "unsupported", "cannot be read yet"),
        ("sheet.xlsx", b"PK\x03\x04" + b"\0" * 200, "broken", "is damaged"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "broken", "is damaged"),
        ("photo.heic", (DATA / "photo.heic").read_bytes()[:400], "broken", "damaged picture"),
    ],
)  # fmt: skip
def test_each_bad_file_is_named_with_what_to_do(
    name: str, data: bytes, reason: str, says: str
) -> None:
    made = fields.read(name, data)
    assert isinstance(made, Unreadable)
    assert (made.reason, made.file) == (reason, name)
    assert made.message.startswith(name)
    assert says in made.message


@pytest.mark.slow
def test_a_photograph_of_a_telephone_is_read() -> None:
    made = fields.read("photo.heic", (DATA / "photo.heic").read_bytes())
    assert isinstance(made, Reading)
    assert made.header.invoiceNumber == "TW-5521"
    assert str(made.totals.total) == "1250.00"


def test_an_old_excel_file_is_read_without_its_hidden_sheet() -> None:
    made = fields.read("invoice.xls", (DATA / "invoice.xls").read_bytes())
    assert isinstance(made, Reading)
    assert (made.header.invoiceNumber, made.totals.total, made.pages) == ("QC-771", 620, 1)
    assert [one.description for one in made.lineItems] == [
        "Glazed stoneware bowls",
        "Dinner plates",
    ]


def workbook(**cells: object) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["COMMERCIAL INVOICE"], ["Invoice No.:", "TW-77"], ["Currency:", "USD"]):
        sheet.append(row)
    for place, value in cells.items():
        sheet[place] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_formulas_are_not_computed_and_nothing_is_asked_of_the_net() -> None:
    made = fields.read(
        "a.xlsx", workbook(A5="Total:", B5='=WEBSERVICE("http://127.0.0.1:9/x")', A6="=1+2")
    )
    assert isinstance(made, Reading)
    assert (made.header.invoiceNumber, made.totals.total) == ("TW-77", None)


def test_macros_are_held_before_any_reader_sees_them() -> None:
    inside = io.BytesIO(workbook())
    with zipfile.ZipFile(inside, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 Auto_Open")
    assert hazards.danger("a.xlsx", inside.getvalue()) == "a.xlsx contains macros"
    assert hazards.danger("a.xlsx", workbook()) is None


def test_a_million_empty_rows_cost_little() -> None:
    """The rows are there in the file, empty, as a careless format of whole columns leaves them."""
    data = workbook()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {one: archive.read(one) for one in archive.namelist()}
    sheet = files["xl/worksheets/sheet1.xml"]
    rows = "".join(f'<row r="{at}" ht="15"/>' for at in range(10, 1_000_000))
    files["xl/worksheets/sheet1.xml"] = sheet.replace(
        b"</sheetData>", rows.encode() + b"</sheetData>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    reader = SafeReader(seconds=30)
    try:
        made = reader.read("a.xlsx", out.getvalue())
    finally:
        reader.close()
    assert isinstance(made, tuple)
    assert made[0].header.invoiceNumber == "TW-77"


def test_a_picture_that_unpacks_without_end_is_measured_before() -> None:
    """A PNG of 100,000 x 100,000 pixels in a few hundred bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return len(data).to_bytes(4, "big") + whole + zlib.crc32(whole).to_bytes(4, "big")

    size = (100_000).to_bytes(4, "big")
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + size + b"\x08\x00\x00\x00\x00")
    bomb += chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000)) + chunk(b"IEND", b"")
    with pytest.raises(CannotRead, match=r"^bomb.png is too large a picture"):
        list(picture.frames("bomb.png", bomb))


@pytest.mark.slow
def test_a_file_that_eats_memory_costs_its_own_process_only() -> None:
    """A stream in a PDF that unpacks to gigabytes meets the limit of the process that reads it."""
    stream = _deep(2500)
    body = (
        (
            b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
            b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
            b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>endobj\n"
            b"4 0 obj<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n" % len(stream)
        )
        + stream
        + b"\nendstream endobj\ntrailer<</Root 1 0 R>>"
    )
    reader = SafeReader(seconds=30)
    try:
        made = reader.read("bomb.pdf", body)
        assert isinstance(made, Unreadable)
        assert "bomb.pdf" in made.message
        after = reader.read("photo.heic", (DATA / "photo.heic").read_bytes())
        assert isinstance(after, tuple)
    finally:
        reader.close()


def _deep(megabytes: int) -> bytes:
    """Zeros packed twice: some kilobytes that unpack to this many megabytes of blanks."""
    pack = zlib.compressobj(1)
    block = b" " * 1_000_000  # no operator: nothing to draw
    once = b"".join(pack.compress(block) for _ in range(megabytes)) + pack.flush()
    return zlib.compress(once, 9)
