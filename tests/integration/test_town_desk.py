"""The broker's own places: the Home, the commands, who has what, and who is met by their address."""

import io
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from PIL import Image
from slack_sdk.signature import SignatureVerifier
from sqlmodel import select

from bot import people
from bot.sandbox.player import DANA, LUIS, VERA
from bot.sandbox.samples import FILES
from storage import outbox
from storage.models import (
    AuditEvent,
    Classification,
    Document,
    Hold,
    LineItem,
    LineState,
    Outbox,
    Person,
    Shipment,
    ThreadMessage,
)
from storage.values import Candidate, Role
from tests.factories import invoice_csv, mail
from tests.integration.test_slack_requests import click, post, said
from tests.town import Town
from workflows import home as homes
from workflows import proposal, showing
from workflows.effects import ShowLines, TellThread
from workflows.ports import Place

pytestmark = pytest.mark.slow


def arrive(town: Town) -> dict:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    return card


def change(town: Town, **facts: object) -> None:
    with town.app.database.transaction() as session:
        shipment = session.get(Shipment, 1)
        for name, value in facts.items():
            setattr(shipment, name, value)
        session.add(shipment)


def told_alone(town: Town, words: str, user: str = DANA) -> bool:
    """What is done in the Home is answered directly: there is no channel."""

    def look() -> bool:
        messages = town.hands.state(user)["messages"]
        return any(words in one["text"] for one in messages if one["channel"] == f"D{user[1:]}")

    return bool(town.hands.wait(words, look))


def person(town: Town, user: str) -> Person:
    with town.app.database.snapshot() as session:
        found = session.exec(select(Person).where(Person.slack_user == user)).one()
        session.expunge(found)
        return found


def test_the_home_shows_the_queue_and_follows_what_happens(town: Town) -> None:
    card = arrive(town)
    change(town, assignee=None)
    town.hands.home(DANA)
    assert "Nothing waits here" in str(town.hands.state(DANA)["home"])
    chosen = {"text": {"type": "plain_text", "text": "Nobody's"}, "value": "unassigned"}
    town.hands.in_home(DANA, "home_filter", selected=chosen)
    town.hands.wait("the row", lambda: "SHP-2026-000001" in str(town.hands.state(DANA)["home"]))
    assert "/archives/C01REVIEW/p" + card["ts"].replace(".", "") in str(town.hands.state(DANA)["home"])
    town.hands.in_home(DANA, "shipment_take")
    assert told_alone(town, "is assigned to Dana Whitlock now")
    assert town.shipments()[0].assignee == DANA
    chosen = {"text": {"type": "plain_text", "text": "Mine"}, "value": "mine"}
    town.hands.in_home(DANA, "home_filter", selected=chosen)
    town.hands.wait("mine", lambda: "need a decision" in str(town.hands.state(DANA)["home"]))
    town.hands.press(DANA, card, "line_pick_0")
    assert said(town, "confirmed.")
    before = town.hands.state(DANA)["home"]
    town.later("slack.home")  # nobody looked: it follows by itself
    assert town.hands.state(DANA)["home"] != before
    assert "all lines decided" in str(town.hands.state(DANA)["home"])
    # Somebody who is not on the list is told what to do, and sees nothing.
    with town.app.database.transaction() as session:
        session.delete(session.exec(select(Person).where(Person.slack_user == VERA)).one())
    town.hands.home(VERA)
    assert "tidewaiter people add --slack U04VERA" in str(town.hands.state(VERA)["home"])
    assert "SHP-2026" not in str(town.hands.state(VERA)["home"])


def test_commands_find_list_assign_and_say_why_not(town: Town) -> None:
    arrive(town)
    change(town, assignee=DANA)
    assert town.hands.command(DANA, "1")["ok"]
    assert said(town, "*SHP-2026-000001 · Kestrel Outdoor LLC*")
    assert "Before it can be filed" in town.whispers(DANA)[-1]
    town.hands.command(DANA, "mine")
    assert said(town, "need a decision")
    town.hands.command(DANA, "holds")
    assert said(town, "Nothing is on hold.")
    town.hands.command(LUIS, "mine")
    assert said(town, "You have nothing open.", user=LUIS)
    town.hands.command(DANA, "assign 1 <@U02LUIS|luis>")
    assert said(town, "is assigned to Luis Ortega now")
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    assert any("<@U02LUIS>" in one["text"] for one in town.hands.thread(card))
    town.hands.command(VERA, "assign 1 me")
    assert said(town, "Only a broker or an entry writer can assign", user=VERA)
    assert said(town, "Please ask Dana Whitlock or Luis Ortega", user=VERA)
    town.hands.command(DANA, "assign 99 me")
    assert said(town, "There are no shipments for '99'")
    assert town.shipments()[0].assignee == LUIS


