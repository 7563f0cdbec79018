"""Mails as they are really sent, made on the spot: forwards, Outlook's own files, archives.

Each builder gives bytes or a message. The MSG and the winmail.dat are written here from their
specifications (MS-CFB, MS-OXMSG, MS-OXTNEF), so that a reader of them meets another hand.
"""

from __future__ import annotations

import io
import itertools
import struct
import zipfile
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))


def pdf(words: str = "COMMERCIAL INVOICE") -> bytes:
    """Something that starts like a PDF; for tests of mail, not of reading."""
    return b"%PDF-1.4\n" + words.encode() + b"\n%%EOF\n"


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def locked(data: bytes, name: str) -> bytes:
    """A ZIP whose member says that it is encrypted: both of its flag words, as the format has them."""
    at = data.find(name.encode())
    made = bytearray(data)
    made[at - 30 + 6] |= 1
    entry = data.rfind(b"PK\x01\x02", 0, data.rfind(name.encode()))
    made[entry + 8] |= 1
    return bytes(made)


def forwarding(inner: EmailMessage, *, subject: str, words: str) -> bytes:
    outer = MIMEMultipart("mixed")
    outer["From"], outer["To"] = "Agent <ops@agent.example>", "intake@tidewaiter.test"
    outer["Subject"], outer["Message-ID"] = subject, "<fwd@agent.example>"
    outer.attach(MIMEText(words))
    outer.attach(MIMEMessage(inner))
    return outer.as_bytes()


# -- winmail.dat --------------------------------------------------------------------------------


def _attribute(level: int, name: int, kind: int, data: bytes) -> bytes:
    return (
        struct.pack("<BHHI", level, name, kind, len(data))
        + data
        + struct.pack("<H", sum(data) % 65536)
    )


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def _long_value(number: int, kind: int, data: bytes) -> bytes:
    return struct.pack("<HHII", kind, number, 1, len(data)) + _padded(data)


def winmail(words: str, *files: tuple[str, bytes], inner: bytes | None = None) -> bytes:
    """Body as Unicode property; long names in the attachment's properties, as Outlook writes them."""
    made = b"\x78\x9f\x3e\x22\x01\x00"
    made += _attribute(1, 0x9007, 6, struct.pack("<II", 1252, 0))
    body = struct.pack("<I", 1) + _long_value(0x1000, 0x1F, words.encode("utf-16-le") + b"\0\0")
    made += _attribute(1, 0x9003, 6, body)
    for name, data in files:
        made += _attribute(2, 0x9002, 6, b"\x01\x00" + b"\0" * 12)
        made += _attribute(2, 0x8010, 1, b"SHORT~1.PDF\0")
        made += _attribute(2, 0x800F, 6, data)
        named = struct.pack("<I", 2) + struct.pack("<HHI", 3, 0x3705, 1)
        named += _long_value(0x3707, 0x1F, name.encode("utf-16-le") + b"\0\0")
        made += _attribute(2, 0x9005, 6, named)
    if inner is not None:
        made += _attribute(2, 0x9002, 6, b"\x01\x00" + b"\0" * 12)
        held = struct.pack("<I", 2) + struct.pack("<HHI", 3, 0x3705, 5)
        held += _long_value(0x3701, 0x0D, b"\x07\x03\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F" + inner)
        made += _attribute(2, 0x9005, 6, held)
    return made


