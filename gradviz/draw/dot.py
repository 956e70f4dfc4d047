"""A View as a ``graphviz.Digraph``: the wire diagrams of the lectures.

Each wire is a borderless HTML table of two equal rows around a thin rule: name and value above it, gradient
below; the rule *is* the wire, and edges meet it at its ends. (Labels on Graphviz edges float; these cannot.)
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from graphviz import Digraph, escape

from gradviz.draw.labels import Labels
from gradviz.draw.options import Options
from gradviz.draw.themes import Theme
from gradviz.draw.view import Cell, Port, View
from gradviz.draw.wiring import Placement, spline

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The sides by which a wire leaves and enters.
ENDS = {"LR": ("e", "w"), "RL": ("w", "e"), "TB": ("s", "n"), "BT": ("n", "s")}
MOST_LABELLED_BRANCHES = 4
MOST_ALIGNED_INPUTS = 8
STRAIGHT = "20"  # the weight of an edge that only goes on: gate to wire, wire to dot; a bend would mean nothing


def digraph(
    view: View,
    theme: Theme,
    options: Options,
    style: str,
    notes: Sequence[str] = (),
    placed: Placement | None = None,
) -> Digraph:
    """The picture's DOT.

    Args:
        view: what is shown.
        theme: the look.
        options: direction, copies, font size, background.
        style: "wires", "boxes" or "records".
        notes: lines under the picture: a legend, a warning.
        placed: where dot put the nodes of this very picture; then every node and wire gets its final position.
    """
    painter = {"wires": Wires, "boxes": Boxes, "records": Records}[style](view, theme, options)
    if placed is not None:
        painter.placed = placed
    if placed is not None and style == "boxes":
        painter.dot.attr(outputorder="edgesfirst")  # straight edges run below the boxes, not over their text
    painter.paint()
    if notes:
        painter.dot.attr(label=painter.labels.notes(notes), labelloc="b", labeljust="l")
    return painter.dot


class _Painter:
    """What the three styles share."""

    placed: Placement | None = None

    def __init__(self, view: View, theme: Theme, options: Options) -> None:
        self.view, self.theme, self.options = view, theme, options
        self.round: set[str] = set()  # nodes that are circles
        self.direction = options.direction or theme.direction
        self.labels = Labels(theme, options.font_size, self.direction in ("TB", "BT"))
        self.dot = Digraph(
            "gradviz",
            graph_attr={
                "rankdir": self.direction,
                "bgcolor": background(theme, options),
                "pad": "0.1",
                "margin": "0",
                "fontname": FONT,
                "fontsize": f"{options.font_size:g}",
                "fontcolor": theme.text,
                **self.graph_attributes(),
            },
            node_attr={
                "fontname": FONT,
                "fontsize": f"{options.font_size:g}",
                "fontcolor": theme.text,
                "color": theme.line,
                "penwidth": f"{theme.line_width:g}",
            },
            edge_attr={
                "fontname": FONT,
                "fontsize": f"{options.font_size * 0.85:g}",
                "fontcolor": theme.faint,
                "color": theme.line,
                "penwidth": f"{theme.line_width:g}",
                "arrowsize": "0.6",
            },
        )

    def graph_attributes(self) -> dict[str, str]:
        return {"ranksep": "0.35", "nodesep": "0.25"}

    def paint(self) -> None:
        for i, cell in enumerate(self.view.cells):
            self.cell(i, cell)

    def cell(self, i: int, cell: Cell) -> None:
        raise NotImplementedError

    def node(self, name: str, **attributes: str) -> None:
        """A node, at its place where that is known."""
        if self.placed is not None:
            box = self.placed.boxes[name]
            attributes["pos"] = f"{box.x:.3f},{box.y:.3f}"
        self.dot.node(name, **attributes)

    def gate(self, name: str, cell: Cell) -> None:
        """The gate's circle, or a library function's rounded box."""
        theme, size = self.theme, self.options.font_size
        common = {"id": escape(f"node-{cell.key}"), "style": "filled"}
        if cell.mark:
            common |= {"penwidth": f"{2.2 * theme.line_width:g}"}
            common |= {"color": theme.warning} if cell.mark == "nonfinite" else {"style": "filled,dashed"}
        glyph = cell.glyph + (" ⚠" if cell.mark == "nonfinite" else "")
        if cell.kind == "box":
            style = common["style"] + ",rounded"
            self.node(
                name,
                label=escape_label(glyph),
                shape="box",
                fillcolor=theme.box,
                margin="0.12,0.08",
                **{**common, "style": style},
            )
            return
        if cell.ordered and len(cell.ports) > 1:
            common["ordering"] = "in"  # operands keep their places: a − b is not b − a
        wide = len(glyph) > 4
        if not wide:
            self.round.add(name)
        self.node(
            name,
            label=escape_label(glyph),
            shape="box" if wide else "circle",
            fixedsize="false" if wide else "true",
            width=f"{0.52 * size / 14:.3f}",
            height=f"{(0.4 if wide else 0.52) * size / 14:.3f}",
            margin="0.08,0.02",
            fontsize=f"{size * (1.29 if len(glyph) == 1 else 0.86 if len(glyph) <= 3 or wide else 0.72):.3g}",
            fillcolor=theme.fill,
            **{**common, "style": common["style"] + (",rounded" if wide else "")},
        )

    def arrow(self, tail: str, head: str, cell: Cell, port: Port) -> None:
        """An edge of boxes or records. A local derivative on it is a node in its middle, which other edges keep
        away from as they do not from dot's edge labels."""
        id_ = escape(f"edge-{cell.key}-{port.slot}")
        if port.local is None:
            self.dot.edge(tail, head, id=id_)
            return
        middle = f"l{head}_{port.slot}"
        self.dot.node(
            middle,
            label=escape_label(port.local),
            shape="box",
            peripheries="0",
            margin="0.03,0.02",
            width="0",
            height="0",
            fontsize=f"{self.options.font_size * 0.85:g}",
            fontcolor=self.theme.faint,
        )
        self.dot.edge(tail, middle, arrowhead="none", id=escape(f"edge-{cell.key}-{port.slot}-local"))
        self.dot.edge(middle, head, id=id_)


