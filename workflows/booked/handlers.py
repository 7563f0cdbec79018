"""Which function performs which effect of bookings; merged into `workflows.handlers.TABLE`."""

from __future__ import annotations

from collections.abc import Callable

from storage.outbox import Claimed
from workflows.booked import pulling, requesting, writing_back
from workflows.booked.effects import FetchBooking, PullBookings, RequestDocuments, WriteBack
from workflows.ports import Ports
from workflows.post import Record

TABLE: dict[str, Callable[[Ports, Claimed], Record]] = {
    RequestDocuments.kind: requesting.request,
    PullBookings.kind: pulling.pull,
    FetchBooking.kind: pulling.fetch,
    WriteBack.kind: writing_back.write_back,
}