# -- MSG ----------------------------------------------------------------------------------------

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound(streams: dict[tuple[str, ...], bytes]) -> bytes:
    """A compound file of version 3. Streams are padded over the cutoff: no mini stream is needed."""
    nodes: list[dict[str, object]] = [{"name": "Root Entry", "kind": 5, "children": []}]
    places: dict[tuple[str, ...], int] = {(): 0}
    for path in streams:
        for depth in range(1, len(path) + 1):
            at = path[:depth]
            if at not in places:
                places[at] = len(nodes)
                nodes.append(
                    {"name": at[-1], "kind": 1 if depth < len(path) else 2, "children": []}
                )
                nodes[places[at[:-1]]]["children"].append(places[at])  # type: ignore[attr-defined]
    sectors: list[bytes] = []
    fat: list[int] = []

    def put(data: bytes) -> int:
        start, count = len(sectors), max(1, -(-len(data) // 512))
        for n in range(count):
            sectors.append(data[n * 512 : n * 512 + 512].ljust(512, b"\0"))
            fat.append(start + n + 1 if n < count - 1 else _END)
        return start

    minis = bytearray()
    minifat: list[int] = []
    starts: dict[int, tuple[int, int]] = {}
    for path, data in streams.items():
        if len(data) >= 4096:
            starts[places[path]] = (put(data), len(data))
        else:
            first, count = len(minifat), -(-len(data) // 64)
            minis += data.ljust(count * 64, b"\0")
            minifat += [first + n + 1 if n < count - 1 else _END for n in range(count)]
            starts[places[path]] = (first if count else _END, len(data))
    mini_at = put(bytes(minis)) if minis else _END
    starts[0] = (mini_at, len(minis))
    packed = b"".join(struct.pack("<I", one) for one in minifat)
    minifat_at = put(packed.ljust(-(-len(packed) // 512) * 512, b"\xff")) if minifat else _END
    siblings: dict[int, int] = {}
    for node in nodes:
        # A chain to the right is a (poor) binary tree; the order is by length, then by letters.
        order = sorted(
            node["children"], key=lambda n: (len(nodes[n]["name"]), str(nodes[n]["name"]).upper())
        )  # type: ignore[arg-type, call-overload]
        node["children"] = order
        siblings |= dict(itertools.pairwise(order))
    entries = b""
    for number, node in enumerate(nodes):
        name = str(node["name"]).encode("utf-16-le") + b"\0\0"
        children: list[int] = node["children"]  # type: ignore[assignment]
        start, size = starts.get(number, (0, 0))
        entries += struct.pack(
            "<64sHBBIII16sIQQIQ", name, len(name), node["kind"], 1, _FREE, siblings.get(number, _FREE),
            children[0] if children else _FREE, b"", 0, 0, 0, start, size,
        )  # fmt: skip
    blank = struct.pack("<64sHBBIII16sIQQIQ", b"", 0, 0, 1, _FREE, _FREE, _FREE, b"", 0, 0, 0, 0, 0)
    while len(entries) % 512:
        entries += blank
    directory_at = put(entries)
    count = 1
    while (len(fat) + count) * 4 > count * 512:
        count += 1
    fat_at = len(sectors)
    fat += [_FAT] * count
    table = b"".join(struct.pack("<I", one) for one in fat).ljust(count * 512, b"\xff")
    difat = [fat_at + n for n in range(count)] + [_FREE] * (109 - count)
    head = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0,
        count, directory_at, 0, 4096, minifat_at, len(minifat) and -(-len(packed) // 512), _END, 0,
    ) + struct.pack("<109I", *difat)  # fmt: skip
    return head + b"".join(sectors) + table


def outlook_file(
    *,
    subject: str,
    words: str,
    sender: tuple[str, str] = ("Amy Chen", "amy@brightpath.example"),
    files: tuple[tuple[str, bytes], ...] = (),
    inner: dict[tuple[str, ...], bytes] | None = None,
) -> bytes:
    return compound(
        outlook_streams(subject=subject, words=words, sender=sender, files=files, inner=inner)
    )


def outlook_streams(
    *,
    subject: str,
    words: str,
    sender: tuple[str, str] = ("Amy Chen", "amy@brightpath.example"),
    files: tuple[tuple[str, bytes], ...] = (),
    inner: dict[tuple[str, ...], bytes] | None = None,
    header: int = 32,
) -> dict[tuple[str, ...], bytes]:
    """The streams of a message; `header` is 24 for a message within a message."""
    fixed = b"\0" * header + struct.pack("<HHIQ", 0x40, 0x0039, 6, 134_200_000_000_000_000)
    streams: dict[tuple[str, ...], bytes] = {("__properties_version1.0",): fixed}
    for number, text in (
        (0x0037, subject),
        (0x1000, words),
        (0x0C1A, sender[0]),
        (0x5D01, sender[1]),
    ):
        streams[f"__substg1.0_{number:04X}001F",] = text.encode("utf-16-le")
    for at, (name, data) in enumerate(files):
        room = f"__attach_version1.0_#{at:08X}"
        streams[room, "__properties_version1.0"] = b"\0" * 8 + struct.pack("<HHIQ", 3, 0x3705, 6, 1)
        streams[room, "__substg1.0_3707001F"] = name.encode("utf-16-le")
        streams[room, "__substg1.0_37010102"] = data
    if inner is not None:
        room = f"__attach_version1.0_#{len(files):08X}"
        streams[room, "__properties_version1.0"] = b"\0" * 8 + struct.pack("<HHIQ", 3, 0x3705, 6, 5)
        for path, data in inner.items():
            streams[(room, "__substg1.0_3701000D", *path)] = data
    return streams


def forwarding_all(*inner: EmailMessage, subject: str, words: str) -> bytes:
    """One mail that carries several whole mails."""
    outer = MIMEMultipart("mixed")
    outer["From"], outer["To"] = "Agent <ops@agent.example>", "intake@tidewaiter.test"
    outer["Subject"], outer["Message-ID"] = subject, "<fwd-all@agent.example>"
    outer.attach(MIMEText(words))
    for one in inner:
        outer.attach(MIMEMessage(one))
    return outer.as_bytes().replace(b"\n", b"\r\n")
