"""Hand-over by e-mail to the filer's system: one mail per filing, manifest in words and as JSON.

A mail cannot be asked for, so it is never sent again by itself when its outcome is unknown: a
broker is asked. It claims nothing: what becomes of the entry is an answer by mail, which is shown
and decides nothing, or what a broker records with evidence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import sha256

from prompts import render
from storage.mail import Attachment, OutgoingMail
from storage.values import Reported
from workflows.gateways import bundle
from workflows.ports import Mailer, Parcel, ParcelFile, Permanent, Receipt

_KINDS = {".json": "application/json", ".txt": "text/plain", ".pdf": "application/pdf"}
_MOST_BYTES = 18_000_000

Replies = Callable[[str], list[Reported]]
"""The answers that came for the mail with this Message-ID, as statuses of the code "received"."""


class EmailGateway:
    """Sends to one address of the filer."""

    name = "email"
    can_be_asked = False

    def __init__(
        self, mailer: Mailer, *, to: str, reply_to: Callable[[Parcel], str], replies: Replies
    ) -> None:
        self._mailer, self._to = mailer, to
        self._reply_to, self._replies = reply_to, replies

    def close(self) -> None:
        """The mailer is not ours to close."""

    def find(self, key: str) -> Receipt | None:  # noqa: ARG002
        """A sent mail cannot be found again at its recipient."""
        return None

    def submit(self, parcel: Parcel) -> Receipt:
        mail = self.written(parcel)
        if sum(len(one.data) for one in mail.attachments) > _MOST_BYTES:
            raise Permanent("The documents are too large for one mail: send them another way.")
        self._mailer.send(mail)
        return Receipt(reference=mail.message_id)

    def status(self, key: str) -> list[Reported]:
        return self._replies(_mail_id(key))

    def respond(self, key: str, text: str, documents: Sequence[ParcelFile]) -> None:
        mark = sha256("".join([text, *(one.sha256 for one in documents)]).encode()).hexdigest()
        sent = _mail_id(key)
        self._mailer.send(
            OutgoingMail(
                key=f"filing-{key}-answer-{mark[:16]}",
                to=(self._to,),
                subject=f"Further documents for {key}",
                text=text,
                in_reply_to=sent,
                references=(sent,),
                attachments=tuple(_attached(one) for one in documents),
            )
        )

    def check(self) -> str:
        return f"filings go by mail to {self._to}"

    def written(self, parcel: Parcel) -> OutgoingMail:
        """The mail of a filing."""
        told = bundle.manifest(parcel)
        text = render(
            "filing/handover",
            number=parcel.number,
            kind=parcel.kind,
            key=parcel.key,
            lines=told["lines"],
            value=told["valueTotal"],
            sha256=parcel.sha256,
            contents=told["files"],
            notice=bundle.NOTICE,
        )
        manifest = json.dumps(told, indent=1, sort_keys=True).encode()
        own = Attachment(name="manifest.json", content_type="application/json", data=manifest)
        return OutgoingMail(
            key=f"filing-{parcel.key}",
            to=(self._to,),
            subject=f"Filing {parcel.number} {parcel.packet.get('importerOfRecord') or ''}".strip(),
            text=text,
            reply_to=self._reply_to(parcel),
            attachments=(own, *(_attached(one) for one in bundle.files(parcel))),
        )


def _mail_id(key: str) -> str:
    return OutgoingMail(key=f"filing-{key}", to=("x",), subject="", text="").message_id


def _attached(one: ParcelFile) -> Attachment:
    ending = one.name[one.name.rfind(".") :].casefold() if "." in one.name else ""
    kind = _KINDS.get(ending, "application/octet-stream")
    return Attachment(name=one.name, content_type=kind, data=one.data)
