"""Text -> typed value, or None. Each reader knows one kind of value and never guesses.

Numbers come in US and EU form, dates in many; where the text itself does not decide (03/04/2026)
the reader says that it is unsure and the caller lowers its confidence.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache

import pycountry
from stdnum import iso6346
from stdnum.exceptions import ValidationError as BadNumber

from storage.values import Value

CURRENCIES = frozenset(currency.alpha_3 for currency in pycountry.currencies)
_SYMBOLS = {
    "US$": "USD",
    "U.S.$": "USD",
    "RMB": "CNY",
    "€": "EUR",
    "£": "GBP",
    "HK$": "HKD",
    "US DOLLARS": "USD",
    "US DOLLAR": "USD",
    "EURO": "EUR",
}
INCOTERMS = ("EXW", "FCA", "CPT", "CIP", "DAP", "DPU", "DDP", "FAS", "FOB", "CFR", "CIF")
_MISREAD_CIF = re.compile(r"\bC\.\s?[L1l]\.?\s?F\b\.?")  # off a picture
_DOTTED = re.compile(r"\b[CFE]\.\s?[IFOXAP]\.\s?[FRBWTSAP]\b\.?", re.IGNORECASE)
"""An Incoterm with dots: "C.I.F."."""
_LANGUAGES = ("es", "de", "fr", "it", "pt")  # in which shippers write countries
_COST_AND_FREIGHT = re.compile(r"\bC\.?\s?(?:&|\+|AND)\s?F\b\.?|\bCNF\b", re.IGNORECASE)
"""What CFR was called before 1990, and still is."""
_LONG_ENOUGH = 5
_SHORT_NAMES = frozenset({"usa", "uae", "prc"})
# Codes of ISO 4217 that on a trade document are a unit or a word.
_NO_MONEY = frozenset({"KGS", "ALL", "TOP", "CUP", "PEN", "GEL", "SOS", "BAM", "ANG", "LAK"})
_MONTHS = {
    name: at
    for at, names in enumerate(
        (
            "jan january januar enero janvier gennaio janeiro",
            "feb february februar febrero fevrier février febbraio fevereiro",
            "mar march marz märz mrz marzo mars março marco",
            "apr april abril avril aprile avr",
            "may mai mayo maggio maio",
            "jun june juni junio juin giugno junho",
            "jul july juli julio juillet luglio julho",
            "aug august agosto août aout",
            "sep sept september septiembre septembre settembre setembro",
            "oct october oktober octubre okt octobre ottobre outubro",
            "nov november noviembre novembre novembro",
            "dec december dezember diciembre dez décembre decembre dicembre dezembro",
        ),
        1,
    )
    for name in names.split()
}
_NUMBER = re.compile(r"-?\d[\d.,'\s]*\d|-?\d")
_CONTAINER = re.compile(r"\b([A-Z]{3}[UJZ])[\s\-]?(\d{6})[\s\-]?(\d)\b")
_GROUPED_CONTAINER = re.compile(r"\b([A-Z]{3}[UJZ]\s?\d{3})\.(\d{3}\s?-?\s?\d)\b")
"""As Brazil groups it: "HLBU 217.746-9"."""
# Glued to what follows ("WHSU6418020WHLU256089/40HQ"): only the check digit proves it.
_GLUED_CONTAINER = re.compile(r"(?<![A-Z])([A-Z]{3}[UJZ])[\s\-]?(\d{6})[\s\-]?(\d)(?!\d)")
_EAST_ASIAN = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]?")
_YEAR_FIRST = re.compile(r"\b((?:19|20)\d{2})[-/. ](\d{1,2})[-/. ](\d{1,2})\b")
_DAY_NAMED = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th)?[-/. ]+(?:de )?([A-Za-zéûçä]{3,10})(?: de)?[-/., ]+(\d{2,4})\b"
)
_NAMED_DAY = re.compile(
    r"\b([A-Za-z]{3,10})(?:\.\s*|\s+|-)(\d{1,2})(?:st|nd|rd|th)?(?:\s*[.,]\s*|\s+|-)(\d{4})\b"
)
_PARTED = re.compile(
    r"\b(\d{1,2})([-/.])(?:(?<=\.) )?(\d{1,2})\2(?:(?<=\.) )?(\d{4}|(?<! )\d{2})\b"
)


class DateRead(Value):
    """A date, and whether day and month could be the other way round."""

    value: date
    unsure: bool = False


def number(text: str) -> Decimal | None:
    """The one number in the text: "1,234.50", "1.234,50", "8.505,-", "12'000"."""
    cleaned = text.replace("\u00a0", " ").replace(",-", ",00").replace(".-", ".00")
    found = _NUMBER.findall(cleaned)
    if len(found) != 1:
        return None
    raw = re.sub(r"[\s']", "", found[0])
    comma, dot = raw.rfind(","), raw.rfind(".")
    if comma >= 0 and dot >= 0:
        raw = raw.replace(".", "").replace(",", ".") if comma > dot else raw.replace(",", "")
    elif comma >= 0:
        grouped = re.fullmatch(r"-?\d{1,3}(,\d{3})+", raw)
        raw = raw.replace(",", "") if grouped else raw.replace(",", ".")
    elif raw.count(".") > 1:
        raw = raw.replace(".", "")
    try:
        return Decimal(raw)
    except InvalidOperation:
        return None


def day(text: str) -> DateRead | None:
    """The first date in the text."""
    if match := _EAST_ASIAN.search(text) or _YEAR_FIRST.search(text):
        return _dated(int(match[1]), int(match[2]), int(match[3]))
    for pattern, order in ((_DAY_NAMED, (3, 2, 1)), (_NAMED_DAY, (3, 1, 2))):
        if match := pattern.search(text):
            month = _MONTHS.get(match[order[1]].casefold())
            if month:
                return _dated(_year(match[order[0]]), month, int(match[order[2]]))
    if match := _PARTED.search(text):
        first, second, year = int(match[1]), int(match[3]), _year(match[4])
        if first > 12:
            return _dated(year, second, first)
        if second > 12:
            return _dated(year, first, second)
        if match[2] == ".":
            return _dated(year, second, first)
        made = _dated(year, first, second)
        return made.model_copy(update={"unsure": first != second}) if made else None
    return None


def day_first(texts: Iterable[str]) -> bool | None:
    """Whether the dates of a page that can be read in one way only have the day first."""
    votes: set[bool] = set()
    for text in texts:
        for match in _PARTED.finditer(text):
            first, second = int(match[1]), int(match[3])
            if (first > 12) != (second > 12) and max(first, second) <= 31:
                votes.add(first > 12)
    return votes.pop() if len(votes) == 1 else None


def turned(read: DateRead) -> DateRead:
    """The same date with day and month the other way round."""
    made = _dated(read.value.year, read.value.day, read.value.month)
    return made.model_copy(update={"unsure": read.unsure}) if made else read


def currency(text: str) -> str | None:
    """An ISO 4217 code named in the text; "$" alone is no currency."""
    upper = text.upper()
    words: list[str] = re.findall(r"\b[A-Z]{3}\b", upper)
    for word in words:
        if word in CURRENCIES and word not in INCOTERMS and word not in _NO_MONEY:
            return word
    return next((code for symbol, code in _SYMBOLS.items() if symbol in upper), None)


def undotted(text: str) -> str:
    """The terms in it without their dots: "F.O.B. MUNDRA"."""
    return _DOTTED.sub(lambda term: term[0].replace(".", "").replace(" ", ""), text)


def incoterm(text: str) -> str | None:
    """The Incoterm with its place: "FOB Yantian"."""
    text = undotted(_COST_AND_FREIGHT.sub("CFR", _MISREAD_CIF.sub("CIF", text)))
    found = re.search(rf"\b({'|'.join(INCOTERMS)})\b[\s,:\-]*([^\d()\n]{{0,60}})", text.upper())
    if found is None:
        return None
    start = found.start(2)
    place = text[start : found.end(2)].split("INCOTERMS", maxsplit=1)[0].strip(" ,.-:")
    place = re.sub(r"\b(incoterms?|port)\b.*$", "", place, flags=re.IGNORECASE).strip(" ,.-:")
    # The payment often stands behind the place: "CIF Newark, D/A 60 days".
    place = re.split(r"(?i),?\s*\b(?:D/[AP]|L/C|T/T|NET|PAYMENT|PAYABLE|AT SIGHT)\b", place)[0]
    return f"{found[1]} {place.strip(' ,.-:')}".strip()


_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ONES = [
    *["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
    *["eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"],
    "nineteen",
]


def in_words(text: str) -> int | None:
    """The whole number that English words say: "ONE THOUSAND TWENTY"."""
    total = part = 0
    words = [word for word in re.findall(r"[a-z]+", text.casefold()) if word != "and"]
    for word in words:
        if word in _ONES:
            part += _ONES.index(word)
        elif word in _TENS:
            part += 20 + 10 * _TENS.index(word)
        elif word == "hundred":
            part = max(part, 1) * 100
        elif word in ("thousand", "million"):
            total += max(part, 1) * (1000 if word == "thousand" else 1_000_000)
            part = 0
        else:
            return None
    return total + part if words else None


def containers(text: str) -> list[str]:
    """Container numbers whose check digit is right (ISO 6346)."""
    found = []
    for match in _GLUED_CONTAINER.finditer(_GROUPED_CONTAINER.sub(r"\1\2", text.upper())):
        whole = "".join(match.groups())
        try:
            found.append(str(iso6346.validate(whole)))
        except BadNumber:
            continue
    return list(dict.fromkeys(found))


def container_shapes(text: str) -> list[str]:
    """What has the shape of a container number, whatever its check digit."""
    return list(dict.fromkeys("".join(one) for one in _CONTAINER.findall(text.upper())))


def hs_code(text: str) -> str | None:
    """The digits of a tariff code: 4, 6 or 8 to 12 of them, as schedules group them.

    The chapter is one of the Harmonized System (01-97, 77 is reserved) or a national one (98, 99).
    """
    said = text.strip()
    bare = re.sub(r"[\s.\-]", "", said)
    if not _TARIFF.fullmatch(said) or not bare.isascii() or len(bare) not in _TARIFF_DIGITS:
        return None
    return bare if bare[:2] not in ("00", "77") else None


def weight_kg(text: str, *, european: bool = False) -> Decimal | None:
    """A weight in kilograms; pounds and tonnes are converted, a bare number is kilograms.

    `european`: the page writes a comma for the decimals, so that "1.168 kg" is 1168 kg.
    """
    tonnes = TONNES.search(text)
    bare = re.sub(r"(?i)kgs?\.?|kilo(?:gram)?s?|lbs?\.?", " ", TONNES.sub(" ", text))
    amount = figure(bare, european=european)
    if amount is None:
        return None
    if tonnes:
        return amount * 1000
    if re.search(r"(?i)\blbs?\b", text):
        return (amount * Decimal("0.45359237")).quantize(Decimal("0.001"))
    return amount


def bill(text: str) -> str | None:
    """A bill of lading or air waybill number: letters and digits, at least six, with a digit."""
    first = re.split(r"\s{2,}|,|;|\s/\s|\s\(", text.strip())[0].strip(" .#")
    bare = re.sub(r"[\s\-]", "", first).upper()
    if not re.fullmatch(r"[A-Z0-9/]{6,25}", bare) or sum(c.isdigit() for c in bare) < 4:
        return None
    return first.upper() if re.fullmatch(r"\d{3}-\d{8}", first) else bare


def reference(text: str) -> str | None:
    """An invoice or order number: the first word that has a digit."""
    first = re.split(r"\s{2,}|,|;|\s(?:dated|date|dt|of)\b", text.strip(), flags=re.IGNORECASE)[0]
    if _PAGE.match(first):
        return None
    words = first.split()
    at = next((at for at, one in enumerate(words) if any(c.isdigit() for c in one)), None)
    if at is None or len(words[at]) > 40 or _PAGE_OF.fullmatch(first.strip(" .:#()")):
        return None
    word = words[at].strip(".,:#()")
    # A number range in capitals belongs to it: "FT EX26/000214", "SAC-EX 26/0572".
    series = words[at - 1] if at == len(words) - 1 == 1 else ""
    if re.fullmatch(r"[A-Z]{1,4}(?:-[A-Z]{1,4})?", series) and series not in _NO_SERIES:
        word = f"{series} {word}"
    return word or None


_PAGE_OF = re.compile(r"\d|\d{1,2}\s?(?:/|of|von|de|di|sur)\s?\d{1,2}", re.IGNORECASE)
"""A page number: "1/2", "1 of 3"."""
_PAGE = re.compile(
    r"(?i)\W*(?:page|sheet|blatt|seite|p[áa]gina|pag|pg|folha|hoja|sayfa|blad|strona)\b"
)
_NO_SERIES = frozenset(
    {"NO", "NR", "NUM", "REF", "INV", "PO", "PI", "CI", "DOC", "NBR", "DT", "DTD", "DATE", "ORD"}
    | {"SO", "P.O", "ID", "N", "OF", "THE", "AND", "TO", "NOS"}
)


_TARIFF = re.compile(r"(?:\d{4,12}|\d{2}[\s.\-]\d{2})(?:[\s.\-]{1,2}\d{2,4}){0,4}[.\s]*")
_TARIFF_DIGITS = frozenset({4, 6, *range(8, 13)})
TONNES = re.compile(r"(?i)(?<![a-z])(?:m\s?[./]?\s?t\b\.?|mts\b|metric tons?\b|tonnes?\b)")
"""Metric tons; "tons" alone may be short ones."""
_TELLING = re.compile(r"\d[.,]\d{3}[.,](?:\d{1,2}(?!\d)|-)|\d[.,]\d{2}(?!\d)")


def european(texts: Iterable[str]) -> bool:
    """Whether a page writes its figures with a comma for the decimals: "2.820,00", "7,90"."""
    commas = dots = 0
    for text in texts:
        for found in _TELLING.findall(text):
            mark = found.rstrip("0123456789-")[-1:]
            commas, dots = commas + (mark == ","), dots + (mark == ".")
    return commas > dots


def figure(text: str, *, european: bool) -> Decimal | None:
    """The one number in the text as the page writes its figures: "1.168" and "304,976" there."""
    if not european:
        return number(text)
    found = _NUMBER.findall(text)
    if len(found) == 1 and re.fullmatch(r"-?\d{1,3},\d{3}", found[0].strip()):
        return Decimal(found[0].strip().replace(",", "."))
    whole = grouped(text)
    return number(text) if whole is None else whole


def multiply(quantity: Decimal, price: Decimal, amount: Decimal) -> bool:
    """Whether a quantity at a unit price comes to an amount, as invoices round it."""
    least = max(Decimal("0.01"), abs(amount) * Decimal("0.001"))
    return abs(quantity * price - amount) <= least


def grouped(text: str) -> Decimal | None:
    """A figure whose only dots part its thousands, on a European page: "4.800" is 4800."""
    found = _NUMBER.findall(text)
    if len(found) == 1 and re.fullmatch(r"-?\d{1,3}(?:\.\d{3})+", found[0].strip()):
        return Decimal(found[0].strip().replace(".", ""))
    return None


@cache
def _countries() -> dict[str, str]:
    made = {}
    for one in pycountry.countries:
        for name in (one.name, getattr(one, "official_name", ""), getattr(one, "common_name", "")):
            if name:
                made[_fold(name)] = one.alpha_2
        made[one.alpha_3.casefold()] = one.alpha_2
    for language in _LANGUAGES:
        told = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language])
        for one in pycountry.countries:
            name = _fold(told.gettext(one.name))
            # Shorter ones are words of another language as well.
            if len(name) >= _LONG_ENOUGH:
                made.setdefault(name, one.alpha_2)
    made |= {
        "china": "CN",
        "p r china": "CN",
        "pr china": "CN",
        "prc": "CN",
        "vietnam": "VN",
        "viet nam": "VN",
        "usa": "US",
        "u s a": "US",
        "united states": "US",
        "south korea": "KR",
        "korea": "KR",
        "taiwan": "TW",
        "turkey": "TR",
        "turkiye": "TR",
        "türkiye": "TR",
        "bundesrepublik deutschland": "DE",
        "amerika birleşik devletleri": "US",
        "verenigde staten": "US",
        "nederland": "NL",
        "uk": "GB",
        "england": "GB",
        "uae": "AE",
        "u a e": "AE",
        "dubai": "AE",
        "sharjah": "AE",
        "espana": "ES",
        "corea del sur": "KR",
        "südkorea": "KR",
        "corée du sud": "KR",
        "grossbritannien": "GB",
        "inde": "IN",
        "italia": "IT",
        "schweiz": "CH",
        "suisse": "CH",
        "mexico d f": "MX",
        "p r of china": "CN",
        "republic of korea": "KR",
        "holland": "NL",
        "deutschland": "DE",
        "russia": "RU",
        "hong kong": "HK",
        "czech republic": "CZ",
        "arabia saudi": "SA",
        "ksa": "SA",
        "kingdom of saudi arabia": "SA",
        "emiratos arabes": "AE",
        "emirats arabes": "AE",
        "estados unidos": "US",
        "etats unis": "US",
        "ee uu": "US",
        "reino unido": "GB",
        "royaume uni": "GB",
        "great britain": "GB",
        "paises bajos": "NL",
        "pays bas": "NL",
        "ivory coast": "CI",
        "cote d ivoire": "CI",
        "slovak republic": "SK",
        "sultanate of oman": "OM",
        "state of kuwait": "KW",
        "state of qatar": "QA",
        "kingdom of bahrain": "BH",
        "republica dominicana": "DO",
        "bosnia": "BA",
        "macedonia": "MK",
        "federal republic of germany": "DE",
    }
    return made


def country(text: str) -> str | None:
    """ISO 3166 alpha-2 for a whole text that is a country's name or code."""
    stripped = text.strip(" .,()")
    if re.fullmatch(r"[A-Z]{2}", stripped):
        return stripped if pycountry.countries.get(alpha_2=stripped) else None
    return _countries().get(_fold(stripped.removeprefix("Made in ").removeprefix("MADE IN ")))


