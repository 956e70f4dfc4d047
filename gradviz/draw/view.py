"""What a picture shows; how it shows it is the business of the painters.

A View is plain data: one Cell for every node that stays visible, in topological order, each with
its ordered Ports. Values and gradients are already formatted text; what is hidden is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["input", "const", "gate", "copy", "box"]
Mark = Literal["nonfinite", "tie"]


@dataclass(frozen=True, slots=True)
class Port:
    """One operand slot of a cell: where it is fed from and what flows back along it."""

    source: int  # index in View.cells of the cell that feeds this slot
    slot: int  # position among the gate's operands
    share: str | None = None  # the gradient contribution along this edge, as text
    local: str | None = None  # the local derivative, as text (only with --locals)


@dataclass(frozen=True, slots=True)
class Cell:
    """One visible node."""

    node: int  # id in the Graph
    key: str  # stable and unique: the name, or v1, v2, …
    kind: Kind  # "copy" is a plain renaming c = x; "box" a folded library function
    glyph: str  # what the gate's circle says: "×", "exp", "×−1"; "" for inputs and constants
    name: str | None = None  # what the user wrote; automatic names are never shown
    value: str | None = None  # None: nothing to show (hidden, or not computed)
    grad: str | None = None  # None: nothing to show (hidden, or not computed)
    ports: tuple[Port, ...] = ()
    mark: Mark | None = None  # the first gate that gave inf or nan; a max/min at a tie
    pattern: str = ""  # "distributor", "swapper", "router", … for the legend


@dataclass(frozen=True, slots=True)
class View:
    """Everything a painter needs: cells in topological order, and which is the output."""

    cells: tuple[Cell, ...]
    output: int  # index in cells
