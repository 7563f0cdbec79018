"""What a mail may look like: each form is opened, and nothing of it is lost."""

import zipfile
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from ingest import hazards, mime
from ingest.mime import rtf
from tests import mail_forms as forms
from tests.factories import mail

INVOICE = forms.pdf("INVOICE A")


def names(made: mime.ParsedMail) -> list[str]:
    return [one.filename for one in made.files]


def contents(made: mime.ParsedMail) -> set[bytes]:
    return {one.data for one in made.files}


def test_a_forwarded_mail_gives_its_files_its_words_its_author_and_its_day() -> None:
    inner = mail(("inv.pdf", INVOICE), text="B/L No.: ZZZQ11110001", sender="Ha <ha@lotus.example>")
    made = mime.parse(forms.forwarding(inner, subject="FW: docs", words="See below."))
    assert contents(made) == {INVOICE}
    assert made.inner[0].from_addr == "ha@lotus.example"
    assert made.inner[0].date is not None
    assert "ZZZQ11110001" in made.new
    assert "See below." in made.new


def test_a_mail_in_a_mail_in_a_mail_is_opened_to_the_last() -> None:
    raw = mail(("deep.pdf", INVOICE), text="innermost").as_bytes()
    for n in range(6):
        outer = MIMEMultipart()
        outer["Subject"] = f"level {n}"
        part = MIMEMessage(EmailMessage())
        outer.attach(MIMEText(f"words {n}"))
        outer.attach(part)
        raw = outer.as_bytes().replace(
            b"Content-Type: message/rfc822\nMIME-Version: 1.0\n\n\n",
            b"Content-Type: message/rfc822\n\n" + raw,
        )
    made = mime.parse(raw)
    assert [one.subject for one in made.inner][-1] == "Documents"
    assert len(made.inner) == 6
    assert contents(made) == {INVOICE}


def test_an_eml_attached_as_a_file_is_opened_even_when_it_is_base64() -> None:
    inner = mail(("inv.pdf", INVOICE), subject="The original").as_bytes()
    made = mime.parse(mail(("original.eml", inner)).as_bytes())
    assert names(made) == ["inv.pdf"]
    assert made.inner[0].subject == "The original"


def test_an_outlook_message_file_gives_words_author_and_files() -> None:
    file = forms.outlook_file(
        subject="Docs for NR-1",
        words="B/L No.: ZZZQ11110001",
        files=(("发票.pdf", INVOICE), ("big.pdf", INVOICE * 400)),
    )
    made = mime.parse(mail(("docs.msg", file)).as_bytes())
    assert names(made) == ["发票.pdf", "big.pdf"]
    assert contents(made) == {INVOICE, INVOICE * 400}
    assert (made.inner[0].from_addr, made.inner[0].subject) == (
        "amy@brightpath.example",
        "Docs for NR-1",
    )
    assert made.inner[0].date is not None


def test_a_message_attached_to_an_outlook_message_is_opened_too() -> None:
    inner = forms.outlook_streams(
        subject="inner", words="the older words", files=(("a.pdf", INVOICE),), header=24
    )
    made = mime.parse(
        mail(("x.msg", forms.outlook_file(subject="outer", words="w", inner=inner))).as_bytes()
    )
    assert [one.subject for one in made.inner] == ["outer", "inner"]
    assert contents(made) == {INVOICE}


def test_a_damaged_outlook_message_is_kept_and_named() -> None:
    file = forms.outlook_file(subject="s", words="w", files=(("a.pdf", INVOICE * 400),))[:3000]
    made = mime.parse(mail(("docs.msg", file)).as_bytes())
    assert file in contents(made)
    assert "docs.msg is a damaged Outlook message" in str(made.problems)


def test_winmail_dat_is_opened() -> None:
    made = mime.parse(
        mail(
            ("winmail.dat", forms.winmail("the words", ("Commercial Invoice 77.pdf", INVOICE))),
            text="",
        ).as_bytes()
    )
    assert names(made) == ["Commercial Invoice 77.pdf"]
    assert contents(made) == {INVOICE}
    assert made.text == "the words"
    assert made.problems == ()


def test_a_mail_inside_winmail_dat_is_opened_too() -> None:
    inner = forms.winmail("older words", ("a.pdf", INVOICE))
    made = mime.parse(mail(("winmail.dat", forms.winmail("new", inner=inner))).as_bytes())
    assert contents(made) == {INVOICE}


def test_a_winmail_dat_cut_off_gives_what_is_there_and_says_so() -> None:
    whole = forms.winmail("w", ("a.pdf", INVOICE), ("b.pdf", INVOICE * 9))
    made = mime.parse(mail(("winmail.dat", whole[:-300])).as_bytes())
    assert INVOICE in contents(made)
    assert whole[:-300] in contents(made)
    assert "winmail.dat is damaged" in str(made.problems)


