"""Values of the AD/CVD decision: which case covers the goods, its deposit rate and its source."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import Field, model_validator

from storage.values import Value

CASE_PATTERN = r"[AC]-\d{3}-\d{3}(?:-\d{3})?"
"""A case as Commerce writes it: A or C, the country, the case, perhaps the company."""


class CaseStated(Value):
    """One case that a broker states for the goods.

    `rate` is the cash deposit in per cent of the entered value and stands only with the message of
    CBP that says it: its number and its date. None is not available, which is not zero.
    """

    case: str = Field(pattern=rf"^{CASE_PATTERN}$")
    rate: Decimal | None = Field(default=None, ge=0, le=10_000)
    message: str | None = Field(default=None, pattern=r"^\d{7}$")
    dated: date | None = None

    @model_validator(mode="after")
    def _no_rate_without_its_message(self) -> CaseStated:
        said = (self.rate is not None, self.message is not None, self.dated is not None)
        if any(said) and not all(said):
            raise ValueError("a rate stands with the number and the date of its message")
        return self

    @property
    def source(self) -> str | None:
        """Where the rate stands."""
        return f"message {self.message} of {self.dated}" if self.message else None
