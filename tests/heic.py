"""A HEIC file as a phone makes it: HEVC in an ISO container, here with uncompressed (PCM) blocks.

A writer is needed because our library only reads this format. Each block of 32 x 32 is a slice of
its own, so that the arithmetic coder begins anew and its bits are the same in every block
(ITU-T H.265 sections 7.3 and 9.3; ISO/IEC 14496-15, 23008-12).
"""

from __future__ import annotations

import struct

from PIL import Image

_BLOCK = 32
_VPS, _SPS, _PPS, _IDR = 32, 33, 34, 20
_LEVEL = 186


class _Bits:
    """Bits, first to last."""

    def __init__(self) -> None:
        self._said: list[str] = []

    def u(self, value: int, wide: int) -> _Bits:
        self._said.append(f"{value:0{wide}b}")
        return self

    def flags(self, text: str) -> _Bits:
        self._said.append(text.replace(" ", ""))
        return self

    def ue(self, *values: int) -> _Bits:
        for value in values:
            code = f"{value + 1:b}"
            self._said.append("0" * (len(code) - 1) + code)
        return self

    def closed(self) -> bytes:
        """A one and zeros up to the byte."""
        text = "".join([*self._said, "1"])
        text += "0" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8, "big")


def _terminated(*, after_one_bin: bool) -> bytes:
    """The coder's bits of "the end", perhaps after one likely bin of a context in state 0."""
    spread, low, bits = 510, 0, ""
    if after_one_bin:
        spread -= 240
    low += spread - 2
    low <<= 7  # from a range of 2 to 256
    bits = f"{low:017b}"[1:-7]  # its first bit is never written
    text = bits[:-1] + "1"
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def _nal(kind: int, payload: bytes) -> bytes:
    out, zeros = bytearray([kind << 1, 1]), 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:  # emulation prevention
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def _profile(bits: _Bits) -> _Bits:
    """Main Still Picture."""
    return bits.u(3, 8).u(0x70000000, 32).flags("1001").u(0, 44).u(_LEVEL, 8)


def _sets(wide: int, high: int) -> dict[int, bytes]:
    full = [-(-one // _BLOCK) * _BLOCK for one in (wide, high)]
    vps = _profile(_Bits().u(0, 4).flags("11").u(0, 6).u(0, 3).flags("1").u(0xFFFF, 16))
    vps.flags("1").ue(0, 0, 0).u(0, 6).ue(0).flags("00")
    sps = _profile(_Bits().u(0, 4).u(0, 3).flags("1")).ue(0, 1, *full).flags("1")
    sps.ue(0, (full[0] - wide) // 2, 0, (full[1] - high) // 2)
    sps.ue(0, 0, 0).flags("1").ue(0, 0, 0)  # depths, order count, buffering
    sps.ue(2, 0, 0, 3, 0, 0).flags("0001")  # blocks of 32; no scaling, AMP, SAO; PCM
    sps.u(7, 4).u(7, 4).ue(2, 0).flags("1").ue(0).flags("00000")
    pps = _Bits().ue(0, 0).flags("00 000 00").ue(0, 0, 0).flags("000").ue(0, 0)
    pps.flags("000000 0 1 01 00").ue(0).flags("00")
    return {
        kind: _nal(kind, made.closed()) for kind, made in ((_VPS, vps), (_SPS, sps), (_PPS, pps))
    }


def _slices(picture: Image.Image) -> list[bytes]:
    wide, high = (-(-one // _BLOCK) for one in picture.size)
    page = Image.new("L", (wide * _BLOCK, high * _BLOCK), 255)
    page.paste(picture.convert("L"))
    room = (wide * high - 1).bit_length()
    begin, end = _terminated(after_one_bin=True), _terminated(after_one_bin=False)
    grey = bytes([128]) * (_BLOCK * _BLOCK // 2)  # both colour planes
    found = []
    for at in range(wide * high):
        x, y = at % wide * _BLOCK, at // wide * _BLOCK
        head = _Bits().flags("00" if at else "10").ue(0)
        if at:
            head.u(at, room)
        head.ue(2, 0)
        luma = page.crop((x, y, x + _BLOCK, y + _BLOCK)).tobytes()
        found.append(_nal(_IDR, head.closed() + begin + luma + grey + end))
    return found


def _box(kind: str, *parts: bytes, full: int | None = None) -> bytes:
    inside = (b"" if full is None else struct.pack(">I", full << 24)) + b"".join(parts)
    return struct.pack(">I", len(inside) + 8) + kind.encode() + inside


def heic(picture: Image.Image) -> bytes:
    """The picture in grey, its sides even, as a HEIC file."""
    wide, high = (one // 2 * 2 for one in picture.size)
    picture = picture.crop((0, 0, wide, high))
    sets = _sets(wide, high)
    config = struct.pack(">BBI", 1, 3, 0x70000000) + b"\x90" + bytes(5)
    config += struct.pack(">BHBBBBHBB", _LEVEL, 0xF000, 0xFC, 0xFD, 0xF8, 0xF8, 0, 0x0F, 3)
    for kind, nal in sets.items():
        config += struct.pack(">BHH", 0x80 | kind, 1, len(nal)) + nal
    data = b"".join(struct.pack(">I", len(one)) + one for one in _slices(picture))
    head = _box("ftyp", b"heic", bytes(4), b"mif1", b"heic")

    def meta(start: int) -> bytes:
        place = struct.pack(">HHHHHII", 0x4400, 1, 1, 0, 1, start, len(data))
        info = _box("infe", struct.pack(">HH", 1, 0), b"hvc1\0", full=2)
        made = _box("ipco", _box("hvcC", config), _box("ispe", struct.pack(">II", wide, high), full=0))
        uses = _box("ipma", struct.pack(">IHBBB", 1, 1, 2, 0x81, 2), full=0)
        return _box(
            "meta", _box("hdlr", bytes(4), b"pict", bytes(13), full=0),
            _box("pitm", struct.pack(">H", 1), full=0), _box("iloc", place, full=0),
            _box("iinf", struct.pack(">H", 1), info, full=0), _box("iprp", made, uses), full=0,
        )  # fmt: skip

    return head + meta(len(head) + len(meta(0)) + 8) + _box("mdat", data)
