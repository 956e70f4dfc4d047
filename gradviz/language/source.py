"""The text a person typed, and errors that point into it.

All later steps speak in spans (start, end) of this original text, so every error can show the place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from gradviz.errors import GradvizError, Place

Span = tuple[int, int]

#: The longest source that is read, in characters.
MAX_SOURCE = 1_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """A text and where it came from (a file name, or None for what was typed just now)."""

    text: str
    origin: str | None = None

    def place(self, span: Span) -> Place:
        """The span as an error shows it."""
        return Place(self.text, span[0], span[1], self.origin)

    def line(self, span: Span) -> int:
        """The line number of a span, counted from 1."""
        return self.place(span).line

    def at(self, span: Span) -> str:
        """The text of a span exactly as typed."""
        return self.text[span[0] : span[1]]

    def error(self, message: str, span: Span, *, expected: str | None = None, hint: str | None = None) -> GradvizError:
        """An error that points at the span."""
        return GradvizError(message, place=self.place(span), expected=expected, hint=hint)

    def fail(self, message: str, span: Span, *, expected: str | None = None, hint: str | None = None) -> NoReturn:
        """Raise ``error(...)``."""
        raise self.error(message, span, expected=expected, hint=hint)


def read_source(text: str | bytes, origin: str | None = None) -> Source:
    """The text as a Source: bytes are decoded (UTF-8, UTF-16 with or without BOM), its size is bounded.

    Raises:
        GradvizError: not text at all, or more than 1,000,000 characters.

    >>> read_source("x = 1".encode("utf-16")).text
    'x = 1'
    """
    if isinstance(text, bytes):
        if len(text) > 4 * MAX_SOURCE:
            raise _too_long(len(text), "bytes", origin)
        text = _decode(text, origin)
    if not isinstance(text, str):
        raise GradvizError(
            f"a source is text, and this is of type {type(text).__name__}",
            expected='a string such as "f = (x + y)*z"',
            hint="gradviz.from_function(f) for a Python function" if callable(text) else None,
        )
    if len(text) > MAX_SOURCE:
        raise _too_long(len(text), "characters", origin)
    return Source(text, origin)


def _too_long(size: int, unit: str, origin: str | None) -> GradvizError:
    where = f" ({origin})" if origin else ""
    return GradvizError(
        f"this source{where} has {size:,} {unit}; at most {MAX_SOURCE:,} characters are read",
        hint="build a graph of this size from Python, with gradviz.Value",
    )


def _decode(data: bytes, origin: str | None) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif data[:1] != b"\0" and data[1:2] == b"\0":  # "f\0=\0": UTF-16 without its mark
        encoding = "utf-16-le"
    elif data[:1] == b"\0" and data[1:2] != b"\0":
        encoding = "utf-16-be"
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        where = f"{origin}: " if origin else ""
        raise GradvizError(
            f"{where}byte {error.start + 1} is not {encoding.removesuffix('-sig').upper()} text",
            expected="a text file in UTF-8 or UTF-16",
            hint="save the file as UTF-8 in your editor",
        ) from None
