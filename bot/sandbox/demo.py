"""`tidewaiter demo`: everything on embedded defaults, with a story to look at or to be played.

It never uses what is configured: a real workspace must not see the story.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import sys
import tempfile
import time
import webbrowser
from decimal import Decimal
from pathlib import Path

import httpx

from bot import logs, people, up
from bot.compose import App, build
from bot.sandbox import samples
from bot.sandbox.config import USERS
from bot.sandbox.player import DANA, LUIS, NotSeen, Player
from bot.settings import PREFIX, Settings
from storage import migrate
from storage.columns import now
from storage.values import SYSTEM, Role
from workflows import bonds, booking, filing_facts, poa

_KEPT = ("DATA_DIR", "CACHE_DIR", "DATABASE_URL", "REDIS_URL", "LOG_LEVEL")
_PORTS = {"SMTP__PORT": 2525, "WEB__PORT": 8080, "SANDBOX__PORT": 8099, "SANDBOX__SINK_PORT": 2599}
_START_SECONDS = 90.0
_MODEL_SECONDS = 240.0  # the tariff texts are encoded once; then the cache answers


def run(*, browser: bool, once: bool) -> int:
    """Start, play or wait, stop. Gives the exit status."""
    logs.configure("ERROR", process="demo")
    folder, temporary = _prepare_environment()
    app = build(Settings())
    running = up.start(app, logs_to=folder / "log")
    try:
        _say("Starting: mail server, workspace, customs authority, workers …")
        _await_start(app)
        seed(app)
        if once:
            _play(app)
        else:
            _stay(app, browser=browser)
    except (NotSeen, TimeoutError) as exc:
        print(f"The story stopped: {exc}. The logs are in {folder / 'log'}", file=sys.stderr)  # noqa: T201
        temporary = False
        return 1
    except KeyboardInterrupt:
        pass
    finally:
        up.stop(running)
        app.database.close()
        if temporary:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def seed(app: App) -> None:
    """The people and the clients of the invented brokerage."""
    with app.database.transaction() as session:
        for user in USERS:
            people.add(
                session,
                slack_user=user.id,
                name=user.name,
                role=Role(user.role),
                licence=user.licence,
            )
        for number, (name, consignee, signer) in enumerate(samples.CLIENTS, start=1):
            importer = booking.add_importer(
                session,
                name=name,
                actor=SYSTEM,
                consignee_mail=consignee,
                broker=DANA,
            )
            filing_facts.record(
                session,
                importer,
                actor=SYSTEM,
                ior_number=f"00-000000{number}00",  # the IRS gives none that begins so
                isf_statement="Their forwarder files the ISF of every ocean shipment.",
            )
            if not bonds.of_importer(session, importer):
                bonds.record(
                    session,
                    importer=importer,
                    kind="continuous",
                    surety="999",
                    amount=Decimal(100_000),
                    starts_on=now().date(),
                    actor=SYSTEM,
                )
            if poa.problem(session, importer):
                poa.record(
                    session,
                    importer=importer,
                    signed_by=signer,
                    signed_on=now().date(),
                    expires_on=None,
                    actor=people.who(session, DANA),
                )


def player(app: App) -> Player:
    """Hands and eyes for this installation's sandbox."""
    smtp = app.settings.smtp
    return Player(app.settings.sandbox_url, smtp=(smtp.host, smtp.port))


def _prepare_environment() -> tuple[Path, bool]:
    """Only our own embedded parts, on free ports, in a folder of their own."""
    for name in [one for one in os.environ if one.startswith(PREFIX)]:
        if name.removeprefix(PREFIX) not in _KEPT:
            del os.environ[name]
    chosen = os.environ.get(f"{PREFIX}DATA_DIR")
    folder = Path(chosen or tempfile.mkdtemp(prefix="tidewaiter-demo-")).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[f"{PREFIX}DATA_DIR"] = str(folder)
    os.environ[f"{PREFIX}GATEWAY__POLL_SECONDS"] = "1.5"
    for name, port in _PORTS.items():
        os.environ[PREFIX + name] = str(_free(port))
    os.chdir(folder)  # a .env of the folder that we were started in is not ours to read
    return folder, chosen is None


