"""A corpus of mails from seeds: structures, charsets, encodings, and MIME as it gets broken.

`corpus(count)` gives mails with what was attached to each, so that a test can ask whether a byte
was lost. The same seed gives the same mail.
"""

from __future__ import annotations

import base64
import quopri
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests import mail_forms as forms

WORDS = {
    "us-ascii": "Please find the documents for B/L No. ZZZQ11110001 attached.",
    "utf-8": "Anbei die Papiere für Müller, 提单号 ZZZQ11110001, số vận đơn.",
    "iso-8859-1": "Anbei die Papiere für die Firma Müller, café.",
    "windows-1252": "Documents “as agreed” – see below €.",
    "gb18030": "请查收附件：商业发票和装箱单，提单号 ZZZQ11110001。",
    "gb2312": "请查收附件，谢谢。",
    "big5": "請查收附件，謝謝。",
    "iso-2022-jp": "書類を添付いたします。",
    "shift_jis": "船荷証券を添付いたします。",
    "euc-kr": "첨부 파일을 확인해 주세요.",
    "koi8-r": "Документы во вложении.",
    "utf-16": "Documents attached.",
}
NAMES = (
    "invoice.pdf",
    "发票 2026.pdf",
    "Packliste Müller.xlsx",
    "a b;c.pdf",
    "インボイス.pdf",
    "x" * 90 + ".pdf",
    "no-ending",
)
BREAKS = ("none", "none", "none", "no-end", "wrong-boundary", "cut", "bare-lf", "bare-cr-head", "eight-bit-head",
          "twice-type", "blank-head", "epilogue", "nul", "long-line", "folded")  # fmt: skip


@dataclass
class Made:
    """One mail, what was attached to it, and whether all of that must still be found."""

    seed: int
    raw: bytes
    payloads: list[bytes] = field(default_factory=list)
    shape: str = ""
    whole: bool = True


def make(seed: int) -> Made:
    """The mail of this seed."""
    dice = random.Random(seed)
    made = Made(seed, b"")
    shape = dice.choice(
        [
            "leaf",
            "mixed",
            "alternative",
            "related",
            "forward",
            "deep",
            "zip",
            "tnef",
            "msg",
            "signed",
            "eml",
        ]
    )
    broken = dice.choice(BREAKS)
    made.shape = f"{shape}/{broken}"
    body = _body(dice, shape, made)
    head = (
        b"From: Amy <amy@brightpath.example>\r\nTo: intake@tidewaiter.test\r\n"
        b"Subject: "
        + _subject(dice)
        + b"\r\nMessage-ID: <%d@corpus.example>\r\nMIME-Version: 1.0\r\n" % seed
    )
    made.raw = _break(dice, broken, head + body, made)
    return made


def corpus(count: int = 300, *, start: int = 0) -> Iterator[Made]:
    for seed in range(start, start + count):
        yield make(seed)


def _body(dice: random.Random, shape: str, made: Made) -> bytes:
    words = _words(dice)
    match shape:
        case "leaf":
            return words
        case "mixed":
            return _multi(
                dice, "mixed", words, *(_file(dice, made) for _ in range(dice.randint(1, 6)))
            )
        case "alternative":
            html = _part(
                b"text/html; charset=utf-8",
                b"<p>Documents</p><table><tr><td>B/L</td></tr></table>",
                "quoted-printable",
            )
            return _multi(
                dice, "mixed", _multi(dice, "alternative", words, html), _file(dice, made)
            )
        case "related":
            html = _part(b"text/html; charset=utf-8", b"<img src='cid:logo@x'>", "7bit")
            logo = b"Content-ID: <logo@x>\r\n" + _part(b"image/png", forms.PNG, "base64")
            return _multi(dice, "related", html, logo, _file(dice, made))
        case "forward":
            inner = b"From: ha@lotus.example\r\nSubject: inner\r\n" + _multi(
                dice, "mixed", _words(dice), _file(dice, made)
            )
            return _multi(dice, "mixed", words, b"Content-Type: message/rfc822\r\n\r\n" + inner)
        case "deep":
            made_of = _multi(dice, "mixed", _words(dice), _file(dice, made))
            for _ in range(dice.randint(2, 12)):
                made_of = _multi(dice, dice.choice(["mixed", "related"]), words, made_of)
            return made_of
        case "zip":
            data = _data(dice)
            made.payloads.append(data)
            return _multi(
                dice,
                "mixed",
                words,
                _attached(b"docs.zip", forms.zipped(("inv.pdf", data)), "base64"),
            )
        case "tnef":
            data = _data(dice)
            made.payloads.append(data)
            return _multi(
                dice,
                "mixed",
                words,
                _attached(b"winmail.dat", forms.winmail("words", ("inv.pdf", data)), "base64"),
            )
        case "msg":
            data = _data(dice)
            made.payloads.append(data)
            file = forms.outlook_file(subject="s", words="w", files=(("inv.pdf", data),))
            return _multi(dice, "mixed", words, _attached(b"docs.msg", file, "base64"))
        case "signed":
            seal = _part(b"application/pkcs7-signature", b"seal", "base64")
            return _multi(dice, "signed", _multi(dice, "mixed", words, _file(dice, made)), seal)
        case _:
            inner = b"From: ha@lotus.example\r\nSubject: inner\r\n" + _multi(
                dice, "mixed", _words(dice), _file(dice, made)
            )
            return _multi(dice, "mixed", words, _attached(b"original.eml", inner, "base64"))


