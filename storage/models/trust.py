"""Whom we trust: rules about senders, mails that wait for one, and accounts that they named."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.columns import choice, moment, now, typed


class Trusted(StrEnum):
    """What a person decided about a sender."""

    ACCEPT = "accept"
    BLOCK = "block"


class SenderRule(SQLModel, table=True):
    """A decision about an address or a domain; one sender may write for several importers."""

    __tablename__ = "sender_rule"
    __table_args__ = (UniqueConstraint("pattern", "importer_id", name="uq_sender_rule"),)

    id: int | None = Field(default=None, primary_key=True)
    pattern: str = Field(index=True)  #: "ha@lotusbags.example" or "lotusbags.example"
    importer_id: int | None = Field(default=None, foreign_key="importer.id", index=True)
    decision: Trusted = Field(sa_column=choice(Trusted, "sender_rule_decision"))
    decided_by: str
    decided_name: str = ""
    at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class Quarantined(StrEnum):
    """Where a mail in quarantine stands."""

    WAITING = "waiting"
    ACCEPTED = "accepted"  #: and its sender with it
    ONCE = "once"  #: this mail only
    BLOCKED = "blocked"


class Quarantine(SQLModel, table=True):
    """A mail that waits for a person's word about its sender. It was read by nobody."""

    __tablename__ = "quarantine"

    id: int | None = Field(default=None, primary_key=True)
    message_id: int = Field(foreign_key="message.id", unique=True)
    sender: str = Field(index=True)
    grounds: list[str] = Field(default=[], sa_column=typed(list[str]))  #: new, forged, lookalike …
    reasons: list[str] = Field(default=[], sa_column=typed(list[str]))  #: the same in sentences
    importer_id: int | None = Field(default=None, foreign_key="importer.id")  #: a guess
    arrival: dict[str, Any] = Field(default={}, sa_column=typed(dict[str, Any]))
    standing: Quarantined = Field(sa_column=choice(Quarantined, "quarantine_standing", index=True))
    channel: str | None = None
    ts: str | None = None
    decided_by: str | None = None
    decided_name: str | None = None
    decided_at: datetime | None = Field(default=None, sa_column=moment())


class SenderAccount(SQLModel, table=True):
    """An account that a sender named once. The number itself is not kept here."""

    __tablename__ = "sender_account"
    __table_args__ = (UniqueConstraint("sender", "mark", name="uq_sender_account"),)

    id: int | None = Field(default=None, primary_key=True)
    sender: str = Field(index=True)  #: the firm's domain, or the address at a public mail service
    kind: str
    mark: str
    last_four: str
    message_id: int = Field(foreign_key="message.id")  #: where it was first named
    confirmed: bool  #: the first of its kind, or a person said that the change is right
    confirmed_by: str | None = None
    seen_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
