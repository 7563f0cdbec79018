"""What stands between a shipment and filing, as a value: the words, who can mend it, by when.

`waivable` says that the law lets it wait: documents may be brought later under a bond (19 CFR
141.66, 141.91, 113.42: 120 days). A waiver is a licensed broker's, with a reason, and on record.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from storage.values import Value

WAIT = timedelta(days=120)
"""19 CFR 113.42, 113.43: a document that a bond was given for is produced within this time."""

Who = Literal["shipper", "importer", "broker", "compliance", "surety", "operations", "us"]

WHO = {
    "shipper": "the shipper",
    "importer": "the importer",
    "broker": "a broker or entry writer",
    "compliance": "compliance",
    "surety": "the surety",
    "operations": "whoever runs Tidewaiter",
    "us": "nobody: it is on its way",
}


class Blocker(Value):
    """One reason not to file."""

    code: str  #: stable: what a waiver names
    words: str
    who: Who = "broker"
    waivable: bool = False
    law: str = ""  #: why it may wait, of a waivable one
    by: date | None = None  #: when it is needed

    def told(self) -> str:
        """One row of the list: what, who, by when."""
        until = f", by {self.by}" if self.by else ""
        wait = f" It may wait ({self.law})." if self.waivable else ""
        return f"{self.words} From {WHO[self.who]}{until}.{wait}"