def _multi(dice: random.Random, kind: str, *parts: bytes) -> bytes:
    mark = b"b%d" % dice.randrange(10**9)
    head = b'Content-Type: multipart/%s; boundary="%s"\r\n\r\nThis is a mail in parts.\r\n' % (
        kind.encode(),
        mark,
    )
    return (
        head + b"".join(b"--%s\r\n%s\r\n" % (mark, part) for part in parts) + b"--%s--\r\n" % mark
    )


def _part(kind: bytes, data: bytes, encoding: str) -> bytes:
    return b"Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n%s" % (
        kind,
        encoding.encode(),
        _encoded(data, encoding),
    )


def _encoded(data: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return base64.encodebytes(data).replace(b"\n", b"\r\n")
    if encoding == "quoted-printable":
        return quopri.encodestring(data.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    return data


def _words(dice: random.Random) -> bytes:
    charset = dice.choice(list(WORDS))
    stated = (
        charset if dice.random() < 0.8 else dice.choice([*WORDS, "x-unknown", "idna", "utf-7", ""])
    )
    data = (WORDS[charset] + "\n" * dice.randint(1, 3)).encode(charset)
    encoding = dice.choice(["base64", "quoted-printable", "8bit"])
    return _part(b"text/plain; charset=" + stated.encode(), data, encoding)


def _data(dice: random.Random) -> bytes:
    size = dice.choice([1, 57, 58, 500, 4095, 4096, 20_000])
    return dice.choice([b"%PDF-1.4\n", b"", b"\xff\xd8\xff"]) + dice.randbytes(size)


def _file(dice: random.Random, made: Made) -> bytes:
    data = _data(dice)
    made.payloads.append(data)
    encoding = "base64"
    if dice.random() < 0.15:
        data = made.payloads[-1] = b"SKU,QTY\r\nA-1,10\r\n" * dice.randint(1, 20)
        encoding = dice.choice(["quoted-printable", "8bit"])
    name = dice.choice(NAMES)
    return _attached(_named(dice, name), data, encoding)


def _named(dice: random.Random, name: str) -> bytes:
    way = dice.randrange(4)
    if way == 0:
        return b'"' + base64_word(name) + b'"'
    if way == 1:
        return b'"' + name.encode("gb18030") + b'"'
    return b'"' + name.encode() + b'"'


def base64_word(name: str) -> bytes:
    return b"=?utf-8?B?" + base64.b64encode(name.encode()) + b"?="


def _attached(name: bytes, data: bytes, encoding: str) -> bytes:
    return b"Content-Disposition: attachment; filename=%s\r\n" % name + _part(
        b"application/octet-stream", data, encoding
    )


def _subject(dice: random.Random) -> bytes:
    text = dice.choice(list(WORDS.values()))[:40]
    return dice.choice(
        [
            base64_word(text),
            text.encode(),
            text.encode("gb18030"),
            b"=?x-none?Q?a=20b?=",
            b"=?utf-8?B?!!!?=",
        ]
    )


def _break(dice: random.Random, how: str, raw: bytes, made: Made) -> bytes:
    head, _, body = raw.partition(b"\r\n\r\n")
    match how:
        case "no-end":
            cut = raw.rfind(b"--", 0, len(raw.rstrip(b"-\r\n")))
            return raw[:cut] if b"multipart" in head else raw
        case "wrong-boundary" if b"boundary=" in head:
            return raw.replace(b'boundary="', b'boundary="other', 1)
        case "cut":
            made.whole = False
            return raw[: dice.randint(len(raw) // 3, len(raw))]
        case "bare-lf":
            # What came as text ends its lines as the mail does.
            made.payloads = [
                one.replace(b"\r\n", b"\n") if one.startswith(b"SKU") else one
                for one in made.payloads
            ]
            return raw.replace(b"\r\n", b"\n")
        case "bare-cr-head":
            return b"X-Odd: a\rb\r\n" + raw
        case "eight-bit-head":
            return b"X-Odd: \xff\xfe\x80\r\nX-\xffname: v\r\n" + raw
        case "twice-type":
            return raw.replace(
                b"MIME-Version", b"X-Type: a\r\nContent-Language: en\r\nMIME-Version", 1
            )
        case "blank-head":
            return b"\r\n".join([b"Received: ", b"X-Empty:", raw])
        case "epilogue":
            return raw + b"\r\nThis list is run by volunteers.\r\n--\r\n"
        case "nul":
            return head + b"\r\nX-Nul: a\x00b\r\n\r\n" + body
        case "long-line":
            return b"X-Long: " + b"y" * 100_000 + b"\r\n" + raw
        case "folded":
            return head + b"\r\nX-Folded: a" + b"\r\n b" * 500 + b"\r\n\r\n" + body
    return raw
