"""An importer's product master: goods whose code a licensed broker has confirmed.

The same goods under two codes stay two rows, and everybody sees both, until a broker settles
which of them stands. One client's goods are never looked at for another (19 CFR 111.24).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from knowledge.tariff import Confirmed, Schedule
from knowledge.tariff.diff import Diff, Successor, successors
from knowledge.tariff.products import alike, folded
from storage import audit
from storage.columns import now
from storage.models import Classification, Importer, LineItem, Product, Shipment
from storage.values import Actor, Role, Value
from workflows import booking
from workflows.states import Refused


class Conflict(Value):
    """The same goods under two codes or more."""

    importer: str
    about: str  #: "SKU S-1" or the description
    products: tuple[Confirmed, ...]


class Dead(Value):
    """A confirmed code that the schedule no longer has, or whose line says something else now."""

    importer: str
    product: Confirmed
    successors: tuple[Successor, ...] = ()
    said: str | None = None  #: for a line that lives on with other words: what it said
    says: str | None = None


def learn(
    session: Session,
    shipment: Shipment,
    line: LineItem,
    *,
    actor: Actor,
    offered: Classification | None,
) -> None:
    """A confirmed line's goods, for the very next such line."""
    if shipment.importer_id is None or not line.description or line.code is None:
        return
    origin = f"{shipment.ref} line {line.number}"
    row = _keep(
        session,
        shipment.importer_id,
        Confirmed(
            sku=line.sku or "",
            description=line.description,
            code=line.code,
            by=line.decided_name or actor.name,
            on=(line.decided_at or now()).date(),
            edition=line.code_edition or "",
        ),
        actor=actor,
        at=line.decided_at or now(),
        reason=line.decided_reason,
        origin=origin,
    )
    shown = {one.code for one in offered.candidates} if offered else set()
    if offered is None or offered.source != "product" or row.code not in shown:
        return
    for other in _others(session, row):
        # Both were in view, and a broker has chosen: the other one no longer answers.
        if other.code in shown:
            _retire(session, other, actor, f"settled for {row.code} on {origin}")


def history(session: Session, importer_id: int | None) -> list[Confirmed]:
    """The confirmed goods of one importer."""
    if importer_id is None:
        return []
    rows = session.exec(
        select(Product)
        .where(Product.importer_id == importer_id, col(Product.retired_at).is_(None))
        .order_by(col(Product.id))
    )
    return [as_confirmed(row) for row in rows]


def as_confirmed(row: Product) -> Confirmed:
    return Confirmed(
        sku=row.sku,
        description=row.description,
        code=row.code,
        by=row.confirmed_by,
        on=row.confirmed_at.date(),
        edition=row.edition,
    )


def rows_of(session: Session, importer: Importer, *, retired: bool = False) -> list[Product]:
    """The product master of one importer, in the order of its article numbers."""
    wanted = select(Product).where(Product.importer_id == importer.id)
    if not retired:
        wanted = wanted.where(col(Product.retired_at).is_(None))
    return list(
        session.exec(wanted.order_by(Product.sku, Product.match_description, col(Product.id)))
    )


def client(session: Session, name: str) -> Importer:
    """The importer with this name; raises `Refused`."""
    found = session.exec(
        select(Importer).where(Importer.match_name == booking.match_name(name))
    ).first()
    if found is None:
        raise Refused(f"{name} is not among our importers: add it with 'tidewaiter importer add'.")
    return found


def take(
    session: Session, importer: Importer, rows: Iterable[Confirmed], *, actor: Actor, source: str
) -> int:
    """Take rows of a file into the product master, in the name of a licensed broker."""
    if actor.role is not Role.LICENSED_BROKER:
        raise Refused(
            "Only a licensed broker can confirm tariff codes; nothing was imported. "
            "Name one with --by SLACK_USER."
        )
    assert importer.id is not None
    count = 0
    for one in rows:
        _keep(
            session, importer.id, one, actor=actor, at=now(), reason=None, origin=f"file {source}"
        )
        count += 1
    audit.record(
        session,
        "products_imported",
        actor=actor,
        importer_id=importer.id,
        file=source,
        rows=count,
    )
    return count


