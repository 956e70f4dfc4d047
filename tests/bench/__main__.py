"""Ratios against peers, measured in one run: ``python -m tests.bench [--rounds N] [--json FILE]``.

Run it from the project's folder, in an environment that has the peers (``pip install micrograd``); the last row
also needs a system ``dot``. Every measurement is a fresh process, peers take turns, medians of the rounds are
compared. No test asserts a time: the goals stand in the table, to be read.

The rows:

- *build + backward* of a loss of about 14,000 nodes, and of a random DAG of 100,000: with the garbage collector on
  (frozen after imports), which is how people run; with it off; and with it off, until the graph's memory is free
  again (micrograd's graphs are reference cycles, ours are not).
- *peak memory* a node, building and differentiating a random DAG of 300,000.
- *start*: ``gradviz --help`` against a Python that does nothing; ``gradviz render`` of the three-gate circuit
  against a script that pipes the same circuit through ``dot``.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench import startup


class Row(NamedTuple):
    """A comparison: what is measured, ours and the peer's way to measure it once, and the goal."""

    name: str
    unit: str
    ours: Callable[[], float]
    peers: Callable[[], float]
    peer: str
    goal: float
    at_most: bool = False  # the goal limits ours / peer's; else it is peer's / ours to be reached


def worker(task: str, engine: str, collector: str) -> float:
    """Microseconds or bytes a node, measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.work", task, engine, collector], check=True, capture_output=True
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer["result"] / answer["nodes"] * (1 if task == "memory" else 1e6)


def against_micrograd(name: str, task: str, collector: str, goal: float) -> Row:
    """A row of the engine."""
    return Row(
        name,
        "B/node" if task == "memory" else "µs/node",
        lambda: worker(task, "gradviz", collector),
        lambda: worker(task, "micrograd", collector),
        "micrograd",
        goal,
    )


def processes(name: str, ours: str, peers: str, peer: str, goal: float) -> Row:
    """A row of whole processes."""
    return Row(
        name, "ms", lambda: 1e3 * startup.seconds(ours), lambda: 1e3 * startup.seconds(peers), peer, goal, at_most=True
    )


def rows() -> list[Row]:
    """All comparisons that this environment allows; says what is missing for the others."""
    found = [
        against_micrograd("MLP loss, 14,000 nodes, collector on", "mlp", "on", 4),
        against_micrograd("MLP loss, collector off", "mlp", "off", 2),
        against_micrograd("MLP loss, collector off, with release", "mlp", "release", 2),
        against_micrograd("random DAG, 100,000 nodes, collector on", "dag", "on", 3),
        against_micrograd("random DAG, collector off", "dag", "off", 1),
        against_micrograd("peak memory, DAG of 300,000 nodes", "memory", "on", 3),
        processes("gradviz --help", "help", "python", "python -c pass", 6),
    ]
    if shutil.which("dot"):
        found.append(processes("gradviz render, three gates", "render", "dot", "graphviz + dot", 2.5))
    else:
        print("no system `dot`: the row `gradviz render` is left out", file=sys.stderr)
    return found


def measured(row: Row, rounds: int) -> dict[str, Any]:
    """Both sides in turn; medians and their ratio."""
    pairs = [(row.ours(), row.peers()) for _ in range(rounds)]
    ours, peers = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = ours / peers if row.at_most else peers / ours
    return {
        "name": row.name, "unit": row.unit, "ours": ours, "peer": row.peer, "peers": peers, "ratio": ratio,
        "goal": f"{'<=' if row.at_most else '>='} {row.goal:g}",
        "reached": ratio <= row.goal if row.at_most else ratio >= row.goal,
    }  # fmt: skip


def main() -> int:
    """Measure, print the table, write JSON where asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Ratios against peers, in one run.")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each side (default 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args()
    if missing := [name for name in ("micrograd", "graphviz") if importlib.util.find_spec(name) is None]:
        print(f"the peers are not installed: pip install {' '.join(missing)}", file=sys.stderr)
        return 1
    print(
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, medians of {options.rounds}\n"
    )
    print(f"{'':42} {'gradviz':>9} {'peer':>9}         {'ratio':>6}  goal")
    figures, failed = [], False
    for row in rows():
        try:
            figure = measured(row, options.rounds)
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode("utf-8", "replace").strip().splitlines()
            print(f"{row.name:42} failed: {said[-1] if said else error}", flush=True)
            failed = True
            continue
        figures.append(figure)
        print(
            f"{row.name:42} {figure['ours']:9.2f} {figure['peers']:9.2f} {row.unit:7} {figure['ratio']:6.2f}  "
            f"{figure['goal']:7} {'' if figure['reached'] else 'MISSED '}({row.peer})",
            flush=True,
        )
    if options.json:
        options.json.write_text(json.dumps({"python": platform.python_version(), "figures": figures}, indent=1) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
