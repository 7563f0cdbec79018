"""Measures the setting of papers: the entry summary of 1, 200 and 1,000 lines.

    python -m bench.papers

The floor beside it, in the same run, is a bare compile by Typst of a plain table with the same
lines and texts, with fonts that are loaded already: no paper set with Typst is faster. The ratio
is what to quote; the first figure is a process that has set nothing before.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pypdfium2 as pdfium
import typst

from storage.models import State
from storage.values import DutyLine, Money, Parties, PartyBlock
from workflows.papers import entry_summary, fonts, render
from workflows.papers.dossier import Dossier, Goods

SIZES = (1, 200, 1000)
_PLAIN = b"""#let facts = json(bytes(sys.inputs.facts))
#set text(font: "Noto Sans", size: 8pt)
#table(columns: (30pt, 1fr, 70pt, 60pt, 60pt, 60pt), ..facts.rows.flatten().map(one => text(one)))
"""
_COLD = """
import time
started = time.perf_counter()
from workflows.papers import render
render.render("sheet", {"title": "T", "firm": "F", "parts": []})
print(time.perf_counter() - started)
"""


def dossier(count: int) -> Dossier:
    """An entry of this many lines with two layers each."""
    lines = tuple(
        Goods(number=at, description=f"Power adapters 65 W, grade A, lot {at}", quantity=Decimal(10),
              unit="PCS", unit_price=Decimal("6.20"), value=Decimal(62), currency="USD", origin="CN",
              code="8504.40.9550", decided=True, units=("No.",))
        for at in range(1, count + 1)
    )  # fmt: skip
    usd = Money(amount=Decimal("15.50"), currency="USD")
    duty = [
        DutyLine(authority="", heading=heading, rate="25%", basis=usd, amount=usd, edition="bench", line=line.number)
        for line in lines
        for heading in ("9903.88.01", line.code)
    ]  # fmt: skip
    fee = DutyLine(
        authority="MPF", heading="499", rate="0.3464%", basis=usd, amount=usd, edition="bench"
    )
    firm = PartyBlock(name="Northgate Retail Inc.", address="1200 Terminal Way, Reno", country="US")
    return Dossier(ref="SHP-1", firm="Harbor & Pine", filer="QZ7", today=date(2026, 5, 4), state=State.IN_REVIEW,
                   parties=Parties(importer=firm), lines=lines, importer="Northgate Retail Inc.", duty=(*duty, fee))  # fmt: skip


def timed(work: Callable[[], bytes]) -> tuple[float, bytes]:
    """Seconds, the best of three, and what was made."""
    best, made = float("inf"), b""
    for _ in range(3):
        started = time.perf_counter()
        made = work()
        best = min(best, time.perf_counter() - started)
    return best, made


def main() -> None:
    """Print the figures."""
    cold = subprocess.run([sys.executable, "-c", _COLD], capture_output=True, text=True, check=True)
    print(f"first paper of a process: {float(cold.stdout):.2f} s, with imports and fonts")
    for count in SIZES:
        sheet = entry_summary.sheet(dossier(count))
        assert not sheet.lacks, sheet.lacks
        took, pdf = timed(lambda: render.render(sheet.template, sheet.facts))  # noqa: B023 - run at once
        rows = [
            [row["number"], row["description"] if at == 0 else "", *[str(one) for one in heading], row["value"] or ""]
            for row in sheet.facts["lines"]
            for at, heading in enumerate(row["headings"])
        ]  # fmt: skip
        inputs = {"facts": json.dumps({"rows": rows})}
        floor, _ = timed(
            lambda: bytes(
                typst.Compiler(_PLAIN, font_paths=fonts.loaded(), ignore_system_fonts=True, sys_inputs=inputs)  # noqa: B023
                .compile(format="pdf")  # type: ignore[arg-type]
            )
        )  # fmt: skip
        pages = len(pdfium.PdfDocument(pdf))
        print(
            f"entry summary of {count:>5} lines: {took:6.3f} s, {pages:>3} pages, {len(pdf) / 1e3:,.0f} kB; "
            f"bare table {floor:6.3f} s; {took / floor:.1f} times"
        )


if __name__ == "__main__":
    main()
