"""The country of an address that does not write it out: postal prefix, telephone, tax number.

Each clue is one that the trade prints on purpose: "DK-4000 Roskilde", "+43 7252 ...",
"ATU51338709", "Houston, Texas-77008". A town alone tells nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ingest.fields import values

_PREFIXES = {
    "A": ("AT", 4), "AT": ("AT", 4), "B": ("BE", 4), "BE": ("BE", 4), "CH": ("CH", 4),
    "CZ": ("CZ", 5), "D": ("DE", 5), "DE": ("DE", 5), "DK": ("DK", 4), "E": ("ES", 5),
    "ES": ("ES", 5), "F": ("FR", 5), "FR": ("FR", 5), "FI": ("FI", 5), "FIN": ("FI", 5),
    "FL": ("LI", 4), "GR": ("GR", 5), "H": ("HU", 4), "HU": ("HU", 4), "HR": ("HR", 5),
    "I": ("IT", 5), "IT": ("IT", 5), "L": ("LU", 4), "LT": ("LT", 5), "LV": ("LV", 4),
    "N": ("NO", 4), "NO": ("NO", 4), "NL": ("NL", 4), "P": ("PT", 4), "PL": ("PL", 2),
    "PT": ("PT", 4), "RO": ("RO", 6), "S": ("SE", 5), "SE": ("SE", 5), "SI": ("SI", 4),
    "SK": ("SK", 5), "SLO": ("SI", 4), "TR": ("TR", 5), "EE": ("EE", 5), "BG": ("BG", 4),
}  # fmt: skip
"""Letters before a postal code, the country and how many digits its codes begin with."""
_POSTAL = re.compile(r"(?:^|[\s,;(])([A-Z]{1,3})\s?-\s?(\d{2,6})\b(?!\s*/)")
_CALLING = {
    "20": "EG", "27": "ZA", "30": "GR", "31": "NL", "32": "BE", "33": "FR", "34": "ES",
    "351": "PT", "352": "LU", "353": "IE", "354": "IS", "356": "MT", "357": "CY", "358": "FI",
    "359": "BG", "36": "HU", "370": "LT", "371": "LV", "372": "EE", "380": "UA", "381": "RS",
    "385": "HR", "386": "SI", "40": "RO", "41": "CH", "420": "CZ", "421": "SK", "423": "LI",
    "43": "AT", "44": "GB", "45": "DK", "46": "SE", "47": "NO", "48": "PL", "49": "DE",
    "502": "GT", "503": "SV", "504": "HN", "505": "NI", "506": "CR", "507": "PA", "51": "PE",
    "52": "MX", "54": "AR", "55": "BR", "56": "CL", "57": "CO", "593": "EC", "598": "UY",
    "60": "MY", "61": "AU", "62": "ID", "63": "PH", "64": "NZ", "65": "SG", "66": "TH",
    "81": "JP", "82": "KR", "84": "VN", "852": "HK", "853": "MO", "855": "KH", "856": "LA",
    "86": "CN", "880": "BD", "886": "TW", "90": "TR", "91": "IN", "92": "PK", "94": "LK",
    "95": "MM", "971": "AE", "972": "IL", "974": "QA", "966": "SA", "212": "MA", "216": "TN",
    "254": "KE", "233": "GH", "234": "NG", "251": "ET", "977": "NP",
}  # fmt: skip
"""Calling codes of one country each; +1, +7 and +39 are those of several."""
_PHONE = re.compile(r"(?:\+|(?<![\d-])00)\s?\(?(\d{2,4})")
_TAXED = re.compile(
    r"\b(?:VAT|UST|UID|MWST|TVA|BTW|IVA|NIF|NIPC|CVR|MOMS|DPH|P\.?\s?IVA)\b[^\d:]{0,24}?[:\s]\s*"
    r"(AT|BE|BG|CH|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|NO|PL|PT|RO|SE|SI|SK)"
    r"[\s-]?[A-Z]?\d",
    re.IGNORECASE,
)
_AUSTRIAN = re.compile(r"\bATU\d{8}\b")
_REGISTERED = (
    (re.compile(r"\bGSTIN\b|\bIEC\s*(?:NO)?\.?\s*:?\s*\d"), "IN"),
    (re.compile(r"\bABN\s*:?\s*\d"), "AU"),
    (re.compile(r"\bCNPJ\b"), "BR"),
    (re.compile(r"\bSIRE[NT]\b|\bRCS\s+[A-Z]"), "FR"),
    (re.compile(r"(?i)\bpartita\s+iva\b|\bp\.\s?iva\b|\bcod(?:ice)?\.?\s+fiscale\b"), "IT"),
    (re.compile(r"(?i)\bvergi\s+dairesi\b|\bmersis"), "TR"),
    (re.compile(r"\bKvK\b"), "NL"),
    (re.compile(r"\bHR[AB]\s?\d|\bUSt-?Id"), "DE"),
    (re.compile(r"\bCHE-\d"), "CH"),
    (re.compile(r"\bFN\s?\d{4,6}\s?[a-z]\b"), "AT"),
    (re.compile(r"\bNIPC\b"), "PT"),
    (re.compile(r"\bR\.?F\.?C\b[.:\s]*[A-ZÑ&]{3,4}[- ]?\d{6}"), "MX"),
    (re.compile(r"사업자\s?등록\s?번호"), "KR"),
    (re.compile(r"统一社会信用代码"), "CN"),
)
"""The names of registers and tax numbers that one country has."""
_STATES = (
    "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii"
    "|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan"
    "|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico"
    "|New York|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island"
    "|South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West Virginia"
    "|Wisconsin|Wyoming"
)
_STATE_CODES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|DC|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM"
    "|NY|NC|ND|OH|OK|OR|PA|PR|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY"
)
_AMERICAN = re.compile(
    rf"(?:\b(?:{_STATE_CODES})\.?|(?i:\b(?:{_STATES})))[\s,-]+\d{{5}}(?:-\d{{4}})?(?!\d)"
)


def country(address: str) -> str | None:
    """The country that an address names, or else that its figures tell."""
    return values.country_in(address) or told(address)


def told(text: str) -> str | None:
    """The country that postal codes, tax and telephone numbers tell, when it is one country."""
    for clues in (_postal(text), _american(text), _taxed(text), _registers(text), _phones(text)):
        found = set(clues)
        if len(found) == 1:
            return found.pop()
    return None


def _postal(text: str) -> Iterable[str]:
    for match in _POSTAL.finditer(text):
        land, digits = _PREFIXES.get(match[1], ("", 0))
        if land and len(match[2]) == digits:
            yield land


def _american(text: str) -> Iterable[str]:
    return ["US"] if _AMERICAN.search(text) else []


def _taxed(text: str) -> Iterable[str]:
    if _AUSTRIAN.search(text):
        yield "AT"
    for match in _TAXED.finditer(text):
        yield {"EL": "GR"}.get(match[1].upper(), match[1].upper())


def _registers(text: str) -> Iterable[str]:
    return [land for pattern, land in _REGISTERED if pattern.search(text)]


def _phones(text: str) -> Iterable[str]:
    for match in _PHONE.finditer(text):
        digits = match[1]
        land = next((_CALLING[digits[:n]] for n in (3, 2) if digits[:n] in _CALLING), None)
        if land:
            yield land
