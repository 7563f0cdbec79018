"""`tidewaiter tariff …` and `products …` as an operator types them."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from sqlmodel import select
from typer.testing import CliRunner, Result

from bot.cli import app
from knowledge.tariff import sync
from storage.db import Database
from storage.models import AuditEvent, Outbox, Product
from tests import schedules
from tests.schedules import Publisher

Ask = Callable[..., Result]


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher()
    made.pages["/export"] = schedules.export()
    made.pages["/currentRelease"] = b'{"name": "2026HTSRev9"}'
    yield made
    made.close()


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, publisher: Publisher) -> Ask:
    monkeypatch.chdir(tmp_path)
    for name, value in settings(tmp_path, publisher).items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return run


def settings(folder: Path, publisher: Publisher) -> dict[str, str]:
    return {
        "TIDEWAITER_DATA_DIR": str(folder / "data"),
        "TIDEWAITER_CACHE_DIR": str(folder / "cache"),
        "TIDEWAITER_TARIFF__SOURCE_URL": f"{publisher.url}/export",
        "TIDEWAITER_TARIFF__CHAPTER99_URL": f"{publisher.url}/chapter99",
        "TIDEWAITER_TARIFF__NOTES_URL": f"{publisher.url}/notes/{{chapter}}",
        "TIDEWAITER_TARIFF__RULINGS_URL": f"{publisher.url}/api/search",
        "TIDEWAITER_TARIFF__RULINGS_PAUSE": "0",
    }


def rows(folder: Path, table: type) -> list:
    database = Database(f"sqlite:///{folder / 'data' / 'tidewaiter.db'}")
    try:
        with database.snapshot() as session:
            return list(session.exec(select(table)))
    finally:
        database.close()


def newer(publisher: Publisher) -> None:
    publisher.pages["/export"] = schedules.export(schedules.SHIRTS_LATER)
    publisher.pages["/currentRelease"] = b'{"name": "2026HTSRev10"}'


def people(ask: Ask) -> None:
    ask("people", "add", "--slack", "U1", "--name", "Dana Whitlock", "--role", "licensed_broker",
        "--licence", "99001")  # fmt: skip
    ask("people", "add", "--slack", "U2", "--name", "Luis Ortega", "--role", "entry_writer")
    ask("importer", "add", "Cascade Apparel LLC")
    ask("importer", "add", "Kestrel Outdoor LLC")


def sheet(folder: Path, text: str, name: str = "goods.csv") -> str:
    path = folder / name
    path.write_text(text, "utf-8")
    return str(path)


GOODS = """SKU,Description,HTS
TS-1,Men's T-shirt of cotton,6109.10.00.12
TS-2,Women's T-shirt of cotton,6109.10.0040
TS-3,Wool undershirt for men,6109.90.80.10
"""


def imported(ask: Ask, folder: Path) -> Result:
    people(ask)
    ask("tariff", "sync", "--no-index")
    path = sheet(folder, GOODS)
    return ask("products", "import", path, "--importer", "Cascade Apparel", "--by", "U1")


def test_a_second_sync_tells_what_changed_and_which_confirmed_codes_died(
    ask: Ask, tmp_path: Path, publisher: Publisher
) -> None:
    assert imported(ask, tmp_path).exit_code == 0
    newer(publisher)
    done = ask("tariff", "sync", "--no-index")
    assert done.exit_code == 0, done.output
    assert "HTSUS 2026 revision 10 is in force" in done.stdout
    assert "2 added, 1 removed, 1 renumbered, 1 re-described, 1 re-rated" in done.stdout
    assert "TS-1 “Men's T-shirt of cotton”: 6109.10.00.12 is gone" in done.stdout
    assert "nearest now 6109.10.00.15" in done.stdout
    (told,) = [one for one in rows(tmp_path, Outbox) if one.kind == "slack.ops"]
    assert told.payload["note"] == "tariff_synced"
    assert told.payload["facts"]["removed"] == 1
    assert len(told.payload["facts"]["products"]) == 3


def test_the_same_edition_again_changes_nothing_and_tells_nobody(ask: Ask, tmp_path: Path) -> None:
    ask("tariff", "sync", "--no-index")
    again = ask("tariff", "sync", "--no-index")
    assert "HTSUS 2026 revision 9 is in force already: nothing new." in again.stdout
    assert [one for one in rows(tmp_path, Outbox) if one.kind == "slack.ops"] == []


def test_status_lists_all_editions_with_the_one_in_force(ask: Ask, publisher: Publisher) -> None:
    ask("tariff", "sync", "--no-index")
    newer(publisher)
    ask("tariff", "sync", "--no-index")
    found = json.loads(ask("tariff", "status", "--json").stdout)
    assert (found["edition"], found["effective"]) == ("HTSUS 2026 revision 10", "2026-06-08")
    kept = {one["edition"]: one["inForce"] for one in found["kept"]}
    assert kept == {"HTSUS 2026 revision 9": False, "HTSUS 2026 revision 10": True}
    assert all(one["sha256"] and one["takenAt"] and one["source"] for one in found["kept"])


def test_a_diff_names_the_products_and_their_successors(
    ask: Ask, tmp_path: Path, publisher: Publisher
) -> None:
    imported(ask, tmp_path)
    newer(publisher)
    ask("tariff", "sync", "--no-index")
    words = ("tariff", "diff", "2026 rev 9", "current", "--products")
    found = json.loads(ask(*words, "--json").stdout)
    dead = {one["product"]["sku"]: one for one in found["products"]}
    assert dead["TS-1"]["successors"][0]["code"] == "6109.10.00.15"
    assert {one["code"] for one in dead["TS-2"]["successors"][:2]} == {
        "6109.10.00.42",
        "6109.10.00.44",
    }
    assert dead["TS-3"]["says"] == "Of cashmere, for men"
    plain = ask(*words)
    assert "6109.10.00.12 -> 6109.10.00.15" in plain.stdout
    unclear = ask("tariff", "diff", "2026", "current")
    assert unclear.exit_code == 2
    assert "names more than one edition" in unclear.stderr


def test_an_older_edition_is_put_in_force_again_by_a_broker_only(
    ask: Ask, publisher: Publisher
) -> None:
    people(ask)
    ask("tariff", "sync", "--no-index")
    newer(publisher)
    ask("tariff", "sync", "--no-index")
    refused = ask("tariff", "use", "2026 revision 9", "--by", "U2")
    assert refused.exit_code == 2
    assert "Only a licensed broker" in refused.stderr
    done = ask("tariff", "use", "2026 revision 9", "--by", "U1")
    assert "HTSUS 2026 revision 9 is in force." in done.stdout
    assert "HTSUS 2026 revision 9" in ask("tariff", "status").stdout.splitlines()[0]


def test_show_has_everything_about_a_line_and_follows_a_dead_one(
    ask: Ask, publisher: Publisher
) -> None:
    ask("tariff", "sync", "--no-index")
    newer(publisher)
    ask("tariff", "sync", "--no-index")
    line = json.loads(ask("tariff", "show", "6109.10.0015", "--json").stdout)
    assert (line["general"], line["units"]) == ("15%", ["doz.", "kg"])
    assert line["path"][2] == "Men's or boys'"
    assert {one["code"] for one in line["beside"]} >= {"6109.10.00.14", "6109.10.00.42"}
    dead = ask("tariff", "show", "6109.10.00.12")
    assert dead.exit_code == 2
    assert "In HTSUS 2026 revision 9 it was: T-shirts" in dead.stdout
    assert "perhaps 6109.10.00.15" in dead.stdout
    assert "only digits and dots" in ask("tariff", "show", "shirt").stderr


def running(folder: Path, publisher: Publisher, *words: str) -> subprocess.Popen[bytes]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TIDEWAITER_")}
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *words],
        env={**clean, **settings(folder, publisher)},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("where", ["/export", "/chapter99"])
def test_a_sync_killed_half_way_leaves_the_previous_edition_in_force(
    ask: Ask, tmp_path: Path, publisher: Publisher, where: str
) -> None:
    ask("tariff", "sync", "--no-index")
    newer(publisher)
    publisher.pages["/chapter99"] = b"x" * 1000
    publisher.slowly[where] = 30
    before = len([one for one in publisher.asked if one[1] == where])
    process = running(tmp_path, publisher, "tariff", "sync", "--no-index")
    until = time.monotonic() + 60
    while len([one for one in publisher.asked if one[1] == where]) == before:
        assert time.monotonic() < until, "the sync never asked"
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    store = tmp_path / "data" / "tariff"
    assert sync.current(store) == store / "hts_2026_revision_9.json"
    assert sync.editions(store) == ["hts_2026_revision_9.json"]
    assert "HTSUS 2026 revision 9" in ask("tariff", "status").stdout.splitlines()[0]
    publisher.slowly.clear()
    del publisher.pages["/chapter99"]
    done = ask("tariff", "sync", "--no-index")
    assert "HTSUS 2026 revision 10 is in force" in done.stdout, done.output


def test_a_publisher_that_is_away_is_one_line_and_changes_nothing(
    ask: Ask, publisher: Publisher
) -> None:
    ask("tariff", "sync", "--no-index")
    del publisher.pages["/export"]
    done = ask("tariff", "sync", "--no-index")
    assert done.exit_code == 2
    assert "could not be fetched" in done.stderr.splitlines()[-1]
    assert "HTSUS 2026 revision 9" in ask("tariff", "status").stdout


def test_notes_of_a_chapter_are_kept_up_to_its_table(
    ask: Ask, tmp_path: Path, publisher: Publisher
) -> None:
    publisher.pages["/notes/61"] = (
        b"CHAPTER 61\nArticles of apparel, knitted\nNotes\n1. This chapter applies only to made "
        b"up knitted articles.\nHeading/ Subheading Stat. Article Description\n6101 Overcoats"
    )
    done = ask("tariff", "notes", "--chapter", "61")
    assert "The notes of chapter 61 are on file" in done.stdout
    kept = (tmp_path / "data" / "tariff" / "notes" / "61.txt").read_text("utf-8")
    assert "made up knitted articles" in " ".join(kept.split())
    assert "Overcoats" not in kept
    for words, said in (
        (("--chapter", "62"), "could not be fetched"),
        (("--chapter", "x"), "is no chapter"),
        (("--chapter", "62", "--from", sheet(tmp_path, "no words")), "no notes stand before"),
    ):
        bad = ask("tariff", "notes", *words)
        assert (bad.exit_code, said in bad.stderr) == (2, True), bad.stderr


def test_good_rows_are_taken_in_a_brokers_name_and_bad_ones_named_by_number(
    ask: Ask, tmp_path: Path
) -> None:
    people(ask)
    ask("tariff", "sync", "--no-index")
    path = sheet(
        tmp_path,
        GOODS
        + "TS-4,,6109.10.00.12\n"
        + "TS-5,Something,\n"
        + "TS-6,Something,61091\n"
        + "TS-7,Something,6109.10.00.99\n"
        + "TS-8,Something,6109.10.00\n"
        + "TS-1,Men's t-shirt of COTTON,6109.10.00.14\n",
    )
    done = ask("products", "import", path, "--importer", "Cascade Apparel", "--by", "Dana Whitlock")
    assert done.exit_code == 0, done.output
    assert "2 products taken for Cascade Apparel in the name of Dana Whitlock; 6" in done.stdout
    told = done.stderr.splitlines()
    for number, said in (
        (5, "no description"),
        (6, "no code"),
        (7, "has 5 digits"),
        (8, "6109.10.00.99 is not a line of HTSUS 2026 revision 9. Nearest: 6109.10.00.1"),
        (9, "divided further"),
        (10, "the same goods as in row 2, there under 6109.10.00.12"),
    ):
        assert any(one.startswith(f"row {number}: ") and said in one for one in told), told
    assert {
        (one.sku, one.confirmed_by, one.confirmed_licence) for one in rows(tmp_path, Product)
    } == {
        ("TS-2", "Dana Whitlock", "99001"),
        ("TS-3", "Dana Whitlock", "99001"),
    }
    (event,) = [one for one in rows(tmp_path, AuditEvent) if one.action == "products_imported"]
    assert (event.actor_name, event.actor_licence) == ("Dana Whitlock", "99001")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "A licensed broker confirms codes: name one with --by."),
        (("--by", "U2"), "Luis Ortega is entry_writer"),
        (("--by", "Nobody"), "is not one person of the list"),
    ],
)
def test_nothing_is_taken_without_a_licensed_broker(
    ask: Ask, tmp_path: Path, more: tuple[str, ...], said: str
) -> None:
    people(ask)
    ask("tariff", "sync", "--no-index")
    done = ask("products", "import", sheet(tmp_path, GOODS), "--importer", "Cascade Apparel", *more)
    assert done.exit_code == 2
    assert said in done.stderr
    assert rows(tmp_path, Product) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "what,ever\n1,2\n", "no row of headings"),
        ("a.csv", "\0\0", "this is no text"),
        ("a.xlsx", "PK not a sheet", "cannot be read"),
        ("none", "", "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_refused(
    ask: Ask, tmp_path: Path, name: str, text: str, said: str
) -> None:
    people(ask)
    path = sheet(tmp_path, text, name) if name != "none" else str(tmp_path / "none.csv")
    done = ask("products", "import", path, "--importer", "Cascade Apparel", "--by", "U1")
    assert done.exit_code == 2
    assert said in done.stderr


def test_products_go_out_and_come_in_again_as_csv_and_xlsx(ask: Ask, tmp_path: Path) -> None:
    imported(ask, tmp_path)
    trick = sheet(tmp_path, "sku,description,code\n=1+1,@Trick shirt,6109.10.00.14\n", "t.csv")
    ask("products", "import", trick, "--importer", "Cascade Apparel", "--by", "U1")
    for name in ("out.csv", "out.xlsx"):
        done = ask("products", "export", name, "--importer", "Cascade Apparel LLC")
        assert "4 products of Cascade Apparel LLC" in done.stdout, done.output
        back = ask("products", "import", name, "--importer", "Kestrel Outdoor", "--by", "U1")
        assert "4 products taken" in back.stdout, back.output
    table = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text("utf-8-sig"))))
    assert table[0]["sku"] == "'=1+1"
    assert table[1] | {"confirmed_on": ""} == {
        "sku": "TS-1",
        "description": "Men's T-shirt of cotton",
        "code": "6109.10.00.12",
        "edition": "HTSUS 2026 revision 9",
        "confirmed_by": "Dana Whitlock",
        "licence": "99001",
        "confirmed_on": "",
        "reason": "",
        "confirmed_in": "file goods.csv",
        "remark": "",
    }
    assert load_workbook(tmp_path / "out.xlsx").active["C3"].value == "6109.10.00.12"
    mine = {(one.importer_id, one.sku) for one in rows(tmp_path, Product)}
    assert (2, "=1+1") in mine
    assert len(mine) == 8  # each client's own, apart


def test_a_code_that_a_sheet_took_for_a_number_is_read(ask: Ask, tmp_path: Path) -> None:
    people(ask)
    ask("tariff", "sync", "--no-index")
    book = Workbook()
    book.active.append(["Item no.", "Goods", "HTS code"])
    book.active.append([4711, "Men's T-shirt", 6109100012])
    book.save(tmp_path / "n.xlsx")
    done = ask("products", "import", "n.xlsx", "--importer", "Cascade Apparel", "--by", "U1")
    assert done.exit_code == 0, done.output
    (one,) = rows(tmp_path, Product)
    assert (one.sku, one.code) == ("4711", "6109.10.00.12")


def test_conflicts_are_shown_until_a_broker_settles_them(ask: Ask, tmp_path: Path) -> None:
    imported(ask, tmp_path)
    other = sheet(tmp_path, "sku,description,code\nTS-1,Shirt in a box,6109.10.00.14\n", "o.csv")
    done = ask("products", "import", other, "--importer", "Cascade Apparel", "--by", "U1")
    assert "Confirmed under two codes" in done.stdout
    assert "SKU TS-1" in ask("products", "conflicts", "--importer", "Cascade Apparel").stdout
    refused = ask("products", "retire", "6109.10.00.14", "--importer", "Cascade Apparel", "--sku",
                  "TS-1", "--by", "U2", "--reason", "no")  # fmt: skip
    assert refused.exit_code == 2
    ask("products", "retire", "6109.10.00.14", "--importer", "Cascade Apparel", "--sku", "TS-1",
        "--by", "U1", "--reason", "measured again: it is for men")  # fmt: skip
    assert ask("products", "conflicts", "--importer", "Cascade Apparel").stdout == "None.\n"
    listed = ask("products", "list", "--importer", "Cascade Apparel", "--retired")
    assert "retired by Dana Whitlock" in listed.stdout


def test_dead_codes_are_listed_with_successors(
    ask: Ask, tmp_path: Path, publisher: Publisher
) -> None:
    imported(ask, tmp_path)
    newer(publisher)
    ask("tariff", "sync", "--no-index")
    listed = ask("products", "list", "--importer", "Cascade Apparel")
    assert "! not a line of HTSUS 2026 revision 10; nearest now: 6109.10.00.1" in listed.stdout
    found = json.loads(ask("products", "list", "--importer", "Cascade Apparel", "--json").stdout)
    assert {one["sku"] for one in found["products"] if one["remark"]} == {"TS-1", "TS-2"}
