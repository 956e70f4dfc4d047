"""The same steps as text, one a line with its sentence, or as JSON, one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from gradviz.draw.data import number
from gradviz.graph import Graph
from gradviz.step.cursor import Cursor
from gradviz.step.script import Stage
from gradviz.step.telling import telling

_TITLES = {
    Stage.FORWARD: "Forward: every gate computes its value.",
    Stage.BACKWARD: "Backward: every gate hands upstream × local back to its operands.",
    Stage.UPDATE: "Update: every input moves against its gradient.",
}


def lines(cursor: Cursor, *, rate: float | None = None, names: Sequence[str] = ()) -> Iterator[str]:
    """What there is to say from the cursor's position to the end of the backward pass, or of an update.

    Args:
        cursor: it is moved to the end.
        rate: the learning rate of an update that follows; None for none.
        names: the inputs to update; all of them where left out.

    >>> from gradviz import graph
    >>> print("\\n".join(lines(Cursor(graph("f = x * y", x=3, y=-2)))))
    Given: x = 3, y = -2.
    Forward: every gate computes its value.
      1. The × gate computes f from x and y. f = x · y = 3 · (-2) = -6
    Backward: every gate hands upstream × local back to its operands.
      1. The gradient of f with respect to itself is 1: that is where the backward pass starts. ∂f/∂f = 1
      2. The × gate swaps: x gets the upstream gradient times the other input, y. ∂f/∂x via f = upstream × local \
= 1 × (-2) = -2 (local: ∂f/∂x = y = -2)
      3. The × gate swaps: y gets the upstream gradient times the other input, x. ∂f/∂y via f = upstream × local \
= 1 × 3 = 3 (local: ∂f/∂y = x = 3)
    """
    if rate is not None:
        plan(cursor, rate, names)
    text = cursor.options.numerals.text
    if not cursor.position:
        given = ", ".join(f"{name} = {text(value)}" for name, value in cursor.values.items())
        yield f"Given: {given}." if given else "There are no inputs."
    titled = None
    while cursor.next_contribution():
        stage = cursor.stage
        if stage is not titled:
            yield _TITLES[stage]
            titled = stage
        told = telling(cursor)
        count = cursor.position - cursor.script.starts[stage]
        yield f"  {count}. {' '.join((told.sentence, *told.arithmetic))}"
        if cursor.position == len(cursor.script):
            return


def plan(cursor: Cursor, rate: float, names: Sequence[str]) -> None:
    """Plan the update without leaving the place."""
    position = cursor.position
    cursor.update(rate, names)
    cursor.goto(position)


def objects(
    graph: Graph, *, at: int = 0, rate: float | None = None, names: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """The steps as data, at full precision; non-finite numbers are "inf", "-inf", "nan".

    Args:
        graph: with a number for every input.
        at: the forward pass is told from this node on.
        rate: the learning rate of an update that follows; None for none.
        names: the inputs to update; all of them where left out.

    >>> from gradviz import graph
    >>> for line in objects(graph("f = x^2", x=3), rate=0.5):
    ...     print(line["stage"], sorted(line)[:3])
    forward ['gate', 'name', 'node']
    forward ['gate', 'name', 'node']
    forward ['gate', 'name', 'node']
    backward ['contribution', 'local', 'name']
    backward ['contribution', 'local', 'name']
    update ['after', 'before', 'grad']
    update ['after', 'before', 'grad']
    """
    trace, every = graph.trace(), graph.names
    for node in graph:
        if node.id >= at:
            yield {
                "stage": "forward",
                "node": node.id,
                "name": node.name,
                "gate": node.gate,
                "operands": list(node.operands),
                "value": number(trace.values[node.id]),
            }
    for event in trace.events:
        yield {
            "stage": "backward",
            "node": event.node,
            "name": every[event.node],
            "operand": event.operand,
            "operand_name": every[event.operand],
            "slot": event.slot,
            "upstream": number(event.upstream),
            "local": number(event.local),
            "contribution": number(event.contribution),
            "total": number(event.total),
        }
    if rate is not None:
        yield from _update(graph, rate, names)


def _update(graph: Graph, rate: float, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """One object an input, and last the output, computed anew."""
    cursor = Cursor(graph)
    cursor.update(rate, names)
    run, trace = cursor.run, cursor.run.exact
    assert trace.gradients is not None
    numbers = [(node, trace.values[node], trace.gradients[node], new) for node, new in run.moved.items()]
    numbers.append((run.graph.output, trace.output, None, run.after.output))
    for node, before, grad, after in numbers:
        yield {
            "stage": "update",
            "node": run.drawn.base[node],
            "name": run.graph.names[node],
            "rate": number(rate),
            "grad": number(grad),
            "before": number(before),
            "after": number(after),
        }


def json_line(data: dict[str, Any]) -> str:
    """One object as one line."""
    return json.dumps(data, ensure_ascii=False)
