"""All configuration, in one place. Defaults run the whole product with no `.env`.

Nothing outside `bot/` reads settings or the environment: everybody else gets plain values.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.settings_mail import ImapSettings, MailSettings, SmtpSettings
from bot.settings_section import SAFE, Section, listed
from knowledge import free_time
from knowledge.duty.rate_files import H10_URL
from knowledge.parties.csl_api import API_URL, BULK_URL
from knowledge.parties.editions import STALE_HOURS

PREFIX = "TIDEWAITER_"
_LONGEST_SOCKET = 100  # a unix socket's path has room for 107 bytes


class SlackSettings(Section):
    """The workspace. Without a bot token the sandbox workspace is used."""

    bot_token: SecretStr | None = None
    app_token: SecretStr | None = None  #: Socket Mode
    signing_secret: SecretStr | None = None  #: signed HTTP at /slack/events
    #: with the next: signing in; without a bot token "Add to Slack", too
    client_id: str | None = None
    client_secret: SecretStr | None = None
    store_key: SecretStr | None = None  #: seals the token; default: made once, in data_dir
    api_url: str = "https://slack.com/api/"
    review_channel: str = "C01REVIEW"
    ops_channel: str = "C02OPS"
    compliance_channel: str | None = None  #: for few eyes; default: the ops channel
    assign_by_turns: bool = False  #: a shipment of nobody's goes to the next licensed broker

    @field_validator("api_url")
    @classmethod
    def _ends_in_api(cls, value: str) -> str:
        if not value.endswith("/api/"):
            msg = "must end in /api/"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _one_way_to_a_token(self) -> SlackSettings:
        if (self.client_id is None) != (self.client_secret is None):
            msg = "client_id and client_secret go together"
            raise ValueError(msg)
        return self


class WebSettings(Section):
    """Health, document links, archive pages, Slack's signed requests."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None  #: how a browser reaches us; default http://host:port
    secret: SecretStr | None = None  #: signs document links; default: made once, kept in data_dir


class GatewaySettings(Section):
    """The way to customs."""

    kind: Literal["sandbox", "http", "sftp", "email"] = "sandbox"
    url: str | None = None  #: of kind http; of the sandbox by default its own
    poll_seconds: float = Field(default=7200, ge=0)  #: how often the status is asked for
    poll_near_seconds: float | None = Field(
        default=None, ge=0
    )  #: near the arrival; None: a quarter
    webhook_secret: SecretStr | None = None  #: signs what the filer posts to /statuses
    filer_code: str = Field(default="QZ7", pattern=r"^[A-Z0-9]{3}$")
    entry_numbers_from: int = 1_000_000  #: of the sandbox; see `tidewaiter entry-numbers`
    files_for: str | None = None  #: a direct filer's own installation: only for this firm
    outage_minutes: float = Field(default=30, gt=0)  #: then a person is told
    alert_mail: str | None = None  #: who hears of an outage by mail, too
    timeout: float = Field(default=20, gt=0, le=100)
    token: SecretStr | None = None  #: http: a bearer token, or
    hmac_secret: SecretStr | None = None  #: http: the secret that signs each request
    ca_file: Path | None = None  #: http: a certificate authority of your own, PEM
    host: str | None = None  #: sftp
    port: int = Field(default=22, ge=1, le=65535)
    user: str | None = None
    password: SecretStr | None = None
    key_file: Path | None = None  #: sftp: a private key, in place of the password
    key_passphrase: SecretStr | None = None
    host_key: str | None = None  #: sftp: "ssh-ed25519 AAAA...", pinned
    folder: str = "."
    to: str | None = None  #: email: the address of the filer's system

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if problem := self._problem():
            raise ValueError(problem)
        return self

    def _problem(self) -> str | None:
        match self.kind:
            case "http" if self.url is None:
                return "kind http needs url"
            case "http" if not (self.url or "").startswith(SAFE):
                return "url begins with https://: entries go there"
            case "http" if (self.token is None) == (self.hmac_secret is None):
                return "kind http needs token or hmac_secret, one of the two"
            case "sftp" if not (self.host and self.user):
                return "kind sftp needs host and user"
            case "sftp" if len((self.host_key or "").split()) < 2:
                return "kind sftp needs host_key: a kind and a key, as ssh-keyscan prints them"
            case "sftp" if (self.password is None) == (self.key_file is None):
                return "kind sftp needs password or key_file, one of the two"
            case "email" if self.to is None or "@" not in self.to:
                return "kind email needs to: the address of the filer's system"
        return None


