"""NumPy code as it is: the same function runs on float arrays and on gradviz arrays.

The oracle is central differences of the plain NumPy code: no derivative stands in this file.
"""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradviz
from gradviz import GradvizError, Value

RNG = np.random.default_rng(0)


def differences(f, *arguments, h=1e-6):
    """Central differences of ``f`` with respect to every entry of every argument."""
    grads = []
    for k, argument in enumerate(arguments):
        grad = np.zeros_like(argument)
        for index in np.ndindex(argument.shape):
            ends = []
            for step in (h, -h):
                moved = [a.copy() for a in arguments]
                moved[k][index] += step
                ends.append(float(f(*moved)))
            grad[index] = (ends[0] - ends[1]) / (2 * h)
        grads.append(grad)
    return grads


def compare(f, *arguments, rel=1e-6):
    """``f`` on gradviz arrays against ``f`` on float arrays: value and gradients."""
    arguments = [np.asarray(a, dtype=float) for a in arguments]
    arrays = [gradviz.array("abcdef"[k], a) for k, a in enumerate(arguments)]
    out = f(*arrays)
    plain = f(*[a.copy() for a in arguments])
    assert isinstance(out, (Value, gradviz.bridges.arrays.Array))
    out.backward()
    number = out.data if isinstance(out, Value) else float(out.data.item())
    assert number == pytest.approx(float(plain), rel=1e-10, abs=1e-12)
    for array, grad in zip(arrays, differences(f, *arguments), strict=True):
        np.testing.assert_allclose(array.grad, grad, rtol=rel, atol=1e-7)


# --- whole programs -----------------------------------------------------------------------------------


def softmax(z):
    e = np.exp(z - np.max(z))
    return e / np.sum(e)


def two_layers(w1, b1, w2, b2, x):
    h = np.maximum(0, w1 @ x + b1)
    p = softmax(w2.dot(h) + b2)
    return -np.log(p[1])


def cs231n_softmax(w, x):
    scores = x.dot(w)
    scores -= np.max(scores, axis=1, keepdims=True)
    probs = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
    data_loss = np.sum(-np.log(probs[range(3), [0, 2, 1]])) / 3
    return data_loss + 0.5 * 0.1 * np.sum(w * w)


def cs231n_relu(w, x):
    hidden = x.dot(w)
    hidden[hidden <= 0] = 0
    return np.sum(hidden**2)


def batch_norm(x, gamma):
    mean, var = x.mean(axis=0), x.var(axis=0)
    return np.sum(gamma * (x - mean) / np.sqrt(var + 1e-5) * x)


