"""Code written for micrograd runs with only its import changed, and gives the same numbers."""

import random

import pytest

from gradviz import nn

#: Programs in micrograd's words; ``{}`` is the package. Each leaves what it computed in ``result``.
PROGRAMS = {
    "readme": """
from {engine} import Value
a = Value(-4.0)
b = Value(2.0)
c = a + b
d = a * b + b**3
c += c + 1
c += 1 + c + (-a)
d += d * 2 + (b + a).relu()
d += 3 * d + (b - a).relu()
e = c - d
f = e**2
g = f / 2.0
g += 10.0 / f
g.backward()
result = [g.data, a.grad, b.grad]
""",
    "training loop": """
import random
from {engine} import Value
from {nn} import MLP
random.seed(1337)
model = MLP(3, [4, 4, 1])
xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
ys = [1.0, -1.0, -1.0, 1.0]
result = []
for k in range(20):
    ypred = [model(x) for x in xs]
    loss = sum((yout - ygt)**2 for ygt, yout in zip(ys, ypred))
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data += -0.05 * p.grad
    result.append(loss.data)
result += [p.data for p in model.parameters()] + [p.grad for p in model.parameters()]
""",
    "per-sample accumulation": """
import random
from {engine} import Value
from {nn} import MLP
random.seed(7)
model = MLP(2, [3, 1])
data = [([0.5, -1.0], 1.0), ([1.5, 2.0], -1.0), ([-0.3, 0.8], 1.0)]
model.zero_grad()
for x, y in data:
    loss = (model(x) - y)**2
    loss.backward()
result = [p.grad for p in model.parameters()]
lr = 0.1
for p in model.parameters():
    p.data -= lr * p.grad
result += [p.data for p in model.parameters()]
""",
    "moons with a hinge loss": """
import random
import numpy as np
from {engine} import Value
from {nn} import MLP
random.seed(3)
Xb = np.array([[0.1, 0.9], [1.2, -0.4], [-0.8, 0.3], [2.0, 0.1]])
yb = np.array([1, -1, 1, -1])
model = MLP(2, [4, 1])
inputs = [list(map(Value, xrow)) for xrow in Xb]
scores = list(map(model, inputs))
losses = [(1 + -yi*scorei).relu() for yi, scorei in zip(yb, scores)]
data_loss = sum(losses) * (1.0 / len(losses))
alpha = 1e-4
reg_loss = alpha * sum((p*p for p in model.parameters()))
total_loss = data_loss + reg_loss
accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(yb, scores)]
model.zero_grad()
total_loss.backward()
result = [total_loss.data, sum(accuracy) / len(accuracy)] + [p.grad for p in model.parameters()]
""",
    "reprs": """
import random
from {nn} import MLP, Layer, Neuron
random.seed(5)
m = MLP(3, [2, 1])
result = [repr(m), repr(m.layers[0]), repr(m.layers[1].neurons[0]), len(m.parameters())]
result += [p.data for p in m.parameters()] + [repr(Neuron(2, nonlin=False)), repr(Layer(1, 2, nonlin=False))]
""",
}

DRAWING = """
from {engine} import Value

def trace(root):
    nodes, edges = set(), set()
    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)
    build(root)
    return nodes, edges

def draw_dot(root):
    lines = []
    nodes, edges = trace(root)
    for n in nodes:
        uid = str(id(n))
        lines.append((uid, "{{ %s | data %.4f | grad %.4f }}" % (n.label, n.data, n.grad)))
        if n._op:
            lines.append((uid + n._op, n._op))
    for n1, n2 in edges:
        lines.append((str(id(n1)), str(id(n2)) + n2._op))
    return lines
"""


def run(program: str, engine: str, nn: str) -> dict:
    names: dict = {}
    exec(program.replace("{engine}", engine).replace("{nn}", nn).replace("{{", "{").replace("}}", "}"), names)
    return names


@pytest.mark.extra("micrograd")
@pytest.mark.parametrize("name", PROGRAMS)
def test_same_program_same_numbers(name):
    theirs = run(PROGRAMS[name], "micrograd.engine", "micrograd.nn")["result"]
    ours = run(PROGRAMS[name], "gradviz", "gradviz.nn")["result"]
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert a == (b if isinstance(b, str) else pytest.approx(b, rel=1e-10, abs=1e-13))


def test_the_lecture_notebooks_drawing_recipe():
    recipe = run(DRAWING, "gradviz", "gradviz.nn")
    value = recipe["Value"]
    a, b, c = value(2.0, label="a"), value(-3.0, label="b"), value(10.0, label="c")
    e = a * b
    e.label = "e"
    d = e + c
    d.label = "d"
    f = value(-2.0, label="f")
    out = d * f
    out.label = "L"
    out.backward()
    nodes, edges = recipe["trace"](out)
    assert {n.label for n in nodes} == set("abcdefL")
    assert {(x.label, y.label) for x, y in edges} == {
        *{("a", "e"), ("b", "e"), ("e", "d"), ("c", "d"), ("d", "L"), ("f", "L")}
    }
    assert {n.label: n._op for n in nodes if n._op} == {"e": "*", "d": "+", "L": "*"}
    lines = recipe["draw_dot"](out)
    assert (str(id(a)), "{ a | data 2.0000 | grad 6.0000 }") in lines
    assert (str(id(out)) + "*", "*") in lines


def test_tanh_and_exp_as_the_lecture_writes_them():
    x1, x2 = nn.Value(2.0, label="x1"), nn.Value(0.0, label="x2")
    w1, w2, b = nn.Value(-3.0), nn.Value(1.0), nn.Value(6.8813735870195432)
    n = x1 * w1 + x2 * w2 + b
    o = n.tanh()
    o.backward()
    got = [x1.grad, w1.grad, x2.grad, w2.grad]
    for v in (x1, x2, w1, w2, b):
        v.grad = 0.0
    n = x1 * w1 + x2 * w2 + b
    e = (2 * n).exp()
    o = (e - 1) / (e + 1)
    o.backward()
    assert [x1.grad, w1.grad, x2.grad, w2.grad] == pytest.approx(got)
    assert got == pytest.approx([-1.5, 1.0, 0.5, 0.0])


def test_inner_nodes_start_afresh_and_leaves_add_up():
    a = nn.Value(3.0)
    b = a * a
    c = b * 2
    c.backward()
    c.backward()
    assert (a.grad, b.grad, c.grad) == (24.0, 2.0, 1.0)


def test_same_seed_same_network():
    def weights():
        random.seed(11)
        return [p.data for p in nn.MLP(4, [3, 2]).parameters()]

    assert weights() == weights()
    assert all(-1 <= w <= 1 for w in weights())


def test_a_layer_of_one_gives_its_value_and_of_several_a_list():
    assert isinstance(nn.Layer(2, 1)([1.0, 2.0]), nn.Value)
    assert len(nn.Layer(2, 3)([1.0, 2.0])) == 3
    assert nn.Module().parameters() == []
