"""DOCX and HTML: paragraphs are lines, tables keep their columns.

Comments, headers of pages and tracked deletions are no words of the document.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

from ingest.mime import html as mail_html
from ingest.pages import text
from ingest.pages.page import CannotRead, Page

MOST_BYTES = 100_000_000  # unpacked
MOST_ROWS = 20_000
_WIDEST = 60  # letters of one column; longer words go on


def read_docx(name: str, data: bytes) -> list[Page]:
    """The document as one page."""
    # Imported here: only the process that reads files needs them.
    from docx import Document  # noqa: PLC0415
    from docx.opc.exceptions import PackageNotFoundError  # noqa: PLC0415
    from docx.table import Table  # noqa: PLC0415

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(one.file_size for one in packed.infolist()) > MOST_BYTES:
                raise CannotRead("too_big", f"{name} unpacks to far more than a document has.")
        document = Document(io.BytesIO(data))
        lines: list[str] = []
        for block in document.iter_inner_content():
            if isinstance(block, Table):
                for row in block.rows:
                    cells = list(dict.fromkeys(row.cells))  # merged cells come once for each place
                    lines.append("\t" + "\t".join(" ".join(c.text.split()) for c in cells))
            else:
                lines += block.text.splitlines() or [""]
            if len(lines) > MOST_ROWS:
                break
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError, SyntaxError) as exc:
        raise CannotRead("broken", f"{name} is damaged: please send it again.") from exc
    return _page(name, lines)


def read_html(name: str, data: bytes) -> list[Page]:
    """The page as one page."""
    said, _ = mail_html.words_of(data.decode("utf-8", "replace"))
    return _page(name, said.splitlines())


def _page(name: str, lines: Iterable[str]) -> list[Page]:
    made = text.read("\n".join(_aligned(list(lines)[:MOST_ROWS])))
    if not made[0].words:
        raise CannotRead("empty", f"{name} has no words.")
    return made


def _aligned(lines: list[str]) -> list[str]:
    """Rows of cells, each group with its columns under each other."""
    done: list[str] = []
    group: list[list[str]] = []
    for line in [*lines, ""]:
        if "\t" in line:
            group.append([cell.strip() for cell in line.lstrip("\t").split("\t")])
            continue
        wide = max((len(row) for row in group), default=0)
        widths = [
            min(max((len(row[at]) for row in group if at < len(row)), default=0), _WIDEST) + 4
            for at in range(wide)
        ]
        done += [
            "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
            for row in group
        ]
        group = []
        done.append(line)
    return done
