"""A picture of a page put right: quarter turns and the slant of a page that went askew.

Printed lines make dark stripes: turned rightly, the rows of the picture differ most from each
other. Whether it stands on its head is not seen here: reading it tells.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

_SMALL = 700  # pixels of the longer side in which stripes are looked for
_STEEPEST = 6.0  # degrees
_LEAST = 0.25  # degrees: less does not move a word into another row
_CLEARLY = 1.35  # times: how much stronger the stripes must be across for a quarter turn


def straightened(picture: Image.Image) -> Image.Image:
    """The picture with its lines level; it may still be upside down."""
    small = _ink(picture)
    angle, level = _slant(small)
    # The picture turned by a quarter, as `transpose` turns it.
    other, upended = _slant(np.rot90(small))
    if upended > level * _CLEARLY:
        picture = picture.transpose(Image.Transpose.ROTATE_90)
        angle = other
    if abs(angle) < _LEAST:
        return picture
    white: Any = 255 if picture.mode == "L" else (255, 255, 255)
    return picture.rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=white)


def _ink(picture: Image.Image) -> np.ndarray[Any, Any]:
    small = picture.convert("L")
    small.thumbnail((_SMALL, _SMALL))
    grey = np.asarray(small, dtype=np.float32)
    dark = 255.0 - grey
    # A grey or coloured ground is no ink.
    ink: np.ndarray[Any, Any] = np.clip(dark - float(np.median(dark)) - 20.0, 0.0, None)
    return ink


def _stripes(ink: np.ndarray[Any, Any]) -> float:
    """How much neighbouring rows differ: high where lines of print alternate with white."""
    margin_y, margin_x = ink.shape[0] // 20, ink.shape[1] // 20
    inner = ink[margin_y : -margin_y or None, margin_x : -margin_x or None]
    if not inner.size:
        return 0.0
    return float(np.mean(np.diff(inner.mean(axis=1)) ** 2))


def _slant(ink: np.ndarray[Any, Any]) -> tuple[float, float]:
    """The angle that makes the stripes strongest, and how strong they are then."""
    picture = Image.fromarray(np.clip(ink, 0, 255).astype(np.uint8))
    upright = score = _turned(picture, 0.0)
    best = 0.0
    for step, around in ((1.0, _STEEPEST), (0.25, 0.75)):
        middle = best
        for at in np.arange(middle - around, middle + around + step / 2, step):
            here = _turned(picture, float(at))
            if here > score:
                best, score = float(at), here
    return (best, score) if score > upright * 1.1 else (0.0, upright)


def _turned(picture: Image.Image, angle: float) -> float:
    turned = picture.rotate(angle, resample=Image.Resampling.BILINEAR)
    return _stripes(np.asarray(turned, dtype=np.float32))
