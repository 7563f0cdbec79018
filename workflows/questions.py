"""What a plain question asks for: likeness to example questions, and a few patterns.

Understanding only: nothing is answered or done here. The examples stand in `prompts/`, where a
broker can add their own way of asking. The sentence model tells what is alike in meaning; where it
is not loaded (yet), patterns and common letters must do. A question that resembles none, or
resembles what we do not do, gets the closest ones that we can answer.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import cache
from typing import Literal, Protocol, get_args

from prompts import examples
from storage.values import Value

Intent = Literal["status", "missing", "prior", "why", "mine", "holds", "help"]
INTENTS: tuple[Intent, ...] = get_args(Intent)
LIKE = 0.42  #: likeness in letters below which we do not guess
ALIKE = 0.4  #: likeness in meaning (cosine) below which we do not guess; see docs/slack.md
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
_TARIFF = re.compile(r"\b\d{4}[.\s]\d{2}(?:[.\s]\d{2,4}){0,2}\b|\b\d{10}\b")
_NUMBERS = re.compile(r"\b[A-Z]{3}-\d{4}-\d+\b|\b[A-Z]{4}\d{6,}\b|\b\d{2,}\b")
_MARK = re.compile(r"<@(?:T[A-Z0-9]+:)?[UW][A-Z0-9]+(?:\|[^>]*)?>")


class Likeness(Protocol):
    """Which of the examples (as `masked`) a text resembles in meaning; None: it cannot say now."""

    def nearest(self, text: str) -> list[tuple[float, str]] | None: ...


class Question(Value):
    """A question as understood."""

    intent: Intent | None  #: None: not understood
    about: str  #: words to look for; empty: what the thread is about
    code: str | None  #: a tariff code that it names, digits only
    nearest: tuple[str, ...]  #: the closest examples of different kinds


def understand(text: str, likeness: Likeness | None = None) -> Question:
    """What is asked."""
    asked = " ".join(_MARK.sub(" ", text).split())[:LONGEST]
    plain = asked.casefold()
    intent, ranked = _meant(asked, likeness)
    if ranked is None:
        ranked = _ranked(plain)
        intent = _by_pattern(plain)
        if intent is None and ranked and ranked[0][0] >= LIKE:
            intent = _answered(ranked[0][2])
    code = _CODE.search(asked) if intent == "why" else None
    about = _about(asked[: code.start()] + asked[code.end() :] if code else asked, intent)
    return Question(
        intent=intent,
        about=about,
        code=re.sub(r"\D", "", code.group()) if code else None,
        nearest=_nearest(ranked),
    )


def masked(text: str) -> str:
    """The question without what it is about: numbers of ours, bills, containers and codes."""
    bare = _TARIFF.sub("the tariff code", text)
    return _NUMBERS.sub("the shipment", bare).casefold().strip(" ?!.")


def all_masked() -> list[str]:
    """The examples as the sentence model sees them."""
    return list(_by_mask())


def _meant(
    asked: str, likeness: Likeness | None
) -> tuple[Intent | None, list[tuple[float, str, str]] | None]:
    """By meaning; the second is None where the model cannot say."""
    if likeness is None or not asked:
        return None, None
    found = likeness.nearest(masked(asked))
    if found is None:
        return None, None
    ranked = [(score, *_by_mask()[example]) for score, example in found]
    score, _, kind = ranked[0]
    return (_answered(kind) if score >= ALIKE else _by_pattern(asked.casefold())), ranked


def _by_pattern(plain: str) -> Intent | None:
    return next((kind for pattern, kind in _PATTERNS if re.search(pattern, plain)), None)


def _answered(kind: str) -> Intent | None:
    """None for the examples of what we do not do."""
    return next((one for one in INTENTS if one == kind), None)


@cache
def _by_mask() -> dict[str, tuple[str, str]]:
    return {
        masked(example): (example, kind)
        for kind, many in examples("questions").items()
        for example in many
    }


def _about(text: str, intent: Intent | None) -> str:
    # Goods are asked for in the words of goods; else the words of the examples are only talk.
    talk = _FILLERS if intent in ("prior", None) else _FILLERS | _talk()
    words = [one.strip(".,;:!?\"'“”()") for one in text.split()]
    words = [re.sub(r"['’]s$", "", one) for one in words]
    kept = [one for one in words if one and one.casefold() not in talk]
    numbers = [one for one in kept if sum(sign.isdigit() for sign in one) >= 3]
    return " ".join(numbers[:1] or kept)[:200]


@cache
def _talk() -> frozenset[str]:
    """What the examples say in small letters; names begin with a capital one."""
    said = " ".join(
        example
        for kind, many in examples("questions").items()
        if kind != "prior" and _answered(kind)
        for example in many
    )
    return frozenset(re.findall(r"\b[a-z]+\b", said))


def _ranked(plain: str) -> list[tuple[float, str, str]]:
    mine = _grams(plain)
    found = [(_cosine(mine, grams), example, kind) for example, kind, grams in _examples()]
    return sorted(found, key=lambda one: -one[0])


def _nearest(ranked: list[tuple[float, str, str]]) -> tuple[str, ...]:
    chosen: dict[Intent, str] = {}
    for _, example, kind in ranked:
        if (ours := _answered(kind)) is not None:
            chosen.setdefault(ours, example)
    return tuple(chosen.values())[:3]


@cache
def _examples() -> tuple[tuple[str, str, Counter[str]], ...]:
    return tuple(
        (example, kind, _grams(example.casefold()))
        for kind, many in examples("questions").items()
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
