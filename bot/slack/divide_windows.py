"""Windows in which a line is split, or lines are put together; that it adds up is checked later."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App
from sqlmodel import Session, col, func, or_, select

from bot.slack import modals, windows
from bot.slack.answers import Decide, Desk
from bot.slack.mrkdwn import cut
from bot.slack.payloads import OldCard, Payload, given
from prompts import slack_escape as esc
from storage.models import LineItem, Shipment, State
from storage.values import Actor
from workflows import dividing, review, states
from workflows.dividing import MOST_MERGED, MOST_PARTS, Part
from workflows.review import Answer
from workflows.states import Refused

SPLIT, MERGE = "Split a line", "Merge lines"
WHICH, LINES, GOODS = "which", "lines", "goods"
_MOST_OPTIONS = 100


def register(app: App, desk: Desk) -> None:
    """Attach the windows and the search for a line."""
    app.action("line_search")(windows.changing(desk, SPLIT, _other_line))
    app.action("split_more")(windows.changing(desk, SPLIT, _one_more))
    app.action("lines_search")(_nothing)
    app.view("split")(windows.submitting(desk, _split, windows.first_field("amount:")))
    app.view("merge")(windows.submitting(desk, _merge, LINES))
    for search in ("line_search", "lines_search"):

        @app.options(search)
        def _options(ack: Ack, payload: dict[str, Any], body: dict[str, Any]) -> None:
            ack(options=found(desk, body, str(payload.get("value") or "")))


def _nothing(ack: Ack) -> None:
    ack()


# -- split --------------------------------------------------------------------------------------


def split_window(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    """Which line; and once that is said, its parts."""
    shipment = in_review(session, actor, at)
    line = session.get(LineItem, at.l) if at.l is not None else None
    if line is None or line.shipment_id != shipment.id:
        where = Payload(s=shipment.id, ch=at.ch)
        return asking(shipment, where, SPLIT, "line_search", "Which line shall become several?")
    return _parts(line, Payload(s=shipment.id, l=line.id, r=line.rev, i=2, ch=at.ch), {})


def asking(
    shipment: Shipment, where: Payload, title: str, search: str, question: str
) -> dict[str, Any]:
    """Which line it is about; `search` is the action of choosing one."""
    chooser = {
        "type": "external_select",
        "action_id": search,
        "min_query_length": 0,
        "placeholder": modals.plain("Number or words of the line"),
    }
    return {
        "type": "modal",
        "callback_id": "which_line",
        "title": modals.plain(title),
        "close": modals.plain("Back"),
        "private_metadata": where.written(),
        "blocks": [
            modals.text(f"*{esc(shipment.ref or '')}*"),
            {**modals.text(question), "block_id": WHICH} | {"accessory": chooser},
        ],
    }


def _parts(line: LineItem, where: Payload, typed: dict[str, str]) -> dict[str, Any]:
    """The parts of a line, as they were typed so far."""
    count = min(max(where.i or 2, 2), MOST_PARTS)
    blocks = [
        modals.text(
            f"*Line {line.number}* {cut(esc(line.description), 300)}\n{esc(_facts(line))}\n"
            "The parts come to exactly this. Leave the numbers of the last part empty and it "
            "takes the rest."
        )
    ]
    for part in range(1, count + 1):
        last = part == count
        blocks += [
            {"type": "divider"},
            _field(f"quantity:{part}", line, f"Part {part}: quantity", typed, optional=last),
            _field(f"amount:{part}", line, f"Part {part}: amount", typed, optional=last),
            _field(f"goods:{part}", line, f"Part {part}: goods", typed, line.description),
            _field(f"origin:{part}", line, f"Part {part}: origin", typed, line.origin or ""),
        ]
    if count < MOST_PARTS:
        more = {
            "type": "button",
            "action_id": "split_more",
            "text": modals.plain("One more part"),
            "value": where.model_copy(update={"i": count + 1}).written(),
        }
        blocks.append({"type": "actions", "block_id": "more", "elements": [more]})
    return modals.form("split", SPLIT, "Split", where.model_copy(update={"i": count}), blocks)


def _field(
    name: str,
    line: LineItem,
    label: str,
    typed: dict[str, str],
    start: str = "",
    *,
    optional: bool = False,
) -> dict[str, Any]:
    block = f"{name}:{line.id}"
    element: dict[str, Any] = {"type": "plain_text_input", "action_id": "value", "max_length": 300}
    if given_now := typed.get(block, start):
        element["initial_value"] = cut(given_now, 300)
    return {
        "type": "input",
        "block_id": block,
        "optional": optional or name.startswith(("goods", "origin")),
        "label": modals.plain(label),
        "element": element,
    }


def _other_line(
    session: Session, actor: Actor, at: Payload, _view: dict[str, Any], action: dict[str, Any]
) -> dict[str, Any]:
    chosen = Payload.read((action.get("selected_option") or {}).get("value"))
    return split_window(session, actor, at.model_copy(update={"l": chosen.l}))


def _one_more(
    session: Session, actor: Actor, at: Payload, view: dict[str, Any], action: dict[str, Any]
) -> dict[str, Any]:
    in_review(session, actor, at)
    line = session.get(LineItem, given(at.l))
    if line is None or line.rev != at.r:
        raise Refused("The line has changed meanwhile. Please close this window and begin again.")
    count = Payload.read(action.get("value")).i
    return _parts(line, at.model_copy(update={"i": count}), modals.all_typed(view))


def _split(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    line, rev, count = given(at.l), given(at.r), given(at.i)
    parts = [
        Part(
            quantity=modals.typed(view, f"quantity:{part}:{line}"),
            amount=modals.typed(view, f"amount:{part}:{line}"),
            description=modals.typed(view, f"goods:{part}:{line}"),
            origin=modals.typed(view, f"origin:{part}:{line}"),
        )
        for part in range(1, min(count, MOST_PARTS) + 1)
    ]
    return lambda session, actor: dividing.split(
        session, line_id=line, line_rev=rev, parts=parts, actor=actor
    )


# -- merge --------------------------------------------------------------------------------------


def merge_window(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    """Which lines become one, and what its goods are called."""
    shipment = in_review(session, actor, at)
    chooser: dict[str, Any] = {
        "type": "multi_external_select",
        "action_id": "lines_search",
        "min_query_length": 0,
        "max_selected_items": MOST_MERGED,
        "placeholder": modals.plain("Numbers or words of the lines"),
    }
    line = session.get(LineItem, at.l) if at.l is not None else None
    if line is not None and line.shipment_id == shipment.id:
        chooser["initial_options"] = [_option(line)]
    where = Payload(s=shipment.id, ch=at.ch)
    hint = "They need one unit, one currency and one country of origin."
    return modals.form(
        "merge",
        MERGE,
        "Merge",
        where,
        [
            modals.text(
                f"*{esc(shipment.ref or '')}*\nQuantities and amounts are added up; the lowest "
                "number stays. Use it for goods that are one and the same."
            ),
            {
                "type": "input",
                "block_id": LINES,
                "label": modals.plain("Lines"),
                "hint": modals.plain(hint),
                "element": chooser,
            },
            {
                "type": "input",
                "block_id": GOODS,
                "optional": True,
                "label": modals.plain("Goods (else as on the first line)"),
                "element": {"type": "plain_text_input", "action_id": "value", "max_length": 300},
            },
        ],
    )


def _merge(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    shipment = given(at.s)
    chosen = [Payload.read(one) for one in modals.ticked(view, LINES)]
    lines = [(one.l, one.r) for one in chosen if one.l is not None and one.r is not None]
    if len(lines) != len(chosen):
        raise OldCard

    def decide(session: Session, actor: Actor) -> Answer:
        return dividing.merge(
            session,
            shipment_id=shipment,
            lines=lines,
            description=modals.typed(view, GOODS),
            actor=actor,
        )

    return decide


# -- lines to choose from -----------------------------------------------------------------------


def found(desk: Desk, body: dict[str, Any], asked: str) -> list[dict[str, Any]]:
    """The lines of the window's shipment with this number or these words."""
    try:
        shipment = given(Payload.read((body.get("view") or {}).get("private_metadata")).s)
    except OldCard:
        return []
    words = asked.strip()[:100]
    wanted = select(LineItem).where(LineItem.shipment_id == shipment)
    if words.isdecimal():
        wanted = wanted.where(
            or_(
                LineItem.number == int(words[:9]),
                col(LineItem.description).icontains(words, autoescape=True),
            )
        )
    elif words:
        wanted = wanted.where(
            func.lower(LineItem.description).contains(words.lower(), autoescape=True)
        )
    with desk.database.snapshot() as session:
        lines = session.exec(wanted.order_by(col(LineItem.number)).limit(_MOST_OPTIONS)).all()
    return [_option(line) for line in lines]


def _option(line: LineItem) -> dict[str, Any]:
    said = f"{line.number}. {cut(line.description or '(no description)', 40)} · {_facts(line)}"
    return {"text": modals.plain(cut(said, 75)), "value": Payload(l=line.id, r=line.rev).written()}


def _facts(line: LineItem) -> str:
    amount = f"{line.quantity:,f} {line.unit or ''}".strip() if line.quantity is not None else "?"
    value = f"{line.currency or ''} {line.value:,.2f}".strip() if line.value is not None else "?"
    return " · ".join([amount, value, *([line.origin] if line.origin else [])])


def in_review(session: Session, actor: Actor, at: Payload) -> Shipment:
    """The shipment of a window, whose lines this person may change."""
    review.may_correct(actor)
    shipment = session.get(Shipment, given(at.s))
    if shipment is None:
        raise Refused("This shipment is not known.")
    if shipment.state is not State.IN_REVIEW:
        raise Refused(f"{shipment.ref} is {states.words(shipment.state)}: lines stay as they are.")
    return shipment
