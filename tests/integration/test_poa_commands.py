"""`tidewaiter poa` as an operator uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from bot import cli, office
from bot.sandbox import demo
from bot.settings import EsignSettings, Settings, unknown_variables
from storage import migrate
from storage.models import AuditEvent, PowerOfAttorney


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command on an installation with the demo's people and clients."""
    monkeypatch.chdir(tmp_path)
    desk = office.Office(Settings(_env_file=None, data_dir=tmp_path / "var"))
    migrate.upgrade(desk.app.database)
    demo.seed(desk.app)
    monkeypatch.setattr(cli, "open_office", lambda: desk)

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli.app, ["poa", *words])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.output

    run.app = desk.app  # type: ignore[attr-defined]
    yield run
    desk.app.database.close()


SIGNED = ("--signed-by", "Renee Voss", "--signed-on", "2026-11-02")


def test_a_power_is_listed_revoked_and_recorded_again(ran: Any, tmp_path: Path) -> None:
    assert "on file, signed by Renee Voss" in ran("list")[1]
    found = json.loads(ran("show", "Kestrel Outdoor LLC", "--json")[1])
    power = str(found["powers"][0]["id"])
    assert found["powers"][0]["recordedBy"] == "U01DANA"
    assert ran("revoke", power, "--by", "U01DANA", "--reason", "letter of 20 Nov")[0] == 0
    assert "was revoked on" in ran("list")[1]
    assert "letter of 20 Nov" in ran("show", "Kestrel Outdoor LLC")[1]
    paper = tmp_path / "poa.pdf"
    paper.write_bytes(b"%PDF-1.4 signed")
    code, said = ran(
        "record",
        "Kestrel Outdoor LLC",
        "--by",
        "U01DANA",
        *SIGNED,
        "--document",
        str(paper),
        "--kind",
        "llc",
    )
    assert (code, "is on file" in said) == (0, True)
    with ran.app.database.snapshot() as session:
        newest = session.exec(select(PowerOfAttorney)).all()[-1]
        assert ran.app.blobs.read(newest.document_sha256) == b"%PDF-1.4 signed"
        said = [
            one.actor_name
            for one in session.exec(select(AuditEvent))
            if one.action == "power_of_attorney_recorded"
        ]
    assert said[-1] == "Dana Whitlock"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("record", "Nobody Ltd", "--by", "U01DANA", *SIGNED), "is not among our importers"),
        (("record", "Kestrel Outdoor LLC", "--by", "U02LUIS", *SIGNED), "Only a licensed broker can put"),
        (("record", "Kestrel Outdoor LLC", "--by", "U99", *SIGNED), "not on Tidewaiter's list"),
        (("record", "Kestrel Outdoor LLC", "--by", "U01DANA", "--signed-by", "R", "--signed-on", "soon"), "YYYY-MM-DD"),
        (("record", "Kestrel Outdoor LLC", "--by", "U01DANA", "--signed-by", " ", "--signed-on", "2026-11-02"), "Who signed"),
        (("record", "Kestrel Outdoor LLC", "--by", "U01DANA", "--signed-by", "R", "--signed-on", "2099-01-01"), "in the future"),
        (("record", "Kestrel Outdoor LLC", "--by", "U01DANA", *SIGNED, "--expires-on", "2026-11-01"), "must end after"),
        (("record", "Kestrel Outdoor LLC", "--by", "U01DANA", *SIGNED, "--kind", "guild"), "is no kind of importer"),
        (("record", "Kestrel Outdoor LLC", "--by", "U01DANA", *SIGNED, "--kind", "partnership"), "19 CFR 141.34"),
        (("record", "Kestrel Outdoor LLC", "--by", "U01DANA", *SIGNED, "--nonresident"), "19 CFR 141.36"),
        (("record", "Kestrel Outdoor LLC", "--by", "U01DANA", *SIGNED, "--entry-type", "formal"), "two digits"),
        (("record", "Kestrel Outdoor LLC", "--by", "U01DANA", *SIGNED, "--document", "nowhere.pdf"), "there is no such file"),
        (("revoke", "999", "--by", "U01DANA", "--reason", "x"), "There is no power of attorney 999"),
        (("revoke", "1", "--by", "U02LUIS", "--reason", "x"), "Only a licensed broker can revoke"),
        (("revoke", "1", "--by", "U01DANA", "--reason", " "), "say why"),
        (("request", "Kestrel Outdoor LLC", "--by", "U01DANA"), "Who signs?"),
        (("request", "Kestrel Outdoor LLC", "--by", "U01DANA", "--signer", "R", "--title", "CEO", "--mail", "r@kestrel.example"), "is on file and serves"),
        (("request", "Kestrel Outdoor LLC", "--by", "U01DANA", "--signer", "R", "--shipment", "SHP-1"), "There is no shipment SHP-1"),
        (("withdraw", "Kestrel Outdoor LLC", "--by", "U01DANA", "--reason", "x"), "is open"),
        (("check", "1", "--by", "U01DANA", "--note", "x"), "checked it already"),
        (("show", "Nobody Ltd"), "is not among our importers"),
    ],
)  # fmt: skip
def test_bad_input_says_what_to_do(ran: Any, words: tuple[str, ...], said: str) -> None:
    code, told = ran(*words)
    assert code == 2
    assert said in told


def test_a_domain_that_a_broker_records_is_the_importers_own(ran: Any) -> None:
    power = str(json.loads(ran("show", "Cascade Lighting Co.", "--json")[1])["powers"][0]["id"])
    ran("revoke", power, "--by", "U01DANA", "--reason", "ended")
    ask = (
        "request",
        "Cascade Lighting Co.",
        "--by",
        "U01DANA",
        "--signer",
        "Omar Haddad",
        "--title",
        "President",
        "--mail",
        "omar@brightholdings.example",
        "--kind",
        "corporation",
    )
    code, said = ran(*ask)
    assert (code, "tidewaiter poa signer 'Cascade Lighting Co.' --own-domain" in said) == (2, True)
    assert (
        ran(
            "signer",
            "Cascade Lighting Co.",
            "--by",
            "U01DANA",
            "--own-domain",
            "brightholdings.example",
        )[0]
        == 0
    )
    code, said = ran(*ask)
    assert (code, "goes to Omar Haddad (omar@brightholdings.example)" in said) == (0, True)
    assert ran(*ask)[0] == 2
    lookalike = [one.replace("brightholdings", "brightho1dings") for one in ask]
    assert (
        ran("withdraw", "Cascade Lighting Co.", "--by", "U01DANA", "--reason", "wrong person")[0]
        == 0
    )
    assert "somebody may pretend" in ran(*lookalike)[1]
    assert ": voided: wrong person" in ran("show", "Cascade Lighting Co.")[1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "docusign"}, "also needs base_url, account_id"),
        ({"kind": "docusign", "base_url": "http://x", "account_id": "a", "integration_key": "k", "user_id": "u", "private_key_file": "f"}, "https://"),
        ({"kind": "fax"}, "docusign"),
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_named(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        EsignSettings(**given)


def test_several_connect_keys_come_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(EsignSettings(connect_keys="one, two").connect_keys) == 2
    monkeypatch.delenv("TIDEWAITER_TEST_REQUIRE", raising=False)
    monkeypatch.setenv("TIDEWAITER_ESIGN__CONECT_KEYS", "x")
    assert unknown_variables() == ["TIDEWAITER_ESIGN__CONECT_KEYS"]
