"""Denied parties over the whole product: a hit holds everything, compliance decides, others know only that."""

from __future__ import annotations

import csv
import io
import json
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import delete, select

from bot import jobs, screening_desk
from bot.sandbox.config import COMPLIANCE
from bot.sandbox.player import DANA, PRIYA
from knowledge.parties.csl import OFFICIAL
from storage import outbox
from storage.columns import now
from storage.models import (
    AuditEvent,
    Clearance,
    KeptTenYears,
    Outbox,
    OutboxStatus,
    OutgoingMessage,
    Screening,
    Shipment,
    State,
)
from tests.factories import invoice_csv, mail
from tests.town import Town
from workflows import compliance, freeze, screening
from workflows.effects import NotifyConsignee, SubmitEntry
from workflows.ports import OnHold

pytestmark = pytest.mark.slow

BAD = b"Rosoboroneksport Trading FZE"
EVIDENCE = "Registered in Hanoi since 1998, tax number seen, other owners."


def listed(folder: Path, *names: tuple[str, str], remarks: str = "", name: str = "csl.csv") -> Path:
    """An official-looking list file: (number, name) each."""
    out = io.StringIO()
    table = csv.DictWriter(out, [*OFFICIAL, "remarks"], lineterminator="\n")
    table.writeheader()
    for number, said in names:
        table.writerow(
            dict.fromkeys(OFFICIAL, "")
            | {"source": "Entity List (EL) - Bureau of Industry and Security", "entity_number": number,
               "type": "Entity", "name": said, "remarks": remarks}
        )  # fmt: skip
    path = folder / name
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def send(town: Town, *, exporter: bytes = BAD, number: str = "T-1001", bill: str = "ZZZQ11110001") -> None:
    data = invoice_csv(number=number, bill=bill).replace(b"Hanoi Lotus Bags JSC", exporter)
    town.send(mail(("i.csv", data), message_id=f"<{number}@lotusbags.example>"))
    town.drain()


def settle(town: Town) -> None:
    """Do what waits for a moment too: a note waits for its card."""
    for row in town.pending(all_of_them=True):
        jobs.perform(row)
    town.drain()


def match(town: Town) -> dict[str, Any]:
    """Compliance's newest card."""
    found = [one for one in town.hands.state(PRIYA)["messages"] if one["channel"] == COMPLIANCE]
    assert found
    return found[-1]


def said(town: Town, user: str, words: str) -> None:
    town.hands.wait(words, lambda: any(words in one for one in town.whispers(user)))


def clear(town: Town, *, user: str = PRIYA, reason: str = "Another firm") -> None:
    town.hands.press(user, match(town), "screening_clear")
    view = town.hands.modal(user, "clear_match")
    written = {
        block: {"value": {"type": "plain_text_input", "value": value}}
        for block, value in (("reason", reason), ("evidence", EVIDENCE))
    }
    town.hands.submit(user, view, written)
    said(town, user, "is cleared")
    town.drain()


def problems(town: Town, at: int = 0) -> list[str]:
    with town.app.database.snapshot() as session:
        shipment = session.get(Shipment, town.shipments()[at].id)
        return screening.problems(session, shipment, town.app.screener)


def kinds_waiting(town: Town) -> list[str]:
    return [row.kind for row in town.rows(Outbox) if row.status is OutboxStatus.PENDING]


def force(town: Town, source: Path) -> None:
    screening_desk.sync(town.app, source)
    town.drain()


def a_match_holds_the_shipment_and_only_compliance_sees_why(town: Town) -> None:
    send(town)
    review = town.hands.card("T-1001")
    assert review is not None
    assert review["channel"] != COMPLIANCE
    told = json.dumps([review, *town.hands.thread(review)])
    assert "On hold for compliance." in told
    assert "resembles" not in told
    assert "Denied-party" not in told
    assert "shipment_confirm" not in told
    card = match(town)
    assert "Denied-party match" in card["text"]
    assert f"<@{PRIYA}>" in card["text"]
    assert "DEMO-1" in card["text"]
    assert "50% or more" in card["text"]


def test_a_broker_cannot_clear_and_compliance_can_with_reason_and_evidence(town: Town) -> None:
    send(town)
    town.hands.press(DANA, match(town), "screening_clear")
    assert "Only a compliance officer" in str(town.hands.modal(DANA, "message")["blocks"])
    clear(town)
    assert problems(town) == []
    (row,) = town.rows(Clearance)
    assert (row.cleared_by, row.entry_id, row.evidence) == (PRIYA, "DEMO-1", EVIDENCE)
    assert "Cleared by Priya Raman" in match(town)["text"]
    review = town.hands.card("T-1001")
    assert "On hold" not in str(review["blocks"])
    settle(town)
    assert "lifted the hold" in str(town.hands.thread(review))
    assert "Another firm" not in str(town.hands.thread(review))


