"""Pages as PNG with a box around each value that was read, coloured by how sure it is.

Green is 0.9 and more, amber the rest down to the threshold of review, red below it. Files are
drawn in a process of its own with the reader's limits: they are as untrusted here as there.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ingest import fields
from ingest.fields.confidence import THRESHOLD
from ingest.pages import CannotRead, ocr, pdf, picture
from storage.values import Reading, Unreadable

SECONDS = 600
PLACE_SECONDS = 30  # one page
MEMORY = 2 * 1024**3  # bytes of address space
_POINTS = 842.0  # the longer side that a picture was given when it was read
_AROUND = 110.0  # points above and below
_GREEN, _AMBER, _RED = (0, 130, 60), (220, 140, 0), (200, 30, 30)


def in_a_process(path: Path, folder: Path) -> list[Path]:
    """The pictures that were written to `folder`; none when the file has no pages to draw."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "ingest.show", str(path), str(folder)],
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return []
    return [Path(line) for line in done.stdout.decode("utf-8", "replace").splitlines()]


def place(
    data: bytes, *, page: int, box: tuple[float, float, float, float], across: float = 0
) -> bytes | None:
    """A PNG of what stands around `box` (points) on a page, the box drawn; None if it has none.

    `across` is how many points of the page's width it shows, more where the box is wider; 0: all.
    """
    with tempfile.TemporaryDirectory() as folder:
        file, made = Path(folder, "document"), Path(folder, "place.png")
        file.write_bytes(data)
        where = [str(page), *(str(edge) for edge in box), str(across)]
        return _by_a_process(file, made, where)


def page(data: bytes, reading: Reading, *, number: int) -> bytes | None:
    """A PNG of one page (from 1) with the boxes of this reading; None if it has none."""
    with tempfile.TemporaryDirectory() as folder:
        file, said = Path(folder, "document"), Path(folder, "reading.json")
        made = Path(folder, "page.png")
        file.write_bytes(data)
        said.write_text(reading.model_dump_json(), encoding="utf-8")
        return _by_a_process(file, made, [str(number), str(said)])


def _by_a_process(file: Path, made: Path, words: Sequence[str]) -> bytes | None:
    """What this module writes to `made` in a process of its own, which is killed at its limit."""
    try:
        subprocess.run(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "ingest.show", str(file), str(made), *words],
            capture_output=True,
            timeout=PLACE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return made.read_bytes() if made.exists() else None


def _cut_out(
    data: bytes, number: int, box: tuple[float, float, float, float], across: float
) -> Image.Image | None:
    """The page around the box, full width or as much of it as `across` says."""
    found = _only(data, number)
    if found is None:
        return None
    made, scale = found
    x0, y0, x1, y1 = (edge * scale for edge in box)
    ImageDraw.Draw(made).rectangle((x0 - 4, y0 - 4, x1 + 4, y1 + 4), outline=_RED, width=4)
    top, bottom = max(y0 - _AROUND * scale, 0), min(y1 + _AROUND * scale, made.height)
    if top >= bottom:
        return None
    left, right = 0.0, float(made.width)
    if across > 0:
        wide = min(max(across * scale, x1 - x0 + 2 * _AROUND * scale), right)
        left = min(max((x0 + x1 - wide) / 2, 0), right - wide)
        right = left + wide
    return made.crop((int(left), int(top), int(right), int(bottom)))


def _only(data: bytes, number: int) -> tuple[Image.Image, float] | None:
    """One page as it was read, and its pixels for a point."""
    if b"%PDF-" in data[:1024]:
        made = next(pdf.pictures(data, only=number), None)
    else:
        try:
            frames = islice(picture.frames("document", data), number - 1, None)
            made = next((ocr.put_right(one)[0] for one in frames), None)
        except CannotRead:
            return None
    if made is None:
        return None
    return made.convert("RGB"), max(made.size) / pdf.longest(data).get(number, _POINTS)


def drawn(name: str, data: bytes, readings: Sequence[Reading]) -> Iterator[Image.Image]:
    """Each page with its boxes; nothing for what has no pages (a sheet, a mail).

    `readings` are the documents of the file.
    """
    if b"%PDF-" in data[:1024]:
        pages = pdf.pictures(data)
    else:
        try:
            pages = (ocr.put_right(one)[0] for one in list(picture.frames(name, data)))
        except CannotRead:
            return
    longest = pdf.longest(data)
    for number, page in enumerate(pages, 1):
        made = page.convert("RGB")
        for reading in readings:
            _box(made, number, reading, max(page.size) / longest.get(number, _POINTS))
        yield made


def _box(made: Image.Image, number: int, reading: Reading, scale: float) -> None:
    pen = ImageDraw.Draw(made)
    letters = ImageFont.load_default(size=16)
    for path, where in reading.evidence.items():
        if where.page != number or where.box[2] <= where.box[0]:
            continue
        sure = reading.confidenceByField.get(path, 0.0)
        colour = _GREEN if sure >= 0.9 else _AMBER if sure >= THRESHOLD else _RED
        x0, y0, x1, y1 = (edge * scale for edge in where.box)
        pen.rectangle((x0 - 3, y0 - 3, x1 + 3, y1 + 3), outline=colour, width=3)
        said = f"{path.rpartition('.')[2]} {sure:.2f}"
        pen.text((x0, max(y0 - 22, 0)), said, fill=colour, font=letters)


_WHOLE, _PAGE = 3, 5  # arguments of the first two forms, the program's name included


def main() -> None:
    """`python -m ingest.show FILE FOLDER` prints the names of what it wrote.

    `python -m ingest.show FILE PICTURE PAGE READING` writes one page with a reading's boxes.
    `python -m ingest.show FILE PICTURE PAGE X0 Y0 X1 Y1 ACROSS` writes one place.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    path, folder = Path(sys.argv[1]), Path(sys.argv[2])
    data = path.read_bytes()
    if len(sys.argv) == _PAGE:
        number, said = int(sys.argv[_WHOLE]), Path(sys.argv[_WHOLE + 1])
        found = _only(data, number)
        if found is not None:
            made, scale = found
            _box(made, number, Reading.model_validate_json(said.read_bytes()), scale)
            made.save(folder)
        return
    if len(sys.argv) > _WHOLE:
        at, x0, y0, x1, y1, across = sys.argv[_WHOLE:]
        edges = (float(x0), float(y0), float(x1), float(y1))
        cut = _cut_out(data, int(at), edges, float(across))
        if cut is not None:
            cut.save(folder)
        return
    readings = fields.read_all(path.name, data)
    if isinstance(readings, Unreadable):
        return
    for number, page in enumerate(drawn(path.name, data, readings), 1):
        to = folder / f"{path.stem}-page-{number}.png"
        page.save(to)
        sys.stdout.write(f"{to}\n")


if __name__ == "__main__":
    main()
