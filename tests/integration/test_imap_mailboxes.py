"""Mailboxes on a real Dovecot: nothing lost, nothing twice, whatever happens in between."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from ingest.mailbox.tokens import RefreshedTokens, TokenFile
from ingest.mailbox.trouble import NeedsAPerson
from tests.dovecot import PASSWORD, Dovecot
from tests.factories import mail
from tests.mailboxes import BadLine, Provider, Watching, certificate, eventually, told

pytestmark = pytest.mark.dovecot


@pytest.fixture(autouse=True)
def _listen(caplog) -> None:
    caplog.set_level("INFO", "tidewaiter")


@pytest.fixture
def serve():
    started: list[Dovecot] = []

    def start(*users: str, **more) -> Dovecot:
        started.append(Dovecot(users or ("docs",), **more))
        return started[-1]

    yield start
    for one in started:
        one.close()


def mails(count: int, *, first: int = 0):
    return [
        mail(subject=f"Mail {n}", message_id=f"<m{n}@lotusbags.example>", text=f"Mail {n}")
        for n in range(first, first + count)
    ]


def names(count: int) -> list[str]:
    return [f"Mail {n}" for n in range(count)]


def test_mails_that_wait_at_the_start_are_taken_in_order(serve, tmp_path: Path) -> None:
    dovecot = serve()
    dovecot.deliver(*mails(12))
    with Watching(tmp_path, dovecot.url()) as watch:
        watch.has(12)
        eventually(lambda: dovecot.flags() == [{b"\\Seen"}] * 12)
    assert watch.subjects() == names(12)


def test_read_mails_from_before_our_time_are_left_alone_unless_asked_for(
    serve, tmp_path: Path
) -> None:
    dovecot = serve()
    dovecot.deliver(*mails(3))
    with dovecot.client() as person:
        person.add_flags([1, 2], [b"\\Seen"])
    with Watching(tmp_path / "unseen", dovecot.url()) as watch:
        watch.has(1)
        dovecot.deliver(*mails(1, first=3))
        watch.has(2)
    with Watching(tmp_path / "all", dovecot.url(), start="all") as other:
        other.has(4)
    assert watch.subjects() == ["Mail 2", "Mail 3"]
    assert other.subjects() == names(4)


def test_a_new_mail_is_taken_within_seconds_by_idle(serve, tmp_path: Path, caplog) -> None:
    dovecot = serve()
    with Watching(tmp_path, dovecot.url(), poll_seconds=3600) as watch:
        eventually(lambda: told(caplog, "mailbox_open"))
        time.sleep(0.3)
        began = time.monotonic()
        dovecot.deliver(*mails(1))
        watch.has(1)
        assert time.monotonic() - began < 5
    assert told(caplog, "mailbox_open")[0]["idle"] is True


def test_a_server_without_idle_is_asked_again_and_again(serve, tmp_path: Path, caplog) -> None:
    dovecot = serve(idle=False)
    with Watching(tmp_path, dovecot.url(), poll_seconds=0.2) as watch:
        eventually(lambda: told(caplog, "mailbox_open"))
        dovecot.deliver(*mails(2))
        watch.has(2)
    assert told(caplog, "mailbox_open")[0]["idle"] is False


def test_a_mail_that_a_person_reads_first_is_taken_all_the_same(serve, tmp_path: Path) -> None:
    dovecot = serve()
    with Watching(tmp_path, dovecot.url()) as watch:
        eventually(watch.cursors)
    dovecot.deliver(*mails(1))
    with dovecot.client() as person:
        person.add_flags([1], [b"\\Seen"])
    with watch:
        watch.has(1)


KILLED = """
import os, signal, sys
from pathlib import Path
from ingest.mailbox.session import Session
from storage.spool import Spool
from tests.mailboxes import Watching
whole, calls = {kind}.{name}, [0]
def dies(*args, **kwargs):
    calls[0] += 1
    {before}
    made = whole(*args, **kwargs)
    if calls[0] == {at}:
        os.kill(os.getpid(), signal.SIGKILL)
    return made
{kind}.{name} = dies
with Watching(Path(sys.argv[1]), sys.argv[2], max_bytes=1_000_000):
    import time; time.sleep(30)
