"""Who sent a mail: real signatures, a real DNS server on loopback, forgeries of each kind."""

import time
from collections.abc import Iterator
from email.policy import SMTP

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import sender
from ingest.resolver import Asking, Resolver, address_of
from ingest.sender import Relays
from storage.columns import now
from storage.spool import Envelope
from storage.trust import Verdict
from tests.factories import mail
from tests.nameserver import Names, publish, sealed, signed

HA = "ha@lotusbags.example"


@pytest.fixture
def names() -> Iterator[Names]:
    made = Names()
    yield made
    made.close()


def envelope(ip: str = "192.0.2.7", mail_from: str = HA, helo: str = "mx.example") -> Envelope:
    return Envelope(ip=ip, helo=helo, mail_from=mail_from, received_at=now())


def examine(
    names: Names,
    raw: bytes,
    *,
    came: Envelope | None = None,
    shown: str = HA,
    relays: Relays | None = None,
) -> Verdict:
    return sender.examine(
        raw, came or envelope(), sender=shown, asking=names.resolver().asking(), relays=relays
    )


def plain(**more: str) -> bytes:
    return mail(**more).as_bytes(policy=SMTP)


def test_a_signed_mail_from_an_allowed_computer_passes_everything(names: Names) -> None:
    publish(names)
    found = examine(names, signed(mail()))
    assert (found.spf, found.dkim, found.dmarc, found.policy) == ("pass", "pass", "pass", "reject")
    assert found.signed_by == ("lotusbags.example",)
    assert found.authenticated


def test_a_forged_mail_is_called_forged_when_its_domain_asks_to_refuse(names: Names) -> None:
    publish(names)
    found = examine(names, plain(), came=envelope("198.51.100.9"))
    assert (found.spf, found.dkim, found.dmarc) == ("fail", "none", "fail")
    assert found.forged


def test_a_mail_changed_after_it_was_signed_does_not_hold(names: Names) -> None:
    publish(names, spf=None)
    changed = signed(mail()).replace(b"Please find", b"Please pay ")
    found = examine(names, changed, came=envelope("198.51.100.9"))
    assert found.dkim == "fail"
    assert not found.authenticated


def test_a_signature_of_somebody_else_does_not_prove_the_shown_sender(names: Names) -> None:
    publish(names, spf=None)
    publish(names, domain="bulk.example", wish=None, spf=None)
    found = examine(names, signed(mail(), domain="bulk.example"))
    assert found.signed_by == ("bulk.example",)
    assert not found.authenticated
    assert found.forged


def test_a_firms_subdomain_may_sign_for_it_unless_it_wants_to_be_strict(names: Names) -> None:
    publish(names, spf=None)
    publish(names, domain="mail.lotusbags.example", wish=None, spf=None)
    raw = signed(mail(), domain="mail.lotusbags.example")
    assert examine(names, raw).authenticated
    names.txt("_dmarc.lotusbags.example", "v=DMARC1; p=reject; adkim=s")
    assert not examine(names, raw).authenticated


def test_a_subdomain_without_a_wish_of_its_own_has_that_of_the_firm(names: Names) -> None:
    names.txt("_dmarc.lotusbags.example", "v=DMARC1; p=none; sp=quarantine")
    found = examine(
        names,
        plain(sender="x@eu.lotusbags.example"),
        shown="x@eu.lotusbags.example",
        came=envelope(mail_from="x@eu.lotusbags.example"),
    )
    assert found.policy == "quarantine"


def test_a_signature_over_the_beginning_only_does_not_count(names: Names) -> None:
    publish(names, spf=None)
    found = examine(names, signed(mail(), length=True) + b"\r\nNew account: 12345\r\n")
    assert found.dkim != "pass"
    assert any("only the beginning" in note for note in found.notes)


@pytest.mark.parametrize("trouble", ["silent", "broken"])
def test_dns_trouble_is_unknown_and_never_a_pass_and_soon_over(names: Names, trouble: str) -> None:
    setattr(names, trouble, True)
    began = time.monotonic()
    found = examine(names, signed(mail()))
    assert time.monotonic() - began < 5
    assert (found.spf, found.dkim, found.dmarc) == ("unknown", "unknown", "unknown")
    assert not found.authenticated
    assert not found.forged


def test_without_a_resolver_everything_is_unknown() -> None:
    found = sender.examine(signed(mail()), envelope(), sender=HA, asking=Asking())
    assert (found.spf, found.dkim, found.dmarc) == ("unknown", "unknown", "unknown")


def test_two_senders_on_one_mail_are_no_sender(names: Names) -> None:
    publish(names)
    twice = b"From: ceo@bank.example\r\n" + signed(mail())
    found = examine(names, twice, shown="ceo@bank.example")
    assert found.ambiguous
    assert not found.authenticated


