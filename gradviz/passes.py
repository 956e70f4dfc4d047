"""The forward and the backward pass: one loop each, over flat lists, for floats and NumPy blocks alike.

Forward, every gate computes its output from its operands. Backward, in reverse order, every node hands
``upstream × local`` to each of its operands, where the contributions add up: a node's gradient is complete
when its own turn comes, because all its consumers stand after it.

(Reverse accumulation: Linnainmaa 1970; Griewank and Walther, "Evaluating Derivatives", chapter 3.)
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from gradviz.errors import GradvizError
from gradviz.flatten import flatten
from gradviz.gates import Gate
from gradviz.graph import NONE, Graph, Tape
from gradviz.value import Value

if TYPE_CHECKING:
    from gradviz.draw.drawing import Drawing

Number = Any  # a float, or a NumPy array of points
Rounding = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """What differs between computing with floats and with blocks of points."""

    value: Callable[[Gate], Callable[..., Number]]
    locals: Callable[[Gate], Callable[..., tuple[Number, ...]]]
    select: Callable[[Number, Number], Number]  # upstream × local where a local of 0 means "not taken"


def _select_float(upstream: float, local: float) -> float:
    return upstream * local if local else 0.0


def _select_block(upstream: Number, local: Number) -> Number:
    import numpy as np

    return np.where(local == 0, 0.0, upstream * local)


FLOATS = Arithmetic(operator.attrgetter("value"), operator.attrgetter("locals"), _select_float)
BLOCKS = Arithmetic(operator.attrgetter("block_value"), operator.attrgetter("block_locals"), _select_block)


def forward(tape: Tape, values: list[Number], kind: Arithmetic = FLOATS, rounded: Rounding | None = None) -> None:
    """Fill in the value of every inner node; the leaves' values stand in the list already."""
    functions = {row: kind.value(row) for row in set(tape.gates) if row.arity != 0}
    for i, (row, j, k) in enumerate(zip(tape.gates, tape.first, tape.second, strict=True)):
        if k != NONE:
            out = functions[row](values[j], values[k])
        elif row.arity == 0:
            continue
        else:
            out = functions[row](*[values[j] for j in tape.of(i)])
        values[i] = out if rounded is None else rounded(out)


def backward(
    tape: Tape,
    values: Sequence[Number],
    output: int,
    reaches: bytearray | None = None,
    kind: Arithmetic = FLOATS,
    rounded: Rounding | None = None,
    seed: Number = 1.0,
) -> list[Number]:
    """The gradient of the output with respect to every node, 0 where the output does not depend on it.

    ``seed`` is the gradient at the output itself: 1, for blocks a 1 for every point.
    """
    grads: list[Number] = [0.0] * len(tape.gates)
    grads[output] = seed
    lists = (tape.gates, tape.first, tape.second, values, grads)  # read backwards, the gradients while they grow
    after = len(grads) - 1 - output
    steps = zip(range(output, -1, -1), *[islice(reversed(each), after, None) for each in lists], strict=True)
    reached = None if reaches is None or all(reaches) else reaches
    rules: dict[Gate, Rule] = {}
    for i, row, j, k, out, upstream in steps:
        if reached is not None and not reached[i]:  # the output does not depend on it
            continue
        try:
            same, rule, edge = rules[row]
        except KeyError:  # the first of its kind
            same, rule, edge = rules[row] = _rule(row, kind, rounded)
        if k != NONE:  # two operands, as nearly all have
            left, right = same or rule(out, values[j], values[k])
            if edge is None:  # written out; not +=, which would change a block that somebody else holds
                grads[j] = grads[j] + upstream * left
                grads[k] = grads[k] + upstream * right
            else:
                grads[j] = grads[j] + edge(upstream, left)
                grads[k] = grads[k] + edge(upstream, right)
        elif row.arity != 0:
            ids = tape.of(i)
            edge = edge or operator.mul
            for j, local in zip(ids, rule(out, *[values[j] for j in ids]), strict=True):
                grads[j] = grads[j] + edge(upstream, local)
    return grads


Edge = Callable[[Number, Number], Number]
#: What the backward loop asks of a row: its local derivatives where they are constant, else None; the function that
#: computes them; what flows back along an edge, None for upstream × local.
Rule = tuple[tuple[float, ...] | None, Callable[..., tuple[Number, ...]], Edge | None]


def _rule(row: Gate, kind: Arithmetic, rounded: Rounding | None) -> Rule:
    if row.arity == 0:
        return (), tuple, None
    edge = _edge(row, kind, rounded)
    return row.constant_locals, kind.locals(row), None if edge is operator.mul else edge


def _edge(row: Gate, kind: Arithmetic, rounded: Rounding | None) -> Edge:
    """What flows back along an edge of this gate, as a function of upstream and local."""
    edge: Edge = kind.select if row.selects else operator.mul
    return edge if rounded is None else lambda upstream, local: rounded(edge(upstream, local))


def contribution(row: Gate, upstream: Number, local: Number, kind: Arithmetic = FLOATS) -> Number:
    """What flows back along one edge: upstream × local, or nothing where a routing gate did not take it.

    >>> from gradviz.gates import gate
    >>> contribution(gate("max"), float("inf"), 0.0)
    0.0
    """
    return _edge(row, kind, None)(upstream, local)


