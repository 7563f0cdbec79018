"""Trains what the tariff desk has learned and writes `knowledge/data/tariff_model.npz`.

    python -m knowledge.tariff.training --data DIR [--cache DIR] [--out FILE] [--seed N]

DIR has `hts/*.json.gz` (an export), `hs/dev_*.jsonl` (labelled lines) and, when the user has
them, the UK search references. Prints what held-out lines show; the same seed on the same data
gives the same file.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from knowledge.tariff import adapter, export, model, query, terms
from knowledge.tariff.corpus import Corpus, Indexed, Places
from knowledge.tariff.encoder import DIMENSIONS, Encoder, Vectors
from knowledge.tariff.nomenclature import hs2022
from knowledge.tariff.training import adapt, data, fit, heldout
from knowledge.tariff.vectors import vectors_for

_EPOCHS = 5


def main(arguments: Sequence[str]) -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, required=True)
    asked.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "tidewaiter-evals"
    )
    asked.add_argument("--out", type=Path, default=model.WEIGHTS)
    asked.add_argument("--seed", type=int, default=7)
    given = asked.parse_args(arguments)
    exports = sorted((given.data / "hts").glob("*.json.gz"), key=_revision)
    if not exports:
        raise SystemExit(f"{given.data}/hts has no export (*.json.gz).")
    schedule = export.load(exports[-1])
    corpus = Corpus(schedule, hs2022(), terms.fitting(terms.ours(), schedule))
    encoder = Encoder()

    def vectors(texts: Sequence[str]) -> Vectors:
        return vectors_for(
            texts, encoder=encoder, folder=given.cache / "tariff", progress=lambda *_: None
        )

    index = Indexed(corpus, vectors(corpus.texts))
    texts, places = data.words(given.data, corpus)
    for_map, for_ranker = data.halves(len(texts), seed=given.seed)
    # The ranker's words are measured by a map that has not seen them, or it would trust it blindly.
    taught = vectors([texts[i] for i in for_map]).reshape(-1, DIMENSIONS)
    apart = np.array([term.apart for term in corpus.terms])
    ours = np.flatnonzero(apart & (corpus.term_group >= 0))
    turn, shifts = _map(
        index,
        np.concatenate([taught, index.term[ours]]),
        np.concatenate([places[for_map], corpus.term_group[ours]]),
        seed=given.seed,
    )
    learned = adapter.adapter(index, turn=turn, codes=corpus.groups, shifts=shifts)
    words = [_word(corpus, texts[i], int(places[i])) for i in for_ranker]
    trade = list(zip(words, _tables(index, learned, words, vectors, "none"), strict=True))
    lines = data.lines(given.data, corpus)
    tables = _tables(index, learned, lines, vectors, "near")
    raw, right, sharp, report, _ = heldout.guessed(
        index, lines, tables, trade=trade, seed=given.seed
    )
    print("held out, without the trade terms near each line:")
    print("ten digits first / in three, six digits first / in three")
    print(report)
    curve = fit.curve(raw, right)
    shown = np.interp(raw, *curve)
    print(f"calibration error, held out: {heldout.calibration_error(shown, right):.3f}")
    fitted = fit.fit(index, lines, tables, trade=trade, seed=given.seed)
    scale = np.abs(shifts).max(axis=1, keepdims=True).clip(1e-6) / 127
    np.savez_compressed(
        given.out,
        names=np.array(model.names()),
        turn=turn.astype(np.float16),
        shifts=np.round(shifts / scale).astype(np.int8),
        shift_scale=scale.astype(np.float32),
        codes=np.array(corpus.groups),
        leaf_weights=fitted.leaf,
        sharp=np.float32(sharp),
        curve_x=curve[0],
        curve_y=curve[1],
        prior_codes=np.array(list(fitted.counts)),
        prior_counts=np.array(list(fitted.counts.values()), dtype=np.float32),
        **fitted.forest,  # type: ignore[arg-type]
    )
    print(f"{given.out}: {given.out.stat().st_size / 1e6:.2f} MB")


def _revision(path: Path) -> tuple[str, int]:
    year, _, rest = path.name.removeprefix("hts_").partition("_")
    digits = "".join(c for c in rest if c.isdigit())
    return year, int(digits or 0)


def _map(index: Indexed, words: Vectors, places: Places, *, seed: int) -> tuple[Vectors, Vectors]:
    questions = np.concatenate([words, index.group])
    targets = np.concatenate([places, np.arange(len(index.corpus.groups))])
    weights = np.concatenate([np.full(len(places), 1.0), np.full(len(index.group), 0.6)])
    return adapt.learn(
        index, questions, targets, weights.astype(np.float32), seed=seed, epochs=_EPOCHS
    )


def _word(corpus: Corpus, text: str, place: int) -> data.Line:
    return data.Line("trade words", query.read(text), corpus.groups[place], place)


def _tables(
    index: Indexed,
    learned: adapter.Adapter,
    lines: Sequence[data.Line],
    vectors: Callable[[Sequence[str]], Vectors],
    without: Literal["none", "near"],
) -> list[fit.Table]:
    both = (
        vectors([one.asked.text or "-" for one in lines]),
        vectors([one.asked.goods or "-" for one in lines]),
    )
    seen = data.look(index, learned, lines, both, without=without)
    return [fit.Table(index, one) for one in seen]


if __name__ == "__main__":
    main(sys.argv[1:])
