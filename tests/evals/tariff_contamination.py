"""How much of our trade terms stands in the labelled lines, and what it could be worth.

    python -m tests.evals.tariff_contamination --data DIR

The author of `knowledge/data/trade_terms.csv` had read the development lines; those of
`trade_terms_apart.csv` had not, and show what meets by chance. A term counts as near
a line when both have the same normalised words, when a term of three words or more stands whole in
the line, or when half of all their words are shared (three at least). It counts as telling when it
also leads to the line's own six digits. Chance is the same count with the codes of the lines dealt
out anew within each chapter: words that goods are called by meet without anybody having copied.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from knowledge.tariff import query, terms
from knowledge.tariff.terms import Term
from knowledge.tariff.texts import tokens

LEAST, HALF = 3, 0.5


class Near(NamedTuple):
    """A term that resembles a line."""

    line: int
    term: Term
    how: str  #: same | within | shared


def near(lines: Sequence[str], ours: Sequence[Term]) -> list[Near]:
    """Every term that resembles one of these descriptions."""
    worded = [(term, frozenset(tokens(term.text))) for term in ours]
    by_word: dict[str, list[int]] = defaultdict(list)
    for place, (_, words) in enumerate(worded):
        for word in words:
            by_word[word].append(place)
    found = []
    for number, text in enumerate(lines):
        asked = query.read(text)
        views = {frozenset(tokens(asked.goods)), frozenset(tokens(asked.kind))}
        places = {place for view in views for word in view for place in by_word.get(word, ())}
        for place in sorted(places):
            term, words = worded[place]
            if how := _likeness(words, views):
                found.append(Near(number, term, how))
    return found


def _likeness(words: frozenset[str], views: set[frozenset[str]]) -> str | None:
    if words in views and len(words) > 1:
        return "same"
    if len(words) < LEAST:
        return None
    if any(words <= view for view in views):
        return "within"
    shared = max(len(words & view) / len(words | view) for view in views)
    return "shared" if shared >= HALF else None


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, required=True)
    given = asked.parse_args()
    for apart in (False, True):
        ours = [term for term in terms.ours() if term.apart is apart]
        author = "had not" if apart else "had"
        print(f"{len(ours)} terms whose author {author} read the lines")  # noqa: T201
        _tell(given.data, ours)


def _tell(data: Path, ours: Sequence[Term]) -> None:
    rng = np.random.default_rng(7)
    for path in sorted((data / "hs").glob("dev_*.jsonl")):
        rows = [json.loads(raw) for raw in path.read_text("utf-8").splitlines()]
        found = near([row["description"] for row in rows], ours)
        codes = [row["hts"] for row in rows]
        for how in ("same", "within", "shared"):
            some = [one for one in found if one.how == how]
            telling = {one.line for one in some if _leads(one.term, codes[one.line])}
            chance = np.mean(
                [
                    len({one.line for one in some if _leads(one.term, dealt[one.line])})
                    for dealt in (_dealt(codes, rng) for _ in range(50))
                ]
            )
            print(  # noqa: T201
                f"{path.stem:24} {how:7} {len(some):4} terms near {len({o.line for o in some}):3} of "
                f"{len(rows)} lines; telling for {len(telling):3} (by chance {chance:.1f})"
            )


def _leads(term: Term, code: str) -> bool:
    return len(term.code) >= 6 and term.code[:6] == code[:6]


def _dealt(codes: Sequence[str], rng: np.random.Generator) -> list[str]:
    """The same codes dealt out anew among the lines of their chapter."""
    dealt = list(codes)
    for chapter in {code[:2] for code in codes}:
        there = [place for place, code in enumerate(codes) if code[:2] == chapter]
        for place, other in zip(there, rng.permutation(there), strict=True):
            dealt[place] = codes[int(other)]
    return dealt


if __name__ == "__main__":
    main()
