"""`/tidewaiter`: what it understands, and its answers. Only the person who asked sees them.

Answers name shipments with links to their cards; they are never posted where others read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from sqlmodel import Session, col, select

from bot import people
from bot.slack.answers import Desk, fault, run, whisper
from bot.slack.links import Links
from bot.slack.mrkdwn import cut
from prompts import render
from prompts import slack_escape as esc
from storage.models import Person, Shipment
from storage.people import Filter
from storage.values import Actor
from workflows import archive, assigning, queue, showing, staffing, stats
from workflows.card import card
from workflows.review import Answer
from workflows.states import Refused
from workflows.views import QueueRow

_MOST = 12
_QUEUES: dict[str, Filter] = {
    "mine": "mine",
    "holds": "holds",
    "unassigned": "unassigned",
    "all": "everyone",
    "everyone": "everyone",
}
_NUMBER = re.compile(r"^#?(?:SHP-)?(?:\d{4}-)?0*(\d{1,9})$", re.IGNORECASE)
_MENTION = re.compile(r"<@((?:T[A-Z0-9]+:)?[UW][A-Z0-9]+)(?:\|[^>]*)?>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


@dataclass(frozen=True)
class Asked:
    """Who asked what, and how to link."""

    desk: Desk
    user: str
    link: Callable[[QueueRow], str | None]


def register(app: App, desk: Desk, links: Links) -> None:
    """Attach the command."""

    @app.command("/tidewaiter")
    def _command(ack: Ack, command: dict[str, Any], client: WebClient) -> None:
        user = str(command.get("user_id") or "")
        words = plain(str(command.get("text") or ""))
        asked = Asked(desk, user, lambda row: links.to(client, row.channel, row.ts))
        change = _changing(words)
        if change is not None:
            ack()  # a decision may have to wait for somebody else's
            text, _ = run(desk, user, change)
            whisper(client, str(command.get("channel_id") or ""), user, text)
            return
        ack(answered(asked, words))


def answered(asked: Asked, words: str) -> str:
    """The answer to a command that changes nothing."""
    try:
        with asked.desk.database.snapshot() as session:
            people.who(session, asked.user)
            return _answer(session, asked, words)
    except Refused as exc:
        return esc(str(exc))
    except Exception as exc:
        return fault("command_failed", exc, user=asked.user)


def plain(text: str) -> str:
    """What was typed, without Slack's escapes; mentions stay in angles."""
    kept = text.strip()[:500]
    mentions = _MENTION.findall(kept)
    kept = _MENTION.sub("\0", kept)
    for entity, sign in _ENTITIES:
        kept = kept.replace(entity, sign)
    for user in mentions:
        kept = kept.replace("\0", f"<@{user}>", 1)
    return kept


def find(session: Session, words: str) -> list[Shipment]:
    """Shipments by number, else by all of the words."""
    number = _NUMBER.match(words.strip())
    if number is not None:
        digits = number.group(1)
        found = session.exec(
            select(Shipment)
            .where(col(Shipment.ref).endswith(f"-{digits.zfill(6)}"))
            .order_by(col(Shipment.id).desc())
        ).all()
        if found:
            return list(found)
    try:
        return archive.search(session, words, limit=_MOST + 1)
    except ValueError as exc:
        raise Refused(f"{exc}. Nothing was looked for.") from exc


def told(session: Session, asked: Asked, found: list[Shipment], words: str) -> str:
    """One shipment in full, several as a list, none with what to do."""
    if not found:
        return render("slack/nothing_found", words=words[:100])
    if len(found) == 1:
        return _one(session, asked, found[0])
    return listed(asked, queue.of_refs(session, found[:_MOST]), more=len(found) > _MOST)


def listed(asked: Asked, rows: list[QueueRow], *, more: bool) -> str:
    """A list of shipments, each with a link to its card."""
    lines = [_row(asked, one) for one in rows[:_MOST]]
    if more or len(rows) > _MOST:
        lines.append("… and more. Please say it more narrowly, or look into your Home.")
    return cut("\n".join(lines), 2900)


def _answer(session: Session, asked: Asked, words: str) -> str:
    first, _, rest = words.partition(" ")
    match first.casefold():
        case "" | "help":
            return render("slack/help")
        case "signin" | "sign-in" if not rest:
            return _signin(asked)
        case "stats":
            return _stats(session, asked, rest)
        case "search" | "find" if rest.strip():
            return told(session, asked, find(session, rest), rest)
        case name if name in _QUEUES and not rest:
            rows = queue.queue(session, slack_user=asked.user, shows=_QUEUES[name])
            if not rows:
                return render("slack/queue_empty", shows=name)
            return listed(asked, rows, more=False)
    return told(session, asked, find(session, words), words)


