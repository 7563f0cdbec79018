"""Which listed names are worth comparing with a party's: by pieces of three letters and of sound.

An inverted index over all names of an edition. It only narrows: what is found is compared in full
by `likeness.py`. Memory is a few hundred bytes a name, and does not grow with questions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from knowledge.parties import likeness, names
from knowledge.parties.likeness import Name

NARROWED = 160  #: so many names are compared in full
_ENOUGH = 1000  #: names from which counting words says how common they are
_COMMON = 0.004  #: a word in more names than this share tells less


class Index:
    """The names of one edition, and where their pieces are."""

    def __init__(self, texts: Sequence[str]) -> None:
        folded = [names.words(text) for text in texts]
        counted = Counter(word for words in folded for word in set(words))
        self._share = {
            word: count / len(texts)
            for word, count in counted.items()
            if len(texts) >= _ENOUGH and count / len(texts) > _COMMON
        }
        self.names: list[Name] = [likeness.of_words(words, self.weigh) for words in folded]
        postings: dict[str, list[int]] = {}
        for place, name in enumerate(self.names):
            for piece in pieces(name):
                postings.setdefault(piece, []).append(place)
        total = max(len(texts), 1)
        self._postings = {piece: np.array(rows, dtype=np.int32) for piece, rows in postings.items()}
        self._worth = {
            piece: float(np.log1p(total / len(rows))) for piece, rows in postings.items()
        }
        norms = np.zeros(total, dtype=np.float32)
        for piece, rows in self._postings.items():
            norms[rows] += self._worth[piece] ** 2
        self._norms = np.sqrt(np.maximum(norms, 1e-6))

    def weigh(self, word: str) -> float:
        """How much a word tells in this list."""
        told = likeness.weigh(word)
        share = self._share.get(word)
        if share is None or told < likeness.TELLING:
            return told
        # 0.4% of the names: all of it; 4%: half.
        return float(max(0.35, told * (1 - 0.5 * np.log10(share / _COMMON))))

    def near(self, name: Name, *, most: int = NARROWED) -> npt.NDArray[np.int64]:
        """The places of the names that share the most with this one."""
        mine = [piece for piece in pieces(name) if piece in self._postings]
        if not mine:
            return np.empty(0, dtype=np.int64)
        rows = np.concatenate([self._postings[piece] for piece in mine])
        worth = np.repeat(
            [self._worth[piece] ** 2 for piece in mine],
            [len(self._postings[piece]) for piece in mine],
        )
        shared = np.bincount(rows, weights=worth, minlength=len(self._norms)) / self._norms
        there = np.flatnonzero(shared)
        if len(there) <= most:
            return there
        return there[np.argpartition(shared[there], -most)[-most:]]


def pieces(name: Name) -> set[str]:
    """Three letters at a time, of each word and of the sound of the whole."""
    found: set[str] = set()
    for word in name.words:
        padded = f"_{word}_"
        found.update(padded[at : at + 3] for at in range(max(1, len(padded) - 2)))
    # Over the ends of words too: "Xin Yuan" and "Xinyuan" share them.
    found.update(name.whole[at : at + 3] for at in range(len(name.whole) - 2))
    sound = f"~{name.sound}"
    found.update(f"~{sound[at : at + 3]}" for at in range(max(1, len(sound) - 2)))
    return found
