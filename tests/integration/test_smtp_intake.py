"""The intake server over real sockets: what it takes is on disk, what it refuses it explains."""

import smtplib
import ssl
import subprocess
from email import policy
from pathlib import Path

import pytest

from ingest import smtp
from storage.spool import Spool
from tests.factories import mail
from tests.town import Intake


@pytest.fixture
def serve(tmp_path: Path):
    started = []

    def start(**more):
        spool = more.pop("spool", None) or Spool(tmp_path / "spool", max_bytes=200_000)
        server = Intake(
            smtp.intake(
                spool,
                host="127.0.0.1",
                port=0,
                recipients=["intake@tidewaiter.test"],
                max_bytes=200_000,
                **more,
            )
        )
        started.append(server)
        return spool, server.port

    yield start
    for one in started:
        one.close()


def send(port: int, message, *, to: str = "intake@tidewaiter.test") -> tuple[int, bytes]:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as server:
        server.ehlo()
        server.mail("a@b.example")
        code, said = server.rcpt(to)
        if code != 250:
            return code, said
        return server.data(
            message if isinstance(message, bytes) else message.as_bytes(policy=policy.SMTP)
        )


def test_a_mail_is_on_disk_when_the_answer_comes(serve) -> None:
    spool, port = serve()
    code, said = send(port, mail())
    name = said.decode().split()[-1]
    assert code == 250
    assert spool.waiting() == [name]
    kept = spool.read(name)
    assert b"Please find the documents" in kept.raw
    assert kept.envelope.rcpt_to == ("intake@tidewaiter.test",)


@pytest.mark.parametrize(
    "address", ["INTAKE@Tidewaiter.test", "intake+SHP-2026-000001@tidewaiter.test"]
)
def test_our_address_is_known_in_all_its_spellings(serve, address: str) -> None:
    _, port = serve()
    assert send(port, mail(), to=address)[0] == 250


def test_an_unknown_recipient_is_told_where_to_write(serve) -> None:
    spool, port = serve()
    code, said = send(port, mail(), to="ceo@tidewaiter.test")
    assert code == 550
    assert b"intake@tidewaiter.test" in said
    assert spool.waiting() == []


def test_what_is_too_big_is_refused_with_552(serve) -> None:
    spool, port = serve()
    code, _ = send(port, mail(("big.bin", b"x" * 300_000)))
    assert code == 552
    assert spool.waiting() == []


def test_a_declared_size_that_is_too_big_is_refused_at_once(serve) -> None:
    _, port = serve()
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as server:
        server.ehlo()
        assert server.mail("a@b.example", ["SIZE=900000"])[0] == 552


class FullDisk(Spool):
    """A spool whose disk takes nothing more: every write ends in the system's own error."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, max_bytes=200_000)
        (root / "tmp").rmdir()
        (root / "tmp").write_text("in the way")


def test_trouble_with_the_disk_is_451_and_the_sender_keeps_the_mail(serve, tmp_path: Path) -> None:
    _, port = serve(spool=FullDisk(tmp_path / "full"))
    code, said = send(port, mail())
    assert code == 451
    assert b"try again later" in said


def test_a_hint_that_fails_does_not_take_the_250_back(serve) -> None:
    def broken(_name: str) -> None:
        raise ConnectionError("Redis is down")

    spool, port = serve(after=broken)
    assert send(port, mail())[0] == 250
    assert len(spool.waiting()) == 1


def test_starttls_is_offered_when_a_certificate_is_configured(serve, tmp_path: Path) -> None:
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-keyout",
            str(key),
            "-out",
            str(certificate),
        ],
        check=True,
        capture_output=True,
    )
    spool, port = serve(tls=smtp.tls_context(str(certificate), str(key)))
    trust = ssl.create_default_context(cafile=str(certificate))
    trust.check_hostname = False
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as server:
        server.starttls(context=trust)
        server.send_message(mail())
    assert len(spool.waiting()) == 1


def test_without_a_certificate_starttls_is_not_offered(serve) -> None:
    _, port = serve()
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as server:
        server.ehlo()
        assert not server.has_extn("starttls")


def test_a_mail_without_a_sender_is_taken_too(serve) -> None:
    spool, port = serve()
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as server:
        server.ehlo()
        server.mail("")
        server.rcpt("intake@tidewaiter.test")
        assert server.data(mail().as_bytes(policy=policy.SMTP))[0] == 250
    assert len(spool.waiting()) == 1
