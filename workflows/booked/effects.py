"""The side effects of bookings. Each has a key that says what it is once of."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from storage.outbox import Effect

Standing = Literal["filed", "accepted", "held", "released", "rejected"]


class RequestDocuments(Effect):
    """Ask for the documents of a booked shipment, in one mail."""

    kind: ClassVar[str] = "mail.request_documents"
    destination: ClassVar[str] = "mail"
    shipment_id: int
    lane_name: str  #: another lane needs other documents

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-request-documents-{self.lane_name}"

    def lane(self) -> str:
        return f"mail:{self.shipment_id}"


class PullBookings(Effect):
    """Read one page of the source's list; the next page is the next effect."""

    kind: ClassVar[str] = "tms.pull"
    destination: ClassVar[str] = "tms"
    source: str
    run: int
    page: int
    cursor: str | None = None

    def key(self) -> str:
        return f"{self.source}-pull-{self.run}-{self.page}"

    def lane(self) -> str:
        return f"tms-pull:{self.source}"


class FetchBooking(Effect):
    """Read one shipment of the source with its legs and containers."""

    kind: ClassVar[str] = "tms.fetch"
    destination: ClassVar[str] = "tms"
    source: str
    external_id: str
    version: str  #: of the source's, or the event that spoke of it
    milestone: str  #: how we came to know of it: triggers are chosen by it
    shipment_id: int | None = None

    def key(self) -> str:
        return f"{self.source}-{self.external_id}-fetch-{self.version}"[:300]

    def lane(self) -> str:
        return f"tms-fetch:{self.source}:{self.external_id}"


class WriteBack(Effect):
    """Tell the source how its shipment stands with customs.

    One lane for each shipment: an older standing never comes after a newer one.
    """

    kind: ClassVar[str] = "tms.write_back"
    destination: ClassVar[str] = "tms"
    max_attempts: ClassVar[int] = 30
    shipment_id: int
    source: str
    external_id: str
    standing: Standing
    entry: str | None
    entry_id: int
    reason: str = ""
    at: AwareDatetime
    once: str  #: "filed", or the report of the authority

    def key(self) -> str:
        return f"{self.source}-{self.external_id}-entry-{self.entry_id}-{self.once}"

    def lane(self) -> str:
        return f"tms-back:{self.shipment_id}"
