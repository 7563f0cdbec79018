"""A language model may read the law and reorder the desk's candidates; it never adds a line.

Off unless one is configured. It sees the headings, lines and chapter notes on file, chooses one of
the lines it was shown, and must cite the heading or the note that it used in words that stand
there. An answer that does not hold is told and not used, and the desk's own order stays. What the
importer's history says is never put to it. It decides nothing: a licensed broker confirms.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from knowledge.tariff import Confirmed, Desk, LineQuery, Schedule, ScheduleLine
from knowledge.tariff.notes import chapter_notes
from knowledge.tariff.suggest import candidate
from prompts import render
from storage.values import Candidate, Suggestion
from workflows.ports import Llm, Permanent, Transient

WIDE = 8
"""Groups that it may choose from."""
_LINES, _SECONDS = 40, 90.0  # asked in one go; the rest keeps the desk's order
_SIBLINGS, _NOTES = 24, 12_000
_LEAST = 8  # characters of a quotation: less stands anywhere
_NOTE = re.compile(r"^note (\d{1,2}) to chapter (\d{1,2})$")
_HEADING = re.compile(r"^heading (\d{4})$")


class Choice(BaseModel):
    """What it must answer."""

    model_config = ConfigDict(extra="ignore")
    code: str = Field(max_length=20)
    cites: str = Field(max_length=60)  #: "heading 6109" or "note 9 to chapter 61"
    quote: str = Field(max_length=400)  #: words of that heading, line or note
    why: str = Field(max_length=600)


class NotUsed(Exception):
    """The answer does not hold. The text says in what."""


class Law:
    """What it is shown of the law for one line."""

    def __init__(self, schedule: Schedule, candidates: Sequence[Candidate], notes: Path) -> None:
        self.lines: dict[str, ScheduleLine] = {}
        self.group_of: dict[str, Candidate] = {}
        for one in candidates:
            bare = one.code.replace(".", "")
            siblings = schedule.groups.get(bare[:6], [])
            mine = [line for line in siblings if line.bare == bare]
            for line in [*mine, *(line for line in siblings if line not in mine)][:_SIBLINGS]:
                self.lines[line.bare] = line
                self.group_of[line.bare] = one
        self.headings = {
            bare[:4]: (head.words if (head := schedule.find(bare[:4])) else line.path[0])
            for bare, line in self.lines.items()
        }
        chapters = sorted({bare[:2] for bare in self.lines})
        kept = {chapter: chapter_notes(notes, chapter) for chapter in chapters}
        self.notes = {chapter: text[:_NOTES] for chapter, text in kept.items() if text}


def suggest(
    desk: Desk,
    queries: Sequence[LineQuery],
    *,
    confirmed: Mapping[str, Sequence[Confirmed]],
    llm: Llm | None,
    notes: Path,
    top: int = 3,
) -> list[Suggestion]:
    """The desk's suggestions, in the model's order where one is configured and its answer holds."""
    if llm is None:
        return desk.suggest(queries, confirmed=confirmed, top=top)
    wide = desk.suggest(queries, confirmed=confirmed, top=max(WIDE, top))
    asked = {query.id: query for query in queries}
    until, left, said = time.monotonic() + _SECONDS, _LINES, ""
    made = []
    for one in wide:
        cut = one.model_copy(update={"candidates": one.candidates[:top]})
        if one.source != "suggested" or not one.candidates:
            made.append(cut)
            continue
        if said or left == 0 or time.monotonic() > until:
            why = said or "There were more lines than it is asked for at once."
            made.append(_told(cut, f"The language model was not asked. {why}"))
            continue
        left -= 1
        try:
            law = Law(desk.schedule, one.candidates, notes)
            made.append(_chosen(one, _ask(llm, asked[one.id], law), law, llm.name, top))
        except (NotUsed, Permanent) as exc:
            made.append(_told(cut, f"The language model's answer was not used: {exc}"))
        except Transient as exc:
            said = str(exc)  # whoever is away now is not waited for line after line
            made.append(_told(cut, f"The language model was not asked. {said}"))
    return made


def _ask(llm: Llm, query: LineQuery, law: Law) -> Choice:
    return llm.complete(
        render("classification/rerank"),
        render(
            "classification/rerank_line",
            goods=query.description[:1000],
            origin=query.origin or "not stated",
            headings=law.headings,
            lines=list(law.lines.values()),
            notes=law.notes,
        ),
        Choice,
    )


def _chosen(one: Suggestion, choice: Choice, law: Law, name: str, top: int) -> Suggestion:
    """The candidates with the chosen line first, or `NotUsed`."""
    bare = re.sub(r"[.\s]", "", choice.code)
    line = law.lines.get(bare)
    if line is None:
        raise NotUsed(f"{choice.code[:20]} is none of the lines that it was shown.")
    _hold_to(choice, line, law)
    group = law.group_of[bare]
    first = candidate(
        line,
        confidence=group.confidence,
        because=f"language model {name} cites {choice.cites} (“{choice.quote[:120]}”): "
        f"{choice.why[:160]}; {group.because}"[:600],
    )
    rest = [other for other in one.candidates if other.code[:7] != line.code[:7]]
    return _told(
        one.model_copy(update={"candidates": (first, *rest)[:top]}),
        "A language model chose the first candidate; the confidence is the desk's own.",
    )


def _hold_to(choice: Choice, line: ScheduleLine, law: Law) -> None:
    cited = " ".join(choice.cites.lower().split())
    if heading := _HEADING.match(cited):
        if heading[1] != line.bare[:4]:
            raise NotUsed(f"it cites heading {heading[1]} for {line.code}.")
        text = f"{law.headings[heading[1]]} {line.words}"
    elif note := _NOTE.match(cited):
        text = law.notes.get(f"{int(note[2]):02}", "")
        if not re.search(rf"^\s*{note[1]}\.", text, re.MULTILINE):
            raise NotUsed(f"{cited} is not on file.")
    else:
        raise NotUsed(f"“{choice.cites[:40]}” is neither a heading nor a note.")
    quote = _plain(choice.quote)
    if len(quote) < _LEAST or quote not in _plain(text):
        raise NotUsed(f"the quoted words do not stand in {cited}.")


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def _told(one: Suggestion, said: str) -> Suggestion:
    return one.model_copy(update={"notes": (*one.notes, said)})
