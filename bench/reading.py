"""Reading documents: how much is right, by field, beside two open readers; time and memory.

`python -m bench.reading [PEERS_PYTHON]`. PEERS_PYTHON is an interpreter with the peers, which are
not ours to install (MIT and Apache-2.0, run only):

    python3 -m venv peers && peers/bin/pip install invoice2data==1.0.1 invoice-agent==0.2.1

The documents of ../shared are read where they stand; without them the layouts of the evals are.
Times are those of the reader's own process, which is warm: text pages, scanned pages, and a packing
list of 60 pages. Memory is that process's peak.
"""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from reportlab.pdfgen.canvas import Canvas
from rich.console import Console
from rich.table import Table

from ingest.reader import SafeReader
from storage.values import Reading, Unreadable
from tests.evals.test_reading_shared import SHARED, asked_for
from tests.evals.test_reading_unseen import SAMPLES
from tests.evals.test_reading_unseen import right as same

PAGES, ROWS = 60, 30
_PEER_FIELDS = ("invoice_number", "invoice_date", "currency", "total", "exporter_name")
_PEER_COLUMNS = ("description", "quantity", "unit_price", "extended_value")


def main() -> None:
    console = Console()
    reader = SafeReader()
    reader.read("warm.txt", b"COMMERCIAL INVOICE\nInvoice No.: A-1\n")
    if SHARED.exists():
        _shared(console, reader, Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    else:
        console.print("../shared is not here: the layouts of the evals only.")
    _unseen(console, reader)
    data = packing_list()
    start = time.perf_counter()
    made = reader.read("long.pdf", data)
    took = time.perf_counter() - start
    lines = 0 if isinstance(made, Unreadable) else sum(len(one.lineItems) for one in made)
    console.print(f"packing list of {PAGES} pages: {took:.1f} s, {lines} of {PAGES * ROWS} lines")
    reader.close()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    console.print(f"peak memory of the reader's process: {peak:,.0f} MB")


def _shared(console: Console, reader: SafeReader, peers: Path | None) -> None:
    compare = _yardstick()
    answers = {
        path: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((SHARED / "answers").glob("*.json"))
    }
    files = sorted({one["file"] for one in answers.values()})
    theirs = _peers(peers, files) if peers else {}
    by_field: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    seconds: dict[str, list[float]] = {"text": [], "scan": []}
    for path, answer in answers.items():
        file = answer["file"]
        start = time.perf_counter()
        made = reader.read(file, (SHARED / file).read_bytes())
        took = time.perf_counter() - start
        assert not isinstance(made, Unreadable)
        kind = "scan" if path.stem.endswith("_scan") else "text"
        seconds[kind] += [took / sum(one.pages for one in made)] * sum(one.pages for one in made)
        said = {"ours": asked_for(made[0])}
        said |= {name: got[file]["fields"] or {} for name, got in theirs.items()}
        invoice = answer["document_type"] == "commercial_invoice"
        for name, fields in said.items():
            one = compare(answer, fields)
            totals[f"{name}, all"] = _add(totals[f"{name}, all"], one)
            if invoice:
                few = compare(_as_asked_of_peers(answer), fields)
                totals[f"{name}, invoices"] = _add(totals[f"{name}, invoices"], (*few[:2], 0))
            for field, fine in one[3].items():
                by_field[field.rpartition(".")[2]][name].append(fine)
    names = ["ours", *theirs]
    shown = Table("field", *names, title=f"{len(answers)} documents of ../shared, right of asked")
    for field in sorted(by_field):
        got = by_field[field]
        shown.add_row(field, *(f"{sum(got[name])} of {len(got[name])}" for name in names))
    console.print(shown)
    for name, (right, asked, invented) in totals.items():
        what = "" if name.endswith("invoices") else f", {invented} invented"
        console.print(f"{name}: {right} of {asked} ({100 * right / asked:.0f} %){what}")
    for kind, each in seconds.items():
        console.print(f"{kind} page: {sum(each) / len(each):.2f} s, slowest {max(each):.2f} s")


def _as_asked_of_peers(answer: dict[str, Any]) -> dict[str, Any]:
    """The fields of an invoice that the peers have a place for."""
    lines = [
        {field: line.get(field) for field in _PEER_COLUMNS}
        for line in answer.get("line_items") or []
    ]
    kept = {field: answer.get(field) for field in _PEER_FIELDS}
    return {**kept, "line_items": lines, "accept": answer.get("accept", {})}


def _add(total: list[int], one: tuple[Any, ...]) -> list[int]:
    return [total[0] + one[0], total[1] + one[1], total[2] + one[2]]


def _yardstick() -> Any:
    import importlib.util  # noqa: PLC0415

    spec = importlib.util.spec_from_file_location("shared_score", SHARED / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.compare


def _peers(python: Path, files: list[str]) -> dict[str, Any]:
    script = Path(__file__).with_name("reading_peers.py")
    pdfs = [str(SHARED / one) for one in files]
    done = subprocess.run(
        [str(python), str(script), *pdfs], capture_output=True, check=True, timeout=600
    )
    sys.stderr.write(done.stderr.decode()[-4000:])
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _unseen(console: Console, reader: SafeReader) -> None:
    right = asked = 0
    for sample in SAMPLES:
        made = reader.read(f"{sample.name}.pdf", sample.pdf())
        assert not isinstance(made, Unreadable)
        for path, wanted in sample.answer.items():
            if path != "_bill":
                asked += 1
                right += same(wanted, _at(made[0], path))
    console.print(f"heads of the layouts made for the evals: {right} of {asked}")


def _at(reading: Reading, path: str) -> Any:
    where: Any = reading
    for step in path.split("."):
        where = getattr(where, step)
    return ",".join(where) or None if isinstance(where, tuple) else where


def packing_list() -> bytes:
    """A packing list of many pages, its heading repeated on each."""
    out = io.BytesIO()
    page = Canvas(out, pagesize=(595, 842))
    for number in range(1, PAGES + 1):
        page.setFont("Helvetica", 8)
        page.drawString(240, 800, "PACKING LIST")
        page.drawString(40, 785, "Invoice No.: PL-2026-60")
        page.drawString(450, 785, f"Page {number} of {PAGES}")
        for x, head in (
            (40, "Carton No."),
            (110, "Style"),
            (180, "Description"),
            (380, "Qty"),
            (440, "N.W."),
            (500, "G.W."),
        ):
            page.drawString(x, 765, head)
        for row in range(ROWS):
            at = (number - 1) * ROWS + row + 1
            y = 750 - 15 * row
            for x, text in (
                (40, str(at)),
                (110, f"ST-{at:05}"),
                (180, f"Cotton shirt, size {row}"),
                (380, "24"),
                (440, "6.20"),
                (500, "7.10"),
            ):
                page.drawString(x, y, text)
        page.showPage()
    page.save()
    return out.getvalue()


if __name__ == "__main__":
    main()
