"""A text taken apart: formulas, lines and headings, each with its place; every search in it is linear.

What a hostile text could make quadratic (openings without an end) is looked for once and remembered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gradviz.check.reader.blanking import Blank, without_code
from gradviz.check.reader.tables import Parts, table_rows
from gradviz.language.macros import Macro, collect
from gradviz.language.source import Source, Span

_DISPLAYS = (
    "equation|align|aligned|alignat|flalign|eqnarray|gather|gathered|multline|split|displaymath|math|dmath|cases"
)
_OPENING = re.compile(
    r"(?P<escaped>\\[\\$])|(?P<env>\\begin\{(?:" + _DISPLAYS + r")\*?\})|(?P<display>\\\[|\$\$)"
    r"|(?P<inline>\\\(|\$`|\$)|(?P<code>``?(?!`)[^`\n]*``?)"
)
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_WORD = r"(?:Problem|Exercise|Question|Task|Aufgabe|Exercice|Ejercicio|题|問題|Q)[ \t]*[0-9]+(?:\.[0-9]+)*[a-z]?\b"
_HEADING = re.compile(
    r"^[ \t]*(?:\#{1,6}[ \t](?P<title>[^\n]*)|\\(?:sub)*section\*?\{(?P<section>[^\n]*)\}"
    r"|[*_]{0,3}"
    + _WORD
    + r"[*_]{0,3}(?:[ \t]*\([^()\n]*\))?[*_]{0,3}(?:[ \t]*[.:)–][*_]{0,3}(?P<rest>[^\n]*)|(?P<none>)))[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
MAX_LINE = 10_000
_RELATION = re.compile(r"[=≈←→⇒]|\\approx")
_FORMULA = re.compile(r"[=≈$←]|\\\(")
_LABEL = re.compile(r"[ \t*_]*(?:" + _WORD + r"|[0-9]+(?:\.[0-9]+)*)[*_]*[ \t]*[.:)–]?[*_]*", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>\n]*>")
_BARE = re.compile(r"\\(?:frac|dfrac|partial|sigma|cdot|hat|text|mathrm|begin|tfrac)\b")
_ADDRESS = re.compile(r"\]\((?:https?:|[\w./-]+\.\w+|#|attachment:)")
_EMPTY_LINE = re.compile(r"\n[ \t]*\n")
_CLOSES = {"\\[": "\\]", "$$": "$$", "\\(": "\\)", "$": "$", "$`": "`$"}
_LINK = re.compile(r"!?\[[^\[\]\n]*\]\([^()\n]*\)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a document.

    Args:
        kind: "math" (LaTeX), "lines" (plain text, may hold formulas), "heading", or "unread" (a line that is too long).
        span: where it stands in its source.
        source: the text of the file, or of the notebook cell.
        cell: the notebook's Markdown cell, from 1; None elsewhere.
    """

    kind: Literal["math", "lines", "heading", "unread"]
    span: Span
    source: Source
    cell: int | None = None
    shown: str | None = None  # the source's text with comments and code as spaces
    parts: Parts = ()  # of one statement that stands in several places, such as the cells of a row

    @property
    def text(self) -> str:
        """The stretch as typed."""
        return self.source.at(self.span)


def taken_apart(source: Source, kind: str, cell: int | None) -> tuple[dict[str, Macro], list[Piece]]:
    """The macros and the pieces of a text.

    Args:
        source: the text of a file or a cell.
        kind: "text", "markdown" or "latex".
        cell: the notebook's cell.
    """
    macros, places = collect(source.text)
    blank = Blank(source.text)
    for place in places:
        blank.out(*place)
    if kind == "latex":
        for comment in _COMMENT.finditer(source.text):
            blank.out(*comment.span())
        start = source.text.find("\\begin{document}")
        if start >= 0:
            blank.out(0, start + len("\\begin{document}"))
        for name in ("verbatim", "lstlisting", "minted", "tikzpicture", "figure", "table", "tabular", "comment"):
            blank.environment(name)
    elif kind == "markdown":
        without_code(source.text, blank)
        for hidden in (*comments(source.text), *(tag.span() for tag in _TAG.finditer(source.text))):
            blank.out(*hidden)
        for link in _LINK.finditer(source.text):
            if _ADDRESS.search(link[0]):
                blank.out(*link.span())
    long = list(_long_lines(source.text))
    for span in long:
        blank.out(*span)
    text = blank.text()
    ends = _Ends(text)
    pieces = [Piece("unread", span, source, cell) for span in long if _RELATION.search(source.text, *span)]
    if kind != "latex":
        for row in table_rows(text):
            blank.out(*row.span)
            for parts, latex in row.statements:
                places = [part for part in parts if not isinstance(part, str)]
                span = (min(place[0] for place in places), max(place[1] for place in places))
                pieces.append(Piece("math" if latex else "lines", span, source, cell, text, parts))
        text = blank.text()
        ends = _Ends(text)
    at = 0
    for heading in [*_HEADING.finditer(text), None]:
        end = len(text) if heading is None else heading.start()
        pieces += _formulas(source, text, ends, at, end, kind, cell)
        if heading is not None:
            pieces.append(Piece("heading", heading.span(), source, cell))
            at = _said_in(heading)
    return macros, sorted(pieces, key=lambda piece: piece.span)


