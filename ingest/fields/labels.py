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

from ingest.fields import several
from ingest.fields.layout import Cell

_WORDS = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))
LABELS: dict[str, list[str]] = _WORDS["labels"]
"""By field. "ignore" has labels that name nothing we keep: their words are nobody's value."""
COLUMNS: dict[str, list[str]] = _WORDS["columns"]
FORMS: dict[str, list[str]] = _WORDS["forms"]
"""What these words mean on a carrier's form; on another paper they say too little (`boxes`)."""
PARTICULARS: dict[str, list[str]] = _WORDS["particulars"]
"""The small labels within a party's block."""

_SHORTEST_MISREAD, _LONGEST_MISREAD = 9, 45  # letters: of shorter ones another word may be meant
_CLOSE = 91  # per cent alike
_MOST_WORDS = 6  # of a label
_MOSTLY = 0.45  # of a label that a known one makes up
_SHORTEST_LOOSE = 4  # letters of a label that may be spelled in another way
_REMEMBERED = 50_000  # texts: each cell is asked about many times
_LONGEST_CELL = 110  # letters: longer ones are prose
_PROSE = frozenset({"to", "from", "dated", "ref", "total", "items", "terms"})

_NUMBERED = re.compile(r"^\(?\d{1,2}[.)]\s*")
_BOX_NUMBER = re.compile(
    r"^[\u2460-\u2473\u24ea-\u24ff\u2776-\u2793]\s*|^\(?\d{1,2}[a-z]?[.)]?\s+(?=\D)"
)
"""The number of a form's box: a circled figure, or one without a dot: "8 Consignee"."""
_COUNT = re.compile(r"\s*\d+\s")
_FOREIGN = re.compile(
    r"[\u0400-\u04ff\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
)
"""Words in another script than Latin, as beside labels of East Asia: "发票号", "송장번호"."""
_PARTED = re.compile(r"\s*[/|\u00b7]\s*|\s+[-\u2013]\s+")
"""Between the languages of a label: "Datum / Date", "Faturado a - Sold to"."""
_MOST_LANGUAGES, _LONGEST_OTHER = 4, 4  # parts of a label; words of a part that is not known
_UNITS_BEHIND = re.compile(
    r"(?:\s*\b(?:in\s+)?(?:kgs?|kilos?|kilograms?|lbs?|usd|us \$|us\$|eur|euro|gbp"
    r"|chf|cad|jpy|cny|rmb|exw|fca|fob|fas|cfr|cif|cpt|cip|dap|dpu|ddp|c & f|cnf)(?!\w)|\s*[$€£])+$"
)
_NUMBER_WORDS = {"number": "no", "nr": "no", "n°": "no", "num": "no", "#": "no", "numero": "no"}
_NUMBER_WORDS |= {"nro": "no", "nbr": "no", "№": "no", "and": "&", "und": "&", "the": ""}
_IN_BRACKETS = re.compile(r"\([^()]{1,160}\)?")
_ORDINAL = re.compile(r"(?:^(?:1st|2nd|first|second)\s+)|(?:\s*-?\s*[12]$)")
_FORM_WORDS = re.compile(
    r"[\s,]+(?:insert |complete |full )name,?(?: and| &)? (?:full )?address"
    r"(?:[ ,&/]+(?:and|phone|fax|tel|telephone|contact|e-?mail|details|no))*$"
)
"""What a form asks for behind the label: "Shipper Insert Name, Address and Phone"."""
_CURRENCY_IN = re.compile(r"\b(?:in\s+)?(usd|eur|cny|rmb|gbp|us\$)(?!\w)|[$€£¥]", re.IGNORECASE)


