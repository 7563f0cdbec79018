"""The served vectors against those of sentence-transformers, on the same weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.tariff import encoder
from knowledge.tariff.encoder import Encoder, Vectors, WrongWeights

TEXTS = [
    "Men's T-shirts, knitted, of cotton",
    "stainless steel water bottle, vacuum insulated, 0.75 liter",
    "LED night light for children",
    "Other",
    "parts of machinery for sorting mineral substances",
    "human hair wig",
    "printed circuit boards",
    "Ladies' shoes with uppers of leather and outer soles of rubber",
    "a fuel pump for internal combustion engines",
    "wooden furniture of a kind used in the bedroom " * 4,
]


@pytest.fixture(scope="module")
def served() -> Vectors:
    return Encoder().encode(TEXTS)


@pytest.fixture(scope="module")
def reference() -> Vectors:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as talk

    talk.disable_progress_bar()
    folder = encoder._packaged(*encoder._TOKENS).parent
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    model.max_seq_length = encoder.MAX_TOKENS
    made: Vectors = model.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    return made


def test_every_served_vector_is_the_reference_vector(served: Vectors, reference: Vectors) -> None:
    assert float((served * reference).sum(axis=1).min()) >= 0.99


def test_served_and_reference_find_the_same_text_for_each_question(
    served: Vectors, reference: Vectors
) -> None:
    asked = Encoder().encode(
        ["tee shirt", "insulated steel bottle", "nursery lamp", "wig", "PCB", "leather pumps"]
    )
    found = (asked @ served.T).argmax(axis=1).tolist()
    assert found == (asked @ reference.T).argmax(axis=1).tolist() == [0, 1, 2, 5, 6, 7]


def test_a_text_has_one_vector_whatever_comes_with_it(served: Vectors) -> None:
    assert np.array_equal(Encoder(threads=1).encode([TEXTS[3]])[0], served[3])


def test_parts_that_come_one_by_one_have_the_same_vectors(served: Vectors) -> None:
    made = list(Encoder().stream([TEXTS[:3], [], [*TEXTS[3:], TEXTS[0]]]))
    assert [len(part) for part in made] == [3, 0, 8]
    assert np.array_equal(np.concatenate(made)[:10], served)
    assert np.array_equal(made[2][-1], served[0])


def test_other_weights_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "model.onnx"
    other.write_bytes(b"something else")
    with pytest.raises(WrongWeights, match="not the known one"):
        Encoder(weights=other)
