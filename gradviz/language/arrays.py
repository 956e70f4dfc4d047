"""Vectors as spelling: a shape and its entries, which are ordinary scalars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, Generic, TypeVar

from gradviz.errors import GradvizError

H = TypeVar("H")

Shape = tuple[int, ...]

_DEEPEST = 32  # NumPy's own limit for many years


@dataclass(frozen=True, slots=True)
class Array(Generic[H]):
    """A vector or matrix of scalars, row after row."""

    shape: Shape
    entries: tuple[H, ...]

    def positions(self) -> Iterator[tuple[int, ...]]:
        """The index of every entry, in order."""
        return product(*map(range, self.shape))

    def part(self, indices: tuple[int, ...]) -> H | Array[H]:
        """``self[indices]``: an entry, or a row where fewer indices than dimensions are given."""
        rest = self.shape[len(indices) :]
        size = prod(rest)
        start = 0
        for index, extent in zip(indices, self.shape, strict=False):
            start = start * extent + index
        start *= size
        return Array(rest, self.entries[start : start + size]) if rest else self.entries[start]

    def transposed(self) -> Array[H]:
        """Columns for rows; a vector stays as it is."""
        if len(self.shape) != 2:
            return self
        rows, columns = self.shape
        order = (self.entries[r * columns + c] for c in range(columns) for r in range(rows))
        return Array((columns, rows), tuple(order))


def stack(parts: Sequence[H | Array[H]]) -> Array[H] | None:
    """The array whose rows these are, or None where their shapes differ.

    >>> stack([Array((2,), (1, 2)), Array((2,), (3, 4))])
    Array(shape=(2, 2), entries=(1, 2, 3, 4))
    """
    shapes = [shape_of(part) for part in parts]
    if any(shape != shapes[0] for shape in shapes):
        return None
    entries: list[H] = []
    for part in parts:
        if isinstance(part, Array):
            entries.extend(part.entries)
        else:
            entries.append(part)
    return Array((len(parts), *shapes[0]), tuple(entries))


def shape_of(thing: Any) -> Shape:
    """The shape of an array; () for a scalar."""
    return thing.shape if isinstance(thing, Array) else ()


def entry_name(name: str, position: Sequence[int]) -> str:
    """How an entry is called: ``z[0]``, ``W[0,1]``."""
    return f"{name}[{','.join(map(str, position))}]" if position else name


def describe(shape: Shape) -> str:
    """A shape in words.

    >>> describe(()), describe((3,)), describe((2, 3))
    ('a single number', 'a vector of 3 entries', 'a 2×3 matrix')
    """
    if not shape:
        return "a single number"
    if len(shape) == 1:
        return f"a vector of {shape[0]} {'entry' if shape[0] == 1 else 'entries'}"
    if len(shape) > 4:
        return f"an array of {len(shape)} dimensions"
    return f"a {'×'.join(map(str, shape))} {'matrix' if len(shape) == 2 else 'array'}"


def from_lists(value: Any, depth: int = 0) -> Any:
    """Nested lists and tuples as an Array (rectangular) or the scalar itself; None where rows differ.

    Raises:
        GradvizError: lists more than 32 deep, or a list inside itself.
    """
    if not isinstance(value, list | tuple):
        return value
    if depth > _DEEPEST:
        raise GradvizError(f"this list is nested more than {_DEEPEST} deep", expected="a vector or a matrix")
    parts = [from_lists(item, depth + 1) for item in value]
    if not parts or any(part is None for part in parts):
        return None
    return stack(parts)


def to_lists(thing: Any) -> Any:
    """An Array as nested lists; a scalar as it is."""
    if not isinstance(thing, Array):
        return thing
    return [to_lists(thing.part((index,))) for index in range(thing.shape[0])]
