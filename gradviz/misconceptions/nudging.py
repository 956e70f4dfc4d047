"""The proof by nudge: move one number a little, and look at what the rest does."""

from __future__ import annotations

import math
from collections.abc import Callable

from gradviz.gates import INPUT
from gradviz.graph import NONE, Tape
from gradviz.misconceptions.wrong_passes import consumers
from gradviz.misconceptions.wrong_rules import Asked, right_answer
from gradviz.numerals import Numerals
from gradviz.passes import Trace, forward

#: The sentences of a refutation.
_OUTPUT = "{operand} + {h} moves {out} by {change}, not by {claimed}."
_BRANCH = "{operand} + {h}, seen by {node} alone, moves {out} by {change}, not by {claimed}."
_LOCAL = "{operand} + {h} moves {node} by {change}, not by {claimed}."
_UPDATE = "{operand} + {h} moves {out} by {change}, so one step with rate {rate} moves {operand} by {step}."

_STEPS = (0.01, 0.001, 0.0001)


def held(trace: Trace, node: int, value: float) -> float:
    """The output when one node is held at a value, whatever its own operands say.

    >>> from gradviz import graph
    >>> held(graph("q = x + y; f = q * z").trace(x=-2, y=5, z=-4), 2, 3.01)
    -12.04
    """
    graph = trace.graph
    gates, first, second = list(graph.gates), list(graph.tape.first), list(graph.tape.second)
    gates[node], first[node], second[node] = INPUT, NONE, NONE
    values = list(trace.values)
    values[node] = value
    forward(Tape(gates, first, second, {i: ids for i, ids in graph.tape.more.items() if i != node}), values)
    return float(values[graph.output])


def refutation(trace: Trace, asked: Asked, answer: float, right: float, numerals: Numerals) -> str:
    """One sentence with the numbers of a nudge; "" where no nudge speaks clearly (at a kink, or at infinity).

    >>> from gradviz import graph
    >>> trace = graph("f = x * y").trace(x=3, y=-4)
    >>> refutation(trace, Asked("gradient", 0), 3.0, -4.0, Numerals())
    'x + 0.01 moves f by -0.04, not by 0.03.'
    """
    if asked.kind == "value":
        return ""
    if trace.rounded is not None:
        trace = trace.graph.trace({name: trace[name].value for name in trace.graph.inputs})
        right = right_answer(trace, asked)
    slope, claim = right, answer
    if asked.kind == "update":
        slope = trace.gradients[asked.node] if trace.gradients else math.nan
    if not (math.isfinite(slope) and math.isfinite(claim)):
        return ""
    change_by, template = _experiment(trace, asked)
    for h in _STEPS:
        change = change_by(h)
        if abs(change - slope * h) <= 0.02 * abs(slope * h) + 1e-9:
            return _told(trace, asked, template, h, change, claim, slope, numerals)
    return ""


def _experiment(trace: Trace, asked: Asked) -> tuple[Callable[[float], float], str]:
    """What is moved and watched: a function from h to the change."""
    graph, values = trace.graph, trace.values
    before = float(values[graph.output])
    if asked.kind in ("gradient", "update"):
        template = _OUTPUT if asked.kind == "gradient" else _UPDATE
        return (lambda h: held(trace, asked.node, float(values[asked.node]) + h) - before), template
    operands = [float(values[j]) for j in graph.operands(asked.node)]

    def gate_at(h: float) -> float:
        moved = list(operands)
        moved[asked.slot] += h
        return float(graph.gates[asked.node].value(*moved))

    if asked.kind == "local":
        return (lambda h: gate_at(h) - float(values[asked.node])), _LOCAL
    one_way = len(consumers(graph, asked.target(graph))) == 1
    return (lambda h: held(trace, asked.node, gate_at(h)) - before), _OUTPUT if one_way else _BRANCH


def _told(
    trace: Trace, asked: Asked, template: str, h: float, change: float, claim: float, slope: float, numerals: Numerals
) -> str:
    """The sentence, with as many digits as it takes to see the difference."""
    graph = trace.graph
    for digits in range(2, 10):
        text = Numerals(digits, ascii=numerals.ascii).text
        seen, claimed = text(change), text(claim * h)
        if seen != claimed:
            break
    return template.format(
        operand=graph.names[asked.target(graph)],
        node=graph.names[asked.node],
        out=graph.names[graph.output],
        h=h,
        change=seen,
        claimed=claimed,
        rate=Numerals().text(asked.rate),
        step=numerals.text(-asked.rate * slope),
    )
