"""The texts under which lines are found: words of a path, and their tokens.

One tokeniser for the index and the question, or they would not meet. English only, light: no
dictionary, no stemmer beyond plurals.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from knowledge.tariff.schedule import Schedule, ScheduleLine

_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")
_CATEGORY = re.compile(r"\s*\((?:\d{3}(?:,\s*)?)+\)")  # textile quota categories: "(338)"
_QUIET = frozenset(
    {
        *("a", "an", "and", "any", "are", "as", "at", "be", "by", "for", "from", "has", "have"),
        *("if", "in", "into", "is", "it", "its", "made", "nor", "not", "of", "on", "or", "such"),
        *("than", "that", "the", "their", "them", "these", "this", "those", "to", "used", "was"),
        *("were", "whether", "which", "with"),
    }
)
_POSSESSIVE = re.compile("['\u2019\u02bc]s\\b|(?<=s)['\u2019\u02bc]")


@lru_cache(maxsize=65536)
def tokens(text: str) -> tuple[str, ...]:
    """The meaning words of a text, lower case, plurals cut."""
    plain = unicodedata.normalize("NFKD", text.replace("-", " ")).lower()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = _POSSESSIVE.sub("", plain)
    return tuple(_singular(word) for word in _WORD.findall(plain) if word not in _QUIET)


def _singular(word: str) -> str:
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1]


def leaf_text(line: ScheduleLine) -> str:
    """The path of a line as one sentence, without quota categories."""
    parts = [_CATEGORY.sub("", part).strip() for part in line.path]
    return ": ".join(part for part in parts if part)


def group_texts(schedule: Schedule, names: Schedule) -> dict[str, str]:
    """A self-contained text for each six-digit group, from the nomenclature that has one."""
    found: dict[str, str] = {}
    for bare, leaves in schedule.groups.items():
        named = names.find(bare)
        found[bare] = leaf_text(named) if named is not None else leaf_text(leaves[0])
    return found
