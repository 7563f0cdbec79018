"""What comes back: bounces, complaints, people who are away. A forged report changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ingest import bounces
from storage.columns import now
from storage.models import Disposition, Message, Outcome, OutgoingMessage
from tests.contract.test_mailer_servers import Listening, Sink
from tests.factories import mail
from tests.integration.test_town_answers import ask, first, importer, thread, wait_over
from tests.town import Intake, Town

pytestmark = pytest.mark.slow

HA, BO, CY = "ha@lotusbags.example", "bo@kestrel.example", "cy@kestrel.example"


def delivery_report(about: str, to: str, *, action: str = "failed", status: str = "5.1.1") -> bytes:
    """A delivery report as RFC 3464 has it."""
    return f"""From: MAILER-DAEMON@mx.example
To: intake@tidewaiter.test
Subject: Undelivered Mail Returned to Sender
Message-ID: <{abs(hash((about, to, action, status)))}@mx.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I could not deliver your message.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no luck with <{to}>

--b
Content-Type: message/rfc822

From: desk@tidewaiter.test
To: {to}
Subject: whatever
Message-ID: {about}

text
--b--
""".replace("\n", "\r\n").encode()


def complaint(about: str, to: str) -> bytes:
    """A complaint as RFC 5965 has it."""
    return f"""From: abuse@mailbox.example
To: intake@tidewaiter.test
Subject: FW: mail
Message-ID: <c@mailbox.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <{to}>

--b
Content-Type: text/rfc822-headers

From: desk@tidewaiter.test
Message-ID: {about}