class HoldSettings(Section):
    """Who hears of a hold, by role (docs/holds.md)."""

    broker_mail: Annotated[list[str], NoDecode] = []
    backup_mail: Annotated[list[str], NoDecode] = []
    finance_mail: Annotated[list[str], NoDecode] = []
    warehouse_mail: Annotated[list[str], NoDecode] = []
    drayage_mail: Annotated[list[str], NoDecode] = []
    principal_mail: Annotated[list[str], NoDecode] = []
    counsel_mail: Annotated[list[str], NoDecode] = []
    backup: str | None = None  #: Slack user id of the backup broker
    text_url: str | None = None  #: a service that sends text messages, told by signed webhook
    text_secret: SecretStr | None = None

    @field_validator(
        "broker_mail", "backup_mail", "finance_mail", "warehouse_mail", "drayage_mail",
        "principal_mail", "counsel_mail", mode="before",
    )  # fmt: skip
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return listed(value)

    @model_validator(mode="after")
    def _with_its_secret(self) -> Self:
        if (self.text_url is None) != (self.text_secret is None):
            msg = "text_url and text_secret belong together"
            raise ValueError(msg)
        if self.text_url is not None and not self.text_url.startswith(SAFE):
            msg = "text_url begins with https://"
            raise ValueError(msg)
        return self


class SandboxSettings(Section):
    """Where the stand-ins for the outside world listen."""

    host: str = "127.0.0.1"
    port: int = 8099
    sink_port: int = 2599
    state: bool = True