def test_outlooks_own_rich_text_is_read_as_words() -> None:
    plain = rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}}{\*\htmltag <b>}B/L No.: ZZZQ1\par M\'fcller \u8364?5}"
    packed = b"\0" * 4 + len(plain).to_bytes(4, "little") + b"MELA" + b"\0" * 4 + plain
    assert rtf.words_of(rtf.decompress(packed)) == "B/L No.: ZZZQ1\nMüller €5"


def test_the_example_of_compressed_rtf_in_the_specification_opens() -> None:
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232 0af32068656c090020627705b06c647d0a800fa0"
    )
    assert rtf.decompress(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_a_zip_in_a_zip_is_unpacked_and_old_chinese_names_are_read() -> None:
    inner = forms.zipped(("invoice.pdf", INVOICE))
    outer = forms.zipped(("inner.zip", inner), ("__MACOSX/._x", b"x"))
    made = mime.parse(mail(("docs.zip", outer)).as_bytes())
    assert names(made) == ["invoice.pdf"]
    assert made.left_out == 1


def test_of_a_zip_with_a_locked_file_the_rest_is_taken_and_the_locked_is_named() -> None:
    data = forms.locked(
        forms.zipped(("open.pdf", INVOICE), ("secret.pdf", INVOICE * 2)), "secret.pdf"
    )
    made = mime.parse(mail(("docs.zip", data)).as_bytes())
    assert contents(made) == {INVOICE, data}
    assert "protected by a password" in str(made.problems)
    assert "secret.pdf" in str(made.problems)


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_zip_with_a_damaged_file_is_kept_whole_and_named(method: int) -> None:
    whole = forms.zipped(("invoice.pdf", INVOICE * 20), method=method)
    middle = len(whole) // 3
    data = whole[:middle] + bytes(40) + whole[middle + 40 :]
    made = mime.parse(mail(("docs.zip", data)).as_bytes())
    assert contents(made) == {data}
    assert "docs.zip is a damaged ZIP file" in str(made.problems)
    assert hazards.danger("docs.zip", data) is None


def test_an_inline_pdf_is_a_document() -> None:
    made = mail()
    made.add_attachment(
        INVOICE, maintype="application", subtype="pdf", filename="inv.pdf", disposition="inline"
    )
    assert contents(mime.parse(made.as_bytes())) == {INVOICE}


def test_a_logo_shown_in_the_text_is_left_out_and_counted_a_pasted_photo_is_kept() -> None:
    made = EmailMessage()
    made.set_content("<p>see</p><img src='cid:logo'><img src='cid:photo'>", subtype="html")
    made.add_related(forms.PNG, "image", "png", cid="<logo>")
    made.add_related(forms.PNG * 1000, "image", "png", cid="<photo>")
    parsed = mime.parse(made.as_bytes())
    assert contents(parsed) == {forms.PNG * 1000}
    assert parsed.left_out == 1


def test_a_small_picture_that_was_attached_and_not_shown_is_a_document() -> None:
    made = EmailMessage()
    made.set_content("<p>see attached</p>", subtype="html")
    made.add_attachment(
        forms.PNG, maintype="image", subtype="png", filename="label.png", cid="<f_abc>"
    )
    assert contents(mime.parse(made.as_bytes())) == {forms.PNG}


@pytest.mark.parametrize(
    ("plain", "html", "best"),
    [
        ("B/L No.: ZZZQ1", "<p>B/L No.: ZZZQ1</p>", "B/L No.: ZZZQ1"),
        ("Your mail program does not support HTML.", "<p>B/L No.: ZZZQ1</p>", "B/L No.: ZZZQ1"),
        ("", "<p>B/L No.: ZZZQ1</p>", "B/L No.: ZZZQ1"),
        (
            "Hello",
            "<p>Hello</p><table><tr><td>B/L</td><td>No.: ZZZQ1</td></tr></table>",
            "B/L\tNo.: ZZZQ1",
        ),
    ],
)
def test_of_two_versions_of_the_words_the_better_is_taken(plain: str, html: str, best: str) -> None:
    made = EmailMessage()
    made.set_content(plain)
    made.add_alternative(html, subtype="html")
    text = mime.parse(made.as_bytes()).text
    assert text.splitlines()[-1] == best
    assert text.count("ZZZQ1") == 1


def test_an_invitation_is_read_as_words() -> None:
    made = mail(text="Pickup")
    calendar = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Pickup ZZZU3045127\nDTSTART:20261101T090000Z\nLOCATION:Pier J\\, Long Beach\nEND:VEVENT\nEND:VCALENDAR"
    made.make_mixed()
    part = EmailMessage()
    part.set_content(calendar, subtype="calendar")
    made.attach(part)
    text = mime.parse(made.as_bytes()).text
    assert "Invitation: Pickup ZZZU3045127" in text
    assert "Place: Pier J, Long Beach" in text


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b"filename*=UTF-8''%E5%8F%91%E7%A5%A8.pdf", "发票.pdf"),
        (b"filename*0*=gb18030''%B7%A2; filename*1*=%C6%B1.pdf", "发票.pdf"),
        (b'filename="=?utf-8?B?5Y+R56WoLnBkZg==?="', "发票.pdf"),
        (b'filename="=?gb2312?B?t6LGsS5wZGY=?="', "发票.pdf"),
        ('filename="发票.pdf"'.encode(), "发票.pdf"),
        ('filename="发票.pdf"'.encode("gbk"), "发票.pdf"),
        ('filename="Rechnung Müller.pdf"'.encode("latin-1"), "Rechnung Müller.pdf"),
        (b'filename="..\\\\..\\\\evil.pdf"', "evil.pdf"),
    ],
)
def test_names_of_files_are_read_whatever_their_encoding(header: bytes, name: str) -> None:
    raw = (
        b"Content-Type: application/pdf\nContent-Disposition: attachment; "
        + header
        + b"\n\n"
        + INVOICE
    )
    assert names(mime.parse(raw)) == [name]