--b--
""".replace("\n", "\r\n").encode()


def away(
    about: str, *, sender: str, subject: str = "Automatic reply: x", text: str, header: bool = False
) -> bytes:
    made = mail(
        text=text,
        sender=sender,
        subject=subject,
        message_id=f"<{abs(hash(text))}@away.example>",
        answers=about,
    )
    if header:
        made["Auto-Submitted"] = "auto-replied (vacation)"
    return made.as_bytes()


def back(town: Town, raw: bytes) -> None:
    town.send_raw(raw, sender="")
    town.drain()


def sent(town: Town, kind: str) -> list[OutgoingMessage]:
    return [one for one in town.rows(OutgoingMessage) if one.kind == kind]


def chased(town: Town) -> OutgoingMessage:
    """A shipment whose first reminder went to its shipper, with two more contacts on file."""
    importer(town, contacts=[BO, CY])
    first(town)
    wait_over(town)
    (reminder,) = sent(town, "chase")
    assert reminder.recipients == [HA]
    return reminder


def test_a_bounce_is_told_in_plain_words_and_the_next_contact_is_asked_at_once(town: Town) -> None:
    reminder = chased(town)
    back(town, delivery_report(reminder.message_id, HA))
    failed, again = sent(town, "chase")
    assert failed.outcome is Outcome.BOUNCED
    assert (failed.bounce.kind, failed.bounce.address, failed.bounce.status) == (
        "permanent",
        HA,
        "5.1.1",
    )
    assert again.recipients == [BO]
    assert "reminder 1 of 3" in again.text
    assert f"The mail to {HA}" in thread(town)
    assert "there is no such mailbox" in thread(town)
    for _ in range(5):
        wait_over(town)
    assert [one.recipients for one in sent(town, "chase")] == [[HA], [BO], [BO], [BO]]


def test_a_delay_is_told_and_changes_nobody(town: Town) -> None:
    reminder = chased(town)
    back(town, delivery_report(reminder.message_id, HA, action="delayed", status="4.4.1"))
    (only,) = sent(town, "chase")
    assert only.outcome is Outcome.DELAYED
    assert "their mail server could not be reached" in thread(town)
    wait_over(town)
    assert [one.recipients for one in sent(town, "chase")] == [[HA], [HA]]


def test_a_delivery_that_worked_is_no_failure(town: Town) -> None:
    reminder = chased(town)
    back(town, delivery_report(reminder.message_id, HA, action="delivered", status="2.0.0"))
    assert sent(town, "chase")[0].outcome is Outcome.SENT


def test_a_forged_bounce_changes_nothing(town: Town) -> None:
    reminder = chased(town)
    back(town, delivery_report("<made-up@mail.tidewaiter.invalid>", HA))
    back(town, delivery_report(reminder.message_id, "somebody-else@lotusbags.example"))
    assert [one.outcome for one in sent(town, "chase")] == [Outcome.SENT]
    assert "came back" not in thread(town)
    assert [one.disposition for one in town.rows(Message)][1:] == [Disposition.LOOP] * 2


def test_the_same_bounce_twice_is_told_once(town: Town) -> None:
    reminder = chased(town)
    raw = delivery_report(reminder.message_id, HA)
    back(town, raw)
    back(town, raw.replace(b"I could not", b"We could not"))
    assert thread(town).count("came back") == 1
    assert len(sent(town, "chase")) == 2


def test_a_complaint_stops_the_mail_to_that_address(town: Town) -> None:
    reminder = chased(town)
    back(town, complaint(reminder.message_id, HA))
    failed, again = sent(town, "chase")
    assert failed.outcome is Outcome.COMPLAINED
    assert again.recipients == [BO]
    assert "as unwanted" in thread(town)


def test_when_nobody_is_left_a_person_is_told(town: Town) -> None:
    first(town)
    wait_over(town)
    back(town, delivery_report(sent(town, "chase")[0].message_id, HA))
    assert len(sent(town, "chase")) == 1
    assert "Nobody can be asked by mail now" in thread(town)


def test_who_writes_again_after_a_bounce_is_written_to_again(town: Town) -> None:
    first(town)
    back(town, delivery_report(sent(town, "acknowledgement")[0].message_id, HA))
    town.send(
        mail(
            text="New server.",
            message_id="<n@l.example>",
            to="intake+SHP-2026-000001@tidewaiter.test",
        )
    )
    town.drain()
    assert "goes to" in ask(town, question="Which material?")


def test_who_is_away_is_asked_again_after_the_day_they_said(town: Town) -> None:
    reminder = chased(town)
    until = now() + timedelta(days=20)
    text = f"I am out until {until:%B} {until.day}, {until.year}. Regards"
    back(town, away(reminder.message_id, sender=HA, text=text))
    absent, again = sent(town, "chase")
    assert absent.outcome is Outcome.SENT
    assert absent.bounce.until.date() == until.date()
    assert again.recipients == [BO]
    assert f"{HA} is away until {until:%Y-%m-%d}" in thread(town)


def test_somebody_elses_absence_moves_nothing(town: Town) -> None:
    reminder = chased(town)
    back(town, away(reminder.message_id, sender="x@other.example", text="I am away."))
    assert len(sent(town, "chase")) == 1


def test_an_address_that_the_mail_server_refuses_is_like_a_bounce(town: Town) -> None:
    importer(town, contacts=[BO])
    first(town)
    sink = Sink()
    sink.answers["ha"] = "550 5.1.1 no such user"
    listening = Intake(Listening(sink))
    town.app.ports.mailer.close()
    town.app.ports.mailer._port = listening.port
    wait_over(town)
    assert [(one.recipients, one.outcome) for one in sent(town, "chase")][:2] == [
        ([HA], Outcome.REFUSED),
        ([BO], Outcome.SENT),
    ]
    assert f"was refused for {HA}: 5.1.1 no such user (550)" in thread(town)
    assert [one[0] for one in sink.to] == [BO]
    town.app.ports.mailer.close()
    listening.close()


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: [SHP-2026-000001] Invoice",
        "Out of Office: Invoice",
        "Respuesta automática: Factura",
        "Réponse automatique : facture",
        "Automatische Antwort: Rechnung",
        "Resposta automática: fatura",
        "自动回复: 发票",
        "自動応答: 請求書",
    ],
)
def test_an_absence_is_known_by_its_subject(subject: str) -> None:
    report = bounces.read(away("<a@b.example>", sender=HA, subject=subject, text="Back soon."))
    assert report is not None
    assert (report.kind, report.sender, report.about) == ("away", HA, ("<a@b.example>",))


@pytest.mark.parametrize(
    "subject",
    [
        "Out of office supplies: invoice 4471",
        "Automaticity of doors",
        "Re: documents",
        "Absentee form",
        "自动门发票",
    ],
)
def test_an_ordinary_mail_is_no_absence(subject: str) -> None:
    assert (
        bounces.read(
            away("<a@b.example>", sender=HA, subject=subject, text="Hello until 2026-12-01.")
        )
        is None
    )


DAY = (now() + timedelta(days=40)).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.mark.parametrize(
    "text",
    [
        f"I am away until {DAY:%B} {DAY.day}, {DAY.year}. Kind regards",
        f"Out of the office through {DAY.day} {DAY:%b} {DAY.year}",
        f"back on {DAY:%Y-%m-%d}",
        f"I will be returning on {DAY:%A}, {DAY:%B} {DAY.day}.",
        f"Ich bin bis zum {DAY:%d.%m.%Y} nicht im Haus.",
        f"我将休假,直到{DAY.year}年{DAY.month}月{DAY.day}日。",
    ],
)
def test_the_day_of_return_is_understood(text: str) -> None:
    found = bounces.until(text)
    assert found is not None
    assert found.date() == DAY.date()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("hasta el {} de diciembre", 12),
        ("jusqu'au {} décembre", 12),
        ("bis {} Dezember", 12),
        ("até {} de dezembro", 12),
    ],
)
def test_months_of_other_languages_are_understood(text: str, day: int) -> None:
    found = bounces.until(text.format(day))
    assert found is not None
    assert (found.month, found.day) == (12, day)


@pytest.mark.parametrize(
    "text",
    ["Away until further notice.", "until 1999-01-01", "until 2099-01-01", "until 99/99", ""],
)
def test_a_day_that_cannot_be_believed_is_none(text: str) -> None:
    assert bounces.until(text) is None


def test_a_server_with_a_form_of_its_own_is_understood() -> None:
    raw = f"""From: MAILER-DAEMON@qmail.example
To: intake@tidewaiter.test
Subject: failure notice
Message-ID: <q@qmail.example>

Hi. This is the qmail-send program at qmail.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{HA}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Message-ID: <ours@mail.tidewaiter.invalid>
Subject: whatever
""".encode()
    report = bounces.read(raw)
    assert report is not None
    assert report.about == ("<ours@mail.tidewaiter.invalid>",)
    assert [(one.address, one.permanent, one.status) for one in report.failures] == [
        (HA, True, "5.1.1")
    ]


@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff\xfe", b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n\x00\x00\n--b--", b"Content-Type: multipart/report; report-type=feedback-report\n\nnothing"],
)  # fmt: skip
def test_a_broken_report_is_no_failure_of_ours(raw: bytes) -> None:
    report = bounces.read(raw)
    assert report is None or report.failures == ()