def test_a_hold_reaches_whoever_covers_for_who_is_away_at_any_hour(town: Town) -> None:
    arrive(town)
    change(town, assignee=DANA)
    town.hands.command(DANA, "away 2099-01-01 @luis")
    assert said(town, "Luis Ortega is told in your place")
    with town.app.database.transaction() as session:
        luis = session.exec(select(Person).where(Person.slack_user == LUIS)).one()
        actor = people.who(session, LUIS)
        homes.wish(
            session, actor=actor,
            wishes={"direct": True, "quiet_from": "00:00", "quiet_until": "23:59", "zone": "UTC"},
        )  # fmt: skip
        assert luis.id is not None
        # Whatever goes to the whole channel is urgent, as a hold is.
        facts = {"who": "Customs", "reason": "FDA wants papers"}
        hold = TellThread(
            shipment_id=1, note="rejected", once="h", facts=facts, broadcast=True, mention=DANA
        )
        quiet = TellThread(
            shipment_id=1, note="rejected", once="q", facts={"who": "A", "reason": "quiet"}, mention=DANA
        )
        outbox.add(session, hold)
        outbox.add(session, quiet)
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    told = {one["metadata"]["event_payload"]["key"]: one["text"] for one in town.hands.thread(card)}
    assert told["shipment-1-note-rejected-h"].startswith("<@U02LUIS> ")
    assert "<@" not in told["shipment-1-note-rejected-q"]
    direct = [one["text"] for one in town.hands.state(LUIS)["messages"] if one["channel"] == "D02LUIS"]
    assert len([one for one in direct if "FDA" in one]) == 1
    assert not any("quiet" in one for one in direct)
    town.hands.command(DANA, "back")
    assert said(town, "Welcome back")
    assert person(town, DANA).away_until is None


def test_notices_are_set_in_a_window_and_nonsense_is_told_at_its_field(town: Town) -> None:
    town.hands.home(DANA)
    town.hands.in_home(DANA, "home_wishes")
    view = town.hands.modal(DANA, "wishes")

    def chosen(value: str) -> dict:
        option = {"text": {"type": "plain_text", "text": value}, "value": value}
        return {"value": {"type": "static_select", "selected_option": option}}

    values = {
        "tell": {"value": {"type": "checkboxes", "selected_options": [{"value": "direct"}]}},
        "digest": chosen("08:00"), "quiet_from": chosen("18:00"), "quiet_until": chosen("Never"),
        "zone": {"value": {"type": "plain_text_input", "value": "America/Chicago"}},
    }  # fmt: skip
    answer = town.hands.submit(DANA, view, values)
    assert "quiet hours have a beginning and an end" in answer["body"]["errors"]["zone"]
    town.hands.submit(DANA, view, {**values, "quiet_until": chosen("07:00")})
    assert told_alone(town, "Your notices are set.")
    wishes = person(town, DANA).wishes
    assert wishes is not None
    assert (wishes.mention, wishes.direct, str(wishes.digest)) == (False, True, "08:00:00")
    assert wishes.zone == "America/Chicago"


def test_the_digest_of_the_queue_comes_once_a_day_at_its_time(town: Town) -> None:
    from datetime import UTC, datetime

    arrive(town)
    change(town, assignee=DANA)
    with town.app.database.transaction() as session:
        homes.wish(
            session, actor=people.who(session, DANA), wishes={"digest": "08:00", "zone": "UTC"}
        )
        early, late = (datetime(2026, 11, 23, hour, tzinfo=UTC) for hour in (7, 9))
        assert homes.schedule(session, at=early) == 0
        assert homes.schedule(session, at=late) == 1
        assert homes.schedule(session, at=late) == 0
    town.drain()
    told = [one["text"] for one in town.hands.state(DANA)["messages"] if one["channel"] == "D01DANA"]
    assert len(told) == 1
    assert "SHP-2026-000001 · Kestrel Outdoor LLC" in told[0]


