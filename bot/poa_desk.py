"""What the command line can ask and do about powers of attorney. Decisions name who decides.

Answers are plain data, ready for JSON. Nothing here prints.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from bot import people
from bot.compose import App
from storage.models import (
    Importer,
    PowerOfAttorney,
    Shipment,
    SignatureEnvelope,
    SigningEvent,
)
from storage.powers import GrantorKind, Scope, Signatory
from workflows import poa, poa_form, sign_thread, signed, signing
from workflows.booking import match_name
from workflows.states import Refused

_MOST_BYTES = 25_000_000


class PoaDesk:
    """Powers of attorney of one installation, for an operator."""

    def __init__(self, app: App) -> None:
        self._app = app

    def standing(self) -> list[dict[str, Any]]:
        """Every importer, and whether we may act for it today."""
        with self._app.database.snapshot() as session:
            found = []
            for importer in session.exec(select(Importer).order_by(col(Importer.name))):
                power = poa.on_file(session, importer)
                found.append(
                    {
                        "importer": importer.name,
                        "power": power.id if power else None,
                        "signedBy": power.signed_by if power else None,
                        "signedOn": power.signed_on.isoformat() if power else None,
                        "expiresOn": _iso(power.expires_on) if power else None,
                        "problem": poa.problem(session, importer),
                    }
                )
            return found

    def show(self, name: str) -> dict[str, Any]:
        """Everything about one importer's powers: on file, asked for, and what was heard."""
        with self._app.database.snapshot() as session:
            importer = _importer(session, name)
            powers = session.exec(
                select(PowerOfAttorney)
                .where(PowerOfAttorney.importer_id == importer.id)
                .order_by(col(PowerOfAttorney.id))
            ).all()
            envelopes = session.exec(
                select(SignatureEnvelope)
                .where(SignatureEnvelope.importer_id == importer.id)
                .order_by(col(SignatureEnvelope.id))
            ).all()
            return {
                "importer": importer.name,
                "problem": poa.problem(session, importer),
                "signing": importer.signing.model_dump(mode="json") if importer.signing else None,
                "powers": [_power(one) for one in powers],
                "requests": [_request(session, one) for one in envelopes],
            }

    def record(
        self,
        name: str,
        *,
        by: str,
        signed_by: str,
        signed_on: str,
        expires_on: str | None,
        document: Path | None,
        kind: str | None,
        ports: Sequence[str],
        entry_types: Sequence[str],
        grantor: str | None,
        number: str | None,
        title: str | None,
        nonresident: bool,
        resident_agent: str | None,
    ) -> int:
        """Put a power that was signed on paper on file; gives its number."""
        sha256 = self._keep(document) if document is not None else None
        scope = _scope(ports, entry_types)
        with self._app.database.transaction() as session:
            importer = _importer(session, name)
            given = poa.record(
                session,
                importer=importer,
                signed_by=signed_by,
                signed_on=_day(signed_on),
                expires_on=_day(expires_on) if expires_on else None,
                actor=people.who(session, by),
                grantor_name=grantor,
                kind=_kind(kind),
                scope=scope,
                number=number,
                nonresident=nonresident,
                resident_agent=resident_agent,
                signer_title=title,
                document_sha256=sha256,
            )
            assert importer.id is not None
            sign_thread.refresh(session, importer.id)
            assert given.id is not None
            return given.id

    def revoke(self, power: int, *, by: str, reason: str, on: str | None) -> None:
        with self._app.database.transaction() as session:
            gone = poa.revoke(
                session,
                power_id=power,
                reason=reason,
                actor=people.who(session, by),
                on=_day(on) if on else None,
            )
            sign_thread.refresh(session, gone.importer_id)

    def check(self, power: int, *, by: str, ticked: Sequence[str], note: str) -> str:
        with self._app.database.transaction() as session:
            actor = people.who(session, by)
            return signed.verify(
                session, power_id=power, ticked=ticked, note=note, actor=actor
            ).text

    def signer(
        self, name: str, *, by: str, who: tuple[str | None, str | None, str | None], **facts: Any
    ) -> None:
        """Record who signs for an importer, and what its form says."""
        facts["kind"] = _kind(facts.get("kind"))
        with self._app.database.transaction() as session:
            importer = _importer(session, name)
            signing.keep_signer(
                session,
                importer=importer,
                actor=people.who(session, by),
                signatory=_signatory(importer, who),
                **facts,
            )

    def request(
        self,
        name: str,
        *,
        by: str,
        who: tuple[str | None, str | None, str | None],
        kind: str | None,
        ref: str | None,
        ports: Sequence[str],
        entry_types: Sequence[str],
    ) -> str:
        """Send the form for signature; what was decided, in a sentence."""
        with self._app.database.transaction() as session:
            importer = _importer(session, name)
            signatory = _signatory(importer, who)
            if signatory is None:
                raise Refused("Who signs? Give --signer, --title and --mail. Nothing was sent.")
            assert importer.id is not None
            signing.ask(
                session,
                importer_id=importer.id,
                signatory=signatory,
                kind=_kind(kind),
                shipment_id=_shipment(session, ref),
                actor=people.who(session, by),
                house=self._app.house,
                scope=_scope(ports, entry_types),
            )
            return f"It goes to {signatory.name} ({signatory.mail}) for signature."

    def withdraw(self, name: str, *, by: str, reason: str) -> None:
        """Take an open request back."""
        with self._app.database.transaction() as session:
            envelope = poa.open_envelope(session, _importer(session, name))
            if envelope is None or envelope.id is None:
                raise Refused(f"No request for a signature of {name} is open.")
            signing.take_back(
                session,
                envelope_id=envelope.id,
                reason=reason,
                actor=people.who(session, by),
            )

    def _keep(self, document: Path) -> str:
        if not document.is_file():
            raise Refused(f"{document}: there is no such file. Nothing was recorded.")
        if document.stat().st_size > _MOST_BYTES:
            raise Refused(f"{document} is larger than 25 MB. Nothing was recorded.")
        return self._app.blobs.put(document.read_bytes())


