"""What has been taken out of a mail so far, within its bounds.

One `Taken` goes through all that is packed into a mail, so that a thousand small archives cost
no more than one large one.
"""

from __future__ import annotations

from ingest.mime import names
from ingest.mime.parsed import AttachedFile, InnerMail, Limits


class Taken:
    """Files, forwarded mails and problems, in the order in which they were met."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.files: list[AttachedFile] = []
        self.inner: list[InnerMail] = []
        self.left_out = 0
        self.parts = 0
        self.mails = 0
        self.where = 0  #: the mail inside the mail that is being taken apart
        self._numbered = 0
        self.unpacked = 0
        self._problems: dict[str, None] = {}

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(self._problems)[:50]

    def problem(self, text: str) -> None:
        self._problems.setdefault(text)

    def number(self) -> int:
        """The next mail inside the mail."""
        self._numbered += 1
        return self._numbered

    def file(self, name: str, kind: str, data: bytes) -> None:
        """Keep a file as it came."""
        if len(data) > self.limits.file_bytes:
            self.problem(f"{name} is too large to be read.")
        else:
            self.files.append(
                AttachedFile(filename=name, content_type=kind, data=data, inner=self.where)
            )

    def told_apart(self) -> tuple[AttachedFile, ...]:
        """The files, each under a name of its own, at most as many as we take."""
        most = self.limits.files
        if len(self.files) > most:
            self.problem(
                f"The mail has {len(self.files)} files; the first {most} were taken. "
                "Please send the others in another mail."
            )
        kept = self.files[:most]
        apart = names.told_apart([file.filename for file in kept])
        return tuple(
            file if file.filename == name else file.model_copy(update={"filename": name})
            for file, name in zip(kept, apart, strict=True)
        )
