"""A corrected line of goods teaches the columns of a shipper's table, and nothing of its goods."""

import io
from decimal import Decimal

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest import fields
from ingest.reader import SafeReader
from storage.values import InvoiceLine, Lesson, Reading, TaughtLine

HEAD = ("Vare", "Stk", "Kolli", "Stykpris", "Belob")
PLACES = (60, 250, 310, 380, 470)


def paper(
    goods: list[tuple[str, ...]],
    *,
    head: tuple[str, ...] = HEAD,
    above: tuple[str, ...] = (),
    number: str = "DK-1041",
    moved: int = 0,
) -> bytes:
    """An invoice whose table has headings that no list of ours knows."""
    out = io.BytesIO()
    page = Canvas(out, invariant=1)
    page.setFont("Helvetica", 9)
    y = 780 - moved
    for x, up, words in (
        (240, 0, "COMMERCIAL INVOICE"), (60, 30, "Seller:"), (60, 42, "Skagen Lys ApS"),
        (60, 54, "Havnevej 4"), (60, 66, "9990 Skagen, Denmark"), (330, 30, f"Invoice No.: {number}"),
        (330, 42, "Date: 2026-10-28"), (330, 54, "Currency: USD"), (60, 90, "Consignee:"),
        (60, 102, "Kestrel Outdoor LLC"), (60, 114, "Long Beach, CA 90802, USA"),
    ):  # fmt: skip
        page.drawString(x, y - up, words)
    for row, words in enumerate((above, head)):
        for x, word in zip(PLACES, words, strict=False):
            page.drawString(x, y - 150 - 11 * row, word)
    for row, cells in enumerate(goods):
        for x, word in zip(PLACES, cells, strict=True):
            page.drawString(x, y - 178 - 14 * row, word)
    page.drawString(380, y - 190 - 14 * len(goods), "TOTAL")
    page.drawString(470, y - 190 - 14 * len(goods), f"{sum(Decimal(one[4]) for one in goods)}")
    page.save()
    return out.getvalue()


FIRST = [
    ("Beeswax candles", "240", "12", "1.50", "360.00"),
    ("Tin lanterns", "60", "6", "8.25", "495.00"),
]
SECOND = [
    ("Glass vases, blown", "48", "8", "11.00", "528.00"),
    ("Wool felt coasters", "500", "5", "0.90", "450.00"),
]
LINE = TaughtLine(
    values={
        "description": "Beeswax candles", "quantity": "240", "unitPrice": "1.50", "extendedValue": "360.00"
    },
    changed=("description", "quantity", "unitPrice", "extendedValue"),
)  # fmt: skip


def learned(name: str, data: bytes, *lines: TaughtLine) -> tuple[Lesson, ...]:
    made = fields.learn(name, data, {}, lines=lines)
    assert isinstance(made, tuple)
    return tuple(one.model_copy(update={"says": "learned from Dana"}) for one in made)


def both(name: str, data: bytes, lessons: tuple[Lesson, ...]) -> tuple[Reading, Reading]:
    reader = SafeReader()
    try:
        [[plain, read]] = reader.read_each(name, data, [lessons])
    finally:
        reader.close()
    return plain, read


def said(lines: tuple[InvoiceLine, ...]) -> list[tuple[str | None, str, str, str]]:
    return [
        (one.description, str(one.quantity), str(one.unitPrice), str(one.extendedValue))
        for one in lines
    ]


def test_a_line_typed_in_by_hand_teaches_a_table_whose_headings_nobody_knew() -> None:
    data = paper(FIRST)
    plain = fields.read("dk.pdf", data)
    assert isinstance(plain, Reading)
    assert not plain.lineItems
    lessons = learned("dk.pdf", data, LINE)
    assert {(one.path, one.label, one.place) for one in lessons} == {
        ("lineItems.description", "vare", "column"),
        ("lineItems.quantity", "stk", "column"),
        ("lineItems.unitPrice", "stykpris", "column"),
        ("lineItems.extendedValue", "belob", "column"),
    }
    kept = " ".join(one.model_dump_json() for one in lessons).casefold()
    for value in ("candle", "lantern", "skagen", "kestrel", "240", "360", "1041"):
        assert value not in kept

    before, after = both("dk2.pdf", paper(SECOND, number="DK-1077", moved=30), lessons)
    assert not before.lineItems
    assert said(after.lineItems) == [
        ("Glass vases, blown", "48", "11.00", "528.00"),
        ("Wool felt coasters", "500", "0.90", "450.00"),
    ]
    seen = after.evidence["lineItems[0].quantity"]
    assert (seen.learned, seen.text) == ("learned from Dana", "48")
    assert not any(flag.field == "lineItems" for flag in after.flags)


