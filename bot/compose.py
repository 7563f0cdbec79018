"""Puts the product together from its settings: the only place that knows all adapters."""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from slack_sdk import WebClient

from bot import gateways, mailboxes, tariff_office, tariff_sync, ways_out
from bot.freshness import Fresh, LiveDutyDesk, LiveLookup, mark_of
from bot.links import SignedLinks
from bot.relay import Relay
from bot.sandbox.config import COMPLIANCE
from bot.sandbox.server import SandboxConfig
from bot.settings import Settings
from bot.slack.answers import Desk
from bot.slack.chat import SlackChat
from bot.slack.installations import Installations, NotInstalled
from bot.slack.links import Links
from bot.slack.openid import OpenId
from bot.slack.pictures import Pictures
from bot.slack.rotation import Rotation
from ingest import imap, pipeline
from ingest.clamd import Clamd
from ingest.door import Door
from ingest.guests import Manners, networks
from ingest.resolver import Resolver, address_of
from ingest.sender import Relays
from ingest.shared import Shared
from knowledge import free_time, lanes, tariff
from knowledge.duty import rate_files
from knowledge.duty.desk import DutyDesk
from knowledge.duty.desk import open_desk as open_duty_desk
from knowledge.parties.standing import StandingScreener
from storage.blobs import Blobs
from storage.db import Database
from storage.seal import Seal
from storage.spool import Spool
from workflows import freeze, handlers
from workflows.booked import triggers
from workflows.booked.rules import BookingRules
from workflows.handlers import Handler
from workflows.outgoing.llm import OpenAiLlm
from workflows.outgoing.texts import TextWebhook
from workflows.outgoing.tms import FlexportTms
from workflows.outgoing.webhook import SignedWebhook
from workflows.ports import Chasing, HoldRules, House, Ports, SigningRules
from workflows.screening import Screener
from workflows.trust import Policy


