"""Fits edges to wires: dot places the nodes, and this draws each edge from a wire's very end.

dot starts an edge at the border of its rank, not of its node, so that a wire and its edge would miss each other
by a point or two; and its straight edges run through labels. Here an edge is straight where the way is free,
and else follows dot's polyline around the labels. The picture is then rendered with these positions (``nop2``).
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

Point = tuple[float, float]
_INCH = 72.0
_CLEAR = 1.0  # points that a wire keeps from a label
_MOST_ROUND = 24  # boxes that a detour may go around


@dataclass(frozen=True, slots=True)
class Box:
    """Where dot put a node: centre and size, in points."""

    x: float
    y: float
    width: float
    height: float

    def end(self, side: str) -> Point:
        """The middle of a side: "e", "w", "n" or "s"."""
        dx, dy = {"e": (1, 0), "w": (-1, 0), "n": (0, 1), "s": (0, -1)}[side]
        return self.x + dx * self.width / 2, self.y + dy * self.height / 2

    def corners(self, away: float) -> list[Point]:
        """The four corners, some way outside."""
        dx, dy = self.width / 2 + away, self.height / 2 + away
        return [(self.x + a * dx, self.y + b * dy) for a in (-1, 1) for b in (-1, 1)]

    def meets(self, p: Point, q: Point) -> bool:
        """Whether the straight way from p to q runs through the box (Liang and Barsky's clipping)."""
        t0, t1 = 0.0, 1.0
        for a, b, middle, half in (
            (p[0], q[0], self.x, self.width / 2 + _CLEAR),
            (p[1], q[1], self.y, self.height / 2 + _CLEAR),
        ):
            low, high, step = middle - half, middle + half, b - a
            if abs(step) < 1e-9:
                if not low < a < high:
                    return False
                continue
            enter, leave = sorted(((low - a) / step, (high - a) / step))
            t0, t1 = max(t0, enter), min(t1, leave)
        return t0 < t1


@dataclass(frozen=True, slots=True)
class Placement:
    """dot's answer: the boxes of the nodes and the corner points of the edges between them."""

    boxes: dict[str, Box]
    routes: dict[tuple[str, str], list[list[Point]]]  # several where two nodes have several edges

    @classmethod
    def read(cls, plain: str) -> Placement:
        """From ``dot -Tplain``.

        >>> Placement.read("graph 1 2 1\\nnode a 1 0.5 0.5 0.5 label solid none black white\\nstop\\n").boxes["a"]
        Box(x=72.0, y=36.0, width=36.0, height=36.0)
        """
        boxes: dict[str, Box] = {}
        routes: dict[tuple[str, str], list[list[Point]]] = {}
        for line in plain.splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "node":
                name, x, y, width, height = rest.split(" ", 5)[:5]
                boxes[name] = Box(*(float(part) * _INCH for part in (x, y, width, height)))
            elif kind == "edge":
                tail, head, count, *parts = shlex.split(rest) if '"' in rest else rest.split()
                numbers = [float(part) * _INCH for part in parts[: 2 * int(count)]]
                points = list(zip(numbers[::2], numbers[1::2], strict=True))
                routes.setdefault((tail, head), []).append(points[::3])
        return cls(boxes, routes)

    def edge(self, tail: str, out: str | None, head: str, into: str | None, round_head: bool, copy: int) -> list[Point]:
        """The corners of an edge.

        Args:
            tail: the node it leaves; ``out``: the side it leaves by, None for the middle of a gate or dot.
            head: the node it enters; ``into``: the side, None for a gate.
            round_head: the gate is a circle.
            copy: which of several edges between the two nodes.
        """
        start, end = self.boxes[tail], self.boxes[head]
        p = start.end(out) if out else (start.x, start.y)
        q = end.end(into) if into else (end.x, end.y)
        others = [box for name, box in self.boxes.items() if name not in (tail, head)]
        found = self.routes.get((tail, head), [[]])
        corners = [p, q]
        if len(found) > 1 or not _free(corners, others):
            corners = [p, *found[min(copy, len(found) - 1)][1:-1], q]
            if not _free(corners, others):
                corners = detour(p, q, others) or corners
        if into is None:
            corners[-1] = clipped(end, corners[-2], round_head)
        if out is None and start.width > 12:
            corners[0] = clipped(start, corners[1], round_head=abs(start.width - start.height) < 0.5)
        return corners


def _free(corners: Sequence[Point], boxes: Sequence[Box]) -> bool:
    for p, q in pairwise(corners):
        x, y = p[0] + q[0], p[1] + q[1]
        wide, high = abs(p[0] - q[0]) + 2 * _CLEAR, abs(p[1] - q[1]) + 2 * _CLEAR
        for box in boxes:  # most are far away, which is seen at once
            if abs(2 * box.x - x) < box.width + wide and abs(2 * box.y - y) < box.height + high and box.meets(p, q):
                return False
    return True


def detour(p: Point, q: Point, boxes: Sequence[Box]) -> list[Point] | None:
    """The shortest way from p to q around boxes, by their corners; None where there is none.

    >>> detour((0, 0), (10, 0), [Box(5, 1, 2, 4)])
    [(0, 0), (2.0, -3.0), (8.0, -3.0), (10, 0)]
    """
    met = [box for box in boxes if box.meets(p, q)]
    while True:  # each turn adds boxes that the way round the known ones runs into
        way = _around(p, q, met)
        if way is None:
            return None
        more = [box for box in boxes if box not in met and not _free(way, [box])]
        if not more:
            return way
        met += more
        if len(met) > _MOST_ROUND:
            return None


def _around(p: Point, q: Point, boxes: Sequence[Box]) -> list[Point] | None:
    """Dijkstra's shortest way over the corners that see each other."""
    from heapq import heappop, heappush

    points = [p, q, *(corner for box in boxes for corner in box.corners(2 * _CLEAR))]
    best: dict[int, float] = {}
    queue: list[tuple[float, int, tuple[int, ...]]] = [(0.0, 0, (0,))]
    while queue:
        length, at, way = heappop(queue)
        if at == 1:
            return [points[i] for i in way]
        if at in best:
            continue
        best[at] = length
        for i, point in enumerate(points):
            if i not in best and _free((points[at], point), boxes):
                step = hypot(point[0] - points[at][0], point[1] - points[at][1])
                heappush(queue, (length + step, i, (*way, i)))
    return None


def clipped(box: Box, outside: Point, round_head: bool) -> Point:
    """Where the way from outside to the centre of a gate meets its outline."""
    dx, dy = outside[0] - box.x, outside[1] - box.y
    if round_head:
        length = hypot(dx, dy) or 1.0
        return box.x + dx / length * box.width / 2, box.y + dy / length * box.width / 2
    half, high = box.width / 2, box.height / 2
    scale = min(half / abs(dx) if dx else float("inf"), high / abs(dy) if dy else float("inf"), 1.0)
    x, y = dx * scale, dy * scale
    corner = min(12.0, min(box.width, box.height) / 3)  # Graphviz rounds as far as this: the straight sides are met
    if abs(y) < high - 1e-6:
        y = min(max(y, corner - high), high - corner)
    else:
        x = min(max(x, corner - half), half - corner)
    return box.x + x, box.y + y


def spline(corners: Sequence[Point]) -> str:
    """Corner points as the ``pos`` of an edge: a polyline is a B-spline whose handles lie on its sides."""
    points = [corners[0]]
    for p, q in pairwise(corners):
        points += [
            (p[0] + (q[0] - p[0]) / 3, p[1] + (q[1] - p[1]) / 3),
            (p[0] + 2 * (q[0] - p[0]) / 3, p[1] + 2 * (q[1] - p[1]) / 3),
            q,
        ]
    return " ".join(f"{x:.3f},{y:.3f}" for x, y in points)
