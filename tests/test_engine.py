"""Graphs and passes against a naive engine, and what the engine promises about names, order and errors."""

from __future__ import annotations

import dataclasses
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradviz import graph
from gradviz.draft import Draft
from gradviz.errors import GradvizError
from gradviz.gates import GATES
from gradviz.graph import Graph, Tape
from gradviz.passes import Event, Trace
from gradviz.value import Value, apply
from tests.oracles import NAIVE, Plan, naive_gradient, naive_value

# --- random graphs with sharing --------------------------------------------------------------------------

ARITIES = {name: GATES[name].arity for name in NAIVE}


@st.composite
def plans(draw: st.DrawFn) -> tuple[Plan, dict[int, float]]:
    """A graph as a list of (gate, operands), and numbers for its leaves; operands repeat and are shared."""
    leaves = draw(st.integers(1, 4))
    plan: Plan = [("leaf", ())] * leaves
    for _ in range(draw(st.integers(1, 12))):
        name = draw(st.sampled_from(sorted(NAIVE)))
        arity = ARITIES[name] or draw(st.integers(1, 4))
        plan.append((name, tuple(draw(st.integers(0, len(plan) - 1)) for _ in range(arity))))
    return plan, {i: draw(st.floats(-2, 2).map(lambda x: round(x, 3) + 0.0001 * math.pi)) for i in range(leaves)}


def built(plan: Plan, leaves: dict[int, float]) -> list[Value]:
    values: list[Value] = []
    for i, (name, operands) in enumerate(plan):
        values.append(
            apply(GATES[name], *[values[j] for j in operands]) if operands else Value(leaves[i], label=f"x{i}")
        )
    return values


def drafted(plan: Plan, leaves: dict[int, float]) -> Graph:
    draft = Draft()
    for i, (name, operands) in enumerate(plan):
        if operands:
            draft.gate(name, operands)
        else:
            draft.input(f"x{i}", leaves[i])
    return draft.graph(len(plan) - 1)


def grads(trace: Trace) -> Sequence[Any]:
    """The gradients of a trace that ran backward."""
    assert trace.gradients is not None
    return trace.gradients


def smooth_here(graph: Graph, values: Any) -> bool:
    """Whether no gate lies on, or a hair from, its kink; and no number is so large that floats say little."""
    for i, row in enumerate(graph.gates):
        ids = graph.operands(i)
        if abs(values[i]) > 1e6:
            return False
        if row.name == "relu" and abs(values[ids[0]]) < 1e-9:
            return False
        if row.name in ("max", "min") and len(ids) > 1:
            best, next_best = sorted(abs(values[j] - values[i]) for j in ids)[:2]
            if next_best - best < 1e-9:
                return False
    return True


@settings(max_examples=80, deadline=None)
@given(plans())
def test_values_and_gradients_are_the_naive_engines(case: tuple[Plan, dict[int, float]]) -> None:
    plan, leaves = case
    values = built(plan, leaves)
    graph = drafted(plan, leaves)
    graph.check()
    trace = graph.trace()
    output = values[-1]
    output.backward()
    behind = Graph.of(output)
    behind.check()
    reached = graph.reaches
    for i, value in enumerate(values):
        assert trace.values[i] == value.data == pytest.approx(float(naive_value(plan, i, leaves, {})), rel=1e-12)
        assert grads(trace)[i] == pytest.approx(value.grad, rel=1e-12, abs=1e-300)
        assert reached[i] or grads(trace)[i] == 0 == value.grad
    assert len(behind) == sum(reached)
    if smooth_here(graph, trace.values):
        for i in range(len(plan)):
            wanted = float(naive_gradient(plan, len(plan) - 1, leaves, i))
            assert grads(trace)[i] == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(plans())
def test_events_are_the_backward_pass_edge_by_edge(case: tuple[Plan, dict[int, float]]) -> None:
    graph = drafted(*case)
    trace = graph.trace()
    events = list(trace.events)
    assert len(events) == len(trace.events)
    assert [(e.node, e.operand, e.slot) for e in events] == [
        (i, j, slot)
        for i in reversed(range(len(graph)))
        if graph.reaches[i]
        for slot, j in enumerate(graph.operands(i))
    ]
    totals = dict.fromkeys(range(len(graph)), 0.0) | {graph.output: 1.0}
    for event in events:
        assert event.upstream == totals[event.node] == grads(trace)[event.node]  # all its consumers have fired
        row = graph.gates[event.node]
        numbers = [trace.values[j] for j in graph.operands(event.node)]
        assert event.local == row.locals(trace.values[event.node], *numbers)[event.slot]
        assert event.contribution == event.upstream * event.local
        totals[event.operand] += event.contribution
        assert event.total == totals[event.operand]
    assert list(totals.values()) == list(grads(trace))
    assert trace.events[0] == events[0]
    assert trace.events[-1] == events[-1]
    assert list(trace.events[1:3]) == events[1:3]


