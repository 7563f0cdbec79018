"""What an installation has decided about bookings: its lanes, its triggers, its source."""

from __future__ import annotations

from dataclasses import dataclass, field

from knowledge import lanes
from knowledge.lanes import Lanes
from workflows.booked import triggers
from workflows.booked.triggers import Triggers


@dataclass(frozen=True)
class BookingRules:
    """Standing facts, from the settings."""

    lanes: Lanes = field(default_factory=lanes.ours)
    triggers: Triggers = field(default_factory=triggers.load)
    tms: str | None = None  #: the source that is asked and told back; None: there is none
    poll_seconds: float = 300.0
