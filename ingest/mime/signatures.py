"""The words that say something about goods: signatures and legal footers left out.

They stay in the stored text. Left out here, a "P.O. Box 4471" in an address is no order number
and a telephone is no bill of lading. A postscript, and a line below the name that gives a
labelled bill or container, still counts.
"""

from __future__ import annotations

import re

from ingest.mime import wording

_MOST_SIGNATURE = 25  # lines
_MARK = re.compile(r"^--\s?$|^[_\-—]{2,}\s*$")
_POSTSCRIPT = re.compile(r"^\s*p\.?\s?s\.?\s*[:.]?\s", re.IGNORECASE)
_SAYS_A_NUMBER = re.compile(
    r"^\W*(?:b/?l|bill of lading|[hm]b/?l|[hm]?awb|containers?|cntr|invoice|entry)\b.{0,20}\d{4}",
    re.IGNORECASE,
)
_NEXT = re.compile(r"^-{5,} Forwarded mail -{5,}$")
SEPARATOR = "---------- Forwarded mail ----------"  #: stands between the mails in a stored text


def counting(text: str) -> str:
    """The words of a stored text that count for references and fields."""
    kept: list[str] = []
    section: list[str] = []
    for line in text.splitlines():
        if _NEXT.match(line) or wording.FORWARDED.match(line):
            kept += _unsigned(section)
            section = []
        else:
            section.append(line)
    return "\n".join([*kept, *_unsigned(section)]).strip()


def _unsigned(lines: list[str]) -> list[str]:
    kept: list[str] = []
    signed_at: int | None = None
    legal = False
    for at, line in enumerate(lines):
        if wording.LEGAL.match(line):
            legal = True
        if _is_head(line):
            signed_at, legal = None, False  # another mail begins
        if _POSTSCRIPT.match(line):
            signed_at = None
        if legal:
            continue
        if signed_at is None and _starts_signature(lines, at):
            signed_at = at
        if signed_at is None or at - signed_at > _MOST_SIGNATURE or _SAYS_A_NUMBER.match(line):
            kept.append(line)
    return kept


def _starts_signature(lines: list[str], at: int) -> bool:
    line = lines[at]
    if re.match(r"^-- ?$", line) or wording.PHONE.match(line):
        return True
    if wording.FAREWELL.match(line):
        # "Thanks," above the matter itself is no farewell: a name must follow, not a sentence.
        after = [one for one in lines[at + 1 : at + 4] if one.strip()]
        return not after or len(after[0]) <= 60
    return bool(_MARK.match(line)) and len(lines) - at <= 12 and at > 0


def _is_head(line: str) -> bool:
    match = wording.HEADS["from"].match(line)
    return bool(match and "@" in match[1])
