"""The gate behind a quantity, and a misconception in the names of the problem."""

from __future__ import annotations

from gradviz.graph import Graph
from gradviz.language.syntax import Derivative, Expression, Name
from gradviz.misconceptions.catalogue import MISCONCEPTIONS


def blamed(subject: Expression, graph: Graph) -> str | None:
    """The node whose gate gives the quantity: a value its own, a derivative by x the gate that uses x."""
    match subject:
        case Name(name=name) if name in graph.names:
            return name
        case Derivative(of=Name(name=of), by=Name(name=by)) if of in graph.names and by in graph.names:
            looked = graph.with_output(of)
            target = looked.id(by)
            users = [i for i in range(len(looked)) if looked.reaches[i] and target in looked.operands(i)]
            return looked.names[users[-1]] if users else of
    return None


def sentence(misconception: str, subject: Expression, graph: Graph, node: str | None = None) -> str:
    """What was done, in the names of this problem.

    Args:
        misconception: its id.
        subject: what the chain speaks about.
        graph: the problem.
        node: the gate to blame; None for the one that hands the quantity back.
    """
    from gradviz.explain import gate_word

    row = MISCONCEPTIONS[misconception]
    node = node or blamed(subject, graph)
    match subject:
        case Derivative(of=Name(name=out), by=Name(name=operand)):
            operand = _operand(graph, node, operand)
        case _:
            out, operand = graph.names[graph.output], "the input"
    gate = gate_word(graph.gates[graph.id(node)]) or "copy" if node is not None else "gate"
    own = node is None or graph.given[graph.id(node)] is not None
    return row.sentence.format(
        gate=gate,
        node=(node or out) if own else f"the {gate} gate",
        operand=operand,
        out=out,
        source="a number from another place",
    )


def _operand(graph: Graph, gate: str | None, by: str) -> str:
    """What gets its gradient from the gate on the way to a node."""
    if gate is None or gate not in graph.names or by not in graph.names:
        return by
    operands = graph.operands(graph.id(gate))
    target = graph.id(by)
    if target in operands or target == graph.id(gate):
        return by
    behind = [j for j in operands if graph.with_output(graph.names[j]).reaches[target]]
    return graph.given[behind[0]] or "its input" if behind else by
