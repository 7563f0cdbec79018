"""S2 and S9 with their own goods and numbers: who may sign, and whose name stops everything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from bot import cli
from bot.sandbox.player import DANA, LUIS
from bot.slack import modals
from bot.slack.filing_clicks import STATUS
from storage.columns import now
from storage.models import (
    Entry,
    Hold,
    KeptTenYears,
    LegalHold,
    Paper,
    PowerOfAttorney,
    Screening,
    SigningEvent,
)
from tests import clients
from tests.acceptance import test_scenarios_after
from tests.acceptance.test_scenarios_after import amounts, filed, package, status
from tests.integration import test_town_docusign
from tests.integration.test_town_docusign import Docusign, tell
from tests.integration.test_town_powers import (
    ask,
    blockers,
    has_button,
    note,
    thread,
    tick,
    without_power,
)
from tests.integration.test_town_screening import clear, force, listed, match, problems
from tests.integration.test_town_story import decide_all
from tests.servers.docusign import CONNECT_KEY
from tests.town import Town

pytestmark = pytest.mark.slow

# Fixtures of those stories.
docusign, city, harbor = test_town_docusign.docusign, test_town_docusign.city, test_scenarios_after.harbor


def test_s2_the_signature_by_docusign_advances_the_entry(
    city: Town, docusign: Docusign, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, name = city, "Kestrel Outdoor LLC"
    without_power(town)
    say = commands(town, monkeypatch)
    say("entry-numbers", "add", "--filer", "QZ7", "--first", "204522", "--last", "204522")
    invoice, packing = clients.papers(
        seller="Hanoi Lotus Bags JSC", importer=name, number="HLB-522", bill="ZZZQ26050522",
        goods=[("BP-22", "Backpacks of polyester textile", "VN", "2580", "PCS", "16.00")],
    )  # fmt: skip
    clients.send(
        town, invoice, sender="Ha Nguyen <ha@lotusbags.example>", subject="HLB-522", mark="hlb522",
        text="Invoice attached.\n\nB/L No.: ZZZQ26050522\nVessel: LOTUS STREAM\n"
        "Container No.: ZZZU3045132\nPort of Discharge: Long Beach, CA\nETA: 2026-05-04\n",
    )  # fmt: skip
    # The forwarder offers to sign for the client: refused, and why.
    refused = ask(town, mail="ops@transblue.example", title="Freight forwarder, on behalf of the client")
    assert "19 CFR 111.36(c)(3)" in str(refused)
    assert docusign.envelopes == {}
    assert ask(town) == {}  # to Renee, managing member
    town.drain()
    (envelope,) = docusign.envelopes
    town.later("esign.remind")  # day 2
    assert docusign.resent == [envelope]
    docusign.sign(envelope)  # day 3: the message with another key, then the true one, twice
    raw = docusign.message(envelope, "envelope-completed")
    answers = [tell(town, raw, key).status_code for key in ("another", CONNECT_KEY, CONNECT_KEY)]
    assert answers == [401, 200, 200]
    town.drain()
    rows = town.rows(SigningEvent)
    assert [(one.duplicate_of, one.effect) for one in rows] == [(None, "fetch"), (rows[0].id, "repeated: nothing")]
    (power,) = [one for one in town.rows(PowerOfAttorney) if one.envelope_id]
    assert b"certificate of" in town.app.blobs.read(power.certificate_sha256)
    # No filing in between; Dana's ticks leave one thing open.
    assert not has_button(town, "shipment_confirm")
    decide_all(town, name, {1: "4202923131"})
    signed = note(town, "signed the power of attorney")
    assert tick(town, signed, "registration", "address", "authority") == {}
    town.drain()
    open_ones = [one for one in blockers(town).splitlines() if one.startswith("•")]
    assert len(open_ones) == 1
    assert "packing list is missing" in open_ones[0]
    assert town.rows(Entry) == []
    assert len([one for one in thread(town) if "power of attorney" in one.lower()]) == 4
    clients.send(
        town, packing, sender="Ha Nguyen <ha@lotusbags.example>", subject="Packing list ZZZQ26050522",
        text="Here it is.", mark="hlb522p",
    )  # fmt: skip
    town.hands.wait("the button", lambda: (town.drain(), has_button(town, "shipment_confirm"))[1])
    entry = filed(town, name, {})
    assert entry.number == "QZ7-0204522-3"
    layers = amounts(entry)
    assert (layers["MFN"], layers["MPF"], layers["HMF"]) == ("7265.28", "142.99", "51.60")


def test_s9_a_name_of_the_list_and_detained_shrimp(
    harbor: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = harbor
    say = commands(town, monkeypatch)
    names = [("7", "Rosoboroneksport Trading FZE"), ("8", "Jon Smyth")]
    force(town, listed(tmp_path, *names))
    # (a) The booking's notify party, before any document.
    (tmp_path / "b.csv").write_text(
        "booking,importer,exporter,exporter country,destination,mode,notify party\n"
        "K-9,Kestrel Outdoor LLC,Hanoi Lotus Bags JSC,VN,US,ocean,Rosoboroneksport Trading FZE\n"
    )
    assert "opened (K-9)" in say("booking", "import", str(tmp_path / "b.csv"))
    town.drain()
    watch = [f"{who}@house.example" for who in test_scenarios_after.WATCH]
    assert [sorted(one["to"]) for one in town.hands.state()["mails"]] == [sorted(watch)]
    assert town.rows(Paper) == []
    card = town.hands.card("Kestrel Outdoor LLC")
    seen = json.dumps([card, *town.hands.thread(card)])
    assert "On hold for compliance." in seen
    assert "EL-7" not in seen
    assert "Denied-party" not in seen
    for who in (LUIS, DANA):
        town.hands.press(who, match(town), "screening_clear")
        assert "Only a compliance officer" in str(town.hands.modal(who, "message")["blocks"])

    # A second hit is a false positive; when the entry of the list changes, it is there again.
    invoice, _ = clients.papers(
        seller="Jon Smith", importer="Cascade Lighting Co.", number="JS-1", bill="ZZZQ26050901",
        goods=[("CH-8", "Brass chandeliers LED household", "CN", "10", "PCS", "129.79")],
    )  # fmt: skip
    clients.send(
        town, invoice, sender="Wu Lei <sales@yinhe.example>", subject="JS-1", text="See.", mark="js1"
    )
    assert "EL-8" in match(town)["text"]
    clear(town)
    assert problems(town, 1) == []
    force(town, listed(tmp_path, names[0], names[1], remarks="also known at Tula"))
    assert "the entry of the list has changed since" in match(town)["text"]
    assert problems(town, 1) == ["On hold for compliance."]
    with pytest.raises(KeptTenYears, match="ten years"), town.app.database.transaction() as session:
        session.delete(session.exec(select(Screening)).first())
    clear(town)

    _detained_shrimp(town, say)
    _without_a_list_nothing_is_made(town, say)


def _detained_shrimp(town: Town, say: test_scenarios_after.Say) -> None:
    """(b) The FDA detains: few eyes, a package of records, and nothing may be deleted."""
    name = "Pacific Crest Seafood"
    clients.on_record(
        town, name, consignee="cold@crest.example", signer="Ola Reyes", numbers=(204607, 204607)
    )
    clients.send(
        town,
        *clients.papers(
            seller="Mekong Prawn JSC", importer=name, number="MP-607", bill="ZZZQ26050607",
            goods=[("SH-41", "Shrimps farmed peeled frozen", "VN", "5920", "KG", "8.00")],
        ),
        sender="Tran <tran@mekong.example>", subject="MP-607", mark="mp607",
        text="Papers attached.\n\nB/L No.: ZZZQ26050607\nVessel: LOTUS STREAM\n"
        "Container No.: ZZZU1200775\nPort of Discharge: Long Beach, CA\nETA: 2026-05-04\n",
    )  # fmt: skip
    clients.decide(town, name, {1: "0306170041"})
    town.hands.wait("the FDA's data", lambda: clients.offers(town, name, "shipment_state"))
    town.hands.press(DANA, town.hands.card(name), "shipment_state")
    view = town.hands.modal(DANA, "shipment_state")
    town.hands.submit(
        DANA, view,
        {
            STATUS: {"value": {"selected_option": {"value": "pga:line-1"}}},
            modals.REASON: {"value": {"value": "FDA: prior notice 1122334455, registered facility"}},
        },
    )  # fmt: skip
    town.hands.wait("the button", lambda: clients.offers(town, name, "shipment_confirm"))
    entry = filed(town, name, {})
    assert entry.number == "QZ7-0204607-2"
    layers = amounts(entry)
    assert (layers["MPF"], layers["HMF"]) == ("164.06", "59.20")
    mails = len(town.hands.state()["mails"])
    status(town, entry, "held", "FDA 02", now(), record="SO70",
           agency="FDA", reason="DETAINED WITHOUT PHYSICAL EXAMINATION")  # fmt: skip
    hold = town.rows(Hold)[-1]
    assert (hold.kind, hold.frozen) == ("restricted", True)
    heard = {to for one in town.hands.state()["mails"][mails:] for to in one["to"]}
    assert heard == {f"{who}@house.example" for who in ("principal", "counsel", "broker", *test_scenarios_after.WATCH)}
    names = package(town, hold.id).namelist()
    assert any("parties.json" in one for one in names)
    assert any("supply chain" in one for one in hold.missing)
    assert [one.lifted_at for one in town.rows(LegalHold) if one.shipment_id == hold.shipment_id] == [None]
    assert "only a closed file has an end" in say("archive", "dispose", entry.number, "--by", DANA)
    shown = next(one.card_ts for one in town.shipments() if one.id == hold.shipment_id)
    card = next(one for one in town.hands.state()["messages"] if one["ts"] == shown)
    seen = str(card["blocks"]) + str(town.hands.thread(card))
    assert "Please see the broker" in seen
    assert "DETAINED" not in seen


def _without_a_list_nothing_is_made(town: Town, say: test_scenarios_after.Say) -> None:
    """Every list deleted: no paper, no filing, and the reason is said."""
    for one in town.app.screening_store.glob("*.gz"):
        one.unlink()
    made = len(town.rows(Paper))
    ref = next(one.ref for one in town.shipments() if one.id == 2)
    said = say("papers", "make", ref, "commercial_invoice", "--by", DANA)
    assert "No paper was made." in said
    assert "nothing can be generated or filed" in said
    assert len(town.rows(Paper)) == made
    assert "nothing can be generated or filed" in str(problems(town, 1))


def commands(town: Town, monkeypatch: pytest.MonkeyPatch) -> test_scenarios_after.Say:
    """The command line of this installation."""
    monkeypatch.setenv("TIDEWAITER_DATA_DIR", str(town.app.settings.data))
    monkeypatch.setattr("bot.command.logs.configure", lambda *_, **__: None)

    def say(*words: str) -> str:
        made = CliRunner().invoke(cli.app, list(words)).output
        town.drain()
        return made

    return say
