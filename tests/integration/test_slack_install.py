"""Add to Slack: the link, the consent, the sealed token, and the end of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import yaml
from slack_sdk.signature import SignatureVerifier
from sqlmodel import select
from starlette.testclient import TestClient

from bot import compose
from bot.compose import App
from bot.settings import Settings
from bot.slack.installations import NotInstalled
from bot.web import server
from bot.web.slack_install import SCOPES
from storage.columns import now
from storage.models import AuditEvent, SlackInstallation
from tests import databases
from tests.servers.slack_oauth import CLIENT, SECRET, SlackOAuth
from workflows.views import NoteView

TOKEN, SIGNING, COOKIE = "xoxb-1-very-secret-token", "5" * 32, "slack-app-oauth-state"
DESK = "https://desk.broker.example"


@pytest.fixture
def slack() -> Iterator[SlackOAuth]:
    made = SlackOAuth()
    yield made
    made.close()


def office(folder: Path, slack: SlackOAuth, **more: Any) -> App:
    databases.sqlite_at(folder / "tidewaiter.db")
    return compose.build(
        Settings.model_validate(
            {
                "data_dir": folder,
                "database_url": f"sqlite:///{folder}/tidewaiter.db",
                "slack": {"client_id": CLIENT, "client_secret": SECRET, "signing_secret": SIGNING, "api_url": slack.api, **more},
                "web": {"public_url": DESK},
            }
        )
    )


@pytest.fixture
def app(tmp_path: Path, slack: SlackOAuth) -> Iterator[App]:
    made = office(tmp_path, slack)
    yield made
    made.database.close()


class Browser:
    """Who opens the link and comes back from Slack's page."""

    def __init__(self, app: App) -> None:
        self.app, self.web = app, TestClient(server.build(app), base_url=DESK)

    def begin(self) -> str:
        page = self.web.get(urlsplit(self.app.install_link()).path)
        assert page.status_code == 200, page.text
        address = page.text.split('<a href="')[1].split('"')[0].replace("&amp;", "&")
        asked = parse_qs(urlsplit(address).query)
        assert asked["client_id"] == [CLIENT]
        assert set(asked["scope"][0].split(",")) == set(SCOPES)
        return asked["state"][0]

    def back(self, **given: str) -> Any:
        return self.web.get("/slack/oauth_redirect", params=given)


def allow(slack: SlackOAuth, code: str, team: str, token: str, **more: Any) -> None:
    slack.allow(code, team=team, token=token, redirect=f"{DESK}/slack/oauth_redirect", **more)


def event(app: App, kind: str, team: str, at: float, **more: Any) -> int:
    body = json.dumps(
        {"type": "event_callback", "team_id": team, "event_id": f"Ev{kind}{team}{at}", "event_time": int(at), "event": {"type": kind, **more}}
    )
    return signed(app, body, "application/json").status_code


def signed(app: App, body: str, kind: str) -> httpx.Response:
    stamp = str(int(time.time()))
    signature = SignatureVerifier(SIGNING).generate_signature(timestamp=stamp, body=body)
    return TestClient(server.build(app)).post(
        "/slack/events",
        content=body,
        headers={"content-type": kind, "x-slack-signature": signature or "", "x-slack-request-timestamp": stamp},
    )


def rows(app: App) -> list[SlackInstallation]:
    with app.database.snapshot() as session:
        return list(session.exec(select(SlackInstallation)))


