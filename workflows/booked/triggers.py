"""Which actions follow from which milestone: a versioned table that a broker can edit.

Reading the table changes nothing; `acting` performs. A table that is not right is refused as a
whole, with the row, so that a misspelt action can never be silently nothing.
"""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator

from storage.values import Value

Action = Literal["open_shipment", "request_documents", "ask_poa", "poll_now", "tell_thread"]
OURS = Path(__file__).with_name("triggers.toml")
_LARGEST = 200_000


class BadTriggers(Exception):
    """The table is not right; the text says where and why."""


class Trigger(Value):
    """One row: this milestone, these actions."""

    when: str = Field(min_length=3, max_length=200)
    do: tuple[Action, ...] = Field(max_length=10)

    @field_validator("when")
    @classmethod
    def _a_source_and_an_event(cls, when: str) -> str:
        source, _, event = when.partition(":")
        if not source or not event or any(sign in when for sign in "[]? "):
            msg = "is written SOURCE:EVENT, with * for anything"
            raise ValueError(msg)
        return when


class Triggers(Value):
    """The table."""

    version: str = Field(min_length=1, max_length=60)
    trigger: tuple[Trigger, ...] = Field(min_length=1, max_length=500)

    def actions(self, milestone: str) -> tuple[Action, ...]:
        """What follows from this milestone; nothing where no row fits."""
        for row in self.trigger:
            if fnmatchcase(milestone, row.when):
                return row.do
        return ()


def load(path: Path | None = None) -> Triggers:
    """The table of this file, or the one that came with this version."""
    return _read(path) if path is not None else _ours()


@cache
def _ours() -> Triggers:
    return _read(OURS)


def _read(path: Path) -> Triggers:
    try:
        if path.stat().st_size > _LARGEST:
            raise BadTriggers(f"{path.name} is larger than {_LARGEST} bytes: that is no table.")
        return Triggers.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as exc:
        raise BadTriggers(f"{path} cannot be read: {exc.strerror}.") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise BadTriggers(f"{path.name} is no TOML: {exc}") from exc
    except ValidationError as exc:
        first = exc.errors()[0]
        raise BadTriggers(f"{path.name}: {_place(first['loc'])}: {first['msg']}") from exc


def _place(steps: tuple[str | int, ...]) -> str:
    return " ".join(
        f"row {step + 1}" if isinstance(step, int) and at == 1 else str(step)
        for at, step in enumerate(steps)
    )
