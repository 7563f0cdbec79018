"""The labels that trade documents print beside their values, and how a label is recognised.

The words are facts of the trade, kept in `words.json`; a label is compared without case, accents,
dots and numbering. "Invoice No. and date" names two fields in one cell.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from rapidfuzz import fuzz, process

from ingest.fields.layout import Cell

_WORDS = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))
LABELS: dict[str, list[str]] = _WORDS["labels"]
"""By field. "ignore" has labels that name nothing we keep: their words are nobody's value."""
COLUMNS: dict[str, list[str]] = _WORDS["columns"]

_SHORTEST_MISREAD, _LONGEST_MISREAD = 9, 45  # letters: of shorter ones another word may be meant
_CLOSE = 91  # per cent alike
_MOST_WORDS = 6  # of a label
_REMEMBERED = 50_000  # texts: each cell is asked about many times
_LONGEST_CELL = 110  # letters: longer ones are prose
_PROSE = frozenset({"to", "from", "dated", "ref", "total", "items", "terms"})

_NUMBERED = re.compile(r"^\(?\d{1,2}[.)]\s*")
_IN_BRACKETS = re.compile(r"\([^()]{1,80}\)?")
_ORDINAL = re.compile(r"(?:^(?:1st|2nd|first|second)\s+)|(?:\s*-?\s*[12]$)")
_CURRENCY_IN = re.compile(r"\b(?:in\s+)?(usd|eur|cny|rmb|gbp|us\$)(?!\w)|[$€£¥]", re.IGNORECASE)


@lru_cache(maxsize=_REMEMBERED)
def plain(text: str) -> str:
    """A label for comparison."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    folded = _NUMBERED.sub("", folded.strip().strip("*").strip())
    folded = re.sub(r"[.:：*]+", " ", folded)
    folded = "".join(
        c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c)
    )
    folded = re.sub(r"\s*([/#&])\s*", r" \1 ", folded)
    return " ".join(folded.split())


@cache
def _fields() -> dict[str, str]:
    found: dict[str, str] = {}
    for field, names in LABELS.items():
        for name in names:
            found.setdefault(plain(name), field)
    return found


@cache
def _columns() -> dict[str, str]:
    found: dict[str, str] = {}
    for field, names in COLUMNS.items():
        for name in names:
            found.setdefault(plain(name), field)
    return found


@lru_cache(maxsize=20_000)
def _misread(wanted: str) -> str | None:
    """The field of a long label with a wrong letter, printed or read so: "SRIPPER/MERCHANT"."""
    if not _SHORTEST_MISREAD <= len(wanted) <= _LONGEST_MISREAD:
        return None
    best = process.extractOne(wanted, _longest_first(), scorer=fuzz.ratio, score_cutoff=_CLOSE)
    return _fields()[best[0]] if best and len(best[0]) >= _SHORTEST_MISREAD else None


@cache
def _longest_first() -> tuple[str, ...]:
    return tuple(sorted(_fields(), key=len, reverse=True))


@cache
def _by_first_word() -> dict[str, tuple[str, ...]]:
    """The labels, the longest first, by the word that they begin with."""
    found: dict[str, list[str]] = {}
    for label in _longest_first():
        found.setdefault(label.partition(" ")[0], []).append(label)
    return {word: tuple(names) for word, names in found.items()}


def _beginning(wanted: str) -> tuple[str, ...]:
    """The labels that these words may begin with."""
    return _by_first_word().get(wanted.partition(" ")[0], ())


@lru_cache(maxsize=_REMEMBERED)
def field_of(text: str) -> tuple[str, str] | None:
    """(field, the value behind the label in the same cell or "") when the text begins so.

    Without a colon the whole cell must be the label; otherwise prose would match.
    """
    if text.rstrip().endswith((":", "：")) and (whole := _fields().get(plain(text))):
        return whole, ""  # "GRAND TOTAL NET: WEIGHT:"
    head, colon, tail = text.partition(":")
    if not colon:
        head, colon, tail = text.partition("：")
    if colon:
        field = _fields().get(_bare(head)) or _misread(_bare(head))
        return (field, tail.strip()) if field else None
    wanted = plain(text)
    if field := _fields().get(wanted) or _fields().get(_bare(text)):
        return field, ""
    for label in _beginning(wanted):
        if len(label) > 5 and wanted.startswith(label + " ") and ("no" in label or "#" in label):
            place = _after(text, label)
            if place and any(c.isdigit() for c in place):
                return _fields()[label], place
    if field := _misread(_bare(text)):
        return field, ""
    return None


def apart(row: list[Cell]) -> list[Cell]:
    """The cells of a row, those with several labels divided: "Gross: 5 kg  Net: 4 kg"."""
    made: list[Cell] = []
    for cell in row:
        several = len(re.findall("[:：]", cell.text)) > 1 and len(cell.text) <= _LONGEST_CELL
        cuts = _cuts(cell) if several else []
        for start, end in zip([0, *cuts], [*cuts, len(cell.words)], strict=True):
            made.append(Cell(page=cell.page, words=cell.words[start:end]))
    return made


def _cuts(cell: Cell) -> list[int]:
    """Where in a cell a label with a colon begins, behind the value of another."""
    words = [word.text for word in cell.words]
    cuts: list[int] = []
    for end, word in enumerate(words):
        if not word.endswith((":", "：")):
            continue
        after = cuts[-1] if cuts else 0
        for start in range(max(after + 1, end - _MOST_WORDS + 1), end + 1):
            label = plain(" ".join(words[start : end + 1]))
            before = words[start - 1]
            if label in _fields() and label not in _PROSE and not before.endswith((":", "：")):
                cuts.append(start)
                break
    return cuts


@lru_cache(maxsize=_REMEMBERED)
def leading(text: str) -> tuple[str, str] | None:
    """(field, what follows) when the text begins with a label of two words or more."""
    wanted = plain(text)
    for label in _beginning(wanted):
        if " " in label and wanted.startswith(label + " "):
            rest = _after(text, label)
            return (_fields()[label], rest) if rest else None
    return None


@lru_cache(maxsize=_REMEMBERED)
def column_of(text: str) -> str | None:
    """The column that a header cell names; units and currencies in it do not matter."""
    wanted = plain(text)
    if found := _columns().get(wanted):
        return found
    cut = plain(_CURRENCY_IN.sub(" ", _IN_BRACKETS.sub(" ", text)))
    return _columns().get(cut) or _columns().get(plain(cut.removesuffix(" in").strip(" /-")))


def unbracketed(text: str) -> str:
    """The text without what stands in brackets."""
    return _IN_BRACKETS.sub(" ", text).strip()


def currency_in(text: str) -> str | None:
    """The currency that a header cell names: "AMOUNT (USD)"."""
    found = _CURRENCY_IN.search(text)
    if found is None or found[1] is None:
        return None
    return {"RMB": "CNY", "US$": "USD"}.get(found[1].upper(), found[1].upper())


def _bare(text: str) -> str:
    return _ORDINAL.sub("", plain(_IN_BRACKETS.sub(" ", text))).strip(" -")


def _after(text: str, label: str) -> str:
    """What stands in `text` behind as many words as the label has."""
    count = len(re.findall(r"\w+", label))
    found = list(re.finditer(r"\w+", text))
    return text[found[count - 1].end() :].strip(" .:#") if len(found) > count else ""
