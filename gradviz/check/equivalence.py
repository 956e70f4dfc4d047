"""Are two sides of a link equal? Decided by numbers, on the engine's own evaluator, piece by piece.

The canonical form first (``canonical``); then real points on several scales with both sides of every kink visited
(``sampling``, ``kinks``); doubles may only say yes, and 60 digits are asked before anything is called different
(``comparing``); decimals are intervals (``intervals``). Where too few points exist nothing is decided, and nobody is
blamed. What a side says about a derivative is compared with the backward pass over the problem.

Two different analytic functions agree on a set of measure zero; polynomials of degree d agree at most at d/S of the
points of a grid with S values a side (Schwartz 1980; Zippel 1979). The real risk is a piece that is never visited.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from gradviz.check.deciding.building import read_side, sides
from gradviz.check.deciding.canonical import same_form
from gradviz.check.deciding.comparing import Compared, compare
from gradviz.check.deciding.decision import Decision, Witness
from gradviz.check.deciding.running import TOTAL, Reading, Run, run_block
from gradviz.check.deciding.sides import NotDecidable, Sides
from gradviz.check.deciding.values import plain_value
from gradviz.graph import Graph
from gradviz.language.limits import untimed

if TYPE_CHECKING:
    import random

    from gradviz.check.deciding.kinks import Kink
    from gradviz.check.deciding.sampling import Points
    from gradviz.language.syntax import Expression

_FEWEST = 8  # points that decide
_FEWEST_IN_CELL = 6
_MOST_READINGS = 16


def decide(
    left: Expression | str,
    right: Expression | str,
    graph: Graph | None = None,
    *,
    given: Mapping[str, float] | None = None,
    free: Iterable[str] = (),
    approx: bool = False,
    prove: bool = False,
) -> Decision:
    """Whether two sides of a link are equal.

    Args:
        left, right: trees of the language, with ``Derivative`` and ``Prime`` nodes; a text is read first.
        graph: the problem whose nodes the names are; None for an identity.
        given: the inputs' numbers; None takes those of the graph. A side with literals may hold at them alone.
        free: letters that may be any number.
        approx: whether the sign between the sides was ≈: then every literal is rounded.
        prove: ask SymPy for a proof as well.

    Raises:
        GradvizError: a name that is neither a node nor a free letter; a text that does not read.
        EnvironmentFailure: ``prove``, and SymPy is not installed.

    >>> from gradviz import graph
    >>> from gradviz.check.equivalence import decide, derivative
    >>> g = graph("q = x + y; f = q * z", x=-2, y=5, z=-4)
    >>> decide(derivative("f", "x"), "z", g).verdict
    'equal'
    >>> decide(derivative("f", "q"), "q", g).witness
    Witness(point={'x': -2.0, 'y': 5.0, 'z': -4.0}, left=-4.0, right=3.0)
    >>> decide("log(x*y)", "log(x) + log(y)", g).notes
    ('one side is defined at points where the other is not',)
    >>> decide("sqrt(a^2)", "a", free="a").verdict
    'different'
    >>> decide("q * z", "-12", g).notes
    ('holds at the given inputs, not as a formula',)
    """
    import numpy as np

    known = [*(graph.names if graph else ()), *free]
    left, right = (read_side(side, known) if isinstance(side, str) else side for side in (left, right))
    try:
        pair = sides(left, right, graph, free)
    except NotDecidable as reason:
        return Decision("not_decided", str(reason))
    with np.errstate(all="ignore"):
        decision = _Deciding(pair, _given(pair, given), approx).decide()
    if prove and decision.verdict == "equal" and not decision.by_value:
        from gradviz.check.deciding.proving import proof

        with untimed():
            found = proof(pair)
        return replace(decision, proved=found == "proved", unfinished=found == "did not finish")
    return decision


def derivative(of: str, by: str) -> Expression:
    """The tree of ∂of/∂by, for nodes by name."""
    from gradviz.language.syntax import Derivative, Name

    return Derivative((0, 0), Name((0, 0), of), Name((0, 0), by))


def _given(pair: Sides, given: Mapping[str, float] | None) -> dict[int, float]:
    """The inputs' numbers by id."""
    base = pair.base
    if given is None:
        return {i: x for i in pair.inputs if (x := base.data[i]) is not None}
    return {i: float(given[base.names[i]]) for i in pair.inputs if base.names[i] in given}


