"""What a legal graph is."""

from __future__ import annotations

from gradviz.errors import GradvizError
from gradviz.gates import CONST
from gradviz.graph import NONE, Graph


def check(graph: Graph) -> None:
    """See ``Graph.check``, which is how to call it.

    Raises:
        GradvizError: the graph is not what every reader of it relies on.
    """
    tape, n = graph.tape, len(graph)
    if not len(tape.first) == len(tape.second) == len(graph.given) == len(graph.data) == n:
        raise GradvizError("illegal graph: its lists differ in length")
    if not 0 <= graph.output < n:
        raise GradvizError(f"illegal graph: the output {graph.output} is none of its {n} nodes")
    gaps = any(j == NONE != k for j, k in zip(tape.first, tape.second, strict=True))
    if gaps or any(not 0 <= i < n or tape.first[i] != NONE or len(ids) < 3 for i, ids in tape.more.items()):
        raise GradvizError("illegal graph: operands stand where one does not look for them")
    for i, row in enumerate(tape.gates):
        ids = tape.of(i)
        if any(not 0 <= j < i for j in ids):
            raise GradvizError(f"illegal graph: an operand of node {i} does not stand before it")
        if (row.arity is None and not ids) or (row.arity is not None and row.arity != len(ids)):
            raise GradvizError(f"illegal graph: node {i}, gate {row.name}, has {len(ids)} operands")
        if (graph.data[i] is not None and ids) or (graph.data[i] is None and row is CONST):
            raise GradvizError(f"illegal graph: numbers stand at leaves, and node {i} differs")
    own = [name for name, row in zip(graph.names, tape.gates, strict=True) if row is not CONST]
    if len(set(own)) != len(own):
        raise GradvizError("illegal graph: two nodes have one name")
