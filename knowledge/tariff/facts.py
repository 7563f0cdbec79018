"""Facts that lines are divided by, read from words: for whom, of what, how made.

The same reading is used for the goods and for the tariff's lines, so that agreement and
contradiction can be counted. A fact that is not said is not assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from knowledge.tariff.texts import tokens

Facts = dict[str, frozenset[str]]

_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "gender": {
        "men": ("men", "man", "mens", "male", "gentleman", "guy"),
        "women": ("women", "woman", "womens", "lady", "female"),
        "boys": ("boy", "kid", "children", "child"),
        "girls": ("girl", "kid", "children", "child"),
        "babies": ("baby", "infant", "toddler", "newborn", "babies"),
    },
    "made": {
        "knitted": ("knit", "knitted", "crocheted", "jersey", "fleece", "sweater", "knitwear"),
        "woven": ("woven", "denim", "chiffon", "satin", "poplin", "flannel"),
    },
    "material": {
        "cotton": ("cotton", "denim", "corduroy", "canvas"),
        "wool": ("wool", "cashmere", "woolen", "merino", "alpaca"),
        "silk": ("silk",),
        "man-made fibers": (
            *("polyester", "nylon", "acrylic", "spandex", "elastane", "synthetic", "rayon"),
            *("viscose", "man", "fleece", "polyamide", "microfiber", "acetate", "chiffon"),
        ),
        "leather": ("leather", "cowhide", "suede", "sheepskin", "calf"),
        "plastics": (
            *("plastic", "pvc", "acrylic", "resin", "silicone", "abs", "vinyl", "polyethylene"),
            *("polypropylene", "pu", "pet", "polyurethane", "polycarbonate", "nylon", "eva", "tpu"),
        ),
        "rubber": ("rubber", "latex", "neoprene", "silicone"),
        "wood": ("wood", "wooden", "bamboo", "plywood"),
        "paper": ("paper", "paperboard", "cardboard"),
        "glass": ("glass", "crystal"),
        "ceramic": ("ceramic", "porcelain", "china", "stoneware", "earthenware"),
        "steel": ("steel", "iron", "stainless", "metal"),
        "aluminum": ("aluminum", "aluminium", "metal"),
        "copper": ("copper", "brass", "bronze", "metal"),
        "zinc": ("zinc", "alloy", "metal", "base"),
        "precious metal": ("gold", "silver", "sterling", "platinum", "precious"),
        "stone": ("stone", "granite", "marble", "slate", "gemstone", "semiprecious"),
        "textile": ("textile", "fabric", "cloth", "polyester", "cotton", "nylon"),
    },
    "part": {"part": ("part", "component", "replacement", "spare")},
    "power": {
        "electric": ("electric", "electrical", "electronic", "battery", "cordless", "rechargeable"),
        "by hand": ("manual", "hand"),
    },
}

QUESTIONS: dict[str, str] = {
    "gender": "Is it for men, women, boys, girls or babies?",
    "made": "Is it knitted or woven?",
    "material": "What is it made of (the material that weighs most)?",
    "power": "Is it electric or worked by hand?",
}


@lru_cache(maxsize=65536)
def _read(words: tuple[str, ...]) -> tuple[tuple[str, frozenset[str]], ...]:
    said = set(words)
    if "faux" in said or "imitation" in said or "artificial" in said:
        said -= {"leather", "pearl", "fur"}
    found = []
    for name, values in _WORDS.items():
        there = frozenset(
            value for value, spellings in values.items() if not said.isdisjoint(spellings)
        )
        if there:
            found.append((name, there))
    return tuple(found)


def of(text: str) -> Facts:
    """The facts that a text states."""
    return dict(_read(tokens(text)))


def of_words(words: Sequence[str]) -> Facts:
    return dict(_read(tuple(words)))


def agreement(goods: Facts, line: Facts, name: str) -> float:
    """1 when both say the same, -1 when they contradict, 0 when one is silent."""
    said, stated = goods.get(name), line.get(name)
    if not said or not stated:
        return 0.0
    return 1.0 if said & stated else -1.0
