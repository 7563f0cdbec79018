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
from workflows.intake import Because
from workflows.trust import Policy

_ADVICE: dict[Because, str] = {
    "held": "",
    "encrypted": " Ask for a copy without a password.",
    "unsupported": " Ask for the files as PDF or XLSX, or in a ZIP.",
}


@dataclass(frozen=True)
class Held:
    """Why a file is not opened: in words, and as a kind for what is asked of the sender."""

    words: str
    because: Because = "held"


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

    def held(self, name: str, data: bytes) -> Held | None:
        """Why a file is not read, as sentences for a broker; None when it may be."""
        if found := hazards.danger(name, data):
            because = hazards.because(found)
            return Held(f"{found}: it is held and was not opened.{_ADVICE[because]}", because)
        if self.scanner is None:
            return None
        try:
            virus = self.scanner.scan(data)
        except Unreachable:
            return Held(
                f"{name} could not be checked for viruses, because the scanner does not answer: "
                "it is held and was not opened."
            )
        return Held(f"{name} carries {virus}: it is held and was not opened.") if virus else None
