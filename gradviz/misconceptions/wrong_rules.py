"""What a learner would answer: every wrong rule run against the question, on our own graphs and our own pass.

A *quantity* (a value, a local derivative, a contribution, a gradient, an updated input) has one right answer and
many wrong ones. ``mutants`` gives them as functions of a Trace, so that they can be compared with a number somebody
wrote, or with a formula at many points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Literal, NamedTuple

from gradviz.gates import INPUT
from gradviz.graph import Graph, LibraryCall
from gradviz.misconceptions.wrong_edges import EDGES, Edge, right_local, right_share
from gradviz.misconceptions.wrong_passes import consumers, everywhere, gradients, in_order, orders, overwritten, stale
from gradviz.passes import Trace

Kind = Literal["value", "local", "contribution", "gradient", "update"]

_MOST_NODES = 400  # in a larger graph only the rules at the asked node are run: a key press must not wait for all


class Asked(NamedTuple):
    """A quantity of a trace.

    Args:
        kind: "value" of a node, "local" derivative or "contribution" along an edge, "gradient" of a node (the sum
            of its contributions), or an input after one "update" of gradient descent.
        node: the node; for an edge the consumer, the gate that hands back.
        slot: for an edge, which operand of that gate.
        rate: for an update, the learning rate.
    """

    kind: Kind
    node: int
    slot: int = 0
    rate: float = 0.1

    def target(self, graph: Graph) -> int:
        """The node that the quantity belongs to: for an edge the operand."""
        return graph.operands(self.node)[self.slot] if self.kind in ("local", "contribution") else self.node


@dataclass(frozen=True, eq=False)
class Mutant:
    """One wrong rule, applied to one quantity.

    Args:
        rule: the id of the misconception.
        everywhere: whether the rule is followed from the output on, and not at the asked place alone.
        number: the wrong answer on a trace; None where the rule says nothing there.
    """

    rule: str
    everywhere: bool
    number: Callable[[Trace], float | None]


def right_answer(trace: Trace, asked: Asked) -> float:
    """The number that is right.

    Raises:
        GradvizError: the trace has no backward pass, and the quantity needs one.

    >>> from gradviz import graph
    >>> trace = graph("q = x + y; f = q * z").trace(x=-2, y=5, z=-4)
    >>> right_answer(trace, Asked("contribution", 4, 1)), right_answer(trace, Asked("update", 0, rate=0.5))
    (3.0, 0.0)
    """
    if asked.kind == "value":
        return float(trace.values[asked.node])
    if asked.kind == "local":
        return right_local(trace, asked.node, asked.slot)
    found = gradients(trace)
    if asked.kind == "contribution":
        return right_share(trace, asked.node, asked.slot, found[asked.node])
    if asked.kind == "gradient":
        return float(found[asked.node])
    return float(trace.values[asked.node] - asked.rate * found[asked.node])


def mutants(graph: Graph, asked: Asked) -> list[Mutant]:
    """Every wrong rule that says something about this quantity, the most specific first.

    They are functions of a trace: compare them at one point with a number, or at many with a formula. For the
    derivative of an inner node a, ask about ``graph.with_output("a")``.

    >>> from gradviz import graph
    >>> g = graph("f = x * y")
    >>> found = mutants(g, Asked("local", 2, 0))
    >>> found[0].rule, found[0].number(g.trace(x=3, y=4))
    ('mul_not_swapped', 3.0)
    """
    match asked.kind:
        case "value":
            found = [*_double_softmax(graph, asked), *_wrong_values(asked)]
        case "local":
            found = [Mutant(edge.rule, False, partial(_local, edge, asked)) for edge in EDGES if edge.local]
            found.append(_negated(asked))
        case "contribution":
            found = [Mutant(edge.rule, False, partial(_share, edge, asked)) for edge in EDGES]
            found.append(_negated(asked))
        case "gradient":
            found = _of_gradient(graph, asked)
        case "update":
            found = _of_update(graph, asked)
    trace = _any_trace(graph)
    return found if trace is None else [one for one in found if one.number(trace) is not None]


def _any_trace(graph: Graph) -> Trace | None:
    """Some trace, to see which rules apply at all: only the structure decides."""
    return graph.trace(dict.fromkeys(graph.inputs, 0.7)) if len(graph) <= _MOST_NODES else None


# --- along one edge -------------------------------------------------------------------------------------


def _local(edge: Edge, asked: Asked, trace: Trace) -> float | None:
    assert edge.local is not None
    return edge.local(trace, asked.node, asked.slot)


def _share(edge: Edge, asked: Asked, trace: Trace) -> float | None:
    return edge.gives(trace, asked.node, asked.slot, gradients(trace)[asked.node])


def _negated(asked: Asked) -> Mutant:
    return Mutant("sign_error", False, lambda trace: -right_answer(trace, asked))


def _wrong_values(asked: Asked) -> Iterator[Mutant]:
    """Forward there are few rules to get wrong: a sign lost on the way."""

    def sign_lost(trace: Trace) -> float | None:
        row, operands = trace.graph.gates[asked.node], trace.graph.operands(asked.node)
        numbers = [trace.values[j] for j in operands]
        if row.name == "sub":
            return float(numbers[0] + numbers[1])
        return float(numbers[0]) if row.name == "neg" else None

    yield Mutant("sign_error", False, sign_lost)
    yield _negated(asked)


# --- the gradient of a node -----------------------------------------------------------------------------


def _of_gradient(graph: Graph, asked: Asked) -> list[Mutant]:
    node = asked.node
    edges = consumers(graph, node)
    small = len(graph) <= _MOST_NODES
    found = [*_target_kept(graph, asked), *_double_softmax(graph, asked)]
    if len(edges) > 1:
        if small and _repeated(graph, edges):
            found.append(Mutant("not_backpropagated_through_time", False, partial(_single, edges[0])))
        found += [Mutant("fanout_not_summed", False, partial(_single, edge)) for edge in reversed(edges)]
    found += [Mutant(edge.rule, False, partial(_at_node, edge, edges)) for edge in EDGES]
    if small:
        found += [Mutant("evaluation_order", True, partial(in_order, node, order)) for order in orders(graph)]
        found += [Mutant(edge.rule, True, partial(everywhere, edge, node)) for edge in EDGES]
        found.append(Mutant("fanout_not_summed", True, partial(overwritten, node)))
        found += [Mutant("stale_gradient", True, partial(stale, node, kept)) for kept in ("all", "inner", "leaves")]
    found.append(_negated(asked))
    return found


def _single(edge: tuple[int, int], trace: Trace) -> float:
    """What one path brought, as if there were no other."""
    return right_share(trace, *edge, gradients(trace)[edge[0]])


def _at_node(edge: Edge, edges: Iterable[tuple[int, int]], trace: Trace) -> float | None:
    """The sum with the wrong rule on the last step, and everything before it right."""
    total, said = 0.0, False
    for node, slot in edges:
        upstream = gradients(trace)[node]
        share = edge.gives(trace, node, slot, upstream)
        said = said or share is not None
        total += right_share(trace, node, slot, upstream) if share is None else share
    return total if said else None


# --- rules about losses and about time ------------------------------------------------------------------


def _repeated(graph: Graph, edges: Sequence[tuple[int, int]]) -> bool:
    """Whether a weight is used at several steps, one after the other: the same slot of multiply gates in a chain."""
    gates = [graph.gates[node].name for node, _ in edges]
    slots = {slot for _, slot in edges}
    if set(gates) != {"mul"} or len(slots) > 1 or graph.gates[graph.operands(edges[0][0])[edges[0][1]]] is not INPUT:
        return False
    nodes = [node for node, _ in edges]
    return all(graph.with_output(later).reaches[earlier] for later, earlier in pairwise(nodes))


def _losses(graph: Graph, node: int) -> Iterator[LibraryCall]:
    return (call for call in graph.calls if call.function == "cross_entropy" and node in call.arguments)


def _target_kept(graph: Graph, asked: Asked) -> Iterator[Mutant]:
    """p where p − y is right: the target's own share, −1, is forgotten."""
    for call in _losses(graph, asked.node):
        if graph.operands(call.output)[-1] == asked.node:
            edges = [edge for edge in consumers(graph, asked.node) if edge != (call.output, 1)]

            def kept(trace: Trace, edges: list[tuple[int, int]] = edges) -> float:
                return math.fsum(_single(edge, trace) for edge in edges)

            yield Mutant("target_not_subtracted", False, kept)


