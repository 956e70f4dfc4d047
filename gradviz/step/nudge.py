"""What if: move one input a little, and compare what the output does with what the gradient says."""

from __future__ import annotations

from dataclasses import dataclass

from gradviz.errors import GradvizError, did_you_mean
from gradviz.graph import Graph, listed


@dataclass(frozen=True, slots=True)
class Nudge:
    """What happens to the output when one input moves a little."""

    name: str
    h: float
    value: float
    before: float
    after: float
    gradient: float

    @property
    def change(self) -> float:
        """How far the output moved."""
        return self.after - self.before

    @property
    def predicted(self) -> float:
        """How far the gradient says it moves: gradient × h."""
        return self.gradient * self.h


def nudge(graph: Graph, name: str, h: float) -> Nudge:
    """Move one input of a graph with numbers by h.

    Raises:
        GradvizError: there is no such input, or h is no number to move by.
    """
    if name not in graph.inputs:
        raise GradvizError(
            f"{name} is no input, and only inputs can be nudged",
            expected="one of " + listed(graph.inputs),
            hint=did_you_mean(name, list(graph.inputs)),
        )
    if not h or h != h or abs(h) == float("inf"):
        raise GradvizError(f"a nudge of {h:g} tells nothing", hint=f"{name} 0.01")
    trace = graph.trace()
    value, gradient = float(trace[name].value), trace[name].grad
    moved = graph.trace({name: value + h}, backward=False)
    return Nudge(name, h, value, float(trace.output), float(moved.output), float(gradient or 0.0))
