"""The store of editions: nothing is lost, nothing half-way counts."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from knowledge.tariff import export, sync
from tests import schedules
from tests.schedules import Publisher


@pytest.fixture
def publisher():
    made = Publisher()
    made.pages["/export"] = schedules.export()
    yield made
    made.close()


def fetch(publisher: Publisher) -> sync.Incoming:
    return sync.fetch(f"{publisher.url}/export", on=date(2026, 11, 21))


@pytest.mark.parametrize(
    ("told", "edition"),
    [
        ({"name": "2026HTSRev14", "title": "Revision 14 (2026)"}, "HTSUS 2026 revision 14"),
        ({"name": "2026HTSBasic"}, "HTSUS 2026 basic edition"),
        ({"name": "something else"}, "HTSUS 2026 fetched 2026-11-21"),
        ([1, 2], "HTSUS 2026 fetched 2026-11-21"),
    ],
)
def test_the_publisher_names_the_edition_where_it_can(
    publisher: Publisher, told: object, edition: str
) -> None:
    publisher.pages["/currentRelease"] = json.dumps(told).encode()
    assert fetch(publisher).schedule.edition == edition


def test_a_release_that_changes_under_the_download_gives_no_name(publisher: Publisher) -> None:
    names = iter(["2026HTSRev14", "2026HTSRev15"])
    publisher.pages["/currentRelease"] = lambda _: (
        200,
        json.dumps({"name": next(names)}).encode(),
    )
    assert fetch(publisher).schedule.edition == "HTSUS 2026 fetched 2026-11-21"


def test_the_progress_knows_how_much_there_is(publisher: Publisher) -> None:
    told: list[tuple[int, int | None]] = []
    sync.fetch(
        f"{publisher.url}/export",
        on=date(2026, 11, 21),
        progress=lambda done, total: told.append((done, total)),
    )
    whole = len(schedules.export())
    assert told[-1] == (whole, whole)


def test_a_publisher_that_is_away_is_told_from_a_bad_file(publisher: Publisher) -> None:
    with pytest.raises(sync.NotReached, match="Nothing was changed"):
        sync.fetch(f"{publisher.url}/nowhere", on=date(2026, 11, 21))
    publisher.pages["/export"] = schedules.export()[:-500]
    with pytest.raises(export.BadExport, match="cut off"):
        fetch(publisher)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([*schedules.SHIRTS, schedules.SHIRTS[-1]], "stands there twice"),
        ([schedules.SHIRTS[0], schedules.SHIRTS[3]], "a level is missing"),
        (schedules.SHIRTS[1:], "where it does not belong"),
    ],
)
def test_a_wrong_file_leaves_what_was_in_force(
    tmp_path: Path, rows: list[dict[str, object]], said: str
) -> None:
    store = tmp_path / "store"
    sync.from_file(schedules.edition(tmp_path, "hts_2026_rev_9.json"), store)
    before = sync.current(store)
    with pytest.raises(export.BadExport, match=said):
        sync.from_file(schedules.edition(tmp_path, "hts_2026_rev_10.json", rows), store)
    assert sync.current(store) == before
    assert len(sync.editions(store)) == 1


def test_an_edition_that_was_laid_aside_is_neither_in_force_nor_beside_the_others(
    tmp_path: Path,
) -> None:
    store = tmp_path / "store"
    sync.from_file(schedules.edition(tmp_path, "hts_2026_rev_9.json"), store)
    aside = sync.put(sync.take(schedules.edition(tmp_path, "hts_2026_rev_10.json")), store)
    assert aside.is_file()
    assert sync.editions(store) == ["hts_2026_revision_9.json"]
    assert sync.current(store) == store / "hts_2026_revision_9.json"


def test_what_a_dead_sync_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    store = tmp_path / "store"
    sync.put(sync.take(schedules.edition(tmp_path, "hts_2026_rev_10.json")), store)
    sync.from_file(schedules.edition(tmp_path, "hts_2026_rev_11.json"), store)
    assert list((store / "incoming").iterdir()) == []
    assert sync.editions(store) == ["hts_2026_revision_11.json"]


def test_a_revision_that_the_publisher_mended_stands_beside_its_first_form(tmp_path: Path) -> None:
    store = tmp_path / "store"
    name = "hts_2026_rev_10.json"
    sync.from_file(schedules.edition(tmp_path, name), store)
    sync.from_file(schedules.edition(tmp_path, name, schedules.SHIRTS_LATER), store)
    assert sync.editions(store) == ["hts_2026_revision_10.2.json", "hts_2026_revision_10.json"]
    there = sync.current(store)
    assert there is not None
    assert export.load(there).find("6109.10.00.15") is not None
    assert export.edition_of(there) == "HTSUS 2026 revision 10"


def test_each_edition_is_dated_and_has_its_source_and_hash(tmp_path: Path) -> None:
    store = tmp_path / "store"
    path = schedules.edition(tmp_path, "hts_2026_rev_10.json")
    packed = tmp_path / "hts_2026_rev_10.json.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    sync.from_file(packed, store)
    (kept,) = sync.about(store).values()
    assert (kept.edition, kept.source) == ("HTSUS 2026 revision 10", packed.name)
    assert len(kept.sha256) == 64
    assert kept.taken_at.tzinfo is not None
    assert sync.last_checked(store) is not None


@pytest.mark.parametrize(
    ("named", "file"),
    [
        ("2026 revision 10", "hts_2026_revision_10.json"),
        ("2026 rev 9", "hts_2026_revision_9.json"),
        ("HTSUS 2026 Rev. 9", "hts_2026_revision_9.json"),
        ("current", "hts_2026_revision_10.json"),
    ],
)
def test_an_edition_is_found_by_what_people_call_it(tmp_path: Path, named: str, file: str) -> None:
    store = tmp_path / "store"
    for one in ("hts_2026_rev_9.json", "hts_2026_rev_10.json"):
        sync.from_file(schedules.edition(tmp_path, one), store)
    assert sync.find(store, named).name == file


@pytest.mark.parametrize(
    ("named", "said"), [("2026", "more than one"), ("2024 rev 1", "no edition")]
)
def test_an_unclear_name_is_answered_with_those_that_are_kept(
    tmp_path: Path, named: str, said: str
) -> None:
    store = tmp_path / "store"
    for one in ("hts_2026_rev_9.json", "hts_2026_rev_10.json"):
        sync.from_file(schedules.edition(tmp_path, one), store)
    with pytest.raises(export.BadExport, match=said) as refused:
        sync.find(store, named)
    assert "HTSUS 2026 revision 10; HTSUS 2026 revision 9." in str(refused.value)


def test_two_syncs_do_not_work_at_once(tmp_path: Path) -> None:
    first, second = sync.alone(tmp_path), sync.alone(tmp_path)
    with first, pytest.raises(sync.Busy, match="nothing was done"):
        second.__enter__()
