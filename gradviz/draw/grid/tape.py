"""One row a node: the picture that fits any width and any number of nodes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gradviz.draw.grid.canvas import Painting, Run, Style, cut_runs
from gradviz.draw.grid.text import clean, columns, cut_number
from gradviz.draw.view import Cell, View

_SIGNS = frozenset("+-−*×·/÷^")
_ARGUMENT = re.compile(r"(?<!\w)x(?![A-Za-z_0-9])")
_SHORT_NAME, _LEAST_NAME = 9, 7
_MOST_NUMBER = 24


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of a tape's columns; 0 where a column is left out."""

    number: int
    node: int
    value: int
    grad: int


def columns_of(view: View, width: int | None, widths: list[int] | None, *, ascii: bool) -> Columns:
    """How wide each column is; the name has the first claim, then values, then gradients."""
    number = len(str(len(view.cells))) + 1
    node = value = grad = 0
    for i, cell in enumerate(view.cells):
        node = max(node, sum(columns(text) for text, _ in _node(view, cell, ascii)))
        if widths is not None:
            value, grad = max(value, widths[i]), max(grad, widths[i] + 2)
        if cell.value is not None and widths is None:
            value = max(value, columns(clean(cell.value, ascii)))
        if cell.grad is not None and widths is None:
            grad = max(grad, 2 + columns(clean(cell.grad, ascii)))
    value, grad = min(value, _MOST_NUMBER), min(grad, _MOST_NUMBER)
    if width is None:
        return Columns(number, node, value, grad)
    while True:
        gaps = 1 + 2 * (value > 0) + 2 * (grad > 0)
        over = number + node + value + grad + gaps - width
        if over <= 0:
            return Columns(number, node, value, grad)
        # Names lose their gate's operands before numbers lose a digit.
        for name, least in ((max(_SHORT_NAME, width // 4), 8), (_LEAST_NAME, 6)):
            give = min(over, max(0, node - name))
            node, over = node - give, over - give
            give = min(over, max(0, grad - least))
            grad, over = grad - give, over - give
            give = min(over, max(0, value - least))
            value, over = value - give, over - give
        if over <= 0:
            continue
        if grad:
            grad = 0
        elif value:
            value = 0
        else:
            return Columns(number, max(1, width - number - 1), 0, 0)


def paint_tape(view: View, shape: Columns, width: int, *, ascii: bool, lit: frozenset[int]) -> Painting:
    """Rows ``number  name = gate(operands)  value  ∂ gradient``; unnamed nodes are called v1, v2, … as in the table."""
    rows = []
    nabla = clean("∂ ", ascii)
    for i, cell in enumerate(view.cells):
        style: Style = "highlight" if i in lit else "note"
        sign = ">" if ascii else "▸"
        row: list[Run] = [((sign if i in lit else "") + str(i + 1), style)]
        row.insert(0, (" " * (shape.number - columns(row[0][0])), ""))
        row.append((" ", ""))
        room = shape.node
        for text, kind in cut_runs(_node(view, cell, ascii), room, ascii=ascii):
            room -= columns(text)
            row.append((text, "highlight" if i in lit and kind == "name" else kind))
        numbers: list[tuple[int, str | None, Style]] = [
            (shape.value, cell.value, "value"),
            (shape.grad, cell.grad, "grad"),
        ]
        for wide, number, kind in numbers:
            if wide:
                text = "" if number is None else (nabla if kind == "grad" else "") + clean(number, ascii)
                text = cut_number(text, wide, ascii=ascii)
                row += [(" " * (room + 2), ""), (text, kind)]
                room = wide - columns(text)
        used = sum(columns(text) for text, _ in row)
        row.append((" " * (width - used), ""))
        rows.append(tuple(run for run in row if run[0]))
    return Painting(tuple(rows), width, len(rows))


def _node(view: View, cell: Cell, ascii: bool) -> list[Run]:
    """``⚠ q = x + y``: the mark, the name and the gate with its operands in order."""
    runs: list[Run] = []
    if cell.mark is not None:
        runs.append((clean("⚠ " if cell.mark == "nonfinite" else "≡ ", ascii), "mark"))
    named = cell.name is not None or cell.kind != "const"
    if named:
        runs.append((clean(cell.name or cell.key, ascii), "name"))
    if cell.kind in ("input", "const") and not cell.ports:
        return runs
    if named:
        runs.append((" = ", "frame"))
    glyph = clean(cell.glyph, ascii)
    given = [_called(view, port.source, ascii) for port in cell.ports]
    if len(given) == 2 and cell.glyph in _SIGNS:
        return [*runs, (given[0], "name"), (f" {glyph} ", "gate"), (given[1], "name")]
    if cell.kind == "copy" and len(given) == 1:
        return [*runs, (given[0], "name")]
    slot = _ARGUMENT.search(glyph)
    if len(given) == 1 and not cell.glyph.isidentifier():
        # A gate with a constant folded in: "1/x" of q is 1/q, "×−1" of q is q ×−1.
        if slot:
            parts: list[Run] = [(glyph[: slot.start()], "gate"), (given[0], "name"), (glyph[slot.end() :], "gate")]
        else:
            first = cell.glyph[:1] in _SIGNS
            parts = [(given[0], "name"), (" " + glyph, "gate")]
            parts = parts if first else [(glyph + " ", "gate"), (given[0], "name")]
        return [*runs, *(part for part in parts if part[0])]
    runs.append((glyph if cell.glyph.isidentifier() else f"({glyph})", "gate"))
    for at, operand in enumerate(given):
        runs += [("(" if not at else ", ", "frame"), (operand, "name")]
    return [*runs, (")", "frame")] if given else runs


def _called(view: View, index: int, ascii: bool) -> str:
    """What an operand is called: its name, a constant's value, or the name it has in the table."""
    cell = view.cells[index]
    if cell.name is not None:
        return clean(cell.name, ascii)
    if cell.kind == "const" and cell.value is not None:
        return clean(cell.value, ascii)
    return clean(cell.key, ascii)
