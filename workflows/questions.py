"""What a plain question asks for: a few patterns, then likeness to example questions.

Understanding only: nothing is answered or done here. The examples stand in `prompts/`, where a
broker can add their own way of asking. A question that resembles none gets the closest ones.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import cache
from typing import Literal, cast, get_args

from prompts import examples
from storage.values import Value

Intent = Literal["status", "missing", "prior", "why", "mine", "holds", "help"]
LIKE = 0.42  #: likeness below which we do not guess
LONGEST = 500

_PATTERNS: tuple[tuple[str, Intent], ...] = (
    (r"\b(missing|still need|lack(s|ing)?|block(s|ed|ing)?|waiting for)\b|not be filed", "missing"),
    (r"\bwhy\b.*\d{4}|\bexplain\b.*\d{4}", "why"),
    (r"\b(prior|previous(ly)?|earlier|before|last time)\b|\bhave we (ever )?classified\b", "prior"),
    (r"\b(my|mine)\b.*\b(desk|queue|work|shipments?|list)\b|\bwhat('s| is) mine\b", "mine"),
    (r"\bon hold\b\W*$|\b(any|which|what)\b.*\bholds?\b|\bexams?\b\W*$", "holds"),
    (r"\b(clear(ed)?|released?|status|where is|how does|stand)\b", "status"),
    (r"^\W*(help|hi|hello)\W*$|what can you do", "help"),
)  # fmt: skip
_FILLERS = frozenset(
    [
        "a",
        "about",
        "all",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "been",
        "before",
        "by",
        "can",
        "classified",
        "classifications",
        "clear",
        "cleared",
        "code",
        "come",
        "confirm",
        "confirmed",
        "customs",
        "did",
        "do",
        "does",
        "doing",
        "done",
        "earlier",
        "enter",
        "entered",
        "entries",
        "entry",
        "ever",
        "everything",
        "explain",
        "file",
        "filed",
        "find",
        "for",
        "from",
        "get",
        "got",
        "had",
        "has",
        "have",
        "hold",
        "holds",
        "how",
        "i",
        "in",
        "is",
        "it",
        "its",
        "know",
        "last",
        "me",
        "missing",
        "my",
        "need",
        "needed",
        "of",
        "on",
        "or",
        "our",
        "please",
        "previous",
        "prior",
        "propose",
        "proposed",
        "released",
        "release",
        "see",
        "shipment",
        "shipments",
        "show",
        "stand",
        "stands",
        "status",
        "still",
        "tell",
        "that",
        "the",
        "their",
        "there",
        "they",
        "this",
        "time",
        "to",
        "us",
        "use",
        "used",
        "using",
        "waiting",
        "was",
        "we",
        "were",
        "what",
        "whats",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "yet",
        "you",
        "your",
        "now",
        "today",
        "document",
        "documents",
        "blocking",
        "blocked",
        "container",
        "s",
    ]
)
_CODE = re.compile(r"\b\d{4}(?:[.\s]?\d{2}){0,3}\b")
_MARK = re.compile(r"<@[UW][A-Z0-9]+(?:\|[^>]*)?>")


class Question(Value):
    """A question as understood."""

    intent: Intent | None  #: None: not understood
    about: str  #: words to look for; empty: what the thread is about
    code: str | None  #: a tariff code that it names, digits only
    nearest: tuple[str, ...]  #: the closest examples of different kinds


def understand(text: str) -> Question:
    """What is asked."""
    asked = " ".join(_MARK.sub(" ", text).split())[:LONGEST]
    plain = asked.casefold()
    ranked = _ranked(plain)
    intent: Intent | None = next(
        (kind for pattern, kind in _PATTERNS if re.search(pattern, plain)), None
    )
    if intent is None and ranked and ranked[0][0] >= LIKE:
        intent = ranked[0][2]
    code = _CODE.search(asked) if intent == "why" else None
    about = _about(asked[: code.start()] + asked[code.end() :] if code else asked)
    return Question(
        intent=intent,
        about=about,
        code=re.sub(r"\D", "", code.group()) if code else None,
        nearest=_nearest(ranked),
    )


def _about(text: str) -> str:
    words = [one.strip(".,;:!?\"'“”()") for one in text.split()]
    words = [re.sub(r"['’]s$", "", one) for one in words]
    kept = [one for one in words if one and one.casefold() not in _FILLERS]
    numbers = [one for one in kept if sum(sign.isdigit() for sign in one) >= 3]
    return " ".join(numbers[:1] or kept)[:200]


def _ranked(plain: str) -> list[tuple[float, str, Intent]]:
    mine = _grams(plain)
    found = [(_cosine(mine, grams), example, kind) for example, kind, grams in _examples()]
    return sorted(found, key=lambda one: -one[0])


def _nearest(ranked: list[tuple[float, str, Intent]]) -> tuple[str, ...]:
    chosen: dict[Intent, str] = {}
    for _, example, kind in ranked:
        chosen.setdefault(kind, example)
    return tuple(chosen.values())[:3]


@cache
def _examples() -> tuple[tuple[str, Intent, Counter[str]], ...]:
    return tuple(
        (example, cast("Intent", kind), _grams(example.casefold()))
        for kind, many in examples("questions").items()
        if kind in get_args(Intent)
        for example in many
    )


def _grams(text: str) -> Counter[str]:
    """Words, and threes of signs: a typing error costs little."""
    words = re.findall(r"[^\W\d_]+", text)
    padded = " ".join(words)
    threes = [padded[at : at + 3] for at in range(max(len(padded) - 2, 0))]
    return Counter([*threes, *(f"={one}" for one in words if len(one) > 1)])


def _cosine(one: Counter[str], other: Counter[str]) -> float:
    if not one or not other:
        return 0.0
    common = sum(count * other[gram] for gram, count in one.items())
    return common / math.sqrt(
        sum(count * count for count in one.values()) * sum(n * n for n in other.values())
    )
