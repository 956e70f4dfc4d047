"""Value: operators, errors that do not cut the graph silently, copies, and depth without recursion."""

import copy
import gc
import math
import operator
import pickle
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gradviz
from gradviz import GradvizError, Value
from gradviz.gates import GATES, Gate, register, remove

BINARY = {
    operator.add: "add",
    operator.sub: "sub",
    operator.mul: "mul",
    operator.truediv: "div",
    operator.pow: "pow",
    operator.lt: "lt",
    operator.le: "le",
    operator.gt: "gt",
    operator.ge: "ge",
}
MIRRORED = {operator.lt: "gt", operator.le: "ge", operator.gt: "lt", operator.ge: "le"}
reals = st.floats(-100, 100).filter(lambda x: abs(x) > 1e-3)


@pytest.mark.parametrize("op", BINARY, ids=lambda op: op.__name__)
@given(a=reals.map(abs), b=st.floats(-3, 3).filter(lambda x: abs(x) > 1e-3))
def test_operators_and_their_reflections(op, a, b):
    want = float(op(a, b))
    both, left, right = op(Value(a), Value(b)), op(Value(a), b), op(a, Value(b))
    assert [v.data for v in (both, left, right)] == [want] * 3
    assert both.gate.name == left.gate.name == BINARY[op]
    assert right.gate.name == MIRRORED.get(op, BINARY[op])
    assert len(right.operands) == 2


@pytest.mark.parametrize("op", [operator.add, operator.sub, operator.mul, operator.truediv])
def test_operands_stay_in_order(op):
    a = Value(2.0)
    assert op(a, 3).operands[0] is a
    assert op(3, a).operands[1] is a
    assert op(3, a).operands[0].gate.name == "const"


def test_a_value_used_twice_is_two_operands():
    x = Value(3.0)
    assert (x * x).operands == (x, x)
    (x * x).backward()
    assert x.grad == 6.0


def test_unary_operators():
    x = Value(-2.0)
    assert (-x).data == 2.0
    assert +x is x
    assert abs(x).data == 2.0


def test_sum_begins_without_a_zero():
    a, b = Value(1.0), Value(2.0)
    assert sum([a, b]).operands == (a, b)
    assert (0.0 + a).operands != ()


@pytest.mark.parametrize("name", [n for n, g in GATES.items() if g.arity == 1])
def test_every_gate_is_a_method(name):
    v = Value(0.4)
    assert getattr(v, name)().data == GATES[name].value(0.4)
    assert name in dir(v)


def test_methods_with_defaults_and_several_operands():
    v = Value(-2.0)
    assert v.leaky_relu().data == pytest.approx(-0.02)
    assert v.leaky_relu(0.5).data == -1.0
    assert v.max(1, 3).data == 3.0
    assert v.clip(-1, 1).data == -1.0
    with pytest.raises(GradvizError, match="got 3 operands"):
        v.leaky_relu(1, 2)


def test_a_gate_added_at_run_time_is_a_method():
    row = register(Gate("cube", "x³", "a * a * a", ("3 * a * a",)))
    try:
        v = Value(2.0)
        v.cube().backward()
        assert v.grad == 12.0
        assert gradviz.cube(v).data == 8.0
    finally:
        remove(row)
    with pytest.raises(AttributeError, match="cube"):
        v.cube()


def test_unknown_attributes_are_attribute_errors():
    v = Value(1.0)
    with pytest.raises(AttributeError, match="did you mean 'sigmoid'"):
        v.sigmiod()
    assert not hasattr(v, "__array_interface__")
    assert not hasattr(v, "nothing")
    with pytest.raises(AttributeError):
        v.nothing = 1


# --- names and reprs ----------------------------------------------------------------------------------


def test_names_and_labels_are_one():
    v = Value(1.0, label="x")
    assert (v.name, v.label) == ("x", "x")
    v.label = "y"
    assert v.name == "y"
    v.label = ""
    assert (v.name, v.label) == (None, "")


def test_repr_is_microgradss():
    v = Value(2)
    assert repr(v) == "Value(data=2.0, grad=0.0)"
    (v * 3).backward()
    assert repr(v) == "Value(data=2.0, grad=3.0)"


def test_equality_and_hash_are_identity():
    a, b = Value(1.0), Value(1.0)
    assert a != b
    assert a == a
    assert len({a, b, a}) == 2


def test_setting_data_updates_a_leaf_and_checks_it():
    v = Value(1.0)
    v.data -= 0.25
    assert v.data == 0.75
    with pytest.raises(GradvizError, match="one real number"):
        v.data = "3"


# --- what would cut the graph -------------------------------------------------------------------------

