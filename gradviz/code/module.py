"""The module style in Python's syntax: a class with ``forward`` and ``backward``, as assignments ask for layers.

``forward`` keeps exactly the values that the lines of ``backward`` read.
"""

from __future__ import annotations

from gradviz.code.flat import (
    Skeleton,
    accumulated,
    commented,
    helper_parts,
    output,
    parameters,
    prepared,
    quoted,
    with_head,
)
from gradviz.code.identifiers import identifier
from gradviz.code.layout import bracketed, fitted, indented
from gradviz.code.plan import Plan


def class_name(output_name: str) -> str:
    """The class of a module that computes this output.

    >>> class_name("f"), class_name("hinge_loss"), class_name("损失")
    ('F', 'HingeLoss', '损失')
    """
    return "".join(part[:1].upper() + part[1:] for part in identifier(output_name).split("_")) or "Module"


def module(plan: Plan, skeleton: Skeleton, called: str) -> str:
    """The program."""
    out = output(plan)
    seed = plan.grads.get(plan.graph.output, "upstream")
    saved = [plan.names[i] for i in plan.saved(plan.backward)]
    kept = ", ".join(saved) + ("," if len(saved) == 1 else "")
    forward = prepared(plan, skeleton, 2)
    forward += fitted((f"{line.target} = {line.text}" for line in plan.forward), 2)
    forward += [*_tuple("self.cache = ", saved, kept), f"return {out}"]
    backward = _unpacked(saved, kept)
    zero = f"0.0 * {seed}" if skeleton.arrays else "0.0"
    backward += commented(accumulated(plan.backward, zero, arrays=skeleton.arrays, apart=True), 2)
    grads = [f"{quoted(plan.graph.names[i])}: {plan.grads[i]}" for i in plan.inputs]
    backward += bracketed("return {", grads, "}", 2)
    methods = [
        *bracketed("def forward(", ["self", *parameters(plan)], "):", 1),
        *indented(forward),
        "",
        f"def backward(self, {seed}=1.0):",
        *indented(backward),
    ]
    about = f'"""{plan.names.get(plan.graph.output, "A constant")} as a module: forward keeps what backward reads."""'
    head = [f"class {called}:", *indented([about, ""])]
    if skeleton.decorator:
        methods = [line for m in methods for line in ([skeleton.decorator, m] if m.startswith("def ") else [m])]
    parts = [*helper_parts(plan), [*head, *indented(methods)], _usage(plan, called)]
    return with_head(plan, skeleton, "a module with forward and backward", parts)


def _tuple(before: str, names: list[str], kept: str) -> list[str]:
    if not names:
        return []
    return [before + kept] if len(kept) <= 70 else bracketed(before + "(", names, ")")


def _unpacked(names: list[str], kept: str) -> list[str]:
    if not names:
        return []
    if len(names) == 1:
        return [f"({kept}) = self.cache"]
    return [f"{kept} = self.cache"] if len(kept) <= 70 else bracketed("(", names, ") = self.cache")


def _usage(plan: Plan, called: str) -> list[str]:
    if any(plan.graph.data[i] is None for i in plan.inputs):
        given = ", ".join(f"{plan.names[i]}=..." for i in plan.inputs[:6])
        return [f"# layer = {called}()", f"# value = layer.forward({given})", "# gradients = layer.backward()"]
    name = plan.graph.names[plan.graph.output]
    return [
        'if __name__ == "__main__":',
        f"    layer = {called}()",
        f"    print({quoted(name + ' =')}, layer.forward())",
        "    for name, gradient in layer.backward().items():",
        f'        print({quoted("d" + name + "/d")} + name, "=", gradient)',
    ]
