"""What papers ask for: to be made, and to be shown."""

from __future__ import annotations

from typing import ClassVar

from storage.outbox import Effect


class MakePaper(Effect):
    """Set one version of a paper and keep it as a document of the shipment."""

    kind: ClassVar[str] = "paper.make"
    max_attempts: ClassVar[int] = 5
    shipment_id: int
    paper_id: int
    name: str  #: kind, part and version, for people who read the outbox

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-paper-{self.name}"

    def lane(self) -> str:
        # One after the other: a version takes the place of the one before.
        return f"paper:{self.shipment_id}"


class ShowPaper(Effect):
    """Show a paper in the shipment's thread, with its first page as a picture."""

    kind: ClassVar[str] = "slack.paper"
    destination: ClassVar[str] = "slack"
    shipment_id: int
    paper_id: int
    name: str

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-show-{self.name}"

    def lane(self) -> str:
        return f"slack-thread:{self.shipment_id}"
