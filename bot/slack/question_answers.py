"""Answers to plain questions, from the database. Reading only: no question changes anything."""

from __future__ import annotations

from sqlalchemy import func as sql
from sqlmodel import Session, col, select

from bot import people
from bot.slack.answers import fault
from bot.slack.commands import Asked, find, listed, told
from bot.slack.mrkdwn import cut
from prompts import examples, render
from prompts import slack_escape as esc
from storage.models import Classification, Importer, LineItem, Product, Shipment
from workflows import gate, questions, queue, threads
from workflows.questions import INTENTS, Question
from workflows.states import Refused

_MOST_SHIPMENTS, _MOST_NEEDS, _MOST_GOODS, _MOST_WORDS = 5, 8, 10, 6


def answered(asked: Asked, text: str, *, place: tuple[str, str]) -> str:
    """The answer; `place` is (channel, thread), which may be a shipment's."""
    try:
        with asked.desk.database.snapshot() as session:
            people.who(session, asked.user)
            here = threads.shipment_of(session, place[0], place[1]) if place[1] else None
            said = questions.understand(text, asked.desk.likeness)
            return cut(_answer(session, asked, said, text, here), 2900)
    except Refused as exc:
        return esc(str(exc))
    except Exception as exc:
        return fault("question_failed", exc, user=asked.user)


def _answer(
    session: Session, asked: Asked, said: Question, text: str, here: Shipment | None
) -> str:
    match said.intent:
        case "help":
            ways = [many[0] for kind, many in examples("questions").items() if kind in INTENTS]
            return render("slack/help_questions", examples=ways)
        case "mine" | "holds" as shows:
            rows = queue.queue(session, slack_user=asked.user, shows=shows)
            if rows:
                return listed(asked, rows, more=False)
            return render("slack/queue_empty", shows=shows)
        case "prior" if said.about:
            return _prior(session, said.about)
        case "why" if said.code:
            return _why(session, asked, said, here)
        case "missing" | "status":
            found = _meant(session, said, here)
            if found and said.intent == "missing":
                return _missing(session, asked, found)
            return told(session, asked, found, said.about or text)
    found = find(session, text[:100]) if text and len(text.split()) <= _MOST_WORDS else []
    if found:
        return told(session, asked, found, text)
    return render("slack/not_understood", nearest=list(said.nearest))


def _meant(session: Session, said: Question, here: Shipment | None) -> list[Shipment]:
    if said.about:
        return find(session, said.about)
    if here is not None:
        return [here]
    raise Refused("About which shipment? Say its number, bill, container or firm.")


def _missing(session: Session, asked: Asked, found: list[Shipment]) -> str:
    lines = []
    house = asked.desk.house
    for shipment in found[:_MOST_SHIPMENTS]:
        needs = gate.open_items(gate.whole_case(session, shipment, house=house))
        row = queue.of_refs(session, [shipment])[0]
        url = asked.link(row)
        name = f"<{url}|{esc(row.ref)}>" if url else esc(row.ref)
        lines.append(f"*{name}* · {cut(esc(row.importer), 80)} · {cut(esc(row.said), 160)}")
        lines += [f"• {cut(esc(one.told()), 200)}" for one in needs[:_MOST_NEEDS]]
        if not needs:
            lines.append("• nothing stands before filing")
    if len(found) > _MOST_SHIPMENTS:
        lines.append("… and more shipments. Please say it more narrowly.")
    return "\n".join(lines)


def _prior(session: Session, words: str) -> str:
    """Goods that brokers have confirmed, each with whose they are: clients' data stay apart."""
    wanted = select(Product, Importer).join(Importer, col(Importer.id) == Product.importer_id)
    for word in words.casefold().split()[:_MOST_WORDS]:
        stem = word.removesuffix("s")
        wanted = wanted.where(
            sql.lower(col(Product.description)).contains(stem, autoescape=True)
            | sql.lower(col(Product.code)).startswith(stem, autoescape=True)
        )
    wanted = wanted.where(col(Product.retired_at).is_(None))
    rows = session.exec(wanted.order_by(col(Product.confirmed_at).desc()).limit(_MOST_GOODS)).all()
    goods = [
        {
            "code": row.code,
            "goods": cut(row.description, 100),
            "importer": importer.name,
            "by": row.confirmed_by,
            "day": row.confirmed_at.date().isoformat(),
            "origin": row.origin or "",
        }
        for row, importer in rows
    ]
    return render("slack/prior_goods", words=words, goods=goods)


def _why(session: Session, asked: Asked, said: Question, here: Shipment | None) -> str:
    digits = said.code or ""
    about = find(session, said.about) if said.about else []
    shipments = [here] if here is not None else about
    grounds = [
        one for each in shipments[:_MOST_SHIPMENTS] for one in _grounds(session, each, digits)
    ]
    found = asked.desk.lookup.find(digits)
    return render(
        "slack/why_code",
        code=found.code if found else digits,
        path=" › ".join(found.path[-3:]) if found else "",
        edition=asked.desk.lookup.edition,
        grounds=grounds[:6],
        asked=bool(shipments),
    )


def _grounds(session: Session, shipment: Shipment, digits: str) -> list[dict[str, str | int]]:
    """What spoke for this code on the lines of a shipment, as it was proposed."""
    rows = session.exec(
        select(LineItem, Classification)
        .join(Classification, col(Classification.line_id) == LineItem.id)
        .where(LineItem.shipment_id == shipment.id, Classification.line_rev == LineItem.rev)
        .order_by(col(LineItem.number))
    )
    return [
        {
            "ref": shipment.ref or "",
            "line": line.number,
            "goods": cut(line.description, 100),
            "code": one.code,
            "sure": f"{one.confidence:.0%}",
            "because": one.because,
            "edition": one.edition,
            "decided": line.decided_name or "",
            "reason": line.decided_reason or "",
        }
        for line, offered in rows
        for one in offered.candidates
        if one.code.replace(".", "").startswith(digits)
    ]
