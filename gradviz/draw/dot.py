"""A View as a ``graphviz.Digraph``, in one of three styles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphviz import Digraph

from gradviz.draw.boxes import Boxes, Records
from gradviz.draw.options import Options
from gradviz.draw.painter import Painter
from gradviz.draw.themes import Theme
from gradviz.draw.view import View
from gradviz.draw.wires import Wires
from gradviz.draw.wiring import Placement

if TYPE_CHECKING:
    from collections.abc import Sequence

STYLES: dict[str, type[Painter]] = {"wires": Wires, "boxes": Boxes, "records": Records}


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
    painter = STYLES[style](view, theme, options)
    if placed is not None:
        painter.placed = placed
    if placed is not None and style == "boxes":
        painter.dot.attr(outputorder="edgesfirst")  # straight edges run below the boxes, not over their text
    painter.paint()
    if notes:
        painter.dot.attr(label=painter.labels.notes(notes), labelloc="b", labeljust="l")
    return painter.dot
