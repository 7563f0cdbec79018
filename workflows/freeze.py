"""What may not happen while a shipment is on hold, or while nobody can be screened, waits.

Every effect of a shipment passes here before its handler. The rule is closed: an effect that is
not named below waits whenever screening has an objection, whoever adds it and whenever. What
waits loses nothing, counts no attempt, and goes on when compliance has cleared the match or a
list is there again.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session

from storage import audit
from storage.models import Shipment, State
from storage.outbox import Claimed
from storage.values import SYSTEM
from workflows import holds, screening, shadow
from workflows.adcvd_effects import MailFinance
from workflows.booked.effects import FetchBooking, RequestDocuments
from workflows.compliance_effects import MailCompliance
from workflows.effects import (
    Acknowledge,
    AlertMail,
    AnswerSender,
    AskAll,
    AskQuestion,
    Chase,
    LearnCorrection,
    PollExport,
    PollStatus,
    ReadDocuments,
    ReadStatuses,
    RespondEntry,
    WithdrawPickup,
)
from workflows.handlers import Handler
from workflows.hold_effects import MailHold, StageHold, TextHold
from workflows.ports import OnHold, Ports
from workflows.post import Record
from workflows.retention import DeleteBlobs
from workflows.sign_effects import (
    CheckEnvelope,
    FetchSigned,
    RemindSigner,
    RequestSignature,
    VoidEnvelope,
)

INSIDE = frozenset(
    {
        ReadDocuments.kind,
        LearnCorrection.kind,
        ReadStatuses.kind,
        PollStatus.kind,
        PollExport.kind,
        FetchBooking.kind,
        CheckEnvelope.kind,
        FetchSigned.kind,
        VoidEnvelope.kind,
        AlertMail.kind,
        MailFinance.kind,
        MailHold.kind,
        TextHold.kind,
        StageHold.kind,
        MailCompliance.kind,
        DeleteBlobs.kind,
    }
)
"""Reading what came, watching others, telling our own people, and ends of things go on."""

LETTERS = frozenset(
    {
        Acknowledge.kind,
        AnswerSender.kind,
        AskAll.kind,
        AskQuestion.kind,
        Chase.kind,
        RemindSigner.kind,
        RequestDocuments.kind,
        RequestSignature.kind,
        WithdrawPickup.kind,
    }
)
"""Letters about papers, and "do not collect", wait for a match, but not for a list: they announce
and file nothing."""

_OVER = (State.CLOSED, State.CANCELLED)
_OUTWARD = ("gateway.", "mail.", "webhook.", "sftp.", "pickup.", "tms.write_back")
"""Kinds that leave the house; in shadow mode they do not."""

_OWN_ROOM = "slack."
"""What is said in the brokers' own workspace goes on: the card must say that it is on hold."""


def guarded(table: Mapping[str, Handler]) -> dict[str, Handler]:
    """The same handlers, each behind the question whether it may run."""
    return {kind: _behind(kind, handler) for kind, handler in table.items()}


def _behind(kind: str, handler: Handler) -> Handler:
    if kind == ReadDocuments.kind:
        return _warmed(handler)
    if kind in INSIDE or kind.startswith(_OWN_ROOM):
        return handler

    def asked(ports: Ports, claimed: Claimed) -> Record:
        if claimed.shipment_id is not None and _goes_out(kind):
            with ports.snapshot() as session:
                quiet = shadow.silent(session, claimed.shipment_id)
            if quiet:
                return _not_sent(claimed)
        if claimed.shipment_id is not None and (reason := _objection(ports, claimed, kind)):
            raise OnHold(reason)
        return handler(ports, claimed)

    return asked


def _goes_out(kind: str) -> bool:
    return kind in LETTERS or kind.startswith(_OUTWARD)


def _not_sent(claimed: Claimed) -> Record:
    """In shadow mode nothing goes out; that it would have gone is on record."""

    def record(session: Session) -> None:
        audit.record(
            session, "not_sent_in_shadow", actor=SYSTEM, shipment_id=claimed.shipment_id,
            kind=claimed.kind, key=claimed.key,
        )  # fmt: skip

    return record


def _warmed(handler: Handler) -> Handler:
    """The list is loaded before the transaction that screens, not within it."""

    def warm(ports: Ports, claimed: Claimed) -> Record:
        ports.house.screener.warm()
        return handler(ports, claimed)

    return warm


def _objection(ports: Ports, claimed: Claimed, kind: str) -> str | None:
    assert claimed.shipment_id is not None
    with ports.snapshot() as session:
        # The answer to customs is a decision that was made knowing of the hold.
        if kind != RespondEntry.kind and holds.frozen(session, claimed.shipment_id):
            return holds.FROZEN
        if kind in LETTERS:
            held = screening.open_hit(session, claimed.shipment_id)
            return screening.HOLD if held else None
        shipment = session.get(Shipment, claimed.shipment_id)
        if shipment is None:
            return None
        house = ports.house
        if shipment.state in _OVER:
            # Not screened anew any more, so it cannot lack a newer edition.
            held = screening.open_hit(session, claimed.shipment_id)
            return screening.HOLD if held else house.screener.problem
        return screening.stop(
            session, shipment, house.screener, needs_official_list=house.needs_official_list
        )
