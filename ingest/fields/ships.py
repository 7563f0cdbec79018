"""The ship and its voyage, as documents print them in one cell: "M/V EVER LUCENT V.1172E".

A carrier's name is no ship's: under "Carrier" only what shows a voyage is taken for one.
"""

from __future__ import annotations

import re

from storage.values import Value

_PREFIX = re.compile(
    r"(?i)^(?:per\s+)?(?:m\s?[./]\s?v\b\.?|mv\b\.?|s\s?[./]\s?s\b\.?|vessel\b)[\s:.]*(?=\S{2})"
)
_MARKED = re.compile(
    r"(?i)[\s,/]+V(?:OY(?:AGE)?)?[.\-:]?\s*(?:NO\.?|NUMBER|#)?\s*[:.]?\s*(?=[A-Z]{0,3}\d)"
)
# "MAERSK TANJONG 1612", "MSC ANNA FY423W", "EVER LUCENT 1172-E": a last word with digits.
_BEHIND = re.compile(
    r"^([^\d/]{4,}?)\s+(\d[\dA-Z]{2,9}|\d{2,4}-[NSEW]|[A-Z]{1,3}\d{3,4}[A-Z]{0,2})$"
)
_VOYAGE = re.compile(r"[A-Z0-9\-]{2,12}")
_SURELY_A_VOYAGE = re.compile(r"\d{2,4}-?[NSEW]|[A-Z]{1,3}\d{3,4}[NSEW]")
_FLIGHT = re.compile(r"((?:[A-Z]{2}|[A-Z]\d|\d[A-Z])\s?[/-]?\s?\d{2,4})(?![\w])")
_NO_SHIP = re.compile(
    r"(?:BY\s+)?(?:VESSEL|SHIP|STEAMER|SEA|OCEAN|AIR|TRUCK|ROAD|RAIL|COURIER|EXPRESS|CONTAINERS?|"
    r"(?:SEA|OCEAN|AIR)\s?FREIGHT|T\.?B\.?[AN]\.?|TO BE (?:ADVISED|NAMED|CONFIRMED)|N/?A|UNKNOWN)"
    r"|.*\b(?:LINES?|LOGISTICS|AIRLINES?|AIRWAYS|FORWARD(?:ING|ERS?))"
)
"""A mode of transport or the name of a firm."""


class Ship(Value):
    """What a cell says of the ship."""

    name: str
    voyage: str | None = None


def read(text: str) -> Ship | None:
    """The ship, and its voyage where one stands behind it; None when the words name none."""
    bare = _MARKED.sub(" / ", _PREFIX.sub("", text.strip()))
    bare = _BEHIND.sub(r"\1 / \2", bare.strip().upper())
    name, _, rest = bare.partition("/")
    name = name.strip(" .-,")
    if len(name) < 3 or not re.search(r"[A-Z]{3}", name) or _NO_SHIP.fullmatch(name):
        return None
    words = rest.strip(" /.").split()
    said = words[0] if words and _VOYAGE.fullmatch(words[0]) else None
    if said and said.isdigit() and len(words) > 1 and words[1] in ("N", "S", "E", "W"):
        said = f"{said} {words[1]}"  # the heading apart from its number: "24 W"
    return Ship(name=name, voyage=said)


def of_a_carrier(text: str) -> Ship | None:
    """The ship under "Carrier", which as often is a company: only with a voyage's own form."""
    ship = read(text)
    if ship is None or ship.voyage is None:
        return None
    marked = _MARKED.search(text) and any(sign.isdigit() for sign in ship.voyage)
    return ship if marked or _SURELY_A_VOYAGE.fullmatch(ship.voyage) else None


def flight(text: str) -> str | None:
    """The number of a flight as it is printed: "EK / 176", "LH 8165"."""
    found = _FLIGHT.match(text.strip().upper())
    return found[1] if found else None


def voyage(text: str) -> str | None:
    """A voyage's number alone."""
    said = text.split(maxsplit=1)[0].upper() if text.split() else ""
    return said if _VOYAGE.fullmatch(said) and any(sign.isdigit() for sign in said) else None