def test_two_files_of_one_name_are_both_kept_under_names_of_their_own() -> None:
    made = mime.parse(mail(("inv.pdf", b"one"), ("INV.pdf", b"two")).as_bytes())
    assert names(made) == ["inv.pdf", "INV (2).pdf"]


@pytest.mark.parametrize(
    ("charset", "data", "words"),
    [
        (b"utf-8", "Rechnung für Müller".encode("latin-1"), "Rechnung für Müller"),
        (b"iso-8859-1", "Rechnung für Müller".encode(), "Rechnung für Müller"),
        (b"us-ascii", "提单号 请查收".encode("gbk"), "提单号 请查收"),
        (b"gb2312", "鎔基 提单".encode("gbk"), "鎔基 提单"),
        (b"no-such", "提单号".encode(), "提单号"),
        (b"iso-2022-jp", "船荷証券".encode("iso-2022-jp"), "船荷証券"),
        (b"idna", b"plain", "plain"),
    ],
)
def test_a_wrong_charset_does_not_cost_the_words(charset: bytes, data: bytes, words: str) -> None:
    raw = b"Content-Type: text/plain; charset=" + charset + b"\n\n" + data
    assert mime.parse(raw).text == words


@pytest.mark.parametrize(
    "encoded",
    [
        b"JVBERi0x\nLjQK\n",
        b"JVBERi0x!!\n****\nLjQK\n",
        b"JVBERi0xLjQ=\nCg==\n",
        b"JVBERi0xLjQK\n\n-- \nThis list is run by someone for all of us\n",
        b"JVBERi0xLjQK",
    ],
)
def test_base64_with_garbage_gives_its_bytes(encoded: bytes) -> None:
    raw = (
        b'Content-Type: application/pdf; name="a.pdf"\nContent-Transfer-Encoding: base64\n\n'
        + encoded
    )
    assert contents(mime.parse(raw)) == {b"%PDF-1.4\n"}


@pytest.mark.parametrize("stated", [b"; boundary=other", b"", b'; boundary=""'])
def test_a_mail_with_a_missing_or_wrong_boundary_is_read_by_the_one_it_has(stated: bytes) -> None:
    raw = (
        b"Content-Type: multipart/mixed"
        + stated
        + b"\n\n--real\nContent-Type: text/plain\n\nwords\n--real\n"
        b'Content-Type: application/pdf; name="a.pdf"\n\n%PDF-1.4\n--real--\n'
    )
    made = mime.parse(raw)
    assert made.text == "words"
    assert contents(made) == {b"%PDF-1.4"}


def test_eight_bit_letters_in_a_header_are_read() -> None:
    raw = "Subject: Rechnung für Müller\nFrom: Jürgen <j@x.example>\n\nx".encode("latin-1")
    made = mime.parse(raw)
    assert (made.subject, made.from_name) == ("Rechnung für Müller", "Jürgen")


def test_a_link_to_a_portal_is_reported_and_the_firms_own_site_in_the_signature_is_not() -> None:
    made = EmailMessage()
    made.set_content("x")
    made.add_alternative(
        "<p>Documents: <a href='https://we.tl/t-abc'>download here</a></p><p>Best regards,</p>"
        "<p>Amy</p><p><a href='https://www.brightpath.example'>www.brightpath.example</a></p>",
        subtype="html",
    )
    parsed = mime.parse(made.as_bytes())
    assert parsed.links == ("https://we.tl/t-abc",)
    assert parsed.problems == (
        "The mail links to a portal (WeTransfer: we.tl); documents behind it were not fetched.",
    )


def test_a_link_behind_a_mail_filter_is_named_by_its_own_place() -> None:
    wrapped = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Facme.sharepoint.com%2Fx&data=1"
    assert "SharePoint: acme.sharepoint.com" in str(
        mime.parse(mail(text=f"Get it: {wrapped}").as_bytes()).problems
    )


def test_a_link_in_the_quoted_mail_is_not_reported() -> None:
    text = "Thank you.\n\nOn Mon, 2 Nov 2026, Desk <d@x.example> wrote:\n> https://we.tl/t-old\n"
    assert mime.parse(mail(text=text, subject="Re: docs").as_bytes()).links == ()