def test_who_was_put_on_the_list_by_an_address_is_met_at_the_first_click(town: Town) -> None:
    card = arrive(town)
    with town.app.database.transaction() as session:
        session.delete(session.exec(select(Person).where(Person.slack_user == LUIS)).one())
        session.flush()
        people.add(
            session, slack_user=None, name="Luis Ortega", role=Role.ENTRY_WRITER, licence=None,
            mail="Luis@HarborPine.test",
        )  # fmt: skip
    post(town, click('{"v":1}', user=LUIS, action="line_pick_0") | {"message": {"ts": card["ts"]}})
    town.hands.wait("the meeting", lambda: person(town, LUIS).mail == "luis@harborpine.test")
    with town.app.database.snapshot() as session:
        met = session.exec(select(AuditEvent).where(AuditEvent.action == "person_met")).all()
        assert len(met) == 1
        assert session.exec(select(Hold)).first() is None


def test_all_lines_stand_in_the_thread_and_are_decided_in_a_window(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv(lines=25))))
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    table = town.told(card, "All 25 lines")
    assert len(table["blocks"][-1]["rows"]) == 26
    town.hands.press(DANA, card, "review_all")
    view = town.hands.modal(DANA, "review_all")
    assert "page 1 of 2" in str(view["blocks"][0])
    pick = next(one for one in view["blocks"] if (one.get("accessory") or {}).get("options"))
    chosen = pick["accessory"]["options"][0]
    asked = {"user": LUIS, "view_id": view["id"], "block_id": pick["block_id"], "action_id": "review_pick", "selected": chosen}
    assert town.hands._client.post("/sandbox/view", json=asked).status_code == 400  # not his window
    town.hands._client.post("/sandbox/view", json=asked | {"user": DANA}).raise_for_status()
    town.hands.wait("the decision", lambda: "confirmed." in str(town.hands.state(DANA)["views"]))
    shown = town.hands.state(DANA)["views"][0]
    assert ":white_check_mark:" in str(shown["blocks"])
    on = {"user": DANA, "view_id": shown["id"], "block_id": "turn", "action_id": "review_on", "selected": None}
    town.hands._client.post("/sandbox/view", json=on).raise_for_status()
    town.hands.wait("the next page", lambda: "page 2 of 2" in str(town.hands.state(DANA)["views"]))
    town.later("slack.lines")
    again = next(one for one in town.hands.thread(card) if one["ts"] == table["ts"])
    assert again["text"].endswith("1 confirmed")


def something_changes(town: Town) -> None:
    with town.app.database.transaction() as session:
        shipment = session.get(Shipment, 1)
        assert shipment is not None
        proposal.changed(session, shipment)


def test_a_thousand_lines_have_pages_in_one_message_and_a_file(town: Town) -> None:
    arrive(town)
    candidate = Candidate(code="4202.92.31.31", digits=10, description="Backpacks", confidence=0.95, because="shares words", edition="e")
    with town.app.database.transaction() as session:
        for number in range(2, 1001):
            line = LineItem(shipment_id=1, number=number, state=LineState.OPEN, description=f"Backpacks, type {number}", quantity=10, unit="PCS", value=25, currency="USD", origin="VN")
            session.add(line)
            session.flush()
            session.add(Classification(line_id=line.id or 0, line_rev=1, candidates=[candidate]))
    something_changes(town)
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    town.told(card, "All 1,000 lines of SHP-2026-000001, 0 confirmed")
    (table,) = [one for one in town.hands.thread(card) if "Lines 1 to 100 of 1,000" in str(one["blocks"])]
    assert [one["files"][0]["name"] for one in town.hands.thread(card) if one.get("files")] == [table["text"]]
    something_changes(town)  # a drawing waits for the end of its minute
    town.hands.press(VERA, table, "lines_on")  # whoever is known may look
    town.hands.wait("asked", lambda: any(one.kind == "slack.lines_page" for one in town.rows(Outbox)))
    town.drain()
    table = next(one for one in town.hands.thread(card) if one["ts"] == table["ts"])
    assert "Lines 101 to 200 of 1,000" in str(table["blocks"])
    # In the window: exactly the page that was shown is confirmed, or nothing.
    card = town.hands.card("T-1001")
    assert card is not None
    town.hands.press(DANA, card, "review_all")
    view = town.hands.modal(DANA, "review_all")
    pages = next(one for block in view["blocks"] for one in block.get("elements", []) if one.get("action_id") == "review_page")
    assert len(pages["options"]) == 50
    town.hands.in_view(DANA, view, "review_page", selected=pages["options"][9])
    view = town.hands.wait("page 10", lambda: next((one for one in town.hands.state(DANA)["views"] if "page 10 of 50" in str(one)), None))
    assert len(view["blocks"]) <= 100
    assert sum(len((one.get("accessory") or {}).get("options", [])) for one in view["blocks"]) == 20
    with town.app.database.transaction() as session:
        changed = session.exec(select(LineItem).where(LineItem.number == 185)).one()
        changed.rev += 1
        session.add(changed)
        session.add(Classification(line_id=changed.id or 0, line_rev=changed.rev, candidates=[candidate]))
    town.hands.in_view(DANA, view, "review_bulk")
    town.hands.wait("the refusal", lambda: "Nothing was confirmed: the lines have changed" in str(town.hands.state(DANA)["views"]))
    assert not any(one.state is LineState.CONFIRMED for one in town.rows(LineItem))
    town.hands.in_view(DANA, town.hands.state(DANA)["views"][0], "review_bulk")
    town.hands.wait("the page", lambda: "20 lines confirmed as proposed." in str(town.hands.state(DANA)["views"]))
    assert {one.number for one in town.rows(LineItem) if one.state is LineState.CONFIRMED} == set(range(181, 201))
    town.later("slack.lines")
    table = next(one for one in town.hands.thread(card) if one["ts"] == table["ts"])
    assert table["text"].endswith("20 confirmed")
    assert "Lines 101 to 200 of 1,000" in str(table["blocks"])  # the page stays
    assert len([one for one in town.hands.thread(card) if one.get("files")]) == 1


