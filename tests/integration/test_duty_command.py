"""`tidewaiter duty`, `tariff sync` and `rates sync` as an operator types them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from knowledge import tariff
from tests.unit.knowledge.test_duty_book import whole
from tests.unit.knowledge.test_duty_chapter99 import CHAPTER

SPRING = "2026-05-01"
LAMPS = {"hts": "9405.11.40.10", "origin": "CN", "value": 62300, "quantity": 480, "unit": "PCS"}

Ask = Callable[..., Result]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("TIDEWAITER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TIDEWAITER_CACHE_DIR", str(tmp_path / "cache"))

    def run(*arguments: str, entry: dict[str, Any] | str | None = None) -> Result:
        words = list(arguments)
        if entry is not None:
            path = tmp_path / "entry.json"
            path.write_text(entry if isinstance(entry, str) else json.dumps(entry), "utf-8")
            words += ["--input", str(path)]
        return CliRunner().invoke(app, words)

    return run


def stated(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"entryDate": SPRING, "transport": "ocean", "lines": list(lines), **more}


def test_an_entry_is_computed_on_the_demonstration_extract(ask: Ask) -> None:
    done = ask("duty", "--json", entry=stated(LAMPS))
    assert done.exit_code == 0, done.output
    made = json.loads(done.stdout)
    (line,) = made["lines"]
    assert [(one["heading"], one["amount"]) for one in line["layers"]] == [
        ("9903.88.03", 15575),
        ("9903.03.01", 6230),
        ("9405.11.40.10", 2429.7),
    ]
    assert line["readerOrder"] == ["9405.11.40.10", "9903.88.03", "9903.03.01"]
    assert (line["total"], made["duty"]) == (24234.7, 24234.7)
    assert (made["mpf"], made["hmf"], made["total"]) == (215.81, 77.88, 24528.39)
    assert all(one["edition"] and one["source"] for one in line["layers"])
    assert [row["heading"] for row in made["entrySummary"]][-2:] == ["499", "501"]
    assert made["refusals"] == []


def test_an_order_that_a_person_found_gives_a_deposit_beside_the_total(ask: Ask) -> None:
    line = {**LAMPS, "lineNumber": 3, "adcvd": [{"case": "A-570-967", "rate": 86.01}]}
    (made,) = json.loads(ask("duty", "--json", entry=stated(line)).stdout)["lines"]
    assert (made["number"], made["total"]) == (3, 24234.7)
    assert "a cash deposit of USD 53,584.23, not in the total" in made["advisories"][0]


def test_people_get_a_table_and_a_paragraph(ask: Ask) -> None:
    done = ask("duty", entry=stated(LAMPS))
    assert done.exit_code == 0
    assert "HTSUS no." in done.stdout
    assert "Duty USD 24,234.70, with fees USD 24,528.39." in done.stdout


def test_a_refused_line_is_in_the_answer_and_ends_with_two(ask: Ask) -> None:
    done = ask(
        "duty", "--json", entry=stated(LAMPS, {**LAMPS, "origin": None}, {"hts": "6109.10.00"})
    )
    assert done.exit_code == 2
    made = json.loads(done.stdout)
    assert made["total"] is None
    assert "country of origin is needed" in made["lines"][1]["refusal"]
    assert done.stderr.strip() == f"{made['refusals'][0]} (1 more)"


def test_goods_outside_the_extract_ask_for_the_schedule(ask: Ask) -> None:
    done = ask("duty", entry=stated({**LAMPS, "hts": "0101.21.00.10"}))
    assert done.exit_code == 2
    assert "duty needs the HTSUS: run tariff sync" in done.stderr


def test_other_facts_and_the_price_are_answered_too(ask: Ask) -> None:
    entry = stated(
        {**LAMPS, "claims": [], "steelPercent": 10},
        price={
            "incoterm": "CIF New York",
            "amount": 62300,
            "freight": 2000,
            "insurance": 300,
            "actual": True,
            "assists": 500,
            "royalties": 0,
            "discounts": [{"amount": 100}],
            "relatedParties": True,
        },
        whatIf=[
            {"origin": "VN"},
            {"hts": "9405.11.60.10"},
            {"claims": ["civil_aircraft"], "entryDate": "2026-05-02"},
            {"line": 7},
        ],
    )
    made = json.loads(ask("duty", "--json", entry=entry).stdout)
    value = made["customsValue"]
    assert value["value"] == 62300 - 2300 + 500 - 100
    assert {step["effect"] for step in value["steps"]} >= {"deducted", "added"}
    assert any("related" in flag["message"] for flag in value["flags"])
    assert made["lines"][0]["layers"][-1]["basis"] == 60400
    changes = [(one["change"], one["difference"]) for one in made["whatIf"]]
    assert changes == [
        ("origin VN", -15100),
        ("code 9405.11.60.10", 2234.8),
        ("entered 2026-05-02; claimed civil_aircraft", -6040),
    ]


def test_foreign_money_needs_a_rate_and_takes_it_from_a_synced_table(
    ask: Ask, tmp_path: Path
) -> None:
    entry = stated({**LAMPS, "currency": "KRW"}, exportDate="2026-04-10", transport="air")
    without = ask("duty", "--json", entry=entry)
    assert without.exit_code == 2
    told = json.loads(without.stdout)["lines"][0]["advisories"]
    assert "run `tidewaiter rates sync`" in told[0]
    table = tmp_path / "rates.csv"
    table.write_text(
        "kind,currency,on,usd_per_unit,source\ndaily,KRW,2026-04-10,0.0007,CBP bulletin\n", "utf-8"
    )
    synced = ask("rates", "sync", "--from", str(table))
    assert synced.stdout.strip() == "1 rates of exchange are in force."
    made = json.loads(ask("duty", "--json", entry=entry).stdout)
    assert made["lines"][0]["layers"][-1]["basis"] == 43.61
    assert "KRW 62300 at 0.0007 (daily certified 2026-04-10" in made["lines"][0]["advisories"][0]
    assert made["hmf"] is None
    bad = ask("rates", "sync", "--from", str(tmp_path / "none.csv"))
    assert bad.exit_code == 2


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{", "not JSON"),
        ("[" * 5000, "not JSON"),
        ({"lines": [LAMPS]}, "entryDate: Field required"),
        ({"entryDate": SPRING, "lines": []}, "lines"),
        (stated({**LAMPS, "stealPercent": 4}), "lines.0.stealPercent: Extra inputs"),
        (stated({**LAMPS, "value": "much"}), "lines.0.value"),
        (stated(LAMPS, transport="x" * 99), "transport"),
        (stated({**LAMPS, "adcvd": [{"case": "570-967", "rate": 1}]}), "lines.0.adcvd.0.case"),
        (stated({**LAMPS, "value": None}, price={}), "price: give its amount"),
    ],
)
def test_input_that_is_no_entry_is_refused_with_the_field(
    ask: Ask, entry: dict[str, Any] | str, said: str
) -> None:
    done = ask("duty", "--json", entry=entry)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_file_that_is_not_there_or_too_large_is_refused(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = ask("duty", "--input", str(tmp_path / "gone.json"))
    assert gone.exit_code == 2
    assert "it cannot be read" in gone.stderr
    monkeypatch.setattr("bot.duty_input.MAX_BYTES", 100)
    large = ask("duty", entry=stated(LAMPS))
    assert large.exit_code == 2
    assert "send fewer lines" in large.stderr


def test_named_export_files_are_used_without_being_synced(ask: Ask) -> None:
    made = ask("duty", "--json", "--schedule", str(tariff.DEMO_EXTRACT), entry=stated(LAMPS))
    assert json.loads(made.stdout)["lines"][0]["total"] == 24234.7


def test_a_sync_that_is_no_export_changes_nothing(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "cut.json").write_text("[", "utf-8")
    done = ask("tariff", "sync", "--no-index", "--from", str(tmp_path / "cut.json"))
    assert done.exit_code == 2
    assert "not complete JSON" in done.stderr


def test_a_sync_fetches_the_schedule_and_its_chapter_99(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = {
        "/export": json.dumps(whole()).encode(),
        "/chapter99": CHAPTER.encode(),
    }

    class Publisher(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path)
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Publisher) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        at = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("TIDEWAITER_TARIFF__SOURCE_URL", f"{at}/export")
        monkeypatch.setenv("TIDEWAITER_TARIFF__CHAPTER99_URL", f"{at}/chapter99")
        done = ask("tariff", "sync", "--no-index")
        assert done.exit_code == 0, done.output
        assert "Its chapter 99 was fetched and read." in done.stdout
        bags = {"hts": "4202.92.31.31", "origin": "VN", "value": 1000}
        made = json.loads(ask("duty", "--json", entry=stated(bags)).stdout)
        assert made["lines"][0]["layers"][-1]["edition"].startswith("HTSUS 20")
        assert made["lines"][0]["layers"][-1]["amount"] == 176
        monkeypatch.setenv("TIDEWAITER_TARIFF__CHAPTER99_URL", f"{at}/nowhere")
        again = ask("tariff", "sync", "--no-index")
        assert "uses the lists of chapter 99 as printed in 2026 revision 6: chapter 99" in (
            again.stdout
        )
        server.shutdown()
