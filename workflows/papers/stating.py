"""What people state for papers, written as `name = value`, a line each.

A name that no paper knows is refused with the nearest one, and then nothing is kept. An empty
value takes back what was stated. Answers about origin may name lines by number, `all`, or the
country of origin: `origin.MX.claim = yes 12`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from sqlmodel import Session, col, select

from knowledge import origin
from storage import audit
from storage.columns import now
from storage.models import LineItem, PaperFact, Shipment
from storage.values import Actor
from workflows import proposal, review
from workflows.papers import conflicts
from workflows.papers import rows as kept
from workflows.review import Answer
from workflows.states import Refused

MOST_LINES, LONGEST = 3000, 500
NAMES = (
    *("sale.place", "marks", "charges", "rebates", "assists", "responsible", "pallets"),
    *("seller", "seller.address", "buyer", "buyer.address", "manufacturer"),
    *("manufacturer.address", "producer", "producer.address", "ship_to", "ship_to.address"),
    *("port.entry", "port.code", "entry.date", "summary.date", "surety.number"),
    *("bond.type", "mode", "export.country", "it.number", "it.date", "missing.documents"),
    *("location.firms", "consignee.number", "importer.number", "reference.number", "ir.tax"),
    *("stuffing.location", "consolidator", "measure.cbm", "carrier", "issued_to"),
    *("instructions", "freight.terms", "pickup.number", "appointment", "empty.return"),
    *("empty.return_by", "release.carrier", "release.terminal", "blanket.from", "blanket.to"),
    *(f"certifier.{one}" for one in ("role", "name", "title", "address", "phone", "email")),
    *("order.packages", "order.total", "booking.packages", "booking.total"),
)
_OF_A_LINE = {
    "line": ("cartons", "net_kg", "gross_kg", "charges"),
    "origin": tuple(origin.data().questions),
}
_PER_LINE = re.compile(r"^(line|origin)\.([A-Za-z0-9]{1,5})\.(\w{1,20})$")
_QUANTITY = re.compile(r"^(order|booking)\.quantity\.(\d{1,4})$")
_FIGURE = re.compile(r"^[\d,]{1,15}(\.\d{1,6})?$")
_SAID = re.compile(r"^(yes|no|unsure)(\s+\d{1,9})?$")


def state(session: Session, *, shipment_id: int, written: str, actor: Actor) -> Answer:
    """Keep what was written; the papers follow when they are asked for again."""
    review.may_correct(actor)
    shipment = session.get(Shipment, shipment_id, with_for_update=True)
    if shipment is None:
        raise Refused("This shipment is not known.")
    lines = session.exec(select(LineItem).where(LineItem.shipment_id == shipment_id)).all()
    before = kept.stated(session, shipment_id)
    changed = {
        path: value for path, value in pairs(written, lines) if value != before.get(path, "")
    }
    if not changed:
        return Answer(text="Nothing was changed.", changed=False)
    rows = {
        row.path: row
        for row in session.exec(
            select(PaperFact).where(
                PaperFact.shipment_id == shipment_id, col(PaperFact.path).in_(list(changed))
            )
        )
    }
    for path, value in changed.items():
        row = rows.get(path) or PaperFact(
            shipment_id=shipment_id, path=path, value=value, stated_by="", stated_name=""
        )
        if not value:
            if path in rows:
                session.delete(row)
            continue
        row.value, row.stated_by, row.stated_name, row.stated_at = (
            value,
            actor.id,
            actor.name,
            now(),
        )
        session.add(row)
    audit.record(
        session,
        "paper_facts_stated",
        actor=actor,
        shipment_id=shipment_id,
        facts={
            path: {"before": before.get(path), "after": value} for path, value in changed.items()
        },
    )
    conflicts.look(session, shipment)
    proposal.changed(session, shipment)
    names = sorted(changed)
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return Answer(text=f"Stated for the papers: {', '.join(names[:8])}{more}.", changed=True)


def pairs(written: str, lines: Sequence[LineItem]) -> Iterator[tuple[str, str]]:
    """What was written, checked; raises `Refused` at the first line that is not understood."""
    rows = [one for one in written.splitlines() if one.strip()]
    if len(rows) > MOST_LINES:
        raise Refused(f"More than {MOST_LINES} lines at once: nothing was kept.")
    for row in rows:
        path, equals, value = (part.strip() for part in row.partition("="))
        if not equals:
            raise Refused(f"“{row.strip()[:80]}” is not written as name = value: nothing was kept.")
        if len(value) > LONGEST:
            raise Refused(f"{path[:60]}: more than {LONGEST} characters. Nothing was kept.")
        yield from _checked(path, value, lines)


def _checked(path: str, value: str, lines: Sequence[LineItem]) -> Iterator[tuple[str, str]]:
    if path in NAMES:
        yield path, value
        return
    numbers = {line.number for line in lines}
    if (found := _QUANTITY.match(path)) and int(found[2]) in numbers:
        _must_match(path, value, _FIGURE, "a number")
        yield path, value
        return
    found = _PER_LINE.match(path)
    if found is None or found[3] not in _OF_A_LINE[found[1]]:
        near = difflib.get_close_matches(path, NAMES, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise Refused(f"No paper knows the fact “{path[:60]}”.{hint} Nothing was kept.")
    area, which, name = found.groups()
    if area == "line":
        _must_match(path, value, _FIGURE, "a number")
    else:
        _must_match(path, value, _SAID, "yes, no or unsure, a yes with the document's number")
    named = [
        line.number
        for line in lines
        if which == "all" or which == str(line.number) or which == line.origin
    ]
    if not named:
        raise Refused(f"{path}: no line is meant by “{which}”. Nothing was kept.")
    for number in sorted(named):
        yield f"{area}.{number}.{name}", value


def _must_match(path: str, value: str, form: re.Pattern[str], words: str) -> None:
    if value and not form.match(value):
        raise Refused(f"{path}: “{value[:40]}” is not {words}. Nothing was kept.")
