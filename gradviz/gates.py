"""THE table: everything a gate *is* stands in one row.

From a row follow, with no second place to edit: its function for floats, NumPy blocks and mpmath numbers,
its partials, the gate on Values, its node in the picture, its sentence in ``explain``, its line in generated
code, its entry in ``gradviz gates`` and its tests. A new gate is one row (or one ``register`` call).

Formulas use the operands ``a b c`` (``args`` for a gate of any number of operands, its partial once for
every ``a`` of ``args``) and ``out``, the gate's own output. Local *partials*, not closures: "local times
upstream" is what every pass, picture and sentence shares.
"""

from __future__ import annotations

from gradviz.errors import GradvizError, did_you_mean
from gradviz.gate import GATES, Gate, Kink, Pattern

__all__ = ["CONST", "COPY", "GATES", "INPUT", "MAX", "SUM", "Gate", "Kink", "Pattern", "gate", "register", "remove"]

INPUT = Gate("input", "", "0", (), Pattern.NONE, arity=0, about="a number that you give")
CONST = Gate("const", "", "0", (), Pattern.NONE, arity=0, about="a literal number")

_FIRST_OR_SECOND = ((0,), (1,))


def _folds(*glyphs: str) -> dict[tuple[int, ...], str]:
    return dict(zip(_FIRST_OR_SECOND, glyphs, strict=True))


def _compare(name: str, sign: str, glyph: str, numpy: str) -> Gate:
    return Gate(
        name,
        glyph,
        f"1 if a {sign} b else 0",
        ("0", "0"),
        Pattern.BLOCKS,
        arity=2,
        infix=sign,
        numpy=(numpy,),
        folded=_folds("{}" + glyph + "x", "x" + glyph + "{}"),
        about="1 where it holds, 0 elsewhere; no gradient passes a comparison",
    )


_TIE = "at a k-way tie each of the k equal operands gets 1/k"
_GELU = "tanh(0.7978845608028654 * (a + 0.044715 * a * a * a))"

