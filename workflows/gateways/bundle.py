"""What is handed over as files: a manifest, the packet, its records, the documents.

The same parcel gives the same bytes, so that a repeat is recognised by its hash.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections import Counter
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from storage.canonical import canonical
from workflows.ports import Parcel, ParcelFile

NOTICE = (
    "The records are CATAIR-shaped and not CBP-certified: transmit them over your own ABI line."
)
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # a ZIP's first day: the time of packing must not change it


def files(parcel: Parcel) -> list[ParcelFile]:
    """All files of a parcel under the names they go by."""
    packet = canonical(parcel.packet)
    made = [
        ParcelFile(
            name=f"{parcel.kind}-{parcel.number}.json",
            kind="packet",
            sha256=hashlib.sha256(packet).hexdigest(),
            data=packet,
        )
    ]
    made += [
        one.model_copy(update={"name": f"{one.kind}-{parcel.number}.txt"}) for one in parcel.texts
    ]
    stamp = _stamp(parcel.packet)
    seen: Counter[str] = Counter()
    for one in parcel.documents:
        stem = f"{one.kind}-{parcel.number}-{stamp}"
        seen[stem] += 1
        again = f"-{seen[stem]}" if seen[stem] > 1 else ""
        made.append(one.model_copy(update={"name": f"{stem}{again}{_ending(one.name)}"}))
    return made


def manifest(parcel: Parcel) -> dict[str, Any]:
    """What is in a parcel, for the machine on the other side."""
    lines = parcel.packet.get("lines") or []
    return {
        "manifest": 1,
        "key": parcel.key,
        "kind": parcel.kind,
        "number": parcel.number,
        "packetSha256": parcel.sha256,
        "lines": len(lines),
        "valueTotal": _total(lines),
        "currency": "USD",
        "notice": NOTICE,
        "files": [
            {"file": one.name, "kind": one.kind, "sha256": one.sha256, "size": len(one.data)}
            for one in files(parcel)
        ],
    }


def zipped(parcel: Parcel) -> bytes:
    """The parcel as one archive."""
    made = io.BytesIO()
    told = json.dumps(manifest(parcel), indent=1, sort_keys=True).encode()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in [("manifest.json", told), *((f.name, f.data) for f in files(parcel))]:
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def answer(text: str, documents: list[ParcelFile]) -> bytes:
    """A later answer with its documents as one archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("answer.txt", _LONG_AGO), text.encode())
        for at, one in enumerate(documents, start=1):
            name = f"{at:02d}-{safe(one.name)}"
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), one.data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def safe(name: str) -> str:
    """A name that is one on every file system and in no way a path."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._")[:120] or "file"


def _ending(name: str) -> str:
    return re.sub(r"[^a-z0-9.]", "", PurePosixPath(name).suffix.casefold())[:8] or ".bin"


def _stamp(packet: dict[str, Any]) -> str:
    """The moment of the decision, from the packet itself."""
    at = str((packet.get("confirmation") or {}).get("at") or "")
    return re.sub(r"\D", "", at)[:14] or "undated"


def _total(lines: list[dict[str, Any]]) -> str | None:

    values = [line.get("enteredValue") for line in lines]
    if not values or None in values:
        return None
    return str(sum((Decimal(str(one)) for one in values), Decimal(0)))
