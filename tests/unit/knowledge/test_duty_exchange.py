from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.duty import rate_files
from knowledge.duty.exchange import BadRates, Converted, Quote, Rates, Unknown
from storage.values import Money

HEAD = "kind,currency,on,usd_per_unit,source\n"

# Our own figures in the layout of the H.10 package: Friday 1 May 2026 to Monday 11 May, and the
# turn of the quarter; Memorial Day (25 May) has no rate.
H10 = b"""\
"Series Description","SPOT EXCHANGE RATE - EURO AREA","UNITED KINGDOM, US$/POUND","JAPAN","KOREA","VENEZUELA","BROAD INDEX"
"Unit:","Currency:_Per_EUR","Currency:_Per_GBP","Currency:_Per_USD","Currency:_Per_USD","Currency:_Per_USD","Index:_Jan_2006=100"
"Multiplier:","1","1","1","1","1","1"
"Currency:","USD","USD","JPY","KRW","VEB","NA"
"Unique Identifier: ","H10/H10/RXI$US_N.B.EU","H10/H10/RXI$US_N.B.UK","H10/H10/RXI_N.B.JA","H10/H10/RXI_N.B.KO","H10/H10/RXI_N.B.VE","H10/H10/JRXWTFB_N.B"
"Time Period","RXI$US_N.B.EU","RXI$US_N.B.UK","RXI_N.B.JA","RXI_N.B.KO","RXI_N.B.VE","JRXWTFB_N.B"
2026-04-01,1.1000,1.3000,160.0000,1400.0000,ND,120.1
2026-04-02,1.1010,1.3010,160.1000,1401.0000,ND,120.2
2026-05-01,1.1200,1.3100,150.0000,1410.0000,ND,120.3
2026-05-04,1.1550,1.3644,152.0000,1420.0000,ND,120.4
2026-05-22,1.1400,1.3200,155.0000,1425.0000,ND,120.5
2026-05-25,ND,ND,ND,ND,ND,ND
2026-05-26,1.1450,1.3210,156.0000,1430.0000,ND,120.6
"""


def table(*rows: str) -> Rates:
    return Rates.of(rate_files.parse((HEAD + "\n".join(rows)).encode()))


def h10() -> Rates:
    return Rates.of(rate_files.parse_h10(H10))


def convert(rates: Rates, amount: str, currency: str, on: str) -> Converted:
    money = Money(amount=Decimal(amount), currency=currency)
    made = rates.convert(money, exported=date.fromisoformat(on))
    assert isinstance(made, Converted)
    return made


def needs(rates: Rates, currency: str, on: date) -> str:
    made = rates.convert(Money(amount=Decimal(1), currency=currency), exported=on)
    assert isinstance(made, Unknown)
    return made.needs


def test_dollars_are_not_converted() -> None:
    made = convert(Rates.of([]), "12.345", "USD", "2026-05-04")
    assert (made.amount, made.rate) == (Decimal("12.345"), Decimal(1))
    assert str(made.usd.amount) == "12.35"
    assert made.rule == "US dollars, nothing to convert"


@pytest.mark.parametrize(
    ("daily", "rate", "rule"),
    [
        ("1.049999", "1.000000", "quarterly certified, Q2 2026"),
        ("1.050000", "1.050000", "daily certified 2026-05-04, differs 5.0% from quarterly"),
        ("0.950001", "1.000000", "quarterly certified, Q2 2026"),
        ("0.950000", "0.950000", "daily certified 2026-05-04, differs 5.0% from quarterly"),
        ("1.061000", "1.061000", "daily certified 2026-05-04, differs 6.1% from quarterly"),
    ],
)
def test_the_quarterly_rate_stands_until_the_daily_one_differs_by_five_per_cent(
    daily: str, rate: str, rule: str
) -> None:
    rates = table(
        "quarterly,EUR,2026-Q2,1.000000,bulletin 15", f"daily,EUR,2026-05-04,{daily},bulletin 20"
    )
    made = convert(rates, "1000", "EUR", "2026-05-04")
    assert made.rate == Decimal(rate)
    assert made.rule == rule
    assert made.usd == Money(amount=Decimal(rate) * 1000, currency="USD")


