"""S10: drones to Chile, from the draft to the ITN, at the command line and through the gateway."""

from __future__ import annotations

import copy
import csv
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.sandbox.player import DANA, LUIS, PRIYA
from knowledge.parties import DEMO_LIST
from storage.columns import now
from storage.models import AuditEvent, Export, FilingAttempt
from storage.values import AUTHORITY, Reported
from tests.integration.test_town_faults import at_once
from tests.town import Town
from tests.unit.workflows.test_eei import DRONES
from workflows.exports import desk

pytestmark = pytest.mark.slow

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    settings = town.app.settings
    monkeypatch.setenv("TIDEWAITER_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("TIDEWAITER_SANDBOX__PORT", str(settings.sandbox.port))
    monkeypatch.setenv("TIDEWAITER_REDIS_URL", settings.redis)

    def go(*words: str) -> tuple[int, str]:
        made = CliRunner().invoke(app, list(words))
        return made.exit_code, made.output

    return go


def written(folder: Path, **more: Any) -> str:
    told = copy.deepcopy(DRONES)
    told["exportDate"] = str((now() + timedelta(days=2)).date())
    told.update(more)
    place = folder / "eei.json"
    place.write_text(json.dumps(told))
    return str(place)


def test_drones_to_chile_from_the_draft_to_the_itn(town: Town, run: Run, tmp_path: Path) -> None:
    unanswered = [{**DRONES["lines"][0], "eccn": None, "licenceCode": None}]
    code, said = run("export", "new", "--input", written(tmp_path, lines=unanswered), "--as", LUIS)
    assert code == 0
    assert "the ECCN is not answered" in said
    ref = said.split()[0]
    code, said = run("export", "approve", ref, "--reason", "EAR99", "--as", PRIYA)
    assert (code, "was not approved" in said) == (2, True)
    code, said = run("export", "change", ref, "--input", written(tmp_path), "--as", LUIS)
    assert (code, "revision 2" in said, "!" in said) == (0, True, False)
    assert run("export", "file", ref, "--as", DANA)[0] == 2  # compliance has not approved
    code, said = run("export", "approve", ref, "--reason", "EAR99, NLR C33", "--as", DANA)
    assert "Only a compliance" in said
    assert run("export", "approve", ref, "--reason", "EAR99, NLR C33", "--as", PRIYA)[0] == 0
    assert "Only a licensed broker" in run("export", "file", ref, "--as", LUIS)[1]
    assert run("export", "file", ref, "--as", DANA)[0] == 0
    at_once(town)
    (row,) = town.rows(Export)
    assert row.reference is not None
    assert [one.outcome for one in town.rows(FilingAttempt)] == ["submitted"]
    assert len(town.sandbox.authority.entries) == 1
    code, said = run("export", "itn", ref, "X20260230123456", "--as", DANA)
    assert (code, "no day of the calendar" in said) == (2, True)
    code, said = run("export", "itn", ref, "X20260514123456", "--as", DANA)
    assert (code, said.strip()) == (0, "AES X20260514123456")
    told = json.loads(run("export", "show", ref, "--json")[1])
    assert (told["state"], told["citation"]) == ("reported", "AES X20260514123456")
    assert told["attempts"][0]["sha256"] == row.packet_sha256
    done = [one.action for one in town.rows(AuditEvent) if one.action.startswith(("export", "itn"))]
    assert done[0] == "export_drafted"
    assert done[-1] == "itn_recorded"


def test_a_party_on_the_list_blocks_until_compliance_clears_it(run: Run, tmp_path: Path) -> None:
    with DEMO_LIST.open(encoding="utf-8") as file:
        listed = next(csv.DictReader(file))["name"]
    user = {"name": listed, "address": "x", "city": "y", "country": "CL"}
    ref = run("export", "new", "--input", written(tmp_path, endUser=user), "--as", LUIS)[1].split()[0]
    code, said = run("export", "approve", ref, "--reason", "EAR99", "--as", PRIYA)
    assert (code, "resembles an entry" in said) == (2, True)
    assert "Only a compliance" in run(
        "export", "clear", ref, "--party", listed, "--reason", "no", "--as", DANA
    )[1]
    assert run(
        "export", "clear", ref, "--party", listed, "--reason", "another person", "--as", PRIYA
    )[0] == 0
    assert run("export", "approve", ref, "--reason", "EAR99", "--as", PRIYA)[0] == 0


def test_who_changes_it_withdraws_the_approval(run: Run, tmp_path: Path) -> None:
    ref = run("export", "new", "--input", written(tmp_path), "--as", LUIS)[1].split()[0]
    run("export", "approve", ref, "--reason", "EAR99", "--as", PRIYA)
    run("export", "change", ref, "--input", written(tmp_path, carrier="AA"), "--as", LUIS)
    assert "only an approved export" in run("export", "file", ref, "--as", DANA)[1]


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"usppi": 7}', '{"nonsense": 1}', '{"lines": [{"number": 1.5}]}']
)
def test_bad_input_is_one_line_and_nothing_is_kept(
    town: Town, run: Run, tmp_path: Path, text: str
) -> None:
    place = tmp_path / "bad.json"
    place.write_text(text)
    code, said = run("export", "new", "--input", str(place), "--as", LUIS)
    assert code == 2
    assert len(said.strip().splitlines()) == 1
    assert town.rows(Export) == []


def test_what_aes_answers_is_recorded_and_a_refusal_makes_it_a_draft_again(
    town: Town, run: Run, tmp_path: Path
) -> None:
    def filed() -> Export:
        ref = run("export", "new", "--input", written(tmp_path), "--as", LUIS)[1].split()[0]
        run("export", "approve", ref, "--reason", "EAR99", "--as", PRIYA)
        run("export", "file", ref, "--as", DANA)
        at_once(town)
        return town.rows(Export)[-1]

    def answer(row: Export, code: str, reference: str | None) -> Export:
        report = Reported(code=code, raw_code=code, reason="515 ECCN", at=now(), reference=reference)
        with town.app.database.transaction() as session:
            desk.reported(session, export_id=row.id, reports=[report], actor=AUTHORITY)
        return next(one for one in town.rows(Export) if one.id == row.id)

    assert answer(filed(), "accepted", "X20260514123456").itn == "X20260514123456"
    refused = answer(filed(), "rejected", None)
    assert (refused.state, refused.rev, refused.submitted_at) == ("draft", 2, None)
