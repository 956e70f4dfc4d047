"""Building a graph and differentiating it once, as a training loop does; and the memory that takes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

from tests.bench.compare import Workload

Side = Callable[[], Callable[[], float]]


def worker(task: str, engine: str, collector: str) -> float:
    """Microseconds or bytes a node, measured in a process of its own.

    Raises:
        subprocess.CalledProcessError: the engine failed (micrograd on a long chain).
    """
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.work", task, engine, collector], check=True, capture_output=True
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer["result"] / answer["nodes"] * (1 if task == "memory" else 1e6)


def side(task: str, engine: str, collector: str) -> Side:
    """A process a measurement."""
    return lambda: lambda: worker(task, engine, collector)


def row(name: str, task: str, collector: str, goal: float | None, torch: bool = False) -> Workload:
    """Ours against micrograd, and where asked for against torch's scalar tensors."""
    engines = {"gradviz": "gradviz", "micrograd": "micrograd", **({"torch scalars": "torch"} if torch else {})}
    return Workload(
        "building",
        name,
        "B/node" if task == "memory" else "µs/node",
        {shown: side(task, engine, collector) for shown, engine in engines.items()},
        {} if goal is None else {"micrograd": goal},
    )


def workloads() -> list[Workload]:
    """The rows of this family."""
    return [
        row("MLP loss, 14,000 nodes, collector on", "mlp", "on", 4, torch=True),
        row("MLP loss, collector off", "mlp", "off", 2),
        row("MLP loss, collector off, with release", "mlp", "release", 2),
        row("chain of 100,000 nodes", "chain", "on", None, torch=True),
        row("random DAG, 100,000 nodes, collector on", "dag", "on", 3),
        row("random DAG, collector off", "dag", "off", 1),
        row("peak memory, DAG of 300,000 nodes", "memory", "on", 3, torch=True),
    ]