@settings(max_examples=40, deadline=None)
@given(plans(), st.lists(st.floats(-2, 2), min_size=2, max_size=4))
def test_a_block_is_the_loop_over_its_points(case: tuple[Plan, dict[int, float]], xs: list[float]) -> None:
    graph = drafted(*case)
    block = graph.trace(x0=np.array(xs))
    for at, x in enumerate(xs):
        one = graph.trace(x0=x)
        for i in range(len(graph)):
            assert np.broadcast_to(block.values[i], len(xs))[at] == pytest.approx(one.values[i], rel=1e-12, nan_ok=True)
            gradient = np.broadcast_to(grads(block)[i], len(xs))[at]
            assert gradient == pytest.approx(grads(one)[i], rel=1e-10, abs=1e-12, nan_ok=True)
        for many, single in zip(block.events, one.events, strict=True):
            assert many[:3] == single[:3]
            assert np.broadcast_to(many.total, len(xs))[at] == pytest.approx(single.total, rel=1e-10, abs=1e-12)


# --- blocks ------------------------------------------------------------------------------------------------


def three_gates() -> Graph:
    draft = Draft()
    x, y, z = (draft.input(name, number) for name, number in (("x", -2.0), ("y", 5.0), ("z", -4.0)))
    return draft.graph(draft.gate("mul", (draft.gate("add", (x, y), name="q"), z), name="f"))


def test_gradients_of_a_block_have_the_shape_of_the_points() -> None:
    trace = three_gates().trace(x=np.zeros((2, 1)), y=np.ones(3))
    assert {np.shape(g) for g in grads(trace)} == {(2, 3)}
    assert np.asarray(trace["f"].grad).tolist() == [[1.0] * 3] * 2
    assert np.asarray(trace["z"].grad).tolist() == [[1.0] * 3] * 2


def test_blocks_whose_shapes_grow_along_the_way() -> None:
    draft = Draft()
    x, y = draft.input("x", None), draft.input("y", None)
    square = draft.gate("mul", (x, x))
    graph = draft.graph(draft.gate("add", (square, draft.gate("mul", (x, y)))))
    trace = graph.trace(x=np.array([[1.0], [2.0]]), y=np.array([10.0, 20.0, 30.0]))
    assert np.asarray(trace["x"].grad).tolist() == [[12, 22, 32], [14, 24, 34]]
    assert np.asarray(trace["y"].grad).tolist() == [[1, 1, 1], [2, 2, 2]]


def test_no_warning_leaves_a_block(recwarn: pytest.WarningsRecorder) -> None:
    draft = Draft()
    graph = draft.graph(draft.gate("log", (draft.input("x", None),)))
    trace = graph.trace(x=np.array([0.0, -1.0, 1.0]))
    np.testing.assert_array_equal(trace.output, [-math.inf, math.nan, 0.0])
    list(trace.events)
    assert not recwarn.list


# --- Value.backward ----------------------------------------------------------------------------------------


def test_leaves_add_up_and_inner_nodes_start_afresh() -> None:
    a, b, d = Value(3), Value(2), Value(5)
    c = a + b
    e = c * d
    e.backward()
    assert [v.grad for v in (a, b, c, d, e)] == [5, 5, 5, 5, 1]
    e.backward()
    assert [v.grad for v in (a, b, c, d, e)] == [10, 10, 5, 10, 1]


def test_a_graph_that_shares_nodes_with_an_earlier_one() -> None:
    a = Value(3)
    b = a * a
    b.backward()
    c = b + a
    c.backward()
    assert (a.grad, b.grad) == (6 + 7, 1)
    d = a * 2
    d.backward()
    assert a.grad == 15


def test_a_leaf_alone() -> None:
    a = Value(3, label="a")
    a.backward()
    assert a.grad == 1
    trace = a.trace()
    assert (trace["a"].value, trace["a"].grad, len(trace.events)) == (3, 1, 0)


def test_naive_recursion_would_say_eight() -> None:
    a = Value(1)
    b = a + a
    c = b + b
    c.backward()
    assert a.grad == 4


