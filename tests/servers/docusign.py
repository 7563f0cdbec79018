"""A server of DocuSign's shape on loopback, over TLS: login by JWT, envelopes, documents, Connect.

It is strict where the service is: types of the grant, unknown statuses, missing recipients. The
vendor's own client proves its shape in `tests/contract/test_docusign_server.py`. `sign`, `decline`
and the like are the signer's hands; `answers` makes it misbehave.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import hmac
import ipaddress
import json
import socket
import threading
import time
import uuid
from collections import deque
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jwt
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ACCOUNT, INTEGRATION, USER = str(uuid.UUID(int=1)), str(uuid.UUID(int=2)), str(uuid.UUID(int=3))
CONNECT_KEY = "connect-key-of-the-tests"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SCOPES = {"signature", "impersonation"}


class Docusign:
    """One account of one service."""

    def __init__(self, folder: Path) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.host = f"localhost:{self.port}"
        self.base_url = f"https://{self.host}/restapi"
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.private_key = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.certificate = folder / "authority.pem"
        self._tls = folder / "server-key.pem"
        _certify(self.certificate, self._tls)
        self.envelopes: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, float] = {}
        self.seconds = 3600  #: that a token is good for
        self.consented = True
        self.resent: list[str] = []
        self.requests: list[str] = []
        self.answers: deque[Any] = deque()  #: what the next writes are answered with instead
        at = "/restapi/v2.1/accounts/{account}/envelopes"
        app = Starlette(
            routes=[
                Route("/oauth/token", self._token, methods=["POST"]),
                Route(at.removesuffix("/envelopes"), self._account, methods=["GET"]),
                Route(at, self._create, methods=["POST"]),
                Route(at, self._list, methods=["GET"]),
                Route(at + "/{envelope}", self._get, methods=["GET"]),
                Route(at + "/{envelope}", self._update, methods=["PUT"]),
                Route(at + "/{envelope}/documents/{document}", self._document, methods=["GET"]),
            ]
        )
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_level="critical",
                headers=[("Connection", "close")],  # nothing lingers when a test is over
                ssl_certfile=str(self.certificate),
                ssl_keyfile=str(self._tls),
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        until = time.monotonic() + 10
        while not self._server.started and time.monotonic() < until:
            time.sleep(0.01)

    async def _serve(self) -> None:
        await self._server.serve(sockets=[self._socket])
        await asyncio.sleep(0.1)  # a TLS connection says goodbye before its loop ends

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(5)
        self._socket.close()

    # -- the signer's hands

    def sign(self, envelope: str) -> None:
        self._end(envelope, "completed", signer="completed")

    def decline(self, envelope: str, reason: str) -> None:
        self._end(envelope, "declined", signer="declined", declinedReason=reason)

    def bounce(self, envelope: str) -> None:
        self._signer(envelope).update(status="autoresponded")

    def expire(self, envelope: str) -> None:
        self._end(envelope, "voided", signer="sent")
        self.envelopes[envelope]["voidedReason"] = "Envelope has expired."

    def open(self, envelope: str) -> None:
        self._end(envelope, "delivered", signer="delivered")

    def message(self, envelope: str, event: str, *, at: str | None = None) -> bytes:
        """A message of Connect (JSON SIM), as its bytes."""
        made = {
            "event": event,
            "apiVersion": "v2.1",
            "uri": f"/restapi/v2.1/accounts/{ACCOUNT}/envelopes/{envelope}",
            "retryCount": 0,
            "configurationId": 10_000_001,
            "generatedDateTime": at or _now(),
            "data": {
                "accountId": ACCOUNT,
                "userId": USER,
                "envelopeId": envelope,
                "envelopeSummary": _shown(self.envelopes.get(envelope, {"status": "sent"})),
            },
        }
        return json.dumps(made, separators=(",", ":")).encode()

    @staticmethod
    def signatures(raw: bytes, *keys: str) -> dict[str, str]:
        """Connect's headers: one signature for each key of the configuration."""
        return {
            f"X-DocuSign-Signature-{n}": base64.b64encode(
                hmac.new(key.encode(), raw, hashlib.sha256).digest()
            ).decode()
            for n, key in enumerate(keys, start=1)
        }

    # -- what it answers

    async def _token(self, request: Request) -> Response:
        self.requests.append("token")
        form = dict(parse_qsl((await request.body()).decode()))
        try:
            if form["grant_type"] != _GRANT:
                return _error(400, "unsupported_grant_type")
            claims = jwt.decode(
                str(form["assertion"]),
                self.key.public_key(),
                algorithms=["RS256"],
                audience=self.host,
                issuer=INTEGRATION,
                options={"require": ["exp", "iat", "iss", "sub", "aud"]},
            )
        except (jwt.PyJWTError, KeyError) as exc:
            return JSONResponse({"error": "invalid_grant", "error_description": str(exc)}, 400)
        if claims["sub"] != USER or not set(str(claims.get("scope", "")).split()) >= _SCOPES:
            return JSONResponse({"error": "invalid_grant"}, 400)
        if claims["exp"] - claims["iat"] > 3600:
            return JSONResponse({"error": "invalid_grant"}, 400)
        if not self.consented:
            return JSONResponse({"error": "consent_required"}, 400)
        token = uuid.uuid4().hex
        self.tokens[token] = time.time() + self.seconds
        return JSONResponse(
            {"access_token": token, "token_type": "Bearer", "expires_in": self.seconds}
        )

    async def _create(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        asked = json.loads(await request.body())
        problem = _problem(asked)
        if problem is not None:
            return _error(400, "INVALID_REQUEST_PARAMETER", problem)
        fault = self.answers.popleft() if self.answers else None
        if isinstance(fault, tuple) and fault[0] == "before":
            return JSONResponse({"message": "try later"}, fault[1], headers=fault[2])
        envelope = str(uuid.uuid4())
        signers = (asked.get("recipients") or {}).get("signers") or [
            {"name": one["name"], "email": one["email"], "recipientId": str(n)}
            for n, one in enumerate(asked.get("templateRoles") or [], start=1)
        ]
        self.envelopes[envelope] = {
            **asked,
            "envelopeId": envelope,
            "statusChangedDateTime": _now(),
            "recipients": {
                "signers": [
                    {**one, "status": "sent" if asked["status"] == "sent" else "created"}
                    for one in signers
                ]
            },
        }
        if fault == "lost":
            return Response("gateway", 502)
        if fault == "garbage":
            return Response("<html>hello</html>", 201)
        return JSONResponse(
            {
                "envelopeId": envelope,
                "status": asked["status"],
                "statusDateTime": _now(),
                "uri": f"/envelopes/{envelope}",
            },
            201,
        )

    async def _account(self, request: Request) -> Response:
        return self._refused(request) or JSONResponse({"accountName": "Harbor & Pine"})

    async def _list(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        asked = request.query_params
        if "from_date" not in asked:
            return _error(400, "INVALID_REQUEST_PARAMETER", "from_date is needed")
        name, _, value = asked.get("custom_field", "").partition("=")
        found = [
            _shown(one)
            for one in self.envelopes.values()
            if not name or {"name": name, "value": value}.items() <= _first_field(one, name).items()
        ]
        return JSONResponse(
            {
                "resultSetSize": str(len(found)),
                "totalSetSize": str(len(found)),
                "startPosition": "0",
                "envelopes": found,
            }
        )

    async def _get(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        one = self.envelopes.get(request.path_params["envelope"])
        if one is None:
            return _error(404, "ENVELOPE_DOES_NOT_EXIST", "The envelope does not exist.")
        if self.answers:
            return Response(str(self.answers.popleft()), 200)
        shown = _shown(one)
        if "recipients" not in request.query_params.get("include", ""):
            shown.pop("recipients", None)
        return JSONResponse(shown)

    async def _update(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        one = self.envelopes.get(request.path_params["envelope"])
        if one is None:
            return _error(404, "ENVELOPE_DOES_NOT_EXIST", "The envelope does not exist.")
        asked = json.loads(await request.body())
        if request.query_params.get("resend_envelope") == "true":
            self.resent.append(one["envelopeId"])
        if asked.get("status") == "voided":
            if one["status"] not in ("sent", "delivered"):
                return _error(400, "ENVELOPE_CANNOT_VOID_INVALID_STATE", "It has ended already.")
            if not asked.get("voidedReason"):
                return _error(400, "ENVELOPE_VOID_REASON_REQUIRED", "A reason is needed.")
            one.update(status="voided", voidedReason=asked["voidedReason"])
        return JSONResponse({"envelopeId": one["envelopeId"]})

    async def _document(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        one = self.envelopes.get(request.path_params["envelope"])
        which = request.path_params["document"]
        if one is None or which not in ("combined", "certificate", "1"):
            return _error(404, "DOCUMENT_DOES_NOT_EXIST", "There is no such document.")
        form = base64.b64decode((one.get("documents") or [{}])[0].get("documentBase64") or b"")
        data = b"%PDF-1.7 certificate of " + one["envelopeId"].encode()
        if which != "certificate":
            data = (
                (form or b"%PDF-1.7 template")
                + b"\n% signed by "
                + self._signer(one["envelopeId"])["name"].encode()
            )
        return Response(data, media_type="application/pdf")

    def _refused(self, request: Request) -> Response | None:
        self.requests.append(f"{request.method} {request.url.path}")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0) < time.time():
            return _error(401, "AUTHORIZATION_INVALID_TOKEN", "The access token is not valid.")
        if request.path_params["account"] != ACCOUNT:
            return _error(401, "USER_DOES_NOT_BELONG_TO_SPECIFIED_ACCOUNT", "Another account.")
        return None

    def _signer(self, envelope: str) -> dict[str, Any]:
        found: dict[str, Any] = self.envelopes[envelope]["recipients"]["signers"][0]
        return found

    def _end(self, envelope: str, status: str, *, signer: str, **more: str) -> None:
        self.envelopes[envelope].update(status=status, statusChangedDateTime=_now())
        if status == "completed":
            self.envelopes[envelope]["completedDateTime"] = _now()
        self._signer(envelope).update(status=signer, **more)


def _problem(asked: Any) -> str | None:
    """What the service would refuse."""
    if not isinstance(asked, dict) or asked.get("status") not in ("sent", "created"):
        return "status is sent or created"
    if not asked.get("emailSubject") and not asked.get("templateId"):
        return "emailSubject is needed"
    if len(asked.get("emailSubject") or "") > 100:
        return "emailSubject has at most 100 characters"
    if asked.get("templateId"):
        roles = asked.get("templateRoles") or []
        if not roles or not all(one.get("roleName") and one.get("email") for one in roles):
            return "templateRoles with roleName and email are needed"
        return None
    documents = asked.get("documents") or []
    signers = (asked.get("recipients") or {}).get("signers") or []
    if not documents or not signers:
        return "documents and recipients are needed"
    for one in documents:
        if not one.get("name") or not str(one.get("documentId", "")).isdigit():
            return "a document has a name and a documentId"
        if not base64.b64decode(one["documentBase64"], validate=True).startswith(b"%PDF-"):
            return "the document is no PDF"
    for one in signers:
        if not all(one.get(name) for name in ("name", "email", "recipientId")):
            return "a signer has name, email and recipientId"
    return None


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name not in ("documents", "tabs")}


def _first_field(one: dict[str, Any], name: str) -> dict[str, str]:
    fields = (one.get("customFields") or {}).get("textCustomFields") or []
    return next((each for each in fields if each["name"] == name), {})


def _error(status: int, code: str, message: str = "") -> Response:
    return JSONResponse({"errorCode": code, "message": message or code}, status)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")


def _certify(certificate: Path, private: Path) -> None:
    """A certificate for this machine that is its own authority."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    at = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - dt.timedelta(days=1))
        .not_valid_after(at + dt.timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=True,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