def backward_values(output: Value) -> None:
    """``Value.backward``: gradients into ``grad``; inner nodes are set, leaves are added to."""
    order, tape = flatten([output])
    grads = backward(tape, [value._data for value in order], len(order) - 1)
    for value, grad, row in zip(order, grads, tape.gates, strict=True):
        value.grad = grad if row.arity != 0 else value.grad + grad


class Event(NamedTuple):
    """One backward step: what one gate handed to one of its operand slots."""

    node: int  # the consumer: the gate that fires
    operand: int  # the node that receives
    slot: int  # which operand of the gate
    upstream: Number
    local: Number
    contribution: Number  # upstream × local
    total: Number  # the operand's running sum after this contribution


class Events(Sequence[Event]):
    """The backward pass, edge by edge, in the order it happens; made when read.

    Consumers by descending id, then slot. The seed (gradient 1 at the output) has no event.
    """

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._all: list[Event] | None = None

    def __iter__(self) -> Iterator[Event]:
        trace, graph = self._trace, self._trace.graph
        grads, values, kind = trace.gradients, trace.values, trace.kind
        if grads is None:
            return
        totals: dict[int, Number] = {}
        with _quiet(kind):
            for i in range(graph.output, -1, -1):
                ids = graph.tape.of(i)
                if not ids or not graph.reaches[i]:
                    continue
                row = graph.gates[i]
                edge = _edge(row, kind, trace.rounded)
                locals_ = kind.locals(row)(values[i], *[values[j] for j in ids])
                for slot, (j, local) in enumerate(zip(ids, locals_, strict=True)):
                    share = edge(grads[i], local)
                    totals[j] = totals.get(j, 0.0) + share
                    yield Event(i, j, slot, grads[i], local, share, totals[j])

    def __len__(self) -> int:
        trace, graph = self._trace, self._trace.graph
        if trace.gradients is None:
            return 0
        return sum(len(graph.tape.of(i)) for i in range(graph.output + 1) if graph.reaches[i])

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        if self._all is None:
            self._all = list(self)
        return self._all[index]

    def __repr__(self) -> str:
        return f"<{len(self)} backward events>"


class Reading(NamedTuple):
    """The numbers of one node in a Trace."""

    name: str
    value: Number
    grad: Number | None


@dataclass(frozen=True, eq=False)
class Trace:
    """One run over a Graph: the value (primal) and the gradient (adjoint) of every node.

    ``trace["q"].value`` and ``trace["q"].grad`` by name; ``values`` and ``gradients`` by id; ``events`` is
    the backward pass edge by edge. ``gradients`` is None where no backward pass was run: "not computed",
    0 and a number are three different things.
    """

    graph: Graph
    values: Sequence[Number]
    gradients: Sequence[Number] | None
    kind: Arithmetic = FLOATS
    rounded: Rounding | None = None

    @property
    def events(self) -> Events:
        """The backward pass: one event per edge."""
        return Events(self)

    @cached_property
    def shown(self) -> Trace:
        """The trace as people are shown it: gradients whose parts cancel but for rounding are 0, not 10⁻¹⁶."""
        from gradviz.noise import without_noise

        return without_noise(self)

    def __getitem__(self, name: str | int) -> Reading:
        i = self.graph.id(name)
        grad = None if self.gradients is None else self.gradients[i]
        return Reading(self.graph.names[i], self.values[i], grad)

    @property
    def output(self) -> Number:
        """The value of the output."""
        return self.values[self.graph.output]

    def draw(self, **options: Any) -> Drawing:
        """The diagram with this trace's numbers; the options are those of ``Graph.draw``."""
        from gradviz.draw.drawing import Drawing

        return Drawing.of(self, **options)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from gradviz.draw.notebook import bundle

        return bundle(self, include, exclude)

    def __str__(self) -> str:
        from gradviz.draw.notebook import text

        return text(self)

    def __repr__(self) -> str:
        graph = self.graph
        return f"<Trace of {graph.names[graph.output]} = {self.output}: {len(graph)} nodes>"


def trace(
    graph: Graph, given: Mapping[str, Any], *, run_backward: bool = True, rounded: Rounding | None = None
) -> Trace:
    """Run both passes over a graph: see ``Graph.trace``, which is how to call it."""
    from gradviz.inputs import assign

    values, blocks = assign(graph, given)
    kind = BLOCKS if blocks else FLOATS
    if rounded is not None:
        if blocks:
            raise GradvizError("chained rounding works on one point, not on arrays of points")
        values = [v if v is None else rounded(v) for v in values]
    grads = None
    with _quiet(kind):
        forward(graph.tape, values, kind, rounded)
        if run_backward:
            seed = _one_for_every_point(values) if blocks else 1.0
            grads = backward(graph.tape, values, graph.output, graph.reaches, kind, rounded, seed)
    return Trace(graph, values, grads, kind, rounded)


def _one_for_every_point(values: Sequence[Number]) -> Number:
    """The seed of a block: gradients then have the shape of all points, also where the output ignores some input."""
    import numpy as np

    return np.ones(np.broadcast_shapes(*{np.shape(v) for v in values}))


def _quiet(kind: Arithmetic) -> Any:
    """No NumPy warnings for inf and nan: the trace itself says where they came from."""
    from contextlib import nullcontext

    if kind is FLOATS:
        return nullcontext()
    import numpy as np

    return np.errstate(all="ignore")