def _signin(asked: Asked) -> str:
    """A link that makes the browser known as who asked; Slack says who that is."""
    link = asked.desk.house.signin_link
    if link is None:
        return "Signing in is not configured here."
    return render("slack/signin", link=link(asked.user))


def _stats(session: Session, asked: Asked, words: str) -> str:
    """The figures, with a link to their page."""
    wanted = stats.parsed(words.strip())
    house = asked.desk.house
    cases = stats.gather(session, wanted, house=house)
    said = [f"• {esc(one)}" for one in stats.lines(cases, wanted)]
    if house.figure_link is not None:
        said.append(f"<{house.figure_link(wanted.model_dump(mode='json'))}|Charts and definitions>")
    return cut("\n".join(said[:-1]), 2400) + "\n" + said[-1]


def _one(session: Session, asked: Asked, shipment: Shipment) -> str:
    shown = card(session, shipment_id=shipment.id or 0, house=asked.desk.house)
    row = queue.of_refs(session, [shipment])[0]
    facts = [f"{label}: {cut(value, 120)}" for label, value in shown.facts[:8]]
    needs = [cut(one.told, 220) for one in shown.open_items[:6]]
    person = staffing.of(session, shipment.assignee) if shipment.assignee else None
    said = render(
        "slack/shipment_told",
        ref=shown.ref,
        importer=shown.title,
        state=shown.headline or row.said,
        due=str(row.due or ""),
        assignee=person.name if person else "",
        facts=facts,
        needs=needs,
    )
    url = asked.link(row)
    return cut(f"{said}\n<{url}|Open the card>" if url else said, 2900)


def _row(asked: Asked, row: QueueRow) -> str:
    url = asked.link(row)
    name = f"<{url}|{esc(row.ref)}>" if url else esc(row.ref)
    due = f" · entry due {row.due}{' (late)' if row.late else ''}" if row.due else ""
    who = f" · <@{row.assignee}>" if row.assignee else ""
    mark = ":rotating_light: " if row.urgency == "hold" else ""
    return f"• {mark}{name} · {cut(esc(row.importer), 80)} · {cut(esc(row.said), 140)}{due}{who}"


# -- commands that change something


def _changing(words: str) -> Callable[[Session, Actor], Answer] | None:
    first, _, rest = words.partition(" ")
    match first.casefold():
        case "assign":
            return lambda session, actor: _assign(session, actor, rest.strip())
        case "card" if rest.strip():
            return lambda session, _actor: showing.anew(session, _only(session, rest))
        case "away":
            return lambda session, actor: _away(session, actor, rest.strip())
        case "back" if not rest.strip():
            return lambda session, actor: assigning.go_away(
                session, actor=actor, until=None, cover=None
            )
    return None


def _assign(session: Session, actor: Actor, rest: str) -> Answer:
    number, _, whom = rest.partition(" ")
    if not number:
        raise Refused("Say which and to whom: `/tidewaiter assign 4417 @dana`, or `… 4417 me`.")
    shipment = _only(session, number)
    to = _person(session, whom, me=actor.id)
    return assigning.give(session, shipment_id=shipment.id or 0, to=to.slack_user, actor=actor)


def _only(session: Session, words: str) -> Shipment:
    found = find(session, words)
    if len(found) != 1:
        count = len(found) or "no"
        raise Refused(f"There are {count} shipments for '{words}'. Nothing was changed.")
    return found[0]


def _away(session: Session, actor: Actor, rest: str) -> Answer:
    day, _, whom = rest.partition(" ")
    try:
        until = date.fromisoformat(day)
    except ValueError:
        raise Refused(
            "Say the last day and who covers: `/tidewaiter away 2026-12-01 @luis`."
        ) from None
    cover = _person(session, whom, me=actor.id).slack_user if whom.strip() else None
    return assigning.go_away(session, actor=actor, until=until, cover=cover)


def _person(session: Session, whom: str, *, me: str) -> Person:
    text = whom.strip()
    mention = _MENTION.search(text)
    if text.casefold() in ("", "me"):
        person = staffing.of(session, me)
    elif mention is not None:
        person = staffing.of(session, mention.group(1))
    else:
        person = staffing.named(session, text)
    if person is None:
        raise Refused(f"'{text}' is nobody on Tidewaiter's list of people. Nothing was changed.")
    return person
