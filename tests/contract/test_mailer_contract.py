"""Outgoing mail against a real SMTP server that answers as it is told."""

import asyncio

import pytest
from aiosmtpd.smtp import SMTP

from storage.mail import ID_DOMAIN, OutgoingMail
from tests.town import Intake
from workflows.outgoing.smtp import SmtpMailer
from workflows.ports import Permanent, Transient

MAIL = OutgoingMail(
    key="entry-7-release-mail",
    to=("dc@x.example",),
    subject="Released\r\nBcc: evil@x",
    text="Good news",
)


class Scripted:
    """A mail server with one answer to DATA."""

    def __init__(self, answer: str) -> None:
        self.answer, self.got = answer, []

    async def handle_DATA(self, _server, _session, envelope) -> str:
        self.got.append(envelope.content)
        return self.answer

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:
        if address.startswith("nobody"):
            return "550 5.1.1 unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"


class Listening:
    """What `Intake` wants of a listener."""

    def __init__(self, handler: Scripted) -> None:
        self._handler = handler

    async def start(self) -> int:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self._handler, loop=loop), "127.0.0.1", 0
        )
        return self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()


@pytest.fixture
def server():
    started = []

    def start(answer: str = "250 OK"):
        handler = Scripted(answer)
        made = Intake(Listening(handler))
        mailer = SmtpMailer(
            host="127.0.0.1", port=made.port, sender="Desk <desk@tidewaiter.test>", timeout=5
        )
        started.append((mailer, made))
        return handler, mailer

    yield start
    for mailer, listening in started:
        mailer.close()
        listening.close()


def test_a_mail_goes_out_marked_as_automatic_and_with_the_id_of_its_key(server) -> None:
    handler, mailer = server()
    mailer.send(MAIL)
    text = handler.got[0].decode()
    assert "Auto-Submitted: auto-generated" in text
    assert f"Message-ID: {MAIL.message_id}" in text
    assert ID_DOMAIN in MAIL.message_id


def test_a_line_break_in_a_subject_starts_no_header(server) -> None:
    handler, mailer = server()
    mailer.send(MAIL)
    assert not [line for line in handler.got[0].decode().splitlines() if line.startswith("Bcc")]


def test_the_same_decision_has_the_same_message_id() -> None:
    assert MAIL.message_id == MAIL.model_copy(update={"text": "other"}).message_id


@pytest.mark.parametrize(("answer", "kind"), [("451 later", Transient), ("554 never", Permanent)])
def test_an_answer_says_whether_it_may_work_later(server, answer: str, kind: type) -> None:
    _, mailer = server(answer)
    with pytest.raises(kind):
        mailer.send(MAIL)


def test_an_unknown_recipient_will_not_work_later(server) -> None:
    _, mailer = server()
    with pytest.raises(Permanent, match="recipient"):
        mailer.send(MAIL.model_copy(update={"to": ("nobody@x.example",)}))


def test_nobody_listening_means_that_nothing_was_sent() -> None:
    mailer = SmtpMailer(host="127.0.0.1", port=9, sender="a@b.example", timeout=2)
    with pytest.raises(Transient) as told:
        mailer.send(MAIL)
    assert told.value.outcome == "not_done"
