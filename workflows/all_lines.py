"""All lines of a shipment in its thread: one table, drawn anew at most once a minute; and a file.

The card shows the next few lines that need a person; who wants to see every line looks here. A
table of more than 200 lines has pages, and the lines are there as a CSV file too, once for each
set of lines. Where the workspace takes no table, the file is all.
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
from workflows.effects import ShowLines, TurnLines
from workflows.mailing import nothing
from workflows.ports import Gone, NotShown, Ports, Posted, Transient
from workflows.post import Record
from workflows.states import Refused
from workflows.views import LinesView

FEW = 5  #: the card shows these itself
TABLE_ROWS = 200  #: Slack: a data_table has 201 rows with its head
_HEAD = ("Line", "Code", "How sure", "Description", "Qty", "Value", "Origin", "State", "Flags")
_GOODS = (0, 3, 4, 5, 6)  #: what of a row says which goods they are
_STATES = {LineState.OPEN: "open", LineState.CONFIRMED: "confirmed", LineState.REJECTED: "rejected"}
_KIND, _FILE = "lines", "lines_file"
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
        drawn_anew = ShowLines(shipment_id=shipment.id, window=window + 1)
        outbox.add(session, drawn_anew, run_at=_after(window))


def _after(window: int) -> datetime:
    """A window's drawing comes after its end, and after those have committed who were in it."""
    return datetime.fromtimestamp((window + 1) * ShowLines.WINDOW + _MARGIN, UTC)


def begin_again(session: Session, shipment: Shipment) -> None:
    """The card has a new thread: the table comes there anew."""
    for kind in (_KIND, _FILE):
        for row in session.exec(select(ThreadMessage).where(*_of(shipment.id or 0, kind))):
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
    title = f"All {len(rows):,} lines of {shipment.ref}, {decided} confirmed"
    return LinesView(
        ref=shipment.ref or "", title=title, head=_HEAD, rows=rows, shipment_id=shipment.id or 0
    )


def as_csv(shown: LinesView) -> bytes:
    """The same as a file. A cell that a spreadsheet would compute is written as words."""
    made = io.StringIO(newline="")
    writer = csv.writer(made)
    writer.writerow(shown.head)
    for row in shown.rows:
        writer.writerow([f"'{one}" if one.startswith(_FORMULA) else one for one in row])
    return made.getvalue().encode("utf-8-sig")  # so that a spreadsheet reads the accents


def turn(session: Session, *, shipment_id: int, first: int) -> None:
    """Show the page that begins with this row; whoever is known may look."""
    row = session.exec(select(ThreadMessage).where(*_of(shipment_id))).first()
    if row is None or not row.ts:
        raise Refused("This table is no longer there; all lines are in the file in the thread.")
    row.first = max(first, 0)
    session.add(row)
    moment = now().timestamp()
    page = TurnLines(shipment_id=shipment_id, once=f"{moment:.3f}")
    # A drawing that waits for its window's end would hold this page up: it is done at once, and
    # what changes until then is drawn by another in its place.
    hastened = outbox.hasten(session, page.lane(), queue=TurnLines.queue)
    outbox.add(session, page)
    if hastened:
        instead = ShowLines(shipment_id=shipment_id, window=int(moment * 1000))
        outbox.add(session, instead, run_at=_after(int(moment) // ShowLines.WINDOW))


def show_lines(ports: Ports, claimed: Claimed) -> Record:
    """The table as it is now; with more lines than one message has, a page of it and the file."""
    number = int(claimed.payload["shipment_id"])
    with ports.snapshot() as session:
        shipment = session.get(Shipment, number)
        if shipment is None:
            return nothing
        standing = session.exec(select(ThreadMessage).where(*_of(number))).first()
        kept = session.exec(select(ThreadMessage).where(*_of(number, _FILE))).first()
        shown = view(session, shipment)
        parent = shipment.card_channel, shipment.card_ts
    channel, thread = parent
    if channel is None or thread is None:
        raise Transient("The card is not posted yet.", retry_after=2)
    if standing is not None:
        shown = shown.model_copy(update={"first": standing.first, "form": standing.form})
    mark, file = _mark(shown), _mark(shown, settled=False)
    if standing is not None and standing.shown == mark:
        return nothing
    at = _table(ports, claimed, shown, standing, Posted(channel=channel, ts=thread))
    in_file = at is None or len(shown.rows) > TABLE_ROWS
    if in_file and (kept is None or kept.shown != file):
        place = Posted(channel=channel, ts=thread)
        name = f"{shown.ref}-lines.csv"
        ports.chat.upload(name, as_csv(shown), title=shown.title, into=place)

    def record(session: Session) -> None:
        _keep(session, number, at or Posted(channel=channel, ts=""), mark)
        if in_file:
            _keep(session, number, Posted(channel=channel, ts=""), file, kind=_FILE)

    return record


def _table(
    ports: Ports,
    claimed: Claimed,
    shown: LinesView,
    standing: ThreadMessage | None,
    card: Posted,
) -> Posted | None:
    """Draw the table where it stands, else post it; None where the workspace takes no form."""
    at = Posted(channel=standing.channel, ts=standing.ts) if standing and standing.ts else None
    key = f"lines-{shown.shipment_id}"
    if at is None and claimed.last_outcome == "unknown":
        at = ports.chat.find(card.channel, key, thread=card.ts)
    try:
        if at is not None:
            try:
                return ports.chat.update(at, shown)
            except Gone:
                pass  # somebody deleted it: it is posted again
        return ports.chat.post(card.channel, shown, key=key, thread=card.ts)
    except NotShown:
        return None


def _keep(session: Session, shipment_id: int, at: Posted, mark: str, *, kind: str = _KIND) -> None:
    row = session.exec(select(ThreadMessage).where(*_of(shipment_id, kind))).first()
    if row is None:
        row = ThreadMessage(
            shipment_id=shipment_id, kind=kind, channel=at.channel, ts=at.ts, shown=mark
        )
    row.channel, row.ts, row.shown, row.form = at.channel, at.ts, mark, at.form
    session.add(row)


def _mark(shown: LinesView, *, settled: bool = True) -> str:
    """What would be shown; of a file only the goods, so that decisions make no further file."""
    rows = shown.rows if settled else tuple(tuple(row[at] for at in _GOODS) for row in shown.rows)
    page = shown.first if settled else 0
    return hashlib.sha256(repr((settled, page, rows)).encode()).hexdigest()[:32]


def _row(line: LineItem, offered: Classification | None) -> tuple[str, ...]:
    lead = offered.candidates[0] if offered and offered.candidates else None
    code = line.code or (lead.code if lead else "")
    sure = "decided" if line.code else (f"{lead.confidence:.0%}" if lead else "")
    return (
        str(line.number),
        code,
        sure,
        line.description,
        f"{line.quantity:,f} {line.unit or ''}".strip() if line.quantity is not None else "",
        f"{line.currency or ''} {line.value:,.2f}".strip() if line.value is not None else "",
        line.origin or "",
        _STATES[line.state],
        "; ".join(flag.message for flag in line.flags),
    )


def _of(shipment_id: int, kind: str = _KIND) -> tuple[bool, bool]:
    return ThreadMessage.shipment_id == shipment_id, ThreadMessage.kind == kind


TABLE: dict[str, Callable[[Ports, Claimed], Record]] = {
    ShowLines.kind: show_lines,
    TurnLines.kind: show_lines,
}
