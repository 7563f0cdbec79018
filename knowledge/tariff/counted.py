"""Word counts kept on disk, so that a process that opens the desk does not count them again.

One file for each list of texts, named after the texts and the tokeniser that read them; a
damaged one is made anew. Old ones are cleared when there are many.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge.tariff import lexical, texts

_KEPT = 24  # a few editions


def counts_for(
    worded: Mapping[str, Sequence[str]], folder: Path
) -> dict[str, dict[str, npt.NDArray[Any]]]:
    """The counts of each list, from the folder or made now."""
    folder.mkdir(parents=True, exist_ok=True)
    return {name: _counts(listed, folder) for name, listed in worded.items()}


def _counts(listed: Sequence[str], folder: Path) -> dict[str, npt.NDArray[Any]]:
    key = hashlib.sha256(_tokeniser())
    for text in listed:
        key.update(text.encode() + b"\0")
    path = folder / f"words-{key.hexdigest()[:32]}.npz"
    try:
        # Opened here: numpy leaves a damaged file open.
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        pass  # none yet, or damaged
    made = lexical.count(listed)
    tmp = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    try:
        np.savez(tmp, **made)  # type: ignore[arg-type]
        tmp.replace(path)
    finally:
        tmp.unlink(missing_ok=True)
    kept = sorted(folder.glob("words-*.npz"), key=lambda one: one.stat().st_mtime)
    for old in kept[:-_KEPT]:
        old.unlink(missing_ok=True)
    return made


@cache
def _tokeniser() -> bytes:
    """Other code may cut other words."""
    return b"".join(Path(str(module.__file__)).read_bytes() for module in (texts, lexical))