def attention(q, k):
    scores = q @ k.T / np.sqrt(q.shape[1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return ((e / e.sum(axis=-1, keepdims=True)) @ k).mean()


def recurrent(w, u, x):
    h = np.zeros(2)
    for t in range(len(x)):
        h = np.tanh(w @ h + u * x[t])
    return np.sum(h)


PROGRAMS = [
    (two_layers, [(3, 2), (3,), (2, 3), (2,), (2,)]),
    (cs231n_softmax, [(2, 3), (3, 2)]),
    (cs231n_relu, [(2, 3), (3, 2)]),
    (batch_norm, [(4, 2), (2,)]),
    (attention, [(3, 2), (3, 2)]),
    (recurrent, [(2, 2), (2,), (3,)]),
]


@pytest.mark.parametrize(("f", "shapes"), PROGRAMS, ids=lambda p: getattr(p, "__name__", ""))
def test_programs_run_unmodified(f, shapes):
    compare(f, *[RNG.normal(size=shape) for shape in shapes])


def test_the_oracle_itself_notices_a_wrong_gradient():
    a = gradviz.array("a", [0.3, -0.8])
    (np.sum(a * a) * 1.001).backward()
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(a.grad, differences(lambda x: np.sum(x * x), np.array([0.3, -0.8]))[0], rtol=1e-6)


# --- one function at a time ---------------------------------------------------------------------------

UFUNCS = [
    "exp", "log", "log1p", "sqrt", "square", "reciprocal", "abs", "absolute", "fabs", "negative",
    "positive", "sin", "cos", "tan", "tanh", "sinh", "cosh", "arctan", "exp2", "expm1", "log2", "log10",
    "radians", "deg2rad",
]  # fmt: skip

EXPRESSIONS = {
    "arcsin": lambda a, b: np.sum(np.arcsin(a / 4) + np.arccos(a / 4)),
    "binary": lambda a, b: np.sum(np.add(a, b) * np.subtract(a, b) / np.multiply(a, b)),
    "power": lambda a, b: np.sum(a**2 + a**-0.5 + np.power(a, 3) + 2**a),
    "power of arrays": lambda a, b: np.sum(a ** b[0]),
    "maximum": lambda a, b: np.sum(np.maximum(a, b) * np.minimum(a, 1.0)),
    "fmax": lambda a, b: np.sum(np.fmax(a, 1.2)),
    "hypot": lambda a, b: np.sum(np.hypot(a, b) + np.logaddexp(a, b)),
    "where": lambda a, b: np.sum(np.where(a > 1, a * b, b)),
    "where of a plain condition": lambda a, b: np.sum(np.where(np.array([True, False, True]), a * b, 0.0)),
    "where with equality": lambda a, b: np.sum(np.where(a == b, 2 * a, np.where(a != b, a * b, 0))),
    "masks": lambda a, b: np.sum(a * (a > 1) + b * (b <= 1) + a * (a >= 1) + b * (b > 1)),
    "clip": lambda a, b: np.sum(np.clip(a, 0.7, 1.3) + a.clip(0.7, 1.3) + np.clip(b, None, 1) + b.clip(0.5)),
    "reductions": lambda a, b: a.sum() + np.prod(b) + a.max() * b.min() + np.mean(a) * a.std() + np.var(b),
    "var ddof": lambda a, b: np.var(a, ddof=1) + np.std(b),
    "norm": lambda a, b: np.linalg.norm(a) + np.linalg.norm(b),
    "products": lambda a, b: np.dot(a, b) + a @ b + np.inner(a, b) + np.vdot(a, b) + a.dot(b),
    "outer": lambda a, b: np.sum(np.outer(a, b) * np.multiply.outer(a, a)),
    "einsum": lambda a, b: np.einsum("i,j->", a, b) + np.tensordot(a, b, 1),
    "cumulative": lambda a, b: np.sum(np.cumsum(a) * np.cumprod(b)) + np.maximum.accumulate(a)[2],
    "concatenate": lambda a, b: np.sum(np.concatenate([a, b, [1.0]]) ** 3),
    "stack": lambda a, b: np.sum(np.stack([a, b]) @ np.vstack([a, b]).T),
    "stack of values": lambda a, b: np.sum(np.stack([a[0], b[1], a[2]]) ** 2),
    "structure": lambda a, b: np.sum(a.reshape(3, 1) * b[np.newaxis, :] * np.tile(a, (3, 1)).T * np.roll(b, 1)),
    "split": lambda a, b: np.sum(np.split(a, 3)[1] * np.flip(b)[:1] * np.diff(a)[0]),
    "fancy": lambda a, b: np.sum(a[[0, 0, 2]] * b[::-1]),
    "in place": lambda a, b: np.sum(_in_place(a * 1.0, b)),
    "filled": lambda a, b: np.sum(_filled(a, b)),
    "reduce": lambda a, b: np.add.reduce(a) * np.multiply.reduce(b) + np.maximum.reduce(a) - np.minimum.reduce(b),
    "initial": lambda a, b: np.add.reduce(a, initial=2.0) * np.sum(b, initial=1.0) + np.max(a, initial=9.0),
    "lists of values": lambda a, b: np.sum(np.concatenate([a, [b[0], 2.0]]) ** 2) + np.outer([a[0], b[1]], b)[1, 2],
    "lists of arrays": lambda a, b: np.sum(np.dot([a, b], a)) + np.einsum("ij->", np.kron(a[:2], [b, b])),
    "vectorize": lambda a, b: np.sum(np.vectorize(lambda x, y: x * y + 1)(a, b)),
    "convolve": lambda a, b: np.sum(np.convolve(a, b) ** 2),
    "sum of a list": lambda a, b: sum(x * y for x, y in zip(a, b, strict=True)),
    "floats on the left": lambda a, b: np.sum(np.array([1.0, 2.0, 3.0]) * a - np.float64(2) / b),
    "like": lambda a, b: np.sum((np.ones_like(a) + np.zeros_like(a) + np.full_like(a, 2.0)) * a * b),
}  # fmt: skip


def _in_place(a, b):
    a += b
    a -= 0.5
    a *= b
    a /= 3
    return a


def _filled(a, b):
    out = np.zeros_like(a)
    for i in range(3):
        out[i] = a[i] * b[i] if i else 4.0
    out[1:] = out[1:] * 2
    return out


@pytest.mark.parametrize("name", UFUNCS)
def test_ufuncs(name):
    compare(lambda a: np.sum(getattr(np, name)(a) * a), [0.3, 1.7, 0.9], rel=1e-5)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expressions(name):
    compare(EXPRESSIONS[name], [0.45, 1.61, 0.9], [1.21, 0.37, 1.03], rel=1e-5)


AXES = [None, 0, 1, -1, 2, (0, 2), (1, -1)]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "prod", "std"])
def test_axes(name, axis, keepdims):
    a = RNG.normal(size=(2, 3, 2))
    for f in (getattr(np, name), lambda x, **options: getattr(x, name)(**options)):
        ours, theirs = f(gradviz.array(a), axis=axis, keepdims=keepdims), f(a, axis=axis, keepdims=keepdims)
        assert np.shape(ours) == theirs.shape
        np.testing.assert_allclose(np.asarray(ours.data, float), theirs, rtol=1e-12)


