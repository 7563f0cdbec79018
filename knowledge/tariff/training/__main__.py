"""Trains what the tariff desk has learned and writes `knowledge/data/tariff_model.npz`.

    python -m knowledge.tariff.training --data DIR [--cache DIR] [--seed N] [--keep-map]

DIR has `hts/*.json.gz` (an export), `hs/dev_*.jsonl` (labelled lines) and, when the user has
them, the UK search references. Prints what held-out lines show; the same seed on the same data
gives the same file. `--keep-map` keeps the map of the present file and trains the rest.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from knowledge.tariff import adapter, export, model, terms
from knowledge.tariff.corpus import Corpus, Indexed
from knowledge.tariff.encoder import DIMENSIONS, Encoder, Vectors
from knowledge.tariff.nomenclature import hs2022
from knowledge.tariff.training import adapt, data, fit, heldout
from knowledge.tariff.vectors import vectors_for

_DRAWS, _EPOCHS = 1, 5


def main(arguments: Sequence[str]) -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, required=True)
    asked.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "tidewaiter-evals"
    )
    asked.add_argument("--out", type=Path, default=model.WEIGHTS)
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--keep-map", action="store_true")
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
    turn, shifts = _map(index, given.out, given.data, vectors, seed=given.seed, keep=given.keep_map)
    learned = adapter.adapter(index, turn=turn, codes=corpus.groups, shifts=shifts)
    lines = data.lines(given.data, corpus)
    both = (
        vectors([one.asked.text or "-" for one in lines]),
        vectors([one.asked.goods or "-" for one in lines]),
    )
    draws = [
        [
            fit.Table(index, one)
            for one in data.look(index, learned, lines, both, seed=given.seed + draw)
        ]
        for draw in range(_DRAWS)
    ]
    raw, right, sharp, report, guesses = heldout.guessed(index, lines, draws, seed=given.seed)
    print("held out: ten digits first / in three, six digits first / in three")
    print(report)
    hides = data.shy(len(lines), seed=given.seed)
    print("of these, the lines that were shown without the trade terms that name them")
    told = [(one, line) for one, line, hid in zip(guesses, lines, hides, strict=False) if hid]
    print(heldout.report([one for one, _ in told], [line for _, line in told]))
    curve = fit.curve(raw, right)
    shown = np.interp(raw, *curve)
    print(f"calibration error, held out: {heldout.calibration_error(shown, right):.3f}")
    fitted = fit.fit(index, lines, draws, seed=given.seed)
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


def _map(
    index: Indexed,
    out: Path,
    folder: Path,
    vectors: Callable[[Sequence[str]], Vectors],
    *,
    seed: int,
    keep: bool,
) -> tuple[Vectors, Vectors]:
    if keep:
        with np.load(out, allow_pickle=False) as old:
            return (
                old["turn"].astype(np.float32),
                (old["shifts"].astype(np.float32) * old["shift_scale"]).astype(np.float32),
            )
    texts, places = data.words(folder, index.corpus)
    questions = np.concatenate([vectors(texts).reshape(-1, DIMENSIONS), index.group])
    targets = np.concatenate([places, np.arange(len(index.corpus.groups))])
    weights = np.concatenate([np.full(len(places), 1.0), np.full(len(index.group), 0.6)])
    return adapt.learn(
        index, questions, targets, weights.astype(np.float32), seed=seed, epochs=_EPOCHS
    )


if __name__ == "__main__":
    main(sys.argv[1:])
