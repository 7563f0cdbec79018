"""Sending through real submission servers that refuse, delay, hang up, and want TLS and login."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
from email import policy
from email.parser import BytesParser
from pathlib import Path

import dkim
import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from bot import ways_out
from bot.compose import App
from bot.settings import Settings
from storage.mail import OutgoingMail
from tests.town import Intake
from workflows.outgoing.smtp import DkimKey, SmtpMailer
from workflows.ports import NoRecipient, Permanent, Transient

MAIL = OutgoingMail(
    key="k-1",
    to=("dc@x.example",),
    subject="Released",
    text="Good news\n.\n..dots\n",
    html="<p>Good news</p>",
)


@pytest.fixture(scope="module")
def papers(tmp_path_factory) -> tuple[Path, Path, Path]:
    """A certificate for localhost, its key, and an RSA key for DKIM."""
    folder = tmp_path_factory.mktemp("papers")
    certificate, key, signing = (folder / one for one in ("c.pem", "k.pem", "dkim.pem"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run(
        ["openssl", "genrsa", "-traditional", "-out", str(signing), "2048"],
        check=True,
        capture_output=True,
    )
    return certificate, key, signing


class Sink:
    """Keeps what it is given; what it answers can be set."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.to: list[list[str]] = []
        self.connections = 0
        self.answers: dict[str, str] = {}
        self.hang_up_on = ""
        self.wait = 0.0

    async def handle_EHLO(self, _server, session, _envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, _session, envelope, address, _options) -> str:
        if self.hang_up_on == "RCPT":
            self.hang_up_on = ""
            server.transport.abort()
        said = self.answers.get(address.partition("@")[0])
        if said is None:
            envelope.rcpt_tos.append(address)
        return said or "250 OK"

    async def handle_DATA(self, server, _session, envelope) -> str:
        if self.hang_up_on == "DATA":
            server.transport.abort()
            return "451 never heard"
        await asyncio.sleep(self.wait)
        self.got.append(envelope.content)
        self.to.append(envelope.rcpt_tos)
        return "250 OK"


class Listening:
    """What `Intake` wants of a listener."""

    def __init__(self, sink: Sink, *, implicit: ssl.SSLContext | None = None, **options) -> None:
        self._sink, self._implicit, self._options = sink, implicit, options

    async def start(self) -> int:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self._sink, loop=loop, **self._options),
            "127.0.0.1",
            0,
            ssl=self._implicit,
        )
        return self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()


@pytest.fixture
def post():
    opened = []

    def start(sink: Sink | None = None, *, server: dict | None = None, **options):
        sink = sink or Sink()
        listening = Intake(Listening(sink, **(server or {})))
        mailer = SmtpMailer(
            host="localhost",
            port=listening.port,
            **{"sender": "Desk <desk@broker.example>", "timeout": 5, **options},
        )
        opened.append((mailer, listening))
        return sink, mailer

    yield start
    for mailer, listening in opened:
        mailer.close()
        listening.close()


def context(papers) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(papers[0], papers[1])
    return made


def mails(count: int) -> list[OutgoingMail]:
    return [MAIL.model_copy(update={"key": f"k-{n}"}) for n in range(count)]


def check_login(_server, _session, _envelope, _mechanism, data) -> AuthResult:
    right = (data.login, data.password) == (b"desk", b"pass word")
    return AuthResult(success=right, handled=False)


def test_a_mail_goes_over_starttls_with_a_login_and_a_certificate_that_fits(post, papers) -> None:
    server = {"tls_context": context(papers), "require_starttls": True, "auth_required": True,
              "authenticator": check_login}  # fmt: skip
    sink, mailer = post(
        server=server, tls="starttls", trust=papers[0], username="desk", password="pass word"
    )
    assert mailer.send(MAIL).to == ("dc@x.example",)
    assert len(sink.got) == 1


def test_a_mail_goes_over_tls_from_the_first_byte(post, papers) -> None:
    sink, mailer = post(server={"implicit": context(papers)}, tls="implicit", trust=papers[0])
    mailer.send(MAIL)
    assert len(sink.got) == 1


def test_a_certificate_that_nobody_vouches_for_stops_the_mail(post, papers) -> None:
    sink, mailer = post(server={"implicit": context(papers)}, tls="implicit")
    with pytest.raises(Transient, match="certificate that does not hold") as told:
        mailer.send(MAIL)
    assert told.value.outcome == "not_done"
    assert sink.got == []