@dataclass(frozen=True)
class App(SignedLinks):
    """The parts, each made once when it is first needed."""

    settings: Settings

    @cached_property
    def relay(self) -> Relay:
        return Relay(self.settings.redis)

    @cached_property
    def database(self) -> Database:
        def nudge(ids: Sequence[int]) -> None:
            self.relay.effects(made, ids)

        made = Database(self.settings.database, nudge=nudge)
        return made

    @cached_property
    def blobs(self) -> Blobs:
        return Blobs(self.settings.blobs)

    @cached_property
    def spool(self) -> Spool:
        return Spool(self.settings.spool, max_bytes=self.settings.smtp.max_bytes)

    @cached_property
    def watchers(self) -> list[imap.Watcher]:
        """Those who watch the configured mailboxes."""
        return mailboxes.watchers(self.settings, spool=self.spool, hint=self.relay.mail)

    @property
    def manners(self) -> Manners:
        """How much a peer may ask of the intake server; our own relays are spared."""
        smtp = self.settings.smtp
        return Manners(
            connections=smtp.connections,
            connections_of_one=smtp.connections_per_peer,
            connections_a_minute=smtp.connections_per_minute,
            mails_a_minute=smtp.mails_per_minute,
            greeting_seconds=smtp.greeting_seconds,
            idle_seconds=smtp.idle_seconds,
            spared=networks(self.settings.mail.relays),
        )

    @cached_property
    def door(self) -> Door:
        """What is asked about each mail before it is let in."""
        mail = self.settings.mail
        # The sandbox asks nobody in the world about its story, unless told whom.
        asks = mail.resolver is not None or not self.settings.sandbox_gateway
        server = address_of(mail.resolver) if mail.resolver else None
        return Door(
            policy=Policy(
                new_senders=self.settings.new_senders,
                own_domains=self.settings.own_domains,
            ),
            resolver=Resolver(server) if asks else None,
            relays=Relays(names=tuple(mail.authserv_ids), networks=tuple(mail.relays)),
            scanner=Clamd(mail.clamd) if mail.clamd else None,
        )

    @cached_property
    def screener(self) -> Screener:
        """The denied-party list in force; it is looked up anew each time."""
        return StandingScreener(
            self.screening_store,
            named=self.settings.screening.list_file,
            stale_hours=self.settings.screening.stale_hours,
        )

    @property
    def screening_store(self) -> Path:
        return self.settings.data / "screening"

    @property
    def compliance_channel(self) -> str:
        """Few eyes; the sandbox has a channel for it."""
        slack = self.settings.slack
        here = COMPLIANCE if self.settings.sandbox_slack else slack.ops_channel
        return slack.compliance_channel or here

    @cached_property
    def lookup(self) -> tariff.Lookup:
        """The schedule without the model: to search and to check a code. Follows each sync."""
        return LiveLookup(
            Fresh(
                self.tariff_mark,
                lambda: tariff.open_lookup(named=self.tariff_export, extra=tariff.DEMO_EXTRACT),
            )
        )

    @cached_property
    def duty_desk(self) -> DutyDesk:
        """What goods cost at the border, over the editions that were synced."""
        data = self.settings.data

        def opened() -> DutyDesk:
            return open_duty_desk(
                store=data / "tariff",
                named=self.settings.tariff.export,
                extract=tariff.DEMO_EXTRACT,
                rates=rate_files.current(data / "rates"),
            )

        def mark() -> Hashable:
            return (self.tariff_mark(), mark_of(rate_files.current(data / "rates")))

        return LiveDutyDesk(Fresh(mark, opened))

    @cached_property
    def house(self) -> House:
        settings = self.settings
        return House(
            firm=settings.firm,
            filer_code=settings.gateway.filer_code,
            entry_numbers_from=settings.gateway.entry_numbers_from,
            review_channel=settings.slack.review_channel,
            ops_channel=settings.slack.ops_channel,
            intake_address=settings.smtp.recipients[0],
            gateway=settings.gateway.kind,
            poll_seconds=settings.gateway.poll_seconds,
            poll_near_seconds=settings.gateway.poll_near_seconds,
            keep_years=settings.keep_years,
            compliance_channel=self.compliance_channel,
            compliance_mail=tuple(settings.screening.compliance_mail),
            escalation_mail=tuple(settings.screening.escalation_mail),
            needs_official_list=not settings.sandbox_gateway,
            screener=self.screener,
            duty=self.duty_desk,
            document_link=self.document_link,
            sent_link=self.sent_link,
            hold_sent_link=self.hold_sent_link,
            signin_link=lambda user: self.once_link(user, secrets.token_hex(8)),
            chasing=Chasing(
                first=settings.mail.chase_first_days,
                then_every=settings.mail.chase_every_days,
                most=settings.mail.chase_most,
            ),
            outage_minutes=settings.gateway.outage_minutes,
            files_for=settings.gateway.files_for,
            by_turns=settings.slack.assign_by_turns,
            alert_mail=settings.gateway.alert_mail,
            filing_link=self.filing_link,
            holds=self.hold_rules,
            hold_link=self.hold_link,
            memo=self.memo,
            delivery=free_time.load(settings.delivery.terms),
            pickup_hours=settings.delivery.confirm_hours,
            warn_days=settings.delivery.warn_days,
            pickup_link=self.pickup_link,
            figure_link=self.figure_link,
            evidence_link=self.evidence_link,
            drawn_link=self.drawn_link,
            bookings=self.booking_rules,
            own_domains=settings.own_domains,
            signing=SigningRules(
                via=settings.esign.kind,
                automatic=settings.esign.automatic,
                expiring_days=settings.esign.expiring_days,
                poll_seconds=settings.esign.polls,
                first=settings.esign.remind_first_days,
                then_every=settings.esign.remind_every_days,
                most=settings.esign.remind_most,
            ),
        )

    @property
    def hold_rules(self) -> HoldRules:
        """Whom each role of the playbook is: from the settings, compliance as for screening."""
        told = self.settings.holds
        mails = {
            "broker": told.broker_mail,
            "backup": told.backup_mail,
            "compliance": self.settings.screening.compliance_mail,
            "finance": told.finance_mail,
            "warehouse": told.warehouse_mail,
            "drayage": told.drayage_mail,
            "principal": told.principal_mail,
            "counsel": told.counsel_mail,
        }
        return HoldRules(
            mails={who: tuple(to) for who, to in mails.items()},
            backup=told.backup,
            texts=told.text_url is not None,
        )

    @cached_property
    def texter(self) -> TextWebhook | None:
        return ways_out.texter(self.settings)

    def memo(self, ref: str, number: int) -> bytes:
        """The draft classification memo of a line."""
        return tariff_office.write_memo(self, ref, number)

    @cached_property
    def booking_rules(self) -> BookingRules:
        settings = self.settings
        return BookingRules(
            lanes=lanes.load(settings.bookings.lanes_folder),
            triggers=triggers.load(settings.bookings.triggers),
            tms=FlexportTms.name if settings.tms.url else None,
            poll_seconds=settings.tms.poll_seconds,
        )

    @cached_property
    def ports(self) -> Ports:
        settings, mailer = self.settings, ways_out.mailer(self.settings)
        return Ports(
            snapshot=self.database.snapshot,
            transact=self.database.transaction,
            chat=self.slack_chat,
            mailer=mailer,
            signer=ways_out.signer(settings, mailer),
            gateway=gateways.opened(settings, self.database, self.house, mailer),
            blobs=self.blobs,
            house=self.house,
            tms=self.tms,
            texter=self.texter,
            llm=self.llm,
            webhook=self.webhook,
            drop=ways_out.drop(settings),
        )

    @cached_property
    def llm(self) -> OpenAiLlm | None:
        """The language model that may reorder tariff candidates; none unless configured."""
        return ways_out.llm(self.settings)

    @cached_property
    def tms(self) -> FlexportTms | None:
        return ways_out.tms(self.settings)

    @cached_property
    def webhook(self) -> SignedWebhook:
        return SignedWebhook(self.webhook_secret)

    @property
    def webhook_secret(self) -> str:
        """What the secret of each address follows from."""
        secret = self.settings.release.webhook_secret
        return secret.get_secret_value() if secret else self.secret("webhook_secret")

    @cached_property
    def reader(self) -> pipeline.Reader:
        return pipeline.Reader(
            desk=self.desk,
            blobs=self.blobs,
            seal=self.seal,
            notes=self.settings.data / "tariff" / "notes",
            transaction=self.database.transaction,
            edition=self.tariff_mark,
            second=self.llm if self.settings.llm.reads_documents else None,
        )

    @cached_property
    def seal(self) -> Seal:
        """Keys the marks of bank details with this installation's secret."""
        return Seal(self.secret("account_marks").encode())

    @cached_property
    def handlers(self) -> dict[str, Handler]:
        return freeze.guarded(
            {
                **handlers.TABLE,
                **self.reader.table,
                **self.shared.table,
                **tariff_sync.table(self),
            }
        )

    @cached_property
    def shared(self) -> Shared:
        """Takes the files that people put into threads."""
        return Shared(
            fetch=lambda: self.slack_chat.fetch,
            blobs=self.blobs,
            door=lambda: self.door,
            most=self.settings.smtp.max_bytes,
        )

    @cached_property
    def slack_desk(self) -> Desk:
        """What Slack's listeners work with."""
        pictures = Pictures(
            database=self.database, blobs=self.blobs, upload=lambda: self.slack_chat.upload
        )
        return Desk(database=self.database, house=self.house, lookup=self.lookup, pictures=pictures)

    @cached_property
    def slack_chat(self) -> SlackChat:
        token = self.installations.token if self.installations else self.slack_token
        return SlackChat(token=token, api_url=self.slack_api)

    @cached_property
    def installations(self) -> Installations | None:
        """The workspaces that added the app by OAuth; None with a token in the settings."""
        if not self.settings.slack_by_oauth:
            return None
        slack = self.settings.slack
        key, secret = slack.store_key, slack.client_secret
        rotation = Rotation(
            api_url=self.slack_api,
            client_id=slack.client_id or "",
            client_secret=secret.get_secret_value() if secret else "",
        )
        sealing = key.get_secret_value() if key else self.secret("slack_store")
        return Installations(self.database, sealing, rotation)

    @cached_property
    def openid(self) -> OpenId | None:
        """Sign in with Slack; None where we have no client id."""
        slack = self.settings.slack
        if self.settings.sandbox_slack:
            client, secret = self.sandbox.client_id, self.sandbox.client_secret
        elif slack.client_id is not None and slack.client_secret is not None:
            client, secret = slack.client_id, slack.client_secret.get_secret_value()
        else:
            return None
        back = f"{self.settings.public_url}/signin/back"
        return OpenId(api_url=self.slack_api, client_id=client, client_secret=secret, back=back)

    @property
    def slack_team(self) -> str:
        """The workspace of our token; "" while nobody can be asked."""
        try:
            token = self.slack_token
        except NotInstalled:
            return ""
        return self._workspaces.team(WebClient(token=token, base_url=self.slack_api, timeout=10))

    @cached_property
    def _workspaces(self) -> Links:
        return Links()

    @property
    def tariff_export(self) -> Path | None:
        return self.settings.tariff.export or tariff.current_export(self.settings.data / "tariff")

    def tariff_mark(self) -> Hashable:
        """Changes when another edition of the schedule is put in force."""
        return mark_of(self.tariff_export)

    @property
    def slack_token(self) -> str:
        """Raises `NotInstalled` while no workspace has added the app by OAuth."""
        if self.installations is not None:
            return self.installations.token()
        token = self.settings.slack.bot_token
        return token.get_secret_value() if token else self.sandbox.bot_token

    @property
    def slack_api(self) -> str:
        if self.settings.sandbox_slack:
            return f"{self.settings.sandbox_url}/api/"
        return self.settings.slack.api_url

    @property
    def signing_secret(self) -> str | None:
        if self.settings.sandbox_slack:
            return self.sandbox.signing_secret
        secret = self.settings.slack.signing_secret
        return secret.get_secret_value() if secret else None

    @cached_property
    def sandbox(self) -> SandboxConfig:
        """The stand-ins for the outside world."""
        settings = self.settings
        return SandboxConfig(
            host=settings.sandbox.host,
            port=settings.sandbox.port,
            state_dir=settings.data / "sandbox",
            bot_token=f"xoxb-sandbox-{self.secret('sandbox_token')}",
            app_token=f"xapp-sandbox-{self.secret('sandbox_token')}",
            signing_secret=self.secret("sandbox_signing"),
            events_url=f"http://{settings.web.host}:{settings.web.port}/slack/events",
            client_secret=self.secret("sandbox_signing"),
            desk_url=settings.public_url,
            intake_host=settings.smtp.host,
            intake_port=settings.smtp.port,
            sink_host=settings.sandbox.host,
            sink_port=settings.sandbox.sink_port,
        )

    def desk(self, progress: tariff.Progress | None = None) -> tariff.Desk:
        """The tariff desk, with the model: opened by the process that does model work."""
        return tariff.open_desk(
            cache=self.settings.cache,
            named=self.tariff_export,
            extra=tariff.DEMO_EXTRACT,
            progress=progress,
        )

    def secret(self, name: str) -> str:
        """A secret of this installation: configured, or made once and kept in the data folder."""
        if name == "web_secret" and self.settings.web.secret is not None:
            return self.settings.web.secret.get_secret_value()
        if name == "account_marks" and self.settings.mail.account_secret is not None:
            return self.settings.mail.account_secret.get_secret_value()
        place = self.settings.data / "secrets" / name
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = place.with_name(f".{name}.{secrets.token_hex(4)}")
            part.write_text(secrets.token_hex(16))
            part.chmod(0o600)
            try:
                # Two processes may get here at once: the first one's secret stays.
                place.hardlink_to(part)
            except FileExistsError:
                pass
            finally:
                part.unlink()
        return place.read_text().strip()


def build(settings: Settings | None = None) -> App:
    """The product, from its settings."""
    return App(settings or Settings())


_used: list[App] = []


def use(app: App) -> None:
    """Let the jobs of this process use this app."""
    _used[:] = [app]


def current() -> App:
    """The app of this process."""
    if not _used:
        use(build())
    return _used[0]
