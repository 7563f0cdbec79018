"""Column types that solve, once, what SQLite, PostgreSQL and JSON do to our values.

- Decimal becomes REAL in SQLite: `exact()` keeps it as text.
- SQLite forgets zones: `moment()` stores UTC, gives back aware times and refuses naive ones.
- Enums are stored by value with a CHECK, so that the database reads like the code.
- JSON columns hold frozen pydantic values and are validated on the way in and out. They do
  not see in-place mutation: assign a new value.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import JSON, Column, DateTime, Dialect, Enum, String
from sqlalchemy.types import TypeDecorator

from storage.values import utc


class ExactDecimal(TypeDecorator[Decimal]):
    """A Decimal as text: what was written is what is read."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else format(value, "f")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(value)


class Moment(TypeDecorator[datetime]):
    """An aware time, stored in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else utc(value).astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        stored: datetime = value
        return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)


class Typed(TypeDecorator[Any]):
    """JSON that is validated against a type on the way in and on the way out."""

    impl = JSON
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind
        self._adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else self._adapter.dump_python(value, mode="json")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else self._adapter.validate_python(value, strict=False)


def exact(*, nullable: bool = True) -> Column[Any]:
    return Column(ExactDecimal(), nullable=nullable)


def moment(*, nullable: bool = True, index: bool = False) -> Column[Any]:
    return Column(Moment(), nullable=nullable, index=index)


def typed(kind: Any, *, nullable: bool = False) -> Column[Any]:
    return Column(Typed(kind), nullable=nullable)


def choice(
    kind: type[StrEnum], name: str, *, index: bool = False, nullable: bool = False
) -> Column[Any]:
    """An enum by value; `name` names its CHECK constraint."""
    stored = Enum(
        kind,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=True,
        length=32,
        name=name,
    )
    return Column(stored, nullable=nullable, index=index)


def now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)
