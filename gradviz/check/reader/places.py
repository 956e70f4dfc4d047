"""Where a line speaks of: ``at (1, 2): df/dx = 4``, ``df/dx = 6 at x = 1``, ``at x = 1 we have df/dx = 6``.

The numbers go to the derivatives of their line, as ``@ ( x = 1 )``; of a line without any they stay statements.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradviz.check.reader.linking import RELATIONS, Piece, is_number
from gradviz.check.reader.words import AT
from gradviz.language.tokens import Token


def placed(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The pieces, each with the point that its line says for it."""
    line: list[Piece] = []
    for piece in pieces:
        line.append(piece)
        if piece[1] in ("\n", "."):
            yield from _named(_bare(line))
            line = []
    yield from _named(_bare(line))


def _bare(line: list[Piece]) -> list[Piece]:
    """``at (1, 2): df/dx = 4``."""
    points = [at for at, (tokens, _, _) in enumerate(line) if _is_point(tokens)]
    if len(points) != 1:
        return line
    point = line[points[0]][0]
    out: list[Piece] = []
    for at, (tokens, behind, trouble) in enumerate(line):
        if at == points[0]:
            continue
        if tokens and tokens[0].text == "D":
            cut = next((k for k, t in enumerate(tokens) if t.kind == "op" and t.text in RELATIONS), len(tokens))
            tokens = [*tokens[:cut], Token("op", "@", point[0].span), *point, *tokens[cut:]]
        out.append((tokens, behind, trouble))
    return out


def _named(line: list[Piece]) -> list[Piece]:
    """``df/dx = 6 at x = 1``, ``at x = 1, y = 2 we have df/dx = 6``."""
    out: list[Piece] = []
    at = 0
    leading: list[Token] = []
    while at < len(line):
        tokens, behind, trouble = line[at]
        stop = at + 1
        while behind in AT and stop < len(line) and _assigns(line[stop][0]) and line[stop - 1][1] in (*AT, ",", "text"):
            stop += 1
        point = _point([tokens for tokens, _, _ in line[at + 1 : stop]])
        if point and _of_derivative(tokens):
            out.append(([*tokens, *point], line[stop - 1][1], trouble))
            at = stop
            continue
        if point and not tokens and not out and _speaks(line[stop:]):
            leading, at = point, stop
            continue
        if leading and _of_derivative(tokens):
            tokens = [*tokens, *leading]
        out.append((tokens, behind, trouble))
        at += 1
    return out


def _point(parts: list[list[Token]]) -> list[Token]:
    """``@ ( x = 1 , y = 2 )``."""
    if not parts:
        return []
    start, end = parts[0][0].span, parts[-1][-1].span
    inner = [token for part in parts for token in (Token("op", ",", part[0].span), *part)][1:]
    return [Token("op", "@", start), Token("op", "(", start), *inner, Token("op", ")", end)]


def _speaks(rest: list[Piece]) -> bool:
    """Whether what is claimed behind ``at x = 1`` is about derivatives alone."""
    claims = [tokens for tokens, _, _ in rest if any(t.kind == "op" and t.text in (*RELATIONS, "D") for t in tokens)]
    return bool(claims) and all(map(_of_derivative, claims))


def _of_derivative(piece: list[Token]) -> bool:
    return bool(piece) and (piece[0].kind, piece[0].text) == ("op", "D")


def _assigns(piece: list[Token]) -> bool:
    """``x = -1``."""
    return len(piece) > 2 and piece[0].kind == "name" and piece[1].text == "=" and is_number(piece[2:])


def _is_point(piece: list[Token]) -> bool:
    """``(1, -2)``."""
    numbers = sum(t.kind == "number" for t in piece)
    plain = all(t.kind == "number" or t.text in ("(", ")", ",", "-") for t in piece)
    return plain and numbers > 1 and piece[0].text == "(" and piece[-1].text == ")"
