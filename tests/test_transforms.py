"""grad, value_and_grad and hessian of Python functions: the numbers of differences and of the graph, in JAX's shape."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

import gradviz
from gradviz import GradvizError, grad, hessian, value_and_grad

FUNCTIONS = {
    "sin": (lambda x: gradviz.sin(x) * x, lambda x: mpmath.sin(x) * x),
    "np": (lambda x: np.exp(-(x**2)) / (1 + x * x), lambda x: mpmath.exp(-(x**2)) / (1 + x * x)),
    "operators": (lambda x: (3 * x - 2 / x) ** 2, lambda x: (3 * x - 2 / x) ** 2),
    "loop": (lambda x: sum(x**k / (k + 1) for k in range(1, 5)), lambda x: sum(x**k / (k + 1) for k in range(1, 5))),
    "sigmoid": (lambda x: gradviz.sigmoid(2 * x) * np.tanh(x), lambda x: mpmath.tanh(x) / (1 + mpmath.exp(-2 * x))),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("x", [0.3, 1.7, -0.6])
def test_first_second_and_third_derivatives(name, x):
    f, exact = FUNCTIONS[name]
    with mpmath.workdps(40):
        expected = [float(mpmath.diff(exact, mpmath.mpf(x), n)) for n in (0, 1, 2, 3)]
    value, first = value_and_grad(f)(x)
    assert [value, first] == pytest.approx(expected[:2], rel=1e-10)
    assert hessian(f)(x) == pytest.approx(expected[2], rel=1e-9)
    assert grad(grad(f))(x) == pytest.approx(expected[2], rel=1e-9)
    assert grad(grad(grad(f)))(x) == pytest.approx(expected[3], rel=1e-8)


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if n != "loop"])
def test_points_are_the_numbers_one_by_one(name):
    f, _ = FUNCTIONS[name]
    xs = np.array([[0.3, 1.7, -0.6], [2.0, 0.1, -1.0]])
    value, slopes = value_and_grad(f)(xs)
    assert value.shape == slopes.shape == xs.shape
    assert slopes.ravel().tolist() == pytest.approx([grad(f)(float(x)) for x in xs.flat], rel=1e-12)
    assert hessian(f)(xs).ravel().tolist() == pytest.approx([hessian(f)(float(x)) for x in xs.flat], rel=1e-12)


def test_shapes_are_jaxs():
    def f(W, b):
        return np.sum(np.tanh(W) * b)

    W = [[1.0, 2.0, 3.0]]
    assert grad(f)(W, 2.0).shape == (1, 3)
    both = grad(f, argnums=(0, 1))(W, 2.0)
    assert isinstance(both, tuple)
    assert isinstance(both[1], float)
    assert grad(f, argnums=-1)(W, 2.0) == both[1]
    blocks = hessian(f, argnums=(0, 1))(W, 2.0)
    assert [[np.shape(part) for part in row] for row in blocks] == [[(1, 3, 1, 3), (1, 3)], [(1, 3), ()]]
    assert hessian(f)(W, 2.0).shape == (1, 3, 1, 3)
    assert np.allclose(blocks[0][1], blocks[1][0])


def test_points_broadcast():
    x, y = np.linspace(0.1, 1, 4)[:, None], np.linspace(1, 2, 3)
    value, (by_x, by_y) = value_and_grad(lambda x, y: x**2 * np.sin(y), argnums=(0, 1))(x, y)
    assert np.allclose(value, x**2 * np.sin(y))
    assert np.allclose(by_x, 2 * x * np.sin(y))
    assert np.allclose(by_y, x**2 * np.cos(y))
    by_w = grad(lambda w, x: w * x)(2.0, np.array([1.0, 5.0]))
    assert by_w.tolist() == [1.0, 5.0], "at every point, not added up"


def test_functions_of_vectors():
    x = np.array([1.0, -2.0, 0.5])
    f = lambda x: np.sum(x**2) * x[0] + np.linalg.norm(x)  # noqa: E731
    steps = np.eye(3) * 1e-6
    numeric = [(float(f(x + h)) - float(f(x - h))) / 2e-6 for h in steps]
    assert grad(f)(x).tolist() == pytest.approx(numeric, rel=1e-7)
    assert hessian(f)(x) == pytest.approx(np.array([(grad(f)(x + h) - grad(f)(x - h)) / 2e-6 for h in steps]), abs=1e-6)


def test_a_function_that_mixes_its_points():
    for f in (lambda x: x / x.max(), np.cumsum, lambda x: x[::-1] * x, lambda x: x - x.mean()):
        for x in ([1.0, 2.0, 4.0], [1.0, 1.0, 1.0]):
            with pytest.raises(GradvizError, match="not those of single points"):
                grad(f)(np.array(x))


def test_control_flow_is_followed_anew_at_every_call():
    def f(x, n):
        return x * f(x, n - 1) if n else 1.0 + 0 * x

    slope = grad(f)
    assert [slope(2.0, n) for n in (1, 2, 3)] == [1.0, 4.0, 12.0]
    flag = [True]
    other = grad(lambda x: x * x if flag[0] else 5 * x)
    assert other(3.0) == 6.0
    flag[0] = False
    assert other(3.0) == 5.0


def test_gradients_through_gradients():
    def penalty(x):
        return np.sum(grad(lambda y: np.sum(y**3 * x))(x))

    assert grad(penalty)(np.array([1.0, 2.0])).tolist() == pytest.approx([9.0, 36.0])
    newton = lambda x: x - grad(lambda y: y**4)(x) / hessian(lambda y: y**4)(float(x))  # noqa: E731
    assert newton(3.0) == pytest.approx(2.0)


def test_nobodys_gradients_are_touched():
    w = gradviz.Value(3.0, label="w")
    assert grad(lambda x: x * w)(2.0) == 3.0
    assert w.grad == 0.0
    x = np.array([1.0, 2.0])

    def writes(x):
        x[0] = 7.0
        return np.sum(x**2)

    assert grad(writes)(x).tolist() == [0.0, 4.0]
    assert x.tolist() == [1.0, 2.0]


def test_one_value_in_many_roles():
    assert grad(lambda x: x)(2.0) == 1.0
    assert grad(lambda x, y: x)(2.0, 3.0) == 1.0
    assert grad(lambda x, y: y, argnums=(0, 1))(2.0, 3.0) == (0.0, 1.0)
    assert grad(gradviz.relu)(np.array([-1.0, 0.0, 2.0])).tolist() == [0.0, 0.0, 1.0]
    assert grad(lambda x, **k: x * k["a"])(2.0, a=4.0) == 4.0


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: grad(3), "takes a function"),
        (lambda: grad(lambda x: x, argnums=1)(2.0), "no argument 1"),
        (lambda: grad(lambda x: x, argnums="x")(2.0), "whole numbers"),
        (lambda: grad(lambda x: x, argnums=(0, 0))(2.0), "each argument once"),
        (lambda: grad(lambda x: x)(x=2.0), "called with 0 by position"),
        (lambda: grad(lambda x: x)("2"), "is no number"),
        (lambda: grad(lambda x: x)(True), "is no number"),
        (lambda: grad(lambda x: 3.0)(2.0), "does not depend"),
        (lambda: grad(lambda x: None)(2.0), "returned nothing"),
        (lambda: grad(lambda x: x if x > 0 else -x)(2.0), "truth value"),
        (lambda: grad(lambda x: np.sort(x)[0])([2.0, 1.0]), "np.sort"),
        (lambda: grad(lambda x: x * 2)(np.array([])), "no points"),
        (lambda: grad(lambda x: x[0])([[1.0], [1.0, 2.0]]), "different lengths|inhomogeneous"),
        (lambda: hessian(lambda x: x, argnums=3)(2.0), "no argument 3"),
    ],
)
def test_bad_input_says_what_is_wrong(call, says):
    with pytest.raises(GradvizError, match=says):
        call()