class EsignSettings(Section):
    """How powers of attorney are signed (docs/signatures.md)."""

    kind: Literal["sandbox", "docusign", "email"] = "sandbox"
    base_url: str | None = None  #: https://demo.docusign.net/restapi; default: by kind
    account_id: str | None = None
    integration_key: str | None = None
    user_id: str | None = None
    private_key_file: Path | None = None  #: RSA, PEM
    connect_keys: list[SecretStr] = []  #: HMAC keys of Connect; the first may be the newest
    template_id: str | None = None  #: a template of the account; default: our own form
    oauth_host: str | None = None  #: default: by base_url
    trust: Path | None = None  #: PEM of a certificate authority of your own
    automatic: bool = False  #: ask without a click where the signer is recorded
    expiring_days: int = Field(default=30, ge=0, le=365)
    poll_seconds: float | None = Field(default=None, ge=0)  #: default: 900; sandbox 5
    remind_first_days: int = Field(default=1, ge=1)  #: working days
    remind_every_days: int = Field(default=2, ge=1)
    remind_most: int = Field(default=3, ge=0, le=10)

    @field_validator("connect_keys", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        if isinstance(value, str) and not value.lstrip().startswith("["):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind != "docusign":
            return self
        needed = ("base_url", "account_id", "integration_key", "user_id", "private_key_file")
        if missing := [name for name in needed if not getattr(self, name)]:
            msg = f"kind docusign also needs {', '.join(missing)}"
            raise ValueError(msg)
        if not str(self.base_url).startswith("https://"):
            msg = "base_url begins with https://: a token goes there"
            raise ValueError(msg)
        return self

    @property
    def polls(self) -> float:
        if self.poll_seconds is not None:
            return self.poll_seconds
        return 5.0 if self.kind == "sandbox" else 900.0


class TariffSettings(Section):
    """The schedule in force."""

    export: Path | None = None  #: a USITC export file; default: the one that was synced
    source_url: str = (
        "https://hts.usitc.gov/reststop/exportList?from=0101&to=9999.99&format=JSON&styles=false"
    )
    chapter99_url: str = (
        "https://hts.usitc.gov/reststop/file?release=currentRelease&filename=Chapter%2099"
    )
    notes_url: str = (  #: a chapter's PDF, for its notes
        "https://hts.usitc.gov/reststop/file?release=currentRelease&filename=Chapter%20{chapter}"
    )
    sync_days: int = Field(default=0, ge=0, le=366)  #: how often by itself; 0: only when told
    rulings_url: str = "https://rulings.cbp.gov/api/search"  #: CBP's public search (CROSS)
    rulings_pause: float = Field(default=1.0, ge=0.0, le=60)  #: seconds between two requests
    rates_url: str = H10_URL  #: daily rates of exchange


class ScreeningSettings(Section):
    """The denied-party list."""

    list_file: Path | None = None  #: a list that you keep yourself; default: what was synced
    url: str = BULK_URL  #: the bulk file, CSV or JSON
    api_url: str = API_URL
    api_key: SecretStr | None = None  #: subscription key: the API is asked in place of the file
    refresh_hours: float = Field(default=24, ge=1, le=72)  #: how often the clock syncs
    stale_hours: float = Field(default=STALE_HOURS, ge=1, le=168)  #: working hours
    compliance_mail: list[str] = []  #: told of each match
    escalation_mail: list[str] = []  #: principal and counsel: told of a confirmed match

    @field_validator("compliance_mail", "escalation_mail", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        if isinstance(value, str) and not value.lstrip().startswith("["):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value


class TmsSettings(Section):
    """The transport management system that bookings come from and statuses go back to."""

    url: str | None = None  #: of its API, e.g. https://api.flexport.com
    token: SecretStr | None = None
    webhook_secret: SecretStr | None = None  #: signs what it posts to /bookings/flexport
    poll_seconds: float = Field(default=300, ge=1)
    accept_sha1: bool = False  #: the legacy X-Hub-Signature, where the source has no other

    @model_validator(mode="after")
    def _with_its_token(self) -> Self:
        if (self.url is None) != (self.token is None):
            msg = "url and token belong together"
            raise ValueError(msg)
        local = ("http://127.0.0.1", "http://localhost")
        if self.url is not None and not self.url.startswith(("https://", *local)):
            msg = "url begins with https://: a secret goes there"
            raise ValueError(msg)
        return self


class BookingSettings(Section):
    """Bookings from files, and what an installation has decided about them."""

    drop_folder: Path | None = None  #: CSV and XLSX files are taken from here
    lanes_folder: Path | None = None  #: lane profiles of your own, before ours
    triggers: Path | None = None  #: the table of milestones; default: ours


class ReleaseSettings(Section):
    """Notices of releases (docs/release.md)."""

    ssh_key_file: Path | None = None  #: our private key for consignees' SFTP servers
    ssh_key_passphrase: SecretStr | None = None
    webhook_secret: SecretStr | None = None  #: the secrets of all addresses follow from it


class DeliverySettings(Section):
    """Who collects the goods, and what waiting costs (docs/release.md)."""

    terms: Path | None = None  #: terminals, lines and carriers, as TOML
    confirm_hours: float = Field(default=4.0, gt=0, le=240)
    warn_days: int = Field(default=2, ge=0, le=30)

    @field_validator("terms")
    @classmethod
    def _readable(cls, path: Path | None) -> Path | None:
        try:
            free_time.load(path)
        except free_time.BadTerms as exc:
            raise ValueError(str(exc)) from exc
        return path


class LlmSettings(Section):
    """An optional language model that reorders tariff candidates; off without a URL.

    The goods' description and origin are sent there, and nothing else of a shipment, unless
    `reads_documents` is set: then also the words of documents with fields that are in doubt.
    """

    base_url: str | None = None  #: in OpenAI's shape, such as https://host/v1
    model: str | None = None
    api_key: SecretStr | None = None
    seconds: float = Field(default=30.0, gt=0, le=120)  #: to wait for one answer
    reads_documents: bool = False  #: asked for fields of documents that our reader is not sure of

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.base_url and not self.model:
            raise ValueError("a language model needs its name: set TIDEWAITER_LLM__MODEL")
        return self


class Settings(BaseSettings):
    """Everything that can be configured, by environment or `.env`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        extra="forbid",
        hide_input_in_errors=True,
    )

    data_dir: Path = Path("var")
    cache_dir: Path = Path(
        "~/.cache/tidewaiter"
    )  #: vectors of tariff texts, shared by data folders
    database_url: SecretStr | None = None
    redis_url: SecretStr | None = None
    blobs_url: str | None = None
    firm: str = "Harbor & Pine Customs Brokers LLC"
    archive_check_days: float = Field(default=1, ge=0, le=31)  #: 0: only when told
    keep_years: int = Field(default=7, ge=5)  #: 19 CFR 163.4: five is the law's floor
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    smtp: SmtpSettings = SmtpSettings()
    imap: ImapSettings = ImapSettings()
    mail: MailSettings = MailSettings()
    slack: SlackSettings = SlackSettings()
    web: WebSettings = WebSettings()
    gateway: GatewaySettings = GatewaySettings()
    sandbox: SandboxSettings = SandboxSettings()
    esign: EsignSettings = EsignSettings()
    tariff: TariffSettings = TariffSettings()
    screening: ScreeningSettings = ScreeningSettings()
    holds: HoldSettings = HoldSettings()
    tms: TmsSettings = TmsSettings()
    bookings: BookingSettings = BookingSettings()
    release: ReleaseSettings = ReleaseSettings()
    delivery: DeliverySettings = DeliverySettings()
    llm: LlmSettings = LlmSettings()

    @property
    def data(self) -> Path:
        return self.data_dir.expanduser().absolute()

    @property
    def cache(self) -> Path:
        return self.cache_dir.expanduser().absolute()

    @property
    def database(self) -> str:
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data / 'tidewaiter.db'}"

    @property
    def own_redis(self) -> bool:
        return self.redis_url is None

    @property
    def redis_socket(self) -> Path:
        near = self.data / "redis.sock"
        if len(str(near)) < _LONGEST_SOCKET:
            return near
        mark = hashlib.sha256(str(self.data).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"tidewaiter-{mark}.sock"

    @property
    def redis(self) -> str:
        if self.redis_url is not None:
            return self.redis_url.get_secret_value()
        return f"unix://{self.redis_socket}"

    @property
    def blobs(self) -> str:
        return self.blobs_url or (self.data / "blobs").as_uri()

    @property
    def spool(self) -> Path:
        return self.data / "spool"

    @property
    def public_url(self) -> str:
        return (self.web.public_url or f"http://{self.web.host}:{self.web.port}").rstrip("/")

    @property
    def sandbox_slack(self) -> bool:
        return self.slack.bot_token is None and self.slack.client_id is None

    @property
    def slack_by_oauth(self) -> bool:
        """Whether somebody adds the app to the workspace, in place of a token in the settings."""
        return self.slack.bot_token is None and self.slack.client_id is not None

    @property
    def sandbox_mail(self) -> bool:
        return self.mail.submission_url is None

    @property
    def sandbox_gateway(self) -> bool:
        return self.gateway.kind == "sandbox" and self.gateway.url is None

    @property
    def sandbox_esign(self) -> bool:
        return self.esign.kind == "sandbox"

    @property
    def own_domains(self) -> tuple[str, ...]:
        """The domains of our firm's addresses."""
        own = [*self.smtp.recipients, parseaddr(self.mail.sender)[1]]
        return tuple(sorted({one.rpartition("@")[2].casefold() for one in own if one}))

    @property
    def new_senders(self) -> Literal["accept", "quarantine"]:
        """A story of the sandbox comes from strangers; real strangers wait for a person."""
        return self.smtp.new_senders or ("accept" if self.sandbox_gateway else "quarantine")

    @property
    def needs_sandbox(self) -> bool:
        return self.sandbox_slack or self.sandbox_mail or self.sandbox_gateway or self.sandbox_esign

    @property
    def sandbox_url(self) -> str:
        return f"http://{self.sandbox.host}:{self.sandbox.port}"


def unknown_variables() -> list[str]:
    """TIDEWAITER_ variables that no setting has: a typo that would otherwise be silent."""
    known = {name.upper() for name in Settings.model_fields}
    found = []
    for variable in sorted(os.environ):
        if not variable.startswith(PREFIX):
            continue
        head, _, rest = variable.removeprefix(PREFIX).partition("__")
        field = Settings.model_fields.get(head.lower())
        section = field.annotation if field else None
        inner = getattr(section, "model_fields", {})
        if head not in known or (rest and rest.lower() not in inner):
            found.append(variable)
    return found
