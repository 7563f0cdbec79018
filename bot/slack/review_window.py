"""All lines in a window, twenty a page, each to be decided there: a view has 100 blocks.

A chosen candidate is confirmed at once, as by its button on the card and under the same guard.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slack_bolt import App
from sqlmodel import Session, col, func, select

from bot.slack import modals, windows
from bot.slack.answers import Decide, Desk
from bot.slack.mrkdwn import cut
from bot.slack.payloads import OldCard, Payload, given
from prompts import slack_escape as esc
from storage.models import LineItem, LineState, Shipment, State
from storage.values import Actor
from workflows import proposal, review
from workflows.review import Answer
from workflows.states import Refused

TITLE = "Review all lines"
PAGE = 20
_MOST_PAGES = 100  #: options of one select


def register(app: App, desk: Desk) -> None:
    """Attach the button of the card and the clicks in the window."""
    app.action("review_all")(windows.opening(desk, TITLE, filled))
    for way in ("review_back", "review_on", "review_page"):
        app.action(way)(windows.turning(desk, TITLE, filled))
    app.action("review_pick")(windows.turning(desk, TITLE, filled, _picked))
    app.action("review_bulk")(windows.turning(desk, TITLE, filled, _together))


def filled(session: Session, _actor: Actor, at: Payload) -> dict[str, Any]:
    """One page of the lines."""
    shipment = session.get(Shipment, given(at.s))
    if shipment is None:
        raise Refused("This shipment is not known.")
    total = session.exec(select(func.count()).where(LineItem.shipment_id == shipment.id)).one()
    pages = max((total + PAGE - 1) // PAGE, 1)
    page = min(max(at.i or 0, 0), pages - 1)
    lines = _page(session, given(at.s), page)
    where = Payload(s=shipment.id, i=page, ch=at.ch)
    said = f"*{esc(shipment.ref or '')}* · page {page + 1} of {pages} · {total:,} lines"
    blocks = [modals.text(said)]
    blocks += [_line(session, line, where) for line in lines]
    if shipment.state is State.IN_REVIEW:
        blocks += _together_button(session, shipment, lines, where)
    if pages > 1:
        blocks.append(_turn(where, page, pages))
    return {
        "type": "modal",
        "callback_id": "review_all",
        "title": modals.plain(TITLE),
        "close": modals.plain("Close"),
        "private_metadata": where.written(),
        "blocks": blocks,
    }


def _page(session: Session, shipment_id: int, page: int) -> Sequence[LineItem]:
    return session.exec(
        select(LineItem)
        .where(LineItem.shipment_id == shipment_id)
        .order_by(col(LineItem.number))
        .offset(page * PAGE)
        .limit(PAGE)
    ).all()


def _together_button(
    session: Session, shipment: Shipment, lines: Sequence[LineItem], where: Payload
) -> list[dict[str, Any]]:
    """Confirm what is sure on this page: exactly the lines that it shows, by their fingerprint."""
    ready, fingerprint = review.bulk(session, shipment, lines=lines)
    if len(ready) < 2:
        return []
    count = len(ready)
    button = {
        "type": "button",
        "action_id": "review_bulk",
        "text": modals.plain(f"Confirm {count} proposed lines of this page"),
        "value": where.model_copy(update={"f": fingerprint}).written(),
        "confirm": {
            "title": modals.plain("Confirm proposed codes?"),
            "text": modals.plain(
                f"You confirm {count} codes of this page as proposed, under your name. Lines with "
                "flags are not included."
            ),
            "confirm": modals.plain("Confirm"),
            "deny": modals.plain("Back"),
        },
    }
    return [{"type": "actions", "block_id": "together", "elements": [button]}]


def _line(session: Session, line: LineItem, where: Payload) -> dict[str, Any]:
    amount = f"{line.quantity:,f} {line.unit or ''}" if line.quantity is not None else ""
    value = f"{line.currency or ''} {line.value:,.2f}" if line.value is not None else ""
    facts = [one.strip() for one in (amount, value, line.origin or "") if one.strip()]
    said = f"*{line.number}.* {cut(esc(line.description), 140)}\n{esc(' · '.join(facts))}"
    flags = "".join(f"\n:warning: {cut(esc(one.message), 110)}" for one in line.flags[:2])
    if line.state is LineState.CONFIRMED:
        by = f" by {esc(line.decided_name)}" if line.decided_name else ""
        said += f"\n:white_check_mark: `{line.code}`{by}"
        return modals.text(said + flags)
    offered = proposal.candidates_of(session, line)
    if offered is not None and offered.candidates:
        lead = offered.candidates[0]
        said += f"\nA  `{lead.code}`  *{lead.confidence:.0%}*  {cut(esc(lead.description), 60)}"
    made = modals.text(said + flags)
    options = [
        {
            "text": modals.plain(cut(f"{one.code} {one.confidence:.0%} {one.description}", 75)),
            "value": _chosen(where, line, one.code).written(),
        }
        for one in (offered.candidates[:3] if offered else ())
    ]
    if options:
        made["accessory"] = {
            "type": "static_select",
            "action_id": "review_pick",
            "placeholder": modals.plain("Confirm a code"),
            "options": options,
        }
    return made | {"block_id": f"all:{line.id}:{line.rev}"}


def _chosen(where: Payload, line: LineItem, code: str) -> Payload:
    # Without the shipment and the channel, which the window itself knows: an option has 75 signs.
    return Payload(l=line.id, r=line.rev, c=code.replace(".", ""), i=where.i)


def _turn(where: Payload, page: int, pages: int) -> dict[str, Any]:
    ways = []
    if page > 0:
        ways.append(_button("Back", "review_back", where, page - 1))
    if page < pages - 1:
        ways.append(_button("Next 20", "review_on", where, page + 1))
    if pages > 2:
        first = min(max(page - _MOST_PAGES // 2, 0), max(pages - _MOST_PAGES, 0))
        ways.append(
            {
                "type": "static_select",
                "action_id": "review_page",
                "placeholder": modals.plain("Go to lines…"),
                "options": [
                    {
                        "text": modals.plain(f"Lines {one * PAGE + 1} to {(one + 1) * PAGE}"),
                        "value": Payload(i=one).written(),
                    }
                    for one in range(first, min(first + _MOST_PAGES, pages))
                ],
            }
        )
    return {"type": "actions", "block_id": "turn", "elements": ways}


def _button(label: str, action: str, where: Payload, page: int) -> dict[str, Any]:
    value = where.model_copy(update={"i": page}).written()
    return {"type": "button", "action_id": action, "text": modals.plain(label), "value": value}


def _picked(desk: Desk, at: Payload) -> Decide:
    line, rev, code = at.l, at.r, at.c
    if line is None or rev is None or code is None:
        raise OldCard

    def decide(session: Session, actor: Actor) -> Answer:
        return review.choose(
            session, line_id=line, line_rev=rev, code=code, actor=actor, tariff=desk.lookup
        )

    return decide


def _together(_desk: Desk, at: Payload) -> Decide:
    shipment, page, fingerprint = given(at.s), given(at.i), at.f
    if fingerprint is None:
        raise OldCard

    def decide(session: Session, actor: Actor) -> Answer:
        return review.confirm_bulk(
            session, shipment_id=shipment, fingerprint=fingerprint, actor=actor,
            lines=_page(session, shipment, page),
        )  # fmt: skip

    return decide
