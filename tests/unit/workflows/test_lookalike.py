"""Domains that an eye takes for another, and domains that are just others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.models import SenderRule, Trusted
from storage.trust import Verdict
from workflows.lookalike import resembles
from workflows.trust import may_speak_for_customs

KNOWN = ["kestrel.example", "brightpath.com", "lotusbags.co.uk", "tidewaiter.test", "dana.com"]


@pytest.mark.parametrize(
    ("domain", "twin"),
    [
        ("kestre1.example", "kestrel.example"),  # a digit drawn like a letter
        ("kestel.example", "kestrel.example"),  # a letter left out
        ("kesterl.example", "kestrel.example"),  # two letters exchanged
        ("kes-trel.example", "kestrel.example"),  # a hyphen more
        ("kestrel.com", "kestrel.example"),  # another ending
        ("kеstrеl.example", "kestrel.example"),  # Cyrillic letters
        ("xn--kstrl-zwed.example", "kestrel.example"),  # the same, as DNS writes it
        ("kèstrel.example", "kestrel.example"),
        ("mail.kestre1.example", "kestrel.example"),
        ("brightpath-com.example", "brightpath.com"),
        ("brightpath.com.evil.example", "brightpath.com"),
        ("lotusbags.com", "lotusbags.co.uk"),
        ("1otusbags.co.uk", "lotusbags.co.uk"),
        ("tidevvaiter.test", "tidewaiter.test"),
    ],
)
def test_a_domain_that_imitates_another_is_recognised(domain: str, twin: str) -> None:
    assert resembles(domain, KNOWN) == twin


@pytest.mark.parametrize(
    "domain",
    [
        "kestrel.example",
        "mail.kestrel.example",
        "lotusbags.co.uk",
        "shop.lotusbags.co.uk",
        "juniper.example",
        "dane.com",  # too short to say anything
        "brightwater.com",
        "",
        "localhost",
    ],
)
def test_a_genuine_or_quite_different_domain_is_left_alone(domain: str) -> None:
    assert resembles(domain, KNOWN) is None


@given(st.text(max_size=80))
def test_any_text_may_be_asked_about(domain: str) -> None:
    assert resembles(domain, KNOWN) in (None, *KNOWN)


PROVED = Verdict(sender="a@filer.example", domain="filer.example", dmarc="pass", aligned=True)


def rule(decision: Trusted) -> SenderRule:
    return SenderRule(pattern="filer.example", decision=decision, decided_by="U1")


@pytest.mark.parametrize(
    ("verdict", "rules", "may"),
    [
        (PROVED, [rule(Trusted.ACCEPT)], "hold"),
        (PROVED, [], "nothing"),
        (PROVED, [rule(Trusted.ACCEPT), rule(Trusted.BLOCK)], "nothing"),
        (PROVED.model_copy(update={"aligned": False}), [rule(Trusted.ACCEPT)], "nothing"),
        (PROVED.model_copy(update={"ambiguous": True}), [rule(Trusted.ACCEPT)], "nothing"),
        (None, [rule(Trusted.ACCEPT)], "nothing"),
    ],
)
def test_a_status_mail_opens_a_hold_at_most_and_only_of_an_allowed_proved_sender(
    verdict: Verdict | None, rules: list[SenderRule], may: str
) -> None:
    assert may_speak_for_customs(verdict, rules) == may
