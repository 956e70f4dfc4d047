"""Tells programs how big a PNG is meant to be: its resolution, which Graphviz does not write."""

from __future__ import annotations

import struct
from zlib import crc32

_HEADER = 33  # signature and IHDR, which come first in every PNG


def with_resolution(png: bytes, dpi: float) -> bytes:
    """The PNG with a pHYs chunk, so that slides and texts place it at its size in inches.

    Args:
        png: a PNG without such a chunk.
        dpi: pixels an inch.

    >>> struct.unpack(">LL", with_resolution(bytes(33), 254)[41:49])  # in pixels a metre
    (10000, 10000)
    """
    if b"pHYs" in png[:200]:
        return png
    a_metre = round(dpi / 0.0254)
    chunk = b"pHYs" + struct.pack(">LLB", a_metre, a_metre, 1)
    return png[:_HEADER] + struct.pack(">L", 9) + chunk + struct.pack(">L", crc32(chunk)) + png[_HEADER:]
