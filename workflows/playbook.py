"""What each kind of hold asks for: one table, read aloud it makes sense.

Two clocks are kept apart: the authority's, which is shown only when its start is known, and our
own, which always runs. Periods: 19 CFR 151.16 (examination), the forms CBP 28 and 29 (thirty
days from the form's date; what the form says), 19 USC 1499, 19 CFR 351.402 (reimbursement).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from knowledge.holds import Kind, Recognised

Who = Literal[
    "broker", "backup", "compliance", "finance", "warehouse", "drayage", "principal", "counsel"
]
Supplement = Literal[
    "entry", "documents", "invoice", "packing_list", "transport_document", "certificates",
    "origin_evidence", "prior_imports", "value_reconciliation", "payment_proof",
    "classification_memo", "decisions", "exam_request", "adcvd_estimate", "parties",
    "purchase_order", "supply_chain",
]  # fmt: skip

OUTSIDERS: frozenset[Who] = frozenset({"warehouse", "drayage"})
TEXTED: frozenset[Who] = frozenset({"broker", "backup", "principal", "counsel"})


@dataclass(frozen=True)
class Play:
    """What to do about one kind of hold."""

    needs: str  #: one sentence, the verb first
    within: timedelta  #: our own time
    alert: tuple[Who, ...]
    stage: tuple[Supplement, ...]
    period: str  #: the authority's period in words, where no date can be computed
    few: bool = False  #: for few eyes: the thread hears only that it is on hold
    letter: Literal["importer", "shipper"] | None = None  #: who is written to, by a broker's word


@dataclass(frozen=True)
class Step:
    """One step of the escalation of a hold that nobody has taken."""

    after: timedelta  #: since the alert
    tell: Who


PLAYS: dict[Kind, Play] = {
    "documents": Play(
        "Send the document that customs asks for.",
        timedelta(hours=24),
        ("broker",),
        ("entry", "invoice", "packing_list", "transport_document", "certificates",
         "prior_imports"),
        "the notice names no date",
        letter="shipper",
    ),
    "value": Play(
        "Show how the entered value comes about, with the documents of the transaction.",
        timedelta(days=10),
        ("broker", "finance", "compliance"),
        ("entry", "invoice", "purchase_order", "payment_proof", "value_reconciliation",
         "prior_imports"),
        "30 days from the date of form CBP 28; 29 says its own",
        letter="importer",
    ),
    "classification": Play(
        "Justify the classification, or correct it.",
        timedelta(days=10),
        ("broker", "compliance"),
        ("entry", "invoice", "classification_memo", "decisions", "prior_imports"),
        "30 days from the date of form CBP 28; 29 says its own",
        letter="importer",
    ),
    "examination": Play(
        "Bring the goods to the examination; do not deliver them.",
        timedelta(hours=4),
        ("broker", "warehouse", "drayage"),
        ("entry", "exam_request", "invoice", "packing_list", "transport_document"),
        "release or detention within 5 working days of the presentation (19 CFR 151.16)",
        letter="importer",
    ),
    "adcvd": Play(
        "Decide the scope; nothing is filed or paid until a broker has recorded it.",
        timedelta(hours=24),
        ("broker", "finance", "compliance"),
        ("entry", "adcvd_estimate", "origin_evidence", "invoice", "prior_imports"),
        "10 working days to send a rejected summary again; the deposit is due with the summary",
        letter="importer",
    ),
    "restricted": Play(
        "Stop everything and wait for counsel's instruction.",
        timedelta(hours=1),
        ("principal", "counsel", "compliance", "broker"),
        ("entry", "parties", "supply_chain", "origin_evidence", "documents"),
        "the notice names it; a detention under the UFLPA gives 30 days from its date",
        few=True,
    ),
    "unknown": Play(
        "Ask customs or the carrier why it is held, and say what kind it is.",
        timedelta(hours=4),
        ("broker",),
        ("entry", "invoice", "packing_list", "transport_document"),
        "no reason is known, so no period",
    ),
}  # fmt: skip

ESCALATION: tuple[Step, ...] = (
    Step(timedelta(minutes=15), "broker"),
    Step(timedelta(minutes=60), "backup"),
    Step(timedelta(hours=4), "principal"),
)
FEW_ESCALATION: tuple[Step, ...] = (
    Step(timedelta(minutes=15), "principal"),
    Step(timedelta(minutes=60), "counsel"),
    Step(timedelta(hours=4), "principal"),
)
_FORM_28 = timedelta(days=30)
_DETENTION = timedelta(days=30)


def play(kind: str) -> Play:
    """The play of a kind; a kind of a later version is treated as unknown."""
    return next((made for name, made in PLAYS.items() if name == kind), PLAYS["unknown"])


def escalation(kind: str) -> tuple[Step, ...]:
    """Who hears, when nobody takes it."""
    return FEW_ESCALATION if play(kind).few else ESCALATION


def due(found: Recognised) -> tuple[date | None, str]:
    """The authority's date, if its start is known, and where it follows from."""
    if found.due is not None:
        return found.due, "named in the notice"
    if found.form == "28" and found.dated is not None:
        return found.dated + _FORM_28, "30 days from the date of form CBP 28"
    if found.kind == "restricted" and found.dated is not None:
        return found.dated + _DETENTION, "30 days from the date of the notice"
    return None, f"start date unknown, please ask: {PLAYS[found.kind].period}"
