"""The clients, goods and papers of the acceptance scenarios, put into a town through its doors."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from bot import people
from bot.sandbox.player import DANA
from storage.columns import now
from storage.entry_number import parse
from storage.models import Entry, LineItem, LineState
from storage.values import SYSTEM
from tests.town import Town
from workflows import bonds, booking, entry_numbers, filing_facts, poa

Row = tuple[str, str, str, str, str, str]
"""Goods, origin, quantity, unit, price, amount."""


def client(town: Town, name: str, mail: str, *, power: bool = True) -> None:
    """An importer with its bond, its number and, unless it must still come, its power."""
    with town.app.database.transaction() as session:
        importer = booking.add_importer(
            session, name=name, actor=SYSTEM, consignee_mail=mail, broker=DANA
        )
        filing_facts.record(
            session, importer, actor=SYSTEM, ior_number="00-000000900",
            isf_statement="Their forwarder files the ISF of every ocean shipment.",
        )  # fmt: skip
        bonds.record(
            session, importer=importer, kind="continuous", surety="999",
            amount=Decimal(300_000), starts_on=now().date(), actor=SYSTEM,
        )  # fmt: skip
        if power:
            poa.record(
                session, importer=importer, signed_by="The president", signed_on=now().date(),
                expires_on=None, actor=people.who(session, DANA),
            )  # fmt: skip


def next_number(town: Town, number: str) -> None:
    """The range of the filer's numbers from which this one comes next."""
    filer, serial = parse(number)
    with town.app.database.transaction() as session:
        entry_numbers.add(
            session, filer=filer, first=serial, last=serial, actor=people.who(session, DANA)
        )


def invoice(
    *, seller: str, seller_at: str, importer: str, number: str, rows: Sequence[Row],
    more: Sequence[str] = (), hints: dict[int, str] | None = None,
) -> bytes:  # fmt: skip
    """A commercial invoice as CSV; `hints`: the exporter's own tariff numbers by line."""
    total = sum(Decimal(row[5]) for row in rows)
    told = [
        "COMMERCIAL INVOICE",
        "",
        f"Exporter:,{seller}",
        f',"{seller_at}"',
        f"Importer:,{importer}",
        f"Invoice No.:,{number},,Invoice Date:,2026-10-28",
        "Currency:,USD,,Incoterms:,FOB",
        *more,
        "",
        "No.,Description,Country of Origin,Quantity,Unit,Unit Price,Amount"
        + (",HS Code" if hints else ""),
        *(
            f'{n},"{row[0]}",{row[1]},{row[2]},{row[3]},{row[4]},{row[5]}'
            + (f",{hints.get(n, '')}" if hints else "")
            for n, row in enumerate(rows, start=1)
        ),
        f"Total,,,,,,{total}",
    ]
    return "\n".join(told).encode()


def packing(*, seller: str, number: str, packages: str, container: str, bill: str) -> bytes:
    """A packing list as CSV."""
    return (
        f"PACKING LIST\n\nShipper:,{seller}\nInvoice No.:,{number}\nB/L No.:,{bill}\n"
        f"Container No.:,{container}\nTotal Packages:,{packages}\nGross Weight:,4100 KG\n"
    ).encode()


def arrival(
    *, bill: str, container: str, port: str = "Long Beach, CA", loading: str, more: str = ""
) -> bytes:
    """A carrier's arrival notice as CSV."""
    return (
        f"ARRIVAL NOTICE\n\nMaster B/L No.:,{bill}\nContainer No.:,{container}\n"
        f"Vessel:,LOTUS STREAM\nVoyage:,012E\nPort of Loading:,{loading}\n"
        f"Port of Discharge:,{port}\nETD:,2026-11-02\nETA:,2026-11-28\n{more}"
    ).encode()


def decide(town: Town, words: str, codes: dict[int, str], *, shipment: int = 1) -> None:
    """Confirm the code of each line, one click or one window each."""
    for number, code in codes.items():
        decide_line(town, words, line_of(town, shipment, number), code)


def line_of(town: Town, shipment: int, number: int = 1) -> int:
    """The id of a line of a shipment."""
    return next(
        one.id for one in town.rows(LineItem)
        if one.shipment_id == shipment and one.number == number
    )  # fmt: skip


def decide_line(town: Town, words: str, line: int, code: str) -> None:
    """Dana confirms this code of the line."""
    card = card_of(town, words)
    mine = [one for one in town.hands.buttons(card) if one["block_id"].startswith(f"la:{line}:")]
    right = [one for one in mine if f'"{code}"' in one.get("value", "")]
    if right:
        town.hands.click(DANA, card, right[0])
    else:
        assert town.hands._other_code(DANA, card, mine[0]["block_id"], code)
    town.hands.wait("the decision", lambda: _decided(town, line))
    town.drain()


def _decided(town: Town, line: int) -> bool:
    return any(one.id == line and one.state is LineState.CONFIRMED for one in town.rows(LineItem))


def card_of(town: Town, words: str) -> dict[str, Any]:
    """The newest card with these words."""
    found = town.hands.card(words)
    assert found is not None, f"no card says {words}"
    return found


def file(town: Town, words: str) -> Entry:
    """Dana confirms and files; the entry as it went out."""
    town.hands.press(DANA, card_of(town, words), "shipment_confirm")
    town.hands.wait("the entry", lambda: town.rows(Entry))
    town.drain()
    return town.rows(Entry)[-1]


def actions(town: Town, words: str) -> set[str]:
    """Which buttons the card has."""
    return {one["action_id"] for one in town.hands.buttons(card_of(town, words))}


def fee(entry: Entry, heading: str) -> Decimal | None:
    """The amount of a fee of the filed packet: 499 MPF, 501 HMF."""
    rows = [one for one in entry.filing["fees"] if one["heading"] == heading]
    return Decimal(rows[0]["amount"]) if rows else None


def base_duty(entry: Entry) -> Decimal:
    """Column 1 general of all lines: the row of chapters 1 to 97, last of each line."""
    return sum((Decimal(one["duty"][-1]["amount"]) for one in entry.filing["lines"]), Decimal(0))


def refused(town: Town, user: str, callback: str, **values: str) -> str:
    """Fill and send a window; the reason why it was not taken, as the window says it."""
    view = town.hands.modal(user, callback)
    said = town.hands.submit(user, view, filled(view, values))
    return str((said.get("body") or {}).get("errors") or "")


def filled(view: dict[str, Any], values: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What a person typed and chose in a window, as Slack sends it."""
    made: dict[str, dict[str, Any]] = {}
    for block in (one for one in view["blocks"] if one["type"] == "input"):
        element, value = block["element"], values[block["block_id"]]
        chosen = next((one for one in element.get("options", []) if one["value"] == value), None)
        kind = {"type": element["type"]}
        made[block["block_id"]] = {
            element["action_id"]: {**kind, "selected_option": chosen} if chosen
            else {**kind, "value": value}
        }  # fmt: skip
    return made
