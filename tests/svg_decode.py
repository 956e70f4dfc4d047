"""Reads a finished SVG back: wires, gates, dots, edges, texts - knowing nothing of what painted them.

Everything is in points, y downwards. Texts have the box of their ink, measured with the bundled font's outlines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from math import hypot
from xml.etree import ElementTree as ET

from gradviz.draw.typeface import face

SVG = "{http://www.w3.org/2000/svg}"
Point = tuple[float, float]
NEAR = 0.1  # points: where an edge meets what it leads to


@dataclass(frozen=True)
class Rect:
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def middle(self) -> Point:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    @property
    def least(self) -> float:
        return min(self.x1 - self.x0, self.y1 - self.y0)

    def shrunk(self, by: float) -> Rect:
        return Rect(self.x0 + by, self.y0 + by, self.x1 - by, self.y1 - by)

    def overlaps(self, other: Rect) -> bool:
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1

    def holds(self, other: Rect) -> bool:
        return self.x0 <= other.x0 and other.x1 <= self.x1 and self.y0 <= other.y0 and other.y1 <= self.y1

    def crossed(self, p: Point, q: Point) -> bool:
        """Whether the straight way from p to q has a point inside, found by cutting it to the sides in turn."""
        t0, t1 = 0.0, 1.0
        for a, b, low, high in ((p[0], q[0], self.x0, self.x1), (p[1], q[1], self.y0, self.y1)):
            if abs(b - a) < 1e-9:
                if not low < a < high:
                    return False
                continue
            enter, leave = sorted(((low - a) / (b - a), (high - a) / (b - a)))
            t0, t1 = max(t0, enter), min(t1, leave)
        return t0 < t1


@dataclass(frozen=True)
class Text:
    text: str
    box: Rect
    color: str
    style: str


@dataclass(frozen=True)
class Shape:
    """A gate's outline, a dot, or a box."""

    box: Rect
    round: bool

    def distance(self, p: Point) -> float:
        """How far a point is from the outline; negative inside."""
        (cx, cy), b = self.box.middle, self.box
        if self.round:
            rx, ry = (b.x1 - b.x0) / 2, (b.y1 - b.y0) / 2
            return (hypot((p[0] - cx) / rx, (p[1] - cy) / ry) - 1) * min(rx, ry)
        return max(b.x0 - p[0], p[0] - b.x1, b.y0 - p[1], p[1] - b.y1)

    def pierced(self, p: Point, q: Point) -> bool:
        """Whether the straight way from p to q runs through it, more than touching its rim."""
        if not self.round:
            return self.box.shrunk(0.15 * self.box.least).crossed(p, q)
        (cx, cy), b = self.box.middle, self.box
        rx, ry = 0.9 * (b.x1 - b.x0) / 2, 0.9 * (b.y1 - b.y0) / 2
        ax, ay, bx, by = (p[0] - cx) / rx, (p[1] - cy) / ry, (q[0] - cx) / rx, (q[1] - cy) / ry
        along = (bx - ax) ** 2 + (by - ay) ** 2 or 1.0
        t = min(1.0, max(0.0, -(ax * (bx - ax) + ay * (by - ay)) / along))
        return hypot(ax + t * (bx - ax), ay + t * (by - ay)) < 1


@dataclass
class Thing:
    """One node of the picture: a wire (it has a rule), a gate or box (it has a shape), a note (neither)."""

    id: str
    texts: list[Text] = field(default_factory=list)
    rule: tuple[Point, Point] | None = None
    shape: Shape | None = None


@dataclass
class Edge:
    corners: list[Point]  # enough of them that straight pieces between them follow the curve
    texts: list[Text] = field(default_factory=list)


