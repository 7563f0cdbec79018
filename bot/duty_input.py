"""An entry as `tidewaiter duty` takes it: JSON, checked to the last field, every number exact.

Nothing is computed here. A field that nobody knows is an error, so that a misspelt one is not
quietly left out.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

MAX_BYTES = 8 * 1024 * 1024
MAX_LINES = 10_000
_SHORT = Annotated[str, Field(max_length=60)]
_Number = Annotated[Decimal, Field(allow_inf_nan=False, max_digits=24)]


class BadEntry(ValueError):
    """The input is no entry. The message says what to change."""


class _Edge(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class LineIn(_Edge):
    """One line as it is stated."""

    number: int | None = Field(
        default=None, ge=1, le=99_999, validation_alias=AliasChoices("number", "lineNumber")
    )
    description: str | None = Field(default=None, max_length=2000)  #: for the reader; not used
    hts: _SHORT | None = None
    origin: _SHORT | None = None
    value: _Number | None = None
    currency: str = Field(default="USD", pattern="^[A-Z]{3}$")
    quantity: _Number | None = None
    unit: _SHORT | None = None
    steel_percent: _Number | None = None
    aluminum_percent: _Number | None = None
    copper_percent: _Number | None = None
    country_of_melt_and_pour: _SHORT | None = None
    country_of_smelt_and_cast: _SHORT | None = None
    preference: _SHORT | None = None
    claims: list[_SHORT] = Field(default=[], max_length=20)
    parts: dict[_SHORT, _Number] = Field(default={}, max_length=10)
    non_us_content: _Number | None = None
    chapter98: _SHORT | None = None
    exempt_value: _Number | None = None
    adcvd: list[OrderIn] = Field(default=[], max_length=10)


class OrderIn(_Edge):
    """An antidumping or countervailing duty order that a person found to cover the goods."""

    case: str = Field(pattern=r"^[AC]-\d{3}-\d{3}(-\d{3})?$")
    rate: _Number = Field(ge=0, le=10_000)  #: cash deposit, per cent


class DiscountIn(_Edge):
    """A decrease of the price that the lines do not show."""

    amount: _Number
    when: Literal["before_import", "after_import"] = "before_import"


class PriceIn(_Edge):
    """What the documents and the importer say about the price (19 CFR 152.103).

    Amounts are in the entry's currency; zero says that there is none, absent that nobody said.
    """

    amount: _Number | None = None  #: default: what the lines come to
    incoterm: _SHORT | None = None
    freight: _Number | None = None
    insurance: _Number | None = None
    actual: bool = False
    us_duties: _Number | None = None
    post_import: _Number | None = None
    inland_freight: _Number | None = None
    discounts: list[DiscountIn] = Field(default=[], max_length=50)
    packing: _Number | None = None
    selling_commission: _Number | None = None
    buying_commission: _Number | None = None
    assists: _Number | None = None
    royalties: _Number | None = None
    proceeds: _Number | None = None
    related_parties: bool | None = None


class EntryIn(_Edge):
    """An entry as it is stated."""

    entry_date: date
    export_date: date | None = None
    transport: _SHORT = "other"  #: "ocean" pays the harbor maintenance fee
    informal: bool = False
    lines: list[LineIn] = Field(min_length=1, max_length=MAX_LINES)
    price: PriceIn | None = None
    what_if: list[ChangeIn] = Field(default=[], max_length=20)


class ChangeIn(_Edge):
    """One alternative to compute for a line."""

    line: int = 1
    hts: _SHORT | None = None
    origin: _SHORT | None = None
    entry_date: date | None = None
    preference: _SHORT | None = None
    claims: list[_SHORT] = Field(default=[], max_length=20)


def read(path: Path) -> EntryIn:
    """The entry in a file; raises `BadEntry`."""
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise BadEntry(f"{path.name}: it cannot be read ({exc.strerror}).") from exc
    return parse(raw, name=path.name)


def parse(raw: bytes, *, name: str) -> EntryIn:
    """The entry in these bytes of JSON."""
    if len(raw) > MAX_BYTES:
        raise BadEntry(f"{name}: larger than {MAX_BYTES >> 20} MB; send fewer lines at a time.")
    try:
        return EntryIn.model_validate(json.loads(raw, parse_float=Decimal))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise BadEntry(f"{name}: not JSON ({str(exc)[:80]}).") from exc
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the entry"
        raise BadEntry(f"{name}: {where[:80]}: {first['msg']}.") from exc


LineIn.model_rebuild()
EntryIn.model_rebuild()
