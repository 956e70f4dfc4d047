"""The steps of one run, in order: forward gate by gate, backward contribution by contribution, then the update.

The inputs stand at position 0: they are given. A library function drawn as one box makes one step in each pass.
Backward steps are made of ``Trace.events`` and of nothing else.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from gradviz.draw.view import View
from gradviz.graph import Graph, LibraryCall
from gradviz.nonfinite import Trouble, first_nonfinite
from gradviz.passes import Event, Trace


class Stage(enum.Enum):
    """What is going on."""

    FORWARD = "forward"
    BACKWARD = "backward"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Args:
        stage: the pass it belongs to.
        node: the gate that fires; in the update the input that moves, and last the output, which is computed anew.
        events: what it hands back (one event; for a box, all that happens inside it; for the seed none).
        done: how many backward events have happened after it.
        box: the library function drawn as one box, if it is one.
    """

    stage: Stage
    node: int
    events: tuple[Event, ...] = ()
    done: int = 0
    box: LibraryCall | None = None

    @property
    def is_seed(self) -> bool:
        """Whether it puts the gradient 1 at the output."""
        return self.stage is Stage.BACKWARD and not self.events

    @property
    def crossing(self) -> tuple[Event, ...]:
        """Its events that leave the box; without a box all of them."""
        if self.box is None:
            return self.events
        return tuple(event for event in self.events if event.operand not in self.box.inside)


class Script(Sequence[Step]):
    """All steps of a run.

    Position ``p`` means that steps 0 to p - 1 have been done.

    Args:
        trace: the run.
        view: what is drawn of it.
        boxes: the library functions drawn as one box, by output.
        moving: the inputs that the update changes, if there is one.
    """

    def __init__(self, trace: Trace, view: View, boxes: Mapping[int, LibraryCall], moving: Sequence[int] = ()) -> None:
        self.trace, self.boxes = trace, boxes
        self.events = list(trace.events)
        graph = trace.graph
        forward = [
            Step(Stage.FORWARD, cell.node, box=boxes.get(cell.node))
            for cell in view.cells
            if graph.operands(cell.node) and cell.kind != "const"
        ]
        backward = [Step(Stage.BACKWARD, graph.output), *self._backward(graph)]
        update = [Step(Stage.UPDATE, node, done=len(self.events)) for node in (*moving, graph.output)] if moving else []
        self._steps = [*forward, *backward, *update]
        self.starts = {
            Stage.FORWARD: 0,
            Stage.BACKWARD: len(forward),
            Stage.UPDATE: len(forward) + len(backward),
        }

    def _backward(self, graph: Graph) -> Iterator[Step]:
        at = 0
        while at < len(self.events):
            event = self.events[at]
            box = self.boxes[self.owner[event.node]] if event.node in self.owner else None
            end = at + 1
            if box is not None:
                while end < len(self.events) and self.events[end].node in box.inside:
                    end += 1
            step = Step(Stage.BACKWARD, event.node if box is None else box.output, tuple(self.events[at:end]), end, box)
            if any(not graph.constant[e.operand] for e in step.crossing):
                yield step
            at = end

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, index: int) -> Step:  # type: ignore[override]
        return self._steps[index]

    def stage(self, position: int) -> Stage:
        """The pass of the step before a position; at 0 the forward pass."""
        return self._steps[position - 1].stage if position else Stage.FORWARD

    @cached_property
    def stops(self) -> list[int]:
        """The positions where a gate has just finished, with both ends: where stepping by gate halts.

        A seed, and every input of an update, is a stop of its own.
        """
        ends = [0]
        for position in range(1, len(self) + 1):
            this = self._steps[position - 1]
            after = self._steps[position] if position < len(self) else None
            if after is None or (after.stage, after.node, after.is_seed) != (this.stage, this.node, this.is_seed):
                ends.append(position)
        return ends

    @cached_property
    def computed(self) -> dict[int, int]:
        """For every gate the position from which on its value is known."""
        return {step.node: p for p, step in enumerate(self._steps, 1) if step.stage is Stage.FORWARD}

    @cached_property
    def received(self) -> dict[int, list[int]]:
        """For every node the indexes of the events that bring it a contribution."""
        found: dict[int, list[int]] = {}
        for at, event in enumerate(self.events):
            found.setdefault(event.operand, []).append(at)
        return found

    @cached_property
    def owner(self) -> dict[int, int]:
        """For every node inside a box the box's output."""
        return {i: call.output for call in self.boxes.values() for i in call.inside}

    @cached_property
    def arrivals(self) -> dict[tuple[int, int], int]:
        """For every drawn (gate, operand slot) the number of events until its contribution is known.

        All slots of a box are known at once: its slot is -1.
        """
        known: dict[tuple[int, int], int] = {}
        for count, event in enumerate(self.events, 1):
            box = self.owner.get(event.node)
            known[(event.node, event.slot) if box is None else (box, -1)] = count
        return known

    @cached_property
    def trouble(self) -> Trouble | None:
        """The first gate that gave inf or nan."""
        return first_nonfinite(self.trace)

    def ends(self, stage: Stage) -> tuple[int, int]:
        """The positions before the first and after the last step of a pass."""
        later = [at for s, at in self.starts.items() if at > self.starts[stage]]
        return self.starts[stage], min(later, default=len(self))
