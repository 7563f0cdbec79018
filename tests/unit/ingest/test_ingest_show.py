"""`extract --show`: the pages as pictures, each value boxed in the colour of its confidence."""

import io
from pathlib import Path

from PIL import Image

from bot.sandbox.samples import FILES
from ingest import fields, show
from storage.values import Reading


def test_each_value_is_boxed_in_the_colour_of_its_confidence() -> None:
    data = (FILES / "invoice_BP-2026-1107.pdf").read_bytes()
    reading = fields.read("invoice.pdf", data)
    assert isinstance(reading, Reading)
    doubted = reading.model_copy(
        update={"confidenceByField": {**reading.confidenceByField, "header.invoiceNumber": 0.5}}
    )
    (page,) = show.drawn("invoice.pdf", data, [doubted])
    scale = max(page.size) / 842
    x0, y0, _, _ = (edge * scale for edge in reading.evidence["header.invoiceNumber"].box)
    colours = {page.getpixel((int(x0), int(y0) - 3 + row)) for row in range(3)}
    assert (200, 30, 30) in colours
    assert (
        len(
            {
                page.getpixel((x, y))
                for x in range(0, page.width, 3)
                for y in range(0, page.height, 3)
            }
        )
        > 3
    )


def test_the_pictures_are_written_by_a_process_of_its_own(tmp_path: Path) -> None:
    made = show.in_a_process(FILES / "invoice_BP-2026-1107.pdf", tmp_path / "pages")
    assert [one.name for one in made] == ["invoice_BP-2026-1107-page-1.png"]
    with Image.open(made[0]) as page:
        assert page.width > 1000


def test_one_place_is_cut_out_with_its_box() -> None:
    data = (FILES / "invoice_BP-2026-1107.pdf").read_bytes()
    reading = fields.read("invoice.pdf", data)
    assert isinstance(reading, Reading)
    where = reading.evidence["totals.total"]
    made = show.place(data, page=where.page, box=where.box)
    assert made is not None
    with Image.open(io.BytesIO(made)) as cut:
        whole = next(show.drawn("invoice.pdf", data, [reading]))
        assert cut.width == whole.width
        assert cut.height < whole.height / 2
        pixels = cut.convert("RGB")
        scale = whole.height / 842
        left = int(where.box[0] * scale) - 3
        assert (200, 30, 30) in {pixels.getpixel((left, y)) for y in range(pixels.height)}
    assert show.place(data, page=9, box=where.box) is None
    assert show.place(b"no picture", page=1, box=where.box) is None


def test_a_sheet_has_no_pages_to_draw(tmp_path: Path) -> None:
    assert show.in_a_process(FILES / "HLB-2026-0419.xlsx", tmp_path) == []
