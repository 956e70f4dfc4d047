"""At which gate was the rule broken? Every wrong rule is tried at one gate at a time, and the rest done right.

The wrong share of a single gate moves the gradient of x by (wrong - right) times the derivative of that gate's operand
by x: above the gate nothing changes, and below it the pass is linear. So one backward pass and one tangent for
every point are enough for all gates and all rules.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import NamedTuple

from gradviz.graph import Graph
from gradviz.language.limits import check_time
from gradviz.misconceptions.wrong_edges import EDGES, Edge, right_local, right_share
from gradviz.passes import Trace

_MOST_GATES = 150  # in a larger graph one gate at a time would take too long
_PLAIN_FACTORS = (0.0, 1.0, -1.0)  # nobody writes them down, so that their absence says nothing
_SAME = 1e-9


class Broken(NamedTuple):
    """A wrong rule at a single gate.

    Args:
        rule: the id of the misconception.
        gate: the gate's node.
        numbers: the gradient that it gives, one a trace.
        factor: the number that the rule puts in on its own, the ½ of a gradient shared out; None without one.
    """

    rule: str
    gate: int
    numbers: tuple[float, ...]
    factor: float | None


#: Where a rule stands in the list of wrong rules, which runs from the specific to the general.
SPECIFIC: Mapping[str, int] = {rule: at for at, rule in enumerate(dict.fromkeys(edge.rule for edge in EDGES))}


def broken_gates(graph: Graph, by: int, traces: Sequence[Trace]) -> Iterator[Broken]:
    """Every wrong rule at every gate between the output and a node, the gates near that node first.

    Where several operands of a gate lie on the way, the rule is broken for all of them, and for one at a time.

    Args:
        graph: what is differentiated is its output.
        by: the node.
        traces: some points, with their gradients.

    >>> from gradviz import graph
    >>> g = graph("e = p - t; L = e^2", p=7, t=5)
    >>> [(each.rule, g.names[each.gate]) for each in broken_gates(g, 0, [g.trace()]) if each.numbers == (2.0,)]
    [('split_in_half', 'e'), ('power_rule_wrong', 'L')]
    """
    tangents = [_tangent(trace, by) for trace in traces]
    on_path = [False] * len(graph)
    on_path[by] = True
    for i in range(by + 1, graph.output + 1):
        on_path[i] = any(on_path[j] for j in graph.operands(i))
    gates = [i for i in range(by + 1, graph.output + 1) if on_path[i] and graph.reaches[i]]
    if len(gates) > _MOST_GATES:
        return
    for gate in gates:
        check_time()
        slots = tuple(slot for slot, j in enumerate(graph.operands(gate)) if on_path[j])
        ways = [slots, *((slot,) for slot in slots)] if len(slots) > 1 else [slots]
        for edge in EDGES:
            for way in ways:
                found = [_with(edge, gate, way, by, *one) for one in zip(traces, tangents, strict=True)]
                numbers = tuple(x for x in found if x is not None)
                if numbers and len(numbers) == len(found):
                    yield Broken(edge.rule, gate, numbers, _own_factor(edge, gate, way, traces))


def forgotten_branches(graph: Graph, by: int, traces: Sequence[Trace]) -> Iterator[tuple[int, tuple[float, ...]]]:
    """Every gate that uses a node, with the gradient of the node that lacks just this gate's share, one a trace.

    >>> from gradviz import graph
    >>> g = graph("f = a*x + b*x + x^2", a=2, b=3, x=4)
    >>> [(g.gates[gate].name, numbers) for gate, numbers in forgotten_branches(g, g.id("x"), [g.trace()])]
    [('mul', (11.0,)), ('mul', (10.0,)), ('pow', (5.0,))]
    """
    for gate in range(by + 1, len(graph)):
        for slot, operand in enumerate(graph.operands(gate)):
            if operand == by and graph.reaches[gate]:
                yield gate, tuple(_without(trace, gate, slot, by) for trace in traces)


def _without(trace: Trace, gate: int, slot: int, by: int) -> float:
    assert trace.gradients is not None
    upstream = float(trace.gradients[gate])
    return float(trace.gradients[by]) - float(right_share(trace, gate, slot, upstream))


def _tangent(trace: Trace, by: int) -> list[float]:
    """The derivative of every node by one of them."""
    graph = trace.graph
    slopes = [0.0] * len(graph)
    slopes[by] = 1.0
    for i in range(by + 1, graph.output + 1):
        if graph.reaches[i]:
            for slot, j in enumerate(graph.operands(i)):
                if slopes[j]:
                    slopes[i] += right_local(trace, i, slot) * slopes[j]
    return slopes


def _with(edge: Edge, gate: int, slots: Sequence[int], by: int, trace: Trace, tangent: Sequence[float]) -> float | None:
    """The gradient with the wrong rule at this gate; None where the rule says nothing there."""
    assert trace.gradients is not None
    total, said = float(trace.gradients[by]), False
    upstream = float(trace.gradients[gate])
    operands = trace.graph.operands(gate)
    for slot in slots:
        share = edge.gives(trace, gate, slot, upstream)
        if share is not None:
            said = True
            total += (share - right_share(trace, gate, slot, upstream)) * tangent[operands[slot]]
    return total if said else None


def _own_factor(edge: Edge, gate: int, slots: Sequence[int], traces: Sequence[Trace]) -> float | None:
    """The constant that the rule has where the right local derivative has another one."""
    if edge.local is None:
        return None
    found = [edge.local(trace, gate, slots[0]) for trace in traces]
    right = [right_local(trace, gate, slots[0]) for trace in traces]
    first = found[0]
    if first is None or abs(first) in _PLAIN_FACTORS or len(traces) < 2:
        return None
    constant = all(x is not None and abs(x - first) <= _SAME * abs(first) for x in found)
    differs = any(abs(x - first) > _SAME for x in right)
    return abs(first) if constant and differs else None


def ranked(
    rules: Sequence[str],
    gates: Container[str],
    factors: Mapping[str, float],
    written: Sequence[float],
    *,
    formula: bool,
) -> list[str]:
    """The rules, the likeliest first.

    A rule that puts a number of its own into the formula should show it: where that number stands there, the rule comes
    first, and where it does not, last. One slip comes before the same slip at several gates, and the specific before
    the general.

    Args:
        rules: what gives the other side.
        gates: the rules for which one gate is enough.
        factors: by rule the number that it puts in.
        written: the numbers that the student wrote.
        formula: whether the student wrote a formula; a bare number shows no factors.

    >>> both = ["split_in_half", "half_lost"]
    >>> ranked(both, both, {"split_in_half": 0.5}, [], formula=True)
    ['half_lost', 'split_in_half']
    """
    first = next((at for at, rule in enumerate(rules) if rule in SPECIFIC), len(rules))

    def key(rule: str) -> tuple[int, bool, int]:
        # rules about a whole pass: those that were put before the gates' rules stay there, the others behind
        order = SPECIFIC.get(rule, -1 if rules.index(rule) < first else len(SPECIFIC))
        several = rule in SPECIFIC and rule not in gates
        factor = factors.get(rule)
        if factor is None or not formula:
            return (0, several, order)
        return (-1 if any(abs(abs(x) - factor) <= _SAME for x in written) else 1, several, order)

    return sorted(rules, key=key)
