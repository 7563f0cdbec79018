"""The papers of a shipment in a window: what can be made, what each lacks, what to state.

What is asked for is decided by `workflows.papers`; nothing is decided here. The other window
takes a person's word on figures that two sources state differently.
"""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from bot.slack import modals
from bot.slack.answers import Decide, Desk
from bot.slack.mrkdwn import cut
from bot.slack.payloads import Payload, given
from bot.slack.windows import Fill
from prompts import slack_escape as esc
from storage.models import Discrepancy
from storage.values import Actor
from workflows.papers import asking, stating
from workflows.papers.asking import Menu, Offer
from workflows.papers.sheet import Kind
from workflows.review import Answer
from workflows.states import Refused

CALLBACK, TITLE = "papers", "Papers"
DECIDE_CALLBACK, DECIDE_TITLE = "discrepancy", "Which figure holds"
MAKE, FACTS, FIGURE = "make", "facts", "figure"
_SHOWN_LACKS, _MOST_OFFERS = 6, 40
_HINT = "One fact a line, e.g. sale.place = Shenzhen; origin.all.claim = no; line.1.cartons = 40"


def filled(desk: Desk) -> Fill:
    """How the window is filled."""

    def make(session: Session, _actor: Actor, at: Payload) -> dict[str, Any]:
        menu = asking.menu(session, shipment_id=given(at.s), house=desk.house)
        return modals.form(CALLBACK, TITLE, "Make or keep", at, _blocks(menu))

    return make


def submitted(desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    """Keep what was stated, then make what was chosen."""
    shipment = given(at.s)
    written, chosen = modals.typed(view, FACTS), modals.typed(view, MAKE)

    def decide(session: Session, actor: Actor) -> Answer:
        said: list[str] = []
        if written.strip():
            kept = stating.state(session, shipment_id=shipment, written=written, actor=actor)
            said.append(kept.text)
        if chosen:
            kind, _, part = chosen.partition("|")
            try:
                answer = asking.ask(
                    session,
                    shipment_id=shipment,
                    kind=Kind(kind),
                    part=part or None,
                    actor=actor,
                    house=desk.house,
                )
            except Refused as exc:
                if not said:
                    raise
                # What was stated is kept, whatever becomes of the paper.
                said.append(str(exc))
            else:
                said.append(answer.text)
        return Answer(text=" ".join(said) or "Nothing was asked for.", changed=bool(said))

    return decide


def deciding(session: Session, _actor: Actor, at: Payload) -> dict[str, Any]:
    """The window that asks which figure holds."""
    row = session.get(Discrepancy, given(at.i))
    if row is None:
        raise Refused("This discrepancy is no longer there.")
    shown = asking.view(row)
    told = "\n".join(f"• {esc(one)}" for one in shown.claims)
    return modals.form(
        DECIDE_CALLBACK,
        DECIDE_TITLE,
        "Decide",
        at,
        [
            modals.text(f"*{esc(shown.title)}*\n{told}"),
            _select(FIGURE, "The figure that holds", [(one, one) for one in shown.values]),
            _words(modals.REASON, "How do you know?", optional=False),
        ],
    )


def decided(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    """Keep the decision."""
    row = given(at.i)
    return lambda session, actor: asking.decide(
        session,
        discrepancy_id=row,
        value=modals.typed(view, FIGURE),
        reason=modals.typed(view, modals.REASON),
        actor=actor,
    )


def _blocks(menu: Menu) -> list[dict[str, Any]]:
    blocks = [modals.text(f"*{esc(menu.ref)}* · drafts for signature; nothing is filed or sent.")]
    if menu.stopped:
        told = "\n".join(f"• {cut(esc(one), 250)}" for one in menu.stopped[:8])
        blocks.append(modals.text(f":no_entry: *No paper can be made*\n{told}"))
    for conflict in menu.conflicts[:8]:
        told = cut("; ".join(esc(one) for one in conflict.claims), 600)
        said = f":warning: *{esc(conflict.title)}* differs: {told}. Decide it in the thread."
        blocks.append(modals.text(said))
    blocks += [modals.text(_offer(one)) for one in menu.offers[:_MOST_OFFERS]]
    ready = [one for one in menu.offers if not one.lacks][:100]
    if ready and not menu.stopped and not menu.conflicts:
        options = [(cut(one.title, 70), f"{one.kind.value}|{one.part}") for one in ready]
        blocks.append(_select(MAKE, "Make", options, optional=True))
    blocks.append(_words(FACTS, "State what is missing", hint=_HINT))
    return blocks


def _offer(one: Offer) -> str:
    title = f"*{esc(one.title)}*"
    if one.url:
        title += f" · <{one.url}|version {one.version}>"
    elif one.version:
        title += f" · version {one.version} is being made"
    if one.outdated:
        title += " · :warning: facts have changed since"
    if one.lacks:
        shown = "\n".join(f"• {cut(esc(lack), 200)}" for lack in one.lacks[:_SHOWN_LACKS])
        rest = len(one.lacks) - _SHOWN_LACKS
        more = f"\n… and {rest} more" if rest > 0 else ""
        return f"{title}\nlacks\n{shown}{more}"
    if one.open:
        return f"{title}\ncan be made; to be completed in it: {cut(esc(', '.join(one.open)), 600)}"
    return f"{title}\ncan be made"


def _select(
    block: str, label: str, options: list[tuple[str, str]], *, optional: bool = False
) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block,
        "optional": optional,
        "label": modals.plain(label),
        "element": {
            "type": "static_select",
            "action_id": "value",
            "placeholder": modals.plain("Choose"),
            "options": [
                {"text": modals.plain(cut(text, 75)), "value": value} for text, value in options
            ],
        },
    }


def _words(
    block: str, label: str, *, hint: str | None = None, optional: bool = True
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "input",
        "block_id": block,
        "optional": optional,
        "label": modals.plain(label),
        "element": {
            "type": "plain_text_input",
            "action_id": "value",
            "multiline": True,
            "max_length": 3000,
        },
    }
    if hint:
        made["hint"] = modals.plain(hint)
    return made
