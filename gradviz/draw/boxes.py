"""The box styles: one box a node, for bigger graphs and colah's look, and micrograd's records."""

from __future__ import annotations

from graphviz import escape

from gradviz.draw.painter import ENDS, Painter, escape_label, escape_record
from gradviz.draw.view import Cell
from gradviz.draw.wiring import spline


class Boxes(Painter):
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


class Records(Painter):
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
