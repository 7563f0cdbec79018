"""The plain way: the form goes by e-mail, the signed scan comes back to the shipment's address.

It cannot tell whether somebody signed. A person looks at what comes back (`workflows/scans.py`).
"""

from __future__ import annotations

from storage.mail import Attachment, OutgoingMail
from storage.powers import EnvelopeState
from workflows.ports import (
    Mailer,
    Permanent,
    Requested,
    SignatureRequest,
    SignatureStatus,
    SignedDocuments,
)


class MailSigner:
    """Sends through the mailer that everything else is sent with."""

    name = "email"

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    def request(self, request: SignatureRequest) -> Requested:
        return self._send(request.key, request, with_form=True)

    def status(self, reference: str) -> SignatureStatus:  # noqa: ARG002 - nobody tells us
        return SignatureStatus(state=EnvelopeState.SENT)

    def documents(self, reference: str) -> SignedDocuments:
        raise Permanent(
            f"{reference} was sent by mail: its signed scan comes by mail, and a person says "
            "that it is signed."
        )

    def remind(self, reference: str, request: SignatureRequest) -> Requested:
        return self._send(reference, request, with_form=True)

    def void(self, reference: str, reason: str, request: SignatureRequest) -> Requested:  # noqa: ARG002 - the reason is ours
        return self._send(reference, request, with_form=False)

    def check(self) -> str:
        return "forms go out by mail, with everything else that is sent"

    def _send(self, reference: str, request: SignatureRequest, *, with_form: bool) -> Requested:
        form = Attachment(
            name="customs-power-of-attorney.pdf",
            content_type="application/pdf",
            data=request.form,
        )
        first = OutgoingMail(key=reference, to=(request.signatory.mail,), subject="", text="")
        mail = OutgoingMail(
            key=request.key,
            to=(request.signatory.mail,),
            subject=request.subject,
            text=request.text,
            html=request.html,
            reply_to=request.reply_to,
            references=() if reference == request.key else (first.message_id,),
            in_reply_to=None if reference == request.key else first.message_id,
            attachments=(form,) if with_form else (),
        )
        return Requested(reference=reference, mail=mail, sent=self._mailer.send(mail))
