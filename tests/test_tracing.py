"""``gradviz.from_function``: a Python function becomes a Graph with the names its author chose."""

import functools
import subprocess
import sys
import threading

import numpy as np
import pytest

import gradviz
from gradviz import GradvizError, Value, from_function
from gradviz.bridges.tracing import load

GLOBAL_WEIGHTS = np.array([2.0, -1.0])


def three_gates(x, y, z):
    q = x + y
    return q * z


def own(graph):
    """The names that are somebody's: not automatic ones, not literals."""
    return [n for n, given, g in zip(graph.names, graph.given, graph.gates, strict=True) if given and g.name != "const"]


def test_scalars_and_names():
    graph = from_function(three_gates, x=-2, y=5, z=-4)
    graph.check()
    trace = graph.trace()
    assert own(graph) == ["x", "y", "z", "q"]
    assert (trace["q"].value, trace.output) == (3.0, -12.0)
    assert [trace[n].grad for n in "xyz"] == [-4.0, -4.0, 3.0]


def test_arrays_name_their_entries():
    def f(w, x):
        h = np.maximum(0, w @ x)
        s = np.sum(h)
        return s

    graph = from_function(f, w=[[1.0, 2.0], [3.0, -4.0]], x=np.array([1.0, 0.5]))
    assert own(graph) == ["w[0,0]", "w[0,1]", "w[1,0]", "w[1,1]", "x[0]", "x[1]", "h[0]", "h[1]", "s"]
    assert graph.inputs == ("w[0,0]", "w[0,1]", "w[1,0]", "w[1,1]", "x[0]", "x[1]")
    assert graph.trace(x=[2.0, 0.0])["h[0]"].value == 2.0


def test_defaults_are_values_and_other_things_pass_through():
    def f(x, w=2.0, v=(1.0, 3.0), kind="tanh", flag=True, nothing=None, g=np.tanh):
        assert flag is True
        assert nothing is None
        assert kind == "tanh"
        return g(x * w) + v[0] * v[1]

    graph = from_function(f, x=0.5)
    assert graph.inputs == ("x", "w", "v[0]", "v[1]")
    assert graph.trace().output == pytest.approx(np.tanh(1.0) + 3.0)


def test_wrt_leaves_the_others_plain():
    def f(z, y=1, times=2):
        e = np.exp(z)
        p = e / np.sum(e)
        loss = -np.log(p[y])
        for _ in range(times):
            loss = loss * 2
        return loss

    graph = from_function(f, wrt="z", z=[1.0, 2.0, 3.0])
    assert graph.inputs == ("z[0]", "z[1]", "z[2]")
    assert own(graph)[-3:] == ["loss", "loss_2", "loss_3"]
    assert from_function(f, wrt=["z"], z=[1.0, 2.0], y=0).trace().output > 0


def test_inputs_without_effect_are_there_with_gradient_0():
    graph = from_function(lambda x, y: x * x, x=3, y=4)
    assert graph.inputs == ("x", "y")
    assert graph.trace()["y"].grad == 0.0


# --- names --------------------------------------------------------------------------------------------


def test_a_variable_bound_again_is_numbered_as_it_ran():
    def f(x):
        x = x * 2
        x = x + 1
        return x

    assert own(from_function(f, x=1.0)) == ["x", "x_2", "x_3"]


def test_numbers_keep_the_order_of_execution():
    def f(a, b):
        p = a * 2
        first = p
        p = b * 3
        return p - first  # p_2 stands before p in the expression

    graph = from_function(f, a=1.0, b=2.0)
    assert graph.trace()["p"].value == 2.0
    assert graph.trace()["p_2"].value == 6.0


def test_numbering_keeps_clear_of_other_variables():
    def f(h):
        h = h * 2
        h_2 = h * 3
        h_2 = h_2 + 1
        return h + h_2

    graph = from_function(f, h=1.0)
    graph.check()
    assert graph.trace()["h_2"].value == 6.0
    assert len(set(graph.names)) == len(graph.names)


def test_aliases_rename_nothing():
    def f(x):
        a = x * 2
        b = a
        y = x
        return b * y

    assert own(from_function(f, x=1.0)) == ["x", "a"]


def test_helpers_are_named_by_who_calls_them():
    def neuron(w, x):
        inner = w * x
        return inner + 1

    def f(x):
        left = neuron(2, x)
        right = neuron(3, x)
        return left * right

    assert own(from_function(f, x=1.0)) == ["x", "left", "right"]


