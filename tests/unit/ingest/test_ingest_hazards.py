"""Files that nobody shall open, and files that only look odd."""

import io
import socket
import struct
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import hazards
from ingest.clamd import Clamd, Unreachable
from ingest.door import Door
from tests.factories import invoice_csv

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def locked(data: bytes) -> bytes:
    """The ZIP with the mark of encryption on its first member."""
    made = bytearray(data)
    made[6] |= 1
    at = made.find(b"PK\x01\x02")
    made[at + 8] |= 1
    return bytes(made)


XLSX = (("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>"))
DEEP = zipped(("b.zip", zipped(("c.zip", zipped(("d.txt", b"x"))))))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("invoice.pdf", b"MZ\x90\0" + b"\0" * 60, "is a program"),
        ("invoice.pdf", b"\x7fELF" + b"\0" * 60, "is a program"),
        ("invoice.pdf.exe", b"anything", "is a program"),
        ("Invoice.SCR ", b"anything", "is a program"),
        ("run.txt", b"#!/bin/sh\nrm -rf /", "is a script"),
        ("invoice.js", b"var a=1", "is a script"),
        ("invoice.lnk", b"x", "is a script or a shortcut"),
        ("invoice.doc", b"L\0\0\0\x01\x14\x02\0" + b"\0" * 60, "is a shortcut"),
        ("book.xlsm", b"x", "can carry macros"),
        ("book.xlsx", zipped(*XLSX, ("xl/vbaProject.bin", b"x")), "contains macros"),
        ("book.xlsx", zipped(*XLSX, ("xl/macrosheets/sheet1.xml", b"x")), "contains macros"),
        ("book.xls", OLE + "_VBA_PROJECT_CUR".encode("utf-16-le"), "contains macros"),
        ("book.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "is protected by a password"),
        (
            "book.xls",
            OLE + b"\x09\x08\x10\0" + b"\0" * 16 + b"\x2f\0\x06\0" + b"\0" * 6,
            "is protected by a password",
        ),
        ("text.doc", OLE + b"\xec\xa5" + b"\0" * 9 + b"\x01" + b"\0" * 500, "by a password"),
        ("docs.zip", locked(zipped(("a.pdf", b"x"))), "is protected by a password"),
        ("docs.zip", zipped(("a.pdf", b"x"), ("b/run.exe", b"x")), "contains run.exe, which is a"),
        ("docs.zip", zipped(("a.pdf", b"MZ" + b"\0" * 80)), "contains a.pdf, which is a program"),
        ("docs.zip", zipped(("in.zip", zipped(("x.js", b"1")))), "contains x.js"),
        ("docs.zip", zipped(("a.zip", DEEP)), "too deep"),
        ("docs.zip", zipped(("a.rar", b"Rar!\x1a\x07\x01")), "cannot be looked into"),
        ("docs.rar", b"Rar!\x1a\x07\x01\0", "cannot be looked into"),
        ("disk.iso", b"x", "is a disk image"),
        ("scan.pdf", b"\0" * 0x8001 + b"CD001" + b"\0" * 10, "is a disk image"),
        ("page.html", b"<html><ScRiPt>x</script>", "runs something"),
        ("page.htm", b"<img src=x onerror = go()>", "runs something"),
        ("page.html", "<script>".encode("utf-16"), "runs something"),
        ("logo.svg", b"<svg><script>x</script></svg>", "runs something"),
        ("invoice.rtf", b"{\\rtf1 {\\object\\objdata 0105}}", "carries another file"),
    ],
)
def test_what_could_do_harm_is_named_with_the_reason(name: str, data: bytes, words: str) -> None:
    reason = hazards.danger(name, data)
    assert reason is not None
    assert words in reason
    assert reason.startswith(name)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("invoice.pdf", b"%PDF-1.4 x"),
        ("invoice.csv", invoice_csv()),
        ("codes.csv", b"MZ-4471,10,PCS"),
        ("book.xlsx", zipped(*XLSX)),
        ("old.xls", OLE + b"\x09\x08\x10\0" + b"\0" * 60),
        ("docs.zip", zipped(("a.pdf", b"x"), ("more.zip", zipped(("b.pdf", b"x"))))),
        ("page.html", b"<html><body><p>Online on time = good</p></body></html>"),
        ("einvoice.xml", b"<?xml version='1.0'?><Invoice><object/></Invoice>"),
        ("letter.rtf", b"{\\rtf1 plain}"),
        ("empty", b""),
    ],
)
def test_a_usual_document_is_let_through(name: str, data: bytes) -> None:
    assert hazards.danger(name, data) is None


