"""All lines of a shipment in its thread: one table, drawn anew at most once a minute; else a file.

The card shows the next few lines that need a person; who wants to see every line looks here. A
table that the workspace does not take becomes a CSV file, once for each set of lines.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from datetime import UTC, datetime

from sqlmodel import Session, col, func, select

from storage import outbox
from storage.columns import now
from storage.models import Classification, LineItem, LineState, Shipment, ThreadMessage
from storage.outbox import Claimed
from workflows import offers
from workflows.effects import ShowLines
from workflows.mailing import nothing
from workflows.ports import Gone, NotShown, Ports, Posted, Transient
from workflows.post import Record
from workflows.views import LinesView

FEW = 5  #: the card shows these itself
TABLE_ROWS = 200  #: Slack: a data_table has 201 rows with its head
_HEAD = ("Line", "Description", "Qty", "Value", "Origin", "Code", "How sure", "State", "Flags")
_STATES = {LineState.OPEN: "open", LineState.CONFIRMED: "confirmed", LineState.REJECTED: "rejected"}
_KIND = "lines"
_MARGIN = 2  #: seconds
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def redraw(session: Session, shipment: Shipment) -> None:
    """Ask for the table if there are more lines than the card shows."""
    counted = select(func.count()).where(LineItem.shipment_id == shipment.id)
    if session.exec(counted).one() <= FEW:
        return
    assert shipment.id is not None
    window = int(now().timestamp()) // ShowLines.WINDOW
    shown = session.exec(select(ThreadMessage.id).where(*_of(shipment.id))).first()
    if shown is None:
        outbox.add(session, ShowLines(shipment_id=shipment.id, window=window))
    else:
        # A window's drawing comes after its end, and after those have committed who were in it.
        at = datetime.fromtimestamp((window + 1) * ShowLines.WINDOW + _MARGIN, UTC)
        outbox.add(session, ShowLines(shipment_id=shipment.id, window=window + 1), run_at=at)


def begin_again(session: Session, shipment: Shipment) -> None:
    """The card has a new thread: the table comes there anew."""
    for row in session.exec(select(ThreadMessage).where(*_of(shipment.id or 0))):
        session.delete(row)
    session.flush()
    redraw(session, shipment)


def view(session: Session, shipment: Shipment) -> LinesView:
    """Every line in a row of words."""
    lines = session.exec(
        select(LineItem).where(LineItem.shipment_id == shipment.id).order_by(col(LineItem.number))
    ).all()
    offered = offers.of_shipment(session, shipment.id)
    rows = tuple(_row(line, offered.get(line.id or 0)) for line in lines)
    decided = sum(1 for line in lines if line.state is LineState.CONFIRMED)
    title = f"All {len(rows)} lines of {shipment.ref}, {decided} confirmed"
    return LinesView(ref=shipment.ref or "", title=title, head=_HEAD, rows=rows)


def as_csv(shown: LinesView) -> bytes:
    """The same as a file. A cell that a spreadsheet would compute is written as words."""
    made = io.StringIO(newline="")
    writer = csv.writer(made)
    writer.writerow(shown.head)
    for row in shown.rows:
        writer.writerow([f"'{one}" if one.startswith(_FORMULA) else one for one in row])
    return made.getvalue().encode("utf-8-sig")  # so that a spreadsheet reads the accents


def show_lines(ports: Ports, claimed: Claimed) -> Record:
    effect = ShowLines.model_validate(claimed.payload)
    with ports.snapshot() as session:
        shipment = session.get(Shipment, effect.shipment_id)
        if shipment is None:
            return nothing
        shown = view(session, shipment)
        parent = shipment.card_channel, shipment.card_ts
        standing = session.exec(select(ThreadMessage).where(*_of(effect.shipment_id))).first()
    channel, thread = parent
    if channel is None or thread is None:
        raise Transient("The card is not posted yet.", retry_after=2)
    mark = _mark(shown)
    if standing is not None and standing.shown == mark:
        return nothing
    at = Posted(channel=standing.channel, ts=standing.ts) if standing and standing.ts else None
    key = f"lines-{effect.shipment_id}"
    if at is None and claimed.last_outcome == "unknown":
        at = ports.chat.find(channel, key, thread=thread)
    try:
        if len(shown.rows) > TABLE_ROWS:
            raise NotShown("more lines than a table has rows")
        if at is not None:
            try:
                ports.chat.update(at, shown)
            except Gone:
                at = None
        if at is None:
            at = ports.chat.post(channel, shown, key=key, thread=thread)
    except NotShown:
        file = _mark(shown, settled=False)
        if standing is None or standing.shown != file:
            place = Posted(channel=channel, ts=thread)
            name = f"{shown.ref}-lines.csv"
            ports.chat.upload(name, as_csv(shown), title=shown.title, into=place)
        return _kept(effect.shipment_id, Posted(channel=channel, ts=""), file)
    return _kept(effect.shipment_id, at, mark)


def _kept(shipment_id: int, at: Posted, mark: str) -> Record:
    def record(session: Session) -> None:
        row = session.exec(select(ThreadMessage).where(*_of(shipment_id))).first()
        if row is None:
            row = ThreadMessage(
                shipment_id=shipment_id, kind=_KIND, channel=at.channel, ts=at.ts, shown=mark
            )
        row.channel, row.ts, row.shown = at.channel, at.ts, mark
        session.add(row)

    return record


def _mark(shown: LinesView, *, settled: bool = True) -> str:
    """What would be shown; of a file only the goods, so that decisions make no further file."""
    rows = shown.rows if settled else tuple(row[:5] for row in shown.rows)
    return hashlib.sha256(repr((settled, rows)).encode()).hexdigest()[:32]


def _row(line: LineItem, offered: Classification | None) -> tuple[str, ...]:
    lead = offered.candidates[0] if offered and offered.candidates else None
    code = line.code or (lead.code if lead else "")
    sure = "decided" if line.code else (f"{lead.confidence:.0%}" if lead else "")
    return (
        str(line.number),
        line.description,
        f"{line.quantity:,f} {line.unit or ''}".strip() if line.quantity is not None else "",
        f"{line.currency or ''} {line.value:,.2f}".strip() if line.value is not None else "",
        line.origin or "",
        code,
        sure,
        _STATES[line.state],
        "; ".join(flag.message for flag in line.flags),
    )


def _of(shipment_id: int) -> tuple[bool, bool]:
    return ThreadMessage.shipment_id == shipment_id, ThreadMessage.kind == _KIND


TABLE: dict[str, Callable[[Ports, Claimed], Record]] = {ShowLines.kind: show_lines}
