"""Reads the lists of tariff numbers out of the text of chapter 99.

The U.S. notes of subchapter III say which goods a measure covers or spares by enumerating
tariff numbers over several pages, with page heads in between. Each list is found by the
sentence that opens it and the sentence that follows it; nothing is read outside them, and a
text in which a sentence is missing is refused by name. What a list means is not known here:
that is `measures.csv`.

Source: Harmonized Tariff Schedule of the United States, chapter 99, U.S. notes 2, 16, 19, 33,
37, 38 and 39 to subchapter III (the text of the chapter, as `pdftotext -layout` prints it).

Longer than most modules: the lists are a table, and the table is most of it.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pypdfium2 as pdfium

from knowledge import official

MAX_BYTES = 64 * 1024 * 1024  # the chapter is 4 MB of text, more as a PDF
MAX_PAGES = 3000
_CODE = re.compile(r"(?<![\d.])(\d{4}(?:\.\d{2}(?:\.\d{2}(?:\.?\d{2})?)?)?)(?![\d%]|\.\d)")
_HEADS = re.compile(
    r"Harmonized Tariff Schedule of the United States [^\n]{0,60}?\(20\d\d\)"
    r"|Annotated for Statistical Reporting Purposes"
    r"|\b99 - III - \d+|\bXXII\b|U\.S\. Notes \(con\.\)"
)
_OWN = re.compile(r"99\d{2}\.\d{2}\.\d{2}")  # references to headings of the chapter itself
_CHAPTERS = {f"{number:02d}" for number in range(1, 98)} - {"77"}
_SHORTEST, _LONGEST = 4, 10


class BadChapter(ValueError):
    """The text is not a usable chapter 99. The message says what is missing."""


class _List(NamedTuple):
    name: str
    note: str  # where the note begins, to look after it
    opens: str
    closes: str
    keep: Callable[[str], bool] = bool
    dotless: bool = False  # headings of four digits stand in the list


def _in(*chapters: str) -> Callable[[str], bool]:
    return lambda code: code[:2] in chapters


def _statistical(code: str) -> bool:
    return len(code) == _LONGEST


_NOTE_16 = r" 16\. \(a\) Except as provided in headings 9903\.85\.67"
_FOURTH = r"(?:7301\.20\.10|\(iv\) Derivative steel articles:)"
_NOTE_19 = r" 19\. \(a\) This note"
_NOTE_37 = r" \(a\) Heading 9903\.76\.01 provides"
_NOTE_38 = r" \(a\) Except as provided for in headings 9903\.74\.03"
_NOTE_39 = r" \(a\) Except as provided for in headings 9903\.79\.02"
_NOTE_33 = r" 33\. \(a\) Except as provided for in headings 9903\.94\.02"
_LISTS: tuple[_List, ...] = (
    _List(
        "ieepa_annex2",
        "",
        r"\(a\) As provided for in heading 9903\.01\.32",
        r"\(b\) As provided in heading 9903\.02\.78",
    ),
    _List(
        "ieepa_br_spared",
        "",
        r"\(a\) As provided in heading 9903\.01\.81",
        r"\(b\) As provided in heading 9903\.01\.90",
    ),
    _List(
        "s122_spared",
        "",
        r"\(ii\) As provided in heading 9903\.03\.03",
        r"\(iii\) As provided in heading 9903\.03\.04",
    ),
    _List(
        "s122_articles",
        "",
        r"\(iii\) As provided in heading 9903\.03\.04",
        r"\(iv\) As provided in heading 9903\.03\.05",
    ),
    _List(
        "s122_aircraft",
        "",
        r"\(iv\) As provided in heading 9903\.03\.05",
        r"\(v\) As provided in heading 9903\.03\.06",
    ),
    # "Not" lists: goods that a heading's own footnote covers and its note takes out again.
    _List(
        "not_9903.88.04",
        "",
        r"under heading 9903\.88\.04 are the following products of China",
        r"Notwithstanding U\.S\. note 1",
        keep=_statistical,
    ),
    _List(
        "not_9903.88.15",
        r"\(s\) Heading 9903\.88\.15 applies",
        r"\(ii\) the following products of China:",
        r"\(t\) For the purposes of heading 9903\.88\.16",
        keep=_statistical,
    ),
    _List(
        "metal_1a_aluminum",
        _NOTE_16,
        r"\(i\) Articles of aluminum:",
        r"\(ii\) Derivative aluminum articles:",
        dotless=True,
    ),
    _List(
        "metal_1a_aluminum_derivative",
        _NOTE_16,
        r"\(ii\) Derivative aluminum articles:",
        r"\(iii\) Articles of steel:",
    ),
    # The printed columns of (iv) and (v) run into each other and before their titles: (iii) ends
    # with its last heading, and chapter 74 tells copper apart.
    _List(
        "metal_1a_steel",
        _NOTE_16,
        r"\(iii\) Articles of steel:",
        rf"(?<= 7306 ){_FOURTH}",
        dotless=True,
    ),
    _List(
        "metal_1a_steel_derivative",
        _NOTE_16,
        rf"(?<= 7306 )(?={_FOURTH})",
        r"\(vi\) Derivative aluminum articles:",
        keep=_in("72", "73", "76"),
    ),
    _List(
        "metal_1a_copper",
        _NOTE_16,
        rf"(?<= 7306 )(?={_FOURTH})",
        r"\(vi\) Derivative aluminum articles:",
        keep=_in("74"),
    ),
    _List(
        "metal_1b_aluminum_derivative",
        _NOTE_16,
        r"\(vi\) Derivative aluminum articles:",
        r"\(vii\) Derivative steel articles:",
    ),
    _List(
        "metal_1b_steel_derivative",
        _NOTE_16,
        r"\(vii\) Derivative steel articles:",
        r"\(viii\) Articles of copper:",
    ),
    _List(
        "metal_1b_copper",
        _NOTE_16,
        r"\(viii\) Articles of copper:",
        r"\(ix\) Derivative aluminum articles:",
    ),
    _List(
        "metal_3_aluminum_derivative",
        _NOTE_16,
        r"\(ix\) Derivative aluminum articles:",
        r"\(x\) Derivative steel articles:",
    ),
    _List(
        "metal_3_steel_derivative",
        _NOTE_16,
        r"\(x\) Derivative steel articles:",
        r"\(d\) Headings 9903\.82\.04 and 9903\.82\.05",
    ),
    _List(
        "old_aluminum",
        _NOTE_19,
        r"\(g\) The rates of duty set forth in heading 9903\.85\.02",
        r"Any reference above",
        dotless=True,
    ),
    _List(
        "old_aluminum_derivative_04",
        _NOTE_19,
        r"\(i\) The rates of duty set forth in heading 9903\.85\.04",
        r"\(j\) The rates of duty set forth in heading 9903\.85\.07",
    ),
    _List(
        "old_aluminum_derivative_07",
        _NOTE_19,
        r"\(j\) The rates of duty set forth in heading 9903\.85\.07",
        r"\(k\) The rates of duty in heading 9903\.85\.08",
    ),
    _List(
        "old_aluminum_derivative_08",
        _NOTE_19,
        r"\(k\) The rates of duty in heading 9903\.85\.08",
        r"For any derivative aluminum product",
    ),
    _List(
        "autos",
        _NOTE_33,
        r"\(b\) The rates of duty set forth in headings 9903\.94\.01",
        r"\(c\) Heading 9903\.94\.02 applies to",
    ),
    _List(
        "auto_parts",
        _NOTE_33,
        r"\(g\) Subject to a manufacturer",
        r"\(h\) Heading 9903\.94\.06 applies",
    ),
    _List("autos_gb", _NOTE_33, r"\(i\) Heading 9903\.94\.31", r"The aggregate annual import"),
    _List(
        "auto_parts_gb",
        _NOTE_33,
        r"\(j\) Heading 9903\.94\.32",
        r"\(k\) Except as provided for in headings 9903\.94\.02",
    ),
    _List(
        "lumber",
        _NOTE_37,
        r"\(b\) The rates of duty set forth in heading 9903\.76\.01",
        r"\(c\) Heading 9903\.76\.02",
    ),
    _List(
        "upholstered",
        _NOTE_37,
        r"\(d\) The rates of duty set forth in headings 9903\.76\.02",
        r"\(e\) Except for as provided by 9903\.76\.04",
    ),
    _List(
        "cabinets",
        _NOTE_37,
        r"\(f\) Except for as provided by 9903\.76\.04",
        r"\(g\) Heading 9903\.76\.04",
    ),
    _List(
        "trucks",
        _NOTE_38,
        r"\(b\) The rate of duty set forth in heading 9903\.74\.01",
        r"\(c\) Heading 9903\.74\.02",
    ),
    _List(
        "buses",
        _NOTE_38,
        r"\(c\) Heading 9903\.74\.02 applies",
        r"\(d\) Heading 9903\.74\.03 applies",
    ),
    _List(
        "truck_parts",
        _NOTE_38,
        r"\(i\) The rates of duty set forth in heading 9903\.74\.08",
        r"\(j\) Heading 9903\.74\.09 applies",
    ),
    _List(
        "semiconductors",
        _NOTE_39,
        r"\(b\) For the purposes of this note",
        r"To be included within the definition",
    ),
)
NAMES: tuple[str, ...] = tuple(one.name for one in _LISTS)


def load(path: Path) -> dict[str, tuple[str, ...]]:
    """The lists in a text file (gz too) or a PDF; raises `BadChapter`."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as exc:
        raise BadChapter(f"{path.name}: it cannot be read ({str(exc)[:80]}).") from exc
    return parse(raw, name=path.name)


