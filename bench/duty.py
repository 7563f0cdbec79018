"""Measures the duty: lines a second, warm, on one core, and the load of all tables.

    python -m bench.duty [EXPORT]      an HTSUS export (JSON, gz too); default: the demo's extract

The floor beside it, in the same run, is a bare look-up of the base rate in a dictionary and one
multiplication: what no computation of duty can be faster than. The ratio is what to quote.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from knowledge import tariff
from knowledge.duty import compute
from knowledge.duty.book import Shelf, open_kept
from knowledge.duty.desk import kept
from knowledge.duty.line import DutyQuery
from knowledge.tariff import export

LINES = 6_000
ORIGINS = ("CN", "VN", "DE", "MX", "JP", "GB", "IN", "KR", "BR", "CA")
DAYS = (date(2025, 9, 1), date(2026, 3, 1), date(2026, 5, 1), date(2026, 6, 8))
_LOAD = """
import sys, time
from pathlib import Path
started = time.perf_counter()
from knowledge.duty import book, compute, fees, measures, programmes
imported = time.perf_counter()
measures.tables(); fees.table(); programmes.programmes(); book.open_kept(Path(sys.argv[1]))
print(imported - started, time.perf_counter() - imported)
"""


def rate(work: Callable[[], None]) -> float:
    """Lines a second: the best of five rounds, so that others on the machine count less."""
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return LINES / best


def main(arguments: Sequence[str]) -> None:
    """Print the figures."""
    source = Path(arguments[0]) if arguments else tariff.DEMO_EXTRACT
    with tempfile.TemporaryDirectory() as folder:
        path = kept(source, Path(folder))
        book = open_kept(path)
        leaves = [line.code for line in book.lines if line.leaf and line.code[:2] != "98"]
        picked = leaves[:: max(len(leaves) // 1500, 1)]
        goods = itertools.cycle(picked)
        origins = itertools.cycle(ORIGINS)
        days = itertools.cycle(DAYS)
        queries = [
            (
                DutyQuery(code=code, value=Decimal(1000 + at), origin=origin,
                          quantity=Decimal(100), unit="kg"),
                day,
            )
            for at, code, origin, day in zip(range(LINES), goods, origins, days, strict=False)
        ]  # fmt: skip
        shelf = Shelf([(export.edition_of(source), path)])
        rates = {code.replace(".", ""): Decimal("3.9") for code in picked}
        bare = [(str(query.code).replace(".", ""), query.value) for query, _ in queries]

        def ours() -> None:
            for query, day in queries:
                compute.line(query, on=day, shelf=shelf)

        def floor() -> None:
            for code, value in bare:
                assert value is not None
                value * rates[code] / 100

        ours()
        mine, least = rate(ours), rate(floor)
        print(f"{book.edition}: {len(picked)} tariff lines, {len(ORIGINS)} origins, 4 days")
        print(f"whole stack  {mine:10,.0f} lines/s")
        print(f"bare look-up {least:10,.0f} lines/s, ratio 1 : {least / mine:,.0f}")
        loads = [
            subprocess.run(
                [sys.executable, "-c", _LOAD, str(path)], capture_output=True, check=True, text=True
            ).stdout.split()
            for _ in range(5)
        ]
        imports, tables = (sorted(float(one[at]) for one in loads)[2] * 1000 for at in (0, 1))
        print(f"load of all tables {tables:.0f} ms (imports {imports:.0f} ms), median of 5")


if __name__ == "__main__":
    main(sys.argv[1:])