def test_temporaries_and_comprehensions_stay_automatic():
    def f(x):
        return sum([v * v for v in (x + 1, x + 2)])

    graph = from_function(f, x=1.0)
    assert own(graph) == ["x"]
    assert "v1" in graph.names


def test_lists_tuples_and_loops():
    def f(x):
        hs = [x * k for k in (1, 2)]
        pair = (x + 1, x + 2)
        a, b = x * 3, x * 4
        total = 0
        for h in hs:
            total = total + h
        return total + pair[0] * pair[1] + a * b

    names = own(from_function(f, x=1.0))
    assert {"hs[0]", "hs[1]", "pair[0]", "pair[1]", "a", "b"} <= set(names)
    assert "total" in names  # hs[0] + hs[1]; the first total, 0 + hs[0], is hs[0] itself
    assert not any(n.startswith("h_") or n == "h" for n in names)  # they have a name already


def test_arrays_changed_in_place_get_new_names():
    def f(z):
        z -= np.max(z)
        z[z < -1] = 0
        return np.sum(z)

    graph = from_function(f, z=[3.0, 1.0])
    assert {"z[0]", "z_2[0]", "z_3[0]", "z_3[1]"} <= set(own(graph))
    assert graph.trace()["z[0]"].value == 3.0
    assert graph.trace()["z_2[1]"].value == -2.0


def test_entries_filled_in_one_by_one_are_one_version():
    def f(x):
        out = np.zeros_like(x)
        kept = []
        for i in range(2):
            out[i] = x[i] * (i + 2)
            kept.append(x[i] + 1)
        return out.sum() + sum(kept)

    graph = from_function(f, x=[1.0, 2.0])
    assert own(graph) == ["x[0]", "x[1]", "out[0]", "out[1]", "kept[0]", "kept[1]"]


def test_a_name_given_in_the_function_wins():
    def f(x):
        y = x * 2
        y.label = "mine"
        return y + 1

    # The variable was seen first, but what the author wrote on the node itself is its name.
    assert own(from_function(f, x=1.0)) == ["x", "mine"]


def test_nobodys_values_are_changed():
    w = Value(2.0)

    def f(x):
        y = w * x
        return y

    graph = from_function(f, x=3.0)
    assert w.name is None
    assert own(graph) == ["x", "w", "y"]


def test_branches_that_end_at_a_return_are_seen():
    def f(x):
        if x.data > 0:
            up = x * 2
            return up
        down = x * 3
        return down

    assert own(from_function(f, x=1.0)) == ["x", "up"]
    assert own(from_function(f, x=-1.0)) == ["x", "down"]


def test_recursion_names_only_the_outermost():
    def power(x, n=3):
        if n == 1:
            return x
        rest = power(x, n - 1)
        return rest * x

    graph = from_function(power, wrt="x", x=2.0)
    assert graph.trace().output == 8.0
    assert own(graph) == ["x", "rest"]


# --- kinds of functions -------------------------------------------------------------------------------


class Model:
    def __init__(self):
        self.w = gradviz.array("w", [1.0, 2.0])

    def loss(self, x):
        h = self.w @ x
        return h * h

    def __call__(self, x):
        out = x * 2
        return out + 1


def passes_on(f):
    @functools.wraps(f)
    def inside(*args, **kwargs):
        before = f(*args, **kwargs)
        return before

    return inside


@passes_on
def decorated(x, y):
    product = x * y
    return product + 1


def positional(x, y, /, z=1.0, *, k):
    return x * y + z * k


def starred(x, *args, scale=2.0, **others):
    out = x
    for a in args:
        out = out * a
    return out * scale + sum(others.values())


def reads_a_global_array(x):
    s = GLOBAL_WEIGHTS @ x
    return s * s


