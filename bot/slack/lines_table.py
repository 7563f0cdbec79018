"""All lines as a table block: the forms that Slack has of one, the best first."""

from __future__ import annotations

from typing import Any

from bot.slack.mrkdwn import cut
from prompts import slack_escape as esc
from workflows.views import LinesView

_DATA_ROWS, _DATA_CHARS = 200, 19_000
_ROWS, _CHARS = 99, 9_500
_WIDTHS = (42, 28, 18, 12)  #: characters of a cell


def forms(view: LinesView) -> list[list[dict[str, Any]]]:
    """The blocks of one message, in each form that has room for all lines.

    data_table: 201 rows and 20,000 characters; table: 100 rows and 10,000 (Slack: "Blocks").
    """
    head: dict[str, Any] = {
        "type": "section",
        "text": {"type": "mrkdwn", "text": f"*{esc(view.title)}*"},
    }
    made = []
    if (rows := _cells(view, _DATA_ROWS, _DATA_CHARS)) is not None:
        table: dict[str, Any] = {"type": "data_table", "page_size": 25, "rows": rows}
        made.append([head, {**table, "caption": cut(view.title, 150)}])
    if (rows := _cells(view, _ROWS, _CHARS)) is not None:
        made.append([head, {"type": "table", "rows": rows}])
    return made


def _cells(view: LinesView, most_rows: int, most: int) -> list[list[dict[str, str]]] | None:
    """The cells, shortened until they have room; None where they never have."""
    if len(view.rows) > most_rows:
        return None
    for width in _WIDTHS:
        # A cell may not be empty.
        rows = [
            [{"type": "raw_text", "text": cut(_flat(one), width) or "-"} for one in row]
            for row in (view.head, *view.rows)
        ]
        if sum(len(one["text"]) for row in rows for one in row) <= most:
            return rows
    return None


def _flat(text: str) -> str:
    return " ".join(text.split())
