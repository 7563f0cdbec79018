"""The figures over as many shipments as one answer takes, on SQLite and PostgreSQL side by side.

`python -m bench.stats [SHIPMENTS]` (20,000 unless told) fills an empty database of each kind with
generated shipments, documents, decisions, holds and pickups, then gathers the figures as
`/tidewaiter stats` does and writes the whole CSV. The peer in the same run reads the same
shipments and computes nothing; its ratio is printed.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import insert
from sqlmodel import Session, SQLModel, select

from bench.archive import databases_of, row_of, settle
from knowledge.free_time import Terms
from storage import audit
from storage.db import Database
from storage.models import Document, Entry, Hold, Importer, Pickup, Shipment
from storage.values import (
    SYSTEM,
    DocumentKind,
    Evidence,
    Header,
    Parties,
    PartyBlock,
    Reading,
    Transport,
)
from workflows import stats
from workflows.ports import House

IMPORTERS, DOCUMENTS, TRIES = 60, 3, 3
DECIDED = 2000  #: shipments with a decision in the audit, whose chain is written one by one


READ = Reading(
    documentType=DocumentKind.COMMERCIAL_INVOICE, kindConfidence=0.9, file="a.pdf", pages=1,
    evidence={f"field{n}": Evidence(page=1, box=(0, 0, 9, 9), text="words") for n in range(30)},
)  # fmt: skip


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    shown = Table("", "filled s", "gathered s", "CSV s", "read only s", "ratio")
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("sqlite", "postgresql"):
            with databases_of(kind, Path(folder)) as database:
                shown.add_row(kind, *_measure(database, many))
    console = Console()
    console.print(f"{many:,} shipments, {DOCUMENTS} documents each, best of {TRIES}")
    console.print(shown)


def _measure(database: Database, many: int) -> list[str]:
    began = time.perf_counter()
    _fill(database, many)
    filled = time.perf_counter() - began
    settle(database)
    house, asked = _house(), stats.Asked(split=datetime(2026, 6, 1, tzinfo=UTC).date())
    gathered, written, plain = [], [], []
    for _ in range(TRIES):
        with database.snapshot() as session:
            began = time.perf_counter()
            cases = stats.gather(session, asked, house=house)
            gathered.append(time.perf_counter() - began)
        assert len(cases) == min(many, 20_000)
        began = time.perf_counter()
        stats.table(cases, asked)
        written.append(time.perf_counter() - began)
        with database.snapshot() as session:
            began = time.perf_counter()
            session.exec(select(Shipment)).all()
            plain.append(time.perf_counter() - began)
    best = min(gathered)
    return [f"{filled:.0f}", f"{best:.1f}", f"{min(written):.2f}", f"{min(plain):.1f}",
            f"{best / min(plain):.1f}"]  # fmt: skip


def _house() -> House:
    """Of the house only the terms of delivery are asked: here there are none."""
    made = object.__new__(House)
    object.__setattr__(made, "delivery", Terms())
    return made


def _fill(database: Database, many: int) -> None:
    with database.transaction() as session:
        session.execute(
            insert(Importer),
            [row_of(Importer, {"name": f"Importer {n}", "match_name": f"i{n}"}) for n in range(IMPORTERS)],
        )
    for start in range(0, many, 1000):
        with database.transaction() as session:
            _insert(session, range(start, min(start + 1000, many)))
    with database.transaction() as session:
        for key in range(1, min(many, DECIDED) + 1):
            audit.record(
                session, "code_confirmed", actor=SYSTEM, shipment_id=key, code="4202.92.31.20",
                offered=["4202.92.31.20"],
            )  # fmt: skip


def _insert(session: Session, numbers: range) -> None:
    dice, day = random.Random(numbers.start), datetime(2026, 1, 1, tzinfo=UTC)
    rows: dict[type[SQLModel], list[dict[str, Any]]] = {
        one: [] for one in (Shipment, Entry, Document, Hold, Pickup)
    }
    for n in numbers:
        key, at = n + 1, day + timedelta(minutes=20 * n)
        rows[Shipment].append({
            "id": key, "ref": f"SHP-2026-{key:06d}", "state": "closed", "importer_id": n % IMPORTERS + 1,
            "header": Header(invoiceNumber=f"INV-{n}"),
            "parties": Parties(exporter=PartyBlock(name="Works", country=dice.choice(("CN", "VN", "DE")))),
            "transport": Transport(masterBill=f"ZZZQ{n:08d}", containers=(f"ZZZU{n:07d}",), eta=at.date()),
            "created_at": at, "updated_at": at,
        })  # fmt: skip
        rows[Entry].append({
            "id": key, "shipment_id": key, "number": f"QZ7-{n:07d}-{n % 10}", "key": f"e{n}", "gateway": "bench",
            "filing": {}, "confirmed_by": "U1", "confirmed_name": "Dana",
            "confirmed_at": at + timedelta(hours=dice.randrange(40)), "submitted_at": at + timedelta(hours=41),
        })  # fmt: skip
        rows[Document] += [
            {"shipment_id": key, "filename": f"{n}-{i}.pdf", "content_type": "application/pdf", "size": 1,
             "sha256": f"{n:060d}{i:04d}", "kind": "commercial_invoice", "state": "read", "received_at": at,
             "reading": READ}
            for i in range(DOCUMENTS)
        ]  # fmt: skip
        rows[Pickup].append({"shipment_id": key, "entry_id": key, "gate_out_on": at.date(), "made_at": at})
        if n % 12 == 0:
            rows[Hold].append({
                "entry_id": key, "shipment_id": key, "code": "5H", "reason": "x", "kind": "documents",
                "placed_at": at, "lifted_at": at + timedelta(hours=dice.randrange(90)),
            })  # fmt: skip
    for table, many in rows.items():
        if many:
            session.execute(insert(table), [row_of(table, one) for one in many])


if __name__ == "__main__":
    main()
