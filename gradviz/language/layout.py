"""Tokens -> statements: brackets are matched once, before any grammar.

A bracket that is never closed is then reported where it opens, and newlines inside brackets vanish, so a
statement can go on over several lines.
"""

from __future__ import annotations

from typing import NoReturn

from gradviz.language.source import Source
from gradviz.language.tokens import Token

#: How deep brackets may stand inside each other.
MAX_NESTING = 200

_CLOSES = {"(": ")", "[": "]"}
_OPENS = {")": "(", "]": "["}


def statements(source: Source, tokens: list[Token]) -> list[list[Token]]:
    """The tokens of each statement, every list closed by an "end" token at its true place.

    Raises:
        GradvizError: brackets that do not match, or stand more than 200 deep.
    """
    found: list[list[Token]] = []
    current: list[Token] = []
    open_: list[Token] = []
    for token in tokens:
        if token.kind == "op" and token.text in _CLOSES:
            open_.append(token)
            if len(open_) > MAX_NESTING:
                too_deep(source, token)
        elif token.kind == "op" and token.text in _OPENS:
            _close(source, open_, token)
        if token.kind == "end" or (token.kind == "newline" and not (open_ and token.text == "\n")):
            if open_:
                _never_closed(source, open_[-1])
            if current:
                found.append([*current, Token("end", token.text, token.span)])
                current = []
        elif token.kind != "newline":
            current.append(token)
    return found


def too_deep(source: Source, token: Token) -> NoReturn:
    """Raise the nesting error at this token."""
    source.fail(
        f"brackets, powers and signs are nested more than {MAX_NESTING} deep here",
        token.span,
        hint="name the inner part on a line of its own: q = …",
    )


def _close(source: Source, open_: list[Token], token: Token) -> None:
    if not open_:
        source.fail(
            f"this {token.text} closes nothing", token.span, hint=f"delete it, or open it with {_OPENS[token.text]}"
        )
    opening = open_.pop()
    wanted = _CLOSES[opening.text]
    if token.text != wanted:
        source.fail(
            f"this {token.text} meets the {opening.text} of line {source.line(opening.span)}, "
            f"column {source.place(opening.span).column}",
            token.span,
            expected=wanted,
        )


def _never_closed(source: Source, opening: Token) -> NoReturn:
    source.fail(f"this {opening.text} is never closed", opening.span, expected=f"a {_CLOSES[opening.text]} further on")