def test_pieces_and_not_packages_are_the_quantity_once_a_person_said_so() -> None:
    head = ("Description", "Qty", "Pieces", "Unit price", "Amount")
    # The prices are for a dozen: no column makes the amount with them.
    first, second = (
        [
            (name, packs, pieces, f"{12 * Decimal(price)}", amount)
            for name, pieces, packs, price, amount in rows
        ]
        for rows in (FIRST, SECOND)
    )
    plain = fields.read("two.pdf", paper(first, head=head))
    assert isinstance(plain, Reading)
    assert [one.quantity for one in plain.lineItems] == [12, 6]
    line = TaughtLine(values={**LINE.values, "unitPrice": "18.00"}, changed=("quantity",))
    lessons = learned("two.pdf", paper(first, head=head), line)
    assert [(one.path, one.label) for one in lessons] == [("lineItems.quantity", "pieces")]
    before, after = both("three.pdf", paper(second, head=head), lessons)
    assert [one.quantity for one in before.lineItems] == [8, 5]
    assert [one.quantity for one in after.lineItems] == [48, 500]
    assert after.evidence["lineItems[1].quantity"].learned
    assert after.evidence["lineItems[1].unitPrice"].learned is None


def test_headings_over_two_rows_are_learned_too() -> None:
    above, head = (
        ("Vare", "Antal", "Antal", "Pris pr", "I alt"),
        ("betegnelse", "stk", "kolli", "styk", "belob"),
    )
    lessons = learned("dk.pdf", paper(FIRST, above=above, head=head), LINE)
    _, after = both("dk2.pdf", paper(SECOND, above=above, head=head), lessons)
    assert said(after.lineItems)[1] == ("Wool felt coasters", "500", "0.90", "450.00")


def sheet(goods: list[tuple[str, ...]]) -> bytes:
    rows = ["FAKTURA / COMMERCIAL INVOICE", "Invoice No.:,DK-1", "Currency:,USD", ",".join(HEAD)]
    return "\n".join([*rows, *(",".join(one) for one in goods)]).encode()


def test_a_sheet_teaches_its_columns_as_well() -> None:
    goods = [one for one in FIRST if "," not in one[0]]
    lessons = learned("dk.csv", sheet(goods), LINE)
    assert len(lessons) == 4
    _, after = both("dk2.csv", sheet([("Ash bowls", "7", "1", "4.00", "28.00")]), lessons)
    assert said(after.lineItems) == [("Ash bowls", "7", "4.00", "28.00")]


@pytest.mark.parametrize(
    "line",
    [
        TaughtLine(values={**LINE.values, "quantity": "241"}, changed=("quantity",)),  # a typing error of theirs
        TaughtLine(values={"description": "Something else", "quantity": "9999"}, changed=("quantity",)),
        TaughtLine(values={}, changed=()),
    ],
)  # fmt: skip
def test_what_does_not_stand_on_the_page_teaches_nothing(line: TaughtLine) -> None:
    assert learned("dk.pdf", paper(FIRST), line) == ()


def test_another_table_is_read_without_the_lesson() -> None:
    lessons = learned("dk.pdf", paper(FIRST), LINE)
    other = paper(SECOND, head=("Description", "Quantity", "Packages", "Unit price", "Stk"))
    before, after = both("other.pdf", other, lessons)
    assert before == after


def test_two_equal_numbers_in_a_row_do_not_say_which_column_was_meant() -> None:
    goods = [("Beeswax candles", "240", "240", "1.50", "360.00")]
    lessons = learned("dk.pdf", paper(goods), LINE)
    assert "lineItems.quantity" not in {one.path for one in lessons}
