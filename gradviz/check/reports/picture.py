"""The graph of a problem as it stands in a page, with the first wrong gate ringed."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape

from gradviz.check.outcome import Checked
from gradviz.check.reports.style import recoloured
from gradviz.draw.svg import identifier
from gradviz.errors import EnvironmentFailure
from gradviz.gates import INPUT
from gradviz.graph import Graph

_MOST_DRAWN = 150  # nodes; a larger picture tells nobody where to look
_MOST_PICTURES = 40  # different ones on a page; each costs some hundredths of a second
_FACES = re.compile(r"<defs><style>(.*?)</style></defs>", re.DOTALL)
_GROUND = re.compile(r'<polygon fill="(#[0-9a-f]{6})" stroke="none"')
_ELLIPSE = re.compile(r'<ellipse [^>]*?cx="([-\d.]+)" cy="([-\d.]+)" rx="([-\d.]+)" ry="([-\d.]+)"[^>]*/>')
_SHAPE = re.compile(r"<(?:ellipse|polygon|path) ")
_MARGIN = 9  # points around a picture, so that a ring at its edge is whole


class Pictures:
    """The pictures of a page; the same graph is drawn once, and the same font stands there once.

    Args:
        hints: the level; numbers are answers, so that they are drawn at level 3 alone.
    """

    def __init__(self, hints: int) -> None:
        self._hints = hints
        self._drawn: dict[tuple[object, ...], str] = {}
        self._faces: set[str] = set()

    def of(self, problem: Checked, blamed: str | None, prefix: str) -> str:
        """The picture as HTML; "" where there is none.

        Args:
            problem: whose graph.
            blamed: the node whose gate is to be ringed.
            prefix: what its ids begin with, so that they are unique on the page.
        """
        graph = problem.graph
        if graph is None or not 0 < len(graph) <= _MOST_DRAWN:
            return ""
        if self._hints < 3 or graph.missing:
            bare = (None if row is INPUT else number for row, number in zip(graph.gates, graph.data, strict=True))
            graph = replace(graph, data=tuple(bare))
        key = (problem.source, problem.function, graph.data)
        if key not in self._drawn:
            self._drawn[key] = _drawn(graph) if len(self._drawn) < _MOST_PICTURES else ""
        found = self._drawn[key]
        if not found.startswith("<svg"):
            return found
        return (
            self._once(ringed(found, blamed))
            .replace(' id="', f' id="{prefix}')
            .replace('aria-labelledby="title desc"', f'aria-labelledby="{prefix}title {prefix}desc"')
        )

    def _once(self, svg: str) -> str:
        faces = _FACES.search(svg)
        if faces is None:
            return svg
        if faces[1] in self._faces:
            return svg.replace(faces[0], "")
        self._faces.add(faces[1])
        return svg


def _drawn(graph: Graph) -> str:
    shown = graph.draw()
    try:
        svg = shown.render("svg").decode()
    except EnvironmentFailure:  # without Graphviz the terminal's picture has to do
        return f'<pre role="img" aria-label="the computational graph">{escape(shown.painting(100)[0].text())}</pre>'
    svg = _GROUND.sub(r'<polygon fill="var(--gv-ground,\1)" stroke="none"', svg, count=1)
    return recoloured(_roomier(svg[svg.index("<svg") :]))


def _roomier(svg: str) -> str:
    """The picture with a margin on every side."""

    def wider(found: re.Match[str]) -> str:
        left, top, wide, high = (float(part) for part in found[1].split())
        box = (left - _MARGIN, top - _MARGIN, wide + 2 * _MARGIN, high + 2 * _MARGIN)
        return 'viewBox="' + " ".join(f"{part:.2f}" for part in box) + '"'

    svg = re.sub(r'viewBox="([^"]*)"', wider, svg, count=1)
    return re.sub(
        r' (width|height)="([\d.]+)pt"', lambda size: f' {size[1]}="{float(size[2]) + 2 * _MARGIN:g}pt"', svg, count=2
    )


def ringed(svg: str, node: str | None) -> str:
    """The picture with a ring around a gate, so that it is found without seeing colours."""
    start = svg.find(f'<g id="{identifier(f"node-{node}")}"') if node is not None else -1
    if start < 0:
        return svg
    stop = svg.index("</g>", start)
    gate = svg[start:stop].replace("<g ", '<g class="first-wrong" ', 1)
    circle = _ELLIPSE.search(gate)
    look = 'stroke="var(--gv-blame,#b3261e)" stroke-width="3"'
    if circle is None:
        return svg[:start] + _SHAPE.sub(lambda shape: f"{shape[0]}{look} ", _without_stroke(gate), count=1) + svg[stop:]
    x, y, rx, ry = (float(part) for part in circle.groups())
    ring = f'<ellipse fill="none" {look} stroke-dasharray="7 3" cx="{x:g}" cy="{y:g}" rx="{rx + 6:g}" ry="{ry + 6:g}"/>'
    return svg[:start] + gate + ring + "\n" + svg[stop:]


def _without_stroke(gate: str) -> str:
    return re.sub(r' stroke="[^"]*"', "", gate, count=1)


def is_ringed(picture: str) -> bool:
    """Whether a gate of the picture is marked."""
    return ' class="first-wrong"' in picture
