"""The slope of a function by differences, with an error curve over the step: how far to trust it, and why not.

A central difference has two errors: the step is too wide (truncation, shrinking with h²) or too narrow (rounding,
growing with 1/h). So the step is halved some forty times, neighbouring steps are combined so that the leading
errors cancel (Richardson), and the step where neighbours agree best wins; their disagreement is its uncertainty.
One-sided differences that settle on two different slopes are a kink.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

EPS = sys.float_info.epsilon
_HALVINGS = 44

#: What the differences found: a slope, two slopes, a jump, a slope on one side only, only rounding, or nothing.
Kind = Literal["smooth", "kink", "jump", "edge", "rounding", "undefined"]


class Slope(NamedTuple):
    """What differences say about the derivative at a point."""

    kind: Kind
    value: float
    uncertainty: float
    step: float  # the step at which they agree best
    left: float  # the one-sided slopes
    right: float


class Settled(NamedTuple):
    value: float
    uncertainty: float
    step: float


def quick(f: Callable[[float], float], x: float) -> tuple[float, float]:
    """The central difference at one good step, improved once: four evaluations, and its uncertainty.

    >>> slope, doubt = quick(lambda x: x * x * x, 2.0)
    >>> abs(slope - 12) < 1e-9
    True
    """
    step = _power_of_two(max(1.0, abs(x))) * 2.0**-13
    wide, narrow = _central(f, x, step), _central(f, x, step / 2)
    best = (4 * narrow - wide) / 3
    return best, abs(best - narrow) + 8 * EPS * max(abs(f(x)), abs(x * best)) / step


def slope(f: Callable[[float], float], x: float) -> Slope:
    """The derivative of ``f`` at ``x`` from its values alone; ``f`` gives nan or inf where it has no number.

    >>> found = slope(lambda x: abs(x - 1), 1.0)
    >>> found.kind, found.left, found.right
    ('kink', -1.0, 1.0)
    >>> slope(lambda x: x * x, 3.0).kind
    'smooth'
    """
    here = f(x)
    nothing = Settled(math.nan, math.inf, math.nan)
    if not math.isfinite(here):
        return Slope("undefined", *nothing, math.nan, math.nan)
    center, left, right = nothing, nothing, nothing
    jumps = True  # at every scale
    for widest in _scales(x):
        steps = [widest * 2.0**-k for k in range(_HALVINGS)]
        ahead, behind = [f(x + h) for h in steps], [f(x - h) for h in steps]
        if _jumps(here, ahead) or _jumps(here, behind):
            continue
        jumps = False
        last = _resolved(here, ahead, behind)
        steps, ahead, behind = steps[:last], ahead[:last], behind[:last]
        noise = [_noise(here, up, down, h) for h, up, down in zip(steps, ahead, behind, strict=True)]
        # Divided by the distance that was really moved, which for a narrow step is not quite h.
        middle = [(u - d) / ((x + h) - (x - h)) for h, u, d in zip(steps, ahead, behind, strict=True)]
        forth = [(u - here) / ((x + h) - x) for h, u in zip(steps, ahead, strict=True)]
        back = [(here - d) / (x - (x - h)) for h, d in zip(steps, behind, strict=True)]
        found = _settled(middle, steps, noise, (4.0, 16.0))
        if _doubt(found) < _doubt(center) or math.isnan(center.value):  # the three belong to one scale
            center = found
            right = _settled(forth, steps, noise, (2.0, 4.0))
            left = _settled(back, steps, noise, (2.0, 4.0))
    return _classified(center, left, right, jumps)


def _classified(center: Settled, left: Settled, right: Settled, jumps: bool) -> Slope:
    sides = (left.value, right.value)
    if jumps:
        return Slope("jump", math.nan, math.inf, math.nan, *sides)
    if math.isnan(center.value):
        one = min(left, right, key=_doubt)
        return Slope("undefined" if math.isnan(one.value) else "edge", *one, *sides)
    size = max(abs(center.value), abs(left.value), abs(right.value))
    gap = abs(left.value - right.value)
    if gap > 50 * (left.uncertainty + right.uncertainty) + 1e-6 * size:
        return Slope("kink", *center, *sides)
    trusted = center.uncertainty <= 1e-4 * max(abs(center.value), 1e-2)
    return Slope("smooth" if trusted else "rounding", *center, *sides)


def kink_near(f: Callable[[float], float], x: float, reach: float) -> tuple[float, float, float] | None:
    """A kink within ``reach`` of ``x``: its place, the slope before and behind it; None where there is none.

    >>> where, before, behind = kink_near(lambda x: max(x, 1.0), 0.9999, 0.01)
    >>> round(where, 6), round(before, 3), round(behind, 3)
    (1.0, 0.0, 1.0)
    """
    for side in (1.0, -1.0):
        near, far = 0.0, reach
        for _ in range(40):  # narrow down to the half in which the slope changes more
            third = (far - near) / 4
            slopes = [_secant(f, x + side * (near + i * third), side * third) for i in range(4)]
            if not all(map(math.isfinite, slopes)):
                break
            first, second = abs(slopes[1] - slopes[0]) + abs(slopes[2] - slopes[1]) / 2, 0.0
            second = abs(slopes[3] - slopes[2]) + abs(slopes[2] - slopes[1]) / 2
            if far - near < 1e-6 * max(reach, 1e-3 * abs(x)):
                break
            near, far = (near, near + 2.2 * third) if first >= second else (far - 2.2 * third, far)
        width = far - near
        place = x + side * (near + far) / 2
        apart = 4 * width
        before, behind = _secant(f, place - apart, -apart), _secant(f, place + apart, apart)
        size = max(abs(before), abs(behind))
        curve = abs(_secant(f, place - 3 * apart, -apart) - before) + abs(_secant(f, place + 3 * apart, apart) - behind)
        doubt = 20 * curve + 64 * EPS * abs(f(place)) / apart
        if math.isfinite(doubt) and abs(before - behind) > max(doubt, 1e-5 * size):
            return round(place, 1 - math.floor(math.log10(apart))), before + 0.0, behind + 0.0
    return None


# --- the curve --------------------------------------------------------------------------------------------


def _scales(x: float) -> list[float]:
    """The widest steps to begin with: for the size of numbers around 1, and for that of a small x."""
    size = _power_of_two(abs(x)) if x else 1.0
    if size > 2.0**-7:
        return [max(1.0, size) / 8]
    return [0.125, size / 8]


def _power_of_two(size: float) -> float:
    """The power of two just below, so that x ± h is exact where it can be."""
    return math.ldexp(1.0, math.frexp(size)[1] - 1) if math.isfinite(size) else 1.0


def _central(f: Callable[[float], float], x: float, h: float) -> float:
    return (f(x + h) - f(x - h)) / ((x + h) - (x - h))


def _secant(f: Callable[[float], float], x: float, h: float) -> float:
    moved = (x + h) - x
    return (f(x + h) - f(x)) / moved if moved else math.nan


def _noise(here: float, up: float, down: float, h: float) -> float:
    """What rounding of f's result alone does to a difference."""
    values = [abs(v) for v in (here, up, down) if math.isfinite(v)]
    return 4 * EPS * max(values) / h


