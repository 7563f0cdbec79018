"""How many phrasings that no example has are understood, with the sentence model and without.

Run with `-s` to see the figures; docs/slack.md quotes them.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from knowledge.likeness import Sentences
from prompts import examples
from workflows import questions

PHRASINGS = json.loads((Path(__file__).parents[1] / "data" / "question_phrasings.json").read_text())
LEAST = json.loads(Path(__file__).with_name("question_thresholds.json").read_text())


@pytest.fixture(scope="module")
def model() -> Sentences:
    made = Sentences(questions.all_masked())
    # Nobody waits for the model: while it loads, patterns and letters answer.
    began = time.monotonic()
    made.warm()
    assert questions.understand("what is on hold?", made).intent == "holds"
    assert time.monotonic() - began < 0.25
    assert made.wait(60)
    return made


def share(likeness: Sentences | None, *, of: tuple[str, ...]) -> float:
    asked = [(kind, text) for kind in of for text in PHRASINGS["held_out"][kind]]
    right = sum((questions.understand(text, likeness).intent or "none") == kind for kind, text in asked)
    sys.stdout.write(f"{'model' if likeness else 'letters':8} {','.join(of)}: {right} of {len(asked)}\n")
    return right / len(asked)


def test_phrasings_that_no_example_has_are_understood(model: Sentences) -> None:
    seen = {one.casefold() for many in examples("questions").values() for one in many}
    kinds = tuple(PHRASINGS["held_out"])
    assert not seen & {one.casefold() for kind in kinds for one in PHRASINGS["held_out"][kind]}
    with_model, without = share(model, of=kinds), share(None, of=kinds)
    assert with_model >= LEAST["model"]
    assert without >= LEAST["letters"]
    # What we do not do, orders above all, is not taken for a question of ours.
    assert share(model, of=("none",)) >= LEAST["not_ours"]


def test_what_is_not_understood_gets_three_different_ways_to_ask(model: Sentences) -> None:
    for text in ("please confirm every line of 4417", "lol nice", "", "🚢"):
        said = questions.understand(text, model)
        assert said.intent is None
        assert len({one for one in said.nearest if one}) == 3
        assert not set(said.nearest) & set(examples("questions")["none of these"])
