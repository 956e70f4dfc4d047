"""Target ``python``: plain Python over floats, with IEEE results where Python's own functions would raise."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from gradviz.code.flat import Skeleton, flat
from gradviz.code.identifiers import PYTHON
from gradviz.code.module import class_name, module
from gradviz.code.plan import Plan
from gradviz.code.signs import NEGATIVE, POSITIVE
from gradviz.code.spelling import ATOM, PRODUCT, Spelling, Writer
from gradviz.code.target import Target
from gradviz.code.terms import Term
from gradviz.graph import Graph


def _tried(function: str, answer: str) -> str:
    return f"""\
def {function}(a):
    try:
        return math.{function}(a)
    except OverflowError:
        return {answer}
"""


def _within(function: str, domain: str, other: str = "math.nan") -> str:
    return f"def {function}(a):\n    return math.{function}(a) if {domain} else {other}\n"


def _extreme(helper: str, function: str) -> str:
    return f"def {helper}(*args):\n    return math.nan if any(map(math.isnan, args)) else {function}(args)\n"


HELPERS = {
    **{function: _tried(function, "math.inf") for function in ("exp", "expm1", "cosh")},
    "sinh": _tried("sinh", "math.copysign(math.inf, a)"),
    **{function: _within(function, "math.isfinite(a)") for function in ("sin", "cos", "tan")},
    **{function: _within(function, "-1.0 <= a <= 1.0") for function in ("asin", "acos")},
    "sqrt": _within("sqrt", "a >= 0.0"),
    "log": _within("log", "a > 0.0", "-math.inf if a == 0.0 else math.nan"),
    "log1p": _within("log1p", "a > -1.0", "-math.inf if a == -1.0 else math.nan"),
    "largest": _extreme("largest", "max"),
    "smallest": _extreme("smallest", "min"),
    "total": "def total(first, *others):\n    for a in others:\n        first = first + a\n    return first\n",
    "divide": """\
def divide(a, b):
    return a / b if b != 0.0 else a * math.copysign(math.inf, b)
""",
    "power": """\
def power(a, b):
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0.0 and b % 2.0 == 1.0 else math.inf
    except ValueError:
        if a != 0.0:
            return math.nan
        return math.copysign(math.inf, a) if b % 2.0 == 1.0 else math.inf
""",
}


def _cannot_overflow(arguments: Sequence[int]) -> bool:
    return not arguments[0] & POSITIVE


def _not_negative(arguments: Sequence[int]) -> bool:
    return not arguments[0] & NEGATIVE


def _positive(arguments: Sequence[int]) -> bool:
    return arguments[0] == POSITIVE


def _never(arguments: Sequence[int]) -> bool:
    return False


GUARDED = {
    "exp": _cannot_overflow,
    "expm1": _cannot_overflow,
    "sqrt": _not_negative,
    "log": _positive,
    "log1p": _not_negative,
    **dict.fromkeys(("sin", "cos", "tan", "sinh", "cosh", "asin", "acos"), _never),
}


def _power(writer: Writer, base: Term, exponent: Term) -> tuple[str, int]:
    if isinstance(exponent, ast.Constant) and exponent.value == 2 and isinstance(base, ast.Name):
        return f"{base.id} * {base.id}", PRODUCT
    called = writer.helper("power", HELPERS["power"])
    return f"{called}({writer.text(base)}, {writer.text(exponent)})", ATOM


def define(called: str, parameters: Sequence[str], lets: Sequence[tuple[str, str]], text: str, about: str) -> str:
    """A helper: names for what it needs twice, and one expression."""
    lines = [f"def {called}({', '.join(parameters)}):  # {about}"]
    lines += [f"    {name} = {meaning}" for name, meaning in lets]
    return "\n".join([*lines, f"    return {text}"])


SPELLING = Spelling(
    number=repr,
    calls={
        **{f: f"math.{f}({{}})" for f in ("exp", "expm1", "log", "log1p", "sqrt", "tanh", "atan")},
        "count": "({rest}).count({first})",
    },
    choose="{yes} if {test} else {no}",
    helpers=HELPERS,
    guarded=GUARDED,
    constants=("math.inf", "-math.inf", "math.nan"),
    power=_power,
    define=define,
    division="divide",
    native={"abs": "abs({a})"},
)
SKELETON = Skeleton(imports=(("math.", "import math"),))
RESERVED = PYTHON | {"math"}


def _flat(graph: Graph) -> str:
    plan = Plan(graph, SPELLING, RESERVED)
    return flat(plan, SKELETON, plan.function)


def _module(graph: Graph) -> str:
    plan = Plan(graph, SPELLING, RESERVED)
    return module(plan, SKELETON, class_name(plan.function))


TARGET = Target("python", "plain Python over floats", ".py", {"flat": _flat, "module": _module})
