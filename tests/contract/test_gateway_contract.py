"""What every way to the authority must do, asked of each adapter against a real server."""

import hashlib
import io
import json
import threading
import time
import zipfile

import asyncssh
import httpx
import pytest
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from storage.values import Reported
from tests.filers import HttpFiler, SftpFiler
from workflows.gateways.email import EmailGateway
from workflows.gateways.http import HttpGateway
from workflows.gateways.packet import digest
from workflows.gateways.sandbox import SandboxGateway
from workflows.gateways.sftp import SftpGateway, fingerprint
from workflows.outgoing.smtp import SmtpMailer
from workflows.ports import Parcel, ParcelFile, Permanent, Receipt, Transient

NUMBER = "QZ7-0204518-1"
FILING = {
    "lines": [{"number": 1, "hts": "6109.10.00.12"}],
    "importerOfRecord": "Northgate Retail Inc.",
    "confirmation": {"at": "2026-11-20T10:11:12+00:00"},
}
PDF = b"%PDF-1.4 an invoice"


def parcel(key: str = "SHP-1-entry-1", number: str = NUMBER, **more) -> Parcel:
    packet = {**FILING, **more}
    sha = hashlib.sha256(PDF).hexdigest()
    return Parcel(
        key=key,
        kind="entry",
        number=number,
        packet=packet,
        sha256=digest(packet),
        texts=(ParcelFile(name="cargo_release", kind="cargo_release", sha256="0", data=b"A\n"),),
        documents=(
            ParcelFile(name="invoice.pdf", kind="commercial_invoice", sha256=sha, data=PDF),
            ParcelFile(name="../e vil.PDF", kind="commercial_invoice", sha256=sha, data=PDF),
        ),
    )


class GatewayContract:
    """Asked of every adapter that can be asked."""

    def test_a_filing_gets_a_receipt_and_is_found_again(self, gateway) -> None:
        assert gateway.find("SHP-1-entry-1") is None
        receipt = gateway.submit(parcel())
        assert gateway.find("SHP-1-entry-1") == receipt

    def test_the_same_filing_twice_is_one(self, gateway, count) -> None:
        assert gateway.submit(parcel()) == gateway.submit(parcel())
        assert count() == 1

    def test_another_filing_under_the_same_key_is_refused(self, gateway) -> None:
        gateway.submit(parcel())
        with pytest.raises(Permanent, match="Another filing"):
            gateway.submit(parcel(importerOfRecord="Somebody else"))

    def test_before_anything_is_said_there_is_no_status(self, gateway) -> None:
        assert gateway.status("nothing-under-this-key") == []

    def test_documents_can_be_sent_on_twice_and_arrive_once(self, gateway, answered) -> None:
        gateway.submit(parcel())
        for _ in range(2):
            gateway.respond("SHP-1-entry-1", "Please see the invoice.", parcel().documents)
        assert answered() == 1

    def test_the_doctor_hears_that_it_answers(self, gateway) -> None:
        assert gateway.check()

    def test_one_that_is_away_is_a_reason_to_wait(self, gateway, away) -> None:
        away()
        with pytest.raises(Transient):
            gateway.find("SHP-1-entry-1")
        with pytest.raises(Transient):
            gateway.submit(parcel())


class TestSandboxGateway(GatewayContract):
    @pytest.fixture
    def gateway(self, town):
        made = SandboxGateway(f"{town.app.settings.sandbox_url}/authority", timeout=2)
        yield made
        made.close()

    @pytest.fixture
    def count(self, town):
        return lambda: len(town.sandbox.authority.entries)

    @pytest.fixture
    def answered(self, town):
        def several() -> int:
            answers = town.sandbox.authority.entries["SHP-1-entry-1"]["answers"]
            return len({json.dumps(one, sort_keys=True) for one in answers})

        return several

    @pytest.fixture
    def away(self, town):
        return lambda: town.hands.outage(away=True)

    def test_a_wrong_check_digit_is_refused_with_the_reason(self, gateway) -> None:
        with pytest.raises(Permanent, match="check digit"):
            gateway.submit(parcel(number="QZ7-0204518-2"))

    def test_reports_come_in_order_with_their_times(self, gateway) -> None:
        gateway.submit(parcel())
        gateway.status("SHP-1-entry-1")
        said = gateway.status("SHP-1-entry-1")
        assert [one.code for one in said] == ["accepted", "released"]
        assert said[0].at <= said[1].at


