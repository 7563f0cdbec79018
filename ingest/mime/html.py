"""HTML of a mail -> its words: quotes are marked with ">", rows keep their cells apart.

Scripts, styles and what is hidden are no words. Addresses behind links are collected, never
followed.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BREAKS = frozenset(
    {"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "hr", "blockquote"}
)
_SILENT = frozenset({"script", "style", "head", "title", "template"})
_VOID = frozenset({"br", "hr", "img", "meta", "link", "input", "wbr", "col", "area", "base"})
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_QUOTED = re.compile(r"gmail_quote|yahoo_quoted|moz-cite|protonmail_quote|cite\b", re.IGNORECASE)
_MOST_DEPTH = 500
_SILENCED = (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>"))
_NO_TAG = re.compile(r"<(?![A-Za-z/!])")


class Words(HTMLParser):
    """Collects the words; `quote` counts the quotes that we are in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.links: list[tuple[str, str]] = []  #: an address and the words that carry it
        self._anchor: tuple[str, list[str]] | None = None
        self._open: list[tuple[str, bool, bool]] = []  # tag, is a quote, is silent
        self._quote = self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag in _BREAKS:
            self._break()
        elif tag in ("td", "th"):
            self._add("\t")
        if tag == "a" and not self._quote and not self._silent:
            self._anchor = (facts.get("href", "")[:4000], [])
        if tag in _VOID:
            return
        quote = tag == "blockquote" and _is_quote(facts)
        silent = tag in _SILENT or bool(_HIDDEN.search(facts.get("style", "")))
        if len(self._open) < _MOST_DEPTH:
            self._open.append((tag, quote, silent))
            self._quote += quote
            self._silent += silent
        if facts.get("id") in ("divRplyFwdMsg", "appendonsend") or _OUTLOOK.search(
            facts.get("style", "")
        ):
            # Outlook draws a line above the mail that is answered or forwarded.
            self._break()
            self._add("_" * 32)
            self._break()

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKS:
            self._break()
        if tag == "a" and self._anchor is not None:
            if self._anchor[0]:
                self.links.append((self._anchor[0], "".join(self._anchor[1]).strip()))
            self._anchor = None
        for at in range(len(self._open) - 1, max(-1, len(self._open) - 50), -1):
            if self._open[at][0] == tag:
                for _, quote, silent in self._open[at:]:
                    self._quote -= quote
                    self._silent -= silent
                del self._open[at:]
                return

    def handle_data(self, data: str) -> None:
        if not self._silent:
            words = re.sub(r"[ \r\n\t]+", " ", data)
            self._add(words)
            if self._anchor is not None and len(self._anchor[1]) < 50:
                self._anchor[1].append(words)

    def _add(self, text: str) -> None:
        self.lines[-1] += text

    def _break(self) -> None:
        self._close_line()
        self.lines.append("")

    def _close_line(self) -> None:
        line = self.lines[-1].strip()
        self.lines[-1] = "> " + line if self._quote and line else line

    def text(self) -> str:
        self._close_line()
        return "\n".join(line for line in self.lines if line.strip("> \t"))


_OUTLOOK = re.compile(r"border-top\s*:\s*solid\s+#(?:E1E1E1|B5C4DF)\s+1\.0pt", re.IGNORECASE)


def words_of(html: str) -> tuple[str, list[tuple[str, str]]]:
    """The words, and the addresses of the links outside quotes."""
    reader = Words()
    plain = _NO_TAG.sub("&lt;", _without_comments(html))
    for at in range(0, len(plain), 50_000):
        reader.feed(plain[at : at + 50_000])
    reader.close()
    return reader.text(), reader.links


def _is_quote(facts: dict[str, str]) -> bool:
    style = facts.get("style", "").casefold()
    return (
        facts.get("type", "").casefold() == "cite"
        or "cite" in facts
        or bool(_QUOTED.search(facts.get("class", "")))
        or "border-left" in style
    )


def _without_comments(html: str) -> str:
    """Comments and scripts go first: an unclosed one makes the parser look for its end for ever."""
    for opens, closes in _SILENCED:
        folded = html.lower()
        if len(folded) != len(html):
            continue  # letters that grow when they are lowered: the parser will do
        kept: list[str] = []
        at = 0
        while (start := folded.find(opens, at)) >= 0:
            end = folded.find(closes, start)
            if end < 0:
                break
            kept.append(html[at:start])
            at = end + len(closes)
        rest = html[at:]
        html = "".join(kept) + (rest.replace(opens, " ") if opens == "<!--" else rest)
    return html
