"""The effects of asking for a signature. Each names the envelope; its row has the facts."""

from __future__ import annotations

from typing import ClassVar

from storage.outbox import Effect


class _Signing(Effect):
    destination: ClassVar[str] = "esign"
    envelope_id: int
    shipment_id: int | None = None


class RequestSignature(_Signing):
    """Hand the form to the signing service. Looked up before it is repeated."""

    kind: ClassVar[str] = "esign.request"

    def key(self) -> str:
        return f"envelope-{self.envelope_id}-request"


class CheckEnvelope(_Signing):
    """Ask the service how it stands; `once` is a poll's number or the event that told us."""

    kind: ClassVar[str] = "esign.status"
    max_attempts: ClassVar[int] = 1  #: a missed look is followed by the next, not repeated
    once: str

    def key(self) -> str:
        return f"envelope-{self.envelope_id}-look-{self.once}"


class FetchSigned(_Signing):
    """Fetch what was signed, and the certificate of completion."""

    kind: ClassVar[str] = "esign.documents"
    max_attempts: ClassVar[int] = 20

    def key(self) -> str:
        return f"envelope-{self.envelope_id}-fetch"


class RemindSigner(_Signing):
    """Remind the signer; the number behind the last one tells a person."""

    kind: ClassVar[str] = "esign.remind"
    number: int

    def key(self) -> str:
        return f"envelope-{self.envelope_id}-remind-{self.number}"


class VoidEnvelope(_Signing):
    """Take the request back at the service."""

    kind: ClassVar[str] = "esign.void"
    reason: str

    def key(self) -> str:
        return f"envelope-{self.envelope_id}-void"


class TellPower(Effect):
    """Tell something about a power of attorney in a shipment's thread, once, with buttons.

    Without a shipment it is told in the operations channel.
    """

    kind: ClassVar[str] = "slack.power"
    destination: ClassVar[str] = "slack"
    note: str  #: template under prompts/slack/
    once: str
    facts: dict[str, str | int | list[str] | None] = {}
    shipment_id: int | None = None
    buttons: list[tuple[str, int]] = []  #: (action, the id that it is about)
    document_ids: list[int] = []
    mention: str | None = None
    broadcast: bool = False

    def key(self) -> str:
        return f"{self.note}-{self.once}"

    def lane(self) -> str:
        return f"slack-thread:{self.shipment_id}" if self.shipment_id else self.key()
