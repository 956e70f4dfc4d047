"""What stands in a cell's box: label, value, gradient, and what is said at its entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gradviz.draw.grid.canvas import Canvas, Run, Style, cut_runs
from gradviz.draw.grid.text import clean, columns, cut, cut_number
from gradviz.draw.view import Cell, View

Look = Literal["box", "slim"]
_LONGEST_LABEL = 24  # columns of a name or a glyph; more would push everything else off the screen

# Top left, across, top right, side, bottom left, bottom right, exit.
_FRAMES = {
    "gate": "╭─╮│╰╯├",
    "input": "┌─┐│└┘├",
    "box": "╔═╗║╚╝╟",
    "heavy": "┏━┓┃┗┛┣",
    "gate/ascii": ".-.|''|",
    "input/ascii": "+-+|++|",
    "box/ascii": "#=#|##|",
    "heavy/ascii": "H=HHHHH",
}


@dataclass(frozen=True, slots=True)
class Face:
    """The texts of a cell, safe to print; empty where there is nothing to show."""

    label: tuple[Run, ...]
    value: str
    grad: str
    pins: tuple[tuple[Run, ...], ...]


@dataclass(frozen=True, slots=True)
class Box:
    """Where a cell stands and how its inside is divided, in rows and columns of the grid.

    ``label``, ``body`` and ``pins`` are reserved widths; ``indent`` is what stands before the pins of
    an unframed cell; ``rows`` says which of the two lines, value and gradient, have a place.
    """

    row: int
    column: int
    width: int
    height: int
    label: int
    body: int
    pins: int
    rows: tuple[bool, bool]
    indent: int = 0


def face(cell: Cell, look: Look, fans: Sequence[bool], *, ascii: bool, shares: bool) -> Face:
    """The texts of one cell; ``fans[i]`` says that cell i feeds more than one slot."""
    label: list[Run] = []
    glyph = cut(clean(cell.glyph, ascii), _LONGEST_LABEL, ascii=ascii)
    if cell.kind == "box":
        label.append((glyph if look == "box" else f"[{glyph}]", "gate"))
    elif cell.kind in ("gate", "copy"):
        label.append((f"({glyph or clean('•', ascii)})", "gate"))
    if cell.name is not None:
        name = cut(clean(cell.name, ascii), _LONGEST_LABEL, ascii=ascii)
        label.append((f" {name}" if label else name, "name"))
    if cell.mark is not None:
        sign = clean("⚠" if cell.mark == "nonfinite" else "≡", ascii)
        label.append((f" {sign}" if label else sign, "mark"))
    value = "" if cell.value is None else clean(cell.value, ascii)
    nabla = clean("∂", ascii) + (" " if look == "box" else "")
    grad = "" if cell.grad is None else nabla + clean(cell.grad, ascii)
    pins = []
    for port in cell.ports:
        pin: list[Run] = []
        if port.local is not None:
            pin.append((clean(port.local, ascii), "note"))
        if shares and port.share is not None and fans[port.source]:
            arrow = clean("◂∂", ascii) + clean(port.share, ascii)
            pin.append((f" {arrow}" if pin else arrow, "grad"))
        pins.append(tuple(pin))
    return Face(tuple(label), value, grad, tuple(pins))


def fan_outs(view: View) -> list[bool]:
    """For every cell whether it feeds more than one slot."""
    feeds = [0] * len(view.cells)
    for cell in view.cells:
        for port in cell.ports:
            feeds[port.source] += 1
    return [n > 1 for n in feeds]


def measure(
    cell: Cell,
    face: Face,
    look: Look,
    reserved: int | None,
    rows: tuple[bool, bool],
    indent: int,
    shares: Sequence[int],
) -> Box:
    """The size of a cell's box, at row 0 and column 0.

    With ``reserved`` the value and the gradient have that many columns each, whatever they are now.
    ``indent`` are the columns of an arrow and the air after it, where boxes have no frame;
    ``shares`` the columns to reserve at every port for the gradient that flows back along it.
    """
    label = sum(columns(text) for text, _ in face.label)
    nabla = 2 if look == "box" else 1
    value = columns(face.value) if reserved is None else reserved
    grad = columns(face.grad) if reserved is None else reserved + nabla
    if cell.kind == "const" and reserved is None and cell.grad is None:
        rows = (rows[0], False)
    body = max(value if rows[0] else 0, grad if rows[1] else 0)
    pins = 0
    for pin, share in zip(face.pins, shares, strict=True):
        local = sum(columns(text) for text, style in pin if style == "note")
        present = sum(columns(text) for text, _ in pin)
        pins = max(pins, present, local + (local > 0) + share if share else 0)
    inner = body + (pins + 1 if pins else 0)
    lines = rows[0] + rows[1]
    if look == "box":
        width = max(inner + 4 + (pins > 0), label + 4, 5)
        return Box(0, 0, width, 2 + max(lines, len(cell.ports), 1), label, body, pins, rows)
    if not label:  # a bare constant: its value stands where the label would
        label, lines, rows = value, lines - rows[0], (False, rows[1])
    room = indent + (pins + 1 if pins else 0) + max(body, label + 1)
    return Box(0, 0, room, max(1 + lines, len(cell.ports), 1), label, body, pins, rows, indent)


def exit_column(box: Box, look: Look) -> int:
    """The column in which a cell's wire begins."""
    if look == "box":
        return box.column + box.width - 1
    return box.column + box.indent + (box.pins + 1 if box.pins else 0) + box.label + (1 if box.label else 0)