"""


@pytest.mark.parametrize(
    ("kind", "name", "at", "before", "spooled"),
    [
        ("Spool", "put", 4, "", 4),
        ("Session", "mark_seen", -1, "os.kill(os.getpid(), signal.SIGKILL)", 7),
        ("Session", "mark_seen", 1, "", 7),
    ],
    ids=["between two mails", "before the flag", "after the flag"],
)
def test_a_kill_between_spool_and_flag_loses_nothing_and_doubles_nothing(
    serve, tmp_path: Path, kind, name, at, before, spooled
) -> None:
    dovecot = serve()
    dovecot.deliver(*mails(7))
    script = KILLED.format(kind=kind, name=name, at=at, before=before)
    died = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), dovecot.url()],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        timeout=30,
        capture_output=True,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    watch = Watching(tmp_path, dovecot.url())
    assert len(watch.spool.waiting()) == spooled
    with watch:
        eventually(lambda: dovecot.flags() == [{b"\\Seen"}] * 7)
    assert sorted(one.subject for one in watch.take_in()) == names(7)


def test_a_restart_of_the_server_is_survived(serve, tmp_path: Path, caplog) -> None:
    dovecot = serve()
    dovecot.deliver(*mails(2))
    with Watching(tmp_path, dovecot.url()) as watch:
        watch.has(2)
        dovecot.stop()
        eventually(lambda: len(told(caplog, "mailbox_away")) >= 2)
        dovecot.start()
        dovecot.deliver(*mails(2, first=2))
        watch.has(4)
    assert watch.subjects() == names(4)


def test_a_changed_uidvalidity_starts_over_and_doubles_nothing(
    serve, tmp_path: Path, caplog
) -> None:
    dovecot = serve()
    dovecot.deliver(*mails(3))
    with Watching(tmp_path, dovecot.url()) as watch:
        watch.has(3)
        eventually(lambda: dovecot.flags() == [{b"\\Seen"}] * 3)
    assert len(watch.take_in()) == 3
    dovecot.deliver(*mails(1, first=3))
    dovecot.forget_uids()
    with watch:
        watch.has(1)
        eventually(lambda: dovecot.flags() == [{b"\\Seen"}] * 4)
    assert told(caplog, "mailbox_renumbered")
    assert watch.cursors()[0]["uid"] == 4
    assert sorted(one.subject for one in watch.take_in()) == names(4)


@pytest.mark.parametrize("idle", [True, False], ids=["with MOVE", "without MOVE"])
def test_mails_are_moved_where_that_is_wanted(serve, tmp_path: Path, idle: bool) -> None:
    dovecot = serve(idle=idle)
    dovecot.deliver(*mails(3))
    with dovecot.client() as person:
        person.create_folder("Taken in")
    with Watching(tmp_path, dovecot.url(), move_to="Taken in", poll_seconds=0.2) as watch:
        watch.has(3)
        eventually(lambda: len(dovecot.flags(folder="Taken in")) == 3)
        eventually(lambda: dovecot.flags() == [])
        dovecot.deliver(*mails(1, first=3))
        watch.has(4)
    assert watch.subjects() == names(4)


def test_a_folder_that_is_not_there_is_named_with_those_that_are(serve, tmp_path: Path) -> None:
    dovecot = serve()
    with pytest.raises(NeedsAPerson, match=r"no folder Belege.*There are: INBOX"):
        Watching(tmp_path, dovecot.url(folder="Belege")).watchers[0].check()
    with pytest.raises(NeedsAPerson, match=r"no folder Done.*Create it"):
        Watching(tmp_path, dovecot.url(), move_to="Done").watchers[0].check()


def test_a_folder_in_any_script_is_watched(serve, tmp_path: Path) -> None:
    dovecot = serve()
    dovecot.deliver(*mails(1))
    with dovecot.client() as person:
        person.create_folder("报关 & Zoll")
        person.copy([1], "报关 & Zoll")
    with Watching(tmp_path, dovecot.url(folder="报关 & Zoll")) as watch:
        watch.has(1)


def test_a_wrong_password_says_what_to_do_and_is_not_tried_in_a_loop(
    serve, tmp_path: Path, caplog
) -> None:
    dovecot = serve()
    wrong = "s3cret-but,wrong"
    with Watching(tmp_path, dovecot.url(password=wrong), attention=(60.0, 900.0)):
        eventually(lambda: told(caplog, "mailbox_needs_a_person"))
        time.sleep(0.5)
    (line,) = told(caplog, "mailbox_needs_a_person")
    assert line["again_in"] >= 30
    assert "refused the login of docs" in line["error"]
    assert "TIDEWAITER_IMAP__URL" in line["error"]
    assert wrong not in str([one.__dict__ for one in caplog.records])


def test_a_mail_that_is_too_large_stays_is_flagged_and_is_told_once(
    serve, tmp_path: Path, caplog
) -> None:
    dovecot = serve()
    first, last = mails(2)
    dovecot.deliver(first, mail(("big.bin", b"x" * 90_000), subject="Big"), last)
    with Watching(tmp_path, dovecot.url(), max_bytes=50_000) as watch:
        watch.has(2)
        eventually(lambda: dovecot.flags() == [{b"\\Seen"}, {b"\\Flagged"}, {b"\\Seen"}])
    with watch:
        eventually(lambda: len(told(caplog, "mailbox_open")) == 2)
    assert watch.subjects() == names(2)
    (line,) = told(caplog, "mail_left_in_mailbox")
    assert (line["uid"], "larger than 50000 bytes" in line["why"]) == (2, True)
    assert "1 left there and flagged" in watch.watchers[0].check()


def test_two_mailboxes_and_one_with_a_wrong_password_do_not_disturb_each_other(
    serve, tmp_path: Path
) -> None:
    dovecot = serve("docs", "air@broker.example")
    dovecot.deliver(*mails(2))
    dovecot.deliver(*mails(2, first=2), user="air@broker.example")
    urls = [
        dovecot.url("nobody"),
        dovecot.url(),
        dovecot.url("air@broker.example"),
    ]
    with Watching(tmp_path, *urls) as watch:
        watch.has(4)
    assert sorted(watch.subjects()) == names(4)
    assert sorted(one["mailbox"] for one in watch.cursors()) == [
        "air@broker.example at 127.0.0.1, INBOX",
        "docs at 127.0.0.1, INBOX",
    ]


def test_a_second_process_waits_until_the_first_one_has_ended(
    serve, tmp_path: Path, caplog
) -> None:
    dovecot = serve()
    dovecot.deliver(*mails(1))
    with Watching(tmp_path, dovecot.url()) as first:
        first.has(1)
        with Watching(tmp_path, dovecot.url()):
            eventually(lambda: told(caplog, "mailbox_watched_already"))
    assert len(first.subjects()) == 1


@pytest.fixture
def memory(tmp_path: Path):
    """A folder in memory where there is one: thousands of fsyncs are not what is tried here."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else tmp_path) as folder:
        yield Path(folder)


