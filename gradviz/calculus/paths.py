"""Every path from the output to a node: the sum over paths of the products of local derivatives is the gradient.

That is what the chain rule says, and what nobody computes: the number of paths can double at every gate. The backward
pass adds up where paths meet and multiplies once an edge; both counts are told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradviz.calculus.adjoints import Calculus, target
from gradviz.calculus.notation import Notation
from gradviz.gates import CONST
from gradviz.graph import Graph
from gradviz.passes import Trace, contribution

#: The most paths that are listed, and the most edges that a listed one has.
MOST_PATHS, LONGEST = 1_000, 500

Edge = tuple[int, int]  # a gate and one of its operand slots


@dataclass(frozen=True, slots=True)
class Path:
    """One way from the output to a node.

    Args:
        nodes: ids, the output first.
        slots: which operand of each gate the path goes through; one fewer.
        factors: the local derivative of every edge as a formula.
        product: their product, simplified.
        locals: the local derivatives as numbers; None without numbers.
        value: their product as a number; None without numbers.
    """

    nodes: tuple[int, ...]
    slots: tuple[int, ...]
    factors: tuple[str, ...]
    product: str
    locals: tuple[float, ...] | None
    value: float | None


@dataclass(frozen=True, eq=False)
class Paths:
    """All paths from the output of a graph to one of its nodes. Iterate to get them.

    Args:
        graph: the graph.
        node: the id of the node they lead to.
        count: how many there are, exactly.
        listed: whether they are listed: not where there are more than 1,000, or one is longer than 500 edges.
        found: the paths, operand slots from first to last; empty where they are not listed.
        gradient: the gradient by the backward pass; None without numbers.
        by_paths: the multiplications that the products of all paths take.
        by_reverse: the multiplications that the backward pass takes for the same number.
    """

    graph: Graph
    node: int
    count: int
    listed: bool
    found: tuple[Path, ...]
    gradient: float | None
    by_paths: int
    by_reverse: int

    def __iter__(self) -> Iterator[Path]:
        return iter(self.found)

    @property
    def sum(self) -> float | None:
        """The sum over the listed paths, which is the gradient; None without numbers or without a list."""
        values = [path.value for path in self.found if path.value is not None]
        return sum(values) if self.listed and self.gradient is not None else None

    def __repr__(self) -> str:
        names, many = self.graph.names, "s" if self.count != 1 else ""
        return f"<{counted(self.count)} path{many} from {names[self.graph.output]} to {names[self.node]}>"


def paths(graph: Graph, wrt: str | int) -> Paths:
    """See ``Graph.paths``, which is how to call it."""
    node = target(graph, wrt)
    edges = _edges(graph, node)
    count, lengths, longest = _counted(graph, node, edges)
    trace = graph.trace() if not graph.missing else None
    listed = count <= MOST_PATHS and longest <= LONGEST
    found = tuple(_listed(graph, node, edges, trace)) if listed else ()
    return Paths(
        graph,
        node,
        count,
        listed,
        found,
        None if trace is None else trace[node].grad,
        lengths - count,
        sum(len(slots) for i, slots in edges.items() if i != graph.output),
    )


def counted(number: int) -> str:
    """A count as people read it: with commas, and beyond 40 digits about how large it is.

    >>> counted(1024), counted(2**1000)
    ('1,024', '2^1000 (about 10^301)')
    """
    if number < 10**40:
        return f"{number:,}"
    power = number.bit_length() - 1
    about = f"10^{int(power * 0.30102999566398120)}"
    return f"2^{power} (about {about})" if number == 1 << power else f"about {about}"


def _edges(graph: Graph, node: int) -> dict[int, tuple[int, ...]]:
    """For every gate on a way to the node, the operand slots that lead on, the output first."""
    marks = bytearray(len(graph))
    marks[node] = 1
    for i in range(node + 1, graph.output + 1):
        marks[i] = any(marks[j] for j in graph.operands(i))
    edges = {}
    for i in range(graph.output, node, -1):
        if marks[i] and graph.reaches[i]:
            edges[i] = tuple(slot for slot, j in enumerate(graph.operands(i)) if marks[j])
    return edges


def _counted(graph: Graph, node: int, edges: dict[int, tuple[int, ...]]) -> tuple[int, int, int]:
    """How many paths there are, how many edges they have together, and how many the longest has."""
    counts, lengths, longest = {graph.output: 1}, {graph.output: 0}, {graph.output: 0}
    for i, slots in edges.items():
        count, length, most = counts.pop(i), lengths.pop(i), longest.pop(i)
        operands = graph.operands(i)
        for slot in slots:
            j = operands[slot]
            counts[j] = counts.get(j, 0) + count
            lengths[j] = lengths.get(j, 0) + length + count
            longest[j] = max(longest.get(j, 0), most + 1)
    return counts.get(node, 0), lengths.get(node, 0), longest.get(node, 0)


def _listed(graph: Graph, node: int, edges: dict[int, tuple[int, ...]], trace: Trace | None) -> Iterator[Path]:
    symbols = Calculus(graph)
    ways = list(_ways(graph, node, edges))
    products = []
    for way in ways:
        product = symbols.const(1)
        for i, slot in way:
            product = symbols.share(product, i, slot)
        products.append(product)
    factors = {edge: symbols.local(*edge) for way in ways for edge in way}
    notation = Notation(symbols.whole(), [i for i, row in enumerate(graph.gates) if row is not CONST])

    def text(symbol: int) -> str:
        return notation.formulas([symbol], lets=False).texts()[0]

    texts = {edge: text(symbol) for edge, symbol in factors.items()}
    slopes = {} if trace is None else {(event.node, event.slot): event.local for event in trace.events}
    for way, product in zip(ways, products, strict=True):
        value = None
        if trace is not None:
            value = 1.0
            for i, slot in way:
                value = contribution(graph.gates[i], value, slopes[i, slot])
        yield Path(
            (*(i for i, _ in way), node),
            tuple(slot for _, slot in way),
            tuple(texts[edge] for edge in way),
            text(product),
            None if trace is None else tuple(slopes[edge] for edge in way),
            value,
        )


def _ways(graph: Graph, node: int, edges: dict[int, tuple[int, ...]]) -> Iterator[tuple[Edge, ...]]:
    """Every path as its edges, without recursion."""
    if graph.output == node:
        yield ()
        return
    if graph.output not in edges:
        return
    way: list[Edge] = []
    choices = [iter(edges[graph.output])]
    at = [graph.output]
    while choices:
        slot = next(choices[-1], None)
        if slot is None:
            choices.pop()
            at.pop()
            if way:
                way.pop()
            continue
        way.append((at[-1], slot))
        j = graph.operands(at[-1])[slot]
        if j == node:
            yield tuple(way)
            way.pop()
        else:
            at.append(j)
            choices.append(iter(edges[j]))
