"""Several workspaces of one brokerage: nobody sees, decides or is told anything of the others' clients.

The further two have the same user and channel ids, and shipments of the same kind.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier
from sqlmodel import select

from bot import people, slack_commands
from storage import apart, audit
from storage.models import (
    AuditEvent,
    Document,
    Importer,
    LineItem,
    LineState,
    Outbox,
    Person,
    Shipment,
    SlackInstallation,
)
from storage.people import Wishes
from storage.values import Role
from tests.factories import invoice_csv, mail
from tests.servers.slack_oauth import CLIENT, SECRET, SlackOAuth
from tests.town import Town
from workflows import archive
from workflows.effects import TakeFile
from workflows.states import Refused

pytestmark = pytest.mark.slow
SIGNING, USER, CHANNEL = "5" * 32, "U0SAME", "C0SAME"
HOUSE, B, C = "T0HOUSE", "T1KESTREL", "T2CASCADE"
CLIENTS = {B: "Kestrel Outdoor LLC", C: "Cascade Lighting Co."}


class Workspaces:
    """The product with three workspaces, and what each of them was sent."""

    def __init__(self, town: Town, slack: SlackOAuth) -> None:
        self.town, self.slack = town, slack
        self.web = town.app.settings.public_url
        self.add(HOUSE, further=False)
        for team in (B, C):
            self.add(team, further=True)
            with town.app.database.transaction() as session:
                people.add(session, slack_user=f"{team}:{USER}", name=f"Broker of {team}", role=Role.LICENSED_BROKER, licence="1")
                slack_commands.serve(session, team, review=CHANNEL, importers=[CLIENTS[team]])
            number, bill = f"INV-{team}", f"ZZZQ1111000{team[1]}"
            town.send(mail(("i.csv", invoice_csv(number=number, bill=bill, importer=CLIENTS[team])), message_id=f"<{team}@x.example>"))
        town.send(mail(("i.csv", invoice_csv(number="INV-HOUSE", bill="ZZZQ11110009", importer="Juniper Table Inc.")), message_id="<h@x.example>"))
        town.drain()

    def add(self, team: str, *, further: bool) -> None:
        page = httpx.get(self.town.app.install_link(further=further))
        address = page.text.split('<a href="')[1].split('"')[0].replace("&amp;", "&")
        state = httpx.URL(address).params["state"]
        self.slack.allow(f"code-{team}", team=team, token=f"xoxb-{team}", redirect=f"{self.web}/slack/oauth_redirect")
        cookie = page.headers["set-cookie"].split(";")[0]
        done = httpx.get(f"{self.web}/slack/oauth_redirect", params={"code": f"code-{team}", "state": state}, headers={"Cookie": cookie})
        assert done.status_code == 200, done.text

    def told(self, team: str) -> str:
        """All that was ever sent to a workspace."""
        return json.dumps([said for to, _, said in self.slack.said if to == team], ensure_ascii=False)

    def shipment(self, team: str) -> Shipment:
        with self.town.app.database.snapshot() as session:
            return session.exec(select(Shipment).join(Importer, Importer.id == Shipment.importer_id).where(Importer.name == CLIENTS[team])).one()

    def signed(self, body: str, kind: str) -> httpx.Response:
        stamp = str(int(time.time()))
        signature = SignatureVerifier(SIGNING).generate_signature(timestamp=stamp, body=body) or ""
        head = {"Content-Type": kind, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
        return httpx.post(f"{self.web}/slack/events", content=body, headers=head)

    def command(self, team: str, text: str) -> str:
        asked = {"command": "/tidewaiter", "text": text, "user_id": USER, "team_id": team, "channel_id": CHANNEL, "api_app_id": "A0TIDE"}
        answer = self.signed(urlencode(asked), "application/x-www-form-urlencoded")
        assert answer.status_code == 200, answer.text
        return answer.text

    def click(self, team: str, action: str, value: dict[str, Any], ts: str) -> str:
        """Click, and wait for what the workspace is told about it."""
        before = len(self.slack.said)
        asked = {
            "type": "block_actions", "user": {"id": USER, "team_id": team}, "team": {"id": team}, "api_app_id": "A0TIDE",
            "channel": {"id": CHANNEL}, "container": {"type": "message", "channel_id": CHANNEL, "message_ts": ts},
            "message": {"ts": ts, "team": team}, "trigger_id": "1.x",
            "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": json.dumps({"v": 1, **value})}],
        }  # fmt: skip
        assert self.signed(urlencode({"payload": json.dumps(asked)}), "application/x-www-form-urlencoded").status_code == 200
        return self.answered(before, team)

    def event(self, team: str, told: dict[str, Any], at: str) -> str:
        before = len(self.slack.said)
        body = {"type": "event_callback", "team_id": team, "event_id": at, "event_time": int(time.time()), "authorizations": [{"team_id": team}], "event": {"user": USER, **told}}
        assert self.signed(json.dumps(body), "application/json").status_code == 200
        return self.answered(before, team)

    def answered(self, before: int, team: str) -> str:
        until = time.monotonic() + 5
        while not self.slack.said[before:] and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.2)
        assert {to for to, _, _ in self.slack.said[before:]} <= {team}
        return json.dumps([said for _, _, said in self.slack.said[before:]])


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Workspaces]:
    slack = SlackOAuth()
    with contextlib.closing(slack):
        wanted = {"client_id": CLIENT, "client_secret": SECRET, "signing_secret": SIGNING, "api_url": slack.api}
        town = Town(tmp_path, more={"slack": wanted})
        with contextlib.closing(town):
            yield Workspaces(town, slack)


def test_nobody_meets_another_workspaces_clients_in_any_way(three: Workspaces) -> None:
    town = three.town
    refs = {team: str(three.shipment(team).ref) for team in (B, C)}
    for team, other in ((B, C), (C, B)):
        # Its card stands in its own channel, under its own token, and nobody else was sent a word.
        mine = three.shipment(team)
        assert (mine.card_channel, mine.assignee) == (f"{team}:{CHANNEL}", None)
        assert refs[team] in three.told(team)
        for name in (refs[other], CLIENTS[other], f"INV-{other}", "Juniper"):
            assert name not in three.told(team), (team, name)
        assert three.told(team).count(f"{team}:") == 0  # our way to name ids is none of Slack's

        # A command, a search, the queues and the figures.
        assert refs[team] in three.command(team, refs[team])
        for words in (refs[other], refs[other][-2:], "all", "mine", "unassigned", "holds", f"search {CLIENTS[other]}", f"search INV-{other}", "search importer:juniper", f"card {refs[other]}", f"assign {refs[other]} me"):
            said = three.command(team, words)
            assert refs[other] not in said.replace(words, ""), (team, words, said)
        assert "1 shipments" in three.command(team, "stats")

        # A click, a window and a file about the other's shipment.
        theirs = three.shipment(other)
        with town.app.database.snapshot() as session:
            line = session.exec(select(LineItem).where(LineItem.shipment_id == theirs.id)).first()
            document = session.exec(select(Document).where(Document.shipment_id == theirs.id)).first()
            assert line is not None
            assert document is not None
        ts = str(theirs.card_ts)
        picked = {"s": theirs.id, "l": line.id, "r": line.rev, "c": "4202923120"}
        for action in ("line_pick_0", "line_change", "shipment_confirm", "shipment_edit", "shipment_ask", "shipment_reject", "review_all", "shipment_take", "document_looked", "shipment_papers", "shipment_duty"):
            said = three.click(team, action, {**picked, "i": document.id}, ts)
            for name in (refs[other], CLIENTS[other], f"INV-{other}", "Backpacks"):
                assert name not in said, (team, action, said)
        with town.app.database.snapshot() as session:
            again = session.get(LineItem, line.id)
            assert again is not None
            assert (again.state, again.rev) == (LineState.OPEN, line.rev)

        # The Home, a question, and what is put into the other's thread.
        with town.app.database.transaction() as session:
            person = session.exec(select(Person).where(Person.slack_user == f"{team}:{USER}")).one()
            person.wishes = Wishes(shows="everyone")
            session.add(person)
        home = three.event(team, {"type": "app_home_opened", "tab": "home", "channel": "D1"}, f"Ev1{team}")
        assert refs[team] in home
        assert refs[other] not in home
        for number, words in enumerate(("what is missing for Cascade Lighting?", "what is missing for Kestrel?", "show prior entries of backpacks", f"did {refs[other]} clear?")):
            said = three.event(team, {"type": "app_mention", "text": f"<@U0BOT> {words}", "channel": CHANNEL, "ts": "1.1"}, f"Ev2{number}{team}")
            assert CLIENTS[other] not in said, (words, said)
            assert f"INV-{other}" not in said
        three.event(team, {"type": "message", "subtype": "file_share", "channel": CHANNEL, "ts": "9.9", "thread_ts": ts, "files": [{"id": "F1"}]}, f"Ev3{team}")
        assert TakeFile.kind not in [one.kind for one in town.rows(Outbox)]

    # A person of the one is nobody in the other, whatever the ids; a link asks who you are.
    with town.app.database.transaction() as session:
        session.delete(session.exec(select(Person).where(Person.slack_user == f"{C}:{USER}")).one())
    assert "people add" in three.command(C, "all")
    with httpx.Client() as browser:
        with town.app.database.snapshot() as session:
            documents = {team: session.exec(select(Document.id).where(Document.shipment_id == three.shipment(team).id)).first() for team in (B, C)}
        link = three.command(B, "signin").rpartition("<")[2].partition("|")[0]
        assert "Signed in" in browser.post(link).text
        assert browser.get(town.app.document_link(documents[B] or 0)).status_code == 200
        assert browser.get(town.app.document_link(documents[C] or 0)).status_code == 404
    opened = [one.actor_id for one in town.rows(AuditEvent) if one.action == "document_opened"]
    assert opened == [f"{B}:{USER}"]


def test_who_works_there_decides_there_and_the_end_of_one_is_not_the_end_of_the_others(three: Workspaces) -> None:
    town, mine = three.town, three.shipment(B)
    with town.app.database.snapshot() as session:
        line = session.exec(select(LineItem).where(LineItem.shipment_id == mine.id)).one()
    said = three.click(B, "line_pick_0", {"s": mine.id, "l": line.id, "r": line.rev, "c": "4202923120"}, str(mine.card_ts))
    assert "confirmed" in said
    three.click(B, "shipment_take", {"s": mine.id}, str(mine.card_ts))
    town.drain()
    kept = three.shipment(B)
    assert kept.assignee == f"{B}:{USER}"
    assert f"<@{USER}>" in three.told(B)

    # A file in the thread is fetched under the token of the workspace that it lies in.
    three.event(B, {"type": "message", "subtype": "file_share", "channel": CHANNEL, "ts": "9.9", "thread_ts": str(mine.card_ts), "files": [{"id": "F1"}]}, "EvFile")
    town.drain()
    assert ("files.info", "F1") in [(name, said.get("file")) for to, name, said in three.slack.said if to == B]

    # Taken out of one workspace: only its token goes, and its clients stay nobody else's.
    three.event(B, {"type": "app_uninstalled", "user": None}, "EvGone")
    with town.app.database.snapshot() as session:
        row = session.exec(select(SlackInstallation).where(SlackInstallation.team_id == B)).one()
        assert row.sealed == ""
    assert str(three.shipment(C).ref) in three.command(C, "all")
    assert str(mine.ref) not in three.command(HOUSE, f"search {CLIENTS[B]}")
    before = len(three.slack.said)
    with town.app.database.transaction() as session:
        slack_commands.serve(session, B, review="C9NEW", importers=[])
        with pytest.raises(Refused, match="no further workspace"):
            slack_commands.serve(session, HOUSE, review="C9", importers=[])
    town.drain()
    assert B not in {to for to, _, _ in three.slack.said[before:]}


def test_the_scope_holds_under_every_query_and_lets_the_chain_be(three: Workspaces) -> None:
    database = three.town.app.database
    ids = {team: three.shipment(team).id for team in (B, C)}
    with apart.within(B), database.transaction() as session:
        assert session.get(Shipment, ids[C]) is None
        assert session.get(Shipment, ids[B]) is not None
        assert [one.name for one in session.exec(select(Importer))] == [CLIENTS[B]]
        assert {one.shipment_id for one in session.exec(select(Document))} == {ids[B]}
        assert {one.shipment_id for one in session.exec(select(AuditEvent))} == {ids[B]}
        assert [one.id for one in archive.search(session, "INV")] == [ids[B]]
        audit.record(session, "tried", actor=people.who(session, f"{B}:{USER}"), shipment_id=ids[B])
        assert session.exec(select(Outbox).where(Outbox.shipment_id == ids[C])).first() is None
    with apart.within(apart.HOUSE), database.snapshot() as session:
        # What gave up is asked in the house's operations channel, whoever's it is.
        assert session.exec(select(Outbox).where(Outbox.shipment_id == ids[C])).first() is not None
        assert {one.id for one in session.exec(select(Shipment))}.isdisjoint(ids.values())
        assert session.exec(select(Person).where(Person.slack_user == f"{B}:{USER}")).first() is None
    with database.snapshot() as session:
        assert list(audit.verify(session)) == []
