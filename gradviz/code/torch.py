"""Target ``torch``: flat leaves the gradients to PyTorch; module is an ``autograd.Function`` with our own lines."""

from __future__ import annotations

from gradviz.code.flat import (
    Skeleton,
    accumulated,
    commented,
    helper_parts,
    number,
    output,
    quoted,
    with_head,
)
from gradviz.code.identifiers import PYTHON
from gradviz.code.layout import bracketed, fitted, indented
from gradviz.code.module import class_name
from gradviz.code.numpy import power
from gradviz.code.plan import Plan
from gradviz.code.python import define
from gradviz.code.spelling import Spelling, Writer
from gradviz.code.target import Target
from gradviz.formulas import PRIMITIVES
from gradviz.gates import Gate
from gradviz.graph import Graph
from gradviz.value import Value, apply

_STACK = "torch.stack(torch.broadcast_tensors({})), 0"


def _spelling(**more: object) -> Spelling:
    return Spelling(
        number=repr,
        calls={
            **{f: f"torch.{f}({{}})" for f in PRIMITIVES},
            "largest": f"torch.amax({_STACK})",
            "smallest": f"torch.amin({_STACK})",
            "largest2": "torch.maximum({})",
            "smallest2": "torch.minimum({})",
            "total": f"torch.sum({_STACK})",
            "count": "sum((each == {first}).to({first}.dtype) for each in ({rest}))",
        },
        choose="torch.where({test}, {yes}, {no})",
        tight=True,
        helpers={},
        constants=("torch.inf", "-torch.inf", "torch.nan"),
        power=power,
        define=define,
        mask="({}).double()",
        lift="torch.tensor({}, dtype=torch.float64)",
        **more,  # type: ignore[arg-type]
    )


PLAIN = _spelling()
SKELETON = Skeleton(imports=(("torch.", "import torch"),))
RESERVED = PYTHON | {"torch", "inputs", "tensor"}


def _gate(writer: Writer, row: Gate, operands: int) -> str:
    """A row as an ``autograd.Function`` of its own: kinks and edges are the table's."""
    letters = "abc"[:operands] if row.arity is not None else [f"a{i + 1}" for i in range(operands)]
    called = class_name(row.name) + ("" if row.arity is not None else str(operands))
    if called not in writer.helpers:
        out = apply(row, *[Value(0.0, label=letter) for letter in letters])
        out.name = "out"
        plan = Plan(Graph.of(out), PLAIN, RESERVED)
        writer.helpers.update(plan.helpers)
        writer.helpers[called] = "\n".join(_function(plan, called, row.about))
    return f"{called}.apply"


FLAT = _spelling(
    native={
        "relu": "torch.relu({a})",
        "sigmoid": "torch.sigmoid({a})",
        "abs": "torch.abs({a})",
        "silu": "torch.nn.functional.silu({a})",
        "where": "torch.where({a} != 0.0, {b}, {c})",
    },
    gate=_gate,
)


def _function(plan: Plan, called: str, about: str) -> list[str]:
    """The class: forward saves exactly what backward reads."""
    out = output(plan)
    seed = plan.grads.get(plan.graph.output, "upstream")
    saved = [plan.names[i] for i in plan.saved(plan.backward)]
    forward = fitted((f"{line.target} = {line.text}" for line in plan.forward), 2)
    if plan.graph.output not in plan.names:
        forward, out = [], (PLAIN.lift or "{}").format(out)
    if saved:
        forward += bracketed("ctx.save_for_backward(", saved, ")", 2)
    backward = [f"({saved[0]},) = ctx.saved_tensors"] if len(saved) == 1 else []
    if len(saved) > 1:
        line = ", ".join(saved) + " = ctx.saved_tensors"
        backward = [line] if len(line) <= 80 else bracketed("(", saved, ") = ctx.saved_tensors")
    backward += commented(accumulated(plan.backward, f"torch.zeros_like({seed})", arrays=True, apart=True), 2)
    grads = [plan.grads[i] for i in plan.inputs]
    line = "return " + ", ".join(grads)
    backward += [line if grads else "return None"] if len(line) <= 80 else bracketed("return (", grads, ")")
    return [
        f"class {called}(torch.autograd.Function):",
        *indented([f'"""{about}."""', "", "@staticmethod"]),
        *indented(bracketed("def forward(", ["ctx", *(plan.names[i] for i in plan.inputs)], "):", 1)),
        *indented([*forward, f"return {out}"], 2),
        *indented(["", "@staticmethod", f"def backward(ctx, {seed}):"]),
        *indented(backward, 2),
    ]


def _usage(plan: Plan, called: str) -> list[str]:
    """Numbers as tensors, the value, ``backward``, the gradients."""
    inputs, graph = plan.inputs, plan.graph
    if any(graph.data[i] is None for i in inputs):
        return [f"# value = {called}({', '.join(plan.names[i] for i in inputs[:6])}); value.backward()"]
    entries = [f"{quoted(graph.names[i])}: {number(plan, i)}" for i in inputs]
    name = graph.names[graph.output]
    return [
        'if __name__ == "__main__":',
        *indented(bracketed("inputs = {", entries, "}", 1)),
        "    inputs = {",
        "        name: torch.tensor(data, dtype=torch.float64, requires_grad=True)",
        "        for name, data in inputs.items()",
        "    }",
        f"    value = {called}(*inputs.values())",
        f"    print({quoted(name + ' =')}, value.item())",
        "    if value.requires_grad:",
        "        value.backward()",
        "    for name, tensor in inputs.items():",
        f'        print({quoted("d" + name + "/d")} + name, "=", 0.0 if tensor.grad is None else tensor.grad.item())',
    ]


def _flat(graph: Graph) -> str:
    plan = Plan(graph, FLAT, RESERVED)
    out = output(plan)
    body = ["# forward; PyTorch records what backward() needs"]
    body += fitted(f"{line.target} = {line.text}" for line in plan.forward)
    body += [f"return {out if graph.output in plan.names else (FLAT.lift or '{}').format(out)}"]
    function = [*bracketed(f"def {plan.function}(", [plan.names[i] for i in plan.inputs], "):"), *indented(body)]
    parts = [*helper_parts(plan), function, _usage(plan, plan.function)]
    return with_head(plan, SKELETON, "the value; the gradients are PyTorch's", parts)


def _module(graph: Graph) -> str:
    plan = Plan(graph, PLAIN, RESERVED)
    called = class_name(plan.function)
    layer = f"{called}Layer"
    names = [plan.names[i] for i in plan.inputs]
    function = _function(plan, called, f"{plan.function}, with its own backward pass")
    module = [
        f"class {layer}(torch.nn.Module):",
        f'    """{called} as a layer, to stand among others."""',
        "",
        *indented(bracketed("def forward(", ["self", *names], "):", 1)),
        *indented(bracketed(f"return {called}.apply(", names, ")", 2), 2),
    ]
    parts = [*helper_parts(plan), function, module, _usage(plan, f"{layer}()")]
    return with_head(plan, SKELETON, "an autograd.Function, forward and backward", parts)


TARGET = Target(
    "torch", "PyTorch: its autograd (flat) or an autograd.Function (module)", ".py", {"flat": _flat, "module": _module}
)
