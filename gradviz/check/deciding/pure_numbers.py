"""Two sides without a name: ``0.73*(1 - 0.73) = 0.20``."""

from __future__ import annotations

from gradviz.check.deciding.comparing import differ_exactly, tame
from gradviz.check.deciding.decision import Decision, Witness
from gradviz.check.deciding.intervals import agree, unit
from gradviz.check.deciding.running import Run
from gradviz.check.deciding.sides import Sides

_EXACT = 2**53  # whole numbers below are exact in doubles


def numbers(sides: Sides, run: Run, *, approx: bool) -> Decision:
    """The decision for two sides that are numbers.

    Args:
        sides: the sides.
        run: both sides, at no point.
        approx: whether the sign between them was ≈.
    """
    left, right = (float(side) for side in run.pair())
    found, rounded = agree(run, approx=approx)
    if bool(found):
        if rounded or not _may_round(sides, run, approx) or not tame(run):
            return Decision("equal", rounded=rounded)
        values = differ_exactly(sides, {})
        return Decision("equal") if values is None else Decision("different", witness=Witness({}, *values))
    if not abs(left) < float("inf") or not abs(right) < float("inf"):
        if (left == left) != (right == right) or abs(left) != abs(right):
            return Decision("not_decided", "a side is no finite number")
        return Decision("not_decided", "both sides are too large, or undefined")
    if abs(left) < 1e280 and abs(right) < 1e280 and tame(run) and differ_exactly(sides, {}) is None:
        return Decision("equal")
    return Decision("different", witness=Witness({}, left, right))


def _may_round(sides: Sides, run: Run, approx: bool) -> bool:
    """Whether no decimal is in the sides, and doubles may have rounded: 3^40 + 1 is not 3^40."""
    if any(unit(text, approx=approx) for text in sides.typed.values()):
        return False
    left, right = run.pair()
    return bool(left != right) or any(abs(value) >= _EXACT for value in run.upper())