@dataclass
class Scene:
    things: list[Thing]
    edges: list[Edge]
    frame: Rect

    def __getitem__(self, id: str) -> Thing:
        (found,) = [thing for thing in self.things if thing.id == id]
        return found

    @property
    def ids(self) -> list[str]:
        return [thing.id for thing in self.things if thing.id]

    def links(self) -> list[tuple[str, str]]:
        """The connections between things with an id of their own, through dots, branches and unnamed labels:
        (tail, head), sorted. Every end of every edge has to meet something."""
        step: dict[int, list[int]] = {}
        for edge in self.edges:
            tail, head = self._met(edge.corners[0], edge), self._met(edge.corners[-1], edge)
            step.setdefault(tail, []).append(head)
        found = []
        for i, thing in enumerate(self.things):
            if self._passing(thing):
                continue
            ways = list(step.get(i, ()))
            while ways:
                j = ways.pop()
                if self._passing(self.things[j]):
                    ways += step.get(j, ())
                else:
                    found.append((thing.id, self.things[j].id))
        return sorted(found)

    @staticmethod
    def _passing(thing: Thing) -> bool:
        return thing.id == "" or thing.id.startswith(("copy-", "branch-"))

    def _met(self, p: Point, edge: Edge) -> int:
        met = [i for i, thing in enumerate(self.things) if touches(thing, p)]
        assert len(met) == 1, f"the end {p} of the edge {edge.corners} meets {[self.things[i].id for i in met]}"
        return met[0]


def touches(thing: Thing, p: Point) -> bool:
    """Whether p is an end of the wire, or on the outline of the gate (anywhere in a dot)."""
    if thing.rule is not None:
        return any(hypot(p[0] - end[0], p[1] - end[1]) < NEAR for end in thing.rule)
    if thing.shape is None:
        return False
    distance = thing.shape.distance(p)
    return distance < NEAR if thing.id.startswith("copy-") else abs(distance) < NEAR


def decode(svg: bytes) -> Scene:
    """The scene of a picture with its text kept as text."""
    root = ET.fromstring(svg)
    graph = next(child for child in root if child.tag == f"{SVG}g")
    dx, dy = numbers(re.search(r"translate\((.*?)\)", graph.get("transform", "")).group(1))  # type: ignore[union-attr]
    x, y, width, height = numbers(root.get("viewBox", ""))
    scene = Scene([], [], Rect(x - dx, y - dy, x + width - dx, y + height - dy))
    loose = [child for child in graph if child.tag == f"{SVG}text"]
    if loose:
        scene.things.append(Thing("", [text(element) for element in loose]))
    for group in graph.findall(f"{SVG}g"):
        inner = list(group.iter())
        texts = [text(e) for e in inner if e.tag == f"{SVG}text" and (e.text or "").strip()]
        paths = [e for e in inner if e.tag == f"{SVG}path"]
        closed = [e for e in paths if e.get("d", "").endswith("Z") or e.get("fill", "none") != "none"]
        polygons = [e for e in inner if e.tag == f"{SVG}polygon"]
        ellipses = [e for e in inner if e.tag == f"{SVG}ellipse"]
        is_edge = group.get("id", "").startswith("edge-") or (paths and not closed and not texts and not ellipses)
        if is_edge:
            scene.edges.append(Edge(bezier(paths[0].get("d", "")), texts))
            continue
        thing = Thing(group.get("id", ""), texts)
        for e in ellipses:
            cx, cy, rx, ry = (float(e.get(k, "nan")) for k in ("cx", "cy", "rx", "ry"))
            thing.shape = Shape(Rect(cx - rx, cy - ry, cx + rx, cy + ry), True)
        for e in closed or polygons:
            points = pairs(e.get("d", "") or e.get("points", ""))
            box = bounds(points)
            if box.least < 0.01:
                thing.rule = ((box.x0, box.y0), (box.x1, box.y1))
            elif thing.shape is None:
                thing.shape = Shape(box, False)
        scene.things.append(thing)
    return scene


def numbers(words: str) -> list[float]:
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", words)]


def pairs(words: str) -> list[Point]:
    found = numbers(words)
    return list(zip(found[::2], found[1::2], strict=True))