def test_evidence_that_says_nothing_is_refused_beside_its_field(town: Town) -> None:
    send(town)
    town.hands.press(PRIYA, match(town), "screening_clear")
    view = town.hands.modal(PRIYA, "clear_match")
    answer = town.hands.submit(
        PRIYA,
        view,
        {"reason": {"value": {"type": "plain_text_input", "value": "no"}},
         "evidence": {"value": {"type": "plain_text_input", "value": "ok"}}},
    )  # fmt: skip
    assert "what shows it" in str(answer)
    assert problems(town) != []


def test_letters_to_outsiders_wait_for_compliance_and_go_out_after(town: Town) -> None:
    send(town)
    assert "mail.acknowledge" in kinds_waiting(town)
    assert town.rows(OutgoingMessage) == []
    clear(town)
    assert [row.kind for row in town.rows(OutgoingMessage)] == ["acknowledgement"]


def test_mail_of_a_shipment_on_hold_is_still_taken_in(town: Town) -> None:
    send(town)
    town.send(
        mail(text="ETA: 2026-11-25", answers="<T-1001@lotusbags.example>", message_id="<m2@x.example>")
    )
    town.drain()
    assert str(town.shipments()[0].transport.eta) == "2026-11-25"


def test_a_confirmed_match_stays_frozen_and_nothing_of_it_can_be_deleted(town: Town) -> None:
    send(town)
    town.hands.press(PRIYA, match(town), "screening_confirm")
    view = town.hands.modal(PRIYA, "confirm_match")
    town.hands.submit(
        PRIYA, view, {"reason": {"value": {"type": "plain_text_input", "value": "Same address."}}}
    )
    said(town, PRIYA, "under legal hold")
    town.drain()
    assert problems(town) == ["On hold for compliance."]
    assert "True match, confirmed by Priya Raman" in match(town)["text"]
    with pytest.raises(KeptTenYears, match="legal hold"), town.app.database.transaction() as session:
        session.delete(session.exec(select(Shipment)).one())
    with town.app.database.snapshot() as session:
        assert screening.legal_hold(session, 1)


def compliance_mails(town: Town) -> list[dict[str, Any]]:
    mails = town.hands.state()["mails"]
    subjects = ("On hold for compliance", "Confidential: denied-party")
    return [one for one in mails if one["way"] == "out" and one["subject"].startswith(subjects)]


def test_compliance_is_told_by_mail_too(tmp_path: Path) -> None:
    officer, counsel = "compliance@broker.example", "counsel@broker.example"
    told = {"compliance_mail": [officer], "escalation_mail": [counsel]}
    town = Town(tmp_path, more={"screening": told})
    try:
        send(town)
        [first] = compliance_mails(town)
        assert first["to"] == [officer]
        assert "DEMO-1" in first["text"]
        town.hands.press(PRIYA, match(town), "screening_confirm")
        view = town.hands.modal(PRIYA, "confirm_match")
        reason = {"reason": {"value": {"type": "plain_text_input", "value": "Same address."}}}
        town.hands.submit(PRIYA, view, reason)
        said(town, PRIYA, "under legal hold")
        town.drain()
        _, second = compliance_mails(town)
        assert sorted(second["to"]) == sorted([counsel, officer])
        assert "Same address." in second["text"]
    finally:
        town.close()


def test_screening_records_cannot_be_deleted_before_ten_years(town: Town) -> None:
    send(town, exporter=b"Hanoi Lotus Bags JSC")
    with pytest.raises(KeptTenYears, match="ten years"), town.app.database.transaction() as session:
        session.delete(session.exec(select(Screening)).first())
    with pytest.raises(KeptTenYears), town.app.database.transaction() as session:
        session.exec(delete(Screening))
    with town.app.database.transaction() as session:
        row = session.exec(select(Screening)).first()
        row.screened_at = now() - timedelta(days=3654)
        session.add(row)
        session.flush()
        session.delete(row)


def test_a_repeat_of_a_cleared_party_counts_as_cleared_and_says_by_whom(town: Town) -> None:
    send(town)
    clear(town)
    send(town, number="T-1002", bill="ZZZQ11110002")
    assert problems(town, 1) == []
    carried = next(row for row in town.rows(Screening) if row.shipment_id == 2 and row.hits)
    assert carried.carried
    assert "cleared before by Priya Raman" in (carried.hits[0].before or "")
    assert "Counts as cleared" in match(town)["text"]
    assert "because: Another firm" in match(town)["text"]