def test_operands_are_ordered_and_repeat() -> None:
    x, y = Value(2, label="x"), Value(3, label="y")
    assert (x * x).operands == (x, x)
    assert (x - y).operands == (x, y)
    assert (5 - x).operands[1] is x
    assert x.relu().operands == (x,)
    assert x.where(y, x).operands == (x, y, x)
    assert apply(GATES["sum"], x, y, x, y, x).operands == (x, y, x, y, x)
    assert x.operands == ()


LESSONS = [  # the curriculum's independently computed answers that need only the engine
    ("q = x + y; f = q * z", {"x": -2, "y": 5, "z": -4}, -12, {"x": -4, "y": -4, "z": 3}),
    ("x * y", {"x": 4.001, "y": -3}, -12.003, {"x": -3}),
    ("a - b/c", {"a": 1, "b": 6, "c": 2}, -2, {"a": 1, "b": -0.5, "c": 1.5}),
    ("x * y", {"x": 3, "y": -4}, -12, {"x": -4, "y": 3}),
    ("2*(x*y + max(z, w))", {"x": 3, "y": -4, "z": 2, "w": -1}, -20, {"x": -8, "y": 6, "z": 2, "w": 0}),
    ("x*x + x", {"x": 3}, 12, {"x": 7}),
    ("(a*b)*(a+b)", {"a": -2, "b": 3}, -6, {"a": -3, "b": -8}),
    ("b = a + a; c = b + b", {"a": 1}, 4, {"a": 4}),
    ("c = a + b; f = c*d", {"a": 3, "b": 2, "d": 1}, 5, {"a": 1, "b": 1, "c": 1, "d": 5}),
    ("(x + sigmoid(y)) / (sigmoid(x) + (x+y)^2)", {"x": 3, "y": -4}, 1.5456, {"x": 2.0596, "y": 1.5922}),
    ("x*sigmoid(x)", {"x": 2}, 1.7616, {"x": 1.0908}),
    ("max(0, 1 - t*(w*x+b))", {"t": -1, "w": 2, "x": 1, "b": -0.5}, 2.5, {"w": 1, "x": 2, "b": 1}),
    ("clip(x, -1, 1)^2", {"x": 3}, 1, {"x": 0}),
    ("s = v*tanh(w) + u*tanh(r); f = (s-1)^2", dict.fromkeys("vwur", 0.5), None, {"v": -0.497, "w": -0.423}),
    ("max(0, 2*w + b)", {"w": 1, "b": -10}, 0, {"w": 0, "b": 0}),
    ("leaky_relu(2*w + b)", {"w": 1, "b": -10}, -0.08, {"w": 0.02, "b": 0.01}),
    ("sigmoid(a)*b", {"a": 0, "b": 4}, 2, {"a": 1, "b": 0.5}),
    ("sigmoid(a)*b", {"a": -6, "b": 4}, None, {"a": 0.0099, "b": 0.0025}),
]


@pytest.mark.parametrize(("text", "inputs", "value", "gradients"), LESSONS, ids=lambda x: x if type(x) is str else "")
def test_answers_of_the_curriculum(
    text: str, inputs: dict[str, float], value: float | None, gradients: dict[str, float]
) -> None:
    from gradviz.language import build

    trace = build(text, inputs).trace()
    if value is not None:
        assert trace.output == pytest.approx(value, abs=6e-5)
    for name, gradient in gradients.items():
        assert trace[name].grad == pytest.approx(
            gradient, abs=5e-4 if abs(gradient) < 0.5 else 6e-5 + 5e-4 * abs(gradient)
        )


# --- traces ------------------------------------------------------------------------------------------------


def neuron() -> Graph:
    """The sigmoid neuron of CS231n, out of its small gates."""
    draft = Draft()
    w0, x0, w1, x1, w2 = (
        draft.input(name, number)
        for name, number in zip(("w0", "x0", "w1", "x1", "w2"), (2, -1, -3, -2, -3), strict=True)
    )
    dot = draft.gate("add", (draft.gate("mul", (w0, x0)), draft.gate("mul", (w1, x1))))
    negative = draft.gate("mul", (draft.gate("add", (dot, w2)), draft.const(-1.0, "-1")))
    return draft.graph(
        draft.gate(
            "reciprocal", (draft.gate("add", (draft.gate("exp", (negative,)), draft.const(1.0, "1"))),), name="f"
        )
    )


