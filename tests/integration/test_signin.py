"""A link asks who you are: signing in with Slack's word, with a link of the bot's, and what is refused."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from sqlmodel import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.player import DANA
from bot.slack.openid import NotProved, OpenId, Proved
from storage.models import AuditEvent, Person
from tests.factories import invoice_csv, mail
from tests.town import Thread, Town, free_port

VERA = "U04VERA"


@pytest.mark.slow
def test_a_document_is_shown_to_who_is_on_the_list_and_to_nobody_else(town: Town) -> None:
    town.send(mail(("i.csv", invoice_csv())))
    town.drain()
    link = town.app.document_link(1)
    with httpx.Client() as stranger:
        asked = stranger.get(link)
        assert asked.status_code == 303
        assert invoice_csv() not in asked.content
        there = stranger.get(httpx.URL(link).join(asked.headers["location"]))
        assert there.headers["location"].startswith(f"{town.app.settings.sandbox_url}/openid/connect/authorize?")
        cookie = there.headers["set-cookie"]
        assert all(one in cookie for one in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=600"))

    browser = town.browser(VERA)
    assert browser.get(link).content == invoice_csv()
    # A packet for filing is for those who file; a forged link is none for them either.
    assert browser.get(town.app.filing_link("k", "packet")).status_code == 403
    assert browser.get(link[:-3] + "abc").status_code == 404
    # What is sent outside opens by itself, and its mark opens nothing of the desk's.
    outside = town.app.sent_link(1)
    assert httpx.get(outside).content == invoice_csv()
    assert browser.get(town.app.document_link(1).rpartition("/")[0] + "/" + outside.rpartition("/")[2]).status_code == 404
    assert httpx.get(outside.rpartition("/")[0] + "/" + link.rpartition("/")[2]).status_code == 404
    for nothing in (town.app.sent_link(99), town.app.hold_sent_link(99)):
        assert httpx.get(nothing).status_code == 404
    opened = [one for one in town.rows(AuditEvent) if one.action == "document_opened"]
    assert [(one.actor_name, one.actor_role) for one in opened] == [("Vera Lindqvist", "viewer"), ("Tidewaiter", "system")]
    assert [one.actor_id for one in town.rows(AuditEvent) if one.action == "signed_in"] == [VERA]

    # Who is taken off the list is out at once, with the cookie still there.
    with town.app.database.transaction() as session:
        session.delete(session.exec(select(Person).where(Person.slack_user == VERA)).one())
    assert browser.get(link).status_code == 403
    browser.get(f"{town.app.settings.public_url}/signout")
    assert browser.get(link, follow_redirects=False).status_code == 303
    browser.close()


@pytest.mark.slow
def test_an_attempt_counts_once_in_its_own_browser_and_leads_nowhere_else(town: Town) -> None:
    web = town.app.settings.public_url

    def begun(browser: httpx.Client, to: str) -> tuple[str, dict[str, str]]:
        there = browser.get(f"{web}/signin", params={"to": to}).headers["location"]
        chosen = browser.get(f"{there}&as={DANA}").headers["location"]
        return there, {name: values[0] for name, values in parse_qs(urlsplit(chosen).query).items()}

    with httpx.Client() as browser, httpx.Client() as other:
        _, back = begun(browser, "//evil.example/x")
        assert other.get(f"{web}/signin/back", params=back).status_code == 403  # without the mark
        done = browser.get(f"{web}/signin/back", params=back)
        assert (done.status_code, "location" in done.headers) == (200, False)
        assert "used already" in browser.get(f"{web}/signin/back", params=back).text
        _, back = begun(other, "/healthz")
        assert other.get(f"{web}/signin/back", params={**back, "state": back["state"][:-2] + "xx"}).status_code == 403
        assert other.get(f"{web}/signin/back", params={"state": back["state"], "error": "access_denied"}).status_code == 403
        assert other.get(f"{web}/signin/back", params={**back, "code": "made-up"}).status_code == 403
        assert other.get(town.app.document_link(1)).status_code == 303


@pytest.mark.slow
def test_the_bot_gives_a_link_that_signs_in_once(town: Town) -> None:
    said = str(town.hands.command(DANA, "signin"))
    link = said.rpartition("<")[2].partition("|")[0]
    with httpx.Client() as browser:
        page = browser.get(link)  # a preview of a chat may do this much
        assert "Sign in as Dana Whitlock" in page.text
        assert "Signed in" in browser.post(link).text
        assert browser.get(town.app.document_link(1)).status_code == 404  # there is none, but she may ask
    with httpx.Client() as second:
        assert second.post(link).status_code == 403
        stranger = town.app.once_link("U99NOBODY", "x")
        assert second.post(stranger).status_code == 403
        assert second.get(town.app.document_link(1)).status_code == 303


class Provider:
    """Slack's side of OpenID Connect, which also lies as it is told."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.kid, self.asked = "k1", 0
        self.claims: dict[str, Any] = {}
        self.signed: dict[str, Any] = {}
        port = free_port()
        self.root = f"http://127.0.0.1:{port}"
        self.server = Thread(Starlette(routes=[Route("/openid/connect/keys", self.keys), Route("/api/openid.connect.token", self.token, methods=["POST"])]), port)

    async def keys(self, _request: Request) -> Response:
        self.asked += 1
        return JSONResponse({"keys": [{**json.loads(RSAAlgorithm.to_jwk(self.key.public_key())), "kid": self.kid, "use": "sig", "alg": "RS256"}]})

    async def token(self, request: Request) -> Response:
        given = dict(httpx.QueryParams((await request.body()).decode()))
        if given != {"client_id": "c", "client_secret": "s", "code": "good", "redirect_uri": "https://desk/back", "grant_type": "authorization_code"}:
            return JSONResponse({"ok": False, "error": "invalid_code"})
        now = int(time.time())
        claims = {"iss": self.root, "aud": "c", "sub": "U1", "iat": now, "exp": now + 300, "nonce": "n", "https://slack.com/team_id": "T1", "https://slack.com/user_id": "U1", **self.claims}
        how: dict[str, Any] = {"key": self.key, "algorithm": "RS256", "headers": {"kid": self.kid}, **self.signed}
        return JSONResponse({"ok": True, "id_token": jwt.encode({name: value for name, value in claims.items() if value is not None}, **how)})


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.server.close()


