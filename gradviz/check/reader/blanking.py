"""Parts of a document that are no derivation become spaces, so that every place in it stays true."""

from __future__ import annotations

import re

from gradviz.language.source import Span

_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})[ \t]*([\w-]*)[^\n]*$", re.MULTILINE)


class Blank:
    """A text in which stretches become spaces; lines stay lines."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._parts: list[Span] = []

    def out(self, start: int, end: int) -> None:
        """Leave a stretch out."""
        self._parts.append((start, end))

    def environment(self, name: str) -> None:
        """Leave every environment of that name out."""
        opening, close = f"\\begin{{{name}}}", f"\\end{{{name}}}"
        at = self._text.find(opening)
        while at >= 0:
            end = self._text.find(close, at)
            end = len(self._text) if end < 0 else end + len(close)
            self.out(at, end)
            at = self._text.find(opening, end)

    def text(self) -> str:
        """The text with spaces in place of what was left out."""
        found: list[str] = []
        at = 0
        for start, end in sorted(self._parts):
            if end <= at:
                continue
            start = max(start, at)
            found += (self._text[at:start], re.sub(r"[^\n]", " ", self._text[start:end]))
            at = end
        return "".join([*found, self._text[at:]])


def without_code(text: str, blank: Blank) -> None:
    """Fenced code is no derivation; ```` ```math ```` and fences without a language are."""
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opened is None:
            opened = fence
            continue
        if fence[1][0] == opened[1][0] and len(fence[1]) >= len(opened[1]) and not fence[2]:
            if opened[2].lower() in ("", "math", "text", "txt", "latex", "tex"):
                blank.out(*opened.span())
                blank.out(*fence.span())
            else:
                blank.out(opened.start(), fence.end())
            opened = None
    if opened is not None and opened[2].lower() not in ("", "math", "text", "txt"):
        blank.out(opened.start(), len(text))
