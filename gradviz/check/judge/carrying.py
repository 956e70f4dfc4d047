"""Errors carried forward: what a later line would be, given what was written before.

A wrong value of q shifts q by a constant, so that every later value moves and no formula changes. A wrong derivative
of ``f`` by ``m`` moves every derivative that passes through m by (written - right) times the chain around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gradviz.draft import Draft
from gradviz.gates import CONST, INPUT
from gradviz.graph import Graph
from gradviz.language.syntax import Binary, Derivative, Expression, Name, children, names_in, rebuilt

_MOST = 12  # wrong derivatives that are carried on: each one makes later formulas longer


@dataclass(eq=False)
class Carried:
    """What was written wrong so far.

    Args:
        graph: the problem, later on the student's own version of it.
        given: the numbers of its inputs.
    """

    graph: Graph
    given: Mapping[str, float]
    slopes: dict[tuple[str, str], Expression] = field(default_factory=dict)
    shifts: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._set = self.graph

    def __bool__(self) -> bool:
        return bool(self.slopes or self.shifts) or self.graph is not self._set

    def add(self, subject: Expression, written: Expression, off: float | None) -> None:
        """Remember that the subject was said to be something else.

        Args:
            subject: a derivative of a node by a node, or a node; anything else is not carried.
            written: what it was said to be.
            off: for a node, by how much its value at the inputs was wrong.
        """
        match subject:
            case Derivative(of=Name(name=of), by=Name(name=by)) if len(self.slopes) < _MOST:
                self.slopes.pop((of, by), None)
                self.slopes[of, by] = written
            case Name(name=name) if off is not None:
                self.shifts[name] = self.shifts.get(name, 0.0) + off

    def corrected(self, subject: Expression, written: Expression) -> None:
        """Forget what was wrong about the subject, now that the same is said rightly, in letters or as a number."""
        match subject:
            case Derivative(of=Name(name=of), by=Name(name=by)) if (of, by) in self.slopes:
                if bool(names_in(self.slopes[of, by])) == bool(names_in(written)) and written != subject:
                    del self.slopes[of, by]
            case Name(name=name) if name in self.shifts and not names_in(written):
                del self.shifts[name]

    def applied(self, side: Expression) -> Expression:
        """The side with every derivative as it follows from what was written."""
        if not self.slopes:
            return side
        if isinstance(side, Derivative):
            if isinstance(side.of, Name):
                return self._corrected(side.of.name, side.by.name, side, len(self.slopes))
            return side
        return rebuilt(side, self.applied) if children(side) else side

    def at(self, given: Mapping[str, float]) -> dict[str, float]:
        """The inputs' numbers as they were written."""
        return {name: value + self.shifts.get(name, 0.0) for name, value in given.items()}

    def problem(self) -> Graph:
        """The graph in which the wrong values are the right ones."""
        return shifted(self.graph, self.shifts) if self.shifts else self.graph

    def _corrected(self, of: str, by: str, tree: Derivative, known: int) -> Expression:
        """``∂of/∂by`` given the first ``known`` wrong ones, in the order from the output to the inputs."""
        here = self._ordered()[:known]
        if (of, by) in here:
            return self.slopes[of, by]
        total: Expression = tree
        for at, (o, m) in enumerate(here):
            if not (self._feeds(o, of) and self._feeds(by, m)):
                continue
            right = self._corrected(o, m, Derivative(tree.span, Name(tree.span, o), Name(tree.span, m)), at)
            moved = _joined("-", self.slopes[o, m], right)
            for a, b in ((of, o), (m, by)):
                if a != b:
                    moved = _joined("*", moved, Derivative(tree.span, Name(tree.span, a), Name(tree.span, b)))
            total = _joined("+", total, moved)
        return total

    def _ordered(self) -> list[tuple[str, str]]:
        ids = self._ids
        return sorted(self.slopes, key=lambda pair: -ids.get(pair[1], -1))

    @property
    def _ids(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.graph.names)}

    def _feeds(self, name: str, target: str) -> bool:
        """Whether the target is the node or depends on it."""
        ids = self._ids
        if name not in ids or target not in ids:
            return False
        return bool(self.graph.with_output(target).reaches[ids[name]])


def shifted(graph: Graph, shifts: Mapping[str, float]) -> Graph:
    """The graph with a constant added to some nodes.

    >>> from gradviz import graph
    >>> shifted(graph("q = x + y; f = q * z", x=-2, y=5, z=-4), {"q": 1.0}).trace()["f"].value
    -16.0
    """
    draft = Draft()
    moved: list[int] = []
    for i, row in enumerate(graph.gates):
        name = graph.given[i]
        off = shifts.get(graph.names[i], 0.0)
        operands = [moved[j] for j in graph.operands(i)]
        if row is CONST:
            moved.append(draft.const(graph.data[i] or 0.0, name or ""))
        elif row is INPUT:
            data = graph.data[i]
            moved.append(draft.input(name, None if data is None else data + off))
        elif off:
            inner = draft.gate(row, operands)
            moved.append(draft.gate("add", (inner, draft.const(off, repr(off))), name=name))
        else:
            moved.append(draft.gate(row, operands, name=name))
    return draft.graph(moved[graph.output])


def _joined(sign: str, left: Expression, right: Expression) -> Expression:
    return Binary(left.span, sign, left, right)
