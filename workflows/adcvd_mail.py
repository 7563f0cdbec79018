"""The mail to finance about antidumping and countervailing duty: both totals, no guessed rate."""

from __future__ import annotations

from decimal import Decimal

from sqlmodel import Session

from prompts import letter
from storage.mail import OutgoingMail
from storage.models import Shipment
from storage.outbox import Claimed
from workflows import adcvd, bonds, estimate, packing, post
from workflows.adcvd_effects import MailFinance
from workflows.mailing import nothing
from workflows.ports import House, Ports
from workflows.post import Record


def mail_finance(ports: Ports, claimed: Claimed) -> Record:
    """One mail; none where finance has no address on record."""
    effect = MailFinance.model_validate(claimed.payload)
    to = ports.house.holds.mail_of("finance")
    if not to:
        return nothing
    with ports.snapshot() as session:
        shipment = session.get(Shipment, effect.shipment_id)
        facts = _facts(session, shipment, ports.house) if shipment is not None else None
    if facts is None:
        return nothing
    made = letter.write("adcvd_finance", language="en", **facts)
    mail = OutgoingMail(
        key=effect.key(), to=to, text=made.text, html=made.html,
        subject=letter.subject("adcvd_finance", language="en", **facts),
        reply_to=ports.house.address_for(str(facts["ref"])),
    )  # fmt: skip
    return post.deliver(
        ports, mail, kind="adcvd", shipment_id=effect.shipment_id, refusal_is_an_outcome=True,
        quiet=True,
    )  # fmt: skip


def _facts(session: Session, shipment: Shipment, house: House) -> dict[str, object]:
    made = estimate.priced(session, shipment, house.duty)
    asked = adcvd.standing(session, shipment).asked
    decided = adcvd.decision(session, shipment)
    value, regular = packing.total_value(made.values), made.duty.total
    rows = adcvd.deposits(session, shipment, made.values) if decided else []
    known = [one.amount for one in rows if one.amount is not None]
    whole = bool(rows) and len(known) == len(rows)
    deposit = sum(known, Decimal(0)) if whole else None
    bond = bonds.of(session, shipment)
    cases = [one.case for one in (decided.cases if decided else adcvd.suggested_cases(asked))]
    fees = [one for one in (made.duty.mpf, made.duty.hmf) if one is not None]
    return {
        "ref": shipment.ref or "?",
        "importer": shipment.parties.importer.name or "not known",
        "cases": ", ".join(cases),
        "value": _usd(value),
        "regular": _usd(regular.amount if regular else None),
        "fees": ", ".join(f"{one.authority} {one.amount or 'not computed'}" for one in fees),
        "rows": [
            f"Line {one.number}, {one.case}: {_usd(one.amount)}"
            + (f" ({one.rate} %, {one.source})" if one.source else ": no rate from a dated message")
            for one in rows
        ],
        "deposit": _usd(deposit),
        "in_scope": _usd(deposit + regular.amount if deposit is not None and regular else None),
        "bond": f"USD {bond.amount:,.2f} ({bond.kind})" if bond else "none on record",
        "decided": f"{decided.entry_type}, by {decided.by_name} (licence {decided.licence})"
        if decided
        else "",
        "firm": house.firm,
    }


def _usd(amount: Decimal | None) -> str:
    return f"USD {amount:,.2f}" if amount is not None else "not available"


TABLE = {MailFinance.kind: mail_finance}
