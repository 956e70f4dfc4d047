"""Decimals as intervals: 0.73 stands for whatever may be written so.

A person rounds or cuts off, sometimes after every step. So a literal that was typed with two digits or more may be off
by one unit of its last place inside a formula, and a result by half a unit, or one if it was cut off. Literals that are
numbers of the problem are exact, and so are integers of one or two digits, fractions of integers, and what stands by
a name: there an integer is a coefficient, and a decimal of one digit has not been rounded. How far a side can be off
follows from the backward pass: the sum of |∂side/∂literal| · unit.
"""

from __future__ import annotations

import re
from typing import Any

from gradviz.check.deciding.running import TOTAL, Reading, Run
from gradviz.check.deciding.sides import Sides
from gradviz.passes import backward

_LITERAL = re.compile(r"[-+]?(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d{1,3}))?")
_NOISE = 1e-11  # of doubles


def unit(text: str, *, approx: bool = False) -> float:
    """One unit of the last place, if the literal can stand for a rounded number, else 0.

    Args:
        text: as typed.
        approx: after ≈ every number is rounded.

    >>> unit("0.73"), unit("2"), unit("0.5"), unit("384"), unit("1.5e-4")
    (0.01, 0.0, 0.0, 1.0, 1e-05)
    """
    found = _LITERAL.fullmatch(text.replace(" ", "").replace("−", "-"))
    if found is None or not (found[1] or found[2]):
        return 0.0
    decimals, power = len(found[2] or ""), int(found[3] or 0)
    shown = len((found[1] + (found[2] or "")).lstrip("0"))
    if approx or (decimals and max(shown, decimals) >= 2) or (not decimals and shown >= 3):
        return float(f"1e{power - decimals}")
    return 0.0


def agree(run: Run, reading: Reading = TOTAL, *, approx: bool = False) -> tuple[Any, bool]:
    """Where the sides agree as far as their decimals go, and whether rounding was needed for it.

    Args:
        run: both sides at the given inputs (a block of points).
        reading: which derivatives are read as local.
        approx: whether the sign between them was ≈.
    """
    return agree_values(run, run.upper(reading), approx=approx)


def agree_values(run: Run, values: list[Any], *, approx: bool = False) -> tuple[Any, bool]:
    """The same for other numbers at the nodes of the sides."""
    import numpy as np

    sides = run.sides
    left, right = values[sides.left], values[sides.right]
    spread = [_spread(run, values, root, approx) for root in (sides.left, sides.right)]
    bare = [_bare_unit(sides, root, approx) for root in (sides.left, sides.right)]
    gap = np.abs(left - right)
    noise = _NOISE * np.maximum(np.abs(left), np.abs(right))
    allowed = spread[0] + spread[1]
    for own, other, mine, theirs in ((0, 1, left, right), (1, 0, right, left)):
        if bare[own]:
            cut = (np.abs(theirs) >= np.abs(mine)) & ((np.sign(theirs) == np.sign(mine)) | (mine == 0))
            chained = (spread[other] > 0) | bool(bare[other])
            allowed = allowed + np.where(chained, 1.0, np.where(cut, 0.9999, 0.5)) * bare[own]
    found = np.isfinite(gap) & (gap <= allowed * (1 + 1e-9) + noise)
    return found, bool(np.any(found & (gap > noise)))


def _bare_unit(sides: Sides, root: int, approx: bool) -> float:
    """The unit of a side that is one number and nothing else."""
    if sides.tape.gates[root].name == "neg":
        root = sides.tape.of(root)[0]
    text = sides.typed.get(root)
    return 0.0 if text is None else unit(text, approx=approx)


def _spread(run: Run, values: list[Any], root: int, approx: bool) -> Any:
    """How far a side can be off by the decimals in it."""
    import numpy as np

    sides = run.sides
    if _bare_unit(sides, root, approx):
        return 0.0
    behind = _marks(sides, root)
    known = _known(sides)
    formula = any(behind[i] for i in (*sides.nodes, *sides.derivatives))
    whole = _in_fractions(sides)
    units = {
        i: size
        for i, text in sides.typed.items()
        if behind[i]
        and i not in sides.exponents
        and i not in whole
        and abs(sides.literals[i][0]) not in known
        and not (formula and _coefficient(text))
        and (size := unit(text))
    }
    if not units:
        return 0.0
    gradients = backward(sides.tape, values, root, behind, run.kind, seed=run.one)
    spread = sum((np.abs(gradients[i]) * size for i, size in units.items()), 0.0)
    return np.where(np.isfinite(spread), spread, 0.0)


def _coefficient(text: str) -> bool:
    """Whether a literal beside a name is meant as it stands: an integer, or a decimal with a single digit."""
    found = _LITERAL.fullmatch(text)
    return found is not None and (not found[2] or len((found[1] + found[2]).lstrip("0")) < 2)


def _in_fractions(sides: Sides) -> set[int]:
    """The integers that are divided by an integer, or divide one: 395306/4 is exact."""
    tape = sides.tape
    found = set[int]()
    for i, row in enumerate(tape.gates):
        if row.name == "div":
            pair = [tape.of(j)[0] if tape.gates[j].name == "neg" else j for j in tape.of(i)]
            found.update(pair if all(sides.typed.get(j, "").lstrip("-").isdigit() for j in pair) else ())
    return found


def _known(sides: Sides) -> set[float]:
    """The numbers of the problem, which are exact."""
    return {
        abs(x) for row, x in zip(sides.base.gates, sides.base.data, strict=True) if x is not None and row.arity == 0
    }


def _marks(sides: Sides, root: int) -> bytearray:
    marks = bytearray(len(sides.tape.gates))
    marks[root] = 1
    for i in range(root, -1, -1):
        if marks[i]:
            for j in sides.tape.of(i):
                marks[j] = 1
    return marks
