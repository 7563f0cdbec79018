"""The archive at size: any search and an audit package, on SQLite and PostgreSQL side by side.

`python -m bench.archive [ENTRIES]` (100,000 unless told) fills an empty database of each kind
with generated files, asks every kind of question many times, and packs fifty entries. The peer
in the same run is the search that a table scan gives (`LIKE` over the same words); it is printed
as a ratio.
"""

from __future__ import annotations

import io
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlalchemy import create_engine, insert, text
from sqlmodel import Session, SQLModel, select

from storage import search
from storage.blobs import Blobs
from storage.db import Database
from storage.models import Document, Entry, Importer, LineItem, Reference, Shipment
from storage.values import Header, Parties, PartyBlock, Transport
from tests import databases
from workflows import archive, audit_package

IMPORTERS, SUPPLIERS = 400, 2000
LINES, DOCUMENTS = 3, 4
ROUNDS = 25
PACKED = 50
_GOODS = ("backpack", "chandelier", "table", "adapter", "shirt", "valve", "printer", "lamp", "toy")
_STUFF = ("polyester", "brass", "porcelain", "steel", "cotton", "aluminium", "plastic", "oak")


def main() -> None:
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    console = Console()
    shown = Table(
        "", "filled s", "searches p50 ms", "p95 ms", "slowest", "scan/search", "50 entries s"
    )
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("sqlite", "postgresql"):
            with databases_of(kind, Path(folder)) as database:
                shown.add_row(kind, *_measure(database, Path(folder) / kind, entries))
    console.print(f"{entries:,} entries, {LINES} lines and {DOCUMENTS} documents each")
    console.print(shown)


def _measure(database: Database, folder: Path, entries: int) -> list[str]:
    blobs = Blobs(str(folder))
    began = time.perf_counter()
    _fill(database, blobs, entries)
    filled = time.perf_counter() - began
    settle(database)
    taken: dict[str, list[float]] = {}
    for question in _questions(entries):
        name = question.partition(":")[0] if ":" in question else "words"
        with database.snapshot() as session:
            began = time.perf_counter()
            archive.search(session, question)
            taken.setdefault(name, []).append((time.perf_counter() - began) * 1000)
    every = sorted(one for many in taken.values() for one in many)
    slowest = max(taken, key=lambda name: statistics.median(taken[name]))
    scans = [_scan(database, f"importer number {n}") for n in range(3)]
    p50, p95 = statistics.median(every), every[int(len(every) * 0.95)]
    with database.snapshot() as session:
        numbers = session.exec(select(Entry.number).limit(PACKED)).all()
    began = time.perf_counter()
    with database.snapshot() as session:
        chosen = audit_package.chosen(session, numbers=[one for one in numbers if one])
    made = audit_package.write(
        io.BytesIO(), chosen, snapshot=database.snapshot, blobs=blobs, firm="Bench"
    )
    packed = time.perf_counter() - began
    assert not made.problems, made.problems[:3]
    return [
        f"{filled:.0f}",
        f"{p50:.1f}",
        f"{p95:.1f}",
        f"{slowest} {statistics.median(taken[slowest]):.0f} ms",
        f"{statistics.median(scans) / p50:.0f}",
        f"{packed:.1f}",
    ]


def settle(database: Database) -> None:
    """What PostgreSQL's autovacuum does by itself within minutes of such a load."""
    if not database.url.startswith("sqlite"):
        engine = create_engine(database.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("VACUUM (ANALYZE)"))
        engine.dispose()


def _scan(database: Database, words: str) -> float:
    """What the same question costs without an index."""
    statement = text("SELECT id FROM shipment WHERE search_text LIKE :words")
    with database.snapshot() as session:
        began = time.perf_counter()
        session.execute(statement, {"words": f"%{words}%"}).all()
        return (time.perf_counter() - began) * 1000


def _questions(entries: int) -> Iterator[str]:
    dice = random.Random(5)
    for _ in range(ROUNDS):
        one = dice.randrange(entries)
        yield f"entry:{_entry(one)}"
        yield f"container:ZZZU{1_000_000 + one}"
        yield f"importer:number {one % IMPORTERS}"
        yield f"supplier:works {one % SUPPLIERS}"
        yield f"goods:{dice.choice(_STUFF)}"
        yield f"hts:{4202 + one % 90}"
        yield f"bill:ZZZQ{one}"
        yield f"{dice.choice(_GOODS)} {dice.choice(_STUFF)} importer:{one % IMPORTERS}"
        yield f"from:2026-03 to:2026-04 {dice.choice(_GOODS)}"
        yield f"nothing{one} {dice.choice(_GOODS)}"


