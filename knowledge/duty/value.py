"""From what the documents say to the customs value (19 USC 1401a(b), 19 CFR 152.103). Pure.

Transaction value, and nothing else. Deducted is only what the term of sale puts into the price,
the document shows on its own and evidence proves as the actual cost; added is only what the
importer's side has answered. All other amounts are shown with the effect "none", asked about
or flagged. This module fills no gap with a figure, converts no currency and decides no basis:
a value that would need one of these is None.

Longer than most modules: the law's list of what counts is read against one price, in one place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from knowledge.reference import INCOTERMS_2020
from storage.values import Flag, Money, Value

_FREIGHT_INSIDE = frozenset({"CFR", "CIF", "CPT", "CIP", "DAP", "DPU", "DDP"})
_INSURANCE_INSIDE = frozenset({"CIF", "CIP", "DAP", "DPU", "DDP"})
_MUST_INSURE = frozenset({"CIF", "CIP"})  # under the D terms a seller may go without

_CARRIAGE = "19 USC 1401a(b)(4)(A)"
_AFTER_IMPORT = "19 USC 1401a(b)(3)(A), 19 CFR 152.103(i)"
_NO_TERM = "not deducted while the term of sale is unknown"
_US_DUTIES = "19 USC 1401a(b)(3)(B), 19 CFR 152.103(i)"

# What is added when the buyer bears it and the price does not hold it: field, name, cite, question.
_ADDITIONS = (
    ("packing", "packing", "(A)", "packing costs that the price does not include"),
    ("selling_commission", "selling commission", "(B)", "a commission to the seller's agent"),
    ("assists", "assists", "(C)", "tools, moulds, materials or design work given to the maker"),
    ("royalties", "royalties", "(D)", "a royalty or licence fee as a condition of the sale"),
    ("proceeds", "proceeds", "(E)", "a part of the later resale that goes to the seller"),
)

Effect = Literal["deducted", "added", "none"]


class Discount(Value):
    """A decrease of the price that `Price.amount` does not yet show."""

    amount: Money
    when: Literal["before_import", "after_import"]


class Price(Value):
    """What the documents and the importer's side say. None is not stated, zero is stated: none.

    `amount` is the price for the goods under the term. `us_duties` and `post_import` are parts
    of it, and so are `freight` and `insurance` where the term puts them inside; where it does
    not, they stand on top. `freight_included` and `insurance_included` are for a document that
    plainly says otherwise than its term; None goes by the term.
    """

    amount: Money
    incoterm: str | None
    freight: Money | None = None  #: international, shown on its own
    insurance: Money | None = None  #: international, shown on its own
    freight_included: bool | None = None
    insurance_included: bool | None = None
    actual: bool = False  #: freight and insurance are billed cost on a through bill, no estimate
    us_duties: Money | None = None  #: US duties and taxes, identified on their own
    post_import: Money | None = None  #: assembly, transport and the like after importation
    discounts: tuple[Discount, ...] = ()
    inland_freight: Money | None = None  #: in the country of export
    packing: Money | None = None
    selling_commission: Money | None = None
    assists: Money | None = None
    royalties: Money | None = None
    proceeds: Money | None = None
    buying_commission: Money | None = None
    related_parties: bool | None = None


class Step(Value):
    """One amount, what it did to the value, and the law that says so."""

    what: str
    amount: Money
    effect: Effect
    because: str


class CustomsValue(Value):
    """The value in the invoice's currency, as far as the answers go, and how it came about."""

    value: Money | None
    steps: tuple[Step, ...]
    questions: tuple[str, ...]  #: for the importer's side, only what is not answered
    flags: tuple[Flag, ...]


_Found = Step | str | Flag  # a str is a question
_NO_VALUE = "value_unknown"  # the flag's type that leaves the value None


def carriage_inside(printed: str | None) -> bool:
    """Whether the term puts international freight into the price."""
    return term_of(printed) in _FREIGHT_INSIDE


