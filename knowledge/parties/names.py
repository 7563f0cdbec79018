"""Names of firms and people made comparable: case, accents, script and legal form away.

Light on purpose: Cyrillic is written in Latin letters, other scripts stay as they are and match
only themselves. How alike two names are is `lists.py`'s to say.
"""

from __future__ import annotations

import re
import unicodedata

_FORMS = frozenset(
    {
        *("inc", "incorporated", "llc", "ltd", "limited", "corp", "corporation", "co", "company"),
        *("plc", "gmbh", "ag", "sa", "srl", "spa", "bv", "nv", "jsc", "ooo", "oao", "zao", "pao"),
        *("fze", "fzco", "fzc", "pte", "pty", "kk", "oy", "ab", "as", "llp", "lp", "the", "sarl"),
        *("sas", "sdn", "bhd", "kg", "ltda", "cv", "kft", "doo", "ead", "ood", "gmbhco"),
    }
)
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "\u0131": "i", "&": " and "}
    | dict(
        zip(
            "\u0430\u0431\u0432\u0433\u0434\u0435\u0437\u0438\u0439"
            "\u043a\u043b\u043c\u043d\u043e\u043f\u0440\u0441"
            "\u0442\u0443\u0444\u044b\u044d\u0456\u0451\u0491",
            "abvgdeziyklmnoprstufyeieg",
            strict=True,
        )
    )
    | {"\u0436": "zh", "\u0445": "kh", "\u0446": "ts", "\u0447": "ch", "\u0448": "sh"}
    | {"\u0449": "shch", "\u044e": "yu", "\u044f": "ya", "\u044a": "", "\u044c": ""}
    | {"\u0457": "yi", "\u0454": "ye"}
)
_APOSTROPHES = re.compile("['\u2019\u02bc`.]")
_LONGEST = 400


def fold(name: str) -> str:
    """The words of a name that tell it from others, in plain letters."""
    lowered = name[:_LONGEST].casefold().translate(_LETTERS)
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c)
    )
    # "S.A." and "O'Neil" are one word; other punctuation parts words.
    words = re.findall(r"[^\W_]+", _APOSTROPHES.sub("", plain))
    kept = [word for word in words if word not in _FORMS]
    # One sound, two spellings: "eksport" and "export".
    return " ".join(word.replace("ks", "x") for word in kept or words)
