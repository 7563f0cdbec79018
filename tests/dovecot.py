"""A real Dovecot on a high port, with a configuration and mailboxes of its own in a short folder."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable
from email import policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

from imapclient import IMAPClient

from tests.town import free_port

PASSWORD = "p@ss,w/rd #1%"  # everything that a careless reader of addresses stumbles over
STAMP = 1_790_000_000


class Dovecot:
    """Start, stop, restart; and a postman's hands."""

    def __init__(
        self,
        users: Iterable[str] = ("docs",),
        *,
        idle: bool = True,
        tls: tuple[Path, Path] | None = None,
        introspection: str | None = None,
    ) -> None:
        # Not pytest's folder: that one is closed to the users that Dovecot runs as, and its
        # names are too long for unix sockets.
        self.folder = Path(tempfile.mkdtemp(prefix="dove-"))
        self.folder.chmod(0o755)
        self.port, self.tls_port = free_port(), free_port()
        self.users = tuple(users)
        self._root = os.getuid() == 0
        self._owner = pwd.getpwnam("mail" if self._root else pwd.getpwuid(os.getuid()).pw_name)
        self._count = 0
        self._idle, self._tls, self._introspection = idle, tls, introspection
        self._process: subprocess.Popen[bytes] | None = None
        for user in self.users:
            for part in ("cur", "new", "tmp"):
                (self.folder / "mail" / user / part).mkdir(parents=True)
        self._own(self.folder / "mail")
        self._write()
        self.start()

    def url(self, user: str = "docs", *, password: str = PASSWORD, folder: str = "INBOX") -> str:
        return (
            f"imap://{quote(user, safe='')}:{quote(password, safe='')}@127.0.0.1:{self.port}"
            f"/{quote(folder)}"
        )

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until = time.monotonic() + 15
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError(f"Dovecot did not start: {self.log()}")

    def stop(self) -> None:
        assert self._process is not None
        # The whole family, as when the machine goes down: a conversation outlives the master.
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def close(self) -> None:
        if self._process is not None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        place = self.folder / "log"
        return place.read_text(errors="replace") if place.exists() else ""

    def deliver(self, *mails: EmailMessage | bytes, user: str = "docs") -> None:
        """Put mails into the mailbox as a delivery agent does, in this order."""
        box = self.folder / "mail" / user
        for mail in mails:
            raw = mail if isinstance(mail, bytes) else mail.as_bytes(policy=policy.SMTP)
            self._count += 1
            name = f"{STAMP + self._count}.M{self._count}P1.test"
            part = box / "tmp" / name
            part.write_bytes(raw)
            self._own(part)
            part.rename(box / "new" / name)

    def forget_uids(self, user: str = "docs") -> None:
        """What a rebuilt server does: every message gets a new UID, under a new UIDVALIDITY."""
        self.stop()
        for place in (self.folder / "mail" / user).glob("dovecot*"):
            if place.is_file():
                place.unlink()
        time.sleep(1.1)  # UIDVALIDITY is a time in seconds
        self.start()

    @contextlib.contextmanager
    def client(self, user: str = "docs", folder: str | None = "INBOX"):
        """A person's own mail program."""
        with IMAPClient("127.0.0.1", self.port, ssl=False) as made:
            made.login(user, PASSWORD)
            if folder is not None:
                made.select_folder(folder)
            yield made

    def flags(self, user: str = "docs", folder: str = "INBOX") -> list[set[bytes]]:
        with self.client(user, folder) as one:
            found = one.fetch(one.search() or [0], ["FLAGS"]) if one.search() else {}
            return [set(found[uid][b"FLAGS"]) - {b"\\Recent"} for uid in sorted(found)]

    def _own(self, place: Path) -> None:
        if self._root:
            for one in (place, *(place.rglob("*") if place.is_dir() else ())):
                os.chown(one, self._owner.pw_uid, self._owner.pw_gid)

    def _write(self) -> None:
        me = self._owner.pw_name
        internal, login = ("dovecot", "dovenull") if self._root else (me, me)
        extra: list[str] = []
        if not self._root:
            services = ("imap-login", "anvil")
            extra += [f"service {name} {{\n  chroot =\n}}" for name in services]
        if not self._idle:
            extra.append(
                "protocol imap {\n  imap_capability = IMAP4rev1 LITERAL+ UIDPLUS\n}\n"
                "imap_capability = IMAP4rev1 LITERAL+"
            )
        if self._tls:
            certificate, key = self._tls
            extra += ["ssl = yes", f"ssl_cert = <{certificate}", f"ssl_key = <{key}"]
        else:
            extra.append("ssl = no")
        if self._introspection:
            place = self.folder / "oauth2.conf"
            place.write_text(
                f"introspection_mode = post\nintrospection_url = {self._introspection}\n"
                "username_attribute = user\nactive_attribute = active\nactive_value = true\n"
            )
            extra.append(
                "auth_mechanisms = plain xoauth2\n"
                f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {place}\n}}"
            )
        (self.folder / "users").write_text(
            "".join(f"{user}:{{PLAIN}}{PASSWORD}\n" for user in self.users)
        )
        (self.folder / "users").chmod(0o644)
        (self.folder / "dovecot.conf").write_text(
            f"""
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {internal}
default_login_user = {login}
auth_failure_delay = 0
mail_max_userip_connections = 50
first_valid_uid = 1
mail_location = maildir:{self.folder}/mail/%u
mailbox_list_index = no
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {self.folder}/users
}}
userdb {{
  driver = static
  args = uid={me} gid={self._owner.pw_gid} home={self.folder}/mail/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = {self.tls_port if self._tls else 0}
    ssl = yes
  }}
}}
"""
            + "\n".join(extra)
            + "\n"
        )
