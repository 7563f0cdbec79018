"""What stands against a mail from a sender, over a real database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import Session

from storage import migrate
from storage.columns import now
from storage.db import Database
from storage.models import (
    Disposition,
    Importer,
    Message,
    Quarantine,
    Quarantined,
    SenderRule,
    Shipment,
    State,
    Trusted,
)
from storage.trust import Verdict
from storage.values import Actor, Role
from workflows import senders
from workflows.states import Refused
from workflows.trust import Judgement, Policy, judge

OPEN = Policy(own_domains=("tidewaiter.test",))
STRICT = Policy(new_senders="quarantine", own_domains=("tidewaiter.test",))
PROVED = Verdict(dmarc="pass", policy="reject", aligned=True)
FORGED = Verdict(spf="fail", dmarc="fail", policy="quarantine")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A firm that wrote before, one at a mail service that did, and a client."""
    database = Database(f"sqlite:///{tmp_path / 'judge.db'}")
    migrate.upgrade(database)
    with database.transaction() as made:
        made.add(Importer(name="Kestrel", match_name="kestrel", consignee_mail="w@kestrel.example"))
        made.add(Shipment(id=1, state=State.IN_REVIEW))
        made.flush()
        for sender in ("Ha@LotusBags.example", "shipper@gmail.com"):
            wrote(made, sender)
        yield made
    database.close()


def wrote(session: Session, sender: str, *, shipment: int | None = 1) -> Message:
    message = Message(
        spool_name=sender,
        message_id=f"<{sender}>",
        digest="d",
        raw_sha256="r",
        sender=sender,
        received_at=now(),
        disposition=Disposition.ACCEPTED if shipment else Disposition.QUARANTINED,
        shipment_id=shipment,
    )
    session.add(message)
    session.flush()
    return message


def judged(
    session: Session,
    sender: str,
    *,
    policy: Policy = STRICT,
    verdict: Verdict = PROVED,
    name: str = "",
) -> Judgement:
    return judge(session, sender=sender, sender_name=name, verdict=verdict, policy=policy)


@pytest.mark.parametrize(
    ("sender", "name", "words"),
    [
        ("ha@1otusbags.example", "", "resembles lotusbags.example, whom we know"),
        ("ha@lotus-bags.example", "", "resembles lotusbags.example, whom we know"),
        ("ha@gmai1.com", "", "resembles gmail.com, whom we know"),
        ("desk@tidewaiter.com", "", "resembles our own tidewaiter.test"),
        ("w@kestrel.com", "", "resembles kestrel.example, whom we know"),
        ("x@harmless.example", "ha@lotusbags.example", "calls itself lotusbags.example"),
    ],
)
def test_who_imitates_somebody_we_know_waits_even_where_strangers_may_come(
    session: Session, sender: str, name: str, words: str
) -> None:
    found = judged(session, sender, policy=OPEN, name=name)
    assert found.grounds == ("lookalike",)
    assert words in found.reasons[0]


@pytest.mark.parametrize(
    "sender", ["ha@lotusbags.example", "minh@eu.lotusbags.example", "shipper@gmail.com"]
)
def test_who_wrote_before_is_known(session: Session, sender: str) -> None:
    assert judged(session, sender).grounds == ()


@pytest.mark.parametrize("sender", ["other@gmail.com", "a@juniper.example", "", "x@yahoo.co.uk"])
def test_a_stranger_waits_only_where_the_settings_say_so(session: Session, sender: str) -> None:
    assert judged(session, sender).grounds == ("new",)
    assert judged(session, sender, policy=OPEN).grounds == ()


@pytest.mark.parametrize("policy", [OPEN, STRICT])
def test_a_forged_known_sender_waits_under_every_policy(session: Session, policy: Policy) -> None:
    found = judged(session, "ha@lotusbags.example", policy=policy, verdict=FORGED)
    assert found.grounds == ("forged",)


def test_dns_trouble_keeps_no_known_sender_out(session: Session) -> None:
    assert judged(session, "ha@lotusbags.example", verdict=Verdict()).grounds == ()


def test_a_known_sender_from_a_computer_that_may_not_send_waits_where_we_are_strict(
    session: Session,
) -> None:
    verdict = Verdict(spf="fail", dmarc="none", policy="absent")
    assert judged(session, "ha@lotusbags.example", verdict=verdict).grounds == ("unproved",)


def test_a_mail_that_claims_to_be_ours_needs_a_proof(session: Session) -> None:
    assert judged(session, "desk@tidewaiter.test", verdict=Verdict()).grounds == ("unproved",)
    assert judged(session, "desk@tidewaiter.test").grounds == ()


def test_a_block_of_an_address_leaves_the_rest_of_its_firm_alone(session: Session) -> None:
    session.add(SenderRule(pattern="ha@lotusbags.example", decision=Trusted.BLOCK, decided_by="U1"))
    session.flush()
    assert judged(session, "ha@lotusbags.example", policy=OPEN).blocked
    assert judged(session, "minh@lotusbags.example", policy=OPEN).grounds == ()


@pytest.mark.parametrize("role", [Role.COMPLIANCE, Role.VIEWER])
def test_who_may_not_decide_about_senders_is_refused(session: Session, role: Role) -> None:
    message = wrote(session, "new@juniper.example", shipment=None)
    session.add(
        Quarantine(message_id=message.id or 0, sender=message.sender, standing=Quarantined.WAITING)
    )
    session.flush()
    with pytest.raises(Refused, match="Nothing was changed"):
        senders.decide(
            session, quarantine_id=1, decision="accept", actor=Actor(id="U", name="N", role=role)
        )
