"""What was found, put together as the reading of a document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ingest.fields.found import Findings
from ingest.fields.layout import Row, Sheet
from ingest.fields.lineread import LineRead
from knowledge import assists
from storage.values import (
    DocumentKind,
    Header,
    InvoiceLine,
    Mention,
    Parties,
    Reading,
    Totals,
    Transport,
)

_SIGNED = re.compile(
    r"(?i)\b(?:signed|signature|authori[sz]ed (?:signature|signatory))\b(?: by)?\s*[:.]?\s*(.*)"
)


def signature(rows: Sequence[Row]) -> bool | None:
    """True when a name stands on the signature line, False when it is empty, else None."""
    for row in rows:
        line = " ".join(cell.text for cell in row)
        if "/s/" in line:
            return True
        if match := _SIGNED.search(line):
            return bool(re.search(r"[^\W\d_]{2}", match[1]))
    return None


def mentions(paper: Sequence[Sheet]) -> tuple[Mention, ...]:
    """What the pages say of things that the buyer gave to the seller (19 USC 1401a(h)(1))."""
    return tuple(
        Mention(page=sheet.page.number, text=text, amount=Decimal(amount))
        for sheet in paper
        for text, amount in assists.mentions(
            [" ".join(cell.text for cell in row) for row in sheet.rows]
        )
    )


def reading(
    name: str,
    pages: int,
    kind: DocumentKind,
    sure_of_kind: float,
    found: Findings,
    lines: Sequence[LineRead],
    signed: bool | None,
) -> Reading:
    sections: dict[str, dict[str, Any]] = {"header": {}, "transport": {}, "totals": {}}
    blocks: dict[str, dict[str, Any]] = {}
    sure = {}
    evidence = {}
    for path, one in found.by_path.items():
        section, _, rest = path.partition(".")
        if section == "parties":
            party, _, field = rest.partition(".")
            blocks.setdefault(party, {})[field] = one.value
        else:
            sections[section][rest] = one.value
        if isinstance(one.value, tuple):
            for index in range(len(one.value)):
                sure[f"{path}[{index}]"] = one.confidence
                evidence[f"{path}[{index}]"] = one.evidence
        else:
            sure[path], evidence[path] = one.confidence, one.evidence
    items = []
    for index, line in enumerate(lines):
        items.append(InvoiceLine(**{**line.values, "lineNumber": index + 1}))
        for field, how in line.confidence.items():
            if field != "lineNumber" and field in line.evidence:
                sure[f"lineItems[{index}].{field}"] = how
                evidence[f"lineItems[{index}].{field}"] = line.evidence[field]
    return Reading(
        documentType=kind,
        kindConfidence=sure_of_kind,
        file=name,
        pages=pages,
        header=Header(**sections["header"]),
        parties=Parties(**blocks),
        transport=Transport(**sections["transport"]),
        totals=Totals(**sections["totals"]),
        lineItems=tuple(items),
        confidenceByField=sure,
        evidence=evidence,
        flags=tuple(found.flags),
        signed=signed,
    )
