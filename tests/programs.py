"""Graphs to print as programs, and ways to run the programs: what the tests of ``gradviz.code`` share."""

from __future__ import annotations

import json
import math
import random
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import gradviz
from gradviz.code import generate
from gradviz.gates import GATES, INPUT
from gradviz.graph import Graph
from gradviz.value import Value, apply

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.gradviz"))
FRIENDLY = (-2.0, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 2.0, 3.0)
EDGES = (0.0, -0.0, 1.0, -1.0, 800.0, -800.0, 1e200, -1e200, 1e-320, math.inf, -math.inf, math.nan)

Answer = tuple[float, dict[str, float]]


def random_graph(seed: int, *, edges: bool = False, nodes: int = 12) -> Graph:
    """A graph over all rows of the table, with sharing, ties, constants, and inputs that lead nowhere."""
    dice = random.Random(f"program {seed}")
    numbers = EDGES if edges else FRIENDLY
    made: list[Any] = [
        Value(dice.choice(numbers), label=name) for name in ("x", "y[0]", "lambda")[: dice.randint(1, 3)]
    ]
    inputs = list(made)
    rows = list(GATES.values())
    for step in range(dice.randint(1, nodes)):
        row = dice.choice(rows)
        arity = row.arity or dice.randint(1, 4)
        operands = [dice.choice(made[-5:]) if dice.random() < 0.8 else dice.choice(FRIENDLY) for _ in range(arity)]
        if row.name == "clip":
            operands[1:] = sorted(dice.sample(FRIENDLY, 2))
        if not any(isinstance(operand, Value) for operand in operands):
            operands[0] = made[0]
        made.append(apply(row, *operands))
        if dice.random() < 0.2:
            made[-1].name = f"n{step}"
    return Graph.of(*inputs, made[-1])


def examples() -> dict[str, Graph]:
    """The packaged circuits."""
    return {path.stem: gradviz.graph(path.read_text("utf-8")) for path in EXAMPLES}


def traced(graph: Graph) -> Answer:
    """What all programs are compared with."""
    trace = graph.trace()
    assert trace.gradients is not None
    grads = {graph.names[i]: trace.gradients[i] for i, row in enumerate(graph.gates) if row is INPUT}
    return trace.output, grads


def defined(source: str, kind: str = "def") -> Any:
    """The last function or class that a printed program defines; its main part does not run."""
    names: dict[str, Any] = {"__name__": "printed"}
    exec(compile(source, "<printed>", "exec"), names)
    return names[re.findall(rf"^{kind} (\w+)", source, re.MULTILINE)[-1]]


def run(graph: Graph, target: str, style: str) -> Answer:
    """The answer of a printed Python or NumPy program."""
    source = generate(graph, target, style)
    if style == "flat":
        value, grads = defined(source)()
    else:
        layer = defined(source, "class")()
        value, grads = layer.forward(), layer.backward()
    return float(value), {name: float(grad) for name, grad in grads.items()}


def run_torch(graph: Graph, style: str) -> Answer:
    """The answer of a printed PyTorch program."""
    import torch

    source = generate(graph, "torch", style)
    inputs = {name: torch.tensor(graph[name].data, dtype=torch.float64, requires_grad=True) for name in graph.inputs}
    called = defined(source) if style == "flat" else defined(source, "class")()
    value = called(*inputs.values())
    if value.requires_grad:
        value.backward()
    return value.item(), {n: 0.0 if t.grad is None else t.grad.item() for n, t in inputs.items()}


def run_jax(graph: Graph, style: str) -> Answer:
    """The answer of a printed JAX program."""
    import jax

    source = generate(graph, "jax", style)
    title = source.split(":")[0].strip('"')
    names: dict[str, Any] = {"__name__": "printed"}
    exec(compile(source, "<printed>", "exec"), names)
    inputs = [graph[name].data for name in graph.inputs]
    value, grads = jax.value_and_grad(names[title], argnums=tuple(range(len(inputs))))(*inputs)
    return float(value), dict(zip(graph.inputs, map(float, grads), strict=True))


_SHOWN = re.compile(r"^(console\.log|const layer).*$", re.MULTILINE)


def run_javascript(graphs: list[Graph], style: str) -> list[Answer]:
    """The answers of printed JavaScript programs, all in one node."""
    parts = []
    for graph in graphs:
        source = generate(graph, "js", style)
        kind = "function" if style == "flat" else "class"
        name = re.findall(rf"^{kind} ([^\s({{]+)", source, re.MULTILINE)[-1]
        call = f"{name}()" if style == "flat" else f"((l) => [l.forward(), l.backward()])(new {name}())"
        parts.append(f"results.push((() => {{\n{_SHOWN.sub('', source)}\nreturn {call};\n}})());")
    program = '"use strict";\nconst results = [];\n' + "\n".join(parts)
    program += "\nconsole.log(JSON.stringify(results, (key, v) => typeof v === 'number' ? String(v) : v));\n"
    done = subprocess.run(["node"], input=program.encode(), capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()[:2000]
    return [
        (_number(value), {name: _number(grad) for name, grad in grads.items()})
        for value, grads in json.loads(done.stdout)
    ]


def _number(text: str) -> float:
    return float(text.replace("Infinity", "inf"))


def close(first: float, second: float, tolerance: float) -> bool:
    """Equal, both nan, or nearly equal."""
    if first != first or second != second:
        return first != first and second != second
    return first == second or math.isclose(first, second, rel_tol=tolerance, abs_tol=tolerance)


def difference(graph: Graph, got: Answer, tolerance: float = 1e-11, wanted: Answer | None = None) -> str:
    """Where an answer differs from the trace; empty where it does not."""
    value, grads = wanted or traced(graph)
    if list(got[1]) != list(grads):
        return f"gradients for {list(got[1])}"
    if not close(got[0], value, tolerance):
        return f"value {got[0]} for {value}"
    wrong = [f"d/d{n} = {got[1][n]} for {grads[n]}" for n in grads if not close(got[1][n], grads[n], tolerance)]
    return ", ".join(wrong)


def finite(graph: Graph) -> bool:
    """Whether no number of the trace is inf or nan, so that no framework's own rule for those matters."""
    trace = graph.trace()
    assert trace.gradients is not None
    return all(math.isfinite(x) and abs(x) < 1e30 for x in (*trace.values, *trace.gradients))


@cache
def graphs() -> tuple[Graph, ...]:
    """All examples and a few hundred random graphs, a third of them at the edges of the numbers."""
    few = [random_graph(seed, edges=seed % 3 == 0) for seed in range(360)]
    return (*examples().values(), *few)
