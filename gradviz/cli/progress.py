"""How far a long work is: one line on stderr that is written over, and gone in the end."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import Self

from gradviz.cli.output import harmless, spelled_for

_PATIENCE = 0.4  # seconds that nobody needs to be told about
_RATE = 0.1  # seconds between two lines
_CLEAR = "\r\x1b[K"


class Progress:
    """Says what is being done where stderr is a terminal, and nothing elsewhere.

    Args:
        total: how many things there are to do.
        shown: whether anybody wants to know.
    """

    def __init__(self, total: int, *, shown: bool = True) -> None:
        stream = sys.stderr
        self._shown = shown and stream is not None and stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._total, self._done, self._dirty = total, 0, False
        self._next = time.monotonic() + _PATIENCE

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._dirty:
            self._write("")

    def at(self, what: str, *, counts: bool = True) -> None:
        """The next thing begins.

        Args:
            what: what is done now.
            counts: whether it is one of the things counted.
        """
        self._done += counts
        if not self._shown or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _RATE
        self._write(f"{self._done} of {self._total}: {what}" if counts else what)

    def _write(self, text: str) -> None:
        from gradviz.draw.grid.text import cut

        self._dirty = bool(text)
        try:
            room = os.get_terminal_size(sys.stderr.fileno()).columns - 1
        except (AttributeError, ValueError, OSError):  # a captured stream
            room = 79
        try:
            sys.stderr.write(_CLEAR + spelled_for(sys.stderr, cut(harmless(text), room)))
            sys.stderr.flush()
        except OSError:  # nobody listens
            self._shown = False
