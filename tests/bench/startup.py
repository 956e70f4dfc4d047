"""Whole processes: how long the command line takes to say something, against bare Python and bare ``dot``.

Compiled modules are kept, as they are wherever pip installs something: both sides run once unmeasured and share a
folder of bytecode of this run, also where ``PYTHONDONTWRITEBYTECODE`` is set (else gradviz, being run from its
source, would be compiled anew each time, and what pip installed would not).
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from tests.bench.compare import Workload

#: The three-gate circuit as one would draw it without gradviz: the ``graphviz`` package and a system ``dot``.
BY_HAND = """
import graphviz
g = graphviz.Digraph(graph_attr={"rankdir": "LR"})
for name, label in {"x": "x -2", "y": "y 5", "z": "z -4", "q": "q 3", "f": "f -12"}.items():
    g.node(name, label=label, shape="record")
for user, operands in {"q": "xy", "f": "qz"}.items():
    g.node(user + "-gate", label="+" if user == "q" else "×", shape="circle")
    g.edge(user + "-gate", user)
    for operand in operands:
        g.edge(operand, user + "-gate")
g.pipe(format="svg")
"""
CIRCUIT = ("q = x + y; f = q * z", "x=-2", "y=5", "z=-4")

PROCESSES: dict[str, tuple[str, ...]] = {
    "python": ("-c", "pass"),
    "help": ("-m", "gradviz", "--help"),
    "dot": ("-c", BY_HAND),
    "render": ("-m", "gradviz", "render", *CIRCUIT, "-o", "-", "--format", "svg"),
}


@functools.cache
def environment() -> dict[str, str]:
    """Ours, with a folder for bytecode that ends with this process."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": folder}


def run(process: str) -> None:
    """One run of one of ``PROCESSES``.

    Raises:
        subprocess.CalledProcessError: it failed; a failure is no measurement.
    """
    subprocess.run([sys.executable, *PROCESSES[process]], check=True, capture_output=True, env=environment())


warm_up = functools.cache(run)


def seconds(process: str) -> float:
    """The time of one run, from start to exit; before the first one there is one that is not measured."""
    warm_up(process)
    start = time.perf_counter()
    run(process)
    return time.perf_counter() - start


def once(process: str) -> Callable[[], Callable[[], float]]:
    """A side: one process a measurement, in milliseconds."""
    return lambda: lambda: 1e3 * seconds(process)


def workloads() -> list[Workload]:
    """Help, and a picture of the three-gate circuit (its peer needs a system ``dot``)."""
    bare = {"gradviz": once("help"), "python -c pass": once("python")}
    found = [Workload("start", "gradviz --help", "ms", bare, {"python -c pass": 6}, at_most=True)]
    drawn, peer = {"gradviz": once("render")}, "graphviz + dot"
    if shutil.which("dot"):
        drawn[peer] = once("dot")
    return [*found, Workload("start", "gradviz render, three gates", "ms", drawn, {peer: 2.5}, at_most=True)]
