"""The terminal picture: boxes with value and ∂, orthogonal wires, left to right.

``layout`` decides where everything stands, from the graph's structure and the room its texts need;
``paint`` puts the texts there. Painting the same layout again with other values, or none, moves
nothing. ``picture`` does both and picks the style that fits:

- ``box``: framed boxes, the contributions of a fan-out at its branches;
- ``slim``: the same wires, without frames;
- ``tape``: one row a node, for anything bigger.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from gradviz.draw.grid import faces, tape
from gradviz.draw.grid.canvas import THEMES, Canvas, Painting, Style
from gradviz.draw.grid.faces import Box, Look
from gradviz.draw.grid.geometry import assemble
from gradviz.draw.grid.wires import Path, draw_wires, heavy
from gradviz.draw.view import View
from gradviz.errors import GradvizError

__all__ = ["STYLES", "THEMES", "Layout", "Painting", "Style", "layout", "paint", "picture"]

Kind = Literal["box", "slim", "tape"]
STYLES: tuple[Kind, ...] = ("box", "slim", "tape")
_MOST_CELLS = 150  # more boxes than this are a wall, not a picture
_MOST_ROWS = 200
_LEAST_WIDTH = 20
_LEAST_LAYER: dict[Look, int] = {"box": 7, "slim": 4}  # columns no layer can do without


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands: pure geometry, made by ``layout``.

    ``boxes[i]`` belongs to cell i; ``paths`` lists, for every ``(cell, index in its ports)``, the corners
    (row, column) of the wire into that port, from its source on. A tape has neither.
    """

    style: Kind
    ascii: bool
    width: int
    height: int
    sources: tuple[tuple[int, ...], ...]
    boxes: tuple[Box, ...] = ()
    paths: tuple[tuple[tuple[int, int], Path], ...] = ()
    wires: tuple[tuple[str, ...], ...] = ()
    shares: bool = False
    columns: tape.Columns | None = None


def layout(
    view: View,
    *,
    style: Kind = "box",
    ascii: bool = False,
    widths: Sequence[int] | None = None,
    shares: bool = True,
    tight: bool = False,
    width: int | None = None,
) -> Layout:
    """Lay a view out.

    Args:
        view: what to show.
        style: ``box``, ``slim`` or ``tape``.
        ascii: frames, glyphs and names in ASCII characters only.
        widths: for every cell the columns to reserve for its value and for its gradient, shown or
            not; without it the present texts decide.
        shares: in boxes, show at every branch of a fan-out the gradient that flows back along it.
        tight: in the slim style, no air between an arrow and the text it points to.
        width: the columns a tape may take (boxes take what they need).

    Raises:
        GradvizError: an unknown style, or ``widths`` that does not have one entry a cell.

    >>> from gradviz.draw.view import Cell, Port, View
    >>> x = Cell(0, "x", "input", "", "x", "3", "6")
    >>> f = Cell(1, "f", "gate", "×", "f", "9", "1", (Port(0, 0), Port(0, 1)))
    >>> print(paint(View((x, f), 1), layout(View((x, f), 1))).text())
    ┌ x ──┐   ╭ (×) f ╮
    │ 3   ├─┬─▸ 9     │
    │ ∂ 6 │ ╰─▸ ∂ 1   │
    └─────┘   ╰───────╯
    """
    if style not in STYLES:
        raise GradvizError(f"there is no terminal style {style!r}", expected=f"one of {', '.join(STYLES)}")
    if widths is not None and len(widths) != len(view.cells):
        raise GradvizError(f"{len(widths)} widths for {len(view.cells)} cells", expected="one width a cell")
    sources = tuple(tuple(port.source for port in cell.ports) for cell in view.cells)
    if style == "tape":
        room = None if width is None else max(width, _LEAST_WIDTH)
        shape = tape.columns_of(view, room, None if widths is None else list(widths), ascii=ascii)
        parts = [shape.number, shape.node, shape.value, shape.grad]
        wide = 1 + sum(parts) + 2 * (shape.value > 0) + 2 * (shape.grad > 0)
        return Layout("tape", ascii, wide, len(view.cells), sources, columns=shape)
    if style == "slim":
        shares = False
    boxes = _boxes(view, style, ascii=ascii, shares=shares, tight=tight, widths=widths)
    boxes, paths, height, wide = assemble(view, boxes, style)
    nets = {port: sources[port[0]][port[1]] for port in paths}
    wires = draw_wires(paths, nets, (height, wide), ascii=ascii)
    return Layout(style, ascii, wide, height, sources, tuple(boxes), tuple(paths.items()), wires, shares)