_BEFORE_POSTCODE = frozenset(
    ("CN", "VN", "KR", "TW", "JP", "TH", "TR", "ES", "FR", "IT", "MX", "BE", "NL", "AT", "CH", "PL")
)
"""Codes of countries that are no state of the US: "JIANGSU CN 215600"."""


def country_at_end(text: str) -> str | None:
    """The country that an address ends with."""
    tail = re.split(r"[,;\n]", text.strip(" .,"))[-1].strip()
    words = tail.split()
    for count in range(min(4, len(words)), 0, -1):
        if found := country(" ".join(words[-count:])):
            if (
                len(words[-1]) == 2
                and count == 1
                and words[-1] not in {"US", "CN", "VN", "DE", "IT", "GB"}
            ):
                return None  # "CA" at the end is as often a state
            return found
    coded = re.search(r"\b([A-Z]{2})[\s-]+\d{4,6}$", text.strip(" .,"))
    if coded and coded[1] in _BEFORE_POSTCODE:
        return coded[1]
    if re.search(r"\b[A-Z]{2}\s+\d{5}(?:-\d{4})?$", text.strip(" .,")):
        return "US"
    return None


def country_in(text: str) -> str | None:
    """The country that an address names, looked for from its end.

    Codes of two letters do not count, nor do the digits of a postal code.
    """
    for segment in reversed(re.split(r"[,;\n()]|\s[-\u2013]\s", text)):
        words = [word for word in re.findall(r"[^\W\d_][\w.'&-]*", segment) if len(word) > 1]
        for size in range(min(4, len(words)), 0, -1):
            for start in range(len(words) - size, -1, -1):
                name = " ".join(words[start : start + size])
                # Codes of three letters are words as well: "and", "per", "sen".
                coded = len(_fold(name)) == 3 and _fold(name) not in _SHORT_NAMES
                if len(name) > 2 and not coded and (found := _countries().get(_fold(name))):
                    return found
    return country_at_end(text)


def _fold(text: str) -> str:
    # The small form of the Turkish İ has a dot of its own.
    return " ".join(re.sub(r"[^\w]+", " ", text.replace("İ", "I").casefold()).split())


def _year(text: str) -> int:
    value = int(text)
    return value + 2000 if value < 100 else value


def _dated(year: int, month: int, of_month: int) -> DateRead | None:
    try:
        made = date(year, month, of_month)
    except ValueError:
        return None
    return DateRead(value=made) if 1990 <= year <= 2100 else None
