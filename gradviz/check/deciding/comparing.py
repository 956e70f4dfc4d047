"""Are two columns of numbers the same? In doubles first, and with 60 digits before anybody says no."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from gradviz.check.deciding.running import DIGITS, TOTAL, Reading, Run, run_exactly, undefined_asked
from gradviz.check.deciding.sampling import Points, size
from gradviz.check.deciding.sides import Sides

#: Doubles that agree to this are the same; all others are asked again with many digits.
_DOUBLES = 1e-12
_ASKED, _TRIED = 12, 4  # points that are computed with many digits: of all; on a piece where doubles overflow
_LOOKED, _FEW = 64, 6  # points that are looked at; points that are not 0 = 0
_ALWAYS_POSITIVE = frozenset({"exp", "sigmoid", "softplus"})
_TINY = 1e-307  # below, doubles have fewer digits
_VANISHING = _ALWAYS_POSITIVE | {"mul", "div", "pow", "square", "reciprocal", "sqrt"}
#: Where a number may be lost beside a much larger one: sums; functions that are level near 0, or far out.
_ADDING = frozenset({"add", "sub", "sum"})
_LEVEL = frozenset({"exp", "cos", "cosh", "acos", "sigmoid", "softplus", "gelu", "silu"})
_SATURATING = frozenset({"sigmoid", "tanh", "softplus", "gelu", "silu", "elu"})
_LOST, _SATURATED = 1e-5, 15.0
_BLOCK = 200  # more points than usual, so that some lie far out
_ORDINARY = (6, 12, 24)  # points near 1, where nothing should be lost
_MOST_DIGITS, _MOST_GATES = 5000, 40_000  # gates computed with many digits, all points together
_HUGE, _INFINITE = 1e280, math.inf


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
    nothing = undefined_asked(run, reading)
    usable = np.isfinite(left) & np.isfinite(right) & ~skip & np.logical_not(nothing)
    alone = np.flatnonzero(((np.isnan(left) != np.isnan(right)) | nothing) & ~skip)
    alone = alone[_largest(run, reading, alone) > 0][:_FEW]  # numbers that leave the doubles say nothing of a domain
    one = not all(_underflows(run, reading, k) for k in map(int, alone))
    gap = np.abs(left - right)
    larger = np.maximum(np.abs(left), np.abs(right))
    odd = np.flatnonzero(usable & (gap > _DOUBLES * larger))
    told = usable & (larger != 0)
    if not len(odd) and int(told.sum()) < _FEW:
        odd = np.array(
            [k for k in np.flatnonzero(usable & ~told)[:: max(1, count // _FEW)] if _underflows(run, reading, k)]
        )
    if not len(odd) and _absorbs(run, reading, count):
        odd = np.flatnonzero(usable)[:: max(1, count // _FEW)]
    elif count > _BLOCK:  # far out a term may begin that is small there
        odd = np.union1d(odd, np.array(_begins(run, reading, count, usable), dtype=int))
    if not len(odd):
        return Compared(usable, None, one, False, None)
    gates = max(1, len(run.sides.tape.gates) + sum(run.sides.used))
    most = max(1, min(_ASKED, _MOST_GATES // gates))
    largest = _largest(run, reading, odd) if 2 * len(odd) < count else None  # else the first point tells
    order = _worst_first(gap[odd], larger[odd], largest, most)
    asked = large = looked = 0
    usable = usable.copy()
    for k in map(int, odd[order[:_LOOKED]]):
        looked += 1
        calm = tame(run, reading, k)
        large += not calm
        values = None
        if calm or large <= most:
            values = differ_exactly(run.sides, {i: float(column[k]) for i, column in points.items()}, reading)
        if values is not None:
            return Compared(usable, k, one, False, values)
        usable[k] &= calm
        asked += calm
        if asked == most:
            break
    return Compared(usable, None, one, not asked and looked < len(odd), None)


def _worst_first(gap: Any, larger: Any, largest: Any, most: int) -> Any:
    """The order in which points are asked: what rounding explains least, what differs most, some of the others."""
    import numpy as np

    relative = np.argsort(-gap / np.where(larger == 0, 1.0, larger), kind="stable")
    part = max(1, most // 4)
    if largest is None:
        return np.concatenate([relative[: 2 * part], relative[2 * part :][:: max(1, len(gap) // most)]])
    noise = 1e-12 * larger + 1e-15 * largest
    unexplained = np.argsort(-gap / np.where(noise == 0, 1.0, noise), kind="stable")
    others = unexplained[part:][:: max(1, (len(gap) - part) // most)]
    mixed = np.concatenate([unexplained[:part], relative[:part], np.argsort(-gap, kind="stable")[:part], others])
    return mixed[np.sort(np.unique(mixed, return_index=True)[1])]


def _underflows(run: Run, reading: Reading, k: int) -> bool:
    """Whether some 0 on the way is a number too small for a double: then 0 = 0 says nothing."""
    import numpy as np

    for tape, values in ((run.sides.base.tape, run.base), (run.sides.tape, run.upper(reading))):
        for i, row in enumerate(tape.gates):
            if row.name in _VANISHING:
                out, *operands = (
                    float(np.ravel(values[j])[k if np.size(values[j]) > 1 else 0]) for j in (i, *tape.of(i))
                )
                if abs(out) < _TINY and (row.name in _ALWAYS_POSITIVE or operands[0] != 0 != operands[-1]):
                    return True
    return False


def _absorbs(run: Run, reading: Reading, count: int) -> bool:
    """Whether a number is lost beside a much larger one at every ordinary point: then doubles see no change in it."""
    return all(_absorbs_at(run, reading, k % count) for k in _ORDINARY)


def _absorbs_at(run: Run, reading: Reading, k: int) -> bool:
    for tape, values in ((run.sides.base.tape, run.base), (run.sides.tape, run.upper(reading))):
        for i, row in enumerate(tape.gates):
            name = row.name
            if name in _ADDING:
                sizes = [_size(values[j], k) for j in tape.of(i)]
                if 0 < min(sizes) < _LOST * max(sizes):
                    return True
            elif name in _LEVEL or name in _SATURATING:
                size = _size(values[tape.first[i]], k)
                if (name in _LEVEL and 0 < size < _LOST) or (name in _SATURATING and size > _SATURATED):
                    return True
    return False


def _begins(run: Run, reading: Reading, count: int, usable: Any) -> list[int]:
    """A point for every term that is lost beside a larger one wherever it is not 0."""
    import numpy as np

    found = []
    for tape, values in ((run.sides.base.tape, run.base), (run.sides.tape, run.upper(reading))):
        for i, row in enumerate(tape.gates):
            if row.name in _ADDING and len(tape.of(i)) == 2:
                one, other = (np.broadcast_to(np.abs(values[j]), (count,)) for j in tape.of(i))
                for small, large in ((one, other), (other, one)):
                    there = usable & (small > 0)
                    if there.any() and not there.all():
                        part = np.where(there, small / large, 0.0)
                        most = int(part.argmax())
                        if 0 < part[most] < _LOST:
                            found.append(most)
    return found


def _size(value: Any, k: int) -> float:
    return abs(float(value[k] if getattr(value, "ndim", 0) else value))


def _largest(run: Run, reading: Reading, which: Any) -> Any:
    """The largest number on the way, at some points: what rounding is measured by. 0 where that says nothing."""
    import numpy as np

    largest = np.zeros(len(which))
    for values in (run.base, run.upper(reading)):
        for value in values:
            np.fmax(largest, np.abs(value[which] if getattr(value, "ndim", 0) else value), out=largest)
    return np.where(largest < _HUGE, largest, 0.0)


def far_out(run: Run, points: Points, reading: Reading = TOTAL) -> Compared | None:
    """The sides at a few points where they are too large for doubles, with many digits; None if that cannot be done."""
    import numpy as np

    usable = np.zeros(size(points), dtype=bool)
    for k in range(0, size(points), max(1, size(points) // _ASKED)):
        point = {i: float(column[k]) for i, column in points.items()}
        if _both(run.sides, point, reading, DIGITS) is None:
            continue
        if (values := differ_exactly(run.sides, point, reading)) is not None:
            return Compared(usable, k, False, False, values)
        usable[k] = True
    return Compared(usable, None, False, False, None) if usable.sum() >= _FEW else None


def out_of_reach(run: Run, points: Points, found: Compared, signs: Any, reading: Reading = TOTAL) -> Compared:
    """The same for the pieces on which no point is usable, because doubles overflow there.

    Args:
        run: the sides at the points.
        points: the points.
        found: what doubles said: no difference.
        signs: on which side of every kink each point lies (kink × point).
        reading: which derivatives are read as local.
    """
    import numpy as np

    piece = np.sqrt(np.arange(2.0, len(signs) + 2)) @ signs
    missed = np.flatnonzero(~np.isin(piece, piece[found.usable]))
    asked, undefined = 0, _undefined(run, reading, missed)
    near = np.argsort(sum(np.log1p(np.abs(column[missed])) for column in points.values()), kind="stable")
    missed, undefined = missed[near], undefined[near]
    for k in map(int, missed[np.unique(piece[missed], return_index=True)[1]]):
        there = missed[undefined & (piece[missed] == piece[k])]
        for j in map(int, there[:: max(1, len(there) // _TRIED)][:_TRIED]):
            point = {i: float(column[j]) for i, column in points.items()}
            if (values := differ_exactly(run.sides, point, reading)) is not None:
                return found._replace(differs=j, values=values)
            asked += 1
        if asked >= _ASKED:
            break
    return found


def _undefined(run: Run, reading: Reading, which: Any) -> Any:
    """At which points something is no finite number: out of the domain, or too large or small for doubles."""
    import numpy as np

    marks = np.zeros(len(which), dtype=bool)
    for values in (run.base, run.upper(reading)):
        for value in values:
            if getattr(value, "ndim", 0):
                marks |= ~np.isfinite(value[which])
    return marks


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
    """Both sides, as doubles, if 60 digits say that they differ at this point, and more where that may be rounding."""
    found = _at(sides, point, reading, DIGITS)
    if found is None:
        return None
    gap, digits = found[2:]
    if digits:
        again = _at(sides, point, reading, digits) if digits <= _MOST_DIGITS else None
        if again is None or not abs(again[2] - gap) <= gap / 1000:
            return None
        found = again
    return found[:2]


def exact_values(sides: Sides, point: Mapping[int, float], reading: Reading = TOTAL) -> list[Any] | None:
    """Every number on the way to the sides as a double, computed with many digits; None where a side is undefined."""
    import numpy as np

    found = _both(sides, point, reading, DIGITS)
    return None if found is None else [np.array([float(value)]) for value in found[2]]


def _at(
    sides: Sides, point: Mapping[int, float], reading: Reading, digits: int
) -> tuple[float, float, Any, int] | None:
    """Both sides, their distance, and how many digits tell if that may be rounding; None: equal or undefined."""
    import mpmath

    with mpmath.workdps(digits):
        found = _both(sides, point, reading, digits)
        if found is None:
            return None
        left, right = found[:2]
        gap = abs(left - right)
        if gap <= mpmath.mpf(10) ** -(digits // 2) * max(abs(left), abs(right)):
            return None
        return float(left), float(right), gap, _digits_that_tell(found[3], reading, gap, 10.0 ** -(digits // 4))


def _digits_that_tell(exact: Run, reading: Reading, gap: Any, least: float) -> int:
    """How many digits tell whether a difference is rounding; 0 for those at hand.

    It may be where it is tiny beside the numbers on the way, or where some sum has cancelled. All of a number can have
    cancelled, as in 1 - sigmoid(700): the digits must span from the largest number to the difference.
    """
    import mpmath

    sides, doubt, sums = exact.sides, False, bool(exact.sides.derivatives)
    for tape, values in ((sides.base.tape, exact.base), (sides.tape, exact.upper(reading))):
        sizes = [abs(float(value)) for value in values]
        doubt = doubt or any(float(gap) < least * size < _INFINITE for size in sizes)
        for i, row in enumerate(tape.gates):
            if row.name in _ADDING:
                sums = True
                doubt = doubt or sizes[i] < least * max([sizes[j] for j in tape.of(i)])
    if not doubt:
        return 0
    bits = [int(mpmath.mag(v)) for v in (*exact.base, *exact.upper(reading)) if v and mpmath.isfinite(v)]
    return 3 * DIGITS + (max(0, int(0.302 * (max([0, *bits]) - int(mpmath.mag(gap))))) if sums else 0)


def _both(
    sides: Sides, point: Mapping[int, float], reading: Reading, digits: int
) -> tuple[Any, Any, list[Any], Run] | None:
    """Both sides and all numbers on the way; None where a side is undefined."""
    import mpmath

    with mpmath.workdps(digits):
        try:
            exact = run_exactly(sides, point)
            values = exact.upper(reading)
        except (OverflowError, ValueError, ZeroDivisionError):
            return None
        left, right = values[sides.left], values[sides.right]
        undefined = undefined_asked(exact, reading) or not mpmath.isfinite(left) or not mpmath.isfinite(right)
        return None if undefined else (left, right, values, exact)
