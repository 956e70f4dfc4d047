"""LaTeX that has a shape of its own: roots, sums that are written out, environments, cases, indicators."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gradviz.language import commands
from gradviz.language.tokens import Token

if TYPE_CHECKING:
    from gradviz.language.latex import Lexer

#: The most terms of a sum that is written out.
MAX_TERMS = 50

_ENVIRONMENT = re.compile(r"\s*\{([A-Za-z]+)\*?\}(?:\[[^\]]*\])?")
_BOUNDS = re.compile(r"\s*(?:_|\^|\\limits)")


def _root(lexer: Lexer, word: str, at: int, stop: int, end: int, depth: int) -> int:
    if lexer.text[stop : stop + 1] == "[":
        lexer.bad("roots of higher order are not read: write ^(1/3)", at, stop)
        return stop + 1
    inner, after = lexer.argument(stop, end)
    lexer.name("sqrt", at, stop)
    lexer.op("(", at, stop)
    lexer.read(*inner, depth + 1)
    lexer.op(")", at, after)
    return after


def _sum(lexer: Lexer, word: str, at: int, stop: int, end: int, depth: int) -> int:
    """``\\sum_{i=1}^{3} …``, written out; the sum takes in the product that follows it."""
    from gradviz.language.latex import Lexer as Inner

    below = above = None
    while (found := _BOUNDS.match(lexer.text, stop, end)) is not None:
        stop = found.end()
        if found[0].endswith("limits"):
            continue
        inner, stop = lexer.argument(stop, end)
        said = lexer.text[slice(*inner)].strip()
        below, above = (said, above) if found[0].endswith("_") else (below, said)
    first = re.fullmatch(r"\{?\s*([A-Za-z])\s*=\s*([0-9]{1,3})\s*\}?", below or "")
    reach = _factor_end(lexer.text, stop, end)
    if first is None or above is None or not re.fullmatch(r"[0-9]{1,3}", above):
        lexer.bad("a sum without numbers as bounds: write the terms out", at, stop)
        return stop
    terms = range(int(first[2]), int(above) + 1)
    if not 0 < len(terms) <= MAX_TERMS or len(lexer.index) > 2:
        lexer.bad(f"sums of 1 to {MAX_TERMS} terms are read", at, stop)
        return stop
    lexer.op("(", at, stop)
    for position, number in enumerate(terms):
        if position:
            lexer.op("+", at, stop)
        part = Inner(lexer.spread, lexer.letters, latex=True, index={**lexer.index, first[1]: number}, end=lexer.limit)
        part.read(stop, reach, depth + 1)
        lexer.out += part.out
        if len(lexer.out) > 20_000:
            lexer.bad("this sum is too large to write out", at, stop)
            break
    lexer.op(")", at, reach)
    return reach


def _factor_end(text: str, at: int, end: int) -> int:
    """Where the product that begins here ends: a sign + or - or a relation outside brackets."""
    depth, start = 0, at
    while at < end:
        c = text[at]
        if c == "\\":
            found = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL).match(text, at, end)
            said = found[0] if found else c
            if depth == 0 and (said in (r"\\", r"\quad", r"\qquad") or commands.SIGNS.get(said[1:]) in ("≈", "⇒", "=")):
                return at
            at += len(said)
            continue
        depth += (c in "({[") - (c in ")}]")
        if depth < 0 or (depth == 0 and (c in "=,&≈." or (c in "+-" and text[start:at].strip()))):
            return at
        at += 1
    return end


def _begin(lexer: Lexer, word: str, at: int, stop: int, end: int, depth: int) -> int:
    found = _ENVIRONMENT.match(lexer.text, stop, end)
    if found is None:
        return stop
    if found[1] in commands.MATRICES:
        lexer.bad("matrix calculus: matrices are not read", at, found.end())
    elif found[1] == "cases":
        close = lexer.text.find(r"\end{cases}", found.end(), end)
        if close < 0:
            lexer.bad("these cases are never closed", at, found.end())
            return end
        _cases(lexer, found.end(), close, at, depth)
        return close + len(r"\end{cases}")
    return found.end()


def _end(lexer: Lexer, word: str, at: int, stop: int, end: int, depth: int) -> int:
    found = _ENVIRONMENT.match(lexer.text, stop, end)
    if found and found[1] not in commands.MATRICES:
        lexer.out.append(Token("newline", "\n", lexer.spread.span(at, stop)))
    return found.end() if found else stop


def _cases(lexer: Lexer, start: int, close: int, at: int, depth: int) -> None:
    """``\\begin{cases} a & z > 0 \\\\ b & otherwise``: where(z > 0, a, b)."""
    rows = [row for row in re.split(r"\\\\(?:\s*\[[^\]]*\])?", lexer.text[start:close]) if row.strip()]
    spans, cursor = [], start
    for row in rows:
        begin = lexer.text.index(row, cursor)
        cut = lexer.text.find("&", begin, begin + len(row))
        cut = begin + len(row) if cut < 0 else cut
        spans.append((begin, cut, begin + len(row)))
        cursor = begin + len(row)
    if len(spans) < 2 or len(spans) > 10:
        lexer.bad("cases with 2 to 10 rows are read", at, close)
        return
    for begin, cut, stop in spans[:-1]:
        lexer.name("where", begin, stop)
        lexer.op("(", begin, stop)
        mark = len(lexer.out)
        lexer.read(cut + 1, stop, depth + 1)
        kept = [
            t for t in lexer.out[mark:] if t.kind != "text" and t.text not in (",", "if", "␣") and t.kind != "newline"
        ]
        lexer.out[mark:] = kept
        if not any(t.text in ("<", "<=", ">", ">=", "!=", "=") for t in kept):
            lexer.bad("a case without its condition", begin, stop)
        lexer.out[mark:] = [Token("op", "==", t.span) if t.text == "=" else t for t in lexer.out[mark:]]
        lexer.op(",", begin, stop)
        _branch(lexer, begin, cut, depth)
        lexer.op(",", begin, stop)
    begin, cut, stop = spans[-1]
    _branch(lexer, begin, cut, depth)
    for _ in spans[:-1]:
        lexer.op(")", begin, stop)
    last = lexer.text[cut + 1 : stop]
    if re.search(r"[<>]|\\[gl]eq?(?![a-z])", last):
        lexer.notes.append((lexer.spread.span(begin, stop), "the last case is read as: in all other cases"))


def _branch(lexer: Lexer, begin: int, cut: int, depth: int) -> None:
    mark = len(lexer.out)
    lexer.read(begin, cut, depth + 1)
    while len(lexer.out) > mark and lexer.out[-1].text in (",", ";", ".", "␣"):
        lexer.out.pop()


def _indicator(lexer: Lexer, word: str, at: int, stop: int, end: int, depth: int) -> int:
    """``\\mathbb{1}(x > 0)``, ``\\mathbb{1}_{x > 0}``, ``\\mathbb{1}\\{…\\}``."""
    inner, after = lexer.argument(stop, end)
    if lexer.text[slice(*inner)].strip() not in ("1", "I"):
        lexer.bad(commands.REFUSED["mathbb"], at, after)
        return after
    lexer.op("𝟙", at, after)
    if lexer.text[after : after + 1] == "_":
        inner, after = lexer.argument(after + 1, end)
        lexer.op("(", *inner)
        lexer.read(*inner, depth + 1)
        lexer.op(")", *inner)
    return after


ACTIONS = {"sqrt": _root, "sum": _sum, "begin": _begin, "end": _end, "mathbb": _indicator}
