"""The side effects of compliance: a card of its own with the details, and a mail to it.

They are known to few on purpose: the shipment's thread hears only that it is on hold.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from storage.outbox import Effect

Standing = Literal["open", "carried", "cleared", "confirmed", "reopened"]


class ShowMatch(Effect):
    """Show a match to compliance, or what was decided about it."""

    kind: ClassVar[str] = "slack.match"
    destination: ClassVar[str] = "slack"
    screening_id: int
    standing: Standing
    once: str = ""

    def key(self) -> str:
        return f"screening-{self.screening_id}-card-{self.standing}{self.once}"

    def lane(self) -> str:
        return f"screening:{self.screening_id}"


class MailCompliance(Effect):
    """Tell compliance of a match, or principal and counsel of a confirmed one."""

    kind: ClassVar[str] = "compliance.mail"
    destination: ClassVar[str] = "mail"
    screening_id: int
    letter: Literal["compliance_match", "compliance_confirmed"]

    def key(self) -> str:
        return f"screening-{self.screening_id}-mail-{self.letter}"
