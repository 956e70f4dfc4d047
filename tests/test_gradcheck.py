"""gradcheck gives no false alarm on right gradients, and none of the planted mistakes gets past it."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from oracles import NAIVE, naive_gradient

import gradviz
from gradviz import GradvizError, gradcheck
from gradviz.draft import Draft
from gradviz.gradchecking.differences import kink_near, slope
from gradviz.gradchecking.verdicts import relative_error

SMOOTH = ["add", "sub", "mul", "neg", "square", "sin", "tanh", "sigmoid", "exp", "sum"]
KINKED = ["relu", "max", "min"]


def plan_of(rng: random.Random, gates: list[str]):
    """A random graph with sharing: rows as ``oracles`` has them, and numbers for its leaves."""
    inputs = rng.randint(1, 4)
    plan = [("input", ())] * inputs
    for _ in range(rng.randint(3, 14)):
        gate = rng.choice(gates)
        count = {"sum": 3, "max": 2, "min": 2}.get(gate, NAIVE[gate].__code__.co_argcount)
        plan.append((gate, tuple(rng.randrange(max(0, len(plan) - 5), len(plan)) for _ in range(count))))
    return plan, {i: round(rng.uniform(-1.5, 1.5), 3) for i in range(inputs)}


def graph_of(plan, leaves) -> gradviz.Graph:
    draft = Draft()
    for i, (gate, operands) in enumerate(plan):
        node = draft.gate(gate, operands) if operands else draft.input(f"x{i}", leaves[i])
    return draft.graph(node)


def tame(plan, leaves) -> bool:
    """No overflow, and no kink where a gate stands."""
    trace = graph_of(plan, leaves).trace()
    if not all(abs(v) < 1e6 for v in trace.values):
        return False
    for i, row in enumerate(trace.graph.gates):
        operands = [trace.values[j] for j in trace.graph.operands(i)]
        if row.name == "relu" and abs(operands[0]) < 1e-3:
            return False
        if row.name in ("max", "min") and abs(operands[0] - operands[1]) < 1e-3:
            return False
    return True


def cases(gates: list[str], count: int, seed: int):
    rng = random.Random(seed)
    found = []
    while len(found) < count:
        plan, leaves = plan_of(rng, gates)
        if tame(plan, leaves):
            found.append((plan, leaves))
    return found


def plain(plan):
    """The graph as a Python function that gradviz cannot trace: plain floats only."""
    import mpmath

    floats = {name: f for name, f in NAIVE.items() if name not in ("sin", "tanh", "sigmoid", "exp", "sum")}
    floats |= {"sin": math.sin, "tanh": math.tanh, "exp": math.exp, "sum": lambda *a: sum(a)}
    floats["sigmoid"] = lambda a: 1 / (1 + math.exp(-a))

    def f(*args):
        values = [float(a) for a in args]
        for gate, operands in plan[len(args) :]:
            values.append(float(floats[gate](*[values[j] for j in operands])))
        return values[-1]

    assert mpmath
    return f


@pytest.mark.parametrize("gates", [SMOOTH, SMOOTH + KINKED], ids=["smooth", "kinked"])
def test_no_false_alarm_on_random_graphs(gates):
    for plan, leaves in cases(gates, 150, seed=len(gates)):
        check = gradcheck(graph_of(plan, leaves))
        assert all(row.verdict == "right" for row in check.rows), f"{plan} {leaves}\n{check}"


@pytest.mark.parametrize("gates", [SMOOTH, SMOOTH + KINKED], ids=["smooth", "kinked"])
def test_no_false_alarm_without_a_trace(gates):
    for plan, leaves in cases(gates, 100, seed=100 + len(gates)):
        true = [float(naive_gradient(plan, len(plan) - 1, leaves, i)) for i in leaves]
        check = gradcheck(plain(plan), true, at=list(leaves.values()))
        assert check.untraced is not None
        assert check, f"{plan} {leaves}\n{check}"


def planted(graph: gradviz.Graph, mistake: str, gate: str):
    """The gradients of a backward pass with one mistake in one kind of gate, and None where it changes nothing."""
    trace = graph.trace()
    grads = [0.0] * len(graph)
    grads[graph.output] = 1.0
    seen = set()
    for i in range(graph.output, -1, -1):
        operands = graph.operands(i)
        if not operands:
            continue
        row = graph.gates[i]
        locals_ = list(row.locals(trace.values[i], *[trace.values[j] for j in operands]))
        if row.name == gate:
            if mistake == "swapped":
                locals_ = locals_[::-1]
            elif mistake == "sign":
                locals_[-1] = -locals_[-1]
            elif mistake == "factor":
                locals_[0] *= 2
        for j, local in zip(operands, locals_, strict=True):
            if mistake == "fan-out" and j in seen:
                grads[j] = grads[i] * local
            else:
                grads[j] += grads[i] * local
            seen.add(j)
    return {name: grads[graph.id(name)] for name in graph.inputs}


@pytest.mark.parametrize(
    ("mistake", "gate"),
    [("fan-out", ""), ("swapped", "mul"), ("sign", "sub"), ("sign", "tanh"), ("factor", "square"), ("factor", "exp")],
)
def test_planted_mistakes_are_caught_always(mistake, gate):
    caught = 0
    for plan, leaves in cases(SMOOTH + KINKED, 150, seed=7):
        graph = graph_of(plan, leaves)
        true = {name: graph.trace()[name].grad for name in graph.inputs}
        wrong = planted(graph, mistake, gate)
        traced = gradcheck(graph, wrong)
        alone = gradcheck(plain(plan), list(wrong.values()), at=list(leaves.values()))
        for name, place in zip(wrong, range(len(wrong)), strict=True):
            far = relative_error(true[name], wrong[name]) > 1e-4
            for row in (traced.rows[place], alone.rows[place]):
                assert row.ok != far, f"{mistake} in {gate}: {name}\n{traced}\n{alone}"
            caught += far
    assert caught >= 15, "the mistakes were hardly ever made"


# --- how it reports ---------------------------------------------------------------------------------------


def circuit(x, y, z):
    return (x + y) * z + x * y


def test_a_homework_backward():
    def backward(x, y, z):
        return z, z + x, 2 * (x + y)  # forgets that x is used twice; a factor 2 too many

    check = gradcheck(circuit, backward, at={"x": -2, "y": 5, "z": -4})
    assert not check
    assert [row.verdict for row in check.rows] == ["wrong", "right", "wrong"]
    report = str(check)
    assert "1 of 3 gradients are right." in report
    assert "x is used 2 times, and -4 is the share of one use: a copy adds, 5 + (-4) = 1." in report
    assert "z: you have 6, and it is 3. That is twice as much" in report


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((1, 6, 3), "Only the sign differs"),
        ((1, 3, 3), "That is half of it: is a factor 2 missing"),
        ((1, 0, 3), "only initialized"),
        ((-6, -6, 3), "the gradient of y"),
        ((1, -30, 3), "the right one times y itself"),
    ],
)
def test_mistakes_get_their_name(answer, says):
    at = {"x": -2, "y": 5, "z": -4}
    if says.startswith("That is half"):
        answer = (1, -3, 3)
    assert says in str(gradcheck(circuit, answer, at=at))


@pytest.mark.parametrize(
    "backward",
    [
        lambda x, y, z: (z + y, z + x, x + y),
        lambda x, y, z: [z + y, z + x, x + y],
        lambda x, y, z: {"x": z + y, "y": z + x, "z": x + y},
        lambda x, y, z: {"dx": z + y, "dy": z + x, "dz": x + y},
        lambda x, y, z: np.array([z + y, z + x, x + y]),
        lambda a, b, c: (c + b, None, a + b),
        lambda z, y, x: (z + y, z + x, x + y),  # other order of the same names: by name
        {"x": lambda y, z: z + y, "y": lambda x, z: z + x, "z": lambda x, y: x + y},
        (1.0, -6.0, 3.0),
        {"x": 1, "y": -6, "z": 3},
    ],
)
@pytest.mark.parametrize("at", [{"x": -2, "y": 5, "z": -4}, [-2, 5, -4], (-2.0, 5.0, -4.0), np.array([-2, 5, -4])])
def test_all_forms_of_answers(backward, at):
    at = list(at) if isinstance(at, np.ndarray) else at
    assert gradcheck(circuit, backward, at=at)


def test_keywords_defaults_and_wrt():
    def f(x, y=5, z=-4, n=3):
        return x * y * z * sum(1 for _ in range(n))

    assert gradcheck(f, lambda x, y, z: (3 * y * z, 3 * x * z), x=-2, wrt=["x", "y"])
    assert gradcheck(f, x=-2, wrt="z")["z"].own == -30.0


def test_arrays():
    def loss(W, x):
        return np.sum(np.maximum(0, W @ x) ** 2)

    def backward(W, x):
        d = 2 * np.maximum(0, W @ x)
        return {"dW": np.outer(d, x), "dx": W.T @ d}

    at = {"W": np.array([[1.0, 2.0], [3.0, 4.0]]), "x": np.array([0.5, -0.1])}
    check = gradcheck(loss, backward, at=at)
    assert check
    assert [row.label for row in check.rows] == ["W[0,0]", "W[0,1]", "W[1,0]", "W[1,1]", "x[0]", "x[1]"]
    assert not gradcheck(loss, lambda W, x: (backward(W, x)["dW"], W @ (2 * np.maximum(0, W @ x))), at=at)
    assert gradcheck(lambda x: sum(v * v for v in x), lambda x: [2 * v for v in x], at={"x": [1.0, 2.0]})
    lists = {name: numbers.tolist() for name, numbers in at.items()}
    assert gradcheck(loss, backward, at=lists), "NumPy code gets arrays"


def test_graphs_and_texts():
    assert gradcheck("f = log(x) * y", {"dx": 2.0, "dy": math.log(2)}, x=2, y=4)
    graph = gradviz.graph("f = W @ [1, 2]; g = f[0] * f[1]", W=[[1, 2], [3, 4]])
    assert gradcheck(graph)
    assert gradcheck(graph, {"W": [[11, 22], [5, 10]]})


def test_many_entries_are_not_all_listed():
    x = np.linspace(1, 2, 40)
    check = gradcheck(lambda x: np.sum(x**3), lambda x: np.where(np.arange(40) == 17, 0, 3 * x**2), at={"x": x})
    assert [row.label for row in check.rows if not row.ok] == ["x[17]"]
    assert len(str(check).splitlines()) < 12
    assert "… and 36 more that are right" in str(check)


# --- kinks, jumps, rounding -------------------------------------------------------------------------------


def test_at_a_kink_every_subgradient_is_right():
    for given, verdict in ((0, "kink"), (1, "kink"), (0.5, "kink"), (1.5, "wrong"), (-0.1, "wrong")):
        for f in (gradviz.relu, lambda x: max(x, 0.0)):
            found = gradcheck(f, given, at=0.0).rows[0].verdict
            assert found == verdict or (given == 0.5 and found == "right"), (f, given)


def test_a_convention_at_a_kink_is_no_mistake():
    check = gradcheck(lambda x: gradviz.relu(x) - gradviz.relu(-x), 0.0, at=0.0)
    assert check.rows[0].verdict == "kink"
    assert "convention" in str(check)


@pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-6, 1e-8])
def test_a_kink_nearby_is_no_false_alarm_and_gets_its_place(distance):
    for f in (gradviz.relu, lambda x: max(x, 0.0), lambda x: 1 + max(x, 0.0)):
        assert gradcheck(f, 0.0, at=-distance)
    check = gradcheck(lambda x: max(x - 1, 0.0), 1.0, at=1 - min(distance, 1e-3) if distance > 1e-7 else 0.9999)
    assert not check
    assert "There is a kink at x = 1, and 1 is the slope on its other side" in str(check)


def test_no_kink_is_invented():
    for f, x in ((math.sin, 1.0), (lambda x: x**9, 0.0), (math.exp, 3.0), (lambda x: 1 / x, 0.05), (math.atan, 0.0)):
        assert kink_near(f, x, 0.01) is None


def test_rounding_that_dominates_is_told():
    check = gradcheck(lambda x: 1e17 + math.sin(x), 1.0, at=2.0)
    assert check.rows[0].verdict == "undecided"
    assert "Rounding drowns the differences" in str(check)
    assert gradcheck(lambda x: 1e17 + x, 1.0, at=2.0), "gradviz's own gradient decides where differences cannot"


def test_jumps_edges_and_holes():
    assert "jumps at x = 0" in str(gradcheck(lambda x: float(x > 0), 0.0, at=0.0))
    assert gradcheck(lambda x: math.sqrt(x) ** 3, 0.0, at=0.0)
    assert not gradcheck(lambda x: gradviz.sqrt(x), 7.0, at=0.0)
    assert "no finite value" in str(gradcheck(lambda x: float(np.log(float(x))), 1.0, at=-1.0))


@pytest.mark.parametrize("x", [1e-20, 1e-8, 1e-3, 0.7, 3e4, 1e12])
def test_the_step_suits_the_size_of_the_input(x):
    def log(t):
        return math.log(t) if t > 0 else math.nan

    for f, true in ((log, 1 / x), (lambda t: 1 / t, -1 / x**2), (lambda t: t * t, 2 * x)):
        found = slope(f, x)
        assert found.kind in ("smooth", "rounding")
        assert abs(found.value - true) <= 1e-8 * max(abs(true), 1e-4), (f, found)


def test_cancellation_inside_is_seen():
    found = slope(lambda x: (1e8 + x) - 1e8, 0.3)
    assert abs(found.value - 1) < 1e-6
    assert gradcheck(lambda x: float((1e8 + x) - 1e8), 1.0, at=0.3)


def test_a_wrong_row_of_the_table_is_found():
    cube = gradviz.gates.register(gradviz.gates.Gate("cube", "x³", "a * a * a", ("2 * a * a",), about="wrong"))
    try:
        assert not gradcheck("f = cube(x)", x=2)
        check = gradcheck("f = cube(x)", 12.0, x=2)
        assert check
        assert "a local derivative in the gate table is wrong" in str(check)
    finally:
        gradviz.gates.remove(cube)


# --- bad input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: gradcheck(3), "not the int 3"),
        (lambda: gradcheck(circuit, at=[1, 2]), "no number for z"),
        (lambda: gradcheck(circuit, at=[1, 2, 3, 4]), "4 numbers"),
        (lambda: gradcheck(circuit, at={"x": 1, "y": 2, "w": 3}), "no input 'w'"),
        (lambda: gradcheck(circuit, at=[1, 2, 3], x=1), "twice"),
        (lambda: gradcheck(circuit, at=[1, 2, math.inf]), "ordinary numbers"),
        (lambda: gradcheck(circuit, (1, 2), at=[1, 2, 3]), "2 gradients for 3 inputs"),
        (lambda: gradcheck(circuit, 1.0, at=[1, 2, 3]), "one number"),
        (lambda: gradcheck(circuit, {"x": 1, "w": 3}, at=[1, 2, 3]), "'w'"),
        (lambda: gradcheck(circuit, lambda x: x, at=[1, 2, 3], wrt=["q"]), "no parameter 'q'"),
        (lambda: gradcheck(circuit, lambda a: a, at=[1, 2, 3]), "takes a, and circuit takes x, y, z"),
        (lambda: gradcheck(circuit, lambda x, y, z: None, at=[1, 2, 3]), "returned nothing"),
        (lambda: gradcheck(circuit, ("1", 2, 3), at=[1, 2, 3]), "no number: '1'"),
        (lambda: gradcheck(lambda x: x, [[1.0]], at={"x": [1.0, 2.0]}), "array of shape|returned"),
        (lambda: gradcheck(lambda x: np.sum(x), [1.0, 1.0, 1.0], at={"x": [1.0, 2.0]}), "shape"),
        (lambda: gradcheck(lambda x: max(x, 0), at=1.0), "no gradient of"),
        (lambda: gradcheck(lambda x: x["a"], 1.0, at=1.0), "stopped"),
        (lambda: gradcheck(lambda x: None, 1.0, at=1.0), "returned nothing"),
        (lambda: gradcheck(circuit, at=[1, 2, 3], tolerance=2), "tolerance"),
        (lambda: gradcheck("f = x +"), "x +"),
    ],
)
def test_bad_input_says_what_is_wrong(call, says):
    with pytest.raises(GradvizError, match=says.replace("+", r"\+")):
        call()


def test_in_a_test():
    with pytest.raises(AssertionError, match="2 of 3 gradients are right"):
        gradcheck(circuit, (1, -6, 4), at=[-2, 5, -4], raise_on_error=True)
    assert gradcheck(circuit, (1, -6, 3), at=[-2, 5, -4]).raise_if_wrong().ok
    assert gradcheck(circuit, {"x": 1, "y": -6}, at=[-2, 5, -4])["z"].verdict == "missing"
