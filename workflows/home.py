"""What is for one person only: their Home, direct messages, and the digest of their queue.

The Home follows the database (`home_due.py`). Nothing here decides anything about a shipment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlmodel import Session, col, select

from prompts import render
from storage import apart, audit, outbox
from storage.columns import now
from storage.models import Person
from storage.outbox import Claimed
from storage.people import Wishes
from storage.values import Actor
from workflows import home_due, offices, queue, staffing
from workflows.effects import DeskDigest, ShowHome, TellDirect
from workflows.mailing import nothing
from workflows.ports import Ports
from workflows.post import Record
from workflows.review import Answer
from workflows.states import Refused
from workflows.views import NoteView, QueueRow

_MOST_ROWS = 15


def opened(session: Session, actor: Actor) -> Person:
    """The person looks at their Home."""
    person = staffing.of(session, actor.id)
    assert person is not None
    person.home_opened_at = now()
    session.add(person)
    return person


def show(session: Session, actor: Actor, *, shows: str | None = None, page: int = 0) -> Person:
    """Another filter or another page of it."""
    person = opened(session, actor)
    wishes = person.wishes or Wishes()
    found = Wishes.model_validate({**wishes.model_dump(), "shows": shows or wishes.shows})
    person.wishes = found.model_copy(update={"page": max(page, 0)})
    session.add(person)
    return person


def wish(session: Session, *, actor: Actor, wishes: dict[str, object]) -> Answer:
    """A person says how they want to hear of things."""
    person = staffing.of(session, actor.id)
    assert person is not None
    before = person.wishes or Wishes()
    try:
        person.wishes = Wishes.model_validate({**before.model_dump(), **wishes})
    except ValueError as exc:
        said = "; ".join(
            str(one["msg"]).removeprefix("Value error, ") for one in getattr(exc, "errors", list)()
        )
        raise Refused(f"Not saved: {said}.") from exc
    session.add(person)
    audit.record(session, "wishes_set", actor=actor, wishes=person.wishes.model_dump(mode="json"))
    home_due.ask(session, actor.id)
    return Answer(text="Your notices are set.", changed=True)


def schedule(session: Session, *, at: datetime) -> int:
    """Ask for the digests whose time of day has come, each once a day; gives how many are new."""
    made = 0
    for person in session.exec(select(Person).order_by(col(Person.id))):
        wishes = person.wishes or Wishes()
        if wishes.digest is None:
            continue
        local = wishes.local(at)
        begun = local.time().replace(tzinfo=None) >= wishes.digest
        # A clock that was down over the time sends it late, but not in the next night.
        if begun and local.hour < wishes.digest.hour + 6:
            effect = DeskDigest(slack_user=person.slack_user, day=local.date())
            made += outbox.add(session, effect) is not None
    return made


def show_home(ports: Ports, claimed: Claimed) -> Record:
    effect = ShowHome.model_validate(claimed.payload)
    with _as(ports, effect.slack_user) as session:
        person = staffing.of(session, effect.slack_user)
        if person is None:
            return nothing
        view = queue.view(session, person)
    ports.chat.home(effect.slack_user, view)
    return nothing


def tell_direct(ports: Ports, claimed: Claimed) -> Record:
    effect = TellDirect.model_validate(claimed.payload)
    text = render(f"slack/{effect.note}", ref=effect.ref, address="", **effect.facts)
    if effect.ref and effect.ref not in text:
        text = f"*{effect.ref}* {text}"
    return _direct(ports, claimed, effect.slack_user, text)


def tell_digest(ports: Ports, claimed: Claimed) -> Record:
    effect = DeskDigest.model_validate(claimed.payload)
    with _as(ports, effect.slack_user) as session:
        person = staffing.of(session, effect.slack_user)
        if person is None:
            return nothing
        rows = queue.queue(session, slack_user=effect.slack_user, shows="mine")
        counts = queue.view(session, person).counts
    if not rows and not counts.released:
        return nothing  # nothing to do and nothing done: no message about it
    text = render(
        "slack/desk_digest",
        day=effect.day.isoformat(),
        rows=[told(one) for one in rows[:_MOST_ROWS]],
        more=max(len(rows) - _MOST_ROWS, 0),
        holds=sum(1 for one in rows if one.urgency == "hold"),
        due=sum(1 for one in rows if one.urgency == "due"),
        released=counts.released,
    )
    return _direct(ports, claimed, effect.slack_user, text)


@contextmanager
def _as(ports: Ports, slack_user: str) -> Iterator[Session]:
    """What this person may see, and no more."""
    with ports.snapshot() as session:
        seen = offices.visible(session, slack_user)
    with apart.within(seen), ports.snapshot() as session:
        yield session


def told(row: QueueRow) -> str:
    """One shipment in one line, not yet escaped."""
    due = f" · entry due {row.due}" if row.due else ""
    late = " (late)" if row.late else ""
    return f"{row.ref} · {row.importer} · {row.said}{due}{late}"


def _direct(ports: Ports, claimed: Claimed, user: str, text: str) -> Record:
    # A direct message has no place that we may search: after an unknown outcome it may come
    # twice, which harms nobody.
    ports.chat.post(user, NoteView(text=text), key=claimed.key)
    return nothing


TABLE: dict[str, Callable[[Ports, Claimed], Record]] = {
    ShowHome.kind: show_home,
    TellDirect.kind: tell_direct,
    DeskDigest.kind: tell_digest,
}
