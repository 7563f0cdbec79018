"""What the people of the brokerage wish for themselves. Nothing here is a right."""

from __future__ import annotations

from datetime import datetime, time
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from storage.values import Value

Filter = Literal["mine", "everyone", "holds", "unassigned"]


class Wishes(Value):
    """How somebody wants to hear of things, and what their Home shows."""

    mention: bool = True  #: by name in the shipment's thread
    direct: bool = False  #: also as a direct message
    digest: time | None = None  #: the queue as a direct message at this time of their day
    quiet_from: time | None = None  #: from here neither mention nor direct message, except holds
    quiet_until: time | None = None
    zone: str = "America/New_York"
    shows: Filter = "mine"  #: the filter of the Home
    page: int = Field(default=0, ge=0, le=500)

    @field_validator("zone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
            raise ValueError("a time zone is named like America/New_York") from exc
        return value

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValueError("quiet hours have a beginning and an end")
        return self

    def local(self, at: datetime) -> datetime:
        """The moment on this person's own clock."""
        return at.astimezone(ZoneInfo(self.zone))

    def quiet(self, at: datetime) -> bool:
        """Whether it is their quiet time; it may go over midnight."""
        if self.quiet_from is None or self.quiet_until is None:
            return False
        clock = self.local(at).time().replace(tzinfo=None)
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= clock < self.quiet_until
        return clock >= self.quiet_from or clock < self.quiet_until
