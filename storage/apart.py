"""Whose data a piece of work may see: the clients of one workspace, of the house, or of everybody.

An importer can be served in a Slack workspace of its own (`Importer.office`). Whoever works there
sees the shipments of those importers and nothing else; the house's own workspace sees the rest. It
is held here, under every query, and not where queries are written: one that forgets to ask cannot
leak. Jobs and the command line see everything, and say so by not asking.

What is not held apart: the audit chain as it is written, tariff and lists, and the list of numbers
that must differ (see `house_wide`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, event, or_, select
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlmodel import Session, SQLModel, col

from storage.models import Importer, Person, Shipment

HOUSE = ""
"""The workspace of the brokerage itself: all clients that no other workspace serves."""

_current: ContextVar[str | None] = ContextVar("office", default=None)
_KEY, _WIDE = "office", "house_wide"
_GENERAL = frozenset({"sender_rule", "entry_number_range", "shadow_rule"})
"""Tables in which a row of no importer is a rule for all."""
_HOUSES = frozenset({"outbox", "quarantine"})
"""What the house's own operations channel asks about, whoever's it turns out to be."""


def see(office: str | None) -> None:
    """From here on, in this context, only what this office may see; None: everything."""
    _current.set(office)


def seen() -> str | None:
    """Whose data this context may see."""
    return _current.get()


@contextmanager
def within(office: str | None) -> Iterator[None]:
    """Only what this office may see, for a while."""
    token = _current.set(office)
    try:
        yield
    finally:
        _current.reset(token)


def house_wide() -> dict[str, bool]:
    """Options of a query that must see everything to be right, and shows nothing of it."""
    return {_WIDE: True}


def bind(session: Session) -> None:
    """Hold this session to what its context may see."""
    office = _current.get()
    if office is not None:
        session.info[_KEY] = office


@event.listens_for(Session, "do_orm_execute")
def _apart(state: ORMExecuteState) -> None:
    office = state.session.info.get(_KEY)
    if office is None or state.is_insert or state.is_column_load or state.is_relationship_load:
        return
    if not state.is_orm_statement or state.execution_options.get(_WIDE):
        return
    state.statement = state.statement.options(*_criteria(office))


@cache
def _criteria(office: str) -> tuple[Any, ...]:
    """What each table must fulfil, said over tables: a condition is not itself conditioned."""
    shipments, importers = Shipment.__table__.alias(), Importer.__table__.alias()  # type: ignore[attr-defined]
    served = importers.c.office == office if office else importers.c.office.is_(None)
    ours = select(importers.c.id).where(served)
    joined = shipments.outerjoin(importers, shipments.c.importer_id == importers.c.id)
    visible = select(shipments.c.id).select_from(joined).where(served)
    made = []
    for mapper in SQLModel._sa_registry.mappers:  # noqa: SLF001 - SQLModel offers no other list
        table, held = mapper.class_, mapper.local_table.c
        if not office and str(table.__tablename__) in _HOUSES:
            continue
        found: ColumnElement[bool] | None = None
        if table is Shipment:
            found = col(table.id).in_(visible)
        elif table is Importer:
            found = col(table.id).in_(ours)
        elif table is Person:
            user = col(table.slack_user)
            found = user.startswith(f"{office}:") if office else user.not_like("T%:%")
        elif "shipment_id" in held:
            found = col(table.shipment_id).in_(visible)
            if held.shipment_id.nullable and not office:
                found = or_(found, col(table.shipment_id).is_(None))
        elif "importer_id" in held:
            found = col(table.importer_id).in_(ours)
            if held.importer_id.nullable and (not office or str(table.__tablename__) in _GENERAL):
                found = or_(found, col(table.importer_id).is_(None))
        if found is not None:
            made.append(with_loader_criteria(table, found, include_aliases=True))
    return tuple(made)
