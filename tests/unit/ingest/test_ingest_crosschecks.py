"""Flags that arise between the values of one document, and files that want to do harm."""

import io

import pytest
from openpyxl import Workbook
from pypdfium2 import PdfDocument
from reportlab.pdfgen import canvas

from bot.sandbox.samples import FILES
from ingest import fields
from ingest.pages import pdf
from storage.values import Reading, Unreadable

INVOICE = """COMMERCIAL INVOICE
Invoice No.: TW-77      Date: 2026-10-30
Seller: Ormonde Mills Ltd
Buyer: {buyer}
Terms of Delivery: {terms} Karachi
Export Date: {export}
Freight: 120.00
"""


def flags(**said: str) -> set[str]:
    facts = {"buyer": "Beacon Hardware Inc.", "terms": "CIF", "export": "2026-11-02", **said}
    made = fields.read("a.txt", INVOICE.format(**facts).encode())
    assert isinstance(made, Reading)
    return {flag.type for flag in made.flags} & {"related_parties", "incoterm", "dates"}


@pytest.mark.parametrize(
    ("said", "flag"),
    [
        ({}, set()),
        ({"buyer": "Ormonde North America Inc."}, {"related_parties"}),
        ({"terms": "FOB"}, {"incoterm"}),
        ({"export": "2026-10-01"}, {"dates"}),
    ],
)
def test_what_does_not_fit_together_is_flagged(said: dict[str, str], flag: set[str]) -> None:
    assert flags(**said) == flag


def test_a_flag_changes_no_value() -> None:
    made = fields.read(
        "a.txt", INVOICE.format(buyer="X Inc", terms="FOB", export="2026-10-01").encode()
    )
    assert isinstance(made, Reading)
    assert str(made.header.exportDate) == "2026-10-01"
    assert made.header.incoterms == "FOB Karachi"


FOOT = """COMMERCIAL INVOICE
Seller: Quilla Ceramics SAC, Callao, Peru
Invoice No.: Q-1            Date: 2026-10-28
Currency: USD               Incoterms: {terms} Newark

Description        Quantity   Unit Price    Amount
Bowls              100        2.50          250.00
Plates             40         5.00          200.00

Subtotal                                    450.00
Less: trade discount 10%                    (45.00)
Early payment discount                      5.00-
Packing charges                             20.00
Inland freight                              30.00
Discount terms: 2% within ten days
Insurance                                   2.00
Total                                       {total}
"""


def foot(terms: str = "CIF", total: str = "452.00") -> Reading:
    made = fields.read("a.txt", FOOT.format(terms=terms, total=total).encode())
    assert isinstance(made, Reading)
    return made


def test_discounts_and_charges_are_listed_one_by_one_as_printed() -> None:
    made = foot()
    assert [(one.label, str(one.amount)) for one in made.totals.discounts] == [
        ("trade discount 10%", "-45.00"),
        ("Early payment discount", "-5.00"),
    ]
    assert [(one.label, str(one.amount)) for one in made.totals.otherCharges] == [
        ("Packing charges", "20.00"),
        ("Inland freight", "30.00"),
    ]
    assert len(made.lineItems) == 2
    # With them the lines make the total, which proves them; with another total they prove nothing.
    assert made.confidenceByField["totals.discounts[1]"] > 0.95
    assert not [one for one in made.flags if one.type == "arithmetic"]
    other = foot(total="470.00")
    assert [one.field for one in other.flags if one.type == "arithmetic"] == ["totals.total"]
    assert other.confidenceByField["totals.discounts[1]"] < 0.9


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ("CIF", "The terms are CIF and no freight is stated"),
        ("FOB", "The terms are FOB, but insurance of 2.00 is charged"),
        ("CFR", "The terms are CFR, but insurance of 2.00 is charged"),
    ],
)
def test_freight_and_insurance_are_held_against_the_incoterm(terms: str, said: str) -> None:
    told = [one.message for one in foot(terms).flags if one.type == "incoterm"]
    assert any(one.startswith(said) for one in told), told


def paper(*, pages: int = 1, script: bool = False) -> bytes:
    out = io.BytesIO()
    made = canvas.Canvas(out)
    for number in range(pages):
        made.drawString(72, 700, f"COMMERCIAL INVOICE {number}")
        made.drawString(72, 680, "Invoice No.: TW-77")
        made.showPage()
    made.save()
    data = out.getvalue()
    if script:
        data = data.replace(
            b"/Type /Catalog",
            b"/Type /Catalog /OpenAction << /S /JavaScript /JS (app.alert(1)) >>",
            1,
        )
    return data


def test_a_pdf_of_five_hundred_pages_is_read_and_of_more_refused() -> None:
    assert len(pdf.read("long.pdf", paper(pages=500))) == 500
    made = fields.read("long.pdf", paper(pages=501))
    assert isinstance(made, Unreadable)
    assert (made.reason, made.message) == (
        "too_big",
        "long.pdf has 501 pages; please send the parts.",
    )


def test_script_and_files_inside_a_pdf_do_nothing() -> None:
    document = PdfDocument(paper(script=True))
    document.new_attachment("run.exe").set_data(b"MZ" + b"0" * 100)
    out = io.BytesIO()
    document.save(out)
    made = fields.read("a.pdf", out.getvalue())
    assert isinstance(made, Reading)
    assert made.header.invoiceNumber == "TW-77"


def test_hidden_sheets_and_rows_without_end_are_left_out() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Commercial Invoice"], ["Invoice No.:", "TW-77"], ["Total:", "=2+3"]):
        sheet.append(row)
    sheet.cell(row=900_000, column=1).value = "Invoice No.: XX-1"
    secret = book.create_sheet("other shipment")
    secret.append(["Invoice No.:", "ZZ-9"])
    secret.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    made = fields.read("a.xlsx", out.getvalue())
    assert isinstance(made, Reading)
    assert (made.pages, made.header.invoiceNumber) == (1, "TW-77")


@pytest.mark.parametrize("cut", [0, 1, 200, 1500])
def test_a_file_that_was_cut_says_so_and_names_itself(cut: int) -> None:
    made = fields.read("cut.pdf", (FILES / "invoice_BP-2026-1107.pdf").read_bytes()[:cut])
    assert isinstance(made, Unreadable)
    assert "cut.pdf" in made.message


def test_the_wrong_ending_does_not_matter() -> None:
    made = fields.read("invoice.jpg", (FILES / "invoice_BP-2026-1107.pdf").read_bytes())
    assert isinstance(made, Reading)
    assert made.header.invoiceNumber == "BP-2026-1107"


def test_mixed_scripts_and_text_from_right_to_left_keep_their_values() -> None:
    text = "COMMERCIAL INVOICE فاتورة تجارية 商业发票\nInvoice No.: TW-77\nالمجموع Total: USD 1,250.00\n"
    made = fields.read("a.txt", text.encode())
    assert isinstance(made, Reading)
    assert made.header.invoiceNumber == "TW-77"