def test_two_thousand_waiting_mails_are_taken_in_order_and_the_log_tells_how_far(
    serve, memory: Path, caplog
) -> None:
    dovecot = serve()
    dovecot.deliver(*mails(2000))
    with Watching(memory, dovecot.url()) as watch:
        eventually(
            lambda: [one for one in told(caplog, "mailbox_progress") if one["taken"] == 2000],
            within=90,
        )
    assert watch.subjects() == names(2000)
    assert told(caplog, "mails_waiting")[0]["messages"] == 2000


def test_our_addresses_are_found_in_the_head(serve, tmp_path: Path) -> None:
    dovecot = serve()
    plain = mail(to="Broker <intake+SHP-2026-000001@tidewaiter.test>, x@else.example")
    dovecot.deliver(b"Return-Path: <amy@lotusbags.example>\r\n" + plain.as_bytes())
    hidden = mail(to="undisclosed-recipients:;", message_id="<m2@x.example>")
    dovecot.deliver(b"Delivered-To: intake@tidewaiter.test\r\n" + hidden.as_bytes())
    with Watching(tmp_path, dovecot.url()) as watch:
        watch.has(2)
    one, two = [watch.spool.read(name).envelope for name in watch.spool.waiting()]
    assert one.rcpt_to == ("intake+SHP-2026-000001@tidewaiter.test",)
    assert one.mail_from == "amy@lotusbags.example"
    assert two.rcpt_to == ("intake@tidewaiter.test",)


