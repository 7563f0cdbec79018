"""What can be measured between some goods and every six-digit group, and then every leaf of one.

The same code makes the features for training and for serving; their order is `NAMES` and
`LEAF_NAMES`, and a model that was trained on another order is refused. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from knowledge.tariff import facts, measures
from knowledge.tariff.corpus import Indexed, Places
from knowledge.tariff.encoder import Vectors
from knowledge.tariff.query import Asked
from knowledge.tariff.texts import tokens

Floats = npt.NDArray[np.float32]

CANDIDATES = 60
"""Groups that the quick fusion hands on to the ranker: 95% of what can be found is among them."""

_SIMILAR = ("leaf", "six", "head", "term", "term_head", "map_six", "map_head")
_BASE = (
    *_SIMILAR,
    *(f"{name}_goods" for name in _SIMILAR),
    *("words_leaf", "words_six", "cover_leaf", "cover_six"),
    *("contain", "contain_head", "contain_kind", "vote", "vote_head"),
)
NAMES = (
    *_BASE,
    *(f"{name}_gap" for name in _BASE),
    *("fused", "fused_gap", "fused_rank", "head_rank", "chapter_share"),
    *("fact_gender", "fact_made", "fact_material", "fact_part", "fact_power"),
    *("prior_six", "prior_head", "leaves", "chapter", "other"),
    *("words", "has_attributes", "kind"),
)
LEAF_NAMES = (
    *("leaf_gap", "leaf_goods_gap", "words_gap", "cover_gap", "named", "term_leaf", "contain_leaf"),
    *("fact_gender", "fact_made", "fact_material", "fact_power"),
    *("limits", "other", "other_silent", "prior", "alone"),
)
_FUSION: dict[str, float] = {
    "leaf": 0.5,
    "six": 0.5,
    "head": 0.2,
    "term": 0.8,
    "term_head": 0.15,
    "map_six": 0.5,
    "leaf_goods": 0.3,
    "six_goods": 0.3,
    "term_goods": 0.6,
    "map_six_goods": 0.3,
    "words_leaf": 0.2,
    "words_six": 0.4,
    "cover_leaf": 0.2,
    "cover_six": 0.3,
    "contain": 0.5,
    "contain_head": 0.1,
    "contain_kind": 0.3,
    "vote": 0.6,
    "vote_head": 0.2,
}
_VOTERS = 24
_SHARP = 14.0
_FACTS = ("gender", "made", "material", "part", "power")


class Seen:
    """Some goods held against a whole corpus."""

    __slots__ = (
        "asked",
        "base",
        "facts",
        "fused",
        "leaf_similar",
        "order",
        "term_similar",
        "words",
    )

    def __init__(
        self,
        asked: Asked,
        words: Sequence[str],
        base: dict[str, Floats],
        leaf: tuple[Floats, Floats, Floats],
        term: tuple[Floats, Floats],
    ) -> None:
        self.asked, self.words, self.base = asked, words, base
        self.leaf_similar, self.term_similar = leaf, term
        self.facts = facts.of(asked.text)
        self.fused: Floats = np.sum(
            [weight * base[name] for name, weight in _FUSION.items()], axis=0, dtype=np.float32
        )
        self.order = np.argsort(-self.fused, kind="stable")


def look(
    index: Indexed,
    asked: Asked,
    vectors: Vectors,
    mapped: tuple[Vectors, Vectors, Vectors],
    *,
    hidden: Places | None = None,
) -> Seen:
    """Measure the goods against all groups.

    `vectors` has one row for the whole text and one for the goods alone; `mapped` is the same
    through the learned map, with the prototypes of groups and headings. `hidden` are trade terms
    to do without: training hides what its author may have written for the very line.
    """
    corpus = index.corpus
    similar = index.vectors @ vectors.T
    ends = np.cumsum([len(corpus.leaf_texts), len(corpus.groups), len(corpus.heads)])
    leaf, six, head, term = np.split(similar, ends)
    if hidden is not None:
        term[hidden] = 0.0
    questions, six_proto, head_proto = mapped
    map_six, map_head = six_proto @ questions.T, head_proto @ questions.T
    base: dict[str, Floats] = {}
    for view, tail in ((0, ""), (1, "_goods")):
        base["leaf" + tail] = np.maximum.reduceat(leaf[:, view], corpus.first_leaf)
        base["six" + tail] = six[:, view]
        base["head" + tail] = head[corpus.head_of, view]
        groups, heads = _best_terms(index, term[:, view])
        base["term" + tail], base["term_head" + tail] = groups, heads[corpus.head_of]
        base["map_six" + tail] = map_six[:, view]
        base["map_head" + tail] = map_head[corpus.head_of, view]
    words = tokens(asked.text)
    goods = tokens(asked.goods)
    best = _scaled(index.leaf_words.scores(goods))
    base["words_leaf"] = np.maximum.reduceat(best, corpus.first_leaf)
    base["words_six"] = _scaled(index.group_words.scores(goods))
    base["cover_leaf"] = np.maximum.reduceat(index.leaf_words.coverage(goods), corpus.first_leaf)
    base["cover_six"] = index.group_words.coverage(goods)
    contained = _contained(index, goods)
    kinds = _contained(index, kind) if (kind := tokens(asked.kind)) else np.zeros_like(contained)
    if hidden is not None:
        contained[hidden] = kinds[hidden] = 0.0
    base["contain"], heads = _best_terms(index, contained)
    base["contain_head"] = heads[corpus.head_of]
    base["contain_kind"] = _best_terms(index, kinds)[0]
    base["vote"], votes = _votes(index, term.max(axis=1) + 0.15 * contained)
    base["vote_head"] = votes[corpus.head_of]
    return Seen(asked, words, base, (leaf[:, 0], leaf[:, 1], best), (term.max(axis=1), contained))


def of_groups(index: Indexed, seen: Seen, chosen: Places, prior: tuple[Floats, Floats]) -> Floats:
    """One row of `NAMES` for each chosen group."""
    corpus = index.corpus
    rank = np.empty(len(seen.order), dtype=np.float32)
    rank[seen.order] = np.arange(len(seen.order))
    head_best = np.maximum.reduceat(seen.fused, corpus.first_group)
    head_rank = np.empty(len(head_best), dtype=np.float32)
    head_rank[np.argsort(-head_best, kind="stable")] = np.arange(len(head_best))
    chapters = np.array([int(corpus.groups[place][:2]) for place in chosen])
    share = np.array([(chapters[:20] == chapter).mean() for chapter in chapters])
    columns = [seen.base[name][chosen] for name in _BASE]
    columns += [seen.base[name][chosen] - seen.base[name].max() for name in _BASE]
    columns += [seen.fused[chosen], seen.fused[chosen] - seen.fused.max()]
    columns += [np.log1p(rank[chosen]), np.log1p(head_rank[corpus.head_of[chosen]]), share]
    columns += [
        np.array([facts.agreement(seen.facts, corpus.group_facts[g], name) for g in chosen])
        for name in _FACTS
    ]
    columns += [prior[0][chosen], prior[1][corpus.head_of[chosen]], np.log(corpus.sizes[chosen])]
    other = np.array(
        [
            corpus.group_texts[g].lower().startswith("other") or "n.e.c" in corpus.group_texts[g]
            for g in chosen
        ]
    )
    columns += [chapters.astype(np.float32), other]
    columns += [
        np.full(len(chosen), value)
        for value in (len(seen.words), bool(seen.asked.attributes), bool(seen.asked.kind))
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def of_leaves(index: Indexed, seen: Seen, group: int, prior: Floats) -> Floats:
    """One row of `LEAF_NAMES` for each leaf of a group."""
    corpus = index.corpus
    places = np.array(corpus.leaves_of(group), dtype=np.intp)
    dense, goods, words = (part[places] for part in seen.leaf_similar)
    near, contained = seen.term_similar
    said = set(seen.words)
    telling = [set(tokens(corpus.leaves[place].words)) for place in places]
    shared = set.intersection(*telling)
    cover = np.array([len(said & (one - shared)) for one in telling], dtype=np.float32)
    spread = np.array([len(one - shared) for one in telling], dtype=np.float32)
    term_leaf = np.zeros(len(places), dtype=np.float32)
    contain_leaf = np.zeros(len(places), dtype=np.float32)
    for term in np.flatnonzero(corpus.term_group == group):
        code = corpus.terms[term].code
        if len(code) <= 6:
            continue
        there = [at for at, place in enumerate(places) if corpus.bare[place].startswith(code)]
        similar = float(near[term])
        for at in there:
            term_leaf[at] = max(term_leaf[at], similar)
            contain_leaf[at] = max(contain_leaf[at], float(contained[term]))
    lines = [corpus.leaf_facts[place] for place in places]
    said_amounts = measures.amounts(seen.asked.text)
    kept = [measures.agree(said_amounts, corpus.limits[place]) for place in places]
    other = np.array(
        [corpus.leaves[place].description.lower().startswith("other") for place in places],
        dtype=np.float32,
    )
    columns = [
        dense - dense.max(),
        goods - goods.max(),
        words - words.max(),
        cover - cover.max(),
        cover / np.maximum(spread, 1),
        term_leaf,
        contain_leaf,
        *(
            np.array([facts.agreement(seen.facts, line, name) for line in lines])
            for name in ("gender", "made", "material", "power")
        ),
        np.array([0.0 if one is None else 1.0 if one else -1.0 for one in kept]),
        other,
        other * float(cover.max() == 0),
        prior[places],
        np.full(len(places), float(len(places) == 1)),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _best_terms(index: Indexed, scores: Floats) -> tuple[Floats, Floats]:
    """The best term of every group, and of every heading."""
    corpus = index.corpus
    heads = np.zeros(len(corpus.heads), dtype=np.float32)
    np.maximum.at(heads, corpus.term_head, scores)
    groups = np.zeros(len(corpus.groups), dtype=np.float32)
    exact = corpus.term_group >= 0
    np.maximum.at(groups, corpus.term_group[exact], scores[exact])
    return groups, heads


def _votes(index: Indexed, scores: Floats) -> tuple[Floats, Floats]:
    """What the nearest terms say, each by how near it is."""
    corpus = index.corpus
    groups = np.zeros(len(corpus.groups), dtype=np.float32)
    heads = np.zeros(len(corpus.heads), dtype=np.float32)
    if not len(scores):
        return groups, heads
    nearest = np.argpartition(-scores, min(_VOTERS, len(scores) - 1))[:_VOTERS]
    weight = np.exp(_SHARP * (scores[nearest] - scores[nearest].max()))
    weight /= weight.sum()
    np.add.at(heads, corpus.term_head[nearest], weight)
    exact = corpus.term_group[nearest] >= 0
    np.add.at(groups, corpus.term_group[nearest][exact], weight[exact])
    return groups, heads


def _contained(index: Indexed, words: Sequence[str]) -> Floats:
    """How far each term's words stand in the question; a rare word in full counts most."""
    matched = index.term_words.matched(words)
    share = matched / index.term_weight
    found: Floats = (share**3 * np.minimum(1.0, index.term_weight / 14.0)).astype(np.float32)
    return found


def _scaled(scores: Floats) -> Floats:
    best = float(scores.max()) if scores.size else 0.0
    return scores / best if best > 0 else scores
