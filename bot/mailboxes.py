"""Opens the mailboxes that are watched, with their way to log in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bot.settings import Settings
from ingest import imap
from ingest.mailbox.address import Mailbox
from ingest.mailbox.cursor import CursorFile
from ingest.mailbox.login import Login
from ingest.mailbox.tokens import RefreshedTokens, TokenFile, Tokens
from storage.spool import Spool


def watchers(
    settings: Settings, *, spool: Spool, hint: Callable[[str], bool]
) -> list[imap.Watcher]:
    """Those who watch the configured mailboxes."""
    renewed = _renewed(settings)
    folder = settings.data / "imap"
    rules = imap.Rules(
        recipients=tuple(settings.smtp.recipients),
        max_bytes=settings.smtp.max_bytes,
        move_to=settings.imap.move_to,
        start=settings.imap.start,
        poll_seconds=settings.imap.poll_seconds,
    )
    return [
        imap.Watcher(
            box,
            login=Login(
                box,
                tokens=_tokens(settings, box) or renewed,
                ca_file=settings.imap.ca_file,
            ),
            cursor=CursorFile(folder, box.key),
            spool=spool,
            rules=rules,
            hint=hint,
        )
        for box in settings.imap.mailboxes
    ]


def _tokens(settings: Settings, box: Mailbox) -> Tokens | None:
    path = settings.imap.oauth_token_file
    if path is None:
        return None
    return TokenFile(Path(str(path).replace("{user}", box.user.replace("/", "_"))))


def _renewed(settings: Settings) -> Tokens | None:
    """One for all mailboxes: an endpoint may take each refresh token only once."""
    imap_settings = settings.imap
    if imap_settings.oauth_token_url is None:
        return None
    assert imap_settings.oauth_client_id is not None
    assert imap_settings.oauth_refresh_token is not None
    return RefreshedTokens(
        imap_settings.oauth_token_url,
        client_id=imap_settings.oauth_client_id,
        client_secret=imap_settings.oauth_client_secret,
        refresh_token=imap_settings.oauth_refresh_token,
        scope=imap_settings.oauth_scope,
        keep=settings.data / "imap" / "refresh-token.json",
    )
