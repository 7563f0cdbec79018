"""How a consignee wants to hear of a release, as values."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from storage.values import Value

_SAFE = ("https://", "http://127.0.0.1", "http://localhost")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_WHOLE_KEY = 2


class Route(Value):
    """One way to one recipient. `name` says which within an importer; a notice goes there once."""

    name: str = Field(max_length=254)
    by: Literal["email", "webhook", "sftp"]
    to: str | None = Field(default=None, max_length=254)  #: an address
    url: str | None = Field(default=None, max_length=500)
    host: str | None = Field(default=None, max_length=253)
    port: int = Field(default=22, ge=1, le=65535)
    user: str | None = Field(default=None, max_length=100)
    host_key: str | None = Field(default=None, max_length=2000)  #: as ssh-keyscan prints it
    folder: str = Field(default=".", max_length=300)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.by == "email" and (self.to is None or "@" not in self.to):
            msg = "an e-mail route needs an address"
            raise ValueError(msg)
        if self.by == "webhook" and not (self.url or "").startswith(_SAFE):
            msg = "a webhook's address begins with https://"
            raise ValueError(msg)
        if self.by == "sftp" and not (self.host and self.user):
            msg = "an SFTP route needs host and user"
            raise ValueError(msg)
        if self.by == "sftp" and len((self.host_key or "").split()) < _WHOLE_KEY:
            msg = "an SFTP route needs the server's host key, as ssh-keyscan prints it"
            raise ValueError(msg)
        if self.by != "email" and _NAME.fullmatch(self.name) is None:
            msg = "a route's name is of small letters, digits and dashes"
            raise ValueError(msg)
        return self

    @property
    def words(self) -> str:
        """The recipient, for people."""
        if self.by == "email":
            return str(self.to)
        return f"{self.name} ({'webhook' if self.by == 'webhook' else 'SFTP'})"


def mail_route(address: str) -> Route:
    """The route of a plain address."""
    return Route(name=address[:254], by="email", to=address)
