"""One measurement of one engine, in a process of its own: ``python -m tests.bench.work TASK ENGINE COLLECTOR``.

Prints a JSON object: ``{"nodes": n, "result": x}``, the result being seconds (median of a few rounds after a
warm-up) or bytes. All engines run the same code on their own Value class; torch's is a tensor of one number.
"""

from __future__ import annotations

import gc
import importlib
import itertools
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

Loss = Callable[[], Any]


def value_class(engine: str) -> Any:
    """The engine's Value, imported alone."""
    if engine == "torch":
        import torch

        torch.set_num_threads(1)
        return lambda x: torch.tensor(x, dtype=torch.float64, requires_grad=True)
    return importlib.import_module({"gradviz": "gradviz.value", "micrograd": "micrograd.engine"}[engine]).Value


def mlp(value: Any) -> Loss:
    """The loss of a multi-layer perceptron 3-16-16-1 over 20 samples: about 14,000 nodes."""
    dice = random.Random(1)
    sizes = [3, 16, 16, 1]
    layers = [
        [([value(dice.uniform(-1, 1)) for _ in range(nin)], value(0.0)) for _ in range(nout)]
        for nin, nout in itertools.pairwise(sizes)
    ]
    samples = [([dice.uniform(-1, 1) for _ in range(3)], dice.choice((-1.0, 1.0))) for _ in range(20)]

    def predict(x: list[Any]) -> Any:
        for depth, layer in enumerate(layers):
            x = [sum((w * xi for w, xi in zip(weights, x, strict=True)), bias) for weights, bias in layer]
            if depth < 2:
                x = [out.relu() for out in x]
        return x[0]

    def loss() -> Any:
        total = value(0.0)
        for x, y in samples:
            error = predict(x) - y
            total = total + error * error
        return total

    return loss


Steps = list[tuple[bool, int, int]]  # add or multiply, and which earlier nodes


def random_steps(nodes: int) -> tuple[list[float], Steps]:
    """A random DAG: each node adds or multiplies two earlier ones, and all lead to the last.

    Sums of ends are taken in a balanced tree, because micrograd's recursion does not survive a chain. Numbers stay
    within [-1, 1]: two are added where the sum allows it, else multiplied.
    """
    dice = random.Random(2)
    leaves = [dice.uniform(-1, 1) for _ in range(100)]
    numbers = list(leaves)
    steps: Steps = []
    ends = dict.fromkeys(range(len(numbers)))

    def step(i: int, j: int) -> None:
        add = abs(numbers[i] + numbers[j]) <= 1
        steps.append((add, i, j))
        ends.pop(i, None)
        ends.pop(j, None)
        ends[len(numbers)] = None
        numbers.append(numbers[i] + numbers[j] if add else numbers[i] * numbers[j])

    while len(numbers) + len(ends) - 1 < nodes:
        step(dice.randrange(len(numbers)), dice.randrange(len(numbers)))
    while len(ends) > 1:
        level = list(ends)
        for i, j in zip(level[::2], level[1::2], strict=False):
            step(i, j)
    return leaves, steps


def dag(value: Any, nodes: int) -> Loss:
    """Builds the random DAG; its plan comes from another process, so that no freed memory of ours is at hand."""
    from array import array

    plan = subprocess.run(
        [sys.executable, "-m", "tests.bench.work", "plan", str(nodes)], check=True, capture_output=True
    ).stdout
    leaves, flat = array("d", plan[:800]), array("i", plan[800:])
    del plan

    def loss() -> Any:
        made = [value(x) for x in leaves]
        numbers = iter(flat)
        for add, i, j in zip(numbers, numbers, numbers, strict=True):
            made.append(made[i] + made[j] if add else made[i] * made[j])
        return made[-1]

    return loss


def chain(value: Any, nodes: int) -> Loss:
    """One gate after the other: ``v * w + w`` again and again."""
    w = value(0.5)

    def loss() -> Any:
        v = value(1.0)
        for _ in range(nodes // 2):
            v = v * w + w
        return v

    return loss


def print_plan(nodes: int) -> None:
    """The random DAG as bytes: 100 doubles, then three ints a step."""
    from array import array

    leaves, steps = random_steps(nodes)
    sys.stdout.buffer.write(array("d", leaves).tobytes())
    sys.stdout.buffer.write(array("i", [n for step in steps for n in step]).tobytes())


def count(output: Any) -> int:
    """The number of nodes behind an output, whichever engine made it."""
    seen, stack = {output}, [output]
    while stack:
        for v in stack.pop()._prev:
            if v not in seen:
                seen.add(v)
                stack.append(v)
    return len(seen)


def seconds(loss: Loss, release: bool, rounds: int = 3) -> float:
    """Build + backward: median after one warm-up round.

    ``release``: until the graph's memory is free again. Micrograd's graphs are reference cycles, so with the collector
    off that takes a collection, and without one they are never freed.
    """
    taken = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        output = loss()
        output.backward()
        if release:
            cycles = "micrograd" in type(output).__module__
            del output
            if cycles:
                gc.collect()
        taken.append(time.perf_counter() - start)
        output = None
    return statistics.median(taken[1:])


def peak() -> int:
    """The most memory this process ever had, in bytes.

    The resident set and not ``tracemalloc``: it is what the machine pays, with the allocator's rounding and the
    collector's headers, and measuring it does not change it. On Linux from /proc, because ``ru_maxrss`` there
    starts from the size of the parent process.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except FileNotFoundError:
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def memory(loss: Loss) -> int:
    """How much the peak rises for building and differentiating once."""
    gc.collect()
    before = peak()
    loss().backward()
    return peak() - before


SIZES = {"chain": 100_000, "dag": 100_000, "memory": 300_000}


def main(task: str, engine: str, collector: str) -> None:
    """Run one task and print what it took."""
    value = value_class(engine)
    loss = mlp(value) if task == "mlp" else (chain if task == "chain" else dag)(value, SIZES[task])
    # torch does not show its nodes: it has about as many as we have.
    nodes = SIZES.get(task) or count((mlp(value_class("gradviz")) if engine == "torch" else loss)())
    gc.collect()
    gc.freeze()
    if collector != "on":
        gc.disable()
    result = memory(loss) if task == "memory" else seconds(loss, collector == "release")
    print(json.dumps({"nodes": nodes, "result": result}))


if __name__ == "__main__":
    if sys.argv[1] == "plan":
        print_plan(int(sys.argv[2]))
    else:
        main(*sys.argv[1:])
