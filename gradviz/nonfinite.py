"""Which gate produced the first inf or nan: overflow, log 0, 1/0 are shown, and said once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gradviz.gates import INPUT
from gradviz.passes import Trace


@dataclass(frozen=True, slots=True)
class Trouble:
    """The first place where a number stopped being finite."""

    node: int
    gradient: bool  # in the backward pass; else in the forward pass
    message: str


def first_nonfinite(trace: Trace) -> Trouble | None:
    """The first gate, in the order of the passes, that gave inf or nan; None where all is finite.

    >>> from gradviz import graph
    >>> first_nonfinite(graph("y = log(x)", x=0).trace()).message
    'y = log(x) is -inf: the log gate got x = 0'
    """
    graph = trace.graph
    for i, value in enumerate(trace.values):
        if not _finite(value):
            return Trouble(i, False, _forward(trace, i))
    if trace.gradients is None or all(_finite(g) for g in trace.gradients):
        return None
    for event in trace.events:
        if not _finite(event.contribution) and not graph.constant[event.operand]:
            name, other = graph.names[event.node], graph.names[event.operand]
            row = graph.gates[event.node]
            return Trouble(
                event.node,
                True,
                f"the gradient of {other} is {_word(event.contribution)}: the local derivative of the"
                f" {row.name} gate {name} is {_word(event.local)} there"
                if not _finite(event.local)
                else f"the gradient of {other} is {_word(event.contribution)}: {_word(event.upstream)} times"
                f" {_word(event.local)} at the {row.name} gate {name} is too large for a number",
            )
    return None


def _forward(trace: Trace, i: int) -> str:
    graph, row = trace.graph, trace.graph.gates[i]
    name = graph.names[i]
    if row is INPUT or not graph.operands(i):
        return f"{name} is {_word(trace.values[i])}, as given"
    got = {graph.names[j]: f"{graph.names[j]} = {_word(trace.values[j])}" for j in graph.operands(i)}
    told = ", ".join(_word(trace.values[j]) if graph.constant[j] else got[graph.names[j]] for j in graph.operands(i))
    inside = ", ".join(graph.names[j] for j in graph.operands(i))
    takes = "" if row.name != "log" or not _negative(trace.values[graph.operands(i)[0]]) else _takes(trace, i)
    what = name if graph.given[i] is None else f"{name} = {row.name}({inside})"
    return f"{what} is {_word(trace.values[i])}: the {row.name} gate got {told}{takes}"


def _takes(trace: Trace, i: int) -> str:
    """What the library function around a node takes, where that is easily mistaken."""
    from gradviz.language.library import LIBRARY

    rows = (LIBRARY.get(call.function) for call in trace.graph.calls if i in call.inside)
    return next((f"; {row.takes}" for row in rows if row is not None and row.takes), "")


def _negative(value: Any) -> bool:
    return isinstance(value, float) and value < 0


def _finite(value: Any) -> bool:
    if isinstance(value, float):
        return value - value == 0.0
    import numpy as np

    return bool(np.isfinite(value).all())


def _word(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, (int, float)) else "not finite at some points"
