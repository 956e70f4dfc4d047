"""No text gives anything but a Graph or an error that helps; and what is read means what Python says."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from gradviz.errors import GradvizError
from gradviz.graph import Graph
from gradviz.language import build, parse, read_values
from gradviz.language.syntax import Binary, Call, Expression, Index, Name, Number, Transpose, Unary, Vector, unparse

NOWHERE = (0, 0)
PLAIN = r"""x y z xy e pi π σ exp sin max sum mean mse softmax cross_entropy where W z_1 w₁ np import if T 1 2 0.5 1e3 ½
+ - * / ^ ** @ ( ) [ ] , ; = == < <= | √ . ² ⁻¹ ' \ { } # : ! · × − ∂"""
WORDS = (*PLAIN.split(), "\n", "\0", "\u200b")
SEEDS = (
    "x = -2; y = 5; z = -4\nq = x + y\nf(x, y, z) = q * z",
    "z = [1, 2, 3]; p = softmax(z); L = -log(p[0])",
    "W = [[1, 2], [3, 4]]\nh = relu(W.T @ [x, y])\nL = ½mse(h, [0, 1]) + |x|/2",
    "σ(z) = 1/(1 + e⁻ᶻ)",
)


def outcome(action: Callable[[], Graph | dict[str, object]]) -> Graph | dict[str, object] | GradvizError:
    """What the action gives, or the error a person would read; anything else fails the test."""
    try:
        return action()
    except GradvizError as error:
        return error


def check(text: str) -> None:
    found = outcome(lambda: build(text))
    if isinstance(found, GradvizError):
        assert str(found)
        if found.place is not None:
            assert 0 <= found.place.start <= found.place.end <= len(text)
            assert found.place.text == text
    else:
        assert isinstance(found, Graph)
        assert 0 <= found.output < len(found.names)
        program = parse(text)
        assert parse(unparse(program)) == program


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    check(text)


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=14), st.sampled_from(["", " "]))
def test_any_words(words: list[str], gap: str) -> None:
    check(gap.join(words))


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_mutated_programs(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(SEEDS))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 4))
        text = text[:at] + data.draw(st.sampled_from([*WORDS, ""])) + text[at + length :]
    check(text)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes(data: bytes) -> None:
    assert str(outcome(lambda: build(data)))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=12), st.lists(st.sampled_from(WORDS), max_size=6).map("".join)), max_size=3))
def test_any_values(words: list[str]) -> None:
    for arguments in (words, ["x=" + word for word in words]):
        assert isinstance(outcome(partial(read_values, arguments)), dict | GradvizError)


def numbers() -> st.SearchStrategy[Expression]:
    texts = st.one_of(st.integers(0, 99).map(str), st.floats(0, 100, allow_subnormal=False).map(repr))
    signs = st.sampled_from(["", "-"])
    return st.builds(lambda sign, text: Number(NOWHERE, sign + text, float(sign + text)), signs, texts)


def trees(*, python: bool) -> st.SearchStrategy[Expression]:
    names = st.sampled_from("abc").map(lambda name: Name(NOWHERE, name))
    signs = st.sampled_from("+-*/" if python else "+-*/^@<")

    def larger(part: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        made = [
            st.builds(lambda op, a, b: Binary(NOWHERE, op, a, b), signs, part, part),
            st.builds(lambda a: Unary(NOWHERE, a), part),
            st.builds(lambda a, n: Binary(NOWHERE, "^", a, Number(NOWHERE, str(n), n)), part, st.integers(0, 3)),
        ]
        if not python:
            made += [
                st.builds(lambda a: Call(NOWHERE, "sigmoid", (a,)), part),
                st.builds(lambda a, b: Call(NOWHERE, "max", (a, b)), part, part),
                st.builds(lambda a, b: Vector(NOWHERE, (a, b)), part, part),
                st.builds(lambda a: Index(NOWHERE, a, (Number(NOWHERE, "0", 0.0),)), part),
                st.builds(lambda a: Transpose(NOWHERE, a), part),
            ]
        return st.one_of(made)

    return st.recursive(st.one_of(numbers(), names), larger, max_leaves=12)


@settings(max_examples=400, deadline=None)
@given(trees(python=False))
def test_unparse_reads_back(tree: Expression) -> None:
    assert parse(unparse(tree)).statements[0].expression == tree


@settings(max_examples=400, deadline=None)
@given(trees(python=True), st.tuples(*[st.floats(-4, 4)] * 3))
def test_python_agrees(tree: Expression, point: tuple[float, float, float]) -> None:
    """The oracle is Python's own reading of the same text (made by this test, so eval is safe)."""
    text = unparse(tree)
    values = dict(zip("abc", point, strict=True))
    spelled = text.replace("^", "**")
    try:
        expected = eval(spelled, {"__builtins__": {}}, values)  # text of the tree above, nothing else
    except (ZeroDivisionError, OverflowError):
        return
    if isinstance(expected, complex) or not math.isfinite(float(expected)):
        return
    graph = build(spelled + " + 0*a + 0*b + 0*c", values)
    found = graph.trace()[graph.names[graph.output]].value
    assert math.isclose(found, float(expected), rel_tol=1e-9, abs_tol=1e-9)
