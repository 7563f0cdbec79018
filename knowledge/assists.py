"""Words in an importer's papers that may be an assist: found and listed, never concluded.

What a buyer gives to the maker free of charge or below cost belongs to the value: materials and
parts, tools, dies and moulds, what is used up in making, and engineering, artwork and design work
done outside the United States (19 USC 1401a(h)(1)(A)).
"""

from __future__ import annotations

import re

_WORDS = re.compile(
    r"\b(?:tooling|tools?(?= (?:cost|charge|and|for|&))|mou?lds?|dies?\b(?! cast)|extrusion dies?|"
    r"jigs?|fixtures? (?:cost|charge)|patterns? (?:cost|charge)|"
    r"engineering (?:charge|cost|fee|services?|work)|development (?:charge|cost|fee)|"
    r"design (?:charge|cost|fee|work)|artwork (?:charge|cost|fee)?|plans and sketches|"
    r"free[- ]of[- ]charge materials?|consigned materials?|buyer[- ]supplied|"
    r"supplied by (?:the )?buyer|assists?)\b",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3})+(?:\.\d{2})?|\d+\.\d{2})(?![\d,])")
_LONGEST = 300
_MOST = 20


def mentions(lines: list[str]) -> list[tuple[str, str]]:
    """The lines that speak of such a thing with an amount: (line, the last amount in it)."""
    found: list[tuple[str, str]] = []
    for line in lines:
        text = " ".join(line.split())
        if _WORDS.search(text) and (amounts := _AMOUNT.findall(text)):
            found.append((text[:_LONGEST], amounts[-1].replace(",", "")))
    return found[:_MOST]
