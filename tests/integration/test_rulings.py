"""CBP's ruling search, as it is documented, by a server on the loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlmodel import select

from knowledge.tariff.cross import Cross, NoAnswer
from storage.db import Database
from storage.models import Ruling, RulingCursor
from tests.schedules import Publisher
from workflows import rulings
from workflows.states import Refused


def row(number: str, day: int = 1, **more: object) -> dict[str, object]:
    """A ruling as the search lists it."""
    return {
        "id": 0,
        "rulingNumber": number,
        "subject": f"The tariff classification of widgets {number} from China",
        "categories": "Classification",
        "rulingDate": f"2019-02-{day:02}T00:00:00",
        "isUsmca": False,
        "tariffs": ["8543.70.9860", "9903.88.03"],
        "relatedRulings": [],
        "modifiedBy": [],
        "modifies": [],
        "revokedBy": [],
        "revokes": [],
        "collection": "ny",
        "commodityGrouping": "",
        "operationallyRevoked": False,
        **more,
    }


class Search:
    """What the search knows, newest first."""

    def __init__(self) -> None:
        self.rows = [row(f"N3000{n:02}", 28 - n) for n in range(25)]
        self.fail: list[int] = []  #: statuses to answer with first

    def answer(self, query: dict[str, str]) -> tuple[int, bytes]:
        if self.fail:
            return self.fail.pop(0), b"busy"
        size, page = int(query["pageSize"]), int(query["page"])
        part = self.rows[(page - 1) * size : page * size]
        return 200, json.dumps({"rulings": part, "totalHits": len(self.rows)}).encode()


@pytest.fixture
def search() -> Search:
    return Search()


@pytest.fixture
def publisher(search: Search) -> Iterator[Publisher]:
    made = Publisher()
    made.pages["/api/search"] = search.answer
    yield made
    made.close()


def run(database: Database, publisher: Publisher, **more: object) -> rulings.Fetched:
    with cross(publisher) as there:
        return rulings.sync(database.transaction, there, **{"term": "widgets", **more})


def cross(publisher: Publisher, *, waits: list[float] | None = None) -> Cross:
    slept = waits if waits is not None else []
    return Cross(f"{publisher.url}/api/search", pause=0.5, page_size=10, sleep=slept.append)


def kept(database: Database, table: type) -> list:
    with database.snapshot() as session:
        return list(session.exec(select(table)))


def test_a_search_is_pulled_page_by_page_to_its_end(
    database: Database, publisher: Publisher
) -> None:
    made = run(database, publisher)
    assert (made.pages, made.new, made.finished, made.total) == (3, 25, True, 25)
    asked = [query for _, _, query in publisher.asked]
    assert [one["page"] for one in asked] == ["1", "2", "3"]
    assert asked[0] == {
        "term": "widgets",
        "collection": "ALL",
        "commodityGrouping": "ALL",
        "sortBy": "DATE_DESC",
        "pageSize": "10",
        "page": "1",
    }
    one = next(r for r in kept(database, Ruling) if r.number == "N300003")
    assert (str(one.issued_on), one.collection, one.tariffs) == (
        "2019-02-25",
        "NY",
        ["8543.70.98.60", "9903.88.03"],
    )
    assert one.url == f"{publisher.url}/ruling/N300003"


def test_a_search_goes_on_where_it_stopped(embedded: Database, publisher: Publisher) -> None:
    first = run(embedded, publisher, most_pages=1)
    second = run(embedded, publisher, most_pages=1)
    assert (first.finished, second.finished) == (False, False)
    assert [query["page"] for _, _, query in publisher.asked] == ["1", "2"]
    assert run(embedded, publisher).finished
    assert len(kept(embedded, Ruling)) == 25


def test_what_came_before_a_failure_is_kept_and_not_asked_again(
    database: Database, publisher: Publisher, search: Search
) -> None:
    run(database, publisher, most_pages=1)
    search.fail = [500]
    with pytest.raises(NoAnswer, match="answered 500 for page 2; what came before is kept"):
        run(database, publisher)
    assert len(kept(database, Ruling)) == 10
    assert run(database, publisher).new == 15


def test_a_finished_search_rests_and_then_looks_only_for_what_is_new(
    database: Database, publisher: Publisher, search: Search
) -> None:
    run(database, publisher)
    publisher.asked.clear()
    assert run(database, publisher).rested
    assert publisher.asked == []
    with database.transaction() as session:
        cursor = session.exec(select(RulingCursor)).one()
        assert cursor.finished_at is not None
        cursor.finished_at -= rulings.REST
        session.add(cursor)
    search.rows.insert(0, row("N400000", 28))
    made = run(database, publisher)
    assert (made.new, made.pages) == (1, 2)  # the second page had nothing new


def test_a_revocation_that_came_later_is_taken_over(
    database: Database, publisher: Publisher, search: Search
) -> None:
    run(database, publisher)
    search.rows[3] |= {"revokedBy": ["HQ H301234"], "operationallyRevoked": True}
    search.rows[4] |= {"modifiedBy": ["H305678"]}
    made = run(database, publisher, again=True)
    assert (made.changed, made.known) == (2, 23)
    with database.snapshot() as session:
        there = rulings.Library().of(session)
        gone, changed = there.find("N300003"), there.find("n300004")
        assert gone is not None
        assert changed is not None
        assert gone.standing == "revoked by H301234"
        assert changed.standing == "modified by H305678"
        assert rulings.status(session)[:2] == (25, 1)


def test_the_search_is_asked_slowly_and_waits_when_it_is_told_to(
    embedded: Database, publisher: Publisher, search: Search
) -> None:
    waits: list[float] = []
    search.fail = [429, 503]
    with cross(publisher, waits=waits) as there:
        rulings.sync(embedded.transaction, there, term="widgets", most_pages=2)
    assert len(waits) == 5  # three pauses between four requests, two longer ones after refusals
    assert min(waits) == 0.5
    assert max(waits) >= 1


def test_a_search_that_stays_away_is_given_up_after_a_few_tries(
    embedded: Database, publisher: Publisher, search: Search
) -> None:
    search.fail = [503] * 9
    with pytest.raises(NoAnswer, match="the next run goes on there"):
        run(embedded, publisher)
    assert len(publisher.asked) == 3


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b"{}", b'{"rulings": 3}', b'{"rulings": [{"x": 1}]}', b"[" * 9000]
)
def test_an_answer_that_is_no_list_of_rulings_is_refused(
    embedded: Database, publisher: Publisher, body: bytes
) -> None:
    publisher.pages["/api/search"] = body
    with pytest.raises(NoAnswer):
        run(embedded, publisher)
    assert kept(embedded, Ruling) == []


def test_odd_rows_are_told_and_the_others_taken(
    embedded: Database, publisher: Publisher, search: Search
) -> None:
    search.rows = [
        row("N300001", tariffs="8543.70.9860, 9903.88.02"),
        row("ny n300002", tariffs=None, rulingDate=None),
        row("not a number"),
        row("N300004", rulingDate="soon"),
        row("N300005", subject="x" * 3000),
    ]
    made = run(embedded, publisher)
    assert (made.new, len(made.odd)) == (2, 3)
    found = {one.number: one for one in kept(embedded, Ruling)}
    assert found["N300001"].tariffs == ["8543.70.98.60", "9903.88.02"]
    assert found["N300002"].tariffs == []


@pytest.mark.parametrize("term", ["", "   ", "x" * 300])
def test_a_search_needs_a_term(embedded: Database, publisher: Publisher, term: str) -> None:
    with pytest.raises(Refused, match="Give a term"):
        run(embedded, publisher, term=term)


def test_the_index_follows_what_is_fetched(database: Database, publisher: Publisher) -> None:
    library = rulings.Library()
    with database.snapshot() as session:
        assert len(library.of(session)) == 0
    run(database, publisher, most_pages=1)
    with database.snapshot() as session:
        assert len(library.of(session)) == 10
        assert len(library.of(session).under("8543.70")) == 10