@pytest.mark.parametrize("how", ["bearer", "signed"])
class TestHttpGateway(GatewayContract):
    @pytest.fixture
    def filer(self, how):
        made = HttpFiler(token="t0k" if how == "bearer" else None, secret="s3c" if how == "signed" else None)  # fmt: skip
        yield made
        made.stop()

    @pytest.fixture
    def gateway(self, filer):
        made = HttpGateway(filer.url, timeout=1, token=filer.token, secret=filer.secret)
        yield made
        made.close()

    @pytest.fixture
    def count(self, filer):
        return lambda: len(filer.entries)

    @pytest.fixture
    def answered(self, filer):
        return lambda: len(filer.answers)

    @pytest.fixture
    def away(self, filer):
        return filer.stop

    def test_packet_and_records_arrive_as_they_are(self, gateway, filer) -> None:
        gateway.submit(parcel())
        asked = filer.entries["SHP-1-entry-1"]["asked"]
        assert asked["filing"] == FILING
        assert asked["sha256"] == digest(FILING)
        assert asked["records"] == {"cargo_release": "A\n"}

    def test_a_lost_answer_is_unknown_and_then_found(self, gateway, filer) -> None:
        filer.lose_answer = True
        with pytest.raises(Transient) as told:
            gateway.submit(parcel())
        assert told.value.outcome == "unknown"
        assert gateway.find("SHP-1-entry-1") == Receipt(reference="F-1")

    def test_a_rejection_names_its_line(self, gateway, filer) -> None:
        gateway.submit(parcel())
        filer.events["SHP-1-entry-1"] = [
            {
                "code": "rejected",
                "rawCode": "R01",
                "at": "2026-11-20T10:00:00Z",
                "records": ["E0 TARIFF 000002", "E1RF368   HTS NUMBER UNKNOWN"],
            }
        ]
        (said,) = gateway.status("SHP-1-entry-1")
        assert said.reason.startswith("Line 2: The tariff number is not known to CBP.")


