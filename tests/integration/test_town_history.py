"""What is kept of every mail, what of it a broker sees, and that bank details stay no plain mark."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from sqlmodel import select

from bot.clock import Clock
from bot.office import Office
from bot.settings import Settings
from storage.models import Document, SenderAccount
from storage.seal import KEYED, Seal
from storage.values import SYSTEM, Account
from tests import mail_forms as forms
from tests.factories import invoice_csv, mail
from tests.town import Town
from workflows import archive, booking
from workflows.accounts import key_older

pytestmark = pytest.mark.slow

INVOICE = invoice_csv()


def office(town: Town) -> Office:
    made = Office(town.app.settings)
    made.app = town.app
    return made


def test_every_mail_is_in_the_history_and_the_manifest_with_its_text_files_and_verdict(
    town: Town,
) -> None:
    town.send(mail(("invoice.csv", INVOICE), ("run.exe", b"MZ" + bytes(80)), text="Dear desk, the goods left."))
    town.drain()
    found = office(town).shipment(town.shipments()[0].ref or "")
    assert found is not None
    json.dumps(found)
    came, went = found["mails"][:2]
    assert (came["direction"], went["direction"]) == ("in", "out")
    assert "the goods left" in came["text"]
    assert came["to"] == [town.address]
    assert [(one["file"], bool(one["held"])) for one in came["files"]] == [("invoice.csv", False), ("run.exe", True)]
    assert came["proved"] is False
    assert any("SPF" in word for word in came["verdict"])
    assert "Received" in went["text"]
    with town.app.database.snapshot() as session:
        sealed = json.loads(archive.manifest(session, town.shipments()[0]))
    assert "the goods left" in sealed["mails"][0]["text"]
    assert [one["name"] for one in sealed["mails"][0]["files"]] == ["invoice.csv", "run.exe"]
    assert sealed["mails"][0]["verdict"]["sender"] == "ha@lotusbags.example"
    assert sealed["mails"][0]["files"][0]["sha256"] == hashlib.sha256(INVOICE).hexdigest()
    assert sealed["sent"][0]["text"] == went["text"]


def test_the_first_mail_is_told_in_the_thread_in_a_line(town: Town) -> None:
    town.send(mail(("invoice.csv", INVOICE)))
    town.drain()
    card = town.hands.card("T-1001")
    assert card is not None
    first = town.hands.thread(card)[0]["text"]
    assert "Ha Nguyen" in first
    assert "1 document" in first


@pytest.mark.parametrize(
    ("name", "data", "asked"),
    [
        ("invoice.pdf", b"", "An open copy of invoice.pdf: it needs a password"),
        ("docs.rar", b"Rar!\x1a\x07\x01\x00" + bytes(200), "docs.rar in another form"),
        ("docs.7z", b"7z\xbc\xaf\x27\x1c" + bytes(200), "docs.7z in another form"),
        ("smime.p7m", b"\x30\x82\x10\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03" + bytes(200), "An open copy of smime.p7m"),
    ],
)  # fmt: skip
def test_what_cannot_be_opened_is_kept_named_and_asked_for_otherwise(
    town: Town, name: str, data: bytes, asked: str
) -> None:
    with town.app.database.transaction() as session:
        booking.add_importer(session, name="Kestrel Outdoor LLC", actor=SYSTEM)
    data = data or locked_pdf()
    town.send(mail(("invoice.csv", INVOICE), (name, data)))
    town.drain()
    kept = next(one for one in town.rows(Document) if one.filename == name)
    assert town.app.blobs.read(kept.sha256) == data
    assert town.hands.card(name) is not None
    (went,) = [one for one in town.hands.state()["mails"] if one["way"] == "out"]
    assert asked in went["text"].replace("\n", " ")


def locked_pdf() -> bytes:
    """A PDF that opens only with a password."""
    import io

    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, encrypt=StandardEncryption("secret", canPrint=0))
    canvas.drawString(100, 700, "COMMERCIAL INVOICE")
    canvas.save()
    return out.getvalue()


def test_a_held_file_is_named_once_on_the_card_and_links_do_not_crowd_out_losses(town: Town) -> None:
    town.send(
        mail(("invoice.csv", INVOICE), ("docs.zip", forms.locked(forms.zipped(("a.csv", b"x")), "a.csv")), text="https://we.tl/t-abc")
    )  # fmt: skip
    town.drain()
    (shipment,) = town.shipments()
    said = [flag.message for flag in shipment.flags if flag.type == "mail"]
    assert len(said) == 1
    assert "were not fetched" in said[0]


def plain(number: str) -> Account:
    return Account.of("account", number)


def test_a_mark_is_keyed_and_of_no_use_without_the_installations_secret(town: Town) -> None:
    town.send(mail(("invoice.csv", INVOICE + b"\nAccount No.:,11112222333\n"), text="Account No. 11112222333"))
    town.drain()
    (row,) = town.rows(SenderAccount)
    secret = town.app.seal.secret
    mark = plain("11112222333").mark
    assert row.mark == KEYED + hmac.new(secret, mark.encode(), hashlib.sha256).hexdigest()
    kept = town.rows(Document)[0].reading
    assert kept is not None
    assert [one.mark for one in kept.accounts] == [row.mark]
    assert mark not in str(row) + kept.model_dump_json()


def test_marks_of_an_older_version_are_keyed_once_and_still_recognised(town: Town) -> None:
    text = "Account No. 11112222333"
    town.send(mail(("invoice.csv", INVOICE), text=text))
    town.drain()
    with town.app.database.transaction() as session:
        row = session.exec(select(SenderAccount)).one()
        keyed, row.mark = row.mark, plain("11112222333").mark
        document = session.exec(select(Document)).one()
        assert document.reading is not None
        document.reading = document.reading.model_copy(update={"accounts": (plain("999888777"),)})
    clock = Clock(town.app)
    for _ in range(3):
        clock._key_older()
    (row,) = town.rows(SenderAccount)
    assert row.mark == keyed
    assert str(town.rows(Document)[0].reading.accounts[0].mark).startswith(KEYED)
    # The same account again is no change; another is.
    town.send(mail(text=f"B/L: ZZZQ11110001 {text}", message_id="<again@lotusbags.example>"))
    town.drain()
    assert town.hands.card("names other bank details") is None


def test_a_mark_that_an_older_process_wrote_again_becomes_one_with_the_keyed(town: Town) -> None:
    town.send(mail(("invoice.csv", INVOICE), text="Account No. 11112222333"))
    town.drain()
    with town.app.database.transaction() as session:
        row = session.exec(select(SenderAccount)).one()
        session.add(SenderAccount(sender=row.sender, kind=row.kind, mark=plain("11112222333").mark, last_four="2333", message_id=row.message_id, confirmed=True))  # fmt: skip
    with town.app.database.transaction() as session:
        assert key_older(session, town.app.seal, after=0) is None
    assert len(town.rows(SenderAccount)) == 1


def test_two_installations_make_different_marks_of_one_account() -> None:
    one, other = Seal(b"a" * 16), Seal(b"b" * 16)
    mark = plain("11112222333").mark
    assert one.mark(mark) != other.mark(mark)
    assert one.mark(one.mark(mark)) == one.mark(mark)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("docs@broker.example", ["docs@broker.example"]),
        ("docs@broker.example, intake@broker.example", ["docs@broker.example", "intake@broker.example"]),
        ('["docs@broker.example"]', ["docs@broker.example"]),
    ],
)
def test_a_list_in_a_variable_is_written_with_commas_or_as_json(monkeypatch, written, read) -> None:
    monkeypatch.setenv("TIDEWAITER_SMTP__RECIPIENTS", written)
    monkeypatch.setenv("TIDEWAITER_MAIL__RELAYS", "10.0.0.0/8,192.0.2.0/24")
    settings = Settings(_env_file=None)
    assert settings.smtp.recipients == read
    assert [str(one) for one in settings.mail.relays] == ["10.0.0.0/8", "192.0.2.0/24"]
