from __future__ import annotations

import gzip
import io
import textwrap
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from knowledge.duty import chapter99, measures
from knowledge.duty.chapter99 import NAMES, BadChapter

# A chapter in the layout of the printed one, with goods of our own choice: the sentences between
# which a list stands, columns of numbers, references, and page heads wherever a page ends.
CHAPTER = """\
                   Harmonized Tariff Schedule of the United States Revision 6 (2026)

                                          Annotated for Statistical Reporting Purposes

XXII
99 - III - 31

U.S. Notes

2. (v)   (iii)(a) As provided for in heading 9903.01.32, these goods are spared from 5 April 2025 on,
         by heading 9903.01.25 too:

                   0901.11.00     2709.00.10     8471.30.01     8471.30.01
                   8541.10        9021.90.8100

         (b) As provided in heading 9903.02.78, some articles are spared.

   (x)   (iii)(a) As provided in heading 9903.01.81, goods of Brazil are spared:

                   0801.21.00     8802.40.00

         (b) As provided in heading 9903.01.90, some articles are spared.

  (aa)   (ii) As provided in heading 9903.03.03, these goods are spared:

                   2601.11.00     2709.00.10
                   Harmonized Tariff Schedule of the United States Revision 6 (2026)                 XXII
                                                                                            99 - III - 32
                                          Annotated for Statistical Reporting Purposes

U.S. Notes (con.)

                   3004.90.92

         (iii) As provided in heading 9903.03.04, the articles named here are spared:

                   0810.90.46     a fruit, 20 kg or less

         (iv) As provided in heading 9903.03.05, articles of civil aircraft are spared:

                   8803.30.00     9401.10.80

         (v) As provided in heading 9903.03.06, metals are spared.

20. (g)  All goods under heading 9903.88.04 are the following products of China, but not those of
         subheading 8517.62.00:

                   8517.62.0020   8517.62.0090

         Notwithstanding U.S. note 1, the duty is added.

    (s)  Heading 9903.88.15 applies to (i) goods of 2019, and (ii) the following products of China:

                   6307.90.9870   6307.90

    (t)  For the purposes of heading 9903.88.16, nothing is charged.

16. (a)  Except as provided in headings 9903.85.67 and 9903.85.68, metals pay at most once.

    (c)  [Compiler's note: List continues on subsequent pages. read numbers from left to right.]

         (i) Articles of aluminum:

                   7601           7604           7616.99.5160
                   Harmonized Tariff Schedule of the United States Basic (2026)

                                          Annotated for Statistical Reporting Purposes

XXII
99 - III - 33

U.S. Notes (con.)

                   7606           9903.85.01     7700.10.00

         (ii) Derivative aluminum articles:

                   7610.10.00     7615.10.2015

         (iii) Articles of steel:

                   7206           7301.10.00
                   7304           7306
                   Harmonized Tariff Schedule of the United States Revision 6 (2026)

                                          Annotated for Statistical Reporting Purposes

                                                                                            XXII
                                                                                    99 - III - 34

U.S. Notes (con.)                                7301.20.10     7307.19.90
           (iv) Derivative steel articles:       7614.10.10     7407.21.50
                                   7311.00.00    7408.19.00
           (v) Articles of copper:               7413.00.10     2603.00.00
                                   7216.91.0010

         (vi) Derivative aluminum articles:

                   8418.10.00

         (vii) Derivative steel articles: [Compiler's note: List may begin on a subsequent page.]

                   7321.11.10     8429.51.10

         (viii) Articles of copper:

                   8544.42.90

         (ix) Derivative aluminum articles:

                   8424.89.90

         (x) Derivative steel articles:

                   8207.20.0070   8424.89.90

    (d)  Headings 9903.82.04 and 9903.82.05 apply to articles of the United Kingdom.

19. (a)  This note speaks of aluminum.

    (g)  The rates of duty set forth in heading 9903.85.02 apply to goods of:

                   7601           7609

         Any reference above to a heading names its goods.

    (i)  The rates of duty set forth in heading 9903.85.04 apply to:

                   7614.10.50     8708.29.21

    (j)  The rates of duty set forth in heading 9903.85.07 apply to:

                   7610.10.00

    (k)  The rates of duty in heading 9903.85.08 apply to:

                   8302.41.60

         For any derivative aluminum product the metal is declared.

33. (a)  Except as provided for in headings 9903.94.02 and 9903.94.03, vehicles pay.

    (b)  The rates of duty set forth in headings 9903.94.01 to 9903.94.04 apply to:

                   8703.23.01     8704.21.01

    (c)  Heading 9903.94.02 applies to other vehicles.

    (g)  Subject to a manufacturer adding parts, these are parts:

                   8407.34.48     8708.30.50

    (h)  Heading 9903.94.06 applies to parts of the USMCA.

    (i)  Heading 9903.94.31 is for 100,000 vehicles of the United Kingdom:

                   8703.22.01

         The aggregate annual import is counted.

    (j)  Heading 9903.94.32 is for their parts:

                   8708.40.11

    (k)  Except as provided for in headings 9903.94.02 and 9903.94.41, vehicles of Japan pay 15%.

37. (a)  Heading 9903.76.01 provides for wood.

    (b)  The rates of duty set forth in heading 9903.76.01 apply to:

                   4403.11.00     4407.11.00

    (c)  Heading 9903.76.02 is for seats.

    (d)  The rates of duty set forth in headings 9903.76.02 and 9903.76.20 apply to:

                   9401.61.4011

    (e)  Except for as provided by 9903.76.04, seats pay.

    (f)  Except for as provided by 9903.76.04, cabinets of these numbers pay 25%, 10 of 100:

                   9403.40.9060

    (g)  Heading 9903.76.04 is for the rest.

38. (a)  Except as provided for in headings 9903.74.03 and 9903.74.06, trucks pay.

    (b)  The rate of duty set forth in heading 9903.74.01 applies to:

                   8704.22.51

    (c)  Heading 9903.74.02 applies to buses:

                   8702.10.31

    (d)  Heading 9903.74.03 applies to trucks of the USMCA.

    (i)  The rates of duty set forth in heading 9903.74.08 apply to parts:

                   8708.50.81

    (j)  Heading 9903.74.09 applies to more parts.

39. (a)  Except as provided for in headings 9903.79.02 to 9903.79.09, chips pay.

    (b)  For the purposes of this note these are semiconductor articles:

                   8471.50        8473.30

         To be included within the definition, they must be fast.
"""
LISTS = {
    "ieepa_annex2": ("09011100", "27090010", "84713001", "854110", "9021908100"),
    "ieepa_br_spared": ("08012100", "88024000"),
    "s122_spared": ("26011100", "27090010", "30049092"),
    "s122_articles": ("08109046",),
    "s122_aircraft": ("88033000", "94011080"),
    "not_9903.88.04": ("8517620020", "8517620090"),
    "not_9903.88.15": ("6307909870",),
    "metal_1a_aluminum": ("7601", "7604", "7616995160", "7606"),
    "metal_1a_aluminum_derivative": ("76101000", "7615102015"),
    "metal_1a_steel": ("7206", "73011000", "7304", "7306"),
    "metal_1a_steel_derivative": ("73012010", "73071990", "76141010", "73110000", "7216910010"),
    "metal_1a_copper": ("74072150", "74081900", "74130010"),
    "metal_1b_aluminum_derivative": ("84181000",),
    "metal_1b_steel_derivative": ("73211110", "84295110"),
    "metal_1b_copper": ("85444290",),
    "metal_3_aluminum_derivative": ("84248990",),
    "metal_3_steel_derivative": ("8207200070", "84248990"),
    "old_aluminum": ("7601", "7609"),
    "old_aluminum_derivative_04": ("76141050", "87082921"),
    "old_aluminum_derivative_07": ("76101000",),
    "old_aluminum_derivative_08": ("83024160",),
    "autos": ("87032301", "87042101"),
    "auto_parts": ("84073448", "87083050"),
    "autos_gb": ("87032201",),
    "auto_parts_gb": ("87084011",),
    "lumber": ("44031100", "44071100"),
    "upholstered": ("9401614011",),
    "cabinets": ("9403409060",),
    "trucks": ("87042251",),
    "buses": ("87021031",),
    "truck_parts": ("87085081",),
    "semiconductors": ("847150", "847330"),
}
_PAGE = (612, 792)