class _Deciding:
    """One decision, step by step; runs are kept."""

    def __init__(self, pair: Sides, given: dict[int, float], approx: bool) -> None:
        from gradviz.check.deciding.sampling import dice

        self.sides, self.given, self.approx = pair, given, approx
        self.dice: random.Random = dice(pair)
        self._last: tuple[Points, Run] | None = None

    def decide(self) -> Decision:
        pair = self.sides
        if same_form(pair):
            return Decision("equal")
        if not pair.symbolic:
            from gradviz.check.deciding.pure_numbers import numbers

            return numbers(self.sides, self._run({}), approx=self.approx)
        holds, rounded = plain_value(pair, self.given, approx=self.approx)
        if holds:
            return Decision("equal", by_value=True, rounded=rounded)
        identity = self._identity()
        if identity.verdict == "equal" or not self.given:
            return identity
        return self._at_inputs(identity)

    # --- everywhere ---

    def _readings(self) -> Iterator[Reading]:
        """Total first, then all local, then mixtures."""
        leaves = self.sides.ambiguous
        yield TOTAL
        if leaves:
            yield frozenset(leaves)
        if len(leaves) <= 4:
            for count in range(1, len(leaves)):
                yield from map(frozenset, combinations(leaves, count))

    def _word(self, reading: Reading) -> str | None:
        leaves = self.sides.ambiguous
        if not leaves:
            return None
        return "total" if not reading else "local" if len(reading) == len(leaves) else "mixed"

    def _run(self, points: Points) -> Run:
        from gradviz.check.deciding.sampling import size

        return run_block(self.sides, points, size(points))

    def _identity(self) -> Decision:
        """Whether the sides are equal as functions."""
        from gradviz.check.deciding.kinks import folds, kinks
        from gradviz.check.deciding.sampling import joined, usual, wide
        from gradviz.check.deciding.visiting import Visitor

        pair = self.sides
        points = usual(pair.inputs, self.dice)
        found = kinks(pair)
        first = self._compared(points, found, TOTAL)
        certain = not pair.ambiguous
        if first.differs is not None and certain:
            return self._different(first, points)
        places = [*found, *folds(pair)]
        if places and pair.inputs:
            visitor = Visitor(places, points, wide(pair.inputs, self.dice), self._run, self.dice)
            points = visitor.both_sides()
            first = self._compared(points, found, TOTAL)
            if first.differs is not None and certain:
                return self._different(first, points)
            more = visitor.together()
            if more is not None:
                points = joined([points, more])
                first = self._compared(points, found, TOTAL)
        if first.differs is None and int(first.usable.sum()) < _FEWEST and pair.inputs:
            bounds = Visitor(folds(pair, every=True), points, wide(pair.inputs, self.dice), self._run, self.dice)
            points = joined([bounds.both_sides(), *self._around()])
            first = self._compared(points, found, TOTAL)
            if first.differs is None and int(first.usable.sum()) < _FEWEST and not pair.ambiguous:
                return self._far_out(first)
        answer = first
        for reading in self._readings():
            answer = first if not reading else self._compared(points, found, reading)
            if answer.differs is None:
                return self._agreed(answer, reading)
        return self._different(first, points)

    def _far_out(self, found: Compared) -> Decision:
        """Sides that are defined nearly nowhere, as far as doubles go."""
        from gradviz.check.deciding.comparing import far_out
        from gradviz.check.deciding.sampling import usual

        points = usual(self.sides.inputs, self.dice)
        there = far_out(self._cached(points), points)
        if there is None:
            return self._agreed(found, TOTAL)
        return Decision("equal") if there.differs is None else self._different(there, points)

    def _agreed(self, found: Compared, reading: Reading) -> Decision:
        enough = _FEWEST if self.sides.inputs else 1
        if int(found.usable.sum()) < enough:
            return Decision("not_decided", "there are too few points where both sides are defined")
        if found.unsure:
            return Decision("not_decided", "the numbers are too large to tell")
        return Decision("equal", reading=self._word(reading), domain=found.undefined_on_one)

    def _around(self) -> list[Points]:
        """Points near the given inputs, where they are all given."""
        from gradviz.check.deciding.sampling import near

        return [near(self.given, self.dice)] if len(self.given) == len(self.sides.inputs) else []

    def _compared(self, points: Points, found: list[Kink], reading: Reading) -> Compared:
        from gradviz.check.deciding.kinks import on_a_kink, sides_of
        from gradviz.check.deciding.sampling import size

        run, count = self._cached(points), size(points)
        said = compare(run, points, on_a_kink(run, count, found), reading)
        if said.differs is None and found and not said.usable.all():
            from gradviz.check.deciding.comparing import out_of_reach

            return out_of_reach(run, points, said, sides_of(run, count, found), reading)
        return said

    def _cached(self, points: Points) -> Run:
        if self._last is None or self._last[0] is not points:
            self._last = points, self._run(points)
        return self._last[1]

    def _different(self, found: Compared, points: Points) -> Decision:
        assert found.differs is not None
        assert found.values is not None
        base = self.sides.base
        point = {base.names[i]: float(column[found.differs]) for i, column in points.items()}
        finite = all(abs(value) < float("inf") for value in found.values)
        return Decision("different", witness=Witness(point, *found.values) if finite else None)

    # --- at the given inputs ---

    def _at_inputs(self, identity: Decision) -> Decision:
        """The sides are not equal everywhere: on the piece of the given inputs, or at them?"""
        from gradviz.check.deciding.at_inputs import at_inputs

        return at_inputs(
            self.sides, self.given, identity, self.dice, self._readings(), self._word, _wrong_rule, approx=self.approx
        )


def _wrong_rule(pair: Sides, given: dict[int, float]) -> bool:
    from gradviz.check.naming.naming import follows_a_wrong_rule

    return follows_a_wrong_rule(pair, given)
