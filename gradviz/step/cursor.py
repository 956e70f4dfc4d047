"""The stepper without a terminal: where one stands in the passes, and what is known there.

Everything that is shown follows from a ``State``: the inputs' numbers, what is unfolded, the planned update, and the
position in the ``Script`` of steps. So going back is nothing but a smaller position.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gradviz.draw.options import Options
from gradviz.draw.view import View
from gradviz.errors import GradvizError, did_you_mean
from gradviz.gates import INPUT
from gradviz.graph import Graph, listed
from gradviz.inputs import assign
from gradviz.passes import Trace
from gradviz.step import folding, places
from gradviz.step.folding import Direction
from gradviz.step.known import Known, blanked
from gradviz.step.nudge import Nudge, nudge
from gradviz.step.run import Plan, Run, Runs, State
from gradviz.step.script import Script, Stage, Step

__all__ = ["Cursor", "Nudge", "Plan", "Run", "Stage", "State", "Step"]


class Cursor:
    """A place in the passes over a graph, and the ways to move it.

    Args:
        graph: with a number for every input.
        options: how numbers are shown and rounded, and what is written out at the start (``expand``).

    Raises:
        GradvizError: an input without a number, or an option that is not allowed.

    >>> from gradviz import graph
    >>> c = Cursor(graph("q = x + y; f = q * z", x=-2, y=5, z=-4))
    >>> c.next_gate(), c.graph.names[c.step.node], c.stage.value
    (True, 'q', 'forward')
    >>> c.end_of_pass(), c.end_of_pass(), c.stage.value, c.known.gradient(c.node('x')).total
    (True, True, 'backward', -4.0)
    """

    def __init__(self, graph: Graph, options: Options | None = None) -> None:
        self.base = graph
        self.options = options or Options()
        values, arrays = assign(graph, {})
        if arrays:
            raise GradvizError("stepping goes through one point, not through arrays of points")
        self.breakpoints: tuple[str, ...] = ()
        self.history: list[State] = []
        self._runs = Runs(graph, self.options)
        self.state = State(tuple(values), folding.named(graph, self.options.expanded))

    # --- what follows from the state ------------------------------------------------------------------

    @property
    def run(self) -> Run:
        """Both passes with the present numbers."""
        return self._runs.run(self.state)

    @property
    def graph(self) -> Graph:
        """The graph that is drawn."""
        return self.run.graph

    @property
    def trace(self) -> Trace:
        """Its numbers, all of them."""
        return self.run.trace

    @property
    def script(self) -> Script:
        """All steps."""
        return self.run.script

    @property
    def position(self) -> int:
        """How many steps have been done."""
        return self.state.position

    @property
    def stage(self) -> Stage:
        """The pass that the last step belongs to."""
        return self.script.stage(self.position)

    @property
    def step(self) -> Step | None:
        """The step that has just been done; None at the very start."""
        return self.script[self.position - 1] if self.position else None

    @property
    def upcoming(self) -> Step | None:
        """The step that comes next; None at the end."""
        return self.script[self.position] if self.position < len(self.script) else None

    @property
    def known(self) -> Known:
        """What has been computed so far."""
        return Known(self.script, self.position)

    @property
    def shown(self) -> View:
        """The picture's contents: what is not known yet is blank."""
        run, numerals = self.run, self.options.numerals
        if self.stage is Stage.UPDATE and self.position == len(self.script):
            return run.after_view
        return blanked(run.view, self.known, numerals, self.moved)

    @property
    def moved(self) -> dict[int, float]:
        """The inputs that the update has changed so far, with their new values."""
        first = self.script.starts[Stage.UPDATE]
        moving = (self.script[at].node for at in range(first, self.position))
        return {node: self.run.moved[node] for node in moving if node in self.run.moved}

    @property
    def values(self) -> dict[str, float]:
        """The inputs' numbers, by name."""
        names, data = self.base.names, self.state.data
        return {names[i]: float(data[i] or 0.0) for i, row in enumerate(self.base.gates) if row is INPUT}

    @property
    def output(self) -> str:
        """The name of the output."""
        return self.base.names[self.base.output]

    # --- moving -----------------------------------------------------------------------------------------

    def goto(self, position: int) -> bool:
        """Go to a position (kept within the script); whether that is another one."""
        position = max(0, min(position, len(self.script)))
        changed = position != self.position
        self.state = replace(self.state, position=position)
        return changed

    def next_contribution(self) -> bool:
        """One step. At the end of an update: take it, and begin the next round."""
        return self._take() or self.goto(self.position + 1)

    def previous_contribution(self) -> bool:
        """One step back."""
        return self.goto(self.position - 1)

    def next_gate(self) -> bool:
        """To where the next gate has finished. At the end of an update: take it, and begin the next round."""
        stops = self.script.stops
        at = bisect_right(stops, self.position)
        return self._take() or self.goto(stops[min(at, len(stops) - 1)])

    def previous_gate(self) -> bool:
        """Back to where the gate before had finished."""
        stops = self.script.stops
        return self.goto(stops[max(0, bisect_left(stops, self.position) - 1)])

    def end_of_pass(self) -> bool:
        """To the end of this pass; from there to the end of the next."""
        ends = sorted({self.script.ends(stage)[1] for stage in Stage})
        return self.goto(next((end for end in ends if end > self.position), len(self.script)))

    def start_of_pass(self) -> bool:
        """To the start of this pass; from there to the start of the one before."""
        starts = sorted(self.script.starts.values(), reverse=True)
        return self.goto(next((start for start in starts if start < self.position), 0))

    def first(self) -> bool:
        """To the very start."""
        return self.goto(0)

    def last(self) -> bool:
        """To the very end."""
        return self.goto(len(self.script))

    # --- places -----------------------------------------------------------------------------------------

    def find(self, name: str) -> bool:
        """To where a node gets its number in this pass: its value, its whole gradient, its update.

        Raises:
            GradvizError: there is no such node, or it is not drawn.
        """
        return self.goto(places.where(self.script, self.node(name), self.stage))

    def node(self, name: str) -> int:
        """The id of a drawn node.

        Raises:
            GradvizError: there is no such node, or the output does not depend on it.
        """
        return places.node(self.run, name)

    def toggle(self, name: str) -> bool:
        """Set a breakpoint at a node, or take it away; whether there is one now.

        Raises:
            GradvizError: there is no such node.
        """
        name = self.graph.names[self.node(name)]
        if name in self.breakpoints:
            self.breakpoints = tuple(other for other in self.breakpoints if other != name)
            return False
        self.breakpoints += (name,)
        return True

    def to_breakpoint(self) -> bool:
        """On to the next breakpoint, else to the end of the pass."""
        later = [p for p in range(self.position + 1, len(self.script) + 1) if self._breaks(p)]
        return self.goto(later[0]) if later else self.end_of_pass()

    def back_to_breakpoint(self) -> bool:
        """Back to the breakpoint before, else to the start of the pass."""
        earlier = [p for p in range(self.position - 1, 0, -1) if self._breaks(p)]
        return self.goto(earlier[0]) if earlier else self.start_of_pass()

    def _breaks(self, position: int) -> bool:
        stage, script = self.script.stage(position), self.script
        return any(places.where(script, node, stage) == position for node in self._marked())

    def _marked(self) -> list[int]:
        """The nodes with a breakpoint; one that the present folding does not draw waits."""
        names = self.graph.names
        return [self.script.owner.get(i, i) for i in range(len(names)) if names[i] in self.breakpoints]

    # --- what if ----------------------------------------------------------------------------------------

    def edit(self, given: Mapping[str, Any]) -> None:
        """Give inputs other numbers and run again; the position stays. ``undo`` takes it back.

        Raises:
            GradvizError: an unknown or computed name, or something that is no number.
        """
        values, arrays = assign(replace(self.base, data=self.state.data), given)
        if arrays:
            raise GradvizError("stepping goes through one point, not through arrays of points")
        self._change(replace(self.state, data=tuple(values)))

    def nudge(self, name: str, h: float = 0.01) -> Nudge:
        """Move one input by h, look at the output, and move it back.

        Raises:
            GradvizError: there is no such input, or h is no number to move by.

        >>> from gradviz import graph
        >>> made = Cursor(graph("f = x * y", x=4, y=-3)).nudge("x", 0.001)
        >>> round(made.after, 6), round(made.predicted, 6)
        (-12.003, -0.003)
        """
        return nudge(replace(self.base, data=self.state.data), name, h)

    def update(self, rate: float, names: Sequence[str] = ()) -> None:
        """Plan a step of gradient descent, and go to the start of it: w ← w − rate × ∂L/∂w.

        Its steps follow the backward pass; stepping past the last one takes it. ``undo`` goes back.

        Args:
            rate: the learning rate η.
            names: the inputs to move; all of them where left out.

        Raises:
            GradvizError: a rate that is no finite number, or a name that is no input.
        """
        if rate != rate or abs(rate) == float("inf"):
            raise GradvizError(f"the learning rate cannot be {rate}", expected="a number such as 0.1")
        chosen = tuple(dict.fromkeys(names)) or tuple(self.values)
        for name in chosen:
            if name not in self.values:
                raise GradvizError(
                    f"{name} is no input, and only inputs are updated",
                    expected="some of " + listed(list(self.values)),
                    hint=did_you_mean(name, list(self.values)),
                )
        drawn = tuple(name for name in chosen if self.base.reaches[self.base.id(name)])
        if not drawn:
            raise GradvizError(f"{self.output} depends on none of {listed(list(chosen))}")
        self._take()
        self._change(replace(self.state, plan=Plan(rate, drawn)))
        self.goto(self.script.starts[Stage.UPDATE])

    def _take(self) -> bool:
        """At the end of an update: its numbers become the inputs of the next round."""
        if self.state.plan is None or self.position < len(self.script):
            return False
        run = self.run
        data = list(self.state.data)
        for node, new in run.moved.items():
            data[run.drawn.base[node]] = new
        losses = (*self.state.losses, float(run.trace.output))
        self._change(replace(self.state, data=tuple(data), plan=None, position=0, losses=losses))
        return True

    def _change(self, state: State) -> None:
        self.history.append(self.state)
        self.state = state
        self.goto(state.position)

    def undo(self) -> bool:
        """Take back the last edit or update; whether there was one."""
        if not self.history:
            return False
        self.state = self.history.pop()
        return True

    def fold(self, direction: Direction = "toggle") -> str | None:
        """Write the present gate out, or fold it again; what was (un)folded, None where there is nothing to do.

        >>> from gradviz import graph
        >>> c = Cursor(graph("f = sigmoid(x)", x=0))
        >>> c.fold(), c.fold("unfold"), c.graph.gates[-1], len(c.script.stops)
        ('sigmoid', None, <gate div>, 10)
        """
        here = self.step or self.upcoming
        change = None if here is None else folding.change(self.run, here, self.state.unfolded, direction)
        if here is None or change is None:
            return None
        before, name = self.run, change
        self.state = replace(self.state, unfolded=self.state.unfolded ^ {name})
        if self.position:
            self.goto(folding.same_place(before, here, self.run))
        return name
