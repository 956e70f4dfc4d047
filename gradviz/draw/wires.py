"""The wire style, CS231n's: circles for gates, labelled wires between them, dots where a wire forks.

Each wire is a borderless HTML table of two equal rows around a thin rule: name and value above it, gradient
below; the rule *is* the wire, and edges meet it at its ends. (Labels on Graphviz edges float; these cannot.)
"""

from __future__ import annotations

from itertools import pairwise

from graphviz import escape

from gradviz.draw.painter import ENDS, Painter
from gradviz.draw.view import Cell, View
from gradviz.draw.wiring import spline

MOST_LABELLED_BRANCHES = 4
MOST_ALIGNED_INPUTS = 8
STRAIGHT = "20"  # the weight of an edge that only goes on: gate to wire, wire to dot; a bend would mean nothing


class Wires(Painter):
    """CS231n's diagrams: circles for gates, labelled wires between them, dots where a wire forks."""

    def graph_attributes(self) -> dict[str, str]:
        unit = self.options.font_size / 14
        return {
            "splines": "polyline",
            "ranksep": f"{0.22 * unit:.3f}",
            "nodesep": f"{0.12 * unit:.3f}",
        }

    def paint(self) -> None:
        self.out, self.into = ENDS[self.direction]
        self.drawn: dict[tuple[str, str], int] = {}
        self.tails: dict[tuple[int, int], str] = {}  # what feeds a cell's port
        super().paint()
        for i, branches in enumerate(self.view.branches):
            self.branches(i, branches)
        for j, cell in enumerate(self.view.cells):  # slot by slot: where the order matters, dot keeps it
            for k in range(len(cell.ports)):
                self.connect(self.tails[j, k], j, k)
        if self.placed is None:
            self.align_inputs()

    def align_inputs(self) -> None:
        """Inputs share a rank, in the order in which the operands of the gates ask for them."""
        inputs = inputs_in_order(self.view)
        if not 1 < len(inputs) <= MOST_ALIGNED_INPUTS:
            return
        with self.dot.subgraph() as rank:
            rank.attr(rank="same")
            for i, j in pairwise(inputs):
                rank.edge(f"w{i}", f"w{j}", style="invis")

    def cell(self, i: int, cell: Cell) -> None:
        self.wire(f"w{i}", f"wire-{cell.key}", cell.name, cell.value, cell.grad, literal=cell.kind == "const")
        if cell.kind in ("gate", "box"):
            self.gate(f"g{i}", cell)
            self.edge(f"g{i}", f"w{i}")

    def wire(
        self, name: str, id_: str, label: str | None, value: str | None, grad: str | None, *, literal: bool = False
    ) -> None:
        self.node(
            name,
            label=self.labels.wire(label, value, grad, literal=literal),
            shape="plain",
            id=escape(id_),
        )

    def branches(self, i: int, branches: list[tuple[int, int]]) -> None:
        """The ends of a cell's wire: itself, or a dot and its branches where it forks."""
        if len(branches) < 2 or self.options.copies == "none":
            self.tails |= dict.fromkeys(branches, f"w{i}")
            return
        self.tails |= dict.fromkeys(branches, f"c{i}")
        self.round.add(f"c{i}")
        self.node(f"c{i}", label="", shape="point", width="0.09", id=escape(f"copy-{self.view.cells[i].key}"))
        self.edge(f"w{i}", f"c{i}")
        labelled = len(branches) <= MOST_LABELLED_BRANCHES or self.options.copies == "all"
        for n, (j, k) in enumerate(branches):
            share = self.view.cells[j].ports[k].share
            if labelled and share is not None and self.view.cells[j].kind != "copy":
                self.tails[j, k] = f"b{i}_{n}"
                self.wire(f"b{i}_{n}", f"branch-{self.view.cells[i].key}-{n + 1}", None, None, share)
                self.edge(f"c{i}", f"b{i}_{n}")

    def connect(self, tail: str, j: int, k: int) -> None:
        consumer = self.view.cells[j]
        head = f"w{j}" if consumer.kind == "copy" else f"g{j}"
        local = consumer.ports[k].local
        if local is None or consumer.kind == "copy":
            self.edge(tail, head)
            return
        port = f"l{j}_{k}"
        self.node(port, label=self.labels.local(local), shape="plain")
        self.edge(tail, port)
        self.edge(port, head)

    def edge(self, tail: str, head: str) -> None:
        """A piece of wire. Wires (w, b, l) are met at their ends, gates (g) and dots (c) where they are."""
        out = None if tail[0] in "gc" else self.out
        into = None if head[0] in "gc" else self.into
        if self.placed is None:
            ports = [f":{side}" if side else "" for side in (out, into)]
            weight = STRAIGHT if tail[0] == "g" or head[0] == "c" or tail[0] == head[0] else "1"
            self.dot.edge(tail + ports[0], head + ports[1], arrowhead="none", weight=weight)
            return
        copy = self.drawn.get((tail, head), 0)
        self.drawn[tail, head] = copy + 1
        corners = self.placed.edge(tail, out, head, into, head in self.round, copy)
        self.dot.edge(tail, head, arrowhead="none", pos=spline(corners))


def inputs_in_order(view: View) -> list[int]:
    """The inputs as one meets them going back from the output, operand by operand: the order that keeps slot 0
    above slot 1."""
    order: list[int] = []
    seen = set()
    stack = [view.output]
    while stack:
        i = stack.pop()
        if i in seen:
            continue
        seen.add(i)
        if view.cells[i].kind == "input":
            order.append(i)
        stack.extend(port.source for port in reversed(view.cells[i].ports))
    return order