def customs_value(price: Price) -> CustomsValue:
    """The transaction value that these facts support."""
    term = term_of(price.incoterm)
    found: list[_Found] = [
        *_term(price, term),
        *_discounts(price),
        *_carriage(price, term),
        *_inland(price, term),
        *_parts(price, term),
        *_additions(price),
        *_buyer_and_seller(price),
    ]
    steps = tuple(one for one in found if isinstance(one, Step))
    flags = [one for one in found if isinstance(one, Flag)]
    added = sum(step.amount.amount for step in steps if step.effect == "added")
    deducted = sum(step.amount.amount for step in steps if step.effect == "deducted")
    total = price.amount.amount + added - deducted
    if price.amount.amount <= 0 or total <= 0:
        message = f"The price {price.amount} leaves {total:,.2f}: check the amounts on the invoice."
        flags.append(_flag(_NO_VALUE, "totals.total", message, must=True))
    known = all(flag.type != _NO_VALUE for flag in flags)
    return CustomsValue(
        value=Money(amount=total, currency=price.amount.currency) if known else None,
        steps=steps,
        questions=tuple(dict.fromkeys(one for one in found if isinstance(one, str))),
        flags=tuple(flags),
    )


def term_of(printed: str | None) -> str | None:
    """The Incoterms 2020 code of a text like "CIF Los Angeles"; None when not exactly one."""
    words = re.findall(r"[A-Z]+", (printed or "").upper())
    words = [word for word in words if word not in {"INCOTERM", "INCOTERMS"}]
    codes = set(words) & INCOTERMS_2020
    return words[0] if len(codes) == 1 and words[0] in codes else None


def _term(price: Price, term: str | None) -> Iterator[_Found]:
    if term is not None:
        return
    printed = f"“{price.incoterm}”" if price.incoterm else "nothing"
    yield "On which Incoterms 2020 term and named place were the goods sold?"
    yield _flag(
        "term_unknown",
        "header.incoterms",
        f"The term of sale reads {printed}: nothing that it could hold was deducted.",
        must=True,
    )


def _discounts(price: Price) -> Iterator[_Found]:
    field = "totals.discounts"
    for one in price.discounts:
        if one.when == "before_import":
            because = "agreed before importation, so part of the price (19 USC 1401a(b)(4)(A))"
            yield from _counted(price, "discount", field, one.amount, "deducted", because)
        else:
            because = "a decrease after importation is disregarded (19 USC 1401a(b)(4)(B))"
            yield _shown("discount after importation", one.amount, because)
            message = f"The discount of {one.amount} came after importation: not deductible."
            yield _flag("late_discount", field, message)


def _carriage(price: Price, term: str | None) -> Iterator[_Found]:
    yield from _carried(
        price, term, "freight", price.freight, price.freight_included, _FREIGHT_INSIDE
    )
    yield from _carried(
        price, term, "insurance", price.insurance, price.insurance_included, _INSURANCE_INSIDE
    )


def _carried(
    price: Price,
    term: str | None,
    name: str,
    amount: Money | None,
    stated: bool | None,
    inside: frozenset[str],
) -> Iterator[_Found]:
    what, field = f"international {name}", f"totals.{name}"
    by_term = term in inside if term else None
    included = by_term if stated is None else stated
    if term and included is not by_term:
        message = f"The document does not treat the {name} as {term} does: check the term."
        yield _flag(f"{name}_against_term", field, message)
    if amount is None:
        if included and (name == "freight" or stated or term in _MUST_INSURE):
            yield f"What did the {what} cost? The bill that shows it, please."
            yield _flag(
                f"{name}_not_shown",
                field,
                f"The price includes {what} that is not shown: nothing is deducted. "
                "Tell CBP that the value holds an unknown amount of it (T.D. 00-20).",
            )
    elif included is None:
        yield _shown(what, amount, _NO_TERM)
    elif not included:
        yield _shown(what, amount, f"on top of the price, no part of the value ({_CARRIAGE})")
    elif not price.actual:
        yield _shown(what, amount, f"not proven as the actual cost ({_CARRIAGE}, T.D. 00-20)")
        yield f"What did the {what} cost? The bill that shows it, please."
        message = f"The {what} of {amount} has no bill behind it: an estimate is not deducted."
        yield _flag(f"{name}_not_proven", field, message)
    else:
        because = f"inside the price, shown on its own, actual cost ({_CARRIAGE})"
        yield from _counted(price, what, field, amount, "deducted", because)


