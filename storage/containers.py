"""The days of one container on its way from the terminal to its empty return."""

from __future__ import annotations

from datetime import date

from storage.values import Value


class ContainerDays(Value):
    """The port's own dates; None where nobody said anything about this container."""

    available_on: date | None = None
    last_free_day: date | None = None  #: as a person stated it, before any count
    gate_out_on: date | None = None
    empty_on: date | None = None
    chassis_on: date | None = None  #: the chassis is back; None: with the empty container

    def over(self, other: ContainerDays) -> ContainerDays:
        """These days, and the other's where these say nothing."""
        mine = self.model_dump(exclude_none=True)
        return other.model_copy(update={name: getattr(self, name) for name in mine})
