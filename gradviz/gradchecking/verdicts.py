"""One number of somebody's gradient, judged: by differences, and by gradviz's own gradient where there is one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from gradviz.gradchecking.differences import Slope, kink_near, quick, slope
from gradviz.gradchecking.point import Point

#: right: to full precision; close: to at least four digits; kink: one of the subgradients at a kink; undecided:
#: neither differences nor gradviz can tell; missing: there was no answer.
Verdict = Literal["right", "close", "kink", "suspicious", "wrong", "undecided", "missing"]

HAPPY, CLOSE, WRONG = 1e-7, 1e-4, 1e-2  # CS231n's thresholds, "Gradient checks", relative error


class Row(NamedTuple):
    """What was found for one input (or one entry of one).

    ``error`` is the relative error against gradviz's own gradient where there is one, else against the differences.
    """

    label: str
    at: float
    given: float | None  # the gradient under test
    differences: float
    uncertainty: float  # of the differences
    own: float | None  # gradviz's
    error: float
    verdict: Verdict
    slope: Slope | None = None  # the whole error curve's result, where it was needed
    kink: tuple[float, float, float] | None = None  # a kink nearby: its place, the slopes before and behind
    parts: tuple[float, ...] = ()  # the contributions that a fan-out adds up

    @property
    def ok(self) -> bool:
        """Whether there is nothing to correct."""
        return self.verdict in ("right", "close", "kink")


def relative_error(a: float, b: float) -> float:
    """As CS231n defines it: |a - b| / max(1e-8, |a| + |b|).

    >>> relative_error(1.0, 3.0)
    0.5
    """
    if a == b:
        return 0.0
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf
    return abs(a - b) / max(1e-8, abs(a) + abs(b))


def judge(point: Point, place: int, given: float | None, tolerance: float) -> Row:
    """The row of one entry."""
    entry = point.entries[place]
    f, own = point.along(place), point.own(place)
    seen = None
    best, doubt = quick(f, entry.at)
    reference = best if own is None else own
    target = reference if given is None else given
    # Four evaluations are enough where everybody agrees; the whole curve is for whoever does not.
    agree = _near(target, best, doubt, 1e-6) and doubt <= 1e-5 * max(abs(best), 1e-3)
    if given is None or not agree or relative_error(target, reference) > HAPPY:
        seen = slope(f, entry.at)
        best, doubt = seen.value, seen.uncertainty
        reference = best if own is None else own
    if given is None:
        return Row(entry.label, entry.at, None, best, doubt, own, math.nan, "missing", seen)
    error = relative_error(given, reference)
    row = Row(entry.label, entry.at, given, best, doubt, own, error, "right", seen)
    if seen is None:
        return row
    verdict = _verdict(row, seen, tolerance, kinked=_at_kink(point))
    if verdict == "right" and own is not None and relative_error(given, own) > HAPPY:
        error = relative_error(given, best)  # the differences side with the answer, and not with us
    if verdict not in ("suspicious", "wrong"):
        return row._replace(verdict=verdict, error=error)
    near = kink_near(f, entry.at, 0.01 * max(1.0, abs(entry.at)))
    return row._replace(verdict=verdict, error=error, kink=near, parts=_parts(point, place))


def _verdict(row: Row, seen: Slope, tolerance: float, *, kinked: bool) -> Verdict:
    given, own = row.given, row.own
    assert given is not None
    if not math.isfinite(given):
        return "right" if own == given else "wrong" if own is not None or seen.kind == "smooth" else "undecided"
    with_us = own is not None and relative_error(given, own) <= max(tolerance, HAPPY)
    if seen.kind == "kink":
        low, high = min(seen.left, seen.right), max(seen.left, seen.right)
        room = 1e-6 * max(1.0, abs(low), abs(high))
        return "kink" if low - room <= given <= high + room else "wrong"
    if seen.kind in ("jump", "edge", "undefined"):
        if own is not None:
            return _graded(row.error, tolerance)
        settled = seen.kind == "edge" and seen.uncertainty <= 1e-4 * max(abs(seen.value), 1e-2)
        return _soft(row, tolerance) if settled else "undecided"
    with_them = _near(given, seen.value, seen.uncertainty, tolerance)
    if own is None:
        if with_them:
            return "undecided" if seen.kind == "rounding" and seen.uncertainty > abs(given) else _soft(row, tolerance)
        return _graded(row.error, tolerance)
    if with_us and with_them:
        return _graded(row.error, tolerance)
    if with_us:  # the differences say something else: at a kink by convention (relu(x) - relu(-x) at 0), else they win
        return "kink" if kinked else _graded(relative_error(given, seen.value), tolerance)
    if with_them and seen.kind == "smooth" and not _near(own, seen.value, seen.uncertainty, tolerance):
        return "right"  # a gate of the user's own with a wrong derivative: then we are wrong
    return _graded(row.error, tolerance)


def _soft(row: Row, tolerance: float) -> Verdict:
    """Against differences alone: what lies within their uncertainty is right."""
    assert row.given is not None
    if abs(row.given - row.differences) <= 10 * row.uncertainty:
        return "right" if row.uncertainty <= 1e-6 * max(abs(row.given), 1e-3) else "close"
    return _graded(row.error, tolerance)


def _graded(error: float, tolerance: float) -> Verdict:
    if error <= min(HAPPY, tolerance):
        return "right"
    if error <= tolerance:
        return "close"
    return "suspicious" if error <= WRONG else "wrong"


def _near(a: float, b: float, doubt: float, tolerance: float) -> bool:
    return abs(a - b) <= 10 * doubt + tolerance * max(1e-8, abs(a) + abs(b))


def _at_kink(point: Point) -> bool:
    """Whether some gate stands exactly on its kink, so that our gradient is a convention."""
    if point.trace is None:
        return False
    graph, values = point.trace.graph, point.trace.values
    return any(
        row.kink is not None and row.at_kink(values[i], *[values[j] for j in graph.operands(i)])
        for i, row in enumerate(graph.gates)
    )


def _parts(point: Point, place: int) -> tuple[float, ...]:
    if point.trace is None:
        return ()
    node = point.trace.graph.id(point.entries[place].label)
    return tuple(float(event.contribution) for event in point.trace.events if event.operand == node)


def diagnosis(row: Row, rows: Sequence[Row]) -> str | None:
    """The name of a mistake that explains a wrong number, or None."""
    if row.given is None or row.slope is None:
        return None
    true = row.differences if row.own is None else row.own
    if row.kink is not None and same(row.given, row.kink[1 if row.at > row.kink[0] else 2]):
        return "beyond"
    if true == 0 or not math.isfinite(true) or not math.isfinite(row.given):
        return None
    if row.given == 0:
        return "zero"
    if len(row.parts) > 1 and any(same(row.given, part) for part in row.parts):
        return "fan_out"
    if same(row.given, -true):
        return "sign"
    for factor in (2.0, 0.5):
        if same(row.given, factor * true):
            return "twice" if factor == 2 else "half"
    for other in rows:
        theirs = other.differences if other.own is None else other.own
        if other is not row and same(row.given, theirs) and not same(theirs, true):
            return "swapped"
    if same(row.given, row.at * true) and row.at != 1:
        return "times_input"
    return None


def same(a: float, b: float) -> bool:
    """Whether one is the other but for rounding."""
    return abs(a - b) <= 1e-6 * max(abs(a), abs(b)) and a != 0