def _power(one: PowerOfAttorney) -> dict[str, Any]:
    return {
        "id": one.id,
        "grantor": one.grantor_name,
        "kind": one.kind.value if one.kind else None,
        "scope": poa_form.scope_words(one.scope),
        "signedBy": one.signed_by,
        "title": one.signer_title,
        "signedOn": one.signed_on.isoformat(),
        "expiresOn": _iso(one.expires_on),
        "recordedBy": one.recorded_by,
        "awaitsCheck": one.awaiting_check,
        "checks": [check.model_dump(mode="json") for check in one.checks or ()],
        "checkNote": one.check_note,
        "revokedOn": _iso(one.revoked_on),
        "revokedReason": one.revoked_reason,
        "document": one.document_sha256,
        "certificate": one.certificate_sha256,
    }


def _request(session: Session, one: SignatureEnvelope) -> dict[str, Any]:
    heard = session.exec(
        select(SigningEvent)
        .where(SigningEvent.envelope_id == one.id)
        .order_by(col(SigningEvent.id))
    )
    return {
        "state": one.state.value,
        "via": one.via,
        "reference": one.reference,
        "signer": one.signer_name,
        "mail": one.signer_mail,
        "askedBy": one.asked_name,
        "askedAt": one.asked_at.isoformat(),
        "reminders": one.reminders,
        "reason": one.reason,
        "events": [
            {"event": row.event, "at": row.generated_at, "effect": row.effect} for row in heard
        ],
    }


def _importer(session: Session, name: str) -> Importer:
    found = session.exec(select(Importer).where(Importer.match_name == match_name(name))).first()
    if found is None:
        raise Refused(f"{name} is not among our importers: tidewaiter importer add '{name}'.")
    return found


def _shipment(session: Session, ref: str | None) -> int | None:
    if ref is None:
        return None
    found = session.exec(select(Shipment).where(Shipment.ref == ref.upper())).first()
    if found is None:
        raise Refused(f"There is no shipment {ref}. Nothing was sent.")
    return found.id


def _signatory(
    importer: Importer, who: tuple[str | None, str | None, str | None]
) -> Signatory | None:
    known = importer.signing.signatory if importer.signing else None
    given = [
        new if new is not None else old
        for new, old in zip(
            who,
            (known.name, known.title, known.mail) if known else (None, None, None),
            strict=True,
        )
    ]
    if not any(given):
        return None
    name, title, mail = (one or "" for one in given)
    return Signatory(name=name.strip(), title=title.strip(), mail=mail.strip())


def _kind(text: str | None) -> GrantorKind | None:
    if text is None:
        return None
    try:
        return GrantorKind(text)
    except ValueError:
        known = ", ".join(GrantorKind)
        raise Refused(f"{text} is no kind of importer: {known}.") from None


def _scope(ports: Sequence[str], entry_types: Sequence[str]) -> Scope | None:
    if wrong := [one for one in entry_types if not (one.isdigit() and len(one) == len("01"))]:
        raise Refused(f"{wrong[0]} is no entry type: two digits, e.g. 01.")
    if not ports and not entry_types:
        return None
    return Scope(ports=tuple(ports), entry_types=tuple(entry_types))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("A date is written YYYY-MM-DD.") from None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
