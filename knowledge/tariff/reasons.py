"""Why a line is offered, and what would decide between it and its siblings, in words.

The reason quotes what was matched: a trade word of ours, or the tariff's own words. A sibling is
told apart by the fact that divides them, and a fact that the description leaves open becomes a
question for the shipper.
"""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.tariff import codes, facts
from knowledge.tariff.corpus import Indexed
from knowledge.tariff.features import Seen
from knowledge.tariff.measures import amounts
from knowledge.tariff.schedule import Schedule, ScheduleLine
from knowledge.tariff.texts import tokens

_SIBLINGS, _QUESTIONS, _LONGEST = 4, 2, 400
_CLOSE = 0.5
_ABOUT: dict[str, str] = {
    "gender": "for whom",
    "made": "knitted or woven",
    "material": "the material",
    "power": "electric or by hand",
}
_MORE: tuple[tuple[str, frozenset[str]], ...] = (
    ("Is it for household use?", frozenset({"household", "hotel", "restaurant"})),
    ("How old are the children that it is for?", frozenset({"years", "year", "age"})),
    ("What is one worth (the tariff divides by value)?", frozenset({"valued"})),
    ("How heavy is it?", frozenset({"weighing"})),
)


def because(index: Indexed, seen: Seen, leaf: ScheduleLine, *, hint: str = "") -> str:
    """What was matched, and the siblings that were not chosen."""
    said = _matched(index, seen, leaf)
    if hint and leaf.bare[:6] == hint[:6]:
        said += f"; the shipper gives {codes.dotted(hint[:6])} too"
    siblings = [one for one in index.corpus.schedule.groups[leaf.bare[:6]] if one != leaf]
    if not siblings:
        return said[:_LONGEST]
    open_facts = _open(seen, [leaf, *siblings])
    told = "; ".join(f"{one.code} {_short(one)}" for one in _nearest(leaf, siblings)[:_SIBLINGS])
    open_said = (
        f": {' and '.join(_ABOUT[name] for name in open_facts)} not stated" if open_facts else ""
    )
    return f"{said}; beside it {told}{open_said}"[:_LONGEST]


def questions(schedule: Schedule, seen: Seen, leaf: ScheduleLine) -> list[str]:
    """Questions that tell the leaf's siblings apart and that the description leaves open."""
    siblings = schedule.groups.get(leaf.bare[:6], [])
    if len(siblings) < 2:
        return []
    asked = [facts.QUESTIONS[name] for name in _open(seen, siblings)]
    words: list[set[str]] = [set(tokens(one.words)) for one in siblings]
    differing = words[0].union(*words) - words[0].intersection(*words)
    said = set(seen.words)
    asked += [text for text, telling in _MORE if telling & differing and not telling & said]
    if not amounts(seen.asked.text) and {"exceeding", "liter", "w"} & differing >= {"exceeding"}:
        asked.append("How much does it hold, weigh or give out (the tariff divides by size)?")
    return asked[:_QUESTIONS]


def hint_conflict(schedule: Schedule, hint: str | None, leaf: ScheduleLine | None) -> str | None:
    """The sentence about a shipper's code that is unknown or that leads elsewhere."""
    plain = codes.lenient(hint)
    if plain is None or leaf is None:
        return None
    there = schedule.find(plain) or schedule.find(plain[:6])
    if there is None and not schedule.under(plain[:6], 1):
        return f"The shipper's code {codes.dotted(plain)} is not in {schedule.edition}."
    if leaf.bare[:6] == plain[:6]:
        if len(plain) > 6 and schedule.find(plain) is None:
            return (
                f"The shipper's code {codes.dotted(plain)} is not in {schedule.edition}; "
                "its first six digits are."
            )
        return None
    said = _end(there.words, 60) if there else codes.dotted(plain[:6])
    return (
        f"The shipper's code {codes.dotted(plain)} ({said.strip(': ')}) does not fit the "
        f"description, which reads like {leaf.code} ({leaf.description[:60]})."
    )


def _matched(index: Indexed, seen: Seen, leaf: ScheduleLine) -> str:
    corpus = index.corpus
    near, contained = seen.term_similar
    group = corpus.place_of_group[leaf.bare[:6]]
    mine = [int(term) for term in (corpus.term_group == group).nonzero()[0]]
    best = max(mine, key=lambda term: near[term] + contained[term], default=None)
    if best is not None and near[best] + contained[best] >= _CLOSE:
        return f"matched the trade word “{corpus.terms[best].text}”"
    there = set(tokens(f"{leaf.words} {corpus.group_texts[group]}"))
    shared = [word for word in dict.fromkeys(seen.words) if word in there]
    return f"matched “{' '.join(shared[:6])}”" if shared else "reads alike"


def _open(seen: Seen, leaves: Sequence[ScheduleLine]) -> list[str]:
    """The facts that divide these lines and that the goods do not state."""
    read = [facts.of(" ".join(one.path[-2:])) for one in leaves]
    return [
        name
        for name in facts.QUESTIONS
        if not seen.facts.get(name) and len({one.get(name) for one in read}) > 1
    ]


def _nearest(leaf: ScheduleLine, siblings: Sequence[ScheduleLine]) -> list[ScheduleLine]:
    """Those first that share most digits with the leaf."""

    def shared(one: ScheduleLine) -> int:
        pairs = zip(one.bare, leaf.bare, strict=False)
        return next((at for at, (a, b) in enumerate(pairs) if a != b), len(leaf.bare))

    return sorted(siblings, key=shared, reverse=True)


def _short(line: ScheduleLine) -> str:
    own = line.path[-1] if len(line.path) < 3 else f"{line.path[-2]}: {line.path[-1]}"
    return _end(own, 50)


def _end(text: str, most: int) -> str:
    """The last whole words of a text: the tariff says at the end what is special."""
    if len(text) <= most:
        return text
    cut = text[-most:]
    return "… " + (cut.partition(" ")[2] or cut).lstrip(" ,;:")
