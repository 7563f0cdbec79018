"""Modals as views: one task each, filled with what is known. Pure; only ids travel in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bot.slack.mrkdwn import cut
from bot.slack.payloads import Payload
from prompts import slack_escape as esc
from workflows.places import ReadFigure
from workflows.ports import Place
from workflows.review import EditableField

REASON = "reason"
CODE = "code"
_MOST_LINES = 40  #: a window has 100 blocks


def other_code(where: Payload, *, number: int, description: str) -> dict[str, Any]:
    """Choose a code that is no candidate, with the reason."""
    return form(
        "other_code",
        "Other code",
        "Confirm code",
        where,
        [
            text(f"*Line {number}* {description}"),
            {
                "type": "input",
                "block_id": CODE,
                "label": plain("Tariff line"),
                "hint": plain("Type words or digits, e.g. 8504.40 or “power supply”."),
                "element": {
                    "type": "external_select",
                    "action_id": "tariff_search",
                    "min_query_length": 3,
                    "placeholder": plain("Search the tariff"),
                },
            },
            reason("Why is none of the candidates right?"),
        ],
    )


def reject(where: Payload, *, ref: str) -> dict[str, Any]:
    """Reject a shipment, with the reason."""
    return form("reject", "Reject shipment", "Reject", where, [text(f"*{ref}*"), reason("Why?")])


def correct(
    where: Payload,
    fields: Sequence[EditableField],
    *,
    link: Callable[[int], str] | None = None,
    picture: Callable[[Place], str] | None = None,
    figures: Sequence[ReadFigure] = (),
) -> dict[str, Any]:
    """Set fields right; what was read is filled in, with the words and a link to the page."""
    blocks: list[dict[str, Any]] = [
        text("What the documents say is kept. Empty a field to say that it is not known.")
    ]
    for field in fields:
        element: dict[str, Any] = {
            "type": "plain_text_input",
            "action_id": "value",
            "max_length": 300,
        }
        if field.value:
            element["initial_value"] = cut(field.value, 300)
        sure = "" if field.confidence is None else f" · read with {field.confidence:.0%}"
        blocks.append(
            {
                "type": "input",
                "block_id": field.path,
                "optional": True,
                "label": plain(cut(field.label + sure, 150)),
                "element": element,
            }
        )
        if field.read and field.filename:
            blocks.append(_evidence(field, link, picture))
    if picture is not None:
        blocks += _figures(figures, picture)
    return form("correct", "Correct fields", "Save", where, blocks)


def _figures(
    figures: Sequence[ReadFigure], picture: Callable[[Place], str]
) -> list[dict[str, Any]]:
    """The figures of the goods, each a link to a picture of its place."""
    lines: dict[int, list[str]] = {}
    for one in figures:
        link = f"<{picture(one.place)}|{esc(one.label)} {esc(one.value)}>"
        lines.setdefault(one.line, []).append(link)
    told = [f"Line {number}: {' · '.join(links)}" for number, links in lines.items()]
    return [
        {"type": "context", "elements": [{"type": "mrkdwn", "text": one}]}
        for one in told[:_MOST_LINES]
    ]


def _evidence(
    field: EditableField,
    link: Callable[[int], str] | None,
    picture: Callable[[Place], str] | None,
) -> dict[str, Any]:
    """Where the value was read, under its input."""
    page = f"page {field.page} of {cut(esc(field.filename or ''), 80)}"
    if link is not None and field.document_id is not None:
        # Browsers' own viewers of PDFs go to the page.
        page = f"<{link(field.document_id)}#page={field.page}|{page}>"
    words = cut(esc(" ".join((field.read or "").split())), 160)
    said = f"“{words}” on {page}"
    if picture is not None and field.place is not None:
        said += f" · <{picture(field.place)}|see the place>"
    if field.learned:
        said += f", {esc(field.learned)}"
    if field.by:
        said += f", read by {esc(field.by)}"
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": said}]}


def loading(title: str) -> dict[str, Any]:
    """What opens at once, before anything slow: a trigger lives three seconds."""
    return {
        "type": "modal",
        "callback_id": "loading",
        "title": plain(title),
        "close": plain("Close"),
        "blocks": [text("Loading…")],
    }


def message(title: str, said: str) -> dict[str, Any]:
    """A modal that only says something."""
    return {
        "type": "modal",
        "callback_id": "message",
        "title": plain(title),
        "close": plain("Close"),
        "blocks": [text(said)],
    }


def typed(view: dict[str, Any], block: str) -> str:
    """What a person typed or chose in an input of a submitted view."""
    state = view["state"]["values"].get(block, {})
    for element in state.values():
        if element.get("selected_option"):
            return str(element["selected_option"]["value"])
        return str(element.get("value") or "")
    return ""


def ticked(view: dict[str, Any], block: str) -> list[str]:
    """What a person ticked in a list of boxes."""
    state = view["state"]["values"].get(block, {})
    return [
        str(option["value"])
        for element in state.values()
        for option in element.get("selected_options") or []
    ]


def form(
    callback: str, title: str, submit: str, where: Payload, blocks: list[dict[str, Any]]
) -> dict[str, Any]:
    """A modal with inputs."""
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(cut(title, 24)),
        "submit": plain(submit),
        "close": plain("Back"),
        "private_metadata": where.written(),
        "blocks": blocks,
    }


def reason(label: str) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": REASON,
        "label": plain(label),
        "element": {
            "type": "plain_text_input",
            "action_id": "value",
            "multiline": True,
            "max_length": 1000,
        },
    }


def text(said: str) -> dict[str, Any]:
    """A section of mrkdwn, already escaped."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(said, 2900)}}


def plain(said: str) -> dict[str, Any]:
    """A plain text."""
    return {"type": "plain_text", "text": said}
