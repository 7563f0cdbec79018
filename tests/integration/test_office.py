"""The command line, as its users call it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.sandbox.samples import FILES


def tidewaiter(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TIDEWAITER_")}
    return subprocess.run(
        [sys.executable, "-m", "bot", *words],
        env={**clean, "TIDEWAITER_DATA_DIR": str(folder / "data"), **settings},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_extract_prints_the_contract_and_nothing_else(tmp_path: Path) -> None:
    done = tidewaiter(tmp_path, "extract", str(FILES / "HLB-2026-0419.xlsx"), "--json")
    (document,) = json.loads(done.stdout)["documents"]
    assert document["documentType"] == "commercial_invoice"
    assert document["lineItems"][0]["extendedValue"] == 25560.0
    assert document["header"]["invoiceDate"] == "2026-10-28"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("extract", "nowhere.pdf"), "there is no such file"),
        (("shipment", "SHP-9"), "There is no shipment SHP-9."),
        (("people", "add", "--slack", "U1", "--name", "X", "--role", "king"), "is no role"),
        (("people", "add", "--slack", "U1", "--name", "X", "--role", "licensed_broker"), "licence"),
        (("outbox", "retry", "99"), "There is no effect 99."),
        (("tariff", "sync", "--from", "nowhere.json"), "there is no such file"),
        (("classify",), "Give either --description"),
        (("importer", "add", "X", "--poa-signed-by", "A", "--poa-signed-on", "soon"), "YYYY-MM-DD"),
        (("importer", "add", "X", "--poa-signed-on", "2026-01-02"), "--poa-signed-by"),
        (
            ("importer", "add", "X", "--poa-signed-by", "A", "--poa-signed-on", "2026-01-02"),
            "say who with --broker",
        ),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIDEWAITER_DATA_DIR", str(tmp_path / "data"))
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_misspelt_variable_is_named_by_the_doctor(tmp_path: Path) -> None:
    done = tidewaiter(tmp_path, "doctor", TIDEWAITER_SMPT__PORT="25")
    assert "TIDEWAITER_SMPT__PORT is no setting" in done.stdout
    assert done.returncode == 1


def test_a_misspelt_part_of_a_variable_stops_every_command(tmp_path: Path) -> None:
    done = tidewaiter(tmp_path, "outbox", "list", TIDEWAITER_SMTP__PROT="25")
    assert "TIDEWAITER_SMTP__PROT is no setting: is it misspelt?" in done.stderr
    assert done.returncode == 2


def test_secrets_are_masked(tmp_path: Path) -> None:
    done = tidewaiter(tmp_path, "doctor", TIDEWAITER_SLACK__BOT_TOKEN="xoxb-very-secret")
    assert "xoxb-very-secret" not in done.stdout


def test_screening_explains_its_score(tmp_path: Path) -> None:
    done = tidewaiter(tmp_path, "screen", "ROSOBORONEXPORT Trading", "--json")
    assert json.loads(done.stdout)["hits"][0]["because"]
