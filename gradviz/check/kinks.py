"""Kinks: every place where a piece of either side begins, visited on both sides.

A kink is where some difference of two nodes changes its sign: the arguments of max and min, of a comparison, of
|x|, ReLU and its kind against 0, of clip against its bounds. Two sides that agree on one piece may differ on the
next, however many points lie on the first. So for every such difference points are looked for on either side:
among those at hand, far out, and along lines through them, to where the difference vanishes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from gradviz.check.running import Run
from gradviz.check.sampling import Points, chosen, joined, size
from gradviz.check.sides import Sides
from gradviz.gates import GATES, Gate
from gradviz.graph import Tape

_MOST, _LEAST = 200, 24  # kinks that are searched for, by the size of the sides
_WORK = 60_000  # gates times kinks; beyond that, only the wide points are taken
_ENOUGH = 2  # points on either side
_COMPARISONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
#: How far along the line to where the difference vanishes.
_STEPS = (0.5, 0.9, 0.999, 1.001, 1.1, 1.6)
_HALVINGS = 28
#: The part of all points beyond which a difference of 0 is no accident.
FLAT = 0.1


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


def _differences(tape: Tape, used: bytearray | None) -> Iterator[tuple[int, int | None]]:
    for i, row in enumerate(tape.gates):
        if used is not None and not used[i]:
            continue
        operands = tape.of(i)
        if row.name in ("max", "min"):
            pairs = [(a, b) for k, a in enumerate(operands) for b in operands[k + 1 :]]
            yield from pairs if len(operands) <= 5 else [(a, i) for a in operands]
        elif row.name in _COMPARISONS or row.name == "clip":
            yield from ((operands[0], b) for b in operands[1:])
        elif row.name.endswith("′") and _has_kink(row.name[:-1]):
            if row.name != "clip′":
                yield operands[1], None
        elif (row.name == "where" and tape.gates[operands[0]].name not in _COMPARISONS) or _has_kink(row.name):
            yield operands[0], None


def _has_kink(name: str) -> bool:
    row: Gate | None = GATES.get(name)
    return row is not None and row.kink is not None


def on_a_kink(run: Run, count: int, found: Sequence[Kink]) -> Any:
    """The points exactly on a kink, where only conventions hold. A difference that is 0 on a whole piece, as in
    |relu(x)|, makes no kink there."""
    import numpy as np

    marks = np.zeros(count, dtype=bool)
    for kink in found:
        on = np.broadcast_to(kink.difference(run) == 0, marks.shape)
        if on.mean() < FLAT:
            marks |= on
    return marks


def both_sides(
    found: Sequence[Kink], points: Points, run: Callable[[Points], Run], wide: Callable[[], Points]
) -> Points:
    """The points, with more so that each kink has some on either side, also close by.

    Args:
        found: the kinks.
        points: those at hand.
        run: runs the sides at points.
        wide: further points, far out.
    """
    import numpy as np

    pool = joined([points, wide()])
    extra: list[Points] = [points]
    at_pool = run(pool)
    widened = False
    gates = len(at_pool.sides.tape.gates) + sum(at_pool.sides.used)
    most = max(_LEAST, min(_MOST, _WORK // max(1, gates)))
    for kink in found[:most]:
        gap = np.broadcast_to(kink.difference(at_pool), (size(pool),))
        known = np.isfinite(gap)
        if not known.any() or (gap[known] == 0).all():
            continue
        sides = [np.flatnonzero(known & (gap > 0)), np.flatnonzero(known & (gap < 0))]
        if min(map(len, sides)) == 0:
            found_so_far = joined([pool, *extra])  # close to other kinks a thin piece may begin
            gap_there = np.broadcast_to(kink.difference(run(found_so_far)), (size(found_so_far),))
            outside = _beyond(kink, found_so_far, gap_there, run)
            if outside is None:
                continue
            extra.append(outside)
            pool_more = joined([pool, outside])
            gap_more = np.broadcast_to(kink.difference(run(pool_more)), (size(pool_more),))
            extra.append(_close_by(kink, pool_more, gap_more, run))
            continue
        widened = True
        extra.append(chosen(pool, np.concatenate([side[: 2 * _ENOUGH] for side in sides])))
        extra.append(_close_by(kink, pool, gap, run))
    if widened or len(found) > most:
        extra.append(pool)
    return joined(extra)


def _beyond(kink: Kink, pool: Points, gap: Any, run: Callable[[Points], Run]) -> Points | None:
    """Points on the side where none is: along lines between pairs, to where the difference would vanish."""
    import numpy as np

    usable = np.flatnonzero(np.isfinite(gap) & (gap != 0))
    order = usable[np.argsort(np.abs(gap[usable]), kind="stable")][:24]
    here = chosen(pool, order)
    there = chosen(pool, np.roll(order, 1))
    g, h = gap[order], gap[np.roll(order, 1)]
    sign = np.sign(np.median(gap[usable])) if len(g) else 0.0
    over = np.flatnonzero(np.isfinite(gap) & (np.sign(gap) == -sign))
    if sign and len(over):
        return chosen(pool, over[:8])
    for _ in range(5):
        rise = h - g
        steps = np.where(rise == 0, 0.0, -g / np.where(rise == 0, 1.0, rise))
        parts = []
        for factor in _STEPS:
            t = steps * factor
            parts.append({i: here[i] + t * (there[i] - here[i]) for i in here})
        candidates = joined(parts)
        gaps = np.broadcast_to(kink.difference(run(candidates)), (size(candidates),))
        over = np.flatnonzero(np.isfinite(gaps) & (np.sign(gaps) == -sign))
        if len(over) >= _ENOUGH:
            return chosen(candidates, over[:8])
        last = len(order)
        nearer = np.abs(gaps).reshape(len(_STEPS), last)
        best = np.where(np.isfinite(nearer), nearer, np.inf).argmin(axis=0)
        rows = best * last + np.arange(last)
        there, h = here, g
        here, g = chosen(candidates, rows), gaps[rows]
    return None


def _close_by(kink: Kink, pool: Points, gap: Any, run: Callable[[Points], Run]) -> Points:
    """Points on both sides close to the kink, by halving between pairs: a thin piece lies there."""
    import numpy as np

    above, below = np.flatnonzero(gap > 0), np.flatnonzero(gap < 0)
    count = min(4, len(above), len(below))
    if not count:
        return chosen(pool, np.array([], dtype=int))
    high, low = chosen(pool, above[-count:]), chosen(pool, below[-count:])
    for _ in range(_HALVINGS):
        middle = {i: (high[i] + low[i]) / 2 for i in high}
        up = np.broadcast_to(kink.difference(run(middle)) > 0, (count,))
        high = {i: np.where(up, middle[i], high[i]) for i in high}
        low = {i: np.where(up, low[i], middle[i]) for i in low}
    return joined([high, low])
