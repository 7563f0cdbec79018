"""A hold from its placing to its end, and what people noted of it meanwhile."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Field, SQLModel

from storage.columns import exact, moment, now, typed


class Hold(SQLModel, table=True):
    """A hold by an authority. What the authority wrote is kept as it is; the rest is ours."""

    __tablename__ = "hold"

    id: int | None = Field(default=None, primary_key=True)
    entry_id: int = Field(foreign_key="entry.id", index=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    code: str
    reason: str
    placed_at: datetime = Field(sa_column=moment(nullable=False))
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = Field(default=None, sa_column=moment())
    lifted_at: datetime | None = Field(default=None, sa_column=moment())

    kind: str = "unknown"  #: of `knowledge.holds`
    known_by: str = "nothing"  #: words, code, person, nothing
    source: str = "poll"  #: who told it first
    confirmed: bool = True  #: by the authority; False while only a mail says it
    stops: bool = True  #: the goods; False for a form that only asks
    ask_first: bool = False  #: compliance and counsel are asked before an answer goes
    exam: str | None = None
    respond_by: date | None = None  #: only a date that follows from a start that is known
    respond_because: str = ""  #: where it stands, or what must be asked
    inner_by: datetime | None = Field(default=None, sa_column=moment())  #: our own clock
    alarms: int = 0  #: steps of the escalation that were taken
    next_alarm_at: datetime | None = Field(default=None, sa_column=moment(index=True))
    package_sha256: str | None = None
    package_version: int = 0
    present: list[str] = Field(default=[], sa_column=typed(list[str]))
    missing: list[str] = Field(default=[], sa_column=typed(list[str]))
    draft: str = ""  #: of the answer, until a broker sends one
    answers: int = 0
    answered_at: datetime | None = Field(default=None, sa_column=moment())
    answered_by: str | None = None
    presented_on: date | None = None  #: the goods, for examination (19 CFR 151.16)
    case_number: str | None = None
    case_rate: Decimal | None = Field(default=None, sa_column=exact())  #: per cent
    case_source: str | None = None  #: message number and date of the rate
    frozen: bool = False  #: nothing goes out until compliance and a broker both say so
    cleared_by: str | None = None
    cleared_name: str | None = None
    cleared_at: datetime | None = Field(default=None, sa_column=moment())
    closed_by: str | None = None
    closed_name: str | None = None
    closed_reason: str | None = None
    closed_at: datetime | None = Field(default=None, sa_column=moment())


class HoldNote(SQLModel, table=True):
    """What a person noted of a hold: a call, a cost, an appointment, anything said."""

    __tablename__ = "hold_note"

    id: int | None = Field(default=None, primary_key=True)
    hold_id: int = Field(foreign_key="hold.id", index=True)
    kind: str  #: call, cost, appointment, note
    text: str
    amount: Decimal | None = Field(default=None, sa_column=exact())
    currency: str | None = None
    by: str
    by_name: str
    at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
