"""Rounding noise is shown as 0, and only shown: the data keep it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gradviz
from gradviz.draw.data import as_json
from gradviz.explain import backward_steps
from gradviz.noise import without_noise
from gradviz.numerals import Numerals

LOSS = gradviz.graph("f = cross_entropy(z, 0)", z=[1, 2, 3])


def test_the_trace_and_its_json_keep_every_digit() -> None:
    trace = LOSS.trace()
    before = trace["v1"].grad
    assert before
    assert abs(before) < 1e-15  # the max gate: what comes back through its three subtractions cancels
    assert without_noise(trace)["v1"].grad == 0
    assert trace["v1"].grad == before
    assert json.dumps(before) in json.dumps(as_json(LOSS, trace))


def test_no_noise_in_pictures_tables_and_sentences() -> None:
    drawing = LOSS.draw(expand="all")
    told = "\n".join(step.arithmetic for step in backward_steps(LOSS.trace(), Numerals()))
    for text in (drawing.text(), told, drawing.digraph().source):
        assert "10⁻¹" not in text
    assert "= 0" in told


def test_what_flows_back_from_noise_is_noise() -> None:
    """The noise at v1 goes on to z[2] alone; there it is an honest 0, beside what comes the other way."""
    trace = LOSS.trace()
    shares = [e.contribution for e in trace.shown.events if LOSS.names[e.node] == "v1"]
    assert shares == [0, 0, 0]
    assert trace.shown["z[2]"].grad == trace["z[2]"].grad


@pytest.mark.parametrize("source", ["f = 1e-20*x", "f = x*1e-300*y", "f = x^2 + 1e-14*x - x^2", "f = x^2*1e9 - x*1e-9"])
def test_small_gradients_are_no_noise(source: str) -> None:
    graph = gradviz.graph(source)
    trace = graph.trace(dict.fromkeys(graph.inputs, 3.0))
    assert [trace.shown[name].grad for name in trace.graph.inputs] == [trace[name].grad for name in trace.graph.inputs]


def test_infinite_gradients_stay() -> None:
    trace = gradviz.graph("f = sqrt(x) + x", x=0).trace()
    assert trace.shown["x"].grad == float("inf")


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6))
def test_softmax_takes_the_largest_away_without_a_trace(scores: list[float]) -> None:
    """Whatever the scores are: subtracting the largest one changes nothing, so its gate gets 0."""
    trace = gradviz.graph("p = softmax(z); f = log(p[0])", z=scores).trace().shown
    assert trace.gradients is not None
    place = next(i for i, row in enumerate(trace.graph.gates) if row.name == "max")
    assert trace.gradients[place] == 0
    for shown, exact in zip(trace.gradients, trace.graph.trace().gradients or (), strict=True):
        assert shown == pytest.approx(exact, abs=1e-13)


def test_the_slope_at_a_kink_is_said_as_a_number() -> None:
    trace = gradviz.graph("f = abs(y)", y=0).trace()
    told = [step.arithmetic for step in backward_steps(trace, Numerals())]
    assert told[-1].endswith("(local: ∂f/∂y = 0)")


def test_the_legend_explains_the_mark_of_a_kink_where_one_is_shown() -> None:
    graph = gradviz.graph("f = max(x, y)")
    for y, marked in ((1, True), (2, False)):
        lines = graph.trace(x=1, y=y).draw(legend=True).captions()
        assert any(line.startswith("dashed outline") for line in lines) == marked
    assert not graph.trace(x=1, y=1).draw().captions()