class Wires(_Painter):
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


class Boxes(_Painter):
    """One box a node: name and gate, value, gradient; for bigger graphs, and for colah's look."""

    def cell(self, i: int, cell: Cell) -> None:
        theme = self.theme
        extra = {"color": theme.warning, "penwidth": "2.2"} if cell.mark == "nonfinite" else {}
        self.node(
            f"w{i}",
            label=self.labels.box(cell),
            shape="box",
            style="filled,rounded" + (",dashed" if cell.mark == "tie" else ""),
            fillcolor=theme.box if cell.kind == "box" else theme.fill,
            margin="0.08,0.04",
            width="0.3",
            height="0.3",
            id=escape(f"node-{cell.key}"),
            **extra,
        )
        for port in cell.ports:
            if self.placed is None:
                self.arrow(f"w{port.source}", f"w{i}", cell, port)
            else:
                out, into = ENDS[self.direction]
                ends = self.placed.boxes[f"w{port.source}"].end(out), self.placed.boxes[f"w{i}"].end(into)
                self.dot.edge(f"w{port.source}", f"w{i}", pos=spline(ends), arrowhead="none")


class Records(_Painter):
    """micrograd's look: a record for every value, an ellipse for every operation."""

    def cell(self, i: int, cell: Cell) -> None:
        parts = [cell.name or "", cell.value and f"data {cell.value}", cell.grad and f"grad {cell.grad}"]
        shown = [escape_record(p) for p in parts if p is not None]
        vertical = self.direction in ("TB", "BT")
        body = " | ".join(shown)
        extra = {"color": self.theme.warning, "penwidth": "2.2"} if cell.mark == "nonfinite" else {}
        self.dot.node(
            f"w{i}",
            label=body if vertical else "{ " + body + " }",
            shape="record",
            height="0.3",
            id=escape(f"wire-{cell.key}"),
            **extra,
        )
        if cell.kind in ("input", "const"):
            return
        self.dot.node(
            f"g{i}",
            label=escape_label(cell.glyph or "copy"),
            shape="ellipse",
            height="0.3",
            id=escape(f"node-{cell.key}"),
        )
        self.dot.edge(f"g{i}", f"w{i}")
        for port in cell.ports:
            self.arrow(f"w{port.source}", f"g{i}", cell, port)


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


FONT = "Gradviz Sans"


def background(theme: Theme, options: Options) -> str:
    """The colour behind the picture, as Graphviz spells it."""
    chosen = options.background or theme.background
    return {"white": "#ffffff"}.get(chosen, chosen)


def escape_label(text: str) -> str:
    """A text as a plain label, where backslashes and entities have a meaning."""
    escaped: str = escape(text.replace("&", "&amp;"))
    return escaped


def escape_record(text: str) -> str:
    """A text inside a record label, where braces, bars and angles have a meaning too."""
    return "".join("\\" + c if c in "{}|<>\\ " else c for c in text.replace("&", "&amp;"))
