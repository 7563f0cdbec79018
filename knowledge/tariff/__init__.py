"""The tariff: which lines there are, and which of them could be right for some goods.

`open_lookup` needs no model and may be used by a process that forks; `open_desk` loads the
sentence model, and its process must not fork afterwards.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from knowledge.tariff import export, sync, terms
from knowledge.tariff.corpus import Corpus, Indexed
from knowledge.tariff.nomenclature import hs2022
from knowledge.tariff.schedule import Schedule, ScheduleLine, overlay
from knowledge.tariff.suggest import Confirmed, Desk, LineQuery, Lookup
from knowledge.tariff.vectors import Progress

__all__ = [
    "DEMO_EXTRACT",
    "Confirmed",
    "Desk",
    "LineQuery",
    "Lookup",
    "Progress",
    "Schedule",
    "ScheduleLine",
    "current_export",
    "open_desk",
    "open_lookup",
    "schedule_of",
]

DEMO_EXTRACT = Path(__file__).parent.parent / "data" / "demo_hts.json"
"""A small extract in the export's format, written by us for the goods of the demo."""

current_export = sync.current


def schedule_of(named: Path | None, extra: Path | None) -> Schedule:
    """The HTSUS export when there is one, else HS 2022 with the extract laid over it."""
    if named is not None:
        return export.load(named)
    return overlay(hs2022(), export.load(extra)) if extra is not None else hs2022()


def open_lookup(*, named: Path | None, extra: Path | None) -> Lookup:
    """The schedule in force, to search and to check codes."""
    return _embedded(extra) if named is None else Lookup(schedule_of(named, extra))


@cache
def _embedded(extra: Path | None) -> Lookup:
    """What comes with the product does not change while a process runs: it is read once."""
    return Lookup(schedule_of(None, extra))


def open_desk(
    *, cache: Path, named: Path | None, extra: Path | None, progress: Progress | None = None
) -> Desk:
    """The tariff desk over the schedule in force; encodes what the cache does not have yet."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    from knowledge.tariff.counted import counts_for  # noqa: PLC0415
    from knowledge.tariff.encoder import Encoder  # noqa: PLC0415 - onnxruntime stays out of others
    from knowledge.tariff.model import Model  # noqa: PLC0415
    from knowledge.tariff.vectors import vectors_for  # noqa: PLC0415

    # One thread for numpy's products: two threads wait for each other longer than they work, and
    # on a busy machine a line then takes twice as long.
    threadpool_limits(limits=1, user_api="blas")
    schedule = schedule_of(named, extra)
    encoder = Encoder()
    corpus = Corpus(schedule, hs2022(), terms.fitting(terms.ours(), schedule))
    vectors = vectors_for(corpus.texts, encoder=encoder, folder=cache / "tariff", progress=progress)
    index = Indexed(corpus, vectors, counts=counts_for(corpus.worded, cache / "tariff"))
    return Desk(index, encoder=encoder, model=Model(index))
