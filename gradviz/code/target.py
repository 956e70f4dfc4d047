"""Target: one language that programs are printed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gradviz.graph import Graph


@dataclass(frozen=True, slots=True)
class Target:
    """One language, and the styles in which it prints a graph.

    Args:
        name: what ``--target`` calls it.
        about: one line.
        suffix: how its files end.
        styles: by name, the function that prints.
    """

    name: str
    about: str
    suffix: str
    styles: Mapping[str, Callable[[Graph], str]]
