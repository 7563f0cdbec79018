"""Names of firms and people made comparable: case, accents, order and legal form away."""

from __future__ import annotations

import re
import unicodedata

_FORMS = frozenset(
    "inc incorporated llc ltd limited corp corporation co company plc gmbh ag sa srl spa bv nv "
    "jsc ooo oao zao fze fzco fzc pte pty kk oy ab as llp lp the".split()
)
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe"})


def fold(name: str) -> str:
    """The words of a name that tell it from others, in plain letters."""
    lowered = name.casefold().translate(_LETTERS)
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c)
    )
    words = re.findall(r"[^\W_]+", plain)
    kept = [word for word in words if word not in _FORMS]
    return " ".join(kept or words)
