"""Tariff codes as digits and with dots: the one place that knows both spellings.

Digits are what we compare and look up by; dots are what people read. Nothing here knows
whether a code exists: that is the schedule's to say.
"""

from __future__ import annotations

import re

_NOISE = re.compile(r"[\s.\-\u2010-\u2015/]+")
_LENGTHS = (4, 6, 8, 10)


class BadCode(ValueError):
    """A text that is no tariff code. The message is a sentence for a broker."""


def digits(text: str) -> str:
    """The code's digits: "6109.10.0012" and "6109 10 00 12" are both "6109100012"."""
    bare = _NOISE.sub("", text.strip())
    if not bare or not bare.isascii() or not bare.isdigit():
        raise BadCode(f"“{text.strip()[:40]}” is not a tariff code: only digits and dots, please.")
    if len(bare) not in _LENGTHS:
        raise BadCode(f"“{text.strip()[:40]}” has {len(bare)} digits: a code has 6, 8 or 10.")
    return bare


def lenient(text: str | None) -> str | None:
    """The digits of a shipper's code cut to an even length, or None when there are none."""
    if text is None:
        return None
    bare = _NOISE.sub("", text.strip())
    if not bare.isascii() or not bare.isdigit() or not 4 <= len(bare) <= 14:
        return None
    return bare[:10] if len(bare) % 2 == 0 else bare[: min(len(bare) - 1, 10)]


def dotted(bare: str) -> str:
    """Digits with the dots of the schedule: "6109.10.00.12", "6109.10.00", "6109.10", "6109"."""
    head, tail = bare[:4], bare[4:]
    return ".".join([head, *(tail[i : i + 2] for i in range(0, len(tail), 2))])