def fetch(url: str) -> dict[str, tuple[str, ...]]:
    """The lists of the chapter at the official address; raises `BadChapter`."""
    try:
        raw = official.fetch(url, most=MAX_BYTES)
    except official.NotFetched as exc:
        raise BadChapter(f"chapter 99 could not be fetched ({exc}).") from exc
    return parse(raw, name="chapter 99")


def parse(raw: bytes, *, name: str) -> dict[str, tuple[str, ...]]:
    """The lists in the bytes of a text or a PDF."""
    if len(raw) > MAX_BYTES:
        raise BadChapter(f"{name}: larger than {MAX_BYTES >> 20} MB; not one chapter's text.")
    text = _of_pdf(raw, name) if raw.startswith(b"%PDF") else raw.decode("utf-8", "replace")
    return lists(text, name=name)


def _of_pdf(raw: bytes, name: str) -> str:
    try:
        document = pdfium.PdfDocument(raw)
        if len(document) > MAX_PAGES:
            raise BadChapter(f"{name}: {len(document)} pages; chapter 99 has about 900.")
        pages = [page.get_textpage().get_text_bounded() for page in document]
    except pdfium.PdfiumError as exc:
        raise BadChapter(f"{name}: a PDF that cannot be read ({exc}).") from exc
    return "\n".join(pages)