_ROWS = (
    Gate(
        "add", "+", "a + b", ("1", "1"), Pattern.DISTRIBUTES, 2, "+",
        folded=_folds("+{}", "+{}"), about="passes its upstream gradient on to both operands",
    ),
    Gate(
        "sub", "−", "a - b", ("1", "-1"), Pattern.DISTRIBUTES, 2, "-", numpy=("subtract",),
        folded=_folds("{}−x", "−{}"), about="passes the gradient on, with its sign turned for the second operand",
    ),
    Gate(
        "mul", "×", "a * b", ("b", "a"), Pattern.SWAPS, 2, "*", numpy=("multiply",),
        folded=_folds("×{}", "×{}"), about="each operand gets the upstream gradient times the other operand",
    ),
    Gate(
        "div", "÷", "a / b", ("1 / b", "-out / b"), Pattern.SCALES, 2, "/", numpy=("divide", "true_divide"),
        folded=_folds("{}/x", "÷{}"), about="a times 1/b",
    ),
    Gate(
        "neg", "×−1", "-a", ("-1",), infix="-", numpy=("negative",), about="turns the sign",
    ),
    Gate(
        "pow", "^", "a ** b",
        ("0 if b == 0 else b * a ** (b - 1)", "0 if out == 0 else out * log(a)"), Pattern.SCALES, 2, "**",
        numpy=("power", "float_power"), folded=_folds("{}ˣ", "x^{}"), about="a to the power b, over the reals",
    ),
    Gate("exp", "exp", "exp(a)", ("out",), about="e to the power a; it is its own slope"),
    Gate("log", "log", "log(a)", ("1 / a",), spellings=("ln",), about="the natural logarithm"),
    Gate("log1p", "log1p", "log1p(a)", ("1 / (1 + a)",), textbook="log(1 + a)", about="log(1 + a), exact near 0"),
    Gate("sqrt", "√", "sqrt(a)", ("1 / (2 * out)",), about="the square root"),
    Gate("square", "x²", "a * a", ("2 * a",), textbook="a^2", about="a times itself, as one gate"),
    Gate(
        "reciprocal", "1/x", "1 / a", ("-out * out",), spellings=("recip",), textbook="1 / a",
        about="one over a",
    ),
    Gate(
        "abs", "|x|", "a if a > 0 else 0 - a", ("1 if a > 0 else (-1 if a < 0 else 0 * a)",),
        numpy=("absolute", "fabs"), textbook="max(a, -a)",
        kink=Kink("a == 0", "-1", "1", "|x|'(0) = 0"), about="the distance from 0",
    ),
    Gate("sin", "sin", "sin(a)", ("cos(a)",), about="sine, of radians"),
    Gate("cos", "cos", "cos(a)", ("-sin(a)",), about="cosine, of radians"),
    Gate("tan", "tan", "tan(a)", ("1 + out * out",), textbook="sin(a) / cos(a)", about="tangent, of radians"),
    Gate(
        "tanh", "tanh", "tanh(a)", ("1 - out * out",), textbook="(exp(a) - exp(-a)) / (exp(a) + exp(-a))",
        about="squashes to (-1, 1)",
    ),
    Gate("sinh", "sinh", "sinh(a)", ("cosh(a)",), textbook="(exp(a) - exp(-a)) / 2", about="hyperbolic sine"),
    Gate("cosh", "cosh", "cosh(a)", ("sinh(a)",), textbook="(exp(a) + exp(-a)) / 2", about="hyperbolic cosine"),
    Gate(
        "asin", "asin", "asin(a)", ("1 / sqrt((1 - a) * (1 + a))",), spellings=("arcsin",), numpy=("arcsin",),
        about="the angle whose sine is a",
    ),
    Gate(
        "acos", "acos", "acos(a)", ("-1 / sqrt((1 - a) * (1 + a))",), spellings=("arccos",), numpy=("arccos",),
        about="the angle whose cosine is a",
    ),
    Gate(
        "atan", "atan", "atan(a)", ("1 / (1 + a * a)",), spellings=("arctan",), numpy=("arctan",),
        about="the angle whose tangent is a",
    ),
    Gate(
        "sigmoid", "σ", "1 / (1 + exp(-a)) if a >= 0 else exp(a) / (1 + exp(a))", ("out * (1 - out)",),
        spellings=("σ",), numpy=("expit",), textbook="1 / (1 + exp(-a))", about="squashes to (0, 1)",
    ),
    Gate(
        "softplus", "softplus", "a + log1p(exp(-a)) if a > 0 else log1p(exp(a))", ("sigmoid(a)",),
        textbook="log(1 + exp(a))", about="a smooth ReLU; its slope is the sigmoid",
    ),
    Gate(
        "relu", "ReLU", "0 if a < 0 else a", ("1 if a > 0 else 0",), Pattern.PICKS, spellings=("ReLU",),
        textbook="max(0, a)", kink=Kink("a == 0", "0", "1", "relu'(0) = 0"),
        about="lets the gradient through where a > 0, and stops it elsewhere",
    ),
    Gate(
        "leaky_relu", "leaky", "a if a > 0 else b * a", ("1 if a > 0 else b", "0 if a > 0 else a"),
        Pattern.SCALES, 2, spellings=("leaky", "LeakyReLU", "lrelu"), folded={(1,): "leaky {}"},
        textbook="where(a > 0, a, b * a)", kink=Kink("a == 0", "b", "1", "leaky_relu'(0) = its small slope"),
        defaults=(0.01,), about="a ReLU that keeps a small slope b below 0",
    ),
    Gate(
        "elu", "ELU", "a if a > 0 else b * expm1(a)", ("1 if a > 0 else b * exp(a)", "0 if a > 0 else expm1(a)"),
        Pattern.SCALES, 2, spellings=("ELU",), folded={(1,): "ELU {}"},
        textbook="where(a > 0, a, b * (exp(a) - 1))", kink=Kink("a == 0", "b", "1", "elu'(0) = alpha"),
        defaults=(1.0,), about="a ReLU that bends smoothly towards -b",
    ),
    Gate(
        "gelu", "GELU", f"0.5 * a * (1 + {_GELU})",
        (
            f"0.5 * (1 + {_GELU}) + (0 if {_GELU} * {_GELU} == 1 else 0.5 * a * (1 - {_GELU} * {_GELU})"
            " * 0.7978845608028654 * (1 + 3 * 0.044715 * a * a))",  # 0 times an overflowing a * a is no number
        ),
        spellings=("GELU",), textbook="a / 2 * (1 + tanh(sqrt(2 / 3.141592653589793) * (a + 0.044715 * a^3)))",
        about="the tanh form of the Gaussian error linear unit",
    ),
    Gate(
        "silu", "SiLU", "a * sigmoid(a)", ("sigmoid(a) * (1 + a * (1 - sigmoid(a)))",),
        spellings=("SiLU", "swish"), textbook="a * sigmoid(a)", about="a times its own sigmoid",
    ),
    Gate(
        "max", "max", "largest(args)", ("1 / count(args, out) if a == out else 0",), Pattern.PICKS, None,
        spellings=("maximum",), numpy=("maximum", "fmax"), folded={(0,): "max({},·)", (1,): "max({},·)"},
        kink=Kink("count(args, out) > 1", "0", "1", f"max: {_TIE}"),
        about="gives the whole gradient to the largest operand",
    ),
    Gate(
        "min", "min", "smallest(args)", ("1 / count(args, out) if a == out else 0",), Pattern.PICKS, None,
        spellings=("minimum",), numpy=("minimum", "fmin"), folded={(0,): "min({},·)", (1,): "min({},·)"},
        kink=Kink("count(args, out) > 1", "0", "1", f"min: {_TIE}"),
        about="gives the whole gradient to the smallest operand",
    ),
    Gate(
        "sum", "Σ", "total(args)", ("1",), Pattern.DISTRIBUTES, None,
        about="passes its upstream gradient on to every operand",
    ),
    Gate(
        "where", "where", "b if a != 0 else c", ("0", "1 if a != 0 else 0", "0 if a != 0 else 1"), Pattern.PICKS, 3,
        about="the second operand where the condition holds, else the third; no gradient to the condition",
    ),
    Gate(
        "clip", "clip", "b if a < b else (c if a > c else a)",
        ("0 if a < b else (0 if a > c else 1)", "1 if a < b else 0", "0 if a < b else (1 if a > c else 0)"),
        Pattern.PICKS, 3,
        spellings=("clamp",), numpy=("clamp", "clip"), folded={(1, 2): "clip [{}, {}]"}, textbook="min(max(a, b), c)",
        kink=Kink("a == b if a < c else a == c", "0", "1", "clip keeps slope 1 on its bounds"),
        about="limits a to [b, c]; outside, its gradient is stopped",
    ),
    _compare("lt", "<", "<", "less"),
    _compare("le", "<=", "≤", "less_equal"),
    _compare("gt", ">", ">", "greater"),
    _compare("ge", ">=", "≥", "greater_equal"),
    _compare("eq", "==", "=", "equal"),
    _compare("ne", "!=", "≠", "not_equal"),
    Gate(
        "copy", "", "a", ("1",), Pattern.COPIES,
        about="a branch of a wire; the gradients of the branches add up before the fork",
    ),
)  # fmt: skip

