"""The duty where a broker meets it: on the card, in its window, and after facts were stated."""

from __future__ import annotations

import pytest

from bot.sandbox.player import DANA
from storage.models import AuditEvent, LineItem
from tests.factories import invoice_csv, mail
from tests.integration.test_slack_requests import said
from tests.town import Town

pytestmark = pytest.mark.slow

VIEWER = "U04VIEW"


def put(town: Town, user: str, **written: str) -> None:
    """Open the duty window of the card, write and save."""
    card = town.hands.card("T-1001")
    assert card is not None
    town.hands.press(user, card, "shipment_duty")
    view = town.hands.modal(user, "duty")
    values = {
        f"facts:{key.removeprefix('line_')}": {"value": {"type": "plain_text_input", "value": text}}
        for key, text in written.items()
    }
    town.hands.submit(user, view, values)


def test_the_card_tells_what_each_candidate_costs(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    text = str(card["blocks"])
    assert "Est. duty and fees" in text
    assert "duty USD" in text


def test_the_window_shows_the_rows_of_the_entry_summary_and_why(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    town.hands.press(DANA, card, "shipment_duty")
    text = str(town.hands.modal(DANA, "duty")["blocks"])
    assert "HTSUS no." in text
    assert "Computed as the law stood on" in text
    assert "assists" in text.lower()


def test_stated_facts_change_the_estimate_and_are_audited(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    put(town, DANA, line_1="preference KR; claim civil_aircraft", price="assists 500; related no")
    assert said(town, "Stated for the duty: line 1, price.")
    line = town.rows(LineItem)[0]
    assert line.duty_facts is not None
    assert (line.duty_facts.preference, line.duty_facts.claims) == ("KR", ("civil_aircraft",))
    facts = town.shipments()[0].value_facts
    assert facts is not None
    assert (str(facts.assists), facts.related_parties) == ("500", False)
    (event,) = [one for one in town.rows(AuditEvent) if one.action == "duty_facts_stated"]
    assert event.details["facts"]["line 1"]["after"] == "preference KR; claim civil_aircraft"
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    town.hands.press(DANA, card, "shipment_duty")
    again = str(town.hands.modal(DANA, "duty")["blocks"])
    assert "preference KR; claim civil_aircraft" in again
    assert "assists 500; related no" in again


def test_a_misspelt_claim_is_not_taken_and_says_what_is_known(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    put(town, DANA, line_1="claim civil_aircrft")
    view = town.hands.modal(DANA, "message")
    assert "is no claim that changes a duty" in str(view["blocks"])
    assert town.rows(LineItem)[0].duty_facts is None
