"""Text -> tokens: the plain and Unicode spelling.

The lexer is a front that can be replaced: a LaTeX front gives the same kinds of token, and the grammar
reads those. Raised characters become ``^ ( … )``, so ``x⁻¹`` and ``x^(-1)`` are one thing from here on.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from gradviz.language import characters
from gradviz.language.source import Source, Span
from gradviz.language.strange import refuse

Kind = Literal["number", "name", "op", "newline", "end", "text", "bad"]  # the last two in homework only

MAX_NUMBER = 400
MAX_NAME = 200

_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ASCII_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORD = re.compile(r"[0-9A-Za-z_]{0,40}")
_SPACE = re.compile(r"[ \t]+")
_OPERATORS = {
    "**": "^", "==": "==", "!=": "!=", "<=": "<=", ">=": ">=", "≤": "<=", "≥": ">=", "≠": "!=", "⩽": "<=",
    "⩾": ">=", "<": "<", ">": ">", "=": "=", "+": "+", "-": "-", "*": "*", "/": "/", "^": "^", "@": "@",
    "(": "(", ")": ")", "[": "[", "]": "]", ",": ",", "|": "|", "√": "√", ".": ".",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the language.

    Args:
        kind: "number", "name", "op", "newline" (also for ``;``) or "end"; in homework also "text" (a word of
            prose) and "bad" (what could not be read, ``text`` says why).
        text: what it says, normalised (``*`` for ``×``, ``w_1`` for ``w₁``).
        span: where it stands in the original text.
        value: the number, for kind "number".
    """

    kind: Kind
    text: str
    span: Span
    value: float = 0.0


def tokenize(source: Source) -> list[Token]:
    """All tokens of a source, the last one of kind "end".

    Raises:
        GradvizError: a character that means nothing here, or a number or name without end.

    >>> [t.text for t in tokenize(Source("q = 2w₁² # twice"))]
    ['q', '=', '2', 'w_1', '^', '(', '2', ')', '']
    """
    text = characters.plain(source)
    tokens: list[Token] = []
    at, size = 0, len(text)
    while at < size:
        c = text[at]
        if found := _SPACE.match(text, at):
            at = found.end()
        elif c in "\n\r;":
            tokens.append(Token("newline", ";" if c == ";" else "\n", (at, at + 1)))
            at += 1
        elif c == "#":
            ends = [e for e in (text.find("\n", at), text.find("\r", at)) if e >= 0]
            at = min(ends, default=size)
        elif found := _NUMBER.match(text, at):
            at = _number(source, text, found, tokens)
        elif c in characters.FRACTIONS:
            tokens.append(Token("number", c, (at, at + 1), characters.FRACTIONS[c]))
            at += 1
        elif c in characters.SUPERSCRIPTS:
            at = _raised(source, text, at, tokens)
        elif c == characters.TRANSPOSE:
            tokens += (Token("op", ".", (at, at + 1)), Token("name", "T", (at, at + 1)))
            at += 1
        elif characters.starts_name(c):
            at = _name(source, text, at, tokens)
        else:
            at = _operator(source, text, at, tokens)
    tokens.append(Token("end", "", (size, size)))
    return tokens


def _number(source: Source, text: str, found: re.Match[str], tokens: list[Token]) -> int:
    start, end = found.span()
    if end - start > MAX_NUMBER:
        source.fail(f"this number has {end - start} characters; at most {MAX_NUMBER} are read", (start, end))
    rest = text[end : end + 1]
    if rest == "_":
        source.fail("a number cannot contain _", (start, end + 1), hint=_whole(text, start).replace("_", ""))
    if rest == "." and text[end + 1 : end + 2].isdigit():
        source.fail("this number has two decimal points", (start, end + 1), expected="a number such as 0.5")
    if found[0] == "0" and rest in ("x", "X", "b", "o") and text[end + 1 : end + 2].isdigit():
        whole = _whole(text, start)
        try:
            hint = f"{int(whole, 0)} (that is {whole} in decimal), or 0*{whole[1:]} for a product"
        except ValueError:
            hint = f"0*{rest}… for a product"
        source.fail("numbers are written in decimal here", (start, end + 2), hint=hint)
    tokens.append(Token("number", found[0], (start, end), float(found[0])))
    return end


def _whole(text: str, start: int) -> str:
    """All letters, digits and underscores from a place on: what was meant as one number."""
    found = _WORD.match(text, start)
    return found[0] if found else ""


def _name(source: Source, text: str, at: int, tokens: list[Token]) -> int:
    found = _ASCII_NAME.match(text, at)
    end = found.end() if found else at + 1
    while end < len(text) and characters.in_name(text[end]):
        end += 1
    if end - at > MAX_NAME:
        source.fail(f"this name has {end - at} characters; at most {MAX_NAME} are read", (at, end))
    tokens.append(Token("name", spelled(text[at:end]), (at, end)))
    return end


def spelled(name: str) -> str:
    """One spelling for one name: NFC, and w₁ as w_1."""
    if name.isascii():
        return name
    letters: list[str] = []
    lowered = False
    for c in unicodedata.normalize("NFC", name):
        below = characters.SUBSCRIPTS.get(c)
        if below and not lowered and letters[-1:] != ["_"]:
            letters.append("_")
        letters.append(below or c)
        lowered = below is not None
    return "".join(letters)


def _raised(source: Source, text: str, at: int, tokens: list[Token]) -> int:
    """A run of raised characters: the tokens of ``^(…)``, each with its true place."""
    end = at
    while end < len(text) and text[end] in characters.SUPERSCRIPTS:
        end += 1
    if end - at > MAX_NUMBER:
        source.fail(f"this power has {end - at} characters; at most {MAX_NUMBER} are read", (at, end))
    inner = tokenize(Source("".join(characters.SUPERSCRIPTS[c] for c in text[at:end])))[:-1]
    tokens += (Token("op", "^", (at, end)), Token("op", "(", (at, end)))
    tokens += (Token(t.kind, t.text, (at + t.span[0], at + t.span[1]), t.value) for t in inner)
    tokens.append(Token("op", ")", (at, end)))
    return end


def _operator(source: Source, text: str, at: int, tokens: list[Token]) -> int:
    for length in (2, 1):
        sign = text[at : at + length]
        if len(sign) == length and sign in _OPERATORS:
            after = text[at + length : at + length + 1]
            if after == "=" and sign in ("+", "-", "*", "/", "@", "^"):
                source.fail(
                    f"{sign}= changes a variable; here every name is defined once",
                    (at, at + length + 1),
                    hint=f"a new name: x_new = x {sign} …",
                )
            if sign + after == "//":
                break
            tokens.append(Token("op", _OPERATORS[sign], (at, at + length)))
            return at + length
    refuse(source, text, at)