def test_rounding_exactly_and_as_by_hand() -> None:
    names = ("f", "w0", "x0", "w1", "x1", "w2")
    exact, chained = neuron().trace(), neuron().trace(rounded=lambda v: round(v, 2))
    shown = [f"{exact[n].grad:.2f}" for n in names[1:]]
    assert [f"{exact.output:.2f}", *shown] == ["0.73", "-0.20", "0.39", "-0.39", "-0.59", "0.20"]
    shown = [f"{chained[n].grad:.2f}" for n in names[1:]]
    assert [f"{chained.output:.2f}", *shown] == ["0.73", "-0.20", "0.40", "-0.40", "-0.60", "0.20"]
    events = list(chained.events)
    assert all(round(e.contribution, 2) == e.contribution for e in events)
    assert {e.operand: e.total for e in events} == {i: grads(chained)[i] for i in {e.operand for e in events}}


def test_without_a_backward_pass_gradients_are_not_computed() -> None:
    trace = three_gates().trace(backward=False)
    assert trace["f"].value == -12
    assert trace["x"].grad is None
    assert trace.gradients is None
    assert (len(trace.events), list(trace.events)) == (0, [])


def test_a_node_that_does_not_reach_the_output_has_gradient_zero() -> None:
    trace = three_gates().with_output("q").trace()
    assert [trace[n].grad for n in ("x", "y", "z", "q", "f")] == [1, 1, 0, 1, 0]
    assert len(trace.events) == 2
    assert trace["f"].value == -12


def test_tracing_changes_nothing() -> None:
    graph = three_gates()
    graph.trace(x=100)
    assert (graph.trace().output, graph["x"].data) == (-12, -2)


def test_events_are_made_when_read(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Event] = []

    def event(*fields: Any) -> Event:
        made.append(Event(*fields))
        return made[-1]

    monkeypatch.setattr("gradviz.passes.Event", event)
    events = three_gates().trace().events
    assert (len(events), made) == (4, [])
    next(iter(events))
    assert len(made) == 1


# --- names -------------------------------------------------------------------------------------------------


def test_names_are_the_users_and_automatic_ones_avoid_them() -> None:
    x, y = Value(1, label="v1"), Value(2)
    out = (x + y) * 3
    out.label = "v3"
    assert Graph.of(out).names == ("v1", "v2", "v4", "3", "v3")


def test_a_name_given_twice_is_counted() -> None:
    w = [Value(i, label=label) for i, label in enumerate(["w", "w", "w_2", "w"])]
    graph = Graph.of(apply(GATES["sum"], *w))
    assert graph.names == ("w", "w_3", "w_2", "w_4", "v1")
    graph.check()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([None, "w", "w_2", "w_3", "v1", "v2", "v1_2"]), min_size=1, max_size=9))
def test_names_are_unique_whatever_was_given(given_names: list[str | None]) -> None:
    graph = Graph.of(apply(GATES["sum"], *[Value(1, label=name or "") for name in given_names]))
    graph.check()
    assert len(set(graph.names)) == len(graph.names)
    firsts = {name: given_names.index(name) for name in given_names if name}
    assert all(graph.names[i] == name for name, i in firsts.items())


def test_several_outputs_and_the_last_counts() -> None:
    x = Value(2, label="x")
    y, z = x * x, x + 1
    assert Graph.of(y, z).trace().output == 3
    assert Graph.of(y, z, x).trace().output == 2
    assert Graph.of(z, z).trace().output == 3
    assert len(Graph.of(y, z)) == 4
    with pytest.raises(GradvizError, match="at least one Value"):
        Graph.of()
    with pytest.raises(GradvizError, match="not of the int 3"):
        Graph.of(3)  # type: ignore[arg-type]


# --- legal graphs ------------------------------------------------------------------------------------------


def broken(**change: Any) -> Graph:
    graph = three_gates()
    parts = {part: change.pop(part) for part in Tape._fields if part in change}
    return dataclasses.replace(graph, tape=graph.tape._replace(**parts), **change)


@pytest.mark.parametrize(
    "change",
    [
        {"second": [-1, -1, -1, 4, 2]},
        {"second": [-1, -1, -1, -2, 2]},
        {"second": [-1, -1, -1, 3, 2]},
        {"second": [-1, -1, -1, -1, 2]},
        {"second": [-1, -1, 1, 1, 2]},
        {"second": [-1, -1, -1, 1]},
        {"first": [-1, -1, -1, -1, 3]},
        {"first": [-1, -1, -1, 0, 4]},
        {"first": [-1, -1, -1, 0]},
        {"more": {4: (0, 1, 2)}},
        {"more": {5: (0, 1, 2)}},
        {"first": [-1] * 5, "second": [-1] * 5, "more": {3: (0, 1), 4: (3, 2)}},
        {"gates": [GATES["relu"]] * 5},
        {"output": 5},
        {"output": -1},
        {"data": (1.0, 2.0, 3.0, 4.0, None)},
        {"data": (1.0, 2.0, 3.0)},
        {"given": ("x", "y", "z", "q")},
    ],
)
def test_check_finds_what_makes_a_graph_illegal(change: dict[str, Any]) -> None:
    broken().check()
    with pytest.raises(GradvizError, match="illegal graph"):
        broken(**change).check()


