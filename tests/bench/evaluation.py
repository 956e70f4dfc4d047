"""Evaluating one graph again and again: ``python -m tests.bench.evaluation [--rounds N] [--json FILE]``.

Value and all gradients of a random graph of about 1,000 nodes over 16 inputs, at one new point and at 10,000 points in
a batch, against micrograd (rebuild and backward), CasADi (a compiled SX function, its map) and PyTorch (batched, one
thread); and the cost of a node at a thousand and at a million nodes. Peers that are not installed are left out.
Engines take turns; medians of the rounds are compared. No test asserts a time.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Step = tuple[str, int, int]
INPUTS, NODES, POINTS = 16, 1_000, 10_000
ONE_POINT, BATCH, BARE = "one point", "10,000 points", "one point, CasADi's memory buffers"


def steps(nodes: int, seed: int = 3) -> list[Step]:
    """A random plan: sums, products, differences and ReLUs; numbers stay small, everything leads to the end."""
    dice = random.Random(seed)
    numbers = [dice.uniform(-1, 1) for _ in range(INPUTS)]
    found: list[Step] = []
    loose = dict.fromkeys(range(INPUTS))

    def step(i: int, j: int) -> None:
        op = (
            "relu"
            if dice.random() < 0.1 and len(found) + len(loose) < nodes
            else "sub"
            if dice.random() < 0.1
            else "add"
        )
        made = {"relu": max(numbers[i], 0.0), "sub": numbers[i] - numbers[j], "add": numbers[i] + numbers[j]}[op]
        if abs(made) > 1:
            op, made = "mul", numbers[i] * numbers[j]
        found.append((op, i, j))
        loose.pop(i, None)
        if op != "relu":
            loose.pop(j, None)
        loose[len(numbers)] = None
        numbers.append(made)

    while len(found) + len(loose) < nodes:
        step(dice.randrange(len(numbers)), dice.randrange(len(numbers)))
    while len(loose) > 1:
        level = list(loose)
        for first, second in zip(level[::2], level[1::2], strict=False):
            step(first, second)
    return found


def run(plan: list[Step], values: list[Any], relu: Callable[[Any], Any]) -> Any:
    """The plan on anybody's numbers."""
    made = list(values)
    for op, i, j in plan:
        a, b = made[i], made[j]
        made.append(a + b if op == "add" else a * b if op == "mul" else a - b if op == "sub" else relu(a))
    return made[-1]


def points(count: int) -> list[list[float]]:
    """For every input its numbers."""
    dice = random.Random(4)
    return [[dice.uniform(-1, 1) for _ in range(count)] for _ in range(INPUTS)]


def gradviz_engine(plan: list[Step]) -> dict[str, Callable[[], Any]]:
    """Ours: the compiled graph."""
    import numpy as np

    from gradviz import Graph, Value

    graph = Graph.of(run(plan, [Value(0.5, label=f"x{i}") for i in range(INPUTS)], lambda v: v.relu()))
    compiled = graph.compile()
    one = {f"x{i}": column[0] for i, column in enumerate(points(1))}
    many = {f"x{i}": np.array(column) for i, column in enumerate(points(POINTS))}
    return {ONE_POINT: lambda: compiled(one), BARE: lambda: compiled(one), BATCH: lambda: compiled(many)}


def micrograd_engine(plan: list[Step]) -> dict[str, Callable[[], Any]]:
    """micrograd: everything is built again for every point."""
    from micrograd.engine import Value

    one = [column[0] for column in points(1)]

    def again() -> None:
        run(plan, [Value(x) for x in one], lambda v: v.relu()).backward()

    return {ONE_POINT: again}


def casadi_engine(plan: list[Step]) -> dict[str, Callable[[], Any]]:
    """CasADi: an SX function of value and gradient as one calls it and through its buffers, and its serial map."""
    import casadi
    import numpy as np

    x = casadi.SX.sym("x", INPUTS)
    f = run(plan, [x[i] for i in range(INPUTS)], lambda v: casadi.fmax(v, 0))
    function = casadi.Function("f", [x], [f, casadi.gradient(f, x)])
    given = np.array([column[0] for column in points(1)])
    mapped, many = function.map(POINTS), casadi.DM(np.array(points(POINTS)))
    buffer, evaluate = function.buffer()
    kept = given, np.zeros(1), np.zeros(INPUTS), buffer  # evaluate only points to them

    def bare() -> tuple[Any, ...]:
        evaluate()
        return kept

    buffer.set_arg(0, memoryview(kept[0]))
    buffer.set_res(0, memoryview(kept[1]))
    buffer.set_res(1, memoryview(kept[2]))
    return {ONE_POINT: lambda: function(given), BARE: bare, BATCH: lambda: mapped(many)}


