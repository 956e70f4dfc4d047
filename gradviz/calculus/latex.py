r"""Expressions of the language in LaTeX: ``\frac``, ``\cdot`` only where it is needed, names with their subscripts.

How a gate looks follows from its row: its infix sign, or its name as an operator. The few that mathematics writes in
a way of its own stand in two small tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from gradviz.errors import GradvizError
from gradviz.gates import GATES
from gradviz.language.scope import function_named
from gradviz.language.syntax import BINDING, MINUS, Binary, Call, Expression, Name, Number, Unary, Vector
from gradviz.language.walk import Walk, run

#: Operators that LaTeX knows by name; every other one is set upright.
OPERATORS = {
    "exp": r"\exp", "log": r"\log", "sin": r"\sin", "cos": r"\cos", "tan": r"\tan", "tanh": r"\tanh",
    "sinh": r"\sinh", "cosh": r"\cosh", "asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan",
    "sigmoid": r"\sigma", "max": r"\max", "min": r"\min",
}  # fmt: skip

#: What is not written as an operator with brackets.
SHAPES: dict[str, Callable[..., str]] = {
    "sqrt": lambda a: rf"\sqrt{{{a}}}",
    "abs": lambda a: rf"\left|{a}\right|",
    "square": lambda a: rf"\left({a}\right)^{{2}}",
    "reciprocal": lambda a: rf"\frac{{1}}{{{a}}}",
    "log1p": lambda a: rf"\log\left(1 + {a}\right)",
    "where": lambda c, yes, no: rf"\begin{{cases}} {yes} & \text{{if }} {c} \\ {no} & \text{{else}} \end{{cases}}",
}

_SIGNS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "=", "!=": r"\ne", "+": "+", "-": "-"}
_SMALL = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu "
    "xi pi rho sigma tau upsilon phi chi psi omega"
)
_LARGE = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
_LETTERS = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", f"{_SMALL} {_LARGE}".split(), strict=True))
_GREEK = frozenset(_LETTERS.values())
_ACCENTS = ("hat", "bar", "tilde", "dot", "vec")
_ESCAPED = str.maketrans({c: rf"\{c}" for c in "#$%&_{}"} | {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"})


def latex(expression: Expression) -> str:
    r"""An expression in LaTeX, for math mode.

    >>> from gradviz.language import parse
    >>> latex(parse("w_1*x/(1 + exp(-x))^2").statements[0].expression)
    '\\frac{w_{1} x}{\\left(1 + e^{-x}\\right)^{2}}'
    """
    return run(_write(expression, 0))


def latex_name(name: str) -> str:
    r"""A name in LaTeX: subscripts, Greek letters, accents; words of several letters upright.

    >>> latex_name("w_11"), latex_name("x0"), latex_name("W[0,1]"), latex_name("alpha"), latex_name("y_hat")
    ('w_{11}', 'x_{0}', 'W_{0,1}', '\\alpha', '\\hat{y}')
    >>> latex_name("loss"), latex_name("W1[0,1]")
    ('\\mathrm{loss}', 'W^{1}_{0,1}')
    """
    base, bracket, index = name.partition("[")
    lower = [index.rstrip("]").replace("][", ",").replace(" ", "")] if bracket else []
    accent = next((a for a in _ACCENTS if base.endswith(a) and len(base) > len(a)), None)
    if accent is not None and (base[: -len(accent)].endswith("_") or len(base) == len(accent) + 1):
        base = base[: -len(accent)].rstrip("_")
    else:
        accent = None
    stem, *parts = [part for part in base.split("_") if part] or [base]
    if (found := re.fullmatch(r"(\D+)(\d+)", stem)) is not None:
        stem = found[1]
        parts.insert(0, found[2])
    upper = ""
    if parts and lower:  # a weight of layer 1
        upper = f"^{{{','.join(map(_subscript, parts))}}}"
        parts = []
    below = ",".join([*map(_subscript, parts), *lower])
    symbol = _symbol(stem)
    if accent is not None:
        symbol = rf"\{accent}{{{symbol}}}"
    return symbol + upper + (f"_{{{below}}}" if below else "")


def _symbol(stem: str) -> str:
    if stem in _LETTERS:
        return rf"\{_LETTERS[stem]}"
    if stem in _GREEK:
        return rf"\{stem}"
    escaped = stem.translate(_ESCAPED)
    return escaped if len(stem) == 1 else rf"\mathrm{{{escaped}}}"


def _subscript(part: str) -> str:
    return part if part.isdigit() else _symbol(part)


def latex_number(text: str) -> str:
    r"""A literal in LaTeX.

    >>> latex_number("-0.5"), latex_number("1e-5"), latex_number("-inf")
    ('-0.5', '10^{-5}', '-\\infty')
    """
    if text.lstrip("-") in ("inf", "nan"):
        return text.replace("inf", r"\infty").replace("nan", r"\text{nan}")
    mantissa, exponent, power = text.lower().partition("e")
    if not exponent:
        return text
    factor = {"1": "", "-1": "-"}.get(mantissa, rf"{mantissa} \cdot ")
    return f"{factor}10^{{{int(power)}}}"


def _binding(tree: Expression) -> int:
    match tree:
        case Binary(op="/"):
            return 60  # a fraction holds itself together, but for a power
        case Binary(op=op):
            return BINDING[op]
        case Unary():
            return MINUS
        case Number(text=text) if text.startswith("-"):
            return MINUS
        case Number(text=text) if "e" in text.lower():
            return BINDING["*"]
        case Call(function="where"):
            return BINDING["<"]  # cases go on to the right: brackets wherever they are a part
    return 70


def _write(tree: Expression, least: int) -> Walk[str]:
    if _binding(tree) < least:
        inner: str = yield _write(tree, 0)
        return rf"\left({inner}\right)"
    match tree:
        case Number(text=text):
            return latex_number(text)
        case Name(name=name):
            return latex_name(name)
        case Unary(operand=operand):
            # a product needs no brackets after a minus, a sum and another minus do
            inner = yield _write(operand, BINDING["*"] if not isinstance(operand, Unary | Number) else 70)
            return f"-{inner}"
        case Binary(op="/", left=left, right=right):
            inner = yield _fraction(left, right)
            return inner
        case Binary(op="*"):
            inner = yield _product(tree)
            return inner
        case Binary(op="^", left=left, right=right):
            base = yield _write(left, 65)
            power = yield _write(right, 0)
            return f"{base}^{{{power}}}" if not _is_call(left) else rf"\left({base}\right)^{{{power}}}"
        case Binary(op=op, left=left, right=right):
            own = BINDING[op]
            first = yield _write(left, own + (own == BINDING["<"]))
            second = yield _write(right, own + 1)
            if second.startswith("-"):
                second = rf"\left({second}\right)"
            return f"{first} {_SIGNS[op]} {second}"
        case Call(function=function, arguments=parts):
            inner = yield _call(function, parts)
            return inner
        case Vector(items=items):
            inside = yield _list(items)
            return rf"\left[{inside}\right]"
    raise GradvizError(f"{type(tree).__name__} has no LaTeX here")


def _is_call(tree: Expression) -> bool:
    return isinstance(tree, Call)


def _fraction(left: Expression, right: Expression) -> Walk[str]:
    sign = ""
    if isinstance(left, Unary):
        sign, left = "-", left.operand
    elif isinstance(left, Number) and left.text.startswith("-"):
        sign, left = "-", Number(left.span, left.text[1:], -left.value)
    elif isinstance(left, Binary) and left.op == "*" and (bare := _without_minus(left)) is not None:
        sign, left = "-", bare
    above = yield _write(left, 0)
    below = yield _write(right, 0)
    return rf"{sign}\frac{{{above}}}{{{below}}}"


def _without_minus(product: Binary) -> Expression | None:
    """``-a*b`` as ``a*b``; None where no minus stands in front."""
    spine: list[Binary] = []
    first: Expression = product
    while isinstance(first, Binary) and first.op in ("*", "/"):
        spine.append(first)
        first = first.left
    if isinstance(first, Unary):
        found: Expression = first.operand
    elif isinstance(first, Number) and first.text.startswith("-"):
        found = Number(first.span, first.text[1:], -first.value)
    else:
        return None
    for part in reversed(spine):
        found = Binary(part.span, part.op, found, part.right)
    return found


def _product(tree: Expression) -> Walk[str]:
    """Factors side by side; a dot only before a number, and after one before another."""
    factors: list[Expression] = []
    while isinstance(tree, Binary) and tree.op == "*":
        factors.append(tree.right)
        tree = tree.left
    factors.append(tree)
    out = ""
    for position, factor in enumerate(reversed(factors)):
        text: str = yield _write(factor, BINDING["*"] if position == 0 else MINUS + 1)
        if not position:
            out = text
        elif text[0].isdigit() or (text.startswith(r"\frac{") and out[-1:].isdigit()):
            out += rf" \cdot {text}"
        else:
            out += f" {text}"
    return out


def _call(function: str, parts: Sequence[Expression]) -> Walk[str]:
    name = function_named(function) or function
    if name == "exp" and len(parts) == 1:
        power = yield _write(parts[0], 0)
        if len(power) <= 40 and r"\begin" not in power:
            return f"e^{{{power}}}"
    texts: list[str] = []
    for part in parts:
        texts.append((yield _write(part, 0)))
    if name in SHAPES and len(parts) == GATES[name].arity:
        return SHAPES[name](*texts)
    glyph = GATES[name].glyph if name in GATES else name
    upright = glyph if glyph.isidentifier() and glyph.isascii() and len(glyph) > 1 else name
    operator = OPERATORS.get(name) or rf"\operatorname{{{upright.translate(_ESCAPED)}}}"
    return rf"{operator}\left({', '.join(texts)}\right)"


def _list(parts: Sequence[Expression]) -> Walk[str]:
    texts: list[str] = []
    for part in parts:
        texts.append((yield _write(part, 0)))
    return ", ".join(texts)
