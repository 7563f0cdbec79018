"""A broker sets goods lines right in Slack; the shipper's next invoice is read by what that taught."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.sandbox.player import DANA, VERA
from storage.models import AuditEvent, Document, LineItem, LineState, ReadingLesson
from tests.factories import invoice_csv, mail
from tests.integration.test_slack_requests import said
from tests.town import Town
from tests.unit.ingest.test_ingest_columns import FIRST, SECOND, paper

pytestmark = pytest.mark.slow
SENDER = "Mette <mette@skagenlys.example>"
SWAPPED = ("Description", "Qty", "Pieces", "Unit price", "Amount")


def packs_first(goods: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Packs before pieces, and prices for a dozen: no column makes the amount with them."""
    return [
        (name, packs, pieces, f"{12 * Decimal(price)}", amount) for name, pieces, packs, price, amount in goods
    ]


def arrive(town: Town, number: int, data: bytes) -> None:
    one = mail((f"lys-{number}.pdf", data), sender=SENDER, message_id=f"<lys-{number}@skagenlys.example>")
    town.send(one)
    town.drain()


def card(town: Town, words: str) -> dict[str, Any]:
    found = town.hands.card(words)
    assert found is not None
    return found


def fill(view: dict[str, Any], **typed: str) -> dict[str, Any]:
    """What stands in the window, with what is typed over it."""
    values = {}
    for block in view["blocks"]:
        if block["type"] == "input" and block["element"]["type"] == "plain_text_input":
            field = block["block_id"].rpartition(".")[2]
            words = typed.get(field, block["element"].get("initial_value", ""))
            values[block["block_id"]] = {"value": {"type": "plain_text_input", "value": words}}
    return values


def open_line(town: Town, words: str, number: int) -> dict[str, Any]:
    """The window of a line, chosen from the menu of the shipment."""
    before = {one["id"] for one in town.hands.state(DANA)["views"]}

    def newest(callback: str) -> dict[str, Any] | None:
        views = [one for one in town.hands.state(DANA)["views"] if one["callback_id"] == callback]
        return next((one for one in views if one["id"] not in before), None)

    town.hands.menu(DANA, card(town, words), "shipment_more", "line")
    which = town.hands.wait("which line", lambda: newest("which_line"))
    options = town.hands.suggest(DANA, which, "line_correct_search", "")
    chosen = next(one for one in options if one["text"]["text"].startswith(f"{number}."))
    town.hands.in_view(DANA, which, "line_correct_search", selected=chosen)
    return town.hands.wait("the line", lambda: newest("line"))


def lines(town: Town, shipment_id: int | None) -> list[tuple[int, str, str]]:
    mine = [one for one in town.rows(LineItem) if one.shipment_id == shipment_id]
    return [(one.number, one.description, f"{one.quantity:f}") for one in sorted(mine, key=lambda one: one.number)]


def test_a_corrected_quantity_teaches_which_column_the_shipper_means(town: Town) -> None:
    arrive(town, 1, paper(packs_first(FIRST), head=SWAPPED, number="DK-1041"))
    first = town.shipments()[0]
    assert lines(town, first.id) == [(1, "Beeswax candles", "12"), (2, "Tin lanterns", "6")]
    asked = [flag.message for line in town.rows(LineItem) for flag in line.flags]
    assert "12 x 18.00 is 216.00, the invoice says 360.00." in asked
    # Who only looks may not.
    town.hands.menu(VERA, card(town, "DK-1041"), "line_more", "line")
    assert "Only a broker or an entry writer" in str(town.hands.modal(VERA, "message"))

    town.hands.menu(DANA, card(town, "DK-1041"), "line_more", "line")
    view = town.hands.modal(DANA, "line")
    assert "“12” on <" in str(view["blocks"])  # the words of the page, and where they stand
    for wrong, why in (("a dozen", "is no number"), ("-4", "cannot be less than nothing")):
        answer = town.hands.submit(DANA, view, fill(view, quantity=wrong))
        assert why in str(answer["body"]["errors"])
    answer = town.hands.submit(DANA, view, fill(view, countryOfOrigin="QQ"))
    assert "is no country's code" in str(answer["body"]["errors"])
    other = open_line(town, "DK-1041", 1)
    town.hands.submit(DANA, view, fill(view, quantity="240"))
    assert said(town, "Line 1 was set right: quantity.")
    town.drain()

    assert lines(town, first.id)[0] == (1, "Beeswax candles", "240")
    (line,) = [one for one in town.rows(LineItem) if one.number == 1]
    assert line.confidence["quantity"] == 1.0
    assert [one.message for one in line.flags] == ["240 x 18.00 is 4,320.00, the invoice says 360.00."]
    note = town.told(card(town, "DK-1041"), "set line 1 (240")
    assert "quantity 12 → 240" in note["text"]
    assert "Set right by Dana Whitlock; before, quantity 12" in str(card(town, "DK-1041")["blocks"])
    # What the page says stays in the reading.
    (document,) = town.rows(Document)
    assert document.reading.lineItems[0].quantity == 12
    # What was shown before it changed is refused.
    answer = town.hands.submit(DANA, other, fill(other, quantity="241"))
    assert "has changed since this window was opened" in str(answer["body"]["errors"])
    kept = [(one.path, one.label, one.place) for one in town.rows(ReadingLesson)]
    assert kept == [("lineItems.quantity", "pieces", "column")]

    arrive(town, 2, paper(packs_first(SECOND), head=SWAPPED, number="DK-1077", moved=30))
    second = town.shipments()[-1]
    assert lines(town, second.id) == [(1, "Glass vases, blown", "48"), (2, "Wool felt coasters", "500")]
    town.hands.menu(DANA, card(town, "DK-1077"), "line_more", "line")
    view = town.hands.wait(
        "the line", lambda: next((one for one in town.hands.state(DANA)["views"] if "Glass vases" in str(one)), None)
    )
    assert "learned from the correction by Dana Whitlock of" in str(view["blocks"])
    it_is_another_column_after_all(town, view)


