"""DocuSign's JWT grant: a signed assertion for an access token, kept until it is nearly over.

Source: DocuSign eSignature, "JSON Web Token Grant" (RFC 7523). The key never leaves this process.
"""

from __future__ import annotations

import threading
import time

import httpx
import jwt

from workflows.ports import Permanent, Transient

SCOPE = "signature impersonation"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTED = 600  # seconds that an assertion is good for; an hour is the most
_EARLY = 300  # a token is renewed so many seconds before it ends


class JwtGrant:
    """Access tokens for one user of one account."""

    def __init__(
        self,
        client: httpx.Client,
        *,
        oauth_host: str,
        integration_key: str,
        user_id: str,
        private_key: bytes,
    ) -> None:
        self._client = client
        self._host = oauth_host
        self._integration_key, self._user_id = integration_key, user_id
        self._private_key = private_key
        self._lock = threading.Lock()
        self._token, self._until = "", 0.0

    def token(self) -> str:
        """A token that is good for some minutes at least."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._token, seconds = self._fetch()
                self._until = time.monotonic() + max(seconds - _EARLY, 0)
            return self._token

    def forget(self) -> None:
        """The service no longer takes the token."""
        with self._lock:
            self._until = 0.0

    def _fetch(self) -> tuple[str, int]:
        made = int(time.time())
        claims = {
            "iss": self._integration_key,
            "sub": self._user_id,
            "aud": self._host,
            "iat": made,
            "exp": made + _ASSERTED,
            "scope": SCOPE,
        }
        try:
            assertion = jwt.encode(claims, self._private_key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError) as exc:
            raise Permanent(
                "The private key of the signing service cannot be used: it must be an RSA key in "
                "PEM (TIDEWAITER_ESIGN__PRIVATE_KEY_FILE)."
            ) from exc
        try:
            answer = self._client.post(
                f"https://{self._host}/oauth/token",
                data={"grant_type": _GRANT, "assertion": assertion},
            )
        except httpx.HTTPError as exc:
            raise Transient("The signing service's login cannot be reached.") from exc
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Transient(f"The signing service's login answered {answer.status_code}.")
        try:
            told = answer.json()
            if answer.is_success:
                return str(told["access_token"]), int(told["expires_in"])
            error = str(told.get("error"))
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise Transient("The signing service's login answered with nothing usable.") from exc
        if error == "consent_required":
            raise Permanent(
                "The user has not allowed this integration to act: open "
                f"https://{self._host}/oauth/auth?response_type=code&scope=signature%20"
                f"impersonation&client_id={self._integration_key}&redirect_uri=REDIRECT once, "
                "logged in as that user."
            )
        raise Permanent(f"The signing service's login refused us: {error[:200]}.")
