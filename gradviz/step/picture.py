"""The graph in a given room: whole, the neighbourhood of the current gate, or one row a node.

A picture is laid out once with the room that every number will need, and painted anew at every step with what is
known: so nothing moves. What is larger than its room is shown page by page, half a page apart; which page follows
from the current gate alone, so that going back shows what was there before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from gradviz.draw.grid.canvas import Painting, Run
from gradviz.draw.grid.text import char_columns, columns
from gradviz.draw.terminal import Kind, Layout, layout, paint
from gradviz.draw.view import View
from gradviz.step.cursor import Cursor
from gradviz.step.script import Stage

Mode = Literal["whole", "near", "tape"]
MODES: tuple[Mode, ...] = ("whole", "near", "tape")
Row = tuple[Run, ...]

_MOST_WHOLE = 150  # cells: more are a wall, and take long to lay out
#: Neighbourhoods from the smallest on, and at last the smallest without frames.
_NEAR: tuple[tuple[int, tuple[Kind, ...]], ...] = ((1, ("box",)), (2, ("box",)), (3, ("box",)), (1, ("slim",)))
_MOST_CONSUMERS = 4  # of one node, in a neighbourhood


class Painter:
    """Paints a cursor's graph, and remembers the layouts.

    Args:
        ascii: only ASCII characters.
    """

    def __init__(self, *, ascii: bool = False) -> None:
        self.ascii = ascii
        self._layouts: dict[tuple[object, ...], Layout] = {}
        self._room: tuple[object, list[int]] = (None, [])
        self._measured: tuple[object, list[int]] = (None, [])

    def widths(self, cursor: Cursor) -> list[int]:
        """The columns that each cell's numbers need at any position; they grow with other inputs, never shrink."""
        run, numerals = cursor.run, cursor.options.numerals
        if self._measured[0] is run:
            return self._measured[1]
        needed = []
        after = {c.node: c.value for c in run.after_view.cells} if run.plan else {}
        sums: dict[int, int] = {}
        for event in run.script.events:
            if len(run.script.received[event.operand]) > 1:
                text = numerals.text(event.total) + " + ?"
                sums[event.operand] = max(sums.get(event.operand, 0), columns(text))
        for cell in run.view.cells:
            texts = (cell.value, cell.grad, after.get(cell.node))
            needed.append(max([sums.get(cell.node, 0), *(columns(text) for text in texts if text is not None)]))
        shape = _shape(run.view)
        if self._room[0] == shape:
            needed = [max(pair) for pair in zip(needed, self._room[1], strict=True)]
        self._room, self._measured = (shape, needed), (run, needed)
        return needed

    def fits(self, cursor: Cursor, width: int, height: int) -> bool:
        """Whether the whole graph fits a room."""
        return self._whole(cursor, width, height) is not None

    def size(self, cursor: Cursor, width: int, height: int) -> tuple[int, int] | None:
        """Columns and rows of the whole picture, if it fits this room."""
        made = self._whole(cursor, width, height)
        return None if made is None else (made.width, made.height)

    def rows(self, cursor: Cursor, mode: Mode, width: int, height: int) -> list[Row]:
        """The picture, exactly so many rows, each at most so wide."""
        view = cursor.shown
        cells, ports = lit(cursor)
        if mode == "tape":
            return self._tape(cursor, view, cells, width, height)
        if mode == "near":
            return self._near(cursor, view, width, height)
        made = self._whole(cursor, width, height) or self._laid_out(view, "box", self.widths(cursor), "whole")
        painting = paint(view, made, highlight_cells=cells, highlight_ports=ports)
        return window(painting, _centre(made, cells), width, height)

    def _whole(self, cursor: Cursor, width: int, height: int) -> Layout | None:
        view = cursor.run.view
        if len(view.cells) > _MOST_WHOLE:
            return None
        return self._fitting(view, self.widths(cursor), width, height, "whole")

    def _fitting(
        self,
        view: View,
        widths: list[int],
        width: int,
        height: int,
        what: object,
        styles: tuple[Kind, ...] = ("box", "slim"),
    ) -> Layout | None:
        """The first of the layouts that fits."""
        for style in styles:
            made = self._laid_out(view, style, widths, what)
            if made.width <= width and made.height <= height:
                return made
        return None

    def _laid_out(self, view: View, style: Kind, widths: list[int], what: object) -> Layout:
        key = (what, style, tuple(widths), _shape(view))
        if key not in self._layouts:
            if len(self._layouts) > 500:
                self._layouts.clear()
            self._layouts[key] = layout(view, style=style, ascii=self.ascii, widths=widths)
        return self._layouts[key]

    def _tape(self, cursor: Cursor, view: View, cells: Sequence[int], width: int, height: int) -> list[Row]:
        widths = self.widths(cursor)
        key = ("tape", width, tuple(widths), _shape(view))
        if key not in self._layouts:
            self._layouts[key] = layout(view, style="tape", ascii=self.ascii, widths=widths, width=width)
        painting = paint(view, self._layouts[key], highlight_cells=cells)
        return window(painting, (cells[0] if cells else 0, 0), width, height)

    def _near(self, cursor: Cursor, view: View, width: int, height: int) -> list[Row]:
        """The largest neighbourhood that fits; the smallest in a window, where none does."""
        cells, ports = lit(cursor)
        upcoming = cursor.upcoming
        place = {cell.node: at for at, cell in enumerate(view.cells)}
        centre = cells[0] if cells else place.get(upcoming.node if upcoming else -1, view.output)
        widths = self.widths(cursor)
        best: tuple[View, Layout, dict[int, int]] | None = None
        for radius, styles in _NEAR:
            if best is not None and styles == ("slim",):
                break
            part, index = neighbourhood(view, centre, radius)
            room = [widths[old] for old in index]
            made = self._fitting(part, room, width, height, centre, styles)
            if made is not None or styles == ("slim",):
                best = (part, made or self._laid_out(part, "slim", room, centre), index)
        assert best is not None
        part, made, index = best
        inner = [index[c] for c in cells if c in index]
        inner_ports = [
            (index[c], k)
            for c, slot in ports
            if c in index
            for k, port in enumerate(part.cells[index[c]].ports)
            if port.slot == view.cells[c].ports[slot].slot
        ]
        painting = paint(part, made, highlight_cells=inner, highlight_ports=inner_ports)
        return window(painting, _centre(made, inner), width, height)


