"""Canonical JSON: the same value gives the same bytes, whoever writes it.

Keys sorted, no blanks, UTF-8 as it is. Amounts are strings before they come here: a float is
refused, because two programs would print it differently.
"""

from __future__ import annotations

import json
from typing import Any


def canonical(value: Any) -> bytes:
    """The bytes of a JSON value; raises TypeError for a float."""
    _check(value)
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def _check(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("A float has no canonical form: write the amount as a string.")
    if isinstance(value, dict):
        for inner in value.values():
            _check(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check(inner)
