"""The tariff in the flow of a shipment: records, products, memos, editions that change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pypdfium2 as pdfium
import pytest
from sqlmodel import select

from bot import jobs, tariff_office, tariff_sync
from bot.freshness import Fresh
from knowledge.tariff import export, sync
from storage.columns import now
from storage.models import (
    Classification,
    Decision,
    Importer,
    LineItem,
    Outbox,
    OutboxStatus,
    Product,
    Ruling,
    Shipment,
)
from storage.values import Actor, Role
from tests import schedules
from tests.factories import invoice_csv, mail
from tests.schedules import Publisher
from tests.town import Town, WordDesk
from workflows import archive, decisions, products, proposal, review
from workflows.memo import CannotWrite
from workflows.states import Refused

pytestmark = pytest.mark.slow

DANA = Actor(id="U02DANA", name="Dana Whitlock", role=Role.LICENSED_BROKER, licence="99001")
LUIS = Actor(id="U03LUIS", name="Luis Ortega", role=Role.ENTRY_WRITER)
BACKPACK, OTHER = "4202.92.31.20", "4202.92.31.31"


def arrive(town: Town, number: str = "T-1001", bill: str = "ZZZQ11110001") -> Shipment:
    data = invoice_csv(number=number, bill=bill)
    town.send(mail((f"{number}.csv", data), message_id=f"<{number}@lotusbags.example>"))
    town.drain()
    return town.shipments()[-1]


def line_of(town: Town, shipment: Shipment) -> tuple[LineItem, Classification]:
    with town.app.database.snapshot() as session:
        line = session.exec(select(LineItem).where(LineItem.shipment_id == shipment.id)).one()
        offered = proposal.candidates_of(session, line)
        assert offered is not None
        return line, offered


def choose(town: Town, shipment: Shipment, code: str, *, reason: str | None = None) -> None:
    line, _ = line_of(town, shipment)
    with town.app.database.transaction() as session:
        review.choose(
            session,
            line_id=line.id or 0,
            line_rev=line.rev,
            code=code,
            actor=DANA,
            tariff=town.app.lookup,
            reason=reason,
        )


def test_a_confirmed_line_leaves_a_record_that_explains_itself(town: Town) -> None:
    shipment = arrive(town)
    _, offered = line_of(town, shipment)
    chosen = offered.candidates[0]
    choose(town, shipment, chosen.code)
    (kept,) = town.rows(Decision)
    record = kept.record
    assert record["person"] == {
        "id": "U02DANA",
        "name": "Dana Whitlock",
        "role": "licensed_broker",
        "licence": "99001",
    }
    assert record["facts"]["description"] == "Backpacks of polyester textile 1"
    assert record["facts"]["documentSha256"]
    assert [one["code"] for one in record["shown"]["candidates"]] == [
        one.code for one in offered.candidates
    ]
    assert all(one["because"] and one["edition"] for one in record["shown"]["candidates"])
    assert (record["decision"]["code"], record["decision"]["place"]) == (chosen.code, 1)
    assert record["tool"].startswith("tidewaiter ")
    assert decisions.digest(record) == kept.record_hash


def test_the_record_is_found_by_article_entry_and_code_and_a_change_shows(town: Town) -> None:
    shipment = arrive(town)
    choose(town, shipment, BACKPACK, reason="textile, travel bag")
    app = town.app
    for words in (
        {"shipment": shipment.ref, "sku": None, "code": None},
        {"shipment": None, "sku": "S-1", "code": None},
        {"shipment": None, "sku": None, "code": "4202.92"},
    ):
        (found,) = tariff_office.records(app, **words)
        assert found["hashFits"]
        assert found["decision"]["reason"] == "textile, travel bag"
    assert tariff_office.records(app, shipment=None, sku="S-2", code=None) == []
    with app.database.transaction() as session:
        row = session.exec(select(Decision)).one()
        row.record = {**row.record, "at": "2020-01-01"}
        session.add(row)
    (found,) = tariff_office.records(app, shipment=None, sku="S-1", code=None)
    assert not found["hashFits"]


def test_the_sealed_manifest_has_the_records(town: Town) -> None:
    shipment = arrive(town)
    choose(town, shipment, BACKPACK, reason="textile, travel bag")
    with town.app.database.snapshot() as session:
        sealed = json.loads(archive.manifest(session, session.get(Shipment, shipment.id)))
    (one,) = sealed["classifications"]
    assert (one["line"], one["code"]) == (1, BACKPACK)
    assert decisions.digest(one["record"]) == one["hash"]


def test_a_confirmation_writes_the_product_master_and_answers_the_very_next_line(
    town: Town,
) -> None:
    choose(town, arrive(town), BACKPACK, reason="textile, travel bag")
    (one,) = town.rows(Product)
    assert (one.sku, one.code, one.confirmed_by, one.confirmed_licence, one.reason) == (
        "S-1",
        BACKPACK,
        "Dana Whitlock",
        "99001",
        "textile, travel bag",
    )
    assert (one.origin, bool(one.edition)) == ("SHP-2026-000001 line 1", True)
    _, offered = line_of(town, arrive(town, "T-1002", "ZZZQ11110002"))
    assert (offered.source, offered.candidates[0].code) == ("product", BACKPACK)
    assert offered.confirmed_by == "Dana Whitlock"


def test_a_second_code_for_the_same_goods_is_shown_on_the_next_card(town: Town) -> None:
    choose(town, arrive(town), BACKPACK, reason="textile, travel bag")
    choose(town, arrive(town, "T-1002", "ZZZQ11110002"), OTHER, reason="made of man-made fibers")
    assert {one.code for one in town.rows(Product)} == {BACKPACK, OTHER}
    _, offered = line_of(town, arrive(town, "T-1003", "ZZZQ11110003"))
    assert offered.hint_conflict is not None
    assert BACKPACK in offered.hint_conflict
    assert OTHER in offered.hint_conflict
    card = town.hands.card("T-1003")
    assert "confirmed under 2 codes" in str(card)


def test_a_broker_who_sees_both_codes_settles_it(town: Town) -> None:
    choose(town, arrive(town), BACKPACK, reason="textile, travel bag")
    choose(town, arrive(town, "T-1002", "ZZZQ11110002"), OTHER, reason="made of man-made fibers")
    shipment = arrive(town, "T-1003", "ZZZQ11110003")
    _, offered = line_of(town, shipment)
    with town.app.database.transaction() as session:
        shown = session.get(Classification, offered.id)
        assert shown is not None
        both = [
            offered.candidates[0].model_copy(update={"code": code}) for code in (BACKPACK, OTHER)
        ]
        shown.candidates, shown.source = both, "product"
        session.add(shown)
    choose(town, shipment, OTHER)
    standing = {one.code: one.retired_by for one in town.rows(Product)}
    assert standing == {BACKPACK: "Dana Whitlock", OTHER: None}
    with town.app.database.snapshot() as session:
        assert [one.code for one in products.history(session, line_importer(session))] == [OTHER]


def line_importer(session) -> int:
    return session.exec(select(Shipment)).first().importer_id


def test_one_clients_goods_never_answer_for_another(town: Town) -> None:
    choose(town, arrive(town), BACKPACK, reason="textile, travel bag")
    with town.app.database.snapshot() as session:
        others = session.exec(select(Importer).where(Importer.id != line_importer(session))).all()
        assert others
        assert [products.history(session, one.id) for one in others] == [[]] * len(others)


def test_only_a_licensed_broker_takes_or_retires_products(town: Town) -> None:
    with town.app.database.transaction() as session:
        client = products.client(session, "Kestrel Outdoor")
        with pytest.raises(Refused, match="nothing was imported"):
            products.take(session, client, [], actor=LUIS, source="x.csv")
        with pytest.raises(Refused, match="Nothing was changed"):
            products.retire(session, client, sku="", code=OTHER, actor=LUIS, reason="why not")
        with pytest.raises(Refused, match="say why"):
            products.retire(session, client, sku="", code=OTHER, actor=DANA, reason=" ")


def words_of(made: bytes) -> str:
    document = pdfium.PdfDocument(made)
    try:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()
    return " ".join(" ".join(pages).split())


def add_rulings(town: Town) -> None:
    with town.app.database.transaction() as session:
        for number, subject, code, revoked in (
            ("N302241", "The tariff classification of backpacks of polyester textile from China", BACKPACK, []),
            ("N302242", "The tariff classification of polyester backpacks for dolls from China", "9503.00.00.73", []),
            ("N302243", "The tariff classification of backpacks of textile from Vietnam", BACKPACK, ["H289765"]),
        ):  # fmt: skip
            session.add(
                Ruling(
                    number=number,
                    collection="NY",
                    subject=subject,
                    tariffs=[code],
                    url=f"https://rulings.example/ruling/{number}",
                    revoked=bool(revoked),
                    revoked_by=revoked,
                )
            )


def test_the_memo_is_a_draft_with_facts_law_rulings_for_and_against(town: Town) -> None:
    add_rulings(town)
    shipment = arrive(town)
    choose(town, shipment, OTHER, reason="outer surface of man-made fibers; see NY N302241")
    text = words_of(tariff_office.write_memo(town.app, shipment.ref or "", 1))
    for fact in (
        "DRAFT — unsigned until a licensed broker signs",
        "Backpacks of polyester textile 1",
        "Kestrel Outdoor LLC",
        "T-1001.csv",
        "GRI 1.",
        "GRI 6 and Additional U.S. Rule 1.",
        "The notes of chapter 42 are not on file",
        "Of the same heading • NY N302241",
        "Of another heading • NY N302242",
        "Revoked: not to be relied on • NY N302243 (revoked by H289765)",
        f"{OTHER} — confirmed by Dana Whitlock, licence 99001",
        "outer surface of man-made fibers",
        "Licensed broker (name, signature)",
    ):
        assert fact in text, fact


def test_the_memo_of_an_open_line_says_that_nobody_has_decided(town: Town) -> None:
    shipment = arrive(town)
    text = words_of(tariff_office.write_memo(town.app, shipment.ref or "", 1))
    assert "No licensed broker has decided this line" in text


def test_the_memo_prints_what_a_shipper_wrote_and_never_runs_it(town: Town) -> None:
    data = invoice_csv(goods='#read("/etc/passwd") $x^2$ *bold* bags')
    town.send(mail(("t.csv", data)))
    town.drain()
    text = words_of(tariff_office.write_memo(town.app, town.shipments()[0].ref or "", 1))
    assert "/etc/passwd" in text
    assert "root:" not in text


def test_a_ruling_that_nobody_has_is_not_cited(town: Town) -> None:
    shipment = arrive(town)
    choose(town, shipment, OTHER, reason="as in NY N999999")
    with pytest.raises(CannotWrite, match="cites ruling N999999, which is not among"):
        tariff_office.write_memo(town.app, shipment.ref or "", 1)


@pytest.mark.parametrize(
    ("ref", "number", "said"), [("SHP-9", 1, "no shipment"), (None, 9, "no line 9")]
)
def test_a_memo_of_nothing_is_refused(town: Town, ref: str | None, number: int, said: str) -> None:
    shipment = arrive(town)
    with pytest.raises(Refused, match=said):
        tariff_office.write_memo(town.app, ref or shipment.ref or "", number)


@pytest.mark.parametrize(
    ("goods", "said"),
    [
        ("Plastic toy cars for children", "CPSC CP must: toys"),
        ("Men's T-shirts knitted of cotton", "the quantity in kg is needed"),
    ],
)
def test_flags_and_the_tariffs_unit_stand_on_the_card(town: Town, goods: str, said: str) -> None:
    town.send(mail(("t.csv", invoice_csv(goods=goods))))
    town.drain()
    assert said in str(town.hands.card("T-1001"))


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher()
    made.pages["/export"] = schedules.export()
    made.pages["/currentRelease"] = b'{"name": "2026HTSRev9"}'
    yield made
    made.close()


def connect(town: Town, publisher: Publisher) -> None:
    settings = town.app.settings.tariff
    settings.source_url = f"{publisher.url}/export"
    settings.chapter99_url = f"{publisher.url}/chapter99"


def test_a_running_process_takes_a_new_edition_into_use(town: Town, publisher: Publisher) -> None:
    connect(town, publisher)
    app = town.app
    app.lookup._fresh._patience = app.duty_desk._fresh._patience = 0.0
    assert app.lookup.find("6109.90.80.10") is None
    opened: list[str] = []

    def desk() -> WordDesk:
        opened.append(app.lookup.edition)
        return WordDesk(app.lookup)

    app.reader._open_desk = desk
    tariff_sync.run(app, index=False)
    assert app.lookup.find("6109.90.80.10") is not None
    assert app.lookup.edition == "HTSUS 2026 revision 9"
    assert app.house.duty.shelf.editions == ["HTSUS 2026 revision 9"]
    app.reader.warm()
    app.reader.warm()
    assert opened == ["HTSUS 2026 revision 9"]


def test_an_edition_that_cannot_be_opened_leaves_the_old_one_serving() -> None:
    marks = iter(range(9))

    def broken() -> str:
        if made:
            raise export.BadExport("cut off")
        made.append("old")
        return "old"

    made: list[str] = []
    fresh = Fresh(lambda: next(marks), broken, patience=0.0)
    assert (fresh.get(), fresh.get()) == ("old", "old")


def test_by_itself_the_publisher_is_asked_once_in_so_many_days(
    town: Town, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(town, publisher)
    app = town.app
    tariff_sync.schedule(app)
    assert waiting(town) == []  # off unless a setting says how often
    app.settings.tariff.sync_days = 7
    tariff_sync.schedule(app)
    tariff_sync.schedule(app)
    (row,) = waiting(town)
    encoded: list[object] = []
    monkeypatch.setattr(
        tariff_sync.tariff, "open_desk", lambda **more: encoded.append(more["named"])
    )
    jobs.perform(row.id)
    assert app.lookup.schedule is not None
    assert len(encoded) == 1  # before the swap, from where it was laid aside
    assert "incoming" in str(encoded[0])
    assert sync.editions(app.settings.data / "tariff") == ["hts_2026_revision_9.json"]
    assert not tariff_sync.due(app)
    checked = app.settings.data / "tariff" / "checked"
    checked.write_text((now() - timedelta(days=8)).isoformat(), "utf-8")
    assert tariff_sync.due(app)


def waiting(town: Town) -> list[Outbox]:
    return [
        one
        for one in town.rows(Outbox)
        if one.kind == "tariff.sync" and one.status is not OutboxStatus.DONE
    ]


def test_a_publisher_that_is_away_is_tried_again_later(town: Town, publisher: Publisher) -> None:
    connect(town, publisher)
    del publisher.pages["/export"]
    town.app.settings.tariff.sync_days = 7
    tariff_sync.schedule(town.app)
    (row,) = waiting(town)
    jobs.perform(row.id)
    (row,) = waiting(town)
    assert (row.status, row.attempts) == (OutboxStatus.PENDING, 1)
    assert "could not be fetched" in (row.last_error or "")


def test_a_bad_file_is_told_in_the_operations_channel(town: Town, publisher: Publisher) -> None:
    connect(town, publisher)
    publisher.pages["/export"] = schedules.export()[:-100]
    town.app.settings.tariff.sync_days = 7
    tariff_sync.schedule(town.app)
    (row,) = waiting(town)
    jobs.perform(row.id)
    (row,) = waiting(town)
    assert row.status is OutboxStatus.DEAD
    town.drain()
    assert "The edition that was in force stays so." in str(town.hands.state())
