"""What a paper is before it is set: its template, its facts, and why it cannot be made."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import prompts
from storage.values import Value
from workflows.papers import words
from workflows.papers.dossier import Dossier


class Kind(StrEnum):
    """The papers that can be asked for."""

    COMMERCIAL_INVOICE = "commercial_invoice"
    PACKING_LIST = "packing_list"
    CERTIFICATE_OF_ORIGIN = "certificate_of_origin"
    ISF = "isf"
    ENTRY_SUMMARY = "entry_summary"
    DELIVERY_ORDER = "delivery_order"


TITLES = {
    Kind.COMMERCIAL_INVOICE: "Commercial invoice",
    Kind.PACKING_LIST: "Packing list",
    Kind.CERTIFICATE_OF_ORIGIN: "Certificate of origin",
    Kind.ISF: "Importer security filing 10+2",
    Kind.ENTRY_SUMMARY: "Entry summary",
    Kind.DELIVERY_ORDER: "Delivery order",
}

_OF_THE_DAY = frozenset({"mark", "issued"})
_FOLDER = Path(prompts.__file__).parent / "papers"


class Sheet(Value):
    """One paper, ready to be set unless `lacks` says why not."""

    kind: Kind
    part: str = ""
    title: str
    template: str
    facts: dict[str, Any] = {}
    lacks: tuple[str, ...] = ()  #: what must be known before it can be made
    open: tuple[str, ...] = ()  #: printed as "to be completed"

    @property
    def fingerprint(self) -> str:
        """The same for the same facts, on whatever day they are printed."""
        lasting = {name: fact for name, fact in self.facts.items() if name not in _OF_THE_DAY}
        written = json.dumps([self.template, lasting], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(written.encode()).hexdigest()


def template(kind: Kind, lane: str | None) -> str:
    """The trade lane's own template where there is one, `invoice.mx.typ`, else the general one."""
    own = f"{kind.value}.{lane}"
    return own if lane and (_FOLDER / f"{own}.typ").is_file() else kind.value


def lane_of(dossier: Dossier) -> str | None:
    """The trade lane by the country that the goods are shipped from."""
    country = dossier.parties.exporter.country
    return next((name for name, lane in lanes().items() if country in lane["countries"]), None)


def lane_notes(dossier: Dossier, kind: Kind) -> list[str]:
    """What this lane wants said on this paper."""
    lane = lane_of(dossier)
    return list(lanes()[lane].get(kind.value, [])) if lane else []


@cache
def lanes() -> dict[str, dict[str, list[str]]]:
    """The trade lanes of `prompts/papers/lanes.json`, which a broker can edit."""
    found: dict[str, dict[str, list[str]]] = json.loads((_FOLDER / "lanes.json").read_text("utf-8"))
    return found


def head(dossier: Dossier, kind: Kind, *, draft: str | None) -> dict[str, Any]:
    """What every paper bears."""
    return {
        "firm": dossier.firm,
        "ref": dossier.ref,
        "draft": draft,
        "mark": f"{dossier.ref} · {TITLES[kind]} · prepared by {dossier.firm} on "
        f"{words.day(dossier.today)}",
    }
