"""What a carrier's words say of an appointment, and what they leave open."""

from datetime import UTC, datetime

import pytest

from workflows.carrier_mail import appointment

TODAY = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "port", "at"),
    [
        ("confirmed 2026-12-03 09:00", "Long Beach, CA", datetime(2026, 12, 3, 17, tzinfo=UTC)),
        ("confirmed 12/03 0900", "Long Beach, CA", datetime(2026, 12, 3, 17, tzinfo=UTC)),
        ("Appt 12/3/26 at 14:30.", "New York, NY", datetime(2026, 12, 3, 19, 30, tzinfo=UTC)),
        ("Pickup booked 12/03/2026, 0600", "Houston, TX", datetime(2026, 12, 3, 12, tzinfo=UTC)),
        ("Scheduled 01/04 08:00", "Long Beach, CA", datetime(2027, 1, 4, 16, tzinfo=UTC)),
        ("confirmed 12/03 0900 (12/03/2026 09:00)", None, datetime(2026, 12, 3, 14, tzinfo=UTC)),
        ("confirmed 12/03 0900 or 12/04 0900", "Long Beach, CA", None),
        ("We got it, thanks. 12/03 0900", "Long Beach, CA", None),
        ("confirmed for Thursday morning", "Long Beach, CA", None),
        ("confirmed 13/45 0900", "Long Beach, CA", None),
        ("confirmed 12/03 2500", "Long Beach, CA", None),
        ("x" * 5000 + " confirmed 12/03 0900", "Long Beach, CA", None),
    ],
)
def test_one_date_and_time_that_reads_one_way_is_an_appointment(
    text: str, port: str | None, at: datetime | None
) -> None:
    assert appointment(text, port=port, today=TODAY) == at
