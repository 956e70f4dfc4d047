"""LaTeX that has a shape of its own: roots, sums that are written out, environments, cases, indicators."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gradviz.language import commands, signs
from gradviz.language.source import Span
from gradviz.language.tokens import Token

if TYPE_CHECKING:
    from gradviz.language.latex import Lexer

#: The most terms of a sum that is written out.
MAX_TERMS = 50

_ENVIRONMENT = re.compile(r"\s*\{([A-Za-z]+)\*?\}(?:\[[^\]]*\])?")
_RELATES = re.compile(r"(?<![<>!])=|\\approx")
_RIGHT = re.compile(r"\s*(?:\\right\s*\.|$)")
_CUT = re.compile(r"&|,\s*(?=\\|[a-z]|$)|\\(?:q?quad|text|mbox|textrm|mathrm|hspace)(?![A-Za-z])|;|\bif\b")
_WORDS = {"sum": "sum", "prod": "product"}
_BOUNDS = re.compile(r"\s*(?:_|\^|\\limits)")


def _root(lexer: Lexer, word: str, at: int, stop: int, end: int, depth: int) -> int:
    order = re.compile(r"\s*\[\s*([0-9]{1,3})\s*\]").match(lexer.text, stop, end)
    inner, after = lexer.argument(order.end() if order else stop, end)
    if order is None:
        lexer.name("sqrt", at, stop)
    lexer.op("(", at, stop)
    lexer.read(*inner, depth + 1)
    lexer.op(")", at, after)
    if order is not None:
        lexer.out += raised_to_part(int(order[1]), lexer.spread.span(at, after))
    return after


def raised_to_part(order: int, place: Span) -> list[Token]:
    """``^ (1/3)``, for a third root."""
    one, n = Token("number", "1", place, 1.0), Token("number", str(order), place, float(order))
    signs = {sign: Token("op", sign, place) for sign in "^(/)"}
    return [signs["^"], signs["("], one, signs["/"], n, signs[")"]]


def _sum(lexer: Lexer, word: str, at: int, stop: int, end: int, depth: int) -> int:
    """``\\sum_{i=1}^{3} …`` and ``\\prod``, written out; they take in the product that follows."""
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
        lexer.bad(f"a {_WORDS[word]} without numbers as bounds: write the terms out", at, stop)
        return stop
    terms = range(int(first[2]), int(above) + 1)
    if not 0 < len(terms) <= MAX_TERMS or len(lexer.index) > 2:
        lexer.bad(f"{_WORDS[word]}s of 1 to {MAX_TERMS} terms are read", at, stop)
        return stop
    lexer.op("(", at, stop)
    for position, number in enumerate(terms):
        if position:
            lexer.op("+" if word == "sum" else "*", at, stop)
        part = Inner(lexer.spread, lexer.letters, latex=True, index={**lexer.index, first[1]: number})
        part.read(stop, reach, depth + 1)
        lexer.out += (
            [Token("op", "(", part.out[0].span), *part.out, Token("op", ")", part.out[-1].span)]
            if (word == "prod" and part.out)
            else part.out
        )
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
    start, text = found.end(), lexer.text
    close = re.compile(r"\\end\s*\{" + found[1] + r"\*?\}").search(text, start, end)
    inside = (start, close.start() if close else end)
    braced = text[:at].rstrip().endswith(r"\{")
    cases = found[1] in commands.CASES
    if found[1] in ("alignat", "alignedat", "xalignat", "tabular"):
        return lexer.argument(start, end)[1]
    if found[1] == "array":
        start = lexer.argument(start, end)[1]
        inside = (start, inside[1])
        laid_out = _RELATES.search(re.sub(r"\\(?:text|mbox)\s*\{[^{}]*\}", "", text[slice(*inside)])) is not None
        cases = braced and not laid_out
        if not cases and not laid_out:
            lexer.bad("matrix calculus: matrices are not read", at, start)
            return close.end() if close else end
    elif found[1] in commands.MATRICES:
        lexer.bad("matrix calculus: matrices are not read", at, start)
        return close.end() if close else end
    if braced and lexer.out and lexer.out[-1].text == "(" and (close is None or _RIGHT.match(text, close.end(), end)):
        lexer.out.pop()  # the brace before all rows is no bracket
    if not cases:
        return start
    if close is None:
        lexer.bad("these cases are never closed", at, start)
        return end
    _cases(lexer, *inside, at, depth)
    return close.end()


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
        stop = begin + len(row)
        found = re.compile("&").search(lexer.text, begin, stop) or _CUT.search(lexer.text, begin, stop)
        cut = found.start() if found else stop
        spans.append((begin, cut, stop))
        cursor = begin + len(row)
    if len(spans) < 2 or len(spans) > 10:
        lexer.bad("cases with 2 to 10 rows are read", at, close)
        return
    for begin, cut, stop in spans[:-1]:
        lexer.name("where", begin, stop)
        lexer.op("(", begin, stop)
        mark = len(lexer.out)
        lexer.read(cut + (lexer.text[cut] in "&,;"), stop, depth + 1)
        kept = [
            t
            for t in lexer.out[mark:]
            if t.kind not in ("text", "newline") and t.text not in (",", ";", ":", "if", "&", "␣", "otherwise", "else")
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
    return after


def lowered(lexer: Lexer, at: int, end: int, depth: int) -> int:
    """An index without a letter before it: ``1_{z > 0}`` in brackets, ``[2x]_{x=3}`` as a point."""
    inner, after = lexer.argument(at + 1, end)
    last = lexer.out[-1].text if lexer.out else ""
    if last in ("𝟙", "1") and lexer.latex:
        lexer.op("(", *inner)
        lexer.read(*inner, depth + 1)
        lexer.op(")", *inner)
        return after
    if last in (")", "]") and "=" in lexer.text[slice(*inner)]:
        return point(lexer, at, at, end)
    lexer.bad("an index without a letter before it", at, at + 1)
    return after


def evaluated(lexer: Lexer, at: int, stop: int, end: int) -> int:
    """``|_{x=2}``, ``|x=2``: ``@ ( … )`` behind what it speaks of; 0 where the bar is no such sign."""
    last = lexer.out[-1] if lexer.out else None
    behind = last is not None and (last.kind in ("name", "number") or last.text == ")")
    here = lexer.text[stop : stop + 1] == "_" or (behind and signs.POINT.match(lexer.text, stop, end) is not None)
    return point(lexer, at, stop, end) if here else 0


def point(lexer: Lexer, at: int, stop: int, end: int) -> int:
    """The point behind a bar or a bracket."""
    found = signs.POINT.match(lexer.text, stop, end)
    if found is not None:
        inner, after = found.span(1), found.end()
    else:
        inner, after = lexer.argument(stop + 1, end)
    lexer.op("@", at, stop)
    lexer.op("(", at, stop)
    lexer.read(*inner, 1)
    lexer.op(")", after - 1, after)
    return after


ACTIONS = {
    **{"sqrt": _root, "sum": _sum, "prod": _sum, "begin": _begin, "end": _end},
    **dict.fromkeys(("mathbb", "mathds", "mathbbm"), _indicator),
}
