"""How alike two names are, and why: every part of the score is kept (docs/screening.md).

Words are paired by spelling (the mean of Jaro-Winkler and of the share of letters that need no
correction) and by sound, each with the weight of how much it tells; order and particles do not
matter, words of trade matter little. A name that stands whole inside a longer one counts nearly as
the same. Pure: no list, no threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from knowledge.parties import names

ALGORITHM = "names-2"
"""Named with every screening; change it whenever a score could change: all is screened anew."""

TELLING = 0.5  #: a word with at least this weight tells one name from another
_ALIKE = 0.8  #: two words below this are two words
_SURE = 0.88  #: two words above this are one, for a name inside another
_BY_SOUND = 0.93
_ALIKE_SOUND = 0.88
_CONSONANTS = 0.95
_INITIAL = 0.9
_INSIDE = 0.95  #: all of the listed name stands in the party's, which has more words
_SHORTER = 0.91  #: all of the party's name stands in the listed one, which has more words
_JOINED = 0.97

_MOST_WORDS = 40

Weigh = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Name:
    """A name taken apart once."""

    words: tuple[str, ...]
    weights: tuple[float, ...]
    joined: str  #: the telling words without blanks
    whole: str  #: all words without blanks
    sound: str  #: the consonants of all words

    @property
    def total(self) -> float:
        return sum(self.weights)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike, by which part, and which words were taken for the same."""

    score: float
    by: str
    pairs: tuple[tuple[str, str, float], ...]


def weigh(word: str) -> float:
    """How much a word tells, without a list to count in."""
    if word in names.PARTICLES:
        return 0.04
    if word in names.GENERIC:
        return 0.25
    if len(word) == 1:
        return 0.3
    return 0.5 if word in names.places() else 1.0


def taken_apart(text: str, by: Weigh = weigh) -> Name:
    """A name with its weights."""
    return of_words(names.words(text), by)


def of_words(found: Sequence[str], by: Weigh = weigh) -> Name:
    """The same for a name whose words are known."""
    words = tuple(found[:_MOST_WORDS])
    weights = tuple(by(word) for word in words)
    telling = [word for word, weight in zip(words, weights, strict=True) if weight >= TELLING]
    return Name(
        words=words,
        weights=weights,
        joined="".join(telling or words),
        whole="".join(words),
        sound="".join(names.skeleton(word) for word in words),
    )


def compare(party: Name, listed: Name, *, consonants: bool = False) -> Likeness:
    """How alike a party's name and a listed one are, 0 to 1."""
    if not party.words or not listed.words:
        return Likeness(0.0, "nothing to compare", ())
    best = _aligned(_split_alike(party, listed), _split_alike(listed, party), consonants=consonants)
    if min(len(party.joined), len(listed.joined)) >= 5:
        alike = fuzz.ratio(party.joined, listed.joined, score_cutoff=92) / 100
        # What is left, the words of trade, must agree as well.
        score = alike * _JOINED * _telling_share(party, listed)
        if score > best.score:
            best = Likeness(score, "written together", ((party.joined, listed.joined, alike),))
    if min(len(party.whole), len(listed.whole)) >= 5:
        alike = fuzz.ratio(party.whole, listed.whole, score_cutoff=94) / 100 * _JOINED
        if alike > best.score:
            best = Likeness(alike, "written together", ((party.whole, listed.whole, alike),))
    return best


def _telling_share(party: Name, listed: Name) -> float:
    """How much of both names is telling words, or words of trade that they have in common."""
    common = set(party.words) & set(listed.words)
    counted = sum(
        weight
        for name in (party, listed)
        for word, weight in zip(name.words, name.weights, strict=True)
        if weight >= TELLING or weight <= 0.04 or word in common
    )
    return counted / (party.total + listed.total)