def retire(
    session: Session, importer: Importer, *, sku: str, code: str, actor: Actor, reason: str
) -> int:
    """A broker settles that a code no longer answers for an article number."""
    if actor.role is not Role.LICENSED_BROKER:
        raise Refused("Only a licensed broker can retire a confirmed code. Nothing was changed.")
    if not reason.strip():
        raise Refused("Please say why.")
    rows = [one for one in rows_of(session, importer) if one.sku == sku and one.code == code]
    if not rows:
        raise Refused(f"{importer.name} has no product {sku or '(no SKU)'} under {code}.")
    for row in rows:
        _retire(session, row, actor, reason.strip())
    return len(rows)


def conflicts(session: Session, importer: Importer) -> list[Conflict]:
    """Goods that two codes are confirmed for: the same description, or the same article number."""
    rows = [as_confirmed(row) for row in rows_of(session, importer)]
    found: dict[str, list[Confirmed]] = {}
    for row in rows:
        found.setdefault(f"“{row.description[:80]}”\0{folded(row.description)}", []).append(row)
        if row.sku:
            found.setdefault(f"SKU {row.sku}\0", []).append(row)
    by_words: dict[frozenset[tuple[str, str, str]], Conflict] = {}
    for about, members in found.items():
        if len({one.code for one in members}) > 1:
            key = frozenset((one.sku, folded(one.description), one.code) for one in members)
            by_words.setdefault(
                key,
                Conflict(
                    importer=importer.name, about=about.split("\0")[0], products=tuple(members)
                ),
            )
    return list(by_words.values())


def fallen(
    session: Session, new: Schedule, *, old: Schedule | None = None, changes: Diff | None = None
) -> list[Dead]:
    """Confirmed goods of all importers whose code died or whose line says something else now."""
    said = {one.code: one for one in changes.of("redescribed")} if changes else {}
    found: list[Dead] = []
    for importer in session.exec(select(Importer).order_by(Importer.name)):
        for row in rows_of(session, importer):
            product = as_confirmed(row)
            line = new.find(row.code)
            if line is None or not line.leaf:
                near = successors(row.code, new, old=old, text=row.description)
                found.append(Dead(importer=importer.name, product=product, successors=tuple(near)))
            elif line.code in said:
                change = said[line.code]
                found.append(
                    Dead(
                        importer=importer.name,
                        product=product,
                        said=change.before,
                        says=change.after,
                    )
                )
    return found


def _keep(
    session: Session,
    importer_id: int,
    goods: Confirmed,
    *,
    actor: Actor,
    at: datetime,
    reason: str | None,
    origin: str,
) -> Product:
    match = folded(goods.description)
    row = session.exec(
        select(Product).where(
            Product.importer_id == importer_id,
            Product.sku == goods.sku,
            Product.match_description == match,
            Product.code == goods.code,
        )
    ).first() or Product(
        importer_id=importer_id,
        sku=goods.sku,
        description=goods.description,
        match_description=match,
        code=goods.code,
        edition="",
        confirmed_by="",
    )
    row.description, row.edition = goods.description, goods.edition
    row.confirmed_by, row.confirmed_at, row.confirmed_licence = actor.name, at, actor.licence
    row.reason, row.origin = reason, origin
    row.retired_at = row.retired_by = row.retired_reason = None
    session.add(row)
    session.flush()
    return row


def _others(session: Session, row: Product) -> Sequence[Product]:
    """The same goods under another code: one article number, or one description without any."""
    wanted = select(Product).where(
        Product.importer_id == row.importer_id,
        Product.code != row.code,
        col(Product.retired_at).is_(None),
    )
    return [
        other
        for other in session.exec(wanted)
        if (other.sku == row.sku and bool(row.sku) and alike(other.description, row.description))
        or (
            other.match_description == row.match_description
            and (other.sku == row.sku or not (other.sku and row.sku))
        )
    ]


def _retire(session: Session, row: Product, actor: Actor, reason: str) -> None:
    row.retired_at, row.retired_by, row.retired_reason = now(), actor.name, reason
    session.add(row)
    audit.record(
        session,
        "product_retired",
        actor=actor,
        importer_id=row.importer_id,
        product_id=row.id,
        sku=row.sku,
        code=row.code,
        reason=reason,
    )
