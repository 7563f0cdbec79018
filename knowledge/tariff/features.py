"""What can be measured between some goods and every six-digit group, and then every leaf of one.

The same code makes the features for training and for serving; their order is `NAMES` and
`LEAF_NAMES`, and a model that was trained on another order is refused. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from knowledge.tariff import facts, measures
from knowledge.tariff.adapter import Adapter
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
    *("leaf_gap", "leaf_goods_gap", "words_gap", "cover_gap", "named"),
    *("term_leaf", "contain_leaf", "term_vote"),
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
_WEIGHTS = np.array([_FUSION.get(name, 0.0) for name in _BASE], dtype=np.float32)
STRETCH = 16  # goods measured by one product: 3 MB for each
_VOTERS = 24
_SHARP = 14.0
_FACTS = ("gender", "made", "material", "part", "power")


class Seen:
    """Some goods held against a whole corpus."""

    __slots__ = ("asked", "base", "facts", "fused", "leaf_similar", "term_similar", "top", "words")

    def __init__(
        self,
        asked: Asked,
        base: Floats,
        leaf: tuple[Floats, Floats, Floats],
        term: tuple[Floats, Floats],
    ) -> None:
        self.asked, self.base = asked, base
        self.words = tokens(asked.text)
        self.leaf_similar, self.term_similar = leaf, term
        self.facts = facts.of(asked.text)
        self.fused: Floats = _WEIGHTS @ base
        self.top = _best(self.fused, CANDIDATES)


def look(
    index: Indexed,
    asked: Sequence[Asked],
    vectors: Vectors,
    learned: Adapter,
    *,
    hidden: Sequence[Places | None] | None = None,
) -> Iterator[Seen]:
    """Measure each of these goods against all groups.

    `vectors` is (goods, 2, dimensions): the whole text and the goods alone. `hidden` are trade
    terms to do without: training hides what its author may have written for the very line. One
    product serves a whole stretch of goods, because reading all vectors is what costs.
    """
    for start in range(0, len(asked), STRETCH):
        part = vectors[start : start + STRETCH].reshape(-1, vectors.shape[-1])
        # Where the goods are the whole text, as in most lines of an invoice, it is asked once.
        asked_once, row_of = np.unique(part, axis=0, return_inverse=True)
        turned = learned.turned(asked_once)
        products = [
            np.ascontiguousarray((many @ few.T).T)  # this way round BLAS copies the few only
            for many, few in (
                (index.vectors, asked_once),
                (learned.six, turned),
                (learned.head, turned),
            )
        ]
        for row, one in enumerate(asked[start : start + STRETCH]):
            both = row_of[2 * row : 2 * row + 2]
            without = hidden[start + row] if hidden is not None else None
            similar, map_six, map_head = (product[both] for product in products)
            yield _measured(index, one, similar, (map_six, map_head), without)


def _measured(
    index: Indexed,
    asked: Asked,
    similar: Floats,
    mapped: tuple[Floats, Floats],
    hidden: Places | None,
) -> Seen:
    corpus = index.corpus
    leaf, six, head, term = np.split(similar, index.ends, axis=1)
    if hidden is not None:
        term[:, hidden] = 0.0
    base = np.empty((len(_BASE), len(corpus.groups)), dtype=np.float32)
    dense = base[: 2 * len(_SIMILAR)].reshape(2, len(_SIMILAR), -1)
    dense[:, 0] = np.maximum.reduceat(leaf, corpus.first_leaf, axis=1)
    dense[:, 1], dense[:, 2] = six, head[:, corpus.head_of]
    for view in (0, 1):
        groups, heads = _best_terms(index, term[view])
        dense[view, 3], dense[view, 4] = groups, heads[corpus.head_of]
    dense[:, 5], dense[:, 6] = mapped[0], mapped[1][:, corpus.head_of]
    goods = tokens(asked.goods)
    words = _scaled(index.leaf_words.scores(goods))
    contained = _contained(index, goods)
    kinds = _contained(index, kind) if (kind := tokens(asked.kind)) else np.zeros_like(contained)
    if hidden is not None:
        contained[hidden] = kinds[hidden] = 0.0
    in_groups, in_heads = _best_terms(index, contained)
    near = term.max(axis=0)
    votes, head_votes = _votes(index, near + 0.15 * contained)
    base[2 * len(_SIMILAR) :] = (
        np.maximum.reduceat(words, corpus.first_leaf),
        _scaled(index.group_words.scores(goods)),
        np.maximum.reduceat(index.leaf_words.coverage(goods), corpus.first_leaf),
        index.group_words.coverage(goods),
        in_groups,
        in_heads[corpus.head_of],
        _best_terms(index, kinds)[0],
        votes,
        head_votes[corpus.head_of],
    )
    return Seen(asked, base, (leaf[0], leaf[1], words), (near, contained))


def of_groups(index: Indexed, seen: Seen, chosen: Places, prior: tuple[Floats, Floats]) -> Floats:
    """One row of `NAMES` for each chosen group."""
    corpus = index.corpus
    heads = corpus.head_of[chosen]
    head_best = np.maximum.reduceat(seen.fused, corpus.first_group)
    head_rank = np.empty(len(head_best), dtype=np.float32)
    head_rank[np.argsort(-head_best, kind="stable")] = np.arange(len(head_best))
    fused = seen.fused[chosen]
    rank = (seen.fused[:, None] > fused).sum(axis=0)
    chapters = np.array([int(corpus.groups[place][:2]) for place in chosen])
    share = (chapters[:20, None] == chapters).mean(axis=0)
    base = seen.base[:, chosen]
    stated = [corpus.facts_of_group(place) for place in chosen]
    known = [[facts.agreement(seen.facts, one, name) for one in stated] for name in _FACTS]
    texts = [corpus.group_texts[place] for place in chosen]
    other = [text.lower().startswith("other") or "n.e.c" in text for text in texts]
    about = (len(seen.words), bool(seen.asked.attributes), bool(seen.asked.kind))
    return np.concatenate(
        [
            base,
            base - seen.base.max(axis=1, keepdims=True),
            np.stack((fused, fused - seen.fused.max(), np.log1p(rank), np.log1p(head_rank[heads]))),
            share[None, :],
            np.array(known),
            np.stack((prior[0][chosen], prior[1][heads], np.log(corpus.sizes[chosen]))),
            np.array((chapters, other)),
            np.repeat(np.array(about)[:, None], len(chosen), axis=1),
        ],
        dtype=np.float32,
    ).T.copy()


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
    term_vote = np.zeros(len(places), dtype=np.float32)
    for term in np.flatnonzero(corpus.term_group == group):
        code = corpus.terms[term].code
        if len(code) <= 6:
            continue
        there = [at for at, place in enumerate(places) if corpus.bare[place].startswith(code)]
        similar = float(near[term])
        for at in there:
            term_leaf[at] = max(term_leaf[at], similar)
            contain_leaf[at] = max(contain_leaf[at], float(contained[term]))
            term_vote[at] += np.exp(_SHARP * (similar - 1.0)) / len(there)
    # The likeliest leaf of a group may be named by several terms that are each a little near.
    term_vote /= term_vote.sum() or 1.0
    lines = [corpus.facts_of_leaf(place) for place in places]
    said_amounts = measures.amounts(seen.asked.text)
    kept = [
        measures.agree(said_amounts, measures.limits(corpus.leaves[place].words))
        for place in places
    ]
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
        term_vote,
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
    groups = np.zeros(len(corpus.groups), dtype=np.float32)
    for found, part in ((heads, corpus.terms_by_head), (groups, corpus.terms_by_group)):
        if len(part.terms):
            best = np.maximum.reduceat(scores[part.terms], part.starts)
            found[part.owners] = np.maximum(best, 0.0)
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
    found: Floats = share * share * share * np.minimum(1.0, index.term_weight / 14.0)
    return found


def _best(scores: Floats, count: int) -> Places:
    """The places of the best scores, best first; the earlier one of equals."""
    if count >= len(scores):
        return np.argsort(-scores, kind="stable")
    found = np.sort(np.argpartition(-scores, count)[:count])
    return found[np.argsort(-scores[found], kind="stable")]


def _scaled(scores: Floats) -> Floats:
    best = float(scores.max()) if scores.size else 0.0
    return scores / best if best > 0 else scores
