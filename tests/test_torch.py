"""PyTorch's functions on our Values: the same numbers and gradients as PyTorch's own autograd."""

import subprocess
import sys

import pytest

from gradviz import GradvizError, Value

pytestmark = pytest.mark.extra("torch")

UNARY = {
    **{
        name: f"torch.{name}(v)"
        for name in ["tanh", "exp", "relu", "sigmoid", "log", "sqrt", "sin", "cos", "tan", "abs", "square", "atan"]
    },
    **{name: f"torch.{name}(v)" for name in ["log1p", "reciprocal", "neg", "sinh", "cosh", "arctan", "negative"]},
    "softplus": "F.softplus(v)",
    "softplus beta": "F.softplus(v, beta=2.0)",
    "gelu": "F.gelu(v, approximate='tanh')",
    "silu": "F.silu(v)",
    "leaky_relu": "F.leaky_relu(v, 0.2)",
    "leaky_relu default": "F.leaky_relu(v)",
    "elu": "F.elu(v, alpha=0.7)",
    "relu": "F.relu(v)",
    "tanh": "F.tanh(v)",
    "clamp": "torch.clamp(v, -1, 0.5)",
    "clamp below": "torch.clamp(v, min=0.25)",
    "clamp above": "torch.clamp(v, max=0.25)",
    "pow": "torch.pow(v, 3)",
    "add with alpha": "torch.add(v, v, alpha=3)",
    "sub": "torch.sub(v, 2 * v)",
    "mul": "torch.mul(v, 2.5)",
    "div": "torch.div(v, 2.5)",
    "true_divide": "torch.true_divide(v, 2.5)",
}
BINARY = {
    "maximum": "torch.maximum(v, w)",
    "minimum": "torch.minimum(v, w)",
    "where": "torch.where(v > 0, v * w, w)",
    "add": "torch.add(v, w)",
    "sub": "torch.sub(v, w)",
    "mul": "torch.mul(v, w)",
    "div": "torch.div(v, w)",
}


def names():
    import torch

    return {"torch": torch, "F": torch.nn.functional}


@pytest.mark.parametrize("program", UNARY)
@pytest.mark.parametrize("at", [0.3, 1.7, -0.6])
def test_unary(program, at):
    import math

    if at < 0 and program in ("log", "sqrt"):
        at = -at
    known = names()
    theirs = known["torch"].tensor(at, dtype=known["torch"].float64, requires_grad=True)
    out = eval(UNARY[program], known | {"v": theirs})
    out.backward()
    ours = Value(at)
    mine = eval(UNARY[program], known | {"v": ours})
    mine.backward()
    assert mine.data == pytest.approx(out.item(), rel=1e-12, abs=1e-12)
    assert ours.grad == pytest.approx(theirs.grad.item(), rel=1e-9, abs=1e-12)
    assert not math.isnan(ours.grad)


@pytest.mark.parametrize("program", BINARY)
@pytest.mark.parametrize("at", [(0.3, 0.9), (-1.2, -0.4), (0.5, 0.5)])
def test_binary(program, at):
    known = names()
    theirs = [known["torch"].tensor(a, dtype=known["torch"].float64, requires_grad=True) for a in at]
    out = eval(BINARY[program], known | dict(zip("vw", theirs, strict=True)))
    out.backward()
    ours = [Value(a) for a in at]
    mine = eval(BINARY[program], known | dict(zip("vw", ours, strict=True)))
    mine.backward()
    assert mine.data == pytest.approx(out.item(), rel=1e-12)
    assert [v.grad for v in ours] == pytest.approx([t.grad.item() for t in theirs], rel=1e-9)


def test_numbers_out_of_tensors():
    import torch

    v = Value(2.0)
    assert torch.maximum(v, torch.tensor(3.0)).data == 3.0


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("torch.erf(v)", "torch.erf is not made of gates"),
        ("torch.sigmod(v)", None),
        ("torch.linalg.norm(v)", "not made of gates"),
        ("F.gelu(v)", "tanh form"),
        ("torch.maximum(v, torch.ones(2))", "2 numbers"),
        ("torch.maximum(v, torch.tensor(1.0, requires_grad=True))", "requires a gradient"),
        ("torch.clamp(v)", "min and max"),
        ("torch.div(v, 2, rounding_mode='floor')", "rounding_mode"),
        ("torch.maximum(v)", None),
    ],
)
def test_what_does_not_work_says_so(program, says):
    known = names() | {"v": Value(2.0)}
    if says is None:  # PyTorch or the gate itself refuses
        with pytest.raises((AttributeError, TypeError, GradvizError)):
            eval(program, known)
        return
    with pytest.raises(GradvizError, match=says):
        eval(program, known)


def test_gradviz_never_imports_torch():
    code = "import gradviz, sys; v = gradviz.Value(1.0); v.tanh().backward(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