REFUSED = {
    "float": (float, r"cut the graph[\s\S]*v\.data"),
    "int": (int, "cut the graph"),
    "complex": (complex, "cut the graph"),
    "round": (round, "cut the graph"),
    "floor": (math.floor, "cut the graph"),
    "math.exp": (math.exp, r"gradviz\.exp"),
    "math.sqrt": (math.sqrt, "cut the graph"),
    "index": (lambda v: [1, 2][v], "whole number"),
    "range": (range, "whole number"),
    "if": (lambda v: 1 if v > 0 else 2, r"gradviz\.where"),
    "and": (lambda v: v and 1, "truth value"),
    "not": (lambda v: not v, "truth value"),
    "max": (lambda v: max(v, 0), r"gradviz\.max"),
    "sorted": (lambda v: sorted([v, Value(1.0)]), "truth value"),
    "own backward": (lambda v: setattr(v, "_backward", lambda: None), r"gates\.register"),
    "read backward": (lambda v: v._backward, "no closure"),
    "children": (lambda v: Value(1.0, (v,), "mine"), r"gates\.register"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_cut_the_graph_says_so(name):
    act, says = REFUSED[name]
    with pytest.raises(GradvizError, match=says) as caught:
        act(Value(2.0, label="theta"))
    if "cut" in says:
        assert "theta" in str(caught.value)


@pytest.mark.parametrize("data", ["3", b"3", 1 + 2j, None, [1.0], object(), {"a": 1}])
def test_what_is_no_number(data):
    with pytest.raises(GradvizError, match="one real number"):
        Value(data)


@pytest.mark.parametrize("data", [3, 2.5, True, float("inf"), 10**400, -(10**400)])
def test_what_is_a_number(data):
    assert isinstance(Value(data).data, float)


def test_other_operands_are_python_type_errors():
    for other in ("a", None, [1], 1j):
        with pytest.raises(TypeError):
            Value(1.0) + other
        with pytest.raises(TypeError):
            other * Value(1.0) if not isinstance(other, (str, list)) else other - Value(1.0)


def test_values_in_fractions_and_numpy_scalars():
    from fractions import Fraction

    import numpy as np

    assert (Value(1.0) + Fraction(1, 2)).data == 1.5
    assert (Value(1.0) + np.float32(0.5)).data == 1.5
    assert Value(np.array(2.5)).data == 2.5


def test_a_method_with_too_many_operands_says_so():
    for _ in range(2):  # looked up, then found at once
        with pytest.raises(GradvizError, match="relu got 2 operands"):
            Value(1.0).relu(2.0)
        assert Value(1.5).relu().data == 1.5


# --- copies -------------------------------------------------------------------------------------------

COPIES = {"deepcopy": copy.deepcopy, "pickle": lambda v: pickle.loads(pickle.dumps(v))}


def shape(value):
    graph = value.graph()
    return graph.names, [g.name for g in graph.gates], [node.operands for node in graph], graph.data


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_the_same_graph_and_independent(how):
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    q = x * y + x
    q.label = "q"
    out = gradviz.tanh(q * x)
    out.backward()
    twin = COPIES[how](out)
    assert shape(twin) == shape(out)
    assert twin is not out
    assert twin.data == out.data
    leaves = {v.name: v for v in ancestors(twin) if not v.operands}
    assert leaves["x"].grad == x.grad
    leaves["x"].data = 10.0
    assert x.data == 2.0
    twin.backward()
    assert x.grad != leaves["x"].grad


def ancestors(value):
    from gradviz.flatten import flatten

    return flatten([value])[0]


@pytest.mark.parametrize("how", COPIES)
def test_shared_leaves_stay_shared(how):
    w = Value(2.0, label="w")
    first, second, again = COPIES[how]([w * 3, w * 4, w])
    (first + second).backward()
    assert again.grad == 7.0
    assert first.operands[0] is second.operands[0] is again


@pytest.mark.parametrize("how", COPIES)
def test_a_model_is_copied_with_its_parameters(how):
    from gradviz import nn

    model = nn.MLP(2, [3, 1])
    twin = COPIES[how](model)
    assert [p.data for p in twin.parameters()] == [p.data for p in model.parameters()]
    twin([1.0, 2.0]).backward()
    assert any(p.grad for p in twin.parameters())
    assert not any(p.grad for p in model.parameters())


@pytest.mark.parametrize("how", COPIES)
def test_library_calls_survive_a_copy(how):
    z = [Value(1.0), Value(2.0)]
    twin = COPIES[how](gradviz.logsumexp(z))
    assert twin.call.function == "logsumexp"
    assert [v.data for v in twin.call.arguments] == [1.0, 2.0]


@pytest.mark.parametrize("how", COPIES)
def test_deep_chains_are_copied_without_recursion(how):
    x = Value(1.0)
    v = x
    for _ in range(100_000):
        v = v + x
    twin = COPIES[how](v)
    assert twin.data == v.data == 100_001.0
    twin.backward()
    assert len(ancestors(twin)) == 100_001


MILLION = """
import gc, sys
from gradviz import Value
assert sys.getrecursionlimit() == 1000
{before}
x = Value(1.0)
v = x
for _ in range(1_000_000):
    v = v + x
v.backward()
assert x.grad == 1_000_001.0, x.grad
{after}
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [("", "del v, x"), ("gc.disable()", "del v, x"), ("", "pass  # freed as the interpreter ends")],
    ids=["deleted", "without the collector", "at exit"],
)
def test_a_chain_of_a_million_is_built_differentiated_and_freed(before, after):
    code = MILLION.format(before=before, after=after)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_dropped_is_freed_at_once():
    gc.collect()
    gc.disable()
    try:
        x = Value(1.0)
        before = sys.getrefcount(x)
        v = x
        for _ in range(5_000):
            v = gradviz.tanh(v) + x
        v.backward()
        del v
        assert sys.getrefcount(x) == before  # no cycle keeps the graph alive
    finally:
        gc.enable()


# --- the functions of the module ----------------------------------------------------------------------


def test_every_gate_is_a_function_with_signature_and_documentation():
    import inspect

    for name, row in GATES.items():
        f = getattr(gradviz, name)
        assert f.__name__ == name
        assert f is getattr(gradviz, name)
        assert row.partials[0] in f.__doc__
        parameters = inspect.signature(f).parameters
        assert len(parameters) == (row.arity or 1)
        assert name in dir(gradviz)


def test_other_spellings_are_the_same_function():
    assert gradviz.ln is gradviz.log
    assert gradviz.maximum is gradviz.max
    assert pickle.loads(pickle.dumps(gradviz.relu)) is gradviz.relu


def test_functions_take_values_numbers_lists_and_arrays():
    v = Value(-1.0)
    assert gradviz.relu(v).operands == (v,)
    assert gradviz.relu(2.0).data == 2.0
    assert gradviz.max(v, 3, 2).data == 3.0
    assert gradviz.max([v, 3, 2]).data == 3.0
    assert gradviz.sum([[1, 2], [3, v]]).data == 5.0
    assert gradviz.where(v > 0, v, 7).data == 7.0
    assert gradviz.leaky_relu(v, b=0.5).data == -0.5
    array = gradviz.array("a", [-1.0, 2.0])
    assert list(gradviz.relu(array).data) == [0.0, 2.0]
    assert list(gradviz.relu([-1.0, 2.0]).data) == [0.0, 2.0]
    assert gradviz.max(array).data == 2.0
    assert list(gradviz.max(array, 0.0).data) == [0.0, 2.0]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: gradviz.relu(), "missing a required argument"),
        (lambda: gradviz.relu(1, 2), r"expected: relu\(a\)"),
        (lambda: gradviz.max(), "at least 1"),
        (lambda: gradviz.max(1, key=2), "by position"),
        (lambda: gradviz.relu("x"), "one real number"),
        (lambda: gradviz.mse([1.0], [1.0, 2.0]), "shapes"),
        (lambda: gradviz.mse([1.0]), r"mse\(p, t\)"),
        (lambda: gradviz.softmax([]), "empty"),
        (lambda: gradviz.mean(), "one vector"),
        (lambda: gradviz.cross_entropy([1.0, 2.0], 2), r"no entry \[2\]"),
        (lambda: gradviz.cross_entropy([1.0, 2.0], Value(0)), "number of an entry"),
    ],
)
def test_wrong_calls(call, says):
    with pytest.raises(GradvizError, match=says):
        call()


def test_library_functions_build_values_and_mark_their_output():
    import numpy as np

    z = gradviz.array("z", [1.0, 2.0, 3.0])
    loss = gradviz.cross_entropy(z, np.int64(1))
    assert (loss.call.function, loss.call.arguments) == ("cross_entropy", tuple(z))
    loss.backward()
    e = np.exp(np.array([1.0, 2.0, 3.0]))
    for k, h in enumerate(1e-6 * np.eye(3)):
        ends = [-np.log(np.exp(at)[1] / np.exp(at).sum()) for at in (z.data + h, z.data - h)]
        assert z[k].grad == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6)
    p = gradviz.softmax(z)
    np.testing.assert_allclose(p.data, e / e.sum())
    assert [v.data for v in gradviz.softmax([0.0, 0.0])] == [0.5, 0.5]
    assert gradviz.huber(Value(3.0), 0.0).data == 2.5
    assert gradviz.huber(Value(3.0), 0.0, d=2.0).data == 4.0
    assert gradviz.mean(1, 2, 6).data == 3.0
    assert "cross_entropy" in {c.function for c in loss.graph().calls}


def test_the_module_lists_its_names():
    assert {"relu", "softmax", "max", "Value", "array", "from_function"} <= set(dir(gradviz))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = gradviz.nothing
