"""CBP Form 28, Request for Information, and 29, Notice of Action: date, entry, what is asked.

All questions are printed on form 28 and only the marked ones are asked; a scan whose marks cannot
be read says so, and a person looks. The answer is due within 30 days of the date of the form (19
CFR 151.11; the form's own words); form 29 says its own time. What the words mean for the kind of
the query is `knowledge.holds`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

Form = Literal["28", "29"]

_FORM = re.compile(r"\b(?:CBP|CF|customs)[ -]?form[ -]?(28|29)\b|\bCF[ -]?(28|29)\b", re.IGNORECASE)
_TITLES: tuple[tuple[Form, re.Pattern[str]], ...] = (
    ("28", re.compile(r"\brequest for information\b", re.IGNORECASE)),
    ("29", re.compile(r"\bnotice of action\b", re.IGNORECASE)),
)
_CUSTOMS = re.compile(r"customs and border protection|homeland security", re.IGNORECASE)
_MARK = r"(?:\[ ?[xX✓✔] ?\]|[☒☑✓✔]|\([xX]\))"
_BOX = re.compile(r"\[ ?[xX✓✔ ]? ?\]|[☐☒☑✓✔]|\([xX ]\)")
_ASKED: tuple[tuple[str, str], ...] = (
    ("related party", r"\brelated\b.{0,60}\bseller\b|\brelationship\b"),
    ("packing", r"\bpacking\b(?! list)"),
    ("commissions", r"\bcommissions?\b"),
    ("proceeds", r"\bproceeds\b"),
    ("assists", r"\bassists?\b"),
    ("royalties", r"\broyalt"),
    ("price paid or payable", r"\bprice (?:actually )?(?:paid|payable)\b"),
    ("contract or purchase order", r"\bcontract\b|\bpurchase order\b"),
    ("literature", r"\bdescriptive\b|\billustrative\b|\bliterature\b"),
    ("breakdown of components", r"\bbreakdown\b|\bcomponents?\b"),
    ("samples", r"\bsamples?\b"),
)
_READ = tuple((name, re.compile(words, re.IGNORECASE)) for name, words in _ASKED)
_MESSAGE = re.compile(r"\b(?:CBP officer message|14\.|officer'?s message)", re.IGNORECASE)
_AFTER = re.compile(r"^\s*(?:15\.|16\.|reply message|certification)", re.IGNORECASE)
_LONGEST = 1500


def form_of(titles: Sequence[str]) -> Form | None:
    """Which form these first lines are the head of."""
    whole = "\n".join(titles)
    if _CUSTOMS.search(whole) is None:
        return None
    for form, title in _TITLES:
        if title.search(whole) is not None:
            return form
    named = _FORM.search(whole)
    return None if named is None else "28" if "28" in named[0] else "29"


def asked(lines: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """What is asked, by the marks; and whether any mark could be read.

    The words of a marked line count up to the next box: a question runs over lines.
    """
    found: list[str] = []
    marked = False
    for at, line in enumerate(lines):
        for here in re.finditer(_MARK, line):
            marked = True
            rest = line[here.end() :]
            if (stop := _BOX.search(rest)) is not None:
                rest = rest[: stop.start()]
            elif at + 1 < len(lines) and _BOX.search(lines[at + 1]) is None:
                rest = f"{rest} {lines[at + 1]}"
            found += [name for name, words in _READ if words.search(rest)]
    return tuple(dict.fromkeys(found)), marked


def message(lines: Sequence[str]) -> str:
    """What the officer wrote in box 14, as it was read."""
    start = next((at for at, line in enumerate(lines) if _MESSAGE.search(line)), None)
    if start is None:
        return ""
    said = [_MESSAGE.sub("", lines[start]).strip(" :.-")]
    for line in lines[start + 1 :]:
        if _AFTER.search(line):
            break
        said.append(line.strip())
    return " ".join(" ".join(said).split())[:_LONGEST]
