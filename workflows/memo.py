"""A draft classification memo for one line, as a PDF: for a challenge by CBP, and for the file.

It lays out what is on file and decides nothing: facts with their documents, the words of the
schedule, the candidates, the General Rules in their order, rulings for and against, and who
decided. What only a person can say stands there as a place to fill in. It refuses to cite a
ruling that is not among those on hand. (19 USC 1484, reasonable care; GRI 1 to 6.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from knowledge import flags
from knowledge.tariff.notes import chapter_notes
from knowledge.tariff.precedents import Match, Precedents
from knowledge.tariff.schedule import Schedule, ScheduleLine
from storage.columns import now
from storage.models import Decision, Document, LineItem, Shipment
from workflows import decisions, proposal
from workflows.papers import render
from workflows.states import Refused

_CITED = re.compile(r"\b(?:(?:NY|HQ)\s*([A-Z]?\d{5,6})|([HN]\d{6}))\b")
_BESIDE = 8
_RULINGS = 6
_NOTES_SHOWN = 7000
_LIKE = 0.3
_LINE = 3000


class CannotWrite(Exception):
    """The memo was not made. The message says what is missing."""


def facts(
    session: Session,
    *,
    ref: str,
    number: int,
    schedule: Schedule,
    precedents: Precedents,
    firm: str,
    notes: Path,
) -> dict[str, Any]:
    """Everything that the memo prints, as text; `Refused` when there is no such line."""
    shipment = session.exec(select(Shipment).where(Shipment.ref == ref.upper())).first()
    if shipment is None:
        raise Refused(f"There is no shipment {ref}.")
    line = session.exec(
        select(LineItem).where(LineItem.shipment_id == shipment.id, LineItem.number == number)
    ).first()
    if line is None:
        raise Refused(f"{shipment.ref} has no line {number}.")
    made = decisions.latest(session, shipment.id or 0, number) if line.code else None
    shown = _shown(session, line, made)
    code = line.code or (shown[0]["code"] if shown else None)
    if code is None:
        raise CannotWrite(f"Line {number} has neither a code nor a candidate: nothing to explain.")
    _only_known_rulings(line, precedents)
    there = schedule.find(code)
    matches = precedents.like(line.description, least=_LIKE, most=30)
    heading = code.replace(".", "")[:4]
    text = chapter_notes(notes, code[:2])
    found = flags.flags_for(code, now().date())
    pro, contra, fallen = _sorted(matches, heading)
    return {
        "ref": shipment.ref,
        "line": str(number),
        "firm": firm,
        "made": f"made {now():%Y-%m-%d %H:%M} UTC",
        "footer": "Draft prepared by software from the documents listed; not advice; to be decided "
        f"by {_person(made) or 'a licensed broker'}.",
        "edition": line.code_edition or schedule.edition,
        "facts": _facts(shipment, line),
        "documents": _documents(session, shipment, line),
        "missing": list(_asked(session, line)),
        "levels": _levels(there, schedule),
        "footnotes": _footnotes(there, schedule),
        "chapter": code[:2],
        "notes": _paragraphs(text[:_NOTES_SHOWN]) if text else None,
        "notes_cut": bool(text and len(text) > _NOTES_SHOWN),
        "considered": [_considered(one, schedule) for one in shown],
        "steps": _steps(code, line, shown, there),
        "pro": [_cite(one, schedule) for one in pro],
        "contra": [_cite(one, schedule) for one in contra],
        "fallen": [_cite(one, schedule) for one in fallen],
        "rulings": f"{len(precedents)} rulings are on file; only those with like words are shown. "
        "A ruling binds for its own goods (19 CFR 177.9); read it before you rely on it.",
        "code": code,
        "decision": _decision(line, made),
        "conclusion": _conclusion(line, made, there),
        "changes": _changes(session, line, shown, code, schedule, there),
        "flags": [str(one) for one in found],
        "flags_edition": "; ".join(dict.fromkeys(one.edition for one in found)),
    }


def pdf(made: dict[str, Any]) -> bytes:
    """The memo, set in type."""
    return render.render("memo", made)


def _shown(session: Session, line: LineItem, made: Decision | None) -> list[dict[str, Any]]:
    if made is not None:
        return list(made.record["shown"]["candidates"])
    offered = proposal.candidates_of(session, line)
    return [one.model_dump(mode="json") for one in offered.candidates] if offered else []


def _asked(session: Session, line: LineItem) -> Sequence[str]:
    offered = proposal.candidates_of(session, line)
    return offered.missing_facts if offered else ()


def _only_known_rulings(line: LineItem, precedents: Precedents) -> None:
    cited = {one[0] or one[1] for one in _CITED.findall((line.decided_reason or "").upper())}
    unknown = sorted(cited - precedents.numbers)
    if unknown:
        raise CannotWrite(
            f"The reason of line {line.number} cites ruling {', '.join(unknown)}, which is not "
            "among the rulings on hand. No memo was written: fetch it with 'tidewaiter tariff "
            f"rulings sync --term {unknown[0]}', or correct the number."
        )


def _facts(shipment: Shipment, line: LineItem) -> list[tuple[str, str | None]]:
    quantity = f"{line.quantity:,f} {line.unit or ''}".strip() if line.quantity else None
    value = f"{line.currency or ''} {line.value:,.2f}".strip() if line.value is not None else None
    stated = line.duty_facts
    more: list[tuple[str, str | None]] = []
    if stated and stated.melt_and_pour:
        more.append(("Melted and poured in", stated.melt_and_pour))
    if stated and stated.smelt_and_cast:
        more.append(("Smelted and cast in", stated.smelt_and_cast))
    return [
        ("Importer of record", shipment.parties.importer.name),
        ("Seller", shipment.parties.exporter.name),
        ("Description on the invoice", line.description or None),
        ("Article number", line.sku),
        ("Country of origin", line.origin),
        ("Quantity", quantity),
        ("Value", value),
        ("Shipper's own code", line.hint),
        *more,
    ]


def _documents(session: Session, shipment: Shipment, line: LineItem) -> list[str]:
    rows = session.exec(
        select(Document).where(Document.shipment_id == shipment.id).order_by(col(Document.id))
    )
    return [
        f"{one.title} ({one.kind.value.replace('_', ' ')}), sha256 {one.sha256[:16]}…"
        + (" — the line was read from it" if one.id == line.document_id else "")
        for one in rows
    ]


def _paragraphs(text: str) -> list[str]:
    """Lines of at most so many characters as a paper takes in one text."""
    return [
        line[at : at + _LINE]
        for line in text.splitlines()
        for at in range(0, max(1, len(line)), _LINE)
    ]


def _levels(there: ScheduleLine | None, schedule: Schedule) -> list[dict[str, Any]]:
    """The line's own path, level by level, with what stands beside each numbered step."""
    if there is None:
        return []
    found: list[dict[str, Any]] = []
    above = ""
    for length in (4, 6, 8, 10):
        step = schedule.find(there.bare[:length]) if len(there.bare) >= length else None
        if step is None:
            continue
        beside = [
            f"{one.code} {one.description[:70]}"
            for one in schedule.under(there.bare[: max(4, length - 2)])
            if one.digits == step.digits and one.bare != step.bare and length > len("6109")
        ]
        own = step.words.removeprefix(above).strip(": ")
        found.append({"code": step.code, "words": own, "beside": beside[:_BESIDE]})
        above = step.words
    return found


