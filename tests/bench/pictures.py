"""The SVG of a graph of 129 nodes, against the recipe of micrograd's notebook with a system ``dot``."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from typing import Any

from tests.bench.compare import Measure, Workload, seconds


def loss(mlp: Any) -> Any:
    """The squared error of a perceptron 3-4-4-1 on one sample: 129 nodes."""
    random.seed(1)
    output = (mlp(3, [4, 4, 1])([0.5, -1.0, 0.25]) - 1.0) ** 2
    output.backward()
    return output


def ours(**options: Any) -> Callable[[], Measure]:
    """A side: our picture, with these options."""

    def setup() -> Measure:
        from gradviz import Graph
        from gradviz.nn import MLP

        output = loss(MLP)
        return lambda: 1e3 * seconds(lambda: Graph.of(output).draw(**options).render("svg"))

    return setup


def recipe() -> Measure:
    """micrograd's ``draw_dot``, as its notebook has it."""
    from graphviz import Digraph
    from micrograd.nn import MLP

    def draw(root: Any) -> bytes:
        nodes, edges, stack = set(), set(), [root]
        while stack:
            v = stack.pop()
            if v not in nodes:
                nodes.add(v)
                for child in v._prev:
                    edges.add((child, v))
                    stack.append(child)
        dot = Digraph(format="svg", graph_attr={"rankdir": "LR"})
        for n in nodes:
            dot.node(str(id(n)), label=f"{{ data {n.data:.4f} | grad {n.grad:.4f} }}", shape="record")
            if n._op:
                dot.node(str(id(n)) + n._op, label=n._op)
                dot.edge(str(id(n)) + n._op, str(id(n)))
        for one, other in edges:
            dot.edge(str(id(one)), str(id(other)) + other._op)
        svg: bytes = dot.pipe()
        return svg

    output = loss(MLP)
    return lambda: 1e3 * seconds(lambda: draw(output))


def workloads() -> list[Workload]:
    """Our default look (wires, copy gates, numbers on every wire) and one record a node as micrograd draws it."""
    peers = {"micrograd's recipe": recipe} if shutil.which("dot") else {}
    return [
        Workload("pictures", "SVG of 129 nodes, wires and copy gates", "ms", {"gradviz": ours(), **peers}),
        Workload("pictures", "SVG of 129 nodes, records", "ms", {"gradviz": ours(theme="micrograd"), **peers}),
    ]
