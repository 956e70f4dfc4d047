"""Reads our TrueType files: widths of text, outlines of glyphs, and a small font of the glyphs a picture uses.

Formats: Apple's TrueType Reference Manual, chapters glyf, cmap, hmtx, loca; the OpenType specification. Our files
have no composite glyphs, hinting or kerning (see ``fonts``), which keeps this short and fast.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import cache

from gradviz.draw.fonts import FOLDER

Points = list[tuple[int, int, bool]]  # x, y, on the curve


class Face:
    """One font file."""

    def __init__(self, data: bytes) -> None:
        self.tables: dict[str, bytes] = {}
        for i in range(struct.unpack(">H", data[4:6])[0]):
            tag, _, offset, length = struct.unpack(">4sLLL", data[12 + 16 * i : 28 + 16 * i])
            self.tables[tag.decode()] = data[offset : offset + length]
        self.units: int = struct.unpack(">H", self.tables["head"][18:20])[0]
        self._metrics: int = struct.unpack(">H", self.tables["hhea"][34:36])[0]
        count = struct.unpack(">H", self.tables["maxp"][4:6])[0]
        long = struct.unpack(">h", self.tables["head"][50:52])[0]
        if long:
            self._places = struct.unpack(f">{count + 1}L", self.tables["loca"])
        else:
            self._places = tuple(2 * p for p in struct.unpack(f">{count + 1}H", self.tables["loca"]))
        self.glyphs = _characters(self.tables["cmap"])

    def advance(self, glyph: int) -> int:
        """How far the pen moves, in font units."""
        at = 4 * min(glyph, self._metrics - 1)
        width: int = struct.unpack(">H", self.tables["hmtx"][at : at + 2])[0]
        return width

    def width(self, text: str, size: float) -> float:
        """The width of a text in points.

        >>> round(face("Regular").width("0.73", 14), 3)
        31.172
        """
        return sum(self.advance(self.glyphs.get(ord(c), 0)) for c in text) * size / self.units

    def data(self, glyph: int) -> bytes:
        """The glyph's own bytes in the glyf table."""
        return self.tables["glyf"][self._places[glyph] : self._places[glyph + 1]]

    def contours(self, glyph: int) -> list[Points]:
        """The outline: closed contours of on-curve and control points."""
        data = self.data(glyph)
        if not data:
            return []
        count = struct.unpack(">h", data[:2])[0]
        ends = struct.unpack(f">{count}H", data[10 : 10 + 2 * count])
        at = 10 + 2 * count
        at += 2 + struct.unpack(">H", data[at : at + 2])[0]
        flags: list[int] = []
        while len(flags) <= ends[-1]:
            flag = data[at]
            at += 1
            repeat = 1
            if flag & 8:
                repeat += data[at]
                at += 1
            flags += [flag] * repeat
        xs, at = _coordinates(data, at, flags, 2, 16)
        ys, at = _coordinates(data, at, flags, 4, 32)
        points = [(x, y, bool(flag & 1)) for x, y, flag in zip(xs, ys, flags, strict=True)]
        starts = [0, *(end + 1 for end in ends[:-1])]
        return [points[a : b + 1] for a, b in zip(starts, ends, strict=True)]

    def path(self, text: str, x: float, y: float, size: float) -> str:
        """The text as SVG path data, its baseline beginning at (x, y)."""
        scale = size / self.units
        parts = []
        for c in text:
            glyph = self.glyphs.get(ord(c), 0)
            for contour in self.contours(glyph):
                parts.append(_outline(contour, x, y, scale))
            x += self.advance(glyph) * scale
        return "".join(parts)

    def subset(self, characters: Iterable[str], family: str) -> bytes:
        """A TrueType file with these characters only, under another name."""
        codes = sorted({ord(c) for c in characters if ord(c) in self.glyphs and ord(c) <= 0xFFFF})
        chosen = [0, *(self.glyphs[code] for code in codes)]
        glyf = b""
        places = [0]
        for glyph in chosen:
            data = self.data(glyph)
            glyf += data + bytes(-len(data) % 4)
            places.append(len(glyf))
        bearings = [struct.unpack(">h", self.data(g)[2:4])[0] if self.data(g) else 0 for g in chosen]
        head, hhea, maxp = self.tables["head"], self.tables["hhea"], self.tables["maxp"]
        tables = {
            "OS/2": self.tables["OS/2"],
            "cmap": _cmap(codes),
            "glyf": glyf or bytes(4),
            "head": head[:8] + bytes(4) + head[12:50] + struct.pack(">h", 1) + head[52:54],
            "hhea": hhea[:34] + struct.pack(">H", len(chosen)),
            "hmtx": b"".join(struct.pack(">Hh", self.advance(g), b) for g, b in zip(chosen, bearings, strict=True)),
            "loca": struct.pack(f">{len(places)}L", *places),
            "maxp": maxp[:4] + struct.pack(">H", len(chosen)) + maxp[6:],
            "name": _names(family),
            "post": struct.pack(">LLhhLLLLL", 0x30000, 0, 0, 0, 0, 0, 0, 0, 0),
        }
        return _file(tables)


