"""PyTorch code as graphs: values and gradients are PyTorch's own."""

from __future__ import annotations

import numpy as np
import pytest

import gradviz
from gradviz import GradvizError, from_torch

pytestmark = pytest.mark.extra("torch")

V, M = [0.4, -0.9], [[0.3, 0.2], [0.5, -0.1]]

PROGRAMS = {
    "neuron": ("lambda w, x, b=0.5: torch.sigmoid(w*x + b)", {"w": 2.0, "x": -1.0}),
    "functions": ("lambda x, y: F.softplus(x)*y.exp() - torch.clamp(y, -1, 1) + torch.maximum(x, y)/x.pow(2)"
                  " + torch.where(x > y, x, y*2).tanh() + (-x).abs() + F.silu(x)*F.elu(y) + y.log1p().sqrt()",
                  {"x": 0.3, "y": 0.7}),
    "sums": ("lambda W, x: ((W @ x).relu()**2).sum() + (W @ x).mean() + torch.cat([x, x]).std() + W.T[0].dot(x)"
             " + F.mse_loss(W[0], x) + W.sum(dim=1, keepdim=True).max() + x.norm()", {"W": M, "x": V}),
    "shapes": ("lambda W, x: W.reshape(-1)[3]*x.unsqueeze(0).t()[1, 0] + torch.stack([x, x])[1, 0] + W.flatten()[2]"
               " + W.transpose(0, 1)[0, 1] + W.view(4)[1] + x.shape[0]*x.prod()", {"W": M, "x": V}),
    "linear": ("lambda W, x: torch.tanh(F.linear(x, W, x)).sum()", {"W": M, "x": V}),
    "a tensor inside": ("lambda x: x*torch.tensor(3.0) + torch.tensor([1.0, 2.0]).sum()", {"x": 2.0}),
}  # fmt: skip


def compared(f, at, torch):
    trace = from_torch(f, **at).trace()
    args = {name: torch.tensor(x, dtype=torch.float64, requires_grad=True) for name, x in at.items()}
    out = f(**args)
    out.sum().backward()
    assert trace.output == pytest.approx(out.item(), rel=1e-12)
    named = {**args, **(dict(f.named_parameters()) if isinstance(f, torch.nn.Module) else {})}
    for name, tensor in named.items():
        for index, grad in np.ndenumerate(tensor.grad.numpy()):
            label = f"{name}[{','.join(map(str, index))}]" if index else name
            assert trace[label].grad == pytest.approx(grad, rel=1e-9, abs=1e-12), label
    return trace.graph


@pytest.mark.parametrize("name", PROGRAMS)
def test_functions(name):
    import torch

    text, at = PROGRAMS[name]
    compared(eval(text, {"torch": torch, "F": torch.nn.functional}), at, torch)


def test_modules():
    import torch

    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Dropout(), torch.nn.Linear(3, 1))
    graph = compared(net.double().eval(), {"input": V}, torch)
    assert graph.inputs[:4] == ("input[0]", "input[1]", "0.weight[0,0]", "0.weight[0,1]")


def test_names_are_those_of_fx():
    import torch

    graph = from_torch(lambda w, x: torch.tanh(w * x), w=2.0, x=0.5)
    assert graph.names == ("w", "x", "mul", "tanh")


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("lambda x: torch.erf(x)", {"x": 1.0}, "torch.erf is not made of gates"),
        ("lambda x: x if x > 0 else -x", {"x": 1.0}, "control flow"),
        ("lambda x: x", {}, "no number for x"),
        ("lambda x: x", {"x": 1.0, "y": 2.0}, "no argument 'y'"),
        ("lambda x: x*2", {"x": V}, "array of shape"),
        ("lambda x: F.dropout(x, 0.5)", {"x": 1.0}, "dropout"),
        ("lambda x: torch.sort(x)[0]", {"x": V}, "sort"),
        ("lambda x: x.max(dim=0)", {"x": V}, "along one dimension"),
        ("3", {"x": 1.0}, "takes a function or a module"),
    ],
)
def test_what_does_not_work_says_so(text, at, says):
    import torch

    with pytest.raises(GradvizError, match=says):
        from_torch(eval(text, {"torch": torch, "F": torch.nn.functional}), **at)


def test_a_missing_library_says_how_to_get_it(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(gradviz.EnvironmentFailure, match=r'pip install "gradviz\[torch\]"'):
        from_torch(lambda x: x, x=1.0)