FAULTS = {
    "html": (lambda _: PlainTextResponse("<html>login</html>"), Permanent, "no receipt"),
    "a list": (lambda _: JSONResponse([]), Permanent, "no receipt"),
    "no reference": (lambda _: JSONResponse({"ok": True}), Permanent, "no receipt"),
    "a number": (lambda _: JSONResponse({"reference": 7}), Permanent, "no receipt"),
    "not json": (lambda _: Response(b"\xff\xfe\x00{"), Permanent, "no receipt"),
    "deep": (lambda _: Response(b"[" * 100_000), Permanent, "no receipt"),
    "huge": (lambda _: Response(b"x" * 3_000_000), Permanent, "too large"),
    "wandering": (lambda _: RedirectResponse("http://127.0.0.1:9/"), Permanent, "refused"),
    "locked out": (lambda _: JSONResponse({}, 403), Permanent, "credentials"),
    "broken": (lambda _: JSONResponse({}, 502), Transient, "502"),
    "busy": (lambda _: JSONResponse({}, 429, {"Retry-After": "7"}), Transient, "busy"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_garbage_and_trouble_are_told_apart(fault: str) -> None:
    filer = HttpFiler()
    gateway = HttpGateway(filer.url, timeout=2, token="t")
    filer.fault, kind, said = FAULTS[fault]
    try:
        with pytest.raises(kind, match=said):
            gateway.find("k1")
        with pytest.raises(kind, match=said) as told:
            gateway.submit(parcel())
        if fault in ("html", "a list", "no reference", "huge"):
            assert told.value.outcome == "unknown"
        if fault == "busy":
            assert told.value.retry_after == 7.0
    finally:
        gateway.close()
        filer.stop()


def test_a_signature_over_something_else_is_not_let_in() -> None:
    filer = HttpFiler(secret="right")
    gateway = HttpGateway(filer.url, timeout=2, secret="wrong")
    with pytest.raises(Permanent, match="credentials"):
        gateway.find("k1")
    gateway.close()
    filer.stop()


class TestSftpGateway(GatewayContract):
    @pytest.fixture
    def filer(self, tmp_path):
        made = SftpFiler(tmp_path / "filer")
        yield made
        if made._thread.is_alive():
            made.stop()

    @pytest.fixture
    def gateway(self, filer):
        return sftp(filer)

    @pytest.fixture
    def count(self, filer):
        return lambda: len(filer.whole())

    @pytest.fixture
    def answered(self, filer):
        return lambda: len([one for one in filer.whole() if ".answer-" in one])

    @pytest.fixture
    def away(self, filer):
        return filer.stop

    def test_the_archive_has_a_manifest_that_its_files_agree_with(self, gateway, filer) -> None:
        gateway.submit(parcel())
        (name,) = filer.whole()
        assert name == "QZ7_SHP-1-entry-1.zip"
        with zipfile.ZipFile(io.BytesIO((filer.inbox / name).read_bytes())) as archive:
            told = json.loads(archive.read("manifest.json"))
            for one in told["files"]:
                data = archive.read(one["file"])
                assert len(data) == one["size"]
                assert "/" not in one["file"]
            assert told["packetSha256"] == digest(FILING)
            assert "commercial_invoice-QZ7-0204518-1-20261120101112.pdf" in archive.namelist()

    def test_a_line_that_breaks_leaves_nothing_whole_and_the_next_try_ends_it(
        self, gateway, filer
    ) -> None:
        big = parcel().documents[0].model_copy(update={"data": bytes(range(256)) * 4000})
        noise = hashlib.sha256(b"x").digest()
        big = big.model_copy(update={"data": b"".join(hashlib.sha256(noise + bytes([n % 256, n // 256])).digest() for n in range(9000))})  # fmt: skip
        made = parcel().model_copy(update={"documents": (big,)})
        filer.break_after = 100_000
        with pytest.raises(Transient) as told:
            gateway.submit(made)
        assert told.value.outcome == "unknown"
        assert filer.whole() == []
        assert filer.seen == set()
        assert gateway.find(made.key) is None
        gateway.submit(made)
        assert filer.whole() == ["QZ7_SHP-1-entry-1.zip"]

    def test_what_was_taken_away_is_not_put_there_again(self, gateway, filer) -> None:
        gateway.submit(parcel())
        (filer.inbox / filer.whole()[0]).unlink()
        assert gateway.find("SHP-1-entry-1") is not None
        gateway.submit(parcel())
        assert filer.whole() == []

    def test_a_part_with_its_mark_but_without_the_rename_is_sent_again(self, gateway, filer) -> None:
        (filer.inbox / "QZ7_SHP-1-entry-1.zip.part").write_bytes(b"half")
        (filer.inbox / ".QZ7_SHP-1-entry-1.sent").write_text(digest(FILING))
        assert gateway.find("SHP-1-entry-1") is None
        gateway.submit(parcel())
        assert filer.whole() == ["QZ7_SHP-1-entry-1.zip"]

    def test_another_host_key_gets_nothing_not_even_the_password(self, filer, tmp_path) -> None:
        other = SftpFiler(tmp_path / "other")
        with pytest.raises(Permanent, match="another host key"):
            sftp(filer, host_key=other.host_key).submit(parcel())
        assert filer.names() == []
        other.stop()

    def test_a_host_key_of_another_kind_is_refused_too(self, filer) -> None:
        rsa = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
        pinned = " ".join(rsa.export_public_key().decode().split()[:2])
        with pytest.raises((Permanent, Transient)):
            sftp(filer, host_key=pinned).find("k1")

    def test_a_wrong_password_is_for_a_person(self, filer) -> None:
        with pytest.raises(Permanent, match="does not let us in"):
            sftp(filer, password="wrong").find("k1")

    def test_a_private_key_lets_us_in(self, filer, tmp_path) -> None:
        place = tmp_path / "id"
        filer.client_key.write_private_key(place, passphrase="open", rounds=8, ignore_few_rounds=True)
        gateway = sftp(filer, password=None, key_file=place, key_passphrase="open")
        assert gateway.check()
        with pytest.raises(Permanent, match="cannot be read"):
            sftp(filer, password=None, key_file=place, key_passphrase="shut").find("k1")

    def test_a_folder_that_is_not_there_is_named(self, filer) -> None:
        with pytest.raises(Permanent, match="/nowhere"):
            sftp(filer, folder="/nowhere").submit(parcel())

    def test_acknowledgement_and_statuses_are_read_in_order(self, gateway, filer) -> None:
        gateway.submit(parcel())
        stem = "QZ7_SHP-1-entry-1"
        ack = {"status": "received", "time": "2026-11-20T10:00:00Z", "reference": "N-77"}
        (filer.inbox / f"{stem}.ack").write_text(json.dumps(ack))
        for number, code in ((1, "accepted"), (2, "released")):
            event = {"code": code, "rawCode": f"S{number}", "at": f"2026-11-20T1{number}:00:00Z"}
            (filer.inbox / f"{stem}.{number}.status").write_text(json.dumps(event))
        said = gateway.status("SHP-1-entry-1")
        assert [one.code for one in said] == ["received", "accepted", "released"]
        assert said[0].reference == "N-77"

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"status": "fine"}', "[" * 60_000, "x" * 70_000])
    def test_an_acknowledgement_that_is_garbage_concludes_nothing(self, gateway, filer, text) -> None:
        gateway.submit(parcel())
        (filer.inbox / "QZ7_SHP-1-entry-1.ack").write_text(text)
        first, second = (gateway.status("SHP-1-entry-1") for _ in range(2))
        assert [one.code for one in first] == ["unknown"]
        assert first == second

    def test_nobody_reading_ever_sees_half_an_archive(self, gateway, filer) -> None:
        broken: list[str] = []
        stop = threading.Event()

        def look() -> None:
            while not stop.is_set():
                for one in filer.whole():
                    try:
                        with zipfile.ZipFile(filer.inbox / one) as archive:
                            archive.testzip()
                    except zipfile.BadZipFile:
                        broken.append(one)

        reader = threading.Thread(target=look)
        reader.start()
        for number in range(5):
            gateway.submit(parcel(key=f"SHP-{number}-entry-1"))
        stop.set()
        reader.join()
        assert (broken, len(filer.whole())) == ([], 5)

    def test_the_fingerprint_is_the_one_that_ssh_shows(self, filer) -> None:
        assert fingerprint(filer.host_key) == filer.key.get_fingerprint()


def sftp(filer: SftpFiler, **more) -> SftpGateway:
    known = {
        "host": "127.0.0.1", "port": filer.port, "user": filer.user, "password": filer.password,
        "host_key": filer.host_key, "filer": "QZ7", "folder": "/in", "timeout": 5.0,
    }  # fmt: skip
    return SftpGateway(**{**known, **more})


class TestEmailGateway:
    @pytest.fixture
    def gateway(self, town):
        made = SmtpMailer(
            host="127.0.0.1", port=town.app.settings.sandbox.sink_port, sender="desk@hp.test",
            tls="none", trust=None, username=None, password=None,
        )  # fmt: skip
        yield EmailGateway(
            made, to="abi@filer.example", reply_to=lambda _: "intake+SHP-1@hp.test",
            replies=lambda _: [
                Reported(code="received", raw_code="MAIL", reason="", at="2026-11-20T10:00:00Z")
            ],
        )  # fmt: skip
        made.close()

    def mails(self, town) -> list[dict]:
        return [one for one in town.hands.state()["mails"] if "abi@filer.example" in one["to"]]

    def test_one_mail_has_manifest_packet_records_and_documents(self, gateway, town) -> None:
        receipt = gateway.submit(parcel())
        (mail,) = self.mails(town)
        assert receipt.reference.startswith("<")
        assert "Filing QZ7-0204518-1" in mail["subject"]
        assert digest(FILING) in mail["text"]
        made = gateway.written(parcel())
        assert [one.name for one in made.attachments] == [
            "manifest.json",
            "entry-QZ7-0204518-1.json",
            "cargo_release-QZ7-0204518-1.txt",
            "commercial_invoice-QZ7-0204518-1-20261120101112.pdf",
            "commercial_invoice-QZ7-0204518-1-20261120101112-2.pdf",
        ]

    def test_it_cannot_be_asked_and_says_so(self, gateway) -> None:
        assert gateway.can_be_asked is False
        gateway.submit(parcel())
        assert gateway.find("SHP-1-entry-1") is None

    def test_an_answer_by_mail_is_an_acknowledgement_and_no_acceptance(self, gateway) -> None:
        assert [one.code for one in gateway.status("SHP-1-entry-1")] == ["received"]

    def test_documents_that_no_mail_holds_are_for_a_person(self, gateway) -> None:
        big = parcel().documents[0].model_copy(update={"data": b"x" * 19_000_000})
        with pytest.raises(Permanent, match="too large"):
            gateway.submit(parcel().model_copy(update={"documents": (big,)}))


def test_nobody_listening_means_that_nothing_was_done() -> None:
    with pytest.raises(Transient) as told:
        SandboxGateway("http://127.0.0.1:9/authority", timeout=1).find("k1")
    assert told.value.outcome == "not_done"


def test_a_server_that_does_not_speak_ssh_is_a_reason_to_wait(tmp_path) -> None:
    filer = HttpFiler()
    known = SftpFiler(tmp_path / "f")
    started = time.monotonic()
    with pytest.raises(Transient):
        sftp(known, port=filer.port, timeout=2.0).find("k1")
    assert time.monotonic() - started < 15
    known.stop()
    filer.stop()


def test_an_answer_that_is_garbage_is_no_receipt(town) -> None:
    # The workspace's page answers 200 with HTML: a proxy in the way would do the same.
    gateway = SandboxGateway(town.app.settings.sandbox_url, timeout=2)
    gateway._client.base_url = httpx.URL(f"{town.app.settings.sandbox_url}/page/app.js?")
    with pytest.raises((Permanent, Transient)):
        gateway.find("k1")
    gateway.close()
