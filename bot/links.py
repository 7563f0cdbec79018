"""Signed links: what each kind carries, and where it leads. All of them expire.

A link of the desk (a document, a picture of a place, figures, a packet, the package of a hold)
says what is meant and not who may see it: its page asks who you are (`bot/web/signin.py`). A link
that we send to somebody outside, who has no account here, opens by itself; those are of other
kinds, so that none can be made into the other.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from itsdangerous import URLSafeTimedSerializer

from bot.settings import Settings
from workflows.ports import Place

BEGIN, FURTHER = "begin", "further"
"""What a link to add the app is for: the brokerage's own workspace, or one more."""


class SignedLinks:
    """The links of one installation."""

    settings: Settings

    def secret(self, name: str) -> str:
        """A secret of this installation."""
        raise NotImplementedError

    def signer(self, kind: str) -> URLSafeTimedSerializer:
        """Signs one kind of thing; what is signed as one kind is none of another."""
        return URLSafeTimedSerializer(self.secret("web_secret"), salt=kind)

    @cached_property
    def links(self) -> URLSafeTimedSerializer:
        return self.signer("document")

    @cached_property
    def sent_links(self) -> URLSafeTimedSerializer:
        return self.signer("sent outside")

    @cached_property
    def evidence_links(self) -> URLSafeTimedSerializer:
        return self.signer("evidence")

    @cached_property
    def drawn_links(self) -> URLSafeTimedSerializer:
        return self.signer("drawn")

    @cached_property
    def figure_links(self) -> URLSafeTimedSerializer:
        return self.signer("figures")

    @cached_property
    def pickup_links(self) -> URLSafeTimedSerializer:
        return self.signer("pickup")

    @cached_property
    def install_links(self) -> URLSafeTimedSerializer:
        """Signs the link to add the app, and what comes back from Slack's page of consent."""
        return self.signer("slack install")

    @cached_property
    def sessions(self) -> URLSafeTimedSerializer:
        """Signs who somebody is, in the cookie of their browser."""
        return self.signer("session")

    @cached_property
    def signins(self) -> URLSafeTimedSerializer:
        """Signs where somebody wanted to go, on their way over Slack's page."""
        return self.signer("sign in")

    @cached_property
    def once_links(self) -> URLSafeTimedSerializer:
        """Signs the link that `/tidewaiter signin` gives to one person, once."""
        return self.signer("sign in once")

    def install_link(self, *, further: bool = False) -> str:
        """Where somebody adds the app to the workspace, or to a further one; for an hour."""
        return self._at("slack/install", self.install_links.dumps(FURTHER if further else BEGIN))

    def document_link(self, document_id: int) -> str:
        """To a document, for somebody of the desk."""
        return self._at("documents", self.links.dumps(document_id))

    def sent_link(self, document_id: int) -> str:
        """To a document, for whom we send it to: a consignee or a carrier."""
        return self._at("sent", self.sent_links.dumps({"document": document_id}))

    def hold_link(self, hold_id: int) -> str:
        """To the package of a hold, for somebody of the desk."""
        return self._at("holds", self.links.dumps({"hold": hold_id}))

    def hold_sent_link(self, hold_id: int) -> str:
        """To the package of a hold, for whom the playbook names and who gets a mail."""
        return self._at("sent", self.sent_links.dumps({"hold": hold_id}))

    def filing_link(self, key: str, form: str) -> str:
        """To the packet of an entry."""
        return self._at("filings", self.links.dumps({"key": key, "form": form}))

    def evidence_link(self, place: Place) -> str:
        """To a picture of the place."""
        return self._at("evidence", self.evidence_links.dumps(place.model_dump(mode="json")))

    def drawn_link(self, document_id: int) -> str:
        """To the pages of a document with what was read on them."""
        return self._at("drawn", self.drawn_links.dumps(document_id))

    def figure_link(self, asked: dict[str, Any]) -> str:
        """To the page of figures."""
        return self._at("figures", self.figure_links.dumps(asked))

    def pickup_link(self, pickup_id: int, carrier: str | None) -> str:
        """Where this carrier answers a pickup request."""
        return self._at("pickups", self.pickup_links.dumps([pickup_id, carrier]))

    def once_link(self, slack_user: str, mark: str) -> str:
        """Signs this person in, once and soon."""
        return self._at("signin/once", self.once_links.dumps([slack_user, mark]))

    def _at(self, page: str, token: str | bytes) -> str:
        return f"{self.settings.public_url}/{page}/{token!s}"
