"""Measures screening: names a minute against 20,000 entries, with a peer beside it in the same run.

    python -m bench.screening [ENTRIES] [NAMES]

The peer is plain rapidfuzz (`process.extract` with `token_sort_ratio` over every listed name), the
usual way without an index. Both ask the same names, half of them altered, half on no list. What is
quoted is the ratio, and recall and false positives beside it: fast and blind is easy.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable

from rapidfuzz import fuzz, process

from bench import parties_made
from knowledge.parties import csl
from knowledge.parties.lists import DeniedParties, ListScreener

ENTRIES, NAMES, CORES = 20_000, 1_200, 2
PEER_ALIKE = 86

_listed: list[ListScreener] = []


def main(entries: int = ENTRIES, count: int = NAMES) -> None:
    known = parties_made.parties(entries)
    text = parties_made.listed(entries).encode()
    started = time.perf_counter()
    read = csl.read("made.csv", text, official=True)
    screener = ListScreener(DeniedParties(edition="made", entries=tuple(read)), official=True)
    read_in = time.perf_counter() - started
    started = time.perf_counter()
    screener.prepare()
    indexed = time.perf_counter() - started
    names = sum(len(one.names) for one in read)
    print(f"list: {len(read)} entries, {names} names, {len(text) >> 20} MB; read {read_in:.1f} s, indexed {indexed:.1f} s")
    altered = [(one.asked, one.number) for one in parties_made.altered(known, each=count // 26)]
    clean = [(name, "") for name in parties_made.clean(count - len(altered))]
    asked = altered + clean
    _listed[:] = [screener]
    ours = _timed("ours, one core", lambda: [_ours(name) for name, _ in asked], len(asked))
    with multiprocessing.get_context("fork").Pool(CORES) as pool:
        _timed(f"ours, {CORES} cores", lambda: pool.map(_ours, [name for name, _ in asked], 25), len(asked))
    folded = [(name.text.casefold(), one.entry_id) for one in read for name in one.names]
    plain = [name for name, _ in folded]
    few = asked[:: max(1, len(asked) // 200)]
    peer = _timed("peer, one core", lambda: [_peer(name, plain, folded) for name, _ in few], len(few))
    mine = dict(zip((name for name, _ in asked), ours[1], strict=True))
    theirs = dict(zip((name for name, _ in few), peer[1], strict=True))
    print(f"ratio ours to peer, one core: {ours[0] / peer[0]:.1f}")
    _quality("ours", asked, mine)
    _quality("peer", few, theirs)
    print(f"memory at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")


def _ours(name: str) -> list[str]:
    return [hit.entry_id for hit in _listed[0].hits(name, None)]


def _peer(name: str, plain: list[str], folded: list[tuple[str, str]]) -> list[str]:
    found = process.extract(
        name.casefold(), plain, scorer=fuzz.token_sort_ratio, score_cutoff=PEER_ALIKE, limit=10
    )
    return [folded[place][1] for _, _, place in found]


def _timed(what: str, work: Callable[[], list[list[str]]], count: int) -> tuple[float, list[list[str]]]:
    started = time.perf_counter()
    found = work()
    took = time.perf_counter() - started
    print(f"{what}: {count / took * 60:,.0f} names a minute ({took / count * 1000:.1f} ms each)")
    return count / took, found


def _quality(what: str, asked: list[tuple[str, str]], found: dict[str, list[str]]) -> None:
    listed = [(name, number) for name, number in asked if number]
    hit = sum(any(one.endswith(f"-{number}") for one in found[name]) for name, number in listed)
    clean = [name for name, number in asked if not number]
    taken = sum(bool(found[name]) for name in clean)
    print(f"{what}: {hit}/{len(listed)} altered found, {taken}/{len(clean)} clean names taken")


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:3]))