@pytest.mark.parametrize(
    ("daily", "noted"), [("1.0512", True), ("0.9510", True), ("1.02", False), ("1.09", False)]
)
def test_a_difference_that_hangs_on_the_divisor_is_pointed_out(daily: str, noted: bool) -> None:
    rates = table("quarterly,EUR,2026-Q2,1.0,bulletin", f"daily,EUR,2026-05-04,{daily},bulletin")
    note = convert(rates, "1", "EUR", "2026-05-04").note
    assert (note is not None and "5% line" in note) is noted


def test_a_currency_that_is_not_listed_takes_the_daily_rate() -> None:
    made = convert(h10(), "1420000", "KRW", "2026-05-04")
    assert made.rule == "daily certified 2026-05-04"
    assert str(made.usd.amount) == "1000.00"


@pytest.mark.parametrize(
    ("exported", "used"),
    [("2026-05-02", "2026-05-01"), ("2026-05-03", "2026-05-01"), ("2026-05-25", "2026-05-22")],
)
def test_a_weekend_or_a_holiday_takes_the_business_day_before(exported: str, used: str) -> None:
    assert convert(h10(), "1", "KRW", exported).rule == f"daily certified {used}"


def test_a_business_day_that_is_not_in_the_table_is_unknown() -> None:
    assert needs(h10(), "KRW", date(2026, 5, 5)) == (
        "the certified rate of KRW for 2026-05-05: run `tidewaiter rates sync` or give a file"
    )


def test_a_day_after_the_end_of_the_table_is_unknown() -> None:
    assert "EUR for 2026-09-01" in needs(h10(), "EUR", date(2026, 9, 1))


@pytest.mark.parametrize("day", [date.min, date(1970, 12, 31), date(2100, 1, 1), date.max])
def test_a_date_that_no_table_covers_is_unknown(day: date) -> None:
    assert "the certified rate of EUR" in needs(h10(), "EUR", day)


def test_a_currency_that_has_had_no_rate_for_long_is_unknown() -> None:
    days = [date(2026, 5, 4) + timedelta(days=one) for one in range(20)]
    rates = table(*(f"daily,KRW,{day},{'0.0007' if day == days[0] else 'ND'},bank" for day in days))
    assert "KRW" in needs(rates, "KRW", days[-1])
    assert convert(rates, "1", "KRW", str(days[5])).rule == "daily certified 2026-05-04"


def test_the_quarterly_rate_is_derived_from_the_first_day_of_the_quarter_with_a_rate() -> None:
    made = convert(h10(), "1000", "EUR", "2026-05-01")
    assert made.rate == Decimal("1.1000")
    assert made.rule == "quarterly certified, Q2 2026"
    assert made.source.startswith("derived as the first daily rate of Q2 2026 (2026-04-01")
    assert "H.10" in made.source


def test_on_new_year_the_quarter_begins_with_the_first_rate_after_it() -> None:
    rates = table("daily,EUR,2025-12-31,1.20,bank", "daily,EUR,2026-01-02,1.21,bank")
    made = convert(rates, "1", "EUR", "2026-01-01")
    assert made.rate == Decimal("1.21")
    assert "(2026-01-02;" in made.source


def test_a_quarter_whose_first_day_is_missing_has_no_quarterly_rate() -> None:
    rates = table("daily,EUR,2026-05-04,1.20,bank")
    assert needs(rates, "EUR", date(2026, 5, 4)).startswith(
        "the certified quarterly rate of EUR for Q2 2026"
    )


def test_without_the_daily_rate_the_quarterly_one_cannot_be_trusted() -> None:
    rates = table("quarterly,EUR,2026-Q2,1.10,bulletin")
    assert needs(rates, "EUR", date(2026, 5, 4)).startswith(
        "the certified rate of EUR for 2026-05-04"
    )


def test_a_quarterly_row_without_a_rate_leaves_the_derived_one() -> None:
    rates = table("quarterly,EUR,2026-Q2,ND,bulletin").over(h10())
    assert convert(rates, "1", "EUR", "2026-05-01").source.startswith("derived")


def test_a_bulletin_counts_over_the_federal_reserves_rates() -> None:
    rates = table("quarterly,EUR,2026-Q2,1.1100,bulletin 15").over(h10())
    made = convert(rates, "1", "EUR", "2026-05-01")
    assert (made.rate, made.source) == (Decimal("1.1100"), "bulletin 15")