def pdf(text: str, *, lines_on_page: int = 60, password: str | None = None) -> bytes:
    """The text as a PDF of several pages; long lines are broken, as a printer would."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=_PAGE, encrypt=password)
    lines = [part for line in text.splitlines() for part in textwrap.wrap(line.strip(), 110)]
    for start in range(0, len(lines), lines_on_page):
        for at, line in enumerate(lines[start : start + lines_on_page]):
            canvas.setFont("Helvetica", 9)
            canvas.drawString(40, 750 - 11 * at, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def test_the_sample_has_every_list_that_we_use() -> None:
    assert set(LISTS) == set(NAMES) == {row[0] for row in measures.scope_rows()}


@pytest.mark.parametrize("name", NAMES)
def test_a_list_is_read_between_its_sentences_and_over_the_page_heads(name: str) -> None:
    assert chapter99.lists(CHAPTER)[name] == LISTS[name]


def test_a_text_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "chapter99.txt"
    path.write_text(CHAPTER, encoding="utf-8")
    assert chapter99.load(path) == LISTS


def test_a_compressed_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / "chapter99.txt.gz"
    path.write_bytes(gzip.compress(CHAPTER.encode()))
    assert chapter99.load(path) == LISTS


def test_the_chapter_is_read_from_its_pdf(tmp_path: Path) -> None:
    path = tmp_path / "chapter99.pdf"
    path.write_bytes(pdf(CHAPTER))
    assert chapter99.load(path) == LISTS


def test_characters_that_are_no_text_do_not_hide_a_list() -> None:
    raw = CHAPTER.encode().replace(b"to 9903.79.09", b"\x969903.79.09")  # a dash of another code
    assert chapter99.parse(raw, name="chapter99.txt") == LISTS


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("(a) As provided for in heading 9903.01.32", "ieepa_annex2"),
        ("(b) As provided in heading 9903.02.78", "ieepa_annex2"),
        ("16. (a)  Except as provided in headings 9903.85.67", "metal_1a_aluminum"),
        ("7301.20.10     7307", "metal_1a_steel"),
        ("39. (a)  Except as provided for in headings 9903.79.02", "semiconductors"),
        ("To be included within the definition", "semiconductors"),
    ],
)
def test_a_chapter_without_a_sentence_is_refused_and_the_list_is_named(
    sentence: str, name: str
) -> None:
    with pytest.raises(BadChapter, match=f"ch.txt: the list “{name}” was not found") as refused:
        chapter99.lists(CHAPTER.replace(sentence, "(…)"), name="ch.txt")
    assert "tell us" in str(refused.value)


def test_a_steel_list_also_ends_where_the_title_of_the_next_is_printed_first() -> None:
    text = CHAPTER.replace("7301.20.10     7307.19.90", "")
    found = chapter99.lists(text)
    assert found["metal_1a_steel"] == LISTS["metal_1a_steel"]
    assert found["metal_1a_steel_derivative"] == ("76141010", "73110000", "7216910010")
    assert found["metal_1a_copper"] == LISTS["metal_1a_copper"]


@pytest.mark.parametrize(
    ("printed", "instead", "name"),
    [
        ("9403.40.9060", "(none)", "cabinets"),
        ("8708.50.81", "9903.74.09", "truck_parts"),
        ("8544.42.90", "9901.00.50", "metal_1b_copper"),
        ("8517.62.0020   8517.62.0090", "8517.62.00", "not_9903.88.04"),
        ("8407.34.48     8708.30.50", "1,8407 8708.30.50% 8407.34.48.1", "auto_parts"),
    ],
)
def test_a_list_without_any_tariff_number_is_refused_by_name(
    printed: str, instead: str, name: str
) -> None:
    with pytest.raises(BadChapter, match=f"ch.txt: the list “{name}” is empty there"):
        chapter99.lists(CHAPTER.replace(printed, instead), name="ch.txt")


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BadChapter, match=r"none\.txt: it cannot be read"):
        chapter99.load(tmp_path / "none.txt")


@pytest.mark.parametrize(
    "raw",
    [
        gzip.compress(CHAPTER.encode())[:-200],
        gzip.compress(CHAPTER.encode())[:200] + b"\0" * 400,
        b"plain text in a file named so",
    ],
    ids=["cut off", "overwritten", "not compressed"],
)
def test_a_damaged_compressed_file_is_refused(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "chapter99.txt.gz"
    path.write_bytes(raw)
    with pytest.raises(BadChapter, match=r"chapter99\.txt\.gz: it cannot be read"):
        chapter99.load(path)


def test_a_file_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chapter99, "MAX_BYTES", 2 << 20)
    path = tmp_path / "bomb.txt.gz"
    path.write_bytes(gzip.compress(b" " * (5 << 20)))
    with pytest.raises(BadChapter, match=r"bomb\.txt\.gz: larger than 2 MB; not one chapter"):
        chapter99.load(path)


@pytest.mark.parametrize(
    "raw",
    [b"%PDF-1.7 and no more", pdf(CHAPTER)[:3000], pdf(CHAPTER, password="secret")],
    ids=["no PDF", "cut off", "with a password"],
)
def test_a_pdf_that_cannot_be_read_is_refused(raw: bytes) -> None:
    with pytest.raises(BadChapter, match=r"^ch\.pdf: "):
        chapter99.parse(raw, name="ch.pdf")


def test_a_pdf_of_too_many_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chapter99, "MAX_PAGES", 3)
    with pytest.raises(BadChapter, match="chapter 99 has about 900"):
        chapter99.parse(pdf("one\ntwo\nthree\nfour", lines_on_page=1), name="ch.pdf")


def test_a_pdf_of_something_else_is_refused() -> None:
    with pytest.raises(BadChapter, match="“ieepa_annex2” was not found"):
        chapter99.parse(pdf("Commercial invoice"), name="ch.pdf")


@given(st.text())
def test_any_text_that_is_not_the_chapter_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadChapter):
        chapter99.lists(text)


@given(st.sampled_from([b"", b"%PDF-1.7\n", b"%PDF", CHAPTER.encode()[:900]]), st.binary())
def test_any_bytes_that_are_not_the_chapter_are_refused_with_a_sentence(
    head: bytes, rest: bytes
) -> None:
    with pytest.raises(BadChapter):
        chapter99.parse(head + rest, name="upload")


@given(st.data())
def test_a_chapter_with_a_piece_torn_out_is_refused_or_has_every_list(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(CHAPTER)))
    length = data.draw(st.integers(0, 80))
    piece = data.draw(st.text(alphabet="0123456789. ()abiv%\n", max_size=12))
    try:
        found = chapter99.lists(CHAPTER[:at] + piece + CHAPTER[at + length :])
    except BadChapter as exc:
        assert "the list “" in str(exc)
        return
    assert tuple(found) == NAMES
    assert all(codes and len(set(codes)) == len(codes) for codes in found.values())


class Publisher(ThreadingHTTPServer):
    """A stand-in for the official address: answers every GET with what it is told."""

    body: bytes = CHAPTER.encode()
    status: int = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.left = threading.Event()  #: set when a client left before the end

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/reststop/file?filename=Chapter+99"


class Answer(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        try:
            self.wfile.write(self.server.body)
        except OSError:  # the client has seen enough
            self.server.left.set()
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_chapter_is_fetched_as_a_text(publisher: Publisher) -> None:
    assert chapter99.fetch(publisher.url) == LISTS


def test_the_chapter_is_fetched_as_a_pdf(publisher: Publisher) -> None:
    publisher.body = pdf(CHAPTER)
    assert chapter99.fetch(publisher.url) == LISTS


def test_an_address_without_the_chapter_is_said_so(publisher: Publisher) -> None:
    publisher.status = 404
    with pytest.raises(BadChapter, match="chapter 99 could not be fetched.*404"):
        chapter99.fetch(publisher.url)


def test_an_empty_answer_is_refused(publisher: Publisher) -> None:
    publisher.body = b""
    with pytest.raises(BadChapter, match="chapter 99: the list “ieepa_annex2” was not found"):
        chapter99.fetch(publisher.url)


def test_a_download_that_does_not_end_is_given_up(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chapter99, "MAX_BYTES", 1 << 20)
    publisher.body = b" " * (32 << 20)
    with pytest.raises(BadChapter, match="larger than 1 MB"):
        chapter99.fetch(publisher.url)
    assert publisher.left.wait(5)


@pytest.mark.parametrize("url", ["http://[", "ftp://127.0.0.1/chapter", "no address"])
def test_what_is_no_address_is_said_so(url: str) -> None:
    with pytest.raises(BadChapter, match="could not be fetched"):
        chapter99.fetch(url)


def test_a_server_that_does_not_answer_is_said_so(publisher: Publisher) -> None:
    with pytest.raises(BadChapter, match="could not be fetched"):
        chapter99.fetch(publisher.url.replace("http:", "https:"))
