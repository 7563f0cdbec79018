"""The side effects of a hold: mails to the roles that it concerns, a text message, its package."""

from __future__ import annotations

from typing import ClassVar, Literal

from storage.outbox import Effect
from workflows.playbook import Who


class MailHold(Effect):
    """Tell one role of our own house of a hold, by mail."""

    kind: ClassVar[str] = "hold.mail"
    destination: ClassVar[str] = "mail"
    shipment_id: int
    hold_id: int
    who: Who
    step: int = 0  #: 0: the alert; then the steps of the escalation

    def key(self) -> str:
        return f"hold-{self.hold_id}-mail-{self.who}-{self.step}"


class MailHoldOutside(MailHold):
    """The same to somebody outside, who must not deliver: it waits while compliance holds it."""

    kind: ClassVar[str] = "hold.mail_outside"


class TextHold(Effect):
    """A text message: the reference, the kind, the port and a link; nothing confidential."""

    kind: ClassVar[str] = "hold.text"
    destination: ClassVar[str] = "texts"
    shipment_id: int
    hold_id: int
    who: Who
    step: int = 0

    def key(self) -> str:
        return f"hold-{self.hold_id}-text-{self.who}-{self.step}"


class StageHold(Effect):
    """Make the package of a hold anew, with the draft of an answer."""

    kind: ClassVar[str] = "hold.stage"
    shipment_id: int
    hold_id: int
    version: int

    def key(self) -> str:
        return f"hold-{self.hold_id}-stage-{self.version}"

    def lane(self) -> str:
        return f"hold:{self.hold_id}"


class TellFew(Effect):
    """Tell compliance's channel of a hold that others hear nothing of."""

    kind: ClassVar[str] = "slack.hold_few"
    destination: ClassVar[str] = "slack"
    hold_id: int
    note: Literal["hold_few", "hold_unanswered"]
    step: int = 0

    def key(self) -> str:
        return f"hold-{self.hold_id}-few-{self.note}-{self.step}"