def test_both_directions_of_h10_are_dollars_for_a_unit() -> None:
    assert convert(h10(), "100", "GBP", "2026-05-01").usd.amount == Decimal("130.00")
    yen = convert(h10(), "160000", "JPY", "2026-05-04")
    assert yen.rule == "daily certified 2026-05-04, differs 5.3% from quarterly"
    assert yen.usd.amount == Decimal("1052.63")
    assert yen.amount.quantize(Decimal("0.00001")) == Decimal("1052.63158")


def test_h10_stands_in_and_says_so() -> None:
    assert {quote.source for quote in rate_files.parse_h10(H10)} == {
        "Federal Reserve H.10 noon buying rate, standing in for the certified daily rate"
    }


def test_indexes_and_dead_currencies_of_h10_are_left_out() -> None:
    quotes = rate_files.parse_h10(H10)
    assert {quote.currency for quote in quotes} == {"EUR", "GBP", "JPY", "KRW"}
    assert len(quotes) == 28


def test_h10_without_a_direction_in_its_unit_goes_by_the_name_of_the_series() -> None:
    data = (
        b'"Unit:","Currency","Currency"\n"Multiplier:","1","100"\n"Currency:","EUR","JPY"\n'
        b'"Time Period","RXI$US_N.B.EU","RXI_N.B.JA"\n2026-05-04,1.25,1.6\n'
    )
    assert [(one.currency, one.usd_per_unit) for one in rate_files.parse_h10(data)] == [
        ("EUR", Decimal("1.25")),
        ("JPY", Decimal("0.00625")),
    ]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'"Unit:"', b'"Units:"', "head of this file"),
        (b'"Time Period"', b'"Day"', "head of this file"),
        (b',"VEB","NA"', b',"VEB"', "head of this file"),
        (b'"Multiplier:","1"', b'"Multiplier:","0"', "Row 3"),
        (b'"Multiplier:","1"', b'"Multiplier:","NA"', "multiplier of RXI.US_N.B.EU"),
        (
            b'"Time Period","RXI$US_N.B.EU"',
            b'"Time Period","RXI_N.B.EU"',
            "unit or multiplier of RXI_N.B.EU",
        ),
        (b"2026-05-04,1.1550", b"2026-05-04,-1.1550", "Row 10: “-1.1550”"),
        (b"2026-05-04,1.1550", b"2026-05-04,0.0000", "Row 10"),
        (b"2026-05-04,1.1550", b"2026-05-04,", "Row 10"),
        (b"2026-05-04,1.1550", b"2026-05-04,1.1550,1", "Row 10 has 8 cells"),
        (b"2026-05-04", b"05/04/2026", "Row 10: “05/04/2026” is no date"),
        (b"2026-05-04", b"2026-02-30", "Row 10"),
        (b"2026-05-04", b"1826-05-04", "Row 10"),
        (b"2026-05-04", b"2026-05-01", "stands twice"),
        (b"BROAD INDEX", b"\xff", "UTF-8"),
        (b'"KOREA"', b'"KOR"EA"', "not CSV"),
    ],
)
def test_an_h10_download_that_is_not_right_says_where(old: bytes, new: bytes, reason: str) -> None:
    assert old in H10
    changed = H10.replace(old, new, 1)
    with pytest.raises(BadRates, match=reason):
        Rates.of(rate_files.parse_h10(changed))


@pytest.mark.parametrize(
    ("old", "new", "dropped"),
    [
        (b'"Currency:_Per_EUR"', b'"Currency:_Per_USD"', "EUR"),  # dollars for a dollar
        (b'"Currency:","USD"', b'"Currency:","CHF"', "EUR"),  # francs for a euro
        (b'"Currency:_Per_USD"', b'"Currency:_Per_EUR"', "JPY"),  # yen for a euro
        (b'"Currency:_Per_USD"', b'"Percent"', "JPY"),
    ],
)
def test_a_series_that_is_no_rate_against_the_dollar_is_left_out(
    old: bytes, new: bytes, dropped: str
) -> None:
    quotes = rate_files.parse_h10(H10.replace(old, new, 1))
    assert {one.currency for one in quotes} == {"EUR", "GBP", "JPY", "KRW"} - {dropped}


def test_a_series_whose_unit_and_name_run_in_different_ways_is_refused() -> None:
    data = H10.replace(b'"Currency:","USD"', b'"Currency:","EUR"').replace(b"Per_EUR", b"Per_USD")
    with pytest.raises(BadRates, match="RXI.US_N.B.EU is not its own"):
        rate_files.parse_h10(data)


