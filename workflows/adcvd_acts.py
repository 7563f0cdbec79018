"""A licensed broker decides the type of an entry: 03 with its cases, or 01 with the reason."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from pydantic import ValidationError
from sqlmodel import Session, select

from knowledge import orders
from storage import audit, outbox
from storage.adcvd import CASE_PATTERN, CaseStated
from storage.models import AdcvdDecision, LineItem
from storage.values import Actor, Role, Value
from workflows import adcvd, proposal, stating
from workflows.adcvd_effects import MailFinance
from workflows.effects import TellThread
from workflows.review import Answer
from workflows.states import Refused, WrongRole

TYPES = (
    (adcvd.ADCVD, "03: in scope, also at a deposit of 0 %"),
    (adcvd.CONSUMPTION, "01: not in scope of any order"),
)
FORM = "A-570-979 12.34 % message 1234567 of 2026-01-31"
_CASE = re.compile(
    rf"^(?P<case>{CASE_PATTERN})"
    r"(?:\s+(?P<rate>\d{1,5}(?:\.\d{1,4})?)\s*%\s+message\s+(?P<message>\d{7})\s+of\s+"
    r"(?P<dated>\d{4}-\d{2}-\d{2}))?$",
    re.IGNORECASE,
)
_MOST_CASES, _LONGEST = 20, 1000


class View(Value):
    """What the window shows."""

    ref: str
    told: tuple[str, ...]  #: the lines that are asked about
    scopes: tuple[str, ...]
    asks: tuple[str, ...]
    papers: tuple[str, ...]  #: the UFLPA file
    suggested: str
    cases: str  #: as they are written, one on a line
    producer: str
    exporter: str
    decided: str  #: what stands, in words


def view(session: Session, *, shipment_id: int) -> View:
    """The question and what was answered so far."""
    shipment = stating.in_review(session, shipment_id)
    asked = adcvd.standing(session, shipment).asked
    stands = adcvd.decision(session, shipment)
    found = {order.case: order for one in asked for order in one.orders}
    cases = stands.cases if stands else adcvd.suggested_cases(asked)
    return View(
        ref=shipment.ref or str(shipment_id),
        told=tuple(one.told() for one in asked),
        scopes=tuple(f"{one.case}: {one.scope}" for one in found.values()),
        asks=tuple(sorted({one.asks for one in found.values()})),
        papers=orders.UFLPA_FILE if adcvd.any_polysilicon(asked) else (),
        suggested=stands.entry_type if stands else adcvd.ADCVD if asked else adcvd.CONSUMPTION,
        cases="\n".join(_written(one) for one in cases),
        producer=stands.producer if stands else shipment.parties.manufacturer.name or "",
        exporter=stands.exporter if stands else shipment.parties.exporter.name or "",
        decided=f"{stands.entry_type}, by {stands.by_name}" if stands else "",
    )


def decide(
    session: Session,
    *,
    shipment_id: int,
    entry_type: str,
    cases: str,
    producer: str,
    exporter: str,
    reason: str,
    actor: Actor,
) -> Answer:
    """Record the decision; the gate is asked anew, finance hears of it."""
    shipment = stating.in_review(session, shipment_id)
    if actor.role is not Role.LICENSED_BROKER or not actor.licence:
        raise WrongRole(
            "Only a licensed broker with a licence on record can decide the type of an entry. "
            "Nothing was changed.",
            Role.LICENSED_BROKER,
        )
    if entry_type not in dict(TYPES):
        raise Refused("The type is 03 or 01. Nothing was changed.")
    said, stated = reason.strip(), _cases(cases) if entry_type == adcvd.ADCVD else []
    if not 0 < len(said) <= _LONGEST or max(len(producer), len(exporter)) > _LONGEST:
        raise Refused(f"Please give the reason in 1 to {_LONGEST} characters. Nothing was changed.")
    if entry_type == adcvd.ADCVD and not stated:
        raise Refused(f"Type 03 needs its cases, e.g. {FORM}. Nothing was changed.")
    question = adcvd.standing(session, shipment)
    asked = question.asked
    lines = [one.number for one in asked] or _every(session, shipment_id)
    row = AdcvdDecision(
        shipment_id=shipment_id, mark=question.mark, entry_type=entry_type,
        lines=lines, cases=stated, producer=producer.strip(), exporter=exporter.strip(),
        reason=said, by=actor.id, by_name=actor.name, licence=actor.licence,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(
        session, "entry_type_decided", actor=actor, shipment_id=shipment_id,
        entry_type=entry_type, lines=lines, cases=[_written(one) for one in stated],
        producer=row.producer, exporter=row.exporter, reason=said[:300],
        suggested=[case for one in asked for case in one.cases],
    )  # fmt: skip
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment_id, note="entry_type_decided", once=f"decision-{row.id}",
            facts={
                "who": actor.name, "licence": actor.licence, "kind": entry_type,
                "lines": [_written(one) for one in stated], "reason": said,
            },
        ),
    )  # fmt: skip
    if asked or stated:
        outbox.add(session, MailFinance(shipment_id=shipment_id, once=f"decision-{row.id}"))
    proposal.changed(session, shipment)
    return Answer(text=f"The entry is of type {entry_type}.", changed=True)


def _cases(text: str) -> list[CaseStated]:
    rows = [one.strip() for one in text.splitlines() if one.strip()]
    if len(rows) > _MOST_CASES:
        raise Refused(f"At most {_MOST_CASES} cases. Nothing was changed.")
    return [_case(one) for one in rows]


def _case(row: str) -> CaseStated:
    """One line of the window: a case alone, or with its rate and the message that says it."""
    match = _CASE.match(row)
    if match is None:
        raise Refused(
            f"“{row[:80]}” is not understood. Write a case alone while no rate is available, or "
            f"with the rate, the number and the date of its message: {FORM}. Nothing was changed."
        )
    rate, dated = match["rate"], match["dated"]
    try:
        return CaseStated(
            case=match["case"].upper(), rate=Decimal(rate) if rate else None,
            message=match["message"], dated=date.fromisoformat(dated) if dated else None,
        )  # fmt: skip
    except (ValidationError, ValueError) as exc:
        raise Refused(f"“{row[:80]}” has no possible rate or date. Nothing was changed.") from exc


def _written(one: CaseStated) -> str:
    return f"{one.case} {one.rate} % {one.source}" if one.source else one.case


def _every(session: Session, shipment_id: int) -> list[int]:
    wanted = select(LineItem.number).where(LineItem.shipment_id == shipment_id)
    return sorted(session.exec(wanted).all())
