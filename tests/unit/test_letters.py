"""The mails that we write: in each language, as text and as HTML that say the same."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from email import policy
from email.parser import BytesParser
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

import prompts
from prompts import letter
from storage.mail import OutgoingMail
from workflows.booked.requesting import Wanted
from workflows.digest import Told
from workflows.missing import Missing
from workflows.outgoing import calendar

INTERNAL = ("compliance_match", "compliance_confirmed")  # to our own people: English only
HOLDS = ("hold_alert", "hold_outside")
FINANCE = ("adcvd_finance",)  # to our own people: English only
TRADE = ("pickup", "pickup_withdrawn")  # to US carriers: English only
KINDS = ("acknowledgement", "ask_all", "chase", "question", "question_prepared", "documents_wanted", "release", "release_withdrawn", "digest", "nothing_in_it", "signature")
SUBJECTS = ("thread", "release", "release_withdrawn", "digest", "arrival_day", "last_free_day", "nothing_in_it", "signature")
LACKS = [
    Missing(kind=kind, file="scan.pdf")
    for kind in ("commercial_invoice", "packing_list", "transport_document", "signature", "readable_copy", "open_copy", "other_form", "importer",
                 "export_date", "metal_origin", "other_document", "revised_invoice")
]  # fmt: skip
FACTS = {
    "ref": "SHP-2026-000007", "firm": "Harbor & Pine", "files": ["invoice <1>.pdf", "pl.pdf"], "invoice": "BP-2026-1107",
    "bill": "PGFL2610552", "containers": ["ZZZU3045127", "ZZZU3045132"], "lines": 10, "total": Decimal(74290),
    "currency": "USD", "problems": ["a.pdf arrived empty."], "missing": LACKS, "eta": date(2026, 11, 25),
    "due": date(2026, 12, 10), "number": 2, "most": 3, "question": ["Which material?", "And who made it?"],
    "who": "Dana Whitlock", "entry": "QZ7-1000001-5", "deliver_by": date(2026, 11, 25),
    "boxes": [{"container": "ZZZU3045132", "last_free_day": date(2026, 12, 2)}], "instead": False, "query": 0,
    "last_free_day": date(2026, 12, 1), "importer": "Northgate Retail Inc.", "order": "NR-4471", "vessel": "LOTUS STREAM",
    "day": date(2026, 11, 20), "count": 2, "more": 3, "shipments": [
        Told(ref="SHP-2026-000007", invoice="BP-1", bill=None, entry="QZ7-1", state="held", news=("documents", "held"), missing=1),
        Told(ref="SHP-2026-000008", invoice=None, bill="B", entry=None, state="released", news=("released",), missing=0),
    ],
    "flags": ["The documents disagree: A; B."], "facts": ["1 (bags): Of what is the outside?"],
    "port": "Long Beach, CA", "subject": "Documents", "booking": "FX-354987",
    "wanted": [Wanted(kinds=("bill_of_lading", "arrival_notice"), because="19 CFR 141.11")],
    "terminal": "Pier T", "requirements": ["TWIC card", "appointment"], "available_on": date(2026, 11, 24), "free_days": 4,
    "attached": ["bl.pdf"], "corrects": date(2026, 11, 23), "changes": ["last_free_day", "terminal"], "reason": "The line moved it",
    "released_at": "2026-11-23T10:00:00+00:00", "deliver_to": "Riverside DC", "file": "do.pdf", "hours": "4", "link": "https://x/p/1",
    "signer": "Renee Voss", "stage": "first", "by_mail": True, "asked_on": date(2026, 11, 21), "asked": ["commercial invoice"], "by": "2026-11-22 10:00 UTC",
}  # fmt: skip
MATCH = {
    "firm": "Harbor & Pine", "ref": "SHP-2026-000007", "party": "Acme <Ltd>", "country": "AE", "place": "1 Quay St",
    "roles": ["exporter"], "edition": "CSL 2026-11-21", "who": "Priya", "day": "2026-11-21", "reason": "same address",
    "hits": [{"listed": "ACME", "list_name": "SDN", "programs": "P", "entry_id": "SDN-1", "score": 0.9,
              "threshold": 0.86, "because": "alike", "before": None}],
}  # fmt: skip
both = pytest.mark.parametrize("language", sorted(letter.LANGUAGES))


class Page(HTMLParser):
    """The words and the tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.tags, self.attributes = [], set(), []
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data) -> None:
        self.words += data.split()