def _fill(database: Database, blobs: Blobs, entries: int) -> None:
    with database.transaction() as session:
        session.execute(
            insert(Importer),
            [
                row_of(Importer, {"name": f"Importer number {n} Inc.", "match_name": f"i{n}"})
                for n in range(IMPORTERS)
            ],
        )
    step = 1000
    for start in track(range(0, entries, step), description=database.url.partition(":")[0]):
        numbers = range(start, min(start + step, entries))
        with database.transaction() as session:
            _insert(session, numbers, blobs)


def _insert(session: Session, numbers: range, blobs: Blobs) -> None:
    day = datetime(2026, 1, 1, tzinfo=UTC)
    rows: dict[type[SQLModel], list[dict[str, Any]]] = {
        one: [] for one in (Shipment, Entry, LineItem, Document, Reference)
    }
    for n in numbers:
        key, importer, supplier = n + 1, n % IMPORTERS, n % SUPPLIERS
        at = day + timedelta(minutes=5 * n)
        parties = Parties(
            importer=PartyBlock(name=f"Importer number {importer} Inc.", country="US"),
            exporter=PartyBlock(name=f"Supplier works {supplier} Co., Ltd.", country="CN"),
        )
        lines = [
            f"{_STUFF[(n + i) % 8]} {_GOODS[(n * 7 + i) % 9]}, model M{n % 500}"
            for i in range(LINES)
        ]
        codes = [f"{4202 + n % 90}.{10 + i}.00.{n % 90 + 10}" for i in range(LINES)]
        fields = {
            "ref": [f"SHP-2026-{key:06d}"],
            "entry": [_entry(n)],
            "importer": [parties.importer.name],
            "supplier": [parties.exporter.name],
            "party": [parties.importer.name, parties.exporter.name],
            "container": [f"ZZZU{1_000_000 + n}"],
            "bill": [f"ZZZQ{n}"],
            "invoice": [f"INV-{n}"],
            "hts": codes,
            "goods": lines,
            "file": [f"invoice-{n}.pdf"],
        }
        rows[Shipment].append(
            {
                "id": key,
                "ref": f"SHP-2026-{key:06d}",
                "state": "closed",
                "version": 1,
                "importer_id": importer + 1,
                "header": Header(invoiceNumber=f"INV-{n}"),
                "parties": parties,
                "transport": Transport(masterBill=f"ZZZQ{n}"),
                "search_text": " ".join(str(s) for many in fields.values() for s in many).lower(),
                "created_at": at,
                "updated_at": at,
            }
        )
        rows[Entry].append(
            {
                "shipment_id": key,
                "number": _entry(n),
                "key": f"e{n}",
                "gateway": "bench",
                "filing": {"lines": lines},
                "confirmed_by": "U1",
                "confirmed_name": "Dana",
                "confirmed_at": at,
                "submitted_at": at,
            }
        )
        rows[LineItem] += [
            {
                "shipment_id": key,
                "number": i + 1,
                "state": "confirmed",
                "description": lines[i],
                "code": codes[i],
            }
            for i in range(LINES)
        ]
        own = n < PACKED
        rows[Document] += [
            {
                "shipment_id": key,
                "filename": f"document-{n}-{i}.pdf",
                "content_type": "application/pdf",
                "size": 120_000,
                "sha256": blobs.put(random.Random(n * 9 + i).randbytes(120_000))
                if own
                else f"{n:060d}{i:04d}",
                "kind": "commercial_invoice",
                "state": "read",
                "received_at": at,
            }
            for i in range(DOCUMENTS)
        ]
        search.put(session, key, fields)
    for table, many in rows.items():
        if many:
            session.execute(insert(table), [row_of(table, one) for one in many])


def row_of(table: type[SQLModel], facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with what the class fills in by itself."""
    made = table(**facts)
    names = [column.name for column in table.__table__.columns]  # type: ignore[attr-defined]
    return {name: getattr(made, name) for name in names if name != "id" or name in facts}


def _entry(n: int) -> str:
    return f"QZ7-{n:07d}-{n % 10}"


@contextmanager
def databases_of(kind: str, folder: Path) -> Iterator[Database]:
    if kind == "sqlite":
        databases.sqlite_at(folder / "bench.db")
        made = Database(f"sqlite:///{folder / 'bench.db'}")
        yield made
        made.close()
        return
    with databases.postgres() as url:
        made = Database(url)
        yield made
        made.close()


if __name__ == "__main__":
    main()
