"""No click is silent: what is refused, late, unknown or in the way of Slack's faults is told."""

import pytest

from bot.sandbox.player import DANA, LUIS, PRIYA, REVIEW, VERA
from bot.slack.answers import OLD
from storage.models import Document, Entry, ReadState, Screening
from storage.values import ScreeningHit
from tests.factories import invoice_csv, mail
from tests.integration.test_slack_requests import click, post, said
from tests.integration.test_town_faults import ready_to_file
from tests.town import Town

pytestmark = pytest.mark.slow


def one_card(town: Town) -> dict:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    return card


def typed(**texts: str) -> dict:
    return {
        block: {"value": {"type": "plain_text_input", "value": text}}
        for block, text in texts.items()
    }


# -- a refused click changes nothing


@pytest.mark.parametrize(
    ("who", "words"),
    [
        (VERA, "Only a licensed broker can"),
        (LUIS, "Only a licensed broker can"),
        (PRIYA, "Only a licensed broker can"),
    ],
)
def test_after_somebody_elses_refused_click_the_broker_files_with_the_card_as_shown(
    town: Town, who: str, words: str
) -> None:
    ready_to_file(town)
    town.drain()
    card = town.hands.card("Kestrel")
    assert card is not None
    rev = town.shipments()[0].card_rev
    town.hands.press(who, card, "shipment_confirm")
    assert said(town, words, user=who)
    assert town.shipments()[0].card_rev == rev
    town.hands.press(DANA, card, "shipment_confirm")
    assert said(town, "is on its way to customs")
    assert len(town.rows(Entry)) == 1


def test_a_late_click_on_a_line_does_not_stand_in_the_way_of_filing(town: Town) -> None:
    card = one_card(town)
    town.hands.press(DANA, card, "line_pick_0")
    assert said(town, "confirmed.")
    rev = town.shipments()[0].card_rev
    town.hands.press(DANA, card, "line_pick_0")
    assert said(town, "already decided by Dana Whitlock")
    assert town.shipments()[0].card_rev == rev


def test_a_card_that_offers_what_is_no_longer_possible_is_drawn_anew(town: Town) -> None:
    ready_to_file(town)
    town.drain()
    card = town.hands.card("Kestrel")
    assert card is not None
    with town.app.database.transaction() as session:
        document = session.get(Document, 1)
        assert document is not None
        document.state, document.looked_at_by = ReadState.UNREADABLE, None
        session.add(document)
    town.hands.press(DANA, card, "shipment_confirm")
    assert said(town, "Nothing was filed.")
    town.drain()
    again = town.hands.card("Kestrel")
    assert again is not None
    assert "shipment_confirm" not in {one["action_id"] for one in town.hands.buttons(again)}


# -- answers are seen


def test_an_answer_comes_in_the_channel_where_it_is_seen(town: Town) -> None:
    town.hands.press(VERA, one_card(town), "line_pick_0")
    assert said(town, "Only a licensed broker", user=VERA)
    told = town.hands.state(VERA)["whispers"][-1]
    assert (told["channel"], told["thread_ts"]) == (REVIEW, None)


@pytest.mark.parametrize("why", ["user_not_in_channel", "not_in_channel"])
def test_who_is_not_in_the_channel_is_told_directly(town: Town, why: str) -> None:
    card = one_card(town)
    town.hands.faults("chat.postEphemeral", [why])
    town.hands.press(VERA, card, "line_pick_0")

    def told() -> bool:
        messages = town.hands.state(VERA)["messages"]
        return any(
            "Only a licensed broker" in m["text"] for m in messages if m["channel"] != REVIEW
        )

    assert town.hands.wait("the direct message", told)
    assert not any("Only a licensed" in m["text"] for m in town.hands.state(LUIS)["messages"])


# -- windows that do not open, and buttons that nobody knows


