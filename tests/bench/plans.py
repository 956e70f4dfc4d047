"""The graph that is evaluated again and again: a random one of about 1,000 nodes over 16 inputs, for any engine.

Every engine's answer is compared with ours before it is measured: a benchmark of different work is none.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterable
from typing import Any

Step = tuple[str, int, int]
INPUTS, NODES, POINTS = 16, 1_000, 10_000


def steps(nodes: int, seed: int = 3) -> list[Step]:
    """A random plan: sums, products, differences and ReLUs; numbers stay small, everything leads to the end."""
    dice = random.Random(seed)
    numbers = [dice.uniform(-1, 1) for _ in range(INPUTS)]
    found: list[Step] = []
    loose = dict.fromkeys(range(INPUTS))

    def step(i: int, j: int) -> None:
        op = "sub" if dice.random() < 0.1 else "add"
        if dice.random() < 0.1 and len(found) + len(loose) < nodes:
            op = "relu"
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


def ours(plan: list[Step]) -> Any:
    """The plan as a Graph."""
    from gradviz import Graph, Value

    return Graph.of(run(plan, [Value(0.5, label=f"x{i}") for i in range(INPUTS)], lambda v: v.relu()))


def named(columns: list[Any]) -> dict[str, Any]:
    """The inputs by name."""
    return {f"x{i}": column for i, column in enumerate(columns)}


@functools.cache
def reference() -> list[float]:
    """Value and gradients at the one point, by our plain loops; rounding aside, everybody has to find these."""
    trace = ours(steps(NODES)).trace(named(points(1)))
    gradients = trace.gradients
    return [float(trace.output[0]), *(float(gradients[trace.graph.id(f"x{i}")][0]) for i in range(INPUTS))]


def agreed(answer: Iterable[Any]) -> None:
    """Check an engine's value and gradients at the (first) point.

    Raises:
        ArithmeticError: it computes something else.
    """
    found = [float(x) for x in answer]
    expected = reference()
    if len(found) != len(expected) or any(
        abs(a - b) > 1e-6 * max(1.0, abs(b)) for a, b in zip(found, expected, strict=False)
    ):
        raise ArithmeticError(f"other numbers than gradviz: {found[:3]} instead of {expected[:3]}")
