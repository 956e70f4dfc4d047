"""What the language reads: spellings, structure, names, vectors, values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradviz.errors import GradvizError
from gradviz.gates import Gate, register, remove
from gradviz.language import build, parse, read_values
from gradviz.language.constants import Floats
from gradviz.language.library import LIBRARY, apply
from gradviz.language.source import read_source
from gradviz.language.syntax import unparse

CIRCUIT = "x = -2; y = 5; z = -4\nq = x + y\nf(x, y, z) = q * z"


def result(text: str, **values: object) -> float:
    graph = build(text, values)
    return float(graph.trace()[graph.names[graph.output]].value)


def structure(text: str) -> str:
    """The expression with every bracket that the tree has."""
    return unparse(parse(text).statements[-1].expression)


def shape(text: str, **values: object) -> list[tuple[str, str, tuple[int, ...]]]:
    graph = build(text, values)
    return [(n, graph.gates[i].name, tuple(graph.operands(i))) for i, n in enumerate(graph.names)]


def test_three_gate_circuit() -> None:
    graph = build(CIRCUIT)
    trace = graph.trace()
    assert list(graph.names) == ["x", "y", "z", "q", "f"]
    assert [trace[name].value for name in "xyzqf"] == [-2, 5, -4, 3, -12]
    assert [trace[name].grad for name in "xyzqf"] == [-4, -4, 3, -4, 1]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("x·y", "x*y"),
        ("x×y÷z−1", "x*y/z - 1"),
        ("x**2", "x^2"),
        ("x²", "x^2"),
        ("x⁻¹", "x^(-1)"),
        ("x^-1", "x^(-1)"),
        ("e⁻ᶻ", "e^(-z)"),
        ("½x", "½*x"),
        ("√x", "sqrt(x)"),
        ("√(x+y)", "sqrt(x + y)"),
        ("√|x|", "sqrt(abs(x))"),
        ("|x|", "abs(x)"),
        ("||x|-1|", "abs(abs(x) - 1)"),
        ("|x||y|", "abs(x)*abs(y)"),
        ("2|x|", "2*abs(x)"),
        ("σ(z)", "sigmoid(z)"),
        ("ln(x)", "log(x)"),
        ("ReLU(x)", "relu(x)"),
        ("w₁x₁", "w_1x_1"),
        ("ｆ（ｘ）＝ｘ＋１", "x + 1"),
        ("𝑥 + 𝟏", "x + 1"),
        ("sin²(x)", "sin(x)^2"),
        ("tanh^2(z)", "tanh(z)^2"),
        ("x ≤ y", "x <= y"),
        ("x ≠ y", "x != y"),
        ("(x +\n y)", "x + y"),
        ("x + y # a comment (", "x + y"),
        ("\ufeffx + y\r\n", "x + y"),
        ("y\u0302 + 1", "ŷ + 1"),
    ],
)
def test_spellings_are_one_language(text: str, same: str) -> None:
    assert structure(text) == same


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("-x^2", "-x^2"),
        ("2^3^2", "2^3^2"),
        ("(2^3)^2", "(2^3)^2"),
        ("a-b-c", "a - b - c"),
        ("a-(b-c)", "a - (b - c)"),
        ("a/b/c", "a/b/c"),
        ("2x^2", "2*x^2"),
        ("2(x+y)z", "2*(x + y)*z"),
        ("(x+y)(x-y)", "(x + y)*(x - y)"),
        ("2σ(z)(1-σ(z))", "2*sigmoid(z)*(1 - sigmoid(z))"),
        ("z(1-z)", "z*(1 - z)"),
        ("x*-y", "x*-y"),
        ("1(1-1)", "1*(1 - 1)"),
        ("x²y", "x^2*y"),
        ("W.T@x", "W.T@x"),
        ("Wᵀ@x", "W.T@x"),
        ("-(2)", "-(2)"),
    ],
)
def test_structure_is_kept(text: str, tree: str) -> None:
    assert structure(text) == tree
    assert parse(tree) == parse(text)


def test_minus_before_a_literal_is_one_constant() -> None:
    assert [row[1] for row in shape("-2*x")] == ["const", "input", "mul"]
    assert [row[1] for row in shape("-2^2")] == ["const", "const", "pow", "neg"]
    assert result("-2^2") == -4
    assert parse("-2^2").notes


def test_names_win_over_built_ins() -> None:
    assert result("e = exp(n); f = e*2", n=0) == 2
    assert result("dot = x*y; f = dot(3)", x=1, y=2) == 6
    assert result("max + 1", max=3) == 4
    assert result("e^x", x=1) == math.e
    assert [text for _, text in parse("e^x").notes]
    assert not parse("e = 2; e^x").notes
    assert result("f = e; e = 5") == 5


def test_product_or_call_is_decided_by_the_names() -> None:
    assert structure("z = 3; z(1-z)") == "z*(1 - z)"
    assert structure("exp(1-z)") == "exp(1 - z)"
    assert structure("sigmoid = 1; sigmoid(2)") == "sigmoid*2"


def test_plain_renaming_is_a_copy() -> None:
    assert shape("x = 2; c = x; f = c*x") == [("x", "input", ()), ("c", "copy", (0,)), ("f", "mul", (1, 0))]
    trace = build("x = 3; c = x; f = c*x").trace()
    assert (trace["c"].grad, trace["x"].grad) == (3, 6)


def test_the_name_goes_to_the_outermost_gate() -> None:
    assert shape("a = 2*b + 1")[-1][:2] == ("a", "add")


def test_right_side_without_names_is_an_input() -> None:
    assert shape("x = pi/4; f = sin(x)")[0] == ("x", "input", ())
    assert result("x = exp(0) + 1/2; f = 2x") == 3
    assert result("x = 3; f = x", x=4) == 4


def test_output_is_the_last_statement_that_computes() -> None:
    assert build("f = x*y; x = 3; y = 4").names[build("f = x*y; x = 3; y = 4").output] == "f"
    assert result("x = 1; y = 2") == 2
    assert result("q = x + 1; f = q*2; x = 3; q") == 4
    graph = build("q = x + y; f = q*z", {"x": 1, "y": 2, "z": 3}, output="q")
    assert graph.names[graph.output] == "q"


def test_constant_expression_is_a_graph() -> None:
    assert [row[1] for row in shape("2*3")] == ["const", "const", "mul"]
    assert result("9**9**9**9") == math.inf


def test_header_declares_inputs_in_its_order() -> None:
    assert [row[0] for row in shape("f(x, y) = y*x")] == ["x", "y", "f"]
    assert [row[0] for row in shape("f(x, y) = y*x; y = 1; x = 2")] == ["x", "y", "f"]


def test_missing_values_still_build() -> None:
    graph = build("f = x*y", {"x": 1})
    assert list(graph.missing) == ["y"]


# Vectors


def test_vector_entries_are_named_scalars() -> None:
    assert [row[0] for row in shape("z = [1, 2]; f = sum(z)")] == ["z[0]", "z[1]", "f"]
    assert [row[0] for row in shape("W = [[1, 2]]; f = sum(W)")] == ["W[0,0]", "W[0,1]", "f"]
    graph = build("z = [1, 2, 3]; p = softmax(z); L = -log(p[0])")
    p = np.exp([1, 2, 3]) / np.exp([1, 2, 3]).sum()
    trace = graph.trace()
    assert [trace[f"p[{i}]"].value for i in range(3)] == pytest.approx(list(p))
    assert [trace[f"z[{i}]"].grad for i in range(3)] == pytest.approx(list(p - [1, 0, 0]))


def test_vector_literal_is_spelling_only() -> None:
    rows = shape("a = 1; b = 2; z = [a, a*b, 7]; c = z[0]; f = sum(z) + c")
    assert rows[:5] == [
        ("a", "input", ()),
        ("b", "input", ()),
        ("z[1]", "mul", (0, 1)),
        ("z[2]", "input", ()),
        ("c", "copy", (0,)),
    ]
    assert rows[5][2] == (0, 2, 3)


def test_values_bring_shapes() -> None:
    assert result("sum(W @ x)", W=[[1, 2], [3, 4]], x=np.array([1.0, 10.0])) == 21 + 43
    assert result("W = [[1, 2], [3, 4]]; W[1,0]", W=[[5, 6], [7, 8]]) == 7
    assert result("z[0]*z[1]", **{"z[0]": 3, "z[1]": 4}) == 12
    assert result("sum(z)", **{"z[0]": 3, "z[1]": 4}) == 7
    assert result("z = [1, 2]; sum(z)", **{"z[1]": 5}) == 6
    assert [row[0] for row in shape("z[0]*z[1]")][:2] == ["z[0]", "z[1]"]


@pytest.mark.parametrize("text", ["a @ b", "a.T @ b.T.T", "W @ a", "a @ W", "W @ W", "W.T @ V", "V @ W.T"])
def test_matrix_products_agree_with_numpy(text: str) -> None:
    made = np.random.default_rng(0)
    values = {
        "a": made.normal(size=3),
        "b": made.normal(size=3),
        "W": made.normal(size=(3, 3)),
        "V": made.normal(size=(3, 3)),
    }
    names = {name: array for name, array in values.items() if name in text}
    left, right = (side.strip() for side in text.split("@"))
    a, b = (values[s[0]].T if s.count(".T") % 2 else values[s[0]] for s in (left, right))
    assert result(f"p = {text}; sum(p)" if np.ndim(a @ b) else text, **names) == pytest.approx(float(np.sum(a @ b)))


def test_reductions_and_elementwise() -> None:
    assert result("max(v)", v=[1, 5, 2]) == 5
    assert result("sum(max(v, 2))", v=[1, 5, 2]) == 9
    assert result("sum(a*b + 1)", a=[1, 2], b=[3, 4]) == 13
    assert result("mean(1, 2, x)", x=3) == 2
    assert result("min(x, y, z)", x=3, y=1, z=2) == 1
    assert result("sum(where(v > 0, v, 0))", v=[-1, 4]) == 4
    assert result("leaky_relu(x)", x=-1) == pytest.approx(-0.01)
    assert result("clip(x, -1, 1)", x=7) == 1


# The library: against formulas in NumPy

V, T = np.array([0.5, -1.5, 2.0]), np.array([0.0, 1.0, -1.0])
S = np.array([1.0, -1.0, -1.0])
P, Y = np.array([0.2, 0.9]), np.array([0.0, 1.0])
EXPECTED = {
    "mean": ((V,), V.mean()),
    "dot": ((V, T), V @ T),
    "norm": ((V,), np.linalg.norm(V)),
    "softmax": ((V,), np.exp(V) / np.exp(V).sum()),
    "logsumexp": ((V,), np.log(np.exp(V).sum())),
    "mse": ((V, T), ((V - T) ** 2).mean()),
    "cross_entropy": ((V, 2), -np.log(np.exp(V)[2] / np.exp(V).sum())),
    "bce": ((P, Y), -(Y * np.log(P) + (1 - Y) * np.log(1 - P)).mean()),
    "bce_logits": ((V, np.abs(T)), -np.log(1 / (1 + np.exp(-np.where(T == 0, -V, V)))).mean()),
    "hinge": ((V, S), np.maximum(0, 1 - S * V).mean()),
    "multi_hinge": ((V, 1), sum(max(0, V[j] - V[1] + 1) for j in (0, 2))),
    "huber": ((V, T), np.where(abs(V - T) <= 1, 0.5 * (V - T) ** 2, abs(V - T) - 0.5).mean()),
}


@pytest.mark.parametrize("name", LIBRARY)
def test_library_functions(name: str) -> None:
    arguments, expected = EXPECTED[name]
    lists = [a.tolist() if isinstance(a, np.ndarray) else a for a in arguments]
    assert apply(name, lists, Floats()) == pytest.approx(np.asarray(expected).tolist())


def test_losses_of_the_course() -> None:
    """The numbers that CS231n works out by hand: multi-class hinge, and cross-entropy of a score."""
    trace = build("multi_hinge(s, 0)", {"s": [3.2, 5.1, -1.7]}).trace()
    assert trace.output == pytest.approx(2.9)
    assert [trace[f"s[{k}]"].grad for k in range(3)] == [-1, 1, 0]
    trace = build("bce_logits(z, y)", {"z": -6, "y": 1}).trace()
    assert trace.output == pytest.approx(math.log1p(math.exp(-6)) + 6)
    assert trace["z"].grad == pytest.approx(1 / (1 + math.exp(6)) - 1)
    assert build("bce_logits(z, y)", {"z": 1000, "y": 1}).trace().output == 0


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("s = [3.2, 5.1, -1.7]; hinge(s, 0)", "multi_hinge(s, 0)"),
        ("s = [3.2, 5.1, -1.7]; y = 2; hinge(s, y)", "multi_hinge(s, 2)"),
        ("s = [3.2, 5.1]; hinge(s, [0, 1])", "-1 for the one class"),
        ("hinge(s, 0)", "-1 for the one class"),
        ("bce(p, -1)", "0 for the one class"),
        ("z = [1, 2, 3]; bce_logits(z, 2)", "cross_entropy(z, 2)"),
    ],
)
def test_impossible_labels_are_refused(source: str, says: str) -> None:
    with pytest.raises(GradvizError) as caught:
        build(source)
    assert "takes labels" in caught.value.message
    assert says in (caught.value.hint or "")


def test_soft_labels_are_labels() -> None:
    assert build("bce(p, 0.5)", {"p": 0.5}).trace().output == pytest.approx(math.log(2))


def test_labels_are_checked_in_python_too() -> None:
    import gradviz

    with pytest.raises(GradvizError, match="takes labels -1 and 1, and this is 0"):
        gradviz.hinge([1.0, 2.0], 0)
    assert gradviz.multi_hinge([3.2, 5.1, -1.7], 0).data == pytest.approx(2.9)


def test_bce_of_a_score_says_what_it_takes() -> None:
    from gradviz.nonfinite import first_nonfinite

    trouble = first_nonfinite(build("bce(p, y)", {"p": -6, "y": 1}).trace())
    assert trouble is not None
    assert trouble.message.endswith("bce takes a probability from 0 to 1, bce_logits takes a score")
    at_zero = first_nonfinite(build("bce(p, y)", {"p": 0, "y": 1}).trace())  # a probability, though a bad one
    assert at_zero is not None
    assert "bce_logits" not in at_zero.message


def test_library_is_stable() -> None:
    assert result("logsumexp(z)", z=[1000, 1000]) == pytest.approx(1000 + math.log(2))
    assert result("cross_entropy(z, 0)", z=[0, 1000]) == 1000


def test_library_calls_are_remembered() -> None:
    graph = build("loss = mse(p, t)", {"p": [1, 2], "t": [0, 0]})
    call = graph.calls[-1]
    assert call.function == "mse"
    assert call.output == graph.output
    assert sorted(call.inside) == [i for i, row in enumerate(graph.gates) if row.name != "input"]


def test_a_new_gate_is_in_the_language() -> None:
    row = register(Gate("cube", "x³", "a * a * a", ("3 * a * a",), spellings=("third",)))
    try:
        assert result("third(x)", x=2) == 8
    finally:
        remove(row)


def test_bytes_in_utf16() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
        assert read_source("f = x·2".encode(encoding)).text == "f = x·2"


# Values on the command line


def test_read_values() -> None:
    assert read_values(["x=-2", "y=1/2"]) == {"x": -2, "y": 0.5}
    assert read_values(["x=−2, y=√4; z = 1e-3"]) == {"x": -2, "y": 2, "z": 1e-3}
    assert read_values(["W=[[1,2],[3,pi]]"]) == {"W": [[1, 2], [3, math.pi]]}
    assert read_values(["W=@a, b.npy"]) == {"W": ("@", "a, b.npy")}
    assert read_values(["W=@a.npy"], len) == {"W": 5}
    assert read_values(["W[0, 1]=3", "w₁=2"]) == {"W[0,1]": 3, "w_1": 2}
    assert read_values([]) == {}
