"""Opens the ways out of this configuration: mail, signatures, texts, systems, files, a model."""

from __future__ import annotations

from urllib.parse import SplitResult, unquote, urlsplit

from bot.settings import Settings
from workflows.outgoing.drop import SftpDrop
from workflows.outgoing.llm import OpenAiLlm
from workflows.outgoing.smtp import DkimKey, SmtpMailer, Tls
from workflows.outgoing.texts import TextWebhook
from workflows.outgoing.tms import FlexportTms
from workflows.ports import Signer
from workflows.signers.docusign import DocuSignSigner
from workflows.signers.mail import MailSigner
from workflows.signers.sandbox import SandboxSigner

_PORT = {"smtp": 587, "smtp+starttls": 587, "smtps": 465}


def mailer(settings: Settings) -> SmtpMailer:
    """The mail server that takes what goes out."""
    mail = settings.mail
    url = urlsplit(mail.submission_url.get_secret_value() if mail.submission_url else "")
    return SmtpMailer(
        host=url.hostname or settings.sandbox.host,
        port=url.port
        or (settings.sandbox.sink_port if settings.sandbox_mail else 0)
        or _PORT[url.scheme],
        sender=mail.sender,
        tls=_tls(url),
        trust=mail.trust,
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        keep_mails=mail.keep_mails,
        keep_seconds=mail.keep_seconds,
        max_bytes=mail.max_bytes,
        dkim_key=_dkim_key(settings),
    )


def signer(settings: Settings, mailer: SmtpMailer) -> Signer:
    """The signing service that is configured."""
    esign = settings.esign
    if esign.kind == "email":
        return MailSigner(mailer)
    if esign.kind == "sandbox":
        return SandboxSigner(esign.base_url or f"{settings.sandbox_url}/signing")
    assert esign.base_url is not None
    assert esign.private_key_file is not None
    return DocuSignSigner(
        base_url=esign.base_url,
        account_id=esign.account_id or "",
        integration_key=esign.integration_key or "",
        user_id=esign.user_id or "",
        private_key=esign.private_key_file.read_bytes(),
        oauth_host=esign.oauth_host,
        template_id=esign.template_id,
        # Without a key nothing that comes could be believed: then it is only polled.
        notify_url=f"{settings.public_url}/esign/docusign" if esign.connect_keys else None,
        trust=esign.trust,
    )


def _dkim_key(settings: Settings) -> DkimKey | None:
    mail = settings.mail
    if not (mail.dkim_selector and mail.dkim_domain and mail.dkim_key_file):
        return None
    return DkimKey(
        selector=mail.dkim_selector,
        domain=mail.dkim_domain,
        pem=mail.dkim_key_file.read_bytes(),
    )


def texter(settings: Settings) -> TextWebhook | None:
    """The service for text messages, where there is one."""
    told = settings.holds
    if told.text_url is None or told.text_secret is None:
        return None
    return TextWebhook(told.text_url, told.text_secret.get_secret_value())


def llm(settings: Settings) -> OpenAiLlm | None:
    """The language model that may reorder tariff candidates; none unless configured."""
    wanted = settings.llm
    if wanted.base_url is None or wanted.model is None:
        return None
    key = wanted.api_key.get_secret_value() if wanted.api_key else None
    return OpenAiLlm(wanted.base_url, model=wanted.model, api_key=key, seconds=wanted.seconds)


def tms(settings: Settings) -> FlexportTms | None:
    """The transport management system, where there is one."""
    wanted = settings.tms
    if wanted.url is None or wanted.token is None:
        return None
    return FlexportTms(wanted.url, wanted.token.get_secret_value())


def drop(settings: Settings) -> SftpDrop:
    """Files to servers of consignees."""
    wanted = settings.release
    passphrase = wanted.ssh_key_passphrase
    return SftpDrop(
        wanted.ssh_key_file,
        passphrase=passphrase.get_secret_value() if passphrase else None,
    )


def _tls(url: SplitResult) -> Tls:
    if url.scheme == "smtps":
        return "implicit"
    # A password is never said in the clear.
    return "starttls" if url.scheme == "smtp+starttls" or url.username else "none"
