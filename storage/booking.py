"""A booking as every source of bookings is read into: one typed value, bounded at the edge.

What a source does not say is None. Nothing here knows a source, a file or a network; what is
out of bounds is refused when the value is made, with the field.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

import pycountry
from pydantic import AwareDatetime, Field, StringConstraints, field_validator, model_validator

from storage.values import CountryCode, Header, Parties, Totals, Transport, Value

Mode = Literal["ocean", "air", "truck", "rail"]
Source = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
_LONGEST = 500  # characters of any one text
_MOST_ITEMS = 300
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ADDRESS = re.compile(r"^[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,253}$")
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)


class Booking(Value):
    """What is known of a shipment before its documents come."""

    source: Source  #: "flexport", "file", "mail"
    external_id: str = Field(min_length=1, max_length=100)  #: the source's own, never reused
    version: AwareDatetime | None = None  #: when the source last changed it
    partial: bool = False  #: it names only some facts: what it leaves out stays as it was
    mode: Mode | None = None
    origin: CountryCode | None = None
    destination: CountryCode | None = None
    header: Header = Header()
    parties: Parties = Parties()
    transport: Transport = Transport()
    totals: Totals = Totals()
    carrier_booking: str | None = None
    goods: str | None = None
    contact: str | None = None  #: the shipper's address, whom to ask for documents

    @field_validator("origin", "destination")
    @classmethod
    def _a_country(cls, code: str | None) -> str | None:
        if code is not None and pycountry.countries.get(alpha_2=code) is None:
            msg = f"{code} is no country (ISO 3166-1 alpha-2)"
            raise ValueError(msg)
        return code

    @field_validator("contact")
    @classmethod
    def _an_address(cls, address: str | None) -> str | None:
        if address is not None and not _ADDRESS.match(address):
            msg = "this is no mail address"
            raise ValueError(msg)
        return address

    @model_validator(mode="after")
    def _within_bounds(self) -> Self:
        for path, value in _leaves("", self.model_dump()):
            if problem := _out_of_bounds(value):
                msg = f"{path} {problem}"
                raise ValueError(msg)
        return self

    @property
    def named(self) -> str:
        """For people: which booking of which source."""
        return f"{self.source} {self.external_id}"

    def over(self, known: Booking) -> Booking:
        """What is known after this one: a partial one leaves the rest as it was."""
        if not self.partial:
            return self
        facts = _overlaid(known.model_dump(), self.model_dump())
        return type(self).model_validate({**facts, "partial": known.partial})


def _overlaid(known: dict[str, Any], newer: dict[str, Any]) -> dict[str, Any]:
    made = dict(known)
    for name, value in newer.items():
        before = made.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            made[name] = _overlaid(before, value)
        elif value not in (None, (), [], ""):
            made[name] = value
    return made


def _leaves(path: str, value: object) -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return [
            leaf
            for name, inner in value.items()
            for leaf in _leaves(f"{path}.{name}" if path else str(name), inner)
        ]
    if isinstance(value, list | tuple):
        if len(value) > _MOST_ITEMS:
            return [(path, value)]
        return [leaf for inner in value for leaf in _leaves(path, inner)]
    return [(path, value)]


def _out_of_bounds(value: object) -> str | None:
    if isinstance(value, list | tuple):
        return f"has more than {_MOST_ITEMS} items"
    if isinstance(value, str):
        if len(value) > _LONGEST:
            return f"is longer than {_LONGEST} characters"
        return "has control characters" if _CONTROLS.search(value) else None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return None if 0 <= value < 10**12 else "is below zero or too large"
    if type(value) is date and not _EARLIEST <= value < _LATEST:
        return "is no date of our time"
    return None
