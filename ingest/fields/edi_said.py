"""What one segment of an EDI invoice says, put where it belongs: a party, an amount, a line."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from ingest.fields import values
from ingest.fields.einvoice import SURE, UNITS, cell_of, put_value, typed
from ingest.fields.found import Findings
from ingest.fields.lineread import LineRead
from ingest.fields.segments import Segment

_PARTIES = {
    "edifact": {
        "SE": "exporter", "SU": "exporter", "EX": "exporter", "BY": "importer", "IM": "importer",
        "CN": "consignee", "DP": "shipTo", "MF": "manufacturer",
    },
    "x12": {
        "SE": "exporter", "VN": "exporter", "SU": "exporter", "EX": "exporter", "BY": "importer",
        "IM": "importer", "CN": "consignee", "ST": "shipTo", "MF": "manufacturer",
    },
}  # fmt: skip
_FIRST = ("EX", "IM")  # the role in customs before the role in trade
_UNITS = UNITS | {"PCE": "PCS", "NMB": "PCS", "PC": "PCS", "KG": "KG", "DZ": "DOZ", "LB": "LB"}


class Line:
    """A line while its segments come in."""

    def __init__(self, number: int) -> None:
        self._made = LineRead(values={"lineNumber": number}, evidence={}, confidence={})

    def say(self, field: str, text: str, seen: Segment) -> None:
        """The first word for a field stands."""
        value = typed(field, text) if text else None
        if value is None or field in self._made.values:
            return
        self._made.values[field] = value
        self._made.evidence[field] = cell_of(seen.text).evidence()
        self._made.confidence[field] = SURE

    def more(self, field: str, text: str, seen: Segment) -> None:
        """Words that go on where others ended."""
        before = self._made.values.pop(field, "")
        self.say(field, f"{before} {text}".strip()[:1000], seen)

    def count(self, quantity: str, unit: str, seen: Segment) -> None:
        """How many, of what unit."""
        self.say("quantity", quantity, seen)
        self.say("unit", _UNITS.get(unit, unit)[:20], seen)

    def done(self) -> LineRead:
        """The line as far as it was said."""
        return self._made


def party_of(
    found: Findings,
    syntax: str,
    role: str,
    name: str,
    address: Sequence[str],
    land: str,
    seen: Segment,
) -> None:
    """The party of a role, of one segment or several."""
    party = _PARTIES[syntax].get(role)
    if party is None or not name:
        return
    path = f"parties.{party}"
    if found.get(f"{path}.name") and role not in _FIRST:
        return
    for field in ("name", "address", "country"):
        found.by_path.pop(f"{path}.{field}", None)
    put_value(found, f"{path}.name", name, seen.text)
    put_value(found, f"{path}.address", ", ".join(x for x in address if x) or None, seen.text)
    put_value(found, f"{path}.country", land, seen.text)


def terms(found: Findings, code: str, place: str, seen: Segment) -> None:
    """The Incoterm, where the code is one."""
    if code in values.INCOTERMS:
        put_value(found, "header.incoterms", f"{code} {place}".strip(), seen.text)


def amount_of(found: Findings, path: str, text: Any, seen: Segment) -> None:
    """An amount with a point, from its text."""
    amount = decimal(str(text or ""))
    if amount is not None:
        found.by_path.pop(path, None)
        found.add(path, amount, SURE, cell_of(seen.text))


def decimal(text: str) -> Decimal | None:
    """The figure, or None when it is none or absurd."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < Decimal("1e15") else None


def cents(text: str) -> str | None:
    """A figure with two implied decimals, as N2 of X12."""
    amount = decimal(text)
    return str(amount / 100) if amount is not None and amount == amount.to_integral() else None
