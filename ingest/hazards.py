"""Files that could harm whoever opens them: recognised by their first bytes, name and listing.

Nothing is executed, unpacked to disk or decrypted here; of an archive only the listing is read,
and of an archive inside it as much as a small bound allows. A reason is a sentence for a broker.
What is dangerous is held: the original stays in the store, and no reader of ours touches it.
"""

from __future__ import annotations

import io
import re
import zipfile

from ingest.mime.zips import DAMAGED
from workflows.intake import Because

_LOCKED = "is protected by a password"
_UNKEYED = "is an encrypted mail (S/MIME or PGP)"
_SEALED = "is a mail sealed as a whole (S/MIME), which cannot be opened here"
_CLOSED = "is an archive that cannot be looked into"
_OTHER = "is in a form that cannot be looked into"
_PROGRAMS = frozenset(
    [
        "exe",
        "com",
        "scr",
        "pif",
        "cpl",
        "dll",
        "sys",
        "msi",
        "msp",
        "msix",
        "appx",
        "jar",
        "apk",
        "app",
        "deb",
        "rpm",
        "run",
        "gadget",
        "elf",
    ]
)
_SCRIPTS = frozenset(
    [
        "js",
        "jse",
        "mjs",
        "vbs",
        "vbe",
        "vb",
        "wsf",
        "wsh",
        "wsc",
        "sct",
        "hta",
        "ps1",
        "psm1",
        "psd1",
        "bat",
        "cmd",
        "sh",
        "bash",
        "py",
        "pyw",
        "pl",
        "rb",
        "php",
        "reg",
        "inf",
        "scf",
        "lnk",
        "url",
        "desktop",
        "chm",
        "application",
        "appref-ms",
        "settingcontent-ms",
        "library-ms",
        "search-ms",
        "jnlp",
        "ws",
        "xll",
        "iqy",
        "slk",
    ]
)
_MACROS = frozenset(
    ["docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "potm", "ppsm", "ppam", "sldm"]
)
_IMAGES = frozenset(["iso", "img", "vhd", "vhdx", "vmdk", "dmg", "udf", "daa", "nrg", "toast"])
_ARCHIVES = frozenset(
    [
        "zip",
        "jar",
        "rar",
        "7z",
        "tar",
        "gz",
        "tgz",
        "bz2",
        "xz",
        "zst",
        "cab",
        "arj",
        "lzh",
        "ace",
        "z",
    ]
)
_PAGES = frozenset(["html", "htm", "xhtml", "shtml", "svg", "mht", "mhtml"])

_START: tuple[tuple[bytes, str], ...] = (
    (b"\x7fELF", "is a program"),
    (b"\xfe\xed\xfa\xce", "is a program"),
    (b"\xfe\xed\xfa\xcf", "is a program"),
    (b"\xce\xfa\xed\xfe", "is a program"),
    (b"\xcf\xfa\xed\xfe", "is a program"),
    (b"\xca\xfe\xba\xbe", "is a program"),
    (b"dex\n", "is a program"),
    (b"\x00asm", "is a program"),
    (b"#!", "is a script"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "is a shortcut that starts something else"),
    (b"vhdxfile", "is a disk image"),
    (b"conectix", "is a disk image"),
    (b"KDMV", "is a disk image"),
    (b"MSCF", _CLOSED),
    (b"Rar!\x1a\x07", _CLOSED),
    (b"7z\xbc\xaf\x27\x1c", _CLOSED),
    (b"ITSF", "is a help file that can start programs"),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "is a notebook that can carry programs"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_MACRO_STREAM = "_VBA_PROJECT".encode("utf-16-le")
_LOCKED_STREAM = "EncryptedPackage".encode("utf-16-le")
_ACTIVE = re.compile(
    rb"<\s*(script|iframe|object|embed|applet|base|foreignobject)\b|javascript\s*:|vbscript\s*:"
    rb"|data\s*:\s*text/html|<[^<>]{0,2000}\son[a-z]{3,20}\s*=|http-equiv\s*=\s*[\"']?refresh",
    re.IGNORECASE,
)
_DEEPEST = 2  # a ZIP in a ZIP is somebody's habit; one more is there to hide something
_MOST_MEMBERS = 2000
_INNER_BYTES = 8_000_000
_LOOK = 2_000_000


def because(reason: str) -> Because:
    """What is asked of the sender of such a file: an open copy, another form, or nothing."""
    if reason.endswith((_LOCKED, _UNKEYED)):
        return "encrypted"
    return "unsupported" if reason.endswith((_SEALED, _CLOSED, _OTHER)) else "held"


def danger(name: str, data: bytes) -> str | None:
    """Why this file must not be opened, or None."""
    ending = _ending(name)
    if reason := _by_start(data):
        return f"{name} {reason}"
    if reason := _by_ending(ending):
        return f"{name} {reason}"
    if reason := _sealed_mail(data):
        return f"{name} {reason}"
    if data[:8] == _OLE and (reason := _compound(data)):
        return f"{name} {reason}"
    if data[:4] in _ZIP:
        reason = _archive(data, depth=1, budget=[_INNER_BYTES])
        return f"{name} {reason}" if reason else None
    if data[0x8001:0x8006] == b"CD001" or data[-512:-508] == b"koly":
        return f"{name} is a disk image"
    head = data[:_LOOK]
    if data.lstrip()[:5] == b"{\\rtf" and re.search(rb"\\obj(data|ocx|update|emb|link)", head):
        return f"{name} carries another file inside its text"
    looks_like_page = ending in _PAGES or re.match(
        rb"\s*(<!doctype\s+html|<html|<svg|<\?xml[^>]{0,200}>\s*<svg)", head[:2000], re.IGNORECASE
    )
    if looks_like_page and _active(head, ending):
        return f"{name} is a web page that runs something"
    return None


def _sealed_mail(data: bytes) -> str | None:
    """S/MIME as a whole (RFC 8551 3.2): the content's type (RFC 5652) stands at the beginning."""
    if data.lstrip()[:27] == b"-----BEGIN PGP MESSAGE-----":
        return _UNKEYED
    if data[:1] != b"\x30":
        return None
    head = data[:40]
    if b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03" in head:
        return _UNKEYED
    if b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" in head:
        return _SEALED
    return None


def _active(head: bytes, ending: str) -> bool:
    # UTF-16 hides every word behind zeros.
    plain = head.replace(b"\0", b"") if b"\0" in head[:200] else head
    if ending in ("mht", "mhtml"):
        plain = plain.replace(b"=\r\n", b"").replace(b"=\n", b"").replace(b"=3D", b"=")
    return _ACTIVE.search(plain) is not None


def _ending(name: str) -> str:
    return name.rstrip(". ").rpartition(".")[2].casefold() if "." in name else ""


def _by_start(data: bytes) -> str | None:
    if data[:2] == b"MZ" and b"\0" in data[:64]:  # a list of goods may begin with these letters
        return "is a program"
    return next((reason for start, reason in _START if data.startswith(start)), None)


def _by_ending(ending: str) -> str | None:
    if ending in _PROGRAMS:
        return "is a program"
    if ending in _SCRIPTS:
        return "is a script or a shortcut"
    if ending in _MACROS:
        return "can carry macros"
    if ending in _IMAGES:
        return "is a disk image"
    return None


def _compound(data: bytes) -> str | None:
    """An older Office file. Names in its directory stand in one piece, as UTF-16."""
    if _MACRO_STREAM in data:
        return "contains macros"
    if _LOCKED_STREAM in data or _locked_sheet(data) or _locked_text(data):
        return _LOCKED
    return None


def _locked_sheet(data: bytes) -> bool:
    """An XLS says so with a FILEPASS record near the beginning of its workbook (MS-XLS 2.4.117)."""
    at = data.find(b"\x09\x08\x10\x00", 512)
    if at < 0 or at % 64:
        return False
    for _ in range(6):
        kind = int.from_bytes(data[at : at + 2], "little")
        if kind == 0x2F:
            return True
        at += 4 + int.from_bytes(data[at + 2 : at + 4], "little")
    return False


def _locked_text(data: bytes) -> bool:
    """A DOC says so with a bit in its first block (MS-DOC 2.5.2, fEncrypted)."""
    return any(
        data[at : at + 2] == b"\xec\xa5" and data[at + 11] & 1
        for at in range(512, min(len(data) - 12, 65536), 512)
    )


def _archive(data: bytes, *, depth: int, budget: list[int]) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > _MOST_MEMBERS:
                return "has more files in it than can be checked"
            if any(one.flag_bits & 1 for one in members):
                return _LOCKED
            names = [one.filename for one in members]
            if any(_carries_macros(name.casefold()) for name in names):
                return "contains macros"
            office = "[Content_Types].xml" in names
            for one in members:
                reason = None if office else _member(archive, one, depth, budget)
                if reason:
                    return reason
    except DAMAGED:
        return None  # damaged: the reader says so, in a process of its own
    return None


def _carries_macros(member: str) -> bool:
    return member.endswith("vbaproject.bin") or "/macrosheets/" in member


def _member(
    archive: zipfile.ZipFile, one: zipfile.ZipInfo, depth: int, budget: list[int]
) -> str | None:
    inner = one.filename.rpartition("/")[2] or one.filename
    ending = _ending(inner)
    if reason := _by_ending(ending):
        return f"contains {inner}, which {reason}"
    with archive.open(one) as stream:
        start = stream.read(64)
        if reason := _by_start(start):
            return f"contains {inner}, which {reason}"
        if start[:4] not in _ZIP and ending not in _ARCHIVES:
            return None
        if depth >= _DEEPEST:
            return "has archives within archives, too deep to check"
        if one.file_size > budget[0]:
            return f"contains {inner}, an archive too large to check"
        content = start + stream.read(max(0, min(one.file_size, budget[0])))
    budget[0] -= len(content)
    if content[:4] not in _ZIP:
        return f"contains {inner}, which {_CLOSED}"
    found = _archive(content, depth=depth + 1, budget=budget)
    return f"contains {inner}, which {found}" if found else None