SHAPES = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 4)),
    ((2, 2, 3), (3, 2)),
    ((2, 1, 1, 3), (4, 3, 2)),
]


@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_matmul_as_numpy_has_it(left, right):
    a, b = RNG.normal(size=left), RNG.normal(size=right)
    for x, y in ((gradviz.array(a), gradviz.array(b)), (gradviz.array(a), b), (a, gradviz.array(b))):
        got = x @ y
        assert np.shape(got) == np.shape(a @ b)
        np.testing.assert_allclose(np.asarray(got.data, float), a @ b, rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_broadcasting_as_numpy_has_it(data):
    from hypothesis.extra.numpy import mutually_broadcastable_shapes

    shapes = data.draw(mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3)).input_shapes
    a, b = (RNG.normal(size=shape) for shape in shapes)
    got = gradviz.array(a) * b + gradviz.array(b)
    assert np.shape(got) == (a * b + b).shape
    np.testing.assert_allclose(np.asarray(got.data, float), a * b + b)


# --- single Values ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "gate"),
    [
        (lambda v: np.exp(v), "exp"),
        (lambda v: np.maximum(v, 0), "max"),
        (lambda v: np.maximum(0, v), "max"),
        (lambda v: np.float64(2) * v, "mul"),
        (lambda v: np.int64(2) - v, "sub"),
        (lambda v: v / np.float32(2), "div"),
        (lambda v: np.power(v, 3), "pow"),
        (lambda v: np.where(v > 0, v, 0.0), "where"),
        (lambda v: np.clip(v, 0, 1), "clip"),
        (lambda v: np.abs(v), "abs"),
        (lambda v: np.greater(v, 1), "gt"),
    ],
)
def test_functions_of_one_value(f, gate):
    v = Value(1.5)
    out = f(v)
    assert isinstance(out, Value)
    assert out.gate.name == gate
    assert out.data == pytest.approx(float(f(1.5)))


def test_reductions_of_one_value_are_that_value():
    v = Value(1.5)
    assert np.sum(v) is v
    assert np.max(v) is v
    assert np.mean(v) is v
    assert np.add.reduce(v) is v
    assert np.sum(v, axis=0) is v


def test_an_array_times_a_value():
    v = Value(2.0)
    for out in (np.array([1.0, 3.0]) * v, v * np.array([1.0, 3.0]), v * gradviz.array([1.0, 3.0])):
        assert isinstance(out, gradviz.bridges.arrays.Array)
        np.testing.assert_array_equal(out.data, [2.0, 6.0])
    out.sum().backward()
    assert v.grad == 4.0


