"""Finished pictures, read back: every number at the right side of the right wire, every edge where it belongs, and
nothing on top of anything else."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from svg_decode import Scene, Thing, decode, overlaps, touches

import gradviz
from gradviz.bridges.loading import load
from gradviz.draft import Draft
from gradviz.draw.drawing import Drawing
from gradviz.draw.options import CHOICES
from gradviz.graph import Graph

EXAMPLES = Path(__file__).parent.parent / "examples"
NAMES = sorted(p.stem for p in EXAMPLES.iterdir() if p.suffix in (".gradviz", ".py") and p.stem != "__init__")
WIRED = [theme for theme in CHOICES["theme"] if theme not in ("colah", "micrograd")]
#: Ways to ask for a picture, so that every option meets every example in some theme and direction.
WAYS: list[dict[str, Any]] = [
    {},
    {"locals": True},
    {"expand": "all"},
    {"copies": "none", "decimals": 2},
    {"copies": "all", "legend": True, "font_size": 9},
    {"hide": "grads", "digits": 2},
    {"hide": "values", "locals": True},
    {"hide": "all", "font_size": 22.5},
]


@cache
def example(name: str) -> Graph:
    path = EXAMPLES / f"{name}.gradviz"
    if path.exists():
        return gradviz.graph(path.read_text(encoding="utf-8"))
    return gradviz.from_function(load(f"{EXAMPLES / name}.py:{name}"))


def drawn(graph: Graph, **options: Any) -> tuple[Drawing, Scene]:
    drawing = graph.draw(**{"text": "font", **options})
    return drawing, decode(drawing.render())


def identifier(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name)


def sides(wire: Thing, direction: str) -> tuple[list[str], list[str]]:
    """The texts on the value's side of a wire and on the gradient's, in reading order."""
    assert wire.rule is not None
    (x, y), (x1, y1) = wire.rule
    across = direction in ("LR", "RL")
    assert (abs(y - y1) if across else abs(x - x1)) < 0.01, f"{wire.id} is crooked"
    first, second = [], []
    for text in sorted(wire.texts, key=lambda t: t.box.middle if across else t.box.middle[::-1]):
        before = text.box.y1 < y if across else text.box.x1 < x
        after = text.box.y0 > y if across else text.box.x0 > x
        assert before or after, f"{text.text!r} is on the rule of {wire.id}"
        (first if before else second).append(text.text)
    return first, second


def check_numbers(drawing: Drawing, scene: Scene) -> None:
    """Against the trace: names, values and gradients of all that is drawn, the shares of the branches."""
    graph, trace, options = drawing.graph, drawing.trace, drawing.options
    assert trace is not None
    assert trace.gradients is not None
    number = options.numerals.text
    direction = options.direction or drawing.theme.direction
    parts = [0.0] * len(graph)
    for event in trace.events:
        parts[event.operand] += abs(event.contribution)
    seen = []
    for cell in drawing.view.cells:
        if cell.kind == "const":
            continue
        i = cell.node
        value = [] if options.hide in ("values", "all") else [number(trace.values[i])]
        grad = [] if options.hide in ("grads", "all") else [number(trace.gradients[i])]
        thing = scene[f"{'node' if drawing.style == 'boxes' else 'wire'}-{identifier(graph.names[i])}"]
        if grad and abs(trace.gradients[i]) < 1e-12 * parts[i] and thing.texts[-1].text.split()[-1] == "0":
            grad = ["0"]  # parts that cancel but for rounding may be shown as the 0 that they are
        name = [graph.given[i]] if graph.given[i] else []
        key = identifier(graph.names[i])
        seen.append(i)
        if drawing.style == "wires":
            assert sides(scene[f"wire-{key}"], direction) == (name + value, grad), key
        elif drawing.style == "records":
            texts = [t.text for t in scene[f"wire-{key}"].texts]
            assert texts == name + [f"data {v}" for v in value] + [f"grad {g}" for g in grad]
        else:
            *head, v, g = ["", "", *[t.text for t in scene[f"node-{key}"].texts]]
            assert [t for t in (v, g) if t][-len(value + grad) or 9 :] == value + [f"∂ {x}" for x in grad]
            assert not name or name[0] in [*head, v, g]
    shown = {identifier(graph.names[i]) for i in seen}
    assert {id[5:] for id in scene.ids if id.startswith("wire-")} - shown <= {
        identifier(c.key) for c in drawing.view.cells if c.kind == "const"
    }


def noiseless(numbers: Iterable[str]) -> Counter[str]:
    """Numbers with what is rounding noise, 10⁻¹⁰ and less, as 0."""
    return Counter("0" if re.search("×10⁻[¹²³]?.$", n) and "⁻¹" in n else n for n in numbers)


def check_shares(drawing: Drawing, scene: Scene) -> None:
    """The branches behind a dot carry what flows back along each of them, and nothing else."""
    trace, options = drawing.trace, drawing.options
    assert trace is not None
    direction = options.direction or drawing.theme.direction
    flows: dict[int, list[str]] = {}
    for event in trace.events:
        flows.setdefault(event.operand, []).append(options.numerals.text(event.contribution))
    for i, shares in flows.items():
        key = identifier(drawing.graph.names[i])
        branches = [t for t in scene.things if re.fullmatch(rf"branch-{re.escape(key)}-\d+", t.id)]
        found = [sides(branch, direction) for branch in branches]
        assert all(not above for above, _ in found)
        if len(shares) > 1 and (len(shares) <= 4 or options.copies == "all") and options.copies != "none":
            assert noiseless(below[0] for _, below in found) == noiseless(shares), key
        else:
            assert not found


def expected_links(drawing: Drawing) -> list[tuple[str, str]]:
    cells = drawing.view.cells
    keys = [identifier(c.key) for c in cells]
    links = []
    for cell, key in zip(cells, keys, strict=True):
        gate = cell.kind in ("gate", "box") or (cell.kind == "copy" and drawing.style == "records")
        if drawing.style == "boxes":
            links += [(f"node-{keys[p.source]}", f"node-{key}") for p in cell.ports]
            continue
        links += [(f"wire-{keys[p.source]}", f"node-{key}" if gate else f"wire-{key}") for p in cell.ports]
        links += [(f"node-{key}", f"wire-{key}")] if gate else []
    return sorted(links)


@pytest.mark.parametrize("direction", CHOICES["direction"])
@pytest.mark.parametrize("name", NAMES)
def test_every_number_at_its_wire_and_nothing_on_top_of_anything(name: str, direction: str) -> None:
    turn = CHOICES["direction"].index(direction)
    for n, way in enumerate(WAYS):
        if n % 2 != turn % 2 and n:  # each way in two directions, the plain one in all
            continue
        theme = WIRED[(n + turn) % len(WIRED)]
        drawing, scene = drawn(example(name), theme=theme, direction=direction, **way)
        check_numbers(drawing, scene)
        assert scene.links() == expected_links(drawing)
        assert overlaps(scene) == [], (theme, way)


@pytest.mark.parametrize("theme", ["colah", "micrograd"])
@pytest.mark.parametrize("name", NAMES)
def test_boxes_and_records(name: str, theme: str) -> None:
    for direction in CHOICES["direction"]:
        for way in WAYS[:3] if direction in ("LR", "BT") else WAYS[5:6]:
            drawing, scene = drawn(example(name), theme=theme, direction=direction, **way)
            check_numbers(drawing, scene)
            assert overlaps(scene) == [], (direction, way)


@pytest.mark.parametrize("theme", WIRED)
def test_all_wired_themes(theme: str) -> None:
    for name in NAMES[::2]:
        drawing, scene = drawn(example(name), theme=theme)
        check_numbers(drawing, scene)
        assert overlaps(scene) == []


def random_graph(seed: int, gates: int) -> Graph:
    """Sharing, double edges, long wires; no constants, so that every node is drawn."""
    chance = random.Random(seed)
    draft = Draft()
    nodes = [draft.input(name, chance.uniform(-3, 3)) for name in ("x", "rather_long_name", "z")]
    for n in range(gates):
        row = chance.choice(["add", "mul", "sub", "max", "tanh", "exp", "sigmoid"])
        arity = 2 if row in ("add", "mul", "sub", "max") else 1
        recent = nodes[-4:] if chance.random() < 0.7 else nodes
        name = f"n{n}" if chance.random() < 0.3 else None
        nodes.append(draft.gate(row, [chance.choice(recent) for _ in range(arity)], name=name))
    used = {j for i in range(len(draft)) for j in draft.tape.of(i)}
    loose = [i for i in nodes if i not in used]
    output = loose[0]
    for i in loose[1:]:
        output = draft.gate("add", [output, i])
    return draft.graph(output)


@pytest.mark.parametrize("seed", range(24))
def test_random_graphs(seed: int) -> None:
    graph = random_graph(seed, gates=4 + seed)
    direction = ("LR", "LR", "TB", "RL", "BT")[seed % 5]
    copies = ("auto", "all", "none")[seed % 3]
    drawing, scene = drawn(graph, direction=direction, copies=copies, locals=seed % 4 == 3)
    check_numbers(drawing, scene)
    check_shares(drawing, scene)
    # The structure straight from the graph, with no view between.
    keys = graph.names
    expected = [(f"node-{keys[n.id]}", f"wire-{keys[n.id]}") for n in graph if n.operands]
    expected += [(f"wire-{keys[j]}", f"node-{keys[n.id]}") for n in graph for j in n.operands]
    assert scene.links() == sorted(expected)
    assert overlaps(scene) == []


def test_a_local_derivative_that_is_a_number_is_said_once() -> None:
    _, scene = drawn(gradviz.graph("f = 2 * x", x=3), locals=True)
    assert [t.text for thing in scene.things if not thing.id for t in thing.texts] == ["2"]


def test_edges_meet_a_rounded_box_on_its_straight_sides() -> None:
    _, scene = drawn(example("mse-weight-decay"))
    box = scene["node-fit"].shape
    assert box is not None
    corner = min(12.0, box.box.least / 3)
    ends = [e.corners[-1] for e in scene.edges if touches(scene["node-fit"], e.corners[-1])]
    assert len(ends) == 4
    for x, y in ends:
        on_side = box.box.y0 + corner - 0.1 <= y <= box.box.y1 - corner + 0.1
        on_top = box.box.x0 + corner - 0.1 <= x <= box.box.x1 - corner + 0.1
        assert on_side or on_top, (x, y)


def test_shares_of_the_copy_example() -> None:
    drawing, scene = drawn(example("copy-adder"))
    check_shares(drawing, scene)
    assert sides(scene["branch-x-1"], "LR") == ([], ["4"])
    assert sides(scene["branch-x-2"], "LR") == ([], ["1"])


def test_text_keeps_the_same_distance_from_its_wire_on_both_sides() -> None:
    for direction in CHOICES["direction"]:
        for size in (8, 14, 30):
            _, scene = drawn(gradviz.graph("f = x * y", x=2, y=3), direction=direction, font_size=size)
            wire = scene["wire-x"]
            assert wire.rule is not None
            (x, y), _ = wire.rule
            value, grad = (t.box for t in wire.texts if t.text in "23")
            if direction in ("LR", "RL"):
                above, below = y - value.y1, grad.y0 - y
            else:
                above, below = x - value.x1, grad.x0 - x
            assert above == pytest.approx(below, abs=0.09 * size), (direction, size)
            assert 0.2 * size < above < 0.5 * size


# --- the oracle itself ----------------------------------------------------------------------------------


def planted(change: tuple[str, str]) -> Scene:
    svg = gradviz.graph("f = x * y", x=2, y=3).draw(text="font").render().decode()
    assert change[0] in svg
    return decode(svg.replace(*change, 1).encode())


def test_the_oracle_finds_a_swapped_number() -> None:
    drawing = gradviz.graph("f = x * y", x=2, y=3).draw()
    check_numbers(drawing, planted((">6<", ">6<")))
    with pytest.raises(AssertionError):
        check_numbers(drawing, planted((">6<", ">5<")))


def test_the_oracle_finds_an_overlap() -> None:
    svg = gradviz.graph("f = x * y", x=2, y=3).draw(text="font").render()
    scene = decode(svg)
    assert overlaps(scene) == []
    text = scene["wire-f"].texts[1]
    moved = re.sub(rb'(<text[^>]*?) x="[^"]*" y="[^"]*"([^>]*>6<)', rb'\1 x="30" y="-20"\2', svg)
    assert moved != svg, text
    assert any("'6'" in words for words in overlaps(decode(moved)))


def test_the_oracle_finds_a_missed_end() -> None:
    svg = gradviz.graph("f = x * y", x=2, y=3).draw(text="font").render()
    number = re.search(rb'd="M([\d.]+),', svg)
    assert number
    moved = svg.replace(b'd="M' + number[1], b'd="M%.2f' % (float(number[1]) + 0.4), 1)
    with pytest.raises(AssertionError, match="meets"):
        decode(moved).links()


# --- names that mean something elsewhere, and the same bytes every time -----------------------------------

HOSTILE = [
    *("a|b", "<b>", "</TD>", '"', "\\N", "\\", "a\\", "&amp;", "&#65;", "{x}", "]; evil ["),
    *("two\nlines", "x" * 120, "损失", "🙂"),
]


@pytest.mark.parametrize("theme", CHOICES["theme"])
def test_hostile_names_are_drawn_as_they_are(theme: str) -> None:
    for name in HOSTILE:
        value = gradviz.Value(2.0, label=name) * gradviz.Value(3.0, label=f"{name}'")
        drawing = value.draw(theme=theme, text="font", locals=True)
        scene = decode(drawing.render())
        texts = " ".join(t.text for thing in scene.things for t in thing.texts)
        assert name.replace("\n", " ") in texts, (name, texts)
        assert (
            len([thing for thing in scene.things if thing.shape])
            == {"wires": 1, "boxes": 3, "records": 4}[drawing.style]
        )
        assert drawing.render("pdf").startswith(b"%PDF")


@pytest.mark.needs("dot")
@pytest.mark.parametrize("theme", CHOICES["theme"])
def test_the_digraph_draws_with_any_dot(theme: str) -> None:
    for name in HOSTILE:
        source = (gradviz.Value(2.0, label=name) * 3).draw(theme=theme, locals=True).digraph().source
        done = subprocess.run(["dot", "-Tsvg"], input=source.encode(), capture_output=True, check=False)
        assert done.returncode == 0, (name, done.stderr)
        assert b"syntax" not in done.stderr


def test_the_same_bytes_in_another_process() -> None:
    code = (
        "import gradviz, sys, hashlib\n"
        "g = gradviz.graph('c = x; q = x*y + c; f = mse([q, y], [z, x]) * max(q, z)', x=1, y=2, z=3)\n"
        "wide = {'copies': 'all', 'locals': True, 'direction': 'TB'}\n"
        "for way in ({}, {'theme': 'colah'}, {'theme': 'micrograd'}, wide):\n"
        "    for form in ('svg', 'png', 'pdf', 'dot', 'json'):\n"
        "        print(hashlib.sha256(g.draw(dpi=50, **way).render(form)).hexdigest())\n"
        "    print(g.draw(**way).text(80), g.draw(**way).describe())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=EXAMPLES.parent,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert len(runs[0].split()) > 40
