"""The official list: its file forms, its editions on disk, its age, and that nothing passes without it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from bot.compose import App
from bot.settings import ScreeningSettings, Settings
from knowledge.parties import csl, editions
from knowledge.parties.csl import OFFICIAL, BadList
from knowledge.parties.entries import imo_of
from knowledge.parties.lists import THRESHOLD, DeniedParties, ListScreener
from knowledge.parties.standing import StandingScreener
from storage.columns import now

EL = "Entity List (EL) - Bureau of Industry and Security"
SDN = "Specially Designated Nationals (SDN) - Treasury Department"


def row(number: str, name: str, **more: Any) -> dict[str, Any]:
    return dict.fromkeys(OFFICIAL, "") | {"source": EL, "entity_number": number, "type": "Entity", "name": name} | more


def as_csv(*rows: dict[str, Any]) -> bytes:
    out = io.StringIO()
    table = csv.DictWriter(out, list(dict.fromkeys([*OFFICIAL, *(key for one in rows for key in one)])))
    table.writeheader()
    table.writerows(rows)
    return out.getvalue().encode()


def keep(store: Path, *rows: dict[str, Any], as_of: datetime | None = None, **more: Any) -> editions.Edition:
    made, _ = editions.keep(store, as_csv(*rows), origin="csl.csv", as_of=as_of or now(), **more)
    return made


def asking(*rows: dict[str, Any]) -> ListScreener:
    entries = csl.read("csl.csv", as_csv(*rows), official=True)
    return ListScreener(DeniedParties(edition="e", entries=tuple(entries)), official=True)


def test_the_csv_and_the_json_of_one_list_give_the_same_entries() -> None:
    flat = as_csv(
        row("7", "Acme Works", source=SDN, programs="IRAN; NPWMD", alt_names="Acme Plant; Akme",
            addresses="1 Quay St, Tula, RU; 2 Dock Rd, Minsk, BY", ids="Tax ID, 123")
    )  # fmt: skip
    nested = {"total": 1, "results": [{
        "source": SDN, "entity_number": "7", "type": "Entity", "programs": ["IRAN", "NPWMD"], "name": "Acme Works",
        "alt_names": ["Acme Plant", "Akme"], "ids": [{"type": "Tax ID", "number": "123", "country": None}],
        "addresses": [{"address": "1 Quay St", "city": "Tula", "state": None, "postal_code": None, "country": "RU"},
                      {"address": "2 Dock Rd", "city": "Minsk", "state": None, "postal_code": None, "country": "BY"}],
        "remarks": None,
    }]}  # fmt: skip
    (one,) = csl.read("a.csv", flat, official=True)
    (other,) = csl.read("a.json", json.dumps(nested).encode(), official=True)
    assert (one.entry_id, one.names, one.countries) == ("SDN-7", other.names, ("BY", "RU"))
    assert one.mark == other.mark


def test_a_word_more_about_an_entry_is_another_mark_and_a_link_is_not() -> None:
    marks = [
        csl.read("a.csv", as_csv(row("7", "Acme") | {"remarks": said, "source_list_url": url}))[0].mark
        for said, url in (("", "a"), ("", "b"), ("linked to Tula", "a"))
    ]
    assert marks[0] == marks[1] != marks[2]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"results": [{"name": "a"', "no whole JSON"),
        (b'{"total": 9, "results": [{"name": "a"}]}', "1 of 9"),
        (b'{"rows": []}', "no list of"),
        (b"[1, 2]", "no list of"),
        (gzip.compress(as_csv(row("1", "Acme")))[:-12], "cut off or damaged"),
        (as_csv(row("1", "Acme"), row("2", "")), "record 2 has no name"),
        (as_csv(row("1", "Acme")) + b"EL,2,Entity,half a row", "row 3 has not as many cells"),
        (b"source,name\nx,Acme\n", "has no column"),
        (b"[" * 100_000, "no whole JSON"),
    ],
)
def test_a_list_that_is_not_whole_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(BadList, match=said):
        csl.read("csl", raw, official=True)


def test_editions_stand_side_by_side_and_the_newest_is_in_force(tmp_path: Path) -> None:
    first = keep(tmp_path, row("1", "Acme"))
    second = keep(tmp_path, row("1", "Acme"), row("2", "Bolt"))
    assert [one.label for one in editions.kept(tmp_path)] == [first.label, second.label]
    assert editions.current(tmp_path) == second
    assert len(editions.load(tmp_path, first).entries) == 1


def test_the_same_list_seen_again_is_fresh_and_keeps_its_name(tmp_path: Path) -> None:
    first = keep(tmp_path, row("1", "Acme"), as_of=now() - timedelta(days=4))
    again, is_new = editions.keep(tmp_path, as_csv(row("1", "Acme")), origin="csl.csv", as_of=now())
    assert (again.label, is_new) == (first.label, False)
    assert again.as_of > first.as_of


def test_a_list_that_lost_entries_or_a_whole_list_is_refused_and_the_old_stays(tmp_path: Path) -> None:
    rows = [row(str(n), f"Firm Number{n}") for n in range(100)]
    before = keep(tmp_path, *rows, row("s", "Sand", source=SDN))
    with pytest.raises(editions.Smaller, match="nothing of SDN"):
        keep(tmp_path, *rows)
    with pytest.raises(editions.Smaller, match="91 entries"):
        keep(tmp_path, *rows[:90], row("s", "Sand", source=SDN))
    assert editions.current(tmp_path) == before
    assert keep(tmp_path, *rows[:90], row("s", "Sand", source=SDN), accept_smaller=True).entries == 91


def test_a_list_from_the_future_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadList, match="check the clock"):
        keep(tmp_path, row("1", "Acme"), as_of=now() + timedelta(days=3))


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-16T08:00", "2026-11-17T08:00", 24),  # Monday to Tuesday
        ("2026-11-20T12:00", "2026-11-23T12:00", 24),  # Friday noon to Monday noon
        ("2026-11-21T00:00", "2026-11-22T23:00", 0),  # a weekend
        ("2026-11-02T00:00", "2026-11-16T00:00", 240),
        ("2026-11-17T08:00", "2026-11-16T08:00", 0),
    ],
)
def test_the_age_of_a_list_leaves_weekends_out(start: str, end: str, hours: float) -> None:
    first, last = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (start, end))
    assert editions.working_hours(first, last) == hours


def test_another_edition_comes_into_force_without_a_restart(tmp_path: Path) -> None:
    keep(tmp_path, row("1", "Acme Works"))
    screener = StandingScreener(tmp_path)
    assert not screener.hits("Bolt and Screw", None)
    keep(tmp_path, row("1", "Acme Works"), row("2", "Bolt and Screw"))
    assert [hit.entry_id for hit in screener.hits("Bolt and Screw", None)] == ["EL-2"]


def harm(store: Path, how: str) -> None:
    (packed,), (record,) = store.glob("*.gz"), store.glob("*.json")
    match how:
        case "missing":
            packed.unlink()
        case "empty":
            packed.write_bytes(b"")
        case "one byte":
            data = gzip.decompress(packed.read_bytes()).replace(b"Acme", b"Acne")
            packed.write_bytes(gzip.compress(data))
        case "no record":
            record.unlink()
        case "no pointer":
            (store / "current").unlink()
        case "stale":
            told = json.loads(record.read_text()) | {"as_of": (now() - timedelta(days=9)).isoformat()}
            record.write_text(json.dumps(told))


HARMS = ["missing", "empty", "one byte", "no record", "no pointer", "stale"]


@pytest.mark.parametrize("how", HARMS)
def test_a_list_that_cannot_be_used_screens_nobody(tmp_path: Path, how: str) -> None:
    keep(tmp_path, row("1", "Acme Works"))
    screener = StandingScreener(tmp_path)
    assert screener.problem is None
    harm(tmp_path, how)
    assert "nothing can be generated or filed" in str(screener.problem)
    with pytest.raises(BadList):
        screener.hits("Acme Works", None)


def every_setting() -> list[tuple[str, Any]]:
    """Each setting with values that somebody might hope to switch screening off with."""
    found: list[tuple[str, Any]] = []
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            found += [(f"{name}__{inner}", one) for inner in section.model_fields for one in TRIED]
        else:
            found += [(name, one) for one in TRIED]
    return found


TRIED = ["0", "1", "false", "off", "none", "sandbox", "168", "http://127.0.0.1:9/"]


def test_no_variable_of_the_environment_lets_anything_pass_without_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "screening"
    keep(store, row("1", "Acme Works"))
    harm(store, "missing")
    tried = 0
    for name, value in every_setting():
        if name in ("data_dir", "cache_dir"):
            continue  # another folder is another installation
        with monkeypatch.context() as patch:
            patch.setenv("TIDEWAITER_DATA_DIR", str(tmp_path))
            patch.setenv(f"TIDEWAITER_{name.upper()}", value)
            try:
                settings = Settings(_env_file=None)
            except ValueError:
                continue  # no such value
            assert App(settings).screener.problem, f"{name}={value}"
            tried += 1
    assert tried > 200


def test_no_setting_reaches_the_threshold_or_switches_anything_off() -> None:
    assert set(ScreeningSettings.model_fields) == {
        "list_file", "url", "api_url", "api_key", "refresh_hours", "stale_hours", "compliance_mail", "escalation_mail",
    }  # fmt: skip
    with pytest.raises(ValueError, match="168"):
        ScreeningSettings(stale_hours=10_000)
    assert THRESHOLD == 0.86


def test_the_demonstration_list_never_comes_back_after_a_list_was_kept(tmp_path: Path) -> None:
    keep(tmp_path, row("1", "Acme Works"))
    for one in tmp_path.glob("csl-*"):
        one.unlink()
    assert StandingScreener(tmp_path).problem


def test_the_country_and_the_address_explain_and_never_remove_a_strong_name() -> None:
    made = asking(row("1", "Volkhov Instrument Works", addresses="1 Quay St, Tula, RU"))
    here = made.hits("Volkhov Instrument Works", "RU", address="Quay St 1, Tula")[0]
    away = made.hits("Volkhov Instrument Works", "BR")[0]
    assert here.score >= away.score >= THRESHOLD
    assert (here.parts["country"], here.parts["address"], away.parts["country"]) == (0.02, 0.04, -0.03)
    assert "party in BR, listed in RU" in away.because


def test_a_hit_says_which_name_of_which_list_and_how_it_was_scored() -> None:
    made = asking(row("1", "Volkhov Instrument Works", programs="RUSSIA", alt_names='VIW Group; "Instrumentalist"'))
    (hit,) = made.hits("V.I.W. Group", None)
    assert (hit.listed, hit.matched, hit.alias, hit.list_name) == (
        "Volkhov Instrument Works", "VIW Group", "alias", "Entity List (BIS)",
    )  # fmt: skip
    assert (hit.programs, hit.algorithm, hit.edition, hit.threshold) == ("RUSSIA", "names-2", "e", THRESHOLD)
    (weak,) = made.hits("Instrumentalist", None)
    assert (weak.alias, weak.parts["weak alias"]) == ("weak alias", -0.03)


def test_vessels_match_by_imo_number_or_by_name_and_never_a_firm() -> None:
    made = asking(row("1", "LOTUS PEARL", type="Vessel", ids="Vessel Registration Identification IMO 9074729"),
                  row("2", "Lotus Pearl Trading"))  # fmt: skip
    assert [hit.entry_id for hit in made.hits("M/V Lotus Pearl", None, kind="vessel")] == ["EL-1"]
    assert made.hits("SEA ROSE IMO 9074729", None, kind="vessel")[0].because.endswith("9074729 is the same")
    assert [hit.entry_id for hit in made.hits("Lotus Pearl Trading", None)] == ["EL-2"]
    assert imo_of("IMO 9074728") is None


def test_a_list_file_of_ones_own_ages_too(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(as_csv(row("1", "Acme Works")))
    screener = StandingScreener(tmp_path / "store", named=path)
    assert screener.problem is None
    assert screener.official
    old = (now() - timedelta(days=9)).timestamp()
    os.utime(path, (old, old))
    assert "older than 72 working hours" in str(screener.problem)


def test_the_key_of_the_api_is_never_shown() -> None:
    assert "s3cret" not in repr(ScreeningSettings(api_key=SecretStr("s3cret")))
