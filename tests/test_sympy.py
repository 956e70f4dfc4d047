"""To SymPy and back: the same values and gradients as SymPy's own, and as ours before the journey."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import gradviz
from gradviz import GradvizError

pytestmark = pytest.mark.extra("sympy")

AT = {"x": 0.3, "y": 0.7}

SOURCES = [
    *(
        f"f = {row.name}(x)"
        for row in gradviz.gates.GATES.values()
        if row.arity == 1 and row.name not in ("neg", "copy")
    ),
    *(f"f = {row.name}(x, y)" for row in gradviz.gates.GATES.values() if row.arity == 2 and row.infix is None),
    "f = max(x, y, 1/2) * min(x, y, 0.1)",
    "f = where(x > y, x*0.5, -y) + (x < 3)*x + (x >= y) + (x <= y)*y + (x == y) - (x != y)",
    "f = clip(x, 0.1, 0.2) + clip(y, 0, 1)",
    "f = softmax([x, y, 1])[0] + cross_entropy([x, y], 1) + huber(x, y)",
    "f = pi*log1p(x)/y - sqrt(x) - 2 + e^x - x^y + 2^x - x^(-3/2)",
    "f = sum([x, y, x*y]) / (x + y)^2 - -x",
]


def numbers(expression, at):
    return float(expression.subs({symbol: at[str(symbol)] for symbol in expression.free_symbols}).evalf(30))


def both_ways(graph, at):
    """Ours, SymPy's value and derivative, and ours after coming back."""
    import sympy

    theirs = gradviz.to_sympy(graph)
    back = gradviz.from_sympy(theirs, **{str(s): at[str(s)] for s in theirs.free_symbols})
    trace, again = graph.trace(at), back.trace()
    assert numbers(theirs, at) == pytest.approx(trace.output, rel=1e-12, abs=1e-14)
    assert again.output == pytest.approx(trace.output, rel=1e-12, abs=1e-14)
    for symbol in theirs.free_symbols:
        name = str(symbol)
        derivative = sympy.diff(theirs, symbol)
        assert numbers(derivative, at) == pytest.approx(trace[name].grad, rel=1e-9, abs=1e-12), (theirs, name)
        assert again[name].grad == pytest.approx(trace[name].grad, rel=1e-9, abs=1e-12), (theirs, name)


@pytest.mark.parametrize("source", SOURCES)
def test_every_gate(source):
    graph = gradviz.graph(source)
    both_ways(graph, {name: AT[name] for name in graph.inputs})


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[1] / "examples").glob("*.gradviz")), ids=lambda p: p.stem
)
def test_every_example(path):
    graph = gradviz.graph(path.read_text(encoding="utf-8"))
    at = {name: graph.data[graph.id(name)] for name in graph.inputs}
    both_ways(graph, {name: (0.4 if x is None else x) + 0.013 * i for i, (name, x) in enumerate(at.items())})


def test_random_expressions():
    rng = random.Random(4)
    for _ in range(60):
        terms = ["x", "y"]
        for _ in range(rng.randint(2, 6)):
            a, b = rng.choice(terms), rng.choice(terms)
            form = rng.choice(["({a} + {b})", "({a} - {b})", "{a}*{b}", "{a}/({b}^2 + 1)", "tanh({a})", "sin({a})^2"])
            terms.append(form.format(a=f"({a})", b=f"({b})"))
        graph = gradviz.graph(f"f = {terms[-1]} + x*y")
        both_ways(graph, AT)


def test_second_derivatives_are_sympys():
    import sympy

    graph = gradviz.graph("f = x^3*sin(y) + tanh(x*y)")
    theirs = gradviz.to_sympy(graph)
    ours = gradviz.to_sympy(graph.gradient("x").gradient("y"))
    x, y = sorted(theirs.free_symbols, key=str)
    assert sympy.simplify(ours - sympy.diff(theirs, x, y)) == 0


def test_the_picture_stays_readable():
    import sympy

    x, y = sympy.symbols("x y")
    gates = [node.gate for node in gradviz.from_sympy(1 - x / 3 - y * sympy.exp(-x))]
    assert gates == ["input", "input", "const", "const", "div", "sub", "neg", "exp", "mul", "sub"]
    assert str(gradviz.to_sympy(gradviz.graph("f = sigmoid(x)*y^2 + 0.5"))) == "y**2/(1 + exp(-x)) + 1/2"


@pytest.mark.parametrize(
    "text",
    ["sec(x)", "coth(x)", "sign(x)*x", "Heaviside(x - 1)", "log(x, 2)", "Piecewise((x, (x > 0) & (x < 1)), (1, True))",
     "sqrt(2)/x**(3/2)", "Abs(x - 1)", "Max(x, 1, x**2)", "exp(-x**2/2)/sqrt(2*pi)", "diff(Max(x, 0.5), x)", "7"],
)  # fmt: skip
def test_from_sympy(text):
    import sympy

    expression = sympy.sympify(text)
    graph = gradviz.from_sympy(expression, **({"x": 0.3} if expression.free_symbols else {}))
    trace = graph.trace()
    assert trace.output == pytest.approx(numbers(expression, AT), rel=1e-12)
    if expression.free_symbols and "Heaviside" not in str(expression):
        [x] = expression.free_symbols
        real = expression.subs(x, sympy.Symbol("x", real=True))
        derivative = sympy.diff(real, sympy.Symbol("x", real=True)).replace(sympy.DiracDelta, lambda *_: sympy.S.Zero)
        assert trace["x"].grad == pytest.approx(numbers(derivative, AT), rel=1e-9)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("erf(x)", "none for erf"),
        ("Integral(x, x)", "doit"),
        ("I*x", "not real"),
        ("atan2(x, y)", "atan2"),
        ("Matrix([x])", "one SymPy expression"),
        ("Function('g')(x)", "none for g"),
    ],
)
def test_what_is_no_gate_says_so(text, says):
    import sympy

    with pytest.raises(GradvizError, match=says):
        gradviz.from_sympy(sympy.sympify(text))


def test_bad_input():
    import sympy

    with pytest.raises(GradvizError, match="reads a text"):
        gradviz.from_sympy("x + 1")
    value = gradviz.Value(1.0, label="x")
    for _ in range(2000):
        value = value.sin()
    with pytest.raises(GradvizError, match="deep"):
        gradviz.to_sympy(value.graph())
    with pytest.raises(GradvizError, match="no input called 'z'"):
        gradviz.from_sympy(sympy.Symbol("x") * 2, z=1)


def test_a_gate_added_at_run_time():
    import sympy

    row = gradviz.gates.register(gradviz.gates.Gate("cube", "x³", "a * a * a", ("3 * a * a",), about="to the third"))
    try:
        assert gradviz.to_sympy(gradviz.graph("f = cube(x)")) == sympy.Symbol("x", real=True) ** 3
    finally:
        gradviz.gates.remove(row)


def test_a_missing_library_says_how_to_get_it(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "sympy", None)
    with pytest.raises(gradviz.EnvironmentFailure, match=r'pip install "gradviz\[sympy\]"'):
        gradviz.to_sympy(gradviz.graph("f = x"))
