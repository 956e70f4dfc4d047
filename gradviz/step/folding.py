"""Writing a gate out where one stands, and folding it again without losing the place."""

from __future__ import annotations

from typing import Literal

from gradviz.gates import GATES
from gradviz.graph import Graph
from gradviz.step.run import Run
from gradviz.step.script import Step

Direction = Literal["unfold", "fold", "toggle"]


def change(run: Run, step: Step, unfolded: frozenset[str], direction: Direction) -> str | None:
    """The gate or library function to write out or to fold at a step; None where there is none."""
    if direction != "fold" and (inner := _inside(run, step, unfolded)) is not None:
        return inner
    return None if direction == "unfold" else _around(run, step, unfolded)


def named(graph: Graph, names: frozenset[str]) -> frozenset[str]:
    """What to write out, name by name: "all" stands for every gate and library function that can be."""
    if "all" not in names:
        return names
    gates = {row.name for row in GATES.values() if row.textbook is not None and row.arity}
    return frozenset(gates | {call.function for call in graph.calls})


def _inside(run: Run, step: Step, unfolded: frozenset[str]) -> str | None:
    """What can be written out at a step."""
    if step.box is not None:
        return step.box.function
    row = run.graph.gates[step.node]
    return row.name if row.textbook is not None and row.arity and row.name not in unfolded else None


def _around(run: Run, step: Step, unfolded: frozenset[str]) -> str | None:
    """What a step is inside of: the written-out gate, else the innermost library function."""
    gate = run.base.gates[run.drawn.base[step.node]]
    if gate is not run.graph.gates[step.node] and gate.name in unfolded:
        return gate.name
    calls = [call for call in run.graph.calls if step.node in call.inside and call.function in unfolded]
    return min(calls, key=lambda call: len(call.inside)).function if calls else None


def same_place(old: Run, step: Step, new: Run) -> int:
    """The position in a new run after everything that the old run's step stands for."""
    wanted = old.cover(step)
    start, end = new.script.ends(step.stage)
    same = [p for p in range(start + 1, end + 1) if new.cover(new.script[p - 1]) & wanted]
    if not same:
        return start
    # A gate that looks the same in both keeps its slot; what was folded has finished.
    slots = [p for p in same if [e.slot for e in new.script[p - 1].events] == [e.slot for e in step.events]]
    plain = all(new.cover(new.script[p - 1]) == wanted for p in same)
    return slots[-1] if plain and slots else same[-1]
