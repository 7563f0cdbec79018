"""Taking mails apart, whatever they are."""

from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from ingest import mime
from tests.factories import mail


@given(st.binary(max_size=3000))
def test_any_bytes_are_taken_apart_or_said_to_be_broken(raw: bytes) -> None:
    made = mime.parse(raw)
    assert isinstance(made.text, str)
    assert len(made.digest) == 64


@given(
    st.lists(
        st.sampled_from(
            [
                b"Content-Type: multipart/mixed; boundary=x\n",
                b"\n",
                b"--x\n",
                b"--x--\n",
                b"MIME-Version: 1.0\n",
                b"Content-Transfer-Encoding: base64\n",
                b"Content-Type: message/rfc822\n",
                b"aGVsbG8=\n",
                b'Content-Disposition: attachment; filename="../../e\n',
                b"Content-Type: text/html; charset=nope\n",
            ]
        ),
        max_size=60,
    )
)
def test_any_broken_tree_is_taken_as_far_as_it_goes(lines: list[bytes]) -> None:
    assert mime.parse(b"".join(lines)) is not None


def test_a_deep_tree_ends_at_the_limit() -> None:
    raw = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(60)
    )
    assert "nested too deeply" in str(mime.parse(raw).problems)


def test_names_of_files_cannot_climb() -> None:
    made = mime.parse(mail(("../../etc/passwd", b"x")).as_bytes())
    assert [one.filename for one in made.files] == ["passwd"]


def test_the_digest_does_not_see_what_servers_add() -> None:
    raw = mail(("a.csv", b"1,2")).as_bytes()
    assert mime.parse(b"Received: from somewhere\n" + raw).digest == mime.parse(raw).digest


def test_an_html_mail_is_read_as_its_words() -> None:
    made = EmailMessage()
    made.set_content("<p>B/L&nbsp;No.: ZZZQ1</p><script>alert(1)</script>", subtype="html")
    assert mime.parse(made.as_bytes()).text.replace("\xa0", " ") == "B/L No.: ZZZQ1"


def test_only_the_new_words_of_a_reply_count() -> None:
    text = "Here it is.\n\nOn Monday, Desk wrote:\n> please send B/L No.: OLD123456"
    assert mime.new_words(text) == "Here it is."


def test_a_logo_in_a_signature_is_no_document() -> None:
    made = mail()
    made.add_attachment(b"\x89PNG" + b"0" * 100, maintype="image", subtype="png", cid="<logo>")
    assert mime.parse(made.as_bytes()).files == ()


def test_the_mark_of_our_own_address_is_found_and_nobody_elses() -> None:
    ours = ["intake@tidewaiter.test"]
    found = mime.plus_tokens(["Intake+SHP-1@Tidewaiter.test", "intake+x@evil.example"], ours)
    assert found == ["SHP-1"]
