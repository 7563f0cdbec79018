"""Which statement of origin goods may have: a tree of questions for each agreement, as data.

The trees stand in `data/origin.json`. A yes counts only with the number of a document that
proves it. What nobody has answered, or somebody is unsure of, goes to a person with the
questions that decide. Nothing here says that goods originate: it says which criterion the
answers amount to, for the certifier to sign.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from storage.values import Value

_FILE = Path(__file__).parent / "data" / "origin.json"
CLAIM = "claim"
DECLARATION = "declaration"


class Answered(Value):
    """What a person answered to a question."""

    said: Literal["yes", "no", "unsure"]
    evidence: int | None = None  #: the document that proves a yes


class Node(Value):
    """A question and where its answers lead: another node, a criterion or a refusal."""

    ask: str
    yes: str
    no: str


class Form(Value):
    """One statement of origin with its tree."""

    title: str
    agreement: str
    origins: frozenset[str]
    source: str
    words: str
    start: str
    nodes: dict[str, Node]


class _Data(Value):
    questions: dict[str, str]
    forms: dict[str, Form]


class Granted(Value):
    """The answers amount to a criterion of this form."""

    kind: Literal["granted"] = "granted"
    form: str
    criterion: str
    evidence: tuple[int, ...]


class Undecided(Value):
    """A person must answer; the first question is the next one."""

    kind: Literal["undecided"] = "undecided"
    form: str | None
    questions: tuple[tuple[str, str], ...]  #: (name, words)
    why: str


class NotGranted(Value):
    """The goods do not qualify."""

    kind: Literal["refused"] = "refused"
    form: str
    why: str


Outcome = Annotated[Granted | Undecided | NotGranted, Field(discriminator="kind")]


@cache
def data() -> _Data:
    """The questions and the trees."""
    return TypeAdapter(_Data).validate_json(_FILE.read_bytes())


def agreement_of(origin: str) -> str | None:
    """The form of the agreement with this country, when there is one."""
    return next((name for name, form in data().forms.items() if origin in form.origins), None)


def decide(origin: str | None, answers: Mapping[str, Answered]) -> Outcome:
    """Where the answers for goods of this origin lead."""
    if origin is None:
        return Undecided(
            form=None, questions=(), why="the country of origin is not known: correct the line"
        )
    preferential = agreement_of(origin)
    if preferential is None:
        return _walk(DECLARATION, answers)
    claim = _problem(CLAIM, answers)
    if claim is not None:
        return Undecided(form=preferential, questions=_ask(CLAIM), why=claim)
    if answers[CLAIM].said == "no":
        return _walk(DECLARATION, answers)
    made = _walk(preferential, answers)
    if isinstance(made, Granted):
        proof = answers[CLAIM].evidence
        assert proof is not None
        return made.model_copy(update={"evidence": (proof, *made.evidence)})
    return made


def _walk(name: str, answers: Mapping[str, Answered]) -> Outcome:
    form = data().forms[name]
    at, proofs = form.start, []
    while True:
        node = form.nodes[at]
        if (problem := _problem(node.ask, answers)) is not None:
            return Undecided(form=name, questions=tuple(_below(form, at)), why=problem)
        answer = answers[node.ask]
        if answer.said == "yes" and answer.evidence is not None:
            proofs.append(answer.evidence)
        follows = node.yes if answer.said == "yes" else node.no
        what, _, words = follows.partition(": ")
        if what == "criterion":
            return Granted(form=name, criterion=words, evidence=tuple(proofs))
        if what == "refuse":
            return NotGranted(form=name, why=words)
        at = follows


def _problem(question: str, answers: Mapping[str, Answered]) -> str | None:
    """Why this answer decides nothing."""
    answer = answers.get(question)
    if answer is None:
        return f"nobody has answered '{question}'"
    if answer.said == "unsure":
        return f"the answer to '{question}' is unsure: a specialist must look"
    if answer.said == "yes" and answer.evidence is None:
        return f"'{question}' is answered yes without a document that proves it"
    return None


def _below(form: Form, start: str) -> Iterator[tuple[str, str]]:
    """The question at hand and those that may follow, each once."""
    waiting, seen = [start], set()
    while waiting:
        at = waiting.pop(0)
        if at in seen or at not in form.nodes:
            continue
        seen.add(at)
        node = form.nodes[at]
        yield from _ask(node.ask)
        waiting += [node.yes, node.no]


def _ask(question: str) -> tuple[tuple[str, str], ...]:
    return ((question, data().questions[question]),)
