"""Numbers that come from outside the source: arguments of the command line, keywords in Python."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gradviz.errors import GradvizError
from gradviz.language.arrays import Array, from_lists
from gradviz.language.characters import alike
from gradviz.language.tokens import spelled

_ENTRY = re.compile(r"\s*(?P<name>[^\[\]]+?)\s*\[\s*(?P<position>[0-9]+(?:\s*[,\]\[]+\s*[0-9]+)*)\s*\]\s*")


def split_entry(word: str) -> tuple[str, tuple[int, ...]]:
    """The name and the position in ``W[0,1]``; an empty position for a plain name.

    >>> split_entry("W[0, 1]"), split_entry("x")
    (('W', (0, 1)), ('x', ()))
    """
    found = _ENTRY.fullmatch(word)
    if found is None:
        return spelled(alike(word.strip())), ()
    return spelled(alike(found["name"])), tuple(int(number) for number in re.findall("[0-9]+", found["position"]))


def read_given(values: Mapping[str, Any]) -> dict[tuple[str, tuple[int, ...]], float | Array[float] | None]:
    """Every given value as a float, an Array of floats, or None where there is only the name.

    Raises:
        GradvizError: something that is no number, or rows of different lengths.

    >>> read_given({"x": 2, "W": [[1, 2]]})[("W", ())]
    Array(shape=(1, 2), entries=(1.0, 2.0))
    """
    found: dict[tuple[str, tuple[int, ...]], float | Array[float] | None] = {}
    for name, value in values.items():
        key = split_entry(name)
        if key in found:
            raise GradvizError(f"{name} is given twice", expected="one value a name")
        found[key] = _read(name, value)
    return found


def _read(name: str, value: Any) -> float | Array[float] | None:
    if value is None:
        return None
    if hasattr(value, "tolist"):  # a NumPy array or scalar
        value = value.tolist()
    read = from_lists(value)
    if isinstance(read, Array):
        return Array(read.shape, tuple(_float(name, entry) for entry in read.entries))
    if read is None:
        raise GradvizError(
            f"the value of {name} is empty or has rows of different lengths",
            expected="a number, a list of numbers, or rows of equal length",
        )
    return _float(name, read)


def _float(name: str, value: Any) -> float:
    try:
        if isinstance(value, str | bytes):
            raise TypeError
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
    except (TypeError, ValueError):
        shown = repr(value)
        shown = shown if len(shown) <= 60 else shown[:57] + "…"
        raise GradvizError(f"the value of {name} is no number: {shown}", expected="a real number") from None
