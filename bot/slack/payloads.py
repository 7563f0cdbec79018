"""What our buttons and modals carry: ids only, versioned, read strictly.

A card can be older than the program that reads its click; an unknown shape is said, not guessed.
"""

from __future__ import annotations

import json
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from storage.values import Value


class _Named(BaseModel):
    id: str


class _Message(BaseModel):
    ts: str


class _Action(BaseModel):
    action_id: str


class _State(BaseModel):
    values: dict[str, dict[str, dict[str, Any]]]


class _View(BaseModel):
    type: str
    id: str
    callback_id: str | None = None
    state: _State | None = None


class _Request(BaseModel):
    """Of all that Slack sends, what the listeners rely on."""

    type: str | None = None
    command: str | None = None
    ssl_check: str | None = None
    event_id: str | None = None
    event: dict[str, Any] | None = None
    user: _Named | None = None
    channel: _Named | None = None
    container: dict[str, Any] | None = None
    message: _Message | None = None
    actions: list[_Action] | None = Field(default=None, min_length=1)
    view: _View | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not (self.type or self.command or self.ssl_check):
            raise ValueError("neither an interaction nor a command")
        if self.type == "block_actions" and not (self.user and self.actions):
            raise ValueError("a click of nobody or on nothing")
        if self.type == "view_submission" and not (self.user and self.view):
            raise ValueError("a submission of nobody or of nothing")
        if (
            self.type == "view_submission"
            and self.view
            and (self.view.callback_id is None or self.view.state is None)
        ):
            raise ValueError("a submission of no window")
        return self


def understood(body: object) -> bool:
    """Whether it has the shape of something that Slack sends."""
    try:
        _Request.model_validate(body)
    except ValidationError:
        return False
    return True


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
    o: int | None = None  #: a second id, e.g. the shipment to attach the first one to
    w: str | None = None  #: ids of files, with blanks between
    ch: str | None = None  #: channel of the card, for answers from a modal

    def written(self) -> str:
        return json.dumps(self.model_dump(exclude_none=True), separators=(",", ":"))

    @classmethod
    def read(cls, text: object) -> Self:
        try:
            return cls.model_validate_json(str(text))
        except ValidationError as exc:
            raise OldCard from exc


def given(value: int | None) -> int:
    """An id that this button must carry."""
    if value is None:
        raise OldCard
    return value


def of_action(body: dict[str, Any]) -> Payload:
    """The payload of the button that was clicked."""
    action = body["actions"][0]
    chosen = action.get("selected_option") or {}
    return Payload.read(action.get("value") or chosen.get("value"))
