"""A broker makes the lines and documents of a shipment fit: splits, merges, moves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.sandbox.player import DANA, VERA
from storage.models import AuditEvent, Document, LineDivision, LineItem, LineState, Shipment
from tests.factories import invoice_csv, mail
from tests.integration.test_slack_requests import said
from tests.town import Town

pytestmark = pytest.mark.slow


def text(value: str) -> dict[str, Any]:
    return {"value": {"type": "plain_text_input", "value": value}}


def lines(town: Town) -> list[tuple[int, str, str, str, str]]:
    return [
        (one.number, f"{one.quantity:f}", f"{one.value:f}", one.description, one.state.value)
        for one in sorted(town.rows(LineItem), key=lambda one: (one.shipment_id, one.number))
    ]


def card(town: Town, words: str = "T-1001") -> dict[str, Any]:
    found = town.hands.card(words)
    assert found is not None
    return found


def split(town: Town, view: dict[str, Any], line: int, parts: list[tuple[str, str, str]]) -> dict[str, Any]:
    values = {}
    for number, (quantity, amount, goods) in enumerate(parts, start=1):
        values |= {
            f"quantity:{number}:{line}": text(quantity), f"amount:{number}:{line}": text(amount),
            f"goods:{number}:{line}": text(goods), f"origin:{number}:{line}": text("VN"),
        }  # fmt: skip
    return town.hands.submit(DANA, view, values)


def test_a_line_is_split_and_its_parts_are_merged_again_and_all_adds_up(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv(lines=2))))
    town.drain()
    town.hands.press(DANA, card(town), "line_pick_0")
    assert said(town, "confirmed.")
    town.drain()
    # Who only looks may not.
    town.hands.menu(VERA, card(town), "shipment_more", "split")
    assert "Only a broker or an entry writer" in str(town.hands.modal(VERA, "message"))
    # From the menu of the shipment: the line is searched, decided or not.
    town.hands.menu(DANA, card(town), "shipment_more", "split")
    view = town.hands.modal(DANA, "which_line")
    (found,) = town.hands.suggest(DANA, view, "line_search", "textile 1")
    assert found["text"]["text"].startswith("1. Backpacks of polyester textile 1 · 10 PCS · USD 25.00")
    town.hands.in_view(DANA, view, "line_search", selected=found)
    view = town.hands.modal(DANA, "split")
    first, _ = sorted(town.rows(LineItem), key=lambda one: one.number)
    wrong = split(town, view, first.id, [("4", "10.00", "Red"), ("5", "15.00", "Blue")])
    (where, told), = wrong["body"]["errors"].items()
    assert where.startswith("amount:1")
    assert "The parts come to 9, line 1 has 10: its quantity differs by 1" in told
    for amount, why in (("25.01", "more than nothing"), ("12.505", "two decimals"), ("ten", "is no number")):
        assert why in str(split(town, view, first.id, [("4", amount, ""), ("6", "", "")])["body"])
    # One more part: what was typed stays.
    town.hands.in_view(DANA, view, "split_more", values={f"quantity:1:{first.id}": text("4")})
    view = town.hands.wait("a third part", lambda: next((one for one in town.hands.state(DANA)["views"] if "Part 3" in str(one)), None))
    assert next(one for one in view["blocks"] if one["block_id"] == f"quantity:1:{first.id}")["element"]["initial_value"] == "4"
    split(town, view, first.id, [("4", "10.01", "Red bags"), ("3", "7.50", "Blue bags"), ("", "", "Green bags")])
    assert said(town, "Line 1 is now lines 1, 3, 4; they are classified anew.")
    town.drain()
    after = [
        (1, "4", "10.01", "Red bags", "open"), (2, "10", "25", "Backpacks of polyester textile 2", "open"),
        (3, "3", "7.5", "Blue bags", "open"), (4, "3", "7.49", "Green bags", "open"),
    ]  # fmt: skip
    assert [(a, b, str(Decimal(c).normalize()), d, e) for a, b, c, d, e in lines(town)] == after
    note = town.told(card(town), "made line 1 (10 PCS, 25.00) into")
    assert "No longer confirmed: line 1 (" in note["text"]
    assert "Split by Dana Whitlock; before, line 1: 10 PCS, 25.00" in str(card(town)["blocks"])
    # The page's own values stay: in the reading, and beside the act.
    (document,) = town.rows(Document)
    assert [str(one.quantity) for one in document.reading.lineItems] == ["10", "10"]
    (act,) = town.rows(LineDivision)
    assert (act.before[0].quantity, act.by_name) == (Decimal(10), "Dana Whitlock")
    later_readings_keep_the_parts(town, after)
    the_parts_become_one_again(town)
    a_newer_invoice_ends_it(town)


def later_readings_keep_the_parts(town: Town, after: list[tuple[int, str, str, str, str]]) -> None:
    # Another mail is read: the parts stand, with decisions made on them.
    town.hands.press(DANA, card(town), "line_pick_0")
    town.hands.wait("decided", lambda: any(one.state is LineState.CONFIRMED for one in town.rows(LineItem)))
    town.send(mail(("note.txt", b"PACKING LIST\nInvoice No.: T-1001\nPackages: 4"), answers="<m1@lotusbags.example>", message_id="<m2@lotusbags.example>"))
    town.drain()
    assert [one[:2] for one in lines(town)] == [one[:2] for one in after]
    assert lines(town)[0][4] == "confirmed"


def the_parts_become_one_again(town: Town) -> None:
    town.hands.menu(DANA, card(town), "shipment_more", "merge")
    view = town.hands.modal(DANA, "merge")
    options = [one for one in town.hands.suggest(DANA, view, "lines_search", "bags") if "textile" not in one["text"]["text"]]
    values = {
        "lines": {"lines_search": {"type": "multi_external_select", "selected_options": options}},
        "goods": text("Backpacks of polyester textile 1"),
    }  # fmt: skip
    town.hands.submit(DANA, view, values)
    assert said(town, "Lines 1, 3, 4 are one line now, number 1; it is classified anew.")
    town.drain()
    assert [(one[0], one[1], Decimal(one[2])) for one in lines(town)] == [(1, "10", Decimal(25)), (2, "10", Decimal(25))]
    assert [one.action for one in town.rows(AuditEvent)].count("lines_divided") == 2
    # What was chosen before it changed is refused.
    town.hands.menu(DANA, card(town), "shipment_more", "merge")
    answer = town.hands.submit(DANA, town.hands.modal(DANA, "merge"), values)
    assert "Nothing was changed" in answer["body"]["errors"]["lines"]


def a_newer_invoice_ends_it(town: Town) -> None:
    # The newest page stands, and a person is told.
    town.send(mail(("new.csv", invoice_csv(lines=2).replace(b"1,VN,10,PCS,2.50,25.00", b"1,VN,20,PCS,2.50,50.00").replace(b",,50.00", b",,75.00")), answers="<m1@lotusbags.example>", message_id="<m3@lotusbags.example>"))
    town.drain()
    assert lines(town)[0][1] == "20"
    assert all(one.dropped_at for one in town.rows(LineDivision))
    assert "had divided line 1 anew; the newest invoice says other things" in str(card(town)["blocks"])


def test_lines_of_other_origin_or_unit_are_not_merged(town: Town) -> None:
    rows = invoice_csv(lines=2).replace(b"textile 2,VN,10,PCS", b"textile 2,CN,10,PCS")
    town.send(mail(("i.csv", rows)))
    town.drain()
    town.hands.menu(DANA, card(town), "line_more", "merge")
    view = town.hands.modal(DANA, "merge")
    chosen = next(one for one in view["blocks"] if one["block_id"] == "lines")["element"]["initial_options"]
    assert len(chosen) == 1
    both = town.hands.suggest(DANA, view, "lines_search", "")
    values = {"lines": {"lines_search": {"type": "multi_external_select", "selected_options": both}}, "goods": text("")}
    answer = town.hands.submit(DANA, view, values)
    assert answer["body"]["errors"]["lines"] == "These lines differ in country of origin (CN and VN). Nothing was changed."
    assert len(town.rows(LineItem)) == 2


def test_a_document_moves_within_one_client_and_both_shipments_are_made_anew(town: Town) -> None:
    # The packing list of the second shipment came with the first.
    packing = b"PACKING LIST\nInvoice No.: T-1001\nB/L No.: ZZZQ11110001\nPackages: 44 cartons\nGross weight: 120 kg\n"
    town.send(mail(("i.csv", invoice_csv()), ("pl.txt", packing)))
    town.send(mail(("j.csv", invoice_csv(number="T-2002", bill="ZZZQ22220002")), message_id="<m2@lotusbags.example>"))
    town.send(mail(("k.csv", invoice_csv(number="T-3003", bill="ZZZQ33330003", importer="Bright Path LED Inc")), message_id="<m3@other.example>", sender="x@other.example"))
    town.drain()
    first, second, third = town.shipments()
    assert first.importer_id == second.importer_id != third.importer_id
    assert first.totals.grossWeightKg is not None
    town.hands.menu(DANA, card(town), "shipment_more", "move")
    view = town.hands.modal(DANA, "move")
    offered = town.hands.suggest(DANA, view, "place_search", "")
    assert [one["value"] for one in offered] == [str(second.id)]  # never another client's
    assert [one["value"] for one in town.hands.suggest(DANA, view, "place_search", "zzzq2222")] == [str(second.id)]
    document = next(one for one in town.rows(Document) if one.filename == "pl.txt")

    def values(to: int | None) -> dict[str, Any]:
        chosen = {"type": "external_select", "selected_option": {"value": str(to)}}
        what = {"type": "static_select", "selected_option": {"value": str(document.id)}}
        return {"document": {"value": what}, "to": {"place_search": chosen}}

    # Nor by a made-up answer.
    answer = town.hands.submit(DANA, view, values(third.id))
    assert "papers of clients stay apart" in answer["body"]["errors"]["to"]
    town.hands.submit(DANA, view, values(second.id))
    assert said(town, f"pl.txt is part of {second.ref} now")
    town.drain()
    first, second, third = town.shipments()
    assert {one.filename: one.shipment_id for one in town.rows(Document)} == {
        "i.csv": first.id, "pl.txt": second.id, "j.csv": second.id, "k.csv": third.id
    }  # fmt: skip
    assert (first.totals.grossWeightKg, second.totals.grossWeightKg) == (None, 120)
    for shipment in (first, second):
        town.told(card(town, shipment.ref or ""), f"moved pl.txt from {first.ref} to {second.ref}")
    # Both name one bill now, and yet they stay two.
    assert all(one.joined_into is None for one in (first, second, third))
    assert len([one for one in town.rows(AuditEvent) if one.action == "document_moved"]) == 2
    with town.app.database.snapshot() as session:
        assert session.get(Shipment, first.id).state == "in_review"
