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
        alone = len(self.routes.get((tail, head), ())) < 2
        if alone and not any(box.meets(p, q) for box in others):
            corners = [p, q]
        else:
            found = self.routes.get((tail, head), [[]])
            corners = [p, *found[min(copy, len(found) - 1)][1:-1], q]
        if into is None:
            corners[-1] = clipped(end, corners[-2], round_head)
        if out is None and start.width > 12:
            corners[0] = clipped(start, corners[1], round_head=abs(start.width - start.height) < 0.5)
        return corners


def clipped(box: Box, outside: Point, round_head: bool) -> Point:
    """Where the way from outside to the centre of a gate meets its outline."""
    dx, dy = outside[0] - box.x, outside[1] - box.y
    if round_head:
        length = hypot(dx, dy) or 1.0
        return box.x + dx / length * box.width / 2, box.y + dy / length * box.width / 2
    scale = min(box.width / 2 / abs(dx) if dx else float("inf"), box.height / 2 / abs(dy) if dy else float("inf"), 1.0)
    return box.x + dx * scale, box.y + dy * scale


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