def test_what_is_said_under_a_lost_card_still_finds_its_shipment(town: Town) -> None:
    old = arrive(town)
    town.hands.faults("chat.update", ["message_not_found"])
    town.hands.command(DANA, "card 1")
    assert said(town, "is drawn anew")
    town.drain()
    new = town.hands.card("T-1001")
    assert new is not None
    (shipment,) = town.shipments()
    assert shipment.card_ts not in (None, old["ts"])
    town.hands.say(DANA, "", thread=old["ts"], files=(("packing.txt", b"PACKING LIST\nPackages: 4"),))
    town.hands.wait("the file", lambda: any(one.kind == "slack.file" for one in town.rows(Outbox)))

    def documents() -> set[str]:
        town.drain()  # a file that Slack has not got ready yet is asked for again
        return {one.filename for one in town.rows(Document)}

    town.hands.wait("the document", lambda: documents() == {"i.csv", "packing.txt"})
    posted = next(one for one in town.hands.state()["messages"] if one["ts"] == shipment.card_ts)
    assert any("added packing.txt" in one["text"] for one in town.hands.thread(posted))


def test_a_table_that_slack_does_not_know_becomes_a_file(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv(lines=8))))
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    with town.app.database.transaction() as session:
        session.delete(session.exec(select(ThreadMessage)).one())
        outbox.add(session, ShowLines(shipment_id=1, window=1))
    town.hands.faults("chat.postMessage", ["invalid_blocks"] * 3)
    town.drain()
    shared = [one for one in town.hands.thread(card) if one.get("files")]
    assert [one["files"][0]["name"] for one in shared] == ["All 8 lines of SHP-2026-000001, 0 confirmed"]
    with town.app.database.transaction() as session:
        outbox.add(session, ShowLines(shipment_id=1, window=2))
    town.hands.faults("chat.postMessage", ["invalid_blocks"] * 3)
    town.drain()  # the same lines: no second file
    assert len([one for one in town.hands.thread(card) if one.get("files")]) == 1


def test_a_field_is_corrected_beside_the_words_that_it_was_read_from(town: Town) -> None:
    card = arrive(town)
    town.hands.press(DANA, card, "shipment_edit")
    view = town.hands.modal(DANA, "correct")
    told = [one["elements"][0]["text"] for one in view["blocks"] if one["type"] == "context"]
    assert any("T-1001" in one and "/documents/" in one and "page 1 of i.csv" in one for one in told)

    def values(country: str) -> dict:
        return {"parties.exporter.country": {"value": {"type": "plain_text_input", "value": country}}}

    answer = town.hands.submit(DANA, view, values("Vietnam"))
    assert "is not understood. Nothing changed." in str(answer["body"])
    town.hands.press(DANA, card, "shipment_edit")
    town.hands.submit(DANA, town.hands.modal(DANA, "correct"), values("vn"))
    assert said(town, "Corrected: Exporter's country")
    assert town.shipments()[0].parties.exporter.country == "VN"


