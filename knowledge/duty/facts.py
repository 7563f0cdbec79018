"""Facts about duty and value as a person writes them, in short words between semicolons.

    preference KR; claim civil_aircraft; steel 40; melt CN; smelt RU
    assists 0; royalties 1200; related no; freight actual

Every word is known or refused with the words that are: a misspelt claim must not vanish.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from knowledge.duty.measures import tables
from storage.values import DutyFacts, ValueFacts

MAX_LENGTH = 500
_HEADING = re.compile(r"^99\d{2}\.\d{2}\.\d{2}$")
_METALS = ("steel", "aluminum", "copper")
_YES_NO = {"yes": True, "no": False}
_AMOUNTS = ("assists", "royalties", "proceeds", "packing", "selling_commission")


class BadFacts(ValueError):
    """The words are not understood. The message says which, and what is."""


def line_facts(text: str) -> DutyFacts | None:
    """What was written about a line; None when nothing was."""
    found: dict[str, Any] = {}
    claims: list[str] = []
    for word, rest in _pairs(text):
        if word in {"claim", "claims"}:
            claims += [_claim(one) for one in re.split(r"[,\s]+", rest) if one]
        elif word == "preference":
            found["preference"] = _short(rest, "preference").upper()
        elif word in _METALS:
            found[word] = _number(rest, word, most=100)
        elif word in {"melt", "smelt"}:
            found["melt_and_pour" if word == "melt" else "smelt_and_cast"] = _country(rest, word)
        elif word in {"non-us", "non_us"}:
            found["non_us_content"] = _number(rest, word)
        else:
            raise BadFacts(
                f"“{word[:30]}” is not understood. Known: preference KR; claim civil_aircraft; "
                "steel 40; aluminum 10; copper 5; melt CN; smelt CN; non-us 4000."
            )
    return DutyFacts(claims=tuple(dict.fromkeys(claims)), **found) if found or claims else None


def value_facts(text: str) -> ValueFacts | None:
    """What was written about the price; None when nothing was."""
    found: dict[str, Any] = {}
    for word, rest in _pairs(text):
        if word in _AMOUNTS:
            found[word] = _number(rest, word)
        elif word == "commission":
            found["selling_commission"] = _number(rest, word)
        elif word == "related" and rest.casefold() in _YES_NO:
            found["related_parties"] = _YES_NO[rest.casefold()]
        elif word == "freight" and rest.casefold() in {"actual", "estimated"}:
            found["actual"] = rest.casefold() == "actual"
        else:
            raise BadFacts(
                f"“{f'{word} {rest}'[:40].strip()}” is not understood. Known: assists 0; "
                "royalties 0; proceeds 0; packing 0; commission 0; related yes (or no); freight "
                "actual (or estimated)."
            )
    return ValueFacts(**found) if found else None


def written_line(facts: DutyFacts | None) -> str:
    """The words of `line_facts`."""
    if facts is None:
        return ""
    told = [
        ("preference", facts.preference),
        ("claim", ", ".join(facts.claims) or None),
        *((metal, getattr(facts, metal)) for metal in _METALS),
        ("melt", facts.melt_and_pour),
        ("smelt", facts.smelt_and_cast),
        ("non-us", facts.non_us_content),
    ]
    return "; ".join(f"{word} {said}" for word, said in told if said is not None)


def written_value(facts: ValueFacts | None) -> str:
    """The words of `value_facts`."""
    if facts is None:
        return ""
    told: list[tuple[str, object]] = [(word, getattr(facts, word)) for word in _AMOUNTS]
    if facts.related_parties is not None:
        told.append(("related", "yes" if facts.related_parties else "no"))
    if facts.actual:
        told.append(("freight", "actual"))
    return "; ".join(f"{word} {said}" for word, said in told if said is not None)


@cache
def claims_known() -> frozenset[str]:
    """Every claim that some measure listens to, and its denial."""
    named = {claim for row in tables().measures for claim in (*row.claims, row.ask) if claim}
    words = {one for one in named if not _HEADING.match(one)}
    return frozenset(named | {f"not_{one}" for one in words})


def _pairs(text: str) -> list[tuple[str, str]]:
    if len(text) > MAX_LENGTH:
        raise BadFacts(f"Longer than {MAX_LENGTH} characters: write only the facts.")
    found = []
    for part in text.split(";"):
        word, _, rest = part.strip().partition(" ")
        if word:
            found.append((word.casefold().rstrip(":="), rest.strip(" :=")))
    return found


def _claim(word: str) -> str:
    plain = word.casefold()
    if plain not in claims_known():
        shown = ", ".join(sorted(one for one in claims_known() if one[:4] not in {"not_", "9903"}))
        raise BadFacts(
            f"“{word[:30]}” is no claim that changes a duty. Known: {shown}, each also with not_ "
            "before it, and the headings of chapter 99 that are claimed, such as 9903.88.69."
        )
    return plain


def _number(text: str, word: str, *, most: int | None = None) -> Decimal:
    try:
        found = Decimal(text.rstrip("% ").replace(",", ""))
    except InvalidOperation:
        found = Decimal(-1)
    if not found.is_finite() or found < 0 or (most is not None and found > most):
        limit = f" from 0 to {most}" if most is not None else ""
        raise BadFacts(f"{word}: “{text[:20]}” is no number{limit}.")
    return found


def _country(text: str, word: str) -> str:
    code = text.strip().upper()
    if not re.fullmatch(r"[A-Z]{2}", code):
        raise BadFacts(f"{word}: “{text[:20]}” is no country of two letters.")
    return code


def _short(text: str, word: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z+*\- ]{0,11}", text):
        raise BadFacts(f"{word}: “{text[:20]}” is no programme such as KR, USMCA or A+.")
    return text
