"""Measures the tariff desk: time a line, 200 lines, the start, memory; and what history buys.

    python -m bench.tariff speed --export FILE [--cache DIR]
    python -m bench.tariff history --export FILE --lines FILE.jsonl... [--cache DIR]

Peers beside it on the same vectors: BM25 on leaf paths alone, the bare sentence model on leaf
paths. Ratios are what to quote. `--lines` are labelled lines ({"description", "hts"}): some are
confirmed for one importer, the rest are asked; then the confirmed ones are asked again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from knowledge import tariff
from knowledge.tariff import Confirmed, Desk, LineQuery
from knowledge.tariff.texts import tokens
from workflows import reranking
from workflows.outgoing.llm import OpenAiLlm

GOODS = [
    "Men's T-shirts, knitted, 100% cotton",
    "stainless steel vacuum bottle 750 ml with straw lid",
    "LED night light for kids, USB rechargeable, silicone",
    "hydraulic hose assemblies with fittings for excavators",
    "wooden dining chairs with upholstered seat",
    "Silicone phone case for smartphone. Material: Silicone; Item Type: Case",
    "printed circuit board assembly for washing machine control",
    "frozen shrimp, peeled, 1 kg bags",
]


def took(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def line(number: int) -> LineQuery:
    return LineQuery(id=str(number), description=f"{GOODS[number % len(GOODS)]} no. {number}")


def speed(export: Path, cache: Path) -> None:
    tariff.open_desk(cache=cache, named=export, extra=None)  # makes what the cache lacks
    begun = time.process_time()
    start = took(lambda: tariff.open_desk(cache=cache, named=export, extra=None))
    start_cpu = time.process_time() - begun
    desk = tariff.open_desk(cache=cache, named=export, extra=None)
    desk.suggest([line(n) for n in range(8)])
    begun = time.process_time()
    single = sorted(took(lambda n=n: desk.suggest([line(n)])) for n in range(8, 108))
    single_cpu = (time.process_time() - begun) / len(single)
    begun = time.process_time()
    many = took(lambda: desk.suggest([line(n) for n in range(200, 400)]))
    many_cpu = time.process_time() - begun
    index = desk._index
    words = [tokens(line(n).description) for n in range(50)]
    bm25 = statistics.median(took(lambda w=w: index.leaf_words.scores(w)) for w in words)
    texts = [line(n).description for n in range(500, 550)]
    bare = statistics.median(
        took(lambda t=t: index.leaf @ desk._encoder.encode([t])[0]) for t in texts
    )
    middle = single[50]
    print(f"start {start:.1f} s ({start_cpu:.1f} s of work)")
    print(
        f"a line p50 {middle * 1e3:.0f} ms, p95 {single[95] * 1e3:.0f} ms "
        f"({single_cpu * 1e3:.0f} ms of work)"
    )
    print(f"200 lines {many:.2f} s ({many_cpu:.2f} s of work, on {os.cpu_count()} cores)")
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")
    print(
        f"a line against BM25 alone x{middle / bm25:.0f}, "
        f"against the bare sentence model x{middle / bare:.1f}"
    )


def history(export: Path, files: Sequence[Path], cache: Path) -> None:
    desk = tariff.open_desk(cache=cache, named=export, extra=None)
    rows = [json.loads(raw) for path in files for raw in path.read_text("utf-8").splitlines()]
    random.Random(7).shuffle(rows)
    asked, known = rows[: len(rows) // 10], rows[len(rows) // 10 :]
    for count in (0, 50, 100, 200, 400):
        confirmed = [
            Confirmed(
                sku="", description=row["description"], code=row["hts"],
                by="bench", on=date(2026, 1, 1), edition=desk.edition,
            )
            for row in known[:count]
        ]  # fmt: skip
        print(f"{count:4} confirmed: new goods {right(desk, asked, confirmed)}", end="")
        again = [row for row in known[:count] if desk.find(row["hts"])]
        print(f", the same goods again {right(desk, again, confirmed)}" if again else "")


def rerank(export: Path, files: Sequence[Path], cache: Path, llm: OpenAiLlm, notes: Path) -> None:
    """The first candidates of the desk alone, and as the language model orders them."""
    desk = tariff.open_desk(cache=cache, named=export, extra=None)
    for path in files:
        rows = [json.loads(raw) for raw in path.read_text("utf-8").splitlines()]
        own, led, used = 0, 0, 0
        for row in rows:
            line = [LineQuery(id=row["id"], description=row["description"])]
            plain = desk.suggest(line)[0].candidates
            answer = reranking.suggest(desk, line, confirmed={}, llm=llm, notes=notes)[0]
            own += bool(plain) and plain[0].code.replace(".", "") == row["hts"]
            led += bool(plain) and answer.candidates[0].code.replace(".", "") == row["hts"]
            used += any(one.startswith("A language model chose") for one in answer.notes)
        print(
            f"{path.stem}: ten digits first {100 * own / len(rows):.1f}% by the desk, "
            f"{100 * led / len(rows):.1f}% with {llm.name}; {used} of {len(rows)} answers held"
        )


def right(desk: Desk, rows: Sequence[dict[str, str]], confirmed: Sequence[Confirmed]) -> str:
    lines = [
        LineQuery(id=str(n), description=row["description"], importer="bench")
        for n, row in enumerate(rows)
    ]
    found = desk.suggest(lines, confirmed={"bench": confirmed})
    codes = [[one.code.replace(".", "") for one in answer.candidates] for answer in found]
    first = np.mean([row["hts"] == shown[0] for row, shown in zip(rows, codes, strict=True)])
    three = np.mean([row["hts"] in shown for row, shown in zip(rows, codes, strict=True)])
    return f"{100 * first:.0f}% first, {100 * three:.0f}% in three"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("what", choices=["speed", "history", "rerank"])
    asked.add_argument("--export", type=Path, required=True)
    asked.add_argument("--lines", type=Path, nargs="*", default=[])
    asked.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "tidewaiter-evals"
    )
    asked.add_argument("--url", help="rerank: an interface in OpenAI's shape")
    asked.add_argument("--model", default="")
    asked.add_argument("--key", help="rerank: its key")
    asked.add_argument("--notes", type=Path, default=Path("notes"))
    given = asked.parse_args()
    if given.what == "speed":
        speed(given.export, given.cache)
    elif given.what == "rerank":
        llm = OpenAiLlm(given.url, model=given.model, api_key=given.key)
        rerank(given.export, given.lines, given.cache, llm, given.notes)
    else:
        history(given.export, given.lines, given.cache)


if __name__ == "__main__":
    main()
