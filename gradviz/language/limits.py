"""The time that one file of homework may take: a budget that is set once, and looked at wherever work can pile up.

It counts the processor's time of this thread, so that a busy machine turns nobody's homework into "out of time".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import thread_time

#: Seconds for one file: for reading it, and for all of it (reading, deciding, naming what went wrong).
MAX_READING = 0.7
MAX_SECONDS = 1.2

_END: ContextVar[float | None] = ContextVar("end", default=None)


class OutOfTime(Exception):
    """The budget is used up. No GradvizError: whoever set the budget says what that means."""


@contextmanager
def budget(seconds: float) -> Iterator[None]:
    """Let what is done inside take so many seconds; an earlier end that was set outside stays.

    Args:
        seconds: from now on.

    >>> with budget(0.0):
    ...     try:
    ...         check_time()
    ...     except OutOfTime:
    ...         print("over")
    over
    """
    end, outer = thread_time() + seconds, _END.get()
    mark = _END.set(end if outer is None else min(end, outer))
    try:
        yield
    finally:
        _END.reset(mark)


@contextmanager
def untimed() -> Iterator[None]:
    """What is done inside does not count: somebody asked for it and waits (SymPy's proofs)."""
    end, start = _END.get(), thread_time()
    _END.set(None)
    try:
        yield
    finally:
        _END.set(None if end is None else end + thread_time() - start)


def check_time() -> None:
    """Stop where the budget is used up; without one there is no end.

    Raises:
        OutOfTime: it is.
    """
    end = _END.get()
    if end is not None and thread_time() > end:
        raise OutOfTime


def share(part: float) -> float:
    """A part of the time that is left, in seconds; without a budget, there is no end to it."""
    end = _END.get()
    return float("inf") if end is None else max(0.0, part * (end - thread_time()))
