"""Modals as views: one task each, filled with what is known. Pure; only ids travel in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.slack.mrkdwn import cut
from bot.slack.payloads import Payload
from prompts import slack_escape as esc
from workflows.places import ReadFigure
from workflows.ports import Place
from workflows.review import EditableField

REASON = "reason"
CODE = "code"
_ONE_LINE = 300  #: letters
_MOST_LINES = 40  #: a window has 100 blocks


def other_code(
    where: Payload,
    *,
    number: int,
    description: str,
    units: str | None = None,
    chosen: dict[str, Any] | None = None,
    typed: Mapping[str, str] | None = None,
    on_page: bool = False,
) -> dict[str, Any]:
    """Choose a code that is no candidate, with the reason; the units of what is chosen are told."""
    search: dict[str, Any] = {
        "type": "external_select",
        "action_id": "tariff_search",
        "min_query_length": 3,
        "placeholder": plain("Search the tariff"),
    }
    if chosen is not None:
        search["initial_option"] = chosen
    why = reason("Why is none of the candidates right?")
    if typed and typed.get(REASON):
        why["element"]["initial_value"] = typed[REASON]
    blocks = [text(f"*Line {number}* {description}")]
    if on_page:
        blocks[0]["accessory"] = _show_button("line", where)
        blocks += _pictures(where, "line", f"Line {number} on the page, boxed")
    blocks.append(
        {
            "type": "input",
            "block_id": CODE,
            "dispatch_action": True,
            "label": plain("Tariff line"),
            "hint": plain("Type words or digits, e.g. 8504.40 or “power supply”."),
            "element": search,
        }
    )
    if units:
        blocks.append(_small(f":straight_ruler: {esc(units)}") | {"block_id": "units"})
    return form("other_code", "Other code", "Confirm code", where, [*blocks, why])


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
    typed: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Set fields right; what was read is filled in, with the words and a link to the page.

    `typed` is what stands in the window already: it is kept when the window is drawn anew.
    """
    blocks: list[dict[str, Any]] = [
        text("What the documents say is kept. Empty a field to say that it is not known.")
    ]
    blocks += fields_of(fields, where, link=link, picture=picture, typed=typed)
    if picture is not None:
        blocks += _figures(figures, picture)
    return form("correct", "Correct fields", "Save", where, blocks)


def fields_of(
    fields: Sequence[EditableField],
    where: Payload,
    *,
    link: Callable[[int], str] | None,
    picture: Callable[[Place], str] | None,
    typed: Mapping[str, str] | None,
) -> list[dict[str, Any]]:
    """An input for each field, under it the words that it was read from."""
    blocks: list[dict[str, Any]] = []
    for field in fields:
        element: dict[str, Any] = {
            "type": "plain_text_input",
            "action_id": "value",
            "max_length": field.longest,
        }
        if field.longest > _ONE_LINE:
            element["multiline"] = True
        standing = field.value if typed is None else typed.get(field.path)
        if standing:
            element["initial_value"] = cut(standing, field.longest)
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
            blocks += _evidence(field, link, picture, where)
    return blocks


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
    where: Payload,
) -> list[dict[str, Any]]:
    """Where the value was read, under its input, and the picture if somebody asked for it."""
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
    if field.place is None:
        return [_small(said)]
    alt = f"{field.label} on page {field.page} of {field.filename}, boxed: {words}"
    shown = {**text(said), "accessory": _show_button(field.path, where)}
    return [shown, *_pictures(where, field.path, alt)]


def _small(said: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": said}]}


def _show_button(path: str, where: Payload) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": "evidence_show",
        "text": plain("Show the place"),
        "value": Payload(s=where.s, l=where.l, w=path).written(),
    }


def _pictures(where: Payload, path: str, alt: str) -> list[dict[str, Any]]:
    """The picture of this place, if the window has it."""
    files = dict(one.split("=", 1) for one in (where.w or "").split() if "=" in one)
    if path not in files:
        return []
    # A block of its own for each picture: where Slack does not keep an older one.
    return [
        {
            "type": "image",
            "block_id": f"picture:{path}:{files[path]}",
            "alt_text": cut(alt, 1900),
            "slack_file": {"id": files[path]},
        }
    ]


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


def all_typed(view: dict[str, Any]) -> dict[str, str]:
    """Everything that stands typed in a view now, by block; Slack tells it with each click."""
    return {
        block: str(element["value"])
        for block, state in ((view.get("state") or {}).get("values") or {}).items()
        for element in state.values()
        if element.get("value")
    }


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