def paint(
    view: View,
    layout: Layout,
    *,
    highlight_cells: Collection[int] = (),
    highlight_ports: Collection[tuple[int, int]] = (),
) -> Painting:
    """Paint a view on a layout made for it, or for the same graph with other values.

    Args:
        view: the texts to show; its structure must be the layout's.
        layout: where everything stands.
        highlight_cells: indexes of cells to draw with heavy frames.
        highlight_ports: ``(cell, index in its ports)`` pairs whose wires to draw heavy.

    Raises:
        GradvizError: the layout was made for another graph.
    """
    if tuple(tuple(port.source for port in cell.ports) for cell in view.cells) != layout.sources:
        raise GradvizError(
            f"this layout was made for another graph ({len(layout.sources)} cells) "
            f"than the one to paint ({len(view.cells)} cells)",
            hint="call layout(view) again after the graph changed",
        )
    if layout.columns is not None:
        lit = frozenset(highlight_cells) | {cell for cell, _ in highlight_ports}
        return tape.paint_tape(view, layout.columns, layout.width, ascii=layout.ascii, lit=lit)
    look: Look = "slim" if layout.style == "slim" else "box"
    canvas = Canvas(layout.wires)
    arrows: list[tuple[int, int]] = []
    if highlight_ports:
        wanted = set(highlight_ports)
        for port, path in layout.paths:
            if port in wanted:
                arrows.append(path[-1])
                for (row, column), char in heavy(path, canvas.chars, ascii=layout.ascii):
                    canvas.put(row, column, char, "highlight")
    fans = faces.fan_outs(view)
    wired = {source for row in layout.sources for source in row}
    for i, (cell, box) in enumerate(zip(view.cells, layout.boxes, strict=True)):
        face = faces.face(cell, look, fans, ascii=layout.ascii, shares=layout.shares)
        faces.draw(
            canvas,
            cell,
            face,
            box,
            look,
            ascii=layout.ascii,
            wired=i in wired,
            lit=i in highlight_cells,
        )
    for row, column in arrows:
        canvas.styles[row][column] = "highlight"
    return canvas.painting()


def picture(view: View, *, width: int, ascii: bool = False) -> tuple[Painting, Kind]:
    """The most detailed picture that fits a width, and the style it came out in.

    Args:
        view: what to show.
        width: columns of the terminal; below 20 counts as 20.
        ascii: ASCII characters only.

    >>> from gradviz.draw.view import Cell, View
    >>> picture(View((Cell(0, "x", "input", "", "x", "3"),), 0), width=80)[1]
    'box'
    """
    if 0 < len(view.cells) <= _MOST_CELLS:
        looks: tuple[Look, ...] = ("box", "box", "slim", "slim")
        for style, roomy in zip(looks, (True, False, True, False), strict=True):
            if _too_wide(view, style, width):
                continue
            made = layout(view, style=style, ascii=ascii, shares=roomy, tight=not roomy)
            if made.width <= width and made.height <= _MOST_ROWS:
                return paint(view, made), style
    return paint(view, layout(view, style="tape", ascii=ascii, width=width)), "tape"


def _too_wide(view: View, style: Look, width: int) -> bool:
    """A quick no: the longest chain alone needs more columns than there are."""
    deep = [1] * len(view.cells)
    for i, cell in enumerate(view.cells):
        for port in cell.ports:
            deep[i] = max(deep[i], deep[port.source] + 1)
    return max(deep) * _LEAST_LAYER[style] > width + _LEAST_LAYER[style]


def _boxes(
    view: View, look: Look, *, ascii: bool, shares: bool, tight: bool, widths: Sequence[int] | None
) -> list[Box]:
    fans = faces.fan_outs(view)
    rows = (
        widths is not None or any(cell.value is not None for cell in view.cells),
        widths is not None or any(cell.grad is not None for cell in view.cells),
    )
    made = []
    for i, cell in enumerate(view.cells):
        face = faces.face(cell, look, fans, ascii=ascii, shares=shares)
        reserved = None if widths is None else max(0, widths[i])
        room = [0] * len(cell.ports)
        if widths is not None and shares:
            # A contribution is about as long as the gradients at its two ends.
            room = [2 + max(0, widths[i], widths[p.source]) if fans[p.source] else 0 for p in cell.ports]
        made.append(faces.measure(cell, face, look, reserved, rows, 1 if tight else 2, room))
    return made
