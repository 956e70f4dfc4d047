"""A file of homework -> its formulas and lines, each with its place; nothing in it is ever run.

``.txt`` is lines, ``.md`` lines and formulas between dollars, ``.tex`` formulas and the lines between them, ``.ipynb``
its Markdown cells only (code cells are not looked at). Everything is bounded before it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from gradviz.check.blanking import Blank, without_code
from gradviz.check.sheet import Sheet
from gradviz.errors import GradvizError
from gradviz.language.macros import Macro, collect
from gradviz.language.source import Source, Span, read_source

MAX_FILE = 1_000_000
MAX_MATHS = 200_000
SUFFIXES = (".txt", ".md", ".markdown", ".tex", ".ipynb", ".gradviz")

FOREIGN = {
    ".pdf": "a PDF", ".png": "a picture", ".jpg": "a picture", ".jpeg": "a picture", ".heic": "a picture",
    ".gif": "a picture", ".docx": "a Word document", ".doc": "a Word document", ".odt": "a text document",
    ".pages": "a Pages document", ".zip": "an archive", ".gz": "an archive", ".7z": "an archive", ".rar": "an archive",
}  # fmt: skip
_MAGIC = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a Word document or an archive",
    b"\xd0\xcf\x11\xe0": "a Word document",
    b"\x1f\x8b": "an archive",
    b"\x7fELF": "a program",
    **dict.fromkeys((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"), "a picture"),
}

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
    r"^[ \t]*(?:\#{1,6}[ \t]+(?P<title>[^\n]*?)[ \t]*\#*|\\(?:sub)*section\*?\{(?P<section>[^\n]*)\}"
    r"|[*_]*" + _WORD + r"[*_]*(?:[ \t]*\([^()\n]*\))?[*_]*(?:[ \t]*[.:)–][*_]*(?P<rest>[^\n]*)|(?P<none>)))[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_FORMULA = re.compile(r"[=≈$←]|\\\(")
_LABEL = re.compile(r"[ \t*_]*(?:" + _WORD + r"|[0-9]+(?:\.[0-9]+)*)[*_]*[ \t]*[.:)–]?[*_]*", re.IGNORECASE)
_HTML = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>\n]*>", re.DOTALL)
_LINK = re.compile(r"!?\[[^\[\]\n]*\]\([^()\n]*\)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a document.

    Args:
        kind: "math" (LaTeX), "lines" (plain text, may hold formulas) or "heading".
        span: where it stands in its source.
        source: the text of the file, or of the notebook cell.
        cell: the notebook's Markdown cell, from 1; None elsewhere.
    """

    kind: Literal["math", "lines", "heading"]
    span: Span
    source: Source
    cell: int | None = None
    shown: str | None = None  # the source's text with comments and code as spaces

    @property
    def text(self) -> str:
        """The stretch as typed."""
        return self.source.at(self.span)


@dataclass(frozen=True, slots=True)
class Document:
    """A file of homework, taken apart.

    Args:
        origin: how it is called.
        kind: "text", "markdown", "latex" or "notebook".
        pieces: in reading order.
        macros: the commands it defines.
        notes: what a reader of the report should know, such as parts left out.
        sheets: the whole text, for a report that shows it.
    """

    origin: str
    kind: str
    pieces: tuple[Piece, ...]
    macros: dict[str, Macro]
    notes: tuple[str, ...] = ()
    sheets: tuple[Sheet, ...] = ()


def read_document(data: bytes | str, origin: str = "text", suffix: str | None = None) -> Document:
    """The document of a text.

    Args:
        data: the contents.
        origin: what reports call it.
        suffix: ``.txt``, ``.md``, ``.tex`` or ``.ipynb``; guessed from the text without it.

    Raises:
        GradvizError: no text, too large, or a broken notebook.

    >>> [piece.text for piece in read_document("We have $q = x + y$.", suffix=".md").pieces]
    ['We have ', 'q = x + y', '.']
    """
    if len(data) > MAX_FILE:
        raise GradvizError(
            f"{origin} is larger than 1 MB, which no homework is", hint="hand in the text without its pictures"
        )
    if isinstance(data, bytes):
        for magic, what in _MAGIC.items():
            if data.startswith(magic):
                other(what, origin)
        text = _decoded(data, origin)
    else:
        text = data
    if "\0" in text:
        raise GradvizError(
            f"{origin} is no text: it contains NUL characters", expected="a text, Markdown, LaTeX or notebook file"
        )
    kind = _kind(text, suffix)
    if kind == "notebook":
        return _notebook(text, origin)
    source = Source(text, origin)
    macros, pieces = _taken_apart(source, kind, None)
    _bounded(pieces, origin)
    return Document(origin, kind, tuple(pieces), macros, sheets=(Sheet(source.text),))


def other(what: str, origin: str) -> NoReturn:
    """Raise the error for a format that is no text of homework."""
    raise GradvizError(
        f"{origin} is {what}, which cannot be read as homework",
        expected=".txt, .md, .tex or .ipynb",
        hint="ask for the source: the text, the LaTeX or Markdown it was made from, or the derivation typed again",
    )


def _decoded(data: bytes, origin: str) -> str:
    try:
        return read_source(data, origin).text
    except GradvizError:
        if b"\0" in data[:4000]:
            raise GradvizError(f"{origin} is no text", expected=".txt, .md, .tex or .ipynb") from None
        return data.decode("latin-1")


