"""Whole processes: how long the command line takes to say something, against bare Python and bare ``dot``."""

from __future__ import annotations

import subprocess
import sys
import time

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


def seconds(process: str) -> float:
    """One run of one of ``PROCESSES``, from start to exit.

    Raises:
        subprocess.CalledProcessError: it failed; a failure is no measurement.
    """
    start = time.perf_counter()
    subprocess.run([sys.executable, *PROCESSES[process]], check=True, capture_output=True)
    return time.perf_counter() - start
