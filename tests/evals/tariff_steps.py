"""What each step of the tariff desk brings, on labelled lines, with bootstrap intervals.

    python -m tests.evals.tariff_steps --data DIR [--cache DIR] [--errors N]

Steps that learn from labelled lines are guessed in five folds. Each is measured without our trade
terms, without those near a line whose author had read these lines, and with all of them: the
first cannot be touched by that reading, the last surely is. The last rows ask UK references that
taught nothing, by the model as installed. `--errors` prints lines that are wrong.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knowledge import tariff
from knowledge.tariff import Desk, features, query
from knowledge.tariff.features import Seen
from knowledge.tariff.training import data, fit, heldout

_DRAWS = 2000
_WORDS_ASKED = 1000
_LEAF = ("leaf", "leaf_goods")
_WORDS = ("words_leaf", "cover_leaf")
_TEXTS = ("six", "six_goods", "head", "head_goods", "words_six", "cover_six")
_TERMS = tuple(name for name in features._BASE if name.startswith(("term", "contain", "vote")))
_MAP = tuple(name for name in features._BASE if name.startswith("map_"))
_CHOICE = ("leaf_gap", "leaf_goods_gap")
_BY_WORDS = (*_CHOICE, "words_gap", "cover_gap", "named")
_RULES = ("fact_gender", "fact_made", "fact_material", "fact_power", "limits", "other")

Codes = Sequence[Sequence[str]]


class Bench:
    """The lines, and how codes for them are told."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.index, self.learned = desk._index, desk._model.adapter
        self.lines = data.lines(folder, self.index.corpus)
        self.vectors = tuple(
            desk._encoder.encode([getattr(one.asked, view) or "-" for one in self.lines])
            for view in ("text", "goods")
        )

    def summed(self, seen: Iterable[Seen], names: Sequence[str], choice: Sequence[str]) -> Codes:
        """Three codes a line by the plain weighted sum of some measures."""
        corpus = self.index.corpus
        weights = np.array([features._FUSION[n] * (n in names) if n in features._FUSION else 0.0
                            for n in features._BASE])  # fmt: skip
        leaf = np.array([fit._START.get(n, 0.0) * (n in choice) for n in features.LEAF_NAMES])
        none = np.zeros(len(corpus.leaves), dtype=np.float32)
        found = []
        for one in seen:
            codes = []
            for group in np.argsort(-(weights @ one.base), kind="stable")[:3]:
                rows = features.of_leaves(self.index, one, int(group), none)
                codes.append(corpus.bare[corpus.leaves_of(int(group))[int((rows @ leaf).argmax())]])
            found.append(codes)
        return found

    def tell(self, step: str, codes: Codes) -> None:
        told = []
        for source in sorted({line.source for line in self.lines}):
            there = [i for i, line in enumerate(self.lines) if line.source == source]
            gold = [self.lines[i].code for i in there]
            ten = np.array([codes[i][0] == g for i, g in zip(there, gold, strict=True)])
            six = np.array(
                [g[:6] in {c[:6] for c in codes[i]} for i, g in zip(there, gold, strict=True)]
            )
            told.append(f"{_share(ten)} / {_share(six)}")
        print(f"{step:42} | {' | '.join(told)}", flush=True)  # noqa: T201 - the figures


def tell_words(desk: Desk, folder: Path) -> None:
    """How often words of the UK references, written by nobody of ours, lead to their six digits."""
    index = desk._index
    texts, places = data.words(folder, index.corpus)
    chosen = data.aside(len(texts), seed=7)[:_WORDS_ASKED]
    lines = [
        data.Line("uk", query.read(texts[i]), index.corpus.groups[places[i]], int(places[i]))
        for i in chosen
    ]
    text, goods = (
        desk._encoder.encode([getattr(one.asked, view) or "-" for one in lines])
        for view in ("text", "goods")
    )
    for without in ("all", "none"):
        seen = data.look(index, desk._model.adapter, lines, (text, goods), without=without)
        ranked = [[one.group for one in desk._model.rank(each)[:3]] for each in seen]
        first = np.array([groups[0] == one.group for groups, one in zip(ranked, lines, strict=True)])
        three = np.array([one.group in groups for groups, one in zip(ranked, lines, strict=True)])
        print(  # noqa: T201 - the figures
            f"{len(lines)} UK references that taught nothing, without {without} of our terms: "
            f"six digits first {_share(first)}, in three {_share(three)}"
        )


def _share(right: npt.NDArray[np.bool_]) -> str:
    draws = np.random.default_rng(1).integers(0, len(right), (_DRAWS, len(right)))
    low, high = np.quantile(right[draws].mean(axis=1), [0.025, 0.975])
    return f"{100 * right.mean():4.1f} [{100 * low:.0f}-{100 * high:.0f}]"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, required=True)
    asked.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "tidewaiter-evals"
    )
    asked.add_argument("--errors", type=int, default=0)
    given = asked.parse_args()
    export = given.data / "hts" / "hts_2026_rev_10.json.gz"
    desk = tariff.open_desk(cache=given.cache, named=export, extra=None)
    bench = Bench(desk, given.data)
    index, lines, vectors = bench.index, bench.lines, bench.vectors
    print(f"{'ten digits first / six digits in three':42} | ", end="")  # noqa: T201
    print(" | ".join(sorted({line.source for line in lines})))  # noqa: T201
    seen = data.look(index, bench.learned, lines, (vectors[0], vectors[1]), without="all")
    bench.tell("1 meaning of leaf paths", bench.summed(seen, _LEAF, _CHOICE))
    bench.tell("2 + words", bench.summed(seen, (*_LEAF, *_WORDS), _BY_WORDS))
    texts = (*_LEAF, *_WORDS, *_TEXTS)
    bench.tell("3 + HS6 and HS4 texts", bench.summed(seen, texts, _BY_WORDS))
    bench.tell("4 + learned map", bench.summed(seen, (*texts, *_MAP), _BY_WORDS))
    bench.tell(
        "5 + rules in the leaf choice", bench.summed(seen, (*texts, *_MAP), (*_BY_WORDS, *_RULES))
    )
    for without in ("all", "near", "none"):
        seen = data.look(index, bench.learned, lines, (vectors[0], vectors[1]), without=without)
        terms = bench.summed(seen, features._BASE, tuple(fit._START))
        bench.tell(f"6 + trade terms, without {without} near", terms)
        tables = [fit.Table(index, one) for one in seen]
        made = heldout.guessed(index, lines, tables, seed=7)
        bench.tell(f"7 + ranker, without {without} near", [one.codes for one in made.guesses])
        if without == "near":
            for line, one in list(zip(lines, made.guesses, strict=True)):
                if given.errors and one.codes[0] != line.code:
                    given.errors -= 1
                    print(f"    {line.code} {one.codes} {line.asked.text[:150]}")  # noqa: T201
    tell_words(desk, given.data)


if __name__ == "__main__":
    main()