def test_another_address_of_the_party_is_another_party(town: Town) -> None:
    send(town)
    clear(town)
    with town.app.database.transaction() as session:
        shipment = session.get(Shipment, 1)
        from workflows import proposal

        proposal.put(shipment, "parties.exporter.address", "9 Harbour Rd, Sharjah")
        proposal.changed(session, shipment)
    town.drain()
    assert problems(town) == ["On hold for compliance."]


def test_a_changed_entry_opens_the_match_again(town: Town, tmp_path: Path) -> None:
    force(town, listed(tmp_path, ("7", "Rosoboroneksport Trading FZE"), ("8", "Somebody Else Ltd")))
    send(town)
    clear(town)
    force(
        town,
        listed(tmp_path, ("7", "Rosoboroneksport Trading FZE"), ("8", "Somebody Else Ltd"), remarks="now also at Tula"),
    )
    assert problems(town) == ["On hold for compliance."]
    assert "the entry of the list has changed since" in match(town)["text"]


def test_an_edition_that_changes_other_entries_leaves_a_clearance_alone(town: Town, tmp_path: Path) -> None:
    force(town, listed(tmp_path, ("7", "Rosoboroneksport Trading FZE")))
    send(town)
    clear(town)
    force(town, listed(tmp_path, ("7", "Rosoboroneksport Trading FZE"), ("9", "Quite Another Firm")))
    assert problems(town) == []
    assert town.shipments()[0].screened.startswith(town.app.screener.edition)


def test_a_new_edition_holds_an_open_shipment_that_was_clean(town: Town, tmp_path: Path) -> None:
    force(town, listed(tmp_path, ("8", "Somebody Else Ltd")))
    send(town, exporter=b"Hanoi Lotus Bags JSC")
    assert problems(town) == []
    force(town, listed(tmp_path, ("8", "Somebody Else Ltd"), ("9", "Hanoi Lotus Bags JSC")))
    assert problems(town) == ["On hold for compliance."]
    review = town.hands.card("T-1001")
    assert "On hold for compliance" in str(town.hands.thread(review))
    assert "EL-9" in match(town)["text"]


def test_an_open_match_goes_on_in_the_next_edition_on_one_card(town: Town, tmp_path: Path) -> None:
    rows = [("7", "Rosoboroneksport Trading FZE"), ("8", "Somebody Else Ltd")]
    force(town, listed(tmp_path, *rows))
    send(town)
    force(town, listed(tmp_path, *rows, ("9", "A Third One")))
    cards = [one for one in town.hands.state()["messages"] if one["channel"] == COMPLIANCE]
    assert len(cards) == 1
    clear(town)
    assert problems(town) == []


def test_a_match_that_the_next_edition_no_longer_has_is_still_compliances_to_close(
    town: Town, tmp_path: Path
) -> None:
    rows = [(str(n), f"Filler {'abcdefghijklmnopqrstuvwxyz'[n]} Person") for n in range(25)]
    force(town, listed(tmp_path, ("77", "Rosoboroneksport Trading FZE"), *rows))
    send(town)
    force(town, listed(tmp_path, *rows))
    assert problems(town) == ["On hold for compliance."]


@pytest.mark.parametrize("harm", ["deleted", "emptied", "damaged", "stale", "pointer"])
def test_without_a_usable_list_nothing_is_confirmed_and_mail_still_comes_in(
    town: Town, tmp_path: Path, harm: str
) -> None:
    force(town, listed(tmp_path, ("8", "Somebody Else Ltd")))
    store = town.app.screening_store
    (packed,) = store.glob("*.gz")
    if harm == "deleted":
        packed.unlink()
    elif harm == "emptied":
        packed.write_bytes(b"")
    elif harm == "damaged":
        packed.write_bytes(packed.read_bytes()[:-40])
    elif harm == "pointer":
        (store / "current").unlink()
    else:
        (record,) = store.glob("*.json")
        old = json.loads(record.read_text())
        old["as_of"] = (now() - timedelta(days=9)).isoformat()
        record.write_text(json.dumps(old))
    send(town, exporter=b"Hanoi Lotus Bags JSC")
    (shipment,) = town.shipments()
    assert shipment.state is State.IN_REVIEW
    (why,) = problems(town)
    assert "nothing can be generated or filed" in why
    review = town.hands.card("T-1001")
    assert "nothing can be generated or filed" in str(review["blocks"])
    assert "shipment_confirm" not in str(review["blocks"])
    ops = [one["text"] for one in town.hands.state()["messages"] if one["channel"] == "C02OPS"]
    assert any("Nobody can be screened" in one for one in ops)
    force(town, listed(tmp_path, ("8", "Somebody Else Ltd")))
    assert problems(town) == []


