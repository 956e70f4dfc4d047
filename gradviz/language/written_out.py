"""Functions that homework uses and the gate table does not have, written out in gates."""

from __future__ import annotations

from gradviz.language.source import Span
from gradviz.language.syntax import Binary, Call, Expression, Number

#: How they are typed, and what they are.
WRITTEN_OUT = {
    "sign": "sign",
    "sgn": "sign",
    "lg": "log10",
    **dict.fromkeys(("log10", "log_10", "log₁₀"), "log10"),
    **dict.fromkeys(("log2", "log_2", "log₂"), "log2"),
    "heaviside": "step",
    "sech": "cosh",
    "sec": "cos",
    "csc": "sin",
    "cot": "tan",
}


#: What a raised -1 makes of a function of trigonometry.
INVERSES = {"sin": "asin", "cos": "acos", "tan": "atan"}


def written_out(word: str, argument: Expression, span: Span) -> Expression:
    """The function of one argument in gates.

    >>> from gradviz.language.syntax import Name, unparse
    >>> unparse(written_out("sech", Name((0, 0), "z"), (0, 0)))
    '1/cosh(z)'
    """
    special = WRITTEN_OUT[word]
    zero = Number(span, "0", 0.0)
    above, below = Binary(span, ">", argument, zero), Binary(span, "<", argument, zero)
    if special == "sign":
        return Binary(span, "-", above, below)
    if special == "step":
        return above
    if special in ("cosh", "cos", "sin", "tan"):
        return Binary(span, "/", Number(span, "1", 1.0), Call(span, special, (argument,)))
    base = Number(span, special.removeprefix("log"), float(special.removeprefix("log")))
    return Binary(span, "/", Call(span, "log", (argument,)), Call(span, "log", (base,)))
