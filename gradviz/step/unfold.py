"""Which graph is drawn: the one that was asked for, with some of its gates written out in their textbook form.

Every drawn node knows the node that it stands for, so that a place in the passes is kept when a gate is unfolded.
"""

from __future__ import annotations

from dataclasses import dataclass

from gradviz.draft import Draft
from gradviz.gates import Gate
from gradviz.graph import Graph
from gradviz.language.expand import expand


@dataclass(frozen=True, slots=True)
class Drawn:
    """A graph with some gates written out.

    Args:
        graph: what is drawn and computed.
        base: for every node of it the node of the graph as asked for: a written-out gate's nodes all stand for it.
    """

    graph: Graph
    base: tuple[int, ...]


def unfolded(graph: Graph, names: frozenset[str]) -> Drawn:
    """The graph with these gates written out; names of library functions change nothing here.

    >>> from gradviz import graph
    >>> made = unfolded(graph("f = sigmoid(x) * 2"), frozenset({"sigmoid"}))
    >>> [node.gate for node in made.graph], made.base
    (['input', 'const', 'const', 'neg', 'exp', 'add', 'div', 'const', 'mul'], (0, 1, 1, 1, 1, 1, 1, 2, 3))
    """
    made = expand(graph, names) if names else graph
    if made is graph:
        return Drawn(graph, tuple(range(len(graph))))
    sizes: dict[Gate, int] = {}
    base: list[int] = []
    for i, row in enumerate(graph.gates):
        if row not in sizes:
            sizes[row] = _size(row, names)
        base += [i] * sizes[row]
    return Drawn(made, tuple(base))


def _size(row: Gate, names: frozenset[str]) -> int:
    """How many nodes a gate becomes."""
    if not row.arity or row.textbook is None:
        return 1
    draft = Draft()
    operands = [draft.input(None, None) for _ in range(row.arity)]
    alone = draft.graph(draft.gate(row, operands))
    return len(expand(alone, names)) - row.arity
