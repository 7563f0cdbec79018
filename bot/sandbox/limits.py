"""Slack's documented limits on messages and views, checked as strictly as Slack checks them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
ALL_TEXT = 13_200
_BOTH = frozenset(
    {"section", "header", "context", "actions", "divider", "input", "image", "video", "rich_text"}
)
_KNOWN = {
    "message": _BOTH | {"markdown", "table", "data_table", "file"},
    "view": _BOTH | {"alert"},
}
_ELEMENTS = frozenset(
    {
        *("button", "overflow", "static_select", "external_select", "users_select"),
        *("conversations_select", "channels_select", "multi_static_select", "radio_buttons"),
        *("multi_external_select", "multi_users_select", "checkboxes", "plain_text_input"),
        *("datepicker", "timepicker", "datetimepicker", "number_input", "email_text_input"),
        *("url_text_input", "rich_text_input", "file_input", "image", "workflow_button"),
    }
)
_OPTIONS = {
    "overflow": 5,
    "radio_buttons": 10,
    "checkboxes": 10,
    "static_select": 100,
    "multi_static_select": 100,
}
_ID = 255


def problems(blocks: Any, *, surface: str) -> list[str]:
    """What Slack would refuse, each as a sentence with the place."""
    if not isinstance(blocks, list):
        return ["blocks must be a list"]
    found = list(_blocks(blocks, surface))
    most = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    if len(blocks) > most:
        found.append(f"no more than {most} items allowed [json-pointer:/blocks]")
    return found


def too_long(blocks: Any) -> bool:
    """msg_blocks_too_long: all text of one message together."""
    return len(json.dumps(blocks, ensure_ascii=False)) > ALL_TEXT * 3 or _text(blocks) > ALL_TEXT


def view_problems(view: Any) -> list[str]:
    """What Slack would refuse of a view."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        return ["view must be a modal or a home"]
    found = problems(view.get("blocks"), surface="view")
    if view["type"] == "modal":
        for part in ("title", "submit", "close"):
            if part == "title" or view.get(part) is not None:
                found += _length(view.get(part), 24, f"[json-pointer:/{part}]", plain=True)
        has_input = any(
            isinstance(block, dict) and block.get("type") == "input"
            for block in _list(view.get("blocks"))
        )
        if has_input and not view.get("submit"):
            found.append("a modal with input blocks needs submit")
    if len(str(view.get("private_metadata") or "")) > 3000:
        found.append("private_metadata must be less than 3001 characters")
    if len(str(view.get("callback_id") or "")) > _ID:
        found.append("callback_id is too long")
    return found


def _blocks(blocks: list[Any], surface: str) -> Iterator[str]:
    ids: set[str] = set()
    for at, block in enumerate(blocks):
        where = f"[json-pointer:/blocks/{at}]"
        if not isinstance(block, dict) or str(block.get("type")) not in _KNOWN[surface]:
            yield f"unsupported type {where}"
            continue
        name = block.get("block_id")
        if name is not None:
            yield from _id("block_id", name, where)
            if str(name) in ids:
                yield f"block_id {name} already exists {where}"
            ids.add(str(name))
        kind = block["type"]
        if kind == "header":
            yield from _length(block.get("text"), 150, where, plain=True)
        elif kind == "section":
            yield from _section(block, where)
        elif kind == "context":
            elements = _list(block.get("elements"))
            if not 1 <= len(elements) <= 10:
                yield f"context needs 1 to 10 elements {where}"
            for one in elements:
                if not isinstance(one, dict) or one.get("type") != "image":
                    yield from _length(one, 3000, where)
        elif kind == "actions":
            yield from _actions(block, where)
        elif kind == "input":
            if surface == "message":
                yield f"input blocks are not for messages {where}"
            yield from _length(block.get("label"), 2000, where, plain=True)
            yield from _element(block.get("element"), where)
        elif kind == "image":
            if not isinstance(block.get("alt_text"), str):
                yield f"alt_text is missing {where}"
            yield from _image(block, where)
        elif kind == "markdown":
            yield from _length({"text": block.get("text")}, 12_000, where)
        elif kind in ("table", "data_table"):
            yield from _table(block, where)


def _image(block: dict[str, Any], where: str) -> Iterator[str]:
    file = block.get("slack_file")
    if (file is None) == (block.get("image_url") is None):
        yield f"an image has either image_url or slack_file {where}"
    elif file is None:
        yield from _address(block["image_url"], where)
    elif not isinstance(file, dict) or not isinstance(file.get("id") or file.get("url"), str):
        yield f"slack_file needs id or url {where}"
    if len(str(block.get("alt_text") or "")) > 2000:
        yield f"alt_text must be less than 2001 characters {where}"


def _table(block: dict[str, Any], where: str) -> Iterator[str]:
    rows = _list(block.get("rows"))
    most = 100 if block["type"] == "table" else 201
    if not 1 <= len(rows) <= most:
        yield f"a table has 1 to {most} rows {where}"
    if any(not 1 <= len(_list(row)) <= 20 for row in rows):
        yield f"a row has 1 to 20 columns {where}"


