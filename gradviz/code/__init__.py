"""From a Graph to a program: the code you read is the code that runs.

One printer over the graph; a target is one file with a small table of spellings, found by its place here.

>>> import gradviz
>>> from gradviz.code import generate
>>> program = generate(gradviz.graph("q = x + y; f = q * z", x=-2, y=5, z=-4), "python")
>>> print("\\n".join(line for line in program.splitlines() if "dq" in line))
    dq = z * df  # multiply gate: swapper
    dx = dq  # add gate: distributor
    dy = dq
"""

from __future__ import annotations

from importlib import import_module

from gradviz.code.spelling import unknown
from gradviz.code.target import Target
from gradviz.graph import Graph

#: The targets by name, and the module of this folder in which each stands.
TARGETS = {
    "python": "python",
    "numpy": "numpy",
    "js": "javascript",
    "torch": "torch",
    "jax": "jax",
    "latex": "latex",
}
STYLES = ("flat", "module")


def target(name: str) -> Target:
    """A target by its name.

    Raises:
        GradvizError: there is none; all are listed.
    """
    if name not in TARGETS:
        raise unknown("target", name, list(TARGETS))
    found = import_module(f"gradviz.code.{TARGETS[name]}").TARGET
    assert isinstance(found, Target)
    return found


def generate(graph: Graph, name: str = "python", style: str = "flat") -> str:
    """The program of a graph.

    Args:
        graph: what it computes; numbers of inputs become the defaults of its parameters.
        name: the target, one of ``TARGETS``.
        style: flat (forward lines, then backward lines) or module (a class with forward and backward).

    Raises:
        GradvizError: an unknown target, or a style that it does not have.
    """
    language = target(name)
    if style not in language.styles:
        raise unknown(f"style of {name} called", style, list(language.styles))
    return language.styles[style](graph)
