"""Tokens of homework -> statements: chains of sides, cut at commas, arrows, line ends and words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gradviz.language.source import Span
from gradviz.language.tokens import Token

RELATIONS = ("=", "≈", "←", "+=", "-=")
MAX_STATEMENT = 4_000
MAX_DEPTH = 60

_INFIX = ("+", "*", "/", "^")
_OPEN, _CLOSE = ("(", "["), (")", "]")

#: Words of prose that may directly follow a formula.
PROSE = frozenset((
    "a", "an", "and", "are", "as", "at", "be", "because", "but", "by", "call", "compute", "define", "find", "first",
    "for", "from", "get", "given", "gives", "have", "hence", "here", "if", "in", "is", "it", "let", "let's", "next",
    "note", "now", "of", "on", "or", "since", "so", "step", "that", "the", "then", "therefore", "this", "thus",
    "to", "using", "we", "when", "where", "which", "with", "yields", "also", "i.e", "e.g", "denote", "our", "its",
    "chain", "rule", "ist", "und", "mit", "wobei", "gilt", "für", "et", "est", "donc", "avec", "où",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statement:
    """One chain: its sides as tokens and the relations between them.

    Args:
        sides: tokens of each side.
        relations: ``=``, ``≈``, ``←``, ``+=``, ``-=``; one fewer than sides.
        span: where it stands.
        trouble: why it cannot be read, with its place, or None.
    """

    sides: list[list[Token]]
    relations: list[Token]
    span: Span
    trouble: tuple[str, Span] | None = field(default=None)


def statements(tokens: list[Token]) -> list[Statement]:
    """The statements among the tokens; what has no relation is prose or a formula mentioned in passing."""
    found: list[Statement] = []
    for piece, trouble in _joined(_pieces(_columns(tokens))):
        if any(t.kind == "op" and t.text in RELATIONS for t in _level(piece)):
            found += _chains(piece, trouble)
    return found


def row_ends(tokens: list[Token]) -> list[int]:
    """Where the rows end that no bracket holds together."""
    found: list[int] = []
    depth = 0
    for token in tokens:
        if token.kind == "op":
            depth = max(0, depth + (token.text in _OPEN) - (token.text in _CLOSE))
        elif token.kind == "newline" and token.text == "\n":
            if not depth:
                found.append(token.span[0])
        elif token.kind == "newline":
            depth = 0
    return found


def _columns(tokens: list[Token]) -> list[Token]:
    """``&`` beside a sign only lays out; elsewhere it separates columns."""
    out: list[Token] = []
    for at, token in enumerate(tokens):
        if token.kind == "op" and token.text == "&":
            before = out[-1] if out else None
            after = tokens[at + 1] if at + 1 < len(tokens) else None
            if before is None or before.kind == "newline" or (before.kind == "op" and before.text not in _CLOSE):
                continue
            if (
                after is None
                or after.kind in ("newline", "end")
                or (after.kind == "op" and after.text in (*RELATIONS, "&", "+", "-", "*", "⇒", "<=", "<", ">", ">="))
            ):
                continue
            out.append(Token("op", "␣", token.span))
        else:
            out.append(token)
    return out


Piece = tuple[list[Token], str, "tuple[str, Span] | None"]


def _pieces(tokens: list[Token]) -> Iterator[Piece]:
    """Stretches between separators, with the separator behind each."""
    current: list[Token] = []
    depth = 0
    trouble: tuple[str, Span] | None = None
    for at, token in enumerate(tokens):
        if token.kind == "op":
            depth += (token.text in _OPEN) - (token.text in _CLOSE)
            if depth > MAX_DEPTH and trouble is None:
                trouble = (f"brackets are nested more than {MAX_DEPTH} deep", token.span)
        if depth < 0:
            depth = 0
            if current and trouble is None:
                trouble = (f"this {token.text} closes nothing", token.span)
            continue
        if depth > 0 and token.kind == "newline" and token.text == "\n":
            continue
        separates = token.kind in ("newline", "end") or (
            depth == 0 and (token.kind == "text" or (token.kind == "op" and token.text in (",", ";", "⇒", "␣")))
        )
        if not separates:
            current.append(token)
            continue
        if (token.kind == "end" and depth > 0) or (token.kind == "newline" and depth > 0):
            if trouble is None and current:
                opening = next((t for t in reversed(current) if t.text in _OPEN), current[0])
                trouble = (f"this {opening.text} is never closed", opening.span)
            depth = 0
        if token.kind == "op" and token.text == "," and _decimal(tokens, at):
            trouble = trouble or ("a comma inside a number: write 0.5 with a point", token.span)
            current.append(Token("bad", "a comma inside a number: write 0.5 with a point", token.span))
            continue
        if token.kind == "text" and current and _swallowed(tokens, at):
            why = f"{token.text!r} is not a name of this problem"
            trouble = trouble or (why, token.span)
        if current or token.text in ("\n", "."):
            yield current, token.text if token.kind != "text" else "text", trouble
        current, trouble = [], None


def _decimal(tokens: list[Token], at: int) -> bool:
    if at == 0 or at + 1 >= len(tokens):
        return False
    a, b = tokens[at - 1], tokens[at + 1]
    return (
        a.kind == "number"
        and b.kind == "number"
        and a.span[1] == tokens[at].span[0]
        and tokens[at].span[1] == b.span[0]
    )


def _swallowed(tokens: list[Token], at: int) -> bool:
    """A single unknown word directly behind a formula may be a name that the reader does not know."""
    word = tokens[at]
    before = tokens[at - 1]
    if word.text.lower() in PROSE or not word.text.isalpha() or before.kind not in ("name", "number"):
        return False
    if before.span[1] + 1 < word.span[0]:
        return False
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    return after is None or after.kind not in ("text", "name")


def _joined(pieces: Iterator[Piece]) -> Iterator[tuple[list[Token], tuple[str, Span] | None]]:
    """Rows that go on with ``=`` or ``+``, or that end so, belong to the row before."""
    kept: list[Token] = []
    trouble: tuple[str, Span] | None = None
    behind = "\n"
    for piece, separator, wrong in pieces:
        first = piece[0] if piece else None
        goes_on = first is not None and first.kind == "op" and bool(kept) and behind in ("\n", "␣", "⇒", ".")
        goes_on = (
            goes_on
            and (first is not None)
            and (
                first.text in RELATIONS
                or (behind == "\n" and first.text in _INFIX)
                or (behind == "\n" and first.text == "-" and not _relates(piece))
            )
        )
        hangs = (
            bool(kept) and kept[-1].kind == "op" and (kept[-1].text in (*RELATIONS, *_INFIX, "-")) and behind in "\n␣"
        )
        spaced = bool(kept) and behind == "␣" and not _relates(piece) and not _worded(piece)
        if piece and kept and (goes_on or hangs or spaced):
            kept += piece
            trouble = trouble or wrong
        elif piece:
            if kept:
                yield kept, trouble
            kept, trouble = list(piece), wrong
        elif behind == "\n" and separator == "\n" and kept:
            yield kept, trouble  # an empty line
            kept, trouble = [], None
        behind = separator
    if kept:
        yield kept, trouble


def _relates(piece: list[Token]) -> bool:
    return any(t.kind == "op" and t.text in RELATIONS for t in _level(piece))


def _worded(piece: list[Token]) -> bool:
    return any(t.kind == "text" for t in piece)


def _level(piece: list[Token]) -> Iterator[Token]:
    """The tokens outside brackets."""
    depth = 0
    for token in piece:
        if token.kind == "op":
            depth -= token.text in _CLOSE
        if depth <= 0:
            yield token
        if token.kind == "op":
            depth += token.text in _OPEN


def _chains(piece: list[Token], trouble: tuple[str, Span] | None) -> Iterator[Statement]:
    """The chain of a piece; ``x=1 y=2 z=0`` is several."""
    piece = _without_asides(piece)
    sides: list[list[Token]] = [[]]
    relations: list[Token] = []
    depth = 0
    for token in piece:
        if token.kind == "op":
            depth += (token.text in _OPEN) - (token.text in _CLOSE)
        if depth == 0 and token.kind == "op" and token.text in RELATIONS:
            relations.append(token)
            sides.append([])
        else:
            sides[-1].append(token)
    if not relations:
        return
    if trouble is None and len(piece) > MAX_STATEMENT:
        trouble = (f"a statement of more than {MAX_STATEMENT} signs", piece[0].span)
    middle = [_value_then_name(side) for side in sides[1:-1]]
    if len(sides) > 2 and len(sides[0]) == 1 and all(middle):
        starts = [sides[0], *(side[cut:] for side, cut in zip(sides[1:-1], middle, strict=True))]
        values = [*(side[:cut] for side, cut in zip(sides[1:-1], middle, strict=True)), sides[-1]]
        for left, right, relation in zip(starts, values, relations, strict=True):
            yield Statement([left, right], [relation], _span([*left, relation, *right]), trouble)
        return
    yield Statement(sides, relations, _span(piece), trouble)


def _value_then_name(side: list[Token]) -> int:
    """Where the name begins in ``1 y`` or ``-2 y``; 0 where the side is something else."""
    cut = 1 + (len(side) > 1 and side[0].text == "-")
    fits = len(side) == cut + 1 and side[cut - 1].kind == "number" and side[cut].kind == "name"
    return cut if fits and side[cut - 1].span[1] < side[cut].span[0] else 0


def _without_asides(piece: list[Token]) -> list[Token]:
    """Brackets that hold words, ``(chain rule)``, are remarks."""
    out: list[Token] = []
    at = 0
    while at < len(piece):
        if piece[at].text == "(" and piece[at].kind == "op":
            depth, end = 0, at
            for end in range(at, min(len(piece), at + 200)):
                if piece[end].kind == "op":
                    depth += (piece[end].text in _OPEN) - (piece[end].text in _CLOSE)
                if depth == 0:
                    break
            inner = piece[at + 1 : end]
            free = not out or end + 1 == len(piece) or piece[end + 1].text in RELATIONS
            if depth == 0 and free and any(t.kind == "text" for t in inner):
                at = end + 1
                continue
        out.append(piece[at])
        at += 1
    return out


def _span(tokens: list[Token]) -> Span:
    return (min(t.span[0] for t in tokens), max(t.span[1] for t in tokens)) if tokens else (0, 0)
