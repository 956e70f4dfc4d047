"""Are two columns of numbers the same? In doubles first, and with 60 digits before anybody says no."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from gradviz.check.running import DIGITS, TOTAL, Reading, Run, run_exactly
from gradviz.check.sampling import Points, size
from gradviz.check.sides import Sides

#: Doubles that agree to this are the same; all others are asked again with many digits.
_DOUBLES = 1e-12
_ASKED = 12  # points that are computed with many digits
_LOOKED = 64
_FEW = 6  # points that are not 0 = 0
_ALWAYS_POSITIVE = frozenset({"exp", "sigmoid", "softplus"})
_VANISHING = _ALWAYS_POSITIVE | {"mul", "div", "pow", "square", "reciprocal", "sqrt"}
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
    told = usable & (larger != 0)
    if not len(odd) and int(told.sum()) < _FEW:
        odd = np.array(
            [k for k in np.flatnonzero(usable & ~told)[:: max(1, count // _FEW)] if _underflows(run, reading, k)]
        )
    if not len(odd):
        return Compared(usable, None, one, False, None)
    relative = gap[odd] / np.where(larger[odd] == 0, 1.0, larger[odd])
    order = odd[np.argsort(-relative, kind="stable")]
    gates = max(1, len(run.sides.tape.gates) + sum(run.sides.used))
    most = max(1, min(_ASKED, _MOST_GATES // gates))
    worst = max(1, most // 2)
    order = np.concatenate([order[:worst], order[worst:][:: max(1, (len(order) - worst) // most)]])
    asked = looked = 0
    usable = usable.copy()
    for k in map(int, order[:_LOOKED]):
        looked += 1
        if not tame(run, reading, k):
            usable[k] = False
            continue
        values = differ_exactly(run.sides, {i: float(column[k]) for i, column in points.items()}, reading)
        if values is not None:
            return Compared(usable, k, one, False, values)
        asked += 1
        if asked == most:
            break
    return Compared(usable, None, one, not asked and looked < len(odd), None)


def _underflows(run: Run, reading: Reading, k: int) -> bool:
    """Whether some 0 on the way is a number too small for a double: then 0 = 0 says nothing."""
    import numpy as np

    for tape, values in ((run.sides.base.tape, run.base), (run.sides.tape, run.upper(reading))):
        for i, row in enumerate(tape.gates):
            if row.name in _VANISHING:
                out, *operands = (
                    float(np.ravel(values[j])[k if np.size(values[j]) > 1 else 0]) for j in (i, *tape.of(i))
                )
                if out == 0 and (row.name in _ALWAYS_POSITIVE or operands[0] != 0 != operands[-1]):
                    return True
    return False


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
    """Both sides, as doubles, if 60 digits say that they differ at this point; else None.

    A difference that is tiny beside the numbers on the way (√ of something that cancels) has to stay what it is
    with three times as many digits.
    """
    found = _at(sides, point, reading, DIGITS)
    if found is None:
        return None
    left, right, gap, tiny = found
    if tiny:
        digits = 3 * DIGITS
        if 0.0 in (left, right) and float(gap) > 0:  # 1 - sigmoid(700): as many digits as cancel
            digits += min(400, int(-math.log10(float(gap))) if float(gap) < 1 else 0)
        again = _at(sides, point, reading, digits)
        if again is None or not abs(again[2] - gap) <= gap / 1000:
            return None
    return left, right


def _at(
    sides: Sides, point: Mapping[int, float], reading: Reading, digits: int
) -> tuple[float, float, Any, bool] | None:
    """Both sides, their distance, and whether that is tiny; None where they are equal or undefined."""
    import mpmath

    with mpmath.workdps(digits):
        exact = run_exactly(sides, point)
        try:
            values = exact.upper(reading)
        except (OverflowError, ValueError, ZeroDivisionError):
            return None
        left, right = values[sides.left], values[sides.right]
        if not (mpmath.isfinite(left) and mpmath.isfinite(right)):
            return None
        gap = abs(left - right)
        if gap <= mpmath.mpf(10) ** -(digits // 2) * max(abs(left), abs(right)):
            return None
        largest = max(abs(v) for v in values if mpmath.isfinite(v))
        return float(left), float(right), gap, gap < largest * mpmath.mpf(10) ** -(digits // 4)
