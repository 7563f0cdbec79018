"""What the figures below the goods come to: the total that goods, charges and discounts make.

The words beside a figure may be in any language: it is a total when it is what stands above it,
added up. The last such figure is what the document asks to be paid.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from ingest.fields import values
from ingest.fields.layout import Cell
from storage.values import Value

_MOST_BETWEEN = 8  # figures between two sums
_CENT = Decimal("0.01")
_LESS = re.compile(
    r"(?i)\b(?:less|minus|discounts?|rebates?|allowance|rabatte?|skonto|nachlass|bonus|remise|"
    r"descuentos?|bonificaci[oó]n|sconto|desconto|deduct\w*|iskonto|i̇skonto)\b|折扣|\./\."
)
_WEIGHED = re.compile(
    r"(?i)\b(?:weight|wt|gross|cbm|cartons?|ctns?|pack(?:age)?s|pieces|pcs|qty)\b"
)
_COINS = re.compile(r"(?i)US\$|HK\$|[$€£¥₺₹]|\b[A-Z]{2,3}\b")


class Figure(Value):
    """An amount in the order of the rows: that of a line, or what stands between and below them."""

    amount: Decimal
    cell: Cell
    goods: bool  #: it is a line's
    words: str = ""
    labelled: bool = False  #: its words say that it is the total


def proven(figures: Sequence[Figure]) -> Figure | None:
    """The last figure that is the sum of the lines with what is added to them and taken off."""
    running = Decimal(0)
    between: list[Decimal] = []
    last: Figure | None = None
    for one in figures:
        if one.goods:
            running += one.amount
            continue
        amount = one.amount
        if amount > 0 and running > 0:
            added = running + sum(between)
            if abs(amount - running) <= _CENT:
                # The goods alone: what stood between them may be named again below.
                between, last = [], one
                continue
            if between and abs(amount - added) <= _CENT:
                running, between, last = added, [], one
                continue
        other = one.labelled and not _WEIGHED.search(one.words)
        if other and last is not None and not last.labelled and amount != last.amount:
            return None  # the document names another total than its figures make
        if len(between) < _MOST_BETWEEN:
            between.append(-abs(amount) if _LESS.search(one.words) else amount)
    return last


def signed(text: str) -> Decimal | None:
    """An amount with its sign: "(1,268.84)", "461,76-", "- 21.000,00 USD", "(-)0.70"."""
    bare = _COINS.sub(" ", text).strip()
    minus = bare.startswith(("-", "(", "−", "–")) or bare.endswith(("-", ")", "−"))
    kept = re.sub(r"^[\s\-−–()]+|[\s\-−–()]+$", "", bare)
    if not re.fullmatch(r"\d[\d.,'\s]*(?:,-|\.-|,--)?", kept):
        return None
    amount = values.number(kept)
    return -amount if amount is not None and minus else amount
