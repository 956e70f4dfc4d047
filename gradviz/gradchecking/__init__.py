"""gradcheck: somebody's gradient code against differences and against gradviz's own gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gradviz.errors import GradvizError
from gradviz.gradchecking import answers, report
from gradviz.gradchecking.point import point
from gradviz.gradchecking.verdicts import CLOSE, Row, judge


@dataclass(frozen=True)
class GradCheck:
    """The result: true if nothing is to correct; ``print`` it for the table and the reasons.

    ``rows`` has one row for every input (every entry of an array), with ``label``, ``given``, ``differences``,
    ``own``, ``error`` and ``verdict``.
    """

    called: str
    rows: tuple[Row, ...]
    untraced: str | None  # why gradviz has no gradient of its own here
    itself: bool  # whether gradviz checked itself

    @property
    def ok(self) -> bool:
        """Whether every gradient is right, close, or one of those possible at a kink."""
        return all(row.ok for row in self.rows)

    def __bool__(self) -> bool:
        return self.ok

    def __getitem__(self, label: str) -> Row:
        for row in self.rows:
            if row.label == label:
                return row
        raise GradvizError(
            f"no input {label!r} was checked", expected="one of " + ", ".join(r.label for r in self.rows)
        )

    def raise_if_wrong(self) -> GradCheck:
        """Itself, for tests.

        Raises:
            AssertionError: something is not right; the message is the report.
        """
        if not self.ok:
            raise AssertionError(f"gradcheck of {self.called}\n{self}")
        return self

    def __str__(self) -> str:
        return report.text(self.rows, self.untraced, self.itself)

    def __repr__(self) -> str:
        right = sum(row.ok for row in self.rows)
        return f"<GradCheck of {self.called}: {right} of {len(self.rows)} right>"


def gradcheck(
    f: Any,
    df: Any = None,
    /,
    at: Any = None,
    *,
    wrt: str | Sequence[str] | None = None,
    tolerance: float = CLOSE,
    raise_on_error: bool = False,
    **values: Any,
) -> GradCheck:
    """Check gradient code against differences, and against gradviz's own gradient where ``f`` can be traced.

    Every input gets its own step: the difference is taken at some forty, and where neighbouring steps agree best
    says both the slope and how far to trust it. A kink at the point, a jump, or rounding that drowns everything is
    told from a wrong gradient.

    Args:
        f: a Python function of numbers, lists and arrays that returns one number; a Graph; or text in the language.
        df: the gradient code, called with the same arguments. It returns a number (for one input), a tuple or list
            in the order of the inputs, a dict by name, or an array; None in the place of an input leaves it out.
            The answer itself may stand here too. Without it, gradviz checks its own gradient.
        at: the point: a dict by name, a list by position, or one number. Numbers may also be given by keyword; what
            is not given takes the parameter's default.
        wrt: the names of the inputs to check; all that are numbers where it is left out.
        tolerance: the relative error |a-b| / max(1e-8, |a|+|b|) that is still accepted; up to 1e-7 it is "right",
            beyond that "close".
        raise_on_error: raise an AssertionError with the report if something is wrong, for tests.
        **values: numbers by name.

    Returns:
        A GradCheck: ``.ok``, ``.rows``, and a report when printed.

    Raises:
        GradvizError: the point, f or df do not fit together, or one of them fails.

    >>> def f(x, y, z):
    ...     return (x + y) * z
    >>> def backward(x, y, z):
    ...     return z, z, x - y
    >>> print(gradcheck(f, backward, at={"x": -2, "y": 5, "z": -4}))
    input  yours  differences  gradviz  relative error
    x         -4           -4       -4               0  right
    y         -4           -4       -4               0  right
    z         -7            3        3               1  wrong
    <BLANKLINE>
    2 of 3 gradients are right.
    z: you have -7, and it is 3.
    """
    if not 0 < tolerance < 1:
        raise GradvizError(f"tolerance={tolerance!r} is no relative error", expected="a number between 0 and 1")
    chosen = [wrt] if isinstance(wrt, str) else wrt
    where = point(f, at, values, chosen)
    if df is None and where.trace is None:
        raise GradvizError(
            f"gradviz has no gradient of {where.called} to check: {where.untraced}",
            hint="gradcheck(f, df, at=…) with gradient code of your own",
        )
    places = range(len(where.entries))
    given = {i: where.own(i) for i in places} if df is None else answers.read(df, where)
    rows = tuple(judge(where, i, given.get(i), tolerance) for i in places if i not in given or given[i] is not None)
    result = GradCheck(where.called, rows, where.untraced, df is None)
    return result.raise_if_wrong() if raise_on_error else result
