"""Clients of the acceptance scenarios: on record as a brokerage has them, with papers of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from bot import people
from bot.sandbox.player import DANA
from storage.columns import now
from storage.models import Importer, LineItem, LineState, Shipment
from storage.values import SYSTEM
from tests.factories import mail
from tests.town import Town
from workflows import bonds, booking, entry_numbers, filing_facts, poa

Goods = tuple[str, str, str, str, str, str]  # sku, words, origin, quantity, unit, price


def on_record(town: Town, name: str, *, consignee: str, signer: str, numbers: tuple[int, int]) -> None:
    """An importer with everything that a filing needs, and a range of entry numbers."""
    with town.app.database.transaction() as session:
        dana = people.who(session, DANA)
        importer: Importer = booking.add_importer(
            session, name=name, actor=SYSTEM, consignee_mail=consignee, broker=DANA
        )
        filing_facts.record(
            session, importer, actor=SYSTEM, ior_number="00-000000900",
            isf_statement="Their forwarder files the ISF of every ocean shipment.",
        )  # fmt: skip
        bonds.record(
            session, importer=importer, kind="continuous", surety="999",
            amount=Decimal(500_000), starts_on=now().date(), actor=SYSTEM,
        )  # fmt: skip
        poa.record(
            session, importer=importer, signed_by=signer, signed_on=now().date(), expires_on=None,
            actor=dana,
        )  # fmt: skip
        entry_numbers.add(
            session, filer=town.app.house.filer_code, first=numbers[0], last=numbers[1],
            actor=dana, warn_left=0,
        )  # fmt: skip


def papers(
    *, seller: str, importer: str, number: str, bill: str, goods: Sequence[Goods], more: str = "",
) -> list[tuple[str, bytes]]:
    """Commercial invoice and packing list as CSV; the invoice adds up."""
    lines = [
        (sku, words, origin, quantity, unit, price, Decimal(quantity) * Decimal(price))
        for sku, words, origin, quantity, unit, price in goods
    ]
    head = [
        f"Exporter:,{seller},,Invoice No.:,{number}",
        f"Importer:,{importer},,Invoice Date:,2026-04-10",
        f"Currency:,USD,,B/L No.:,{bill}",
        *([more] if more else []),
        "",
    ]
    rows = [
        "COMMERCIAL INVOICE", "", *head,
        "No.,SKU,Description,Origin,Quantity,Unit,Unit Price,Amount",
        *(f"{n},{sku},{words},{origin},{quantity},{unit},{price},{amount:.2f}"
          for n, (sku, words, origin, quantity, unit, price, amount) in enumerate(lines, 1)),
        f"Total,,,,,,,{sum(one[-1] for one in lines):.2f}",
    ]  # fmt: skip
    packed = [
        "PACKING LIST", "", *head, "No.,SKU,Description,Quantity,Unit,Cartons,Gross Weight kg",
        *(f"{n},{one[0]},{one[1]},{one[3]},{one[4]},10,900" for n, one in enumerate(lines, 1)),
    ]  # fmt: skip
    return [
        (f"invoice_{number}.csv", "\n".join(rows).encode()),
        (f"packing_list_{number}.csv", "\n".join(packed).encode()),
    ]


def send(
    town: Town, *files: tuple[str, bytes], sender: str, subject: str, text: str, mark: str
) -> None:
    """One mail to the intake address, taken in and read."""
    domain = sender.rpartition("@")[2].strip("<> ")
    town.send(
        mail(
            *files, to=town.address, sender=sender, subject=subject, text=text,
            message_id=f"<{mark}@{domain}>",
        )
    )  # fmt: skip
    town.drain()


def pdf(*lines: str, title: str = "") -> bytes:
    """A page of text as PDF; the title is taller."""
    place = BytesIO()
    canvas = Canvas(place, pagesize=A4, invariant=1)
    at = 800
    if title:
        canvas.setFont("Helvetica-Bold", 15)
        canvas.drawString(50, at, title)
        at -= 30
    canvas.setFont("Helvetica", 10)
    for line in lines:
        label, _, value = line.partition("|")
        canvas.drawString(50, at, label)
        if value:
            canvas.drawString(300, at, value)
        at -= 16
    canvas.save()
    return place.getvalue()


def state(town: Town, words: str, **written: str) -> None:
    """A broker states facts in the duty window: line_1="melt CN", price="assists 0"."""
    card = town.hands.card(words)
    assert card is not None
    town.hands.press(DANA, card, "shipment_duty")
    view = town.hands.modal(DANA, "duty")
    values = {
        f"facts:{key.removeprefix('line_')}": {"value": {"type": "plain_text_input", "value": text}}
        for key, text in written.items()
    }
    town.hands.submit(DANA, view, values)
    town.drain()


def decide(town: Town, words: str, codes: dict[int, str]) -> None:
    """A broker decides the lines of the newest shipment by its card."""
    newest = town.rows(Shipment)[-1].id
    for number, code in codes.items():
        line = next(
            one for one in town.rows(LineItem) if (one.shipment_id, one.number) == (newest, number)
        )
        card = town.hands.card(words)
        assert card is not None
        block = next(
            one["block_id"] for one in town.hands.buttons(card)
            if one["block_id"].startswith(f"la:{line.id}:")
        )  # fmt: skip
        right = [
            one for one in town.hands.buttons(card)
            if one["block_id"] == block and f'"{code}"' in one.get("value", "")
        ]  # fmt: skip
        if right:
            town.hands.click(DANA, card, right[0])
        else:
            assert town.hands._other_code(DANA, card, block, code)
        town.hands.wait("the decision", lambda at=line.id: decided(town, at))
        town.drain()


def decided(town: Town, line: int) -> bool:
    return any(
        one.id == line and one.state is LineState.CONFIRMED for one in town.rows(LineItem)
    )


def offers(town: Town, words: str, action: str) -> bool:
    """Whether the card shows this button by now."""
    town.drain()
    card = town.hands.card(words)
    return card is not None and any(one["action_id"] == action for one in town.hands.buttons(card))