BROKEN = [
    b"",
    b"\r\n\r\n",
    b"\xff\xfe\x00 not a head at all",
    b'To: =?utf-8?b?!!!?= <\xff\xfe@\r\n\tx>,,, "\r\nFrom: (((\r\n\r\n\x00body',
    b"Subject: " + b"x" * 5000 + b"\r\n" * 300,
]


def test_broken_mails_are_as_safe_as_good_ones(serve, tmp_path: Path) -> None:
    dovecot = serve()
    dovecot.deliver(*BROKEN, *mails(1))
    with Watching(tmp_path, dovecot.url()) as watch:
        eventually(lambda: watch.cursors() and watch.cursors()[0]["uid"] == 6)
    kept = [watch.spool.read(name).raw for name in watch.spool.waiting()]
    assert len(kept) == 6
    assert b"not a head at all" in kept[2]


def test_a_mail_that_the_server_cannot_hand_out_does_not_hold_up_the_others(
    serve, tmp_path: Path, caplog
) -> None:
    dovecot = serve()
    dovecot.deliver(*mails(3))

    def spoil(data: bytes, _memory) -> bytes | None:
        return None if b"Subject: Mail 1" in data else data

    line = BadLine(dovecot.port, spoil, times=10_000)
    url = dovecot.url().replace(f":{dovecot.port}/", f":{line.port}/")
    with Watching(tmp_path, url) as watch:
        watch.has(2)
        eventually(lambda: dovecot.flags() == [{b"\\Seen"}, {b"\\Flagged"}, {b"\\Seen"}])
    line.close()
    assert watch.subjects() == ["Mail 0", "Mail 2"]
    assert "3 times" in told(caplog, "mail_left_in_mailbox")[0]["why"]


def test_a_full_disk_leaves_mails_unread_until_there_is_room(serve, tmp_path: Path, caplog) -> None:
    dovecot = serve()
    dovecot.deliver(*mails(2))
    watch = Watching(tmp_path, dovecot.url())
    blocked = tmp_path / "spool" / "tmp"
    blocked.rmdir()
    blocked.write_text("in the way")
    with watch:
        eventually(lambda: len(told(caplog, "mailbox_needs_a_person")) >= 2)
        assert dovecot.flags() == [set(), set()]
        blocked.unlink()
        blocked.mkdir()
        watch.has(2)
    assert "could not be stored" in told(caplog, "mailbox_needs_a_person")[0]["error"]
    assert watch.subjects() == names(2)


def garbage_after_login(data: bytes, memory) -> bytes:
    return b"\xff\x00* garbage (((((\r\n" * 50 if b"Logged in" in memory["seen"] else data


def garbage_for_a_mail(data: bytes, _memory) -> bytes:
    return data.replace(b"BODY[]", b"B\x00DY[").replace(b"FETCH (", b"FETCH )(")


