"""Both sides run: at blocks of points in doubles, and at one point with many digits.

It is the engine's own forward and backward pass, on other numbers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from gradviz.check.deciding.sides import Sides
from gradviz.gates import CONST, INPUT, Gate
from gradviz.graph import NONE, Tape
from gradviz.language.limits import check_time
from gradviz.passes import BLOCKS, Arithmetic, backward, forward

DIGITS = 60

_LARGE = 128  # bits before the point of an exponent or an angle
_GROWING = frozenset(
    ("exp", "pow", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sigmoid", "softplus", "elu", "gelu", "silu")
)

COMPARISONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})

Reading = frozenset[int]  # the derivative leaves that are read as local; all others are total

TOTAL: Reading = frozenset()


class Run:
    """Both sides at some points.

    Args:
        sides: what to run.
        points: by input of the base, its numbers: an array each, or one number of many digits.
        kind: which numbers these are.
        one: the gradient of a node by itself, in the shape of the points.
    """

    def __init__(self, sides: Sides, points: Mapping[int, Any], kind: Arithmetic = BLOCKS, one: Any = None) -> None:
        check_time()
        self.sides, self.points, self.kind, self.one = sides, points, kind, one
        self._gradients: dict[tuple[int, bool], Sequence[Any]] = {}
        self._uppers: dict[Reading, list[Any]] = {}
        base = sides.base
        self.base: list[Any] = [
            self._number(base.data[i] or 0.0, base.given[i] or "") if row is CONST else points.get(i, one)
            for i, row in enumerate(base.gates)
        ]
        forward(base.tape, self.base, kind)

    def _number(self, value: float, text: str) -> Any:
        return value if self.kind is BLOCKS else exactly(value, text)

    def derivative(self, leaf: int, local: bool) -> Any:
        """The truth behind a derivative leaf, by reverse mode on the problem."""
        return self.slope(*self.sides.derivatives[leaf], local)

    def slope(self, of: int, by: int, local: bool = False) -> Any:
        """The derivative of one node of the problem by another."""
        if (of, local) not in self._gradients:
            check_time()
            tape = self.sides.held_fixed(of) if local else self.sides.base.tape
            reached = self.sides.reach(of, local)
            self._gradients[of, local] = backward(tape, self.base, of, reached, self.kind, seed=self.one)
        return self._gradients[of, local][by]

    def upper(self, reading: Reading = TOTAL, replaced: Mapping[int, Any] | None = None) -> list[Any]:
        """The value of every node of the sides.

        Args:
            reading: which derivatives are read as local.
            replaced: other numbers for some nodes.
        """
        if not replaced and reading in self._uppers:
            return self._uppers[reading]
        check_time()
        sides = self.sides
        values: list[Any] = [None] * len(sides.tape.gates)
        for i, (value, text) in sides.literals.items():
            values[i] = self._number(value, text)
        for i, node in sides.nodes.items():
            values[i] = self.base[node]
        for i in sides.derivatives:
            if not replaced or i not in replaced:
                values[i] = self.derivative(i, i in reading)
        values = [replaced[i] if replaced and i in replaced else value for i, value in enumerate(values)]
        tape = sides.tape if not replaced else _with_leaves(sides.tape, replaced)
        forward(tape, values, self.kind)
        if not replaced:
            self._uppers[reading] = values
        return values

    def pair(self, reading: Reading = TOTAL) -> tuple[Any, Any]:
        """The two sides."""
        values = self.upper(reading)
        return values[self.sides.left], values[self.sides.right]


def _with_leaves(tape: Tape, leaves: Mapping[int, Any]) -> Tape:
    rows, first, second = list(tape.gates), list(tape.first), list(tape.second)
    for i in leaves:
        rows[i], first[i], second[i] = INPUT, NONE, NONE
    return Tape(rows, first, second, tape.more)


def undefined_asked(run: Run, reading: Reading = TOTAL) -> Any:
    """Where a comparison is asked about something undefined: it answers no, and a side looks defined that is not."""
    said: Any = False
    sides = run.sides
    for tape, values, used in ((sides.base.tape, run.base, sides.used), (sides.tape, run.upper(reading), None)):
        for i, row in enumerate(tape.gates):
            if row.name in COMPARISONS and (used is None or used[i]):
                for j in tape.of(i):
                    said = said | (values[j] != values[j])
    return said


def run_block(sides: Sides, points: Mapping[int, Any], count: int) -> Run:
    """Both sides at many points at once; to be called under ``np.errstate(all="ignore")``."""
    import numpy as np

    return Run(sides, points, BLOCKS, np.ones(count))


def run_exactly(sides: Sides, point: Mapping[int, Any]) -> Run:
    """Both sides at one point, in many digits; the caller sets the precision.

    Raises:
        OverflowError: a function of so large a number is taken that its digits would take long.
    """
    import mpmath

    return Run(sides, {i: exactly(float(x), "") for i, x in point.items()}, _many_digits(), mpmath.mpf(1))


def _many_digits() -> Arithmetic:
    def select(upstream: Any, local: Any) -> Any:
        return upstream * local if local else local * 0

    return Arithmetic(_timed("exact_value"), _timed("exact_locals"), select)


def _timed(attribute: str) -> Callable[[Gate], Any]:
    """The rules of the gates; many digits take their time, so that it is looked at for every gate."""
    import mpmath

    rule_of = operator.attrgetter(attribute)

    def of(row: Gate) -> Any:
        rule = rule_of(row)
        growing, first = row.name in _GROWING and attribute == "exact_value", row.name == "pow"

        def timed(*numbers: Any) -> Any:
            check_time()
            if growing and any(mpmath.mag(number) > _LARGE for number in numbers[first:]):
                raise OverflowError("a function of too large a number")
            return rule(*numbers)

        return timed

    return of


def exactly(value: float, text: str) -> Any:
    """A literal as it was written: 0.1 is one tenth, π has as many digits as asked for."""
    import mpmath

    if text in ("pi", "π"):
        return +mpmath.pi
    if text == "e":
        return +mpmath.e
    if 1e-300 < abs(value) < 1e300 and len(text) < 400:
        try:
            written = Fraction(text)
        except ValueError:
            return mpmath.mpf(value)
        if float(written) == value:
            return mpmath.mpf(written.numerator) / written.denominator
    return mpmath.mpf(value)
