"""`tidewaiter booking`: what an operator sees, over a database of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot import booking_commands
from bot.cli import app

ROWS = """booking,importer,exporter,exporter country,destination,mode,packages,package unit
K-1,Kestrel Outdoor LLC,Hanoi Lotus Bags JSC,VN,US,ocean,10,pallets
K-2,Kestrel Outdoor LLC,Hanoi Lotus Bags JSC,VN,US,mule,10,pallets
"""


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIDEWAITER_DATA_DIR", str(tmp_path / "data"))
    # Nobody listens: Redis is down, and every effect waits in the outbox.
    monkeypatch.setenv("TIDEWAITER_REDIS_URL", "redis://127.0.0.1:9")
    (tmp_path / "b.csv").write_text(ROWS)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["booking", *words])


def test_a_dry_run_says_what_would_be_done_and_does_nothing() -> None:
    said = run("import", "b.csv", "--dry-run")
    assert said.exit_code == 0
    assert "row 2: K-1 would open a shipment; lane any to US, ocean" in said.output
    assert "row 3: would not be taken: mode 'mule' is no mode" in said.output
    assert "0 booked shipments" in run("gaps").output


def test_a_file_is_taken_once_and_a_rehearsal_shows_what_another_table_would_do(tmp_path: Path) -> None:
    assert "row 2: SHP-2026-000001 opened (K-1)" in run("import", "b.csv").output.replace(_year(), "2026")
    assert "taken already" in run("import", "b.csv").output
    assert "1 booked shipments" in run("gaps").output
    (tmp_path / "t.toml").write_text('version = "t"\n[[trigger]]\nwhen = "file:*"\ndo = ["open_shipment", "tell_thread"]\n')
    played = run("triggers", "--dry-run", f"SHP-{_year()}-000001", "--table", "t.toml").output
    assert "- request_documents" in played
    assert "+ tell_thread" in played


def test_bad_input_is_one_line_and_status_two(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    for words, told in (
        (("import", "x.csv"), "one called 'booking'"),
        (("import", "none.csv"), "no such file"),
        (("lane", "CN", "BR", "ocean"), "no lane profile for CN to BR"),
        (("triggers", "--dry-run", "SHP-2026-999999"), "no shipment"),
        (("pull",), "TIDEWAITER_TMS__URL"),
        (("gaps", "--importer", "Nobody"), "not among our importers"),
    ):
        said = run(*words)
        assert said.exit_code == 2
        assert told in said.output


def test_a_token_is_never_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEWAITER_TMS__URL", "http://source.example")
    monkeypatch.setenv("TIDEWAITER_TMS__TOKEN", "a-secret")
    said = run("gaps")
    assert said.exit_code == 2
    assert "https://" in said.output
    assert "a-secret" not in said.output


def test_the_lane_and_the_report_are_machine_readable() -> None:
    lane = json.loads(run("lane", "CN", "US", "ocean", "--json").output)
    assert lane["documents"][0]["name"] == "commercial_invoice"
    assert json.loads(run("gaps", "--json").output)["overall"] == 0
    assert booking_commands.app.info.help


def _year() -> str:
    from storage.columns import now

    return str(now().year)