def it_is_another_column_after_all(town: Town, view: dict[str, Any]) -> None:
    """The newer word counts: the cartons are what is invoiced."""
    town.hands.submit(DANA, view, fill(view, quantity="8"))
    town.drain()
    assert [one.label for one in town.rows(ReadingLesson)] == ["qty"]


def test_a_line_that_nobody_could_read_is_added_and_its_table_is_known_from_then_on(town: Town) -> None:
    arrive(town, 1, paper(FIRST, number="DK-2001"))
    first = town.shipments()[0]
    assert lines(town, first.id) == []
    assert any(flag.field == "lineItems" for flag in first.flags)
    town.hands.menu(DANA, card(town, "DK-2001"), "shipment_more", "line_add")
    view = town.hands.modal(DANA, "line_add")
    answer = town.hands.submit(DANA, view, fill(view, description="Beeswax candles"))
    assert "A line needs its goods, a quantity and an amount" in str(answer["body"]["errors"])
    town.hands.submit(
        DANA, view, fill(view, description="Beeswax candles", quantity="240", unitPrice="1.50", extendedValue="360.00")
    )
    assert said(town, "Line 1 was added; it is classified now.")
    town.drain()
    first = town.shipments()[0]
    assert lines(town, first.id) == [(1, "Beeswax candles", "240")]
    assert not any(flag.field == "lineItems" for flag in first.flags)
    # The total of the page still asks for the other line.
    assert any("The lines add up to 360.00, the invoice total says 855" in flag.message for flag in first.flags)
    town.told(card(town, "DK-2001"), "added line 1 (240, 360.00) by hand")
    assert {one.label for one in town.rows(ReadingLesson)} == {"vare", "stk", "stykpris", "belob"}

    arrive(town, 2, paper(SECOND, number="DK-2002", moved=20))
    second = town.shipments()[-1]
    assert lines(town, second.id) == [(1, "Glass vases, blown", "48"), (2, "Wool felt coasters", "500")]


def test_a_corrected_figure_keeps_a_confirmed_code_and_corrected_goods_do_not(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv(lines=2))))
    town.drain()
    town.hands.press(DANA, card(town, "T-1001"), "line_pick_0")
    assert said(town, "confirmed.")
    town.drain()
    view = open_line(town, "T-1001", 1)
    town.hands.submit(DANA, view, fill(view, quantity="20", extendedValue="50.00"))
    town.drain()
    first = min(town.rows(LineItem), key=lambda one: one.number)
    assert (first.quantity, first.value, first.state) == (20, 50, LineState.CONFIRMED)
    # Other goods are classified anew, and the thread says what is no longer confirmed.
    view = open_line(town, "T-1001", 1)
    code = first.code
    town.hands.submit(DANA, view, fill(view, description="Cotton tablecloths, woven"))
    town.drain()
    first = min(town.rows(LineItem), key=lambda one: one.number)
    assert (first.description, first.state, first.code) == ("Cotton tablecloths, woven", LineState.OPEN, None)
    assert f"No longer confirmed: line 1 ({code})" in town.told(card(town, "T-1001"), "goods “Backpacks")["text"]
    a_line_that_is_no_goods_is_taken_out(town)


def a_line_that_is_no_goods_is_taken_out(town: Town) -> None:
    second = max(town.rows(LineItem), key=lambda one: one.number)
    view = open_line(town, "T-1001", second.number)
    chosen = {"value": {"type": "checkboxes", "selected_options": [{"value": "take_out"}]}}
    town.hands.submit(DANA, view, fill(view) | {"take_out": chosen})
    assert said(town, f"Line {second.number} was taken out.")
    town.drain()
    assert [one.number for one in town.rows(LineItem)] == [1]
    town.told(card(town, "T-1001"), f"took out line {second.number} (10 PCS, 25.00)")
    assert {"lines_set_right", "lines_taken_out"} <= {one.action for one in town.rows(AuditEvent)}
    # A newer invoice is read with it.
    town.send(mail(("pl.txt", b"PACKING LIST\nInvoice No.: T-1001\nPackages: 4"), answers="<m1@lotusbags.example>", message_id="<m9@lotusbags.example>"))
    town.drain()
    assert [one.number for one in town.rows(LineItem)] == [1]
