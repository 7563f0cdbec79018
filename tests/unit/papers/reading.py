"""What a paper says, read back from its text layer."""

import re

import pypdfium2 as pdfium


def pages(pdf: bytes) -> list[str]:
    """The words of each page, blanks made one."""
    document = pdfium.PdfDocument(pdf)
    try:
        return [_plain(page.get_textpage().get_text_range()) for page in document]
    finally:
        document.close()


def words(pdf: bytes) -> str:
    return " ".join(pages(pdf))


def _plain(said: str) -> str:
    return " ".join(re.sub(r"[\u200b\ufffe\ufffd]", "", said).split())
