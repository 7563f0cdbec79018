"""The side effect of the AD/CVD question: finance hears what it may cost."""

from __future__ import annotations

from typing import ClassVar

from storage.outbox import Effect


class MailFinance(Effect):
    """Both totals to finance, in scope and out of scope: when it is asked, and when decided."""

    kind: ClassVar[str] = "adcvd.finance"
    destination: ClassVar[str] = "mail"
    shipment_id: int
    once: str

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-adcvd-finance-{self.once}"