@both
@pytest.mark.parametrize("kind", KINDS)
def test_each_letter_says_the_same_as_text_and_as_html(kind: str, language: str) -> None:
    made = letter.write(kind, language=language, **FACTS)
    words = [one for one in made.text.split() if one != "-"]
    shown = Page(made.html).words
    assert [one.rstrip(":") for one in words] == [one.rstrip(":") for one in shown]


@both
@pytest.mark.parametrize("kind", KINDS)
def test_no_letter_loads_anything_from_elsewhere(kind: str, language: str) -> None:
    page = Page(letter.write(kind, language=language, **FACTS).html)
    assert page.tags <= {
        "html",
        "head",
        "meta",
        "body",
        "div",
        "p",
        "br",
        "ul",
        "li",
        "table",
        "tr",
        "td",
    }
    assert {name for name, _ in page.attributes} <= {"style", "lang", "charset", "role"}
    assert not [value for _, value in page.attributes if "url(" in (value or "")]


@pytest.mark.parametrize("language", ["es", "zh"])
@pytest.mark.parametrize("kind", [one for one in KINDS if one != "nothing_in_it"])
def test_a_letter_is_in_the_importers_language(kind: str, language: str) -> None:
    made = letter.write(kind, language=language, **FACTS)
    assert made.language == language
    assert made.text != letter.write(kind, language="en", **FACTS).text
    assert f'lang="{language}"' in made.html


def test_where_a_language_has_no_template_the_letter_is_english() -> None:
    assert letter.write("nothing_in_it", language="zh", **FACTS).language == "en"
    assert letter.write("chase", language="xx", **FACTS).language == "en"


@pytest.mark.parametrize(
    ("language", "day", "amount"),
    [
        ("en", "November 25, 2026", "USD 74,290.00"),
        ("es", "25 de noviembre de 2026", "USD 74,290.00"),
        ("zh", "2026年11月25日", "USD 74,290.00"),
    ],
)
def test_dates_and_amounts_are_written_for_reading(language: str, day: str, amount: str) -> None:
    assert day in letter.write("release", language=language, **FACTS).text
    assert amount in letter.write("acknowledgement", language=language, **FACTS).text


@both
@pytest.mark.parametrize("kind", KINDS)
def test_a_fact_that_is_not_given_is_an_error_and_no_blank(kind: str, language: str) -> None:
    with pytest.raises(UndefinedError):
        letter.write(kind, language=language)


@both
def test_every_thing_that_can_be_missing_has_its_sentence(language: str) -> None:
    made = letter.write("chase", language=language, **FACTS)
    assert len([one for one in made.text.splitlines() if one.startswith("- ")]) == len(LACKS)
    assert made.text.count("scan.pdf") == 7


@pytest.mark.parametrize("kind", INTERNAL)
def test_a_letter_to_compliance_names_both_parties_and_the_entry(kind: str) -> None:
    made = letter.write(kind, language="en", **MATCH)
    assert all(one in made.text for one in ("Acme <Ltd>", "ACME", "SDN-1", "SHP-2026-000007"))
    assert "Acme &lt;Ltd&gt;" in made.html
    assert "SHP-2026-000007" in letter.subject(kind, language="en", **MATCH)


@pytest.mark.parametrize("who", ["broker", "finance", "warehouse", "drayage"])
@pytest.mark.parametrize("few", [False, True])
@pytest.mark.parametrize("kind", HOLDS)
def test_a_holds_letter_says_what_to_do_and_outsiders_hear_no_values(
    kind: str, who: str, few: bool
) -> None:
    facts = {
        **FACTS, "who": who, "few": few, "needs": "Send it.", "code": "5H", "kind": "x", "reason": "why", "placed": "today",
        "unconfirmed": 0, "respond_by": None, "because": "please ask", "inner": "soon", "total": "USD 7000.00", "link": "https://x",
        "lines": ["1: 6109.10.00 T-shirts, 100 USD"], "exam": "x-ray", "packages": "12", "weight": "900", "broker": "Dana",
    }  # fmt: skip
    made = letter.write(kind, language="en", **facts)
    assert made.text
    assert letter.subject(kind, language="en", **facts)
    if kind == "hold_outside":
        assert not re.search(r"7000|6109|Northgate", made.text)
    else:
        assert ("Confidential" in made.text) is few


