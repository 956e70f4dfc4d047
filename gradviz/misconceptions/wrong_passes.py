"""Whole backward passes that go wrong: our own pass with another rule for its edges, another order, another start.

A wrong backward pass is ``passes.backward`` with a changed table: there is no second engine here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial

from gradviz.errors import GradvizError
from gradviz.gates import Gate, Pattern
from gradviz.graph import Graph, Tape
from gradviz.misconceptions.wrong_edges import Edge, right_share
from gradviz.passes import Arithmetic, Trace, backward

_MOST_FIRINGS = 5_000  # of the recursion that visits shared nodes again and again


def gradients(trace: Trace) -> Sequence[float]:
    """The gradients of a trace.

    Raises:
        GradvizError: it has none.
    """
    if trace.gradients is None:
        raise GradvizError("this trace has no gradients", hint="trace(...) without backward=False")
    return trace.gradients


def consumers(graph: Graph, node: int) -> list[tuple[int, int]]:
    """The edges out of a node, as (consumer, slot), in the order in which the backward pass goes along them.

    >>> from gradviz import graph
    >>> consumers(graph("f = x*y + x"), 0)
    [(3, 1), (2, 0)]
    """
    found = []
    for i in range(graph.output, node, -1):
        if graph.reaches[i]:
            found += [(i, slot) for slot, j in enumerate(graph.operands(i)) if j == node]
    return found


def everywhere(edge: Edge, node: int, trace: Trace) -> float | None:
    """The whole pass by the wrong rule."""
    said = False

    def wrong(i: int, slot: int, upstream: float) -> float:
        nonlocal said
        share = edge.gives(trace, i, slot, upstream)
        said = said or share is not None
        return right_share(trace, i, slot, upstream) if share is None else share

    found = changed_pass(trace, wrong)[node]
    return found if said else None


class _Last(float):
    """A share that replaces what stands there, where it should be added: ``grad = …`` for ``grad += …``."""

    def __add__(self, other: float) -> float:
        return other

    def __radd__(self, other: float) -> float:
        return self


def overwritten(node: int, trace: Trace) -> float:
    """A node's gradient where every share overwrites the one before."""
    return float(changed_pass(trace, lambda i, slot, upstream: _Last(right_share(trace, i, slot, upstream)))[node])


def changed_pass(trace: Trace, share: Callable[[int, int, float], float]) -> list[float]:
    """Our backward pass over this trace with another rule for what an edge hands back.

    Args:
        trace: the numbers.
        share: the rule: (consumer, slot, upstream) -> what is added to the operand's gradient.

    >>> from gradviz import graph
    >>> trace = graph("f = x * y").trace(x=3, y=4)
    >>> changed_pass(trace, lambda node, slot, upstream: upstream)
    [1.0, 1.0, 1.0]
    """
    graph = trace.graph
    tape = graph.tape
    rows: list[Gate] = []
    rules: dict[Gate, tuple[Callable[[float], float], ...]] = {}
    for i, row in enumerate(tape.gates):
        if row.arity == 0 or not graph.reaches[i]:
            rows.append(row)
            continue
        stand_in = _stand_in(i)
        rules[stand_in] = tuple(partial(share, i, slot) for slot in range(len(tape.of(i))))
        rows.append(stand_in)
    # To this arithmetic a "local derivative" is the whole rule of its edge, and select applies it.
    kind = Arithmetic(
        value=lambda row: row.value,
        locals=lambda row: lambda out, *operands: rules[row],
        select=lambda upstream, rule: rule(upstream),
    )
    return backward(Tape(rows, tape.first, tape.second, tape.more), trace.values, graph.output, graph.reaches, kind)


@lru_cache(maxsize=4096)
def _stand_in(node: int) -> Gate:
    """A row of its own for every node, so that rules may look at where they are applied."""
    return Gate(f"stand_in_{node}", "?", "total(args)", ("1",), Pattern.PICKS, arity=None)


# --- the order of the pass, and what is left from the last one ------------------------------------------


def _sweep(trace: Trace, order: Iterable[int], start: list[float]) -> list[float]:
    """Nodes fire in this order, each with what it has gathered by then; every share is added."""
    graph = trace.graph
    for i in order:
        for slot, j in enumerate(graph.operands(i)):
            start[j] += right_share(trace, i, slot, start[i])
    return start


def in_order(node: int, order: tuple[int, ...], trace: Trace) -> float:
    """A node's gradient where the nodes fire in this order."""
    grads = [0.0] * len(trace.graph)
    grads[trace.graph.output] = 1.0
    return _sweep(trace, order, grads)[node]


def orders(graph: Graph) -> Iterator[tuple[int, ...]]:
    """Orders in which nodes fire too early: naive recursion (again for every arrival), and once, at the first."""
    if max(graph.fan_out, default=0) < 2:
        return
    for again in (True, False):
        order: list[int] = []
        fired: set[int] = set()
        waiting = [graph.output]
        while waiting and len(order) <= _MOST_FIRINGS:
            i = waiting.pop()
            if again or i not in fired:
                fired.add(i)
                order.append(i)
                waiting += [j for j in reversed(graph.operands(i)) if graph.operands(j)]
        if len(order) <= _MOST_FIRINGS:
            yield tuple(order)


def stale(node: int, kept: str, trace: Trace) -> float | None:
    """A second pass on top of a first: nothing was set to zero in between, or only leaves, or only inner nodes."""
    graph = trace.graph
    keep = {"all": (True, True), "inner": (True, False), "leaves": (False, True)}[kept]
    start = [g if keep[not graph.operands(i)] else 0.0 for i, g in enumerate(gradients(trace))]
    start[graph.output] = 1.0
    order = (i for i in range(graph.output, -1, -1) if graph.reaches[i])
    return _sweep(trace, order, start)[node]