@settings(max_examples=200, deadline=2000)
@given(
    name=st.text(max_size=20),
    head=st.sampled_from([b"", OLE, b"PK\x03\x04", zipped(("a", b"b")), b"{\\rtf", b"<html "]),
    tail=st.binary(max_size=300),
)
def test_whatever_a_file_is_it_is_judged_without_a_fault(
    name: str, head: bytes, tail: bytes
) -> None:
    assert isinstance(hazards.danger(name, head + tail), str | None)


def test_a_page_made_to_keep_us_busy_is_soon_judged() -> None:
    began = time.monotonic()
    hazards.danger("page.html", b"<a " * 700_000)
    hazards.danger("page.html", b"< on" * 500_000)
    assert time.monotonic() - began < 30  # what grows with the square of it takes hours


class Scanner:
    """A stand-in for clamd that really speaks INSTREAM; it knows one harmful word."""

    def __init__(self, listening: socket.socket, *, says: bytes | None = None) -> None:
        self._listening, self._says = listening, says
        self.seen: list[bytes] = []
        listening.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(2)
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            with line, line.makefile("rwb") as stream:
                assert stream.read(10) == b"zINSTREAM\0"
                data = b""
                while size := struct.unpack("!L", stream.read(4))[0]:
                    data += stream.read(size)
                self.seen.append(data)
                found = b"stream: Eicar-Test FOUND\0" if b"EICAR" in data else b"stream: OK\0"
                stream.write(found if self._says is None else self._says)


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    yield made
    made.close()


def test_the_scanner_gets_every_byte_and_its_finding_is_told(listening: socket.socket) -> None:
    scanner = Scanner(listening)
    door = Door(scanner=Clamd(f"127.0.0.1:{listening.getsockname()[1]}"))
    big = b"x" * 700_000
    assert door.held("invoice.csv", big) is None
    held = door.held("invoice.csv", b"EICAR")
    scanner.close()
    assert held is not None
    assert held.words == "invoice.csv carries Eicar-Test: it is held and was not opened."
    assert scanner.seen == [big, b"EICAR"]


def test_the_scanner_may_listen_on_a_unix_socket(tmp_path: Path) -> None:
    place = str(tmp_path / "clamd.sock")
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(place)
    scanner = Scanner(unix)
    assert Clamd(place).scan(b"EICAR") == "Eicar-Test"
    scanner.close()


@pytest.mark.parametrize("says", [b"", b"INSTREAM size limit exceeded. ERROR\0", b"nonsense\0"])
def test_an_answer_that_is_no_clear_ok_is_not_taken_for_one(
    listening: socket.socket, says: bytes
) -> None:
    scanner = Scanner(listening, says=says)
    with pytest.raises(Unreachable):
        Clamd(f"127.0.0.1:{listening.getsockname()[1]}").scan(b"x")
    scanner.close()


def test_a_file_is_held_when_the_scanner_is_not_there(listening: socket.socket) -> None:
    door = Door(scanner=Clamd(f"127.0.0.1:{listening.getsockname()[1]}"))
    held = door.held("invoice.csv", b"x")
    assert held is not None
    assert "the scanner does not answer" in held.words


def test_a_scanner_that_never_answers_is_not_waited_for_long(listening: socket.socket) -> None:
    listening.listen()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        Clamd(f"127.0.0.1:{listening.getsockname()[1]}", seconds=0.3).scan(b"x")
    assert time.monotonic() - began < 2
