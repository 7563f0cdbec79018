"""What two other open readers of invoices make of PDFs: run under an interpreter that has them.

`python bench/reading_peers.py FILE…` prints one JSON object: peer -> file -> fields in the words of
the yardstick, and the seconds it took. invoice2data is given the template that it drafts itself
from the very file; invoice-agent its offline layout rules. Both are run, and no more.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def invoice_agent(path: Path) -> dict[str, Any]:
    from invoice_agent.extract.layout import LayoutExtractor  # noqa: PLC0415
    from invoice_agent.ingest import load_pdf  # noqa: PLC0415

    made = LayoutExtractor().extract(load_pdf(path))
    return {
        "document_type": "commercial_invoice",
        "invoice_number": made.invoice_number,
        "invoice_date": made.invoice_date.isoformat() if made.invoice_date else None,
        "currency": made.currency,
        "total": float(made.total) if made.total is not None else None,
        "exporter_name": made.vendor,
        "line_items": [
            {
                "description": one.description,
                "quantity": float(one.quantity),
                "unit_price": float(one.unit_price),
                "extended_value": float(one.amount),
            }
            for one in made.line_items
        ],
    }


def invoice2data(path: Path) -> dict[str, Any]:
    from invoice2data.api import _sample_text  # noqa: PLC0415
    from invoice2data.extract import template_builder  # noqa: PLC0415

    text = _sample_text(str(path))
    template = template_builder.suggested_template(text)
    found = {
        name: template_builder.preview_field(spec, text)
        for name, spec in (template.get("fields") or {}).items()
    }
    amount = (found.get("amount") or "").replace(",", "")
    return {
        "document_type": "commercial_invoice",
        "invoice_number": found.get("invoice_number"),
        "invoice_date": found.get("date"),
        "currency": (template.get("options") or {}).get("currency") or found.get("currency"),
        "total": float(amount) if amount.replace(".", "", 1).isdigit() else None,
        "exporter_name": template.get("issuer"),
    }


PEERS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "invoice2data": invoice2data,
    "invoice-agent": invoice_agent,
}


def main() -> None:
    told: dict[str, dict[str, Any]] = {}
    for name, read in PEERS.items():
        told[name] = {}
        for path in map(Path, sys.argv[1:]):
            start = time.perf_counter()
            try:
                fields: dict[str, Any] | None = read(path)
            except Exception as exc:  # noqa: BLE001 - a peer may fail on anything; that is its answer
                fields = None
                sys.stderr.write(f"{name}: {path.name}: {type(exc).__name__}: {exc}\n")
            told[name][path.name] = {"fields": fields, "seconds": time.perf_counter() - start}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
