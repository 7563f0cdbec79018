"""The Home as a view: a pure function. Holds first, then what is due, then the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.slack import modals
from bot.slack.mrkdwn import cut
from bot.slack.payloads import Payload
from prompts import slack_escape as esc
from storage.people import Filter
from workflows.views import HomeView, QueueRow

Link = Callable[[QueueRow], str | None]

SHOWS: tuple[tuple[Filter, str], ...] = (
    ("mine", "Mine"),
    ("everyone", "Everyone's"),
    ("holds", "On hold"),
    ("unassigned", "Nobody's"),
)
_ROOM = 5000  #: characters for all that is said of the rows
_HEADS = {
    "hold": ":rotating_light: On hold",
    "due": ":hourglass: Entry due soon",
    "rest": "The rest",
}


def view(shown: HomeView, link: Link) -> dict[str, Any]:
    """At most 100 blocks: 20 shipments with one block each, their heads, and what stands above."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": modals.plain(cut(f"{shown.name}'s desk", 145))},
        {"type": "section", "fields": [_mrkdwn(one) for one in _tiles(shown)]},
    ]
    if shown.away_until is not None:
        blocks.append(_context(f":palm_tree: You are away until {shown.away_until}."))
    blocks += [_controls(shown), {"type": "divider"}]
    # Twenty long rows would pass what Slack takes of text in one view.
    room = min(1.0, _ROOM / max(sum(len(esc(one.said + one.importer)) for one in shown.rows), 1))
    head = ""
    for row in shown.rows:
        if row.urgency != head:
            head = row.urgency
            blocks.append(modals.text(f"*{_HEADS[head]}*"))
        blocks.append(_row(row, link(row), room))
    if not shown.rows:
        blocks.append(modals.text("Nothing waits here. New shipments come by themselves."))
    if shown.pages > 1:
        blocks.append(_pages(shown))
    stamp = int(shown.made_at.timestamp())
    told = f"{shown.made_at:%Y-%m-%d %H:%M} UTC"
    blocks.append(
        _context(
            f"As of <!date^{stamp}^{{date_short_pretty}} {{time}}|{told}>. It follows by itself."
        )
    )
    return {"type": "home", "callback_id": "home", "blocks": blocks}


def stranger(why: str) -> dict[str, Any]:
    """The Home of somebody who is not on the list of people."""
    return {"type": "home", "callback_id": "home", "blocks": [modals.text(esc(why))]}


def _tiles(shown: HomeView) -> list[str]:
    counts = shown.counts
    return [
        f"*{counts.open}* open",
        f"*{counts.holds}* on hold",
        f"*{counts.due}* due within three days",
        f"*{counts.filed}* filed today",
        f"*{counts.released}* released today",
        f"*{counts.mails}* mails today",
    ]


def _controls(shown: HomeView) -> dict[str, Any]:
    options = [{"text": modals.plain(label), "value": key} for key, label in SHOWS]
    chosen = next(one for one in options if one["value"] == shown.shows)
    return {
        "type": "actions",
        "block_id": "home_controls",
        "elements": [
            {
                "type": "static_select",
                "action_id": "home_filter",
                "placeholder": modals.plain("Whose shipments"),
                "options": options,
                "initial_option": chosen,
            },
            _button("Refresh", "home_refresh", Payload()),
            _button("My notices…", "home_wishes", Payload()),
        ],
    }


def _row(row: QueueRow, url: str | None, room: float) -> dict[str, Any]:
    name = f"<{url}|{esc(row.ref)}>" if url else esc(row.ref)
    due = ""
    if row.due is not None:
        due = f" · entry due *{row.due}*" + (" :warning: late" if row.late else "")
    who = f" · <@{row.assignee}>" if row.assignee else " · _nobody's_"
    importer, told = cut(esc(row.importer), int(120 * room)), cut(esc(row.said), int(300 * room))
    said = f"*{name}* · {importer}\n{told}{due}{who}"
    made: dict[str, Any] = {
        "type": "section",
        "block_id": f"row:{row.shipment_id}",
        "text": {"type": "mrkdwn", "text": said},
    }
    if row.assignee is None:
        made["accessory"] = _button("Take it", "shipment_take", Payload(s=row.shipment_id))
    return made


def _pages(shown: HomeView) -> dict[str, Any]:
    first = shown.page * 20 + 1
    elements = []
    if shown.page > 0:
        elements.append(_button("Back", "home_page_back", Payload(i=shown.page - 1)))
    if shown.page < shown.pages - 1:
        elements.append(_button("Show more", "home_page_on", Payload(i=shown.page + 1)))
    label = f"{first} to {first + len(shown.rows) - 1} of {shown.total}"
    elements[-1]["accessibility_label"] = cut(f"{elements[-1]['text']['text']}: {label}", 75)
    return {"type": "actions", "block_id": "home_pages", "elements": elements}


def _button(label: str, action: str, at: Payload) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": action,
        "text": modals.plain(label),
        "value": at.written(),
    }


def _mrkdwn(said: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": said}


def _context(said: str) -> dict[str, Any]:
    return {"type": "context", "elements": [_mrkdwn(said)]}