def torch_engine(plan: list[Step]) -> dict[str, Callable[[], Any]]:
    """PyTorch on tensors of points, one thread."""
    import torch

    torch.set_num_threads(1)
    many = [torch.tensor(column, dtype=torch.float64, requires_grad=True) for column in points(POINTS)]

    def again() -> None:
        for tensor in many:
            tensor.grad = None
        run(plan, list(many), torch.relu).sum().backward()

    return {BATCH: again}


ENGINES = {"gradviz": gradviz_engine, "micrograd": micrograd_engine, "casadi": casadi_engine, "torch": torch_engine}
GOALS = {
    ("micrograd", ONE_POINT): 6.0, ("casadi", ONE_POINT): 0.3, ("casadi", BARE): 0.3,
    ("micrograd", BATCH): 150.0, ("torch", BATCH): 0.8,
    ("casadi", BATCH): 2.0,
}  # fmt: skip


def seconds(task: Callable[[], Any]) -> float:
    """One measurement: as many runs as fill a twentieth of a second."""
    start = time.perf_counter()
    task()
    times = max(1, int(0.05 / max(time.perf_counter() - start, 1e-7)))
    start = time.perf_counter()
    for _ in range(times):
        task()
    return (time.perf_counter() - start) / times


def per_node(nodes: int) -> float:
    """Seconds a node for value and gradients by the two loops, which is what runs beyond a few thousand nodes."""
    from gradviz import Graph, Value

    graph = Graph.of(run(steps(nodes), [Value(0.5, label=f"x{i}") for i in range(INPUTS)], lambda v: v.relu()))
    one = {f"x{i}": column[0] for i, column in enumerate(points(1))}
    graph.trace(one)
    return statistics.median(seconds(lambda: graph.trace(one)) for _ in range(3)) / len(graph)


def measured(rounds: int) -> list[dict[str, Any]]:
    """All engines in turn; a figure for every peer and workload."""
    plan = steps(NODES)
    tasks = {name: engine(plan) for name, engine in ENGINES.items() if importlib.util.find_spec(name) is not None}
    gc.collect()
    gc.freeze()  # one engine's objects are no burden on another's collector
    times: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        for name, work in tasks.items():
            for workload, task in work.items():
                times.setdefault((name, workload), []).append(seconds(task))
    medians = {key: statistics.median(values) for key, values in times.items()}
    if ("micrograd", ONE_POINT) in medians:
        medians["micrograd", BATCH] = POINTS * medians["micrograd", ONE_POINT]
    figures = []
    for (name, workload), goal in GOALS.items():
        if (name, workload) in medians:
            ours, peers = medians["gradviz", workload], medians[name, workload]
            figures.append(
                {"name": f"value and gradients, {workload}", "peer": name, "unit": "µs", "ours": ours * 1e6,
                 "peers": peers * 1e6, "ratio": peers / ours, "goal": f">= {goal:g}", "reached": peers / ours >= goal}
            )  # fmt: skip
    return figures


def main() -> int:
    """Measure, print the table, write JSON where asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.evaluation", description="One graph, many points.")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each engine (default 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args()
    figures = measured(options.rounds)
    small, large = per_node(1_000), per_node(1_000_000)
    figures.append(
        {"name": "a node in the loops, 1,000,000 against 1,000", "peer": "itself", "unit": "ns", "ours": large * 1e9,
         "peers": small * 1e9, "ratio": large / small, "goal": "<= 5", "reached": large / small <= 5}
    )  # fmt: skip
    for figure in figures:
        print(
            f"{figure['name']:48} {figure['ours']:12.2f} {figure['peers']:12.2f} {figure['unit']:3}"
            f" {figure['ratio']:8.2f}  {figure['goal']:7} {'' if figure['reached'] else 'MISSED '}({figure['peer']})"
        )
    if options.json:
        options.json.write_text(json.dumps({"figures": figures}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
