"""A graph for networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradviz.graph import Graph

if TYPE_CHECKING:
    import networkx


def to_networkx(graph: Graph) -> networkx.MultiDiGraph:
    """A MultiDiGraph: one node a node (by id, with ``name gate value grad output``), one edge an operand slot
    (``slot``, and with numbers ``local`` and ``contribution``), from operand to user.

    Numbers are there where every input has one.

    >>> from gradviz import graph
    >>> n = to_networkx(graph("f = x * x", x=3))
    >>> n.nodes[1]["value"], list(n.edges(data="contribution"))
    (9.0, [(0, 1, 3.0), (0, 1, 3.0)])
    """
    import networkx

    trace = None if graph.missing else graph.trace()
    network = networkx.MultiDiGraph(output=graph.output, name=graph.names[graph.output])
    for node in graph:
        numbers = {}
        if trace is not None:
            reading = trace[node.id]
            numbers = {"value": reading.value, "grad": reading.grad}
        network.add_node(node.id, name=node.name, gate=node.gate, output=node.id == graph.output, **numbers)
    local = {} if trace is None else {(e.node, e.slot): (e.local, e.contribution) for e in trace.events}
    for node in graph:
        for slot, operand in enumerate(node.operands):
            found = local.get((node.id, slot))
            numbers = {} if found is None else {"local": found[0], "contribution": found[1]}
            network.add_edge(operand, node.id, key=slot, slot=slot, **numbers)
    return network
