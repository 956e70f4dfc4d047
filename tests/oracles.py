"""Independent ways to the same numbers: what the engine is measured against.

Nothing here reads the table's partials. Derivatives are central differences of a gate's *value* in many
digits; gradients of a whole graph come from an engine of twenty lines that shares no idea with ours: it
knows no reverse order, no tape and no local partials.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import mpmath

from gradviz.gates import Gate

DIGITS = 80
STEP = 1e-25


class OutsideDomain(Exception):
    """The function has no real, finite value near the point."""


def _real(function: Callable[..., Any], operands: Sequence[Any]) -> Any:
    try:
        out = function(*operands)
    except (ZeroDivisionError, ValueError, TypeError) as error:
        raise OutsideDomain(str(error)) from None
    if isinstance(out, mpmath.mpc) or not abs(out) < 1e308:
        raise OutsideDomain(f"{function} at {operands}")
    return out


def working_digits(operands: Sequence[float]) -> int:
    """Enough digits that 1 + x, 1 + x² and their differences keep eighty of them, also for x = 1e-300."""
    exponents = [abs(math.frexp(x)[1]) for x in operands if x]
    return DIGITS + int(0.75 * max(exponents, default=0))


def differences(row: Gate, operands: Sequence[float], slot: int) -> tuple[Any, Any]:
    """The slopes of a gate's value to the left and to the right of a point, in one operand.

    To be called under ``mpmath.workdps``.

    Raises:
        OutsideDomain: the gate has no real, finite value there.
    """
    point = [mpmath.mpf(x) for x in operands]
    step = mpmath.mpf(STEP) * min(abs(point[slot]) or 1, 1)
    here = _real(row.exact_value, point)
    slopes = []
    for sign in (-1, 1):
        moved = list(point)
        moved[slot] += sign * step
        slopes.append(sign * (_real(row.exact_value, moved) - here) / step)
    return slopes[0], slopes[1]


def central(row: Gate, operands: Sequence[float], slot: int) -> Any:
    """The central difference; see ``differences``."""
    left, right = differences(row, operands, slot)
    return (left + right) / 2


# --- the naive engine -------------------------------------------------------------------------------
# A graph is a list of rows (name of a gate, ids of its operands), leaves have none. Values by recursion,
# the gradient by moving one input a little and doing everything again in many digits.

Plan = list[tuple[str, tuple[int, ...]]]

NAIVE: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "neg": lambda a: 0 - a,
    "square": lambda a: a * a,
    "sin": lambda a: mpmath.sin(a),
    "tanh": lambda a: mpmath.tanh(a),
    "sigmoid": lambda a: 1 / (1 + mpmath.e ** (-a)),
    "exp": lambda a: mpmath.e**a,
    "relu": lambda a: a if a > 0 else 0 * a,
    "max": lambda *a: sorted(a)[-1],
    "min": lambda *a: sorted(a)[0],
    "sum": lambda *a: mpmath.fsum(a),
    "copy": lambda a: a,
}


def naive_value(plan: Plan, node: int, leaves: dict[int, Any], known: dict[int, Any]) -> Any:
    """The value of one node, by recursion into its operands."""
    if node not in known:
        gate, operands = plan[node]
        known[node] = (
            NAIVE[gate](*[naive_value(plan, j, leaves, known) for j in operands]) if operands else leaves[node]
        )
    return known[node]


def naive_gradient(plan: Plan, output: int, leaves: dict[int, float], node: int) -> Any:
    """d output / d node: the node's value is held fixed, a little lower and a little higher."""
    with mpmath.workdps(DIGITS):
        exact = {i: mpmath.mpf(x) for i, x in leaves.items()}
        here = naive_value(plan, node, exact, {})
        step = mpmath.mpf(10) ** -18
        low, high = (naive_value(plan, output, exact, {node: here + s * step}) for s in (-1, 1))
        return (high - low) / (2 * step)