def lists(text: str, *, name: str = "the text") -> dict[str, tuple[str, ...]]:
    """Every list that we use, by its name: the digits of its tariff numbers, in order."""
    # A PDF breaks its lines elsewhere than a text does: only the words count.
    plain = " ".join(_HEADS.sub(" ", text).split())
    return {one.name: _read(one, plain, name) for one in _LISTS}


def _read(wanted: _List, text: str, name: str) -> tuple[str, ...]:
    begin = _after(wanted.note, text, 0) if wanted.note else 0
    opens = _after(wanted.opens, text, begin) if begin is not None else None
    closes = re.compile(wanted.closes).search(text, opens) if opens is not None else None
    if opens is None or closes is None:
        raise BadChapter(
            f"{name}: the list “{wanted.name}” was not found. Is it the text of chapter 99 as "
            "printed in 2026 (pdftotext -layout)? If its notes were re-lettered, tell us."
        )
    inside = _OWN.sub(" ", text[opens : closes.start()])
    found = (match[1].replace(".", "") for match in _CODE.finditer(inside))
    codes = dict.fromkeys(
        code
        for code in found
        if code[:2] in _CHAPTERS
        and (wanted.dotless or len(code) > _SHORTEST)
        and len(code) <= _LONGEST
        and wanted.keep(code)
    )
    if not codes:
        raise BadChapter(f"{name}: the list “{wanted.name}” is empty there.")
    return tuple(codes)


def _after(pattern: str, text: str, start: int) -> int | None:
    match = re.compile(pattern).search(text, start)
    return match.end() if match else None
