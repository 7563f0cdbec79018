"""Marks of secrets: comparable, and of no use to who reads the database.

An account number has too few digits for a plain hash to hide it: every one can be tried. A mark is
therefore keyed (HMAC-SHA256, RFC 2104) with a secret of the installation that is not in the
database. It is laid over the plain mark, so that what an older version stored can be keyed later.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from storage.values import Account, Reading

KEYED = "k1:"


@dataclass(frozen=True)
class Seal:
    """The installation's secret, and what it makes of a mark."""

    secret: bytes

    def mark(self, plain: str) -> str:
        """A mark, keyed; one that is keyed already stays."""
        if plain.startswith(KEYED):
            return plain
        return KEYED + hmac.new(self.secret, plain.encode(), hashlib.sha256).hexdigest()

    def account(self, account: Account) -> Account:
        return account.model_copy(update={"mark": self.mark(account.mark)})

    def reading(self, reading: Reading) -> Reading:
        """A reading whose bank details are keyed."""
        if not reading.accounts:
            return reading
        return reading.model_copy(
            update={"accounts": tuple(self.account(one) for one in reading.accounts)}
        )
