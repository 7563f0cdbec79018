"""Bank details in words: IBAN, SWIFT, routing and account numbers, each only where it is sure.

An IBAN, a SWIFT code and a routing number prove themselves by their check digits or structure;
an account number counts only behind its label. What is found is turned into a mark at once.
"""

from __future__ import annotations

import re

from stdnum import bic, iban
from stdnum.us import rtn

from storage.values import Account

_MOST = 20
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}[ -]?(?:[A-Z0-9][ -]?){11,36}")
_SWIFT = re.compile(
    r"\b(?:SWIFT|BIC)\b(?:[ /-]*(?:BIC|SWIFT|code|no|number)\b)*[^A-Za-z0-9]{0,6}"
    r"([A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)\b",
    re.IGNORECASE,
)
_ROUTING = re.compile(
    r"\b(?:routing|ABA|RTN)\b(?:[ /-]*(?:transit|routing|ABA|no|number|code)\b)*[^A-Za-z0-9]{0,6}"
    r"(\d{3}[ -]?\d{3}[ -]?\d{3})\b",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"\b(?:bank[ ]?)?(?:account|acct|a/c)\b\.?(?:[ ]*(?:no|nr|number|num)\b)?[.:# \t]{0,6}"
    r"((?:\d[ -]?){5,20}\d)\b",
    re.IGNORECASE,
)


def accounts(text: str) -> tuple[Account, ...]:
    """The bank details that stand in these words, each once."""
    asked = text[:200_000]
    found = [Account.of("iban", number) for number in _ibans(asked)]
    found += [Account.of("swift", one[1]) for one in _SWIFT.finditer(asked) if bic.is_valid(one[1])]
    found += [
        Account.of("routing", one[1])
        for one in _ROUTING.finditer(asked)
        if rtn.is_valid(re.sub(r"\D", "", one[1]))
    ]
    found += [Account.of("account", one[1]) for one in _ACCOUNT.finditer(asked)]
    return tuple(dict.fromkeys(found))[:_MOST]


def _ibans(text: str) -> list[str]:
    """Words behind an IBAN may look like a part of it: the check digits decide where it ends."""
    numbers = []
    for match in _IBAN.finditer(text):
        whole = re.sub(r"[ -]", "", match[0])
        fits = (whole[:size] for size in range(min(34, len(whole)), 14, -1))
        numbers += [one for one in fits if iban.is_valid(one)][:1]
    return numbers
