"""Big graphs: placed cheaply where dot would take too long, never a hang, and a clear answer beyond."""

from __future__ import annotations

import re
import time

import pytest

import gradviz
from gradviz.draw.bulk import place, ranks, weight
from gradviz.draw.drawing import HEAVY_BOXES, MOST_DRAWN
from gradviz.draw.options import Options
from gradviz.draw.view import View, view
from gradviz.errors import GradvizError


def recurrence(steps: int) -> gradviz.Graph:
    lines = [f"a{i} = h{i - 1} * w; h{i} = tanh(a{i})" for i in range(1, steps)]
    return gradviz.graph("h0 = 0.5; w = 0.9\n" + "\n".join(lines))


def shown(graph: gradviz.Graph) -> View:
    return view(graph, graph.trace(), Options())


def test_ranks_go_from_operands_to_users_and_inputs_stand_beside_theirs() -> None:
    found = shown(gradviz.graph("q = x + y; r = q * z; f = r * q", x=1, y=2, z=3))
    rank = {cell.key: rank for cell, rank in zip(found.cells, ranks(found), strict=True)}
    assert rank == {"x": 0, "y": 0, "q": 1, "z": 1, "r": 2, "f": 3}


def test_weight_is_what_edges_span_times_the_ranks() -> None:
    assert weight(shown(gradviz.graph("f = (x + y) * z", x=1, y=2, z=3))) == 4 * 3


@pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
def test_no_two_boxes_overlap_and_the_flow_has_one_direction(direction: str) -> None:
    found = shown(recurrence(60))
    boxes = place(found, 14.0, direction).boxes
    everything = list(boxes.values())
    for i, a in enumerate(everything):
        for b in everything[:i]:
            apart = abs(a.x - b.x) >= (a.width + b.width) / 2 or abs(a.y - b.y) >= (a.height + b.height) / 2
            assert apart, (a, b)
    along = {"LR": (1, 0), "RL": (-1, 0), "TB": (0, -1), "BT": (0, 1)}[direction]
    for i, cell in enumerate(found.cells):
        for port in cell.ports:
            a, b = boxes[f"w{port.source}"], boxes[f"w{i}"]
            assert (b.x - a.x) * along[0] + (b.y - a.y) * along[1] > 0


def test_a_long_recurrence_is_drawn_whole_and_says_how() -> None:
    drawing = recurrence(200).draw()
    assert drawing.weight > HEAVY_BOXES
    began = time.monotonic()
    svg = drawing.render("svg").decode()
    assert time.monotonic() - began < 30  # the limit of an answer, not a benchmark
    assert len(re.findall('id="node-', svg)) == 400
    assert any("cheaper layout" in note for note in drawing.layout_notes)


def test_a_graph_that_dot_does_well_is_left_to_dot() -> None:
    drawing = recurrence(10).draw()
    assert drawing.style == "wires"
    assert not drawing.layout_notes


def test_more_than_anybody_could_look_at_is_refused_at_once() -> None:
    value = gradviz.Value(1.0, label="x")
    for _ in range(MOST_DRAWN + 1):
        value = value.tanh()
    with pytest.raises(GradvizError, match="more than can be drawn") as caught:
        value.draw().render("svg")
    assert "--output" in str(caught.value)


def test_refusing_needs_no_numbers() -> None:
    value = gradviz.Value(1.0, label="x")
    for _ in range(MOST_DRAWN + 1):
        value = value.tanh()
    drawing = value.draw()
    assert "one box a node" in drawing.layout_notes[0]
    with pytest.raises(GradvizError, match="more than can be drawn"):
        drawing.render("png")
    assert "trace" not in vars(drawing)
    assert drawing.render("dot").startswith(b"digraph")  # a text has no limit


def test_the_size_is_known_beforehand() -> None:
    for source in ("f = max(x, 1, 2) * y", "f = mse([x, y], [1, 2]) + x^2", "c = x; f = c*x + y"):
        drawing = gradviz.graph(source, x=1, y=2).draw()
        assert drawing.size == len(drawing.view.cells)


def test_big_records_become_boxes_and_say_so() -> None:
    drawing = recurrence(200).draw(theme="micrograd")
    assert drawing.style == "boxes"
    assert drawing.layout_notes[0].endswith("drawn as one box a node")
