"""A file of homework -> its formulas and lines, each with its place; nothing in it is ever run.

``.txt`` is lines, ``.md`` lines and formulas between dollars, ``.tex`` formulas and the lines between them, ``.ipynb``
its Markdown cells only (code cells are not looked at). Everything is bounded before it is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from gradviz.check.reader.gluing import glued
from gradviz.check.reader.pieces import Piece, taken_apart
from gradviz.check.reader.sheet import Sheet
from gradviz.errors import GradvizError
from gradviz.language.macros import Macro
from gradviz.language.source import Source, read_source

MAX_FILE = 1_000_000
MAX_NOTEBOOK = 5_000_000  # pictures and outputs are in it
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


_LONE = re.compile("[\ud800-\udfff]")  # halves of characters, which no file can hold


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
    if len(data) > (MAX_NOTEBOOK if suffix in (".ipynb", None) else MAX_FILE):
        raise _too_large(origin, suffix == ".ipynb")
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
    if kind != "notebook" and len(text) > MAX_FILE:
        raise _too_large(origin)
    text = _LONE.sub("\ufffd", text)
    if kind == "notebook":
        return _notebook(text, origin)
    source = Source(text, origin)
    macros, pieces = taken_apart(source, kind, None)
    pieces = glued(pieces)
    _bounded(pieces, origin)
    notes = _left_out(source.text.count("\\begin{tabular}"), "LaTeX table") if kind == "latex" else ()
    return Document(origin, kind, tuple(pieces), macros, notes, (Sheet(source.text),))


def _left_out(count: int, what: str) -> tuple[str, ...]:
    """What a report says of parts that are not read."""
    return (f"{count} {what}{' is' if count == 1 else 's are'} not read",) if count else ()


def _too_large(origin: str, notebook: bool = False) -> GradvizError:
    return GradvizError(
        f"{origin} is larger than {5 if notebook else 1} MB, which no homework is",
        hint="clear its outputs and save it again" if notebook else "hand in the text without its pictures",
    )


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
    number = size = 0
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
        said = _LONE.sub("\ufffd", said)
        size += len(said)
        if size > MAX_FILE:
            raise _too_large(origin)
        sheets.append(Sheet(said, number))
        found, parts = taken_apart(Source(said, f"{origin}, cell {number}"), "markdown", number)
        macros.update(found)
        pieces += glued(parts)
    _bounded(pieces, origin)
    skipped = sum(sheet.code for sheet in sheets)
    return Document(origin, "notebook", tuple(pieces), macros, _left_out(skipped, "code cell"), tuple(sheets))


__all__ = ["FOREIGN", "MAX_FILE", "SUFFIXES", "Document", "Piece", "other", "read_document"]