def cut_in_a_mail(data: bytes, _memory) -> bytes | None:
    return None if b"Mail 1" in data else data


def silent_after_login(data: bytes, memory) -> bytes:
    return b"" if b"Logged in" in memory["seen"] else data


def silent_in_idle(data: bytes, memory) -> bytes:
    memory["idle"] = memory.get("idle", False) or b"+ idling" in data
    return b"+ idling\r\n" if b"+ idling" in data else (b"" if memory["idle"] else data)


def a_byte_now_and_then(data: bytes, memory) -> bytes:
    if b"Logged in" not in memory["seen"]:
        return data
    time.sleep(0.3)
    return b"*"


def huge_literal(data: bytes, _memory) -> bytes:
    return data.replace(b"BODY[] {", b"BODY[] {99999999999999")


@pytest.mark.parametrize(
    "spoil",
    [
        garbage_after_login,
        garbage_for_a_mail,
        cut_in_a_mail,
        silent_after_login,
        silent_in_idle,
        a_byte_now_and_then,
        huge_literal,
    ],
)
def test_a_server_that_talks_nonsense_or_hangs_is_left_and_tried_again(
    serve, tmp_path: Path, caplog, spoil
) -> None:
    dovecot = serve()
    dovecot.deliver(*mails(3))
    line = BadLine(dovecot.port, spoil, times=1)
    url = dovecot.url().replace(f":{dovecot.port}/", f":{line.port}/")
    quick = {"read": 0.6, "command": 1.0, "idle": 0.5, "connect": 1.0}
    with Watching(tmp_path, url, patience=quick) as watch:
        eventually(lambda: told(caplog, "mailbox_away"))
        eventually(lambda: line.conversations >= 2)
        eventually(lambda: dovecot.flags() == [{b"\\Seen"}] * 3)
        dovecot.deliver(*mails(1, first=3))
        eventually(lambda: len(dovecot.flags()) == 4 and dovecot.flags()[3])
    line.close()
    assert sorted(one.subject for one in watch.take_in()) == names(4)


def test_a_login_by_tls_and_by_starttls_wants_a_certificate_that_is_trusted(
    serve, tmp_path: Path
) -> None:
    pem, key = certificate(tmp_path / "tls")
    dovecot = serve(tls=(pem, key))
    starttls = dovecot.url()
    whole = starttls.replace("imap://", "imaps://").replace(
        f":{dovecot.port}/", f":{dovecot.tls_port}/"
    )
    for url in (starttls, whole):
        trusting = Watching(tmp_path / "a", url, login={"ca_file": pem})
        assert "0 to take" in trusting.watchers[0].check()
        assert "secured" in dovecot.log().splitlines()[-1] or "TLS" in dovecot.log()
    with pytest.raises(NeedsAPerson, match="certificate of 127.0.0.1 is not trusted"):
        Watching(tmp_path / "b", whole).watchers[0].check()
    named = whole.replace("127.0.0.1", "localhost")
    with pytest.raises(NeedsAPerson, match="certificate of localhost is not trusted"):
        Watching(tmp_path / "c", named, login={"ca_file": pem}).watchers[0].check()
    with pytest.raises(NeedsAPerson, match="does not speak TLS"):
        Watching(tmp_path / "d", starttls.replace("imap://", "imaps://")).watchers[0].check()


def test_no_tls_where_a_ca_was_named_is_refused_before_the_password_goes_out(
    serve, tmp_path: Path
) -> None:
    pem, _ = certificate(tmp_path / "tls")
    dovecot = serve()
    with pytest.raises(NeedsAPerson, match="does not go over a network in the clear"):
        Watching(tmp_path, dovecot.url(), login={"ca_file": pem}).watchers[0].check()
    assert "Login:" not in dovecot.log()


@pytest.fixture
def provider():
    made = Provider()
    yield made
    made.close()