def bounds(points: list[Point]) -> Rect:
    return Rect(min(p[0] for p in points), min(p[1] for p in points),
                max(p[0] for p in points), max(p[1] for p in points))  # fmt: skip


def bezier(d: str) -> list[Point]:
    """The points of a path of cubic curves, eight a curve."""
    points = pairs(d)
    found = [points[0]]
    for k in range(0, len(points) - 1, 3):
        a, b, c, e = points[k : k + 4]
        for n in range(1, 9):
            t = n / 8
            u = 1 - t
            found.append(
                tuple(u**3 * a[i] + 3 * u * u * t * b[i] + 3 * u * t * t * c[i] + t**3 * e[i] for i in (0, 1))  # type: ignore[arg-type]
            )
    return found


def text(element: ET.Element) -> Text:
    words = element.text or ""
    size = float(element.get("font-size", "14").removesuffix("px"))
    bold, italic = element.get("font-weight") == "bold", element.get("font-style") == "italic"
    style = "Bold" if bold else "Oblique" if italic else "Regular"
    x, y = float(element.get("x", "0")), float(element.get("y", "0"))
    x -= {"middle": 0.5, "end": 1.0}.get(element.get("text-anchor", "start"), 0.0) * face(style).width(words, size)
    ink = _ink(words, style)
    box = Rect(x + ink.x0 * size, y + ink.y0 * size, x + ink.x1 * size, y + ink.y1 * size)
    return Text(words.strip(), box, element.get("fill", ""), style)


@cache
def _ink(words: str, style: str) -> Rect:
    """The box of the outlines at size 1, the baseline beginning at (0, 0); a space has none."""
    font = face(style)
    points, pen = [], 0
    for c in words:
        glyph = font.glyphs.get(ord(c), 0)
        points += [(pen + x, -y) for contour in font.contours(glyph) for x, y, _ in contour]
        pen += font.advance(glyph)
    if not points:
        return Rect(0, 0, pen / font.units, 0)
    box = bounds([(x / font.units, y / font.units) for x, y in points])
    return box


def overlaps(scene: Scene) -> list[str]:
    """Everything that lies on top of something it does not belong to, in words."""
    said: list[str] = []
    owned = [(t, thing) for thing in scene.things for t in thing.texts]
    owned += [(t, edge) for edge in scene.edges for t in edge.texts]  # type: ignore[misc]
    for n, (t, owner) in enumerate(owned):
        if not scene.frame.holds(t.box):
            said.append(f"{t.text!r} is cut off")
        said += [f"{t.text!r} on {other.text!r}" for other, _ in owned[n + 1 :] if t.box.overlaps(other.box)]
        for thing in scene.things:
            if thing.rule is not None and t.box.crossed(*thing.rule):
                said.append(f"{t.text!r} on the rule of {thing.id}")
            if thing.shape is not None:
                if thing is owner:
                    if not thing.shape.box.holds(t.box):
                        said.append(f"{t.text!r} sticks out of {thing.id}")
                elif t.box.overlaps(thing.shape.box):
                    said.append(f"{t.text!r} on {thing.id}")
        for edge in scene.edges:
            if any(t.box.crossed(p, q) for p, q in pairwise(edge.corners)):
                said.append(f"{t.text!r} on the edge from {edge.corners[0]} to {edge.corners[-1]}")
    shaped = [thing for thing in scene.things if thing.shape is not None]
    for n, thing in enumerate(shaped):
        assert thing.shape is not None
        for other in shaped[n + 1 :]:
            assert other.shape is not None
            if thing.shape.box.overlaps(other.shape.box):
                said.append(f"{thing.id} on {other.id}")
        for edge in scene.edges:
            if touches(thing, edge.corners[0]) or touches(thing, edge.corners[-1]):
                continue
            if any(thing.shape.pierced(p, q) for p, q in pairwise(edge.corners)):
                said.append(f"an edge from {edge.corners[0]} runs through {thing.id}")
    return said