#: The table, by name, in the order of ``gradviz gates``.
GATES.update((row.name, row) for row in _ROWS)

COPY, MAX, SUM = GATES["copy"], GATES["max"], GATES["sum"]


def register(row: Gate) -> Gate:
    """Add a row at run time; it then works everywhere: language, Values, pictures, explanations.

    Raises:
        GradvizError: the name or a spelling is taken, or a formula does not compile.

    >>> cube = register(Gate("cube", "x³", "a * a * a", ("3 * a * a",), about="a to the third"))
    >>> cube.value(2.0), cube.locals(8.0, 2.0)
    (8.0, (12.0,))
    >>> remove(cube)
    """
    taken = {name for old in (*GATES.values(), INPUT, CONST) for name in (old.name, *old.spellings)}
    for name in (row.name, *row.spellings):
        if name in taken:
            raise GradvizError(f"there already is a gate called {name!r}", expected="a name not yet in GATES")
    if not row.name.isidentifier():
        raise GradvizError(f"{row.name!r} cannot be the name of a gate", expected="a name such as cube or my_gate")
    wanted = 1 if row.arity is None else row.arity
    if len(row.partials) != wanted:
        raise GradvizError(f"the gate {row.name!r} needs {wanted} partials, one an operand, not {len(row.partials)}")
    try:
        _compiles(row)
    except (SyntaxError, ValueError, KeyError) as error:
        raise GradvizError(f"the formulas of gate {row.name!r} do not compile: {error}") from None
    GATES[row.name] = row
    return row


def _compiles(row: Gate) -> None:
    """Make each of its functions once, so that a mistake shows here and not in the middle of a pass."""
    for function in ("value", "locals", "at_kink", *(("one_sided",) if row.kink else ())):
        getattr(row, function)


def remove(row: Gate) -> None:
    """Take a row out again that ``register`` added."""
    del GATES[row.name]


def gate(name: str) -> Gate:
    """The row of a name, also "input" and "const", which are leaves and not in the table.

    Raises:
        GradvizError: there is none; the nearest name is offered.
    """
    row = GATES.get(name) or {"input": INPUT, "const": CONST}.get(name)
    if row is None:
        near = did_you_mean(name, list(GATES))
        raise GradvizError(f"there is no gate {name!r}", hint=near and f"{near!r}")
    return row
