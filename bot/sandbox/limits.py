"""Slack's documented limits on messages and views, checked as strictly as Slack checks them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
ALL_TEXT = 13_200
_KNOWN = frozenset(
    {
        *("section", "header", "context", "actions", "divider", "input", "image", "markdown"),
        *("table", "video", "rich_text", "file"),
    }
)
_ELEMENT_ID = 255


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
            said = view.get(part)
            if part == "title" and not said:
                found.append("title is missing")
            if said and len(str(said.get("text", ""))) > 24:
                found.append(f"{part} must be less than 25 characters")
        has_input = any(block.get("type") == "input" for block in view.get("blocks") or [])
        if has_input and not view.get("submit"):
            found.append("a modal with input blocks needs submit")
    if len(str(view.get("private_metadata") or "")) > 3000:
        found.append("private_metadata must be less than 3001 characters")
    if len(str(view.get("callback_id") or "")) > _ELEMENT_ID:
        found.append("callback_id is too long")
    return found


def _blocks(blocks: list[Any], surface: str) -> Iterator[str]:
    ids: set[str] = set()
    for at, block in enumerate(blocks):
        where = f"[json-pointer:/blocks/{at}]"
        if not isinstance(block, dict) or block.get("type") not in _KNOWN:
            yield f"unsupported type {where}"
            continue
        name = block.get("block_id")
        if name is not None:
            if len(str(name)) > _ELEMENT_ID:
                yield f"block_id is too long {where}"
            if name in ids:
                yield f"block_id {name} already exists {where}"
            ids.add(name)
        kind = block["type"]
        if kind == "header":
            yield from _length(block.get("text"), 150, where, plain=True)
        elif kind == "section":
            yield from _section(block, where)
        elif kind == "context":
            if not 1 <= len(block.get("elements") or []) <= 10:
                yield f"context needs 1 to 10 elements {where}"
            for one in block.get("elements") or []:
                if one.get("type") != "image":
                    yield from _length(one, 3000, where)
        elif kind == "actions":
            yield from _actions(block, where)
        elif kind == "input":
            if surface == "message":
                yield f"input blocks are not for messages {where}"
            yield from _length(block.get("label"), 2000, where, plain=True)
            yield from _element(block.get("element"), where)


def _section(block: dict[str, Any], where: str) -> Iterator[str]:
    if not block.get("text") and not block.get("fields"):
        yield f"section needs text or fields {where}"
    if block.get("text"):
        yield from _length(block["text"], 3000, where)
    fields = block.get("fields") or []
    if len(fields) > 10:
        yield f"no more than 10 fields {where}"
    for one in fields:
        yield from _length(one, 2000, where)
    if block.get("accessory"):
        yield from _element(block["accessory"], where)


def _actions(block: dict[str, Any], where: str) -> Iterator[str]:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 25:
        yield f"actions needs 1 to 25 elements {where}"
    ids = [one.get("action_id") for one in elements]
    if len(ids) != len(set(ids)):
        yield f"action_id must be unique within a block {where}"
    for one in elements:
        yield from _element(one, where)


def _element(element: Any, where: str) -> Iterator[str]:
    if not isinstance(element, dict):
        yield f"element is missing {where}"
        return
    if len(str(element.get("action_id") or "")) > _ELEMENT_ID:
        yield f"action_id is too long {where}"
    kind = element.get("type")
    if kind == "button":
        yield from _length(element.get("text"), 75, where, plain=True)
        if len(str(element.get("value") or "")) > 2000:
            yield f"value must be less than 2001 characters {where}"
        if element.get("style") not in (None, "primary", "danger"):
            yield f"unknown style {where}"
        if confirm := element.get("confirm"):
            yield from _length(confirm.get("title"), 100, where, plain=True)
            yield from _length(confirm.get("text"), 300, where)
            yield from _length(confirm.get("confirm"), 30, where, plain=True)
            yield from _length(confirm.get("deny"), 30, where, plain=True)
    for option in element.get("options") or []:
        yield from _length(option.get("text"), 75, where)
        if len(str(option.get("value") or "")) > 150:
            yield f"option value must be less than 151 characters {where}"
    if len(element.get("options") or []) > 100:
        yield f"no more than 100 options {where}"
    if kind == "plain_text_input":
        most = element.get("max_length", 3000)
        if not 1 <= int(most) <= 3000 or len(str(element.get("initial_value") or "")) > int(most):
            yield f"initial_value or max_length is out of bounds {where}"


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