def _inland(price: Price, term: str | None) -> Iterator[_Found]:
    what, amount = "foreign inland freight", price.inland_freight
    if amount is None:
        return
    if term in {"EXW", "FCA"}:
        yield _shown(what, amount, f"not added to {term} (19 CFR 152.103(a)(5)(i))")
        return
    yield _shown(what, amount, "in the price unless shipped through (19 CFR 152.103(a)(5)(ii))")
    yield _flag(
        "inland_freight",
        None,
        f"Inland freight of {amount} was not deducted: that needs a sale for "
        "export and a through bill before it was carried (19 CFR 152.103(a)(5)).",
    )


def _parts(price: Price, term: str | None) -> Iterator[_Found]:
    """US duties and what is done after importation: parts of the price, deducted when shown."""
    if term == "DDP" and price.us_duties is None:
        yield "How much of the DDP price is US duty and tax?"
        message = f"The DDP price does not show its US duties: not deducted ({_US_DUTIES})."
        yield _flag("duties_not_shown", None, message)
    for what, amount, cite, inside in (
        ("US duties and taxes", price.us_duties, _US_DUTIES, term == "DDP"),
        ("work or carriage after importation", price.post_import, _AFTER_IMPORT, True),
    ):
        if amount is None:
            continue
        if term is None:
            yield _shown(what, amount, _NO_TERM)
        elif inside:
            because = f"identified apart from the price ({cite})"
            yield from _counted(price, what, None, amount, "deducted", because)
        else:
            yield _shown(what, amount, f"a {term} price holds none ({cite})")
            if amount.amount:
                message = f"{what} of {amount} stand on a {term} invoice: check the term."
                yield _flag("duties_against_term", "header.incoterms", message)


def _additions(price: Price) -> Iterator[_Found]:
    for field, what, paragraph, asked in _ADDITIONS:
        amount: Money | None = getattr(price, field)
        cite = f"19 USC 1401a(b)(1){paragraph}, 19 CFR 152.103(b)"
        if amount is None:
            yield f"Did the buyer bear {asked}? How much? ({cite})"
        elif amount.amount == 0:
            yield _shown(what, amount, f"answered: none ({cite})")
        else:
            yield from _counted(price, what, None, amount, "added", f"borne by the buyer ({cite})")


def _buyer_and_seller(price: Price) -> Iterator[_Found]:
    if price.buying_commission is not None:
        because = "only a selling commission is added (19 USC 1401a(b)(1)(B))"
        yield _shown("buying commission", price.buying_commission, because)
        message = "Keep the agency agreement: paid to the seller, it would be part of the price."
        yield _flag("buying_commission", None, message)
    if price.related_parties is None:
        yield "Are buyer and seller related (19 USC 1401a(g))?"
    elif price.related_parties:
        yield _flag(
            "related_parties",
            None,
            "Buyer and seller are related: the value is accepted only if the circumstances of "
            "sale or test values show that this did not influence the price "
            "(19 USC 1401a(b)(2)(B), 19 CFR 152.103(j)(2), (l)).",
        )


def _counted(
    price: Price, what: str, field: str | None, amount: Money, effect: Effect, because: str
) -> Iterator[_Found]:
    """The amount with its effect, or shown without one and the value left unknown."""
    if amount.currency != price.amount.currency:
        wrong = f"is in {amount.currency} and the price in {price.amount.currency}: convert first"
    elif amount.amount < 0:
        wrong = f"is below zero ({amount}): check the document"
    else:
        yield Step(what=what, amount=amount, effect=effect, because=because)
        return
    yield _shown(what, amount, f"not {effect}: it {wrong}")
    yield _flag(_NO_VALUE, field, f"The {what} {wrong}.", must=True)


def _shown(what: str, amount: Money, because: str) -> Step:
    return Step(what=what, amount=amount, effect="none", because=because)


def _flag(kind: str, field: str | None, message: str, *, must: bool = False) -> Flag:
    severity: Literal["must_resolve", "review"] = "must_resolve" if must else "review"
    return Flag(type=kind, field=field, severity=severity, message=message)