@lru_cache(maxsize=_REMEMBERED)
def plain(text: str) -> str:
    """A label for comparison."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = folded.replace("’", "'").replace("ı", "i")
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


@cache
def _canonical() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, field in _fields().items():
        if len(name) >= _SHORTEST_LOOSE:
            found.setdefault(_loosened(name), field)
    return found


def _loosened(wanted: str) -> str:
    """A plain label with one spelling of "number" and "and", and of an umlaut typed as two."""
    words = [_NUMBER_WORDS.get(word, word) for word in re.split(r"[\s-]+", wanted)]
    joined = " ".join(word for word in words if word)
    return re.sub(r"(?<=[aou])e(?=[^\Waeiou])", "", re.sub(r"\bn o\b", "no", joined))


@lru_cache(maxsize=_REMEMBERED)
def _known(part: str) -> str | None:
    """The field that these words name as a whole, also with a unit behind them."""
    bare = _bare(_BOX_NUMBER.sub("", part.strip()))
    for wanted in (bare, _UNITS_BEHIND.sub("", bare).strip(" -,")):
        if not wanted:
            continue
        if field := _fields().get(wanted) or _canonical().get(_loosened(wanted)):
            # "12 pallets" are twelve of them, and no twelfth box of a form.
            return None if _COUNT.match(part) and field.startswith("totals.") else field
    return None


@lru_cache(maxsize=_REMEMBERED)
def _in_two_languages(head: str) -> str | None:
    """The field of a label said in several languages or scripts: "Faturado a / Sold to"."""
    bare = _IN_BRACKETS.sub(" ", _BOX_NUMBER.sub("", head.strip()))
    if len(bare) > _LONGEST_MISREAD * 2 or re.search(r"\d", _NUMBERED.sub("", bare)):
        return None
    if _FOREIGN.search(bare):
        scripts = (_FOREIGN.sub(" ", bare), " ".join(_FOREIGN.findall(bare)))
        said = [one for one in scripts if re.search(r"\w", one)]
        for one in said if len(said) > 1 else ():
            if field := _known(one) or (_in_two_languages(one) if "/" in one else None):
                return field
    parts = [one for one in _PARTED.split(bare) if one.strip()]
    if not 2 <= len(parts) <= _MOST_LANGUAGES:
        return None
    named = [_known(one) for one in parts]
    strangers = [one for one, field in zip(parts, named, strict=True) if field is None]
    fields = {field for field in named if field} - {"ignore"}
    sides = [one for one, field in zip(parts, named, strict=True) if field and field != "ignore"]
    if len(fields) != 1 or any(len(one.split()) > _LONGEST_OTHER for one in strangers):
        return None
    # "from" and "to", "PO" and "ref" stand in other pairs of words as well.
    short = all(len(plain(one)) < _SHORTEST_LOOSE or plain(one) in _PROSE for one in sides)
    return None if short and len(sides) < len(parts) else fields.pop()


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
def field_of(text: str, *, whole: bool = False) -> tuple[str, str] | None:
    """(field, the value behind the label in the same cell or "") when the text begins so.

    Without a colon the whole cell must be the label; otherwise prose would match.
    `whole`: "Port of loading / ETD" is no label then, although one of its parts is.
    """
    if text.rstrip().endswith((":", "：")) and (entire := _fields().get(plain(text))):
        return entire, ""  # "GRAND TOTAL NET: WEIGHT:"
    head, colon, tail = text.partition(":")
    if not colon:
        head, colon, tail = text.partition("：")
    if colon:
        field = _fields().get(_bare(head)) or _misread(_bare(head))
        field = field or _known(head) or (None if whole else _in_two_languages(head))
        if field and _FOREIGN.fullmatch(tail.strip()) and _known(tail) == field:
            tail = ""  # the label again in the other script: "TO: 致"
        return (field, tail.strip()) if field else None
    wanted = plain(text)
    if field := _fields().get(wanted) or _fields().get(_bare(text)):
        return field, ""
    for label in _beginning(wanted):
        if len(label) > 5 and wanted.startswith(label + " ") and ("no" in label or "#" in label):
            place = _after(text, label)
            if place and any(c.isdigit() for c in place):
                return _fields()[label], place
    if field := _misread(_bare(text)) or _known(text) or _twice(text):
        return field, ""
    several = None if whole else _in_two_languages(text)
    return (several, "") if several else None


def _twice(text: str) -> str | None:
    """The field of a label in two languages: "Shipper / Embarcador"."""
    said = [_fields().get(_bare(part)) for part in text.split("/")]
    return said[0] if len(said) > 1 and len(set(said)) == 1 else None


def apart(row: list[Cell]) -> list[Cell]:
    """The cells of a row, those with several labels divided: "Gross: 5 kg  Net: 4 kg"."""
    made: list[Cell] = []
    for cell in row:
        several = len(re.findall("[:：]", cell.text)) > 1 and len(cell.text) <= _LONGEST_CELL
        cuts = _cuts(cell) if several else []
        for start, end in zip([0, *cuts], [*cuts, len(cell.words)], strict=True):
            made.append(cell.model_copy(update={"words": cell.words[start:end]}))
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
def in_two_languages_before(text: str) -> tuple[str, str] | None:
    """(field, the rest) of a label in two languages without a colon: "Fatura / Invoice E-47/26".

    Both sides must name the field, or the value could be taken for the other language.
    """
    words = text.split()
    slash = next((at for at, word in enumerate(words) if word == "/"), 0)
    if not slash or slash > _MOST_WORDS:
        return None
    first = _known(" ".join(words[:slash]))
    for end in range(min(len(words) - 1, slash + _MOST_WORDS), slash + 1, -1):
        field = _known(" ".join(words[slash + 1 : end]))
        if field is not None and field == first:
            return field, " ".join(words[end:])
    return None


@lru_cache(maxsize=_REMEMBERED)
def about(text: str) -> tuple[str, ...]:
    """The fields of words that are known to be a label: several where it has several parts.

    "Vessel (see clause 1 + 19)", "City/Port of Loading", "PORT OF DISCHARGE / ETA", "Consignee
    (not negotiable unless consigned to order)".
    """
    bare = unbracketed(text) or text
    if any(char.isdigit() for char in bare):
        return ()  # a value that holds such words
    if named := several.fields(text, _lone):
        return named
    wanted = f" {plain(bare)} "
    held = [
        label
        for label in _fields()
        if " " in label and len(label) >= _MOSTLY * len(wanted) and f" {label} " in wanted
    ]
    return (_fields()[max(held, key=len)],) if held else ()


def _lone(text: str) -> str | None:
    """The field of a label with nothing behind it."""
    named = field_of(text)
    return named[0] if named and not named[1] else None


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
    bare = _ORDINAL.sub("", plain(_IN_BRACKETS.sub(" ", text))).strip(" -")
    return _FORM_WORDS.sub("", bare) or bare


def _after(text: str, label: str) -> str:
    """What stands in `text` behind as many words as the label has."""
    count = len(re.findall(r"\w+", label))
    found = list(re.finditer(r"\w+", text))
    return text[found[count - 1].end() :].strip(" .:#") if len(found) > count else ""
