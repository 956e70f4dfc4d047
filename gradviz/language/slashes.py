"""Derivatives by their signs: ``∂ a / ∂ b`` becomes ``D ( a , b )``, and ``∂ / ∂ b`` becomes ``D/ b``.

What is left is the short form of courses, ``dx``: the gradient of the problem's output on x.
"""

from __future__ import annotations

from gradviz.language.limits import check_time
from gradviz.language.scope import function_named
from gradviz.language.tokens import Token

_CLOSE = {"(": ")", "[": "]"}


def slashed(tokens: list[Token], output: str | None = None, short: list[Token] | None = None) -> list[Token]:
    """``∂ a / ∂ b`` as ``D ( a , b )``, ``∂ / ∂ b`` as ``D/ b``, and ``∂ b`` as ``D ( output , b )``.

    Args:
        tokens: of a stretch.
        output: the node whose gradients short forms mean; without it they stay as they are.
        short: takes the D of every short form.
    """
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        check_time()
        if token.kind == "op" and token.text == "∂":
            stop = _operand_end(tokens, at + 1)
            if stop + 2 < len(tokens) + 0 and tokens[stop].text == "/" and tokens[stop + 1].text == "∂":
                by = tokens[stop + 2]
                after = stop + 3
                if by.text == "(" and after + 1 < len(tokens) and tokens[after + 1].text == ")":
                    by, after = tokens[after], after + 2
                if by.kind == "name":
                    span = (token.span[0], by.span[1])
                    inner = tokens[at + 1 : stop]
                    if inner:
                        found += [Token("op", "D", span), Token("op", "(", span), *inner]
                        found += [Token("op", ",", span), by, Token("op", ")", span)]
                    else:
                        operator = [Token("op", "D/", span), by]
                        if found and found[-1].text == "(" and after < len(tokens) and tokens[after].text == ")":
                            found.pop()  # (d/dx)(…)
                            after += 1
                        found += operator
                    at = after
                    continue
            name = tokens[at + 1] if at + 1 < len(tokens) else token
            if output is not None and name.kind == "name" and function_named(name.text) is None:
                after, by = at + 2, name
                if name.text == output and after + 1 < len(tokens) and tokens[after].text == "∂":
                    by, after = tokens[after + 1], after + 2  # the bar of the fraction got lost in copying
                if by.kind == "name":
                    span = (token.span[0], by.span[1])
                    mark = Token("op", "D", span)
                    if by is name and short is not None:
                        short.append(mark)
                    found += [mark, Token("op", "(", span), Token("name", output, name.span)]
                    found += [Token("op", ",", span), by, Token("op", ")", span)]
                    at = after
                    continue
        found.append(token)
        at += 1
    return found


def _arguments(tokens: list[Token], at: int) -> bool:
    """Whether the bracket lists names and a slash follows, ``df(x, y)/dx``."""
    stop = at + 1
    while stop < len(tokens) and (tokens[stop].kind == "name" or tokens[stop].text in (",", ";")):
        stop += 1
    return stop + 1 < len(tokens) and tokens[stop].text == ")" and tokens[stop + 1].text == "/"


def _operand_end(tokens: list[Token], at: int) -> int:
    """Behind the name, call or bracket that begins at a token."""
    if at < len(tokens) and tokens[at].kind == "name":
        at += 1
        if at >= len(tokens) or tokens[at].text != "(":
            return at
        if function_named(tokens[at - 1].text) is None and not _arguments(tokens, at):
            return at
    if at < len(tokens) and tokens[at].text in _CLOSE:
        depth = 0
        stop = min(len(tokens), at + 500)  # nobody differentiates more at once
        while at < stop:
            depth += (tokens[at].text in _CLOSE) - (tokens[at].text in _CLOSE.values())
            at += 1
            if depth == 0:
                return at
    return at
