"""What is asked about each mail before it is let in: its sender, and whether its files are safe.

Put together once from the settings. What the answers mean is decided in `workflows/trust.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest import hazards, sender
from ingest.clamd import Clamd, Unreachable
from ingest.resolver import Asking, Resolver
from ingest.sender import Relays
from storage.spool import Envelope
from storage.trust import Verdict
from workflows.trust import Policy


@dataclass(frozen=True)
class Door:
    """Without a resolver nothing is asked of DNS; without a scanner files are looked at only."""

    policy: Policy = field(default_factory=Policy)
    resolver: Resolver | None = None
    relays: Relays = field(default_factory=Relays)
    scanner: Clamd | None = None

    def verdict(self, raw: bytes, envelope: Envelope, *, shown: str) -> Verdict:
        """Who sent it, as far as can be proved."""
        asking = self.resolver.asking() if self.resolver else Asking()
        return sender.examine(raw, envelope, sender=shown, asking=asking, relays=self.relays)

    def held(self, name: str, data: bytes) -> str | None:
        """Why a file is not read, as a sentence for a broker; None when it may be."""
        if reason := hazards.danger(name, data):
            return f"{reason}: it is held and was not opened."
        if self.scanner is None:
            return None
        try:
            found = self.scanner.scan(data)
        except Unreachable:
            return (
                f"{name} could not be checked for viruses, because the scanner does not answer: "
                "it is held and was not opened."
            )
        return f"{name} carries {found}: it is held and was not opened." if found else None
