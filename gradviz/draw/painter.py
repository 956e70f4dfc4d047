"""What the three styles of picture share: a Digraph in a theme's colours, gates, arrows, escaping."""

from __future__ import annotations

from abc import ABC, abstractmethod

from graphviz import Digraph, escape

from gradviz.draw.fonts import FAMILY
from gradviz.draw.labels import Labels, widest
from gradviz.draw.options import Options
from gradviz.draw.themes import Theme
from gradviz.draw.view import Cell, Port, View
from gradviz.draw.wiring import Placement

#: The sides by which a wire leaves and enters.
ENDS = {"LR": ("e", "w"), "RL": ("w", "e"), "TB": ("s", "n"), "BT": ("n", "s")}


class Painter(ABC):
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
                "fontname": FAMILY,
                "fontsize": f"{options.font_size:g}",
                "fontcolor": theme.text,
                **self.graph_attributes(),
            },
            node_attr={
                "fontname": FAMILY,
                "fontsize": f"{options.font_size:g}",
                "fontcolor": theme.text,
                "color": theme.line,
                "penwidth": f"{theme.line_width:g}",
            },
            edge_attr={
                "fontname": FAMILY,
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

    @abstractmethod
    def cell(self, i: int, cell: Cell) -> None:
        """Draw one node and what leads to it."""

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
        middle, size = f"l{head}_{port.slot}", self.options.font_size * 0.85
        self.dot.node(
            middle,
            label=escape_label(port.local),
            shape="box",
            peripheries="0",
            margin="0.03,0.02",
            width=f"{(widest(port.local, '', size) + 4) / 72:.3f}",
            height="0",
            fontsize=f"{size:g}",
            fontcolor=self.theme.faint,
        )
        self.dot.edge(tail, middle, arrowhead="none", id=escape(f"edge-{cell.key}-{port.slot}-local"))
        self.dot.edge(middle, head, id=id_)


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