def openid(provider: Provider) -> OpenId:
    return OpenId(api_url=f"{provider.root}/api/", client_id="c", client_secret="s", back="https://desk/back")


def test_an_id_token_of_slacks_says_who_it_is(provider: Provider) -> None:
    asking = openid(provider)
    before = provider.asked
    for _ in range(3):
        assert asking.proved("good", nonce="n") == Proved("T1", "U1")
    assert provider.asked == before + 1  # the keys are kept
    address = urlsplit(asking.page(state="st", nonce="n", team="T1"))
    assert parse_qs(address.query) == {"response_type": ["code"], "scope": ["openid"], "client_id": ["c"], "redirect_uri": ["https://desk/back"], "state": ["st"], "nonce": ["n"], "team": ["T1"]}
    assert "client_secret" not in repr(asking)


@pytest.mark.parametrize(
    ("claims", "signed"),
    [
        ({"aud": "another app"}, {}),
        ({"iss": "https://evil.example"}, {}),
        ({"exp": 1}, {}),
        ({"exp": None}, {}),
        ({"nonce": "of another attempt"}, {}),
        ({"nonce": None}, {}),
        ({"iat": 9_999_999_999}, {}),
        ({"https://slack.com/user_id": None}, {}),
        ({"https://slack.com/team_id": 7}, {}),
        ({}, {"key": rsa.generate_private_key(public_exponent=65537, key_size=2048)}),
        ({}, {"key": "a shared word that is long enough for it", "algorithm": "HS256"}),
        ({}, {"key": None, "algorithm": "none"}),
        ({}, {"headers": {"kid": "unknown"}}),
        ({}, {"headers": {}}),
    ],
)
def test_any_other_id_token_says_nothing(provider: Provider, claims: dict[str, Any], signed: dict[str, Any]) -> None:
    provider.claims, provider.signed = claims, signed
    try:
        with pytest.raises(NotProved):
            openid(provider).proved("good", nonce="n")
    finally:
        provider.claims, provider.signed = {}, {}
    with pytest.raises(NotProved, match="invalid_code"):
        openid(provider).proved("bad", nonce="n")
    with pytest.raises(NotProved, match="did not answer"):
        OpenId(api_url="http://127.0.0.1:9/api/", client_id="c", client_secret="s", back="b").proved("good", nonce="n")


def test_a_new_key_of_slacks_is_asked_for(provider: Provider) -> None:
    asking = openid(provider)
    assert asking.proved("good", nonce="n").user == "U1"
    provider.kid = "k2"
    asking._asked_at = 0.0  # a minute later
    assert asking.proved("good", nonce="n").user == "U1"