def draw(canvas: Canvas, cell: Cell, face: Face, box: Box, look: Look, *, ascii: bool, wired: bool, lit: bool) -> None:
    """Put a cell on the canvas; ``wired`` says that a wire leaves it, ``lit`` highlights it."""
    if look == "box":
        _draw_box(canvas, cell, face, box, ascii=ascii, wired=wired, lit=lit)
    else:
        _draw_slim(canvas, cell, face, box, ascii=ascii, lit=lit)


def _put_runs(
    canvas: Canvas, runs: tuple[Run, ...], row: int, column: int, room: int, *, ascii: bool, lit: bool = False
) -> int:
    for text, style in cut_runs(runs, room, ascii=ascii):
        column = canvas.put(row, column, text, "highlight" if lit and style != "mark" else style)
    return column


def _lines(face: Face, rows: tuple[bool, bool]) -> list[tuple[str, Style]]:
    both: list[tuple[bool, tuple[str, Style]]] = [
        (rows[0], (face.value, "value")),
        (rows[1], (face.grad, "grad")),
    ]
    return [line for there, line in both if there]


def _draw_box(canvas: Canvas, cell: Cell, face: Face, box: Box, *, ascii: bool, wired: bool, lit: bool) -> None:
    kind = "heavy" if lit else {"gate": "gate", "copy": "gate", "box": "box"}.get(cell.kind, "input")
    a, across, b, side, c, d, out = tuple(_FRAMES[kind + "/ascii" if ascii else kind])
    style: Style = "highlight" if lit else "frame"
    wide = box.width - 2
    canvas.put(box.row, box.column, a + across * wide + b, style)
    # Where no number is ever shown the label stands inside, else it interrupts the frame.
    inside = box.rows == (False, False) and not box.pins
    if face.label and box.label and not inside:
        canvas.put(box.row, box.column + 1, " ", style)
        end = _put_runs(canvas, face.label, box.row, box.column + 2, box.label, ascii=ascii, lit=lit)
        canvas.put(box.row, end, " ", style)
    middle = box.column + 1 + (box.pins + 2 if box.pins else 0)
    lines = _lines(face, box.rows)
    for at in range(box.height - 2):
        row = box.row + 1 + at
        canvas.put(row, box.column + 1, " " * wide, "")
        enters = at < len(cell.ports)
        canvas.put(row, box.column, (">" if ascii else "▸") if enters else side, "wire" if enters else style)
        canvas.put(row, box.column + box.width - 1, out if wired and not at else side, style)
        if box.pins:
            canvas.put(row, box.column + 2 + box.pins, ("|" if ascii else "┊"), style)
            if enters:
                _put_runs(canvas, face.pins[at], row, box.column + 2, box.pins, ascii=ascii)
        if at < len(lines):
            text, kind_ = lines[at]
            canvas.put(row, middle + 1, cut_number(text, box.body, ascii=ascii), kind_)
        elif inside and not at:
            _put_runs(canvas, face.label, row, box.column + 2, box.label, ascii=ascii, lit=lit)
    canvas.put(box.row + box.height - 1, box.column, c + across * wide + d, style)


def _draw_slim(canvas: Canvas, cell: Cell, face: Face, box: Box, *, ascii: bool, lit: bool) -> None:
    column = box.column + box.indent
    for at in range(len(cell.ports)):
        canvas.put(box.row + at, box.column, ">" if ascii else "▸", "wire")
        if box.pins:
            _put_runs(canvas, face.pins[at], box.row + at, column, box.pins, ascii=ascii)
    if box.pins:
        for at in range(box.height):
            canvas.put(box.row + at, column + box.pins, "|" if ascii else "┊", "frame")
        column += box.pins + 1
    if face.label:
        _put_runs(canvas, face.label, box.row, column, box.label, ascii=ascii, lit=lit)
    else:
        canvas.put(box.row, column, cut_number(face.value, box.label, ascii=ascii), "value")
    for at, (text, style) in enumerate(_lines(face, box.rows), start=1):
        canvas.put(box.row + at, column, cut_number(text, box.body, ascii=ascii), style)
