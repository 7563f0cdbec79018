"""Opens the gateway of this configuration: sandbox, HTTP, SFTP or e-mail."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parseaddr

from pydantic import SecretStr
from sqlmodel import Session, col, select

from bot.settings import Settings
from storage.db import Database
from storage.models import Disposition, Message, Reference, Shipment
from storage.values import Reported
from workflows.gateways.email import EmailGateway
from workflows.gateways.http import HttpGateway
from workflows.gateways.sandbox import SandboxGateway
from workflows.gateways.sftp import SftpGateway
from workflows.ports import Gateway, House, Mailer, Parcel


def opened(settings: Settings, database: Database, house: House, mailer: Mailer) -> Gateway:
    """The gateway that is configured."""
    wanted = settings.gateway
    match wanted.kind:
        case "http":
            assert wanted.url is not None
            return HttpGateway(
                wanted.url,
                timeout=wanted.timeout,
                token=_said(wanted.token),
                secret=_said(wanted.hmac_secret),
                ca_file=wanted.ca_file,
            )
        case "sftp":
            assert wanted.host is not None
            assert wanted.user is not None
            assert wanted.host_key is not None
            return SftpGateway(
                host=wanted.host,
                port=wanted.port,
                user=wanted.user,
                host_key=wanted.host_key,
                filer=wanted.filer_code,
                password=_said(wanted.password),
                key_file=wanted.key_file,
                key_passphrase=_said(wanted.key_passphrase),
                folder=wanted.folder,
                timeout=wanted.timeout,
            )
        case "email":
            assert wanted.to is not None
            return EmailGateway(
                mailer,
                to=wanted.to,
                reply_to=lambda parcel: house.address_for(_ref(parcel)),
                replies=_replies(database, wanted.to),
            )
    return SandboxGateway(wanted.url or f"{settings.sandbox_url}/authority")


def _ref(parcel: Parcel) -> str:
    return str(parcel.packet.get("shipment") or "")


def _replies(database: Database, filer: str) -> Callable[[str], list[Reported]]:
    """Mails of the filer to a shipment after its filing went out: acknowledged, nothing more."""

    def found(message_id: str) -> list[Reported]:
        with database.snapshot() as session:
            return [
                Reported(
                    code="received",
                    raw_code="MAIL",
                    reason=f"{one.sender}: {one.subject}"[:300],
                    at=one.received_at,
                )
                for one in _mails(session, message_id, filer)
            ]

    return found


def _mails(session: Session, message_id: str, filer: str) -> list[Message]:
    about = session.exec(
        select(Shipment)
        .join(Reference, col(Reference.shipment_id) == col(Shipment.id))
        .where(Reference.kind == "message_id", Reference.value == message_id)
    ).first()
    if about is None:
        return []
    domain = parseaddr(filer)[1].rpartition("@")[2].casefold()
    mails = session.exec(
        select(Message).where(
            Message.shipment_id == about.id, Message.disposition == Disposition.ACCEPTED
        )
    ).all()
    return [
        one for one in mails if one.sender.rpartition("@")[2].casefold() == domain and _trusted(one)
    ]


def _trusted(mail: Message) -> bool:
    """A forged acknowledgement acknowledges nothing."""
    return mail.verdict is None or not mail.verdict.forged


def _said(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None
