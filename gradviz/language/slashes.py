"""Derivatives by their signs: ``∂ a / ∂ b`` becomes ``D ( a , b )``, and ``∂ / ∂ b`` becomes ``D/ b``.

What is left is the short form of courses, ``dx``: the gradient of the problem's output on x.
"""

from __future__ import annotations

from collections.abc import Collection

from gradviz.language.limits import check_time
from gradviz.language.scope import function_named
from gradviz.language.tokens import Token

_CLOSE = {"(": ")", "[": "]"}


def slashed(
    tokens: list[Token],
    output: str | None = None,
    short: list[Token] | None = None,
    names: Collection[str] = (),
) -> list[Token]:
    """``∂ a / ∂ b`` as ``D ( a , b )``, ``∂ / ∂ b`` as ``D/ b``, and ``∂ b`` as ``D ( output , b )``.

    Args:
        tokens: of a stretch.
        output: the node whose gradients short forms mean; without it they stay as they are.
        short: takes the D of every short form.
        names: those of the problem; one of them is a name, even where it calls a function elsewhere.
    """
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        check_time()
        if (quotient := _bracketed(tokens, at)) is not None:
            of, by, at = quotient
            span = (token.span[0], by.span[1])
            found += [Token("op", "D", span), Token("op", "(", span), of, Token("op", ",", span), by]
            found.append(Token("op", ")", span))
            continue
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
            alone = not (_beside_slash(tokens, at, at + 2))
            if (
                output is not None
                and alone
                and name.kind == "name"
                and (name.text in names or not function_named(name.text))
            ):
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


def _bracketed(tokens: list[Token], at: int) -> tuple[Token, Token, int] | None:
    """``(∂ a) / (∂ b)``, with both brackets or one: a, b, and where the tokens go on."""
    if tokens[at].kind != "op" or tokens[at].text not in ("(", "∂"):
        return None
    above = _marked(tokens, at)
    below = _marked(tokens, above[1] + 1) if above is not None and tokens[above[1]].text == "/" else None
    return None if above is None or below is None else (above[0], below[0], below[1])


def _marked(tokens: list[Token], at: int) -> tuple[Token, int] | None:
    """The name of ``∂ a`` or ``(∂ a)``, and where the tokens go on (there is one more)."""
    opened = at < len(tokens) and tokens[at].text == "("
    part = tokens[at + opened : at + opened + 3]
    if len(part) < 3 or part[0].text != "∂" or part[1].kind != "name" or (opened and part[2].text != ")"):
        return None
    stop = at + (4 if opened else 2)
    return (part[1], stop) if stop < len(tokens) else None


def _beside_slash(tokens: list[Token], start: int, stop: int) -> bool:
    """Whether what stands there, with the brackets around it, is a part of a quotient of derivatives."""
    before, after = start - 1, stop
    while before >= 0 and after < len(tokens) and tokens[before].text == "(" and tokens[after].text == ")":
        before, after = before - 1, after + 1
    over = [t.text for t in tokens[after : after + 2]]
    under = [t.text for t in tokens[max(0, before - 4) : before + 1]]
    return (len(over) > 1 and over[0] == "/" and over[1] in ("∂", "(")) or (under[-1:] == ["/"] and "∂" in under)


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
