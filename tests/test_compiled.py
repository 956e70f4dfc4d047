"""Graph.compile: the printed program as a function, at one point and at many."""

from __future__ import annotations

import math
import pickle

import numpy as np
import programs
import pytest

import gradviz
from gradviz.code import compiled, generate
from gradviz.errors import GradvizError
from gradviz.graph import Graph
from gradviz.value import Value


def three() -> Graph:
    return gradviz.graph("q = x + y; f = q * z", x=-2, y=5, z=-4)


def test_one_point_is_the_trace() -> None:
    for graph in programs.graphs():
        assert not programs.difference(graph, graph.compile()()), list(graph)


@pytest.mark.parametrize("most", [compiled.MOST_NODES, 0], ids=["program", "loops"])
def test_many_points_are_the_trace(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "MOST_NODES", most)
    monkeypatch.setattr(compiled, "_MOST_POINTS", 7)
    monkeypatch.setattr(compiled, "_LEAST_POINTS", 7)
    dice = np.random.default_rng(1)
    for graph in programs.graphs()[:150]:
        points = {name: dice.choice([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0, math.inf], 20) for name in graph.inputs}
        value, grads = graph.compile()(points)
        trace = graph.trace(points)
        assert list(grads) == list(graph.inputs)
        np.testing.assert_allclose(value, np.broadcast_to(trace.output, (20,)), rtol=1e-10, atol=1e-12)
        for name in graph.inputs:
            np.testing.assert_allclose(grads[name], np.broadcast_to(trace[name].grad, (20,)), rtol=1e-10, atol=1e-12)


def test_shapes_broadcast_and_gradients_are_per_point() -> None:
    c = three().compile()
    value, grads = c(x=np.ones((3, 1)), y=[1.0, 2.0])
    assert value.shape == (3, 2)
    assert {g.shape for g in grads.values()} == {(3, 2)}
    np.testing.assert_array_equal(grads["z"], three().trace(x=np.ones((3, 1)), y=[1.0, 2.0])["z"].grad)
    value, grads = c(x=np.array([]))
    assert value.shape == grads["y"].shape == (0,)


def test_the_code_that_runs_is_the_code_that_is_printed() -> None:
    c = three().compile()
    assert c.source == generate(three(), "python")
    assert c.numpy_source == generate(three(), "numpy")
    assert c.value_and_grad() == c() == programs.run(three(), "python", "flat")
    assert c.value(x=1) == -24.0
    assert repr(c) == "<compiled f: 5 nodes, 3 inputs>"


def test_numbers_of_every_kind() -> None:
    c = gradviz.graph("f = w[0]*w[1] + x", w=[2, 3], x=1).compile()
    assert c()[0] == 7.0
    assert c(w=[4, 5])[0] == 21.0
    assert c({"w[1]": np.float32(0.5)}, x=True)[0] == 2.0
    assert c(x=np.array(2.0))[0] == 8.0
    assert c({"x": 10**400})[0] == math.inf
    assert [type(n) for n in (c(x=np.float64(1))[0], c(x=1)[1]["x"])] == [float, float]


def test_what_is_wrong_is_said() -> None:
    c = gradviz.graph("q = x + y; f = q * z", x=1, y=2, z=3).compile()
    with pytest.raises(GradvizError, match="no input called 'w'"):
        c(w=1)
    with pytest.raises(GradvizError, match="q is computed"):
        c.value(q=1)
    with pytest.raises(GradvizError, match="one real number"):
        c(x="1")
    with pytest.raises(GradvizError, match="do not fit together"):
        c(x=[1, 2], y=[1, 2, 3])
    with pytest.raises(GradvizError, match="no number for x, y"):
        gradviz.graph("f = x*y").compile()()


def test_hostile_names_and_lonely_graphs() -> None:
    graph = Graph.of(Value(2.0, label="import os; x") * Value(3.0, label="__class__"))
    assert graph.compile()() == (6.0, {"import os; x": 3.0, "__class__": 2.0})
    assert gradviz.graph("f = 2*3 + 0*x", x=1).with_output("v1").compile()() == (6.0, {"x": 0.0})
    assert Graph.of(Value(3.0, label="x")).compile()() == (3.0, {"x": 1.0})


def test_a_long_chain_takes_the_loops() -> None:
    x = Value(0.5, label="x")
    out = x
    for _ in range(compiled.MOST_NODES + 10):
        out = out * 0.999
    graph = Graph.of(out)
    value, grads = graph.compile()(x=2.0)
    assert not programs.difference(graph, (value / 4, grads))
    many, slopes = graph.compile()(x=np.ones(5000))
    np.testing.assert_allclose(many, value / 2)
    np.testing.assert_allclose(slopes["x"], grads["x"])
    assert pickle.loads(pickle.dumps(graph)).names == graph.names
