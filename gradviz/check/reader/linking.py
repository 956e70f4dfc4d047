"""A piece between separators -> its chains; ``x=1 y=2``, ``(x, y) = (1, 2)`` and ``x, y = 1, 2`` are several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gradviz.check.reader.words import ELSE
from gradviz.language.letters import Letters
from gradviz.language.source import Span
from gradviz.language.tokens import Token

RELATIONS = ("=", "≈", "←", "+=", "-=")
OPEN, CLOSE = ("(", "["), (")", "]")
MAX_STATEMENT = 4_000

#: Tokens, the separator behind them, and why they cannot be read.
Piece = tuple[list[Token], str, "tuple[str, Span] | None"]


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


def paired(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """``x, y = 2, 3`` as ``x = 2`` and ``y = 3``."""
    ready = list(pieces)
    at = 0
    while at < len(ready):
        names = 0
        while at + names < len(ready) and ready[at + names][1] == "," and _is_name(ready[at + names][0]):
            names += 1
        last, stop = at + names, at + 2 * names + 1
        if names and stop <= len(ready) and len(ready[last][0]) > 2 and _is_name(ready[last][0][:1]):
            sign, rest = ready[last][0][1], [ready[last][0][2:], *(piece for piece, _, _ in ready[last + 1 : stop])]
            commas = all(separator == "," for _, separator, _ in ready[last : stop - 1])
            if commas and sign.text in RELATIONS and all(map(is_number, rest)):
                lefts = [ready[n][0][:1] for n in range(at, last + 1)]
                yield from (([*name, sign, *number], ",", None) for name, number in zip(lefts, rest, strict=True))
                at = stop
                continue
        yield ready[at]
        at += 1


def _is_name(piece: list[Token]) -> bool:
    return len(piece) == 1 and piece[0].kind == "name"


def is_number(piece: list[Token]) -> bool:
    return bool(piece) and piece[-1].kind == "number" and [t.text for t in piece[:-1]] in ([], ["-"])


def level(piece: list[Token]) -> Iterator[Token]:
    """The tokens outside brackets."""
    depth = 0
    for token in piece:
        if token.kind == "op":
            depth -= token.text in CLOSE
        if depth <= 0:
            yield token
        if token.kind == "op":
            depth += token.text in OPEN


def chains(piece: list[Token], trouble: tuple[str, Span] | None) -> Iterator[Statement]:
    """The chain of a piece; ``x=1 y=2 z=0`` is several."""
    piece = without_asides(piece)
    sides: list[list[Token]] = [[]]
    relations: list[Token] = []
    depth = 0
    for token in piece:
        if token.kind == "op":
            depth += (token.text in OPEN) - (token.text in CLOSE)
        if depth == 0 and token.kind == "op" and token.text in RELATIONS:
            relations.append(token)
            sides.append([])
        else:
            sides[-1].append(token)
    if not relations:
        return
    if trouble is None and len(piece) > MAX_STATEMENT:
        trouble = (f"a statement of more than {MAX_STATEMENT} signs", piece[0].span)
    pairs = [_listed(side) for side in sides]
    if len(pairs[0]) > 1 and all(len(pair) == len(pairs[0]) for pair in pairs):
        for parts in zip(*pairs, strict=True):
            each = [list(part) for part in parts]
            yield Statement(each, list(relations), span_of([token for part in each for token in part]), trouble)
        return
    middle = [_value_then_name(side) for side in sides[1:-1]]
    if len(sides) > 2 and len(sides[0]) == 1 and all(middle):
        starts = [sides[0], *(side[cut:] for side, cut in zip(sides[1:-1], middle, strict=True))]
        values = [*(side[:cut] for side, cut in zip(sides[1:-1], middle, strict=True)), sides[-1]]
        for left, right, relation in zip(starts, values, relations, strict=True):
            yield Statement([left, right], [relation], span_of([*left, relation, *right]), trouble)
        return
    yield Statement(sides, relations, span_of(piece), trouble)


def entries(statement: Statement, letters: Letters) -> list[Statement]:
    """``w = [2, -3]`` as ``w_0 = 2`` and ``w_1 = -3`` where the problem has names with these indices, from 0 or 1."""
    sides = statement.sides
    parts = _listed(sides[1]) if len(sides) == 2 and _is_name(sides[0]) and statement.relations[0].text == "=" else []
    if (
        len(parts) < 2
        or not all(map(is_number, parts))
        or letters.find(sides[0][0].text) not in (None, sides[0][0].text)
    ):
        return [statement]
    word, place = sides[0][0].text, sides[0][0].span
    for first in (0, 1):
        found = [letters.find(f"{word}_{at}") for at in range(first, first + len(parts))]
        if all(found) and letters.find(f"{word}_{first + len(parts)}") is None:
            made = [Token("name", name or "", place) for name in found]
            relation = statement.relations[0]
            return [
                Statement([[name], part], [relation], (part[0].span[0], part[-1].span[1]))
                for name, part in zip(made, parts, strict=True)
            ]
    return [statement]


def _listed(side: list[Token]) -> list[list[Token]]:
    """The parts of ``(a, b, c)``; nothing where the side is something else."""
    side = [t for t in side if t.text not in ("␣", ";", ",") or t.text == ","]
    if len(side) < 3 or (side[0].text, side[-1].text) not in (("(", ")"), ("[", "]")):
        return []
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in side[1:-1]:
        if token.kind == "op":
            depth += (token.text in OPEN) - (token.text in CLOSE)
        if depth < 0:
            return []
        if depth == 0 and token.kind == "op" and token.text == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts if all(parts) else []


def _value_then_name(side: list[Token]) -> int:
    """Where the name begins in ``1 y`` or ``-2 y``; 0 where the side is something else."""
    cut = 1 + (len(side) > 1 and side[0].text == "-")
    fits = len(side) == cut + 1 and side[cut - 1].kind == "number" and side[cut].kind == "name"
    return cut if fits and side[cut - 1].span[1] < side[cut].span[0] else 0


def without_asides(piece: list[Token], asides: list[list[Token]] | None = None) -> list[Token]:
    """Brackets that hold words, ``(chain rule)``, are remarks."""
    out: list[Token] = []
    at = 0
    while at < len(piece):
        if piece[at].text in OPEN and piece[at].kind == "op":
            depth, end = 0, at
            for end in range(at, min(len(piece), at + 200)):
                if piece[end].kind == "op":
                    depth += (piece[end].text in OPEN) - (piece[end].text in CLOSE)
                if depth == 0:
                    break
            inner = piece[at + 1 : end]
            if depth == 0 and inner and inner[0].text in RELATIONS:  # x*y (= 6)
                out += inner
                at = end + 1
                continue
            free = not out or end + 1 == len(piece) or piece[end + 1].text in RELATIONS
            remark = any(t.kind == "text" and t.text.strip().lower() not in ELSE | {"if"} for t in inner)
            if depth == 0 and free and remark and not any(t.text == "if" for t in inner):
                if asides is not None:
                    asides.append(inner)
                at = end + 1
                continue
        out.append(piece[at])
        at += 1
    return out


def span_of(tokens: list[Token]) -> Span:
    return (min(t.span[0] for t in tokens), max(t.span[1] for t in tokens)) if tokens else (0, 0)