def test_plain_object_arrays_work_by_numpy_itself():
    a, b = Value(0.5), Value(-1.5)
    plain = np.array([a, b])
    out = np.sum(np.exp(plain) * plain) + plain @ plain
    out.backward()
    want = differences(lambda x: np.sum(np.exp(x) * x) + x @ x, np.array([0.5, -1.5]))[0]
    np.testing.assert_allclose([a.grad, b.grad], want, rtol=1e-6)


@pytest.mark.parametrize("compared", [lambda p: np.maximum(p, 0), lambda p: np.max(p), lambda p: p > 0])
def test_comparisons_of_plain_object_arrays_name_gradviz_array(compared):
    with pytest.raises(GradvizError, match=r"gradviz\.array"):
        compared(np.array([Value(1.0), Value(2.0)]))


# --- the array itself ---------------------------------------------------------------------------------


def test_names_of_entries():
    w = gradviz.array("W", [[1, 2], [3, 4]])
    assert [v.name for v in w.flat] == ["W[0,0]", "W[0,1]", "W[1,0]", "W[1,1]"]
    assert gradviz.array("b", [1.0])[0].name == "b[0]"
    assert gradviz.array("x", 3.0).item().name == "x"
    assert gradviz.array([1.0])[0].name is None
    own = Value(1.0, label="own")
    assert gradviz.array("c", [own, Value(2.0)])[0] is own
    assert own.name == "own"


def test_sums_are_one_gate_and_share_their_operands():
    x = gradviz.array("x", [1.0, 2.0, 3.0])
    assert x.sum().gate.name == "sum"
    assert (x @ x).operands[0].operands == (x[0], x[0])
    assert x.max().gate.name == "max"
    assert x[:1].sum() is x[0]


def test_training_with_data_and_grad():
    w = gradviz.array("w", [1.0, -2.0])
    losses = []
    for _ in range(60):
        loss = np.sum((w - np.array([3.0, 4.0])) ** 2)
        w.grad = 0
        loss.backward()
        w.data -= 0.1 * w.grad
        losses.append(loss.data)
    assert losses[-1] < 1e-8
    assert all(v.gate.name == "input" for v in w.flat)
    np.testing.assert_allclose(w.data, [3.0, 4.0], atol=1e-4)


def test_readings_do_not_lose_what_is_written_to_them():
    w = gradviz.array("w", [1.0, 2.0])
    with pytest.raises(GradvizError, match="copy"):
        w.grad[0] = 0.0
    doubled = w.data * 2
    doubled[0] = 7.0
    np.testing.assert_array_equal(w.data, [1.0, 2.0])
    with pytest.raises(GradvizError, match="cannot become"):
        w.data = [1.0, 2.0, 3.0]


def test_repr_shows_numbers():
    assert repr(gradviz.array([1.0, 2.5])) == "gradviz.array([1. , 2.5])"
    assert str(gradviz.array([1.0, 2.5])) == "[1.  2.5]"
    assert repr(gradviz.array("w", [1.0]).grad) == "array([0.])"


def test_indices_from_numbers_are_plain():
    z = gradviz.array("z", [1.0, 3.0, 2.0])
    assert np.argmax(z) == z.argmax() == 1
    assert np.allclose(z, [1.0, 3.0, 2.0])
    assert z.shape == np.shape(z) == (3,)
    assert len(z) == 3


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a))])
def test_copies_are_independent(copied):
    w = gradviz.array("w", [1.0, 2.0])
    twin = copied(w)
    assert isinstance(twin, gradviz.bridges.arrays.Array)
    twin.data = [5.0, 6.0]
    np.testing.assert_array_equal(w.data, [1.0, 2.0])
    assert twin[0].name == "w[0]"


# --- what does not work -------------------------------------------------------------------------------

A = [0.5, 1.5, 1.0]