def test_a_download_without_any_rate_against_the_dollar_is_refused() -> None:
    data = (
        b'"Unit:","Index"\n"Multiplier:","1"\n"Currency:","NA"\n"Time Period","JRX"\n2026-05-04,1\n'
    )
    with pytest.raises(BadRates, match="Choose H.10 rates"):
        rate_files.parse_h10(data)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("kind,currency,day,rate,source\n", "Name the columns so"),
        (HEAD + "weekly,EUR,2026-05-04,1.1,bank", "Row 2: the kind “weekly”"),
        (HEAD + "daily,EUX,2026-05-04,1.1,bank", "Row 2: “EUX”"),
        (HEAD + "daily,USD,2026-05-04,1.1,bank", "Row 2: “USD”"),
        (HEAD + "quarterly,KRW,2026-Q2,0.0007,bank", "KRW has no quarterly rate"),
        (HEAD + "quarterly,EUR,2026-Q5,1.1,bank", "Row 2: “2026-Q5” is no quarter"),
        (HEAD + "quarterly,EUR,0026-Q1,1.1,bank", "is no quarter"),
        (HEAD + "daily,EUR,20260504,1.1,bank", "is no date"),
        (HEAD + "daily,EUR,2026-05-04,NaN,bank", "“NaN” is no rate"),
        (HEAD + "daily,EUR,2026-05-04,1e5,bank", "“1e5” is no rate"),
        (HEAD + "daily,EUR,2026-05-04,1.1,", "Fill in the source"),
        (HEAD + "daily,EUR,2026-05-04,1.1", "Row 2 has 4 cells"),
        (
            HEAD + "daily,EUR,2026-05-04,1.1,a\ndaily,EUR,2026-05-04,1.2,b",
            "stands twice, as 1.1 and as 1.2",
        ),
        (HEAD + "daily,EUR,2026-05-04,1.1,a\ndaily,EUR,2026-05-04,ND,b", "as 1.1 and as ND"),
        ("", "head of this file"),
        ("\n" * (rate_files.MAX_ROWS + 1) + "x", "more than 400000 rows"),
        (("x" * 60 + "\n") * (rate_files.MAX_ROWS + 1), "more than 400000 rows"),
        (" " * (rate_files.MAX_BYTES + 1), "larger than a table"),
    ],
    ids=lambda one: one[:40],
)
def test_a_local_table_that_is_not_right_says_where(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "rates.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadRates, match=reason):
        rate_files.load(path)


def test_a_table_can_say_the_same_rate_twice() -> None:
    assert len(table("daily,EUR,2026-05-04,1.1,a", "daily,EUR,2026-05-04,1.10,b").quotes) == 1


def test_a_local_table_and_a_kept_download_are_both_loaded(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.csv", tmp_path / "theirs.csv"
    ours.write_text("﻿" + HEAD + "daily,TRY,2026-05-04,0.02,bank\n\n", encoding="utf-8")
    theirs.write_bytes(H10)
    assert convert(rate_files.load(ours), "50", "TRY", "2026-05-04").usd.amount == Decimal("1.00")
    assert rate_files.load(theirs) == h10()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRates, match="gone.csv cannot be read"):
        rate_files.load(tmp_path / "gone.csv")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_rates_or_a_clear_refusal(data: bytes) -> None:
    with pytest.raises(BadRates):
        rate_files.parse(data)


CELLS = st.sampled_from(
    [
        "daily",
        "quarterly",
        "EUR",
        "KRW",
        "2026-05-04",
        "2026-Q2",
        "1.1",
        "ND",
        "9999999.5",
        "",
        '"',
        "bank",
        "9999-12-31",
        "٣",
    ]
)


@given(st.lists(st.lists(CELLS, max_size=6), max_size=6), st.dates())
def test_any_row_of_our_table_is_a_rate_or_a_clear_refusal(
    rows: list[list[str]], day: date
) -> None:
    try:
        rates = Rates.of(rate_files.parse((HEAD + "\n".join(map(",".join, rows))).encode()))
    except BadRates as exc:
        assert str(exc)
        return
    for currency in ("EUR", "KRW"):
        assert rates.convert(Money(amount=Decimal(10) ** 9, currency=currency), exported=day)


@given(st.data())
def test_any_damage_to_an_h10_download_is_a_rate_or_a_clear_refusal(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(H10) - 1))
    piece = data.draw(st.binary(max_size=4))
    length = data.draw(st.integers(0, 40))
    try:
        quotes = rate_files.parse(H10[:at] + piece + H10[at + length :])
    except BadRates as exc:
        assert str(exc)
        return
    assert all(isinstance(one, Quote) for one in quotes)
    assert all(one.usd_per_unit is None or one.usd_per_unit > 0 for one in quotes)


