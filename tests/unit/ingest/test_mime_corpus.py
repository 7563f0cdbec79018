"""Three hundred mails from seeds: none raises, none is slow, no attached byte is lost."""

import hashlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import mime
from tests import corpus_mails


@pytest.mark.parametrize("start", range(0, 300, 50))
def test_no_mail_of_the_corpus_raises_or_loses_a_byte_that_was_attached(start: int) -> None:
    lost = []
    for made in corpus_mails.corpus(50, start=start):
        began = time.monotonic()
        parsed = mime.parse(made.raw)
        there = {file.sha256 for file in parsed.files}
        wanted = (
            {hashlib.sha256(data).hexdigest() for data in made.payloads} if made.whole else set()
        )
        if parsed.broken or not wanted <= there or time.monotonic() - began > 5:
            lost.append((made.seed, made.shape, parsed.problems))
    assert lost == []


@given(st.integers(0, 10**6), st.binary(max_size=20), st.floats(0, 1))
@settings(max_examples=60)
def test_a_mail_that_is_damaged_anywhere_is_still_taken_apart(
    seed: int, noise: bytes, where: float
) -> None:
    raw = corpus_mails.make(seed).raw
    at = int(len(raw) * where)
    made = mime.parse(raw[:at] + noise + raw[at + len(noise) :])
    assert len(made.digest) == 64
    assert all(file.data and file.filename for file in made.files)


def test_the_same_mail_gives_the_same_digest_each_time() -> None:
    raw = corpus_mails.make(7).raw
    assert mime.parse(raw).digest == mime.parse(raw).digest


@pytest.mark.parametrize(
    "raw",
    [
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(300)
        )
        + b"a\n" * 50_000,
        b"Content-Type: message/rfc822\n\n" * 900 + b"a\n" * 50_000,
        b"From: " + b"a@b, " * 50_000 + b"\nTo: " + b"(" * 50_000 + b"\n\nx",
        b"Content-Type: multipart/mixed; boundary*0=x; " + b"x*1*=a; " * 50_000 + b"\n\nx",
        b"Subject: " + b"=?utf-8?q?a?= " * 50_000 + b"\n\nx",
        b"Content-Type: text/html\n\n" + b"<" * 500_000,
        b"Content-Type: text/html\n\n" + b"<!--" * 100_000,
        b"Content-Type: text/html\n\n" + b"<div>" * 100_000,
        b"Content-Type: text/plain\n\n" + b"On 1 " * 40_000 + b"\n" + b">" * 100_000,
        b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\na\n" * 50_000,
    ],
    ids=[
        "levels",
        "mails",
        "people",
        "params",
        "words",
        "signs",
        "comments",
        "divs",
        "quotes",
        "parts",
    ],
)
def test_a_mail_made_to_be_slow_is_not(raw: bytes) -> None:
    began = time.process_time()
    mime.parse(raw)
    assert time.process_time() - began < 5
