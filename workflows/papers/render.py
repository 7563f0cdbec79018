"""Set a paper: a template of `prompts/papers/` and facts give the bytes of a PDF.

The facts travel as JSON data. No text from outside is ever Typst code, reads a file or reaches a
network: a template prints strings, and a string is printed as it is. The same facts give the
same bytes. Refused: facts beyond `MOST_FACTS`, and a template that does not exist.
(Typst, "sys.inputs" and "json": https://typst.app/docs/reference/data-loading/json/.)
"""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import pypdfium2 as pdfium

import prompts
from workflows.papers import fonts

JSON: TypeAlias = "bool | int | str | Sequence[JSON] | Mapping[str, JSON] | None"
"""Facts for a template. Amounts and dates come as text, written for people."""

MOST_FACTS = 4_000_000
LONGEST = 4_000  # characters of one text
_FOLDER = Path(prompts.__file__).parent / "papers"
_NAME = re.compile(r"^[a-z0-9_]+(\.[a-z0-9_]+)?$")
_KEPT = frozenset("\n\u200c\u200d")
_UNBROKEN = re.compile(r"[^\s\u200b]{25,}")
_PIECE = 8
_A_SPACE = "\u200b"  # a place where a line may break, without a width


class CannotRender(Exception):
    """The paper could not be set. The text says which and why."""


def render(template: str, facts: Mapping[str, JSON]) -> bytes:
    """The PDF of `prompts/papers/<template>.typ`, filled with the facts."""
    import typst  # noqa: PLC0415 - its threads must not be alive when a worker forks

    path = _FOLDER / f"{template}.typ"
    if not _NAME.match(template) or not path.is_file():
        raise CannotRender(f"There is no template for a paper named {template[:60]!r}.")
    if len(json.dumps(facts, ensure_ascii=False)) > MOST_FACTS:
        raise CannotRender(f"{template}: more facts than a paper can hold.")
    written = json.dumps(printable(facts), ensure_ascii=False)
    compiler = typst.Compiler(
        str(path),
        root=str(_FOLDER),
        font_paths=fonts.loaded(),
        ignore_system_fonts=True,
        sys_inputs={"facts": written, "fonts": json.dumps(fonts.families())},
    )
    try:
        # The moment of making is a fact or it is nowhere: the same facts give the same bytes.
        # Without tags, which make a long table twenty times as large.
        made = compiler.compile(format="pdf", timestamp=0, pdf_tags=False)
    except typst.TypstError as exc:
        raise CannotRender(f"{template}: {exc.message}") from exc
    assert isinstance(made, bytes)
    return made


def preview(pdf: bytes, *, width: int = 1000) -> bytes:
    """The first page as a PNG."""
    document = pdfium.PdfDocument(pdf)
    try:
        page = document[0]
        picture = page.render(scale=width / page.get_width()).to_pil()
    finally:
        document.close()
    kept = io.BytesIO()
    picture.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def printable(value: JSON) -> JSON:
    """The same facts with every text made fit to print."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {key: printable(one) for key, one in value.items()}
    if isinstance(value, Sequence):
        return [printable(one) for one in value]
    return value


def text(value: str) -> str:
    """A text as it is printed.

    Controls and marks that turn the direction of reading are taken out (they can make a number
    look like another); a character without a glyph is named by its code point; a very long word
    may be broken.
    """
    if value.isascii() and value.isprintable() and not _UNBROKEN.search(value):
        return value if len(value) <= LONGEST else f"{value[:LONGEST]} …"
    plain = unicodedata.normalize("NFC", value)
    cut = plain if len(plain) <= LONGEST else f"{plain[:LONGEST]} …"
    kept = []
    for one in cut.replace("\r\n", "\n").replace("\t", " "):
        if one in _KEPT:
            kept.append(one)
        elif unicodedata.category(one) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}:
            continue
        elif one.isspace() or fonts.has(one):
            kept.append(one)
        else:
            kept.append(f"[U+{ord(one):04X}]")
    return _UNBROKEN.sub(_broken, "".join(kept))


def unprintable(value: JSON) -> tuple[str, ...]:
    """The characters for which no font has a glyph; a paper names them by code point."""
    if isinstance(value, str):
        named = re.findall(r"\[U\+([0-9A-F]{4,6})\]", text(value))
        found = {chr(int(one, 16)) for one in named if one != "0000"}
        return tuple(sorted(one for one in found if one in value))
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, Sequence):
        return tuple(sorted({one for part in value for one in unprintable(part)}))
    return ()


def _broken(found: re.Match[str]) -> str:
    word = found[0]
    return _A_SPACE.join(word[at : at + _PIECE] for at in range(0, len(word), _PIECE))