def _free(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    return wanted


def _await_start(app: App) -> None:
    deadline = time.monotonic() + _START_SECONDS
    urls = [f"{app.settings.sandbox_url}/healthz", f"{app.settings.public_url}/readyz"]
    smtp = (app.settings.smtp.host, app.settings.smtp.port)
    while time.monotonic() < deadline:
        try:
            if all(httpx.get(url, timeout=2).is_success for url in urls):
                socket.create_connection(smtp, timeout=2).close()
                return
        except (httpx.HTTPError, OSError):
            time.sleep(0.2)
    raise TimeoutError(f"the parts did not start within {_START_SECONDS:.0f} s")


def _stay(app: App, *, browser: bool) -> None:
    hands = player(app)
    mark = secrets.token_hex(4)
    for mail in samples.STORY:
        hands.deliver(samples.build(mail, to=app.settings.smtp.recipients[0], run=mark))
        time.sleep(0.5)
    url = app.settings.sandbox_url
    _say(f"Five mails are on their way in. Look at {url}")
    _say(f"Send your own to {app.settings.smtp.recipients[0]} at port {app.settings.smtp.port}.")
    _say("Stop with Ctrl-C.")
    if browser:
        webbrowser.open(url)
    while True:
        time.sleep(3600)


def _play(app: App) -> None:
    hands = player(app)
    to, mark = app.settings.smtp.recipients[0], secrets.token_hex(4)
    by_name = {mail.name: mail for mail in samples.STORY}

    def send(name: str) -> None:
        answer = hands.deliver(samples.build(by_name[name], to=to, run=mark))
        _say(f"✉  {by_name[name].sender.partition(' <')[0]}: {by_name[name].subject}")
        _say(f"   {answer}")

    hands.patience = _MODEL_SECONDS
    send("northgate")
    hands.wait("the card of Northgate", lambda: hands.card("Northgate"))
    hands.patience = 60.0
    _say("▣  A card for Northgate Retail: ten lines, each with candidates.")
    _refused(hands)
    _file(hands, by_name["northgate"], "Northgate")
    _released(hands, "Northgate")
    send("kestrel")
    hands.wait(
        "the missing packing list", lambda: _says(hands, "Kestrel", "packing list is missing")
    )
    _say("▣  Kestrel: the packing list is missing, so it cannot be filed.")
    send("kestrel-packing-list")
    hands.wait(
        "the packing list on the card",
        lambda: not _says(hands, "Kestrel", "packing list is missing"),
    )
    _say("   The reply joined the shipment; the card is complete.")
    _file(hands, by_name["kestrel"], "Kestrel")
    send("cascade")
    hands.patience = _MODEL_SECONDS  # the first picture loads the reader's own model
    hands.wait("the scan on a card", lambda: _says(hands, "Cascade", "Brass chandeliers"))
    hands.patience = 60.0
    _say("▣  Cascade: the invoice was a crooked scan; its words were read off the picture.")
    send("juniper")
    hands.wait("the card of Juniper", lambda: hands.card("Juniper"))
    _file(hands, by_name["juniper"], "Juniper")
    _hold(hands)
    _released(hands, "Kestrel")
    _released(hands, "Juniper")
    _summary(app)


def _says(hands: Player, words: str, text: str) -> bool:
    card = hands.card(words)
    return card is not None and text in str(card["blocks"])


def _refused(hands: Player) -> None:
    card = hands.card("Northgate")
    assert card is not None
    before = len(hands.whispers(LUIS))
    hands.press(LUIS, card, "line_pick_0")
    said = hands.wait("an answer to Luis", lambda: hands.whispers(LUIS)[before:])
    _say(f"✋ Luis (entry writer) clicks: “{said[0]}”")


def _file(hands: Player, mail: samples.StoryMail, words: str) -> None:
    count = hands.decide_lines(DANA, words, mail.codes)
    _say(f"✓  Dana confirms {count} lines, one click each.")

    def look() -> bool:
        card = hands.card(words)
        return card is not None and any(
            one["action_id"] == "shipment_confirm" for one in hands.buttons(card)
        )

    hands.wait("the button to file", look)
    card = hands.card(words)
    assert card is not None
    hands.press(DANA, card, "shipment_confirm")
    hands.wait("the submission", lambda: _told(hands, words, "was submitted"))
    _say(f"→  {_told(hands, words, 'was submitted')}")


def _told(hands: Player, words: str, text: str) -> str:
    card = hands.card(words)
    if card is None:
        return ""
    return next((one["text"] for one in hands.thread(card) if text in one["text"]), "")


def _hold(hands: Player) -> None:
    alert = hands.wait("the hold", lambda: _told(hands, "Juniper", "is on hold"))
    _say("⚠  " + alert.partition("*")[2].partition(" <!date")[0].replace("*", ""))
    card = hands.card("Juniper")
    assert card is not None
    note = next(one for one in hands.thread(card) if "is on hold" in one["text"])
    hands.press(DANA, note, "hold_ack")
    hands.wait("the hold to be taken", lambda: _told(hands, "Juniper", "has taken on the hold"))
    _say("   Dana takes it on; the authority releases the goods by hand.")
    entry = next(
        one
        for one in hands.state()["authority"]["entries"]
        if any(event["code"] == "held" for event in one["events"])
    )
    hands.authority(entry["key"], "release")


def _released(hands: Player, words: str) -> None:
    hands.wait(f"the release of {words}", lambda: _told(hands, words, "is released"))
    hands.wait(f"the sealed file of {words}", lambda: _says(hands, words, "the file is sealed"))
    mail = next(
        one
        for one in reversed(hands.state()["mails"])
        if "Released by customs" in one["subject"] and words.lower() in " ".join(one["to"])
    )
    _say(f"✔  Released. Consignee told: {mail['to'][0]}: {mail['subject']}")


def _summary(app: App) -> None:
    from bot.office import Office  # noqa: PLC0415 - the office loads what the demo else needs not

    office = Office(app.settings)
    for query in ("ZZZU3045127", "porcelain mugs"):
        found = ", ".join(f"{one['ref']} ({one['entry']})" for one in office.search(query))
        _say(f"⌕  tidewaiter search '{query}': {found}")
    count, broken = office.verify()
    migrate.pending(app.database)
    _say(f"⛓  {count} audit events, " + ("the chain is whole." if not broken else broken[0]))


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the demo tells its story on standard output
