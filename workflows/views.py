"""What the face shows, as values: everything on a card or in a note, already decided.

A view is computed from the database in `workflows/review.py` and drawn in `bot/slack/cards.py`.
Nothing in a view is ever read back: the database row is the truth.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from storage.people import Filter, Wishes
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
    notes: tuple[str, ...] = ()  #: dead codes, other confirmations, rulings, the tariff's unit
    pga: tuple[str, ...] = ()  #: other agencies and special rules of the leading line


class DocumentView(Value):
    """A document with the link under which it opens."""

    document_id: int
    label: str  #: "Commercial invoice · invoice.pdf"
    url: str
    problem: str | None  #: "could not be read, please look: …"
    drawn: str | None = None  #: the link to its pages with a box around each value


class Bulk(Value):
    """Lines that one click may confirm together: exactly the set that was shown."""

    count: int
    fingerprint: str  #: hash over (line id, rev, code) of the set


class OpenItem(Value):
    """One thing that stands before filing."""

    code: str
    words: str
    told: str  #: with who can supply it, and by when
    waivable: bool


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
    open_items: tuple[OpenItem, ...] = ()  #: the same with who and by when
    waived: tuple[str, ...] = ()  #: what a broker took on
    can_ask_all: bool = False  #: show "Ask the shipper for all of it"
    maker: tuple[str, str] | None = None  #: a constructed MID to confirm, and what it is made of
    lines: tuple[LineView, ...]  #: the next five that need a decision
    open_lines: int
    bulk: Bulk | None
    documents: tuple[DocumentView, ...]
    can_confirm: bool  #: show "Confirm and file"
    can_reject: bool
    can_reopen: bool
    can_edit: bool  #: show "Correct fields…"
    can_ask: bool = False  #: show "Ask the shipper…"
    can_ask_poa: bool = False  #: show "Send POA for signature…"
    unread: tuple[DocumentView, ...]  #: documents that a person must look at: "I have looked"
    screening: str = ""  #: how the parties stand against the denied-party list
    assignee: str | None  #: a Slack user id
    decided_by: str | None
    updated_at: datetime
    fallback: str  #: a full sentence for notifications and screen readers


Attach = Literal["shipment_attach_0", "shipment_attach_1", "shipment_attach_2"]
ATTACH: tuple[Attach, ...] = ("shipment_attach_0", "shipment_attach_1", "shipment_attach_2")
"""In one row of buttons each needs an action of its own."""


class NoteButton(Value):
    """A button under a note in the thread."""

    action: Literal[
        "hold_ack",
        "hold_answer",
        "hold_note",
        "hold_letter",
        "hold_kind",
        "hold_clear",
        "hold_close",
        "pickup_record",
        "shadow_record",
        "entry_type",
        "shipment_open",
        "outbox_retry",
        "outbox_drop",
        "sender_accept",
        "sender_once",
        "sender_block",
        "account_right",
        "screening_clear",
        "screening_confirm",
        "shipment_attach_0",
        "shipment_attach_1",
        "shipment_attach_2",
        "discrepancy_decide",
        "poa_send",
        "poa_check",
        "poa_refuse",
        "poa_scan",
        "poa_unsigned",
        "filed_by_hand",
        "filing_denied",
        "status_stated",
        "late_correct",
        "late_psc",
        "late_cancel",
        "late_nothing",
    ]
    label: str
    target: int  #: the id that the action is about
    other: int | None = None  #: a second id, e.g. the shipment to attach it to
    url: str | None = None


class Picture(Value):
    """A picture that was handed to the workspace."""

    file: str  #: the workspace's own id of the file
    alt: str  #: what it shows, for who cannot see it


class NoteView(Value):
    """Something told in a thread or in the ops channel."""

    text: str  #: Slack mrkdwn, already escaped by its template
    mention: str | None = None  #: a Slack user id
    buttons: tuple[NoteButton, ...] = ()
    documents: tuple[DocumentView, ...] = ()
    picture: Picture | None = None


class LinesView(Value):
    """All lines of a shipment, in rows of words."""

    ref: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shipment_id: int = 0
    first: int = 0  #: the row with which the page begins that is shown
    form: int = 0  #: the form that the workspace took before; those before it were refused


class QueueRow(Value):
    """One shipment in a queue."""

    shipment_id: int
    ref: str
    importer: str
    urgency: Literal["hold", "due", "rest"]
    said: str  #: "3 of 12 lines need a decision"
    due: date | None
    late: bool
    assignee: str | None
    channel: str | None  #: where its card stands
    ts: str | None


class Counts(Value):
    """Numbers of the person's day, on their clock."""

    open: int
    holds: int
    due: int
    filed: int
    released: int
    mails: int


class HomeView(Value):
    """The Home of one person."""

    name: str
    role: str
    shows: Filter
    counts: Counts
    rows: tuple[QueueRow, ...]
    page: int
    pages: int
    total: int
    away_until: date | None
    wishes: Wishes
    made_at: datetime
