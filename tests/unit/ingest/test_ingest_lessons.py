"""What a correction teaches: where a value stands on a layout, and nothing else."""

import io
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from ingest import fields
from ingest.fields import lessons
from ingest.fields.layout import rows_of
from ingest.pages import open_pages
from ingest.reader import SafeReader
from storage.values import Lesson, Reading


def letter(
    number: str,
    day: str,
    seller: str,
    *,
    importer: str = "Kestrel Outdoor LLC",
    bill: str = "ZZZQ11110001",
    moved: int = 0,
) -> bytes:
    """An invoice whose number and date stand behind words that no list of labels has."""
    out = io.BytesIO()
    page = Canvas(out, invariant=1)
    y = 780 - moved

    def put(x: int, up: int, words: str) -> None:
        page.drawString(x, y - up, words)

    page.setFont("Helvetica", 9)
    put(240, 0, "COMMERCIAL INVOICE")
    put(60, 30, "Loomed by:")
    put(60, 42, seller)
    put(60, 54, "18 Weaver Road")
    put(60, 66, "Hanoi, Vietnam")
    put(330, 30, "Our sign:")
    put(430, 30, number)
    put(330, 42, "Penned on:")
    put(430, 42, day)
    put(60, 90, "Consignee:")
    put(60, 102, importer)
    put(60, 114, "200 Harbor Way")
    put(60, 126, "Long Beach, CA 90802, USA")
    put(330, 90, "Currency: USD")
    put(330, 102, f"B/L No.: {bill}")
    put(330, 114, "Port of Discharge: Long Beach")
    for x, words in ((60, "Description"), (260, "Quantity"), (330, "Unit Price"), (430, "Amount")):
        put(x, 160, words)
    for x, words in ((60, "Cotton rugs"), (260, "10"), (330, "25.00"), (430, "250.00")):
        put(x, 176, words)
    put(330, 200, "TOTAL")
    put(430, 200, "250.00")
    page.save()
    return out.getvalue()


RIGHT = {
    "header.invoiceNumber": "LB/7714",
    "header.invoiceDate": "2026-10-28",
    "parties.exporter.name": "Hanoi Lotus Rugs JSC",
}


def taught() -> tuple[Lesson, ...]:
    made = fields.learn(
        "one.pdf", letter("LB/7714", "28 October 2026", "Hanoi Lotus Rugs JSC"), RIGHT
    )
    assert isinstance(made, tuple)
    return tuple(one.model_copy(update={"says": "learned from Dana"}) for one in made)


def test_before_it_is_taught_the_reader_does_not_know_these_words() -> None:
    plain = fields.read("one.pdf", letter("LB/7714", "28 October 2026", "Hanoi Lotus Rugs JSC"))
    assert isinstance(plain, Reading)
    assert plain.header.invoiceNumber is None
    assert plain.parties.exporter.name != "Hanoi Lotus Rugs JSC"


def test_a_lesson_holds_labels_and_no_value() -> None:
    made = taught()
    assert {(one.path, one.label, one.place) for one in made} == {
        ("header.invoiceNumber", "our sign", "beside"),
        ("header.invoiceDate", "penned on", "beside"),
        ("parties.exporter.name", "loomed by", "block"),
    }
    kept = " ".join(one.model_dump_json() for one in made).casefold()
    for value in ("7714", "october", "lotus", "kestrel", "weaver", "rugs", "250"):
        assert value not in kept


def test_the_next_document_of_the_layout_is_read_by_it_and_says_so() -> None:
    data = letter("LB/7802", "3 November 2026", "Hanoi Lotus Rugs JSC", moved=25)
    made = SafeReader()
    try:
        [[plain, read]] = made.read_each("two.pdf", data, [taught()])
    finally:
        made.close()
    assert plain.header.invoiceNumber is None
    assert read.header.invoiceNumber == "LB/7802"
    assert read.header.invoiceDate == date(2026, 11, 3)
    assert read.parties.exporter.name == "Hanoi Lotus Rugs JSC"
    assert read.parties.exporter.country == "VN"
    assert read.parties.consignee == plain.parties.consignee
    assert read.totals.total == Decimal("250.00")
    for path in RIGHT:
        assert read.evidence[path].learned == "learned from Dana"
    assert read.evidence["totals.total"].learned is None
    assert "learned" not in read.evidence["totals.total"].model_dump()
    assert not [one for one in read.flags if one.type == "missing" and one.field in RIGHT]


def test_another_layout_is_read_without_it() -> None:
    other = (
        b"COMMERCIAL INVOICE\nOur sign: ZX-1\nSeller: Peru Pots SAC\nInvoice No.: A-9\nSKU,Qty\n"
    )
    [[plain, read]] = fields.read_each("other.txt", other, [taught()])
    assert plain == read
    assert read.header.invoiceNumber == "A-9"


def test_what_was_read_right_or_stands_nowhere_teaches_nothing() -> None:
    data = letter("LB/7714", "28 October 2026", "Hanoi Lotus Rugs JSC")
    for wanted in (
        {"totals.total": "250.00"},  # read right
        {"header.invoiceNumber": "NOT-HERE-1"},
        {"header.invoiceNumber": ""},
        {"parties.exporter.country": "VN"},  # follows from the block
    ):
        assert fields.learn("one.pdf", data, wanted) == ()
    assert (
        fields.learn("bare.txt", b"Our sign: LB/1\nhello\n", {"header.invoiceNumber": "LB/1"}) == ()
    )


@settings(max_examples=25)
@given(
    number=st.from_regex(r"[A-Z]{2,4}[/-][1-9][0-9]{3,6}", fullmatch=True),
    day=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    moved=st.integers(0, 60),
)
def test_whatever_the_next_values_are_they_are_read_from_their_own_page(
    number: str, day: date, moved: int
) -> None:
    data = letter(number, f"{day.day} {day:%B %Y}", "Hanoi Lotus Rugs JSC", moved=moved)
    [[_, read]] = fields.read_each("n.pdf", data, [LEARNED])
    assert (read.header.invoiceNumber, read.header.invoiceDate) == (number, day)


LEARNED = taught()


@given(
    st.sets(st.text("abc ", min_size=1, max_size=4), min_size=1),
    st.sets(st.text("abc ", min_size=1, max_size=4)),
)
def test_alike_is_mutual_and_holds_for_itself(one: set[str], other: set[str]) -> None:
    assert lessons.alike(tuple(one), tuple(one))
    assert lessons.alike(tuple(one), tuple(other)) == lessons.alike(tuple(other), tuple(one))


def test_a_layout_is_labels_without_figures() -> None:
    rows = [
        row
        for page in open_pages("x.pdf", letter("LB/7714", "28 October 2026", "A Firm"))
        for row in rows_of(page)
    ]
    shown = lessons.layout(rows)
    assert {"consignee", "currency", "quantity", "amount"} <= set(shown)
    assert not any(char.isdigit() for one in shown for char in one)
