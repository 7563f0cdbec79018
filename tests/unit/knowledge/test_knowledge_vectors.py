"""Sentence vectors on disk: what is made once is kept, until it is too much."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.tariff import vectors
from knowledge.tariff.encoder import DIMENSIONS


class Counting:
    """Gives every text a vector by its letters, and counts the texts that it was given."""

    identity = "0" * 64

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode_all(self, texts, *, done) -> None:
        self.encoded += texts
        done(list(range(len(texts))), np.stack([self.vector(text) for text in texts]))

    def vector(self, text):
        made = np.zeros(DIMENSIONS, dtype=np.float32)
        for letter in text.encode():
            made[letter] += 1
        return made / np.linalg.norm(made)


def test_a_text_is_encoded_once_and_comes_back_as_it_was(tmp_path: Path) -> None:
    encoder = Counting()
    for texts in (["lamps", "bags"], ["bags", "hats", "lamps"]):
        made = vectors.vectors_for(texts, encoder=encoder, folder=tmp_path)
        expected = np.stack([encoder.vector(text) for text in texts])
        np.testing.assert_allclose(made, expected, atol=5e-4)  # half the digits are kept
    assert encoder.encoded == ["lamps", "bags", "hats"]


def test_when_it_is_too_much_the_texts_of_older_editions_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "_MOST", 2)
    encoder = Counting()
    vectors.vectors_for(["lamps", "bags", "hats"], encoder=encoder, folder=tmp_path)
    made = vectors.vectors_for(["hats", "coats"], encoder=encoder, folder=tmp_path)
    np.testing.assert_allclose(made[1], encoder.vector("coats"), atol=5e-4)
    assert encoder.encoded == ["lamps", "bags", "hats", "coats"]
    vectors.vectors_for(["lamps"], encoder=encoder, folder=tmp_path)
    assert encoder.encoded[-1] == "lamps"  # it was forgotten


@pytest.mark.parametrize("damaged", ["*.npy", "*.json"])
def test_a_damaged_cache_is_made_again(tmp_path: Path, damaged: str) -> None:
    encoder = Counting()
    first = vectors.vectors_for(["lamps", "bags"], encoder=encoder, folder=tmp_path)
    (file,) = tmp_path.glob(damaged)
    file.write_bytes(file.read_bytes()[:-10])
    told: list[int] = []
    again = vectors.vectors_for(
        ["lamps", "bags"],
        encoder=encoder,
        folder=tmp_path,
        progress=lambda _what, done, _of: told.append(done),
    )
    assert told == [2]
    assert encoder.encoded == ["lamps", "bags"] * 2
    np.testing.assert_array_equal(first, again)
