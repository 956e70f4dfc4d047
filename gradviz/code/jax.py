"""Target ``jax``: flat leaves the gradients to ``jax.grad``; module is a ``custom_vjp`` with our own lines."""

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
from gradviz.code.layout import bracketed, expanded, fitted, indented
from gradviz.code.numpy import power
from gradviz.code.plan import Plan
from gradviz.code.python import define
from gradviz.code.spelling import Spelling, Writer
from gradviz.code.target import Target
from gradviz.formulas import PRIMITIVES
from gradviz.gates import Gate
from gradviz.graph import Graph
from gradviz.value import Value, apply

_RENAMED = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}
_STACK = "jnp.stack(jnp.broadcast_arrays({})), 0"
_DOUBLES = 'jax.config.update("jax_enable_x64", True)  # doubles, as Python has them'


def _spelling(**more: object) -> Spelling:
    return Spelling(
        number=repr,
        calls={
            **{f: f"jnp.{_RENAMED.get(f, f)}({{}})" for f in PRIMITIVES},
            "largest": f"jnp.max({_STACK})",
            "smallest": f"jnp.min({_STACK})",
            "largest2": "jnp.maximum({})",
            "smallest2": "jnp.minimum({})",
            "total": f"jnp.sum({_STACK})",
            "count": "sum(each == {first} for each in ({rest}))",
        },
        choose="jnp.where({test}, {yes}, {no})",
        tight=True,
        helpers={},
        constants=("jnp.inf", "-jnp.inf", "jnp.nan"),
        power=power,
        define=define,
        **more,  # type: ignore[arg-type]
    )


PLAIN = _spelling()
SKELETON = Skeleton(imports=(("", "import jax"), ("jnp.", "import jax.numpy as jnp")), setup=_DOUBLES)
RESERVED = PYTHON | {"jax", "saved", "inputs"}


def _gate(writer: Writer, row: Gate, operands: int) -> str:
    """A row as a function with its own derivative: kinks and edges are the table's."""
    letters = "abc"[:operands] if row.arity is not None else [f"a{i + 1}" for i in range(operands)]
    called = f"{row.name}_gate" + ("" if row.arity is not None else str(operands))
    if called not in writer.helpers:
        out = apply(row, *[Value(0.0, label=letter) for letter in letters])
        out.name = "out"
        plan = Plan(Graph.of(out), PLAIN, RESERVED)
        writer.helpers.update(plan.helpers)
        writer.helpers[called] = "\n".join(_function(plan, called))
    return called


FLAT = _spelling(
    native={
        "relu": "jax.nn.relu({a})",
        "sigmoid": "jax.nn.sigmoid({a})",
        "abs": "jnp.abs({a})",
        "silu": "jax.nn.silu({a})",
        "where": "jnp.where({a} != 0.0, {b}, {c})",
    },
    gate=_gate,
)


def _function(plan: Plan, called: str) -> list[str]:
    """The function, its two halves, and what ties them together."""
    out = output(plan) if plan.graph.output in plan.names else f"jnp.asarray({output(plan)})"
    seed = plan.grads.get(plan.graph.output, "upstream")
    names = [plan.names[i] for i in plan.inputs]
    saved = [plan.names[i] for i in plan.saved(plan.backward)]
    kept = f"({', '.join(saved)}{',' if len(saved) == 1 else ''})"
    forward = fitted((f"{line.target} = {line.text}" for line in plan.forward), 1)
    short = len(kept) <= 60
    if not short:
        forward += expanded("saved = (", saved, ")")
    forward += [f"return {out}, {kept if short else 'saved'}"]
    backward = [f"{kept[1:-1] if len(saved) > 1 else kept} = saved"] if short else expanded("(", saved, ") = saved")
    backward = backward if saved else []
    backward += commented(accumulated(plan.backward, f"jnp.zeros_like({seed})", arrays=True, apart=True))
    grads = [plan.grads[i] for i in plan.inputs]
    one = "," if len(names) == 1 else ""
    backward += bracketed("return (", grads, f"{one})", 1)
    first, second = halves(plan, called)
    return [
        "@jax.custom_vjp",
        *bracketed(f"def {called}(", names, "):"),
        *indented(bracketed(f"return {first}(", names, ")[0]", 1)),
        "",
        "",
        *bracketed(f"def {first}(", names, "):"),
        *indented(forward),
        "",
        "",
        f"def {second}(saved, {seed}):",
        *indented(backward),
        "",
        "",
        f"{called}.defvjp({first}, {second})",
    ]


def halves(plan: Plan, called: str) -> tuple[str, str]:
    """Names for the two halves of a function that no variable has."""
    taken = {*plan.names.values(), *plan.grads.values(), *plan.helpers}
    found = []
    for half in ("forward", "backward"):
        wanted = f"{called}_{half}"
        while wanted in taken:
            wanted += "_"
        found.append(wanted)
    return found[0], found[1]


def _usage(plan: Plan, called: str) -> list[str]:
    inputs, graph = plan.inputs, plan.graph
    every = f"argnums=tuple(range({len(inputs)}))"
    if any(graph.data[i] is None for i in inputs):
        given = ", ".join(plan.names[i] for i in inputs[:6])
        return [f"# value, gradients = jax.value_and_grad({called}, {every})({given})"]
    name = graph.names[graph.output]
    label = quoted(name + " =")
    if not inputs:
        return ['if __name__ == "__main__":', f"    print({label}, {called}())"]
    entries = [f"{quoted(graph.names[i])}: {number(plan, i)}" for i in inputs]
    return [
        'if __name__ == "__main__":',
        *indented(bracketed("inputs = {", entries, "}", 1)),
        f"    value_and_grad = jax.value_and_grad({called}, {every})",
        "    value, gradients = value_and_grad(*inputs.values())",
        f"    print({label}, value)",
        "    for name, gradient in zip(inputs, gradients, strict=True):",
        f'        print({quoted("d" + name + "/d")} + name, "=", gradient)',
    ]


def _flat(graph: Graph) -> str:
    plan = Plan(graph, FLAT, RESERVED)
    out = output(plan) if graph.output in plan.names and not graph.constant[graph.output] else None
    body = ["# forward; jax.grad differentiates it"]
    body += fitted(f"{line.target} = {line.text}" for line in plan.forward)
    body += [f"return {out or f'jnp.asarray({output(plan)})'}"]
    function = [*bracketed(f"def {plan.function}(", [plan.names[i] for i in plan.inputs], "):"), *indented(body)]
    parts = [*helper_parts(plan), function, _usage(plan, plan.function)]
    return with_head(plan, SKELETON, "the value; the gradients are JAX's", parts)


def _module(graph: Graph) -> str:
    plan = Plan(graph, PLAIN, RESERVED)
    function = _function(plan, plan.function)
    parts = [*helper_parts(plan), function, _usage(plan, plan.function)]
    return with_head(plan, SKELETON, "a custom_vjp, forward and backward", parts)


TARGET = Target("jax", "JAX: jax.grad (flat) or a custom_vjp (module)", ".py", {"flat": _flat, "module": _module})