def _footnotes(there: ScheduleLine | None, schedule: Schedule) -> list[str]:
    if there is None:
        return []
    above = schedule.find(there.bare[:8])
    return list(dict.fromkeys([*there.footnotes, *(above.footnotes if above else ())]))


def _considered(one: dict[str, Any], schedule: Schedule) -> dict[str, str]:
    line = schedule.find(str(one["code"]))
    return {
        "code": str(one["code"]),
        "share": f"{float(one['confidence']):.0%}",
        "words": line.words if line else str(one["description"]),
        "because": str(one["because"]),
    }


def _steps(
    code: str, line: LineItem, shown: list[dict[str, Any]], there: ScheduleLine | None
) -> list[dict[str, str | None]]:
    headings = list(dict.fromkeys(str(one["code"])[:4] for one in shown))
    others = [one for one in headings if one != code[:4]]
    first = there.path[0] if there else "(not in the schedule on hand)"
    open_ones = ", ".join([code[:4], *others])
    return [
        {
            "rule": "GRI 1.",
            "words": f"The terms of heading {code[:4]} are: “{first}”. The invoice says: "
            f"“{line.description[:300]}”.",
            "todo": "say which facts meet the heading's terms, and which section and chapter "
            "notes bear on it",
        },
        {
            "rule": "GRI 2.",
            "words": "Incomplete or unassembled goods (a), mixtures and goods of several "
            "materials (b).",
            "todo": "say whether the goods come complete and assembled, and of what they are made",
        },
        {
            "rule": "GRI 3.",
            "words": f"More than one heading was proposed: {open_ones}. If two are open by GRI 1, "
            "the more specific one, then the essential character, then the last in order decides."
            if others
            else "Only one heading was proposed; GRI 3 is reached only if another one is open.",
            "todo": f"say why not {', '.join(others)}" if others else None,
        },
        {
            "rule": "GRI 4 and 5.",
            "words": "Goods most akin; cases and packing.",
            "todo": "only if they apply",
        },
        {
            "rule": "GRI 6 and Additional U.S. Rule 1.",
            "words": f"Among the subheadings of {code[:4]}, level by level as in part 3, the line "
            f"is {code}.",
            "todo": "say which fact decides at each level" if there else None,
        },
    ]


