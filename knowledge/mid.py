"""The manufacturer identification code (MID), constructed from a name and an address.

Rules: appendix to 19 CFR part 102. Country; three letters of each of the first two words of the
name; up to four digits of the largest number in the street; three letters of the city. A code that
is constructed is a proposal: the address as printed seldom says which word is the city.
"""

from __future__ import annotations

import re
import unicodedata

from storage.values import Value

NAMED, ASSUMED = 0.6, 0.5
"""Confidence of a code made of the maker's block, and of the seller's where no maker is named."""

_IGNORED = frozenset({"a", "an", "and", "of", "the"})
_CANADA = {
    "alberta": "XA", "ab": "XA", "british columbia": "XC", "bc": "XC", "manitoba": "XM", "mb": "XM",
    "new brunswick": "XB", "nb": "XB", "newfoundland": "XW", "nl": "XW", "nova scotia": "XN",
    "ns": "XN", "northwest territories": "XT", "nt": "XT", "nunavut": "XV", "nu": "XV",
    "ontario": "XO", "on": "XO", "prince edward island": "XP", "pe": "XP", "quebec": "XQ",
    "qc": "XQ", "saskatchewan": "XS", "sk": "XS", "yukon": "XY", "yt": "XY",
}  # fmt: skip
_DIVISION = re.compile(
    r"(?i)\b(province|prov|district|dist|state|region|prefecture|county|town|zone|park|industrial"
    r"|building|floor|room|suite|p\.? ?o\.? box)\b"
)
_STREET = re.compile(r"(?i)\b(road|rd|street|st|avenue|ave|lane|no|blvd|boulevard|highway|way)\b")
_ORDINAL = re.compile(r"(?i)\b\d+(?:st|nd|rd|th)\b")
_NUMBER = re.compile(r"\d+(?:[-,/. ]\d+)*")


class Constructed(Value):
    """A code with what it was made of."""

    mid: str
    confidence: float
    because: str


def construct(
    *, name: str, address: str, country: str, assumed: bool = False
) -> Constructed | None:
    """The code; None where the name, the street or the city gives nothing to make it of.

    `assumed`: the name is the seller's, because the papers name no maker.
    """
    words = _words(name)[:2]
    parts = [" ".join(one.split()) for one in address.split(",") if one.strip()]
    city, where = _city(parts, country) or (None, None)
    nation = _nation(parts, country)
    if not words or city is None or nation is None:
        return None
    letters = "".join(word[:3] for word in words)
    number = _largest([one for one in parts if one != where])
    mid = f"{nation}{letters}{number}{_letters(city)[:3]}"
    whose = "the seller's name, as no maker is named" if assumed else "the maker's name"
    return Constructed(
        mid=mid,
        confidence=ASSUMED if assumed else NAMED,
        because=f"constructed by 19 CFR 102 (appendix) of {whose} “{name}”, number "
        f"{number or 'none'}, city “{city}”",
    )


def _words(name: str) -> list[str]:
    """The words of a name: initials together are one, articles none."""
    found: list[str] = []
    initials = ""
    raws = re.split(r"[\s,/&-]+", _plain(name))
    for raw, after in zip(raws, [*raws[1:], ""], strict=True):
        word = re.sub(r"[^A-Z0-9]", "", raw.upper())
        single = _single(raw)
        if word.casefold() in _IGNORED and not (single and (initials or _single(after))):
            continue
        if single:
            initials += word
            continue
        if initials:
            found.append(initials)
            initials = ""
        if word:
            found.append(word)
    return [*found, initials] if initials else found


def _single(raw: str) -> bool:
    """Whether it is an initial, or several: "A", "S.A."."""
    return bool(re.fullmatch(r"[A-Za-z]|(?:[A-Za-z]\.)+[A-Za-z]?", raw))


def _city(parts: list[str], country: str) -> tuple[str, str] | None:
    """The city and the part it stands in: the last that is no country, province or street."""
    from_end = [one for one in reversed(parts) if len(_letters(one)) >= 3]
    if len(from_end) > 1 and _is_country(from_end[0], country):
        from_end = from_end[1:]
    for one in from_end:
        bare = re.sub(r"\d[\d -]*", " ", one).strip(" .")
        bare = re.sub(r"\s+[A-Z]{2}$", "", bare)  # a state or province by its letters
        province = country == "CA" and bare.casefold().split()[:1] in [[x] for x in _CANADA]
        plain = not (_DIVISION.search(bare) or province)
        if len(_letters(bare)) >= 3 and plain and not _STREET.search(bare):
            return bare, one
    return None


def _nation(parts: list[str], country: str) -> str | None:
    """The country; of Canada the province, which must be known."""
    if country != "CA":
        return country
    for one in reversed(parts):
        words = [one.casefold(), *one.casefold().split()]
        found = next((_CANADA[word] for word in words if word in _CANADA), None)
        if found:
            return found
    return None


def _is_country(part: str, country: str) -> bool:
    plain = re.sub(r"[^a-z ]", "", part.casefold()).strip()
    return plain in _LANDS.get(country, ()) or plain == country.casefold() or plain in _EVERY


_LANDS: dict[str, tuple[str, ...]] = {
    "CN": ("china", "pr china", "peoples republic of china"), "VN": ("vietnam", "viet nam"),
    "DE": ("germany",), "TW": ("taiwan",), "KR": ("korea", "south korea", "republic of korea"),
    "JP": ("japan",), "IN": ("india",), "MX": ("mexico",), "IT": ("italy",), "TH": ("thailand",),
    "CA": ("canada",), "GB": ("united kingdom", "uk", "england"), "FR": ("france",),
    "TR": ("turkey", "turkiye"), "BD": ("bangladesh",), "ID": ("indonesia",), "MY": ("malaysia",),
    "KH": ("cambodia",), "HK": ("hong kong",), "ES": ("spain",), "PT": ("portugal",),
    "NL": ("netherlands",), "PL": ("poland",), "BR": ("brazil",), "PK": ("pakistan",),
    "LK": ("sri lanka",), "PH": ("philippines",), "CL": ("chile",), "IL": ("israel",),
}  # fmt: skip
_EVERY = frozenset(name for names in _LANDS.values() for name in names) - {"hong kong"}


def _largest(parts: list[str]) -> str:
    """The first four digits of the largest number; hyphens and commas within one do not count."""
    text = " ; ".join(_ORDINAL.sub(" ", one) for one in parts)
    found = [re.sub(r"\D", "", one) for one in _NUMBER.findall(text)]
    return max(found, key=int)[:4] if found else ""


def _letters(text: str) -> str:
    return re.sub(r"[^A-Z]", "", _plain(text).upper())


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text)
    return "".join(one for one in folded if not unicodedata.combining(one))
