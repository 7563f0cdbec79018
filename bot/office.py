"""What the command line can ask and do: plain functions over the product's parts.

Answers are plain data, ready for JSON. Nothing here prints.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import make_url
from sqlmodel import col, func, select

from bot import booking_commands, people, tariff_sync
from bot import duty as duties
from bot.compose import App, build
from bot.duty_input import EntryIn
from bot.poa_desk import PoaDesk
from bot.settings import Settings, unknown_variables
from ingest import show
from ingest.mailbox.trouble import NeedsAPerson
from ingest.reader import SafeReader
from knowledge import tariff
from knowledge.duty import desk as duty_desk
from knowledge.duty import rate_files
from knowledge.duty.book import Shelf
from knowledge.duty.compute import EntryDuty
from knowledge.tariff import export
from knowledge.tariff.answers import complete
from knowledge.tariff.precedents import Precedents
from storage import audit, migrate
from storage.columns import now
from storage.models import (
    AuditEvent,
    Document,
    Entry,
    Importer,
    LineItem,
    Person,
    Shipment,
)
from storage.values import SYSTEM, Actor, Reading, Role, Unreadable
from workflows import (
    archive,
    assigning,
    booking,
    estimate,
    filing,
    operating,
    poa,
    post,
    products,
    reranking,
    rulings,
)
from workflows.ports import Permanent, Transient
from workflows.states import Refused

_MOST_QUERIES = 5000


class Office:
    """One installation, for an operator."""

    def __init__(self, settings: Settings) -> None:
        self.app: App = build(settings)

    @cached_property
    def ready(self) -> App:
        """The product, with its database at the schema of this version."""
        migrate.upgrade(self.app.database)
        return self.app

    @cached_property
    def powers(self) -> PoaDesk:
        """Powers of attorney."""
        return PoaDesk(self.ready)

    def classify(
        self, queries: Sequence[tariff.LineQuery], *, top: int, schedule: Path | None
    ) -> list[dict[str, Any]]:
        """Candidates for each line, in the shape of the `classify` contract."""
        if schedule is not None and not schedule.is_file():
            raise ValueError(f"{schedule}: there is no such file.")
        desk = tariff.open_desk(
            cache=self.app.settings.cache,
            named=schedule or self.app.tariff_export,
            extra=tariff.DEMO_EXTRACT,
        )
        history = self._history(queries)
        answers = complete(
            reranking.suggest(
                desk,
                queries,
                confirmed=history,
                llm=self.app.llm,
                notes=self.app.settings.data / "tariff" / "notes",
                top=top,
            ),
            queries,
            known=desk,
            on=now().date(),
            history=history,
            precedents=self._precedents(),
            top=top,
        )
        return [answer.model_dump(mode="json") for answer in answers]

    def _precedents(self) -> Precedents | None:
        """The rulings on hand; an installation that has no database yet has none."""
        url = make_url(self.app.settings.database)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            return None
        with self.ready.database.snapshot() as session:
            return rulings.Library().of(session)

    def _history(self, queries: Sequence[tariff.LineQuery]) -> dict[str, list[tariff.Confirmed]]:
        names = {query.importer for query in queries if query.importer}
        found: dict[str, list[tariff.Confirmed]] = {}
        if not names:
            return found
        with self.ready.database.snapshot() as session:
            for name in names:
                importer = session.exec(
                    select(Importer).where(Importer.match_name == booking.match_name(name))
                ).first()
                if importer is not None:
                    found[name] = products.history(session, importer.id)
        return found

    def search(self, query: str) -> list[dict[str, Any]]:
        with self.ready.database.snapshot() as session:
            return [_brief(session, one) for one in archive.search(session, query)]

    def shipment(self, ref: str) -> dict[str, Any] | None:
        """A shipment by its own number or its entry number."""
        with self.ready.database.snapshot() as session:
            row = session.exec(select(Shipment).where(Shipment.ref == ref.upper())).first()
            if row is None:
                entry = session.exec(select(Entry).where(Entry.number == ref.upper())).first()
                row = session.get(Shipment, entry.shipment_id) if entry else None
            if row is None:
                return None
            lines = session.exec(
                select(LineItem)
                .where(LineItem.shipment_id == row.id)
                .order_by(col(LineItem.number))
            ).all()
            documents = session.exec(
                select(Document).where(Document.shipment_id == row.id).order_by(col(Document.id))
            ).all()
            events = session.exec(
                select(AuditEvent)
                .where(AuditEvent.shipment_id == row.id)
                .order_by(col(AuditEvent.id))
            ).all()
            layers, to_know = estimate.shown(session, row, self.app.duty_desk)
            return {
                **_brief(session, row),
                "header": row.header.model_dump(mode="json"),
                "parties": row.parties.model_dump(mode="json"),
                "transport": row.transport.model_dump(mode="json"),
                "totals": row.totals.model_dump(mode="json"),
                "flags": [flag.model_dump(mode="json") for flag in row.flags],
                "duty": [layer.model_dump(mode="json") for layer in layers],
                "dutyAdvisories": list(to_know),
                "lines": [
                    {
                        "number": line.number,
                        "description": line.description,
                        "state": line.state.value,
                        "code": line.code,
                        "decidedBy": line.decided_name,
                    }
                    for line in lines
                ],
                "documents": [
                    {
                        "file": one.filename,
                        "kind": one.kind.value,
                        "state": one.state.value,
                        "sha256": one.sha256,
                    }
                    for one in documents
                ],
                "mails": post.history(session, row.id or 0),
                "manifest": row.manifest_sha256,
                "keepUntil": row.keep_until.isoformat() if row.keep_until else None,
                "audit": [
                    {"at": event.at.isoformat(), "by": event.actor_name, "action": event.action}
                    for event in events
                ],
            }

    def give_port(self, port: str, slack_user: str | None) -> str:
        with self.ready.database.transaction() as session:
            return assigning.give_port(session, port=port, slack_user=slack_user, actor=SYSTEM)

    def add_person(
        self,
        slack_user: str | None,
        name: str,
        role: str,
        licence: str | None,
        mail: str | None = None,
        workspace: str = "",
    ) -> None:
        try:
            wanted = Role(role)
        except ValueError:
            raise Refused(
                f"{role} is no role: licensed_broker, entry_writer, compliance or viewer."
            ) from None
        with self.ready.database.transaction() as session:
            people.add(
                session,
                slack_user=slack_user,
                name=name,
                role=wanted,
                licence=licence,
                mail=mail,
                office=workspace,
            )

    def people(self) -> list[dict[str, Any]]:
        with self.ready.database.snapshot() as session:
            return [
                {
                    "slack": one.slack_user,
                    "name": one.name,
                    "role": one.role.value,
                    "licence": one.licence,
                }
                for one in session.exec(select(Person).order_by(col(Person.id)))
            ]

    def add_importer(
        self,
        name: str,
        *,
        consignee_mail: str | None,
        broker: str | None,
        poa: tuple[str | None, str | None, str | None],
        language: str | None = None,
        contacts: Sequence[str] = (),
    ) -> None:
        signed_by, signed_on, expires_on = poa
        if any(poa) and not (signed_by and signed_on):
            raise Refused(
                "A power of attorney needs who signed it and when: --poa-signed-by and "
                "--poa-signed-on. Nothing was recorded."
            )
        with self.ready.database.transaction() as session:
            importer = booking.add_importer(
                session,
                name=name,
                actor=SYSTEM,
                consignee_mail=consignee_mail,
                broker=broker,
                language=language,
                contacts=contacts,
            )
            if signed_by and signed_on:
                _record_poa(session, importer, signed_by, signed_on, expires_on, broker)

    def outbox(self) -> list[dict[str, Any]]:
        with self.ready.database.snapshot() as session:
            return [
                {
                    "id": row.id,
                    "status": row.status.value,
                    "kind": row.kind,
                    "key": row.key,
                    "attempts": row.attempts,
                    "error": row.last_error,
                }
                for row in operating.unfinished(session)
            ]

    def retry(self, row: int) -> str:
        with self.ready.database.transaction() as session:
            return operating.outbox_retry(session, outbox_id=row, actor=SYSTEM).text

    def drop(self, row: int) -> str:
        with self.ready.database.transaction() as session:
            return operating.outbox_drop(session, outbox_id=row, actor=SYSTEM).text

    def verify(self) -> tuple[int, list[str]]:
        with self.ready.database.snapshot() as session:
            count = session.exec(select(func.count()).select_from(AuditEvent)).one()
            return count, list(audit.verify(session))

    def replay(self, names: Sequence[str]) -> list[str]:
        """Let mails wait again, and ask for them."""
        spool = self.app.spool
        said = []
        for name in names or spool.put_aside():
            if spool.replay(name):
                self.app.relay.mail(name)
                said.append(f"{name} waits to be taken in again.")
            else:
                said.append(f"{name} is not in the spool.")
        return said or ["Nothing was put aside."]

    def duty(
        self, entry: EntryIn, *, schedules: Sequence[Path]
    ) -> tuple[dict[str, Any], EntryDuty]:
        """The duty of an entry, over the synced editions or over the files named."""
        desk = self.app.duty_desk
        if schedules:
            cache = self.app.settings.cache / "duty"
            books = [(export.edition_of(one), duty_desk.kept(one, cache)) for one in schedules]
            desk = duty_desk.DutyDesk(Shelf(books), desk.rates)
        return duties.answer(entry, desk)

    def sync_tariff(
        self, source: Path | None, chapter99: Path | None, *, index: bool = True
    ) -> list[str]:
        """Take a schedule into force, and what the duty needs of it; what was done, in lines."""
        with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task("Fetching the tariff", total=None)

            def shown(what: str, done: int, total: int | None) -> None:
                bar.update(task, description=what, completed=done, total=total)

            return tariff_sync.run(
                self.ready, source=source, chapter99=chapter99, index=index, progress=shown
            )

    def sync_rates(self, source: Path | None) -> str:
        """Take rates of exchange into force."""
        store = self.app.settings.data / "rates"
        if source is None:
            table = rate_files.sync(self.app.settings.tariff.rates_url, store)
        else:
            table = rate_files.take(source, store)
        return f"{len(table.quotes)} rates of exchange are in force."

    def index_tariff(self) -> str:
        with Progress() as bar:
            task = bar.add_task("Preparing the tariff index", total=1)
            desk = self.app.desk(
                lambda _, done, total: bar.update(task, completed=done, total=total)
            )
            bar.update(task, total=1, completed=1)
        return f"{desk.edition}: {len(desk.schedule.leaves)} lines are ready."

    def tariff_status(self) -> str:
        lookup = self.app.lookup
        return f"{lookup.edition}: {len(lookup.schedule.leaves)} lines."

    def doctor(self) -> tuple[list[str], bool]:
        """Settings and checks, as lines; False when something needs attention."""
        settings = self.app.settings
        rows = [f"setting  {name} = {value}" for name, value in _flat(settings)]
        checks: list[tuple[str, bool, str]] = []
        try:
            pending = migrate.pending(self.app.database)
            checks.append(
                ("database", pending is None, pending or settings.database.split("@")[-1])
            )
        except Exception as exc:  # noqa: BLE001 - the doctor names any trouble
            checks.append(("database", False, str(exc).splitlines()[0]))
        own = "started by us" if settings.own_redis else "configured"
        checks.append(("redis", self.app.relay.ping(), own))
        try:
            listed = self.app.screener
            checks.append(
                ("denied parties", listed.problem is None, listed.problem or listed.edition)
            )
        except Exception as exc:  # noqa: BLE001
            checks.append(("denied parties", False, str(exc)))
        checks.append(("tariff", True, self.tariff_status()))
        checks.append(("bookings", *booking_commands.check(self.app)))
        for watcher in self.app.watchers:
            try:
                checks.append(("mailbox", True, watcher.check()))
            except NeedsAPerson as exc:
                checks.append(("mailbox", False, str(exc)))
        for label, sandboxed in (
            ("slack", settings.sandbox_slack),
            ("mail out", settings.sandbox_mail),
        ):
            checks.append((label, True, "sandbox" if sandboxed else "configured"))
        ports = self.app.ports
        checks.append(
            _login("signatures", settings.sandbox_esign, settings.esign.kind, ports.signer)
        )
        checks.append(
            _login("customs", settings.sandbox_gateway, settings.gateway.kind, ports.gateway)
        )
        rows += [f"{'ok' if fine else 'FAILS':<8} {label}: {text}" for label, fine, text in checks]
        rows += [f"UNKNOWN  {name} is no setting: is it misspelt?" for name in unknown_variables()]
        return rows, all(fine for _, fine, _ in checks) and not unknown_variables()


class _Door(Protocol):
    def check(self) -> str: ...


def _login(label: str, sandboxed: bool, kind: str, door: _Door) -> tuple[str, bool, str]:
    """Whether a service lets us in; the sandbox need not run."""
    if sandboxed:
        return label, True, "sandbox"
    try:
        return label, True, f"{kind}: {door.check()}"
    except (Transient, Permanent) as exc:
        return label, False, f"{kind}: {exc}"


def extract(path: Path) -> list[dict[str, Any]]:
    """The documents of a file as the `extract` contract has it; an unreadable one says why."""
    reader = SafeReader()
    try:
        made = reader.read(path.name, path.read_bytes())
    finally:
        reader.close()
    if not isinstance(made, Unreadable):
        return [_numbers(one) for one in made]
    return [
        {
            "documentType": "other",
            "file": path.name,
            "pages": 0,
            "lineItems": [],
            "flags": [
                {
                    "type": made.reason,
                    "field": None,
                    "severity": "must_resolve",
                    "message": made.message,
                }
            ],
        }
    ]


def draw(path: Path, folder: Path) -> list[str]:
    """Pictures of the pages with a box around each value; the lines say what was written."""
    made = show.in_a_process(path, folder)
    return [str(one) for one in made] or [f"{path.name} has no pages that could be drawn."]


def told(document: dict[str, Any]) -> str:
    """A document in a few words."""
    first, pages = document.get("firstPage", 1), document["pages"]
    where = f" (from page {first}, {pages} in all)" if first > 1 else ""
    lines = [f"{document['file']}: {document['documentType']}{where}"]
    for section in ("header", "transport", "totals"):
        for name, value in (document.get(section) or {}).items():
            if value not in (None, [], ()):
                sure = document["confidenceByField"].get(f"{section}.{name}")
                lines.append(f"  {name:<20} {value}" + (f"  ({sure:.0%})" if sure else ""))
    lines += [f"  line {one['lineNumber']}: {one['description']}" for one in document["lineItems"]]
    lines += [f"  ! {flag['message']}" for flag in document["flags"]]
    return "\n".join(lines)


def queries(
    *,
    description: str | None,
    lines: Path | None,
    origin: str | None,
    hint: str | None,
    importer: str | None,
) -> list[tariff.LineQuery]:
    """The lines to classify; ValueError says what is wrong with the input."""
    if (description is None) == (lines is None):
        raise ValueError("Give either --description TEXT or --input LINES.jsonl.")
    if description is not None:
        return [
            tariff.LineQuery(
                id="1", description=description, origin=origin, hint=hint, importer=importer
            )
        ]
    assert lines is not None
    if not lines.is_file():
        raise ValueError(f"{lines}: there is no such file.")
    found = []
    for number, line in enumerate(lines.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            found.append(
                tariff.LineQuery(
                    id=str(row["id"]),
                    description=str(row.get("description") or ""),
                    origin=row.get("countryOfOrigin") or origin,
                    hint=row.get("hsCodeHint") or hint,
                    importer=row.get("importer") or importer,
                    sku=row.get("sku"),
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError, ValidationError):
            raise ValueError(
                f"{lines}, line {number}: needs JSON with id and description."
            ) from None
        if len(found) > _MOST_QUERIES:
            raise ValueError(f"{lines}: more than {_MOST_QUERIES} lines; please split the file.")
    return found


def _numbers(reading: Reading) -> dict[str, Any]:
    """JSON numbers where the contract has numbers; inside they are Decimal."""
    made: dict[str, Any] = json.loads(reading.model_dump_json())
    for line in made["lineItems"]:
        for name in ("quantity", "unitPrice", "extendedValue"):
            line[name] = None if line[name] is None else float(line[name])
    totals = made["totals"]
    for name in ("subtotal", "freight", "insurance", "total", "grossWeightKg", "netWeightKg"):
        totals[name] = None if totals[name] is None else float(totals[name])
    return made


def _brief(session: Any, row: Shipment) -> dict[str, Any]:
    entry = filing.latest_entry(session, row.id or 0)
    return {
        "ref": row.ref,
        "state": row.state.value,
        "importer": row.parties.importer.name or row.parties.consignee.name,
        "entry": entry.number if entry else None,
        "bill": row.transport.houseBill or row.transport.masterBill,
        "containers": list(row.transport.containers),
    }


def _record_poa(
    session: Any,
    importer: Importer,
    signed_by: str,
    signed_on: str,
    expires_on: str | None,
    broker: str | None,
) -> None:
    try:
        first = date.fromisoformat(signed_on)
        last = date.fromisoformat(expires_on) if expires_on else None
    except ValueError:
        raise Refused("A date is written YYYY-MM-DD.") from None
    poa.record(
        session,
        importer=importer,
        signed_by=signed_by,
        signed_on=first,
        expires_on=last,
        actor=_recorder(session, broker),
    )


def _recorder(session: Any, broker: str | None) -> Actor:
    """The licensed broker who puts a power on file (19 CFR 141.31): never the machine."""
    if broker is None:
        raise Refused(
            "A power of attorney is put on file by a licensed broker: say who with --broker. "
            "Nothing was recorded."
        )
    actor = people.who(session, broker)
    if actor.role is not Role.LICENSED_BROKER:
        raise Refused(
            f"{broker} is not a licensed broker on the list of people, so the power of attorney "
            "cannot be put on file in that name. Nothing was recorded."
        )
    return actor


def _flat(settings: Settings) -> list[tuple[str, str]]:
    rows = []
    for name, value in settings.model_dump().items():
        if isinstance(value, dict):
            rows += [(f"{name}.{inner}", str(one)) for inner, one in value.items()]
        else:
            rows.append((name, str(value)))
    return rows