REFUSED = {
    "sort": (lambda a: np.sort(a), "np.sort"),
    "sort method": (lambda a: a.sort(), "np.sort"),
    "median": (lambda a: np.median(a), "np.median"),
    "inv": (lambda a: np.linalg.inv(a.reshape(3, 1) * a), "np.linalg.inv"),
    "fft": (lambda a: np.fft.fft(a), "np.fft.fft"),
    "sign": (lambda a: np.sign(a), "np.where"),
    "arctan2": (lambda a: np.arctan2(a, 1), "np.arctan2"),
    "floor_divide": (lambda a: a // 2, "floor_divide"),
    "mod": (lambda a: a % 2, "remainder"),
    "and": (lambda a: (a > 0) & (a < 1), "both hold"),
    "all": (lambda a: np.all(a > 0), "np.all"),
    "out": (lambda a: np.exp(a, out=np.zeros(3)), "another array"),
    "out of a reduction": (lambda a: np.sum(a, out=np.zeros(())), "another array"),
    "float array +=": (lambda a: np.zeros(3).__iadd__(a), "another array"),
    "astype": (lambda a: a.astype(float), "cut the graph"),
    "asarray": (lambda a: np.asarray(a, dtype=float), "cut the graph"),
    "float": (lambda a: float(a[0]), "cut the graph"),
    "dtype": (lambda a: np.sum(a, dtype=float), "dtype"),
    "ufunc dtype": (lambda a: np.exp(a, dtype=float), "dtype"),
    "ufunc where": (lambda a: np.exp(a, where=[True, False, True]), "where"),
    "where alone": (lambda a: np.where(a > 0), "positions"),
    "mask": (lambda a: a[a > 1], "np.where"),
    "index": (lambda a: a[Value(1)], "index"),
    "if": (lambda a: 1 if a else 0, "truth value"),
    "if any": (lambda a: 1 if (a > 0)[0] else 0, "truth value"),
    "shapes": (lambda a: a + gradviz.array([1.0, 2.0]), r"\(3,\) and \(2,\)"),
    "matmul": (lambda a: np.ones((3, 2)) @ a, r"a\.T @ b"),
    "matmul scalar": (lambda a: a @ 3, "single numbers"),
    "axis": (lambda a: a.sum(axis=1), "no axis 1"),
    "max of nothing": (lambda a: a[:0].max(), "at least one"),
    "mean of nothing": (lambda a: a[:0].mean(), "at least one"),
    "backward": (lambda a: a.backward(), "a.sum"),
    "complex": (lambda a: a * 1j, "complex"),
    "text": (lambda a: a + "x", "str"),
    "at": (lambda a: np.add.at(a, [0], 1.0), "add.at"),
    "put": (lambda a: a.put(0, 1.0), "put"),
    "imag": (lambda a: a.imag, "imag"),
    "all of a method": (lambda a: (a > 0).all(), r"np\.min"),
    "reshape": (lambda a: np.reshape(a, (2, 2)), "cannot reshape"),
    "unknown option": (lambda a: np.mean(a, where=[True, False, True]), "where"),
    "ord": (lambda a: np.linalg.norm(a, ord=1), "ord=1"),
    "big index": (lambda a: a[[0, 1]].clip(0, 1, casting="no"), "casting"),
    "too many": (lambda a: a.sum(0, 1, 2, 3), "arguments"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_work_says_what_does(name):
    f, says = REFUSED[name]
    with pytest.raises(GradvizError, match=says):
        f(gradviz.array("a", A))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (([[1.0, 2.0], [3.0]],), "different lengths"),
        (("W", [[1.0, 2.0], [3.0]]), "different lengths"),
        (("W", [[1.0, 2.0], 3.0]), "different lengths"),
        (("W",), "no numbers"),
        (("W", ["a"]), "str"),
        (("W", [1j]), "complex"),
        (("W", [None]), "NoneType"),
        ((3, [1.0]), "name of an array"),
    ],
)
def test_what_is_no_array(given, says):
    with pytest.raises(GradvizError, match=says):
        gradviz.array(*given)


def test_fill_keeps_values():
    a = gradviz.array("a", A)
    a.fill(2.0)
    assert a.sum().data == 6.0


def test_an_empty_sum_is_zero():
    assert gradviz.array([]).sum().data == 0.0
    assert gradviz.array([]).prod().data == 1.0