# --- determinism -------------------------------------------------------------------------------------------

PROGRAM = """
from gradviz.graph import Graph
from gradviz.value import Value
import random
dice = random.Random(5)
made = [Value(dice.uniform(-1, 1), label=n) for n in "abcd"]
for _ in range(60):
    u, v = dice.choice(made), dice.choice(made)
    made.append(dice.choice([lambda: u * v, lambda: u + v, lambda: u.tanh(), lambda: u.max(v)])())
g = Graph.of(made[-1])
t = g.trace()
print(g.names, [node.operands for node in g], [r.name for r in g.gates], t.values, t.gradients)
print(list(t.events), repr(g), repr(t))
"""


def test_the_same_program_prints_the_same_in_every_process() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(said) == 1


# --- errors ------------------------------------------------------------------------------------------------


def vector() -> Graph:
    draft = Draft()
    entries = [draft.input(f"W[{i},{j}]", None) for i in range(2) for j in range(2)]
    bias = draft.input("b", 0.0)
    return draft.graph(draft.gate("sum", (*entries, bias)))


def test_a_vector_gets_nested_lists_or_an_array() -> None:
    assert vector().trace(W=[[1, 2], [3, 4]]).output == 10
    assert vector().trace(W=np.array([[1, 2], [3, 4]]), b=1).output == 11
    assert vector().trace({"W[0,0]": 1, "W[0,1]": 1, "W[1,0]": 1, "W[1,1]": 1}).output == 4
    assert three_gates().trace(x=np.float64(1), y=np.array(2.0), z=True).output == 3.0


@pytest.mark.parametrize(
    ("graph", "numbers", "said"),
    [
        (three_gates, {"w": 1}, "no input called 'w'"),
        (three_gates, {"q": 1}, "q is computed"),
        (three_gates, {"x": "3"}, "not the str '3'"),
        (three_gates, {"x": None}, "not the NoneType"),
        (three_gates, {"x": 1j}, "not the complex"),
        (three_gates, {"x": {}}, "x got"),
        (three_gates, {"x": ["1", "2"]}, "x got"),
        (three_gates, {"x": np.array([1j])}, "x got"),
        (three_gates, {"x": [[1], [1, 2]]}, "x got"),
        (three_gates, {"x": [1, 2], "y": [1, 2, 3]}, "do not fit together"),
        (vector, {}, r"no number for W\[0,0\], W\[0,1\]"),
        (vector, {"W": [[1, 2]]}, "W"),
        (vector, {"W": [[1, 2], [3, 4], [5, 6]]}, "W"),
        (vector, {"W": [[1, 2, 9], [3, 4, 9]]}, "W"),
        (vector, {"W": [1, 2]}, "W"),
        (vector, {"W": 3}, "W"),
        (vector, {"W": "ab"}, "W"),
    ],
)
def test_numbers_that_do_not_fit_get_one_clear_error(graph: Any, numbers: dict[str, Any], said: str) -> None:
    with pytest.raises(GradvizError, match=said):
        graph().trace(**numbers)


def test_errors_offer_what_is_near() -> None:
    draft = Draft()
    graph = draft.graph(draft.gate("mul", (draft.input("weight", 1.0), draft.input("bias", 2.0)), name="score"))
    with pytest.raises(GradvizError) as caught:
        graph.trace(weigth=3)
    assert caught.value.hint == "weight"
    with pytest.raises(GradvizError) as caught:
        graph["scor"]
    assert caught.value.hint == "score"
    with pytest.raises(GradvizError, match="from 0 to 2"):
        graph[3]
    with pytest.raises(GradvizError, match="one point"):
        graph.trace(weight=[1, 2], rounded=round)


def test_every_name_leads_to_its_node() -> None:
    g = graph("f = 2*x + 2*y + v1^3", x=1, y=2, v1=3)
    assert [g[name].name for name in g.names] == list(g.names)
    assert [node.name for node in g] == list(g.names)
    assert g["2"].id == g.names.index("2")  # the first of them
    assert g.trace()["3"].value == 3
    with pytest.raises(GradvizError, match="no node called '4'"):
        g["4"]


def test_a_node_of_a_literals_name_comes_first() -> None:
    value = Value(1.5, label="2")
    g = Graph.of(value * 2)
    assert g["2"].gate == "input"
