"""One statement in several formulas of a line of Markdown: ``$df/dx = 6$ at $x = 1$``, ``$df/dx$ is $6$``."""

from __future__ import annotations

import re
from dataclasses import replace

from gradviz.check.reader.pieces import Piece
from gradviz.check.reader.tables import Parts
from gradviz.check.reader.words import AT, GIVES, IS

_SAYS = {**{word: rf" \text{{ {word} }} " for word in (IS | GIVES) - {":"}}, "=": " = ", "≈": " ≈ "}
_WHICH = re.compile(r"(?:,|which|and this|this|das|was|ce qui)\s+|\s*[,$]\s*", re.IGNORECASE)
_ASSIGNS = re.compile(r"\s*(?!\\[dt]?frac|\\partial)[A-Za-z\\][\w\\{}^]*\s*=\s*[-−+]?[0-9.,/]+\s*")
_GRADIENT = re.compile(r"\s*(?:\\[dt]?frac\s*\{\s*(?:\\partial|d|∂|\\mathrm\{d\})|(?:d|∂)\w+\s*/\s*(?:d|∂)|\\partial)")
_LAST_WORD = re.compile(r"(?:^|[^\w$])([^\W\d_]+)\s*$")
_BETWEEN = re.compile(r"[^\n.=;]{0,40}")


def glued(pieces: list[Piece]) -> list[Piece]:
    """The pieces, with those that make one statement together as one."""
    out: list[Piece] = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        stop, parts = _going_on(pieces, at) if _formula(piece) else (at + 1, ())
        if parts:
            out.append(replace(piece, span=(piece.span[0], pieces[stop - 1].span[1]), parts=parts))
        else:
            out.append(piece)
        at = stop
    return out


def _formula(piece: Piece) -> bool:
    return piece.kind == "math" and not piece.parts and "\n" not in piece.text and "\\begin" not in piece.text


def _going_on(pieces: list[Piece], at: int) -> tuple[int, Parts]:
    """Where the statement that begins at a formula ends, and its parts; none where it is one formula."""
    first = pieces[at]
    before = _LAST_WORD.search(_said(pieces, at - 1)[-40:])
    if before is not None and before[1].lower() in AT and _ASSIGNS.fullmatch(first.text):  # at $x = 1$ we have $…$
        stop, point = _point(pieces, at)
        rest = pieces[stop + 1] if stop + 1 < len(pieces) else None
        if (
            rest is not None
            and _formula(rest)
            and _GRADIENT.match(rest.text)
            and _BETWEEN.fullmatch(_said(pieces, stop))
        ):
            onward, more = _going_on(pieces, stop + 1)
            return onward, (r" \text{ at } ", *point, ", ", *(more or (rest.span,)))
        return at + 1, ()
    parts: Parts = (first.span,)
    stop = at + 1
    while stop + 1 < len(pieces) and _formula(pieces[stop + 1]):
        said = _said(pieces, stop)
        word = "" if "\n" in said else _WHICH.sub("", said.strip()).strip().lower()
        if word in AT and _ASSIGNS.fullmatch(pieces[stop + 1].text) and _GRADIENT.match(first.text):
            stop, point = _point(pieces, stop + 1)
            return stop, (*parts, r" \text{ at } ", *point)
        if word not in _SAYS:
            break
        parts = (*parts, _SAYS[word], pieces[stop + 1].span)
        stop += 2
    return (stop, parts) if len(parts) > 1 else (at + 1, ())


def _point(pieces: list[Piece], at: int) -> tuple[int, Parts]:
    """``$x = 1$, $y = 2$`` from a formula on: where it ends, and its parts."""
    parts: Parts = (pieces[at].span,)
    stop = at + 1
    while stop + 1 < len(pieces) and _formula(pieces[stop + 1]) and _ASSIGNS.fullmatch(pieces[stop + 1].text):
        if _said(pieces, stop).strip().lower() not in (",", "and", "und", "et", "y", "e", ", and"):
            break
        parts = (*parts, ", ", pieces[stop + 1].span)
        stop += 2
    return stop, parts


def _said(pieces: list[Piece], at: int) -> str:
    """The words of a piece between formulas, without their dollars."""
    piece = pieces[at] if 0 <= at < len(pieces) else None
    return "" if piece is None or piece.kind != "lines" or piece.parts else piece.text
