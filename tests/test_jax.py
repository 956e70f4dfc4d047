"""JAX code as graphs: values and gradients are JAX's own; and our second derivatives are JAX's."""

from __future__ import annotations

import numpy as np
import pytest
from test_gradcheck import SMOOTH, cases, graph_of

import gradviz
from gradviz import GradvizError, from_jax

pytestmark = pytest.mark.extra("jax")

V = [0.3, -0.2, 0.9]
M = [[0.3, 0.2], [0.5, -0.1], [1.2, 0.8]]

#: Functions of JAX, as people write them, and where.
PROGRAMS = {
    "unary": ("lambda x: sum(getattr(jnp, n)(x) for n in 'exp log log1p expm1 sqrt square sin cos tan tanh sinh cosh"
              " arcsin arccos arctan abs negative reciprocal log2 log10 exp2 sign deg2rad'.split())", 0.7),
    "activations": ("lambda x: jax.nn.relu(x) + jax.nn.sigmoid(x)*jax.nn.softplus(x) + jax.nn.silu(x) + jax.nn.gelu(x)"
                    " + jax.nn.elu(x) + jax.nn.leaky_relu(x) + jax.nn.relu6(x) + jax.nn.log_sigmoid(x)", -0.7),
    "relu at its kink": ("lambda x: jax.nn.relu(x)", 0.0),
    "binary": ("lambda x, y: x + y - x*y/(x + 2) + x**y + jnp.maximum(x, y)*jnp.minimum(x, y) + jnp.hypot(x, y)"
               " + jnp.logaddexp(x, y) + jnp.power(x, 3) + x**2 + x**-1.5 + jnp.clip(x, y, 1)", 0.7, 0.4),
    "ties": ("lambda x, y: jnp.maximum(x, y) + 2*jnp.minimum(x, y)", 1.5, 1.5),
    "where": ("lambda x, y: jnp.where((x > y) & (x > 0), x*y, y) + jnp.where(~(x >= y) | (x < 0), 1.0, x)", 0.7, 0.4),
    "sinc": ("lambda x: jnp.sinc(x)", 0.7),
    "polynomial": ("lambda x: jnp.polyval(jnp.array([1.0, -2.0, 3.0]), x)", 0.7),
    "softmax": ("lambda z: -jax.nn.log_softmax(z)[1] + jax.nn.logsumexp(z) + jax.nn.softmax(z) @ jnp.arange(3.0)", V),
    "reductions": ("lambda x: x.mean() + x.std() + jnp.var(x) + jnp.prod(x) + jnp.max(x)*jnp.min(x)"
                   " + jnp.linalg.norm(x) + jnp.cumsum(x)[1] + jnp.cumprod(x)[2]", V),
    "moves": ("lambda x: jnp.concatenate([x[::-1], x[1:]]).reshape(5, 1).T[0, 1] + jnp.pad(x, 1)[3] + jnp.stack([x, x]"
              ")[1, 2] + x[jnp.array([0, 2, 0])].sum() + jnp.roll(x, 1)[0] + jnp.tile(x, 2)[4] + jnp.diff(x)[0]", V),
    "set": ("lambda x: x.at[1].set(5.0).sum() + x.at[0].set(x[2]).prod()", V),
    "layer": ("lambda x, W: jnp.sum(jax.nn.relu(x @ W)**2)", V, M),
    "matmuls": ("lambda W: jnp.einsum('ij,kj->', W, W) + jnp.sum(W.T @ W) + jnp.trace(W[:2]) + jnp.dot(W[0], W[1])", M),
    "batched": ("lambda x, W: jnp.sum(jax.vmap(lambda row: jnp.tanh(row @ x[:2]))(W))", V, M),
    "loop": ("lambda x: jax.lax.fori_loop(0, 4, lambda i, a: a*x + i, 1.0)", 0.7),
    "scan": ("lambda x: jax.lax.scan(lambda c, a: (c*a + jnp.sin(a), c), 1.0, x)[1].sum()", V),
    "reverse scan": ("lambda x: jax.lax.scan(lambda c, a: (c*a + 1, c + a), 1.0, x, reverse=True)[1][0]", V),
    "cond": ("lambda x: jax.lax.cond(x > 0, lambda a: a*a, lambda a: -a, x)", 0.7),
    "jit in jit": ("jax.jit(lambda x: jax.jit(lambda y: y*jnp.exp(y))(x) + x)", 0.7),
    "remat": ("jax.checkpoint(lambda x: jnp.sin(x)*x)", 0.7),
    "the gradient itself": ("lambda x: jax.grad(lambda y: jnp.tanh(y)**2)(x)", 0.7),
    "a gradient of arrays": ("lambda x: jax.grad(lambda y: jax.nn.softplus(y[0]*y[1]) + jnp.sum(y**3))(x).sum()", V),
    "parameters": ("lambda p, x: jnp.sum(jnp.tanh(p['W'].T @ x + p['b']))", {"W": M, "b": [0.1, 0.2]}, V),
}  # fmt: skip


def parts():
    import jax
    import jax.numpy as jnp

    return jax, jnp


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_gradients_are_jaxs(name):
    jax, jnp = parts()
    text, *at = PROGRAMS[name]
    f = eval(text, {"jax": jax, "jnp": jnp})
    trace = from_jax(f, *at).trace()
    with jax.enable_x64(True):
        args = [
            jax.tree.map(lambda leaf: jnp.asarray(leaf, float), a, is_leaf=lambda a: isinstance(a, list)) for a in at
        ]
        value, theirs = jax.value_and_grad(f, tuple(range(len(args))))(*args)
        flat = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(theirs)])
    assert trace.output == pytest.approx(float(value), rel=1e-12)
    assert [trace[name].grad for name in trace.graph.inputs] == pytest.approx(flat.tolist(), rel=1e-9, abs=1e-12)


