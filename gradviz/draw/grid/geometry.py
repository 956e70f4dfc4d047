"""From boxes without a place to boxes and wires in their places."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from gradviz.draw.grid.faces import Box, Look, exit_column
from gradviz.draw.grid.layers import Layers, arrange
from gradviz.draw.grid.routes import Net, Route, route
from gradviz.draw.grid.rows import Shape, place
from gradviz.draw.grid.wires import Path, Point
from gradviz.draw.view import View

# Columns of wire at the left and right end of a channel, and what it takes with no track at all.
_ENDS: dict[Look, tuple[int, int, int]] = {"box": (1, 1, 2), "slim": (1, 0, 1)}


class _Rows:
    """The row of everything a wire can touch."""

    def __init__(self, graph: Layers, boxes: list[Box], look: Look) -> None:
        first = 1 if look == "box" else 0  # below the frame
        self.shapes = [Shape(box.height, first, first) for box in boxes]
        self.shapes += [Shape(1, 0, 0)] * (len(graph.net) - len(boxes))
        self.top = place(graph, self.shapes)

    def exit(self, item: int) -> int:
        return self.top[item] + self.shapes[item].exit

    def entry(self, item: int, slot: int) -> int:
        return self.top[item] + self.shapes[item].entry + slot


def assemble(view: View, boxes: list[Box], look: Look) -> tuple[list[Box], dict[tuple[int, int], Path], int, int]:
    """Placed boxes, the path into every slot, and the picture's height and width."""
    graph = arrange(view)
    rows = _Rows(graph, boxes, look)
    left, right, straight = _ENDS[look]
    boxes = list(boxes)
    routes: list[dict[int, Route]] = []
    tracks: list[int] = []  # the first track's column in every channel
    at = 0
    for k, items in enumerate(graph.order):
        wide = max((boxes[i].width for i in items if i < graph.cells), default=1)
        if k == 0:
            wide -= max((boxes[i].indent for i in items), default=0)
        for i in items:
            if i < graph.cells:
                # Framed boxes of a layer are equally wide: their wires then leave from one line.
                own = wide if look == "box" else boxes[i].width
                indent = 0 if k == 0 else boxes[i].indent  # nothing points into the first layer
                boxes[i] = replace(boxes[i], row=rows.top[i], column=at, width=own, indent=indent)
        at += wide
        if k < len(graph.links):
            nets: dict[int, Net] = {}
            for link in graph.links[k]:
                net = nets.setdefault(graph.net[link.left], Net(rows.exit(link.left), []))
                net.leaves.append(rows.entry(link.right, link.slot))
            found, needed = route(nets)
            routes.append(found)
            tracks.append(at + left)
            at += left + needed + right if needed else straight
    paths = {}
    for i, cell in enumerate(view.cells):
        for slot, port in enumerate(cell.ports):
            start = boxes[port.source]
            points = [(rows.exit(port.source), exit_column(start, look))]
            points += _between(graph, rows, routes, tracks, port.source, i, slot)
            points.append((rows.entry(i, slot), boxes[i].column))
            paths[i, slot] = tuple(_corners(points))
    lowest = min((row for path in paths.values() for row, _ in path), default=0)
    if lowest < 0:  # a detour above the uppermost box
        boxes = [replace(box, row=box.row - lowest) for box in boxes]
        paths = {port: tuple((r - lowest, c) for r, c in path) for port, path in paths.items()}
    height = max((box.row + box.height for box in boxes), default=0)
    height = max([height] + [row + 1 for path in paths.values() for row, _ in path])
    return boxes, paths, height, at


def _between(
    graph: Layers,
    rows: _Rows,
    routes: list[dict[int, Route]],
    tracks: list[int],
    source: int,
    consumer: int,
    slot: int,
) -> list[Point]:
    """Where the wire from a source to a slot turns, channel by channel."""
    items = [consumer]
    here = next(link.left for link in graph.into[consumer] if link.slot == slot)
    while here != source:
        items.append(here)
        here = graph.into[here][0].left
    points: list[Point] = []
    for item in reversed(items):
        channel = graph.layer[item] - 1
        enters = rows.exit(here)
        leaves = rows.entry(item, slot if item == consumer else 0)
        way = routes[channel][source]
        if way.track is not None:
            first = tracks[channel] + way.track
            if way.detour is not None:
                free, second = way.detour[0], tracks[channel] + way.detour[1]
                points += [(enters, first), (free, first), (free, second), (leaves, second)]
            else:
                points += [(enters, first), (leaves, first)]
        here = item
    return points


def _corners(points: list[Point]) -> list[Point]:
    """The same path without points that stand still or lie on a straight line."""
    kept = [points[0]]
    for a, b in pairwise(points[1:]):
        if a == kept[-1]:
            continue
        if (kept[-1][0] == a[0] == b[0]) or (kept[-1][1] == a[1] == b[1]):
            continue
        kept.append(a)
    kept.append(points[-1])
    return kept
