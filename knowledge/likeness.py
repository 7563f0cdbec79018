"""How alike sentences are in meaning: the sentence model of the tariff, over a few examples.

The model is loaded in a thread of its own when somebody asks for it (`warm`), and until it is
there nobody waits: `nearest` says that it does not know. Who warms it must not fork afterwards.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from knowledge.tariff.encoder import Encoder, Vectors, WrongWeights


class Sentences:
    """Example sentences, and which of them a new one resembles."""

    def __init__(self, examples: Sequence[str]) -> None:
        self._examples = list(dict.fromkeys(examples))
        self._started = threading.Lock()
        self._ready = threading.Event()
        self._encoder: Encoder | None = None
        self._vectors: Vectors | None = None

    def warm(self) -> None:
        """Begin to load, once; come back at once."""
        if self._started.acquire(blocking=False):
            threading.Thread(target=self._load, name="sentences", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Whether the model is there, after at most so long."""
        return self._ready.wait(seconds)

    def nearest(self, text: str) -> list[tuple[float, str]] | None:
        """(cosine, example), the most alike first; None while, or where, there is no model."""
        if not self._ready.is_set() or self._encoder is None or self._vectors is None:
            return None
        mine = np.asarray(self._encoder.encode([text]))[0]
        scores = self._vectors @ mine
        return [(float(scores[at]), self._examples[at]) for at in np.argsort(-scores)]

    def _load(self) -> None:
        try:
            encoder = Encoder(threads=1)
        except (ImportError, OSError, WrongWeights):
            return  # patterns and words must do
        self._vectors = np.asarray(encoder.encode(self._examples))
        self._encoder = encoder
        self._ready.set()
