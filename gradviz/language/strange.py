"""Characters with which nothing begins in this language, and what the person meant by them."""

from __future__ import annotations

import re
from typing import NoReturn

from gradviz.language.source import Source

_STRANGE = {
    "\\": ("this looks like LaTeX, which only homework may use", "a/b, *, σ for \\frac{a}{b}, \\cdot, \\sigma"),
    "{": ("curly braces are LaTeX, and this place takes plain text", "round brackets: (…)"),
    "}": ("curly braces are LaTeX, and this place takes plain text", "round brackets: (…)"),
    "$": ("a dollar sign is LaTeX, and this place takes plain text", "the formula without $"),
    "&": ("& means nothing here", "* for a product; where(a > 0, b, 0) for a condition"),
    "'": ("a prime (') is read in homework only, not here", "another name, such as x_new"),
    "′": ("a prime (′) is read in homework only, not here", "another name, such as x_new"),
    "’": ("a prime (’) is read in homework only, not here", "another name, such as x_new"),
    "∂": ("∂ is read in homework only; here you write the function itself", "gradviz works out the derivatives"),
    "∇": ("∇ is read in homework only; here you write the function itself", "gradviz works out the derivatives"),
    "∑": ("∑ is written out here", "sum([a, b, c]), or a + b + c; of a vector v: sum(v)"),
    "∛": ("∛ is written as a power here", "x^(1/3) for ∛x"),
    "∜": ("∜ is written as a power here", "x^(1/4) for ∜x"),
    "‖": ("‖ is written as a function here", "norm(v) for ‖v‖"),
    "∥": ("∥ is written as a function here", "norm(v) for ∥v∥"),
    "∏": ("∏ is written out here", "a*b*c"),
    "∞": ("∞ is not a number you can type", "a large number such as 1e9"),
    "!": ("! (factorial) is not in the language", "the product written out: 1*2*3"),
    "%": ("% (remainder) is not in the language", "a/100 for a percentage"),
    ":": ("a colon means nothing here", "= to define a name: q = x + y"),
    "≈": ("≈ is read in homework only, not here", "= to define a name: q = x + y"),
    "—": ("this is a dash, not a minus", "-"),
    "\"": ("quotes mean nothing inside an expression", "the expression without quotes"),
    "“": ("quotes mean nothing inside an expression", "the expression without quotes"),
    "”": ("quotes mean nothing inside an expression", "the expression without quotes"),
    "`": ("a backquote means nothing inside an expression", "the expression without it"),
}  # fmt: skip


def refuse(source: Source, text: str, at: int) -> NoReturn:
    """Raise the error for the character at this position.

    Raises:
        GradvizError: always.
    """
    c = text[at]
    if text.startswith(("//", "->", "=>", "<-", ":=", "&&", "||"), at):
        message, hint = f"{text[at : at + 2]} means nothing here", _PAIRS[text[at : at + 2]]
        source.fail(message, (at, at + 2), hint=hint)
    if c == ":" and text[text.rfind("\n", 0, at) + 1 : at].lstrip().startswith(_PYTHON):
        source.fail(
            "this looks like Python; gradviz reads formulas",
            (at, at + 1),
            hint="f(x, y) = x*y, or trace your own function: gradviz show file.py:function",
        )
    if c == "∑" and (whole := _SUMMED.match(text, at)):
        source.fail("∑ is written as a function here", (at, whole.end()), hint=f"sum({whole[1]})")
    if c in _STRANGE:
        message, hint = _STRANGE[c]
        source.fail(message, (at, at + 1), hint=hint)
    source.fail(
        f"the character {c!r} means nothing here",
        (at, at + 1),
        expected="names, numbers, + - * / ^ @ | √, brackets, functions such as exp(x)",
    )


_SUMMED = re.compile(r"∑\s*\(([^()\n]{1,40})\)")
_PYTHON = ("def ", "lambda ", "for ", "if ", "while ", "class ", "with ")
_PAIRS = {
    "//": "/ to divide",
    "->": "= to define a name: q = x + y",
    "=>": ">= to compare",
    "<-": "= to define a name: q = x + y",
    ":=": "=",
    "&&": "* for a product; where(a > 0, b, 0) for a condition",
    "||": "|x| for the absolute value",
}
