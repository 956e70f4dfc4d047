"""The branches of a max on its tie, looked at together: each gets any part of the gradient, and all of them one whole.

Line by line every part from nothing to everything is a subgradient; (1, 1) is none. So what was said about all the
branches has to come from one way to share out: parts that are not negative and add up to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain, combinations, product
from typing import Any

from gradviz.graph import Graph
from gradviz.misconceptions.wrong_edges import right_share
from gradviz.misconceptions.wrong_passes import changed_pass
from gradviz.passes import Trace

_MOST_GATES = 6  # on a tie at once
_MOST_BRANCHES = 4
_CLOSE = 1e-2  # people round

Shares = dict[int, tuple[float, ...]]


@dataclass(eq=False)
class Ties:
    """The ties of a problem at its inputs, and what was said about them.

    Args:
        graph: the problem.
        given: the numbers of its inputs; without all of them there is no tie.
    """

    graph: Graph
    given: Mapping[str, float]
    said: dict[tuple[str, str], float] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.gates: dict[int, list[int]] = {}
        self.trace: Trace | None = None
        complete = all(name in self.given for name in self.graph.inputs)
        if not complete or not any(row.name in ("max", "min") for row in self.graph.gates):
            return
        self.trace = self.graph.trace({name: self.given[name] for name in self.graph.inputs}, backward=False)
        for i, row in enumerate(self.graph.gates):
            if row.name in ("max", "min"):
                value = self.trace.values[i]
                slots = [slot for slot, j in enumerate(self.graph.operands(i)) if self.trace.values[j] == value]
                if 1 < len(slots) <= _MOST_BRANCHES:
                    self.gates[i] = slots
        if len(self.gates) > _MOST_GATES:
            self.gates = {}

    def add(self, of: str, by: str, value: float) -> tuple[int, bool] | None:
        """Take note of what a derivative was said to be.

        Returns:
            None where all that was said fits together; else the gate for which it does not, and whether its
            branches get more than there is. What does not fit is not kept.

        >>> from gradviz import graph
        >>> ties = Ties(graph("m = max(a, b)"), {"a": 2.0, "b": 2.0})
        >>> ties.add("m", "a", 1.0), ties.add("m", "b", 0.0), ties.add("m", "b", 1.0)
        (None, None, (2, True))
        """
        if not self.gates:
            return None
        said = {**self.said, (of, by): value}
        for gate in self.gates:
            if (found := self._misfit(gate, said)) is not None:
                return gate, found
        self.said = said
        return None

    def _misfit(self, gate: int, said: Mapping[tuple[str, str], float]) -> bool | None:
        """Whether the parts come to more than a whole; None where they can be right."""
        import numpy as np

        rows, sums = [], []
        for (of, by), value in said.items():
            row = self._row(gate, of, by)
            if row is not None:
                rows.append(row)
                sums.append(value)
        if not rows:
            return None
        a, b = np.array(rows), np.array(sums)
        scale = max(1e-12, float(np.abs(a).max()))
        whole = np.vstack([a / scale, np.ones(a.shape[1])])
        target = np.append(b / scale, 1.0)
        count = a.shape[1]
        for some in chain.from_iterable(combinations(range(count), k) for k in range(1, count + 1)):
            part = whole[:, some]
            found = np.linalg.lstsq(part, target, rcond=None)[0]
            if found.min() > -_CLOSE and float(np.abs(part @ found - target).max()) < _CLOSE:
                return None
        alone = np.linalg.lstsq(a / scale, b / scale, rcond=None)[0]
        return bool(alone.sum() > 1 + _CLOSE)

    def _row(self, gate: int, of: str, by: str) -> list[float] | None:
        """The derivative with all of the gradient to one branch after the other; None where this is not its tie."""
        others = [other for other in self.gates if other != gate]
        ways = []
        for winners in product(*(self.gates[other] for other in others)):
            fixed = {other: self._to(other, slot) for other, slot in zip(others, winners, strict=True)}
            ways.append([self._slope(of, by, {**fixed, gate: self._to(gate, slot)}) for slot in self.gates[gate]])
        first = ways[0]
        scale = max(map(abs, first))
        if any(abs(x - y) > _CLOSE * scale for way in ways[1:] for x, y in zip(way, first, strict=True)):
            return None  # it hangs on another tie too
        return first if max(first) - min(first) > _CLOSE * scale else None

    def _to(self, gate: int, slot: int) -> tuple[float, ...]:
        return tuple(float(k == slot) for k in range(len(self.graph.operands(gate))))

    def _slope(self, of: str, by: str, shares: Shares) -> float:
        assert self.trace is not None
        graph = self.graph.with_output(of)
        trace: Any = Trace(graph, self.trace.values, None)

        def share(i: int, slot: int, upstream: float) -> float:
            return upstream * shares[i][slot] if i in shares else right_share(trace, i, slot, upstream)

        return changed_pass(trace, share)[self.graph.id(by)]