def test_a_server_without_starttls_gets_no_password_and_no_mail(post) -> None:
    sink, mailer = post(tls="starttls", username="desk", password="pass word")
    with pytest.raises(Transient, match="does not offer"):
        mailer.send(MAIL)
    assert sink.got == []


def test_a_wrong_password_waits_for_the_operator_and_loses_no_mail(post, papers) -> None:
    server = {"tls_context": context(papers), "authenticator": check_login}
    _, mailer = post(server=server, tls="starttls", trust=papers[0], username="desk", password="x")
    with pytest.raises(Transient, match="refused the login"):
        mailer.send(MAIL)


def test_many_mails_share_a_connection_and_after_enough_of_them_a_new_one_is_opened(post) -> None:
    sink, mailer = post(keep_mails=4)
    for one in mails(10):
        mailer.send(one)
    assert len(sink.got) == 10
    assert sink.connections == 3


def test_a_connection_is_not_kept_longer_than_configured(post) -> None:
    sink, mailer = post(keep_seconds=0.0)
    for one in mails(3):
        mailer.send(one)
    assert sink.connections == 3


def test_ten_threads_take_turns_and_every_mail_goes_once(post) -> None:
    sink, mailer = post()
    threads = [threading.Thread(target=mailer.send, args=(one,)) for one in mails(10)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    ids = {BytesParser(policy=policy.default).parsebytes(one)["Message-ID"] for one in sink.got}
    assert len(sink.got) == len(ids) == 10


def test_a_kept_connection_that_died_is_opened_anew_and_the_mail_goes_once(post) -> None:
    sink, mailer = post()
    mailer.send(MAIL)
    sink.hang_up_on = "RCPT"
    mailer.send(MAIL.model_copy(update={"key": "second"}))
    assert len(sink.got) == 2
    assert sink.connections == 2


def test_a_server_that_hangs_up_in_the_message_leaves_it_unknown(post) -> None:
    sink, mailer = post()
    sink.hang_up_on = "DATA"
    with pytest.raises(Transient) as told:
        mailer.send(MAIL)
    assert told.value.outcome == "unknown"


def test_a_server_that_never_answers_the_message_leaves_it_unknown(post) -> None:
    sink, mailer = post(timeout=0.3)
    sink.wait = 1.0
    with pytest.raises(Transient) as told:
        mailer.send(MAIL)
    assert told.value.outcome == "unknown"


def test_one_recipient_refused_the_others_get_it_and_it_is_said_who_did_not(post) -> None:
    sink, mailer = post()
    sink.answers["gone"] = "550 5.1.1 no such user"
    sent = mailer.send(MAIL.model_copy(update={"to": ("gone@x.example", "dc@x.example")}))
    assert sent.to == ("dc@x.example",)
    assert [(one.address, one.code, one.permanent) for one in sent.refused] == [
        ("gone@x.example", 550, True)
    ]
    assert sink.to == [["dc@x.example"]]


def test_nobody_may_get_it_for_good_and_the_connection_still_serves_the_next(post) -> None:
    sink, mailer = post()
    sink.answers["gone"] = "550 5.1.1 no such user"
    with pytest.raises(NoRecipient, match="no such user"):
        mailer.send(MAIL.model_copy(update={"to": ("gone@x.example",)}))
    mailer.send(MAIL)
    assert (len(sink.got), sink.connections) == (1, 1)


def test_nobody_may_get_it_now_so_it_is_tried_later(post) -> None:
    sink, mailer = post()
    sink.answers |= {"gone": "550 no such user", "busy": "450 greylisted"}
    with pytest.raises(Transient, match="greylisted"):
        mailer.send(MAIL.model_copy(update={"to": ("gone@x.example", "busy@x.example")}))


def test_a_mail_over_the_servers_bound_is_refused_before_it_is_sent(post) -> None:
    sink, mailer = post(server={"data_size_limit": 2000})
    with pytest.raises(Permanent, match="takes 2,000"):
        mailer.send(MAIL.model_copy(update={"text": "word " * 1000}))
    assert sink.got == []


def test_an_international_domain_goes_out_in_its_ascii_form(post) -> None:
    sink, mailer = post()
    mailer.send(MAIL.model_copy(update={"to": ("Zoé <info@bücher.example>",)}))
    assert sink.to == [["info@xn--bcher-kva.example"]]


def test_letters_outside_ascii_in_an_address_need_a_server_that_can(post) -> None:
    unicode = MAIL.model_copy(update={"to": ("张伟@x.example",)})
    _, plain = post()
    with pytest.raises(Permanent, match="SMTPUTF8"):
        plain.send(unicode)
    sink, able = post(server={"enable_SMTPUTF8": True})
    able.send(unicode)
    assert sink.to == [["张伟@x.example"]]
    assert "张伟@x.example".encode() in sink.got[0]


def test_what_is_no_address_is_never_said_to_the_server(post) -> None:
    sink, mailer = post()
    with pytest.raises(Permanent, match="not a mail address"):
        mailer.send(MAIL.model_copy(update={"to": ("nobody",)}))
    assert sink.connections == 0


def test_dots_text_and_html_arrive_as_they_were_written(post) -> None:
    sink, mailer = post()
    mailer.send(MAIL)
    read = BytesParser(policy=policy.default).parsebytes(sink.got[0])
    assert read.get_content_type() == "multipart/alternative"
    assert read.get_body(("plain",)).get_content().splitlines() == ["Good news", ".", "..dots"]
    assert "<p>Good news</p>" in read.get_body(("html",)).get_content()


def test_a_long_message_id_of_the_shipper_stays_an_id(post) -> None:
    sink, mailer = post()
    theirs = f"<{'A' * 120}@PR01MB.prod.outlook.example>"
    mailer.send(MAIL.model_copy(update={"in_reply_to": theirs, "references": (theirs,) * 30}))
    assert f"In-Reply-To: {theirs}\r\n".encode() in sink.got[0]
    assert max(map(len, sink.got[0].split(b"\r\n"))) < 998


def public_key(papers) -> bytes:
    shown = subprocess.run(
        ["openssl", "rsa", "-in", str(papers[2]), "-pubout"], check=True, capture_output=True
    ).stdout.decode()
    return "".join(shown.splitlines()[1:-1]).encode()


def test_a_mail_is_signed_so_that_the_public_key_verifies_it_and_a_change_breaks_it(
    post, papers
) -> None:
    key = DkimKey(selector="s1", domain="broker.example", pem=papers[2].read_bytes())
    sink, mailer = post(dkim_key=key)
    mailer.send(
        MAIL.model_copy(update={"subject": "Liberado: declaración ✓", "text": "金额 1,00\n"})
    )
    asked = []

    def answer(name, **_options):
        asked.append(name)
        return b"v=DKIM1; k=rsa; p=" + public_key(papers)

    assert dkim.verify(sink.got[0], dnsfunc=answer)
    assert asked == [b"s1._domainkey.broker.example."]
    assert not dkim.verify(sink.got[0].replace(b"Subject:", b"Subject: x"), dnsfunc=answer)


def test_a_key_that_is_none_is_told_and_nothing_goes_out_unsigned(post) -> None:
    sink, mailer = post(dkim_key=DkimKey(selector="s", domain="b.example", pem=b"not a key"))
    with pytest.raises(Permanent, match="DKIM key"):
        mailer.send(MAIL)
    assert sink.got == []


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("smtp://desk:pass@mail.example", 587, "starttls"),
        ("smtps://desk:pass@mail.example", 465, "implicit"),
        ("smtp+starttls://mail.example:26", 26, "starttls"),
        ("smtp://127.0.0.1:25", 25, "none"),
    ],
)
def test_the_submission_url_says_how_the_mail_leaves(tmp_path, url, port, tls) -> None:
    app = App(Settings(_env_file=None, data_dir=tmp_path, mail={"submission_url": url}))
    mailer = ways_out.mailer(app.settings)
    assert (mailer._port, mailer._tls) == (port, tls)


def test_half_a_dkim_configuration_is_refused_and_a_whole_one_signs(tmp_path, papers) -> None:
    with pytest.raises(ValueError, match="needs all three"):
        Settings(_env_file=None, mail={"dkim_selector": "s"})
    whole = {"dkim_selector": "s", "dkim_domain": "b.example", "dkim_key_file": papers[2]}
    app = App(Settings(_env_file=None, data_dir=tmp_path, mail=whole))
    assert ways_out.mailer(app.settings)._dkim.selector == "s"
