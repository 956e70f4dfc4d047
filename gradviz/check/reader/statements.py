"""Tokens of homework -> statements: chains of sides, cut at commas, arrows, line ends and words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from gradviz.check.reader.linking import (
    CLOSE,
    OPEN,
    RELATIONS,
    Piece,
    Statement,
    chains,
    is_number,
    level,
    paired,
    without_asides,
)
from gradviz.check.reader.places import placed
from gradviz.check.reader.words import AND_OR_NAME, AT, ELSE, GIVES, IF, IS, PROSE
from gradviz.language.source import Span
from gradviz.language.tokens import Token

MAX_DEPTH = 60

_INFIX = ("+", "*", "/", "^")
_CONDITION = "this holds under a condition only: write 1 if z > 0 else 0"
_BEFORE_ELSE = (*ELSE, "and", "und", "et")


def statements(tokens: list[Token]) -> list[Statement]:
    """The statements among the tokens; what has no relation is prose or a formula mentioned in passing."""
    found: list[Statement] = []
    for piece, trouble in _joined(placed(paired(_pieces(_columns(tokens))))):
        if any(t.kind == "op" and t.text in RELATIONS for t in level(piece)):
            found += chains(piece, trouble)
            asides: list[list[Token]] = []
            without_asides(piece, asides)
            for inner in asides:  # (since z = w x + b)
                found += statements([*inner, Token("end", "", (inner[-1].span[1], inner[-1].span[1]))])
        elif trouble is None and (inner := _bracketed(piece)):
            found += statements(inner)
    return found


def _bracketed(piece: list[Token]) -> list[Token]:
    """The inside of ``(x = 2, y = 3)`` where that is all there is."""
    if len(piece) < 5 or [t.text for t in level(piece)] != ["(", ")"]:
        return []
    inner = piece[1:-1]
    return [*inner, Token("end", "", (piece[-1].span[0], piece[-1].span[0]))] if _relates(inner) else []


def row_ends(tokens: list[Token]) -> list[int]:
    """Where the rows end that no bracket holds together."""
    found: list[int] = []
    depth = 0
    for at, token in enumerate(tokens):
        empty = _ends_empty(tokens, at)
        if token.kind == "op":
            depth = max(0, depth + (token.text in OPEN) - (token.text in CLOSE))
        elif token.kind == "newline" and token.text == "\n":
            depth = 0 if empty else depth
            if not depth:
                found.append(token.span[0])
        elif token.kind == "newline":
            depth = 0
    return found


def _ends_empty(tokens: list[Token], at: int) -> bool:
    """Whether an empty line follows, which no bracket goes across."""
    return all(t.kind == "newline" and t.text == "\n" for t in tokens[at : at + 2])


def _columns(tokens: list[Token]) -> list[Token]:
    """``&`` beside a sign only lays out; elsewhere it separates columns."""
    out: list[Token] = []
    for at, token in enumerate(tokens):
        if token.kind == "op" and token.text == "&":
            before = out[-1] if out else None
            after = tokens[at + 1] if at + 1 < len(tokens) else None
            if before is None or before.kind == "newline" or (before.kind == "op" and before.text not in CLOSE):
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


def _pieces(tokens: list[Token]) -> Iterator[Piece]:
    """Stretches between separators, with the separator behind each."""
    current: list[Token] = []
    depth = 0
    trouble: tuple[str, Span] | None = None
    prose = {token.text.lower() for token in tokens if token.kind == "text"}
    joining = {word for word, around in AND_OR_NAME.items() if prose & around}
    for at, token in enumerate(tokens):
        if token.kind == "op":
            depth += (token.text in OPEN) - (token.text in CLOSE)
            if depth > MAX_DEPTH and trouble is None:
                trouble = (f"brackets are nested more than {MAX_DEPTH} deep", token.span)
        if depth < 0:
            depth = 0
            if current and trouble is None:
                trouble = (f"this {token.text} closes nothing", token.span)
            continue
        if depth > 0 and token.kind == "newline" and token.text == "\n" and not _ends_empty(tokens, at):
            continue
        separates = token.kind in ("newline", "end") or (
            depth == 0 and (token.kind == "text" or (token.kind == "op" and token.text in (",", ";", ":", "⇒", "␣")))
        )
        said = token.text.strip().lower() if token.kind in ("text", "name") else ""
        if said == "if" and current and depth == 0:
            separates = not _has_else(tokens, at)
        elif token.kind == "name" and token.text in joining and depth == 0 and _says_and(tokens, at, current):
            separates = True
        elif (said in _BEFORE_ELSE or token.text in (",", "␣")) and _waits(current):
            separates = False
            token = token if said in ELSE else Token("op", ",", token.span)
        elif said in ELSE and current and depth == 0:
            separates, trouble = True, trouble or (_CONDITION, current[0].span)
        if not separates:
            current.append(Token("name", said, token.span) if said == "if" or said in ELSE else token)
            continue
        if (token.kind == "end" and depth > 0) or (token.kind == "newline" and depth > 0):
            if trouble is None and current:
                opening = next((t for t in reversed(current) if t.text in OPEN), current[0])
                trouble = (f"this {opening.text} is never closed", opening.span)
            depth = 0
        if token.kind == "op" and token.text == "," and _decimal(tokens, at):
            trouble = trouble or ("a comma inside a number: write 0.5 with a point", token.span)
            current.append(Token("bad", "a comma inside a number: write 0.5 with a point", token.span))
            continue
        if token.kind == "text" and current and _swallowed(tokens, at):
            why = f"{token.text!r} is not a name of this problem"
            trouble = trouble or (why, token.span)
        if current or token.text in ("\n", ".", "#") or said in IF | IS | AT:
            kind = said if said in IF | IS | AT else "text"
            yield current, kind if token.kind in ("text", "name") else token.text, trouble
        current, trouble = [], None


def _begins_anew(before: list[Token], piece: list[Token]) -> bool:
    """``df/dy = -4`` behind a line that ends in ``df/dx =``: that one was left open."""
    behind = 6 if piece and piece[0].kind == "op" and piece[0].text == "D" else 1
    alike = bool(piece) and piece[0].kind == before[0].kind and (piece[0].kind == "name" or behind == 6)
    return alike and behind < len(piece) and piece[behind].text in RELATIONS


def _says_and(tokens: list[Token], at: int, current: list[Token]) -> bool:
    """``y`` between two statements of Spanish: a relation before it, a quantity with its own right behind."""
    word, ahead = tokens[at], tokens[at + 1 : at + 8]
    apart = bool(current) and current[-1].span[1] < word.span[0] and bool(ahead) and word.span[1] < ahead[0].span[0]
    if not apart or not _relates(current):
        return False
    behind = 6 if ahead[0].kind == "op" and ahead[0].text == "D" else 1 if ahead[0].kind == "name" else 0
    return 0 < behind < len(ahead) and ahead[behind].text in RELATIONS


def _has_else(tokens: list[Token], at: int) -> bool:
    """Whether the other case follows an ``if`` before the line ends."""
    for token in tokens[at + 1 : at + 100]:
        if token.kind in ("newline", "end") and token.text != "\n":
            return False
        if token.kind in ("text", "name") and token.text.strip().lower() in ELSE:
            return True
        if token.kind in ("newline", "end") or token.text in RELATIONS:
            return False
    return False


def _waits(current: list[Token]) -> bool:
    """Whether an ``if`` waits for its other case."""
    words = [t.text for t in current if t.kind == "name"]
    return "if" in words and not ELSE & set(words)


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
    latin = all(c.isascii() or unicodedata.name(c, "").startswith(("LATIN", "GREEK")) for c in word.text)
    if word.text.lower() in PROSE or not word.text.isalpha() or not latin or before.kind not in ("name", "number"):
        return False
    if before.span[1] + 1 < word.span[0] or (len(word.text) > 2 and not word.text.isascii()):
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
        hangs = hangs and not (kept[-1].text in RELATIONS and _begins_anew(kept, piece))
        spaced = bool(kept) and behind == "␣" and not _relates(piece) and not _worded(piece)
        says = (
            behind in IS
            and _is_derivative(kept)
            and _is_formula(piece)
            and (separator not in (IF | IS | AT | {"text"}) - GIVES)
        )
        says = says or (behind in GIVES and _relates(kept) and is_number(without_asides(piece)))
        limits = bool(kept) and _compares(piece) and not _relates(piece)
        if limits and (behind == "if" or (behind in (*IF, ",", "␣") and kept[0].text == "D")):
            trouble = trouble or (_CONDITION, kept[0].span)
        elif behind == "␣" and _is_label(piece):
            continue  # the number of an equation
        elif behind == "⇒" and (_relates(kept) or _is_derivative(kept)) and _is_formula(piece) and not goes_on:
            yield kept, trouble
            arrow = Token("op", "=", piece[0].span)
            kept, trouble = [arrow, *piece], ("an arrow is not read as =", piece[0].span)
        elif says:
            kept += [Token("op", "=", (kept[-1].span[1], piece[0].span[0])), *piece]
            trouble = trouble or wrong
        elif piece and kept and (goes_on or hangs or spaced):
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
    return any(t.kind == "op" and t.text in RELATIONS for t in level(piece))


def _compares(piece: list[Token]) -> bool:
    return any(t.kind == "op" and t.text in ("<", "<=", ">", ">=", "!=") for t in level(piece))


def _is_derivative(piece: list[Token]) -> bool:
    """Whether a piece is ``D ( a , b )`` and nothing else."""
    if len(piece) < 6 or piece[0].text != "D" or piece[0].kind != "op":
        return False
    return [t.text for t in level(piece)] in (["D", "(", ")"], ["D", "(", ")", "@", "(", ")"])


def _is_label(piece: list[Token]) -> bool:
    """``(1)``, ``(2a)``, ``(*)`` behind a wide space."""
    return 2 < len(piece) < 5 and piece[0].text == "(" and piece[-1].text == ")" and piece[1].text[:1] in "123456789*"


def _is_formula(piece: list[Token]) -> bool:
    """Signs, numbers and names, with a number or a sign among them."""
    if not piece or _relates(piece) or _compares(piece) or any(t.kind not in ("op", "number", "name") for t in piece):
        return False
    return len(piece) == 1 or any(t.kind == "number" or t.text in ("*", "+", "-", "/", "^", "(") for t in piece)


def _worded(piece: list[Token]) -> bool:
    return any(t.kind == "text" for t in piece)


__all__ = ["Statement", "row_ends", "statements"]