@pytest.mark.parametrize("decided", ["", "03, by Dana Whitlock (licence 99001)"])
def test_finance_hears_both_totals_and_no_guessed_rate(decided: str) -> None:
    facts = {
        **FACTS, "decided": decided, "cases": "A-570-979", "value": "USD 233,750.00", "regular": "USD 943.69",
        "deposit": "not available", "in_scope": "not available", "fees": "MPF USD 651.50", "bond": "none on record",
        "rows": ["Line 1, A-570-979: not available: no rate from a dated message"],
    }  # fmt: skip
    made = letter.write("adcvd_finance", language="en", **facts)
    assert "none is guessed" in made.text
    assert ("Nothing is filed until" in made.text) is not bool(decided)
    assert ("to be decided" in letter.subject("adcvd_finance", language="en", **facts)) is not bool(decided)


def test_every_template_of_a_mail_is_covered_here() -> None:
    there = {Path(one).name for one in prompts.names() if one.startswith("email/")}
    assert there == {
        *KINDS, *INTERNAL, *HOLDS, *FINANCE, *TRADE, "missing", "letter_html",
        *(f"{one}_subject" for one in (*SUBJECTS, *INTERNAL, *HOLDS, *FINANCE, *TRADE)),
    }  # fmt: skip


nasty = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("\r\n\t\0:<>&\"'{}%- ;,\\.")), st.characters(exclude_categories=())
    ),
    max_size=400,
)


@settings(max_examples=100)
@given(kind=st.sampled_from(KINDS), language=st.sampled_from(sorted(letter.LANGUAGES)), words=nasty)
def test_whatever_people_wrote_no_header_starts_and_no_line_is_too_long(
    kind: str, language: str, words: str
) -> None:
    facts = {
        **FACTS,
        **dict.fromkeys(
            ("ref", "firm", "invoice", "bill", "currency", "who", "entry", "importer", "order", "vessel", "port", "subject"),
            words,
        ),
        **{name: [words, words * 4] for name in ("files", "containers", "problems", "question")},
    }  # fmt: skip
    made = letter.write(kind, language=language, **facts)
    subject = letter.subject(kind if kind in SUBJECTS else "thread", language=language, **facts)
    mail = OutgoingMail(
        key="k",
        to=("dc@x.example",),
        subject=subject,
        text=made.text,
        html=made.html,
        calendar=calendar.published(
            [calendar.Day(uid=words, on=date(2026, 1, 1), title=words, details=words)],
            at=datetime(2026, 1, 1, tzinfo=UTC),
        ),
        reply_to="intake+SHP-2026-000007@x.example",
        in_reply_to=words,
        references=(words, "<a@b.example>"),
    )
    raw = mail.on_the_wire(sender="Desk <desk@x.example>", at=datetime(2026, 1, 1, tzinfo=UTC))
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    head = raw.split(b"\r\n\r\n")[0]
    names = {one.partition(b":")[0].decode() for one in re.split(rb"\r\n(?![ \t])", head)}
    assert names <= {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Reply-To", "In-Reply-To", "References",
        "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    }  # fmt: skip
    read = BytesParser(policy=policy.default).parsebytes(raw)
    kinds = [one.get_content_type() for one in read.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    tags = Page(read.get_body(("html",)).get_content()).tags
    assert tags <= {
        "html",
        "head",
        "meta",
        "body",
        "div",
        "p",
        "br",
        "ul",
        "li",
        "table",
        "tr",
        "td",
    }


@settings(max_examples=30)
@given(words=nasty)
def test_a_calendar_entry_stays_one_entry_with_short_lines(words: str) -> None:
    made = calendar.published(
        [calendar.Day(uid="u", on=date(2026, 12, 31), title=words, details=words)],
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert made.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert made.count("BEGIN:VEVENT\r\n") == 1
    assert "DTSTART;VALUE=DATE:20261231\r\nDTEND;VALUE=DATE:20270101\r\n" in made
    assert max(len(one.encode(errors="replace")) for one in made.split("\r\n")) <= 75
