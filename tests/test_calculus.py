"""The gradient as a Graph: the same numbers as the backward pass, by another compiler of the same table."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import gradviz
from gradviz.calculus.adjoints import Calculus
from gradviz.calculus.derivation import Derivation
from gradviz.calculus.latex import latex
from gradviz.calculus.notation import formula
from gradviz.calculus.simplify import Simplifier
from gradviz.calculus.symbols import Symbols, plain
from gradviz.cli.packaged import examples
from gradviz.draft import Draft
from gradviz.errors import GradvizError
from gradviz.gates import CONST, GATES, Gate, register, remove
from gradviz.graph import Graph
from gradviz.value import Value

EXAMPLES = {example.name: example for example in examples()}


def example_graph(name: str) -> Graph:
    found = EXAMPLES[name]
    if not found.is_python:
        return gradviz.graph(found.read())
    from gradviz.bridges.loading import load

    return gradviz.from_function(load(f"{found.path}:{name}"))


def close(a: Any, b: Any, rel: float = 1e-9) -> bool:
    """Equal up to rounding, in every point; nan equals nan."""
    return bool(np.allclose(a, b, rtol=rel, atol=1e-12, equal_nan=True))


def gradients(graph: Graph) -> dict[str, Graph]:
    found = graph.gradient(graph.inputs)
    assert isinstance(found, dict)
    return found


def agrees(graph: Graph) -> None:
    """Every gradient graph is legal, keeps inputs and numbers, and has the numbers of the pass."""
    trace = graph.trace()
    for name, slope in gradients(graph).items():
        slope.check()
        assert slope.inputs == graph.inputs
        assert close(slope.trace().output, trace[name].grad), (name, slope.trace().output, trace[name].grad)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_agree_with_the_pass(name: str) -> None:
    graph = example_graph(name)
    agrees(graph)
    dice = np.random.default_rng(1)
    points = {n: dice.normal(size=50) for n in graph.inputs}
    trace = graph.trace(points)
    for name_, slope in gradients(graph).items():
        assert close(np.broadcast_to(slope.trace(points).output, 50), trace[name_].grad)


# --- random graphs: every gate of the table, with sharing ---------------------------------------------------


def random_graph(dice: random.Random) -> Graph:
    """Some inputs, some constants, and gates on anything before, mostly on what is new; no number is wild."""
    draft = Draft()
    values: list[float] = []
    for k in range(dice.randint(1, 3)):
        values.append(dice.uniform(-2, 2))
        draft.input(f"x{k}", values[-1])
    for number in dice.sample([0.0, 1.0, -1.0, 2.0, 0.5, 3.0], 2):
        values.append(number)
        draft.const(number, plain(number))
    rows = list(GATES.values())
    wanted = len(draft) + dice.randint(3, 14)
    while len(draft) < wanted:
        row = dice.choice(rows)
        many = row.arity if row.arity is not None else dice.randint(1, 3)
        recent = range(max(0, len(draft) - 3), len(draft))
        operands = [dice.choice(recent) if dice.random() < 0.7 else dice.randrange(len(draft)) for _ in range(many)]
        out = row.value(*[values[j] for j in operands])
        if all(abs(n) < 100 for n in (out, *row.locals(out, *[values[j] for j in operands]))):
            values.append(out)
            draft.gate(row, operands, name=f"n{len(draft)}" if dice.random() < 0.3 else None)
    return draft.graph(len(draft) - 1)


def tame(graph: Graph) -> bool:
    """All that the pass multiplies is finite and not so large that rounding decides."""
    trace = graph.trace()
    assert trace.gradients is not None
    return all(abs(n) < 1e6 for n in trace.gradients)


def random_graphs(count: int, seed: int) -> Iterator[Graph]:
    dice = random.Random(seed)
    while count:
        graph = random_graph(dice)
        if tame(graph):
            count -= 1
            yield graph


def test_random_graphs_agree_with_the_pass() -> None:
    gates = set()
    for graph in random_graphs(400, 7):
        agrees(graph)
        gates |= {row.name for i, row in enumerate(graph.gates) if graph.reaches[i] and not graph.constant[i]}
    assert gates >= set(GATES), "a gate was never tried"


def test_random_graphs_agree_on_blocks_of_points() -> None:
    dice = np.random.default_rng(3)
    compared = 0
    for graph in random_graphs(80, 11):
        points = {n: dice.uniform(-2, 2, size=20) for n in graph.inputs}
        trace = graph.trace(points)
        assert trace.gradients is not None
        locals_ = [np.broadcast_to(e.local, 20) for e in trace.events]
        rows = [np.broadcast_to(v, 20) for v in [*trace.values, *trace.gradients, *locals_]]
        usual = np.all(np.abs(np.array(rows, dtype=float)) < 1e6, axis=0)  # false for nan
        for name, slope in gradients(graph).items():
            got = np.broadcast_to(slope.trace(points).output, 20)
            wanted = np.broadcast_to(trace[name].grad, 20)
            assert close(got[usual], wanted[usual])
            compared += int(usual.sum())
    assert compared > 1000


def test_inner_nodes_can_be_asked_for() -> None:
    for graph in random_graphs(60, 5):
        trace = graph.trace()
        for i, row in enumerate(graph.gates):
            if row is not CONST:
                slope = graph.gradient(i)
                assert isinstance(slope, Graph)
                assert close(slope.trace().output, trace[i].grad)


# --- higher orders, against differences in many digits --------------------------------------------------------


def exact(graph: Graph, values: dict[str, Any]) -> Any:
    """The output in many digits."""
    known: list[Any] = []
    for i, row in enumerate(graph.gates):
        operands = [known[j] for j in graph.operands(i)]
        data = values.get(graph.names[i], graph.data[i]) if not operands else None
        known.append(row.exact_value(*operands) if operands else mpmath.mpf(data))
    return known[graph.output]


def difference(graph: Graph, point: dict[str, Any], names: list[str]) -> Any:
    """The mixed central difference by all these names, one after the other."""
    if not names:
        return exact(graph, point)
    step = mpmath.mpf(10) ** -15
    low, high = (difference(graph, {**point, names[0]: point[names[0]] + s * step}, names[1:]) for s in (-1, 1))
    return (high - low) / (2 * step)


SMOOTH = [
    "f = x^3*y - y/x",
    "f = exp(-x*y)*sin(x)",
    "f = 1/(1 + exp(-(x*y + 1)))",
    "f = tanh(x*y)/(1 + x^2)",
    "q = x*y; f = log(q*q + 1) * sqrt(x + 3)",
    "f = sigmoid(x)*softplus(y) + silu(x*y)",
    "f = gelu(x) + y^x",
    "f = logsumexp([x, y, x*y])",
    "f = relu(x + 2)^3 * max(x, y)^2",
    "f = atan(x/y) + asin(x/3)*cosh(y)",
    "q = x/y; r = q*q; f = r/q + elu(-q)",
]


@pytest.mark.parametrize("source", SMOOTH)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_orders_agree_with_central_differences(source: str, order: int) -> None:
    graph = gradviz.graph(source, x=0.7, y=1.3)
    with mpmath.workdps(90):
        for one in Derivation(graph, order=order):
            names = [graph.names[node] for node in one.by]
            wanted = float(difference(graph, {"x": mpmath.mpf(0.7), "y": mpmath.mpf(1.3)}, names))
            assert one.value == pytest.approx(wanted, rel=1e-9, abs=1e-12), names


def test_a_gradient_is_differentiated_again() -> None:
    graph = gradviz.graph("f = x^4", x=2)
    for wanted in (32.0, 48.0, 48.0, 24.0, 0.0):
        graph = graph.gradient("x")  # type: ignore[assignment]
        assert graph.trace().output == wanted


def test_a_wrong_rule_is_seen() -> None:
    """The oracle is tested too: a planted wrong partial makes the gradient graph wrong."""
    row = register(Gate("wrong", "w", "a * a", ("3 * a",), about="wrong"))
    try:
        graph = gradviz.graph("f = wrong(x)", x=2)
        with mpmath.workdps(90):
            wanted = float(difference(graph, {"x": mpmath.mpf(2)}, ["x"]))
        assert graph.gradient("x").trace().output != pytest.approx(wanted)  # type: ignore[union-attr]
    finally:
        remove(row)


# --- kinks and routing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    ["f = max(x, y)*z", "f = min(x, y, z)", "f = relu(x)*y", "f = abs(x)*y", "f = clip(x, -1, 1)*y", "f = max(0, x)*y",
     "f = leaky_relu(x)*y", "f = elu(x)", "f = where(x > y, x*z, y^2)", "f = max(x, x)", "f = max(max(x, y), z)",
     "f = hinge(x, y)", "f = huber(x, y)", "f = min(x, y) - max(x, z)"],
)  # fmt: skip
def test_kinks_follow_the_policy_of_the_table(source: str) -> None:
    graph = gradviz.graph(source)
    levels = (-1.0, 0.0, 1.0)
    for values in np.array(np.meshgrid(*[levels] * len(graph.inputs))).reshape(len(graph.inputs), -1).T:
        point = dict(zip(graph.inputs, map(float, values), strict=True))
        trace = graph.trace(point)
        for name, slope in gradients(graph).items():
            assert slope.trace(point).output == trace[name].grad, (point, name)


def test_routing_selects_and_never_multiplies_with_zero() -> None:
    """An infinite upstream gradient stops at what was not taken."""
    graph = gradviz.graph("f = sqrt(max(x, y))", x=0, y=-1)
    trace = graph.trace()
    slopes = gradients(graph)
    assert slopes["x"].trace().output == trace["x"].grad == math.inf
    assert slopes["y"].trace().output == trace["y"].grad == 0.0
    for source in ("f = sqrt(relu(x))", "f = log(where(x > 0, x, y))", "f = sqrt(clip(x, 0, 1))"):
        graph = gradviz.graph(source, **dict.fromkeys(gradviz.graph(source).inputs, -1.0))
        for name, slope in gradients(graph).items():
            assert close(slope.trace().output, graph.trace()[name].grad), source


# --- what it looks like ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("q = x + y; f = q*z", {"x": "z", "y": "z", "z": "x + y"}),
        ("f = x^2", {"x": "2*x"}),
        ("f = x*x", {"x": "2*x"}),
        ("f = x + x + x", {"x": "3"}),
        ("f = 1/x", {"x": "-1/x^2"}),
        ("f = x/y", {"x": "1/y", "y": "-x/y^2"}),
        ("f = -x/2", {"x": "-1/2"}),
        ("f = 3*x/2", {"x": "3/2"}),
        ("f = x^2/2", {"x": "x"}),
        ("f = 0.1*x^2", {"x": "0.2*x"}),
        ("f = -(-x)", {"x": "1"}),
        ("f = x - x", {"x": "0"}),
        ("f = exp(x)", {"x": "exp(x)"}),
        ("f = x*log(x)", {"x": "log(x) + 1"}),
        ("f = sigmoid(x)", {"x": "sigmoid(x)*(1 - sigmoid(x))"}),
        ("f = tanh(x)", {"x": "1 - tanh(x)^2"}),
        ("f = (x*y + 1)^2", {"x": "2*y*(x*y + 1)", "y": "2*x*(x*y + 1)"}),
        ("f = -y*log(p) - (1-y)*log(1-p)", {"y": "log(1 - p) - log(p)", "p": "(1 - y)/(1 - p) - y/p"}),
        ("f = mse(x, t)", {"x": "2*(x - t)", "t": "-2*(x - t)"}),
        ("f = relu(x)", {"x": "where(x > 0, 1, 0)"}),
        ("f = max(x, 2)", {"x": "where(x > 2, 1, where(x == 2, 1/2, 0))"}),
        ("f = where(x > 0, x^2, -x)", {"x": "where(x > 0, 2*x, -1)"}),
        ("f = 1/(1 + exp(-x))", {"x": "exp(-x)/(1 + exp(-x))^2"}),
        ("f = sqrt(x^2 + y^2)", {"x": "x/sqrt(x^2 + y^2)", "y": "y/sqrt(x^2 + y^2)"}),
        ("f = x > 0", {"x": "0"}),
        ("f = x^3/(x*y)", {"x": "2*x/y", "y": "-x^2/y^2"}),
        ("f = log(x*y)", {"x": "1/x", "y": "1/y"}),
        ("f = 5*y; g = x", {"x": "1", "y": "0"}),
    ],
)  # fmt: skip
def test_formulas_are_those_of_the_board(source: str, wanted: dict[str, str]) -> None:
    assert {name: formula(slope) for name, slope in gradients(gradviz.graph(source)).items()} == wanted


def test_names_stay_and_new_ones_do_not_collide() -> None:
    graph = gradviz.graph("q = x*y; df_dx = q*q; f = df_dx*exp(q)", x=1, y=2)
    slope = graph.gradient("x")
    assert isinstance(slope, Graph)
    assert {"q", "df_dx", "x", "y"} <= set(slope.names)
    assert slope.names[slope.output] == "df_dx_2"
    assert slope.draw().text()
    assert slope.trace(x=2.0).output == pytest.approx(graph.trace(x=2.0)["x"].grad)


def test_names_of_python_graphs_stay_what_they_were() -> None:
    """Inputs without a name, and names given twice, are called as in the graph they came from."""
    a, b = Value(2.0), Value(3.0)
    first, second = Value(5.0, label="w"), Value(7.0, label="w")
    graph = Graph.of((a * first).exp() * 0 + b * second * b)
    agrees(graph)
    slope = gradients(graph)["w_2"]
    assert slope.inputs == graph.inputs
    [unnamed] = {slope.names[j] for i in range(len(slope)) for j in slope.operands(i)} & set(graph.inputs)
    assert graph[unnamed].data == 3.0


def test_what_gradient_returns() -> None:
    one, two = gradviz.graph("f = x^2", x=3), gradviz.graph("f = x*y")
    assert isinstance(one.gradient(), Graph)
    assert list(two.gradient()) == ["x", "y"]  # type: ignore[arg-type]
    assert list(two.gradient(["y"])) == ["y"]  # type: ignore[arg-type]
    assert isinstance(two.gradient("f"), Graph)
    for bad, said in (("q", "no node called 'q'"), (99, "no node 99")):
        with pytest.raises(GradvizError, match=said):
            two.gradient(bad)
    with pytest.raises(GradvizError, match="literal number"):
        gradviz.graph("f = x*2").gradient(1)
    with pytest.raises(GradvizError, match="no input"):
        gradviz.graph("2*3").gradient()


def test_sharing_is_kept() -> None:
    """A tower of squares: the derivative grows with the tower, not with its expansion."""
    text = "a0 = x*y + 1; " + "; ".join(f"a{k} = a{k - 1}*a{k - 1} + a{k - 1}" for k in range(1, 60))
    slope = gradviz.graph(text, x=0.1, y=0.1).gradient("x")
    assert isinstance(slope, Graph)
    assert len(slope) < 600
    deep = gradviz.graph("; ".join(["a0 = tanh(x)"] + [f"a{k} = relu(a{k - 1}*w{k})" for k in range(1, 300)]))
    found = deep.gradient("x")
    assert isinstance(found, Graph)
    assert len(found) < 10 * len(deep)


def test_a_very_deep_chain_needs_no_recursion() -> None:
    value = x = Value(0.5, label="x")
    for _ in range(20_000):
        value = -(value * 0.999)
    graph = Graph.of(value)
    slope = graph.gradient("x")
    assert isinstance(slope, Graph)
    assert slope.trace().output == pytest.approx(graph.trace()["x"].grad)
    assert x.data == 0.5


def test_a_gate_registered_at_run_time_is_differentiated_like_any_other() -> None:
    from tests.test_gates import HYPOT

    row = register(HYPOT)
    try:
        graph = gradviz.graph("f = hypot(x, 2*y)^2", x=3, y=2)
        agrees(graph)
        assert formula(gradients(graph)["x"]) == "2*x"
        second = Derivation(gradviz.graph("f = hypot(x, y)", x=3, y=4), order=2)
        with mpmath.workdps(90):
            for one in second:
                names = [second.graph.names[node] for node in one.by]
                point = {"x": mpmath.mpf(3), "y": mpmath.mpf(4)}
                assert one.value == pytest.approx(float(difference(second.graph, point, names)), rel=1e-9)
        assert second.formulas(second.derivatives[0]).texts() == ["1/f - x^2/f^3"]
        [tree] = second.formulas(second.derivatives[0]).expressions
        assert latex(tree) == r"\frac{1}{f} - \frac{x^{2}}{f^{3}}"
    finally:
        remove(row)


def test_a_test_that_is_asked_again_in_a_branch_is_known() -> None:
    row = register(
        Gate(
            "twice",
            "tw",
            "a if a > 0 else 3 * a",
            ("(1 if a > 0 else 5) if a > 0 else (2 if a > 0 else 3)",),
            about="-",
        )
    )
    try:
        slope = gradviz.graph("f = twice(x)").gradient("x")
        assert isinstance(slope, Graph)
        assert formula(slope) == "where(x > 0, 1, 3)"
    finally:
        remove(row)


# --- simplification changes no value -------------------------------------------------------------------------------

LEAVES = ("x", "y", 0.0, 1.0, -1.0, 2.0, 0.5, 3.0)
TESTS = ("gt", "ge", "eq", "le")
TREES = st.recursive(
    st.sampled_from(LEAVES),
    lambda deeper: st.one_of(
        st.tuples(st.sampled_from(("add", "sub", "mul", "div")), deeper, deeper),
        st.tuples(st.sampled_from(("neg", "exp", "square")), deeper),
        st.tuples(st.just("pow"), deeper, st.sampled_from((0.0, 1.0, 2.0, 3.0, -1.0, -2.0))),
        st.tuples(st.just("where"), st.tuples(st.sampled_from(TESTS), deeper, deeper), deeper, deeper),
        st.tuples(st.sampled_from(("max", "min")), deeper, deeper),
    ),
    max_leaves=14,
)  # fmt: skip


def built(tree: Any, symbols: Symbols, point: dict[str, float]) -> tuple[int, float, float]:
    """The node of a tree, its value, and the largest number on the way."""
    if isinstance(tree, str):
        return symbols.source.id(tree), point[tree], abs(point[tree])
    if isinstance(tree, float):
        return symbols.const(tree), tree, abs(tree)
    parts = [built(part, symbols, point) for part in tree[1:]]
    row = GATES[tree[0]]
    value = row.value(*[part[1] for part in parts])
    node = symbols.gate(row, [p[0] for p in parts]) if isinstance(symbols, Simplifier) else -1
    least = min((abs(p[1]) for p in parts[1:] if tree[0] == "div"), default=1.0)
    worst = max(abs(value), *(p[2] for p in parts), 0.0 if least > 1e-3 else math.inf)
    return node, value, worst if value == value else math.inf


@settings(max_examples=400, deadline=None)
@given(tree=TREES, x=st.integers(-20, 20), y=st.integers(-20, 20))
def test_simplification_keeps_the_value(tree: Any, x: int, y: int) -> None:
    point = {"x": x / 8 + 0.01, "y": y / 8 - 0.03}
    symbols = Calculus(gradviz.graph("f = x*y"))
    node, value, worst = built(tree, symbols, point)
    assume(worst < 1e4)
    graph, _ = symbols.graph([node])
    graph.check()
    got = graph.trace(point, backward=False).output
    # a comparison of two nearly equal numbers may fall on the other side: only where nothing is close to equal
    assume(_apart(tree, point))
    assert got == pytest.approx(value, rel=1e-9, abs=1e-9 * worst)
    if len(graph) > len(graph.inputs):
        again = gradviz.graph(
            f"f = {formula(graph)}" if not _bare(graph) else f"f = 1*{formula(graph)}", **_used(graph, point)
        )
        assert again.trace(backward=False).output == pytest.approx(value, rel=1e-9, abs=1e-9 * worst)


def _bare(graph: Graph) -> bool:
    return graph.gates[graph.output] is CONST


def _used(graph: Graph, point: dict[str, float]) -> dict[str, float]:
    text = formula(graph)
    return {n: v for n, v in point.items() if n in text.replace("exp", "").replace("max", "")}


def _apart(tree: Any, point: dict[str, float]) -> bool:
    """Whether everything that is compared differs clearly, or is the same expression."""
    if not isinstance(tree, tuple):
        return True
    values = [_value(part, point) for part in tree[1:]]
    compared = tree[0] in (*TESTS, "max", "min")
    if compared and tree[1] != tree[2] and not abs(values[0] - values[1]) > 1e-6:
        return False
    return all(_apart(part, point) for part in tree[1:])


def _value(tree: Any, point: dict[str, float]) -> float:
    if isinstance(tree, str):
        return point[tree]
    if isinstance(tree, float):
        return tree
    return GATES[tree[0]].value(*[_value(part, point) for part in tree[1:]])


# --- LaTeX ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("-2*x*y^2", "-2 x y^{2}"),
        ("x/2", r"\frac{x}{2}"),
        ("-x*y/z", r"-\frac{x y}{z}"),
        ("2*3*x", r"2 \cdot 3 x"),
        ("w_1*x0", "w_{1} x_{0}"),
        ("σ(z)*(1 - σ(z))", r"\sigma\left(z\right) \left(1 - \sigma\left(z\right)\right)"),
        ("theta*y_hat", r"\theta \hat{y}"),
        ("sqrt(x)", r"\sqrt{x}"),
        ("|x|", r"\left|x\right|"),
        ("where(x > 0, 1, 0)", r"\begin{cases} 1 & \text{if } x > 0 \\ 0 & \text{else} \end{cases}"),
        ("(x + y)^2", r"\left(x + y\right)^{2}"),
        ("x - (y - z)", r"x - \left(y - z\right)"),
        ("relu(x)", r"\operatorname{ReLU}\left(x\right)"),
        ("x^-1", "x^{-1}"),
        ("(x/y)^2", r"\left(\frac{x}{y}\right)^{2}"),
    ],
)
def test_latex(text: str, wanted: str) -> None:
    from gradviz.language import parse

    assert latex(parse(text).statements[0].expression) == wanted


def test_every_gate_has_its_latex_with_balanced_brackets() -> None:
    from gradviz.calculus.notation import Notation

    for row in GATES.values():
        draft = Draft()
        operands = [draft.input(name, None) for name in "abc"[: row.arity or 2]]
        node = draft.gate(row, operands)
        [tree] = Notation(draft.graph(node)).formulas([node]).expressions
        text = latex(tree)
        assert text.count("{") == text.count("}")
        assert text.count(r"\left") == text.count(r"\right")
        assert all(name in text for name in "abc"[: row.arity or 2])