def _split_alike(name: Name, other: Name) -> Name:
    """Two neighbouring words that are one in the other name, as one: Black Water, Blackwater."""
    there = {word for word in other.words if len(word) >= 5}
    for at in range(len(name.words) - 1):
        both = name.words[at] + name.words[at + 1]
        if both in there and both not in name.words:
            words = (*name.words[:at], both, *name.words[at + 2 :])
            weights = (*name.weights[:at], 1.0, *name.weights[at + 2 :])
            return Name(words, weights, name.joined, name.whole, name.sound)
    return name


def _aligned(party: Name, listed: Name, *, consonants: bool) -> Likeness:
    pairs = _pairs(party.words, listed.words, by_consonants if consonants else word_likeness)
    mine = theirs = 0.0
    telling = 0
    # A word that only resembles counts for less than its likeness: two such are two names.
    for i, j, alike in pairs:
        strength = 1 - 1.5 * (1 - alike)
        mine += strength * party.weights[i]
        theirs += strength * listed.weights[j]
        told = min(party.weights[i], listed.weights[j]) >= TELLING
        telling += told and alike >= _SURE
    score, by = (mine + theirs) / (party.total + listed.total), "word by word"
    if telling >= 2:
        inside = theirs / listed.total * _INSIDE
        shorter = mine / party.total * _SHORTER
        if inside > score:
            score, by = inside, "the listed name stands in it"
        if shorter > score:
            score, by = shorter, "it stands in the listed name"
    elif len(pairs) >= 3 and listed.total >= 1.5 and theirs / listed.total >= 0.97:
        score, by = max((score, by), (_SHORTER, "the listed name stands in it"))
    said = tuple((party.words[i], listed.words[j], round(alike, 3)) for i, j, alike in pairs)
    return Likeness(score, by, said)


def _pairs(
    mine: Sequence[str], theirs: Sequence[str], alike_by: Callable[[str, str], float]
) -> list[tuple[int, int, float]]:
    """Which word is which, the best first, each once."""
    found = [
        (alike, i, j)
        for i, one in enumerate(mine)
        for j, other in enumerate(theirs)
        if (alike := alike_by(one, other)) >= _ALIKE
    ]
    found.sort(reverse=True)
    used_mine: set[int] = set()
    used_theirs: set[int] = set()
    pairs = []
    for alike, i, j in found:
        if i not in used_mine and j not in used_theirs:
            used_mine.add(i)
            used_theirs.add(j)
            pairs.append((i, j, alike))
    return sorted(pairs)


def word_likeness(one: str, other: str) -> float:
    """How alike two words are, by spelling or by sound."""
    if one == other:
        return 1.0
    shorter = min(len(one), len(other))
    if shorter == 1:
        return _INITIAL if one[0] == other[0] else 0.0
    if shorter <= 3:
        return 0.0  # one letter of three is another word
    prefixed = JaroWinkler.similarity(one, other)
    if prefixed < 0.5:
        return 0.0
    alike: float = (prefixed + OSA.normalized_similarity(one, other)) / 2
    if alike >= _BY_SOUND:
        return alike
    sound = names.skeleton(one)
    if sound != names.skeleton(other) or len(sound) < 2:
        return alike if prefixed >= 0.7 else 0.0
    # The fewer the consonants, the more the spelling must agree.
    least, told = {2: (0.7, _ALIKE_SOUND), 3: (0.7, _BY_SOUND)}.get(len(sound), (0.5, _BY_SOUND))
    return max(alike, told) if prefixed >= least else 0.0


def by_consonants(one: str, other: str) -> float:
    """How alike two words are when one of them is written without its vowels."""
    mine, theirs = names.consonants(one), names.consonants(other)
    if not mine or not theirs:
        return word_likeness(one, other)
    if mine == theirs:
        return _CONSONANTS if len(mine) >= 2 else _INITIAL
    if min(len(mine), len(theirs)) < 4:
        return 0.0
    return 0.95 * OSA.normalized_similarity(mine, theirs)
