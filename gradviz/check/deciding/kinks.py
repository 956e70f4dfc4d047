"""Kinks: the places where a piece of either side begins.

A kink is where some difference of two nodes changes its sign: the arguments of max and min, of a comparison, of
|x|, ReLU and its kind against 0, of clip against its bounds. A fold is a place where √ and its kind turn round without
a change of sign: √(x − 50)² is 50 − x on one side alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from gradviz.check.deciding.running import COMPARISONS, Run, run_block
from gradviz.check.deciding.sides import Sides
from gradviz.gates import GATES, Gate
from gradviz.graph import Tape

#: Gates that undo another one on one of its pieces only, and undefined outside of a piece.
_FOLDING = frozenset({"sqrt", "log", "log1p", "pow", "asin", "acos", "atan"})
#: What makes an argument touch 0, or turn round; below a positive gate nothing does.
_TURNING = frozenset({"square", "pow", "mul", "div", "reciprocal", "sin", "cos", "tan"})
_POSITIVE = frozenset({"exp", "sigmoid", "softplus", "cosh"})
_NEXT = 2.0**-24  # how far away a difference is still 0 if it is 0 on a whole piece


class Kink(NamedTuple):
    """The difference of two nodes of one tape; ``b`` None for the number 0."""

    upper: bool  # of the sides; else of the problem
    a: int
    b: int | None

    def difference(self, run: Run) -> Any:
        """Its value at the points of a run."""
        values = run.upper() if self.upper else run.base
        return values[self.a] if self.b is None else values[self.a] - values[self.b]


def kinks(sides: Sides) -> list[Kink]:
    """Every kink that either side depends on."""
    found = [Kink(False, a, b) for a, b in _differences(sides.base.tape, sides.used)]
    found += [Kink(True, a, b) for a, b in _differences(sides.tape, None)]
    return list(dict.fromkeys(found))


def folds(sides: Sides, *, every: bool = False) -> list[Kink]:
    """The arguments of √, log and the like that may turn round at 0; every: all of them, as bounds of the domain."""
    found: list[Kink] = []
    for upper, tape, used in ((False, sides.base.tape, sides.used), (True, sides.tape, None)):
        for i, row in enumerate(tape.gates):
            if row.name in _FOLDING and (used is None or used[i]) and (every or _turns(tape, tape.of(i)[0])):
                if row.name != "pow" or not (upper and _whole(sides, tape.of(i)[1])):
                    found.append(Kink(upper, tape.of(i)[0], None))
                if row.name == "atan":  # on either side of a pole
                    found += [Kink(upper, j, None) for j in _denominators(tape, i)]
    return list(dict.fromkeys(found))


def _whole(sides: Sides, exponent: int) -> bool:
    """Whether an exponent is a whole number."""
    return exponent in sides.literals and sides.literals[exponent][0].is_integer()


def _turns(tape: Tape, node: int) -> bool:
    return any(tape.gates[i].name in _TURNING for i in _inside(tape, node))


def _denominators(tape: Tape, node: int) -> list[int]:
    below = {"div": -1, "reciprocal": 0}
    return [tape.of(i)[below[name]] for i in _inside(tape, node) if (name := tape.gates[i].name) in below]


def _inside(tape: Tape, node: int) -> Iterator[int]:
    """The nodes behind a node; what lies behind a positive gate touches nothing."""
    waiting, seen = [node], set[int]()
    while waiting:
        i = waiting.pop()
        if i not in seen:
            seen.add(i)
            yield i
            if tape.gates[i].name not in _POSITIVE:
                waiting += tape.of(i)


def _differences(tape: Tape, used: bytearray | None) -> Iterator[tuple[int, int | None]]:
    for i, row in enumerate(tape.gates):
        if used is not None and not used[i]:
            continue
        operands = tape.of(i)
        if row.name in ("max", "min"):
            pairs = [(a, b) for k, a in enumerate(operands) for b in operands[k + 1 :]]
            yield from pairs if len(operands) <= 5 else [(a, i) for a in operands]
        elif row.name in COMPARISONS or row.name == "clip":
            yield from ((operands[0], b) for b in operands[1:])
        elif row.name.endswith("′") and _has_kink(row.name[:-1]):
            if row.name != "clip′":
                yield operands[1], None
        elif (row.name == "where" and tape.gates[operands[0]].name not in COMPARISONS) or _has_kink(row.name):
            yield operands[0], None


def _has_kink(name: str) -> bool:
    row: Gate | None = GATES.get(name)
    return row is not None and row.kink is not None


def on_kinks(run: Run, count: int, found: Sequence[Kink]) -> Any:
    """For every kink the points exactly on it, where only conventions hold. A difference that is 0 on a whole piece,
    as in |relu(x)|, makes no kink there: it is still 0 a little further on."""
    import numpy as np

    on = np.zeros((len(found), count), dtype=bool)
    for row, kink in zip(on, found, strict=True):
        row[:] = kink.difference(run) == 0
    which = np.flatnonzero(on.any(axis=0))
    if len(which) and run.points:
        columns = {i: np.broadcast_to(x, (count,))[which] for i, x in run.points.items()}
        aside = {i: _NEXT * (1 + (0.6180339887498949 * k) % 1) for k, i in enumerate(columns, 1)}
        near = {i: np.concatenate([x + s * aside[i] * (1 + np.abs(x)) for s in (1, -1)]) for i, x in columns.items()}
        there = run_block(run.sides, near, 2 * len(which))
        for row, kink in zip(on, found, strict=True):
            if row.any():
                still = np.broadcast_to(kink.difference(there) == 0, (2 * len(which),)).reshape(2, -1).all(axis=0)
                row[which] &= ~still
    return on


def on_a_kink(run: Run, count: int, found: Sequence[Kink]) -> Any:
    """The points exactly on any kink."""
    return on_kinks(run, count, found).any(axis=0)


def sides_of(run: Run, count: int, found: Sequence[Kink]) -> Any:
    """1 for every point above a kink, else 0 (kink × point)."""
    import numpy as np

    above = np.zeros((len(found), count))
    for row, kink in zip(above, found, strict=True):
        row[:] = kink.difference(run) > 0
    return above