class Bank(ThreadingHTTPServer):
    """A stand-in for the data download: answers every GET with what it is told."""

    body: bytes = H10
    status: int = 200
    length: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/datadownload/Output.aspx?rel=H10"


class Answer(BaseHTTPRequestHandler):
    server: Bank

    def do_GET(self) -> None:
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(self.server.length or len(self.server.body)))
        self.end_headers()
        try:
            self.wfile.write(self.server.body)
        except OSError:  # the client has seen enough
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def bank() -> Iterator[Bank]:
    with Bank(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_synced_rates_are_in_force_and_kept_as_they_came(bank: Bank, tmp_path: Path) -> None:
    store = tmp_path / "rates"
    assert rate_files.current(store) is None
    assert rate_files.sync(bank.url, store) == h10()
    held = rate_files.current(store)
    assert held == store / "h10_2026-05-26.csv"
    assert held.read_bytes() == H10
    assert rate_files.load(held) == h10()
    assert sorted(path.name for path in store.iterdir()) == ["current", "h10_2026-05-26.csv"]


def test_a_second_sync_replaces_the_table_in_force(bank: Bank, tmp_path: Path) -> None:
    rate_files.sync(bank.url, tmp_path)
    bank.body = H10 + b"2026-05-27,1.2,1.3,150,1400,ND,ND\n"
    rate_files.sync(bank.url, tmp_path)
    held = rate_files.current(tmp_path)
    assert held is not None
    assert held.name == "h10_2026-05-27.csv"


@pytest.mark.parametrize(
    ("body", "status", "length", "reason"),
    [
        (b"<html>down for maintenance</html>", 200, None, "head of this file"),
        (b"", 503, None, "could not be fetched"),
        (H10, 200, len(H10) + 100, "could not be fetched"),
        (H10[: H10.index(b",1.1550")], 200, None, "Row 10 has 1 cells"),
        (H10[: H10.index(b"2026-05-04")], 200, None, "before the table in force"),
        (H10[: H10.index(b"2026-04-01")], 200, None, "no rate at all"),
        (b" " * (rate_files.MAX_BYTES + 1), 200, None, "it is larger than"),
    ],
    ids=["page", "503", "cut off", "half a row", "older", "empty", "too big"],
)
def test_a_bad_download_changes_nothing(
    bank: Bank, tmp_path: Path, body: bytes, status: int, length: int | None, reason: str
) -> None:
    rate_files.sync(bank.url, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    bank.body, bank.status, bank.length = body, status, length
    with pytest.raises(BadRates, match=reason):
        rate_files.sync(bank.url, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "ftp://example.org/rates", "http://["])
def test_an_address_that_does_not_answer_is_told(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadRates, match="could not be fetched"):
        rate_files.sync(url, tmp_path)
    assert rate_files.current(tmp_path) is None


def test_a_table_in_force_that_was_deleted_is_none(bank: Bank, tmp_path: Path) -> None:
    rate_files.sync(bank.url, tmp_path)
    (tmp_path / "h10_2026-05-26.csv").unlink()
    assert rate_files.current(tmp_path) is None


def test_a_local_table_is_taken_into_force_until_a_download_replaces_it(
    bank: Bank, tmp_path: Path
) -> None:
    source, store = tmp_path / "our rates.csv", tmp_path / "store"
    source.write_text(HEAD + "daily,KRW,2026-05-04,0.0007,CBP bulletin\n", encoding="utf-8")
    assert len(rate_files.take(source, store).quotes) == 1
    held = rate_files.current(store)
    assert held is not None
    assert held.name == "local_our_rates.csv"
    assert held.read_bytes() == source.read_bytes()
    rate_files.sync(bank.url, store)
    assert rate_files.current(store) != held
    (tmp_path / "bad.csv").write_text("no rates", encoding="utf-8")
    before = rate_files.current(store)
    with pytest.raises(BadRates):
        rate_files.take(tmp_path / "bad.csv", store)
    assert rate_files.current(store) == before
