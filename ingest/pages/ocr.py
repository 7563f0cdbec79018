"""Reads pictures of pages: PP-OCRv6 in one library, its models inside the wheel (MIT).

The rest of the product sees words with boxes and how surely each was read; the engine is loaded
when the first picture comes, in the reader's own process.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from ingest.pages import rules
from ingest.pages.page import Page, Word
from ingest.pages.upright import straightened

LONGEST = 2340  # pixels: A4 at 200 dpi, what small print needs
_DETECTED = 1344  # pixels in which lines are looked for: more costs memory and finds no more
_THREADS = 1  # a second one reads the same words, and takes 180 MB of its own
_DOUBTFUL = 0.82  # read worse than this on the average, a page may stand on its head
_TOO_FEW = 40  # letters: such a strip tells nothing
_SMALL_PRINT = 9000  # letters on a page: terms and conditions
_SMEAR = 0.5  # surer than this or it is a stamp, a signature or dirt
_GLUED = re.compile(r"(?<=\d)(?=[A-Z][a-z]{2,})|(?<=[a-z]{3})(?=[A-Z]{2,}\d)")
"""Where the engine lost a space: "TW-5521Date", "ladingSDACF301"."""
_ZERO = re.compile(r"(?<![A-Za-z0-9\-/])(?=[A-Z0]{4,}(?![A-Za-z0-9\-/]))[A-Z]+0[A-Z0]*[A-Z]+")
"""A word of capitals with a nought among them, as dots are misread: "C0DE", "SALT0RO"."""
_RULED_AT = 1.5  # pixels for a point: enough to see ruled lines
_PRINT = 0.78  # of a box's height that is print: the engine leaves room around a line


def read(picture: Image.Image, number: int, *, width: float, height: float) -> Page:
    """The page that the picture shows, in points; `width`, `height` are as the page lay before."""
    upright, found = look(picture)
    if (upright.width > upright.height) != (width > height):
        width, height = height, width
    across, down = width / upright.width, height / upright.height
    words: list[Word] = []
    for one in found:
        words += _words(one, across, down)
    scale = min(_RULED_AT, upright.width / width)
    small = upright.convert("L").resize((round(width * scale), round(height * scale)))
    letters = [(one.x0, one.y0, one.x1, one.y1) for one in words]
    lines = rules.find(np.asarray(small), scale, letters)
    return Page(
        number=number, width=width, height=height, words=tuple(words), scanned=True, rules=lines
    )


def look(picture: Image.Image) -> tuple[Image.Image, list[Mapping[str, Any]]]:
    """The picture put right, and the lines read on it."""
    upright, small_print = put_right(picture)
    return upright, _lines(upright, "tiny" if small_print else "small")


def put_right(picture: Image.Image) -> tuple[Image.Image, bool]:
    """The picture level and head up, and whether it is a page of small print.

    A strip of it is read by the quick model, which is also good enough for small print.
    """
    grey = picture.convert("L")
    grey.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    upright = straightened(grey)
    strip = upright.crop((0, upright.height // 4, upright.width, upright.height // 2))
    seen = _lines(strip, "tiny")
    if _letters(seen) < _TOO_FEW:
        strip = upright
        seen = _lines(strip, "tiny")
    if seen and _surety(seen) < _DOUBTFUL:
        turned = _lines(strip.transpose(Image.Transpose.ROTATE_180), "tiny")
        if _surety(turned) > _surety(seen):
            upright, seen = upright.transpose(Image.Transpose.ROTATE_180), turned
    return upright, _letters(seen) * upright.height / strip.height > _SMALL_PRINT


@cache
def _engine(size: str) -> Any:
    # Imported here: only the process that reads files needs its weights in memory.
    import faster_paddle  # noqa: PLC0415

    return faster_paddle.OcrEngine(model_size=size, det_max_side=_DETECTED, threads=_THREADS)


def _lines(picture: Image.Image, size: str) -> list[Mapping[str, Any]]:
    packed = io.BytesIO()
    picture.convert("RGB").save(packed, "BMP")
    read_here = _engine(size).ocr(packed.getvalue())
    return [one for one in read_here["bounds"].values() if one["text"].strip()]


def _letters(found: list[Mapping[str, Any]]) -> int:
    return sum(len(one["text"]) for one in found)


def _surety(found: list[Mapping[str, Any]]) -> float:
    total = sum(one["confidence"] * len(one["text"]) for one in found)
    return float(total / max(_letters(found), 1))


def as_printed(text: str) -> str:
    """What the engine read, with the spaces it lost and capitals for noughts among letters."""
    spaced = _GLUED.sub(" ", unicodedata.normalize("NFKC", text.strip()))
    return _ZERO.sub(lambda word: word[0].replace("0", "O"), spaced)


def _words(line: Mapping[str, Any], across: float, down: float) -> list[Word]:
    """A line's words, each at the share of the line that its letters take."""
    sure = float(line["confidence"])
    if sure < _SMEAR:
        return []
    (x0, y0), (x1, y1) = line["topLeftCoord"], line["bottomRightCoord"]
    trim = (y1 - y0) * (1 - _PRINT) / 2
    y0, y1 = y0 + trim, y1 - trim
    text = as_printed(line["text"])
    wide = (x1 - x0) / max(len(text), 1)
    words, at = [], 0
    for piece in text.split():
        start = text.index(piece, at)
        at = start + len(piece)
        words.append(
            Word(
                text=piece,
                x0=(x0 + start * wide) * across,
                y0=y0 * down,
                x1=(x0 + at * wide) * across,
                y1=y1 * down,
                sure=round(min(sure, 0.995), 3),
            )
        )
    return words
