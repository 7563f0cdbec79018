"""Mail that went out, as it was said, and what came back for it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from storage.columns import choice, moment, now, typed
from storage.mail import Bounce, RefusedRecipient


class Outcome(StrEnum):
    """What became of a mail. "sent" means that a mail server took it, not that it was read."""

    SENT = "sent"
    PARTLY = "partly"  #: refused for some recipients, see `refused`
    REFUSED = "refused"  #: the mail server took it for nobody
    DELAYED = "delayed"  #: a server on the way still tries
    BOUNCED = "bounced"  #: it came back for good
    COMPLAINED = "complained"  #: the recipient marked it as unwanted


class OutgoingMessage(SQLModel, table=True):
    """One mail that a mail server took from us, or refused. `key` says what it is once of."""

    __tablename__ = "outgoing_message"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    message_id: str = Field(index=True)
    shipment_id: int | None = Field(default=None, foreign_key="shipment.id", index=True)
    kind: str  #: acknowledgement, question, chase, release, nothing_in_it
    recipients: list[str] = Field(default=[], sa_column=typed(list[str]))
    correspondent: str = Field(default="", index=True)  #: the first recipient, folded
    refused: list[RefusedRecipient] = Field(default=[], sa_column=typed(list[RefusedRecipient]))
    subject: str
    text: str
    language: str = "en"
    answers: int | None = Field(default=None, foreign_key="message.id")
    sent_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    outcome: Outcome = Field(sa_column=choice(Outcome, "outgoing_outcome"))
    bounce: Bounce | None = Field(default=None, sa_column=typed(Bounce, nullable=True))
