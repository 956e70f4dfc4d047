"""The trace as a table: what is known of every node, the current one marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradviz.draw.grid.canvas import Run, Style
from gradviz.draw.grid.text import clean, columns, cut, cut_number
from gradviz.draw.view import Cell
from gradviz.step.cursor import Cursor
from gradviz.step.picture import Row, first_row, lit


def _rows(cursor: Cursor) -> list[tuple[str, ...]]:
    """Everything that is drawn and no literal."""
    cells = cursor.shown.cells
    return [_texts(cell, cells, cursor.graph.names) for cell in cells if cell.kind != "const"]


def _texts(cell: Cell, cells: Sequence[Cell], names: Sequence[str]) -> tuple[str, ...]:
    """Name, gate, operands, value, gradient."""
    sources = [cells[port.source] for port in cell.ports]
    operands = ", ".join(c.value or "" if c.kind == "const" else names[c.node] for c in sources)
    glyph = cell.glyph or ("copy" if cell.kind == "copy" else "")
    return names[cell.node], glyph, operands, cell.value or "", cell.grad or ""


_HEAD = ("name", "gate", "from", "value", "gradient")
_MOST = (12, 8, 10, 11, 13)  # columns


def _columns(cursor: Cursor) -> list[int]:
    """Column widths, the same at every position."""
    run, graph, numerals = cursor.run, cursor.graph, cursor.options.numerals
    wide = [len(title) for title in _HEAD]
    for cell in run.view.cells:
        if cell.kind == "const":
            continue
        texts = _texts(cell, run.view.cells, graph.names)
        wide = [max(old, columns(text)) for old, text in zip(wide, texts, strict=True)]
    for event in run.script.events:
        if len(run.script.received[event.operand]) > 1:
            wide[4] = max(wide[4], columns(numerals.text(event.total)) + 4)
    return [min(pair) for pair in zip(wide, _MOST, strict=True)]


def table_width(cursor: Cursor) -> int:
    return sum(_columns(cursor)) + 2 * len(_HEAD) + 1


def table(cursor: Cursor, width: int, height: int, ascii: bool = False) -> Iterator[Row]:
    """The trace as a table, the current gate marked, breakpoints with a dot."""
    wide = _columns(cursor)
    over = sum(wide) + 2 * len(wide) - width
    for column, least in ((2, 4), (1, 4), (0, 4), (4, 6), (3, 6)):  # operands give first, numbers last
        give = min(max(0, over), max(0, wide[column] - least))
        wide[column] -= give
        over -= give
    rows = _rows(cursor)
    cells, _ = lit(cursor)
    now = {cursor.graph.names[cursor.run.view.cells[at].node] for at in cells}
    here = next((at for at, row in enumerate(rows) if row[0] in now), 0)
    room = max(1, height - 1)
    first = first_row(here, len(rows), room)
    yield _cells(("", *_HEAD), wide, ascii, head=True)
    for row in rows[first : first + room]:
        sign = "▸" if row[0] in now else "●" if row[0] in cursor.breakpoints else ""
        if row[0] in now and row[0] in cursor.breakpoints:
            sign = "◉"
        yield _cells((sign, *row), wide, ascii, current=row[0] in now)


_STYLES: tuple[Style, ...] = ("name", "gate", "", "value", "grad")
_SIGNS = {"▸": ">", "●": "o", "◉": "@"}


def _cells(texts: Sequence[str], wide: Sequence[int], ascii: bool, *, head: bool = False, current: bool = False) -> Row:
    sign = _SIGNS.get(texts[0], texts[0]) if ascii else texts[0]
    runs: list[Run] = [(f"{sign:1} ", "highlight")]
    for at, (text, room) in enumerate(zip(texts[1:], wide, strict=True)):
        text = clean(text, ascii)
        shown = cut_number(text, room, ascii=ascii) if at > 2 and not head else cut(text, room, ascii=ascii)
        space = " " * (room - columns(shown))
        style: Style = "note" if head else "highlight" if current and at == 0 else _STYLES[at]
        runs += [(space, ""), (shown, style)] if at > 2 else [(shown, style), (space, "")]
        runs.append(("  " if at < 4 else "", ""))
    return tuple(run for run in runs if run[0])
