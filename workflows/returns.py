"""What comes back for our mail: bounces, complaints, and people who are away.

A report counts only if it names a Message-ID that we sent, and only about an address that we
sent that mail to: a forged one changes nothing. What counts is recorded on the mail, told in
the shipment's thread in plain words, and the chase goes on with the next contact.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import AwareDatetime
from sqlmodel import Session, col, select

from storage import audit, outbox
from storage.columns import now
from storage.mail import Bounce
from storage.models import Outbox, Outcome, OutgoingMessage
from storage.values import SYSTEM, Value
from workflows.correspondents import folded
from workflows.effects import Chase, TellThread

_AWAY = timedelta(days=7)  # an absence without an end: after a week they are asked again

_PLAIN = (
    ("5.1.1", "there is no such mailbox"),
    ("5.1.2", "the domain does not exist or takes no mail"),
    ("5.1.3", "the address is not written correctly"),
    ("5.1.6", "the mailbox has moved and left no new address"),
    ("5.1.10", "the domain takes no mail"),
    ("5.2.1", "the mailbox is closed"),
    ("5.2.3", "the mail is too large for the mailbox"),
    ("5.3.4", "the mail is too large for their server"),
    ("5.4.4", "their mail server could not be found"),
    ("x.2.2", "the mailbox is full"),
    ("x.4", "their mail server could not be reached"),
    ("x.7", "their server refused it as unwanted or not allowed"),
    ("x.3", "their mail server has a fault"),
    ("x.1", "the address is not accepted"),
    ("x.2", "the mailbox does not take mail"),
)
"""RFC 3463, the most exact first; "x" is any class."""


class Failure(Value):
    """One recipient of a report."""

    address: str
    permanent: bool
    status: str = ""  #: RFC 3463
    said: str = ""  #: what the other server said


class Report(Value):
    """A report as it was read. `about` are the Message-IDs that it names."""

    kind: Literal["bounce", "complaint", "away"]
    about: tuple[str, ...]
    failures: tuple[Failure, ...] = ()
    until: AwareDatetime | None = None
    sender: str = ""


def take(session: Session, report: Report) -> OutgoingMessage | None:
    """Record a report on the mail that it is about; None when it is about none of ours."""
    if not report.about:
        return None
    mail = session.exec(
        select(OutgoingMessage).where(col(OutgoingMessage.message_id).in_(report.about))
    ).first()
    if mail is None:
        return None
    found = _bounce(mail, report)
    if found is None or (mail.outcome is Outcome.BOUNCED and found.kind == "temporary"):
        return None
    if mail.bounce is not None and (mail.bounce.kind, mail.bounce.address) == (
        found.kind,
        found.address,
    ):
        return mail  # told again
    mail.bounce = found
    match found.kind:
        case "permanent":
            mail.outcome = Outcome.BOUNCED
        case "temporary":
            mail.outcome = Outcome.DELAYED
        case "complaint":
            mail.outcome = Outcome.COMPLAINED
    session.add(mail)
    session.flush()
    audit.record(
        session,
        f"mail_{found.kind}",
        actor=SYSTEM,
        shipment_id=mail.shipment_id,
        mail=mail.key,
        to=found.address,
        status=found.status,
    )
    if mail.shipment_id is not None:
        _tell(session, mail.shipment_id, mail, found)
    if found.kind != "temporary":
        _ask_the_next(session, mail)
    return mail


def plain(status: str, *, permanent: bool) -> str:
    """A status code in words."""
    for known, words in _PLAIN:
        wanted = known.replace("x", status[:1]) if known.startswith("x") else known
        if status == wanted or status.startswith(f"{wanted}."):
            return words
    if permanent:
        return "their mail server sent it back"
    return "their mail server did not take it yet"


def _bounce(mail: OutgoingMessage, report: Report) -> Bounce | None:
    sent_to = {folded(one): one for one in mail.recipients}
    if report.kind == "away":
        address = sent_to.get(folded(report.sender))
        if address is None:
            return None
        until = report.until or now() + _AWAY
        return Bounce(kind="away", address=address, reason="away", at=now(), until=until)
    if report.kind == "complaint":
        named = [
            sent_to[folded(one.address)]
            for one in report.failures
            if folded(one.address) in sent_to
        ]
        # The address is often taken out of a complaint; a mail to one recipient leaves no doubt.
        address = named[0] if named else (mail.recipients[0] if len(sent_to) == 1 else None)
        if address is None:
            return None
        return Bounce(kind="complaint", address=address, reason="marked as unwanted", at=now())
    for failure in sorted(report.failures, key=lambda one: not one.permanent):
        address = sent_to.get(folded(failure.address))
        if address is not None:
            said = f" ({failure.said[:200]})" if failure.said else ""
            return Bounce(
                kind="permanent" if failure.permanent else "temporary",
                address=address,
                reason=plain(failure.status, permanent=failure.permanent) + said,
                status=failure.status,
                at=now(),
            )
    return None


def _tell(session: Session, shipment_id: int, mail: OutgoingMessage, found: Bounce) -> None:
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment_id,
            note="mail_failed",
            once=f"mail-{mail.id}-{found.kind}",
            facts={
                "kind": found.kind,
                "to": found.address,
                "subject": mail.subject,
                "reason": found.reason,
                "until": f"{found.until:%Y-%m-%d}" if found.until else None,
            },
        ),
    )


def _ask_the_next(session: Session, mail: OutgoingMessage) -> None:
    """A reminder that reached nobody goes to the next contact at once, under its number."""
    if mail.kind != "chase":
        return
    row = session.exec(select(Outbox).where(Outbox.key == mail.key)).first()
    if row is None:
        return
    effect = Chase.model_validate(row.payload)
    outbox.add(session, effect.model_copy(update={"turn": effect.turn + 1}))
