"""winmail.dat: what Outlook packs a mail into when it talks to its own kind (MS-OXTNEF).

Reads the body and the attachments. A damaged end costs what stands there, not what came before.
Checksums are not believed either way: bytes are kept, not judged.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from ingest.mime import mapi, names
from storage.values import Value

SIGNATURE = b"\x78\x9f\x3e\x22"
_SUBJECT, _BODY, _PAGE = 0x8004, 0x800C, 0x9007
_RENDER, _TITLE, _DATA, _ATTACHMENT, _PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005, 0x9003
_SIZES = {2: 2, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 2, 20: 8, 64: 8, 72: 16}
_LONG = frozenset({0x0D, 0x1E, 0x1F, 0x102})
_MOST_PROPERTIES = 5_000


class Attachment(Value):
    """One attachment. `message` says that the bytes are a TNEF of a mail."""

    name: str | None = None
    kind: str = "application/octet-stream"
    data: bytes = b""
    message: bool = False
    hidden: bool = False


class Opened(Value):
    """A winmail.dat taken apart."""

    properties: dict[int, Any] = {}
    attachments: tuple[Attachment, ...] = ()
    whole: bool = True  #: False when its end is missing or damaged


def read(data: bytes) -> Opened:
    """Take it apart; ValueError when it is no TNEF."""
    if not data.startswith(SIGNATURE):
        raise ValueError("no TNEF")
    properties: dict[int, Any] = {}
    files: list[dict[int, Any]] = []
    whole = True
    for kind, content in _attributes(data):
        try:
            if kind == _PAGE and len(content) >= 4:
                properties[mapi.CODEPAGE] = struct.unpack_from("<I", content)[0]
            elif kind == _SUBJECT:
                properties.setdefault(mapi.SUBJECT, content.rstrip(b"\0"))
            elif kind == _BODY:
                properties.setdefault(mapi.BODY, content.rstrip(b"\0"))
            elif kind == _PROPERTIES:
                properties |= _properties(content)
            elif kind == _RENDER:
                files.append({})
            elif kind in (_TITLE, _DATA, _ATTACHMENT):
                if not files:
                    files.append({})
                _about_file(files[-1], kind, content)
        except (struct.error, ValueError, IndexError):
            whole = False
        if kind == -1:
            whole = False
    page = properties.get(mapi.CODEPAGE)
    return Opened(
        properties=properties,
        attachments=tuple(_attachment(one, page) for one in files),
        whole=whole,
    )


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6
    while at + 9 <= len(data):
        level, name, _, size = struct.unpack_from("<BHHI", data, at)
        if level not in (1, 2):
            yield -1, b""
            return
        content = data[at + 9 : at + 9 + size]
        if len(content) < size:
            yield name, content  # cut off: what is there is kept
            yield -1, b""
            return
        yield name, content
        at += 9 + size + 2
    if data[at:].strip(b"\0") or at > len(data):
        yield -1, b""


def _about_file(file: dict[int, Any], kind: int, content: bytes) -> None:
    if kind == _TITLE:
        file[mapi.ATTACH_SHORT] = content.rstrip(b"\0")
    elif kind == _DATA:
        file[mapi.ATTACH_DATA] = content
    else:
        found = _properties(content)
        data = found.pop(mapi.ATTACH_DATA, None)
        inner = isinstance(data, bytes) and data[16:20] == SIGNATURE
        if data and (inner or not file.get(mapi.ATTACH_DATA)):
            file[mapi.ATTACH_DATA] = data
        file.update(found)


def _attachment(file: dict[int, Any], page: int | None) -> Attachment:
    facts = {mapi.CODEPAGE: page, **file}
    data = file.get(mapi.ATTACH_DATA) or b""
    message = file.get(mapi.ATTACH_METHOD) == mapi.EMBEDDED
    if data[16:20] == SIGNATURE:
        data = data[16:]  # behind the id of the interface through which Outlook reads it
        message = True
    name = mapi.text(facts, mapi.ATTACH_LONG, mapi.ATTACH_SHORT, mapi.ATTACH_NAME)
    return Attachment(
        name=names.decoded(name) or None,
        kind=mapi.text(facts, mapi.ATTACH_MIME) or "application/octet-stream",
        data=data,
        message=message and data.startswith(SIGNATURE),
        hidden=bool(file.get(mapi.ATTACH_HIDDEN)),
    )


def _properties(content: bytes) -> dict[int, Any]:
    found: dict[int, Any] = {}
    (count,) = struct.unpack_from("<I", content)
    at = 4
    for _ in range(min(count, _MOST_PROPERTIES)):
        if at + 4 > len(content):
            break
        kind, number = struct.unpack_from("<HH", content, at)
        at += 4
        if number >= 0x8000:
            at = _skip_name(content, at)
        value, at = _value(content, at, kind)
        found.setdefault(number, value)
    return found


def _skip_name(content: bytes, at: int) -> int:
    (by_name,) = struct.unpack_from("<I", content, at + 16)
    at += 20
    if by_name:
        (length,) = struct.unpack_from("<I", content, at)
        return at + 4 + _padded(length)
    return at + 4


def _value(content: bytes, at: int, kind: int) -> tuple[Any, int]:
    base, many = kind & 0xEFFF, bool(kind & 0x1000)
    count = 1
    if many or base in _LONG:
        (count,) = struct.unpack_from("<I", content, at)
        at += 4
        if count > len(content):
            raise ValueError("more values than bytes")
    values = []
    for _ in range(count):
        size = _SIZES.get(base)
        if base in _LONG:
            (size,) = struct.unpack_from("<I", content, at)
            at += 4
        if size is None:
            raise ValueError("an unknown type of value")
        raw = content[at : at + size]
        if len(raw) < size:
            raise ValueError("cut off")
        values.append(_typed(base, raw))
        at += _padded(size)
    return (values[0] if values else None), at


def _typed(base: int, raw: bytes) -> Any:
    if base == 0x1F:
        return raw.decode("utf-16-le", "replace").rstrip("\0")
    if base in (2, 3, 11):
        return int.from_bytes(raw, "little", signed=base != 11)
    if base == 64:
        return mapi.file_time(int.from_bytes(raw, "little"))
    return raw.rstrip(b"\0") if base == 0x1E else raw


def _padded(size: int) -> int:
    return size + -size % 4
