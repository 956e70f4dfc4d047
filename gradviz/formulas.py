"""The formulas of the gate table, compiled.

A formula is a small subset of Python's expressions: the operands ``a b c`` (or ``args`` of a gate that
takes any number), the gate's own output ``out``, arithmetic, calls of other rows and of the primitives
below, and ``x if p < q else y``. It is read once and written again in the dialect of whoever computes
with it: floats, NumPy blocks of points, mpmath numbers. Formulas come from the table, never from a user's
text.
"""

from __future__ import annotations

import ast
import functools
import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

_INF = math.inf
_NAN = math.nan

#: Functions a formula may call beside the rows of the table.
PRIMITIVES = (
    *("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"),
    *("asin", "acos", "atan", "largest", "smallest", "total", "count"),
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of number spells the primitives.

    A ``None`` template keeps Python's own operator.
    """

    names: dict[str, Any]  # the namespace the compiled code runs in
    divide: str | None = None
    power: str = "pow_({}, {})"
    choose: str | None = None  # "where(cond, yes, no)"
    literal: str | None = None


class _Writer:
    """Writes one formula in one dialect."""

    def __init__(self, dialect: Dialect, operands: frozenset[str], call: Callable[[str], None]) -> None:
        self.dialect = dialect
        self.operands = operands
        self.call = call

    def write(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(value=bool()):
                raise ValueError("a formula has no True or False")
            case ast.Constant(value=int() | float() as number):
                text = repr(float(number))
                return self.dialect.literal.format(text) if self.dialect.literal else text
            case ast.Name(id=name) if name in self.operands:
                return name
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return f"(-{self.write(inner)})"
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(op, self.write(left), self.write(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return f"({self.write(left)} {_COMPARE[type(op)]} {self.write(right)})"
            case ast.IfExp(test=ast.Compare() as test, body=yes, orelse=no):
                parts = self.write(test), self.write(yes), self.write(no)
                if self.dialect.choose:
                    return self.dialect.choose.format(*parts)
                return "({1} if {0} else {2})".format(*parts)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                if name not in PRIMITIVES:
                    self.call(name)
                    name += "_"
                return f"{name}({', '.join(self.write(a) for a in arguments)})"
        raise ValueError(f"not part of the formula language: {ast.unparse(node)}")

    def _binary(self, op: ast.operator, left: str, right: str) -> str:
        match op:
            case ast.Pow():
                return self.dialect.power.format(left, right)
            case ast.Div() if self.dialect.divide:
                return self.dialect.divide.format(left, right)
        return f"({left} {_ARITHMETIC[type(op)]} {right})"


_ARITHMETIC: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARE: dict[type, str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


def read(formula: str) -> ast.expr:
    """The syntax tree of a formula of the table.

    >>> ast.unparse(read("out * (1 - out)"))
    'out * (1 - out)'
    """
    return ast.parse(formula, mode="eval").body


def write(
    formula: str, dialect: Dialect, operands: frozenset[str], row: Callable[[str], Any]
) -> tuple[str, dict[str, Any]]:
    """The formula as Python source in a dialect, and the namespace that it runs in.

    ``operands`` are the names it may use; ``row(name)`` gives the dialect's function for another row.

    Raises:
        ValueError, KeyError: it uses something that formulas do not have.
    """
    names = dict(dialect.names)

    def call(name: str) -> None:
        names[name + "_"] = row(name)

    return _Writer(dialect, operands, call).write(read(formula)), names


def compile_function(
    signature: str,
    formulas: Sequence[str],
    dialect: Dialect,
    row: Callable[[str], Any],
    *,
    each: bool = False,
    careful: Callable[[], Callable[..., Any]] | None = None,
) -> Callable[..., Any]:
    """A function of ``signature`` that returns the formula (or a tuple of several).

    ``each``: the one formula is evaluated for every ``a`` of ``args`` (the partials of a variadic gate).
    ``careful``: makes the function that answers where Python raises an exception for a float.
    """
    operands = frozenset(signature.replace("*", "").split(", ")) | ({"a"} if each else set())
    names: dict[str, Any] = {}
    texts = []
    for formula in formulas:
        text, needed = write(formula, dialect, operands, row)
        texts.append(text)
        names |= needed
    if each:
        body = f"tuple([{texts[0]} for a in args])"
    elif len(texts) == 1 and "out" not in operands:
        body = texts[0]
    else:
        body = f"({', '.join(texts)},)"
    if careful is None:
        source = f"def formula({signature}):\n    return {body}\n"
    else:
        source = _FORGIVING.format(signature=signature, body=body)
        names |= {"careful_": careful, "raised_": (ArithmeticError, ValueError)}
    exec(source, names)
    function: Callable[..., Any] = names["formula"]
    return function


_FORGIVING = """
def formula({signature}):
    try:
        return {body}
    except raised_:
        return careful_()({signature})
"""


# --- floats -----------------------------------------------------------------------------------------
# Python raises where IEEE 754 has an answer. The fast form uses Python's own operators; only when one
# of them raises is the same formula evaluated again in the careful form below.


def ieee_divide(a: float, b: float) -> float:
    """a / b with 1/0 = inf, -1/0 = -inf and 0/0 = nan."""
    if b != 0.0:
        return a / b
    if a == 0.0 or a != a:
        return _NAN
    return math.copysign(_INF, a) * math.copysign(1.0, b)


def ieee_power(a: float, b: float) -> float:
    """a ** b over the reals: nan for a negative base with a fractional exponent, inf on overflow."""
    try:
        return math.pow(a, b)
    except OverflowError:
        return -_INF if a < 0 and b % 2 == 1 else _INF
    except ValueError:
        if a == 0.0 and b < 0:
            return math.copysign(_INF, a) if b % 2 == 1 else _INF
        return _NAN


def _ieee(function: Callable[[float], float], on_overflow: Callable[[float], float]) -> Callable[[float], float]:
    @functools.wraps(function)
    def careful(a: float) -> float:
        try:
            return function(a)
        except OverflowError:
            return on_overflow(a)
        except ValueError:
            return _NAN

    return careful


def _ieee_log(a: float) -> float:
    return -_INF if a == 0.0 else math.log(a) if a > 0.0 else _NAN


def _ieee_log1p(a: float) -> float:
    return -_INF if a == -1.0 else math.log1p(a) if a > -1.0 else _NAN


def largest(args: Sequence[float]) -> float:
    """The largest, or nan where there is one (as PyTorch and NumPy have it)."""
    return next((a for a in args if a != a), None) or max(args)


def smallest(args: Sequence[float]) -> float:
    """The smallest, or nan where there is one."""
    return next((a for a in args if a != a), None) or min(args)


def count(args: Sequence[float], value: float) -> int:
    """How many of the arguments have this value."""
    return sum(a == value for a in args)


def _always_inf(a: float) -> float:
    return _INF


def _signed_inf(a: float) -> float:
    return math.copysign(_INF, a)


def total(args: Sequence[float]) -> float:
    """The sum from left to right, as a chain of + gates gives it (``sum`` compensates, from Python 3.12 on)."""
    return functools.reduce(operator.add, args)


_PLAIN_MATH = {name: getattr(math, name) for name in PRIMITIVES if hasattr(math, name)}
_VARIADIC = {"largest": largest, "smallest": smallest, "total": total, "count": count}
_OVERFLOWING = {"exp": _always_inf, "expm1": _always_inf, "cosh": _always_inf, "sinh": _signed_inf}


FLOATS = Dialect(names={**_PLAIN_MATH, **_VARIADIC, "pow_": math.pow, "__builtins__": {"tuple": tuple}})
CAREFUL = Dialect(
    names={
        **{name: _ieee(f, _OVERFLOWING.get(name, _always_inf)) for name, f in _PLAIN_MATH.items()},
        **_VARIADIC,
        "log": _ieee_log,
        "log1p": _ieee_log1p,
        "pow_": ieee_power,
        "div_": ieee_divide,
        "__builtins__": {"tuple": tuple},
    },
    divide="div_({}, {})",
)


# --- blocks of points, and many digits --------------------------------------------------------------


@functools.cache
def blocks() -> Dialect:
    """NumPy arrays: many points at once. To be called under ``np.errstate(all="ignore")``."""
    import numpy as np

    renamed = {"asin": np.arcsin, "acos": np.arccos, "atan": np.arctan}
    plain = {n: renamed.get(n) or getattr(np, n) for n in PRIMITIVES if n in renamed or hasattr(np, n)}
    return Dialect(
        names={
            **plain,
            "largest": lambda args: functools.reduce(np.maximum, args),
            "smallest": lambda args: functools.reduce(np.minimum, args),
            "total": lambda args: functools.reduce(np.add, args),
            "count": lambda args, value: functools.reduce(np.add, [(a == value) * 1.0 for a in args]),
            "where_": np.where,
            "pow_": np.power,
            "div_": np.true_divide,
        },
        choose="where_({}, {}, {})",
        divide="div_({}, {})",
    )


@functools.cache
def digits() -> Dialect:
    """mpmath numbers: as many digits as its working precision. Real: what would be complex is nan."""
    import mpmath

    def real(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def careful(*operands: Any) -> Any:
            try:
                out = function(*operands)
            except ZeroDivisionError:  # 0 to a negative power
                return mpmath.inf
            return mpmath.nan if isinstance(out, mpmath.mpc) else out

        return careful

    def divide(a: Any, b: Any) -> Any:
        if b == 0:
            return mpmath.nan if a == 0 else a * mpmath.inf
        return a / b

    return Dialect(
        names={
            **{name: real(getattr(mpmath, name)) for name in PRIMITIVES if hasattr(mpmath, name)},
            **_VARIADIC,
            "total": mpmath.fsum,
            "pow_": real(mpmath.power),
            "div_": divide,
            "mpf_": mpmath.mpf,
        },
        divide="div_({}, {})",
        literal="mpf_({})",
    )