def _long_lines(text: str) -> Iterator[Span]:
    at = 0
    for line in text.split("\n"):
        if len(line) > MAX_LINE:
            yield at, at + len(line)
        at += len(line) + 1


def _said_in(heading: re.Match[str]) -> int:
    """Where the text after ``Problem 1.`` begins: it may state the function; the end of a heading without formulas."""
    part = next((name for name in ("title", "section", "rest") if heading[name] and _FORMULA.search(heading[name])), "")
    if not part:
        return heading.end()
    label = _LABEL.match(heading.string, *heading.span(part))
    return label.end() if label else heading.start(part)


def comments(text: str) -> Iterator[Span]:
    """The comments of HTML."""
    start = text.find("<!--")
    while start >= 0:
        end = text.find("-->", start)
        if end < 0:
            return
        yield start, end + 3
        start = text.find("<!--", end)


class _Ends:
    """Where things end in a text; what was looked for once is not looked for again."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._known: dict[str, tuple[int, int]] = {}

    def find(self, what: str, start: int) -> int:
        """Like ``text.find``, or the length of the text."""
        since, found = self._known.get(what, (0, -1))
        if not since <= start <= found:
            found = self._search(what, start)
            self._known[what] = start, found
        return found

    def _search(self, what: str, start: int) -> int:
        if what == "\n\n":
            blank = _EMPTY_LINE.search(self.text, start)
            return blank.start() if blank else len(self.text)
        at = self.text.find(what, start)
        while what[0] == "$" and at > 0 and self.text[at - 1] == "\\":
            at = self.text.find(what, at + 1)
        return at if at >= 0 else len(self.text)


def _formulas(
    source: Source, text: str, ends: _Ends, at: int, end: int, kind: str, cell: int | None
) -> Iterator[Piece]:
    """The formulas of a stretch and the lines between them."""
    start = at
    search = at
    while True:
        found = _OPENING.search(text, search, end) if kind != "text" else None
        if found is None:
            break
        search = found.end()
        if found["escaped"] or found["code"]:
            continue
        inner, stop = _closing(ends, found, end)
        if stop < 0:
            continue
        if text[start : found.start()].strip():
            yield Piece("lines", (start, found.start()), source, cell, text)
        if text[inner[0] : inner[1]].strip():
            yield Piece("math", inner, source, cell, text)
        start = search = stop
    if text[start:end].strip():
        yield from _text_lines(source, text, start, end, cell)


def _closing(ends: _Ends, opening: re.Match[str], end: int) -> tuple[Span, int]:
    """The inside of a formula and where the text goes on; -1 where it never ends."""
    said = opening[0]
    close = said.replace("begin", "end") if opening["env"] else _CLOSES[said]
    reach = min(end, ends.find("\n\n", opening.end())) if opening["inline"] else end
    stop = ends.find(close, opening.end())
    if stop + len(close) > reach:
        return (0, 0), -1
    if opening["env"]:
        return (opening.start(), stop + len(close)), stop + len(close)
    return (opening.end(), stop), stop + len(close)


def _text_lines(source: Source, text: str, start: int, end: int, cell: int | None) -> Iterator[Piece]:
    """Plain lines; those that hold LaTeX without its dollars are formulas."""
    at = begin = start
    for line in text[start:end].splitlines(keepends=True):
        stop = at + len(line)
        if _BARE.search(line):
            if text[begin:at].strip():
                yield Piece("lines", (begin, at), source, cell, text)
            yield Piece("math", (at, stop), source, cell, text)
            begin = stop
        at = stop
    if text[begin:end].strip():
        yield Piece("lines", (begin, end), source, cell, text)
