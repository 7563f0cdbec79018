"""The state machine of a shipment: one table, and the only function that changes a state.

States are stored; conditions (a missing document, an uncleared match) are computed by
`workflows.gate`. A person's request may be refused, with a reason that the person can read.
What an authority reports is always recorded; when we did not expect it, the shipment is
flagged for attention and its state stays.

    booked <-> received -> in_review <-> rejected
                          in_review -> confirmed -> submitted -> accepted <-> held
                          in_review -> cancelled    submitted, accepted, held -> released -> closed
                                                    released -> held (recall)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlmodel import Session

from storage import audit
from storage.columns import now
from storage.models import Shipment, State
from storage.values import Actor, Role, Value


class Refused(Exception):
    """A request that is not allowed now. The text is a sentence for the person who asked."""


class WrongRole(Refused):
    """The person may not do this; `roles` are those who may."""

    def __init__(self, text: str, *roles: Role) -> None:
        super().__init__(text)
        self.roles = roles


class Event(Value):
    """Something that may happen to a shipment."""

    verb: ClassVar[str]
    from_authority: ClassVar[bool] = False


class Received(Event):
    verb: ClassVar[str] = "receive the first document of"


class Booked(Event):
    verb: ClassVar[str] = "set back to booked"


class Proposed(Event):
    verb: ClassVar[str] = "propose"


class Joined(Event):
    verb: ClassVar[str] = "join"
    into: str


class Attached(Event):
    verb: ClassVar[str] = "attach"
    into: str


class Confirm(Event):
    verb: ClassVar[str] = "confirm and file"
    entry_id: int
    blockers: tuple[str, ...]  #: what `gate.blockers` said in this very transaction


class Reject(Event):
    verb: ClassVar[str] = "reject"
    reason: str


class Reopen(Event):
    verb: ClassVar[str] = "reopen"


class Cancel(Event):
    verb: ClassVar[str] = "cancel"
    reason: str


class Submitted(Event):
    verb: ClassVar[str] = "mark as submitted"
    reference: str


class FiledByHand(Event):
    """A broker filed it without the gateway."""

    verb: ClassVar[str] = "file"
    reference: str


class Accepted(Event):
    verb: ClassVar[str] = "accept"
    from_authority: ClassVar[bool] = True


class Refusal(Event):
    verb: ClassVar[str] = "refuse the entry of"
    from_authority: ClassVar[bool] = True
    reason: str


class Held(Event):
    verb: ClassVar[str] = "hold"
    from_authority: ClassVar[bool] = True
    reason: str


class Lifted(Event):
    """The last of its holds was removed; it is not released yet."""

    verb: ClassVar[str] = "lift the hold of"
    from_authority: ClassVar[bool] = True


class Released(Event):
    verb: ClassVar[str] = "release"
    from_authority: ClassVar[bool] = True


class Close(Event):
    verb: ClassVar[str] = "close"


BROKER = frozenset({Role.LICENSED_BROKER})
WRITERS = frozenset({Role.LICENSED_BROKER, Role.ENTRY_WRITER})
OURSELVES = frozenset({Role.SYSTEM})
GATEWAY = frozenset({Role.AUTHORITY})

Guard = Callable[[Event], str | None]


def always(_event: Event) -> str | None:
    return None


def no_blockers(event: Event) -> str | None:
    assert isinstance(event, Confirm)
    return "It cannot be filed yet: " + " ".join(event.blockers) if event.blockers else None


def has_reason(event: Event) -> str | None:
    assert isinstance(event, Reject | Cancel)
    return None if event.reason.strip() else "Please say why."


@dataclass(frozen=True)
class Row:
    """From this state, this event, by these roles, if the guard agrees, to that state."""

    state: State
    event: type[Event]
    roles: frozenset[Role]
    guard: Guard
    to: State


S = State
TRANSITIONS: Sequence[Row] = (
    Row(S.BOOKED, Received, OURSELVES, always, S.RECEIVED),
    Row(S.RECEIVED, Booked, OURSELVES, always, S.BOOKED),  # what came was only a booking
    Row(S.RECEIVED, Proposed, OURSELVES, always, S.IN_REVIEW),
    Row(S.IN_REVIEW, Proposed, OURSELVES, always, S.IN_REVIEW),  # more documents came
    Row(S.RECEIVED, Joined, OURSELVES, always, S.CANCELLED),  # two mails of one shipment
    Row(S.IN_REVIEW, Joined, OURSELVES, always, S.CANCELLED),
    Row(S.RECEIVED, Attached, WRITERS, always, S.CANCELLED),  # a person said where it belongs
    Row(S.IN_REVIEW, Attached, WRITERS, always, S.CANCELLED),
    Row(S.REJECTED, Attached, WRITERS, always, S.CANCELLED),
    Row(S.IN_REVIEW, Confirm, BROKER, no_blockers, S.CONFIRMED),
    Row(S.IN_REVIEW, Reject, WRITERS, has_reason, S.REJECTED),
    Row(S.IN_REVIEW, Cancel, BROKER, has_reason, S.CANCELLED),
    Row(S.REJECTED, Reopen, WRITERS, always, S.IN_REVIEW),
    Row(S.REJECTED, Cancel, BROKER, has_reason, S.CANCELLED),
    Row(S.CONFIRMED, Submitted, OURSELVES, always, S.SUBMITTED),
    Row(S.CONFIRMED, FiledByHand, BROKER, always, S.SUBMITTED),
    Row(S.SUBMITTED, Accepted, GATEWAY, always, S.ACCEPTED),
    Row(S.SUBMITTED, Refusal, GATEWAY, always, S.REJECTED),
    Row(S.SUBMITTED, Held, GATEWAY, always, S.HELD),  # the acceptance never reached us
    Row(S.SUBMITTED, Released, GATEWAY, always, S.RELEASED),
    Row(S.ACCEPTED, Accepted, GATEWAY, always, S.ACCEPTED),  # told twice
    Row(S.ACCEPTED, Held, GATEWAY, always, S.HELD),
    Row(S.ACCEPTED, Released, GATEWAY, always, S.RELEASED),
    Row(S.ACCEPTED, Refusal, GATEWAY, always, S.REJECTED),
    Row(S.HELD, Held, GATEWAY, always, S.HELD),  # another hold, or the same again
    Row(S.HELD, Lifted, GATEWAY, always, S.ACCEPTED),
    Row(S.HELD, Released, GATEWAY, always, S.RELEASED),
    Row(S.HELD, Refusal, GATEWAY, always, S.REJECTED),
    Row(S.RELEASED, Released, GATEWAY, always, S.RELEASED),  # told twice
    Row(S.RELEASED, Held, GATEWAY, always, S.HELD),  # recalled
    Row(S.RELEASED, Close, OURSELVES, always, S.CLOSED),
    Row(S.CLOSED, Held, GATEWAY, always, S.HELD),  # recalled after its file was sealed
)

_BY_STATE = {(row.state, row.event): row for row in TRANSITIONS}

_WORDS = {
    S.BOOKED: "booked",
    S.RECEIVED: "still being read",
    S.IN_REVIEW: "in review",
    S.CONFIRMED: "confirmed and on its way to customs",
    S.SUBMITTED: "submitted",
    S.ACCEPTED: "accepted by customs",
    S.HELD: "on hold",
    S.RELEASED: "released",
    S.CLOSED: "closed",
    S.REJECTED: "rejected",
    S.CANCELLED: "cancelled",
}


def words(state: State) -> str:
    """The state as a broker would say it."""
    return _WORDS[state]


def fire(session: Session, shipment: Shipment, event: Event, *, actor: Actor) -> bool:
    """Let `event` happen to the shipment, in the caller's transaction.

    True when the table has a row for it. An authority's event without a row is recorded and
    flags the shipment (False). Anybody else's raises `Refused`, and nothing changes.
    """
    row = _BY_STATE.get((shipment.state, type(event)))
    name = type(event).__name__.lower()
    if row is None and event.from_authority and actor.role is Role.AUTHORITY:
        shipment.attention = (
            f"Customs reported '{name}' while the shipment was {words(shipment.state)}. "
            "Please look at the entry at the authority."
        )
        session.add(shipment)
        audit.record(
            session,
            "status_unexpected",
            actor=actor,
            shipment_id=shipment.id,
            event=name,
            state=shipment.state.value,
        )
        return False
    if row is None:
        raise Refused(f"Nothing was done: {shipment.ref} is {words(shipment.state)}.")
    if actor.role not in row.roles:
        raise Refused(_not_yours(event, row.roles))
    if problem := row.guard(event):
        raise Refused(problem)
    before, shipment.state, shipment.updated_at = shipment.state, row.to, now()
    session.add(shipment)
    audit.record(
        session,
        f"shipment_{name}",
        actor=actor,
        shipment_id=shipment.id,
        before=before.value,
        after=row.to.value,
        **event.model_dump(mode="json", exclude={"blockers"}),
    )
    return True


def _not_yours(event: Event, roles: frozenset[Role]) -> str:
    if roles == BROKER:
        return f"Only a licensed broker can {event.verb} a shipment. Nothing was changed."
    who = " or ".join(sorted(role.value.replace("_", " ") for role in roles))
    return f"Only a {who} can {event.verb} a shipment. Nothing was changed."
