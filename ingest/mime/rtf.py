"""The words of the RTF in which Outlook keeps a mail's body (MS-OXRTFCP, MS-OXRTFEX).

Only words come out: no pictures, no objects, nothing that an RTF could make a program do.
"""

from __future__ import annotations

import re
import struct

_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_MOST = 5_000_000
_TOKEN = re.compile(
    r"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)",
    re.IGNORECASE,
)
_BREAKS = {"par": "\n", "line": "\n", "row": "\n", "tab": "\t", "cell": "\t"}
_SIGNS = {"lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "endash": "–",
          "emdash": "—", "bullet": "•"}  # fmt: skip
_NO_WORDS = frozenset(
    {"fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "header", "footer"}
)


def decompress(data: bytes) -> bytes:
    """Compressed RTF as RTF; ValueError when it is neither form."""
    if len(data) < 16:
        raise ValueError("too short for compressed RTF")
    _, raw_size, mark, _ = struct.unpack_from("<II4sI", data)
    if mark == b"MELA":
        return data[16 : 16 + min(raw_size, _MOST)]
    if mark != b"LZFu":
        raise ValueError("no compressed RTF")
    window = bytearray(_DICTIONARY.ljust(4096, b"\0"))
    out = bytearray()
    write, at = len(_DICTIONARY), 16
    while at < len(data) and len(out) < min(raw_size, _MOST):
        control = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data):
                return bytes(out)
            if not control >> bit & 1:
                piece = data[at : at + 1]
                at += 1
            else:
                if at + 2 > len(data):
                    return bytes(out)
                token = data[at] << 8 | data[at + 1]
                at += 2
                start, length = token >> 4, (token & 15) + 2
                if start == write:
                    return bytes(out)
                made = bytearray()
                for step in range(length):
                    made.append(window[(start + step) % 4096])
                    window[(write + step) % 4096] = made[-1]
                piece = bytes(made)
            for one in piece:
                window[write] = one
                write = (write + 1) % 4096
            out += piece
    return bytes(out[:raw_size])


def words_of(rtf: bytes) -> str:
    """The words of an RTF."""
    text = rtf[:_MOST].decode("latin-1")
    page = re.search(r"\\ansicpg(\d{3,5})", text)
    reader = _Reader(f"cp{page[1]}" if page else "cp1252")
    for token in _TOKEN.finditer(text):
        reader.take(*token.groups())
    reader.flush()
    # Letters beyond the first plane come as two halves.
    whole = "".join(reader.out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "\n".join(line.strip() for line in whole.splitlines()).strip()


class _Reader:
    """Where we are in the RTF: in which group, and whether its words are for people."""

    def __init__(self, charset: str) -> None:
        self.out: list[str] = []
        self._charset = charset
        self._groups: list[tuple[bool, int]] = []
        self._silent = self._hidden = False
        self._per_sign, self._skip = 1, 0
        self._bytes = bytearray()

    def take(
        self,
        word: str | None,
        number: str | None,
        code: str | None,
        symbol: str | None,
        brace: str | None,
        plain: str | None,
    ) -> None:
        if brace == "{":
            self._groups.append((self._silent, self._per_sign))
        elif brace == "}":
            self._silent, self._per_sign = self._groups.pop() if self._groups else (False, 1)
        elif word:
            self._word(word, number)
        elif symbol == "*":
            self._silent = True
        elif self._silent or self._hidden:
            return
        elif code:
            self._skip, said = max(0, self._skip - 1), self._skip == 0
            self._bytes += bytes([int(code, 16)]) if said else b""
        elif symbol:
            self._say({"~": " ", "_": "-"}.get(symbol, symbol if symbol in "\\{}" else ""))
        elif plain:
            self._say(plain[self._skip :])
            self._skip = max(0, self._skip - len(plain))

    def _word(self, word: str, number: str | None) -> None:
        if word == "htmlrtf":
            self._hidden = number != "0"  # what a reader of the HTML shall not see
        elif word in _NO_WORDS:
            self._silent = True
        elif word == "uc":
            self._per_sign = max(0, int(number or 1))
        elif self._silent or self._hidden:
            return
        elif word == "u" and number:
            self._say(chr(int(number) % 65536))
            self._skip = self._per_sign
        else:
            self._say(_BREAKS.get(word) or _SIGNS.get(word) or "")

    def _say(self, text: str) -> None:
        if text:
            self.flush()
            self.out.append(text)

    def flush(self) -> None:
        """Bytes that stood one by one, as the letters that they make together."""
        if self._bytes:
            try:
                self.out.append(self._bytes.decode(self._charset, "replace"))
            except LookupError:
                self.out.append(self._bytes.decode("cp1252", "replace"))
            self._bytes.clear()
