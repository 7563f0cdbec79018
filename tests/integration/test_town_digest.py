"""The day's digest: to those who want it, once, about their own shipments, and never without news."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import col, select

from bot.sandbox.player import DANA
from storage.columns import now
from storage.models import AuditEvent, Outbox, OutgoingMessage
from storage.values import SYSTEM
from tests.factories import invoice_csv, mail
from tests.town import Town
from workflows import booking, digest
from workflows.states import Refused

pytestmark = pytest.mark.slow

KESTREL, PUFFIN = "Kestrel Outdoor LLC", "Puffin Sails Inc"


def wants(town: Town, *to: str, importer: str | None = None, person: str | None = None) -> str:
    with town.app.database.transaction() as session:
        return digest.subscribe(session, addresses=to, actor=SYSTEM, importer=importer, person=person)


def shipments(town: Town) -> None:
    with town.app.database.transaction() as session:
        for name in (KESTREL, PUFFIN):
            booking.add_importer(session, name=name, actor=SYSTEM, broker=DANA)
    town.send(mail(("a.csv", invoice_csv())))
    other = invoice_csv(number="P-77", bill="ZZZQ22220002", importer=PUFFIN)
    town.send(mail(("b.csv", other), message_id="<p@puffin.example>"))
    town.drain()


def evening(town: Town, *, days: int = 0) -> int:
    """Let the clock look an hour from now, when the day has just ended."""
    at = now() + timedelta(hours=1, days=days)
    with town.app.database.transaction() as session:
        made = digest.schedule(session, hour=at.hour, at=at)
    town.drain()
    return made


def sent(town: Town) -> list[OutgoingMessage]:
    return [one for one in town.rows(OutgoingMessage) if one.kind == "digest"]


def test_an_importers_contact_hears_once_of_its_own_shipments_only(town: Town) -> None:
    shipments(town)
    wants(town, "ops@kestrel.example", importer=KESTREL)
    assert [evening(town), evening(town)] == [1, 0]
    (one,) = sent(town)
    assert one.recipients == ["ops@kestrel.example"]
    assert "SHP-2026-000001" in one.text or "T-1001" in one.text
    assert "documents came" in one.text
    assert "still missing" in one.text
    assert "P-77" not in one.text


def test_a_broker_hears_of_what_is_assigned_to_them(town: Town) -> None:
    shipments(town)
    wants(town, "dana@broker.example", person=DANA)
    evening(town)
    assert "T-1001" in sent(town)[0].text
    assert "P-77" in sent(town)[0].text


def test_on_a_day_without_news_nothing_is_sent(town: Town) -> None:
    shipments(town)
    wants(town, "ops@kestrel.example", importer=KESTREL)
    assert evening(town, days=2) == 0
    assert sent(town) == []


def test_who_wants_it_no_more_gets_none_even_when_it_waits_already(town: Town) -> None:
    shipments(town)
    wants(town, "ops@kestrel.example", importer=KESTREL)
    at = now() + timedelta(hours=1)
    with town.app.database.transaction() as session:
        digest.schedule(session, hour=at.hour, at=at)
    assert wants(town, importer=KESTREL) == f"{KESTREL} gets no digest."
    town.drain()
    assert sent(town) == []
    with town.app.database.snapshot() as session:
        assert session.exec(select(Outbox).where(col(Outbox.kind) == "mail.digest")).one().done_at
        assert len(session.exec(select(AuditEvent).where(AuditEvent.action == "digest_set")).all()) == 2


def test_a_clock_that_was_down_for_a_day_sends_no_old_news(town: Town) -> None:
    shipments(town)
    wants(town, "ops@kestrel.example", importer=KESTREL)
    at = now() + timedelta(hours=22)
    with town.app.database.transaction() as session:
        assert digest.schedule(session, hour=(at.hour + 3) % 24, at=at) == 0


@pytest.mark.parametrize(
    ("to", "whose", "words"),
    [
        (("nonsense",), {"importer": KESTREL}, "is not a mail address"),
        (("a@b.example",), {}, "Name either"),
        (("a@b.example",), {"importer": "Nobody GmbH"}, "not on file"),
        (("a@b.example",), {"person": "U404"}, "not on the list"),
        (("a@b.example", "c@d.example"), {"person": DANA}, "one address"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(town: Town, to, whose, words) -> None:
    with town.app.database.transaction() as session:
        booking.add_importer(session, name=KESTREL, actor=SYSTEM)
    with pytest.raises(Refused, match=words):
        wants(town, *to, **whose)
