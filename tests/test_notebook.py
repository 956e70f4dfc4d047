"""In a notebook everything shows itself, and pictures that share a page do not disturb each other."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from test_svg import _apart as apart
from test_svg import _ink as ink
from test_svg import _screenshot as screenshot

import gradviz
from gradviz import Value
from gradviz.draw import layout
from gradviz.draw.options import CHOICES
from gradviz.errors import EnvironmentFailure

ALL = {"text/plain", "image/svg+xml", "image/png"}


def things() -> dict[str, Any]:
    graph = gradviz.graph("q = x + y; f = q * z", x=-2, y=5, z=-4)
    return {
        "graph": graph,
        "structure": gradviz.graph("q = x + y; f = q * z"),
        "trace": graph.trace(),
        "forward": graph.trace(backward=False),
        "value": Value(2.0, label="x") * Value(3.0, label="y"),
        "leaf": Value(2.0),
        "drawing": graph.draw(theme="dark", direction="TB"),
    }


@pytest.mark.parametrize("kind", things())
def test_everything_shows_itself(kind: str) -> None:
    bundle = things()[kind]._repr_mimebundle_()
    assert set(bundle) == ALL
    assert ET.fromstring(bundle["image/svg+xml"]).tag.endswith("svg")
    Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).verify()
    assert bundle["text/plain"].strip()


@pytest.mark.parametrize("kind", ["graph", "trace", "value", "drawing"])
def test_include_and_exclude(kind: str) -> None:
    thing = things()[kind]
    assert set(thing._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}
    assert set(thing._repr_mimebundle_(exclude={"image/png"})) == ALL - {"image/png"}
    assert set(thing._repr_mimebundle_(include=["image/svg+xml"], exclude=["image/svg+xml"])) == set()


def test_what_is_not_wanted_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: Any, **options: Any) -> bytes:
        raise AssertionError("laid out for nothing")

    monkeypatch.setattr(layout, "render", never)
    assert set(things()["graph"]._repr_mimebundle_(include={"text/plain"})) == {"text/plain"}


def test_without_graphviz_the_text_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*args: Any, **options: Any) -> bytes:
        raise EnvironmentFailure("there is no Graphviz here to lay out pictures")

    monkeypatch.setattr(layout, "render", missing)
    bundle = things()["graph"]._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert "-12" in bundle["text/plain"]
    assert bundle["text/plain"].endswith("(there is no Graphviz here to lay out pictures)")


def test_some_numbers_missing_shows_the_structure_and_says_so() -> None:
    graph = gradviz.graph("f = x * y", x=7.25)
    bundle = graph._repr_mimebundle_()
    assert set(bundle) == ALL
    assert "7.25" not in bundle["image/svg+xml"]
    assert bundle["text/plain"].endswith("(no numbers: y has none)")
    assert str(graph) == bundle["text/plain"]


def test_many_points_are_no_picture_and_no_traceback() -> None:
    trace = gradviz.graph("f = x * y", y=2).trace(x=np.array([1.0, 2.0]))
    bundle = trace._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert "many points" in bundle["text/plain"]


def svg(source: str, options: dict[str, Any], **values: float) -> ET.Element:
    return ET.fromstring(gradviz.graph(source, **values).draw(**options)._repr_mimebundle_()["image/svg+xml"])


def test_pictures_on_one_page_share_no_id_and_no_font() -> None:
    pictures = [
        svg("f = x * y", {}, x=2, y=3),
        svg("f = x * y", {}, x=2, y=4),
        svg("f = x * y", {"direction": "TB"}, x=2, y=3),
        svg("f = x + y", {"theme": "print"}, x=2, y=3),
    ]
    ids = [element.get("id") for picture in pictures for element in picture.iter() if element.get("id")]
    assert len(ids) > 20
    assert len(set(ids)) == len(ids)
    for picture in pictures:
        own = {element.get("id") for element in picture.iter()}
        assert set(picture.get("aria-labelledby", "").split()) <= own
        used = {e.get("font-family", "").split(",")[0].strip("' ") for e in picture.iter() if e.tag.endswith("text")}
        rules = "".join(e.text or "" for e in picture.iter() if e.tag.endswith("style"))
        assert used == set(re.findall(r"font-family:'([^']*)'", rules))
        # No rule reaches outside: a page's other elements keep their looks.
        assert re.sub(r"@font-face\{[^}]*\}", "", rules) == ""


@pytest.mark.parametrize("theme", CHOICES["theme"])
def test_readable_on_any_page_and_not_clipped(theme: str) -> None:
    picture = svg("q = x + y; f = q * z", {"theme": theme, "legend": True}, x=-2, y=5, z=-4)
    x, y, width, height = (float(n) for n in picture.get("viewBox", "").split())
    assert (float(picture.get("width", "")[:-2]), float(picture.get("height", "")[:-2])) == (width, height)
    graph = next(child for child in picture if child.tag.endswith("}g"))
    shift = [float(n) for n in re.findall(r"translate\((\S+) (\S+)\)", graph.get("transform", ""))[0]]
    ground = next(child for child in graph if child.tag.endswith("polygon"))
    assert re.fullmatch("#[0-9a-f]{6}", ground.get("fill", ""))
    corners = [tuple(float(n) for n in corner.split(",")) for corner in ground.get("points", "").split()]
    for k, (low, high) in enumerate(((x, x + width), (y, y + height))):
        assert min(c[k] for c in corners) + shift[k] <= low + 0.5
        assert max(c[k] for c in corners) + shift[k] >= high - 0.5


def test_same_thing_same_bytes() -> None:
    assert things()["graph"]._repr_mimebundle_() == things()["graph"]._repr_mimebundle_()


@pytest.mark.needs("chromium")
def test_two_pictures_inline_look_as_each_does_alone(tmp_path: Path) -> None:
    """With glyphs of their own in each font: a mix-up would show as boxes or missing letters."""
    graphs = [gradviz.graph("f = x * y", x=2, y=3), gradviz.graph("loss = sigmoid(w) + 7", w=4.56)]

    def page(text: str) -> bytes:
        bodies = []
        for graph in graphs:
            svg = graph.draw(text=text, width="450px")._repr_mimebundle_(include={"image/svg+xml"})["image/svg+xml"]
            bodies.append(svg.partition("?>")[2])
        return f"<?xml?>{''.join(bodies)}".encode()

    outlines = screenshot(tmp_path, "paths", page("paths"))
    assert ink(outlines) > 300_000
    for _ in range(12):  # a page's fonts are read beside its drawing, and a screenshot may come too early
        shown = screenshot(tmp_path, "embed", page("embed"))
        if apart(shown, outlines) < 0.2:
            break
    assert apart(shown, outlines) < 0.2
