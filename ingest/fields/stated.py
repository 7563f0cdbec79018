"""What a document says of its goods in words: tariff codes and origins outside the columns.

Under a line ("Comm. code 84812010 Origin CH"), once for all ("The goods are of Turkish origin",
marks "MADE IN INDIA"), or in a list by the lines' numbers ("H.S. CODE: 1) 7321890000 2) ...").
Where a document names two origins for all, none of them is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ingest.fields import labels, values
from ingest.fields.found import LIKELY
from ingest.fields.layout import Cell, Row, below
from ingest.fields.lineread import LineRead
from storage.values import Evidence

_HS_LABEL = (
    r"(?:comm(?:odity)?\.?\s*(?:code|no\b)|(?:h\.?\s?s\.?|h\.?t\.?s\.?(?:us)?|hsn)(?:[\s-]?(?:sac\b|code|no\b|nr\b|number|"
    r"heading))?|(?:customs\s+)?tariff\s*(?:code|no\b|nr\b|number|heading)|zolltarif[\s-]?(?:nr|nummer)|"
    r"(?:stat\.?\s*)?waren(?:nr|nummer)|taric|gt[iİ]p(?:\s*no)?|ncm|code\s*(?:sh|douanier)|"
    r"(?:partida|fracci[oó]n|c[oó]digo|posici[oó]n)\s+arancelaria|c[oó]d\.?\s*pautal|"
    r"codice\s+doganale|nomenclatura\s+combinata)"
)
_CODE = r"\d{4}(?:[. ]?\d{2,4}){0,4}(?!\d)"
_IN_TWO = r"(?:[^\W\d][\w.\-]*\s?/\s?)?"
"""A word for the same in another language before a label: "STAT.WARENNR./COMM.CODE"."""
_HS = re.compile(rf"(?i)[(\[]?(?<!\w){_IN_TWO}{_HS_LABEL}[\s.:#°-]{{1,4}}({_CODE})[)\]]?")
_BARE_HS = re.compile(r"(?<![\d.])(\d{4}\.\d{2}\.\d{2,4}(?:\.\d{2})?)(?![\d.])")
"""A code without a label: nothing else is dotted so."""
_LAND = r"([A-Z]{2}\b|[^\W\d_][^\W\d_]+(?: (?:of )?[^\W\d_]+){0,3})"
_ORIGIN = re.compile(
    rf"(?i)[(\[]?\b{_IN_TWO}(?:country of origin|country of manufacture|origin|c/o\b|coo\b|"
    r"c\.o\.o\.|ursprung(?:sland)?|origine|origen|"
    rf"made in|product of|menşe[iİ]?)[\s.:]{{1,3}}(?-i:{_LAND})[)\]]?"
)
_OF_ORIGIN = re.compile(
    r"(?i)\b(?:of|are|is)\s+(?:the\s+)?((?:[^\W\d_]+[ ,.()]*){1,4}?)\)?\s*"
    r"(?:non-)?(?:preferential\s+)?origin\b"
)
_MADE_IN = re.compile(
    r"(?i)(?:^|[/,;|]\s*)\W*(?:(?:goods|products?|all)\s+)?(?:made in|product of|produce of)\s+"
    r"([^\W\d][^\d:/;]{2,40})$"
)
_LABELLED = re.compile(
    r"(?i)\b(?:country of origin|origin of goods|goods origin)\s*(?:of goods)?"
    r"(?:\s*[:：]\s*|\s+(?:is\s+)?(?=[A-Z][a-z]|[A-Z]{2,}\b))([^\W\d][^\d:/;,.]{2,40})"
)
_PEOPLES = {
    "american": "US", "argentine": "AR", "australian": "AU", "austrian": "AT", "bangladeshi": "BD",
    "belgian": "BE", "brazilian": "BR", "british": "GB", "bulgarian": "BG", "cambodian": "KH",
    "canadian": "CA", "chilean": "CL", "chinese": "CN", "colombian": "CO", "croatian": "HR",
    "czech": "CZ", "danish": "DK", "dutch": "NL", "ecuadorian": "EC", "egyptian": "EG",
    "english": "GB", "estonian": "EE", "finnish": "FI", "french": "FR", "german": "DE",
    "greek": "GR", "hungarian": "HU", "indian": "IN", "indonesian": "ID", "irish": "IE",
    "israeli": "IL", "italian": "IT", "japanese": "JP", "kenyan": "KE", "korean": "KR",
    "latvian": "LV", "lithuanian": "LT", "malaysian": "MY", "mexican": "MX", "moroccan": "MA",
    "nepalese": "NP", "norwegian": "NO", "pakistani": "PK", "peruvian": "PE", "philippine": "PH",
    "polish": "PL", "portuguese": "PT", "romanian": "RO", "serbian": "RS", "slovak": "SK",
    "slovenian": "SI", "spanish": "ES", "swedish": "SE", "swiss": "CH", "taiwanese": "TW",
    "thai": "TH", "tunisian": "TN", "turkish": "TR", "ukrainian": "UA", "vietnamese": "VN",
}  # fmt: skip
_NUMBERED = re.compile(rf"(?<!\d)(\d{{1,2}})\s*[).]\s*({_CODE})")
_BEHIND = re.compile(rf"({_CODE})\s*\(((?:\d{{1,3}}\s*[,&+-]?\s*){{1,20}})\)")
_LIST = re.compile(rf"(?i)(?<!\w){_HS_LABEL}\s*[:：]")
_LONGEST_LIST = 4  # rows


def _code(text: str) -> str | None:
    """A tariff code, words in brackets behind it: "9018.9090 (ALL ITEMS)"."""
    return values.hs_code(re.sub(r"\([^()\d]*\)|(?i:\ball (?:items|goods|lines)\b)", " ", text))


_READERS: tuple[tuple[str, str, Callable[[str], str | None]], ...] = (
    ("lines.origin", "countryOfOrigin", values.country_in),
    ("lines.hsCode", "hsCodeHint", _code),
)


def apart(text: str, *, coded: bool) -> tuple[str, dict[str, str]]:
    """The words of goods without the code and the origin that stand among them, and these.

    `coded`: a column holds the codes, and a figure that looks like one is none.
    """
    said: dict[str, str] = {}
    code = _HS.search(text) or (None if coded else _BARE_HS.search(text))
    if code is not None and (value := values.hs_code(code[1])):
        said["hsCodeHint"] = value
        text = text[: code.start()] + " " + text[code.end() :]
    if (made := _ORIGIN.search(text)) and (land := _land(made[1])):
        said["countryOfOrigin"] = land
        text = text[: made.start()] + " " + text[made.end() :]
    return (" ".join(text.split()).strip(" ,;|/-") if said else text), said


def of_all(
    lines: Sequence[LineRead], rows: Sequence[Row], columns: Sequence[str]
) -> list[LineRead]:
    """The lines with what the document says of them outside its table.

    `columns`: those of the table; what stands under their headings is one line's.
    """
    made = _by_number(lines, rows)
    for label, field, reader in _READERS:
        stated = _labelled(rows, label, reader, headed=field in columns)
        if not stated and field == "countryOfOrigin":
            stated = _origins(rows)
        own = field in columns or any(line.values.get(field) for line in made)
        if not stated and field == "hsCodeHint" and not own:
            stated = _codes(rows)
        if len(stated) == 1:
            value, seen = next(iter(stated.items()))
            made = [_filled(line, field, value, seen) for line in made]
    return made


def _land(text: str) -> str | None:
    """The country of the words behind "origin", the most words first."""
    words = text.split()
    for count in range(len(words), 0, -1):
        name = " ".join(words[:count])
        # Codes of three letters are words as well: "and", "per".
        if len(name) == 3 and name.upper() not in ("USA", "UAE", "PRC"):
            continue
        if found := values.country(name) or _PEOPLES.get(name.casefold()):
            return found
    return None


def _filled(line: LineRead, field: str, value: str, evidence: Evidence) -> LineRead:
    """The line with what the document says once for all of them."""
    if line.values.get(field):
        return line
    return line.model_copy(
        update={
            "values": {**line.values, field: value},
            "evidence": {**line.evidence, field: evidence},
            "confidence": {**line.confidence, field: LIKELY},
        }
    )


def put(line: LineRead, said: dict[str, str], seen: Evidence, sure: float) -> LineRead:
    """The line with what stood among its words; what a column said stays."""
    new = {field: value for field, value in said.items() if not line.values.get(field)}
    if not new:
        return line
    return line.model_copy(
        update={
            "values": {**line.values, **new},
            "evidence": {**line.evidence, **dict.fromkeys(new, seen)},
            "confidence": {**line.confidence, **dict.fromkeys(new, sure)},
        }
    )


def _labelled(
    rows: Sequence[Row], label: str, reader: Callable[[str], str | None], *, headed: bool
) -> dict[str, Evidence]:
    """What stands behind a label outside the table."""
    found: dict[str, Evidence] = {}
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            named = _named(cell.text)
            if named is None or named[0] != label:
                continue
            beside = row[place + 1 : place + 2]
            under = [] if headed else [_under(rows, at, cell)]
            places = [cell] if named[1] else [*beside, *under]
            for where in places:
                text = named[1] or (where.text if where else "")
                if where is not None and (value := reader(text.lstrip(": "))):
                    found.setdefault(value, where.evidence(text))
                    break
    return found


def _under(rows: Sequence[Row], at: int, cell: Cell) -> Cell | None:
    """What stands below a label: the small print of a form has its value in larger letters."""
    if (found := below(rows, at, cell)) is not None:
        return found
    for row in rows[at + 1 : at + 3]:
        for other in row:
            near = other.page == cell.page and other.y0 - cell.y1 < other.height * 2
            if near and other.x0 < cell.x1 and other.x1 > cell.x0:
                return other
    return None


def _named(text: str) -> tuple[str, str] | None:
    """The field of a label, which may be in two languages: "Ursprung / origin of goods: ..."."""
    if (named := labels.field_of(text)) is not None:
        return named
    head, colon, tail = text.replace("：", ":").partition(":")
    for word in head.split("/") if "/" in head and len(head) <= 60 else ():
        if colon and (named := labels.field_of(word.strip() + ":")) is not None:
            return named[0], tail.strip()
    return None


def _codes(rows: Sequence[Row]) -> dict[str, Evidence]:
    """The tariff codes that the document names in its remarks: "NCM 6907.21.00"."""
    found: dict[str, Evidence] = {}
    for row in rows:
        for cell in row:
            for match in _HS.finditer(cell.text):
                if value := values.hs_code(match[1]):
                    found.setdefault(value, cell.evidence())
    return found


def _origins(rows: Sequence[Row]) -> dict[str, Evidence]:
    """The origins that sentences and marks give to the goods as a whole."""
    found: dict[str, Evidence] = {}
    for at, row in enumerate(rows):
        for cell in row:
            text = cell.text
            said = [match[1] for match in _LABELLED.finditer(text)]
            said += [match[1] for match in _OF_ORIGIN.finditer(text)]
            if made := _MADE_IN.search(text):
                said.append(made[1])
            elif re.fullmatch(r"(?i)\W*made in\W*", text) and (under := below(rows, at, cell)):
                said.append(under.text)
            for words in said:
                if land := _origin(words):
                    found.setdefault(land, cell.evidence())
    return found


def _origin(text: str) -> str | None:
    for word in re.findall(r"[^\W\d_]+", text.casefold()):
        if found := _PEOPLES.get(word):
            return found
    return values.country(text) or values.country_in(text)


def _by_number(lines: Sequence[LineRead], rows: Sequence[Row]) -> list[LineRead]:
    """The lines with the codes of a list that goes by their numbers."""
    made = list(lines)
    for at, row in enumerate(rows):
        cell = next((one for one in row if _LIST.search(one.text)), None)
        if cell is None:
            continue
        text = cell.text[_LIST.search(cell.text).end() :]  # type: ignore[union-attr]
        for more in rows[at + 1 : at + _LONGEST_LIST]:
            if not re.match(rf"\d{{1,2}}\s*[).]\s*{_CODE}", more[0].text):
                break
            text += " " + " ".join(one.text for one in more)
        for number, code in _listed(text):
            if 1 <= number <= len(made) and (value := values.hs_code(code)):
                made[number - 1] = _filled(made[number - 1], "hsCodeHint", value, cell.evidence())
    return made


def _listed(text: str) -> list[tuple[int, str]]:
    """(line, code) of "1)7321890000 2)66039000", or of "8483.40 (1,2), 8483.90 (3)"."""
    found = [(int(number), code) for number, code in _NUMBERED.findall(text)]
    if found:
        return found
    for code, numbers in _BEHIND.findall(text):
        for first, last in re.findall(r"(\d+)(?:\s*-\s*(\d+))?", numbers):
            found += [(one, code) for one in range(int(first), int(last or first) + 1)]
    return found