@pytest.mark.parametrize("effect", [SubmitEntry, NotifyConsignee])
def test_what_was_confirmed_before_the_match_waits_and_goes_on_after(town: Town, effect: type) -> None:
    """The last question is asked when the filing or the notice itself is due."""
    ran: list[str] = []
    handler = freeze.guarded({effect.kind: lambda _ports, claimed: ran.append(claimed.kind)})[effect.kind]
    send(town)
    with town.app.database.transaction() as session:
        row = outbox.add(session, effect(shipment_id=1, entry_id=99))
        claimed = outbox.claim(session, row, lease=timedelta(seconds=5))
    with pytest.raises(OnHold, match="On hold for compliance"):
        handler(town.app.ports, claimed)
    assert ran == []
    clear(town)
    handler(town.app.ports, claimed)
    assert ran == [effect.kind]


def test_a_closed_file_needs_no_newer_screening_and_a_missing_list_stops_it_too(
    town: Town, tmp_path: Path
) -> None:
    force(town, listed(tmp_path, ("8", "Somebody Else Ltd")))
    send(town, exporter=b"Hanoi Lotus Bags JSC")
    with town.app.database.transaction() as session:
        shipment = session.get(Shipment, 1)
        shipment.state = State.CLOSED
        claimed = outbox.claim(
            session,
            outbox.add(session, NotifyConsignee(shipment_id=1, entry_id=9)),
            lease=timedelta(seconds=5),
        )
    ran: list[str] = []
    handler = freeze.guarded({NotifyConsignee.kind: lambda _ports, one: ran.append(one.kind)})[NotifyConsignee.kind]
    screening_desk.sync(town.app, listed(tmp_path, ("8", "Somebody Else Ltd"), ("9", "Third")))
    handler(town.app.ports, claimed)
    assert ran == [NotifyConsignee.kind]
    for packed in town.app.screening_store.glob("*.gz"):
        packed.unlink()
    with pytest.raises(OnHold, match="nothing can be generated or filed"):
        handler(town.app.ports, claimed)


def test_every_party_of_the_papers_the_client_and_the_vessel_are_screened(town: Town) -> None:
    data = invoice_csv().replace(b"Currency:,USD", b"Currency:,USD,,Vessel:,GOLDEN HERON")
    town.send(mail(("i.csv", data)))
    town.drain()
    rows = {row.party: row for row in town.rows(Screening)}
    assert {"Hanoi Lotus Bags JSC", "Kestrel Outdoor LLC"} <= set(rows)
    assert "client" in rows["Kestrel Outdoor LLC"].roles
    with town.app.database.snapshot() as session:
        shipment = session.get(Shipment, 1)
        shipment.transport = shipment.transport.model_copy(update={"vessel": "GOLDEN HERON"})
        assert ("GOLDEN HERON", "vessel") in [
            (one.name, one.kind) for one in screening.parties(session, shipment)
        ]


def test_screening_comes_before_anything_is_proposed_or_sent(town: Town) -> None:
    send(town, exporter=b"Hanoi Lotus Bags JSC")
    order = [row.action for row in town.rows(AuditEvent)]
    assert order.index("party_screened") < order.index("proposal_made")


def test_a_stale_list_of_ones_own_stops_too(tmp_path: Path, town: Town) -> None:
    path = listed(tmp_path, ("8", "Somebody Else Ltd"), name="own.csv")
    town.app.screener._named = path
    assert town.app.screener.problem is None
    old = time.time() - 9 * 86400
    os.utime(path, (old, old))
    assert "older than 72 working hours" in str(town.app.screener.problem)


def test_the_clock_screens_open_shipments_a_few_at_a_time(town: Town, tmp_path: Path) -> None:
    from workflows import rescreen

    for n in range(3):
        send(town, exporter=b"Hanoi Lotus Bags JSC", number=f"T-{n}", bill=f"ZZZQ1111000{n}")
    screening_desk.sync(town.app, listed(tmp_path, ("8", "Somebody Else Ltd")))
    with town.app.database.snapshot() as session:
        assert rescreen.due(session, town.app.house, limit=2) == [1, 2]
    assert screening_desk.rescreen(town.app) == 3
    with town.app.database.snapshot() as session:
        assert rescreen.due(session, town.app.house) == []


def test_standing_of_a_clean_row_is_clean() -> None:
    assert compliance.standing_of(Screening(shipment_id=1, party="x", list_edition="e")) == "clean"
