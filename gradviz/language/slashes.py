"""Derivatives written with a slash: ``∂ a / ∂ b`` becomes ``D ( a , b )``, and ``∂ / ∂ b`` becomes ``D/ b``."""

from __future__ import annotations

from gradviz.language.limits import check_time
from gradviz.language.scope import function_named
from gradviz.language.tokens import Token

_CLOSE = {"(": ")", "[": "]"}


def slashed(tokens: list[Token]) -> list[Token]:
    """``∂ a / ∂ b`` as ``D ( a , b )`` and ``∂ / ∂ b`` as ``D/ b``."""
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
                        found += [Token("op", "D/", span), by]
                    at = after
                    continue
        found.append(token)
        at += 1
    return found


def _operand_end(tokens: list[Token], at: int) -> int:
    """Behind the name, call or bracket that begins at a token."""
    if at < len(tokens) and tokens[at].kind == "name":
        at += 1
        if at >= len(tokens) or tokens[at].text != "(" or function_named(tokens[at - 1].text) is None:
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
