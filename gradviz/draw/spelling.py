"""Constants inside a gate's glyph: ``+1``, ``1/x``, ``x²``, ``÷(1/2)``."""

from __future__ import annotations

from itertools import pairwise

from gradviz.gates import Gate
from gradviz.numerals import superscript


def folded_glyph(row: Gate, constants: tuple[int, ...], arity: int) -> str | None:
    """The glyph template of a gate whose operands in these slots are constants, or None where they stay
    visible."""
    if not constants or len(constants) == arity or (row.arity is None and arity != 2):
        return None
    return row.folded.get(constants)


def typeset(constant: str) -> str:
    """A constant as written, with the signs of print.

    >>> typeset("-1"), typeset("2 * 3")
    ('−1', '2·3')
    """
    return constant.replace(" ", "").replace("**", "^").replace("*", "·").replace("-", "−")


def bracketed(constant: str, template: str) -> str:
    """A constant in brackets where the glyph would else say something different: ``×(2+3)``, ``−(−2)``, ``(−2)ˣ``.

    >>> bracketed("2+3", "×{}"), bracketed("1/2", "×{}"), bracketed("1/2", "÷{}"), bracketed("−1", "×{}")
    ('(2+3)', '1/2', '(1/2)', '−1')
    """
    signs, depth = set[str](), 0
    for before, c in pairwise(constant):  # a sign in front is no operator
        depth += (before == "(") - (before == ")")
        if c in "+-−*·×/÷^" and before not in "eE" and depth == 0:
            signs.add(c)
    negative = constant.startswith(("-", "−"))
    match template:
        case "×{}":
            needed = bool(signs - {"/"})
        case "+{}" | "−{}":
            needed = bool(signs & set("+-−")) or negative
        case "{}/x" | "÷{}" | "x^{}":
            needed = bool(signs)
        case "{}ˣ":
            needed = bool(signs) or negative
        case _:
            needed = False
    return f"({constant})" if needed else constant


def raised(glyph: str) -> str:
    """``x^2`` as x² where the exponent is a whole number."""
    base, caret, exponent = glyph.partition("^")
    if caret and exponent.lstrip("−").isdecimal():
        return base + superscript(exponent.replace("−", "-"))
    return glyph
