"""Papers where people meet them: asked for in Slack and at the command line, kept, shown, redone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select
from typer.testing import CliRunner

from bot import papers_commands
from bot.sandbox.player import DANA, LUIS, VERA
from storage.models import (
    AuditEvent,
    Discrepancy,
    Document,
    Outbox,
    OutboxStatus,
    Paper,
    PaperFact,
    Shipment,
    Standing,
)
from storage.values import DocumentKind, PartyBlock
from tests.factories import invoice_csv, mail
from tests.integration.test_slack_requests import said
from tests.integration.test_town_story import decide_all
from tests.town import Town
from tests.unit.papers.reading import words
from workflows import gate
from workflows.papers import asking
from workflows.papers.sheet import Kind

pytestmark = pytest.mark.slow

GOODS = {1: "4202923120", 2: "4202923120"}


def packing_csv(*, packages: str = "12 pallets", quantity: int = 10) -> bytes:
    rows = [
        "PACKING LIST",
        "",
        "Exporter:,Hanoi Lotus Bags JSC,,Invoice No.:,T-1001",
        "Importer:,Kestrel Outdoor LLC,,Date:,2026-10-28",
        f"Total Packages:,{packages},,Gross Weight:,100 KGS",
        "",
        "No.,SKU,Description,Quantity,Unit",
        f"1,S-1,Backpacks of polyester textile 1,{quantity},PCS",
    ]
    return "\n".join(rows).encode()


def booking_csv(*, packages: str = "10 pallets") -> bytes:
    rows = [
        "BOOKING CONFIRMATION",
        "",
        "Shipper:,Hanoi Lotus Bags JSC,,B/L No.:,ZZZQ11110001",
        f"Total Packages:,{packages},,Gross Weight:,100 KGS",
    ]
    return "\n".join(rows).encode()


def arrive(
    town: Town, *files: tuple[str, bytes], number: str = "T-1001", lines: int = 1, **more: Any
) -> Shipment:
    town.send(mail(("invoice.csv", invoice_csv(number=number, lines=lines)), *files, **more))
    town.drain()
    (shipment,) = town.shipments()
    return shipment


def window(town: Town, user: str = DANA) -> dict[str, Any]:
    card = town.hands.card("T-1001")
    assert card is not None
    town.hands.press(user, card, "shipment_papers")
    return town.hands.modal(user, "papers")


def use(town: Town, *, make: str | None = None, facts: str = "", user: str = DANA) -> str:
    """Open the window, choose and write, submit; the whispered answer."""
    before = len(town.whispers(user))
    values: dict[str, Any] = {"facts": {"value": {"type": "plain_text_input", "value": facts}}}
    if make:
        values["make"] = {"value": {"type": "static_select", "selected_option": {"value": make}}}
    town.hands.submit(user, window(town, user), values)
    told = town.hands.wait(
        "an answer",
        lambda: (
            town.whispers(user)[before:]
            or [
                str(one["blocks"])
                for one in town.hands.state(user)["views"]
                if one["callback_id"] == "message"
            ]
        ),
    )
    town.drain()
    return str(told[-1])


INVOICE_FACTS = """sale.place = Hanoi
charges = none
rebates = none
assists = none
responsible = Ha Nguyen, sales
seller.address = 12 Silk Road, Hanoi
buyer.address = 9 Trail Street, Denver CO
port.entry = Long Beach, CA"""


def correct_term(town: Town) -> None:
    with town.app.database.transaction() as session:
        row = session.exec(select(Shipment)).one()
        row.header = row.header.model_copy(update={"incoterms": "FOB Haiphong"})
        session.add(row)


def test_a_paper_asked_for_in_slack_is_kept_previewed_and_opens_by_its_link(town: Town) -> None:
    arrive(town)
    correct_term(town)
    text = json.dumps(window(town), ensure_ascii=False)
    assert "the place of the sale" in text
    assert "Stated for the papers" in use(town, facts=INVOICE_FACTS)
    assert "Commercial invoice, version 1, is being made" in use(town, make="commercial_invoice|")
    (paper,) = town.rows(Paper)
    (document,) = [one for one in town.rows(Document) if one.made_by_us]
    assert (paper.document_id, document.kind) == (document.id, DocumentKind.OTHER)
    pdf = town.app.blobs.read(document.sha256)
    assert "DRAFT — for the seller to issue and sign" in words(pdf)
    assert "Ha Nguyen, sales" in words(pdf)
    card = town.hands.card("T-1001")
    assert card is not None
    assert f"Made here · {document.filename}" in json.dumps(card, ensure_ascii=False)
    (note,) = [
        one for one in town.hands.thread(card) if "Commercial invoice*, version 1" in one["text"]
    ]
    (image,) = [one for one in note["blocks"] if one["type"] == "image"]
    picture = httpx.get(f"{town.app.settings.sandbox_url}/files/{image['slack_file']['id']}")
    assert picture.content == town.app.blobs.read(paper.preview_sha256)
    assert picture.headers["content-type"] == "image/png"
    opened = town.open(town.app.document_link(document.id))
    assert (opened.headers["content-type"], opened.content) == ("application/pdf", pdf)
    actions = [one.action for one in town.rows(AuditEvent)]
    assert actions.count("paper_made") == actions.count("paper_asked") == 1
    with town.app.database.snapshot() as session:
        row = session.exec(select(Shipment)).one()
        again = asking.menu(session, shipment_id=row.id or 0, house=town.app.house)
    assert [one.version for one in again.offers if one.kind is Kind.COMMERCIAL_INVOICE] == [1]


def test_our_own_draft_never_stands_for_the_shipper_s_invoice(town: Town) -> None:
    shipment = arrive(town)
    with town.app.database.transaction() as session:
        (own,) = session.exec(select(Document)).all()
        own.made_by_us = True
        session.add(own)
    with town.app.database.snapshot() as session:
        told = gate.blockers(
            session, shipment, screener=town.app.screener, needs_official_list=False
        )
    assert any("commercial invoice is missing" in one for one in told)


def test_a_changed_fact_makes_the_next_version_and_the_older_is_superseded(town: Town) -> None:
    arrive(town, ("packing.csv", packing_csv()))
    first = use(town, make="packing_list|")
    assert "version 1, is being made" in first
    assert "version 1 says the same" in use(town, make="packing_list|")
    told = use(town, make="packing_list|", facts="marks = KO 1-12")
    assert "Stated for the papers: marks" in told
    assert "version 2, is being made" in told
    one, two = town.rows(Paper)
    assert (one.superseded_by, two.superseded_by) == (2, None)
    assert one.document_id != two.document_id
    assert "facts have changed since" not in json.dumps(window(town))


def test_ten_pallets_booked_and_twelve_packed_stop_every_paper_until_a_person_decides(
    town: Town,
) -> None:
    arrive(town, ("packing.csv", packing_csv()), ("booking.csv", booking_csv()))
    (row,) = town.rows(Discrepancy)
    assert (row.field, row.standing) == ("packages.pallet", Standing.OPEN)
    card = town.hands.card("T-1001")
    assert card is not None
    (note,) = [one for one in town.hands.thread(card) if "the sources do not agree" in one["text"]]
    assert "Booking (booking.csv): 10" in note["text"]
    assert "Packing list (packing.csv): 12" in note["text"]
    assert "Decide it in the thread" in json.dumps(window(town))
    with town.app.database.transaction() as session:
        from bot import people

        answer = asking.ask(
            session,
            shipment_id=1,
            kind=Kind.PACKING_LIST,
            actor=people.who(session, DANA),
            house=town.app.house,
        )
    assert not answer.changed
    assert "Booking (booking.csv) says 10" in answer.text
    assert town.rows(Paper) == []
    town.hands.press(DANA, note, "discrepancy_decide")
    view = town.hands.modal(DANA, "discrepancy")
    values = {
        "figure": {"value": {"type": "static_select", "selected_option": {"value": "10"}}},
        "reason": {
            "value": {
                "type": "plain_text_input",
                "value": "The shipper wrote: ten now, two next week.",
            }
        },
    }
    town.hands.submit(DANA, view, values)
    assert said(town, "Decided: Pallets 10.")
    town.drain()
    assert "is being made" in use(town, make="packing_list|")
    (paper,) = town.rows(Paper)
    made = words(
        town.app.blobs.read(next(one for one in town.rows(Document) if one.made_by_us).sha256)
    )
    assert "10 pallets" in made
    assert "12 pallets" not in made
    (event,) = [one for one in town.rows(AuditEvent) if one.action == "discrepancy_decided"]
    assert (event.actor_id, event.details["value"]) == (DANA, "10")
    assert paper.facts["packages"] == "10 pallets"


def test_an_order_that_differs_from_the_invoice_is_told_and_ends_when_it_is_set_right(
    town: Town,
) -> None:
    arrive(town, ("packing.csv", packing_csv()))
    use(town, facts="order.packages = 12 pallets\norder.quantity.1 = 12")
    (row,) = town.rows(Discrepancy)
    assert row.field == "quantity.1"
    assert {one.value for one in row.claims} == {"10", "12"}
    use(town, facts="order.quantity.1 = 10")
    (row,) = town.rows(Discrepancy)
    assert row.standing is Standing.GONE


def test_a_viewer_makes_nothing_and_a_figure_of_nobody_cannot_be_chosen(town: Town) -> None:
    arrive(town, ("packing.csv", packing_csv()), ("booking.csv", booking_csv()))
    run = CliRunner().invoke
    (row,) = town.rows(Discrepancy)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(papers_commands, "_product", lambda: town.app)
        refused = run(
            papers_commands.app, ["make", "SHP-2026-000001", "packing_list", "--by", VERA]
        )
        assert (refused.exit_code, "Only a broker or an entry writer" in refused.output) == (
            2,
            True,
        )
        wrong = run(
            papers_commands.app,
            ["decide", "SHP-2026-000001", str(row.id), "11", "--by", LUIS, "--reason", "x"],
        )
        assert (
            wrong.exit_code,
            "Only a figure that one of the sources states" in wrong.output,
        ) == (2, True)
    assert town.rows(Paper) == []


def test_a_party_that_is_not_screened_or_resembles_a_denied_one_gets_no_paper(town: Town) -> None:
    arrive(town, ("packing.csv", packing_csv()))
    with town.app.database.transaction() as session:
        row = session.get(Shipment, 1)
        stranger = PartyBlock(name="Somebody New Trading")
        row.parties = row.parties.model_copy(update={"shipTo": stranger})
        session.add(row)
    text = json.dumps(window(town))
    assert "No paper can be made" in text
    assert "has not been screened" in text
    with town.app.database.transaction() as session:
        from bot import people
        from workflows.states import Refused

        with pytest.raises(Refused, match="has not been screened"):
            asking.ask(
                session,
                shipment_id=1,
                kind=Kind.PACKING_LIST,
                actor=people.who(session, DANA),
                house=town.app.house,
            )
    assert town.rows(Paper) == []


def test_an_entry_summary_over_a_duty_with_open_items_is_refused_with_what_it_needs(
    town: Town,
) -> None:
    arrive(town, lines=2)
    assert "a code of ten digits that a broker has confirmed" in json.dumps(window(town))
    decide_all(town, "T-1001", GOODS)
    told = use(town, make="entry_summary|")
    assert "Entry summary was not made" in told
    assert "run tariff sync with the edition in force" in told
    assert town.rows(Paper) == []


def test_a_worker_that_dies_after_the_making_makes_nothing_twice(town: Town) -> None:
    arrive(town, ("packing.csv", packing_csv()))
    use(town, make="packing_list|")
    with town.app.database.transaction() as session:
        row = session.exec(select(Outbox).where(Outbox.kind == "paper.make")).one()
        row.status, row.done_at = OutboxStatus.PENDING, None
        session.add(row)
    town.drain()
    assert len([one for one in town.rows(Document) if one.made_by_us]) == 1
    assert [one.action for one in town.rows(AuditEvent)].count("paper_made") == 1


@pytest.mark.parametrize(
    ("method", "answers", "picture"),
    [
        ("files.getUploadURLExternal", ["missing_scope"], False),
        ("files.completeUploadExternal", [500], True),
        ("chat.postMessage", ["invalid_blocks"], False),
        ("chat.postMessage", ["lost"], True),
    ],
)
def test_the_paper_is_shown_once_whatever_happens_to_its_picture(
    town: Town, method: str, answers: list[Any], picture: bool
) -> None:
    arrive(town, ("packing.csv", packing_csv()))
    with town.app.database.transaction() as session:
        from bot import people

        asking.ask(
            session,
            shipment_id=1,
            kind=Kind.PACKING_LIST,
            actor=people.who(session, DANA),
            house=town.app.house,
        )
    from bot import jobs

    for row in town.pending():
        jobs.perform(row)  # made, not yet shown
    town.hands.faults(method, answers)
    town.drain()
    with town.app.database.transaction() as session:
        for row in session.exec(select(Outbox).where(Outbox.status == OutboxStatus.PENDING)):
            row.run_at = row.created_at
            session.add(row)
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    notes = [one for one in town.hands.thread(card) if "Packing list*, version 1" in one["text"]]
    assert len(notes) == 1
    assert any(one["type"] == "image" for one in notes[0]["blocks"]) is picture


def test_at_the_command_line_papers_are_listed_stated_and_written_to_a_file(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(town, ("packing.csv", packing_csv()))
    monkeypatch.setattr(papers_commands, "_product", lambda: town.app)
    run, ref = CliRunner().invoke, "SHP-2026-000001"
    listed = run(papers_commands.app, ["list", ref]).output
    assert "packing_list: Packing list (not made yet)" in listed
    assert "lacks the place of the sale" in listed
    offers = json.loads(run(papers_commands.app, ["list", ref, "--json"]).output)["offers"]
    assert {one["kind"] for one in offers} == {kind.value for kind in Kind}
    assert run(papers_commands.app, ["state", ref, "marks=KO 1-12", "--by", LUIS]).exit_code == 0
    file = tmp_path / "list.pdf"
    made = run(papers_commands.app, ["make", ref, "packing_list", "--by", LUIS, "-o", str(file)])
    assert made.exit_code == 0, made.output
    assert "KO 1-12" in words(file.read_bytes())
    town.drain()
    (document,) = [one for one in town.rows(Document) if one.made_by_us]
    assert town.app.blobs.read(document.sha256) == file.read_bytes()
    lacking = run(papers_commands.app, ["make", ref, "certificate_of_origin", "--by", LUIS])
    assert lacking.exit_code == 2
    assert "It lacks: lines 1: nobody has answered 'made'" in lacking.output
    assert run(papers_commands.app, ["list", "SHP-1"]).exit_code == 2


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("sale.plase = Hanoi", "Did you mean sale.place?"),
        ("marks", "is not written as name = value"),
        ("line.9.cartons = 4", "no line is meant by"),
        ("line.1.cartons = many", "is not a number"),
        ("origin.1.claim = perhaps", "is not yes, no or unsure"),
        (f"marks = {'x' * 501}", "more than 500 characters"),
    ],
)
def test_a_fact_that_is_not_understood_is_refused_and_nothing_is_kept(
    town: Town, monkeypatch: pytest.MonkeyPatch, written: str, told: str
) -> None:
    arrive(town)
    monkeypatch.setattr(papers_commands, "_product", lambda: town.app)
    answer = CliRunner().invoke(
        papers_commands.app, ["state", "SHP-2026-000001", "rebates=none", written, "--by", LUIS]
    )
    assert answer.exit_code == 2
    assert told in answer.output
    assert town.rows(PaperFact) == []


def test_an_answer_about_origin_reaches_every_line_of_a_country(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(town, lines=3)
    monkeypatch.setattr(papers_commands, "_product", lambda: town.app)
    CliRunner().invoke(
        papers_commands.app, ["state", "SHP-2026-000001", "origin.VN.made=yes 1", "--by", LUIS]
    )
    assert {one.path for one in town.rows(PaperFact)} == {f"origin.{at}.made" for at in (1, 2, 3)}
    CliRunner().invoke(
        papers_commands.app, ["state", "SHP-2026-000001", "origin.all.made=", "--by", LUIS]
    )
    assert town.rows(PaperFact) == []
