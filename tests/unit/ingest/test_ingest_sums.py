"""What a table's columns of packages and weights add up to, on sheets and on paper."""

from __future__ import annotations

import io
from decimal import Decimal

import openpyxl
import pytest

from ingest import fields
from storage.values import DocumentKind, PartyBlock, Reading
from tests.unit.ingest.test_ingest_layouts import read as drawn

HEAD = ("Description", "Packages", "Gross Weight")
LINES = (("Lamps", 100, 44), ("Bulbs", 900, 10))
TOTAL = ("Total", 1000, 54)


def as_csv(*rows: tuple[object, ...]) -> Reading:
    made = fields.read("p.csv", "\n".join(",".join(map(str, row)) for row in rows).encode())
    assert isinstance(made, Reading)
    return made


def as_xlsx(*rows: tuple[object, ...]) -> Reading:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    made = fields.read("p.xlsx", out.getvalue())
    assert isinstance(made, Reading)
    return made


@pytest.mark.parametrize("read", [as_csv, as_xlsx])
def test_the_total_row_of_a_packing_list_tells_its_totals_and_no_first_row(read) -> None:
    made = read(("Packing list",), HEAD, *LINES, TOTAL)
    assert (made.totals.packages, made.totals.grossWeightKg) == (1000, Decimal(54))
    assert [line.description for line in made.lineItems] == ["Lamps", "Bulbs"]
    assert made.parties.exporter == PartyBlock()
    assert made.evidence["totals.grossWeightKg"].text == "54"


def test_without_a_total_row_the_lines_add_up_less_surely() -> None:
    made = as_csv(("Packing list",), HEAD, *LINES)
    assert (made.totals.packages, made.totals.grossWeightKg) == (1000, Decimal(54))
    assert made.confidenceByField["totals.grossWeightKg"] < 0.85


def test_what_is_said_of_one_carton_adds_up_to_nothing() -> None:
    head = ("Description", "Cartons", "G.W./CTN")
    made = as_csv(("Packing list",), head, ("Lamps", 10, 44), ("Bulbs", 90, 10))
    assert (made.totals.packages, made.totals.grossWeightKg) == (100, None)


def test_a_total_beside_its_own_label_stays_before_the_column() -> None:
    made = as_csv(("Packing list",), ("Total gross weight:", "60 KGS"), (), HEAD, *LINES, TOTAL)
    assert made.totals.grossWeightKg == Decimal(60)


def test_pounds_over_a_column_are_pounds() -> None:
    made = as_csv(("Packing list",), ("Description", "Packages", "Gross Weight (lbs)"), *LINES)
    assert made.totals.grossWeightKg == Decimal("24.494")


def test_where_cartons_are_marked_and_counted_the_count_is_the_number_of_packages() -> None:
    made = as_csv(
        ("Packing list",),
        ("Carton", "Description", "Qty", "Cartons"),
        ("1-10", "Bowls", 100, 10),
        ("11-15", "Vases", 900, 5),
        ("Total", "", 1000, 15),
    )
    assert made.totals.packages == 15


def test_on_paper_too() -> None:
    made = drawn(
        (250, 80, "PACKING LIST"),
        (30, 110, "Description"), (250, 110, "Cartons"), (350, 110, "Gross weight"),
        (30, 130, "Lamps"), (250, 130, "100"), (350, 130, "44.00"),
        (30, 145, "Bulbs"), (250, 145, "900"), (350, 145, "10.00"),
        (30, 165, "TOTAL"), (250, 165, "1,000"), (350, 165, "54.00"),
    )  # fmt: skip
    assert (made.totals.packages, made.totals.grossWeightKg) == (1000, Decimal("54.00"))


def test_boxes_and_weights_make_a_packing_list_of_a_sheet_without_a_title() -> None:
    made = as_csv(HEAD, *LINES, TOTAL)
    assert (made.documentType, made.kindConfidence) == (DocumentKind.PACKING_LIST, 0.6)


def test_codes_and_quantities_alone_could_be_any_list() -> None:
    made = as_csv(("Codigo", "Descripcion", "Cantidad"), ("1.21", "EM.BO.16", 40))
    assert made.documentType is DocumentKind.OTHER
