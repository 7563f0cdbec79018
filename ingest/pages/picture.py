"""Pictures of pages: JPEG, PNG, HEIC and others, TIFF with several pages.

A picture is bounded before it is unpacked: its header tells the size.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from functools import cache

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from ingest.pages import ocr
from ingest.pages.page import CannotRead, Page, Tell, silent

MOST_PIXELS = 150_000_000
MOST_PAGES = 100
_POINTS = 842.0  # the longer side of A4: a picture does not say how large its paper was


def read(name: str, data: bytes, tell: Tell = silent) -> list[Page]:
    """A page for each picture in the file."""
    pages = []
    for number, picture in enumerate(frames(name, data), 1):
        scale = _POINTS / max(picture.size)
        wide, high = picture.width * scale, picture.height * scale
        pages.append(ocr.read(picture, number, width=wide, height=high))
        tell(number)
    if not any(page.words for page in pages):
        raise CannotRead(
            "scan", f"{name}: no words could be read on the picture; please send a sharper one."
        )
    return pages


def frames(name: str, data: bytes) -> Iterator[Image.Image]:
    """The file's pictures, one at a time, each as it was held when it was taken."""
    _know_heic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # size is checked here, by our own bound
            opened = Image.open(io.BytesIO(data))
            if opened.width * opened.height > MOST_PIXELS:
                raise CannotRead(
                    "too_big",
                    f"{name} has {opened.width} x {opened.height} pixels; please send it smaller.",
                )
            if getattr(opened, "n_frames", 1) > MOST_PAGES:
                raise CannotRead("too_big", f"{name} has too many pages; please send the parts.")
            for frame in ImageSequence.Iterator(opened):
                if frame.width * frame.height > MOST_PIXELS:
                    raise CannotRead("too_big", f"{name} is too large a picture to read.")
                frame.draft("L", (ocr.LONGEST, ocr.LONGEST))  # a JPEG unpacks smaller at once
                yield _on_white(ImageOps.exif_transpose(frame))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as exc:
        raise CannotRead("broken", f"{name} is a damaged picture: please send it again.") from exc
    except Image.DecompressionBombError as exc:
        raise CannotRead("too_big", f"{name} is too large a picture to read.") from exc


@cache
def _know_heic() -> None:
    import pi_heif  # noqa: PLC0415 - only the process that reads files needs it

    pi_heif.register_heif_opener()


def _on_white(picture: Image.Image) -> Image.Image:
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("L")
    full = picture.convert("RGBA")
    ground = Image.new("RGBA", full.size, "white")
    return Image.alpha_composite(ground, full).convert("L")
