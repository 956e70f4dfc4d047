"""Chained rounding: what was worked out from numbers that had been rounded before is right as well.

A learner who writes a ≈ 0.7311 goes on with 0.7311, or with what the calculator still holds; both are fine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gradviz.check.judge.answers import value_of
from gradviz.check.judge.carrying import Carried
from gradviz.check.problem import constant_of
from gradviz.graph import Graph
from gradviz.language.syntax import Derivative, Expression, Name, Number, Unary, rebuilt

_MOST = 20  # rounded numbers that are kept: every one is tried
_SLACK = 1e-9


@dataclass(eq=False)
class Rounded:
    """The numbers that were stated with fewer digits than they have.

    Args:
        graph: the problem.
        given: the numbers of its inputs.
    """

    graph: Graph
    given: Mapping[str, float]
    typed: dict[float, float] = field(default_factory=dict)  # by what stands there, without its sign: the exact number
    stated: dict[str, tuple[Expression, Expression, float]] = field(default_factory=dict)

    def add(self, subject: Expression, left: Expression, right: Expression, *, approx: bool) -> None:
        """Remember what a right line says: ``df/dz = f(1 - f) ≈ 0.2``.

        Args:
            subject: what the chain speaks about.
            left, right: the sides; only a number on the right says something here.
            approx: whether the sign between them was ≈; then the number may stand for the exact one anywhere.
        """
        said, unit = constant_of(right), _unit(right)
        whole, exact = (value_of(side, self.graph, self.given) for side in (subject, left))
        if said is None or unit is None or exact is None:
            return
        about = whole is not None and abs(whole - said) <= unit * (1 + _SLACK)
        exact = whole if about and whole is not None else exact
        if approx:
            self.typed[abs(said)] = abs(exact)
        if about and isinstance(subject, Name | Derivative) and len(self.stated) < _MOST:
            self.stated[str(subject)] = (subject, right, said - exact)

    def written_out(self, side: Expression) -> Expression:
        """The side with the numbers from which those in it were rounded."""
        if isinstance(side, Number) and abs(side.value) in self.typed:
            value = math.copysign(self.typed[abs(side.value)], side.value)
            return Number(side.span, repr(value), value)
        return rebuilt(side, self.written_out) if self.typed else side

    def explains(self, left: Expression, right: Expression) -> bool:
        """Whether a number differs from the exact one by no more than the rounding of the numbers before it."""
        said, unit = constant_of(right), _unit(right)
        exact = value_of(left, self.graph, self.given) if self.stated and said is not None and unit else None
        if said is None or unit is None or exact is None:
            return False
        moves = [value - exact for value in self._moved(left)]
        low, high = (math.fsum(pick(0.0, move) for move in moves) for pick in (min, max))
        unit += _SLACK * abs(exact)
        return low - unit <= said - exact <= high + unit

    def _moved(self, left: Expression) -> Iterator[float]:
        """The side with one of the rounded numbers at a time."""
        for subject, right, off in self.stated.values():
            one = Carried(self.graph, self.given)
            one.add(subject, right, off)
            value = value_of(one.applied(left), one.problem(), one.at(self.given))
            if value is not None:
                yield value


def _unit(side: Expression) -> float | None:
    """One unit in the last place of a number with decimals; None for anything else."""
    while isinstance(side, Unary):
        side = side.operand
    if not isinstance(side, Number) or "." not in side.text:
        return None
    digits, _, power = side.text.lower().partition("e")
    return 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))
