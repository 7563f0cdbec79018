"""Sentence vectors kept on disk, so that no text is encoded twice.

Keyed by the text's hash and the model's. One JSON file names the array that belongs to it and
is replaced last, so a crash leaves the older pair whole. A damaged cache is thrown away and
made again: it holds nothing that cannot be computed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knowledge.tariff.encoder import DIMENSIONS, Encoder, Vectors

Progress = Callable[[str, int, int], None]
Halves = npt.NDArray[np.float16]
"""Vectors as they are kept: (texts, dimensions), half the size."""

_SAVE_EVERY = 2048
_STRETCH = 4096
_MOST = 120_000  # texts kept; above it only those in use stay


class VectorCache:
    """The vectors of one model in one folder."""

    def __init__(self, folder: Path, identity: str) -> None:
        self._folder = folder
        self._name = identity[:12]
        self._rows: dict[str, int] = {}
        self._data: list[Halves] = []
        self._load()

    def missing(self, texts: Sequence[str]) -> list[str]:
        """The texts that have no vector yet, each once."""
        return [text for text in dict.fromkeys(texts) if _key(text) not in self._rows]

    def take(self, texts: Sequence[str]) -> Vectors:
        """The vectors of these texts; all must be there."""
        rows = [self._rows[_key(text)] for text in texts]
        whole, taken = self._whole(), np.empty((len(rows), DIMENSIONS), dtype=np.float32)
        for start in range(0, len(rows), _STRETCH):  # so that nothing stands in memory a third time
            taken[start : start + _STRETCH] = whole[rows[start : start + _STRETCH]]
        return taken

    def add(self, texts: Sequence[str], vectors: Vectors) -> None:
        start = sum(len(part) for part in self._data)
        self._data.append(vectors.astype(np.float16))
        self._rows.update({_key(text): start + i for i, text in enumerate(texts)})

    def keep_only(self, texts: Sequence[str]) -> None:
        """Forget what is not among these texts, once there is too much."""
        if len(self._rows) <= _MOST:
            return
        unique = [text for text in dict.fromkeys(texts) if _key(text) in self._rows]
        kept = self._whole()[[self._rows[_key(text)] for text in unique]]
        self._data, self._rows = [kept], {_key(t): i for i, t in enumerate(unique)}

    def save(self) -> None:
        """Write both files; the JSON comes last and is what counts."""
        whole = self._whole()
        digest = hashlib.sha256(whole.data).hexdigest()
        array = self._folder / f"{self._name}-{digest[:16]}.npy"
        with _replacing(array) as tmp, tmp.open("wb") as file:
            np.save(file, whole, allow_pickle=False)
        index = {"vectors": array.name, "sha256": digest, "texts": list(self._rows)}
        with _replacing(self._index_path) as tmp:
            tmp.write_text(json.dumps(index), encoding="utf-8")
        for old in self._folder.glob(f"{self._name}-*.npy"):
            if old != array:
                old.unlink(missing_ok=True)

    @property
    def _index_path(self) -> Path:
        return self._folder / f"{self._name}.json"

    def _whole(self) -> Halves:
        if len(self._data) != 1:
            empty = np.zeros((0, DIMENSIONS), dtype=np.float16)
            self._data = [np.concatenate([empty, *self._data])]
        return self._data[0]

    def _load(self) -> None:
        try:
            index = json.loads(self._index_path.read_text(encoding="utf-8"))
            array = np.load(self._folder / Path(index["vectors"]).name, allow_pickle=False)
            texts, digest = list(index["texts"]), index["sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            return
        good = array.shape == (len(texts), DIMENSIONS) and array.dtype == np.float16
        if good and hashlib.sha256(array.data).hexdigest() == digest:
            self._rows = {text: i for i, text in enumerate(texts)}
            self._data = [array]


def vectors_for(
    texts: Sequence[str], *, encoder: Encoder, folder: Path, progress: Progress | None = None
) -> Vectors:
    """The vectors of these texts, from the cache or made now. One process at a time makes them."""
    folder.mkdir(parents=True, exist_ok=True)
    cache = VectorCache(folder, encoder.identity)
    if not cache.missing(texts):
        return cache.take(texts)
    with _alone(folder / "building.lock"):
        cache = VectorCache(folder, encoder.identity)  # another process may have made them by now
        cache.keep_only(texts)
        _make(cache, cache.missing(texts), encoder, progress)
    return cache.take(texts)


def _make(
    cache: VectorCache, texts: Sequence[str], encoder: Encoder, progress: Progress | None
) -> None:
    made = unsaved = 0

    def keep(part: list[int], vectors: Vectors) -> None:
        nonlocal made, unsaved
        cache.add([texts[i] for i in part], vectors)
        made, unsaved = made + len(part), unsaved + len(part)
        if unsaved >= _SAVE_EVERY:
            cache.save()
            unsaved = 0
        if progress is not None:
            progress("Reading the tariff", made, len(texts))

    encoder.encode_all(texts, done=keep)
    if unsaved:
        cache.save()


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    tmp = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield tmp
        tmp.replace(path)
    finally:
        tmp.unlink(missing_ok=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock that the system frees when the process dies."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
