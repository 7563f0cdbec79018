"""Provinces that say in which country an address is: "Bragado - Buenos Aires", "FOSHAN, GUANGDONG".

Names of ISO 3166-2, where one country alone has the name. Countries whose provinces bear the names
of towns elsewhere are left out ("Portland", "Birmingham", "Victoria").
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import pycountry

_TRADING = frozenset(
    {"AR", "AT", "BD", "BE", "BR", "CA", "CH", "CL", "CN", "CO", "CR", "CZ", "DE", "EC", "EG", "ES"}
    | {"FR", "GR", "GT", "HN", "HU", "ID", "IN", "IT", "JP", "KR", "LK", "MA", "MX", "MY", "NL"}
    | {"NZ", "PE", "PK", "PL", "PT", "RO", "SA", "SE", "TH", "TR", "TW", "UA", "US", "VN", "ZA"}
)
_KIND = re.compile(
    r"\b(?:province|prov|pcia|provincia|state|estado|region|pref|prefecture|sheng|shi|dist|district"
    r"|zhuangzu|zizhiqu)\b"
)
_SHORTEST = 5  # letters of a name
_LAST = 3  # parts of an address in which a province stands


def country(address: str) -> str | None:
    """ISO 3166 alpha-2 of the province that an address ends with."""
    parts = [_folded(one) for one in re.split(r"[,;\n]|\s[-\u2013]\s", address)]
    for part in [one for one in reversed(parts) if one][:_LAST]:
        if land := _names().get(part):
            return land
    return None


@cache
def _names() -> dict[str, str]:
    lands: dict[str, set[str]] = {}
    for one in pycountry.subdivisions:
        lands.setdefault(_folded(one.name), set()).add(one.country_code)
    own = {_folded(one.name) for one in pycountry.countries}
    return {
        name: next(iter(there))
        for name, there in lands.items()
        if len(there) == 1 and there <= _TRADING and len(name) >= _SHORTEST and name not in own
    }


def _folded(text: str) -> str:
    """Without accents, figures, brackets and the word for what it is."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    plain = re.sub(r"\([^()]*\)|\[[^\]]*\]|[^\W_]*\d[^\W_]*|[^\w\s]", " ", plain.casefold())
    return " ".join(_KIND.sub(" ", plain).split())
