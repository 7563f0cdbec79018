"""Whose Home a change concerns: asked for, not drawn here (`workflows/home.py` draws)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlmodel import Session, select

from storage import outbox
from storage.columns import now
from storage.models import Person, Shipment
from workflows.effects import ShowHome

LOOKED = timedelta(days=1)  #: who has not looked for longer draws it by looking


def redraw(session: Session, shipment: Shipment) -> None:
    """Ask for the Home of whoever has this shipment, if they have looked at it lately."""
    if shipment.assignee is None:
        return
    person = session.exec(select(Person).where(Person.slack_user == shipment.assignee)).first()
    if person is None or person.home_opened_at is None:
        return
    if person.home_opened_at > now() - LOOKED:
        ask(session, person.slack_user)


def ask(session: Session, slack_user: str) -> None:
    """Draw this Home soon, once for all that happens until then."""
    window = int(now().timestamp()) // ShowHome.WINDOW
    outbox.add(
        session,
        ShowHome(slack_user=slack_user, window=window),
        # After the window's end, and after those have committed who were in it.
        run_at=datetime.fromtimestamp((window + 1) * ShowHome.WINDOW + 1, UTC),
    )