def test_the_place_on_the_page_is_a_picture_behind_a_signed_link(town: Town) -> None:
    town.send(mail(("invoice.pdf", (FILES / "invoice_BP-2026-1107.pdf").read_bytes())))
    town.drain()
    card = town.hands.card("BP-2026-1107")
    assert card is not None
    town.hands.press(DANA, card, "shipment_edit")
    view = town.hands.modal(DANA, "correct")
    told = [one["text"]["text"] for one in view["blocks"] if one["type"] == "section"]
    (total,) = [one for one in told if "74,290.00" in one]
    link = next(one for one in re.findall(r"<([^|>]+)\|see the place>", total))
    answer = town.open(link)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.width > 2 * picture.height  # the strip of the page around the total
    assert [one.details["page"] for one in town.rows(AuditEvent) if one.action == "evidence_opened"] == [1]
    # A mark of a document's link, or one that was changed, opens nothing.
    head, _, token = link.rpartition("/")
    for forged in (token[:-3] + "abc", town.app.links.dumps({"document": 1, "page": 1, "box": [0, 0, 9, 9]})):
        assert town.open(f"{head}/{forged}").status_code == 404
    assert town.open(town.app.evidence_link(Place(document=1, page=9, box=(0, 0, 9, 9)))).status_code == 422


def test_the_place_and_the_units_are_shown_in_the_window_and_what_was_typed_stays(town: Town) -> None:
    town.send(mail(("invoice.pdf", (FILES / "invoice_BP-2026-1107.pdf").read_bytes())))
    town.drain()
    card = town.hands.card("BP-2026-1107")
    assert card is not None
    town.hands.press(DANA, card, "shipment_edit")
    view = town.hands.modal(DANA, "correct")
    buttons = [one["accessory"]["value"] for one in view["blocks"] if (one.get("accessory") or {}).get("action_id") == "evidence_show"]
    where = next(n for n, one in enumerate(buttons) if "totals.total" in one)
    typed = {"totals.total": {"value": {"type": "plain_text_input", "value": "74290.01"}}}
    town.hands.in_view(DANA, view, "evidence_show", values=typed, at=where)

    def with_picture() -> dict | None:
        views = town.hands.state(DANA)["views"]
        return next((one for one in views if any(block["type"] == "image" for block in one["blocks"])), None)

    view = town.hands.wait("the picture", with_picture)
    (picture,) = [one for one in view["blocks"] if one["type"] == "image"]
    assert picture["alt_text"].startswith("Invoice total on page 1 of invoice.pdf, boxed: ")
    file = f"{town.app.settings.sandbox_url}/files/{picture['slack_file']['id']}"
    with Image.open(io.BytesIO(httpx.get(file).content)) as shown:
        assert shown.height < shown.width < 1200  # as much as can be read in a window
    field = next(one for one in view["blocks"] if one["block_id"] == "totals.total")
    assert field["element"]["initial_value"] == "74290.01"
    assert [one.details["page"] for one in town.rows(AuditEvent) if one.action == "evidence_shown"] == [1]
    town.later("slack.remove")  # it does not stay in the workspace
    assert httpx.get(file).status_code == 404
    town.hands._client.post("/sandbox/close", json={"view_id": view["id"]})
    # Another code: its units, and the line on the page.
    town.hands.press(DANA, card, "line_change")
    view = town.hands.modal(DANA, "other_code")
    found = town.hands.suggest(DANA, view, "tariff_search", "9405")[0]
    values = {
        "code": {"tariff_search": {"type": "external_select", "selected_option": found}},
        "reason": {"value": {"type": "plain_text_input", "value": "They are lamps."}},
    }  # fmt: skip
    town.hands.in_view(DANA, view, "tariff_search", selected=found, values=values)

    def with_units() -> dict | None:
        views = town.hands.state(DANA)["views"]
        return next((one for one in views if any(block["block_id"] == "units" for block in one["blocks"])), None)

    view = town.hands.wait("the units", with_units)
    units = next(one for one in view["blocks"] if one["block_id"] == "units")["elements"][0]["text"]
    assert "Reported in No.: " in units
    assert " = " in units or "is to be stated" in units
    assert "They are lamps." in str(view)
    town.hands.in_view(DANA, view, "evidence_show", values=values)
    view = town.hands.wait("the line on the page", with_picture)
    assert "on the page, boxed" in str(view)
    assert "Reported in No.: " in str(view)


