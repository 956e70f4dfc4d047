"""One run with all that decides it: the inputs' numbers, what is written out, the planned update."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cached_property

from gradviz.draw.options import Options
from gradviz.draw.view import View, folded_calls, view
from gradviz.graph import Graph, LibraryCall
from gradviz.passes import Trace
from gradviz.step.script import Script, Step
from gradviz.step.unfold import Drawn, unfolded


@dataclass(frozen=True, slots=True)
class Plan:
    """A step of gradient descent: w ← w − rate × ∂L/∂w for these inputs."""

    rate: float
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """All that decides what is shown.

    Args:
        data: the number of every leaf of the graph as asked for.
        unfolded: gates and library functions that are written out.
        position: how many steps have been done.
        plan: the update to follow, if any.
        losses: the output's value in every finished round of updates.
    """

    data: tuple[float | None, ...]
    unfolded: frozenset[str] = frozenset()
    position: int = 0
    plan: Plan | None = None
    losses: tuple[float, ...] = ()


class Run:
    """One run of both passes over what is drawn, and its steps."""

    def __init__(self, base: Graph, state: State, options: Options) -> None:
        self.base = base
        numbered = replace(base, data=state.data)
        self.options = options.but(expand=",".join(sorted(state.unfolded)) or "none")
        self.drawn: Drawn = unfolded(numbered, state.unfolded)
        self.graph = self.drawn.graph
        self.rounded = options.numerals.rounded if options.rounding == "chained" else None
        self.exact: Trace = self.graph.trace(rounded=self.rounded)
        self.trace: Trace = self.exact.shown
        self.view: View = _named(view(self.graph, self.trace, self.options))
        self.boxes: dict[int, LibraryCall] = {
            call.output: call for call in folded_calls(self.graph, self.options.expanded)
        }
        self.plan = state.plan
        moving = [self.place(base.id(name)) for name in state.plan.names] if state.plan else []
        self.script = Script(self.trace, self.view, self.boxes, moving)
        self.moved = {node: self._moved(node) for node in moving}

    def _moved(self, node: int) -> float:
        assert self.exact.gradients is not None
        assert self.plan is not None
        new = float(self.trace.values[node] - self.plan.rate * self.exact.gradients[node])
        return new if self.rounded is None else self.rounded(new)

    def place(self, base: int) -> int:
        """The drawn node that a node of the graph as asked for has become."""
        return bisect_right(self.drawn.base, base) - 1

    @cached_property
    def after(self) -> Trace:
        """The forward pass with the inputs as the update leaves them."""
        names = self.graph.names
        moved = {names[node]: new for node, new in self.moved.items()}
        return self.graph.trace(moved, backward=False, rounded=self.rounded)

    @cached_property
    def after_view(self) -> View:
        """The view of ``after``: values, and no gradients yet."""
        return _named(view(self.graph, self.after, self.options))

    def cover(self, step: Step) -> frozenset[int]:
        """The nodes of the graph as asked for that a step is about."""
        inside = step.box.inside if step.box is not None else (step.node,)
        return frozenset(self.drawn.base[i] for i in inside)


class Runs:
    """Makes the run of a state, and keeps the last one: most states differ in their position alone."""

    def __init__(self, base: Graph, options: Options) -> None:
        self.base, self.options = base, options
        self._last: tuple[State, Run] | None = None

    def run(self, state: State) -> Run:
        """The run that a state needs."""
        last = self._last
        # The same tuple, not an equal one: this is asked for many times at every step.
        if last is None or last[0].data is not state.data or _parts(last[0]) != _parts(state):
            last = self._last = (state, Run(self.base, state, self.options))
        return last[1]


def _parts(state: State) -> tuple[frozenset[str], Plan | None]:
    return state.unfolded, state.plan


def _named(view: View) -> View:
    """Every gate with a name, v1 where the user gave none: the sentences speak of it."""
    return View(
        tuple(
            replace(cell, name=cell.key) if cell.name is None and cell.kind != "const" else cell for cell in view.cells
        ),
        view.output,
    )
