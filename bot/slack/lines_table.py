"""All lines as a table block, a page at a time: the forms that Slack has of one, the best first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from bot.slack.mrkdwn import cut
from bot.slack.payloads import Payload
from prompts import slack_escape as esc
from workflows.views import LinesView

BACK, ON = "lines_back", "lines_on"


class Form(NamedTuple):
    """A block of Slack's and how much of it one message takes."""

    block: str
    rows: int
    chars: int


FORMS = (Form("data_table", 200, 19_000), Form("data_table", 100, 11_000), Form("table", 50, 9_500))
"""data_table: 201 rows and 20,000 characters; table: 100 rows and 10,000 (Slack: "Blocks"). The
second is for workspaces that count its cells as text of the message (about 13,000)."""

_WIDTHS = (42, 28, 18, 12)  #: characters of a cell


def forms(view: LinesView) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The blocks of one message in each form that has room, from the one that was taken before."""
    for number, form in enumerate(FORMS):
        if number < view.form:
            continue
        first = view.first - view.first % form.rows if 0 <= view.first < len(view.rows) else 0
        cells = _cells(view, first, form)
        if cells is not None:
            yield number, _message(view, first, form, cells)


def _message(
    view: LinesView, first: int, form: Form, cells: list[list[dict[str, str]]]
) -> list[dict[str, Any]]:
    total = len(view.rows)
    head = f"*{esc(view.title)}*"
    if total > form.rows:
        head += f"\nLines {first + 1:,} to {min(first + form.rows, total):,} of {total:,}"
    table: dict[str, Any] = {"type": form.block, "rows": cells}
    if form.block == "data_table":
        table |= {"page_size": 25, "caption": cut(view.title, 150)}
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": head}}, table]
    turns = _turns(view, first, form)
    if turns:
        blocks.append({"type": "actions", "block_id": f"pages:{first}", "elements": turns})
    return blocks


def _turns(view: LinesView, first: int, form: Form) -> list[dict[str, Any]]:
    """To the page before and to the next; the message is the same for all who read the thread."""
    ways = []
    if first > 0:
        ways.append(_button("‹ Lines before", BACK, view, max(first - form.rows, 0)))
    if first + form.rows < len(view.rows):
        ways.append(_button("Next lines ›", ON, view, first + form.rows))
    return ways


def _button(label: str, action: str, view: LinesView, first: int) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": label},
        "value": Payload(s=view.shipment_id, i=first).written(),
    }


def _cells(view: LinesView, first: int, form: Form) -> list[list[dict[str, str]]] | None:
    """The cells of a page, shortened until they have room; None where they never have."""
    page = view.rows[first : first + form.rows]
    for width in _WIDTHS:
        # A cell may not be empty.
        rows = [
            [{"type": "raw_text", "text": cut(_flat(one), width) or "-"} for one in row]
            for row in (view.head, *page)
        ]
        if sum(len(one["text"]) for row in rows for one in row) <= form.chars:
            return rows
    return None


def _flat(text: str) -> str:
    return " ".join(text.split())
