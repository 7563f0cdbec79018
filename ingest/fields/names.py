"""What a field of the contract is called in a sentence that a broker reads."""

from __future__ import annotations

import re

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LINE = re.compile(r"^lineItems\[(\d+)\]$")
_OWN = {
    "eta": "arrival date",
    "mid": "identification (MID)",
    "scac": "carrier code (SCAC)",
    "taxId": "tax number",
    "htsCode": "tariff code",
    "extendedValue": "amount",
    "incoterm": "Incoterm",
}


def spoken(path: str) -> str:
    """`parties.exporter.country` is "the exporter's country".

    `lineItems[1].quantity` is "line 2's quantity"; a field that has no name of its own is called
    by the words in its path.
    """
    *above, last = path.split(".")
    name = _OWN.get(last) or " ".join(_HUMP.split(last)).lower()
    owner = above[-1] if above else ""
    if line := _LINE.match(owner):
        return f"line {int(line[1]) + 1}'s {name}"
    if above[:1] == ["parties"] and len(above) > 1:
        return f"the {' '.join(_HUMP.split(owner)).lower()}'s {name}"
    return f"the {name}"
