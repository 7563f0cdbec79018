"""Settings of mail: the intake server, mailboxes, what is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, IPvAnyNetwork, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from bot.settings_section import SAFE, Section, listed
from ingest.mailbox.address import Mailbox, read_addresses
from ingest.resolver import address_of


class SmtpSettings(Section):
    """The intake server."""

    host: str = "127.0.0.1"
    port: int = 2525
    recipients: Annotated[list[str], NoDecode] = ["intake@tidewaiter.test"]
    max_bytes: int = 50_000_000
    certificate: Path | None = None  #: PEM; with `key` it switches STARTTLS on
    key: Path | None = None
    tls_port: int | None = None  #: a second port with TLS from the first byte
    name: str = "tidewaiter"  #: how it greets; as an MX the name that its address resolves to
    greeting_seconds: float = Field(default=3.0, ge=0, le=30)  #: who speaks before is refused
    idle_seconds: float = Field(default=300.0, ge=10)
    connections: int = Field(default=200, ge=1)
    connections_per_peer: int = Field(default=20, ge=1)
    connections_per_minute: int = Field(default=60, ge=1)  #: of one peer
    mails_per_minute: int = Field(default=120, ge=1)  #: of one peer
    new_senders: Literal["accept", "quarantine"] | None = None  #: default: see `Settings`

    @model_validator(mode="after")
    def _tls_needs_a_certificate(self) -> Self:
        if self.tls_port is not None and self.certificate is None:
            msg = "smtp tls_port needs smtp certificate"
            raise ValueError(msg)
        return self

    @field_validator("recipients", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return listed(value)


class ImapSettings(Section):
    """Mailboxes to fetch from, beside or in place of the intake server."""

    url: SecretStr | None = None  #: imaps://user:password@host:993/INBOX; several with commas
    after: str = "seen"  #: what becomes of a mail that was taken: seen | move:FOLDER
    start: Literal["unseen", "all"] = "unseen"  #: which of the mails that were there before us
    poll_seconds: float = Field(default=60, ge=1)  #: where the server has no IDLE
    ca_file: Path | None = None  #: a certificate authority of your own, PEM
    oauth_token_file: Path | None = None  #: a valid access token; {user} stands for the user
    oauth_token_url: str | None = None  #: or an endpoint that refreshes tokens, with these:
    oauth_client_id: str | None = None
    oauth_client_secret: SecretStr | None = None
    oauth_refresh_token: SecretStr | None = None
    oauth_scope: str | None = None

    @field_validator("url")
    @classmethod
    def _readable(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value().strip():
            return None
        read_addresses(value.get_secret_value())
        return value

    @field_validator("after")
    @classmethod
    def _seen_or_moved(cls, value: str) -> str:
        if value != "seen" and not (value.startswith("move:") and value[5:].strip()):
            msg = "is seen, or move:FOLDER"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.oauth_token_url is None:
            return self
        if self.oauth_token_file is not None:
            msg = "set oauth_token_file or oauth_token_url, not both"
            raise ValueError(msg)
        if self.oauth_client_id is None or self.oauth_refresh_token is None:
            msg = "oauth_token_url also needs oauth_client_id and oauth_refresh_token"
            raise ValueError(msg)
        if not self.oauth_token_url.startswith(SAFE):
            msg = "oauth_token_url begins with https://: secrets go there"
            raise ValueError(msg)
        return self

    @property
    def mailboxes(self) -> tuple[Mailbox, ...]:
        return read_addresses(self.url.get_secret_value()) if self.url is not None else ()

    @property
    def move_to(self) -> str | None:
        return None if self.after == "seen" else self.after.removeprefix("move:")


class MailSettings(Section):
    """Outgoing mail."""

    #: smtp://user:password@host:587 (STARTTLS), smtps://… (TLS at once), none = the sandbox.
    #: smtp:// without a user speaks in the clear, for a relay on the same machine.
    submission_url: SecretStr | None = None
    sender: str = "Tidewaiter <desk@tidewaiter.test>"
    trust: Path | None = None  #: PEM of the certificate authority; default: the system's
    max_bytes: int = Field(default=20_000_000, ge=100_000)
    keep_mails: int = Field(default=50, ge=1)  #: mails over one connection
    keep_seconds: float = Field(default=60.0, ge=0)  #: and for how long it is kept
    dkim_selector: str | None = None
    dkim_domain: str | None = None
    dkim_key_file: Path | None = None  #: PEM, RSA; the three switch signing on
    chase_first_days: int = Field(default=1, ge=1)  #: working days
    chase_every_days: int = Field(default=2, ge=1)
    chase_most: int = Field(default=3, ge=0, le=10)  #: 0: nobody is chased
    digest_hour: int = Field(default=22, ge=0, le=23)  #: UTC, when the day of the digest ends

    @field_validator("submission_url")
    @classmethod
    def _scheme(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(
            ("smtp://", "smtps://", "smtp+starttls://")
        ):
            msg = "must start with smtp://, smtps:// or smtp+starttls://"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _whole_key(self) -> MailSettings:
        named = (self.dkim_selector, self.dkim_domain, self.dkim_key_file)
        if any(named) and not all(named):
            msg = "DKIM needs all three: dkim_selector, dkim_domain and dkim_key_file"
            raise ValueError(msg)
        return self

    resolver: str | None = None  #: DNS for checking senders, host:port; default: this machine's
    #: names of relays whose Authentication-Results and seals count
    authserv_ids: Annotated[list[str], NoDecode] = []
    relays: Annotated[list[IPvAnyNetwork], NoDecode] = []  #: where those relays stand
    #: keys the marks of bank details; default: made once, kept in data_dir. Hosts share one.
    account_secret: SecretStr | None = Field(default=None, min_length=16)
    clamd: str | None = None  #: host:port or the path of a socket; none = no virus scanner

    @field_validator("authserv_ids", "relays", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return listed(value)

    @field_validator("resolver")
    @classmethod
    def _a_number_and_a_port(cls, value: str | None) -> str | None:
        if value is not None:
            address_of(value)
        return value

    @field_validator("clamd")
    @classmethod
    def _a_port_or_a_path(cls, value: str | None) -> str | None:
        if value and not value.startswith("/") and not value.rpartition(":")[2].isdigit():
            msg = "must be host:port or the path of a socket"
            raise ValueError(msg)
        return value
