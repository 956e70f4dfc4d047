"""The two streams: results go to stdout, everything else to stderr; neither ever fails on encoding."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any, TextIO
from unicodedata import category

from gradviz.errors import EnvironmentFailure

#: The characters of our pictures and sentences; a stream that cannot carry them gets ASCII.
GLYPHS = "∂×−÷·σΣ√∞≤≥≠²½⁻⁵₁π┌─┐│└┘├┤┬┴┼╭╮╯╰▸…→"


#: Unicode categories of characters that are instructions: control (ESC), and format (right-to-left override).
_STEERING = ("Cc", "Cf")


class ClosedPipe(Exception):
    """Whoever read our output has had enough."""


def carries(stream: TextIO | None, text: str = GLYPHS) -> bool:
    """Whether a stream's encoding has all these characters."""
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def out(text: str, *, end: str = "\n") -> None:
    """Write a result to stdout.

    Raises:
        EnvironmentFailure: stdout is closed.
        OSError: it cannot be written (disk full, nobody reads the pipe).
    """
    if sys.stdout is None:
        raise EnvironmentFailure("standard output is closed, so the result has nowhere to go", hint="-o FILE")
    _write(sys.stdout, text + end)


def out_bytes(data: bytes) -> None:
    """Write a result that is no text (PNG, PDF), or one whose encoding is part of it (SVG, JSON)."""
    if sys.stdout is None:
        raise EnvironmentFailure("standard output is closed, so the result has nowhere to go", hint="-o FILE")
    sys.stdout.flush()
    sys.stdout.buffer.write(data)


def out_lines(lines: Iterable[str], *, ascii: bool = False) -> None:
    """Write many lines, in pieces: a reader that has seen enough ends it early."""
    waiting: list[str] = []
    for line in lines:
        waiting.append(plain_ascii(line) if ascii else line)
        if len(waiting) == 500:
            out("\n".join(waiting))
            waiting = []
    if waiting:
        out("\n".join(waiting))


def err(text: str) -> None:
    """Tell a person something, on stderr; a closed or full stderr is nobody listening."""
    if sys.stderr is None:
        return
    try:
        _write(sys.stderr, harmless(text) + "\n")
        sys.stderr.flush()
    except OSError:
        _silence(sys.stderr)


def harmless(text: str) -> str:
    r"""A message in which what was quoted cannot steer the terminal: ESC is shown as \x1b, and no text runs backwards.

    >>> print(harmless("no such file: a\x1b[31mb"))
    no such file: a\x1b[31mb
    """
    if text.isprintable():
        return text
    return "".join(
        c if c in "\n\t" or category(c) not in _STEERING else c.encode("unicode_escape").decode("ascii") for c in text
    )


def plain_ascii(line: str) -> str:
    """A line in ASCII characters.

    >>> plain_ascii("∂f/∂x = σ(x)·½")
    'df/dx = sigma(x)*1/2'
    """
    if line.isascii():
        return line
    from gradviz.draw.grid.text import clean

    return clean(line, ascii=True)


def wants_ascii(given: dict[str, Any]) -> bool:
    """Whether a list is printed in ASCII: asked for, or chosen (and said) because stdout carries no more."""
    if given["ascii"] or carries(sys.stdout):
        return bool(given["ascii"])
    if not given["quiet"]:
        err(f"standard output is {sys.stdout.encoding}, which lacks some of our signs: --ascii is chosen")
    return True


def _write(stream: TextIO, text: str) -> None:
    stream.write(spelled_for(stream, text))


def spelled_for(stream: TextIO | None, text: str) -> str:
    """The text as this stream can carry it."""
    if carries(stream, text):
        return text
    return "\n".join(line if carries(stream, line) else _carried(stream, line) for line in text.split("\n"))


def _carried(stream: TextIO | None, line: str) -> str:
    """Only what the stream lacks is spelled in ASCII."""
    return "".join(c if carries(stream, c) else plain_ascii(c).strip() or "?" for c in line)


def coloured(plain: bool) -> bool:
    """Whether results on stdout are coloured: a terminal that can, and nobody who said no."""
    environment = os.environ
    if plain or environment.get("NO_COLOR") or sys.stdout is None:
        return False
    if environment.get("FORCE_COLOR"):
        return True
    if os.name == "nt" and not (environment.get("WT_SESSION") or environment.get("TERM")):
        return False  # an old console prints the codes
    return sys.stdout.isatty() and environment.get("TERM") != "dumb"


def on_terminal() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def interactive(plain: bool) -> bool:
    """Whether results are laid out for a screen: a terminal that is not dumb, and nobody who said no."""
    return not plain and on_terminal() and os.environ.get("TERM") != "dumb"


def width() -> int:
    """The columns to fill: COLUMNS, else the terminal's, else 100."""
    return screen_width() or 100


def screen_width() -> int | None:
    """The columns that there are: COLUMNS, else the terminal's; None where nothing has an edge, as in a pipe."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except (AttributeError, ValueError, OSError):  # no stdout, a captured one, no terminal
        return None


def finish() -> None:
    """Bring everything out; whatever fails, fails here and not while Python shuts down."""
    if sys.stdout is not None:
        sys.stdout.flush()


def abandon() -> None:
    """Nothing more can be written to stdout: let Python's own last flush go nowhere."""
    if sys.stdout is not None:
        _silence(sys.stdout)


def _silence(stream: TextIO) -> None:
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):  # a stream without a descriptor has nothing to flush
        return