def without_password(url: str) -> str:
    return url.replace(f":{urlsplit(url).password}@", "@")


def refreshing(provider: Provider, folder: Path, *, token: str = "refresh-1") -> RefreshedTokens:
    return RefreshedTokens(
        f"{provider.url}/token",
        client_id="tidewaiter",
        client_secret=SecretStr("client-s3cret"),
        refresh_token=SecretStr(token),
        scope="imap",
        keep=folder / "refresh-token.json",
    )


def test_xoauth2_with_an_endpoint_that_refreshes_tokens(
    serve, provider: Provider, tmp_path: Path
) -> None:
    dovecot = serve(introspection=f"{provider.url}/introspect")
    dovecot.deliver(*mails(2))
    url = without_password(dovecot.url())
    with Watching(tmp_path, url, login={"tokens": refreshing(provider, tmp_path)}) as watch:
        watch.has(2)
        provider.valid.clear()  # called back before its time
        dovecot.stop()
        dovecot.start()
        dovecot.deliver(*mails(1, first=2))
        watch.has(3)
    # A restart, long after the configured refresh token was used up.
    again = Watching(tmp_path, url, login={"tokens": refreshing(provider, tmp_path)})
    assert "0 to take" in again.watchers[0].check()
    assert [one["refresh_token"] for one in provider.asked] == [
        "refresh-1",
        "refresh-2",
        "refresh-3",
    ]
    assert provider.asked[0]["scope"] == "imap"
    assert oct((tmp_path / "refresh-token.json").stat().st_mode)[-3:] == "600"


def test_a_consent_that_was_withdrawn_says_what_to_do_and_no_secret(
    serve, provider: Provider, tmp_path: Path
) -> None:
    dovecot = serve(introspection=f"{provider.url}/introspect")
    tokens = refreshing(provider, tmp_path, token="withdrawn-t0ken")
    with pytest.raises(NeedsAPerson, match="invalid_grant.*Give consent again") as refused:
        Watching(tmp_path, without_password(dovecot.url()), login={"tokens": tokens}).watchers[
            0
        ].check()
    assert "withdrawn-t0ken" not in str(refused.value)
    assert "client-s3cret" not in str(refused.value)


def test_xoauth2_with_a_token_from_a_file(serve, provider: Provider, tmp_path: Path) -> None:
    dovecot = serve(introspection=f"{provider.url}/introspect")
    place = tmp_path / "token"
    url = without_password(dovecot.url())
    watcher = Watching(tmp_path, url, login={"tokens": TokenFile(place)}).watchers[0]
    with pytest.raises(NeedsAPerson, match="cannot be read"):
        watcher.check()
    place.write_text("access-from-elsewhere\n")
    with pytest.raises(NeedsAPerson, match="refused the login of docs") as refused:
        watcher.check()
    assert "access-from-elsewhere" not in str(refused.value)
    provider.valid = {"access-from-elsewhere"}
    assert "0 to take" in watcher.check()


def test_a_server_without_xoauth2_and_a_mailbox_without_a_password_are_told_apart(
    serve, tmp_path: Path
) -> None:
    dovecot = serve()
    url = without_password(dovecot.url())
    with pytest.raises(NeedsAPerson, match="There is no password for docs"):
        Watching(tmp_path, url).watchers[0].check()
    with pytest.raises(NeedsAPerson, match="does not offer XOAUTH2"):
        Watching(tmp_path, url, login={"tokens": TokenFile(tmp_path / "t")}).watchers[0].check()


def test_the_password_is_in_no_log_and_no_file(serve, tmp_path: Path, caplog) -> None:
    caplog.set_level("DEBUG")
    dovecot = serve()
    dovecot.deliver(*mails(1))
    with Watching(tmp_path, dovecot.url()) as watch:
        watch.has(1)
    assert PASSWORD not in str([one.__dict__ for one in caplog.records])
    assert all(
        PASSWORD.encode() not in one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()
    )
