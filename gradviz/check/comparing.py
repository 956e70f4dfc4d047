"""Are two columns of numbers the same? In doubles first, and with 60 digits before anybody says no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gradviz.check.running import DIGITS, TOTAL, Reading, Run, run_exactly
from gradviz.check.sampling import Points, size
from gradviz.check.sides import Sides

#: Doubles that agree to this are the same; all others are asked again with many digits.
_DOUBLES = 1e-12
_EXACT = "1e-30"  # relative, at 60 digits
_NOTHING = "1e-50"  # relative to the largest number on the way
_ASKED = 12  # points that are computed with many digits
_MOST_GATES = 40_000  # gates computed with many digits, all points together
_HUGE = 1e280


class Compared(NamedTuple):
    """What a block of points says.

    Args:
        usable: where both sides are defined.
        differs: the index of a point where they differ, certainly; None where they agree.
        undefined_on_one: points where one side is a number, and the other is none.
        unsure: whether doubles disagree somewhere, and many digits could not be asked.
        values: both sides at the point where they differ.
    """

    usable: Any
    differs: int | None
    undefined_on_one: bool
    unsure: bool
    values: tuple[float, float] | None


def compare(run: Run, points: Points, skip: Any, reading: Reading = TOTAL) -> Compared:
    """Compare both sides at every point of a block.

    Args:
        run: the sides at these points.
        points: the points themselves.
        skip: where not to look (exactly on a kink).
        reading: which derivatives are read as local.
    """
    import numpy as np

    count = size(points)
    left, right = (np.broadcast_to(side, (count,)) for side in run.pair(reading))
    usable = np.isfinite(left) & np.isfinite(right) & ~skip
    one = bool(np.any((np.isnan(left) != np.isnan(right)) & ~skip))
    gap = np.abs(left - right)
    larger = np.maximum(np.abs(left), np.abs(right))
    odd = np.flatnonzero(usable & (gap > _DOUBLES * larger))
    if not len(odd):
        return Compared(usable, None, one, False, None)
    relative = gap[odd] / larger[odd]
    order = odd[np.argsort(-relative, kind="stable")]
    gates = max(1, len(run.sides.tape.gates) + sum(run.sides.used))
    asked = max(1, min(_ASKED, _MOST_GATES // gates))
    some = list(order[: (asked + 1) // 2]) + list(order[(asked + 1) // 2 :: max(1, 2 * len(order) // asked)])
    sure = 0
    for k in some[:asked]:
        if not tame(run, reading, int(k)):
            usable = usable.copy()
            usable[k] = False
            continue
        values = differ_exactly(run.sides, {i: float(column[k]) for i, column in points.items()}, reading)
        if values is not None:
            return Compared(usable, int(k), one, False, values)
        sure += 1
    return Compared(usable, None, one, not sure, None)


def tame(run: Run, reading: Reading = TOTAL, k: int = 0) -> bool:
    """Whether every number on the way is of a size that many digits can be computed for."""
    import numpy as np

    for values in (run.base, run.upper(reading)):
        for value in values:
            number = abs(float(np.ravel(value)[k if np.size(value) > 1 else 0]))
            if not number < _HUGE and number == number:
                return False
    return True


def differ_exactly(sides: Sides, point: Mapping[int, float], reading: Reading = TOTAL) -> tuple[float, float] | None:
    """Both sides, as doubles, if 60 digits say that they differ at this point; else None."""
    import mpmath

    with mpmath.workdps(DIGITS):
        exact = run_exactly(sides, point)
        try:
            values = exact.upper(reading)
        except (OverflowError, ValueError, ZeroDivisionError):
            return None
        left, right = values[sides.left], values[sides.right]
        if not (mpmath.isfinite(left) and mpmath.isfinite(right)):
            return None
        gap = abs(left - right)
        largest = max([mpmath.mpf(1e-300), *(abs(v) for v in values if mpmath.isfinite(v))])
        if gap <= mpmath.mpf(_EXACT) * max(abs(left), abs(right)) or gap <= mpmath.mpf(_NOTHING) * largest:
            return None
        return float(left), float(right)