def _sorted(matches: Sequence[Match], heading: str) -> tuple[list[Match], list[Match], list[Match]]:
    pro, contra, fallen = [], [], []
    for one in matches:
        bare = [code.replace(".", "")[:4] for code in one.ruling.ordinary]
        if one.ruling.revoked:
            fallen.append(one)
        elif heading in bare:
            pro.append(one)
        elif bare:
            contra.append(one)
    return pro[:_RULINGS], contra[:_RULINGS], fallen[:_RULINGS]


def _cite(match: Match, schedule: Schedule) -> dict[str, str]:
    ruling = match.ruling
    gone = [one for one in ruling.ordinary if not schedule.under(one.replace(".", ""), 1)]
    return {
        "named": ruling.named,
        "subject": ruling.subject[:300],
        "codes": ", ".join(ruling.ordinary) or "no code",
        "dead": f"no longer in the schedule: {', '.join(gone)}" if gone else "",
        "alike": f"{match.alike:.0%}",
        "url": ruling.url,
    }


def _person(made: Decision | None) -> str | None:
    if made is None:
        return None
    person = made.record["person"]
    return f"{person['name']}, licence {person['licence'] or 'not recorded'}"


def _decision(line: LineItem, made: Decision | None) -> str | None:
    if line.code is None:
        return None
    when = f"{line.decided_at:%Y-%m-%d %H:%M} UTC" if line.decided_at else "a time not recorded"
    who = _person(made) or line.decided_name or "a person not recorded"
    because = f" Reason given: {line.decided_reason}" if line.decided_reason else ""
    return f"confirmed by {who} on {when}.{because}"


def _conclusion(
    line: LineItem, made: Decision | None, there: ScheduleLine | None
) -> list[tuple[str, str]]:
    rows = [
        ("Edition", line.code_edition or (there.edition if there else "not recorded")),
        ("Rate, column 1", (there.general if there else line.general_rate) or "not printed"),
        ("Units", ", ".join(there.units) if there and there.units else "none"),
    ]
    if made is not None:
        rows.append(("Record", f"sha256 {made.record_hash}"))
    return rows


def _changes(
    session: Session,
    line: LineItem,
    shown: list[dict[str, Any]],
    code: str,
    schedule: Schedule,
    there: ScheduleLine | None,
) -> list[str]:
    found = list(_asked(session, line))
    for one in shown:
        other = schedule.find(str(one["code"]))
        if str(one["code"]) != code and other is not None:
            rate = other.general or "not printed"
            ours = (there.general if there else None) or "not printed"
            cost = f"the same rate, {rate}" if rate == ours else f"rate {rate} instead of {ours}"
            found.append(f"If it were {other.code}: {cost}.")
    found.append("A later edition of the schedule, or a ruling that is not on file.")
    return found
