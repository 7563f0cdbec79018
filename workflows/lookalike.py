"""Domains that resemble another so closely that an eye takes one for the other. Pure functions.

Compared is the part that somebody registered. What is the same domain, or a part of it, is no
look-alike; names of fewer than five letters resemble too much to say anything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from rapidfuzz.distance import DamerauLevenshtein

from knowledge.domains import split

_SHORTEST = 5

# Letters of other scripts that are drawn like Latin ones (Unicode TR 39, those that domains use).
_FOREIGN = str.maketrans(
    "авеɡһіјкмнорԛѕтԝхуζινοραεγβηυωςգհոսցօԁӏɩıłøðßɑʟɴ",
    "abeghijkmhopqstwxyzivopaeybnuwcqhnugodliilodbaln",
)
_DRAWN_ALIKE = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"))


def resembles(domain: str, known: Iterable[str]) -> str | None:
    """The known domain that this one could be taken for, if there is one."""
    suspect = readable(domain)
    for one in sorted(set(known)):
        if one and alike(suspect, readable(one)):
            return one
    return None


def alike(suspect: str, genuine: str) -> bool:
    """Whether two domains, as read by a person, resemble each other without being the same."""
    if suspect == genuine or suspect.endswith(f".{genuine}") or genuine.endswith(f".{suspect}"):
        return False
    name, ending = _read(suspect)
    other, other_ending = _read(genuine)
    if len(other) < _SHORTEST:
        return False
    if name == other:
        return ending != other_ending
    if _bare(name) == _bare(other) or folded(name) == folded(other):
        return True
    # acme.com.evil.example and acme-com.example: the genuine name stands whole in front.
    if re.match(rf"{re.escape(other)}[.-]{re.escape(other_ending)}(?:[.-]|$)", suspect):
        return True
    close = DamerauLevenshtein.distance(_bare(name), _bare(other), score_cutoff=1) <= 1
    return close and len(_bare(name)) >= _SHORTEST


def readable(domain: str) -> str:
    """A domain as it is shown to a person: punycode as letters."""
    lowered = domain.strip(". ").casefold()
    if "xn--" not in lowered:
        return lowered
    parts = []
    for part in lowered.split("."):
        try:
            plain = part.startswith("xn--")
            parts.append(part[4:].encode("ascii").decode("punycode") if plain else part)
        except (UnicodeError, ValueError, OverflowError):
            parts.append(part)
    return ".".join(parts)


def folded(name: str) -> str:
    """A name with everything that is drawn alike made the same."""
    letters = unicodedata.normalize("NFKD", name)
    plain = "".join(one for one in letters if not unicodedata.combining(one))
    plain = plain.casefold().translate(_FOREIGN)
    for drawn, meant in _DRAWN_ALIKE:
        plain = plain.replace(drawn, meant)
    return _bare(plain)


def _bare(name: str) -> str:
    return name.replace("-", "").replace("_", "")


def _read(domain: str) -> tuple[str, str]:
    name, ending = split(domain)
    return readable(name), ending
