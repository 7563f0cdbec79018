"""A language model reorders candidates: what it may do, what it may not, and what is said of it.

The model stands on the loopback and speaks the real interface; the desk is the real one over the
demo's extract, and what the model says is weighed by the product's own rules.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from knowledge import tariff
from knowledge.tariff import Confirmed, Desk, LineQuery, notes
from storage.values import Suggestion
from tests.servers.llm import KEY, LlmServer
from workflows import reranking
from workflows.outgoing.llm import OpenAiLlm
from workflows.ports import Permanent, Transient

GOODS = "Vacuum bottles of stainless steel, 0.75 liter, with a mug of porcelain"
OWN, OTHER = "9617.00.10.00", "6911.10.45.00"


@pytest.fixture(scope="module")
def desk(tariff_cache: Path) -> Desk:
    return tariff.open_desk(cache=tariff_cache, named=tariff.DEMO_EXTRACT, extra=None)


@pytest.fixture
def server() -> Iterator[LlmServer]:
    made = LlmServer(lambda _: "")
    yield made
    made.close()


Ask = Callable[..., Suggestion]


@pytest.fixture
def ask(desk: Desk, server: LlmServer, tmp_path: Path) -> Ask:
    def asked(
        *, goods: str = GOODS, key: str = KEY, seconds: float = 10.0, **more: str
    ) -> Suggestion:
        (found,) = reranking.suggest(
            desk,
            [LineQuery(id="1", description=goods, importer="Kestrel", **more)],
            confirmed={},
            llm=OpenAiLlm(server.url, model="law-7b", api_key=key, seconds=seconds),
            notes=tmp_path,
        )
        return found

    return asked


def says(**answer: str) -> Callable[[str], str]:
    whole = {
        "code": OTHER,
        "cites": "heading 6911",
        "quote": "articles of porcelain",
        "why": "It is china.",
    }
    return lambda _: json.dumps({**whole, **answer})


def test_it_sees_the_law_and_its_choice_comes_first_with_what_it_cites(
    ask: Ask, server: LlmServer, desk: Desk
) -> None:
    server.say = says()
    plain = desk.suggest([LineQuery(id="1", description=GOODS)])[0]
    answer = ask()
    assert plain.candidates[0].code == OWN
    assert answer.candidates[0].code == OTHER
    assert (
        "law-7b cites heading 6911 (“articles of porcelain”): It is china."
        in answer.candidates[0].because
    )
    assert answer.candidates[1].code == OWN
    assert len({one.code[:7] for one in answer.candidates}) == 3
    assert answer.source == "suggested"
    question = server.asked[0]["messages"][1]["content"]
    assert GOODS in question
    assert "9617" in question
    assert "Kestrel" not in json.dumps(server.asked)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"code": "9999.99.99.99"}, "none of the lines that it was shown"),
        ({"code": "6109.10.00.12 or so"}, "none of the lines that it was shown"),
        ({"cites": "heading 9617"}, "it cites heading 9617 for 6911.10.45.00"),
        ({"cites": "my own view"}, "neither a heading nor a note"),
        ({"cites": "note 3 to chapter 69"}, "note 3 to chapter 69 is not on file"),
        ({"quote": "of solid gold, in bars"}, "do not stand in heading 6911"),
        ({"quote": "of"}, "do not stand in heading 6911"),
        ({"why": "x" * 700}, "not what was asked for (why"),
    ],
)
def test_an_answer_that_does_not_hold_is_told_and_not_used(
    ask: Ask, server: LlmServer, answer: dict[str, str], said: str
) -> None:
    server.say = says(**answer)
    found = ask()
    assert found.candidates[0].code == OWN
    assert "language model" not in found.candidates[0].because
    assert any(said in one for one in found.notes), found.notes


def test_a_note_on_file_may_be_cited_in_its_own_words(
    ask: Ask, server: LlmServer, tmp_path: Path
) -> None:
    printed = "Notes\n1. Throughout this schedule.\n2. Chapter 69 does not cover vacuum flasks.\n"
    notes.take(tmp_path, "69", printed.encode(), name="chapter69.txt")
    server.say = says(cites="note 2 to chapter 69", quote="does not cover vacuum flasks", code=OWN)
    found = ask()
    assert "note 2 to chapter 69" in found.candidates[0].because
    assert printed.splitlines()[2] in server.asked[0]["messages"][1]["content"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_while_it_is_away_the_desks_own_order_stands(
    ask: Ask, server: LlmServer, status: int
) -> None:
    server.status = status
    found = ask()
    assert found.candidates[0].code == OWN
    assert found.notes == (
        f"The language model was not asked. The language model is busy ({status}).",
    )


def test_a_slow_one_is_not_waited_for_line_after_line(
    desk: Desk, server: LlmServer, tmp_path: Path
) -> None:
    server.slow = 1.0
    found = reranking.suggest(
        desk,
        [LineQuery(id=str(number), description=f"{GOODS} {number}") for number in range(3)],
        confirmed={},
        llm=OpenAiLlm(server.url, model="law-7b", api_key=KEY, seconds=0.2),
        notes=tmp_path,
    )
    assert len(server.asked) == 1
    assert all("did not answer in time" in one.notes[0] for one in found)


def test_what_the_importer_confirmed_is_never_put_to_it(
    desk: Desk, server: LlmServer, tmp_path: Path
) -> None:
    row = Confirmed(
        sku="S-1", description=GOODS, code=OWN, by="Dana", on=date(2026, 10, 1), edition="2026"
    )
    (found,) = reranking.suggest(
        desk,
        [LineQuery(id="1", description=GOODS, importer="Kestrel")],
        confirmed={"Kestrel": [row]},
        llm=OpenAiLlm(server.url, model="law-7b", api_key=KEY),
        notes=tmp_path,
    )
    assert found.source == "product"
    assert server.asked == []


class _Shape(reranking.Choice):
    """The same shape under another name: the port takes any."""


def test_the_port_raises_its_two_errors_and_nothing_else(server: LlmServer) -> None:
    llm = OpenAiLlm(server.url, model="law-7b", api_key="wrong", seconds=5)
    with pytest.raises(Permanent, match=r"refused \(401\)"):
        llm.complete("i", "q", _Shape)
    llm = OpenAiLlm(server.url, model="law-7b", api_key=KEY, seconds=5)
    server.say = lambda _: "I would say 6109."
    with pytest.raises(Permanent, match="not what was asked for"):
        llm.complete("i", "q", _Shape)
    server.say = lambda _: "x" * 300_000
    with pytest.raises(Permanent, match="too long"):
        llm.complete("i", "q", _Shape)
    with pytest.raises(Transient, match="could not be reached"):
        OpenAiLlm("http://127.0.0.1:1/v1", model="m").complete("i", "q", _Shape)
