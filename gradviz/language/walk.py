"""Recursion without Python's recursion limit.

A walker is a generator that yields the walkers of its parts and gets their results back; ``run`` keeps them
on an ordinary list. So a sum of 300,000 terms is read by the same three lines as a sum of two.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

R = TypeVar("R")

#: A walker that returns an R.
Walk = Generator["Walk[Any]", Any, R]


def run(walk: Walk[R]) -> R:
    """The result of a walker, however deep it goes.

    >>> def count(n: int) -> "Walk[int]":
    ...     return 1 + (yield count(n - 1)) if n else 0
    >>> run(count(50_000))
    50000
    """
    stack: list[Walk[Any]] = [walk]
    result: Any = None
    while stack:
        try:
            part = stack[-1].send(result)
        except StopIteration as done:
            stack.pop()
            result = done.value
        else:
            stack.append(part)
            result = None
    return result  # type: ignore[no-any-return]