def _double_softmax(graph: Graph, asked: Asked) -> Iterator[Mutant]:
    """The loss takes scores, and is given probabilities."""
    calls = _losses(graph, asked.node) if asked.kind == "gradient" else (
        call for call in graph.calls if call.function == "cross_entropy" and call.output == asked.node
    )  # fmt: skip
    for call in calls:
        target = graph.operands(call.output)[-1]

        def twice(trace: Trace, call: LibraryCall = call, target: int = target) -> float | None:
            from gradviz.language import build

            scores = [float(trace.values[j]) for j in call.arguments]
            wrong = build(f"cross_entropy(softmax(z), {call.arguments.index(target)})", {"z": scores}).trace()
            if asked.kind == "value":
                return float(wrong.output)
            own = wrong[f"z[{call.arguments.index(asked.node)}]"].grad or 0.0
            inside = [edge for edge in consumers(graph, asked.node) if edge[0] in call.inside]
            others = [edge for edge in consumers(graph, asked.node) if edge not in inside]
            return float(gradients(trace)[call.output] * own) + math.fsum(_single(e, trace) for e in others)

        yield Mutant("double_softmax", False, twice)


# --- one step of gradient descent -----------------------------------------------------------------------


def _of_update(graph: Graph, asked: Asked) -> list[Mutant]:
    """Wrong steps with the right gradient, then the right step with every wrong gradient."""
    node, rate = asked.node, asked.rate
    others = [name for name in graph.inputs if graph.id(name) != node]

    def up(trace: Trace) -> float:
        return float(trace.values[node] + rate * gradients(trace)[node])

    def too_early(moved: Sequence[str], trace: Trace) -> float | None:
        now = {name: trace[name].value for name in graph.inputs}
        new = {name: now[name] - rate * gradients(trace)[graph.id(name)] for name in moved}
        return float(now[graph.names[node]] - rate * gradients(graph.trace({**now, **new}))[node])

    def step(wrong: Mutant, trace: Trace) -> float | None:
        gradient = wrong.number(trace)
        return None if gradient is None else float(trace.values[node] - rate * gradient)

    found = [Mutant("ascent", False, up)]
    if len(graph) <= _MOST_NODES:
        groups = dict.fromkeys([tuple(others), *((name,) for name in others[:12])])
        found += [Mutant("update_too_early", False, partial(too_early, group)) for group in groups if group]
    wrong_gradients = _of_gradient(graph, Asked("gradient", node))
    return found + [Mutant(one.rule, one.everywhere, partial(step, one)) for one in wrong_gradients]