def test_names_and_gates():
    jax, jnp = parts()
    graph = from_jax(lambda w, x: jax.nn.relu(w * x) + jax.nn.sigmoid(x), 2.0, 0.5)
    assert [node.gate for node in graph] == ["input", "input", "mul", "relu", "sigmoid", "add"]
    assert graph.inputs == ("w", "x")
    graph = from_jax(lambda p, x: jnp.dot(p["W"], x), {"W": [1.0, 2.0]}, np.array([3.0, 4.0]))
    assert graph.inputs == ("p_W[0]", "p_W[1]", "x[0]", "x[1]")
    assert graph.trace(x=[0, 1]).output == 2.0, "the graph is a function of its inputs"


def test_the_one_kink_where_jax_differs():
    jax, jnp = parts()
    assert float(jax.grad(jnp.abs)(0.0)) == 1.0
    assert from_jax(lambda x: jnp.abs(x), 0.0).trace()["x"].grad == 0.0


def test_a_function_called_relu_that_is_none():
    jax, _ = parts()

    @jax.jit
    def relu(x):
        return x * 2

    assert [node.gate for node in from_jax(lambda x: relu(x), -1.0)] == ["input", "const", "mul"]


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("lambda x: jax.scipy.special.erf(x)", 0.7, "primitive erf is not made of gates"),
        ("lambda x: jnp.sort(x)[0]", V, "primitive sort"),
        ("lambda x: jnp.arctan2(x, 2.0)", 0.7, "atan2"),
        ("lambda x: jax.lax.while_loop(lambda a: a < 9, lambda a: a*x, x)", 2.0, "while_loop"),
        ("lambda x: x if x > 0 else -x", 1.0, "TracerBoolConversionError"),
        ("lambda x: x", V, r"returned \(3,\)"),
        ("lambda x: jax.lax.stop_gradient(x)*x", 0.7, "stop_gradient"),
        ("lambda x: x[jnp.argmax(x)]", V, "argmax"),
        ("lambda x: (x*3).astype(int)*x", 0.7, "rounds"),
        ("lambda x: 3.0", 0.7, "whatever its arguments"),
        ("lambda x: jnp.sum(jnp.outer(x, x) @ jnp.ones((3, 300000)))", V, "more than 200000"),
        ("3", 0.7, "takes a function"),
    ],
)
def test_what_does_not_work_says_so(text, at, says):
    jax, jnp = parts()
    with pytest.raises(GradvizError, match=says):
        from_jax(eval(text, {"jax": jax, "jnp": jnp}), at)


def test_a_gradient_of_ones_own():
    jax, jnp = parts()

    @jax.custom_vjp
    def clipped(x):
        return x * 2

    clipped.defvjp(lambda x: (x * 2, x), lambda x, upstream: (jnp.clip(upstream, -0.1, 0.1),))
    with pytest.raises(GradvizError, match="custom_vjp"):
        from_jax(lambda x: clipped(x) * 3, 1.0)


def test_a_missing_library_says_how_to_get_it(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(gradviz.EnvironmentFailure, match=r'pip install "gradviz\[jax\]"'):
        from_jax(lambda x: x, 1.0)


# --- second derivatives -----------------------------------------------------------------------------------

SECOND = [
    "x**3 * y", "tanh(x*y) + sin(x)", "x / y + exp(x - y)", "sqrt(x*x + y*y)", "log(1 + exp(x*y))", "x**y",
    "1/(1 + x*x)",
    "maximum(x, y)**2 * minimum(x, 3*y)", "where(x > y, x**3, x*y)", "abs(x)**3 + cosh(y)*sinh(x)", "arctan(x)/cos(y)",
]  # fmt: skip


@pytest.mark.parametrize("text", SECOND)
def test_hessians_are_jaxs(text):
    jax, jnp = parts()

    def with_library(library):
        return eval(f"lambda x, y: {text}", {n: getattr(library, n) for n in dir(library) if not n.startswith("_")})

    at = (0.7, 0.4)
    with jax.enable_x64(True):
        theirs = jax.hessian(with_library(jnp), (0, 1))(*at)
    ours = gradviz.hessian(with_library(np), (0, 1))(*at)
    graph = gradviz.from_function(with_library(np), x=at[0], y=at[1])
    for i, a in enumerate("xy"):
        for j, b in enumerate("xy"):
            expected = float(theirs[i][j])
            assert ours[i][j] == pytest.approx(expected, rel=1e-9, abs=1e-12)
            second = graph.gradient(a).gradient(b)
            assert second.trace(x=at[0], y=at[1]).output == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_hessians_of_random_graphs_are_jaxs():
    jax, jnp = parts()
    names = {
        "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "neg": lambda a: -a,
        "square": jnp.square, "sin": jnp.sin, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid, "exp": jnp.exp,
        "sum": lambda *a: sum(a[1:], a[0]),
    }  # fmt: skip
    for plan, leaves in cases(SMOOTH, 4, seed=31):

        def f(x, plan=plan, leaves=leaves):
            values = [x[i] for i in range(len(leaves))]
            for gate, operands in plan[len(leaves) :]:
                values.append(names[gate](*[values[j] for j in operands]))
            return values[-1]

        with jax.enable_x64(True):
            theirs = np.asarray(jax.hessian(f)(jnp.asarray(list(leaves.values()))))
        graph = graph_of(plan, leaves)
        scale = max(1.0, float(np.abs(theirs).max()))
        for i, a in enumerate(graph.inputs):
            slope = graph.gradient(a).trace()
            mine = [slope[b].grad for b in graph.inputs]
            assert mine == pytest.approx(theirs[i].tolist(), rel=1e-8, abs=1e-10 * scale), plan