def test_added_used_and_taken_out_again(app: App, slack: SlackOAuth, tmp_path: Path) -> None:
    note = NoteView(text="The card of SHP-1")
    with pytest.raises(NotInstalled, match="slack-install"):
        app.slack_chat.post("C1", note, key="k0")

    browser = Browser(app)
    state = browser.begin()
    allow(slack, "code1", "T1PINE", TOKEN)
    done = browser.back(code="code1", state=state)
    assert done.status_code == 200, done.text
    assert "Team T1PINE has Tidewaiter" in done.text
    assert "files:read" in done.text.split("did not grant")[1]  # asked for, and not given

    # The same process, which failed a minute ago, posts now.
    app.slack_chat.post("C1", note, key="k1")
    assert slack.posted == [(TOKEN, "The card of SHP-1")]

    # What Slack sends is answered, too: with the token of who added the app.
    asked = urlencode({"command": "/tidewaiter", "text": "help", "user_id": "U1", "team_id": "T1PINE"})
    answer = signed(app, asked, "application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert "tidewaiter people add --slack U1" in answer.text

    # Nothing on disk, the log of the database included, has the token; the key is beside, not in it.
    kept = b"".join(one.read_bytes() for one in tmp_path.glob("tidewaiter.db*"))
    assert b"T1PINE" in kept
    assert TOKEN.encode() not in kept
    assert app.secret("slack_store").encode() not in kept
    found = app.installations.find_bot(enterprise_id=None, team_id="T1PINE")
    assert found is not None
    assert found.bot_token == TOKEN
    assert app.installations.find_bot(enterprise_id=None, team_id="T2OTHER") is None

    # Words about another workspace, a person's own token and an older installation end nothing.
    assert event(app, "app_uninstalled", "T2OTHER", time.time()) == 200
    assert event(app, "tokens_revoked", "T1PINE", time.time(), tokens={"oauth": ["U1"]}) == 200
    assert event(app, "app_uninstalled", "T1PINE", time.time() - 3600) == 200
    time.sleep(0.3)
    assert [one.team_id for one in rows(app)] == ["T1PINE"]

    assert event(app, "tokens_revoked", "T1PINE", time.time(), tokens={"bot": ["U0BOT"]}) == 200
    until = time.monotonic() + 5
    while rows(app) and time.monotonic() < until:
        time.sleep(0.02)
    assert rows(app) == []
    with pytest.raises(NotInstalled):
        app.slack_chat.post("C1", note, key="k2")
    with app.database.snapshot() as session:
        told = [one.action for one in session.exec(select(AuditEvent))]
    assert told.count("slack_installed") == 1
    assert told[-1] == "slack_left"


def test_who_has_no_link_or_a_state_of_their_own_adds_nothing(app: App, slack: SlackOAuth) -> None:
    browser = Browser(app)
    assert browser.web.get("/slack/install").status_code == 404
    assert browser.web.get(f"/slack/install/{app.links.dumps('begin')}").status_code == 404
    state = browser.begin()
    allow(slack, "code1", "T9EVIL", "xoxb-evil")

    # A state without the browser that began; a forged one, even with a cookie; none at all.
    stranger = Browser(app)
    assert "another browser" in stranger.back(code="code1", state=state).text
    forged = "eyJhIjoxfQ.aaaa.bbbb"
    link = str(app.install_links.dumps("begin"))  # signed by us, but no state
    for made in (forged, link):
        stranger.web.cookies.set(COOKIE, made, domain="desk.broker.example")
        answer = stranger.back(code="code1", state=made)
        assert answer.status_code == 401
        assert "Nothing was kept" in answer.text
    assert browser.back(code="code1").status_code == 400
    assert browser.back(error="access_denied", state=state).text.count("cancelled in Slack") == 1
    assert rows(app) == []
    assert "code1" in slack.codes  # it was never shown to Slack

    # A link to a document opens no installation, nor a wrong code, nor a state a second time.
    assert browser.back(code="wrong", state=state).status_code == 401
    answer = browser.back(code="code1", state=state)
    assert answer.status_code == 401
    assert "used already" in answer.text
    assert rows(app) == []


def test_a_second_workspace_gets_nothing_and_its_token_is_given_back(app: App, slack: SlackOAuth) -> None:
    for code, team, token in (("a", "T1PINE", TOKEN), ("b", "T2OTHER", "xoxb-2"), ("c", "T1PINE", "xoxb-3")):
        browser = Browser(app)
        state = browser.begin()
        allow(slack, code, team, token)
        answer = browser.back(code=code, state=state)
        if team == "T2OTHER":
            assert answer.status_code == 500
            assert "belongs to the workspace Team T1PINE" in answer.text
            assert token not in slack.tokens
        else:
            assert answer.status_code == 200
            assert app.slack_token == token
    assert [one.team_id for one in rows(app)] == ["T1PINE"]


def test_a_token_that_ends_is_renewed_in_time_by_one_process(app: App, slack: SlackOAuth, tmp_path: Path) -> None:
    browser = Browser(app)
    state = browser.begin()
    allow(slack, "d", "T1PINE", "xoxb-4", refresh_token="xoxe-1", expires_in=43200)
    assert browser.back(code="d", state=state).status_code == 200
    assert app.slack_token == "xoxb-4"  # twelve hours: nothing to do yet
    with app.database.transaction() as session:
        row = session.exec(select(SlackInstallation)).one()
        row.expires_at = now() + timedelta(hours=1)
        session.add(row)
    # Slack does not renew it: the old one is good until its end, and the log says so.
    assert app.slack_token == "xoxb-4"
    with app.database.transaction() as session:
        row = session.exec(select(SlackInstallation)).one()
        row.renewing_until = None  # a minute later
        session.add(row)
    slack.refreshes["xoxe-1"] = ("xoxb-5", "xoxe-2")
    with ThreadPoolExecutor(6) as pool:
        seen = {one.result() for one in [pool.submit(app.installations.token) for _ in range(6)]}
    assert seen <= {"xoxb-4", "xoxb-5"}
    assert slack.refreshes == {}  # asked once
    assert app.slack_token == "xoxb-5"
    kept = b"".join(one.read_bytes() for one in tmp_path.glob("tidewaiter.db*"))
    assert b"xoxe-" not in kept
    assert b"xoxb-5" not in kept


def test_a_token_under_another_key_is_said_and_never_sent(app: App, slack: SlackOAuth, tmp_path: Path) -> None:
    browser = Browser(app)
    state = browser.begin()
    allow(slack, "a", "T1PINE", TOKEN)
    assert browser.back(code="a", state=state).status_code == 200
    other = office(tmp_path, slack, store_key="another")
    with pytest.raises(NotInstalled, match="another key"):
        _ = other.slack_token
    other.database.close()


def test_the_scopes_are_those_of_the_manifest() -> None:
    manifest = yaml.safe_load(Path("slack-manifest.yaml").read_text())
    assert manifest["oauth_config"]["scopes"]["bot"] == list(SCOPES)
    assert manifest["oauth_config"]["redirect_urls"] == [f"{DESK}/slack/oauth_redirect", f"{DESK}/signin/back"]
    assert manifest["oauth_config"]["scopes"]["user"] == ["openid"]


def test_the_manifest_of_socket_mode_is_the_other_without_addresses_for_slack() -> None:
    http, socket = (yaml.safe_load(Path(name).read_text()) for name in ("slack-manifest.yaml", "slack-manifest-socket.yaml"))
    places = [http["features"]["slash_commands"][0].pop("url"), http["settings"]["event_subscriptions"].pop("request_url")]
    places += [http["settings"]["interactivity"].pop(name) for name in ("request_url", "message_menu_options_url")]
    assert set(places) == {f"{DESK}/slack/events"}
    assert (http["settings"].pop("socket_mode_enabled"), socket["settings"].pop("socket_mode_enabled")) == (False, True)
    assert http == socket


@pytest.mark.parametrize(
    "given", [{"client_id": "1"}, {"client_secret": "s", "bot_token": "xoxb"}]
)
def test_half_an_oauth_setting_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="client_id"):
        Settings.model_validate({"slack": given})


def test_with_a_token_in_the_settings_the_client_id_is_for_signing_in(tmp_path: Path, slack: SlackOAuth) -> None:
    made = office(tmp_path, slack, bot_token="xoxb-1")
    slack.tokens["xoxb-1"] = "T1PINE"
    assert (made.installations, made.slack_token, made.slack_team) == (None, "xoxb-1", "T1PINE")
    assert made.openid is not None
    made.database.close()
