"""What comes back: the disposition records of AX (entry summary) and SX (cargo release).

Read as (record, code): the same two characters mean different things in different records.
A code that is not known here keeps its own text and is never taken for good news. Sources:
CBP, ACE CATAIR Entry Summary Create/Update (E0, E1) and Cargo Release (SE90).
"""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict

_WIDTH = 80
_MOST = 2000
_AX = {
    "S01": "The entry summary was added.",
    "S02": "The entry summary was replaced.",
    "368": "The tariff number is not known to CBP.",
    "R01": "The entry summary was rejected.",
}
_SX = {
    "01": "The cargo release was rejected.",
    "03": "Accepted with warnings.",
    "04": "Referred to human review: neither accepted nor rejected.",
    "11": "An error on the record before it.",
    "13": "A warning.",
}


class Remark(BaseModel):
    """One remark of the authority on a filing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record: str
    code: str
    line: int | None
    refused: bool
    text: str


def remarks(records: list[str]) -> list[Remark]:
    """The remarks in these records, in their order; what is no such record is passed over."""
    found: list[Remark] = []
    about: str | None = None
    line: int | None = None
    for raw in records[:_MOST]:
        row = raw[:_WIDTH].ljust(_WIDTH).upper()
        if row[:2] == "E0":
            about = row[3:9].strip()
            line = _number(row[10:16]) if about in ("LINITM", "TARIFF") else None
        elif row[:2] == "E1":
            code, text = row[4:7].strip(), row[10:77].strip()
            found.append(
                Remark(record="E1", code=code, line=line, refused=row[2] == "R",
                       text=_said(_AX.get(code), text))
            )  # fmt: skip
        elif row[:4] == "SE40":
            line = int(row[4:7]) if row[4:7].isdigit() else None
        elif row[:4] == "SE90":
            code, text = row[4:6], row[6:80].strip()
            found.append(
                Remark(record="SE90", code=code, line=line, refused=code in ("01", "11"),
                       text=_said(_SX.get(code), text))
            )  # fmt: skip
    return found


def rejection(records: list[str]) -> str | None:
    """What was refused, in words, with the line; None when nothing was."""
    told = [
        (f"Line {one.line}: " if one.line is not None else "") + f"{one.text} ({one.code})"
        for one in remarks(records)
        if one.refused
    ]
    return " ".join(told) or None


def _number(part: str) -> int | None:
    digits = re.search(r"\d+", part)
    return int(digits[0]) if digits else None


def _said(known: str | None, text: str) -> str:
    if known is None:
        return text or "No text was given."
    return f"{known} “{text}”" if text and text.rstrip(".") != known.upper().rstrip(".") else known
