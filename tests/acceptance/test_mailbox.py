"""Mail that lies in a mailbox becomes a card, over real processes and a real IMAP server."""

import time
from pathlib import Path

import pytest

from bot.sandbox import samples
from tests.acceptance.processes import Installation
from tests.acceptance.test_kills import cards
from tests.dovecot import PASSWORD, Dovecot
from tests.factories import mail
from tests.mailboxes import Watching, eventually, told

pytestmark = pytest.mark.dovecot


@pytest.fixture
def dovecot():
    made = Dovecot()
    yield made
    made.close()


def test_a_mail_in_a_mailbox_becomes_one_card_though_the_watch_is_killed(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    house = Installation(tmp_path)
    try:
        house.environment["TIDEWAITER_IMAP__URL"] = dovecot.url()
        story = next(one for one in samples.STORY if one.name == "juniper")
        dovecot.deliver(samples.build(story, to=house.app.settings.smtp.recipients[0], run="m"))
        house.start("imap")
        eventually(house.app.spool.waiting, within=60)
        house.kill("imap")
        dovecot.forget_uids()  # and everything is read again
        house.start(*house.names, "imap")
        house.hands.wait("the card", lambda: house.hands.card("Juniper"))
        eventually(lambda: dovecot.flags() == [{b"\\Seen"}], within=30)
        eventually(lambda: not house.app.spool.waiting(), within=120)
        assert len(cards(house, "Juniper")) == 1
        checks = house.command("doctor").stdout.decode()
        assert "mailbox: docs at 127.0.0.1, INBOX: 0 to take" in checks
        logs = "".join(one.read_text() for one in tmp_path.glob("*.log"))
        assert PASSWORD not in checks + logs
    finally:
        house.close()


def test_ten_thousand_waiting_mails_are_taken_in_order(
    dovecot: Dovecot, tmp_path: Path, caplog, record_property
) -> None:
    caplog.set_level("INFO", "tidewaiter")
    many = 10_000
    dovecot.deliver(
        *(mail(subject=f"Mail {n}", message_id=f"<{n}@lotusbags.example>") for n in range(many))
    )
    began = time.monotonic()
    with Watching(tmp_path, dovecot.url()) as watch:
        eventually(
            lambda: [one for one in told(caplog, "mailbox_progress") if one["taken"] == many],
            within=300,
        )
        seconds = time.monotonic() - began
    assert watch.subjects() == [f"Mail {n}" for n in range(many)]
    assert len(told(caplog, "mailbox_progress")) >= seconds // 15
    record_property("mails_a_second", round(many / seconds))