def _resolved(here: float, ahead: Sequence[float], behind: Sequence[float]) -> int:
    """How many steps say anything: where f moves both ways for wide steps and stands still for narrow ones, its own
    rounding (a staircase) has been reached. A really flat place, beside a kink, moves on one side only."""
    rises = [(u - here, here - d) for u, d in zip(ahead, behind, strict=True)]
    for k, (up, down) in enumerate(rises):
        if up == 0 == down and any(
            0.5 < a / b < 2 for a, b in rises[:k] if b and math.isfinite(a) and math.isfinite(b)
        ):
            return max(k - 1, 3)
    return len(rises)


def _settled(
    slopes: Sequence[float], steps: Sequence[float], noise: Sequence[float], ratios: tuple[float, float]
) -> Settled:
    """Where neighbouring steps agree best, after their two leading errors are cancelled."""
    first, second = ratios
    once = [(first * b - a) / (first - 1) for a, b in pairwise(slopes)]
    twice = [(second * b - a) / (second - 1) for a, b in pairwise(once)]
    best = Settled(math.nan, math.inf, math.nan)
    for k in range(1, len(twice) - 1):
        spread = max(abs(twice[k] - twice[k - 1]), abs(twice[k] - twice[k + 1]))
        found = Settled(twice[k], spread + 2 * noise[k + 2], steps[k])
        if math.isfinite(found.value) and _doubt(found) < _doubt(best):
            best = found
    return best


def _doubt(found: Settled) -> float:
    return found.uncertainty if found.uncertainty == found.uncertainty else math.inf


def _jumps(here: float, moved: Sequence[float]) -> bool:
    """Whether f does not come back to its value however narrow the step."""
    finite = [abs(v - here) for v in moved if math.isfinite(v)]
    if len(finite) < 16:
        return False
    last, earlier = finite[-1], finite[-9]  # 256 times wider
    return last > 1e4 * EPS * abs(here) and last > 1e-4 * max(finite) and 0.8 * earlier < last
