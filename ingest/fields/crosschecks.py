"""What the values of one document say about each other: flags for a person, never other values.

Related parties bear on the transaction value (19 CFR 152.103(l)), the freight on what is dutiable
(19 CFR 152.103(a)(5)), and dates that cannot follow each other on which paper is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from ingest.fields import spelled, values
from ingest.fields.found import PROVEN, WEAK, Findings
from ingest.fields.layout import Row
from ingest.fields.lineread import LineRead

_BUYERS = ("parties.importer", "parties.consignee")
_WITHOUT_FREIGHT = ("EXW", "FCA", "FAS", "FOB")
_WITHOUT_INSURANCE = ("EXW", "FCA", "FAS", "FOB", "CFR", "CPT")
_WITH_FREIGHT = ("CFR", "CIF", "CPT", "CIP", "DAP", "DPU", "DDP")
_COMMON = frozenset(
    {"limited", "corp", "company", "gmbh", "group", "international", "trading", "import"}
    | {"export", "imports", "exports", "industries", "industry", "global", "china", "retail"}
    | {"supply", "factory"}
)
_ALIKE = 92  # per cent


def look(found: Findings, rows: Sequence[Row], lines: Sequence[LineRead]) -> None:
    """Add a flag for each thing that does not fit or that customs will ask about."""
    _spelled(found, rows)
    _origin(found, lines)
    _related(found)
    _freight(found)
    _dates(found)


def _spelled(found: Findings, rows: Sequence[Row]) -> None:
    """The total in words is a second witness of the figures."""
    total, amount = found.by_path.get("totals.total"), spelled.total_of(rows)
    if total is None or amount is None:
        return
    if amount == total.value:
        sure = max(total.confidence, PROVEN)
        found.by_path["totals.total"] = total.model_copy(update={"confidence": sure})
        return
    found.lower("totals.total", WEAK)
    found.flag(
        "amount_in_words",
        "totals.total",
        "review",
        f"In words the total is {amount:,.2f}, in figures {total.value:,.2f}.",
    )


def _origin(found: Findings, lines: Sequence[LineRead]) -> None:
    """Goods that leave from another country than the one they were made in."""
    port = str(found.get("transport.portOfLoading") or "")
    leaves = values.country_in(port) or found.get("parties.exporter.country")
    others = [
        (number, line.values["countryOfOrigin"])
        for number, line in enumerate(lines, 1)
        if line.values.get("countryOfOrigin") not in (None, leaves)
    ]
    if not leaves or not others:
        return
    listed = ", ".join(f"line {number}: {land}" for number, land in others[:5])
    more = f" and {len(others) - 5} more" if len(others) > 5 else ""
    found.flag(
        "origin",
        None,
        "info",
        f"The goods leave from {leaves}, but their origin is another ({listed}{more}): "
        "see that the origin is proved.",
    )


def _related(found: Findings) -> None:
    seller = found.get("parties.exporter.name")
    for buyer in _BUYERS:
        name = found.get(f"{buyer}.name")
        if not seller or not name:
            continue
        shared = _own_words(seller) & _own_words(name)
        here, there = found.get("parties.exporter.address"), found.get(f"{buyer}.address")
        same_place = here and there and fuzz.ratio(here.casefold(), there.casefold()) >= _ALIKE
        if shared or same_place:
            why = f"both are named “{min(shared)}”" if shared else "they share an address"
            found.flag(
                "related_parties",
                f"{buyer}.name",
                "info",
                f"Seller and buyer may be related: {why}. Ask whether it affected the price.",
            )
            return


def _own_words(name: str) -> set[str]:
    words = re.findall(r"[^\W\d_]{4,}", name.casefold())
    return {word for word in words[:2] if word not in _COMMON}


def _freight(found: Findings) -> None:
    term = str(found.get("header.incoterms") or "")[:3].upper()
    for field, without in (("freight", _WITHOUT_FREIGHT), ("insurance", _WITHOUT_INSURANCE)):
        amount = found.get(f"totals.{field}")
        if amount and term in without:
            found.flag(
                "incoterm",
                f"totals.{field}",
                "info",
                f"The terms are {term}, but {field} of {amount:,.2f} is charged: "
                "see whether the prices contain it.",
            )
    if term in _WITH_FREIGHT and found.get("totals.total") and not found.get("totals.freight"):
        found.flag(
            "incoterm",
            "totals.freight",
            "info",
            f"The terms are {term} and no freight is stated: international freight in the price is "
            "deducted only where its amount is known (19 CFR 152.103(a)(5)).",
        )


def _dates(found: Findings) -> None:
    for first, then, words in (
        ("transport.etd", "transport.eta", "The arrival ({b}) lies before the departure ({a})."),
        (
            "header.invoiceDate",
            "header.exportDate",
            "The export ({b}) lies before the date of the invoice ({a}).",
        ),
        (
            "transport.eta",
            "transport.lastFreeDay",
            "The last free day ({b}) lies before the arrival ({a}).",
        ),
    ):
        a, b = found.get(first), found.get(then)
        if a is not None and b is not None and b < a:
            found.flag("dates", then, "review", words.format(a=a, b=b))
