"""A number for a formula at the given inputs, ``= 2·0.5 = 1``: the commonest link, and the quickest to decide.

Where the formula is smooth and comes to the number at the inputs, and plainly to others elsewhere, nothing more has to
be looked at: no piece could change the verdict, and nothing is called different.
"""

from __future__ import annotations

import random

from gradviz.check.deciding.intervals import agree
from gradviz.check.deciding.kinks import kinks
from gradviz.check.deciding.running import run_block
from gradviz.check.deciding.sampling import size, usual
from gradviz.check.deciding.sides import Sides

_PLAINLY = 1e-6
_FEWEST = 8


def plain_value(sides: Sides, given: dict[int, float], *, approx: bool = False) -> tuple[bool, bool]:
    """Whether the link is such a number and holds, and whether rounding was needed for it.

    ``False`` says nothing: then the link is decided as all others are. To be called under ``np.errstate``.

    Args:
        sides: the sides.
        given: the inputs' numbers.
        approx: whether the sign between the sides was ≈.
    """
    import numpy as np

    if not given or len(given) != len(sides.inputs) or not _bare(sides) or sides.ambiguous or kinks(sides):
        return False, False
    holds, rounded = agree(run_block(sides, {i: np.array([x]) for i, x in given.items()}, 1), approx=approx)
    if not np.all(holds):
        return False, False
    points = usual(sides.inputs, random.Random(len(sides.tape.gates)))
    left, right = (np.broadcast_to(side, size(points)) for side in run_block(sides, points, size(points)).pair())
    usable = np.isfinite(left) & np.isfinite(right)
    apart = usable & (np.abs(left - right) > _PLAINLY * np.maximum(np.abs(left), np.abs(right)))
    return bool(usable.sum() >= _FEWEST and apart.sum() > usable.sum() / 2), rounded


def _bare(sides: Sides) -> bool:
    """Whether there is no name on one of the sides."""
    leaves = {*sides.nodes, *sides.derivatives}
    for root in (sides.left, sides.right):
        waiting, named = [root], False
        while waiting and not named:
            node = waiting.pop()
            named = node in leaves
            waiting += sides.tape.of(node)
        if not named:
            return True
    return False
