"""Trade words and the codes that they are entered under: our own tables, and a user's beside them.

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

_DATA = Path(__file__).parent.parent / "data"
OURS = _DATA / "trade_terms.csv"
APART = _DATA / "trade_terms_apart.csv"
"""Terms whose authors had read none of the labelled lines that the desk is measured on."""
_SHORTEST = 4
_MOST = 100_000


class Term(NamedTuple):
    text: str
    code: str  #: digits, at least four
    apart: bool = False  #: its author had not read the labelled lines, so it may help to guess them


def ours() -> list[Term]:
    """The two tables that come with the product."""
    found = []
    for path in (OURS, APART):
        with path.open(encoding="utf-8", newline="") as file:
            found += [
                Term(text.strip(), row["code"], path is APART)
                for row in csv.DictReader(file)
                for text in row["terms"].split(";")
                if text.strip()
            ]
    return found


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
    found: dict[tuple[str, str], Term] = {}
    for one in terms:
        bare = one.code[:10]
        while bare not in known and len(bare) > _SHORTEST:
            bare = bare[:-2]
        if bare in known:
            before = found.get((bare, one.text))
            apart = one.apart or (before is not None and before.apart)
            found[bare, one.text] = Term(one.text, bare, apart)
    return [found[key] for key in sorted(found)]
