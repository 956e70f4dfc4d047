"""The border between plain numbers and graphs: one real number comes in, and none goes out by accident.

``float(v)`` or ``if v > 0`` on a Value would give a number that no longer knows where it came from: the graph
would be cut without a word. So each is an error that says what to write.
"""

from __future__ import annotations

import numbers
from typing import Any, NoReturn

from gradviz.errors import GradvizError


class Guarded:
    """What would cut the graph silently is an error."""

    __slots__ = ()

    name: str | None

    def __float__(self) -> NoReturn:
        raise _cuts(self, "float(v) and the functions of the math module need a plain number")

    __int__ = __complex__ = __round__ = __trunc__ = __floor__ = __ceil__ = __float__

    def __index__(self) -> NoReturn:
        raise GradvizError(
            f"an index or a count is a plain whole number, and {_called(self)} made into one would cut the graph",
            hint="from_function(f, wrt=[…]) with the names of the real inputs leaves the others plain numbers",
        )

    def __bool__(self) -> NoReturn:
        raise GradvizError(
            f"{_called(self)} has no truth value: an if, a while, and, or, max() and min() would cut the graph",
            hint="gradviz.where(v > 0, a, b), gradviz.relu(v) or gradviz.max(v, 0) keep it; in NumPy code wrap"
            " your arrays in gradviz.array; v.data is the plain number",
        )

    @property
    def _backward(self) -> NoReturn:
        raise GradvizError(
            "gradviz keeps no closure per node",
            hint="v.backward(), or gradviz.gates.register for your own gate",
        )

    @_backward.setter
    def _backward(self, new: object) -> None:
        raise GradvizError(
            "gradviz keeps no closure per node",
            hint="gradviz.gates.register(gradviz.gates.Gate(…)) adds your own gate",
        )


def _called(value: Guarded) -> str:
    return f"the Value {value.name}" if value.name else "a Value"


def _cuts(value: Guarded, what: str) -> GradvizError:
    return GradvizError(
        f"{what}, and {_called(value)} made into one would cut the graph",
        hint="gradviz.exp(v), np.exp(v) or v.exp() keep it (any gate works so); v.data is the plain number",
    )


def number(data: Any) -> float:
    """``data`` as a float.

    Raises:
        GradvizError: it is a text, complex, an array of several, another Value, or no number at all.

    >>> number(3)
    3.0
    >>> number("3")
    Traceback (most recent call last):
    gradviz.errors.GradvizError: a Value holds one real number, not the str '3'
    expected: an int, a float or a NumPy scalar
    """
    if data.__class__ is float:
        plain: float = data
        return plain
    try:
        if isinstance(data, (str, bytes, complex, Guarded)) and not isinstance(data, numbers.Real):
            raise TypeError
        return float(data)
    except OverflowError:
        return float("inf") if data > 0 else float("-inf")
    except (TypeError, ValueError):
        shown = repr(data)
        shown = shown if len(shown) <= 60 else shown[:57] + "…"
        raise GradvizError(
            f"a Value holds one real number, not the {type(data).__name__} {shown}",
            expected="an int, a float or a NumPy scalar",
        ) from None