def _kind(text: str, suffix: str | None) -> str:
    known = {".txt": "text", ".md": "markdown", ".markdown": "markdown", ".tex": "latex", ".ipynb": "notebook"}
    if suffix in known:
        return known[suffix]
    if text.lstrip().startswith("{") and '"cells"' in text:
        return "notebook"
    if "\\begin{document}" in text or "\\documentclass" in text:
        return "latex"
    return "markdown" if "$" in text or "\\[" in text or "\\(" in text else "text"


def _bounded(pieces: list[Piece], origin: str) -> None:
    size = sum(piece.span[1] - piece.span[0] for piece in pieces if piece.kind == "math")
    if size > MAX_MATHS:
        raise GradvizError(f"{origin} has {size:,} characters of formulas; at most {MAX_MATHS:,} are read")


def _notebook(text: str, origin: str) -> Document:
    import json

    try:
        book: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise GradvizError(f"{origin} is a broken notebook: it is no JSON", hint="save it again from Jupyter") from None
    cells = book.get("cells") if isinstance(book, dict) else None
    if not isinstance(cells, list):
        raise GradvizError(f"{origin} is a broken notebook: it has no list of cells", hint="save it again from Jupyter")
    macros: dict[str, Macro] = {}
    pieces: list[Piece] = []
    sheets: list[Sheet] = []
    number = 0
    for cell in cells:
        if not isinstance(cell, dict) or cell.get("cell_type") != "markdown":
            if isinstance(cell, dict) and cell.get("cell_type") == "code":
                sheets.append(Sheet("", code=True))
            continue
        number += 1
        said = cell.get("source")
        if isinstance(said, list):
            said = "".join(line for line in said if isinstance(line, str))
        if not isinstance(said, str):
            continue
        sheets.append(Sheet(said, number))
        found, parts = _taken_apart(Source(said, f"{origin}, cell {number}"), "markdown", number)
        macros.update(found)
        pieces += parts
    _bounded(pieces, origin)
    skipped = sum(sheet.code for sheet in sheets)
    notes = (f"{skipped} code cell{'s are' if skipped != 1 else ' is'} not read",) if skipped else ()
    return Document(origin, "notebook", tuple(pieces), macros, notes, tuple(sheets))


# Taking apart


def _taken_apart(source: Source, kind: str, cell: int | None) -> tuple[dict[str, Macro], list[Piece]]:
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
        for hidden in _HTML.finditer(source.text):
            blank.out(*hidden.span())
        for link in _LINK.finditer(source.text):
            if "](" in link[0] and re.search(r"\]\((?:https?:|[\w./-]+\.\w+|#|attachment:)", link[0]):
                blank.out(*link.span())
    text = blank.text()
    pieces: list[Piece] = []
    at = 0
    for heading in [*_HEADING.finditer(text), None]:
        end = len(text) if heading is None else heading.start()
        pieces += _formulas(source, text, at, end, kind, cell)
        if heading is not None:
            pieces.append(Piece("heading", heading.span(), source, cell))
            at = _said_in(heading)
    return macros, pieces


def _said_in(heading: re.Match[str]) -> int:
    """Where the text after ``Problem 1.`` begins: it may state the function; the end of a heading without formulas."""
    part = next((name for name in ("title", "section", "rest") if heading[name] and _FORMULA.search(heading[name])), "")
    if not part:
        return heading.end()
    label = _LABEL.match(heading.string, *heading.span(part))
    return label.end() if label else heading.start(part)


def _formulas(source: Source, text: str, at: int, end: int, kind: str, cell: int | None) -> Iterator[Piece]:
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
        inner, stop = _closing(text, found, end)
        if stop < 0:
            continue
        if text[start : found.start()].strip():
            yield Piece("lines", (start, found.start()), source, cell, text)
        if text[inner[0] : inner[1]].strip():
            yield Piece("math", inner, source, cell, text)
        start = search = stop
    if text[start:end].strip():
        yield from _text_lines(source, text, start, end, cell)


def _closing(text: str, opening: re.Match[str], end: int) -> tuple[Span, int]:
    said = opening[0]
    if opening["env"]:
        close = said.replace("begin", "end")
        stop = text.find(close, opening.end(), end)
        return ((opening.start(), stop + len(close)), stop + len(close)) if stop >= 0 else ((0, 0), -1)
    close = {"\\[": "\\]", "$$": "$$", "\\(": "\\)", "$": "$", "$`": "`$"}[said]
    reach = end
    if opening["inline"]:
        blank = re.compile(r"\n[ \t]*\n").search(text, opening.end(), end)
        reach = blank.start() if blank else end
    stop = text.find(close, opening.end(), reach)
    while stop > 0 and text[stop - 1] == "\\" and close[0] == "$":
        stop = text.find(close, stop + 1, reach)
    return ((opening.end(), stop), stop + len(close)) if stop >= 0 else ((0, 0), -1)


def _text_lines(source: Source, text: str, start: int, end: int, cell: int | None) -> Iterator[Piece]:
    """Plain lines; those that hold LaTeX without its dollars are formulas."""
    at = begin = start
    for line in text[start:end].splitlines(keepends=True):
        stop = at + len(line)
        if re.search(r"\\(?:frac|dfrac|partial|sigma|cdot|hat|text|mathrm|begin|tfrac)\b", line):
            if text[begin:at].strip():
                yield Piece("lines", (begin, at), source, cell, text)
            yield Piece("math", (at, stop), source, cell, text)
            begin = stop
        at = stop
    if text[begin:end].strip():
        yield Piece("lines", (begin, end), source, cell, text)
