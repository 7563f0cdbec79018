"""What the face shows, as values: everything on a card or in a note, already decided.

A view is computed from the database in `workflows/review.py` and drawn in `bot/slack/cards.py`.
Nothing in a view is ever read back: the database row is the truth.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from storage.values import Candidate, Value


class LineView(Value):
    """One line that needs a decision."""

    line_id: int
    rev: int  #: decisions are compare-and-set on it
    number: int
    description: str
    quantity: str  #: "1,500 PCS" or "not stated"
    value: str  #: "USD 9,300.00" or "not stated"
    origin: str | None
    hint: str | None  #: the shipper's own code, a hint only
    candidates: tuple[Candidate, ...]
    duties: tuple[str, ...] = ()  #: for each candidate: "duty USD 840.00", or what it needs
    source: Literal["product", "precedent", "suggested", "none"]
    note: str | None  #: whose earlier confirmation it was, or what conflicts
    note_is_conflict: bool
    missing: tuple[str, ...]  #: facts that would decide
    flags: tuple[str, ...]


class DocumentView(Value):
    """A document with the link under which it opens."""

    document_id: int
    label: str  #: "Commercial invoice · invoice.pdf"
    url: str
    problem: str | None  #: "could not be read, please look: …"


class Bulk(Value):
    """Lines that one click may confirm together: exactly the set that was shown."""

    count: int
    fingerprint: str  #: hash over (line id, rev, code) of the set


class ScreeningView(Value):
    """A match on a denied-party list that nobody has cleared yet."""

    screening_id: int
    text: str  #: who matched whom, how well and why


class CardView(Value):
    """The review card of one shipment."""

    shipment_id: int
    ref: str
    title: str
    state: str
    rev: int
    headline: str | None  #: a hold, a release, a rejection: first thing to see
    facts: tuple[tuple[str, str], ...]  #: at most ten (label, value)
    total_lines: int
    confirmed_lines: int
    flags: tuple[str, ...]
    blockers: tuple[str, ...]  #: why it cannot be filed yet, in words
    lines: tuple[LineView, ...]  #: the next five that need a decision
    open_lines: int
    bulk: Bulk | None
    documents: tuple[DocumentView, ...]
    can_confirm: bool  #: show "Confirm and file"
    can_reject: bool
    can_reopen: bool
    can_edit: bool  #: show "Correct fields…"
    screening: tuple[ScreeningView, ...]  #: open matches that compliance must clear
    unread: tuple[DocumentView, ...]  #: documents that a person must look at: "I have looked"
    assignee: str | None  #: a Slack user id
    decided_by: str | None
    updated_at: datetime
    fallback: str  #: a full sentence for notifications and screen readers


class NoteButton(Value):
    """A button under a note in the thread."""

    action: Literal[
        "hold_ack",
        "shipment_open",
        "outbox_retry",
        "outbox_drop",
        "sender_accept",
        "sender_once",
        "sender_block",
        "account_right",
    ]
    label: str
    target: int  #: the id that the action is about
    url: str | None = None


class NoteView(Value):
    """Something told in a thread or in the ops channel."""

    text: str  #: Slack mrkdwn, already escaped by its template
    mention: str | None = None  #: a Slack user id
    buttons: tuple[NoteButton, ...] = ()
    documents: tuple[DocumentView, ...] = ()
