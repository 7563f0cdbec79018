"""What a line says, made plain: tags, ruling formulas and shop talk taken off, attributes named.

Invoices, shop titles ("… Material: Cotton; Gender: Men") and the subjects of rulings ("The
tariff classification of a … from China") wrap the goods in different words. Nothing is added
here, and the order of what is left stays.
"""

from __future__ import annotations

import html
import re

from storage.values import Value

LONGEST = 1000  # characters of a description that are looked at
_TAGS = re.compile(r"<[^>]{0,200}>")
_ATTRIBUTE = re.compile(r"(?:^|[.;]\s+)([A-Z][A-Za-z ]{2,24}):\s*([^;]{1,200})")
_FORMULA = re.compile(
    r"^(?:RE\b:?\s+)?(?:.*\b(?:classification|eligibility|origin|marking|protocol|agreement|"
    r"USMCA|CAFTA|protest no\.?\s[\d-]+|(?:affirmation|revocation|modification) of \w+ \w+)"
    r"[\s,;:)\u201d\"]*(?:of|concerning|from|;)?\s+)?",
    re.IGNORECASE | re.DOTALL,
)
_FROM = re.compile(
    r"\s+(?:imported |produced |made )?(?:from|in) (?:[A-Z][a-z]+,?\s?(?:and )?){1,3}$"
)
_SHOP = re.compile(
    r"\b(?:free shipping|hot sale|best sell(?:er|ing)|wholesale|drop ?shipping|new arrivals?|"
    r"high[- ]quality|luxury|fashion(?:able)?|trend(?:y|ing)?|cross-border|customi[sz]ed|"
    r"original|genuine product|20[12]\d|(?:birthday|christmas|xmas)? ?gifts?(?: for \w+)?|"
    r"\d+ ?(?:pcs?|pieces?|sets?|pairs?|pack)(?:/lot)?|1 ?set|lot)\b",
    re.IGNORECASE,
)
_KINDS = ("item type", "type", "product type")


class Asked(Value):
    """A description taken apart."""

    text: str  #: everything, plain
    goods: str  #: what the goods are, without formulas, shop talk and attributes
    kind: str = ""  #: the shop's own word for the kind of goods, where it gives one
    attributes: tuple[tuple[str, str], ...] = ()

    def attribute(self, name: str) -> str:
        return " ".join(value for key, value in self.attributes if key == name)


def read(description: str) -> Asked:
    """Take a description apart; an empty one stays empty."""
    text = " ".join(_TAGS.sub(" ", html.unescape(description[: LONGEST * 5])).split())[:LONGEST]
    attributes = tuple(
        (key.strip().lower(), value.strip()) for key, value in _ATTRIBUTE.findall(text)
    )
    title = _ATTRIBUTE.split(text)[0] if attributes else text
    goods = _FROM.sub("", _FORMULA.sub("", title, count=1))
    goods = " ".join(_SHOP.sub(" ", goods).split(" ")) if attributes or len(goods) > 60 else goods
    goods = " ".join(goods.split()).strip(" .,;:-")
    named = dict(attributes)
    kind = next((named[key] for key in _KINDS if named.get(key)), "")
    return Asked(text=text, goods=goods or title or text, kind=kind, attributes=attributes)
