"""Recall on altered names with the false positives beside it, against a list made by seed.

Run with `-s` to see the figures; docs/screening.md quotes them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bench import parties_made
from knowledge.parties import csl
from knowledge.parties.lists import DeniedParties, ListScreener
from tests.evals.screening_by_hand import BY_HAND, ORDINARY

LEAST = json.loads(Path(__file__).with_name("screening_thresholds.json").read_text())
ENTRIES = 4_000
HEAD = "source,entity_number,type,programs,name,addresses,alt_names,ids\n"


@pytest.fixture(scope="module")
def listed() -> ListScreener:
    made = csl.read("made.csv", parties_made.listed(ENTRIES).encode(), official=True)
    by_hand = HEAD + "".join(
        f'List,HAND-{number},Entity,,"{name}",,,\n' for number, (name, _) in enumerate(BY_HAND)
    )
    made += csl.read("hand.csv", by_hand.encode(), official=True)
    return ListScreener(DeniedParties(edition="made", entries=tuple(made)), official=True)


def test_altered_names_are_found_and_clean_ones_are_left_alone(listed: ListScreener) -> None:
    altered = parties_made.altered(parties_made.parties(ENTRIES))
    assert len(altered) >= 200
    missed = [
        f"{one.how}: {one.asked}"
        for one in altered
        if one.number not in {hit.entry_id.rpartition("-")[2] for hit in listed.hits(one.asked, None)}
    ]
    names = {hit: name for hit, (name, _) in enumerate(BY_HAND)}
    by_hand = [
        asked
        for number, (_, asked) in enumerate(BY_HAND)
        if names[number] not in {hit.listed for hit in listed.hits(asked, None)}
    ]
    clean = parties_made.clean(1_000) + list(ORDINARY)
    taken = [name for name in clean if listed.hits(name, None)]
    figures = {
        "altered_by_rule": 1 - len(missed) / len(altered),
        "altered_by_hand": 1 - len(by_hand) / len(BY_HAND),
        "false_positives": len(taken) / len(clean),
    }
    told = figures | {"missed": missed, "by_hand": by_hand, "taken": taken}
    sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=1))
    assert figures["altered_by_rule"] >= LEAST["altered_by_rule"]
    assert figures["altered_by_hand"] >= LEAST["altered_by_hand"]
    assert figures["false_positives"] <= LEAST["false_positives"]


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_party_is_no_match(listed: ListScreener, name: str) -> None:
    assert [hit.because for hit in listed.hits(name, None)] == []