@pytest.mark.parametrize("fault", ["internal_error", "not_found", 500])
@pytest.mark.parametrize("method", ["views.open", "views.update"])
def test_a_window_that_slack_does_not_show_is_told(town: Town, method: str, fault: object) -> None:
    card = one_card(town)
    town.hands.faults(method, [fault])
    town.hands.press(DANA, card, "line_change")
    assert said(town, "could not be shown")
    assert said(town, "nothing was changed")


@pytest.mark.parametrize("action", ["line_pick_9", "shipment_open", "x" * 255])
def test_a_button_that_is_not_known_is_answered(town: Town, action: str) -> None:
    assert post(town, click('{"v":1}', action=action)).status_code == 200
    assert said(town, OLD)


def test_an_unreadable_button_on_a_card_has_the_card_drawn_anew(town: Town) -> None:
    card = one_card(town)
    rev = town.shipments()[0].card_rev
    asked = click('{"v":0,"old":"shape"}', action="line_pick_0")
    place = {"message": {"ts": card["ts"]}, "channel": {"id": card["channel"]}}
    post(town, asked | place)
    assert said(town, OLD)
    assert town.shipments()[0].card_rev == rev + 1


def test_a_window_that_is_not_known_says_that_nothing_was_saved(town: Town) -> None:
    view = {
        "type": "modal",
        "id": "V1",
        "callback_id": "of_last_year",
        "state": {"values": {}},
        "private_metadata": "{}",
    }
    answer = post(town, {"type": "view_submission", "user": {"id": DANA}, "view": view})
    assert answer.json()["response_action"] == "update"
    assert "nothing was saved" in answer.text


# -- a submission that takes long


@pytest.mark.parametrize(
    ("code", "title", "words"),
    [("8504409510", "Saved", "confirmed."), ("9999999999", "Not saved", "is not a line of")],
)
def test_a_submission_that_takes_long_is_answered_in_time_and_told_after(
    town: Town, code: str, title: str, words: str
) -> None:
    town.hands.press(DANA, one_card(town), "line_change")
    view = town.hands.modal(DANA, "other_code")
    chosen = typed(reason="I know the goods") | {
        "code": {"tariff_search": {"type": "external_select", "selected_option": {"value": code}}}
    }
    with town.app.database.transaction() as session:
        session.connection()  # somebody else is writing, for longer than Slack waits
        answer = town.hands.submit(DANA, view, chosen)
        assert answer["body"]["view"]["title"]["text"] == "Saving…"
        assert town.whispers(DANA) == []
    assert said(town, words)
    shown = town.hands.state()["views"][0]
    assert shown["title"]["text"] == title


def test_a_submission_in_time_closes_the_window(town: Town) -> None:
    town.hands.press(DANA, one_card(town), "shipment_reject")
    town.hands.submit(DANA, town.hands.modal(DANA, "reject"), typed(reason="wrong goods"))
    assert said(town, "was rejected")
    assert town.hands.state()["views"] == []


# -- names from outside


def test_a_listed_name_cannot_call_the_channel_from_the_clearing_window(town: Town) -> None:
    one_card(town)
    bad = "<!channel> & <https://evil.example|Sons>"
    with town.app.database.transaction() as session:
        row = Screening(
            shipment_id=1,
            party=bad,
            list_edition="e",
            hits=[
                ScreeningHit(
                    party=bad, listed=bad, list_name=bad, entry_id=bad, score=0.9, because=bad
                ),
            ],
        )
        session.add(row)
        session.flush()
        at = row.id
    trigger = town.sandbox.workspace.trigger(PRIYA)
    post(
        town,
        click(f'{{"v":1,"s":1,"i":{at}}}', user=PRIYA, action="screening_clear", trigger=trigger),
    )
    text = town.hands.modal(PRIYA, "clear_match")["blocks"][0]["text"]["text"]
    assert "<" not in text
    assert text.count("&lt;!channel&gt; &amp; &lt;https://evil.example|Sons&gt;") == 5
