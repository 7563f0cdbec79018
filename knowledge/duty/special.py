"""The words of a rate cell: cleaned of markup, the special column cut up, one term of a sum read.

What a whole cell says, and what it charges, is for `rates`.
"""

from __future__ import annotations

import re
from decimal import Decimal

from storage.values import Value

LONGEST = 1000
"""Twice the longest cell of the schedule. Anything longer is no rate."""

# The markup that the export carries: underlines, superscripts and indents.
_MARKUP = re.compile(r"</?[a-zA-Z]{1,8}>")
_MISPRINTS = {"weght": "weight", "thou- sand": "thousand", "thebattery": "the battery"}

_CENTS_IN_A_DOLLAR = Decimal(100)

_CODE = r"[A-Z]{1,2}[+*#]?"
_PROGRAMMES = re.compile(rf"\([\s,.]*({_CODE}(?:[\s,.]+{_CODE})*)[\s,.]*\)")
_OPENED_TWICE = re.compile(rf"\(\s?{_CODE}\s?$")

# What is written after "/", with the canonical unit. The longer of two spellings comes first.
_UNITS = {
    spelling: unit
    for unit, spellings in (
        ("pf.liter", "pf. liter|pf.liter"),
        ("gr.lines", "line/ gross|line/gross"),
        ("doz. prs.", "doz. prs.|doz.prs.|doz. pr."),
        ("1000", "thousand|1,000|1000"),
        ("no.", "article|each|no."),
        ("liter", "liter"),
        ("gross", "gross"),
        ("doz.", "doz.|doz"),
        ("m", "lin. m"),
        ("head", "head"),
        ("pack", "pack"),
        ("prs.", "prs.|pr.|pr"),
        ("bbl", "bbl"),
        ("kg", "kg"),
        ("m2", "m2"),
        ("m3", "m3"),
        ("t", "t"),
        ("g", "g"),
        ("m", "m"),
    )
    for spelling in spellings.split("|")
}
NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_PERCENT = re.compile(
    rf"(?P<number>{NUMBER})(?: (?P<over>[1-9])/(?P<under>[2-9]))? ?(?:%|percent)"
    r"(?: (?:up)?on (?P<on>[^%¢$]+)| of (?P<of>[^%¢$]+))?",
    re.ASCII,
)
_PER_UNIT = re.compile(
    rf"(?:\$(?P<dollars>{NUMBER})|(?P<cents>{NUMBER}) ?¢) ?"
    r"(?:/ ?(?P<jewels>jewel(?: over [0-9]{1,3})?)|(?P<clean>/ ?clean kg)"
    r"|(?P<other>for each other piece or part)"
    rf"|(?:/ ?(?P<unit>{'|'.join(map(re.escape, _UNITS))})|each)"
    r"(?: ?(?:on|of) (?:the )?(?P<of>[^%¢$]+)|, (?P<including>including [^%¢$]+)| pins)?)",
    re.ASCII,
)
# Parts by name that are the goods themselves.
_GOODS = {"entire set", "full value of the imported article"}


class Percent(Value):
    """So much in the hundred, of the customs value or of a part of it."""

    percent: Decimal  #: 2.5 means 2.5 %
    on: str | None = None  #: the part that it applies to, None for the whole customs value


class PerUnit(Value):
    """US dollars for each unit, of the goods or of something in them."""

    amount: Decimal
    unit: str  #: as the schedule writes it, lower case: "kg", "no.", "doz.", "pf.liter"
    of: str | None = None  #: "drained weight", "lead content", ...; None for the goods as such


def clean(text: str) -> str | None:
    """One line of words, or None for a text that no cell of the schedule could be."""
    if len(text) > LONGEST:
        return None
    words = " ".join(_MARKUP.sub("", text).split())
    for misprint, meant in _MISPRINTS.items():
        words = words.replace(misprint, meant)
    return words


def groups(words: str) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    """Each rate of the special column with its programmes, in the order printed.

    A cell without any programme is one rate for all; words left behind the last programme
    belong to nobody, so the cell is not understood.
    """
    found: list[tuple[str, tuple[str, ...]]] = []
    start = 0
    for match in _PROGRAMMES.finditer(words):
        rate = _OPENED_TWICE.sub("", words[start : match.start()]).strip()
        found.append((rate, tuple(re.findall(_CODE, match[1]))))
        start = match.end()
    rest = words[start:].strip()
    if found and rest:
        return None
    return tuple(found) if found else ((rest, ()),)


def term(written: str) -> Percent | PerUnit | None:
    """One term of a sum: "5.3% on the battery", "2.8¢/kg", "$1.50 each"."""
    if match := _PERCENT.fullmatch(written):
        return _percent(match)
    if match := _PER_UNIT.fullmatch(written):
        return _per_unit(match)
    return None


def _percent(match: re.Match[str]) -> Percent:
    percent = Decimal(match["number"])
    if match["over"]:
        percent += Decimal(match["over"]) / Decimal(match["under"])
    part = match["on"] or match["of"]
    if part is not None:
        part = part.removeprefix("the ").removeprefix("value of ").removeprefix("the ")
        part = None if part in _GOODS else part.removesuffix(", if any")
    return Percent(percent=percent, on=part)


def _per_unit(match: re.Match[str]) -> PerUnit:
    amount = Decimal(match["dollars"] or Decimal(match["cents"]) / _CENTS_IN_A_DOLLAR)
    if match["jewels"]:
        return PerUnit(amount=amount, unit="jewel", of=match["jewels"].replace("jewel", "jewels"))
    if match["clean"]:
        return PerUnit(amount=amount, unit="kg", of="clean kg")
    if match["other"]:
        return PerUnit(amount=amount, unit="no.", of="other pieces and parts")
    unit = _UNITS[match["unit"] or "each"]
    of = match["of"] or match["including"]
    # A proof liter measures nothing but ethyl alcohol: naming it narrows nothing.
    if unit == "pf.liter" and of == "ethyl alcohol content":
        of = None
    return PerUnit(amount=amount, unit=unit, of=of)