def test_that_the_app_was_taken_out_is_on_record_once(town: Town) -> None:
    for event, body in (
        ("Ev1", {"type": "app_uninstalled"}),
        ("Ev1", {"type": "app_uninstalled"}),
        ("Ev2", {"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}}),
        ("Ev3", {"type": "tokens_revoked", "tokens": {"bot": ["U00TIDE"]}}),
    ):
        raw = json.dumps({"type": "event_callback", "event_id": event, "team_id": "T1", "event": body})
        stamp = str(int(time.time()))
        signature = SignatureVerifier(town.app.signing_secret).generate_signature(timestamp=stamp, body=raw)
        head = {"Content-Type": "application/json", "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
        url = f"{town.app.settings.public_url}/slack/events"
        assert httpx.post(url, content=raw, headers=head).status_code == 200

    def left() -> list[str]:
        return [one.details["event"] for one in town.rows(AuditEvent) if one.action == "slack_left"]

    town.hands.wait("both", lambda: len(left()) == 2)
    assert sorted(left()) == ["app_uninstalled", "tokens_revoked"]


def test_of_six_clicks_at_once_one_decides_and_all_are_answered(town: Town) -> None:
    card = arrive(town)
    button = next(one for one in town.hands.buttons(card) if one["action_id"] == "line_pick_0")
    asked = click(button["value"]) | {"message": {"ts": card["ts"]}}
    with ThreadPoolExecutor(6) as six:
        answers = list(six.map(lambda _: post(town, asked).status_code, range(6)))
    assert answers == [200] * 6
    town.hands.wait("six answers", lambda: len(town.whispers(DANA)) == 6)
    told = town.whispers(DANA)
    assert sum("confirmed." in one for one in told) == 1
    assert sum("already decided by Dana Whitlock" in one for one in told) == 5
    assert len([one for one in town.rows(AuditEvent) if one.action == "code_confirmed"]) == 1


def test_a_repeated_event_has_one_effect(town: Town) -> None:
    card = arrive(town)
    shared = town.sandbox.api.files.share("note.txt", b"PACKING LIST\nPackages: 4")
    event = {
        "type": "message", "subtype": "file_share", "channel": card["channel"], "channel_type": "channel",
        "user": DANA, "text": "", "ts": "1.1", "thread_ts": card["ts"], "files": [shared],
    }  # fmt: skip
    raw = json.dumps({"type": "event_callback", "event_id": "Ev9", "team_id": "T1", "event": event})
    stamp = str(int(time.time()))
    signature = SignatureVerifier(town.app.signing_secret).generate_signature(timestamp=stamp, body=raw)
    head = {"Content-Type": "application/json", "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
    url = f"{town.app.settings.public_url}/slack/events"
    for number in range(3):
        again = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_timeout"} if number else {}
        assert httpx.post(url, content=raw, headers=head | again).status_code == 200
    town.hands.wait("the file", lambda: any(one.kind == "slack.file" for one in town.rows(Outbox)))
    town.drain()
    assert [one.filename for one in town.rows(Document)] == ["i.csv", "note.txt"]
    assert len([one for one in town.hands.thread(card) if "added note.txt" in one["text"]]) == 1


def test_changes_wait_for_one_drawing_and_none_is_lost_that_came_during_it(town: Town) -> None:
    arrive(town)

    def change_it() -> None:
        with town.app.database.transaction() as session:
            proposal.changed(session, session.get(Shipment, 1))

    def waiting() -> list[Outbox]:
        return [one for one in town.rows(Outbox) if one.kind == "slack.card" and one.status == "pending"]

    for _ in range(5):
        change_it()
    (only,) = waiting()
    assert only.run_at >= town.shipments()[0].card_shown_at + proposal.CARD_PAUSE
    with town.app.database.transaction() as session:
        claimed = outbox.claim(session, only.id, lease=timedelta(seconds=60))
    assert claimed is not None
    record = showing.show_card(town.app.ports, claimed)
    change_it()  # after the drawing looked, before it ended
    with town.app.database.transaction() as session:
        assert outbox.finish(session, claimed)
        record(session)
    (shipment,) = town.shipments()
    assert shipment.card_shown_rev < shipment.card_rev
    (later,) = waiting()
    assert later.run_at >= shipment.card_shown_at + proposal.CARD_PAUSE
    town.drain()
    (shipment,) = town.shipments()
    assert shipment.card_shown_rev == shipment.card_rev
