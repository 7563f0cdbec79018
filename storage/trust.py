"""What was found out about the sender of a mail, as a value.

A word is "pass" only when somebody proved it. DNS trouble is "unknown", which is not a pass.
"""

from __future__ import annotations

from typing import Literal

from storage.values import Value

Word = Literal["pass", "fail", "softfail", "none", "unknown"]


class Verdict(Value):
    """SPF (RFC 7208), DKIM (6376), ARC (8617) and DMARC (7489) for one mail."""

    sender: str = ""  #: the address that the mail shows
    domain: str = ""  #: its domain
    spf: Word = "unknown"
    spf_domain: str = ""
    dkim: Word = "unknown"
    signed_by: tuple[str, ...] = ()  #: domains whose signature holds
    arc: Word = "none"
    dmarc: Word = "unknown"
    policy: Literal["reject", "quarantine", "none", "absent", "unknown"] = "unknown"
    aligned: bool = False  #: something that passed belongs to the domain that the mail shows
    relay: str = ""  #: the trusted relay whose word counted
    ambiguous: bool = False  #: the mail shows no single sender
    notes: tuple[str, ...] = ()  #: sentences for a broker

    @property
    def authenticated(self) -> bool:
        """The domain that the mail shows has proved to have sent it."""
        return self.aligned and not self.ambiguous

    @property
    def forged(self) -> bool:
        """It failed, and the domain's owner asks to refuse or set aside what fails."""
        return self.dmarc == "fail" and self.policy in ("reject", "quarantine")
