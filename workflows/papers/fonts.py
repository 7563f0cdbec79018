"""The letters that papers are set in, and which characters they cover.

Noto Sans with the scripts of the world, and Noto Sans CJK, both under the SIL Open Font Licence,
from packages: nothing of the machine's own is used, so that a paper looks the same everywhere.
A character that none of them has is never printed as a box: `has` says so beforehand.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import manimgx_fonts
import manimgx_fonts_cjk
from fontTools.ttLib import TTCollection, TTFont

if TYPE_CHECKING:
    from typst import Fonts

FIRST = ("Noto Sans", "Noto Sans CJK SC")
_FOLDERS = tuple(Path(one.__file__).parent for one in (manimgx_fonts, manimgx_fonts_cjk))


@cache
def loaded() -> Fonts:
    """The fonts, opened once in each process."""
    import typst  # noqa: PLC0415 - its threads must not be alive when a worker forks

    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(one) for one in _FOLDERS],
    )


@cache
def families() -> tuple[str, ...]:
    """All families, in the order in which they are tried."""
    return (*FIRST, *(one for one in sorted(loaded().families()) if one not in FIRST))


def has(letter: str) -> bool:
    """Whether some font of ours has a glyph for this character."""
    return any(ord(letter) in _coverage(place) for place in range(len(_files())))


@cache
def _files() -> tuple[Path, ...]:
    """Plain Noto Sans first, then the large one, then those that few names need."""
    found = [one for folder in _FOLDERS for one in folder.iterdir()]
    rank = {"NotoSans[wght].ttf": 0, "NotoSansCJK-VF.otf.ttc": 1}
    return tuple(
        sorted(
            (one for one in found if one.suffix in {".ttf", ".ttc"}),
            key=lambda one: (rank.get(one.name, 2), one.name),
        )
    )


@cache
def _coverage(place: int) -> frozenset[int]:
    path = _files()[place]
    if path.suffix == ".ttf":
        with TTFont(path, lazy=True) as font:
            return frozenset(font.getBestCmap())
    # The faces of the collection differ in the shapes of signs, not in which signs there are.
    with TTCollection(path, lazy=True) as collection:
        return frozenset(collection.fonts[0].getBestCmap())
