"""The way in: TLS with a checked certificate, then a password or an access token.

A password never goes over a network in the clear: without TLS only to this very machine. What
is refused is said in a sentence, without the secret.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, LoginError

from ingest.mailbox.address import Mailbox
from ingest.mailbox.tokens import Tokens
from ingest.mailbox.trouble import NeedsAPerson

_PASSING = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")  # RFC 5530: not the login's fault


class Login:
    """How to get into one mailbox."""

    def __init__(
        self, mailbox: Mailbox, *, tokens: Tokens | None = None, ca_file: Path | None = None
    ) -> None:
        self._mailbox, self._tokens, self._ca_file = mailbox, tokens, ca_file
        self._token = ""

    def connect(self, *, timeout: SocketTimeout) -> IMAPClient:
        """A connection with TLS where it must be; OSError when the server cannot be reached."""
        box = self._mailbox
        trust = self._trust()
        try:
            client = IMAPClient(
                box.host,
                box.port,
                ssl=box.tls,
                ssl_context=trust if box.tls else None,
                timeout=timeout,
            )
            if not box.tls:
                self._secure(client, trust)
        except ssl.SSLCertVerificationError as exc:
            raise NeedsAPerson(
                f"The certificate of {box.host} is not trusted: {exc.verify_message}. Nothing was "
                "sent. If the server has a certificate authority of its own, name its file in "
                "TIDEWAITER_IMAP__CA_FILE."
            ) from None
        except ssl.SSLError as exc:
            if exc.reason != "WRONG_VERSION_NUMBER":
                raise
            raise NeedsAPerson(
                f"{box.host} does not speak TLS at port {box.port}. imaps:// is for port 993; for "
                "STARTTLS, usually at port 143, write imap://."
            ) from None
        return client

    def sign_in(self, client: IMAPClient) -> None:
        """Log in; a refusal is for a person, a server that cannot right now is not."""
        box = self._mailbox
        try:
            if box.password is not None:
                client.login(box.user, box.password.get_secret_value())
                return
            self._with_token(client)
        except LoginError as exc:
            said = self.hide(str(exc))
            if isinstance(exc.__context__, IMAPClientAbortError) or any(
                word in said for word in _PASSING
            ):
                raise ConnectionError(f"the login did not come through: {said}") from None
            what = (
                "Correct the user or the password in TIDEWAITER_IMAP__URL (a special character is "
                "percent-encoded, @ is %40); some providers want an app password or OAuth."
                if box.password is not None
                else "Look at the TIDEWAITER_IMAP__OAUTH_ settings: is the token for this user and "
                "for IMAP?"
            )
            raise NeedsAPerson(
                f"{box.host} refused the login of {box.user}: {said}. {what}"
            ) from None

    def hide(self, text: str) -> str:
        """The text without our secrets, cut to a length for a log."""
        password = self._mailbox.password
        for secret in (password.get_secret_value() if password else "", self._token):
            if secret:
                text = text.replace(secret, "***")
        return " ".join(text.split())[:300]

    def _with_token(self, client: IMAPClient) -> None:
        box = self._mailbox
        if self._tokens is None:
            raise NeedsAPerson(
                f"There is no password for {box.name}: write it into TIDEWAITER_IMAP__URL, or "
                "set TIDEWAITER_IMAP__OAUTH_TOKEN_FILE or __OAUTH_TOKEN_URL."
            )
        if not client.has_capability("AUTH=XOAUTH2"):
            raise NeedsAPerson(f"{box.host} does not offer XOAUTH2; give {box.user} a password.")
        token = self._tokens.access(fresh=False)
        try:
            self._present(client, token)
        except LoginError as exc:
            again = self._tokens.access(fresh=True)
            if isinstance(exc.__context__, IMAPClientAbortError) or again == token:
                raise
            self._present(client, again)  # the first was called back before its time

    def _present(self, client: IMAPClient, token: str) -> None:
        self._token = token
        first = f"user={self._mailbox.user}\1auth=Bearer {token}\1\1".encode()
        # After a refusal the server sends its reason as a challenge and wants an empty answer.
        client.sasl_login("XOAUTH2", lambda challenge: b"" if challenge else first)

    def _trust(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._ca_file)
        except OSError as exc:
            raise NeedsAPerson(
                f"TIDEWAITER_IMAP__CA_FILE ({self._ca_file}) cannot be used: {exc}"
            ) from None

    def _secure(self, client: IMAPClient, trust: ssl.SSLContext) -> None:
        """STARTTLS, wherever the password would leave this machine."""
        box = self._mailbox
        try:
            if box.is_here and self._ca_file is None and not client.has_capability("LOGINDISABLED"):
                return
            if not client.has_capability("STARTTLS"):
                raise NeedsAPerson(
                    f"{box.host} offers no TLS at port {box.port}, and a password does not go over "
                    "a network in the clear. Write imaps:// if the server has a port for it (993)."
                )
            client.starttls(trust)
        except BaseException:
            client.shutdown()
            raise