def test_behind_our_relay_spf_is_asked_about_the_computer_before_it(names: Names) -> None:
    publish(names)
    relays = Relays(names=("mx.broker.example",), networks=("10.0.0.0/8",))
    hop = b"Received: from mx.lotusbags.example (unknown [192.0.2.7]) by mx.broker.example\r\n"
    found = examine(names, hop + plain(), came=envelope("10.1.2.3"), relays=relays)
    assert found.spf == "pass"
    forged = b"Received: from mx.lotusbags.example (unknown [198.51.100.9]) by mx\r\n"
    assert examine(names, forged + hop + plain(), came=envelope("10.1.2.3"), relays=relays).forged


def test_the_word_of_our_relay_counts_and_that_of_a_stranger_does_not(names: Names) -> None:
    publish(names, spf=None)
    relays = Relays(names=("mx.broker.example",), networks=("10.0.0.0/8",))
    said = (
        b"Authentication-Results: mx.broker.example; dkim=pass header.d=lotusbags.example;"
        b"\r\n\tspf=pass smtp.mailfrom=ha@lotusbags.example; dmarc=pass header.from=lotusbags.example\r\n"
    )
    found = examine(names, said + plain(), came=envelope("10.1.2.3"), relays=relays)
    assert found.authenticated
    assert found.relay == "mx.broker.example"
    assert examine(names, said + plain(), came=envelope("198.51.100.9"), relays=relays).forged
    other = said.replace(b"mx.broker.example;", b"mx.evil.example;")
    assert not examine(names, other + plain(), came=envelope("10.1.2.3"), relays=relays).relay


def test_a_forwarded_mail_counts_when_its_sealer_is_trusted(names: Names) -> None:
    publish(names)
    publish(names, domain="lists.example", wish=None, spf=None)
    raw = sealed(plain(), by="lists.example", found="dmarc=pass header.from=lotusbags.example")
    came = envelope("203.0.113.5", mail_from="bounce@lists.example")
    known = examine(names, raw, came=came, relays=Relays(names=("lists.example",)))
    stranger = examine(names, raw, came=came)
    assert (known.arc, known.authenticated) == ("pass", True)
    assert (stranger.arc, stranger.forged) == ("pass", True)
    broken = examine(
        names,
        raw.replace(b"Please find", b"Please pay "),
        came=came,
        relays=Relays(names=("lists.example",)),
    )
    assert (broken.arc, broken.authenticated) == ("fail", False)


def test_a_spool_file_of_an_older_version_can_still_be_read() -> None:
    old = '{"peer": "x", "helo": "h", "mail_from": "a@b.example", "rcpt_to": [], "received_at": "2026-01-01T00:00:00Z"}'
    assert Envelope.model_validate_json(old).ip == ""


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("9.9.9.9", ("9.9.9.9", 53)),
        ("[::1]:53", ("::1", 53)),
    ],
)
def test_a_resolver_is_named_by_number_and_port(text: str, meant: tuple[str, int]) -> None:
    assert address_of(text) == meant


@pytest.mark.parametrize("text", ["dns.example:53", "127.0.0.1:0", "127.0.0.1:x", ""])
def test_a_resolver_that_cannot_be_asked_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(ValueError):
        address_of(text)


_HEADS = st.sampled_from(
    [
        b"From: ",
        b"DKIM-Signature: v=1; a=rsa-sha256; d=lotusbags.example; s=s1; h=from; bh=; b=",
        b"ARC-Seal: i=1; cv=none; a=rsa-sha256; d=x.example; s=s; b=",
        b"ARC-Message-Signature: i=1; ",
        b"ARC-Authentication-Results: i=1; ",
        b"Authentication-Results: mx; dkim=pass header.d=",
        b"Received: from [",
        b"\r\n",
        b"\r\n\r\n",
    ]
)


@settings(max_examples=40, deadline=5000, suppress_health_check=list(HealthCheck))
@given(
    raw=st.lists(st.one_of(_HEADS, st.binary(max_size=60)), max_size=25).map(b"".join),
    mail_from=st.text(max_size=40),
    helo=st.text(max_size=20),
    ip=st.sampled_from(["", "192.0.2.7", "::1", "nonsense", "fe80::1%eth0"]),
    shown=st.text(max_size=40),
)
def test_whatever_arrives_gets_a_verdict_in_bounded_time(
    raw: bytes, mail_from: str, helo: str, ip: str, shown: str
) -> None:
    found = sender.examine(
        raw,
        Envelope(ip=ip, helo=helo, mail_from=mail_from, received_at=now()),
        sender=shown,
        asking=_NOBODY.asking(),
        relays=Relays(names=("mx",), networks=("192.0.2.0/24",)),
    )
    assert not (found.forged and found.authenticated)


_NOBODY = Resolver(("127.0.0.1", 9), seconds=0.01)


def test_a_huge_mail_is_judged_within_its_time(names: Names) -> None:
    publish(names)
    big = signed(mail(("big.bin", b"\n \t" * 8_000_000)))
    began = time.monotonic()
    assert examine(names, big).authenticated
    assert time.monotonic() - began < 5
