"""An entry of a denied-party list as a value, and what makes it the same entry tomorrow.

`mark` is the hash of what the entry says, folded, so that the CSV and the JSON of one list give
the same; a clearance holds for an id and a mark, and falls when either changes. Links are no part
of it.
"""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from typing import Literal

from pydantic import ConfigDict

from storage.values import Value

Kind = Literal["individual", "entity", "vessel", "aircraft", "unknown"]

LISTS = {
    "SDN": "Specially Designated Nationals (OFAC)",
    "SSI": "Sectoral Sanctions Identifications (OFAC)",
    "FSE": "Foreign Sanctions Evaders (OFAC)",
    "PLC": "Palestinian Legislative Council (OFAC)",
    "CAP": "Correspondent or Payable-Through Account Sanctions (OFAC)",
    "CMIC": "Non-SDN Chinese Military-Industrial Complex Companies (OFAC)",
    "MBS": "Non-SDN Menu-Based Sanctions (OFAC)",
    "EL": "Entity List (BIS)",
    "DPL": "Denied Persons List (BIS)",
    "UVL": "Unverified List (BIS)",
    "MEU": "Military End User List (BIS)",
    "DTC": "ITAR Debarred (State)",
    "ISN": "Nonproliferation Sanctions (State)",
}
"""The lists that the Consolidated Screening List brings together, by their short names."""

_CODE = re.compile(r"\(([A-Z]{2,5})\)")
_IMO = re.compile(r"\bIMO\W{0,3}(\d{7})\b|^\s*(\d{7})\s*$", re.IGNORECASE)
_WORDS = re.compile(r"[^\W_]+")


class ListedName(Value):
    """One name of an entry. A weak alias is one that the list itself puts in quotes."""

    text: str
    kind: Literal["name", "alias", "weak alias"] = "name"


class Entry(Value):
    """One entry: who it is, by which list, under which programme."""

    model_config = ConfigDict(ignored_types=(cached_property,))

    entry_id: str
    source: str
    kind: Kind = "unknown"
    programs: str = ""
    names: tuple[ListedName, ...]
    addresses: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()  #: ISO 3166 alpha-2, of addresses, nationality, flag
    born: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    imo: str | None = None  #: of a vessel
    notice: str = ""  #: Federal Register notice
    terms: str = ""  #: licence requirement and policy, order, dates, remarks
    url: str = ""

    @property
    def name(self) -> str:
        return self.names[0].text

    @cached_property
    def mark(self) -> str:
        """The hash of what the entry says."""
        said = self.model_dump(exclude={"url", "names"})
        parts = [f"{key}={_plain(value)}" for key, value in sorted(said.items())]
        parts += sorted(f"{one.kind}={_plain(one.text)}" for one in self.names)
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:24]


def code_of(source: str) -> str | None:
    """The short name in "Entity List (EL) - Bureau of Industry and Security"."""
    found = _CODE.search(source)
    return found[1] if found else None


def imo_of(text: str) -> str | None:
    """A ship's IMO number in a text, if its check digit is right (IMO resolution A.1117(30))."""
    found = _IMO.search(text)
    digits = (found[1] or found[2]) if found else ""
    if not digits:
        return None
    total = sum(int(one) * (7 - place) for place, one in enumerate(digits[:6]))
    return digits if total % 10 == int(digits[6]) else None


def _plain(value: object) -> str:
    """Words in order of the alphabet: how a file joins its columns is no change of an entry."""
    text = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return " ".join(sorted(_WORDS.findall(text.casefold())))