def lit(cursor: Cursor) -> tuple[list[int], list[tuple[int, int]]]:
    """The current gate and its wires: indexes of cells, and (cell, index in its ports)."""
    step, view = cursor.step, cursor.run.view
    if step is None:
        return [], []
    place = {cell.node: at for at, cell in enumerate(view.cells)}
    if step.node not in place:
        return [], []
    at = place[step.node]
    ports = view.cells[at].ports
    if step.stage is Stage.FORWARD:
        return [at], [(at, k) for k in range(len(ports))]
    if step.box is not None:
        operands = {event.operand for event in step.crossing}
        return [at], [(at, k) for k, port in enumerate(ports) if view.cells[port.source].node in operands]
    slots = {event.slot for event in step.events}
    return [at], [(at, k) for k, port in enumerate(ports) if port.slot in slots]


def neighbourhood(view: View, centre: int, radius: int) -> tuple[View, dict[int, int]]:
    """A gate with what feeds it, what it feeds, and what else that is fed by; and where each cell has gone.

    Wires that come from outside are left out with their slots.
    """
    operands = [sorted({port.source for port in cell.ports}) for cell in view.cells]
    consumers: list[list[int]] = [[] for _ in view.cells]
    for at, sources in enumerate(operands):
        for source in sources:
            consumers[source].append(at)
    kept = {centre, *operands[centre]}
    front = consumers[centre][:_MOST_CONSUMERS]
    kept.update(front, *(operands[at] for at in front))
    for _ in range(radius - 1):
        kept.update(*(operands[at] for at in list(kept)), *(consumers[at][:_MOST_CONSUMERS] for at in front))
        front = [at for before in front for at in consumers[before][:_MOST_CONSUMERS]]
    index = {old: new for new, old in enumerate(sorted(kept))}
    cells = tuple(
        replace(
            view.cells[old],
            ports=tuple(replace(p, source=index[p.source]) for p in view.cells[old].ports if p.source in index),
        )
        for old in index
    )
    return View(cells, index.get(view.output, len(cells) - 1)), index


def _shape(view: View) -> tuple[object, ...]:
    """What decides a layout, beyond the widths."""
    return tuple((cell.name, cell.glyph, tuple(port.source for port in cell.ports)) for cell in view.cells)


def _centre(made: Layout, cells: Iterable[int]) -> tuple[int, int]:
    for cell in cells:
        box = made.boxes[cell]
        return box.row + box.height // 2, box.column + box.width // 2
    return 0, 0


def window(painting: Painting, centre: tuple[int, int], width: int, height: int) -> list[Row]:
    """The page of a painting that shows a place best.

    >>> rows = tuple(((str(n), ""),) for n in range(9))
    >>> [row[0][0] for row in window(Painting(rows, 1, 9), (6, 0), 5, 4)]
    ['4', '5', '6', '7']
    """
    top = first_row(centre[0], painting.height, height)
    left = first_row(centre[1], painting.width, width)
    rows = [_cut(row, left, width) for row in painting.rows[top : top + height]]
    return rows + [()] * (height - len(rows))


def first_row(place: int, whole: int, room: int) -> int:
    """The first row (or column) of the page that shows a place.

    Pages overlap by half, so that the place is never at an edge with more beyond it.

    >>> [first_row(place, 40, 10) for place in (0, 8, 39)]
    [0, 5, 30]
    """
    if whole <= room:
        return 0
    half = max(1, room // 2)
    return min(max(0, (place - half // 2) // half * half), whole - room)


def _cut(row: Row, left: int, width: int) -> Row:
    """The columns of a row from ``left`` on."""
    if not left and sum(columns(text) for text, _ in row) <= width:
        return row
    kept: list[Run] = []
    at = 0
    for text, style in row:
        part = []
        for char in text:
            wide = char_columns(char)
            if left <= at and at + wide <= left + width:
                part.append(char)
            elif at < left + width and at + wide > left and wide == 2:
                part.append(" ")  # half a wide character
            at += wide
        if part:
            kept.append(("".join(part), style))
    return tuple(kept)