KINDS = {
    "lambda": (lambda x, y: x * y, {"x": 2, "y": 3}, 6.0, ["x", "y"]),
    "method": (Model().loss, {"x": [1.0, 1.0]}, 9.0, ["x[0]", "x[1]", "w[0]", "w[1]", "h"]),
    "callable object": (Model(), {"x": 1.0}, 3.0, ["x", "out"]),
    "decorated": (decorated, {"x": 2, "y": 3}, 7.0, ["x", "y", "product"]),
    "partial": (functools.partial(three_gates, 2.0), {"y": 1, "z": 4}, 12.0, ["y", "z", "q"]),
    "partial by name": (functools.partial(three_gates, z=2.0), {"x": 1, "y": 1}, 4.0, ["x", "y", "z", "q"]),
    "positional only": (positional, {"x": 2, "y": 3, "k": 4}, 10.0, ["x", "y", "z", "k"]),
    "starred": (
        starred,
        {"x": 2, "args": [3, 4], "bias": 5},
        53.0,
        ["x", "args[0]", "args[1]", "scale", "bias", "out", "out_2"],
    ),
    "starred, none": (starred, {"x": 2}, 4.0, ["x", "scale"]),
    "global array": (reads_a_global_array, {"x": [1.0, 3.0]}, 1.0, ["x[0]", "x[1]", "s"]),
    "gate": (gradviz.sigmoid, {"a": 0.0}, 0.5, ["a"]),
    "ufunc": (np.exp, {"x": 0.0}, 1.0, ["x"]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_functions(kind):
    f, values, output, names = KINDS[kind]
    graph = from_function(f, **values)
    graph.check()
    assert graph.trace().output == pytest.approx(output)
    assert own(graph) == names


def test_closures_and_nested_functions():
    scale = 3.0

    def f(x):
        def g(t):
            inner = t * scale
            return inner

        y = g(x)
        return y + scale

    assert own(from_function(f, x=1.0)) == ["x", "y"]


# --- living with others -------------------------------------------------------------------------------


def test_another_tracer_goes_on_seeing_everything():
    seen = []

    def tracer(frame, event, arg):
        if frame.f_code.co_filename == __file__:
            seen.append((frame.f_code.co_name, event))
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        graph = from_function(three_gates, x=1, y=2, z=3)
        after = sys.gettrace()
    finally:
        sys.settrace(before)
    assert after is tracer
    assert own(graph) == ["x", "y", "z", "q"]
    assert seen.count(("three_gates", "line")) == 2
    assert ("three_gates", "return") in seen


def test_a_tracer_that_installs_itself_anew_does_not_stop_the_names():
    class Pushy:  # as coverage's C tracer does
        def __call__(self, frame, event, arg):
            if event == "call":
                sys.settrace(self)
            return self

    pushy, before = Pushy(), sys.gettrace()
    sys.settrace(pushy)
    try:
        graph = from_function(three_gates, x=1, y=2, z=3)
        after = sys.gettrace()
    finally:
        sys.settrace(before)
    assert after is pushy
    assert own(graph) == ["x", "y", "z", "q"]


def test_the_tracer_is_gone_after_success_and_failure():
    before = sys.gettrace()
    from_function(three_gates, x=1, y=2, z=3)
    assert sys.gettrace() is before
    with pytest.raises(GradvizError):
        from_function(lambda x: 1 / 0, x=1)
    assert sys.gettrace() is before


def test_scalars_need_no_numpy():
    code = "import gradviz, sys; gradviz.from_function(lambda x: x * x, x=2); assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_big_lists_and_many_lines_stay_quick():
    data = [float(k) for k in range(200_000)]

    def f(x):
        for _ in range(2_000):
            x = x + data[3]
        return x

    graph = from_function(f, x=0.0)
    assert graph.trace().output == 6_000.0
    assert "x_2001" in graph.names


def test_a_network_of_nn():
    from gradviz import nn

    graph = from_function(nn.MLP(2, [3, 1]), x=[1.0, -1.0])
    graph.check()
    assert {"x[0]", "x[1]", "x_2[0]", "x_2[1]", "x_2[2]", "x_3"} <= set(own(graph))


def test_in_a_thread():
    got = []
    thread = threading.Thread(target=lambda: got.append(own(from_function(three_gates, x=1, y=2, z=3))))
    thread.start()
    thread.join()
    assert got == [["x", "y", "z", "q"]]


# --- errors -------------------------------------------------------------------------------------------


def boom(x):
    y = x * 2
    raise RuntimeError("went wrong")
    return y


def helper(x):
    return x.nothing


def calls_helper(x):
    return helper(x) + 1


def branches(x):
    if x > 0:
        return x
    return -x


WRONG = {
    "missing": (lambda: from_function(three_gates, x=1), r"no number for y, z.*\n.*\n.*x=1, y=1\.0, z=1\.0"),
    "misspelt": (lambda: from_function(lambda weight: weight, wieght=1), "try: weight"),
    "wrt misspelt": (lambda: from_function(three_gates, wrt="w", x=1, y=2, z=3), "no parameter 'w'"),
    "wrt is no number": (lambda: from_function(lambda s: s, wrt="s", s="text"), "'text' is no number"),
    "plain number": (lambda: from_function(lambda x: x.data * 2, x=1), "plain number 2.0"),
    "constant": (lambda: from_function(lambda: 3.0), "does not depend on any input"),
    "forgot return": (lambda: from_function(lambda x: None, x=1), "returned nothing"),
    "tuple": (lambda: from_function(lambda x: (x, x), x=1), "tuple of 2"),
    "array": (lambda: from_function(lambda x: x * 2, x=[[1, 2]]), r"shape \(1, 2\)[\s\S]*out\[0, 0\]"),
    "text": (lambda: from_function(lambda x: "hm", x=1), "returned a str"),
    "no function": (lambda: from_function(3), "not the int"),
    "exception": (lambda: from_function(boom, x=1), r"boom stopped: RuntimeError: went wrong \(test_tracing\.py, line"),
    "in a helper": (lambda: from_function(calls_helper, x=1), r"AttributeError[\s\S]*return x\.nothing"),
    "branch": (lambda: from_function(branches, x=1), r"truth value[\s\S]*if x > 0:"),
    "count": (lambda: from_function(lambda n: sum(range(n)), n=3), "wrt="),
    "index": (lambda: from_function(lambda z, k: z[k], z=[1, 2], k=0), "wrt="),
    "index of a global": (lambda: from_function(lambda k: GLOBAL_WEIGHTS[k], k=0), "wrt="),
    "ragged": (lambda: from_function(lambda w: w, w=[[1, 2], [3]]), "different lengths"),
    "no signature": (lambda: from_function(min, x=1), "not written in Python|does not tell|no parameter"),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name):
    call, says = WRONG[name]
    with pytest.raises(GradvizError, match=says) as caught:
        call()
    assert __file__ not in str(caught.value)


def test_ctrl_c_is_not_swallowed():
    def f(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        from_function(f, x=1)


def test_an_array_of_one_entry_without_axes_is_that_entry():
    assert from_function(lambda x: np.sum(x, keepdims=True).reshape(()), x=[1, 2]).trace().output == 3.0


# --- loading ------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "net.py").write_text(
        "import beside\n\ndef loss(x=2.0, y=3.0):\n    prod = x * y\n    return prod + beside.ONE\n\n"
        "def other():\n    pass\n"
    )
    (tmp_path / "beside.py").write_text("ONE = 1.0\n")
    (tmp_path / "broken.py").write_text("x = 1\ndef f(:\n    pass\n")
    (tmp_path / "fails.py").write_text("x = 1\nraise ValueError('at import')\n")
    (tmp_path / "exits.py").write_text("raise SystemExit(3)\n")
    (tmp_path / "needs.py").write_text("import not_there_at_all\n\ndef f(x): return x\n")
    (tmp_path / "alone.py").write_text("def only(x=1.0):\n    return x\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "beside", raising=False)
    yield tmp_path
    for name in ("beside", "net", "alone", "needs"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("spec", ["net.py:loss", "./net.py:loss", "net:loss"])
def test_load(folder, spec):
    path = list(sys.path)
    graph = from_function(load(spec))
    assert graph.trace().output == 7.0
    assert own(graph) == ["x", "y", "prod"]
    assert sys.path == path
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        f"{n}.py" for n in ["net", "beside", "broken", "fails", "exits", "needs", "alone"]
    )


def test_load_dotted_names(folder):
    (folder / "model.py").write_text("class M:\n    @staticmethod\n    def f(x=2.0):\n        return x * x\n")
    assert from_function(load("model.py:M.f")).trace().output == 4.0


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("nte.py:loss", r"no such file: nte\.py[\s\S]*try: net\.py"),
        ("nowhere/net.py:loss", "no such file"),
        ("net.py:los", r"no function 'los' in net\.py[\s\S]*loss, other[\s\S]*try: net\.py:loss"),
        ("net.py", "which function of net.py"),
        ("net.py:", "which function of net.py"),
        (r"C:\net.py", "no such file"),
        ("alone.py:f", "try: alone.py:only"),
        ("net.py:beside", "no function"),
        ("broken.py:f", r"not valid Python[\s\S]*line 2"),
        ("fails.py:f", r"ValueError: at import \(fails\.py, line 2\)"),
        ("exits.py:f", "SystemExit"),
        ("needs.py:f", "not_there_at_all"),
        ("needs:f", "not_there_at_all"),
        ("not_there:f", "no module 'not_there'"),
        ("a b:f", "neither"),
        ("math:pi", "no function"),
    ],
)
def test_load_errors(folder, spec, says):
    with pytest.raises(GradvizError, match=says) as caught:
        load(spec)
    assert str(folder) not in str(caught.value)
