"""A cheap layered layout for big graphs: what dot would need minutes for is placed in a second.

Ranks by longest path, inputs beside their first user; order within a rank by a few barycentre sweeps (Sugiyama,
Tagawa and Toda 1981); straight edges. dot's picture is finer, so this is only for what dot cannot do in time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradviz.draw.typeface import face
from gradviz.draw.view import Cell, View
from gradviz.draw.wiring import Box, Placement

_SWEEPS = 6
_GAP = 8.0  # points between neighbours in a rank
_CHANNEL = 50.0  # points between ranks, for the edges


def ranks(view: View) -> list[int]:
    """The rank of every cell: operands before users, inputs as late as they can be."""
    found = [0] * len(view.cells)
    for i, cell in enumerate(view.cells):
        found[i] = max((found[port.source] + 1 for port in cell.ports), default=0)
    for i, users in enumerate(view.branches):
        if users and not view.cells[i].ports:
            found[i] = min(found[j] for j, _ in users) - 1
    return found


def weight(view: View) -> int:
    """How heavy dot will find this graph: its effort was measured to grow about as the ranks that edges span,
    added up, times the number of ranks (75 steps of a recurrence, 840,000: 9 s)."""
    found = ranks(view)
    spans = sum(found[i] - found[port.source] for i, cell in enumerate(view.cells) for port in cell.ports)
    return spans * (max(found, default=0) + 1)


def place(view: View, size: float, direction: str) -> Placement:
    """Where every cell goes, as boxes of a measured size.

    Args:
        view: what is shown.
        size: of the font, in points.
        direction: "LR", "RL", "TB" or "BT".
    """
    across = direction in ("LR", "RL")
    sizes = [_size(cell, size) for cell in view.cells]
    rank = ranks(view)
    rows: list[list[int]] = [[] for _ in range(max(rank, default=0) + 1)]
    for i in _walk(view):
        rows[rank[i]].append(i)
    thick = [s[1] if across else s[0] for s in sizes]  # along a rank
    deep = [s[0] if across else s[1] for s in sizes]  # along the flow
    users = [[j for j, _ in places] for places in view.branches]
    sources = [[port.source for port in cell.ports] for cell in view.cells]
    at = [0.0] * len(view.cells)
    for row in rows:
        _stack(row, thick, at)
    for sweep in range(_SWEEPS):
        near = sources if sweep % 2 == 0 else users
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wish = _wishes(row, near, at)
            row.sort(key=wish.__getitem__)
            _settle(row, thick, at, wish.__getitem__)
    boxes: dict[str, Box] = {}
    flow = 0.0
    for row in rows:
        depth = max((deep[i] for i in row), default=0.0)
        for i in row:
            along = (flow + depth / 2) * (1 if direction in ("LR", "BT") else -1)
            x, y = (along, -at[i]) if across else (at[i], along)
            boxes[f"w{i}"] = Box(x, y, *sizes[i])
        flow += depth + _CHANNEL
    return Placement(boxes, {})


def _size(cell: Cell, size: float) -> tuple[float, float]:
    """Width and height of a cell's box."""
    head = " = ".join(part for part in (cell.name, cell.glyph or ("copy" if cell.kind == "copy" else "")) if part)
    texts = [head, cell.value, None if cell.grad is None else f"∂ {cell.grad}"]
    shown = [text for text in texts if text]
    width = max((face("Bold").width(text, size) for text in shown), default=0.0)
    return max(width + 24, 30.0), max(len(shown), 1) * size * 1.45 + 12


def _walk(view: View) -> list[int]:
    """All cells, going back from the output operand by operand: a first order with few crossings."""
    order: list[int] = []
    seen = bytearray(len(view.cells))
    stack = [view.output]
    while stack:
        i = stack.pop()
        if not seen[i]:
            seen[i] = 1
            order.append(i)
            stack.extend(port.source for port in reversed(view.cells[i].ports))
    return [*order, *(i for i in range(len(view.cells)) if not seen[i])]


def _stack(row: Sequence[int], thick: Sequence[float], at: list[float]) -> None:
    """One above the other, around 0."""
    place = -sum(thick[i] + _GAP for i in row) / 2
    for i in row:
        at[i] = place + thick[i] / 2
        place += thick[i] + _GAP


def _wishes(row: Sequence[int], near: Sequence[Sequence[int]], at: Sequence[float]) -> dict[int, float]:
    """Where each cell of a rank would like to be: amid its neighbours."""
    return {i: sum(at[j] for j in near[i]) / len(near[i]) if near[i] else at[i] for i in row}


def _settle(row: Sequence[int], thick: Sequence[float], at: list[float], wish: Callable[[int], float]) -> None:
    """As near to their wishes as their sizes allow: pushed apart in order, then moved back as a whole."""
    edge = float("-inf")
    for i in row:
        at[i] = max(wish(i), edge + thick[i] / 2)
        edge = at[i] + thick[i] / 2 + _GAP
    if row:
        drift = sum(at[i] - wish(i) for i in row) / len(row)
        for i in row:
            at[i] -= drift