@cache
def face(style: str) -> Face:
    """Our font in "Regular", "Oblique" or "Bold"."""
    return Face((FOLDER / f"GradvizSans-{style}.ttf").read_bytes())


def _characters(cmap: bytes) -> dict[int, int]:
    """Character code to glyph, from the table's format 4 part."""
    for i in range(struct.unpack(">H", cmap[2:4])[0]):
        start = struct.unpack(">L", cmap[8 + 8 * i : 12 + 8 * i])[0]
        if struct.unpack(">H", cmap[start : start + 2])[0] == 4:
            break
    part = cmap[start:]
    n = struct.unpack(">H", part[6:8])[0] // 2
    ends, starts, deltas, ranges = (
        struct.unpack(f">{n}{kind}", part[at : at + 2 * n])
        for kind, at in (("H", 14), ("H", 16 + 2 * n), ("h", 16 + 4 * n), ("H", 16 + 6 * n))
    )
    glyphs: dict[int, int] = {}
    for i in range(n):
        for code in range(starts[i], min(ends[i], 0xFFFE) + 1):
            if ranges[i]:
                at = 16 + 6 * n + 2 * i + ranges[i] + 2 * (code - starts[i])
                glyph = struct.unpack(">H", part[at : at + 2])[0]
                glyph = (glyph + deltas[i]) & 0xFFFF if glyph else 0
            else:
                glyph = (code + deltas[i]) & 0xFFFF
            if glyph:
                glyphs[code] = glyph
    return glyphs


def _coordinates(data: bytes, at: int, flags: list[int], short: int, same: int) -> tuple[list[int], int]:
    value, values = 0, []
    for flag in flags:
        if flag & short:
            value += data[at] if flag & same else -data[at]
            at += 1
        elif not flag & same:
            value += struct.unpack(">h", data[at : at + 2])[0]
            at += 2
        values.append(value)
    return values, at


def _outline(contour: Points, x: float, y: float, scale: float) -> str:
    """One contour as path data; between two control points TrueType implies one on the curve."""
    points: Points = []
    for k, (px, py, on) in enumerate(contour):
        qx, qy, before = contour[k - 1]
        if not on and not before:
            points.append(((px + qx) // 2, (py + qy) // 2, True))
        points.append((px, py, on))
    first = next(k for k, point in enumerate(points) if point[2])
    points = [*points[first:], *points[: first + 1]]

    def at(point: tuple[int, int, bool]) -> str:
        return f"{x + point[0] * scale:.2f} {y - point[1] * scale:.2f}"

    path, k = f"M{at(points[0])}", 1
    while k < len(points):
        if points[k][2]:
            path += f"L{at(points[k])}"
            k += 1
        else:
            path += f"Q{at(points[k])} {at(points[k + 1])}"
            k += 2
    return path + "Z"


def _cmap(codes: list[int]) -> bytes:
    """A format 4 table in which every character is a segment of its own."""
    segments = [(code, i + 1) for i, code in enumerate(codes)]
    ends = [*(code for code, _ in segments), 0xFFFF]
    deltas = [*((glyph - code) & 0xFFFF for code, glyph in segments), 1]
    n = len(ends)
    power = 1 << (n.bit_length() - 1)
    part = struct.pack(">HHHHHHH", 4, 16 + 8 * n, 0, 2 * n, 2 * power, power.bit_length() - 1, 2 * (n - power))
    part += struct.pack(f">{n}HH{n}H{n}H{n}H", *ends, 0, *ends, *deltas, *[0] * n)
    return struct.pack(">HHHHL", 0, 1, 3, 1, 12) + part


def _names(family: str) -> bytes:
    names = {1: family, 2: "Regular", 4: family, 6: family.replace(" ", "")}
    texts = [text.encode("utf-16-be") for text in names.values()]
    records, offset = b"", 0
    for number, text in zip(names, texts, strict=True):
        records += struct.pack(">HHHHHH", 3, 1, 0x409, number, len(text), offset)
        offset += len(text)
    return struct.pack(">HHH", 0, len(texts), 6 + 12 * len(texts)) + records + b"".join(texts)


def _checksum(data: bytes) -> int:
    data += bytes(-len(data) % 4)
    total: int = sum(struct.unpack(f">{len(data) // 4}L", data)) & 0xFFFFFFFF
    return total


def _file(tables: dict[str, bytes]) -> bytes:
    """The tables as one file, with its checksums."""
    n = len(tables)
    power = 1 << (n.bit_length() - 1)
    head = struct.pack(">LHHHH", 0x10000, n, 16 * power, power.bit_length() - 1, 16 * (n - power))
    offset, directory, body = 12 + 16 * n, b"", b""
    for tag, data in tables.items():
        directory += struct.pack(">4sLLL", tag.encode(), _checksum(data), offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    whole = head + directory + body
    adjustment = (0xB1B0AFBA - _checksum(whole)) & 0xFFFFFFFF
    at = offset
    for tag, data in tables.items():
        if tag == "head":
            return whole[: at + 8] + struct.pack(">L", adjustment) + whole[at + 12 :]
        at += len(data) + -len(data) % 4
    return whole