def _section(block: dict[str, Any], where: str) -> Iterator[str]:
    if not block.get("text") and not block.get("fields"):
        yield f"section needs text or fields {where}"
    if block.get("text"):
        yield from _length(block["text"], 3000, where)
    fields = block.get("fields")
    if fields is not None and not isinstance(fields, list):
        yield f"fields must be a list {where}"
    if len(_list(fields)) > 10:
        yield f"no more than 10 fields {where}"
    for one in _list(fields):
        yield from _length(one, 2000, where)
    if block.get("accessory"):
        yield from _element(block["accessory"], where)


def _actions(block: dict[str, Any], where: str) -> Iterator[str]:
    elements = _list(block.get("elements"))
    if not 1 <= len(elements) <= 25:
        yield f"actions needs 1 to 25 elements {where}"
    # Slack names those that have no action_id, so only given ones can be the same.
    ids = [
        str(one["action_id"]) for one in elements if isinstance(one, dict) and one.get("action_id")
    ]
    if len(ids) != len(set(ids)):
        yield f"action_id must be unique within a block {where}"
    for one in elements:
        yield from _element(one, where)


def _element(element: Any, where: str) -> Iterator[str]:
    if not isinstance(element, dict):
        yield f"element is missing {where}"
        return
    kind = element.get("type")
    if str(kind) not in _ELEMENTS:
        yield f"unsupported type of element {where}"
        return
    if element.get("action_id") is not None:
        yield from _id("action_id", element["action_id"], where)
    if kind == "button":
        yield from _button(element, where)
    if element.get("confirm") is not None:
        yield from _confirm(element["confirm"], where)
    if element.get("placeholder") is not None:
        yield from _length(element["placeholder"], 150, where, plain=True)
    if most := _OPTIONS.get(str(kind)):
        yield from _options(element, most, where)
    if kind == "plain_text_input":
        most = element.get("max_length", 3000)
        if (
            not isinstance(most, int)
            or not 1 <= most <= 3000
            or len(str(element.get("initial_value") or "")) > most
        ):
            yield f"initial_value or max_length is out of bounds {where}"


def _button(button: dict[str, Any], where: str) -> Iterator[str]:
    yield from _length(button.get("text"), 75, where, plain=True)
    if len(str(button.get("value") or "")) > 2000:
        yield f"value must be less than 2001 characters {where}"
    if button.get("style") not in (None, "primary", "danger"):
        yield f"unknown style {where}"
    if button.get("url") is not None:
        yield from _address(button["url"], where)


def _confirm(confirm: Any, where: str) -> Iterator[str]:
    given = confirm if isinstance(confirm, dict) else {}
    yield from _length(given.get("title"), 100, where, plain=True)
    yield from _length(given.get("text"), 300, where)
    yield from _length(given.get("confirm"), 30, where, plain=True)
    yield from _length(given.get("deny"), 30, where, plain=True)


def _options(element: dict[str, Any], most: int, where: str) -> Iterator[str]:
    if element.get("option_groups"):
        groups = _list(element["option_groups"])
        if not 1 <= len(groups) <= 100:
            yield f"1 to 100 option_groups are needed {where}"
        for group in groups:
            yield from _options(group if isinstance(group, dict) else {}, most, where)
        return
    options = _list(element.get("options"))
    if not options:
        yield f"options are missing {where}"
    if len(options) > most:
        yield f"no more than {most} options {where}"
    for option in options:
        given = option if isinstance(option, dict) else {}
        yield from _length(given.get("text"), 75, where)
        if len(str(given.get("value") or "")) > 150:
            yield f"option value must be less than 151 characters {where}"


def _address(url: Any, where: str) -> Iterator[str]:
    yield from _length({"text": url}, 3000, where)


def _id(name: str, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, str) or not 1 <= len(value) <= _ID:
        yield f"{name} must have 1 to {_ID} characters {where}"


def _list(value: Any) -> list[Any]:
    """The list that was given; for anything else an empty one, refused where it matters."""
    return value if isinstance(value, list) else []


def _length(text: Any, most: int, where: str, *, plain: bool = False) -> Iterator[str]:
    if not isinstance(text, dict) or not isinstance(text.get("text"), str):
        yield f"text is missing {where}"
        return
    if plain and text.get("type") != "plain_text":
        yield f"must be plain_text {where}"
    if not text["text"]:
        yield f"must be more than 0 characters {where}"
    if len(text["text"]) > most:
        yield f"must be less than {most + 1} characters {where}"


def _text(value: Any) -> int:
    if isinstance(value, dict):
        return sum(
            len(one) if name == "text" and isinstance(one, str) else _text(one)
            for name, one in value.items()
        )
    if isinstance(value, list):
        return sum(_text(one) for one in value)
    return 0
