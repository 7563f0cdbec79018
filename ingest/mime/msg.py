"""A mail as Outlook saves it to a file: MSG (MS-OXMSG), over the storages that olefile opens.

A message attached to a message is a storage within its storage; it is read the same way.
"""

from __future__ import annotations

import io
import struct
from typing import Any

import olefile

from ingest.mime import mapi
from storage.values import Value

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FIXED = "__properties_version1.0"
_MOST_STREAMS = 5_000
_MOST_DEPTH = 10


class Message(Value):
    """One message of the file, and what is attached to it."""

    properties: dict[int, Any] = {}
    attachments: tuple[dict[int, Any], ...] = ()
    messages: tuple[Message, ...] = ()
    whole: bool = True  #: False when the file is damaged somewhere


def is_msg(name: str, data: bytes) -> bool:
    """Whether the compound file is a message, and no sheet."""
    named = name.casefold().endswith(".msg") or _FIXED.encode("utf-16-le") in data
    return named and data.startswith(SIGNATURE)


def read(data: bytes, *, most_bytes: int) -> Message:
    """Take it apart; OSError or ValueError when it cannot be."""
    with olefile.OleFileIO(io.BytesIO(data)) as file:
        paths = [tuple(one) for one in file.listdir()]
        if len(paths) > _MOST_STREAMS:
            raise ValueError("more streams than a message has")
        # Streams may share their sectors: small files could give out far more than they hold.
        room = [most_bytes]
        made = _message(file, paths, (), 0, room)
        return made.model_copy(update={"whole": not file.parsing_issues})


def _message(
    file: Any, paths: list[tuple[str, ...]], root: tuple[str, ...], depth: int, room: list[int]
) -> Message:
    mine = [one for one in paths if one[: len(root)] == root and len(one) > len(root)]
    storages = sorted({one[len(root)] for one in mine if one[len(root)].startswith("__attach")})
    attachments = []
    messages = []
    for storage in storages:
        at = (*root, storage)
        facts = _properties(file, mine, at, header=8, room=room)
        inside = (*at, f"__substg1.0_{mapi.ATTACH_DATA:04X}000D")
        embedded = any(one[: len(inside)] == inside for one in mine)
        if embedded and (*inside, _FIXED) in mine and depth < _MOST_DEPTH:
            messages.append(_message(file, mine, inside, depth + 1, room))
        else:
            attachments.append(facts)
    header = 24 if root else 32
    return Message(
        properties=_properties(file, mine, root, header=header, room=room),
        attachments=tuple(attachments),
        messages=tuple(messages),
    )


def _properties(
    file: Any,
    paths: list[tuple[str, ...]],
    root: tuple[str, ...],
    *,
    header: int,
    room: list[int],
) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for path in paths:
        if path[:-1] != root:
            continue
        name = path[-1]
        if name == _FIXED:
            found = {**_fixed(_stream(file, path, room), header), **found}
        elif name.startswith("__substg1.0_") and len(name) == 20:
            try:
                number, kind = int(name[12:16], 16), int(name[16:20], 16)
            except ValueError:
                continue
            if kind in (0x1E, 0x1F, 0x102):
                raw = _stream(file, path, room)
                found[number] = raw.decode("utf-16-le", "replace") if kind == 0x1F else raw
    return found


def _fixed(content: bytes, header: int) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for at in range(header, len(content) - 15, 16):
        kind, number, _, raw = struct.unpack_from("<HHI8s", content, at)
        if kind == 0x40:
            found[number] = mapi.file_time(int.from_bytes(raw, "little"))
        elif kind in (2, 3, 11):
            found[number] = int.from_bytes(raw[: 2 if kind == 11 else 4], "little")
    return found


def _stream(file: Any, path: tuple[str, ...], room: list[int]) -> bytes:
    with file.openstream(list(path)) as stream:
        content: bytes = stream.read()
    room[0] -= len(content)
    if room[0] < 0:
        raise ValueError("it unpacks to far more than it should")
    return content
