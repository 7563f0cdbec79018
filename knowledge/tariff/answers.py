"""What is said beside the candidates: precedents, earlier confirmations, other agencies' flags.

`complete` takes the desk's suggestions and adds what it does not look at. It changes the order of
candidates in one case only: a standing ruling on goods of nearly the same words, with one code
that is alive, comes first when the importer's own history says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, Protocol

from knowledge import flags
from knowledge.tariff import codes, products
from knowledge.tariff.diff import successors, told
from knowledge.tariff.precedents import NEAR, Match, Precedents
from knowledge.tariff.schedule import Schedule, ScheduleLine
from knowledge.tariff.suggest import Confirmed, LineQuery
from storage.values import Candidate, Suggestion

_SURE = 0.6
"""A ruling on other goods of the same words: more than a cold guess, less than one's own history.
Not measured: no rulings with outcomes are at hand."""
_ALSO = 2  # similar rulings that are named beside the candidates


class Known(Protocol):
    """The schedule in force, to check codes in."""

    schedule: Schedule

    def find(self, code: str) -> ScheduleLine | None: ...


def complete(
    answers: Sequence[Suggestion],
    queries: Sequence[LineQuery],
    *,
    known: Known,
    on: date,
    history: Mapping[str, Sequence[Confirmed]] | None = None,
    precedents: Precedents | None = None,
    top: int = 3,
) -> list[Suggestion]:
    """The suggestions with all that a broker should know beside them."""
    asked = {query.id: query for query in queries}
    made = []
    for answer in answers:
        query = asked[answer.id]
        rows = (history or {}).get(query.importer or "", ())
        one = _with_history(answer, query, rows, known)
        if precedents is not None and one.source != "product":
            one = _with_precedents(one, query, precedents, known, top)
        made.append(_with_flags(one, on))
    return made


def _with_history(
    answer: Suggestion, query: LineQuery, rows: Sequence[Confirmed], known: Known
) -> Suggestion:
    mine = products.about(query, rows)
    if not mine:
        return answer
    notes = products.dead(mine, known.schedule, lambda code: known.find(code) is not None)
    said = products.conflict([row for row in mine if known.find(row.code) is not None])
    if said is None:
        return answer.model_copy(update={"notes": (*answer.notes, *notes)})
    own = products.exact(query, mine)
    if own and products.conflict(own) is None:
        # Its own article number has one code; that others have another is worth a word only.
        return answer.model_copy(update={"notes": (*answer.notes, said, *notes)})
    return answer.model_copy(
        update={"hintConflict": said, "notes": (*answer.notes, *notes), "band": _lower(answer)}
    )


def _lower(answer: Suggestion) -> Literal["high", "medium", "low", "none"]:
    return "medium" if answer.band == "high" else answer.band


def _with_precedents(
    answer: Suggestion, query: LineQuery, precedents: Precedents, known: Known, top: int
) -> Suggestion:
    found = precedents.like(query.description)
    if not found:
        return answer
    lead = next((one for one in found if _leads(one, known)), None)
    notes = [
        _cited(one, known) for one in found if one is not lead and (one.alike >= NEAR or not lead)
    ][:_ALSO]
    update: dict[str, object] = {"notes": (*answer.notes, *notes)}
    if lead is not None:
        line = _leaf(lead.ruling.ordinary[0], known)
        assert line is not None
        first = _candidate(line, lead)
        others = [one for one in answer.candidates if _six(one.code) != line.bare[:6]]
        update |= {
            "source": "precedent",
            "band": "medium",
            "candidates": (
                first,
                *(
                    one.model_copy(update={"confidence": min(one.confidence, 1 - _SURE)})
                    for one in others[: max(0, top - 1)]
                ),
            ),
            "hintConflict": _hint(query.hint, line),
        }
    return answer.model_copy(update=update)


def _leads(match: Match, known: Known) -> bool:
    """Whether the ruling alone may come first: near, standing, one code, and that alive."""
    ruling = match.ruling
    return (
        match.alike >= NEAR
        and not ruling.revoked
        and len(ruling.ordinary) == 1
        and _leaf(ruling.ordinary[0], known) is not None
    )


def _leaf(code: str, known: Known) -> ScheduleLine | None:
    """The line of a ruling's code; of an undivided eight-digit line its only one."""
    line = known.find(code)
    if line is not None:
        return line
    below = [one for one in known.schedule.under(code.replace(".", "")) if one.leaf]
    return below[0] if len(below) == 1 else None


def _cited(match: Match, known: Known) -> str:
    """A ruling in a sentence, with what became of it and of its code."""
    ruling = match.ruling
    said = f"CBP ruling {ruling.named} on “{ruling.goods[:80]}”"
    gave = ", ".join(ruling.ordinary[:3]) or "no code of chapters 1 to 97"
    gone = [one for one in ruling.ordinary if _leaf(one, known) is None and _dead(one, known)]
    near = (
        f" {gone[0]} is not a line of {known.schedule.edition} any more; nearest now: "
        f"{told(successors(gone[0], known.schedule, text=ruling.goods))}."
        if gone
        else ""
    )
    return f"{said} gave {gave}: {ruling.url}.{near}"


def _dead(code: str, known: Known) -> bool:
    return not known.schedule.under(code.replace(".", ""), 1)


def _candidate(line: ScheduleLine, match: Match) -> Candidate:
    ruling = match.ruling
    digits: Literal[6, 8, 10] = 10 if line.digits == 10 else 8 if line.digits == 8 else 6
    described = line.path[-1] if len(line.path) < 3 else f"{line.path[-2]}: {line.path[-1]}"
    return Candidate(
        code=line.code,
        digits=digits,
        description=described[:300],
        confidence=_SURE,
        because=f"CBP ruling {ruling.named} ({ruling.url}) on “{ruling.goods[:90]}”",
        units=line.units,
        generalRate=line.general,
        edition=line.edition,
    )


def _hint(hint: str | None, line: ScheduleLine) -> str | None:
    plain = codes.lenient(hint)
    if plain is None or plain[:6] == line.bare[:6]:
        return None
    return (
        f"The shipper's code {codes.dotted(plain)} is not the one of the ruling, "
        f"{line.code} ({line.description[:60]})."
    )


def _with_flags(answer: Suggestion, on: date) -> Suggestion:
    if not answer.candidates:
        return answer
    found = flags.flags_for(answer.candidates[0].code, on)
    return answer.model_copy(update={"pga": tuple(str(one) for one in found)})


def _six(code: str) -> str:
    return code.replace(".", "")[:6]
