"""What our buttons and modals carry: ids only, versioned, read strictly.

A card can be older than the program that reads its click; an unknown shape is said, not guessed.
"""

from __future__ import annotations

import json
from typing import Any, Literal, Self

from pydantic import ValidationError

from storage.values import Value

VERSION = 1


class OldCard(Exception):
    """The click comes from a card or modal of another version."""


class Payload(Value):
    """Short names, because a value has room for few bytes. s shipment, l line, r revision."""

    v: Literal[1] = 1
    s: int | None = None
    l: int | None = None  # noqa: E741 - short names on purpose
    r: int | None = None
    c: str | None = None  #: a tariff code
    f: str | None = None  #: fingerprint of the lines of a bulk decision
    i: int | None = None  #: any other id: document, hold, screening, outbox row
    ch: str | None = None  #: channel and thread of the card, for answers from a modal
    ts: str | None = None

    def written(self) -> str:
        return json.dumps(self.model_dump(exclude_none=True), separators=(",", ":"))

    @classmethod
    def read(cls, text: object) -> Self:
        try:
            return cls.model_validate_json(str(text))
        except ValidationError as exc:
            raise OldCard from exc


def of_action(body: dict[str, Any]) -> Payload:
    """The payload of the button that was clicked."""
    action = body["actions"][0]
    chosen = action.get("selected_option") or {}
    return Payload.read(action.get("value") or chosen.get("value"))
