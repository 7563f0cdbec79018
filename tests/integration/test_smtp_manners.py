"""The intake server and its guests over real sockets: what it offers, whom it slows, whom it refuses."""

from __future__ import annotations

import smtplib
import socket
import ssl
import subprocess
import time
from email import policy
from pathlib import Path

import pytest

from ingest import smtp
from ingest.guests import Guests, Manners
from storage.spool import Spool
from tests.factories import mail
from tests.town import Intake

TO = "intake@tidewaiter.test"


@pytest.fixture
def serve(tmp_path: Path):
    started = []

    def start(**more):
        manners = {"spared": (), "greeting_seconds": 0, **more.pop("manners", {})}
        spool = Spool(tmp_path / "spool", max_bytes=300_000)
        server = Intake(
            smtp.intake(
                spool,
                host="127.0.0.1",
                port=0,
                recipients=[TO],
                max_bytes=300_000,
                manners=Manners(**manners),
                **more,
            )
        )
        started.append(server)
        return spool, server

    yield start
    for one in started:
        one.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    made, key = folder / "c.pem", folder / "k.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(made)],
        check=True, capture_output=True,
    )  # fmt: skip
    return made, key


def wire(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def all_of(guest: socket.socket) -> bytes:
    said = b""
    while piece := guest.recv(4096):
        said += piece
    return said


def test_it_offers_what_it_can(serve) -> None:
    _, server = serve()
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == "300000"
        assert {"8bitmime", "smtputf8", "pipelining"} <= set(client.esmtp_features)
        assert "auth" not in client.esmtp_features


def test_commands_that_come_together_are_answered_in_order(serve) -> None:
    spool, server = serve()
    with wire(server.port) as guest:
        guest.sendall(
            b"EHLO x.example\r\nMAIL FROM:<a@b.example> BODY=8BITMIME\r\nRCPT TO:<nobody@else.example>\r\n"
            b"RCPT TO:<" + TO.encode() + b">\r\nDATA\r\n"
        )
        time.sleep(0.2)
        guest.sendall("Subject: é\r\n\r\nPrécis 8-bit\r\n.\r\nQUIT\r\n".encode())
        said = all_of(guest).decode()
    codes = [line[:3] for line in said.splitlines() if line[3:4] == " "]
    assert codes == ["220", "250", "250", "550", "250", "354", "250", "221"]
    assert "Précis 8-bit".encode() in spool.read(spool.waiting()[0]).raw


def test_an_international_address_and_eight_bits_arrive_as_they_were_sent(serve) -> None:
    spool, server = serve()
    made = mail(text="Grüße, 你好", subject="Rechnung für Größe", sender="Jürgen <jürgen@bücher.example>")
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
        client.ehlo()
        raw = made.as_bytes(policy=policy.SMTPUTF8.clone(cte_type="8bit"))
        client.sendmail("jürgen@bücher.example", [TO], raw, ["SMTPUTF8", "BODY=8BITMIME"])
    kept = spool.read(spool.waiting()[0])
    assert kept.envelope.mail_from == "jürgen@bücher.example"
    assert "Jürgen <jürgen@bücher.example>".encode() in kept.raw
    assert "Grüße, 你好".encode() in kept.raw


def test_who_speaks_before_the_greeting_is_refused_and_told_why(serve) -> None:
    spool, server = serve(manners={"greeting_seconds": 2.0})
    with wire(server.port) as guest:
        began = time.monotonic()
        guest.sendall(b"EHLO spam.example\r\nMAIL FROM:<a@b.example>\r\n")
        said = all_of(guest)
    assert said.startswith(b"554 5.5.1 You spoke before the greeting")
    assert b"220" not in said
    assert time.monotonic() - began < 2
    assert spool.waiting() == []


def test_who_waits_is_greeted(serve) -> None:
    spool, server = serve(manners={"greeting_seconds": 0.5})
    began = time.monotonic()
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
        assert time.monotonic() - began >= 0.5
        client.sendmail("a@b.example", [TO], mail().as_bytes(policy=policy.SMTP))
    assert len(spool.waiting()) == 1


def test_our_own_relay_is_not_kept_waiting_and_not_counted_out(serve) -> None:
    from ingest.guests import HERE

    spool, server = serve(
        manners={"greeting_seconds": 5.0, "mails_a_minute": 1, "connections_a_minute": 1, "spared": HERE}
    )
    began = time.monotonic()
    for number in range(3):
        with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
            client.sendmail("a@b.example", [TO], mail(message_id=f"<{number}@x.example>").as_bytes(policy=policy.SMTP))
    assert time.monotonic() - began < 4
    assert len(spool.waiting()) == 3


def test_more_connections_at_once_than_allowed_are_told_so_and_the_others_go_on(serve) -> None:
    _, server = serve(manners={"connections_of_one": 2})
    with wire(server.port) as one, wire(server.port) as two:
        assert one.recv(100).startswith(b"220")
        assert two.recv(100).startswith(b"220")
        with wire(server.port) as three:
            assert all_of(three).startswith(b"421 4.7.0 Too many connections from 127.0.0.1 at once")
        one.sendall(b"NOOP\r\n")
        assert one.recv(100).startswith(b"250")
    time.sleep(0.2)
    with wire(server.port) as four:
        assert four.recv(100).startswith(b"220")


def test_connections_that_come_too_fast_wait_a_minute(serve) -> None:
    _, server = serve(manners={"connections_a_minute": 2})
    for _ in range(2):
        with wire(server.port) as guest:
            assert guest.recv(100).startswith(b"220")
    with wire(server.port) as guest:
        assert b"please wait a minute" in all_of(guest)


def test_more_mails_a_minute_than_allowed_are_refused_for_now(serve) -> None:
    spool, server = serve(manners={"mails_a_minute": 2})
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
        client.ehlo()
        for _ in range(2):
            client.sendmail("a@b.example", [TO], mail().as_bytes(policy=policy.SMTP))
        code, said = client.mail("a@b.example")
    assert (code, b"try again later" in said) == (450, True)
    assert len(spool.waiting()) == 2


def test_who_tries_addresses_is_sent_away(serve) -> None:
    _, server = serve()
    with wire(server.port) as guest:
        guest.sendall(b"EHLO x.example\r\nMAIL FROM:<a@b.example>\r\n")
        guest.sendall(b"".join(b"RCPT TO:<u%d@tidewaiter.test>\r\n" % n for n in range(30)))
        said = all_of(guest)
    assert said.count(b"550 5.1.1") == smtp.MOST_STRANGERS
    assert b"421 4.7.0 Too many unknown addresses" in said


def test_who_says_nothing_is_told_and_let_go(serve) -> None:
    _, server = serve(manners={"idle_seconds": 0.5})
    with wire(server.port) as guest:
        said = all_of(guest)
    assert said.splitlines()[-1].startswith(b"421 4.4.2")


def test_a_large_mail_over_a_slow_line_is_no_idle_guest(serve) -> None:
    spool, server = serve(manners={"idle_seconds": 0.6})
    with wire(server.port) as guest:
        guest.sendall(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<" + TO.encode() + b">\r\nDATA\r\n")
        for _ in range(8):
            time.sleep(0.2)
            guest.sendall(b"a line of a large mail\r\n")
        guest.sendall(b".\r\nQUIT\r\n")
        assert b"250 2.0.0 Stored" in all_of(guest)
    assert len(spool.waiting()) == 1


def test_a_line_that_is_longer_than_the_standard_has_is_taken(serve) -> None:
    spool, server = serve()
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
        client.sendmail("a@b.example", [TO], b"Subject: x\r\n\r\n" + b"y" * 20_000 + b"\r\n")
    assert b"y" * 20_000 in spool.read(spool.waiting()[0]).raw


def test_a_dot_on_a_line_that_ends_otherwise_ends_no_mail(serve) -> None:
    """The trick that smuggles a second mail behind the first one's back."""
    spool, server = serve()
    with wire(server.port) as guest:
        guest.sendall(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<" + TO.encode() + b">\r\nDATA\r\n")
        time.sleep(0.1)
        guest.sendall(
            b"Subject: one\r\n\r\nbody\n.\nMAIL FROM:<ceo@bank.example>\nRCPT TO:<" + TO.encode()
            + b">\nDATA\nSubject: two\n\nforged\r\n.\r\nQUIT\r\n"
        )  # fmt: skip
        all_of(guest)
    assert len(spool.waiting()) == 1


def test_tls_from_the_first_byte_on_a_port_of_its_own(serve, certificate) -> None:
    made, key = certificate
    spool, server = serve(tls=smtp.tls_context(str(made), str(key)), tls_port=0, manners={"greeting_seconds": 0.2})
    trust = ssl.create_default_context(cafile=str(made))
    trust.check_hostname = False
    with smtplib.SMTP_SSL("127.0.0.1", server.ports[1], timeout=10, context=trust) as client:
        client.ehlo()
        assert not client.has_extn("starttls")
        assert not client.has_extn("auth")
        client.send_message(mail(), "a@b.example", [TO])
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
        client.starttls(context=trust)
        client.ehlo()
        assert not client.has_extn("auth")
        client.send_message(mail(), "a@b.example", [TO])
    assert len(spool.waiting()) == 2


def test_commands_said_before_the_handshake_are_forgotten_after_it(serve, certificate) -> None:
    """RFC 3207 4.2: what somebody slipped in before TLS counts for nothing."""
    made, key = certificate
    _, server = serve(tls=smtp.tls_context(str(made), str(key)))
    trust = ssl.create_default_context(cafile=str(made))
    trust.check_hostname = False
    with wire(server.port) as guest:
        guest.recv(200)
        guest.sendall(b"EHLO x\r\n")
        time.sleep(0.1)
        guest.recv(1000)
        guest.sendall(b"STARTTLS\r\nMAIL FROM:<evil@b.example>\r\n")
        assert guest.recv(1000).startswith(b"220")
        with trust.wrap_socket(guest) as safe:
            safe.sendall(b"RCPT TO:<" + TO.encode() + b">\r\n")
            assert safe.recv(1000)[:3] == b"503"


def test_a_minute_later_a_peer_may_come_again_and_neighbours_of_ipv6_count_as_one() -> None:
    at = [0.0]
    guests = Guests(Manners(connections_a_minute=1, spared=()), clock=lambda: at[0])
    assert guests.come("2001:db8::1") is None
    guests.leave("2001:db8::1")
    assert "wait a minute" in str(guests.come("2001:db8::ffff"))
    assert guests.come("2001:db8:0:1::1") is None
    at[0] = 61.0
    assert guests.come("2001:db8::1") is None


def test_the_server_is_full_for_everybody_at_its_bound() -> None:
    guests = Guests(Manners(connections=2))
    assert guests.come("127.0.0.1") is None
    assert guests.come("127.0.0.1") is None
    assert "Too many connections here" in str(guests.come("127.0.0.1"))
    guests.leave("127.0.0.1")
    assert guests.come("192.0.2.1") is None
