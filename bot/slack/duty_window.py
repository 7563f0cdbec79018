"""The duty of a shipment in a window: the rows of the entry summary, why, and what to state.

What is written in it is kept by `workflows.duty_facts`; nothing is computed here. A long entry
shows its first lines: `tidewaiter duty` has them all.
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
from storage.values import Actor
from workflows import duty_facts
from workflows.duty_facts import PRICE, DutyView

CALLBACK = "duty"
TITLE = "Duty"
MOST_LINES = 12
_MOST_ROWS = 40
_PREFIX = "facts:"
_LONGEST = 500
_LINE_HINT = "e.g. preference KR; claim civil_aircraft; steel 40; melt CN; smelt CN"
_PRICE_HINT = "e.g. assists 0; royalties 1200; proceeds 0; related no; freight actual"


def filled(desk: Desk) -> Fill:
    """How the window is filled."""

    def make(session: Session, _actor: Actor, at: Payload) -> dict[str, Any]:
        shown = duty_facts.view(session, shipment_id=given(at.s), house=desk.house)
        return modals.form(CALLBACK, TITLE, "Save facts", at, _blocks(shown))

    return make


def submitted(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    """Keep what was written."""
    shipment = given(at.s)
    written = {
        block.removeprefix(_PREFIX): modals.typed(view, block)
        for block in view["state"]["values"]
        if block.startswith(_PREFIX)
    }
    return lambda session, actor: duty_facts.state(
        session, shipment_id=shipment, written=written, actor=actor
    )


def _blocks(shown: DutyView) -> list[dict[str, Any]]:
    rows = shown.table.splitlines()
    hidden = len(rows) - 1 - _MOST_ROWS
    table = "\n".join(rows[: _MOST_ROWS + 1]) + (f"\n… {hidden} more rows" if hidden > 0 else "")
    blocks = [
        modals.text(f"*{esc(shown.ref)}* · {esc(shown.total)}"),
        # Cut before the fence, so that it always closes.
        modals.text(f"```{cut(esc(table), 2800)}```"),
    ]
    blocks += [modals.text(esc(one)) for one in shown.paragraphs[:MOST_LINES]]
    if shown.advisories:
        told = "\n".join(f"• {esc(one)}" for one in shown.advisories[:10])
        blocks.append(modals.text(f"*To know*\n{told}"))
    if shown.questions:
        asked = "\n".join(f"• {esc(one)}" for one in shown.questions)
        blocks.append(modals.text(f"*To ask the importer*\n{asked}"))
    blocks.append(_input(PRICE, "The price: what the importer answered", _PRICE_HINT, shown.price))
    blocks += [
        _input(str(number), f"Line {number}: {goods}", _LINE_HINT, facts)
        for number, goods, facts in shown.lines[:MOST_LINES]
    ]
    return blocks


def _input(key: str, label: str, hint: str, value: str) -> dict[str, Any]:
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": "value",
        "max_length": _LONGEST,
    }
    if value:
        element["initial_value"] = cut(value, _LONGEST)
    return {
        "type": "input",
        "block_id": f"{_PREFIX}{key}",
        "optional": True,
        "label": modals.plain(cut(label, 150)),
        "hint": modals.plain(hint),
        "element": element,
    }
