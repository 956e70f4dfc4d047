"""A graph and its trace as data: the JSON contract of ``gradviz show --json``."""

from __future__ import annotations

from typing import Any

from gradviz.graph import Graph
from gradviz.passes import Trace


def as_json(graph: Graph, trace: Trace | None) -> dict[str, Any]:
    """Plain lists and numbers, full precision; non-finite numbers are "inf", "-inf", "nan".

    ``value`` is null where no number was given, ``grad`` where no backward pass was run. Rounding, folding and
    themes never change it.

    >>> from gradviz import graph
    >>> g = graph("f = x * x", x=3)
    >>> as_json(g, g.trace())["nodes"][0]
    {'id': 0, 'name': 'x', 'gate': 'input', 'operands': [], 'value': 3.0, 'grad': 6.0}
    """
    grads = None if trace is None else trace.gradients
    nodes = [
        {
            "id": node.id,
            "name": node.name,
            "gate": node.gate,
            "operands": list(node.operands),
            "value": number(trace.values[node.id] if trace is not None else node.data),
            "grad": None if grads is None else number(grads[node.id]),
        }
        for node in graph
    ]
    events = [
        {
            "node": event.node,
            "operand": event.operand,
            "slot": event.slot,
            "upstream": number(event.upstream),
            "local": number(event.local),
            "contribution": number(event.contribution),
            "total": number(event.total),
        }
        for event in (trace.events if trace is not None else ())
    ]
    return {"output": graph.output, "nodes": nodes, "events": events}


def number(given: float | None) -> float | str | None:
    """A number as JSON can hold it.

    >>> number(0.1), number(float("-inf")), number(None)
    (0.1, '-inf', None)
    """
    if given is None:
        return None
    given = float(given)
    if given != given:
        return "nan"
    if given in (float("inf"), float("-inf")):
        return "inf" if given > 0 else "-inf"
    return given + 0.0  # -0.0 is 0
