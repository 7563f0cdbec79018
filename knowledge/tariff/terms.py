"""Trade words and the codes that they are entered under: our own table, and a user's beside it.

The schedule says "articles for the conveyance or packing of goods"; the trade says "trash bags".
A code may be a heading, a subheading or a whole line. `MORE` names what a user may have: the UK
search references (JSON: word to code) or a CSV of words and codes; they are read, never copied.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from knowledge.tariff.schedule import Schedule

OURS = Path(__file__).parent.parent / "data" / "trade_terms.csv"
_SHORTEST = 4
_MOST = 100_000


class Term(NamedTuple):
    text: str
    code: str  #: digits, at least four


def ours() -> list[Term]:
    """The table that comes with the product."""
    with OURS.open(encoding="utf-8", newline="") as file:
        return [
            Term(text.strip(), row["code"])
            for row in csv.DictReader(file)
            for text in row["terms"].split(";")
            if text.strip()
        ]


def read(path: Path) -> list[Term]:
    """Terms from a user's file: a JSON object or a CSV of two columns (words, code)."""
    raw = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".json":
        pairs = [(str(key), str(value)) for key, value in json.loads(raw).items()]
    else:
        rows = [row for row in csv.reader(raw.splitlines()) if len(row) >= 2]
        pairs = [(row[0], row[1]) for row in rows]
    found = [(text.strip(), "".join(c for c in code if c.isdigit())) for text, code in pairs]
    return [Term(text[:200], code) for text, code in found if text and len(code) >= _SHORTEST][
        :_MOST
    ]


def fitting(terms: Sequence[Term], schedule: Schedule) -> list[Term]:
    """The terms whose code, cut as far as need be, stands in this schedule, in its order."""
    whole = [line.bare for line in schedule.leaves]
    known = {bare[:n] for bare in whole for n in (4, 6, 8, 10)}
    found = []
    for text, code in terms:
        bare = code[:10]
        while bare not in known and len(bare) > _SHORTEST:
            bare = bare[:-2]
        if bare in known:
            found.append(Term(text, bare))
    return sorted(set(found), key=lambda one: (one.code, one.text))
