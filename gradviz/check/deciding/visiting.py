"""Every piece visited: points on both sides of each kink, close to it, and around the places where kinks meet.

Two sides that agree on one piece may differ on the next, however many points lie on the first. So points are looked for
where none of those at hand is: by Newton's method to where a difference vanishes, by halving between its sides, at the
corners where two or three differences vanish together, and with several of them on a chosen side at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, islice, product
from typing import TYPE_CHECKING, Any

from gradviz.check.deciding.kinks import Kink
from gradviz.check.deciding.running import Run
from gradviz.check.deciding.sampling import Points, joined, size

if TYPE_CHECKING:
    import random

_MOST, _LEAST = 200, 24  # kinks that are searched for, by the size of the sides
_WORK = 60_000  # gates times kinks; beyond that, only the wide points are taken
_ENOUGH = 4  # points on either side
_LANES = 3  # pairs between which a kink is closed in on
#: After how many halvings the points are kept: a thin piece has points in its middle.
_KEPT = (8, 14, 20, 26, 32, 38, 44, 50)
_STARTS, _ROUNDS = 8, 6
_STEPS = (0.1, 0.5, 1.0, 1.1, 2.1, 4.0)  # parts of a Newton step
_GROWTHS = (1.0, 1.05, 2.0)  # the same for a step in the logarithm of the inputs
_BEYOND = (0.5, 0.9, 0.999, 1.001, 1.1, 1.6)
_CORNERS = {2: 48, 3: 32}  # how many of each kind
_OFFSETS = (1e-2, 1e-4, 1e-6)
_PATTERNS = 64
_RARE = (0.5, 0.45, 0.38, 0.25, 0.12)  # parts of all points
_FAR = 1e9  # no input further out
_MOST_INPUTS = 24  # for slopes by differences


class Visitor:
    """Looks for points.

    Args:
        found: the kinks, and folds.
        points: the points at hand.
        wide: further points, far out.
        run: runs the sides at points.
        dice: where random numbers come from.
    """

    def __init__(
        self,
        found: Sequence[Kink],
        points: Points,
        wide: Points,
        run: Callable[[Points], Run],
        dice: random.Random,
    ) -> None:
        self.inputs = list(points)
        self.run, self.dice = run, dice
        self.pool = joined([points, wide])
        at_pool = run(self.pool)
        self.gates = len(at_pool.sides.tape.gates) + sum(at_pool.sides.used)
        most = max(_LEAST, min(_MOST, _WORK // max(1, self.gates)))
        self.found = list(found)[:most]
        gaps = self._gaps_of(at_pool, size(self.pool))
        kept = _distinct(gaps)
        self.found = [self.found[k] for k in kept]
        self.gaps = gaps[kept]

    def _gaps_of(self, run: Run, count: int) -> Any:
        import numpy as np

        gaps = np.empty((len(self.found), count))
        for row, kink in zip(gaps, self.found, strict=True):
            row[:] = kink.difference(run)
        return gaps

    def _at(self, block: Any) -> Any:
        """The differences (kink × point) at a matrix of points (input × point)."""
        points = dict(zip(self.inputs, block, strict=True))
        return self._gaps_of(self.run(points), block.shape[1])

    def _add(self, block: Any) -> None:
        """Take points into the pool."""
        import numpy as np

        block = block[:, (np.abs(block) <= _FAR).all(axis=0)]
        points = dict(zip(self.inputs, block, strict=True))
        self.gaps = np.concatenate([self.gaps, self._at(block)], axis=1)
        self.pool = joined([self.pool, points])

    def _matrix(self, points: Points) -> Any:
        import numpy as np

        return np.array([points[i] for i in self.inputs])

    def _slopes(self, block: Any) -> tuple[Any, Any]:
        """The differences and their slopes (kink × input × point), by finite differences."""
        import numpy as np

        n, count = block.shape
        step = 1e-7 * (1e-3 + np.abs(block))
        moved = np.repeat(block[:, None, :], n + 1, axis=1)
        moved[np.arange(n), np.arange(1, n + 1)] += step
        gaps = self._at(moved.reshape(n, -1)).reshape(len(self.found), n + 1, count)
        return gaps[:, 0], (gaps[:, 1:] - gaps[:, :1]) / step

    # --- single kinks ---

    def both_sides(self) -> Points:
        """All points, with more so that each kink has some on either side, also close by."""
        if self.found and len(self.inputs) <= _MOST_INPUTS:
            self._cross()
            self._close_by()
            if self._cross():  # close to other kinks a thin piece may begin
                self._close_by()
        elif self.found:
            self._close_by()
        return self.pool

    def _lacking(self) -> list[int]:
        """The kinks with a side on which no point lies."""
        import numpy as np

        known = np.isfinite(self.gaps)
        above, below = (known & (self.gaps > 0)).any(axis=1), (known & (self.gaps < 0)).any(axis=1)
        return [int(k) for k in np.flatnonzero(above != below)]

    def _cross(self) -> bool:
        """Points on the sides where none is, by Newton's method from several starts."""
        import numpy as np

        lacking = self._lacking()[: max(1, _WORK // (_STARTS * _ROUNDS * self.gates))]
        if not lacking:
            return False
        own, starts = [], []
        for k in lacking:
            gap = self.gaps[k]
            usable = np.flatnonzero(np.isfinite(gap) & (gap != 0))
            nearest = usable[np.argsort(np.abs(gap[usable]), kind="stable")]
            unusual = usable[np.argsort(-np.abs(gap[usable] - np.median(gap[usable])), kind="stable")]
            chosen = [*nearest[: _STARTS // 2], *unusual[: _STARTS // 4], *usable[:: max(1, len(usable) // 2)][:2]]
            own += [k] * len(chosen)
            starts += chosen
        lanes, rows = np.arange(len(own)), np.array(own)
        first = here = self._matrix(self.pool)[:, starts]
        sign = np.sign(self.gaps[rows, starts])
        over = []
        for _ in range(_ROUNDS):
            gaps, slopes = self._slopes(here)
            gap, slope = gaps[rows, lanes], slopes[rows, :, lanes].T
            bent = slope * here
            step = -gap * slope / np.maximum((slope * slope).sum(axis=0), 1e-300)
            growth = np.clip(-gap * bent / np.maximum((bent * bent).sum(axis=0), 1e-300), -60, 60)
            tried = [here + part * step for part in _STEPS] + [here * np.exp(part * growth) for part in _GROWTHS]
            block = np.concatenate(tried, axis=1)
            there = self._at(block)[np.tile(rows, len(tried)), np.arange(block.shape[1])].reshape(len(tried), -1)
            crossed = np.isfinite(there) & (np.sign(there) == -sign)
            over.append(block.reshape(len(block), len(tried), -1)[:, crossed])
            nearer = np.where(np.isfinite(there), np.abs(there), np.inf)
            best = nearer.argmin(axis=0)
            better = nearer[best, lanes] < np.abs(gap)
            here = np.where(better, block.reshape(len(block), len(tried), -1)[:, best, lanes], here)
            if crossed.any(axis=0).all():
                break
        lines = [first + part * (here - first) for part in _BEYOND]
        self._add(np.concatenate([*over, *lines], axis=1))
        return True

    def _close_by(self) -> None:
        """Points on both sides close to every kink, by halving between pairs."""
        import numpy as np

        rows, high, low = [], [], []
        for k, gap in enumerate(self.gaps):
            above, below = np.flatnonzero(gap > 0), np.flatnonzero(gap < 0)
            count = min(_LANES, len(above), len(below))
            if count:
                rows += [k] * count
                high += [above[np.argmin(gap[above])], *above[len(above) - count + 1 :]]
                low += [below[np.argmax(gap[below])], *below[len(below) - count + 1 :]]
        if not rows:
            return
        own, lanes, pool = np.array(rows), np.arange(len(rows)), self._matrix(self.pool)
        upper, lower = pool[:, high], pool[:, low]
        kept = []
        for halving in range(1, _KEPT[-1] + 1):
            middle = (upper + lower) / 2
            up = self._at(middle)[own, lanes] > 0
            upper, lower = np.where(up, middle, upper), np.where(up, lower, middle)
            if halving in _KEPT:
                kept += [upper, lower]
        self._add(np.concatenate(kept, axis=1))

    # --- several at once ---

    def together(self) -> Points | None:
        """Points around the places where kinks meet, and with many kinks on a side that was chosen."""
        import numpy as np

        n = len(self.inputs)
        if len(self.found) < 2 or not n or n > _MOST_INPUTS:
            return None
        lanes = max(8, min(sum(_CORNERS.values()) + _PATTERNS, 8 * _WORK // (self.gates * (n + 1))))
        parts = [part for part in (self._corners(lanes), self._patterns(lanes)) if part is not None]
        block = np.concatenate(parts, axis=1)
        block = block[:, (np.abs(block) <= _FAR).all(axis=0)]
        return dict(zip(self.inputs, block, strict=True))

    def _aimed(self, start: Any, pull: Callable[[Any], Any]) -> tuple[Any, Any]:
        """Gauss and Newton: the points after some rounds, and how far each is from what was wanted.

        ``pull`` says from the distances (kink × point) how far each kink should move, in units of distance.
        """
        import numpy as np

        trial = best = start
        least, shrunk = np.full(start.shape[1], np.inf), np.ones(start.shape[1])
        unit = wanted = np.zeros(0)
        for _ in range(_ROUNDS + 2):
            gaps, slopes = self._slopes(trial)
            length = np.sqrt((slopes * slopes).sum(axis=1))
            known = np.isfinite(length) & np.isfinite(gaps) & (length > 0)
            length = np.where(known, length, 1.0)
            pulled = np.where(known, pull(np.where(known, gaps, 0.0) / length), 0.0)
            lost = (~known & (pull(np.full(known.shape, 1e-3)) != 0)).sum(axis=0)
            missed = np.abs(pulled).sum(axis=0) + 1e6 * lost
            better = missed < least
            direction = np.where((known & (pulled != 0))[:, None], slopes / length[:, None], 0.0)
            unit, wanted = (direction, pulled) if not unit.size else (
                np.where(better, direction, unit), np.where(better, pulled, wanted)
            )  # fmt: skip
            best, least = np.where(better, trial, best), np.where(better, missed, least)
            shrunk = np.where(better, 1.0, shrunk / 4)
            trial = best + shrunk * _least_squares(unit, wanted)
        return best, least

    def _corners(self, most: int) -> Any:
        """Around the places where two or three kinks meet: all sides of them."""
        import numpy as np

        n, count = len(self.inputs), len(self.found)
        subsets: list[tuple[int, ...]] = []
        for many, cap in _CORNERS.items():
            if many <= n:
                subsets += islice(combinations(range(count), many), min(cap, most))
        if not subsets:
            return None
        mask = np.zeros((count, 2 * len(subsets)), dtype=bool)
        for lane, subset in enumerate(subsets * 2):
            mask[list(subset), lane] = True
        pool = self._matrix(self.pool)
        usable = np.flatnonzero(np.isfinite(self.gaps).all(axis=0))
        if not len(usable):
            return None
        gap = np.abs(self.gaps[:, usable])
        start = [usable[gap[list(s)].sum(axis=0).argmin()] for s in subsets]
        start += [usable[int(self.dice.random() * len(usable))] for _ in subsets]
        here, missed = self._aimed(pool[:, start], lambda distance: np.where(mask, -distance, 0.0))
        there = np.flatnonzero(missed < 1e-5 * (1 + np.abs(here).max(axis=0)))
        if not len(there):
            return None
        here, mask = here[:, there], mask[:, there]
        _, slopes = self._slopes(here)
        length = np.sqrt((slopes * slopes).sum(axis=1, keepdims=True))
        unit = np.where(mask[:, None] & (length > 0), slopes / np.where(length > 0, length, 1.0), 0.0)
        order = np.cumsum(mask, axis=0)
        parts = []
        for signs in product((1.0, -1.0), repeat=max(_CORNERS)):
            sign = np.where(mask, np.array(signs)[np.clip(order - 1, 0, len(signs) - 1)], 0.0)
            towards = _least_squares(unit, sign)
            parts += [here + offset * (1 + np.abs(here)) * towards for offset in _OFFSETS]
        return np.concatenate(parts, axis=1)

    def _patterns(self, most: int) -> Any:
        """With every kink on a chosen side, as far as that can be: all choices for a few kinks, else some."""
        import numpy as np

        count = len(self.found)
        if 2**count <= _PATTERNS:
            signs = list(product((1.0, -1.0), repeat=count))
        else:  # first of all with every kink on the side that few points are on; those with none such are left alone
            above, below = (self.gaps > 0).mean(axis=1), (self.gaps < 0).mean(axis=1)
            rare, part = np.where(above <= below, 1.0, -1.0), np.minimum(above, below)
            rare = np.where(part > 0, rare, 0.0)  # there is no other side
            rows = [np.where(part <= limit, rare, 0.0) for limit in _RARE for _ in range(4)]
            rows += list(rare * (1.0 - 2.0 * np.eye(count))[: _PATTERNS // 5])
            signs = [tuple(map(float, row)) for row in rows]
            signs += [tuple(self.dice.choice((1.0, -1.0)) for _ in range(count)) for _ in range(_PATTERNS - len(signs))]
        signs = signs[:most]
        sign = np.array(signs).T
        usable = np.flatnonzero(np.isfinite(self.gaps).all(axis=0))
        if not len(usable):
            return None
        start = [usable[int(self.dice.random() * len(usable))] for _ in signs]
        deep = np.array([(1.0, 0.1, 0.01)[k % 3] for k in range(len(signs))])
        here, _ = self._aimed(
            self._matrix(self.pool)[:, start],
            lambda distance: sign * np.maximum(0.0, deep - sign * distance),
        )
        return here


def _least_squares(unit: Any, wanted: Any) -> Any:
    """The smallest step (input × point) that moves every kink as wanted, along its unit slopes."""
    import numpy as np

    a = unit.transpose(2, 0, 1)  # point × kink × input
    normal = a.transpose(0, 2, 1) @ a + 1e-9 * np.eye(a.shape[2])
    right = a.transpose(0, 2, 1) @ wanted.T[:, :, None]
    return np.linalg.solve(normal, right)[:, :, 0].T


def _distinct(gaps: Any) -> list[int]:
    """The kinks that are not a multiple of another one, nor 0 or undefined at all points."""
    import numpy as np

    kept: dict[bytes, int] = {}
    for k, gap in enumerate(gaps):
        known = np.flatnonzero(np.isfinite(gap) & (gap != 0))
        if len(known):
            form = gap / gap[known[len(known) // 2]]
            mantissa, power = np.frexp(np.where(np.isfinite(form), form, 0.0))
            kept.setdefault(np.ldexp(np.round(mantissa, 10), power).tobytes(), k)
    return list(kept.values())
