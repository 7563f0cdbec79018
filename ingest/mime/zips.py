"""The files of a ZIP, bounded. A member that cannot be opened is named; then the ZIP stays too."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator

from ingest.mime import names
from ingest.mime.taken import Taken

DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
    LookupError,
)
"""What the library raises on a ZIP that is not what it says (bz2 answers with OSError)."""
_LITTER = ("__macosx/", ".ds_store", "thumbs.db", "desktop.ini")


class Closed(Exception):
    """It was not opened, or not wholly; the words say why."""


def is_zip(name: str, kind: str, data: bytes) -> bool:
    named = name.casefold().endswith(".zip") or kind in (
        "application/zip",
        "application/x-zip-compressed",
    )
    office = name.casefold().endswith((".xlsx", ".docx", ".pptx", ".ods", ".odt"))
    return data[:2] == b"PK" and named and not office


def members(name: str, data: bytes, taken: Taken) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file; raises `Closed` at the end for what could not be opened."""
    limits = taken.limits
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = [one for one in archive.infolist() if not one.is_dir()]
            _check(name, inside, len(data), taken)
            locked = [_plain(one) for one in inside if one.flag_bits & 1]
            for one in inside:
                if one.flag_bits & 1:
                    continue
                if names.member_name(one).casefold().endswith(_LITTER) or (
                    one.filename.casefold().startswith("__macosx/")
                ):
                    taken.left_out += 1
                    continue
                with archive.open(one) as stream:
                    # The declared size can lie: read no more than it said.
                    content = stream.read(one.file_size + 1)
                if len(content) > one.file_size:
                    raise Closed(f"{name} is not what it says: it was not opened.")
                taken.unpacked += len(content)
                if taken.unpacked > limits.zip_bytes:
                    raise Closed(f"{name} unpacks to far more than it should: it was not opened.")
                if content:
                    yield _plain(one), content
    except DAMAGED as exc:
        raise Closed(f"{name} is a damaged ZIP file: please send it again.") from exc
    if locked:
        listed = ", ".join(locked[:5]) + (" and more" if len(locked) > 5 else "")
        raise Closed(
            f"{name} is protected by a password: please send it without. Not opened: {listed}."
        )


def _check(name: str, inside: list[zipfile.ZipInfo], size: int, taken: Taken) -> None:
    limits = taken.limits
    if len(inside) > limits.zip_members:
        raise Closed(f"{name} has {len(inside)} files: too many to unpack.")
    declared = sum(one.file_size for one in inside)
    room = min(limits.zip_bytes - taken.unpacked, limits.zip_ratio * max(size, 1))
    if declared > room:
        raise Closed(f"{name} unpacks to far more than it should: it was not opened.")


def _plain(member: zipfile.ZipInfo) -> str:
    return names.harmless(names.member_name(member))
